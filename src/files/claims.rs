//! Revisions that persons were told to be the next ones: for a while, others who ask for the next one are told another.

use chrono::{NaiveDateTime, TimeDelta};
use dailies_definitions::failure::Failure;
use sea_orm::ConnectionTrait;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::revisions::Series;
use crate::database::{self, Sql};
use crate::events::Work;

/// Time for which a revision is kept for whoever was told of it.
const CLAIM_LIFETIME: TimeDelta = TimeDelta::minutes(1);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Claim {
    person_id: Uuid,
    revision: i32,
    until: NaiveDateTime,
}

/// The revisions of a series that are kept for persons.
#[derive(Clone, Debug)]
pub(super) struct Claims {
    key: String,
    kept: Vec<Claim>,
}

impl Claims {
    /// Claims that are kept now.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn read(connection: &impl ConnectionTrait, series: Series<'_>) -> Result<Self, Failure> {
        let Series {
            owner,
            output_type_id,
            task_type_id,
            name,
        } = series;
        let place = owner.instance_id().zip(owner.temporal_entity_id());
        let place = place.map_or_else(
            || owner.entity_id().to_string(),
            |(instance, entity)| format!("{instance}/{entity}"),
        );
        let key = format!("next-revision:{place}/{output_type_id}/{task_type_id}/{name}");
        let sql = Sql::with("SELECT value FROM dailies_store WHERE key = $1", [key.as_str().into()]);
        let text = database::row(connection, &sql)
            .await?
            .map(|row| row.try_get::<String>("", "value"))
            .transpose()?;
        let mut kept: Vec<Claim> = text
            .map(|text| serde_json::from_str(&text))
            .transpose()?
            .unwrap_or_default();
        let now = database::now();
        kept.retain(|claim| claim.until > now);
        Ok(Self { key, kept })
    }

    /// Claim that is kept for a person, as long as it is to come.
    pub(super) fn of(&self, person_id: Uuid, last: i32) -> Option<i32> {
        self.kept
            .iter()
            .find(|claim| claim.person_id == person_id && claim.revision > last)
            .map(|claim| claim.revision)
    }

    /// The next revision for a person, which is kept for them from now on.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn claim(mut self, work: &Work<'_>, person_id: Uuid, last: i32) -> Result<i32, Failure> {
        let highest = self.kept.iter().map(|claim| claim.revision).fold(last, i32::max);
        let revision = self.of(person_id, last).unwrap_or_else(|| highest.saturating_add(1));
        let until = database::now() + CLAIM_LIFETIME;
        self.kept.retain(|claim| claim.person_id != person_id);
        self.kept.push(Claim {
            person_id,
            revision,
            until,
        });
        let sql = Sql::with(
            "INSERT INTO dailies_store (key, value, expires_at) VALUES ($1, $2, $3) \
             ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires_at = excluded.expires_at",
            [self.key.into(), serde_json::to_string(&self.kept)?.into(), until.into()],
        );
        database::execute(&**work, &sql).await?;
        Ok(revision)
    }
}

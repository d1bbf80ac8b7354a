//! Revisions of output files, counted for each kind of output, task type and name.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{NextRevision, OutputRevisionRequest};
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::claims::Claims;
use super::defaults::output_type;
use super::owner::Owner;
use crate::app::App;
use crate::database::{self, Sql};
use crate::events::Work;

/// Name of files that have none of their own.
pub(super) const NAME: &str = "main";

/// The files that are revisions of each other.
#[derive(Clone, Copy, Debug)]
pub(super) struct Series<'a> {
    pub owner: Owner,
    pub output_type_id: Uuid,
    pub task_type_id: Uuid,
    pub name: &'a str,
}

impl Series<'_> {
    /// The highest revision so far, or 0.
    async fn last(self, connection: &impl ConnectionTrait) -> Result<i32, Failure> {
        let mut sql = Sql::new("SELECT MAX(f.revision) AS last FROM output_file f WHERE ");
        self.owner.restrict(&mut sql);
        sql.push(" AND f.revision > 0 AND f.output_type_id = ")
            .bind(self.output_type_id);
        sql.push(" AND f.task_type_id = ")
            .bind(self.task_type_id)
            .push(" AND f.name = ")
            .bind(self.name);
        let last = database::row(connection, &sql)
            .await?
            .map(|row| row.try_get::<Option<i32>>("", "last"))
            .transpose()?
            .flatten();
        Ok(last.unwrap_or_default())
    }

    /// The revision that a person names, or was told, or else the next one.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn given_or_next(
        self,
        connection: &impl ConnectionTrait,
        person_id: Uuid,
        given: Option<i32>,
    ) -> Result<i32, Failure> {
        if let Some(given) = given.filter(|given| *given > 0) {
            return Ok(given);
        }
        let last = self.last(connection).await?;
        let told = Claims::read(connection, self).await?.of(person_id, last);
        Ok(told.unwrap_or_else(|| last.saturating_add(1)))
    }
}

/// Requires that a task type is there.
///
/// # Errors
/// 404 when there is no such task type.
pub(super) async fn require_task_type(connection: &impl ConnectionTrait, id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with("SELECT 1 FROM task_type WHERE id = $1", [id.into()]);
    database::row(connection, &sql)
        .await?
        .map(|_| ())
        .ok_or_else(|| Failure::not_found().naming("task_type_id"))
}

/// Tells a person the next revision of a series. Others who ask meanwhile are told another one.
pub(super) async fn tell_next(
    app: &App,
    caller: &Caller,
    owner: Owner,
    body: OutputRevisionRequest,
) -> Result<Json<NextRevision>, Failure> {
    let work = Work::begin(app, caller).await?;
    output_type(&*work, body.output_type_id)
        .await?
        .ok_or_else(|| Failure::not_found().naming("output_type_id"))?;
    require_task_type(&*work, body.task_type_id).await?;
    let name = body.name.as_deref().unwrap_or(NAME);
    let series = Series {
        owner,
        output_type_id: body.output_type_id,
        task_type_id: body.task_type_id,
        name,
    };
    let last = series.last(&*work).await?;
    let next_revision = Claims::read(&*work, series)
        .await?
        .claim(&work, caller.person.id, last)
        .await?;
    work.finish().await?;
    Ok(Json::of(&NextRevision { next_revision })?)
}

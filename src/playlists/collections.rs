//! Playlists as they are stored.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;
use entity::playlist::Entry;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::adding::owners;
use super::builds::discard;
use crate::access::Reach;
use crate::access::playlists::VisiblePlaylists;
use crate::access::records::{RecordSubject, require_other_than_vendor, require_record};
use crate::app::App;
use crate::crud::rules::given_id;
use crate::crud::{Changes, Record, Relation, Resource};
use crate::database::{self, Sql};
use crate::events::{Work, payload};

/// The collection `/data/playlists`.
pub struct Playlists;

static RELATIONS: [Relation; 1] = [Relation::children(
    "build_jobs",
    &entity::build_job::TABLE,
    "playlist_id",
)];

/// Keys under which entries name their entity; all but the first are those of older clients.
const ENTITY_KEYS: [&str; 3] = ["entity_id", "id", "shot_id"];

const ENTITY_KINDS: [&str; 5] = ["shot", "asset", "sequence", "edit", "episode"];

#[async_trait]
impl Resource for Playlists {
    fn table(&self) -> &'static Table {
        &entity::playlist::TABLE
    }

    fn type_name(&self) -> &'static str {
        "Playlist"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    fn protected(&self) -> &'static [&'static str] {
        &["created_by"]
    }

    async fn may_list(&self, app: &App, caller: &Caller, _rule: RecordRule, _query: &Query) -> Result<(), Failure> {
        require_other_than_vendor(&app.database, caller).await
    }

    async fn visible(&self, app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        VisiblePlaylists::new(Reach::teams(&app.database, caller).await?).restrict(sql, "t");
        Ok(())
    }

    fn subject(&self, record: &Record) -> RecordSubject {
        let (project_id, created_by) = (record.id_of("project_id"), record.id_of("created_by"));
        RecordSubject::Playlist {
            project_id,
            for_client: record.flag("for_client"),
            created_by,
        }
    }

    async fn may_create(
        &self,
        app: &App,
        caller: &Caller,
        rule: RecordRule,
        body: &Map<String, Value>,
    ) -> Result<(), Failure> {
        let project_id = given_id(body, "project_id")?;
        require_record(&app.database, caller, rule, RecordSubject::Production(Some(project_id)))
            .await
            .map_err(|failure| failure.naming_unknown("project_id"))
    }

    async fn check(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: Option<&Record>,
        body: &mut Map<String, Value>,
    ) -> Result<(), Failure> {
        if let Some(kind) = body.get("for_entity").filter(|kind| !kind.is_null())
            && !kind.as_str().is_some_and(|kind| ENTITY_KINDS.contains(&kind))
        {
            return Err(Failure::parameter(format!(
                "for_entity must be one of {}",
                ENTITY_KINDS.join(", ")
            )));
        }
        if body
            .get("episode_id")
            .and_then(Value::as_str)
            .is_some_and(|id| id == "all" || id == "main")
        {
            body.insert("episode_id".into(), Value::Null);
        }
        if body
            .get("task_type_id")
            .and_then(Value::as_str)
            .is_some_and(|id| parse_id(id).is_none())
        {
            body.insert("task_type_id".into(), Value::Null);
        }
        match (body.get_mut("shots"), record) {
            // Clients may send the null back that they read before there were entries.
            (Some(Value::Null), Some(record)) if record.values.get("shots").is_none_or(Value::is_null) => {}
            (Some(shots), Some(_)) => *shots = tidy(shots)?,
            (Some(shots), None) if !shots.is_null() => *shots = tidy(shots)?,
            _ => {}
        }
        if let Some(Value::Array(shots)) = body.get_mut("shots") {
            keep_own_previews(work, shots).await?;
        }
        Ok(())
    }

    async fn before_write(
        &self,
        _work: &mut Work<'_>,
        caller: &Caller,
        record: Option<&Record>,
        changes: &mut Changes,
    ) -> Result<(), Failure> {
        if record.is_none() {
            changes.set("created_by", caller.person.id);
        }
        Ok(())
    }

    /// Goes with its notifications, built movies and share links.
    async fn remove(
        &self,
        work: &mut Work<'_>,
        _caller: &Caller,
        record: &Record,
        _query: &Query,
    ) -> Result<(), Failure> {
        let jobs = database::rows(
            &**work,
            &Sql::with("SELECT id FROM build_job WHERE playlist_id = $1", [record.id.into()]),
        )
        .await?;
        let jobs: Vec<Uuid> = jobs.iter().map(|job| job.try_get("", "id")).collect::<Result<_, _>>()?;
        for id in jobs.iter().copied() {
            work.emit_in(
                record.id_of("project_id"),
                "build-job:delete",
                payload([("build_job_id", id), ("playlist_id", record.id)]),
            );
        }
        for table in ["notification", "build_job", "playlist_share_link"] {
            let sql = Sql::with(
                format!("DELETE FROM {table} WHERE playlist_id = $1"),
                [record.id.into()],
            );
            database::execute(&**work, &sql).await?;
        }
        self.remove_row(work, record).await?;
        work.afterwards(move |app| Box::pin(discard(app, jobs)));
        self.emit_change(work, "delete", record.id, record).await
    }
}

/// Keeps of each entry the entity, under one key, and the preview, which is null where there is none; entries without an
/// entity are dropped.
///
/// # Errors
/// 400 for an entity that is named by no id.
fn tidy(shots: &Value) -> Result<Value, Failure> {
    let shots = shots.as_array().ok_or_else(|| crate::crud::wrong_format("shots"))?;
    let mut entries = Vec::with_capacity(shots.len());
    for shot in shots {
        let mut named = ENTITY_KEYS.iter().filter_map(|key| shot[*key].as_str());
        let Some(entity) = named.find(|text| !text.is_empty()) else {
            continue;
        };
        if parse_id(entity).is_none() {
            return Err(Failure::parameter(format!("shots: {entity} is no id of an entity.")));
        }
        entries.push(json!({"entity_id": entity, "preview_file_id": shot["preview_file_id"]}));
    }
    Ok(entries.into())
}

/// Puts null in the place of previews that show another entity: whoever sees a playlist sees its previews.
async fn keep_own_previews(work: &Work<'_>, shots: &mut [Value]) -> Result<(), Failure> {
    let named: Vec<Uuid> = shots
        .iter()
        .filter_map(|shot| Entry::read(shot).preview_file_id)
        .collect();
    let owners = owners(work, &named).await?;
    for shot in shots {
        let entry = Entry::read(shot);
        let own = entry
            .preview_file_id
            .is_some_and(|id| owners.get(&id).is_some_and(|owner| Some(*owner) == entry.entity_id));
        if let Some(preview) = shot.get_mut("preview_file_id").filter(|_| !own) {
            *preview = Value::Null;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_two_keys() {
        let [one, other] = [1, 2].map(|number| Uuid::from_u128(number).to_string());
        let shots = json!([
            {"id": one, "preview_file_id": "p", "name": "x"}, {"entity_id": other, "id": one},
            {"entity_id": "", "shot_id": one}, {"preview_file_id": "q"}, {"entity_id": ""}, 3,
        ]);
        let wanted = json!([
            {"entity_id": one, "preview_file_id": "p"}, {"entity_id": other, "preview_file_id": null},
            {"entity_id": one, "preview_file_id": null},
        ]);
        assert_eq!(tidy(&shots).ok(), Some(wanted));
        assert!(tidy(&Value::Null).is_err());
        assert!(tidy(&json!([{"entity_id": "SH010"}])).is_err());
    }
}

//! Playlists as they are stored.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::access::Reach;
use crate::access::playlists::Visible;
use crate::access::records::{Subject, require_other_than_vendor, require_record};
use crate::app::App;
use crate::crud::{Changes, Record, Relation, Resource};
use crate::database::{self, Sql};
use crate::events::{Work, payload};

pub struct Playlists;

static RELATIONS: [Relation; 1] = [Relation::children("build_jobs", &entity::build_job::TABLE, "playlist_id")];

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
        require_other_than_vendor(app.database.read(), caller).await
    }

    async fn visible(&self, app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        Visible::new(Reach::teams(app.database.read(), caller).await?).restrict(sql, "t");
        Ok(())
    }

    fn subject(&self, record: &Record) -> Subject {
        let (project_id, created_by) = (record.id_of("project_id"), record.id_of("created_by"));
        Subject::Playlist { project_id, for_client: record.flag("for_client"), created_by }
    }

    async fn may_create(&self, app: &App, caller: &Caller, rule: RecordRule, body: &Map<String, Value>) -> Result<(), Failure> {
        let project_id = body.get("project_id").ok_or_else(|| Failure::record("'project_id'"))?;
        let project_id = project_id.as_str().and_then(parse_id).ok_or_else(Failure::not_found)?;
        require_record(app.database.read(), caller, rule, Subject::Production(Some(project_id))).await
    }

    async fn check(&self, _work: &mut Work<'_>, _caller: &Caller, record: Option<&Record>, body: &mut Map<String, Value>) -> Result<(), Failure> {
        if let Some(kind) = body.get("for_entity").filter(|kind| !kind.is_null())
            && !kind.as_str().is_some_and(|kind| ENTITY_KINDS.contains(&kind))
        {
            return Err(Failure::parameter(format!("for_entity must be one of {}", ENTITY_KINDS.join(", "))));
        }
        if body.get("episode_id").and_then(Value::as_str).is_some_and(|id| id == "all" || id == "main") {
            body.insert("episode_id".into(), Value::Null);
        }
        if body.get("task_type_id").and_then(Value::as_str).is_some_and(|id| parse_id(id).is_none()) {
            body.insert("task_type_id".into(), Value::Null);
        }
        let Some(record) = record else { return Ok(()) };
        match body.get_mut("shots") {
            // What was read before there were any entries can be sent back.
            Some(Value::Null) if record.values.get("shots").is_none_or(Value::is_null) => {}
            Some(shots) => *shots = tidy(shots)?,
            None => {}
        }
        Ok(())
    }

    async fn before_write(&self, _work: &mut Work<'_>, caller: &Caller, record: Option<&Record>, changes: &mut Changes) -> Result<(), Failure> {
        if record.is_none() {
            changes.set("created_by", caller.person.id);
        }
        Ok(())
    }

    /// Goes with its notifications, built movies and share links.
    async fn remove(&self, work: &mut Work<'_>, _caller: &Caller, record: &Record, _query: &Query) -> Result<(), Failure> {
        let jobs = database::rows(&**work, &Sql::with("SELECT id FROM build_job WHERE playlist_id = $1", [record.id.into()])).await?;
        for job in jobs {
            let id: Uuid = job.try_get_by_index(0)?;
            work.emit_in(record.id_of("project_id"), "build-job:delete", payload([("build_job_id", id), ("playlist_id", record.id)]));
        }
        for table in ["notification", "build_job", "playlist_share_link"] {
            let sql = Sql::with(format!("DELETE FROM {table} WHERE playlist_id = $1"), [record.id.into()]);
            database::execute(&**work, &sql).await?;
        }
        self.remove_row(work, record).await?;
        self.tell(work, "delete", record.id, record).await
    }
}

/// Keeps of each entry the entity and the preview; entries without a preview's key are dropped.
fn tidy(shots: &Value) -> Result<Value, Failure> {
    let shots = shots.as_array().ok_or_else(crate::crud::invalid_format)?;
    let entries = shots.iter().filter_map(|shot| {
        let preview = shot.as_object()?.get("preview_file_id")?;
        let entity = shot["entity_id"].as_str().or_else(|| shot["id"].as_str()).unwrap_or_default();
        Some(json!({"entity_id": entity, "preview_file_id": preview}))
    });
    Ok(entries.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_keep_two_keys() {
        let shots = json!([{"id": "a", "preview_file_id": "p", "name": "x"}, {"entity_id": "b"}]);
        assert_eq!(tidy(&shots).ok(), Some(json!([{"entity_id": "a", "preview_file_id": "p"}])));
        assert!(tidy(&Value::Null).is_err());
    }
}

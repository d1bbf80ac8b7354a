//! Playlists as they are stored.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::{Query, parse_id};
use entity::facts::Table;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::rules::refuse_vendors;
use crate::access::{project_role, require_supervisor};
use crate::app::App;
use crate::crud::resource::{Changes, Record, Relation, Resource};
use crate::database::{self, Sql};
use crate::events::{Work, payload};

pub(super) struct Playlists;

static RELATIONS: [Relation; 1] = [Relation::children("build_jobs", &entity::build_job::TABLE, "playlist_id")];

const ENTITY_KINDS: [&str; 5] = ["shot", "asset", "sequence", "edit", "episode"];

/// Managers of the production, and supervisors for playlists that are theirs or nobody's.
async fn may_change(work: &Work<'_>, caller: &Caller, record: &Record) -> Result<(), Failure> {
    let project_id = record.id_of("project_id").ok_or_else(Failure::forbidden)?;
    let found = project_role(&**work, caller, project_id).await?;
    let creator = record.id_of("created_by");
    let own = creator.is_none() || creator == Some(caller.person.id);
    if found.is_manager() || (found.is_supervisor() && own) { Ok(()) } else { Err(Failure::forbidden()) }
}

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

    async fn may_list(&self, _app: &App, caller: &Caller, _query: &Query) -> Result<(), Failure> {
        refuse_vendors(caller)
    }

    async fn visible(&self, _app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        if caller.is_admin() {
            return Ok(());
        }
        sql.push(" AND t.project_id IN (SELECT l.project_id FROM project_person_link l WHERE l.person_id = ").bind(caller.person.id).push(")");
        if caller.person.role == Role::Client {
            sql.push(" AND t.for_client = ").bind(true);
        }
        Ok(())
    }

    /// Clients read playlists that are for them, and no others.
    async fn may_read(&self, app: &App, caller: &Caller, record: &Record) -> Result<(), Failure> {
        let project_id = record.id_of("project_id").filter(|_| !caller.is_admin());
        let Some(project_id) = project_id else { return crate::crud::resource::only_admin(caller) };
        let found = project_role(app.database.read(), caller, project_id).await?;
        let allowed = found.is_member() && found.role != Role::Vendor && (found.role != Role::Client || record.flag("for_client"));
        if allowed { Ok(()) } else { Err(Failure::forbidden()) }
    }

    async fn may_create(&self, app: &App, caller: &Caller, body: &Map<String, Value>) -> Result<(), Failure> {
        let project_id = body.get("project_id").ok_or_else(|| Failure::record("'project_id'"))?;
        let project_id = project_id.as_str().and_then(parse_id).ok_or_else(Failure::not_found)?;
        require_supervisor(app.database.read(), caller, project_id).await.map(|_| ())
    }

    async fn may_update(&self, work: &Work<'_>, caller: &Caller, record: &Record, _body: &Map<String, Value>) -> Result<(), Failure> {
        may_change(work, caller, record).await
    }

    async fn may_delete(&self, work: &Work<'_>, caller: &Caller, record: &Record) -> Result<(), Failure> {
        may_change(work, caller, record).await
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

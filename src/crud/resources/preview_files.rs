//! Previews as they are stored. The files themselves have routes of their own.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, Role};
use dailies_definitions::failure::Failure;
use dailies_definitions::query::Query;
use entity::facts::Table;
use sea_orm::{ConnectionTrait, Value as SqlValue};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::{is_assigned_to_task, open_projects_of, project_role, vendor_projects};
use crate::app::App;
use crate::crud::resource::{Changes, Record, Relation, Resource, only_admin};
use crate::database::{self, Sql};
use crate::events::Work;

pub(super) struct PreviewFiles;

static RELATIONS: [Relation; 1] = [Relation::links("comments", &entity::comment_preview_link::TABLE, "preview_file", "comment")];

/// The production of the task that a preview belongs to.
async fn project_of(connection: &impl ConnectionTrait, record: &Record) -> Result<Option<Uuid>, Failure> {
    let sql = Sql::with("SELECT project_id FROM task WHERE id = $1", [record.id_of("task_id").into()]);
    let row = database::row(connection, &sql).await?;
    Ok(row.map(|row| row.try_get_by_index::<Option<Uuid>>(0)).transpose()?.flatten())
}

#[async_trait]
impl Resource for PreviewFiles {
    fn table(&self) -> &'static Table {
        &entity::preview_file::TABLE
    }

    fn type_name(&self) -> &'static str {
        "PreviewFile"
    }

    fn relations(&self) -> &'static [Relation] {
        &RELATIONS
    }

    async fn visible(&self, app: &App, caller: &Caller, sql: &mut Sql) -> Result<(), Failure> {
        match caller.person.role {
            Role::Admin => {}
            Role::Vendor => {
                sql.push(
                    " AND EXISTS (SELECT 1 FROM task k JOIN task_person_link l ON l.task_id = k.id JOIN project p ON p.id = k.project_id \
                     JOIN project_status s ON s.id = p.project_status_id WHERE k.id = t.task_id AND s.name = 'Open' AND l.person_id = ",
                );
                sql.bind(caller.person.id).push(")");
            }
            _ => {
                sql.push(" AND EXISTS (SELECT 1 FROM task k WHERE k.id = t.task_id AND ");
                open_projects_of(sql, "k.project_id", caller.person.id);
                let narrowed = vendor_projects(app.database.read(), caller).await?;
                if !narrowed.is_empty() {
                    sql.push(" AND (k.project_id NOT IN ").bind_list(narrowed);
                    sql.push(" OR k.id IN (SELECT l.task_id FROM task_person_link l WHERE l.person_id = ").bind(caller.person.id).push("))");
                }
                sql.push(")");
            }
        }
        Ok(())
    }

    async fn may_read(&self, app: &App, caller: &Caller, record: &Record) -> Result<(), Failure> {
        let connection = app.database.read();
        let Some(project_id) = project_of(connection, record).await? else { return only_admin(caller) };
        let found = project_role(connection, caller, project_id).await?;
        let mut allowed = found.is_member();
        if allowed && found.role == Role::Vendor {
            allowed = is_assigned_to_task(connection, caller.person.id, record.id_of("task_id").unwrap_or_default()).await?;
        }
        if allowed { Ok(()) } else { Err(Failure::forbidden()) }
    }

    /// Managers of the production, and the people assigned to the task.
    async fn may_update(&self, work: &Work<'_>, caller: &Caller, record: &Record, _body: &Map<String, Value>) -> Result<(), Failure> {
        let Some(project_id) = project_of(&**work, record).await? else { return only_admin(caller) };
        let found = project_role(&**work, caller, project_id).await?;
        let assigned = found.in_team && is_assigned_to_task(&**work, caller.person.id, record.id_of("task_id").unwrap_or_default()).await?;
        if found.is_manager() || assigned { Ok(()) } else { Err(Failure::forbidden()) }
    }

    async fn may_delete(&self, work: &Work<'_>, caller: &Caller, record: &Record) -> Result<(), Failure> {
        let Some(project_id) = project_of(&**work, record).await? else { return only_admin(caller) };
        let found = project_role(&**work, caller, project_id).await?;
        if found.is_manager() { Ok(()) } else { Err(Failure::forbidden()) }
    }

    /// A revision that changes takes the other pictures of the same revision along.
    async fn before_write(&self, work: &mut Work<'_>, _caller: &Caller, record: Option<&Record>, changes: &mut Changes) -> Result<(), Failure> {
        let Some(record) = record else { return Ok(()) };
        let old = record.values.get("revision").and_then(Value::as_i64);
        let Some(SqlValue::Int(Some(new))) = changes.get("revision").cloned() else { return Ok(()) };
        if old == Some(new.into()) || record.values.get("position").and_then(Value::as_i64) != Some(1) {
            return Ok(());
        }
        let task_id = record.id_of("task_id");
        let taken = Sql::with(
            "SELECT 1 FROM preview_file WHERE task_id = $1 AND revision = $2 AND position = 1 AND id <> $3",
            [task_id.into(), new.into(), record.id.into()],
        );
        if database::row(&**work, &taken).await?.is_some() {
            let message = format!(
                "Revision {new} already exists for this task. Choose a different revision number, or omit it to let the revision auto-increment."
            );
            return Err(Failure::refused(message));
        }
        let follow = Sql::with(
            "UPDATE preview_file SET revision = $1 WHERE task_id = $2 AND revision = $3 AND id <> $4",
            [new.into(), task_id.into(), old.into(), record.id.into()],
        );
        database::execute(&**work, &follow).await?;
        Ok(())
    }

    async fn remove(&self, work: &mut Work<'_>, _caller: &Caller, record: &Record, query: &Query) -> Result<(), Failure> {
        let force = query.flag("force")?.unwrap_or_default();
        crate::previews::removal::remove_preview(work, record.id, force).await
    }
}

//! Removes tasks with everything that hangs on them.

use std::collections::{BTreeSet, HashMap};

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use sea_orm::DbErr;
use serde_json::json;
use uuid::Uuid;

use crate::app::App;
use crate::database::{self, BATCH, Sql};
use crate::events::{Work, payload};
use crate::previews::main_preview::ShownBy;
use crate::previews::removal::remove_rows;
use crate::removal::{UnneededFiles, remove_comment_rows, tell_lost_news};
use crate::tasks::presence;

/// Rows that go before the task itself, with the column that names the task. The files made for it go in between.
const REMOVED: [(&str, &str); 6] = [
    ("notification", "task_id"),
    ("news", "task_id"),
    ("subscription", "task_id"),
    ("time_spent", "task_id"),
    ("task_person_link", "task_id"),
    ("production_schedule_version_task_link", "task_id"),
];

/// Tasks that are gone.
#[derive(Debug, Default)]
pub struct Removed {
    /// Stored files that nobody needs after the commit.
    pub unneeded: UnneededFiles,
    /// Persons who spent time on them.
    workers: BTreeSet<Uuid>,
    /// Entity, task type and production of each task that is still to be told of.
    untold: HashMap<Uuid, [Option<Uuid>; 3]>,
}

impl Removed {
    /// Tells that a task is gone, once, and if it was there.
    pub fn emit_delete(&mut self, work: &mut Work<'_>, task_id: Uuid) {
        if let Some([entity_id, task_type_id, project_id]) = self.untold.remove(&task_id) {
            emit_task_delete(work, task_id, entity_id, task_type_id, project_id);
        }
    }

    /// Works out anew when those who spent time on the tasks were there last.
    ///
    /// # Errors
    /// The database refuses.
    pub async fn settle(&self, work: &mut Work<'_>) -> Result<(), Failure> {
        for persons in self.workers.iter().copied().collect::<Vec<_>>().chunks(BATCH) {
            presence::refresh_all(work, persons).await?;
        }
        Ok(())
    }
}

/// Removes tasks with their comments, previews, time spents, working files and the output files made from them,
/// notifications, news, subscriptions and assignments, and tells of the news and of each task. Unknown ids are left alone. Says which
/// stored files nobody needs after the commit.
///
/// # Errors
/// The database refuses.
pub async fn take_away(work: &mut Work<'_>, task_ids: &[Uuid]) -> Result<UnneededFiles, Failure> {
    tell_lost_news(work, "task_id", task_ids).await?;
    let shown = ShownBy::previews_of_tasks(&**work, task_ids).await?;
    let mut removed = remove(work, task_ids).await?;
    shown.settle(work).await?;
    // Told in the order in which they were named.
    for id in task_ids {
        removed.emit_delete(work, *id);
    }
    removed.settle(work).await?;
    Ok(removed.unneeded)
}

/// Removes tasks as [`take_away`] does, and leaves it to the caller to tell of the news before, and of each task when it likes.
///
/// # Errors
/// The database refuses.
pub async fn remove(work: &Work<'_>, task_ids: &[Uuid]) -> Result<Removed, Failure> {
    let mut removed = Removed::default();
    for ids in task_ids.chunks(BATCH) {
        let mut sql = Sql::new("SELECT id, entity_id, task_type_id, project_id FROM task WHERE id");
        sql.among(ids);
        for row in database::rows(&**work, &sql).await? {
            let facts = [
                row.try_get("", "entity_id")?,
                row.try_get("", "task_type_id")?,
                row.try_get("", "project_id")?,
            ];
            removed.untold.insert(row.try_get("", "id")?, facts);
        }
        let comments = ids_of(work, "SELECT id FROM comment WHERE object_id", ids).await?;
        removed.unneeded.extend(remove_comment_rows(work, &comments).await?);
        let previews = ids_of(work, "SELECT id FROM preview_file WHERE task_id", ids).await?;
        remove_rows(&**work, &previews).await?;
        removed.unneeded.previews.extend(previews);
        remove_files(work, ids).await?;
        removed.workers.extend(
            ids_of(
                work,
                "SELECT DISTINCT person_id FROM time_spent WHERE person_id IS NOT NULL AND task_id",
                ids,
            )
            .await?,
        );
        for (table, column) in REMOVED {
            run(work, &format!("DELETE FROM {table} WHERE {column}"), ids, "").await?;
        }
        run(work, "DELETE FROM task WHERE id", ids, "").await?;
    }
    Ok(removed)
}

/// Tells that a task was deleted.
pub fn emit_task_delete(
    work: &mut Work<'_>,
    task_id: Uuid,
    entity_id: Option<Uuid>,
    task_type_id: Option<Uuid>,
    project_id: Option<Uuid>,
) {
    let mut about = payload([("task_id", task_id)]);
    about.insert("entity_id".into(), json!(entity_id));
    about.insert("task_type_id".into(), json!(task_type_id));
    work.emit_in(project_id, "task:delete", about);
}

/// Working files of tasks, and the output files made from them.
async fn remove_files(work: &Work<'_>, tasks: &[Uuid]) -> Result<(), DbErr> {
    const OUTPUTS_OF_TASKS: &str =
        "(SELECT o.id FROM output_file o JOIN working_file w ON w.id = o.source_file_id WHERE w.task_id";
    run(
        work,
        &format!("UPDATE preview_file SET source_file_id = NULL WHERE source_file_id IN {OUTPUTS_OF_TASKS}"),
        tasks,
        ")",
    )
    .await?;
    run(
        work,
        "DELETE FROM output_file WHERE source_file_id IN (SELECT id FROM working_file WHERE task_id",
        tasks,
        ")",
    )
    .await?;
    run(work, "DELETE FROM working_file WHERE task_id", tasks, "").await
}

async fn run(work: &Work<'_>, text: &str, ids: &[Uuid], end: &str) -> Result<(), DbErr> {
    let mut sql = Sql::new(text);
    sql.among(ids).push(end);
    database::execute(&**work, &sql).await?;
    Ok(())
}

async fn ids_of(work: &Work<'_>, text: &str, ids: &[Uuid]) -> Result<Vec<Uuid>, DbErr> {
    let mut sql = Sql::new(text);
    sql.among(ids);
    database::read_values(&**work, &sql).await
}

/// Deletes all tasks of a type in a production.
///
/// # Errors
/// 404 for an unknown production.
pub async fn of_type(app: &App, caller: &Caller, project_id: Uuid, task_type_id: Uuid) -> Result<(), Failure> {
    let mut work = Work::begin(app, caller).await?;
    let known = Sql::with("SELECT 1 FROM project WHERE id = $1", [project_id.into()]);
    database::row(&*work, &known).await?.ok_or_else(Failure::not_found)?;
    let sql = Sql::with(
        "SELECT id FROM task WHERE project_id = $1 AND task_type_id = $2 ORDER BY created_at, id",
        [project_id.into(), task_type_id.into()],
    );
    let ids: Vec<Uuid> = database::read_values(&*work, &sql).await?;
    let unneeded = take_away(&mut work, &ids).await?;
    work.afterwards(|app| Box::pin(unneeded.discard(app)));
    work.finish().await?;
    Ok(())
}

/// Deletes those of the tasks that belong to a production.
///
/// # Errors
/// The database refuses.
pub async fn named(app: &App, caller: &Caller, project_id: Uuid, ids: &[Uuid]) -> Result<(), Failure> {
    let mut work = Work::begin(app, caller).await?;
    let mut sql = Sql::new("SELECT id FROM task WHERE project_id = ");
    sql.bind(project_id).push(" AND id").among(ids);
    let found = database::ids(&*work, &sql).await?;
    let own: Vec<Uuid> = ids.iter().copied().filter(|id| found.contains(id)).collect();
    let unneeded = take_away(&mut work, &own).await?;
    work.afterwards(|app| Box::pin(unneeded.discard(app)));
    work.finish().await?;
    Ok(())
}

//! Subscriptions of the caller: tasks, and the tasks of one type in a sequence.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::SubscriptionRow;
use sea_orm::Value;
use uuid::Uuid;

use crate::access::records::require_human;
use crate::access::require_member;
use crate::access::tasks::{self, READ};
use crate::app::App;
use crate::database::json::array;
use crate::database::{self, BATCH, Database, RecordWriter, Sql, stream_array, write_column};
use crate::entities::rows::find_entity;
use crate::events::Work;
use crate::notifications::subscriptions::follows;
use crate::vocabulary::kinds::EntityKind;

/// True if the caller follows a task.
pub(super) async fn follows_task(database: &Database, caller: &Caller, task_id: Uuid) -> Result<Json<bool>, Failure> {
    Ok(Json::of(&follows(database, caller.person.id, task_id).await?)?)
}

/// Makes the caller follow a task that they may read.
///
/// # Errors
/// 404 for an unknown task, 403 for one that the caller may not read.
pub(super) async fn follow_task(app: &App, caller: &Caller, task_id: Uuid) -> Result<Json<SubscriptionRow>, Failure> {
    let row = subscribe(app, caller, &[task_id]).await?.pop();
    Ok(Json::written(row.ok_or_else(Failure::not_found)?))
}

/// Makes the caller follow tasks that they may read, all or none.
///
/// # Errors
/// 404 for an unknown task, 403 for one that the caller may not read.
pub(super) async fn follow_tasks(
    app: &App,
    caller: &Caller,
    tasks: &[Uuid],
) -> Result<Json<Vec<SubscriptionRow>>, Failure> {
    let rows = subscribe(app, caller, tasks)
        .await
        .map_err(|failure| failure.naming_unknown("task_ids"))?;
    Ok(Json::written(array(rows.iter().map(Vec::as_slice))))
}

async fn subscribe(app: &App, caller: &Caller, wanted: &[Uuid]) -> Result<Vec<Vec<u8>>, Failure> {
    require_human(caller)?;
    let work = Work::begin(app, caller).await?;
    let relations = tasks::relations(&*work, caller, wanted).await?;
    for task in wanted {
        relations.get(task).ok_or_else(Failure::not_found)?.require(&READ)?;
    }
    let person_id = caller.person.id;
    let rows = wanted
        .iter()
        .map(|task| vec![("person_id", person_id.into()), ("task_id", (*task).into())]);
    database::insert_ignoring_duplicates(&*work, &entity::subscription::TABLE, rows.collect()).await?;
    let writer = RecordWriter::new(&entity::subscription::TABLE, "r", "Subscription");
    let mut found = std::collections::HashMap::with_capacity(wanted.len());
    for tasks in wanted.chunks(BATCH) {
        let mut sql = Sql::new(format!(
            "SELECT {} FROM subscription r WHERE r.person_id = ",
            writer.columns()
        ));
        sql.bind(person_id)
            .push(" AND r.task_id IN ")
            .bind_list(tasks.iter().copied());
        for row in database::rows(&*work, &sql).await? {
            let mut out = Vec::with_capacity(320);
            writer.write(&mut out, &row)?;
            found.insert(row.try_get::<Uuid>("", "task_id")?, out);
        }
    }
    work.finish().await?;
    Ok(wanted.iter().filter_map(|task| found.get(task).cloned()).collect())
}

/// Ends the caller's subscriptions to tasks, as far as there are any.
pub(super) async fn unfollow_tasks(app: &App, caller: &Caller, tasks: &[Uuid]) -> Result<NoContent, Failure> {
    let work = Work::begin(app, caller).await?;
    for tasks in tasks.chunks(BATCH) {
        let mut sql = Sql::new("DELETE FROM subscription WHERE person_id = ");
        sql.bind(caller.person.id)
            .push(" AND task_id IN ")
            .bind_list(tasks.iter().copied());
        database::execute(&*work, &sql).await?;
    }
    work.finish().await?;
    Ok(NoContent)
}

/// Condition on the subscription `r` of a person to the tasks of one type in a sequence.
const OF_SEQUENCE: &str = "r.person_id = $1 AND r.entity_id = $2 AND r.task_type_id = $3";

fn of_sequence(caller: &Caller, sequence_id: Uuid, task_type_id: Uuid) -> [Value; 3] {
    [caller.person.id.into(), sequence_id.into(), task_type_id.into()]
}

/// True if the caller follows the tasks of one type in a sequence.
pub(super) async fn follows_sequence(
    database: &Database,
    caller: &Caller,
    sequence_id: Uuid,
    task_type_id: Uuid,
) -> Result<Json<bool>, Failure> {
    let sql = Sql::with(
        format!("SELECT 1 FROM subscription r WHERE {OF_SEQUENCE} LIMIT 1"),
        of_sequence(caller, sequence_id, task_type_id),
    );
    Ok(Json::of(&database.row(&sql).await?.is_some())?)
}

/// The sequences of a production in which the caller follows the tasks of one type.
pub(super) async fn followed_sequences(
    database: &Database,
    caller: &Caller,
    project_id: Uuid,
    task_type_id: Uuid,
) -> Result<Json<Vec<Uuid>>, Failure> {
    let mut sql = Sql::with(
        "SELECT r.entity_id FROM subscription r JOIN entity e ON e.id = r.entity_id WHERE r.person_id = $1 AND r.task_type_id = $2 AND e.project_id = $3 AND ",
        [caller.person.id.into(), task_type_id.into(), project_id.into()],
    );
    sql.push(&EntityKind::Sequence.condition("e.entity_type_id"))
        .push(" ORDER BY e.name, e.id");
    Ok(stream_array(database, sql, |out, row| {
        write_column(out, row, "entity_id", entity::facts::Kind::Uuid)
    })
    .await?
    .into())
}

/// Makes the caller follow the tasks of one type in a sequence of one of their productions.
///
/// # Errors
/// 404 for an unknown sequence or task type, 403 outside of the team.
pub(super) async fn follow_sequence(
    app: &App,
    caller: &Caller,
    sequence_id: Uuid,
    task_type_id: Uuid,
) -> Result<Json<SubscriptionRow>, Failure> {
    require_human(caller)?;
    let work = Work::begin(app, caller).await?;
    let sequence = find_entity(&*work, sequence_id, EntityKind::Sequence).await?;
    require_member(&*work, caller, sequence.project_id).await?;
    let task_type = Sql::with("SELECT 1 FROM task_type WHERE id = $1", [task_type_id.into()]);
    database::row(&*work, &task_type)
        .await?
        .ok_or_else(Failure::not_found)?;
    let values = vec![
        ("person_id", caller.person.id.into()),
        ("entity_id", sequence_id.into()),
        ("task_type_id", task_type_id.into()),
    ];
    database::insert_ignoring_duplicates(&*work, &entity::subscription::TABLE, vec![values]).await?;
    let writer = RecordWriter::new(&entity::subscription::TABLE, "r", "Subscription");
    let text = format!("SELECT {} FROM subscription r WHERE {OF_SEQUENCE}", writer.columns());
    let row = database::row(&*work, &Sql::with(text, of_sequence(caller, sequence_id, task_type_id)))
        .await?
        .ok_or_else(Failure::not_found)?;
    let mut out = Vec::with_capacity(320);
    writer.write(&mut out, &row)?;
    work.finish().await?;
    Ok(Json::written(out))
}

/// Ends the caller's subscription to the tasks of one type in a sequence, if there is one.
pub(super) async fn unfollow_sequence(
    app: &App,
    caller: &Caller,
    sequence_id: Uuid,
    task_type_id: Uuid,
) -> Result<NoContent, Failure> {
    let work = Work::begin(app, caller).await?;
    let sql = Sql::with(
        "DELETE FROM subscription WHERE person_id = $1 AND entity_id = $2 AND task_type_id = $3",
        of_sequence(caller, sequence_id, task_type_id),
    );
    database::execute(&*work, &sql).await?;
    work.finish().await?;
    Ok(NoContent)
}

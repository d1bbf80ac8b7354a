//! Assignment of tasks: assigning tasks to persons and taking persons off tasks, with all that follows.

use std::collections::{BTreeSet, HashMap, HashSet};

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::query::parse_id;
use uuid::Uuid;

use super::assignees::{find_assignee, refuse_idle_bots, refuse_preview_accounts};
use super::rows;
use crate::access::task_mask::TaskMask;
use crate::access::tasks::{TaskRelation, relation, relations, task_assigner, task_unassigner};
use crate::app::App;
use crate::crud::require_known;
use crate::database::json;
use crate::database::{self, BATCH, Sql};
use crate::events::{Work, payload};
use crate::notifications::notices::{self, Notice, NoticeKind};

/// Assigns one task to a person, and gives the task as JSON.
///
/// # Errors
/// 404 for an unknown task, 400 for an unknown person, 403 when the caller may not.
pub async fn assign_one(app: &App, caller: &Caller, task_id: Uuid, person: &str) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let relation = relation(&*work, caller, task_id).await?;
    let assignee = find_assignee(&*work, parse_id(person)).await?;
    if !task_assigner(&relation, &caller.person, &assignee) {
        return Err(Failure::forbidden());
    }
    assign(
        &mut work,
        caller,
        assignee.id,
        &[(relation.task_id, relation.project_id)],
    )
    .await?;
    let text = rows::task(&*work, &TaskMask::in_teams(&*work, caller).await?, task_id).await?;
    work.finish().await?;
    Ok(text)
}

/// Assigns to a person those of the tasks that the caller may assign, and gives them as JSON.
///
/// # Errors
/// 400 for an unknown person.
pub async fn assign_many(app: &App, caller: &Caller, person_id: Uuid, tasks: &[Uuid]) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let assignee = find_assignee(&*work, Some(person_id)).await?;
    let found = in_order(relations(&*work, caller, tasks).await?, tasks);
    let allowed: Vec<TaskRelation> = found
        .into_iter()
        .filter(|relation| task_assigner(relation, &caller.person, &assignee))
        .collect();
    let places: Vec<(Uuid, Option<Uuid>)> = allowed
        .iter()
        .map(|relation| (relation.task_id, relation.project_id))
        .collect();
    assign(&mut work, caller, assignee.id, &places).await?;
    let ids: Vec<Uuid> = allowed.iter().map(|relation| relation.task_id).collect();
    let texts = rows::tasks(&*work, &TaskMask::in_teams(&*work, caller).await?, &ids, true).await?;
    work.finish().await?;
    Ok(json::array(texts.iter().map(Vec::as_slice)))
}

/// The tasks that were found, each once, in the order in which they were named.
fn in_order(mut found: HashMap<Uuid, TaskRelation>, ids: &[Uuid]) -> Vec<TaskRelation> {
    ids.iter().filter_map(|id| found.remove(id)).collect()
}

/// Assigns tasks of a production to a person, as a part of a larger change. Whether the caller may is known already.
///
/// # Errors
/// The database refuses.
pub async fn add(
    work: &mut Work<'_>,
    caller: &Caller,
    person_id: Uuid,
    project_id: Uuid,
    tasks: &[Uuid],
) -> Result<(), Failure> {
    let places: Vec<(Uuid, Option<Uuid>)> = tasks.iter().map(|task_id| (*task_id, Some(project_id))).collect();
    assign(work, caller, person_id, &places).await
}

/// Stores and tells that a person does these tasks, each with its production, besides those who do them already. Nobody is
/// told of a task that the person does already, and one whose assigner stays the same stays as it is.
async fn assign(
    work: &mut Work<'_>,
    caller: &Caller,
    person_id: Uuid,
    tasks: &[(Uuid, Option<Uuid>)],
) -> Result<(), Failure> {
    let ids: Vec<Uuid> = tasks.iter().map(|(task_id, _)| *task_id).collect();
    let (mut added, mut changed) = (HashSet::new(), HashSet::new());
    for ids in ids.chunks(BATCH) {
        let here = link(work, person_id, ids).await?;
        changed.extend(set_assigner(work, caller.person.id, ids, &here).await?);
        added.extend(here);
    }
    let mut notices = Vec::new();
    for (task_id, project_id) in tasks.iter().copied() {
        if added.contains(&task_id) {
            work.emit_signed(
                project_id,
                "task:assign",
                payload([("task_id", task_id), ("person_id", person_id)]),
            );
        }
        if changed.contains(&task_id) {
            work.emit_in(project_id, "task:update", payload([("task_id", task_id)]));
        }
        let notice = notice(caller, person_id, task_id, project_id);
        if let Some(notice) = notice.filter(|_| added.contains(&task_id)) {
            notice.emit(work);
            notices.push(notice);
        }
    }
    notices::store(work, &notices).await?;
    let projects: BTreeSet<Uuid> = tasks.iter().filter_map(|(_, project_id)| *project_id).collect();
    join_teams(work, person_id, projects).await
}

/// Refuses a new task that is for persons to whom the caller may not give it.
///
/// # Errors
/// 403 when there is such a person.
pub async fn require_assigner(
    work: &Work<'_>,
    caller: &Caller,
    task_id: Uuid,
    persons: &[Uuid],
) -> Result<(), Failure> {
    if caller.is_admin() || persons.is_empty() {
        return Ok(());
    }
    let relation = relation(&**work, caller, task_id).await?;
    if relation.role.is_manager() {
        return Ok(());
    }
    for person_id in persons {
        let assignee = find_assignee(&**work, Some(*person_id)).await?;
        if !task_assigner(&relation, &caller.person, &assignee) {
            return Err(Failure::forbidden());
        }
    }
    Ok(())
}

/// Makes somebody do a task who works in it, if they don't do it yet, and tells of it.
///
/// # Errors
/// The database refuses.
pub async fn take(work: &mut Work<'_>, person_id: Uuid, task_id: Uuid, project_id: Uuid) -> Result<(), Failure> {
    if link(work, person_id, &[task_id]).await?.is_empty() {
        return Ok(());
    }
    database::update(&**work, &entity::task::TABLE, task_id, Vec::new()).await?;
    work.emit_signed(
        project_id,
        "task:assign",
        payload([("task_id", task_id), ("person_id", person_id)]),
    );
    work.emit_in(project_id, "task:update", payload([("task_id", task_id)]));
    Ok(())
}

/// Links a person with tasks, and gives those that the person did not do before.
async fn link(work: &Work<'_>, person_id: Uuid, tasks: &[Uuid]) -> Result<HashSet<Uuid>, Failure> {
    let mut sql = Sql::new(
        "INSERT INTO task_person_link (task_id, person_id) SELECT t.id, p.id FROM task t CROSS JOIN person p WHERE p.id = ",
    );
    sql.bind(person_id).push(" AND t.id").among(tasks);
    sql.push(" ON CONFLICT DO NOTHING RETURNING task_id");
    Ok(database::ids(&**work, &sql).await?)
}

/// Makes somebody the assigner of tasks, and gives those that changed by that, or whose assignees did.
async fn set_assigner(
    work: &Work<'_>,
    assigner_id: Uuid,
    tasks: &[Uuid],
    assigned: &HashSet<Uuid>,
) -> Result<HashSet<Uuid>, Failure> {
    let mut sql = Sql::new("SELECT id FROM task WHERE id");
    sql.among(tasks)
        .push(" AND (assigner_id IS NULL OR assigner_id <> ")
        .bind(assigner_id)
        .push(")");
    let mut changed = database::ids(&**work, &sql).await?;
    changed.extend(assigned);
    let ids: Vec<Uuid> = changed.iter().copied().collect();
    let mut sql = Sql::new("UPDATE task SET assigner_id = ");
    sql.bind(assigner_id)
        .push(", updated_at = ")
        .bind(database::now())
        .push(" WHERE id")
        .among(&ids);
    database::execute(&**work, &sql).await?;
    Ok(changed)
}

/// Notice to an assignee; nothing when the caller takes the task.
fn notice(caller: &Caller, person_id: Uuid, task_id: Uuid, project_id: Option<Uuid>) -> Option<Notice> {
    let author = caller.person.id;
    (person_id != author).then(|| Notice::new(NoticeKind::Assignation, person_id, author, task_id, project_id))
}

/// Puts a person into the teams that they are not in, and tells of each.
async fn join_teams(work: &mut Work<'_>, person_id: Uuid, mut projects: BTreeSet<Uuid>) -> Result<(), Failure> {
    let mut sql = Sql::new("SELECT project_id FROM project_person_link WHERE person_id = ");
    sql.bind(person_id)
        .push(" AND project_id IN ")
        .bind_list(projects.iter().copied());
    for id in database::read_values::<Uuid>(&**work, &sql).await? {
        projects.remove(&id);
    }
    if projects.is_empty() {
        return Ok(());
    }
    let links = projects
        .iter()
        .map(|project_id| vec![("project_id", (*project_id).into()), ("person_id", person_id.into())])
        .collect();
    database::insert_ignoring_duplicates(&**work, &entity::project_person_link::TABLE, links).await?;
    for project_id in projects {
        work.emit_in(project_id, "project:update", payload([("project_id", project_id)]));
    }
    Ok(())
}

/// Puts those who do tasks into the teams of their productions, where the tasks come from elsewhere: nobody is told.
///
/// # Errors
/// The database refuses.
pub async fn let_in(work: &Work<'_>, tasks: &[Uuid]) -> Result<(), Failure> {
    for tasks in tasks.chunks(BATCH) {
        let mut sql = Sql::new(
            "INSERT INTO project_person_link (project_id, person_id) SELECT DISTINCT t.project_id, w.person_id \
             FROM task t JOIN task_person_link w ON w.task_id = t.id WHERE t.project_id IS NOT NULL AND t.id",
        );
        sql.among(tasks).push(" ON CONFLICT DO NOTHING");
        database::execute(&**work, &sql).await?;
    }
    Ok(())
}

/// Takes one person, or everybody, off those of the tasks where the caller may, and gives the ids of these tasks.
///
/// # Errors
/// The database refuses.
pub async fn clear(app: &App, caller: &Caller, tasks: &[Uuid], person_id: Option<Uuid>) -> Result<Vec<Uuid>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let person = &caller.person;
    let mut freed = in_order(relations(&*work, caller, tasks).await?, tasks);
    freed.retain(|task| task_unassigner(task, person, person_id));
    let ids: Vec<Uuid> = freed.iter().map(|task| task.task_id).collect();
    let mut removed: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for ids in ids.chunks(BATCH) {
        removed.extend(unlink(&work, ids, person_id).await?);
    }
    for task in &freed {
        let Some(persons) = removed.remove(&task.task_id) else {
            continue;
        };
        for person_id in persons {
            work.emit_signed(
                task.project_id,
                "task:unassign",
                payload([("person_id", person_id), ("task_id", task.task_id)]),
            );
        }
        work.emit_in(task.project_id, "task:update", payload([("task_id", task.task_id)]));
    }
    work.finish().await?;
    Ok(ids)
}

/// Takes one person, or everybody, off tasks, and gives those who did them, in the order of their ids.
async fn unlink(work: &Work<'_>, tasks: &[Uuid], person_id: Option<Uuid>) -> Result<HashMap<Uuid, Vec<Uuid>>, Failure> {
    let mut sql = Sql::new("DELETE FROM task_person_link WHERE task_id");
    sql.among(tasks);
    if let Some(person_id) = person_id {
        sql.push(" AND person_id = ").bind(person_id);
    }
    sql.push(" RETURNING task_id, person_id");
    let mut removed: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
    for row in database::rows(&**work, &sql).await? {
        removed
            .entry(row.try_get("", "task_id")?)
            .or_default()
            .push(row.try_get("", "person_id")?);
    }
    let changed: Vec<Uuid> = removed.keys().copied().collect();
    let mut sql = Sql::new("UPDATE task SET updated_at = ");
    sql.bind(database::now()).push(" WHERE id").among(&changed);
    database::execute(&**work, &sql).await?;
    removed.values_mut().for_each(|persons| persons.sort_unstable());
    Ok(removed)
}

/// Makes these persons the assignees of a task, in place of those who were, and tells who joins and who leaves. Those who
/// are not in the team of the production join it. The assigner stays as it is. Says whether anybody joins or leaves.
///
/// # Errors
/// 400 for an id of nobody, for a preview account, and for a bot where the production lets none work.
pub async fn replace(
    work: &mut Work<'_>,
    caller: &Caller,
    task_id: Uuid,
    project_id: Option<Uuid>,
    persons: &[Uuid],
) -> Result<bool, Failure> {
    let sql = Sql::with(
        "SELECT person_id FROM task_person_link WHERE task_id = $1 ORDER BY person_id",
        [task_id.into()],
    );
    let before: Vec<Uuid> = database::read_values(&**work, &sql).await?;
    require_known(&**work, &entity::person::TABLE, "assignees", persons).await?;
    let mut fresh = HashSet::new();
    let added: Vec<Uuid> = persons
        .iter()
        .copied()
        .filter(|id| !before.contains(id) && fresh.insert(*id))
        .collect();
    refuse_preview_accounts(&**work, &added).await?;
    refuse_idle_bots(&**work, project_id, &added).await?;
    let removed: Vec<Uuid> = before.into_iter().filter(|id| !persons.contains(id)).collect();
    if !removed.is_empty() {
        let mut sql = Sql::new("DELETE FROM task_person_link WHERE task_id = ");
        sql.bind(task_id)
            .push(" AND person_id IN ")
            .bind_list(removed.iter().copied());
        database::execute(&**work, &sql).await?;
    }
    let links = added
        .iter()
        .map(|person_id| vec![("task_id", task_id.into()), ("person_id", (*person_id).into())])
        .collect();
    database::insert_many(&**work, &entity::task_person_link::TABLE, links).await?;
    welcome(work, caller, task_id, project_id, &added).await?;
    let changed = !added.is_empty() || !removed.is_empty();
    for person_id in removed {
        work.emit_signed(
            project_id,
            "task:unassign",
            payload([("task_id", task_id), ("person_id", person_id)]),
        );
    }
    Ok(changed)
}

/// Tells persons that they do a task now, and lets them into the team of its production.
async fn welcome(
    work: &mut Work<'_>,
    caller: &Caller,
    task_id: Uuid,
    project_id: Option<Uuid>,
    persons: &[Uuid],
) -> Result<(), Failure> {
    let mut notices = Vec::new();
    for person_id in persons {
        work.emit_signed(
            project_id,
            "task:assign",
            payload([("task_id", task_id), ("person_id", *person_id)]),
        );
        if let Some(notice) = notice(caller, *person_id, task_id, project_id) {
            notice.emit(work);
            notices.push(notice);
        }
    }
    notices::store(work, &notices).await?;
    for person_id in persons {
        join_teams(work, *person_id, project_id.into_iter().collect()).await?;
    }
    Ok(())
}

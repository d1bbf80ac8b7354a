//! Figures that follow from others, worked out anew by the rules that keep them true while the server works: those of
//! castings ([`counts`], [`readiness`](crate::readiness)), and those of tasks ([`progress`]).

use std::collections::{HashMap, HashSet};

use dailies_definitions::failure::Failure;
use sea_orm::FromQueryResult;
use uuid::Uuid;

use super::Finding;
use crate::app::App;
use crate::database::{self, Sql};
use crate::events::{Work, payload, transact};
use crate::readiness::counts::Touched;
use crate::tasks::progress::{self, Progress};
use crate::tasks::{recompute, statuses};

/// Tasks that one transaction looks at.
const PORTION: usize = 1000;

/// A task with what comments move in it.
#[derive(FromQueryResult)]
struct TaskFigures {
    id: Uuid,
    project_id: Option<Uuid>,
    task_status_id: Option<Uuid>,
    retake_count: Option<i32>,
    real_start_date: Option<chrono::NaiveDateTime>,
    end_date: Option<chrono::NaiveDateTime>,
    done_date: Option<chrono::NaiveDateTime>,
    last_comment_date: Option<chrono::NaiveDateTime>,
    duration: Option<f64>,
    spent: Option<f64>,
}

/// Figures of a table by the ids of its rows.
type Figures = HashMap<Uuid, Option<i32>>;

/// Works out anew how many assets entities cast, how many of them are ready for each task, the dates and counts that
/// comments move in tasks, and the time spent on them. `production` limits that to one. What differs is told as any change.
///
/// # Errors
/// The database refuses, or there is no such production.
pub async fn figures(app: &App, production: Option<&str>, dry_run: bool) -> Result<Vec<Finding>, Failure> {
    let projects = projects(app, production).await?;
    let mut found = [
        "assets that entities cast",
        "assets ready for tasks",
        "dates and counts of tasks",
        "time spent on tasks",
    ]
    .map(|what| Finding::new(what, 0, 0));
    for project in projects {
        let add = |found: &mut [Finding], figures: &[(u64, u64)]| {
            for (found, (all, changed)) in found.iter_mut().zip(figures) {
                found.all += all;
                found.changed += changed;
            }
        };
        let castings = transact(app, || castings(app, project, dry_run)).await?;
        add(&mut found[..2], &castings);
        let ids: Vec<Uuid> = database::read_values(&app.database, &of_project("SELECT id FROM task", project)).await?;
        for tasks in ids.chunks(PORTION) {
            let figures = transact(app, || tasks_of(app, tasks, dry_run)).await?;
            add(&mut found[2..], &figures);
        }
    }
    Ok(found.into())
}

async fn projects(app: &App, production: Option<&str>) -> Result<Vec<Uuid>, Failure> {
    let mut sql = Sql::new("SELECT id FROM project");
    if let Some(name) = production {
        sql.push(" WHERE ").same_text("name", name);
    }
    let found = database::read_values(&app.database, &sql).await?;
    match production.filter(|_| found.is_empty()) {
        Some(name) => Err(Failure::refused(format!("there is no production named {name}"))),
        None => Ok(found),
    }
}

fn of_project(text: &str, project: Uuid) -> Sql {
    Sql::with(format!("{text} WHERE project_id = $1"), [project.into()])
}

/// Ends a change: stores it, or undoes it when it was a dry run.
async fn end(work: Work<'_>, dry_run: bool) -> Result<(), Failure> {
    // Work that is dropped unfinished undoes the transaction.
    if dry_run { Ok(()) } else { Ok(work.finish().await?) }
}

/// Figures of castings of a production, and how many of them were others.
async fn castings(app: &App, project: Uuid, dry_run: bool) -> Result<[(u64, u64); 2], Failure> {
    let mut work = Work::begin_as(app, None).await?;
    let before = figures_of_castings(&work, project).await?;
    let containers = Sql::with(
        "SELECT e.id FROM entity e WHERE e.project_id = $1 AND (COALESCE(e.nb_entities_out, 0) <> 0 \
         OR EXISTS (SELECT 1 FROM entity_link l WHERE l.entity_in_id = e.id) OR EXISTS (SELECT 1 FROM task t WHERE t.entity_id = e.id))",
        [project.into()],
    );
    let containers: Vec<Uuid> = database::read_values(&*work, &containers).await?;
    Touched::links_of(&*work, &containers).await?.settle(&mut work).await?;
    let after = figures_of_castings(&work, project).await?;
    end(work, dry_run).await?;
    let changed = |before: &Figures, after: &Figures| {
        let differ = |(id, figure): (&Uuid, &Option<i32>)| {
            before.get(id).copied().flatten().unwrap_or_default() != figure.unwrap_or_default()
        };
        (
            after.len() as u64,
            after.iter().filter(|entry| differ(*entry)).count() as u64,
        )
    };
    let [(entities, entities_now), (tasks, tasks_now)] = [(&before[0], &after[0]), (&before[1], &after[1])];
    Ok([changed(entities, entities_now), changed(tasks, tasks_now)])
}

async fn figures_of_castings(work: &Work<'_>, project: Uuid) -> Result<[Figures; 2], Failure> {
    let mut figures = [Figures::new(), Figures::new()];
    for (text, figures) in [
        "SELECT id, nb_entities_out AS figure FROM entity",
        "SELECT id, nb_assets_ready AS figure FROM task",
    ]
    .iter()
    .zip(&mut figures)
    {
        for row in database::rows(&**work, &of_project(text, project)).await? {
            figures.insert(row.try_get("", "id")?, row.try_get("", "figure")?);
        }
    }
    Ok(figures)
}

/// Figures that comments and time spent move in tasks, and how many of these were otherwise. The status of a task stays: it can be
/// another one than its last comment says. A task without comments keeps its dates.
async fn tasks_of(app: &App, tasks: &[Uuid], dry_run: bool) -> Result<[(u64, u64); 2], Failure> {
    let mut work = Work::begin_as(app, None).await?;
    let known = statuses::all(&*work).await?;
    let steps = recompute::steps(&*work, tasks).await?;
    let mut sql = Sql::new(
        "SELECT t.id, t.project_id, t.task_status_id, t.retake_count, t.real_start_date, t.end_date, t.done_date, t.last_comment_date, t.duration, \
         (SELECT SUM(s.duration) FROM time_spent s WHERE s.task_id = t.id) AS spent FROM task t WHERE t.id",
    );
    sql.among(tasks);
    let stored: Vec<TaskFigures> = database::read_all(&*work, &sql).await?;
    let mut moved: Vec<(Uuid, Progress)> = Vec::new();
    let mut summed: Vec<Uuid> = Vec::new();
    let mut told: HashSet<Uuid> = HashSet::new();
    for task in &stored {
        let was = Progress {
            task_status_id: task.task_status_id,
            retake_count: task.retake_count.unwrap_or_default(),
            real_start_date: task.real_start_date,
            end_date: task.end_date,
            done_date: task.done_date,
            last_comment_date: task.last_comment_date,
        };
        let is = steps.get(&task.id).map(|steps| Progress {
            task_status_id: task.task_status_id,
            ..Progress::of(steps, &known)
        });
        if let Some(is) = is.filter(|is| *is != was) {
            moved.push((task.id, is));
        }
        if (task.duration.unwrap_or_default() - task.spent.unwrap_or_default()).abs() > f64::EPSILON {
            summed.push(task.id);
        }
    }
    progress::store(&work, &moved).await?;
    if !summed.is_empty() {
        recompute::sum_durations(&*work, &summed).await?;
    }
    told.extend(moved.iter().map(|(id, _)| *id).chain(summed.iter().copied()));
    for task in stored.iter().filter(|task| told.contains(&task.id)) {
        work.emit_in(task.project_id, "task:update", payload([("task_id", task.id)]));
    }
    end(work, dry_run).await?;
    Ok([
        (stored.len() as u64, moved.len() as u64),
        (stored.len() as u64, summed.len() as u64),
    ])
}

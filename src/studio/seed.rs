//! Beginning of a studio: statuses, departments, task types and asset types, by the kind of work that it does.

use std::collections::HashMap;

use clap::ValueEnum;
use entity::facts::Table;
use entity::{department, entity_type, project_status, task_status, task_type};
use sea_orm::{DbErr, Value};
use uuid::Uuid;

use crate::app::App;
use crate::database::{self, Sql};
use crate::events::{Work, payload, transact};

/// The kind of work that a studio does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Domain {
    /// Drawn animation.
    #[value(name = "2d")]
    Drawn,
    /// Computer animation.
    #[default]
    #[value(name = "3d")]
    Computer,
    /// Visual effects.
    Vfx,
    /// Games.
    Games,
}

/// A task type: name, department, colour, priority, and what kind of entity it is for.
type TaskTypeSeed = (&'static str, Option<&'static str>, &'static str, i32, &'static str);

/// A task status: name, short name, colour, and the columns that are true.
type TaskStatusSeed = (&'static str, &'static str, &'static str, &'static [&'static str]);

const PROJECT_STATUSES: [&str; 2] = ["Open", "Closed"];

const TASK_STATUSES: [TaskStatusSeed; 9] = [
    ("Todo", "todo", "#f5f5f5", &["is_default"]),
    ("Work In Progress", "wip", "#3273dc", &["is_wip"]),
    ("Waiting For Approval", "wfa", "#ab26ff", &["is_feedback_request"]),
    ("Retake", "retake", "#ff3860", &["is_retake"]),
    ("Done", "done", "#22d160", &["is_done"]),
    ("Ready To Start", "ready", "#fbc02d", &[]),
    ("Neutral", "neutral", "#CCCCCC", &["is_default", "for_concept"]),
    ("Approved", "approved", "#66BB6A", &["for_concept"]),
    ("Rejected", "rejected", "#E81123", &["for_concept"]),
];

const MODELING: (&str, &str) = ("Modeling", "#78909C");
const ANIMATION: (&str, &str) = ("Animation", "#009688");
const FX: (&str, &str) = ("FX", "#26C6DA");
const COMPOSITING: (&str, &str) = ("Compositing", "#F06292");
const CONCEPT: (&str, &str) = ("Concept", "#8D6E63");
const LAYOUT: (&str, &str) = ("Layout", "#7CB342");

/// The one task type that concepts have. It belongs to no department.
const FOR_CONCEPTS: TaskTypeSeed = ("Concept", None, "#8D6E63", 1, "Concept");

const COMPUTER_ASSETS: [TaskTypeSeed; 4] = [
    ("Concept", Some("Concept"), "#8D6E63", 1, "Asset"),
    ("Modeling", Some("Modeling"), "#78909C", 2, "Asset"),
    ("Shading", Some("Modeling"), "#64B5F6", 3, "Asset"),
    ("Rigging", Some("Animation"), "#9CCC65", 4, "Asset"),
];

const COMPUTER_SHOTS: [TaskTypeSeed; 7] = [
    ("Storyboard", Some("Concept"), "#43A047", 1, "Shot"),
    ("Layout", Some("Layout"), "#7CB342", 2, "Shot"),
    ("Animation", Some("Animation"), "#009688", 3, "Shot"),
    ("Lighting", Some("Compositing"), "#F9A825", 4, "Shot"),
    ("FX", Some("FX"), "#26C6DA", 5, "Shot"),
    ("Rendering", Some("Compositing"), "#F06292", 6, "Shot"),
    ("Compositing", Some("Compositing"), "#ff5252", 7, "Shot"),
];

const DRAWN_TASKS: [TaskTypeSeed; 8] = [
    ("Concept", Some("Concept"), "#8D6E63", 1, "Asset"),
    ("Storyboard", Some("Concept"), "#43A047", 1, "Shot"),
    ("Layout", Some("Layout"), "#7CB342", 2, "Shot"),
    ("Animation", Some("Animation"), "#009688", 3, "Shot"),
    ("Clean-up", Some("Animation"), "#4DB6AC", 4, "Shot"),
    ("Color", Some("Compositing"), "#F9A825", 5, "Shot"),
    ("Compositing", Some("Compositing"), "#ff5252", 6, "Shot"),
    ("Edit", Some("Compositing"), "#9b298c", 7, "Edit"),
];

/// Departments of a game studio; each but the last has a task type of the same name and colour for assets.
const GAME_DEPARTMENTS: [(&str, &str); 7] = [
    ("Game Design", "#7B1FA2"),
    ("Level Design", "#00897B"),
    ("Character Art", "#78909C"),
    ("Environment Art", "#43A047"),
    ("Animation", "#009688"),
    ("VFX", "#26C6DA"),
    ("QA", "#E53935"),
];

impl Domain {
    fn asset_types(self) -> &'static [&'static str] {
        match self {
            Self::Drawn => &["Character", "Prop", "Background", "FX"],
            Self::Computer => &["Character", "Prop", "Environment", "FX"],
            Self::Vfx => &["Character", "Prop", "Environment", "FX", "Vehicle"],
            Self::Games => &["Character", "Prop", "Environment", "FX", "UI"],
        }
    }

    fn departments(self) -> Vec<(&'static str, &'static str)> {
        let computer = [MODELING, ANIMATION, FX, COMPOSITING, CONCEPT, LAYOUT];
        match self {
            Self::Drawn => vec![CONCEPT, LAYOUT, ANIMATION, COMPOSITING],
            Self::Computer => computer.to_vec(),
            Self::Vfx => computer
                .into_iter()
                .chain([("Matchmove", "#5C6BC0"), ("DMP", "#8D6E63")])
                .collect(),
            Self::Games => GAME_DEPARTMENTS.to_vec(),
        }
    }

    fn task_types(self) -> Vec<TaskTypeSeed> {
        let edit = |priority| ("Edit", Some("Compositing"), "#9b298c", priority, "Edit");
        let mut types = match self {
            Self::Drawn => DRAWN_TASKS.to_vec(),
            Self::Computer => COMPUTER_ASSETS
                .into_iter()
                .chain(COMPUTER_SHOTS)
                .chain([edit(8)])
                .collect(),
            Self::Vfx => {
                let tracking = [
                    ("Matchmove", Some("Matchmove"), "#5C6BC0", 1, "Shot"),
                    ("Rotomation", Some("Matchmove"), "#7986CB", 2, "Shot"),
                ];
                let painting = [("DMP", Some("DMP"), "#A1887F", 8, "Shot"), edit(9)];
                COMPUTER_ASSETS
                    .into_iter()
                    .chain(tracking)
                    .chain(COMPUTER_SHOTS)
                    .chain(painting)
                    .collect()
            }
            Self::Games => {
                let crafts = GAME_DEPARTMENTS.into_iter().take(6).zip(1..);
                let mut types: Vec<_> = crafts
                    .map(|((name, colour), priority)| (name, Some(name), colour, priority, "Asset"))
                    .collect();
                types.push(("QA", Some("QA"), "#E53935", 1, "Shot"));
                types
            }
        };
        types.push(FOR_CONCEPTS);
        types
    }
}

/// Makes what is missing of the data that a studio of that kind starts with. What has one of the names already stays as
/// it is.
///
/// # Errors
/// The database refuses; nothing is made then.
pub async fn seed(app: &App, domain: Domain) -> Result<(), DbErr> {
    transact(app, || seed_missing(app, domain)).await
}

async fn seed_missing(app: &App, domain: Domain) -> Result<(), DbErr> {
    let mut work = Work::begin_as(app, None).await?;
    ensure_project_statuses(&mut work).await?;
    ensure_entity_types(&mut work, domain).await?;
    ensure_task_statuses(&mut work).await?;
    let departments = ensure_departments(&mut work, domain).await?;
    ensure_task_types(&mut work, domain, &departments).await?;
    work.finish().await
}

async fn ensure_project_statuses(work: &mut Work<'_>) -> Result<(), DbErr> {
    for name in PROJECT_STATUSES {
        let values = vec![("color", "#000000".into())];
        ensure(work, &project_status::TABLE, &[("name", name)], None, values).await?;
    }
    Ok(())
}

async fn ensure_entity_types(work: &mut Work<'_>, domain: Domain) -> Result<(), DbErr> {
    for name in domain
        .asset_types()
        .iter()
        .chain(&["Episode", "Sequence", "Shot", "Edit"])
    {
        let event = Some("asset-type");
        ensure(work, &entity_type::TABLE, &[("name", name)], event, Vec::new()).await?;
    }
    Ok(())
}

async fn ensure_task_statuses(work: &mut Work<'_>) -> Result<(), DbErr> {
    for (name, short_name, colour, flags) in TASK_STATUSES {
        let mut values: Vec<(&'static str, Value)> = vec![("short_name", short_name.into()), ("color", colour.into())];
        values.extend(flags.iter().map(|flag| (*flag, true.into())));
        let event = Some("task-status");
        ensure(work, &task_status::TABLE, &[("name", name)], event, values).await?;
    }
    Ok(())
}

/// The departments by their names.
async fn ensure_departments(work: &mut Work<'_>, domain: Domain) -> Result<HashMap<&'static str, Uuid>, DbErr> {
    let mut departments = HashMap::new();
    for (name, colour) in domain.departments() {
        let values = vec![("color", colour.into())];
        let event = Some("department");
        let id = ensure(work, &department::TABLE, &[("name", name)], event, values).await?;
        departments.insert(name, id);
    }
    Ok(departments)
}

async fn ensure_task_types(
    work: &mut Work<'_>,
    domain: Domain,
    departments: &HashMap<&'static str, Uuid>,
) -> Result<(), DbErr> {
    for (name, department, colour, priority, kind) in domain.task_types() {
        let department = department.and_then(|department| departments.get(department).copied());
        let key = [("name", name), ("for_entity", kind)];
        let values = vec![
            ("short_name", "".into()),
            ("color", colour.into()),
            ("priority", priority.into()),
            ("department_id", department.into()),
        ];
        ensure(work, &task_type::TABLE, &key, Some("task-type"), values).await?;
    }
    Ok(())
}

/// The record with these texts, made with more values when there is none. `event` is what its events are called by.
async fn ensure(
    work: &mut Work<'_>,
    table: &'static Table,
    key: &[(&'static str, &str)],
    event: Option<&str>,
    values: Vec<(&'static str, Value)>,
) -> Result<Uuid, DbErr> {
    let mut sql = Sql::new(format!("SELECT id FROM {} WHERE ", table.name));
    for (at, (column, text)) in key.iter().enumerate() {
        sql.push(if at > 0 { " AND " } else { "" })
            .push(column)
            .push(" = ")
            .bind(*text);
    }
    if let Some(id) = database::read_value(&**work, &sql).await? {
        return Ok(id);
    }
    let values = key
        .iter()
        .map(|(column, text)| (*column, (*text).into()))
        .chain(values)
        .collect();
    let id = database::insert(&**work, table, values).await?;
    if let Some(event) = event {
        work.emit_of_studio(
            table,
            format!("{event}:new"),
            payload([(&*format!("{}_id", event.replace('-', "_")), id)]),
        );
    }
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_type_has_its_department() {
        for domain in [Domain::Drawn, Domain::Computer, Domain::Vfx, Domain::Games] {
            let departments = domain.departments();
            for (name, department, ..) in domain.task_types() {
                let known = department.is_none_or(|department| departments.iter().any(|(name, _)| *name == department));
                assert!(known, "{domain:?}: {name}");
            }
        }
    }

    #[test]
    fn the_kinds_of_work_have_their_names() {
        for (name, domain) in [
            ("2d", Domain::Drawn),
            ("3D", Domain::default()),
            ("VFX", Domain::Vfx),
            ("games", Domain::Games),
        ] {
            assert_eq!(Domain::from_str(name, true), Ok(domain));
        }
    }
}

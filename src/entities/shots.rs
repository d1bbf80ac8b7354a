//! Shots: who sees which of them, and how they are made and changed.

use dailies_definitions::access::{Caller, EntityReader, ProjectManager};
use dailies_definitions::failure::{Failure, FieldProblem};
use dailies_definitions::query::{Query, parse_id};
use dailies_definitions::schemas::NewShot;
use entity::facts::Kind;
use sea_orm::Value as SqlValue;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::assets::query_id;
use super::creation::{NewEntity, find_or_create, require_within};
use super::details::{self, FurtherFacts};
use super::frame_rates;
use super::rows::{self, EntityFacts, find_entity};
use super::with_tasks::{self, ListingOptions};
use super::{layouts, listings};
use crate::access::entities::Scope;
use crate::access::references::{self, RowChange};
use crate::access::{require_manager, require_member};
use crate::app::App;
use crate::crud::{blank_name, coerce};
use crate::database::{self, Sent, Sql};
use crate::events::{Work, payload};
use crate::readiness::counts::Touched;
use crate::vocabulary::kinds::EntityKind;

/// `GET /data/shots`
pub(super) async fn list(app: &App, caller: &Caller, query: &Query) -> Result<Sent, Failure> {
    let sequence_id = query_id(query, "sequence_id")?;
    let scope = match (sequence_id, query_id(query, "project_id")?) {
        (Some(sequence_id), _) => {
            let sequence = find_entity(&app.database, sequence_id, EntityKind::Sequence).await?;
            Scope::required_project(app, caller, sequence.project_id).await?
        }
        (None, project_id) => Scope::named(app, caller, project_id).await?,
    };
    send_shots(app, &scope, sequence_id, query, &[]).await
}

/// `GET /data/sequences/{sequence_id}/shots`
pub(super) async fn list_of_sequence(
    app: &App,
    caller: &Caller,
    sequence_id: Uuid,
    query: &Query,
) -> Result<Sent, Failure> {
    let sequence = find_entity(&app.database, sequence_id, EntityKind::Sequence).await?;
    let scope = Scope::required_project(app, caller, sequence.project_id).await?;
    send_shots(app, &scope, Some(sequence_id), query, &["parent_id"]).await
}

/// Sends shots, with the names of their sequence and production.
async fn send_shots(
    app: &App,
    scope: &Scope,
    sequence_id: Option<Uuid>,
    query: &Query,
    save_for: &[&str],
) -> Result<Sent, Failure> {
    let mut listing = listings::in_sequences(app, scope, EntityKind::Shot, query, save_for).await?;
    if let Some(sequence_id) = sequence_id {
        listing.conditions.push(" AND e.parent_id = ").bind(sequence_id);
    }
    listing.send(&app.database).await
}

/// `GET /data/episodes/{episode_id}/shots`
pub(super) async fn list_of_episode(
    app: &App,
    access: &EntityReader,
    episode_id: Uuid,
    relations: bool,
) -> Result<Sent, Failure> {
    let conditions = Sql::with(
        " AND e.parent_id IN (SELECT id FROM entity WHERE parent_id = $1)",
        [episode_id.into()],
    );
    listings::of_episode(app, access, EntityKind::Shot, episode_id, conditions, relations).await
}

/// `GET /data/shots/with-tasks`
pub(super) async fn list_with_tasks(
    app: &App,
    caller: &Caller,
    options: ListingOptions,
) -> Result<with_tasks::Listing, Failure> {
    let (main, one) = (" AND 1 = 0", " AND sq.parent_id = ");
    listings::of_chosen_episode(app, caller, &layouts::SHOTS, options, main, one).await
}

/// `GET /data/shots/{shot_id}`
pub(super) async fn read_shot(app: &App, access: &EntityReader, id: Uuid) -> Result<Vec<u8>, Failure> {
    let scope = Scope::project(access.caller(), access.project_id(), access.role());
    details::with_tasks(&app.database, &layouts::SHOTS, &scope, id, FurtherFacts::AllBut(&[])).await
}

/// `POST /data/projects/{project_id}/shots`
pub(super) async fn create(app: &App, access: &ProjectManager, body: NewShot) -> Result<Vec<u8>, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access.caller()).await?;
    let sequence = require_within(&work, body.sequence_id, EntityKind::Sequence, project_id, "sequence_id").await?;
    let new = NewEntity {
        name: body.name,
        description: body.description,
        data: body.data,
        nb_frames: body.nb_frames,
        parent_id: body.sequence_id,
        ..NewEntity::default()
    };
    let (id, made) = find_or_create(&work, EntityKind::Shot, project_id, access.person.id, new).await?;
    if made {
        let mut keys = payload([("shot_id", id)]);
        keys.insert(
            "episode_id".into(),
            serde_json::json!(sequence.and_then(|sequence| sequence.parent_id)),
        );
        work.emit_in(project_id, "shot:new", keys);
    }
    let row = rows::plain(&*work, id, EntityKind::Shot.type_name()).await?;
    work.finish().await?;
    Ok(row)
}

/// Columns that a change of a shot leaves alone.
const PROTECTED: [&str; 8] = [
    "id",
    "created_at",
    "updated_at",
    "project_id",
    "type",
    "shotgun_id",
    "created_by",
    "nb_entities_out",
];

/// `PUT /data/shots/{shot_id}`
pub(super) async fn update(app: &App, caller: &Caller, id: Uuid, body: &Value) -> Result<Vec<u8>, Failure> {
    let Value::Object(body) = body else {
        return Err(Failure::parameter("Request body must be a JSON object."));
    };
    check_fields(body)?;
    let mut work = Work::begin(app, caller).await?;
    let shot = find_entity(&*work, id, EntityKind::Shot).await?;
    require_manager(&*work, caller, shot.project_id).await?;
    let changes = changes(body)?;
    check_references(&work, &shot, &changes).await?;
    let stored = Map::from_iter([("project_id".to_owned(), json!(shot.project_id))]);
    let row = RowChange {
        table: &entity::entity::TABLE,
        id: Some(id),
        stored: &stored,
        columns: &changes,
        relations: &[],
    };
    references::require(&*work, caller, &row).await?;
    check_values(&work, &shot, body).await?;
    let moved = database::value_of(&changes, "parent_id").is_some();
    // A body that names nothing moves the shot all the same.
    let told = if changes.is_empty() {
        database::update(&*work, &entity::entity::TABLE, id, changes).await?
    } else {
        database::update_differing(&*work, &entity::entity::TABLE, id, changes).await?
    };
    if moved {
        let now = find_entity(&*work, id, EntityKind::Shot).await?.parent_id;
        let groups: Vec<Uuid> = [shot.parent_id, now].into_iter().flatten().collect();
        Touched::within(&*work, &groups).await?.settle(&mut work).await?;
    }
    if told {
        work.emit_in(shot.project_id, "shot:update", payload([("shot_id", id)]));
    }
    let row = rows::plain(&*work, id, "Entity").await?;
    work.finish().await?;
    Ok(row)
}

/// Refuses values that the fields which people change can't have. Other columns say so when they are written.
fn check_fields(body: &Map<String, Value>) -> Result<(), Failure> {
    let problems: Vec<FieldProblem> = body
        .iter()
        .filter_map(|(field, value)| {
            Some(FieldProblem {
                field: field.clone(),
                message: problem(field, value)?.to_owned(),
            })
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(Failure::fields(&problems))
    }
}

/// Problem of the value of a field, in the words of other bodies. Null is left to the column.
fn problem(field: &str, value: &Value) -> Option<&'static str> {
    let text = value.as_str();
    match field {
        _ if value.is_null() => None,
        "name" if text == Some("") => Some("String should have at least 1 character"),
        "name" | "description" => text.is_none().then_some("Input should be a valid string"),
        "nb_frames" => match text {
            Some(text) => text
                .trim()
                .parse::<i32>()
                .is_err()
                .then_some("Input should be a valid integer, unable to parse string as an integer"),
            None => value
                .as_f64()
                .is_none_or(|number| number.fract() != 0.0)
                .then_some("Input should be a valid integer"),
        },
        "data" => (!value.is_object()).then_some("Input should be a valid dictionary"),
        "canceled" => (!value.is_boolean()).then_some("Input should be a valid boolean"),
        "parent_id" => text
            .is_none_or(|text| !matches!(text, "" | "null") && parse_id(text).is_none())
            .then_some("Input should be a valid UUID, 36 characters with hyphens"),
        _ => None,
    }
}

/// Refuses a blank name, one that another shot of the sequence has, and a frame rate that is none.
async fn check_values(work: &Work<'_>, shot: &EntityFacts, body: &Map<String, Value>) -> Result<(), Failure> {
    #[derive(sea_orm::FromQueryResult)]
    struct ShotData {
        data: Option<Value>,
    }
    let sql = Sql::with("SELECT data FROM entity WHERE id = $1", [shot.id.into()]);
    let stored: Option<ShotData> = database::read_one(&**work, &sql).await?;
    let stored = stored.and_then(|stored| stored.data);
    frame_rates::check(
        body.get("data").and_then(Value::as_object),
        stored.as_ref().and_then(Value::as_object),
    )?;
    let name = body.get("name").and_then(Value::as_str);
    if name.is_some_and(|name| name.trim().is_empty()) {
        return Err(blank_name("Shot"));
    }
    let parent = body
        .get("parent_id")
        .and_then(Value::as_str)
        .and_then(parse_id)
        .or(shot.parent_id);
    let name = name.unwrap_or(&shot.name);
    if name == shot.name && parent == shot.parent_id {
        return Ok(());
    }
    let mut sql = Sql::with(
        "SELECT 1 FROM entity WHERE project_id = $1 AND entity_type_id = $2 AND name = $3 AND id <> $4 AND parent_id ",
        [
            shot.project_id.into(),
            shot.entity_type_id.into(),
            name.into(),
            shot.id.into(),
        ],
    );
    match parent {
        Some(parent) => sql.push("= ").bind(parent),
        None => sql.push("IS NULL"),
    };
    match database::row(&**work, &sql).await? {
        Some(_) => Err(Failure::parameter(format!(
            "name: there is a shot {name} in this place already."
        ))),
        None => Ok(()),
    }
}

fn changes(body: &Map<String, Value>) -> Result<Vec<(&'static str, SqlValue)>, Failure> {
    let mut changes = Vec::new();
    for (key, value) in body {
        let Some(column) = entity::entity::TABLE
            .column(key)
            .filter(|column| !PROTECTED.contains(&column.name))
        else {
            continue;
        };
        let text = value.as_str().unwrap_or_default();
        let no_id = column.kind == Kind::Uuid
            && column.nullable
            && matches!(value, Value::String(_))
            && matches!(text, "" | "null");
        let value = if no_id { &Value::Null } else { value };
        changes.extend(coerce(column, value, false)?.map(|value| (column.name, value)));
    }
    Ok(changes)
}

/// A shot stays a shot, in a sequence and from a scene of its own production.
async fn check_references(
    work: &Work<'_>,
    shot: &EntityFacts,
    changes: &[(&'static str, SqlValue)],
) -> Result<(), Failure> {
    for (name, value) in changes {
        let SqlValue::Uuid(Some(id)) = value else {
            continue;
        };
        let wrong = || Failure::parameter(format!("Wrong value for parameter {name}."));
        let good = match *name {
            "entity_type_id" => *id == shot.entity_type_id,
            "parent_id" | "source_id" => {
                let kind = if *name == "parent_id" {
                    EntityKind::Sequence
                } else {
                    EntityKind::Scene
                };
                require_within(work, Some(*id), kind, shot.project_id, name)
                    .await
                    .map_err(|failure| match failure {
                        Failure::Answer { .. } => wrong(),
                        fault @ Failure::Fault(_) => fault,
                    })?;
                true
            }
            _ => true,
        };
        if !good {
            return Err(wrong());
        }
    }
    Ok(())
}

/// The production of a shot that somebody in the team asks about.
///
/// # Errors
/// 404 when there is no shot with that id, 403 for everybody outside of the team.
pub(super) async fn require_seen(app: &App, caller: &Caller, id: Uuid) -> Result<(), Failure> {
    let shot = find_entity(&app.database, id, EntityKind::Shot).await?;
    require_member(&app.database, caller, shot.project_id).await.map(|_| ())
}

//! Makes entities.

use dailies_definitions::access::ProjectManager;
use dailies_definitions::failure::Failure;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::frame_rates;
use super::rows::{self, EntityFacts, find_entity};
use crate::app::App;
use crate::crud::blank_name;
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::vocabulary::kinds::{EntityKind, built_in_type};

/// A new entity. What is not said has its default.
#[derive(Clone, Debug, Default)]
pub struct NewEntity {
    pub name: String,
    pub description: Option<String>,
    /// Metadata and free data; empty when not given.
    pub data: Option<Map<String, Value>>,
    pub nb_frames: Option<i32>,
    /// One of the four codes; `running` when not given.
    pub status: Option<String>,
    pub is_shared: bool,
    /// The sequence of a shot or scene, the episode of a sequence or edit, the folder of a concept.
    pub parent_id: Option<Uuid>,
    /// The main episode of an asset.
    pub source_id: Option<Uuid>,
}

/// Makes an asset, even when there is one with the same name already.
///
/// # Errors
/// 400 for a blank name.
pub async fn create_asset(
    work: &Work<'_>,
    project_id: Uuid,
    asset_type_id: Uuid,
    creator: Uuid,
    new: NewEntity,
) -> Result<Uuid, Failure> {
    check(EntityKind::Asset, &new)?;
    Ok(database::insert(
        &**work,
        &entity::entity::TABLE,
        columns(project_id, asset_type_id, creator, new),
    )
    .await?)
}

/// The entity of a built-in kind with this name under this parent, which is made when it is missing. Says whether it
/// was made.
///
/// # Errors
/// 400 for a blank name.
pub async fn find_or_create(
    work: &Work<'_>,
    kind: EntityKind,
    project_id: Uuid,
    creator: Uuid,
    new: NewEntity,
) -> Result<(Uuid, bool), Failure> {
    check(kind, &new)?;
    let entity_type_id = built_in_type(&**work, kind).await?;
    let mut find = Sql::with(
        "SELECT id FROM entity WHERE project_id = $1 AND entity_type_id = $2 AND name = $3",
        [project_id.into(), entity_type_id.into(), new.name.as_str().into()],
    );
    match (kind, new.parent_id) {
        (EntityKind::Episode | EntityKind::Concept, _) => {}
        (_, Some(parent_id)) => {
            find.push(" AND parent_id = ").bind(parent_id);
        }
        (_, None) => {
            find.push(" AND parent_id IS NULL");
        }
    }
    find.push(" ORDER BY created_at, id LIMIT 1");
    if let Some(id) = database::read_value(&**work, &find).await? {
        return Ok((id, false));
    }
    let id = Uuid::new_v4();
    let mut row = columns(project_id, entity_type_id, creator, new);
    row.push(("id", id.into()));
    database::insert_many(&**work, &entity::entity::TABLE, vec![row]).await?;
    Ok((id, true))
}

/// 400 for a blank name, and for a frame rate that is none.
fn check(kind: EntityKind, new: &NewEntity) -> Result<(), Failure> {
    if new.name.trim().is_empty() {
        return Err(blank_name(kind.type_name()));
    }
    frame_rates::check(new.data.as_ref(), None)
}

/// Makes an entity of a built-in kind, unless it is there, and answers its row. What it is part of is of the kind
/// `parent`. Tells of a new one.
///
/// # Errors
/// 404 when what it is part of is not in the production.
pub(super) async fn create(
    app: &App,
    access: &ProjectManager,
    kind: EntityKind,
    parent: EntityKind,
    new: NewEntity,
) -> Result<Vec<u8>, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access.caller()).await?;
    let parent_id = require_within(&work, new.parent_id, parent, project_id, parent.id_key())
        .await?
        .map(|parent| parent.id);
    let (id, made) = find_or_create(&work, kind, project_id, access.person.id, new).await?;
    if made {
        let mut keys = payload([(kind.id_key(), id)]);
        if kind == EntityKind::Edit {
            keys.insert("parent_id".into(), json!(parent_id));
        }
        work.emit_in(project_id, format!("{}:new", kind.word()), keys);
    }
    let row = rows::plain(&*work, id, kind.type_name()).await?;
    work.finish().await?;
    Ok(row)
}

fn columns(
    project_id: Uuid,
    entity_type_id: Uuid,
    creator: Uuid,
    new: NewEntity,
) -> Vec<(&'static str, sea_orm::Value)> {
    let NewEntity {
        name,
        description,
        data,
        nb_frames,
        status,
        is_shared,
        parent_id,
        source_id,
    } = new;
    let data = Value::Object(data.unwrap_or_default());
    vec![
        ("name", name.into()),
        ("description", description.into()),
        ("data", data.into()),
        ("nb_frames", nb_frames.into()),
        ("status", status.unwrap_or_else(|| "running".to_owned()).into()),
        ("is_shared", is_shared.into()),
        ("project_id", project_id.into()),
        ("entity_type_id", entity_type_id.into()),
        ("parent_id", parent_id.into()),
        ("source_id", source_id.into()),
        ("created_by", creator.into()),
    ]
}

/// An entity that a field of a body names and that has to be of one kind and of the same production.
///
/// # Errors
/// 404 when there is no such entity in the production.
pub async fn require_within(
    work: &Work<'_>,
    id: Option<Uuid>,
    kind: EntityKind,
    project_id: Uuid,
    field: &str,
) -> Result<Option<EntityFacts>, Failure> {
    let Some(id) = id else { return Ok(None) };
    let found = find_entity(&**work, id, kind)
        .await
        .map_err(|failure| failure.naming(field))?;
    if found.project_id == project_id {
        Ok(Some(found))
    } else {
        Err(Failure::not_found().naming(field))
    }
}

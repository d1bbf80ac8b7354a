//! Places assets in scenes and in other assets, and lets their instances appear in shots.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use sea_orm::EntityTrait;
use uuid::Uuid;

use crate::access::entities::{PLACE_INSTANCES, require};
use crate::app::App;
use crate::database::json::record;
use crate::database::{self, Sql};
use crate::entities::rows::{self, EntityFacts, find_entity};
use crate::events::{Work, payload};
use crate::vocabulary::kinds::EntityKind;

/// Most characters of the name of an instance.
const LONGEST_NAME: usize = 80;

/// A new instance of an asset.
pub(super) struct NewInstance {
    pub(super) asset_id: Uuid,
    pub(super) description: Option<String>,
}

/// Kind of places that assets are placed in.
pub(super) struct PlaceKind {
    kind: EntityKind,
    /// Column of an instance that holds its place.
    column: &'static str,
    /// Field of a body that names the asset.
    field: &'static str,
    /// Keys by which events name the place and the asset.
    told: [&'static str; 2],
}

/// Scenes.
pub(super) const SCENES: PlaceKind = PlaceKind {
    kind: EntityKind::Scene,
    column: "scene_id",
    field: "asset_id",
    told: ["scene_id", "asset_id"],
};

/// Other assets.
pub(super) const ASSETS: PlaceKind = PlaceKind {
    kind: EntityKind::Asset,
    column: "target_asset_id",
    field: "asset_to_instantiate_id",
    told: ["asset_id", "asset_instantiated"],
};

/// Places an asset in a scene or in another asset.
pub(super) async fn place(
    app: &App,
    caller: &Caller,
    among: &PlaceKind,
    place_id: Uuid,
    new: NewInstance,
) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let place = find_entity(&*work, place_id, among.kind).await?;
    let asset_id = new.asset_id;
    let (id, row) = add_instance(&work, caller, among, &place, new).await?;
    let [place_key, asset_key] = among.told;
    work.emit_in(
        place.project_id,
        "asset_instance:new",
        payload([(place_key, place_id), (asset_key, asset_id), ("asset_instance_id", id)]),
    );
    work.finish().await?;
    Ok(row)
}

/// Makes the next instance of an asset in a place.
async fn add_instance(
    work: &Work<'_>,
    caller: &Caller,
    among: &PlaceKind,
    place: &EntityFacts,
    new: NewInstance,
) -> Result<(Uuid, Vec<u8>), Failure> {
    require(&**work, caller, place.id, &PLACE_INSTANCES).await?;
    let asset = find_placeable(work, new.asset_id, place.project_id)
        .await
        .map_err(|failure| failure.naming(among.field))?;
    let column = among.column;
    let last = Sql::with(
        format!("SELECT MAX(number) AS last FROM asset_instance WHERE asset_id = $1 AND {column} = $2"),
        [asset.id.into(), place.id.into()],
    );
    let last = database::row(&**work, &last)
        .await?
        .map(|row| row.try_get::<Option<i32>>("", "last"))
        .transpose()?
        .flatten();
    let number = last
        .unwrap_or_default()
        .checked_add(1)
        .ok_or_else(|| Failure::refused("There are no numbers left for instances of this asset."))?;
    let values = vec![
        ("asset_id", asset.id.into()),
        (column, place.id.into()),
        ("number", number.into()),
        ("name", instance_name(&asset.name, number).into()),
        ("description", new.description.into()),
    ];
    let id = database::insert(&**work, &entity::asset_instance::TABLE, values).await?;
    let row = record(&**work, &entity::asset_instance::TABLE, "AssetInstance", id).await?;
    Ok((id, row.ok_or_else(Failure::not_found)?))
}

/// An asset of a production, or one that is shared with it.
async fn find_placeable(work: &Work<'_>, asset_id: Uuid, project_id: Uuid) -> Result<EntityFacts, Failure> {
    let asset = find_entity(&**work, asset_id, EntityKind::Asset).await?;
    if asset.project_id == project_id {
        return Ok(asset);
    }
    let stored = entity::entity::Entity::find_by_id(asset_id).one(&**work).await?;
    if stored.is_some_and(|stored| stored.is_shared) {
        Ok(asset)
    } else {
        Err(Failure::not_found())
    }
}

/// Lets an instance of the same production appear in a shot, and answers the shot.
pub(super) async fn add_to_shot(
    app: &App,
    caller: &Caller,
    shot_id: Uuid,
    instance_id: Uuid,
) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let shot = find_shot(&work, caller, shot_id).await?;
    let place = place_of(&work, instance_id).await;
    if place.map_err(|failure| failure.naming("asset_instance_id"))? != shot.project_id {
        return Err(Failure::not_found().naming("asset_instance_id"));
    }
    let mut sql = Sql::new("INSERT INTO asset_instance_link (entity_id, asset_instance_id) VALUES ");
    sql.bind_list([shot_id, instance_id]).push(" ON CONFLICT DO NOTHING");
    if database::execute(&*work, &sql).await? > 0 {
        work.emit_in(
            shot.project_id,
            "asset_instance:add-to-shot",
            payload([("shot_id", shot_id), ("asset_instance_id", instance_id)]),
        );
    }
    let row = rows::plain(&*work, shot_id, "Entity").await?;
    work.finish().await?;
    Ok(row)
}

/// Takes an instance out of a shot.
pub(super) async fn remove_from_shot(
    app: &App,
    caller: &Caller,
    shot_id: Uuid,
    instance_id: Uuid,
) -> Result<(), Failure> {
    let mut work = Work::begin(app, caller).await?;
    let shot = find_shot(&work, caller, shot_id).await?;
    let sql = Sql::with(
        "DELETE FROM asset_instance_link WHERE entity_id = $1 AND asset_instance_id = $2",
        [shot_id.into(), instance_id.into()],
    );
    if database::execute(&*work, &sql).await? == 0 {
        return Err(Failure::not_found());
    }
    work.emit_in(
        shot.project_id,
        "asset_instance:remove-from-shot",
        payload([("shot_id", shot_id), ("asset_instance_id", instance_id)]),
    );
    work.finish().await?;
    Ok(())
}

async fn find_shot(work: &Work<'_>, caller: &Caller, shot_id: Uuid) -> Result<EntityFacts, Failure> {
    let shot = find_entity(&**work, shot_id, EntityKind::Shot).await?;
    require(&**work, caller, shot_id, &PLACE_INSTANCES).await?;
    Ok(shot)
}

/// The production of the scene or asset that an instance is in, or that of its own asset where it is in neither.
async fn place_of(work: &Work<'_>, instance_id: Uuid) -> Result<Uuid, Failure> {
    let sql = Sql::with(
        "SELECT e.project_id FROM asset_instance i JOIN entity e ON e.id = COALESCE(i.scene_id, i.target_asset_id, i.asset_id) WHERE i.id = $1",
        [instance_id.into()],
    );
    let row = database::row(&**work, &sql).await?.ok_or_else(Failure::not_found)?;
    Ok(row.try_get("", "project_id")?)
}

/// The name of an instance: that of its asset in ASCII letters and digits, with one underscore for each run of anything else,
/// and the number in four digits.
fn instance_name(asset: &str, number: i32) -> String {
    let ascii = deunicode::deunicode(asset);
    let words: Vec<&str> = ascii
        .split(|character: char| !character.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let number = format!("{number:04}");
    let mut name = words.join("_");
    name.truncate(LONGEST_NAME - number.len() - 1);
    let name = name.trim_end_matches('_');
    if name.is_empty() {
        number
    } else {
        format!("{name}_{number}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_are_called_by_their_asset_and_number() {
        for (asset, number, name) in [
            ("Main camera", 1, "Main_camera_0001"),
            ("Été - 2", 12, "Ete_2_0012"),
            ("--", 3, "0003"),
            ("Tree", 12345, "Tree_12345"),
        ] {
            assert_eq!(instance_name(asset, number), name);
        }
        assert_eq!(instance_name(&"a".repeat(160), 1).len(), LONGEST_NAME);
    }
}

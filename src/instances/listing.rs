//! Lists of asset instances by the assets, shots or scenes that they belong to.

use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use sea_orm::{DbErr, QueryResult};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::access::Reach;
use crate::database::{Database, RecordWriter, Sql, write_uuid};

/// The asset type of cameras.
const CAMERA: &str = "Camera";

/// Instances that are asked for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Instances {
    /// Those in a shot, by asset.
    InShot(Uuid),
    /// Those in a scene, by asset.
    InScene(Uuid),
    /// The cameras in a scene, by asset.
    CamerasInScene(Uuid),
    /// Those in an asset, by asset.
    InAsset(Uuid),
}

impl Instances {
    /// The selection of the instances `i`.
    fn selection(self) -> Sql {
        match self {
            Self::InShot(id) => Sql::with(
                "FROM asset_instance i WHERE i.id IN (SELECT l.asset_instance_id FROM asset_instance_link l WHERE l.entity_id = $1)",
                [id.into()],
            ),
            Self::InScene(id) => Sql::with("FROM asset_instance i WHERE i.scene_id = $1", [id.into()]),
            Self::CamerasInScene(id) => Sql::with(
                "FROM asset_instance i WHERE i.scene_id = $1 AND i.asset_id IN (SELECT a.id FROM entity a JOIN entity_type k ON k.id = a.entity_type_id \
                 WHERE k.name = $2)",
                [id.into(), CAMERA.into()],
            ),
            Self::InAsset(id) => Sql::with("FROM asset_instance i WHERE i.target_asset_id = $1", [id.into()]),
        }
    }
}

/// Instances by the ids of their assets.
pub(super) async fn by_asset(database: &Database, instances: Instances) -> Result<Json<Map<String, Value>>, Failure> {
    answer_instances(database, "i.asset_id", instances.selection()).await
}

/// The instances of an asset by the ids of the shots that they appear in, as far as the reach goes.
pub(super) async fn by_shot(
    database: &Database,
    reach: &Reach,
    asset_id: Uuid,
) -> Result<Json<Map<String, Value>>, Failure> {
    let mut selection = Sql::with(
        "FROM asset_instance i JOIN asset_instance_link l ON l.asset_instance_id = i.id JOIN entity s ON s.id = l.entity_id WHERE i.asset_id = $1",
        [asset_id.into()],
    );
    reach.keep(&mut selection, "s.project_id");
    answer_instances(database, "s.id", selection).await
}

/// The instances of an asset by the ids of the scenes that they are in, as far as the reach goes. Those in other assets come
/// last.
pub(super) async fn by_scene(
    database: &Database,
    reach: &Reach,
    asset_id: Uuid,
) -> Result<Json<Map<String, Value>>, Failure> {
    let mut selection = Sql::with(
        "FROM asset_instance i JOIN entity a ON a.id = i.asset_id LEFT JOIN entity s ON s.id = i.scene_id \
         LEFT JOIN entity g ON g.id = i.target_asset_id WHERE i.asset_id = $1",
        [asset_id.into()],
    );
    reach.keep(&mut selection, "COALESCE(s.project_id, g.project_id, a.project_id)");
    answer_instances(database, "i.scene_id", selection).await
}

/// Instances as lists by the id that `key` is the SQL of, in the order of their numbers. `None` is the key of those that have
/// no such id.
async fn answer_instances(database: &Database, key: &str, selection: Sql) -> Result<Json<Map<String, Value>>, Failure> {
    let writer = RecordWriter::new(&entity::asset_instance::TABLE, "i", "AssetInstance");
    let mut sql = selection.before(&format!("SELECT {}, {key} AS group_id ", writer.columns()));
    sql.push(&format!(
        " ORDER BY {key} NULLS LAST, i.number NULLS LAST, i.created_at, i.id"
    ));
    let mut groups = Groups::default();
    database.each_row(&sql, |row| groups.write(&writer, row)).await?;
    Ok(Json::written(groups.end()))
}

/// A JSON object of lists.
#[derive(Default)]
struct Groups {
    out: Vec<u8>,
    /// The key of the list that is open.
    open: Option<Option<Uuid>>,
}

impl Groups {
    fn write(&mut self, writer: &RecordWriter, row: &QueryResult) -> Result<(), DbErr> {
        let key: Option<Uuid> = row.try_get("", "group_id")?;
        self.turn_to(key);
        writer.write(&mut self.out, row)
    }

    /// Puts whatever comes before the next item of a list.
    fn turn_to(&mut self, key: Option<Uuid>) {
        if self.open == Some(key) {
            self.out.push(b',');
            return;
        }
        self.out
            .extend_from_slice(if self.open.replace(key).is_some() { b"]," } else { b"{" });
        match key {
            Some(id) => write_uuid(&mut self.out, id),
            None => self.out.extend_from_slice(b"\"None\""),
        }
        self.out.extend_from_slice(b":[");
    }

    fn end(mut self) -> Vec<u8> {
        self.out
            .extend_from_slice(if self.open.is_some() { b"]}" } else { b"{}" });
        self.out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_lists_of_an_object() {
        assert_eq!(Groups::default().end(), b"{}");
        let id = Uuid::from_u128(1);
        let mut groups = Groups::default();
        for (key, item) in [(Some(id), b'1'), (Some(id), b'2'), (None, b'3')] {
            groups.turn_to(key);
            groups.out.push(item);
        }
        assert_eq!(
            String::from_utf8(groups.end()).expect("text"),
            format!("{{\"{id}\":[1,2],\"None\":[3]}}")
        );
    }
}

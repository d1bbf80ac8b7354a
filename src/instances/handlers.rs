//! Handlers of the tag *Asset instances*.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, EntityReader};
use dailies_definitions::asset_instances::AssetInstances;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{
    AssetInstance, Entity, NewAssetAssetInstance, NewSceneAssetInstance, ShotAssetInstance,
};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::listing::{self, Instances};
use super::placing::{self, ASSETS, NewInstance, SCENES};
use crate::access::{Reach, require_member};
use crate::app::SharedApp;
use crate::entities::rows::find_entity;
use crate::vocabulary::kinds::EntityKind;

/// Serves asset instances.
pub struct AssetInstancesHandlers(pub SharedApp);

impl AssetInstancesHandlers {
    /// 404 unless there is such an entity of that kind.
    async fn find(&self, id: Uuid, kind: EntityKind) -> Result<(), Failure> {
        find_entity(&self.0.database, id, kind).await.map(|_| ())
    }

    /// 404 unless there is such an asset, 403 for everybody outside of its team.
    async fn require_asset(&self, caller: &Caller, asset_id: Uuid) -> Result<(), Failure> {
        let database = &self.0.database;
        let asset = find_entity(database, asset_id, EntityKind::Asset).await?;
        require_member(database, caller, asset.project_id).await.map(|_| ())
    }
}

#[async_trait]
impl AssetInstances for AssetInstancesHandlers {
    async fn list_shot_asset_instances(
        &self,
        _access: EntityReader,
        shot_id: Uuid,
    ) -> Result<Json<Map<String, Value>>, Failure> {
        self.find(shot_id, EntityKind::Shot).await?;
        listing::by_asset(&self.0.database, Instances::InShot(shot_id)).await
    }

    async fn add_shot_asset_instance(
        &self,
        access: Caller,
        shot_id: Uuid,
        body: ShotAssetInstance,
    ) -> Result<Json<Entity>, Failure> {
        Ok(Json::written(
            placing::add_to_shot(&self.0, &access, shot_id, body.asset_instance_id).await?,
        ))
    }

    async fn remove_shot_asset_instance(
        &self,
        access: Caller,
        shot_id: Uuid,
        asset_instance_id: Uuid,
    ) -> Result<NoContent, Failure> {
        placing::remove_from_shot(&self.0, &access, shot_id, asset_instance_id).await?;
        Ok(NoContent)
    }

    async fn list_scene_asset_instances(
        &self,
        _access: EntityReader,
        scene_id: Uuid,
    ) -> Result<Json<Map<String, Value>>, Failure> {
        self.find(scene_id, EntityKind::Scene).await?;
        listing::by_asset(&self.0.database, Instances::InScene(scene_id)).await
    }

    async fn create_scene_asset_instance(
        &self,
        access: Caller,
        scene_id: Uuid,
        body: NewSceneAssetInstance,
    ) -> Result<Json<AssetInstance>, Failure> {
        let new = NewInstance {
            asset_id: body.asset_id,
            description: body.description,
        };
        Ok(Json::written(
            placing::place(&self.0, &access, &SCENES, scene_id, new).await?,
        ))
    }

    async fn list_scene_camera_instances(
        &self,
        _access: EntityReader,
        scene_id: Uuid,
    ) -> Result<Json<Map<String, Value>>, Failure> {
        self.find(scene_id, EntityKind::Scene).await?;
        listing::by_asset(&self.0.database, Instances::CamerasInScene(scene_id)).await
    }

    async fn list_asset_asset_instances(
        &self,
        access: Caller,
        asset_id: Uuid,
    ) -> Result<Json<Map<String, Value>>, Failure> {
        self.require_asset(&access, asset_id).await?;
        listing::by_asset(&self.0.database, Instances::InAsset(asset_id)).await
    }

    async fn create_asset_asset_instance(
        &self,
        access: Caller,
        asset_id: Uuid,
        body: NewAssetAssetInstance,
    ) -> Result<Json<AssetInstance>, Failure> {
        let new = NewInstance {
            asset_id: body.asset_to_instantiate_id,
            description: body.description,
        };
        Ok(Json::written(
            placing::place(&self.0, &access, &ASSETS, asset_id, new).await?,
        ))
    }

    async fn list_asset_shot_instances(
        &self,
        access: Caller,
        asset_id: Uuid,
    ) -> Result<Json<Map<String, Value>>, Failure> {
        self.require_asset(&access, asset_id).await?;
        let reach = Reach::teams(&self.0.database, &access).await?;
        listing::by_shot(&self.0.database, &reach, asset_id).await
    }

    async fn list_asset_scene_instances(
        &self,
        access: Caller,
        asset_id: Uuid,
    ) -> Result<Json<Map<String, Value>>, Failure> {
        self.require_asset(&access, asset_id).await?;
        let reach = Reach::teams(&self.0.database, &access).await?;
        listing::by_scene(&self.0.database, &reach, asset_id).await
    }
}

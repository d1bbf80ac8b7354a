//! Assets and asset types.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, EntityReader, ProjectManager, ProjectMember};
use dailies_definitions::assets::{
    Assets, DeleteAssetQuery, ListAllAssetsQuery, ListAssetTasksQuery, ListAssetTypesQuery, ListAssetsQuery,
    ListAssetsWithTasksQuery, ListProjectAssetsOfTypeQuery, ListProjectAssetsQuery,
};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media, NoContent};
use dailies_definitions::query::parse_id;
use dailies_definitions::schemas::{
    AssetDetails, AssetSharing, AssetType, AssetTypeRow, Entity, EntityTask, NewAsset, TaskType,
};
use uuid::Uuid;

use super::{answer, form};
use crate::app::SharedApp;
use crate::entities::asset_types::{self, AssetTypes};
use crate::entities::with_tasks::ListingOptions;
use crate::entities::work_lists::{TaskSet, task_types_of, tasks_of};
use crate::entities::{assets, removal, shots};
use crate::vocabulary::kinds::EntityKind;

/// Answers the operations of the tag *Assets*.
pub struct AssetsHandlers(pub SharedApp);

#[async_trait]
impl Assets for AssetsHandlers {
    async fn list_asset_types(
        &self,
        _access: Caller,
        query: ListAssetTypesQuery,
    ) -> Result<Json<Vec<AssetType>>, Failure> {
        Ok(AssetTypes::filtered(&query.all)?.send(&self.0.database).await?.into())
    }

    async fn get_asset_type(&self, _access: Caller, asset_type_id: Uuid) -> Result<Json<AssetType>, Failure> {
        Ok(Json::written(
            asset_types::read_one(&self.0.database, asset_type_id).await?,
        ))
    }

    async fn list_project_asset_types(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
    ) -> Result<Json<Vec<AssetTypeRow>>, Failure> {
        Ok(AssetTypes::of_project(access.project_id())
            .send(&self.0.database)
            .await?
            .into())
    }

    async fn list_shot_asset_types(&self, access: Caller, shot_id: Uuid) -> Result<Json<Vec<AssetTypeRow>>, Failure> {
        shots::require_seen(&self.0, &access, shot_id).await?;
        Ok(AssetTypes::cast_in(shot_id).send(&self.0.database).await?.into())
    }

    async fn list_assets(&self, access: Caller, query: ListAssetsQuery) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(assets::list(&self.0, &access, &query.all).await?.into())
    }

    async fn list_all_assets(&self, access: Caller, query: ListAllAssetsQuery) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(assets::list(&self.0, &access, &query.all).await?.into())
    }

    async fn list_assets_with_tasks(&self, access: Caller, query: ListAssetsWithTasksQuery) -> Result<Media, Failure> {
        let options = ListingOptions::read(&query.all, query.project_id, query.id, form(&query.all))?;
        let listing = assets::list_with_tasks(&self.0, &access, options).await?;
        answer(listing, &query.all).await
    }

    async fn list_project_assets(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        query: ListProjectAssetsQuery,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(assets::list_of_project(&self.0, &access, None, &query.all)
            .await?
            .into())
    }

    async fn list_project_assets_of_type(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        asset_type_id: Uuid,
        query: ListProjectAssetsOfTypeQuery,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(
            assets::list_of_project(&self.0, &access, Some(asset_type_id), &query.all)
                .await?
                .into(),
        )
    }

    async fn create_asset(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        asset_type_id: Uuid,
        body: NewAsset,
    ) -> Result<Json<Entity>, Failure> {
        Ok(Json::written(
            assets::create(&self.0, &access, asset_type_id, body).await?,
        ))
    }

    async fn get_asset(&self, access: EntityReader, asset_id: Uuid) -> Result<Json<AssetDetails>, Failure> {
        Ok(Json::written(assets::read_asset(&self.0, &access, asset_id).await?))
    }

    async fn delete_asset(
        &self,
        access: Caller,
        asset_id: Uuid,
        query: DeleteAssetQuery,
    ) -> Result<NoContent, Failure> {
        removal::delete(&self.0, &access, asset_id, EntityKind::Asset, query.force).await
    }

    async fn list_asset_tasks(
        &self,
        access: EntityReader,
        asset_id: Uuid,
        query: ListAssetTasksQuery,
    ) -> Result<Json<Vec<EntityTask>>, Failure> {
        Ok(
            tasks_of(&self.0.database, &access, asset_id, EntityKind::Asset, query.relations)
                .await?
                .into(),
        )
    }

    async fn list_asset_task_types(
        &self,
        access: EntityReader,
        asset_id: Uuid,
    ) -> Result<Json<Vec<TaskType>>, Failure> {
        let of = TaskSet::Entity(asset_id);
        Ok(
            task_types_of(&self.0.database, &access, asset_id, EntityKind::Asset, of)
                .await?
                .into(),
        )
    }

    async fn list_asset_parts(&self, access: EntityReader, asset_id: Uuid) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(assets::list_cast(&self.0, &access, asset_id, EntityKind::Asset)
            .await?
            .into())
    }

    async fn list_shared_assets_in_use(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(assets::list_shared_in_use(&self.0, &access, None).await?.into())
    }

    async fn list_shared_assets_in_use_by_episode(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        episode_id: String,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        let episode_id = match episode_id.as_str() {
            "all" | "main" => None,
            text => Some(parse_id(text).ok_or_else(Failure::not_found)?),
        };
        Ok(assets::list_shared_in_use(&self.0, &access, episode_id).await?.into())
    }

    async fn share_assets(&self, access: Caller, body: AssetSharing) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(assets::share(&self.0, &access, &body).await?.into())
    }

    async fn share_project_assets(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        body: AssetSharing,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        let ids = body.asset_ids.unwrap_or_default();
        Ok(assets::share_of_project(&self.0, &access, None, &ids, body.is_shared)
            .await?
            .into())
    }

    async fn share_project_assets_of_type(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        asset_type_id: Uuid,
        body: AssetSharing,
    ) -> Result<Json<Vec<Entity>>, Failure> {
        Ok(
            assets::share_of_project(&self.0, &access, Some(asset_type_id), &[], body.is_shared)
                .await?
                .into(),
        )
    }
}

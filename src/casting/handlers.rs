//! Handlers of the tag *Casting*.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, EntityReader, ProjectManager, ProjectMember};
use dailies_definitions::casting::{Casting, ListProjectEntityLinksQuery};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::query::parse_id;
use dailies_definitions::schemas::{AssetCasting, AssetPart, CastAsset, CastIn, CastingEntry, EntityLink};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::spreading::{self, SpreadCasting};
use super::{links, reading, writing};
use crate::access::require_manager;
use crate::app::SharedApp;
use crate::entities::require_asset_type;
use crate::entities::rows::find_entity;
use crate::events::Work;
use crate::vocabulary::kinds::EntityKind;

/// Serves castings from the database.
pub struct CastingHandlers(pub SharedApp);

#[async_trait]
impl Casting for CastingHandlers {
    async fn get_entity_casting(
        &self,
        _access: ProjectMember,
        project_id: Uuid,
        entity_id: Uuid,
    ) -> Result<Json<Vec<CastAsset>>, Failure> {
        reading::belongs(&self.0.database, entity_id, project_id).await?;
        reading::entity(&self.0.database, entity_id).await
    }

    async fn update_entity_casting(
        &self,
        access: ProjectManager,
        project_id: Uuid,
        entity_id: Uuid,
        body: Vec<CastingEntry>,
    ) -> Result<Json<Vec<CastingEntry>>, Failure> {
        let mut work = Work::begin(&self.0, &access).await?;
        reading::belongs(&*work, entity_id, project_id).await?;
        writing::replace(&mut work, entity_id, &body).await?;
        work.finish().await?;
        Ok(Json::of(&body)?)
    }

    async fn update_entities_casting(
        &self,
        access: ProjectManager,
        project_id: Uuid,
        body: Map<String, Value>,
    ) -> Result<Json<Map<String, Value>>, Failure> {
        let mut work = Work::begin(&self.0, &access).await?;
        let mut castings = Vec::new();
        for (key, entries) in &body {
            let id = parse_id(key).ok_or_else(|| Failure::not_found().naming(key))?;
            reading::belongs(&*work, id, project_id)
                .await
                .map_err(|failure| failure.naming_unknown(key))?;
            castings.push((id, serde_json::from_value::<Vec<CastingEntry>>(entries.clone())?));
        }
        for (id, entries) in castings {
            writing::replace(&mut work, id, &entries).await?;
        }
        work.finish().await?;
        Ok(Json::of(&body)?)
    }

    async fn cast_asset_in_entities(
        &self,
        access: ProjectManager,
        project_id: Uuid,
        asset_id: Uuid,
        body: AssetCasting,
    ) -> Result<Json<Map<String, Value>>, Failure> {
        let mut work = Work::begin(&self.0, &access).await?;
        let part = SpreadCasting {
            asset_id,
            nb_occurences: body.nb_occurences,
            label: body.label,
        };
        spreading::cast_in(&mut work, project_id, &part, &body.entity_ids).await?;
        let answer = reading::entities(&*work, &body.entity_ids).await?;
        work.finish().await?;
        Ok(answer)
    }

    async fn get_asset_casting(&self, _access: EntityReader, asset_id: Uuid) -> Result<Json<Vec<CastAsset>>, Failure> {
        find_entity(&self.0.database, asset_id, EntityKind::Asset).await?;
        reading::entity(&self.0.database, asset_id).await
    }

    async fn update_asset_casting(
        &self,
        access: Caller,
        asset_id: Uuid,
        body: Vec<AssetPart>,
    ) -> Result<Json<Vec<AssetPart>>, Failure> {
        let parts: Vec<AssetPart> = body.into_iter().map(completed).collect();
        let mut work = Work::begin(&self.0, &access).await?;
        let project_id = find_entity(&*work, asset_id, EntityKind::Asset).await?.project_id;
        require_manager(&*work, &access, project_id).await?;
        let entries: Vec<CastingEntry> = parts.iter().cloned().map(entry).collect();
        writing::replace(&mut work, asset_id, &entries).await?;
        work.finish().await?;
        Ok(Json::of(&parts)?)
    }

    async fn list_cast_in(&self, _access: EntityReader, asset_id: Uuid) -> Result<Json<Vec<CastIn>>, Failure> {
        find_entity(&self.0.database, asset_id, EntityKind::Asset).await?;
        reading::cast_in(&self.0.database, asset_id).await
    }

    async fn get_episodes_casting(
        &self,
        _access: ProjectMember,
        project_id: Uuid,
    ) -> Result<Json<Map<String, Value>>, Failure> {
        reading::castings(&self.0.database, project_id, reading::Containers::Episodes).await
    }

    async fn get_shots_casting(
        &self,
        _access: ProjectMember,
        project_id: Uuid,
    ) -> Result<Json<Map<String, Value>>, Failure> {
        reading::castings(&self.0.database, project_id, reading::Containers::Shots).await
    }

    async fn get_sequence_casting(
        &self,
        _access: ProjectMember,
        project_id: Uuid,
        sequence_id: Uuid,
    ) -> Result<Json<Map<String, Value>>, Failure> {
        if reading::belongs(&self.0.database, sequence_id, project_id).await? != EntityKind::Sequence.type_name() {
            return Err(Failure::not_found());
        }
        reading::castings(
            &self.0.database,
            project_id,
            reading::Containers::ShotsOfSequence(sequence_id),
        )
        .await
    }

    async fn get_episode_shots_casting(
        &self,
        _access: ProjectMember,
        project_id: Uuid,
        episode_id: String,
    ) -> Result<Json<Map<String, Value>>, Failure> {
        if episode_id == "main" {
            return Ok(Json::written("{}"));
        }
        let episode_id = parse_id(&episode_id).ok_or_else(Failure::not_found)?;
        reading::castings(
            &self.0.database,
            project_id,
            reading::Containers::ShotsOfEpisode(episode_id),
        )
        .await
    }

    async fn get_asset_type_casting(
        &self,
        _access: ProjectMember,
        project_id: Uuid,
        asset_type_id: Uuid,
    ) -> Result<Json<Map<String, Value>>, Failure> {
        require_asset_type(&self.0.database, asset_type_id).await?;
        reading::castings(
            &self.0.database,
            project_id,
            reading::Containers::AssetsOfType(asset_type_id),
        )
        .await
    }

    async fn list_project_entity_links(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        query: ListProjectEntityLinksQuery,
    ) -> Result<Json<Value>, Failure> {
        links::list(&self.0, &access, &query).await
    }

    async fn delete_project_entity_link(
        &self,
        access: ProjectManager,
        _project_id: Uuid,
        entity_link_id: Uuid,
    ) -> Result<Json<EntityLink>, Failure> {
        links::remove(&self.0, &access, entity_link_id).await
    }
}

/// A part of an asset with what was left out of it: it appears once, without a label.
fn completed(part: AssetPart) -> AssetPart {
    AssetPart {
        nb_occurences: part.nb_occurences.or(Some(1)),
        label: part.label.or_else(|| Some(String::new())),
        ..part
    }
}

/// A part of an asset as an entry of its casting.
fn entry(part: AssetPart) -> CastingEntry {
    CastingEntry {
        asset_id: Some(part.asset_id),
        nb_occurences: part.nb_occurences,
        label: part.label,
    }
}

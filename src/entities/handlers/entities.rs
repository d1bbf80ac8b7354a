//! Entities of whatever kind.

use async_trait::async_trait;
use dailies_definitions::access::{EntityReader, ProjectMember};
use dailies_definitions::comments::NewsFilter;
use dailies_definitions::entities::{DeleteProjectEntitiesQuery, Entities, ListEntityNewsQuery};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{LinkedEntity, NewsFeedPage};
use uuid::Uuid;

use crate::access::STAFF;
use crate::access::entities::Scope;
use crate::app::SharedApp;
use crate::entities::layouts::LINKED;
use crate::entities::removal;
use crate::entities::with_tasks::{ListingOptions, Request};
use crate::notifications::feed;

/// Answers the operations of the tag *Entities*.
pub struct EntitiesHandlers(pub SharedApp);

#[async_trait]
impl Entities for EntitiesHandlers {
    async fn list_entity_news(
        &self,
        access: EntityReader,
        entity_id: Uuid,
        query: ListEntityNewsQuery,
    ) -> Result<Json<NewsFeedPage>, Failure> {
        let filter = NewsFilter {
            page: query.page,
            limit: query.limit,
            ..NewsFilter::default()
        };
        Ok(Json::written(
            feed::of_entity(&self.0, &access, entity_id, &filter).await?,
        ))
    }

    async fn list_linked_entities_with_tasks(
        &self,
        access: EntityReader,
        entity_id: Uuid,
    ) -> Result<Json<Vec<LinkedEntity>>, Failure> {
        if !STAFF.contains(&access.role()) {
            return Ok(Json::written("[]"));
        }
        let scope = Scope::teams(&self.0, access.caller()).await?;
        let mut request = Request::listing(&LINKED, scope, &ListingOptions::default());
        request
            .conditions
            .push(" AND e.id IN (SELECT entity_in_id FROM entity_concept_link WHERE entity_out_id = ")
            .bind(entity_id)
            .push(")");
        Ok(request.load(&self.0.database).await?.into_document().await?.into())
    }

    async fn delete_project_entities(
        &self,
        access: ProjectMember,
        _project_id: Uuid,
        query: DeleteProjectEntitiesQuery,
        body: Vec<Uuid>,
    ) -> Result<Json<Vec<Uuid>>, Failure> {
        let done = removal::delete_several(&self.0, access.caller(), access.project_id(), &body, query.force).await?;
        Ok(Json::of(&done)?)
    }
}

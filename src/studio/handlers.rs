//! Answers the operations of the tag *Studio*.

use async_trait::async_trait;
use dailies_definitions::access::Admin;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{TaskType, TaskTypeOrder};
use dailies_definitions::studio::Studio;

use super::task_types;
use crate::app::SharedApp;

/// What the studio's productions share.
pub struct StudioHandlers(pub SharedApp);

#[async_trait]
impl Studio for StudioHandlers {
    async fn reorder_task_types(&self, access: Admin, body: TaskTypeOrder) -> Result<Json<Vec<TaskType>>, Failure> {
        task_types::reorder(&self.0, &access, &body.task_type_ids).await
    }
}

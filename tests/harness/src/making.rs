//! Records that tests begin with, made through the API.

use serde_json::json;
use uuid::Uuid;

use super::{Client, id};

/// A task that was just made, in a production of its own.
#[derive(Clone, Copy, Debug)]
pub struct MadeTask {
    pub project: Uuid,
    pub task: Uuid,
    /// Status that the task begins with.
    pub status: Uuid,
}

impl Client {
    /// Makes a production with an asset, and a task on it.
    pub async fn make_task(&self) -> MadeTask {
        let project = json!({"name": "Wool", "production_type": "short"});
        let project = id(&self.post("/data/projects", project).await.expect(201));
        let asset = self.make_asset(project, "Sheep").await;
        let task_type = self.named("task-types", "Modeling").await;
        let status = self.named("task-status", "Todo").await;
        let task = self.make_task_on(asset, task_type, status).await;
        MadeTask { project, task, status }
    }

    /// Makes an asset of the type Prop in a production.
    pub async fn make_asset(&self, project: Uuid, name: &str) -> Uuid {
        let asset_type = self.named("entity-types", "Prop").await;
        let path = format!("/data/projects/{project}/asset-types/{asset_type}/assets/new");
        id(&self.post(&path, json!({"name": name})).await.expect(201))
    }

    /// Makes a task on an entity.
    pub async fn make_task_on(&self, entity: Uuid, task_type: Uuid, status: Uuid) -> Uuid {
        let task = json!({"entity_id": entity, "task_type_id": task_type, "task_status_id": status});
        id(&self.post("/data/tasks", task).await.expect(201))
    }

    /// Writes a comment, which sets a status on a task.
    pub async fn make_comment(&self, task: Uuid, status: Uuid, text: &str) -> Uuid {
        let path = format!("/actions/tasks/{task}/comment");
        let comment = json!({"task_status_id": status, "comment": text});
        id(&self.post(&path, comment).await.expect(201))
    }

    /// Adds a preview to a comment, without a file yet.
    pub async fn make_preview(&self, task: Uuid, comment: Uuid) -> Uuid {
        let path = format!("/actions/tasks/{task}/comments/{comment}/add-preview");
        id(&self.post(&path, json!({})).await.expect(201))
    }
}

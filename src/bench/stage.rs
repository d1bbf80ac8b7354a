//! A production of the bench's own, for calls that write: made before them, and removed with all that hangs on it.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, Problem};
use super::figures::table;

/// The production, and who gets its tasks.
pub(super) struct Stage {
    project: String,
    /// Types of tasks that assets have.
    task_types: Vec<String>,
    member: String,
}

impl Stage {
    /// Makes the production with so many assets that they have `tasks` tasks together, and sets the places of the calls that
    /// write.
    ///
    /// # Errors
    /// The caller may not make productions, or the studio lacks types of assets or tasks.
    pub(super) async fn build(client: &mut Client, tasks: usize) -> Result<Self, Problem> {
        let member = client.place("member").await?;
        let task_types = list(client, "/data/task-types").await?;
        let task_types: Vec<String> = task_types.iter().filter(|row| row["for_entity"] == "Asset").filter_map(id).collect();
        let asset_type = list(client, "/data/asset-types").await?.iter().find_map(id).ok_or("there is no type of assets")?;
        if task_types.is_empty() {
            return Err("there is no type of tasks for assets".into());
        }
        let moment = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
        let body = json!({"name": format!("Bench {moment}"), "production_type": "short"});
        let (_, production) = client.send(Method::POST, "/data/projects", Some(&body)).await?;
        let stage = Self { project: id(&production).ok_or("the production has no id")?, task_types, member };
        // One asset more, whose tasks are for calls that change one at a time.
        match stage.fill(client, &asset_type, tasks.div_ceil(stage.task_types.len())).await {
            Ok(()) => Ok(stage),
            Err(problem) => {
                stage.remove(client).await?;
                Err(problem)
            }
        }
    }

    async fn fill(&self, client: &mut Client, asset_type: &str, assets: usize) -> Result<(), Problem> {
        let path = format!("/data/projects/{}/asset-types/{asset_type}/assets/new", self.project);
        let new = |name: String| json!({"name": name, "description": "Made to be measured.", "data": {}});
        let (_, asset) = client.send(Method::POST, &path, Some(&new("Own".into()))).await?;
        let asset = id(&asset).ok_or("the asset has no id")?;
        let task_type = self.task_types.first().ok_or("there is no type of tasks")?;
        let create = format!("/actions/projects/{}/task-types/{task_type}/assets/create-tasks", self.project);
        let (_, made) = client.send(Method::POST, &create, Some(&json!([asset]))).await?;
        let task = id(&made[0]).ok_or("no task was made")?;
        let assign = format!("/actions/tasks/{task}/assign");
        client.send(Method::PUT, &assign, Some(&json!({"person_id": self.member}))).await?;
        client.set_place("own_status", made[0]["task_status_id"].as_str().unwrap_or_default().to_owned());
        client.set_place("own_asset", asset);
        client.set_place("own_task", task);
        for number in 0..assets {
            client.send(Method::POST, &path, Some(&new(format!("Asset {number}")))).await?;
        }
        Ok(())
    }

    /// Address of the assets with their tasks.
    pub(super) fn board(&self) -> String {
        format!("/data/assets/with-tasks?project_id={}", self.project)
    }

    /// Creates the tasks of all assets that have none yet, and gives them.
    ///
    /// # Errors
    /// An answer is no success.
    pub(super) async fn new_tasks(&self, client: &Client) -> Result<Vec<String>, Problem> {
        let mut ids = Vec::new();
        for task_type in &self.task_types {
            let path = format!("/actions/projects/{}/task-types/{task_type}/assets/create-tasks", self.project);
            let (_, made) = client.send(Method::POST, &path, Some(&json!([]))).await?;
            ids.extend(made.as_array().into_iter().flatten().filter_map(id));
        }
        Ok(ids)
    }

    /// Creates many tasks, assigns them, again without any change, gives them a priority, takes the person off, and deletes
    /// them; prints a line for each.
    ///
    /// # Errors
    /// An answer is no success.
    pub(super) async fn bulk(&self, client: &Client) -> Result<(), Problem> {
        let started = Instant::now();
        let ids = self.new_tasks(client).await?;
        let elapsed = started.elapsed();
        println!("{}", table::once("create tasks", ids.len(), elapsed));
        let assign = format!("/actions/persons/{}/assign", self.member);
        let delete = format!("/actions/projects/{}/delete-tasks", self.project);
        for (name, method, path, body) in [
            ("assign tasks", Method::PUT, assign.as_str(), json!({"task_ids": ids})),
            ("assign tasks that are assigned", Method::PUT, &assign, json!({"task_ids": ids})),
            ("set a priority", Method::PUT, "/actions/tasks/set-priority", json!({"task_ids": ids, "priority": 2})),
            ("unassign tasks", Method::PUT, "/actions/tasks/clear-assignation", json!({"task_ids": ids, "person_id": self.member})),
            ("delete tasks", Method::POST, &delete, json!(ids)),
        ] {
            let (elapsed, _) = client.send(method, path, Some(&body)).await?;
            println!("{}", table::once(name, ids.len(), elapsed));
        }
        Ok(())
    }

    /// Closes the production, which is the condition for it to go, and removes it.
    ///
    /// # Errors
    /// An answer is no success.
    pub(super) async fn remove(&self, client: &Client) -> Result<(), Problem> {
        let statuses = list(client, "/data/project-status").await?;
        let closed = statuses.iter().find(|status| status["name"] == "Closed").and_then(id).ok_or("no production can be closed")?;
        let path = format!("/data/projects/{}", self.project);
        client.send(Method::PUT, &path, Some(&json!({"project_status_id": closed}))).await?;
        client.send(Method::DELETE, &format!("{path}?force=true"), None).await?;
        Ok(())
    }
}

async fn list(client: &Client, path: &str) -> Result<Vec<Value>, Problem> {
    let (_, rows) = client.send(Method::GET, path, None).await?;
    Ok(rows.as_array().cloned().unwrap_or_default())
}

fn id(record: &Value) -> Option<String> {
    record["id"].as_str().map(str::to_owned)
}

//! A production of the bench's own, for calls that write: made before them, and removed with all that hangs on it.

use std::time::{SystemTime, UNIX_EPOCH};

use futures::{StreamExt, TryStreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::{Client, Problem};

/// Assets that are made at once.
const MAKERS: usize = 8;

/// The production, and what it is made of.
pub struct Stage {
    project: String,
    /// Somebody who gets its tasks, and is told of what happens to them.
    pub member: String,
    /// Types of tasks that its assets have.
    task_types: Vec<String>,
    /// Assets with a task for each client that writes.
    own: Vec<OwnRecords>,
    /// Assets without tasks, for calls that change many tasks at once.
    assets: Vec<String>,
    /// Tasks of these assets, once they are made to stay.
    tasks: Vec<String>,
    /// Number of times that all of these tasks were changed.
    pub changed: u32,
}

/// Records that one client changes, and no other one.
struct OwnRecords {
    asset: String,
    task: String,
}

/// Size of a stage.
#[derive(Clone, Copy)]
pub struct StageSize {
    /// Clients that have records of their own.
    pub clients: usize,
    /// Tasks that its other assets have together, at least.
    pub tasks: usize,
}

impl Stage {
    /// Makes the production, and sets the places of the calls that write.
    ///
    /// # Errors
    /// The caller may not make productions, or the studio lacks types of assets or tasks.
    pub async fn build(client: &mut Client, size: StageSize) -> Result<Self, Problem> {
        let member = somebody_else(client).await?;
        let asset_type = list(client, "/data/asset-types")
            .await?
            .into_iter()
            .next()
            .ok_or("there is no type of assets")?;
        let task_types: Vec<String> = list(client, "/data/task-types")
            .await?
            .iter()
            .filter(|row| fits(row, &asset_type))
            .filter_map(id)
            .collect();
        if task_types.is_empty() {
            return Err("there is no type of tasks for assets".into());
        }
        let moment = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis());
        let body = json!({"name": format!("Bench {moment}"), "production_type": "short"});
        let (_, production) = client.send(Method::POST, "/data/projects", Some(&body)).await?;
        let project = id(&production).ok_or("the production has no id")?;
        let mut stage = Self {
            project,
            member,
            task_types,
            own: Vec::new(),
            assets: Vec::new(),
            tasks: Vec::new(),
            changed: 0,
        };
        let asset_type = id(&asset_type).ok_or("the type of assets has no id")?;
        match stage.fill(client, &asset_type, size).await {
            Ok(()) => Ok(stage),
            Err(problem) => {
                stage.remove(client).await?;
                Err(problem)
            }
        }
    }

    async fn fill(&mut self, client: &mut Client, asset_type: &str, size: StageSize) -> Result<(), Problem> {
        let team = format!("/data/projects/{}/team", self.project);
        client
            .send(Method::POST, &team, Some(&json!({"person_id": self.member})))
            .await?;
        let own = self.new_assets(client, asset_type, "Own", size.clients).await?;
        let task_type = self.task_types.first().ok_or("there is no type of tasks")?;
        let (_, made) = client
            .send(Method::POST, &self.creation(task_type), Some(&json!(own)))
            .await?;
        let made = made.as_array().cloned().unwrap_or_default();
        let records = |task: &Value| {
            Some(OwnRecords {
                asset: task["entity_id"].as_str()?.to_owned(),
                task: id(task)?,
            })
        };
        self.own = made.iter().filter_map(records).collect();
        let tasks: Vec<&str> = self.own.iter().map(|own| own.task.as_str()).collect();
        client
            .send(Method::PUT, &self.assignment(), Some(&json!({"task_ids": tasks})))
            .await?;
        let status = made
            .iter()
            .find_map(|task| task["task_status_id"].as_str())
            .ok_or("no task was made")?;
        let other = another_status(client, status).await?;
        client.set_place("other_status", other);
        client.set_place("own_status", status.to_owned());
        client.set_place("own_member", self.member.clone());
        self.assets = self
            .new_assets(client, asset_type, "Asset", size.tasks.div_ceil(self.task_types.len()))
            .await?;
        Ok(())
    }

    async fn new_assets(
        &self,
        client: &Client,
        asset_type: &str,
        name: &str,
        count: usize,
    ) -> Result<Vec<String>, Problem> {
        let path = format!("/data/projects/{}/asset-types/{asset_type}/assets/new", self.project);
        let path = path.as_str();
        let assets = stream::iter(0..count).map(|number| async move {
            let body = json!({"name": format!("{name} {number}"), "description": "Made to be measured.", "data": {}});
            let (_, asset) = client.send(Method::POST, path, Some(&body)).await?;
            id(&asset).ok_or_else(|| Problem::from("the asset has no id"))
        });
        assets.buffered(MAKERS).try_collect().await
    }

    /// Path of the call that creates tasks of a type.
    fn creation(&self, task_type: &str) -> String {
        format!(
            "/actions/projects/{}/task-types/{task_type}/assets/create-tasks",
            self.project
        )
    }

    /// Path of the call that assigns tasks.
    pub fn assignment(&self) -> String {
        format!("/actions/persons/{}/assign", self.member)
    }

    /// Path of the call that deletes tasks.
    pub fn deletion(&self) -> String {
        format!("/actions/projects/{}/delete-tasks", self.project)
    }

    /// Address of the assets with their tasks.
    pub fn board(&self) -> String {
        format!("/data/assets/with-tasks?project_id={}", self.project)
    }

    /// Task that belongs to the client of that number.
    ///
    /// # Errors
    /// There are fewer clients.
    pub fn own_task(&self, number: usize) -> Result<&str, Problem> {
        Ok(self.own(number)?.task.as_str())
    }

    /// The same caller with the records of the client of that number.
    ///
    /// # Errors
    /// There are fewer clients.
    pub fn with_own_records(&self, client: &Client, number: usize) -> Result<Client, Problem> {
        let own = self.own(number)?;
        let mut client = client.clone();
        client.set_place("own_task", own.task.clone());
        client.set_place("own_asset", own.asset.clone());
        Ok(client)
    }

    fn own(&self, number: usize) -> Result<&OwnRecords, Problem> {
        self.own
            .get(number)
            .ok_or_else(|| Problem::from("there are not enough tasks for all clients"))
    }

    /// Calls that create tasks of all types for the assets, shared out to clients: paths with the assets.
    pub fn creations(&self, clients: usize) -> Vec<Vec<(String, &[String])>> {
        shares(&self.assets, clients)
            .map(|assets| {
                self.task_types
                    .iter()
                    .map(|kind| (self.creation(kind), assets))
                    .collect()
            })
            .collect()
    }

    /// Tasks that stay: those of the assets, which are created when they are asked for first.
    ///
    /// # Errors
    /// An answer is no success, or nothing was created.
    pub async fn tasks(&mut self, client: &Client) -> Result<&[String], Problem> {
        if self.tasks.is_empty() {
            let mut tasks = Vec::new();
            for (path, assets) in self.creations(1).into_iter().flatten() {
                let (_, made) = client.send(Method::POST, &path, Some(&json!(assets))).await?;
                tasks.extend(made.as_array().into_iter().flatten().filter_map(id));
            }
            self.tasks = tasks;
        }
        if self.tasks.is_empty() {
            Err("no task was made".into())
        } else {
            Ok(&self.tasks)
        }
    }

    /// Closes the production, which is the condition for it to go, and removes it.
    ///
    /// # Errors
    /// An answer is no success.
    pub async fn remove(&self, client: &Client) -> Result<(), Problem> {
        let statuses = list(client, "/data/project-status").await?;
        let closed = statuses
            .iter()
            .find(|status| status["name"] == "Closed")
            .and_then(id)
            .ok_or("no production can be closed")?;
        let path = format!("/data/projects/{}", self.project);
        client
            .send(Method::PUT, &path, Some(&json!({"project_status_id": closed})))
            .await?;
        client.send(Method::DELETE, &format!("{path}?force=true"), None).await?;
        Ok(())
    }
}

/// The same number of things for each client, in their order; the last one gets the rest. There may be fewer things than clients.
pub fn shares<T>(things: &[T], clients: usize) -> std::slice::Chunks<'_, T> {
    things.chunks(things.len().div_ceil(clients.max(1)).max(1))
}

/// Id of a record.
pub fn id(record: &Value) -> Option<String> {
    record["id"].as_str().map(str::to_owned)
}

/// True if assets of the type get tasks of the other one: those of its workflow, or all when it has none.
fn fits(task_type: &Value, asset_type: &Value) -> bool {
    let workflow = asset_type["task_types"]
        .as_array()
        .filter(|workflow| !workflow.is_empty());
    task_type["for_entity"] == "Asset" && workflow.is_none_or(|workflow| workflow.contains(&task_type["id"]))
}

/// Somebody of the studio besides the caller, since nobody is told of what they do themselves.
async fn somebody_else(client: &mut Client) -> Result<String, Problem> {
    let caller = client.place("person").await?;
    let works = |row: &Value| row["active"] != false && row["is_bot"] != true && row["role"] != "client";
    let fits = |row: &&Value| works(row) && row["id"].as_str().is_some_and(|id| id != caller);
    let people = list(client, "/data/persons").await?;
    Ok(people.iter().find(fits).and_then(id).unwrap_or(caller))
}

/// A status to set besides that one: work in progress, or else the first other one.
async fn another_status(client: &Client, than: &str) -> Result<String, Problem> {
    let statuses = list(client, "/data/task-status").await?;
    let others: Vec<&Value> = statuses
        .iter()
        .filter(|row| row["id"] != than && row["for_concept"] != true && row["archived"] != true)
        .collect();
    let chosen = others.iter().find(|row| row["short_name"] == "wip").or(others.first());
    chosen
        .and_then(|row| id(row))
        .ok_or_else(|| Problem::from("there is only one status"))
}

async fn list(client: &Client, path: &str) -> Result<Vec<Value>, Problem> {
    let (_, rows) = client.send(Method::GET, path, None).await?;
    Ok(rows.as_array().cloned().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_is_shared_out_evenly() {
        let lengths =
            |things: usize, clients: usize| shares(&vec![0; things], clients).map(<[i32]>::len).collect::<Vec<_>>();
        assert_eq!((lengths(4000, 1), lengths(10, 4)), (vec![4000], vec![3, 3, 3, 1]));
        assert_eq!((lengths(2, 8), lengths(0, 8)), (vec![1, 1], vec![]));
    }

    #[test]
    fn types_of_tasks_are_those_of_the_workflow() {
        let task_type = json!({"id": "t", "for_entity": "Asset"});
        for (workflow, fit) in [
            (json!([]), true),
            (json!(null), true),
            (json!(["s", "t"]), true),
            (json!(["s"]), false),
        ] {
            assert_eq!(fits(&task_type, &json!({"task_types": workflow})), fit, "{workflow}");
        }
        assert!(!fits(
            &json!({"id": "t", "for_entity": "Shot"}),
            &json!({"task_types": []})
        ));
    }
}

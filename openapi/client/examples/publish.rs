//! Lists the shots that I have to work on, and publishes a picture on the first of them.
//!
//!     DAILIES_URL=http://127.0.0.1:5000 DAILIES_EMAIL=… DAILIES_PASSWORD=… publish PICTURE

use std::env;
use std::error::Error;

use dailies_client::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::from_environment().await?;
    let mut shots = client.list_user_tasks().send().await?.into_inner();
    shots.retain(|task| task.task_type_for_entity.as_deref() == Some("Shot"));
    for task in &shots {
        let sequence = task.sequence_name.as_deref().unwrap_or_default();
        let shot = format!("{}  {sequence}/{}", task.project_name, task.entity_name);
        println!("{shot}  {}: {}", task.task_type_name, task.task_status_name);
    }

    let statuses = client.list_task_statuses().is_feedback_request(true).send().await?;
    let picture = env::args().nth(1).ok_or("name a picture")?;
    let task = shots.first().ok_or("there is nothing to work on")?;
    let review = statuses.first().ok_or("no status asks for a review")?;
    let (_, preview) = client
        .publish_preview(task.id, review.id, "Ready for a look", picture)
        .await?;
    println!(
        "revision {} of {} is {}",
        preview.revision.unwrap_or_default(),
        task.entity_name,
        preview.status
    );
    client.close_session().await?;
    Ok(())
}

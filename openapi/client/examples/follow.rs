//! Prints comments as they are written, until it is stopped, or until it has seen as many as the argument says.
//!
//!     DAILIES_URL=http://127.0.0.1:5000 DAILIES_TOKEN=… follow [NUMBER]

use std::env;
use std::error::Error;

use dailies_client::Client;
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::from_environment().await?;
    let mut left = env::args()
        .nth(1)
        .map(|number| number.parse::<usize>())
        .transpose()?
        .unwrap_or(usize::MAX);
    let mut events = client.listen().await?;
    println!("listening");
    while left > 0 {
        let event = events.next().await?;
        if event.name != "comment:new" {
            continue;
        }
        let id = event.data["comment_id"]
            .as_str()
            .ok_or("an event without its comment")?;
        let comment = client.get_comment().instance_id(id.parse::<Uuid>()?).send().await?;
        println!(
            "{} {}",
            comment.created_at.as_deref().unwrap_or_default(),
            comment.text.as_deref().unwrap_or_default()
        );
        left = left.saturating_sub(1);
    }
    Ok(())
}

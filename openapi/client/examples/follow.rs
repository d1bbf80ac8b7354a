//! Prints comments as they are written, until it is stopped, or until it has seen as many as the argument says.
//!
//!     DAILIES_URL=http://127.0.0.1:5000 DAILIES_TOKEN=… follow [NUMBER]
//!
//! It asks once a second, as who administrates the studio or manages productions may; `README.md` says what else there is.

use std::collections::HashSet;
use std::env;
use std::error::Error;
use std::time::Duration;

use dailies_client::Client;
use dailies_client::types::EventRecord;
use serde_json::Value;
use uuid::Uuid;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let client = Client::from_environment().await?;
    let mut left = env::args()
        .nth(1)
        .map(|number| number.parse::<usize>())
        .transpose()?
        .unwrap_or(usize::MAX);
    let mut follower = Follower::begin(&client).await?;
    println!("listening");
    while left > 0 {
        for event in follower.fresh(&client).await? {
            let id = event
                .data
                .as_ref()
                .and_then(|data| data.get("comment_id"))
                .and_then(Value::as_str)
                .ok_or("an event without its comment")?;
            let comment = client.get_comment().instance_id(id.parse::<Uuid>()?).send().await?;
            println!(
                "{} {}",
                comment.created_at.as_deref().unwrap_or_default(),
                comment.text.as_deref().unwrap_or_default()
            );
            left = left.saturating_sub(1);
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

/// Position among the events: those up to here were read.
#[derive(Default)]
struct Follower {
    /// Moment of the latest event. Moments are whole seconds, so that others of the same moment may follow.
    after: Option<String>,
    seen: HashSet<Uuid>,
}

impl Follower {
    /// One that has read what is there.
    async fn begin(client: &Client) -> Result<Self, Box<dyn Error>> {
        let mut follower = Self::default();
        follower.fresh(client).await?;
        // The others of the latest moment.
        follower.fresh(client).await?;
        Ok(follower)
    }

    /// Events that were not read before, the oldest first; the first time only the latest one.
    async fn fresh(&mut self, client: &Client) -> Result<Vec<EventRecord>, Box<dyn Error>> {
        let asked = client.list_last_events().name("comment:new");
        let asked = match &self.after {
            Some(moment) => asked.after(moment).limit(1000),
            None => asked.limit(1),
        };
        let mut events = asked.send().await?.into_inner();
        let before = std::mem::replace(&mut self.seen, events.iter().map(|event| event.id).collect());
        if let Some(latest) = events.first() {
            self.after.clone_from(&latest.created_at);
        }
        events.retain(|event| !before.contains(&event.id));
        events.reverse();
        Ok(events)
    }
}

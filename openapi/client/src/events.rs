//! Events of the server as they happen, over Socket.IO.

use std::time::Duration;

use dailies_events::{Event, Opener, Problem, Socket};
use progenitor_client::Error;
use tokio::time::sleep;

use crate::Client;
use crate::types::AnyError;

/// Pauses before a lost connection is opened again: each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

impl Client {
    /// Begins to listen to what concerns whoever is signed in.
    ///
    /// # Errors
    /// The server is not there, or does not let whoever it is listen.
    pub async fn listen(&self) -> Result<Events, Problem> {
        let opener = Opener::new(&self.baseurl)?;
        let socket = self.open_stream(&opener).await?;
        Ok(Events {
            client: self.clone(),
            opener,
            socket: Some(socket),
        })
    }

    async fn open_stream(&self, opener: &Opener) -> Result<Socket, Problem> {
        // Any call renews a token that has expired.
        self.get_authenticated().send().await.map_err(unanswered)?;
        opener.open(&self.access_token().unwrap_or_default()).await
    }
}

/// The events that concern whoever is signed in.
///
/// A lost connection is opened again. What happened meanwhile is not told then: ask `list_last_events` for it.
pub struct Events {
    client: Client,
    opener: Opener,
    socket: Option<Socket>,
}

impl Events {
    /// The next event.
    ///
    /// # Errors
    /// The server does not let whoever it is listen any more, as when the session is over.
    pub async fn next(&mut self) -> Result<Event, Problem> {
        let mut pause = FIRST_PAUSE;
        loop {
            if let Some(socket) = &mut self.socket {
                match socket.event().await {
                    Ok(event) => return Ok(event),
                    Err(_) => self.socket = None,
                }
            }
            sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
            match self.client.open_stream(&self.opener).await {
                Ok(socket) => self.socket = Some(socket),
                Err(problem) if problem.is_final() => return Err(problem),
                Err(_) => {}
            }
        }
    }
}

fn unanswered(error: Error<AnyError>) -> Problem {
    match error {
        Error::CommunicationError(error) => Problem::Http(error),
        other => other.status().map_or(Problem::Ended, Problem::Answered),
    }
}

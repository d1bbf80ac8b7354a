//! Progress of the encoding of a movie, for those who wait for it.

use std::time::Duration;

use serde_json::json;
use serde_json::value::to_raw_value;
use tokio::sync::watch;
use uuid::Uuid;

use crate::app::App;
use crate::events::Payload;
use crate::realtime::Audience;

/// News of how far the encoding of a movie is.
pub struct ProgressNews {
    /// Name of the event.
    pub event: &'static str,
    /// Production whose team is told.
    pub project_id: Option<Uuid>,
    /// Facts that the event tells beside the progress.
    pub facts: Payload,
}

/// Takes the time of a movie that is encoded already.
pub type EncodedReporter = Box<dyn Fn(Duration) + Send + Sync>;

/// Encodes a movie of so many seconds, and meanwhile tells the team of a production how much of it is encoded, each percent once. It
/// is not kept in the log of events: nobody needs it afterwards.
pub async fn tell_while<W: Future>(
    app: &App,
    news: &ProgressNews,
    seconds: f64,
    encode: impl FnOnce(EncodedReporter) -> W,
) -> W::Output {
    let (times, heard) = watch::channel(Duration::ZERO);
    let encoded: EncodedReporter = Box::new(move |time| {
        times.send_replace(time);
    });
    // The encoding owns the channel, so that whoever listens hears no more when it is done.
    tokio::join!(encode(encoded), tell(app, news, seconds, heard)).0
}

/// Tells how much is encoded until nobody encodes it any more.
async fn tell(app: &App, news: &ProgressNews, seconds: f64, mut encoded: watch::Receiver<Duration>) {
    let mut told = None;
    while encoded.changed().await.is_ok() {
        let time = *encoded.borrow_and_update();
        let Some(percent) = percent(time, seconds).filter(|percent| told != Some(*percent)) else {
            continue;
        };
        told = Some(percent);
        announce(app, news, percent).await;
    }
}

/// Share of a movie of so many seconds; none where the length of the movie is not known.
fn percent(encoded: Duration, seconds: f64) -> Option<u8> {
    (seconds > 0.0).then(|| (encoded.as_secs_f64() / seconds * 100.0).clamp(0.0, 100.0) as u8)
}

async fn announce(app: &App, news: &ProgressNews, percent: u8) {
    let mut told = news.facts.clone();
    tracing::debug!(event = news.event, facts = ?told, percent, "a movie is being encoded");
    let Some(project_id) = news.project_id else { return };
    told.insert("progress".into(), json!(percent));
    told.insert("project_id".into(), json!(project_id));
    match to_raw_value(&told) {
        Ok(told) => {
            app.bus
                .publish(Audience::Project(project_id), news.event, &told, None)
                .await
        }
        Err(error) => tracing::warn!(%error, event = news.event, "the progress of a movie can't be told"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_whole_and_never_above_all() {
        let of = |milliseconds| percent(Duration::from_millis(milliseconds), 2.0);
        assert_eq!(
            [of(0), of(999), of(1000), of(1999), of(2500)],
            [Some(0), Some(49), Some(50), Some(99), Some(100)]
        );
        assert_eq!(
            percent(Duration::from_secs(1), 0.0),
            None,
            "a movie whose length nobody knows"
        );
    }
}

//! Waiting for what comes about by itself: work in the background, or a program that starts or ends.

use std::fmt::Debug;
use std::time::Duration;

use tokio::time::{sleep, timeout};

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Looks again and again until something is found, and gives it. What was seen last is told when the time is over.
pub async fn wait_for<T, E: Debug>(longest: Duration, what: &str, look: impl AsyncFn() -> Result<T, E>) -> T {
    let mut last = None;
    let looking = async {
        loop {
            match look().await {
                Ok(found) => return found,
                Err(instead) => last = Some(instead),
            }
            sleep(PAUSE).await;
        }
    };
    let found = timeout(longest, looking).await;
    found.unwrap_or_else(|_| panic!("{what}: not within {longest:?}, but {last:?}"))
}

/// Looks again and again until something holds.
pub async fn wait_until(longest: Duration, what: &str, holds: impl AsyncFn() -> bool) {
    wait_for(longest, what, async || if holds().await { Ok(()) } else { Err(false) }).await;
}

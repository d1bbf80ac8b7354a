//! Calls that are sent again when the server could not answer them.
//!
//! By hand, because the retries of reqwest do not wait, and reqwest-retry needs a client that progenitor's code does not take.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use chrono::{DateTime, Utc};
use reqwest::header::RETRY_AFTER;
use reqwest::{Client, Request, Response, Result, StatusCode};

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
const MORE_ATTEMPTS: usize = 4;

/// Sends a call, and again after 429; where its method allows it, also after 502, 503 and 504, and when the connection was lost.
///
/// It waits as long as `Retry-After` says, at most a minute, or else longer each time. A body that is read while it is sent
/// is sent once.
pub async fn send(http: &Client, mut request: Request) -> Result<Response> {
    let repeatable = request.method().is_idempotent();
    let pauses = ExponentialBuilder::new()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_max_times(MORE_ATTEMPTS);
    let mut pauses = pauses.with_jitter().build();
    loop {
        let again = request.try_clone();
        let answer = http.execute(request).await;
        let passing = match &answer {
            Ok(answer) => {
                answer.status() == StatusCode::TOO_MANY_REQUESTS || (repeatable && is_passing(answer.status()))
            }
            Err(problem) => repeatable && (problem.is_connect() || problem.is_request()),
        };
        let (true, Some(next), Some(pause)) = (passing, again, pauses.next()) else {
            return answer;
        };
        let asked = answer.as_ref().ok().and_then(retry_after);
        drop(answer);
        tokio::time::sleep(asked.unwrap_or(pause)).await;
        request = next;
    }
}

fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Pause that an answer asks for, in seconds or until a moment.
fn retry_after(answer: &Response) -> Option<Duration> {
    let said = answer.headers().get(RETRY_AFTER)?.to_str().ok()?;
    let asked = match said.parse() {
        Ok(seconds) => Duration::from_secs(seconds),
        Err(_) => DateTime::parse_from_rfc2822(said)
            .ok()?
            .signed_duration_since(Utc::now())
            .to_std()
            .ok()?,
    };
    Some(asked.min(LONGEST_PAUSE))
}

//! Headers of a handshake that may be believed, and the number of strangers who may open connections.

use std::borrow::Cow;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::{DefaultKeyedRateLimiter, Quota};
use poem::http::{
    HeaderMap,
    header::{COOKIE, ORIGIN},
};

use crate::origins::Origins;
use crate::peers::household;

/// Most connections without a good token of one address.
const STRANGERS: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);
/// Handshakes between two looks for addresses that need not be remembered any more.
const HANDSHAKES_BETWEEN_SWEEPS: u32 = 1024;

/// The headers to look for a token in.
///
/// A browser joins the visitor's cookie to a WebSocket whichever page opens it, and no
/// cross-origin rule keeps that page from reading the answers. So the cookie only counts for
/// pages of this server and of `trusted` origins; a bearer token always does, since a page
/// must know it to send it.
pub(super) fn credible<'a>(headers: &'a HeaderMap, trusted: &Origins) -> Cow<'a, HeaderMap> {
    if !headers.contains_key(COOKIE) || trusted.tolerate(headers) {
        return Cow::Borrowed(headers);
    }
    tracing::warn!(origin = ?headers.get(ORIGIN), "ignored the cookie of a foreign page");
    let mut headers = headers.clone();
    headers.remove(COOKIE);
    Cow::Owned(headers)
}

/// Counts the connections of strangers: handshakes without a token that is good. As each of them is closed after a while, no
/// more are open than may be opened in that while.
pub(super) struct Strangers {
    limit: Option<DefaultKeyedRateLimiter<IpAddr>>,
    seen: AtomicU32,
}

impl Strangers {
    /// No connections yet. Each will be closed once it was open for `patience`.
    pub(super) fn new(patience: Duration) -> Self {
        let quota = Quota::with_period(patience / STRANGERS.get()).map(|quota| quota.allow_burst(STRANGERS));
        Self {
            limit: quota.map(DefaultKeyedRateLimiter::keyed),
            seen: AtomicU32::new(0),
        }
    }

    /// True when one more of an address may open a connection.
    pub(super) fn admit(&self, address: IpAddr) -> bool {
        let Some(limit) = &self.limit else { return true };
        if self.seen.fetch_add(1, Ordering::Relaxed) % HANDSHAKES_BETWEEN_SWEEPS == HANDSHAKES_BETWEEN_SWEEPS - 1 {
            limit.retain_recent();
        }
        limit.check_key(&household(address)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has_cookie(origin: Option<&'static str>) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, "access_token_cookie=x".parse().unwrap());
        headers.insert("host", "kitsu.example.org".parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(ORIGIN, origin.parse().unwrap());
        }
        credible(&headers, &Origins::default()).contains_key(COOKIE)
    }

    #[test]
    fn only_foreign_pages_lose_their_cookie() {
        assert!(has_cookie(None));
        assert!(has_cookie(Some("https://kitsu.example.org")));
        assert!(!has_cookie(Some("https://evil.example.org")));
        assert!(!has_cookie(Some("null")));
    }

    #[test]
    fn strangers_of_one_address_are_few() {
        let strangers = Strangers::new(Duration::from_secs(10));
        let [one, other]: [IpAddr; 2] = ["10.0.0.1", "10.0.0.2"].map(|address| address.parse().unwrap());
        let most = STRANGERS.get() as usize;
        assert_eq!((0..most + 5).filter(|_| strangers.admit(one)).count(), most);
        assert!(strangers.admit(other));
    }
}

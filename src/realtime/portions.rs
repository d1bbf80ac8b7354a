//! Long-polling for Python clients, which take few packets at a time.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use bytes::Bytes;
use poem::http::{HeaderMap, header::USER_AGENT};
use socketioxide::socket::Sid;

/// With more packets than this in an answer, python-engineio gives the connection up.
const PACKETS_PER_ANSWER: usize = 16;

/// Byte that stands between the packets of an answer.
const SEPARATOR: u8 = 0x1e;

/// A client that did not come back for so long is gone.
const SESSION_RETENTION: Duration = Duration::from_secs(60);

/// True if the client that sent these headers needs its packets in portions.
///
/// Others must not get them so: a client that changes to a WebSocket in the middle of a session
/// would not come back for what is kept. Python clients change before the first event, if at all.
pub(super) fn needed(headers: &HeaderMap) -> bool {
    headers
        .get(USER_AGENT)
        .and_then(|agent| agent.to_str().ok())
        .is_some_and(|agent| agent.to_ascii_lowercase().starts_with("python"))
}

/// Packets that are kept for the next requests of each session.
#[derive(Default)]
pub(super) struct Portions {
    kept: Mutex<HashMap<Sid, (Instant, Bytes)>>,
}

impl Portions {
    /// The next portion of what is kept for a session.
    pub(super) fn next(&self, sid: Sid) -> Option<Bytes> {
        let (_, packets) = self.kept().remove(&sid)?;
        Some(self.first(sid, packets))
    }

    /// The first portion of an answer; the rest is kept.
    pub(super) fn first(&self, sid: Sid, packets: Bytes) -> Bytes {
        let end = packets
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte == SEPARATOR)
            .nth(PACKETS_PER_ANSWER - 1);
        let Some((end, _)) = end else {
            return packets;
        };
        let mut kept = self.kept();
        kept.retain(|_, (since, _)| since.elapsed() < SESSION_RETENTION);
        kept.insert(sid, (Instant::now(), packets.slice(end + 1..)));
        packets.slice(..end)
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<Sid, (Instant, Bytes)>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost_between_portions() {
        let portions = Portions::default();
        let sid = Sid::new();
        for count in [1, 15, 16, 17, 32, 33, 100] {
            let packets: Vec<_> = (0..count).map(|n| format!("42{n}")).collect();
            let whole = Bytes::from(packets.join("\u{1e}"));
            let mut got = Vec::new();
            let mut portion = Some(portions.first(sid, whole));
            while let Some(text) = portion {
                let text = String::from_utf8(text.to_vec()).unwrap();
                let part: Vec<_> = text.split('\u{1e}').map(str::to_owned).collect();
                assert!(part.len() <= PACKETS_PER_ANSWER);
                got.extend(part);
                portion = portions.next(sid);
            }
            assert_eq!(got, packets);
        }
    }

    #[test]
    fn only_python_clients_need_them() {
        let agent = |agent: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(USER_AGENT, agent.parse().unwrap());
            needed(&headers)
        };
        assert!(agent("python-requests/2.34.2"));
        assert!(agent("Python/3.11 aiohttp/3.14.5"));
        assert!(!agent("Mozilla/5.0"));
        assert!(!needed(&HeaderMap::new()));
    }
}

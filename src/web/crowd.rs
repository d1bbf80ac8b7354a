//! Number of open connections, in all and by the address that they come from.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::peers::household;

/// Seconds between two lines in the log about connections that were turned away.
const COMPLAINT_PERIOD_SECONDS: u64 = 60;

/// Everybody who is connected.
pub(super) struct Crowd {
    /// Most connections of one address; 0 for no limit.
    per_address: usize,
    /// Most connections in all; 0 for no limit.
    total: usize,
    /// Addresses without a limit of their own: proxies, behind which many people are.
    exempt: Vec<IpAddr>,
    present: Mutex<Present>,
    started: Instant,
    complained: AtomicU64,
}

#[derive(Default)]
struct Present {
    total: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// The place of one connection, given back when dropped.
pub(super) struct ConnectionPlace {
    crowd: Arc<Crowd>,
    address: IpAddr,
}

impl Crowd {
    pub(super) fn new(per_address: usize, total: usize, exempt: Vec<IpAddr>) -> Arc<Self> {
        let (present, started, complained) = (Mutex::default(), Instant::now(), AtomicU64::new(0));
        Arc::new(Self {
            per_address,
            total,
            exempt,
            present,
            started,
            complained,
        })
    }

    /// A place for a connection, if there is one.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<ConnectionPlace> {
        let address = household(peer);
        let exempt = self.exempt.contains(&peer.to_canonical());
        let mut present = self.present();
        let full = self.total > 0 && present.total >= self.total;
        let mine = present.by_address.get(&address).copied().unwrap_or_default();
        let crowded = self.per_address > 0 && !exempt && mine >= self.per_address;
        if full || crowded {
            drop(present);
            self.complain(address, full);
            return None;
        }
        present.by_address.insert(address, mine + 1);
        present.total += 1;
        Some(ConnectionPlace {
            crowd: Arc::clone(self),
            address,
        })
    }

    fn present(&self) -> MutexGuard<'_, Present> {
        self.present.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Says in the log that somebody was turned away, but not each time.
    fn complain(&self, address: IpAddr, full: bool) {
        let now = self.started.elapsed().as_secs() + COMPLAINT_PERIOD_SECONDS;
        let last = self.complained.load(Ordering::Relaxed);
        if now < last + COMPLAINT_PERIOD_SECONDS
            || self
                .complained
                .compare_exchange(last, now, Ordering::Relaxed, Ordering::Relaxed)
                .is_err()
        {
            return;
        }
        if full {
            tracing::warn!(
                most = self.total,
                "no further connections are taken, as too many are open"
            );
        } else {
            tracing::warn!(%address, most = self.per_address, "too many connections of one address. A proxy belongs into DAILIES_TRUSTED_PROXIES");
        }
    }
}

impl Drop for ConnectionPlace {
    fn drop(&mut self) {
        let mut present = self.crowd.present();
        present.total -= 1;
        if let Some(mine) = present.by_address.get_mut(&self.address) {
            *mine -= 1;
            if *mine == 0 {
                present.by_address.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_all_together_have_so_many_places() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let crowd = Crowd::new(2, 5, vec![address("10.0.0.9")]);
        let mut places: Vec<_> = ["10.0.0.1", "::ffff:10.0.0.1"]
            .iter()
            .filter_map(|peer| crowd.enter(address(peer)))
            .collect();
        assert_eq!(places.len(), 2);
        assert!(crowd.enter(address("10.0.0.1")).is_none());
        places.pop();
        assert!(crowd.enter(address("10.0.0.1")).is_some());
        places.extend((0..4).map_while(|_| crowd.enter(address("10.0.0.9"))));
        assert_eq!(places.len(), 5, "a proxy is held back by the sum alone");
        assert!(crowd.enter(address("10.0.0.2")).is_none());
        places.clear();
        assert!(crowd.present().by_address.is_empty());
        let free = Crowd::new(0, 0, Vec::new());
        let all: Vec<_> = (0..50).filter_map(|_| free.enter(address("10.0.0.1"))).collect();
        assert_eq!(all.len(), 50);
    }
}

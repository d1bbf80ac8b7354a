//! Limits on what strangers may try on a shared playlist: passwords of its link, and new guests.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dailies_definitions::failure::Failure;
use moka::future::Cache;
use poem::http::{HeaderValue, StatusCode, header};
use uuid::Uuid;

use crate::peers::household;

/// Time that a count lasts from its first try on.
const PERIOD: Duration = Duration::from_secs(300);
/// Wrong passwords of one address for one link.
const MOST_OF_ADDRESS: u32 = 5;
/// Wrong passwords for one link, wherever they come from.
const MOST_OF_LINK: u32 = 100;
/// Guests that one address makes of one link.
const MOST_GUESTS: u32 = 30;
/// Counts that are kept.
const MOST_COUNTS: u64 = 100_000;

type Count = Arc<AtomicU32>;

/// Latest attempts.
pub struct Guesses {
    addresses: Cache<(Uuid, IpAddr), Count>,
    links: Cache<Uuid, Count>,
    guests: Cache<(Uuid, IpAddr), Count>,
}

/// A try that counts as wrong unless it is said to be right.
pub struct Guess([Count; 2]);

impl Default for Guesses {
    fn default() -> Self {
        Self {
            addresses: counts(),
            links: counts(),
            guests: counts(),
        }
    }
}

fn counts<K: std::hash::Hash + Eq + Send + Sync + 'static>() -> Cache<K, Count> {
    Cache::builder().max_capacity(MOST_COUNTS).time_to_live(PERIOD).build()
}

impl Guesses {
    /// Counts a try to give the password of a link before it is checked, so that many at once are no more than one after the
    /// other.
    ///
    /// # Errors
    /// 429 when there were too many wrong ones.
    pub async fn begin(&self, link_id: Uuid, address: Option<IpAddr>) -> Result<Guess, Failure> {
        let of_address = self
            .addresses
            .get_with((link_id, place(address)), async { Count::default() })
            .await;
        count(&of_address, MOST_OF_ADDRESS)?;
        let of_link = self.links.get_with(link_id, async { Count::default() }).await;
        count(&of_link, MOST_OF_LINK)?;
        Ok(Guess([of_address, of_link]))
    }

    /// Counts a new guest of a link.
    ///
    /// # Errors
    /// 429 when the address made too many.
    pub async fn admit_guest(&self, link_id: Uuid, address: Option<IpAddr>) -> Result<(), Failure> {
        count(
            &self
                .guests
                .get_with((link_id, place(address)), async { Count::default() })
                .await,
            MOST_GUESTS,
        )
    }
}

impl Guess {
    /// The password was right: the try does not count.
    pub fn was_right(self) {
        for count in self.0 {
            count.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

fn place(address: Option<IpAddr>) -> IpAddr {
    address.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), household)
}

fn count(count: &Count, most: u32) -> Result<(), Failure> {
    let counted = count.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tries| {
        (tries < most).then_some(tries + 1)
    });
    counted.map(|_| ()).map_err(|_| {
        let seconds = PERIOD.as_secs();
        let message = format!("Too many attempts. Try again in {seconds} seconds.");
        Failure::plain(StatusCode::TOO_MANY_REQUESTS, message)
            .with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn wrong_passwords_are_limited_and_right_ones_are_not() {
        let guesses = Guesses::default();
        let (link, address) = (Uuid::new_v4(), "10.0.0.1".parse().ok());
        for _ in 0..20 {
            guesses.begin(link, address).await.expect("let in").was_right();
        }
        for _ in 0..MOST_OF_ADDRESS {
            guesses.begin(link, address).await.expect("let in");
        }
        assert_eq!(
            guesses.begin(link, address).await.err().map(|failure| failure.status()),
            Some(StatusCode::TOO_MANY_REQUESTS)
        );
        assert!(
            guesses.begin(link, "10.0.0.2".parse().ok()).await.is_ok()
                && guesses.begin(Uuid::new_v4(), address).await.is_ok()
        );
    }

    #[tokio::test]
    async fn many_addresses_are_limited_together() {
        let guesses = Guesses::default();
        let link = Uuid::new_v4();
        let mut refused = 0;
        for number in 0..200_u8 {
            refused += u32::from(
                guesses
                    .begin(link, Some(IpAddr::from([10, 0, 1, number])))
                    .await
                    .is_err(),
            );
        }
        assert_eq!(refused, 200 - MOST_OF_LINK);
    }
}

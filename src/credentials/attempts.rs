//! Limits on how often somebody may try: sign-ins of one address, e-mails to one person, and one guess at a time on one
//! account. The lock after wrong passwords is in `auth::lockout`.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use dailies_definitions::failure::Failure;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};
use poem::http::{HeaderValue, StatusCode, header};
use tokio::sync::{Mutex, MutexGuard};
use uuid::Uuid;

use crate::peers::household;

/// Accounts share this many locks.
const LOCKS: usize = 64;
/// Most e-mails in a row that a stranger can have sent to one person.
const MAILS: NonZeroU32 = NonZeroU32::MIN.saturating_add(2);
/// Time after which one more e-mail is allowed.
pub const MAIL_PERIOD: Duration = Duration::from_secs(5 * 60);
/// Tries between two looks for addresses that need not be remembered any more.
const TRIES_BETWEEN_SWEEPS: u32 = 1024;

/// E-mail that strangers can have sent to a person. Each is limited for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mail {
    /// A link to choose another password.
    Password,
    /// A code to sign in with.
    Code,
}

/// Latest attempts.
pub struct Attempts {
    /// None when the settings put no limit.
    addresses: Option<DefaultKeyedRateLimiter<IpAddr>>,
    mailboxes: Option<DefaultKeyedRateLimiter<(Uuid, Mail)>>,
    accounts: [Mutex<()>; LOCKS],
    hasher: RandomState,
    tries: AtomicU32,
}

impl Attempts {
    /// No attempts yet. `rate` is how many tries one address has in a minute; 0 is no limit.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Self {
            addresses: NonZeroU32::new(rate).map(|rate| DefaultKeyedRateLimiter::keyed(Quota::per_minute(rate))),
            mailboxes: Quota::with_period(MAIL_PERIOD)
                .map(|quota| DefaultKeyedRateLimiter::keyed(quota.allow_burst(MAILS))),
            accounts: std::array::from_fn(|_| Mutex::new(())),
            hasher: RandomState::new(),
            tries: AtomicU32::new(0),
        }
    }

    /// Counts a try of an address.
    ///
    /// # Errors
    /// 429 when there were too many, with the seconds to wait in `Retry-After`.
    pub fn admit(&self, address: Option<IpAddr>) -> Result<(), Failure> {
        let Some(limit) = &self.addresses else {
            return Ok(());
        };
        if self.tries.fetch_add(1, Ordering::Relaxed) % TRIES_BETWEEN_SWEEPS == TRIES_BETWEEN_SWEEPS - 1 {
            limit.retain_recent();
        }
        let address = address.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), household);
        limit
            .check_key(&address)
            .map_err(|refused| too_many(refused.wait_time_from(DefaultClock::default().now())))
    }

    /// True if one more e-mail of that kind may go to a person.
    pub fn may_mail(&self, person_id: Uuid, mail: Mail) -> bool {
        let Some(limit) = &self.mailboxes else {
            return true;
        };
        limit.retain_recent();
        limit.check_key(&(person_id, mail)).is_ok()
    }

    /// Waits until nobody else tries on the account, which is named by the person's id, or by what stands for nobody.
    /// Otherwise many guesses at once would all be made before the first of them is counted.
    pub async fn turn(&self, account: impl Hash) -> MutexGuard<'_, ()> {
        let place = usize::try_from(self.hash(account) % LOCKS as u64).unwrap_or_default();
        self.accounts[place].lock().await
    }

    fn hash(&self, value: impl Hash) -> u64 {
        self.hasher.hash_one(value)
    }
}

/// 429: come back later.
pub fn too_many(wait: Duration) -> Failure {
    let seconds = wait.as_secs() + 1;
    let message = format!("Too many attempts from this address. Try again in {seconds} seconds.");
    Failure::plain(StatusCode::TOO_MANY_REQUESTS, message).with_header(header::RETRY_AFTER, HeaderValue::from(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_stopped_and_told_when_to_come_back() {
        let attempts = Attempts::new(2);
        let address = |text: &str| Some(text.parse().expect("an address"));
        assert!(attempts.admit(address("10.0.0.1")).is_ok());
        assert!(attempts.admit(address("::ffff:10.0.0.1")).is_ok());
        let Err(Failure::Answer { status, headers, .. }) = attempts.admit(address("10.0.0.1")) else {
            panic!("not stopped")
        };
        assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
        assert!(
            headers
                .iter()
                .any(|(name, value)| name == header::RETRY_AFTER && value != "0")
        );
        assert!(attempts.admit(address("10.0.0.2")).is_ok());
    }

    #[test]
    fn neighbours_in_ipv6_count_as_one_and_no_limit_is_none() {
        let attempts = Attempts::new(1);
        assert!(attempts.admit("2001:db8::1".parse().ok()).is_ok());
        assert!(attempts.admit("2001:db8::2".parse().ok()).is_err());
        assert!(attempts.admit("2001:db8:0:1::1".parse().ok()).is_ok());
        let free = Attempts::new(0);
        assert!((0..1000).all(|_| free.admit(None).is_ok()));
    }

    #[test]
    fn a_mailbox_is_not_flooded() {
        let attempts = Attempts::new(0);
        let person = Uuid::new_v4();
        let sent = (0..10).filter(|_| attempts.may_mail(person, Mail::Code)).count();
        assert_eq!(sent, 3);
        assert!(attempts.may_mail(person, Mail::Password) && attempts.may_mail(Uuid::new_v4(), Mail::Code));
    }
}

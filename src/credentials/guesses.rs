//! Limits on what strangers may do on a shared playlist: guess the password of its link, become new guests, and write. All servers
//! on a database count together.

use std::net::{IpAddr, Ipv6Addr};
use std::time::Duration;

use dailies_definitions::failure::Failure;
use poem::http::{HeaderValue, StatusCode, header};
use uuid::Uuid;

use crate::peers::household;
use crate::store::{Store, StoreError};

/// Time that a count lasts from its first try on.
const PERIOD: Duration = Duration::from_secs(300);
/// Wrong passwords of one address for one link.
const MOST_OF_ADDRESS: i32 = 5;
/// Wrong passwords for one link, wherever they come from.
const MOST_OF_LINK: i32 = 100;
/// Guests that one address makes of one link.
const MOST_GUESTS: i32 = 30;
/// Comments that guests of one address write on one link, and forms with files that they send. Everybody who follows a task gets
/// an e-mail for each comment, and files stay.
const MOST_COMMENTS: i32 = 60;
const MOST_FORMS: i32 = 20;

/// Latest attempts.
pub struct Guesses(Store);

/// A try that counts as wrong unless it is said to be right.
pub struct Guess {
    store: Store,
    keys: [String; 2],
}

impl Guesses {
    /// Those that a store counts.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(store)
    }

    /// Counts a try to give the password of a link before it is checked, so that many at once are no more than one after the
    /// other.
    ///
    /// # Errors
    /// 429 when there were too many wrong ones.
    pub async fn begin(&self, link_id: Uuid, address: Option<IpAddr>) -> Result<Guess, Failure> {
        let keys = [
            format!("share-guesses:{link_id}:{}", place(address)),
            format!("share-guesses:{link_id}"),
        ];
        for (key, most) in keys.iter().zip([MOST_OF_ADDRESS, MOST_OF_LINK]) {
            self.count(key, most).await?;
        }
        Ok(Guess {
            store: self.0.clone(),
            keys,
        })
    }

    /// Counts a new guest of a link, with the change that makes the guest.
    ///
    /// # Errors
    /// 429 when the address made too many.
    pub async fn admit_guest(&self, link_id: Uuid, address: Option<IpAddr>) -> Result<(), Failure> {
        let key = format!("share-guests:{link_id}:{}", place(address));
        self.count(&key, MOST_GUESTS).await
    }

    /// Counts a comment of a guest.
    ///
    /// # Errors
    /// 429 when there were too many from the address.
    pub async fn admit_comment(&self, link_id: Uuid, address: Option<IpAddr>) -> Result<(), Failure> {
        let key = format!("share-comments:{link_id}:{}", place(address));
        self.count(&key, MOST_COMMENTS).await
    }

    /// Counts a form with files of a guest.
    ///
    /// # Errors
    /// 429 when there were too many from the address.
    pub async fn admit_form(&self, link_id: Uuid, address: Option<IpAddr>) -> Result<(), Failure> {
        let key = format!("share-forms:{link_id}:{}", place(address));
        self.count(&key, MOST_FORMS).await
    }

    async fn count(&self, key: &str, most: i32) -> Result<(), Failure> {
        if self.0.count(key, most, PERIOD).await? {
            return Ok(());
        }
        let seconds = PERIOD.as_secs();
        let message = format!("Too many attempts. Try again in {seconds} seconds.");
        Err(Failure::plain(StatusCode::TOO_MANY_REQUESTS, message)
            .with_header(header::RETRY_AFTER, HeaderValue::from(seconds)))
    }
}

impl Guess {
    /// The password was right: the try does not count.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn was_right(self) -> Result<(), StoreError> {
        for key in &self.keys {
            self.store.uncount(key).await?;
        }
        Ok(())
    }
}

fn place(address: Option<IpAddr>) -> IpAddr {
    address.map_or(IpAddr::V6(Ipv6Addr::UNSPECIFIED), household)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::database::{self, Database, Sql};

    /// A store in memory, with a second way to it.
    async fn store() -> (Database, Store) {
        let database = Database::connect("sqlite::memory:", 1).await.expect("a database");
        let table = "CREATE TABLE dailies_store (key text PRIMARY KEY, value text NOT NULL, expires_at datetime)";
        database.change(&Sql::new(table)).await.expect("a table");
        (database.clone(), Store::new(database))
    }

    #[tokio::test]
    async fn wrong_passwords_are_limited_and_right_ones_are_not() {
        let (database, store) = store().await;
        let servers = [Guesses::new(store.clone()), Guesses::new(store)];
        let (link, address) = (Uuid::new_v4(), "10.0.0.1".parse().ok());
        for at in 0..20 {
            let guess = servers[at % 2].begin(link, address).await.expect("let in");
            guess.was_right().await.expect("a count");
        }
        for at in 0..5 {
            servers[at % 2].begin(link, address).await.expect("let in");
        }
        for server in &servers {
            let refused = server.begin(link, address).await.err().map(|failure| failure.status());
            assert_eq!(refused, Some(StatusCode::TOO_MANY_REQUESTS));
        }
        assert!(
            servers[0].begin(link, "10.0.0.2".parse().ok()).await.is_ok()
                && servers[0].begin(Uuid::new_v4(), address).await.is_ok()
        );
        let earlier = database::now() - TimeDelta::seconds(1);
        let expire = Sql::with("UPDATE dailies_store SET expires_at = $1", [earlier.into()]);
        database.change(&expire).await.expect("a change");
        assert!(servers[1].begin(link, address).await.is_ok(), "the count starts again");
    }

    #[tokio::test]
    async fn what_guests_write_is_limited_by_address_and_link() {
        let guesses = Guesses::new(store().await.1);
        let (link, address) = (Uuid::new_v4(), "10.0.0.1".parse().ok());
        for _ in 0..MOST_COMMENTS {
            guesses.admit_comment(link, address).await.expect("let in");
        }
        for _ in 0..MOST_FORMS {
            guesses.admit_form(link, address).await.expect("let in");
        }
        let refused = |answer: Result<(), Failure>| answer.err().map(|failure| failure.status());
        for answer in [
            guesses.admit_comment(link, address).await,
            guesses.admit_form(link, address).await,
        ] {
            assert_eq!(refused(answer), Some(StatusCode::TOO_MANY_REQUESTS));
        }
        let elsewhere = "10.0.0.2".parse().ok();
        assert!(guesses.admit_comment(link, elsewhere).await.is_ok());
        assert!(guesses.admit_form(Uuid::new_v4(), address).await.is_ok());
    }

    #[tokio::test]
    async fn many_addresses_are_limited_together() {
        let guesses = Guesses::new(store().await.1);
        let link = Uuid::new_v4();
        let mut refused = 0;
        for number in 0..200_u8 {
            let address = Some(IpAddr::from([10, 0, 1, number]));
            refused += i32::from(guesses.begin(link, address).await.is_err());
        }
        assert_eq!(refused, 200 - MOST_OF_LINK);
    }
}

//! The lock after too many failures in a row: five, then a minute of rest.
//!
//! Failures on an account that come from where its owner has not signed in lately lock it for such places only. A place that
//! is known has a count of its own, and so have the sessions of a person: whoever tries from elsewhere can't lock the owner
//! out. Addresses that nobody has are counted and locked alike, so that the lock does not tell which accounts there are.
//!
//! Tries of one address of the network, whatever comes of them, are limited in `credentials::attempts`, and guesses of the
//! password of a shared playlist in `credentials::guesses`.

use std::net::IpAddr;
use std::time::Duration;

use chrono::{DateTime, NaiveDateTime, TimeDelta};
use entity::person;
use sea_orm::DbErr;
use uuid::Uuid;

use crate::app::App;
use crate::database::{self, Database, Sql};
use crate::peers::household;

/// Failures after which there is a lock.
const MOST_FAILURES: i32 = 5;
/// Time that the lock lasts after the last failure.
const LOCK_TIME: TimeDelta = TimeDelta::minutes(1);
/// Time for which failures are remembered.
const FAILURE_RETENTION: TimeDelta = TimeDelta::hours(1);
/// The same, as the store takes it.
const STORED_COUNT_RETENTION: Duration = Duration::from_secs(FAILURE_RETENTION.num_seconds().unsigned_abs());
/// Time for which a place is known after the last sign-in there.
const KNOWN_PLACE_RETENTION: TimeDelta = TimeDelta::days(90);

/// Failures that are counted together.
pub(super) struct Gate<'a> {
    account: Option<&'a person::Model>,
    /// Place where the count is in the store. Without one, it is in the row of the account.
    key: Option<String>,
}

impl<'a> Gate<'a> {
    /// Tries to sign in to an account from an address.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn of_account(
        database: &Database,
        account: &'a person::Model,
        from: Option<IpAddr>,
    ) -> Result<Self, DbErr> {
        let place = from.map(household);
        let known = match place {
            Some(place) => knows(database, account.id, place).await?,
            None => false,
        };
        let key = place
            .filter(|_| known)
            .map(|place| format!("failures:{}:{place}", account.id));
        Ok(Self {
            account: Some(account),
            key,
        })
    }

    /// Tries of somebody who is signed in to the account already.
    pub(super) fn of_session(account: &'a person::Model) -> Self {
        Self {
            account: Some(account),
            key: Some(format!("failures:{}:session", account.id)),
        }
    }

    /// Tries to sign in with an address, or the name of a workstation account, that nobody has. Addresses are the same in
    /// capitals and in small letters.
    ///
    /// # Errors
    /// The digest can't be made.
    pub(super) fn of_nobody(app: &App, identifier: &str) -> Result<Self, jsonwebtoken::errors::Error> {
        let identifier = if identifier.contains('@') {
            identifier.to_lowercase()
        } else {
            identifier.to_owned()
        };
        Ok(Self {
            account: None,
            key: Some(format!(
                "failures:nobody:{}",
                app.tokens.digest("failures", &identifier)?
            )),
        })
    }

    /// The name of the count in the store, where it is there.
    pub(super) fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// True if nobody may try now. Tries while it is locked do not lengthen the rest.
    ///
    /// # Errors
    /// The store does not answer.
    pub(super) async fn is_locked(&self, app: &App) -> Result<bool, DbErr> {
        let failures = match (&self.key, self.account) {
            (Some(key), _) => Failures::read(app.store.get(key).await?),
            (None, Some(account)) => Failures {
                count: account.login_failed_attemps.unwrap_or_default(),
                last: account.last_login_failed,
            },
            (None, None) => Failures::default(),
        };
        Ok(failures.lock_at(database::now()))
    }

    /// Notes a failure. After a rest, or a long while, the count starts again.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn count_failure(&self, app: &App) -> Result<(), DbErr> {
        if let Some(key) = &self.key {
            let count = || async {
                let failures = Failures::read(app.store.get(key).await?).and_one_more(database::now());
                app.store.put(key, &failures.write(), STORED_COUNT_RETENTION).await
            };
            app.database.transact::<_, DbErr, _>(count).await?;
        }
        match self.account {
            Some(account) => count_in_row(&app.database, account.id).await,
            None => Ok(()),
        }
    }

    /// Forgets the failures at this place, after a success. Those in the row of the account are forgotten with the rest that a
    /// success changes there.
    ///
    /// # Errors
    /// The store does not answer.
    pub(super) async fn forget(&self, app: &App) -> Result<(), DbErr> {
        match &self.key {
            Some(key) => app.store.take(key).await.map(|_| ()),
            None => Ok(()),
        }
    }
}

/// Failures in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Failures {
    count: i32,
    last: Option<NaiveDateTime>,
}

impl Failures {
    /// True if they keep everybody from trying at that moment.
    fn lock_at(self, now: NaiveDateTime) -> bool {
        self.count >= MOST_FAILURES && self.last.is_some_and(|last| now < last + LOCK_TIME)
    }

    fn and_one_more(self, now: NaiveDateTime) -> Self {
        let rested = self.count >= MOST_FAILURES && !self.lock_at(now);
        let forgotten = self.last.is_none_or(|last| last + FAILURE_RETENTION <= now);
        Self {
            count: if rested || forgotten { 1 } else { self.count + 1 },
            last: Some(now),
        }
    }

    fn write(self) -> String {
        format!(
            "{} {}",
            self.count,
            self.last.map_or(0, |last| last.and_utc().timestamp_micros())
        )
    }

    fn read(text: Option<String>) -> Self {
        let read = |text: String| {
            let (count, last) = text.split_once(' ')?;
            Some(Self {
                count: count.parse().ok()?,
                last: DateTime::from_timestamp_micros(last.parse().ok()?).map(|last| last.naive_utc()),
            })
        };
        text.and_then(read).unwrap_or_default()
    }
}

/// True if somebody signed in to the account from there lately.
async fn knows(database: &Database, person_id: Uuid, place: IpAddr) -> Result<bool, DbErr> {
    let sql = Sql::with(
        "SELECT DISTINCT ip_address FROM login_log WHERE person_id = $1 AND created_at > $2 AND ip_address IS NOT NULL",
        [person_id.into(), (database::now() - KNOWN_PLACE_RETENTION).into()],
    );
    for row in database.rows(&sql).await? {
        let address: String = row.try_get("", "ip_address")?;
        if address.parse().is_ok_and(|address| household(address) == place) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Several servers may do this at once, so the database counts.
async fn count_in_row(database: &Database, person_id: Uuid) -> Result<(), DbErr> {
    let now = database::now();
    let sql = Sql::with(
        "UPDATE person SET login_failed_attemps = CASE \
         WHEN last_login_failed IS NULL OR last_login_failed <= $1 THEN 1 \
         WHEN COALESCE(login_failed_attemps, 0) >= $2 AND last_login_failed <= $3 THEN 1 \
         ELSE COALESCE(login_failed_attemps, 0) + 1 END, last_login_failed = $4 WHERE id = $5",
        [
            (now - FAILURE_RETENTION).into(),
            MOST_FAILURES.into(),
            (now - LOCK_TIME).into(),
            now.into(),
            person_id.into(),
        ],
    );
    database.change(&sql).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_failures_lock_for_a_minute() {
        let now = database::now();
        let ago = |seconds| Some(now - TimeDelta::seconds(seconds));
        for (failures, last, expected) in [
            (0, None, false),
            (4, ago(0), false),
            (5, ago(0), true),
            (5, ago(59), true),
            (5, ago(60), false),
            (9, ago(30), true),
            (9, None, false),
        ] {
            assert_eq!(
                Failures { count: failures, last }.lock_at(now),
                expected,
                "{failures:?} {last:?}"
            );
        }
    }

    #[test]
    fn both_counts_are_the_same() {
        let now = database::now();
        let ago = |seconds| Some(now - TimeDelta::seconds(seconds));
        for (count, last, expected) in [
            (0, None, 1),
            (2, ago(30), 3),
            (4, ago(3500), 5),
            (4, ago(3600), 1),
            (5, ago(59), 6),
            (5, ago(60), 1),
        ] {
            let more = Failures { count, last }.and_one_more(now);
            assert_eq!(
                more,
                Failures {
                    count: expected,
                    last: Some(now)
                }
            );
            let stored = Failures::read(Some(more.write()));
            assert_eq!((stored.count, stored.lock_at(now)), (expected, expected >= 5));
        }
        assert_eq!(Failures::read(Some("nonsense".into())), Failures::default());
    }

    #[tokio::test]
    async fn the_count_starts_again_after_the_rest() -> Result<(), DbErr> {
        let database = Database::connect("sqlite::memory:", 1).await?;
        for sql in [
            "CREATE TABLE person (id blob, login_failed_attemps integer, last_login_failed datetime)".to_owned(),
            "INSERT INTO person VALUES (x'00000000000000000000000000000000', NULL, NULL)".to_owned(),
        ] {
            database.change(&Sql::new(sql)).await?;
        }
        let account = crate::auth::test_account::blank_account();
        let count = async || -> Result<i32, DbErr> {
            count_in_row(&database, account.id).await?;
            let row = database
                .row(&Sql::new("SELECT login_failed_attemps FROM person"))
                .await?;
            row.ok_or_else(|| DbErr::RecordNotFound("the person".into()))?
                .try_get("", "login_failed_attemps")
        };
        for expected in 1..=6 {
            assert_eq!(count().await?, expected);
        }
        let earlier = Sql::with(
            "UPDATE person SET last_login_failed = $1",
            [(database::now() - LOCK_TIME).into()],
        );
        database.change(&earlier).await?;
        assert_eq!(count().await?, 1);
        Ok(())
    }
}

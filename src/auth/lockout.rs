//! The lock on an account after too many failures in a row: five, then a minute of rest.

use chrono::{NaiveDateTime, TimeDelta};
use entity::person;
use sea_orm::DbErr;

use crate::database::{self, Database, Sql};

/// Failures after which an account is locked.
const MOST_FAILURES: i32 = 5;
/// How long it stays so after the last failure.
const REST: TimeDelta = TimeDelta::minutes(1);

/// Whether nobody may try to sign in to the account now. Tries while it is locked do not lengthen the rest.
pub(super) fn is_locked(account: &person::Model, now: NaiveDateTime) -> bool {
    locked(account.login_failed_attemps, account.last_login_failed, now)
}

fn locked(failures: Option<i32>, last: Option<NaiveDateTime>, now: NaiveDateTime) -> bool {
    failures.unwrap_or_default() >= MOST_FAILURES && last.is_some_and(|last| now < last + REST)
}

/// Notes a failure. After a rest the count starts again. Several servers may do this at once, so the database counts.
///
/// # Errors
/// The database does not answer.
pub(super) async fn count_failure(database: &Database, account: &person::Model) -> Result<(), DbErr> {
    let now = database::now();
    let sql = Sql::with(
        "UPDATE person SET login_failed_attemps = CASE \
         WHEN COALESCE(login_failed_attemps, 0) >= $1 AND (last_login_failed IS NULL OR last_login_failed <= $2) THEN 1 \
         ELSE COALESCE(login_failed_attemps, 0) + 1 END, last_login_failed = $3 WHERE id = $4",
        [MOST_FAILURES.into(), (now - REST).into(), now.into(), account.id.into()],
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
            (None, None, false),
            (Some(4), ago(0), false),
            (Some(5), ago(0), true),
            (Some(5), ago(59), true),
            (Some(5), ago(60), false),
            (Some(9), ago(30), true),
            (Some(9), None, false),
        ] {
            assert_eq!(locked(failures, last, now), expected, "{failures:?} {last:?}");
        }
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
        let account = crate::auth::sign_in::tests::account();
        let count = async || -> Result<i32, DbErr> {
            count_failure(&database, &account).await?;
            let row = database.row(&Sql::new("SELECT login_failed_attemps FROM person")).await?;
            row.ok_or_else(|| DbErr::RecordNotFound("the person".into()))?.try_get_by_index(0)
        };
        for expected in 1..=6 {
            assert_eq!(count().await?, expected);
        }
        let earlier = Sql::with("UPDATE person SET last_login_failed = $1", [(database::now() - REST).into()]);
        database.change(&earlier).await?;
        assert_eq!(count().await?, 1);
        Ok(())
    }
}

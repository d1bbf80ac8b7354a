//! The latest marks. All requests that wait at the same time share a look at the database, which begins after each of them
//! came: none is told of an earlier moment than its own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sea_orm::DbErr;
use tokio::sync::oneshot;

use super::marks::{Marks, Seen, compact};
use crate::database::Database;

/// Rows beyond one for each mark, from which on they are added up at once: each look at something new reads them all.
const MOST_SURPLUS: i64 = 2_000;

type Looked = Result<Option<Arc<Marks>>, DbErr>;

/// The marks that were seen last, and those who wait for newer ones. Clones are the same.
#[derive(Clone, Default)]
pub(super) struct LatestMarks(Arc<Shared>);

#[derive(Default)]
struct Shared {
    /// Those who wait for the next look; none while nobody looks.
    waiting: Mutex<Option<Vec<oneshot::Sender<Looked>>>>,
    seen: Mutex<Option<Seen>>,
    /// True while marks are being added up.
    compacting: AtomicBool,
}

impl LatestMarks {
    /// The marks now. There are none while nothing keeps them.
    ///
    /// # Errors
    /// The database does not answer.
    pub(super) async fn read(&self, database: &Database) -> Looked {
        // The look takes a connection, which nobody must wait for who has one.
        Database::release().await;
        let (sender, looked) = oneshot::channel();
        let nobody_looks = {
            let mut waiting = lock(&self.0.waiting);
            let nobody_looks = waiting.is_none();
            waiting.get_or_insert_default().push(sender);
            nobody_looks
        };
        if nobody_looks {
            let watch = Watch {
                shared: Arc::clone(&self.0),
                ended: false,
            };
            tokio::spawn(watch.keep(database.clone()));
        }
        looked
            .await
            .map_err(|_| DbErr::Custom("a look at the marks was broken off".into()))?
    }
}

/// Looks for as long as somebody waits.
struct Watch {
    shared: Arc<Shared>,
    ended: bool,
}

impl Watch {
    async fn keep(mut self, database: Database) {
        while let Some(waiting) = self.next() {
            let looked = self.look(&database).await;
            for sender in waiting {
                let _gone = sender.send(looked.clone());
            }
        }
        self.ended = true;
    }

    /// Those whom the next look is for. Without any, nobody looks any more.
    fn next(&self) -> Option<Vec<oneshot::Sender<Looked>>> {
        let mut waiting = lock(&self.shared.waiting);
        let some = waiting.take().filter(|some| !some.is_empty())?;
        *waiting = Some(Vec::new());
        Some(some)
    }

    async fn look(&self, database: &Database) -> Looked {
        let before = lock(&self.shared.seen).clone();
        let seen = Seen::look(database, before).await?;
        let marks = seen.marks.clone();
        if seen.surplus > MOST_SURPLUS && !self.shared.compacting.swap(true, Ordering::Relaxed) {
            let (shared, database) = (Arc::clone(&self.shared), database.clone());
            tokio::spawn(async move {
                if let Err(error) = compact(&database).await {
                    tracing::warn!(%error, "marks of change could not be added up");
                }
                shared.compacting.store(false, Ordering::Relaxed);
            });
        }
        *lock(&self.shared.seen) = Some(seen);
        Ok(marks)
    }
}

impl Drop for Watch {
    /// Those who wait for a look that was broken off are told, and the next one begins anew.
    fn drop(&mut self) {
        if !self.ended {
            *lock(&self.shared.waiting) = None;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use tempfile::TempDir;

    use super::*;
    use crate::database::Sql;

    async fn database(folder: &TempDir) -> Database {
        let url = format!("sqlite://{}/a.db", folder.path().display());
        Database::connect(&url, 2).await.unwrap()
    }

    async fn execute(database: &Database, text: &str) {
        database.change(&Sql::new(text)).await.unwrap();
    }

    const TABLE: &str =
        "CREATE TABLE dailies_mark (subject text, project_id blob, amount bigint, PRIMARY KEY (subject, project_id))";
    const ROW: &str = "INSERT INTO dailies_mark VALUES ('task', zeroblob(16), 7)";

    #[tokio::test]
    async fn marks_are_read_again_once_something_was_stored() {
        let folder = TempDir::new().unwrap();
        let database = database(&folder).await;
        let latest = LatestMarks::default();
        assert!(latest.read(&database).await.unwrap().is_none(), "there is no table");
        execute(&database, TABLE).await;
        let none = latest.read(&database).await.unwrap().unwrap();
        execute(&database, ROW).await;
        let one = latest.read(&database).await.unwrap().unwrap();
        assert!(!Arc::ptr_eq(&none, &one));
        let before = database.statements();
        assert!(Arc::ptr_eq(&one, &latest.read(&database).await.unwrap().unwrap()));
        assert_eq!(database.statements() - before, 1);
    }

    #[tokio::test]
    async fn those_who_wait_together_share_a_look() {
        let folder = TempDir::new().unwrap();
        let database = database(&folder).await;
        execute(&database, TABLE).await;
        let latest = LatestMarks::default();
        latest.read(&database).await.unwrap();
        let before = database.statements();
        let all = join_all((0..50).map(|_| latest.read(&database))).await;
        assert!(all.iter().all(|looked| looked.as_ref().is_ok_and(Option::is_some)));
        assert!(database.statements() - before <= 2, "fifty looked");
    }

    #[tokio::test]
    async fn a_look_that_is_given_up_keeps_nobody_waiting() {
        let folder = TempDir::new().unwrap();
        let database = database(&folder).await;
        let latest = LatestMarks::default();
        {
            let mut given_up = Box::pin(latest.read(&database));
            assert!(futures::poll!(&mut given_up).is_pending());
        }
        assert!(latest.read(&database).await.is_ok());
    }
}

//! The one way to write: a transaction that nobody else's changes can come into. What it reads is true until it ends, and
//! when the database finds that another transaction was in the way, all of it is done again.
//!
//! On PostgreSQL transactions are serialisable. One that was in conflict twice goes on alone: it waits until the others have
//! ended and keeps new ones waiting, so that it comes to an end however many there are. On SQLite, which has one writer,
//! every transaction goes on alone. Servers that share a database keep each other waiting by the lock on a table that is
//! used for nothing else while servers run.

use async_trait::async_trait;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tokio::sync::{RwLockReadGuard, RwLockWriteGuard};

use super::Database;
use super::connection::Lent;
use super::session::{Session, Trouble};

/// Attempts that let other transactions go on beside them.
const ATTEMPTS_BESIDE_OTHERS: u32 = 2;
/// Attempts after which the conflict counts as a fault of the server.
const MOST_ATTEMPTS: u32 = 20;

/// The transaction that the task works in: proof that what is read for a change is true until the change is stored.
#[derive(Debug)]
pub struct Transaction {
    session: Session,
    finished: bool,
}

/// Connections that a change may be written with.
pub trait Writes: ConnectionTrait {}

impl Writes for Transaction {}

impl Transaction {
    /// The transaction around this task.
    ///
    /// # Errors
    /// There is none: nothing may be changed here.
    pub fn current() -> Result<Self, DbErr> {
        let session = Session::transaction()
            .ok_or_else(|| DbErr::Custom("a change was begun outside of a transaction".into()))?;
        Ok(Self {
            session,
            finished: false,
        })
    }

    /// States that the change is whole. A transaction in which one was given up in the middle is undone.
    pub fn finish(mut self) {
        self.finished = true;
        self.session.finish_change();
    }
}

impl Drop for Transaction {
    fn drop(&mut self) {
        if !self.finished {
            self.session.abandon();
        }
    }
}

/// Place among the writers of this server, which is given back when it is dropped.
enum WriterTurn<'a> {
    /// Others may go on.
    BesideOthers { _place: RwLockReadGuard<'a, ()> },
    /// Others have ended, and new ones wait.
    Alone { _place: RwLockWriteGuard<'a, ()> },
}

/// End of an attempt.
enum Ending {
    Stored,
    /// As the attempt wanted, which failed.
    Undone,
    /// To be done again.
    Conflict(DbErr),
}

impl Database {
    /// Does all that `attempt` does in one transaction, which is stored when it succeeds and undone when it fails. It is
    /// done again when another transaction was in the way, so it must do nothing but read and write this database. Within
    /// another transaction it is part of that one. Nobody is told of it: what clients hear of goes through
    /// `events::transact`.
    ///
    /// # Errors
    /// Those of `attempt`, and that of a database which does not answer.
    pub async fn transact<T, E, Attempt>(&self, mut attempt: impl FnMut() -> Attempt) -> Result<T, E>
    where
        E: From<DbErr>,
        Attempt: Future<Output = Result<T, E>>,
    {
        match Session::current() {
            Some(session) if session.is_transaction() => return attempt().await,
            Some(session) => session.release().await,
            None => {}
        }
        let mut number = 1;
        loop {
            let turn = self.turn(number).await;
            let session = self.begin(&turn).await?;
            let result = Session::scope(Some(session.clone()), attempt()).await;
            match self.end(&session, result.is_ok(), number).await? {
                Ending::Stored | Ending::Undone => return result,
                Ending::Conflict(error) if number >= MOST_ATTEMPTS => return Err(error.into()),
                Ending::Conflict(_) => number += 1,
            }
        }
    }

    /// Lets a task read what the database held at one moment, whatever others write meanwhile. Tables are read in the order
    /// of their rows on the disk. The task must not change anything: its transaction is undone at the end.
    ///
    /// # Errors
    /// Those of the task, and that of a database which does not answer.
    pub async fn at_one_moment<T, E: From<DbErr>>(&self, task: impl Future<Output = Result<T, E>>) -> Result<T, E> {
        let begin = match self.backend() {
            DbBackend::Sqlite => "BEGIN",
            _ => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL synchronize_seqscans = off",
        };
        let mut lent = self.connections.lend().await?;
        lent.in_transaction = true;
        lent.run(begin).await?;
        let session = Session::of_transaction(self.connections.clone(), lent);
        let result = Session::scope(Some(session.clone()), task).await;
        if let Some(mut lent) = session.take().await {
            undo(&mut lent).await?;
        }
        result
    }

    /// The place for an attempt, by its number from 1 on.
    async fn turn(&self, number: u32) -> WriterTurn<'_> {
        if self.backend() == DbBackend::Postgres && number <= ATTEMPTS_BESIDE_OTHERS {
            WriterTurn::BesideOthers {
                _place: self.writers.read().await,
            }
        } else {
            WriterTurn::Alone {
                _place: self.writers.write().await,
            }
        }
    }

    /// Begins the transaction of an attempt that has its place.
    async fn begin(&self, turn: &WriterTurn<'_>) -> Result<Session, DbErr> {
        let begin = match (self.backend(), turn) {
            // A transaction that read before it writes could not go on after another one wrote.
            (DbBackend::Sqlite, _) => "BEGIN IMMEDIATE",
            // Locks of tables come before the first look at the data, so that it is one at what the others left.
            (_, WriterTurn::BesideOthers { .. }) => {
                "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE seaql_migrations IN ROW SHARE MODE"
            }
            (_, WriterTurn::Alone { .. }) => {
                "BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE seaql_migrations IN EXCLUSIVE MODE"
            }
        };
        let mut lent = self.connections.lend().await?;
        lent.in_transaction = true;
        lent.run(begin).await?;
        Ok(Session::of_transaction(self.connections.clone(), lent))
    }

    /// Stores or undoes what the attempt of that number did.
    async fn end(&self, session: &Session, succeeded: bool, number: u32) -> Result<Ending, DbErr> {
        let mut lent = session
            .take()
            .await
            .ok_or_else(|| DbErr::Custom("the transaction has ended already".into()))?;
        let conflict = || DbErr::Custom("other transactions were in the way".into());
        let postgres = self.backend() == DbBackend::Postgres;
        match session.trouble() {
            Some(Trouble::Conflict) => {
                undo(&mut lent).await?;
                Ok(Ending::Conflict(conflict()))
            }
            // Alone it is clear whether the key stands in the way.
            Some(Trouble::Key) if postgres && number <= ATTEMPTS_BESIDE_OTHERS => {
                undo(&mut lent).await?;
                Ok(Ending::Conflict(conflict()))
            }
            // PostgreSQL stores nothing of a transaction in which a statement failed, and does not say so.
            Some(_) if postgres && succeeded => {
                undo(&mut lent).await?;
                Err(DbErr::Custom("a statement failed in a transaction that went on".into()))
            }
            _ if succeeded && session.is_torn() => {
                undo(&mut lent).await?;
                Err(DbErr::Custom(
                    "a change was given up in a transaction that went on".into(),
                ))
            }
            _ if !succeeded || session.is_abandoned() => {
                undo(&mut lent).await?;
                Ok(Ending::Undone)
            }
            _ => store(&mut lent).await,
        }
    }
}

async fn undo(lent: &mut Lent) -> Result<(), DbErr> {
    lent.run("ROLLBACK").await?;
    lent.in_transaction = false;
    Ok(())
}

async fn store(lent: &mut Lent) -> Result<Ending, DbErr> {
    match lent.run("COMMIT").await {
        Ok(_) => {
            lent.in_transaction = false;
            Ok(Ending::Stored)
        }
        Err(error) => match Trouble::of(&error) {
            // PostgreSQL has undone it, and warns of a second word.
            Trouble::Conflict => {
                lent.in_transaction = false;
                Ok(Ending::Conflict(error))
            }
            _ => Err(error),
        },
    }
}

#[async_trait]
impl ConnectionTrait for Transaction {
    fn get_database_backend(&self) -> DbBackend {
        self.session.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.session.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        self.session.execute_unprepared(text).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.session.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.session.query_all_raw(statement).await
    }
}

//! The connection that a task works with. A request keeps one from its first statement to its answer; a transaction has
//! one to itself. Whoever asks the [`Database`](super::Database) within finds it without being handed it, so that no
//! statement of a transaction can slip by it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};

use async_trait::async_trait;
use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sea_orm::sqlx::Error as SqlxError;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::connection::{Connection, Connections, Lent};
use super::{Sources, Sql};

tokio::task_local! {
    static CURRENT: Option<Session>;
}

/// Connection that a task works with, and its transaction. Clones are the same session.
#[derive(Clone, Debug)]
pub(super) struct Session(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    connections: Connections,
    /// True if the connection is in a transaction, which ends with the session.
    is_transaction: bool,
    held: Arc<Mutex<Option<Lent>>>,
    trouble: std::sync::Mutex<Option<Trouble>>,
    /// True if a change was given up in the middle.
    abandoned: AtomicBool,
    /// True if a change was finished.
    finished: AtomicBool,
    /// Note of what is read, where somebody takes one.
    watched: std::sync::Mutex<Option<Sources>>,
}

/// Reason why a statement of a transaction failed, as far as that decides on the transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Another transaction was in the way: the same will go well another time.
    Conflict,
    /// A key is there already, or one is no longer there: perhaps since another transaction was faster.
    Key,
    /// Anything else.
    Error,
}

impl Trouble {
    pub(super) fn of(error: &DbErr) -> Self {
        let (DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))
        | DbErr::Conn(RuntimeErr::SqlxError(error))) = error
        else {
            return Self::Error;
        };
        let SqlxError::Database(error) = &**error else {
            return Self::Error;
        };
        match error.code().as_deref() {
            // Serialisation failure, deadlock.
            Some("40001" | "40P01") => Self::Conflict,
            // Foreign key, unique key, exclusion.
            Some("23503" | "23505" | "23P01") => Self::Key,
            _ => Self::Error,
        }
    }
}

impl Session {
    /// A session that reads: it borrows a connection when it needs one.
    pub(super) fn reading(connections: Connections) -> Self {
        Self::new(connections, None)
    }

    /// A session of a transaction that was begun on this connection.
    pub(super) fn of_transaction(connections: Connections, lent: Lent) -> Self {
        Self::new(connections, Some(lent))
    }

    fn new(connections: Connections, lent: Option<Lent>) -> Self {
        let is_transaction = lent.is_some();
        let held = Arc::new(Mutex::new(lent));
        let trouble = std::sync::Mutex::default();
        let (abandoned, finished) = (AtomicBool::default(), AtomicBool::default());
        Self(Arc::new(Shared {
            connections,
            is_transaction,
            held,
            trouble,
            abandoned,
            finished,
            watched: std::sync::Mutex::default(),
        }))
    }

    /// The session that this task works with.
    pub(super) fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok().flatten()
    }

    /// The transaction that this task works in.
    pub(super) fn transaction() -> Option<Self> {
        Self::current().filter(Self::is_transaction)
    }

    /// Lets a task work with a session, or with none.
    pub(super) async fn scope<F: Future>(session: Option<Self>, task: F) -> F::Output {
        CURRENT.scope(session, task).await
    }

    /// Takes note of what is read from now on.
    pub(super) fn watch(&self) -> Sources {
        let sources = Sources::default();
        *self.0.watched.lock().unwrap_or_else(PoisonError::into_inner) = Some(sources.clone());
        sources
    }

    /// Note of what is read, where somebody takes one.
    pub(super) fn watched(&self) -> Option<Sources> {
        self.0.watched.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// True if it is that of a transaction.
    pub(super) fn is_transaction(&self) -> bool {
        self.0.is_transaction
    }

    /// True if it belongs to this pool.
    pub(super) fn is_of(&self, connections: &Connections) -> bool {
        self.0.connections.is(connections)
    }

    /// Gives the connection of a session that reads back, until the next statement.
    pub(super) async fn release(&self) {
        if !self.0.is_transaction {
            self.0.held.lock().await.take();
        }
    }

    /// The connection, for one statement or several.
    pub(super) async fn hold(&self) -> Result<HeldConnection, DbErr> {
        let mut guard = Arc::clone(&self.0.held).lock_owned().await;
        if guard.is_none() {
            if self.0.is_transaction {
                return Err(DbErr::Custom("the transaction has ended".into()));
            }
            *guard = Some(self.0.connections.lend().await?);
        }
        Ok(HeldConnection::Session {
            guard,
            session: self.clone(),
        })
    }

    /// Takes the connection of a transaction out, to end it.
    pub(super) async fn take(&self) -> Option<Lent> {
        self.0.held.lock().await.take()
    }

    /// The first trouble that a statement had.
    pub(super) fn trouble(&self) -> Option<Trouble> {
        self.0.trouble.lock().map_or(Some(Trouble::Error), |trouble| *trouble)
    }

    pub(super) fn abandon(&self) {
        self.0.abandoned.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.0.abandoned.load(Ordering::Relaxed)
    }

    pub(super) fn finish_change(&self) {
        self.0.finished.store(true, Ordering::Relaxed);
    }

    /// True if one change is whole and another is not.
    pub(super) fn is_torn(&self) -> bool {
        self.is_abandoned() && self.0.finished.load(Ordering::Relaxed)
    }
}

/// A connection that is held for a while.
pub(super) enum HeldConnection {
    /// The connection of a session.
    Session {
        guard: OwnedMutexGuard<Option<Lent>>,
        session: Session,
    },
    /// One that was borrowed for this alone.
    Own(Lent),
}

impl HeldConnection {
    /// The connection for a statement, and who takes note of errors.
    fn parts(&mut self, sql: &str) -> Result<(&mut Connection, Option<&Session>), DbErr> {
        match self {
            Self::Session { guard, session } => {
                if let Some(sources) = session.watched() {
                    sources.note(sql)?;
                }
                let lent = guard
                    .as_deref_mut()
                    .ok_or_else(|| DbErr::Custom("the connection was given back".into()))?;
                Ok((lent, Some(session)))
            }
            Self::Own(lent) => Ok((lent, None)),
        }
    }

    /// The rows of a query as the database sends them.
    pub(super) fn stream(
        &mut self,
        sql: &Sql,
        backend: DbBackend,
    ) -> Result<BoxStream<'_, Result<QueryResult, DbErr>>, DbErr> {
        let (connection, session) = self.parts(sql.text())?;
        let session = session.cloned();
        Ok(connection
            .stream(sql.statement(backend))
            .inspect_err(move |error| note(session.as_ref(), error))
            .boxed())
    }

    pub(super) async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        let (connection, session) = self.parts(&statement.sql)?;
        connection
            .execute(statement)
            .await
            .inspect_err(|error| note(session, error))
    }

    pub(super) async fn run(&mut self, text: &str) -> Result<ExecResult, DbErr> {
        let (connection, session) = self.parts(text)?;
        connection.run(text).await.inspect_err(|error| note(session, error))
    }

    pub(super) async fn rows(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let (connection, session) = self.parts(&statement.sql)?;
        connection
            .rows(statement)
            .await
            .inspect_err(|error| note(session, error))
    }

    pub(super) async fn row(&mut self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let (connection, session) = self.parts(&statement.sql)?;
        connection
            .row(statement)
            .await
            .inspect_err(|error| note(session, error))
    }
}

/// Keeps the first error of a session in mind: what fails afterwards fails because of it.
fn note(session: Option<&Session>, error: &DbErr) {
    if let Some(session) = session
        && let Ok(mut trouble) = session.0.trouble.lock()
    {
        trouble.get_or_insert(Trouble::of(error));
    }
}

#[async_trait]
impl ConnectionTrait for Session {
    fn get_database_backend(&self) -> DbBackend {
        self.0.connections.backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.hold().await?.execute(statement).await
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        self.hold().await?.run(text).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.hold().await?.row(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.hold().await?.rows(statement).await
    }
}

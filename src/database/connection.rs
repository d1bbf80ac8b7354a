//! One connection to SQLite or PostgreSQL, and the pool that lends connections out.
//!
//! The pool is bb8, not the one that sea-orm brings from sqlx: that one lends connections in turns, so that every one of
//! them prepares every statement anew, while bb8 can prefer the connection that was used last. deadpool can do that, too,
//! but closes no unused connections by itself.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bb8::{ManageConnection, PooledConnection, QueueStrategy, RunError};
use futures::stream::{self, BoxStream};
use futures::{StreamExt, TryStreamExt};
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{
    AssertSqlSafe, ConnectOptions, Connection as _, Error as SqlxError, PgConnection, SqliteConnection, query_with,
    raw_sql,
};
use sea_orm::{ConnAcquireErr, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, Statement, Values};
use sea_query_sqlx::SqlxValues;
use tracing::Instrument;

use super::counting::{self, Counter};
use super::dialect::{NOCASE, compare_nocase};

/// Time that somebody waits for a connection, or on SQLite for a writer of another process.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);
/// Time that a connection beyond the first may be unused before it is closed, with its memory. Those to a file are made
/// again at once.
const IDLE_LIMIT: Duration = Duration::from_secs(60);
const IDLE_SQLITE: Duration = Duration::from_secs(10);
/// A connection to PostgreSQL that was unused for this long is tried before it is lent out.
const TRIED_AFTER: Duration = Duration::from_secs(5);
/// Statements that a connection keeps prepared.
const PREPARED_STATEMENTS: usize = 512;
/// Settings by which PostgreSQL plans queries, where nobody has set them: the usual cost of a row that is not the next one is
/// that of a disk which has to move its head, by which parts of a list were read by a look at the whole table once that was
/// large; and to compile a plan takes longer than any query here gains by it.
const PLANNING: &str = "SELECT set_config(name, CASE name WHEN 'jit' THEN 'off' ELSE '1.1' END, false) FROM pg_settings \
     WHERE name IN ('jit', 'random_page_cost') AND source = 'default'";
/// Rows of each index that SQLite looks at to plan queries. With fewer, it takes a whole production for less than a page of it.
const ROWS_ANALYSED: u32 = 10_000;
/// Rows that a connection of SQLite reads before somebody takes them: enough for its thread to go on alone.
const ROWS_AHEAD: usize = 256;
/// Most connections to a SQLite file. Each is a thread.
const MOST_SQLITE: u32 = 16;

/// An open connection.
pub(super) struct Connection {
    link: DriverConnection,
    counter: Arc<Counter>,
    /// Moment at which it was last lent out or given back.
    used: Instant,
    /// True if a transaction is open on it.
    pub(super) in_transaction: bool,
}

enum DriverConnection {
    Postgres(Box<PgConnection>),
    Sqlite(Box<SqliteConnection>),
}

/// A connection that goes back to the pool when it is dropped.
pub(super) type Lent = PooledConnection<'static, Manager>;

impl fmt::Debug for Connection {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Connection")
            .field("in_transaction", &self.in_transaction)
            .finish_non_exhaustive()
    }
}

fn query_error(error: SqlxError) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

fn connection_error(error: SqlxError) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

fn parts(statement: Statement) -> (AssertSqlSafe<String>, SqlxValues) {
    (
        AssertSqlSafe(statement.sql),
        SqlxValues(statement.values.unwrap_or(Values(Vec::new()))),
    )
}

/// Sends a statement by a method of the library, converts the answer, and counts the statement. The queries of the two databases
/// have types of their own, so that no function takes both.
macro_rules! ask {
    ($connection:ident, $statement:ident, $method:ident, $convert:expr) => {{
        let started = Instant::now();
        let text = $statement.sql.clone();
        let span = counting::span(&text, $connection.backend());
        let (sql, values) = parts($statement);
        let answer = match &mut $connection.link {
            DriverConnection::Postgres(link) => query_with(sql, values)
                .$method(&mut **link)
                .instrument(span)
                .await
                .map($convert),
            DriverConnection::Sqlite(link) => query_with(sql, values)
                .$method(&mut **link)
                .instrument(span)
                .await
                .map($convert),
        };
        $connection.counter.count(&text, started);
        answer
    }};
}

impl Connection {
    fn backend(&self) -> DbBackend {
        match self.link {
            DriverConnection::Postgres(_) => DbBackend::Postgres,
            DriverConnection::Sqlite(_) => DbBackend::Sqlite,
        }
    }

    /// Executes a statement, and says how many rows it touched.
    pub(super) async fn execute(&mut self, statement: Statement) -> Result<ExecResult, DbErr> {
        ask!(self, statement, execute, ExecResult::from)
            .map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error))))
    }

    /// Executes text as it is, which may be several statements.
    pub(super) async fn run(&mut self, text: &str) -> Result<ExecResult, DbErr> {
        let started = Instant::now();
        let span = counting::span(text, self.backend());
        let sql = raw_sql(AssertSqlSafe(text.to_owned()));
        let done = match &mut self.link {
            DriverConnection::Postgres(link) => sql.execute(&mut **link).instrument(span).await.map(ExecResult::from),
            DriverConnection::Sqlite(link) => sql.execute(&mut **link).instrument(span).await.map(ExecResult::from),
        };
        // The beginning and the end of a transaction wait for others, too.
        self.counter.tell_slow(text, started);
        done.map_err(|error| DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error))))
    }

    /// The rows of a query.
    pub(super) async fn rows(&mut self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        ask!(self, statement, fetch_all, |rows| rows
            .into_iter()
            .map(QueryResult::from)
            .collect())
        .map_err(query_error)
    }

    /// The first row of a query.
    pub(super) async fn row(&mut self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        ask!(self, statement, fetch_optional, |row| row.map(QueryResult::from)).map_err(query_error)
    }

    /// The rows of a query as the database sends them.
    pub(super) fn stream(&mut self, statement: Statement) -> BoxStream<'_, Result<QueryResult, DbErr>> {
        self.counter.count_stream();
        let span = counting::span(&statement.sql, self.backend());
        let (sql, values) = parts(statement);
        let rows = match &mut self.link {
            DriverConnection::Postgres(link) => query_with(sql, values)
                .fetch(&mut **link)
                .map_ok(QueryResult::from)
                .map_err(query_error)
                .boxed(),
            DriverConnection::Sqlite(link) => query_with(sql, values)
                .fetch(&mut **link)
                .map_ok(QueryResult::from)
                .map_err(query_error)
                .boxed(),
        };
        if span.is_disabled() {
            return rows;
        }
        // The span lasts as long as the rows do.
        stream::unfold((rows, span), |(mut rows, span)| async move {
            rows.next().await.map(|row| (row, (rows, span)))
        })
        .boxed()
    }
}

/// Makes connections for the pool.
#[derive(Debug)]
pub(super) struct Manager {
    target: DatabaseAddress,
    counter: Arc<Counter>,
    /// True if connections are no longer lent out.
    closed: Arc<AtomicBool>,
}

#[derive(Debug)]
enum DatabaseAddress {
    Postgres(Box<PgConnectOptions>),
    Sqlite(Box<SqliteConnectOptions>),
}

impl Manager {
    /// Connections to the database at an address (`sqlite:…` or `postgres://…`).
    fn new(url: &str, counter: Arc<Counter>) -> Result<Self, DbErr> {
        let target = if url.starts_with("sqlite:") {
            let options: SqliteConnectOptions = url.parse().map_err(connection_error)?;
            DatabaseAddress::Sqlite(Box::new(
                options
                    .foreign_keys(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .busy_timeout(CONNECTION_TIMEOUT)
                    .statement_cache_capacity(PREPARED_STATEMENTS)
                    .row_buffer_size(ROWS_AHEAD)
                    .analysis_limit(ROWS_ANALYSED)
                    .collation(NOCASE, compare_nocase)
                    // Every connection has a cache of its own; the system keeps the file in mind for all of them.
                    .pragma("cache_size", "-2000")
                    .pragma("temp_store", "memory")
                    .disable_statement_logging(),
            ))
        } else {
            let options: PgConnectOptions = url.parse().map_err(connection_error)?;
            DatabaseAddress::Postgres(Box::new(
                options
                    .statement_cache_capacity(PREPARED_STATEMENTS)
                    .disable_statement_logging(),
            ))
        };
        Ok(Self {
            target,
            counter,
            closed: Arc::default(),
        })
    }

    /// Kind of the database.
    pub(super) fn backend(&self) -> DbBackend {
        match self.target {
            DatabaseAddress::Postgres(_) => DbBackend::Postgres,
            DatabaseAddress::Sqlite(_) => DbBackend::Sqlite,
        }
    }
}

impl ManageConnection for Manager {
    type Connection = Connection;
    type Error = DbErr;

    async fn connect(&self) -> Result<Connection, DbErr> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed));
        }
        let link = match &self.target {
            DatabaseAddress::Postgres(options) => {
                let mut link = options.connect().await.map_err(connection_error)?;
                raw_sql(PLANNING).execute(&mut link).await.map_err(connection_error)?;
                DriverConnection::Postgres(Box::new(link))
            }
            DatabaseAddress::Sqlite(options) => {
                DriverConnection::Sqlite(Box::new(options.connect().await.map_err(connection_error)?))
            }
        };
        Ok(Connection {
            link,
            counter: Arc::clone(&self.counter),
            used: Instant::now(),
            in_transaction: false,
        })
    }

    async fn is_valid(&self, connection: &mut Connection) -> Result<(), DbErr> {
        let unused = connection.used.elapsed();
        connection.used = Instant::now();
        match &mut connection.link {
            DriverConnection::Postgres(link) if unused > TRIED_AFTER => link.ping().await.map_err(connection_error),
            _ => Ok(()),
        }
    }

    /// A transaction that was broken off goes with its connection.
    fn has_broken(&self, connection: &mut Connection) -> bool {
        connection.used = Instant::now();
        connection.in_transaction || self.closed.load(Ordering::Relaxed)
    }
}

/// Connections to one database.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    pool: bb8::Pool<Manager>,
    backend: DbBackend,
    closed: Arc<AtomicBool>,
    in_memory: bool,
}

impl Connections {
    /// Connections to an address, the first of which is there.
    pub(super) async fn open(url: &str, size: u32, counter: Arc<Counter>) -> Result<Self, DbErr> {
        let manager = Manager::new(url, counter)?;
        let backend = manager.backend();
        let closed = Arc::clone(&manager.closed);
        let sqlite = backend == DbBackend::Sqlite;
        // A database in memory lives as long as its connection.
        let in_memory = url.contains(":memory:") || url.contains("mode=memory");
        let idle = (!in_memory).then_some(if sqlite { IDLE_SQLITE } else { IDLE_LIMIT });
        let size = if sqlite { size.min(MOST_SQLITE) } else { size };
        let pool = bb8::Pool::builder()
            .max_size(size.max(1))
            .min_idle(Some(1))
            .max_lifetime(None)
            .idle_timeout(idle)
            .reaper_rate(Duration::from_secs(5))
            .connection_timeout(CONNECTION_TIMEOUT)
            .queue_strategy(QueueStrategy::Lifo)
            .retry_connection(false)
            .build(manager)
            .await?;
        Ok(Self {
            pool,
            backend,
            closed,
            in_memory,
        })
    }

    /// True if they lead to a SQLite file.
    pub(super) fn is_to_a_file(&self) -> bool {
        self.backend == DbBackend::Sqlite && !self.in_memory
    }

    /// A connection that is none of the pool.
    pub(super) async fn separate(&self) -> Result<Connection, DbErr> {
        self.pool.dedicated_connection().await
    }

    /// Kind of the database.
    pub(super) fn backend(&self) -> DbBackend {
        self.backend
    }

    /// True if both lead to the same pool.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.closed, &other.closed)
    }

    /// A connection.
    pub(super) async fn lend(&self) -> Result<Lent, DbErr> {
        self.pool.get_owned().await.map_err(|error| match error {
            RunError::User(error) => error,
            RunError::TimedOut => DbErr::ConnectionAcquire(ConnAcquireErr::Timeout),
        })
    }

    /// Closes the connections that nobody uses, and the others once they come back.
    pub(super) async fn close(&self) {
        self.closed.store(true, Ordering::Relaxed);
        while self.pool.state().idle_connections > 0 {
            drop(self.pool.get_owned().await);
        }
    }
}

//! The way to the database, SQLite or PostgreSQL: connections, statements, and rows that become JSON without a detour.

mod counting;
pub mod dialect;
mod listing;
mod pages;
mod record_writer;
mod records;
mod rows;
mod sql;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use sea_orm::sqlx::{AssertSqlSafe, Error as SqlxError, query_with};
use sea_orm::{
    ConnectOptions, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, QueryResult, RuntimeErr, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait, Values,
};
use sea_query_sqlx::SqlxValues;

use self::counting::Counter;
pub(crate) use self::counting::describe;

pub use self::listing::{Outlet, Sent, send, stream_array, stream_lines};
pub use self::record_writer::{NestedWriter, RecordWriter};
pub use self::records::{insert, insert_ignoring_duplicates, insert_many, now, null, update, value_of};
pub use self::rows::{Field, RowWriter, write_datetime, write_text, write_uuid, write_value};
pub use self::sql::Sql;

/// A pool of connections. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Database {
    connection: DatabaseConnection,
    counter: Arc<Counter>,
}

/// How long a writer waits for another one on SQLite.
const BUSY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a connection beyond the first may be unused before it is closed, with its memory. Those to a file are made
/// again at once.
const IDLE: Duration = Duration::from_secs(60);
const IDLE_SQLITE: Duration = Duration::from_secs(10);
/// Rows of each index that SQLite looks at to plan queries.
const ROWS_ANALYSED: u32 = 1000;
/// Rows that a connection of SQLite reads before somebody takes them: enough for its thread to go on alone.
const ROWS_AHEAD: usize = 256;

impl Database {
    /// Connects to `sqlite://path` or `postgres://…`. A SQLite file is made when it is missing.
    ///
    /// # Errors
    /// The address is wrong, or nobody answers there.
    pub async fn connect(url: &str, pool_size: u32) -> Result<Self, DbErr> {
        // The names that other tools give to the same databases.
        let url = url.replacen("postgresql+psycopg://", "postgres://", 1).replacen("postgresql://", "postgres://", 1);
        let sqlite = url.starts_with("sqlite:");
        if let Some(folder) = url.strip_prefix("sqlite://").and_then(|path| Path::new(path).parent()) {
            std::fs::create_dir_all(folder).map_err(|error| DbErr::Custom(format!("{}: {error}", folder.display())))?;
        }
        let mut options = ConnectOptions::new(if sqlite && !url.contains('?') { format!("{url}?mode=rwc") } else { url });
        options
            .sqlx_logging(false)
            .max_connections(if sqlite { pool_size.min(16) } else { pool_size })
            .min_connections(1)
            .acquire_timeout(Duration::from_secs(30))
            .idle_timeout(if sqlite { IDLE_SQLITE } else { IDLE })
            .test_before_acquire(false);
        if sqlite {
            options.map_sqlx_sqlite_opts(|options| {
                options
                    .foreign_keys(true)
                    .journal_mode(sea_orm::sqlx::sqlite::SqliteJournalMode::Wal)
                    .synchronous(sea_orm::sqlx::sqlite::SqliteSynchronous::Full)
                    .busy_timeout(BUSY_TIMEOUT)
                    .statement_cache_capacity(256)
                    .row_buffer_size(ROWS_AHEAD)
                    .analysis_limit(ROWS_ANALYSED)
                    // Every connection has a cache of its own; the system keeps the file in mind for all of them.
                    .pragma("cache_size", "-2000")
                    .pragma("temp_store", "memory")
            });
        } else {
            options.test_before_acquire(true);
        }
        let mut connection = sea_orm::Database::connect(options).await?;
        let counter = Arc::new(Counter::default());
        let counted = Arc::clone(&counter);
        connection.set_metric_callback(move |info| counted.count(&info.statement.sql, info.elapsed));
        Ok(Self { connection, counter })
    }

    /// Statements that were executed so far.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.counter.total()
    }

    /// The pool, to read with.
    #[must_use]
    pub fn read(&self) -> &DatabaseConnection {
        &self.connection
    }

    /// Which of the two databases it is.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    /// Starts a transaction that will write. On SQLite it takes the writer's place at once: a transaction that read
    /// before it writes could not go on after another one wrote.
    ///
    /// # Errors
    /// No connection can be had.
    pub async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let sqlite_transaction_mode = matches!(self.backend(), DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
        self.connection.begin_with_options(TransactionOptions { sqlite_transaction_mode, ..TransactionOptions::default() }).await
    }

    /// Rows of a query that answers few.
    ///
    /// # Errors
    /// The database refuses the query.
    pub async fn rows(&self, sql: &Sql) -> Result<Vec<QueryResult>, DbErr> {
        self.connection.query_all_raw(sql.statement(self.backend())).await
    }

    /// Rows of a query that may answer many, as the database sends them.
    pub(crate) fn stream(&self, sql: &Sql) -> BoxStream<'_, Result<QueryResult, DbErr>> {
        let Statement { sql, values, .. } = sql.statement(self.backend());
        self.counter.count_stream();
        let (sql, values) = (AssertSqlSafe(sql), SqlxValues(values.unwrap_or(Values(Vec::new()))));
        let problem = |error: SqlxError| DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)));
        match self.backend() {
            DbBackend::Postgres => {
                query_with(sql, values).fetch(self.connection.get_postgres_connection_pool()).map_ok(QueryResult::from).map_err(problem).boxed()
            }
            _ => query_with(sql, values).fetch(self.connection.get_sqlite_connection_pool()).map_ok(QueryResult::from).map_err(problem).boxed(),
        }
    }

    /// Hands every row of a query over while the database sends the next ones.
    ///
    /// # Errors
    /// The database refuses the query, or `each` fails, which ends it.
    pub async fn each_row(&self, sql: &Sql, mut each: impl FnMut(&QueryResult) -> Result<(), DbErr> + Send) -> Result<(), DbErr> {
        let mut rows = self.stream(sql);
        while let Some(row) = rows.next().await {
            each(&row?)?;
        }
        Ok(())
    }

    /// The first row of a query.
    ///
    /// # Errors
    /// The database refuses the query.
    pub async fn row(&self, sql: &Sql) -> Result<Option<QueryResult>, DbErr> {
        self.connection.query_one_raw(sql.statement(self.backend())).await
    }

    /// Tells the planner of queries how many rows there are of what. PostgreSQL finds out by itself before long, SQLite
    /// never does.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn analyze(&self) -> Result<(), DbErr> {
        self.connection.execute_unprepared("ANALYZE").await.map(|_| ())
    }

    /// Closes all connections once nobody uses them.
    ///
    /// # Errors
    /// A connection can't be closed cleanly.
    pub async fn close(self) -> Result<(), DbErr> {
        self.connection.close().await
    }
}

/// Rows of a query inside a transaction.
///
/// # Errors
/// The database refuses the query.
pub async fn rows(connection: &impl ConnectionTrait, sql: &Sql) -> Result<Vec<QueryResult>, DbErr> {
    connection.query_all_raw(sql.statement(connection.get_database_backend())).await
}

/// The first row of a query inside a transaction.
///
/// # Errors
/// The database refuses the query.
pub async fn row(connection: &impl ConnectionTrait, sql: &Sql) -> Result<Option<QueryResult>, DbErr> {
    connection.query_one_raw(sql.statement(connection.get_database_backend())).await
}

/// Executes a statement, and says how many rows it touched.
///
/// # Errors
/// The database refuses the statement.
pub async fn execute(connection: &impl ConnectionTrait, sql: &Sql) -> Result<u64, DbErr> {
    let done = connection.execute_raw(sql.statement(connection.get_database_backend())).await?;
    Ok(done.rows_affected())
}

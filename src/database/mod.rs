//! The way to the database, SQLite or PostgreSQL: connections, statements, and rows that become JSON without a detour.
//!
//! Reading is done with the [`Database`] itself. Writing is done in a transaction ([`Database::transact`]), or with a single
//! statement that is whole in itself ([`Database::change`]).

mod address;
mod connection;
mod counting;
pub mod dialect;
mod exact;
mod explain;
pub mod json;
mod links;
mod listing;
mod outlet;
mod pages;
pub mod paging;
mod record_writer;
mod records;
mod rows;
mod select_list;
mod session;
mod sources;
mod sql;
mod transaction;
mod version;

use std::collections::HashSet;
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use futures::StreamExt;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, FromQueryResult, QueryResult, Statement,
    TryGetable,
};
use tokio::sync::{Mutex, RwLock};
use uuid::Uuid;

use self::connection::Connections;
use self::counting::Counter;
pub(crate) use self::counting::{STATEMENT_DURATION, describe};
use self::session::{HeldConnection, Session};
use self::version::Lookout;

pub use self::address::sqlite_file;
pub use self::exact::ExactWriter;
pub use self::explain::{explain, is_missing_table};
pub use self::links::Links;
pub use self::listing::{Sent, send_written, stream_array, stream_lines, stream_objects};
pub use self::outlet::Outlet;
pub use self::record_writer::{NestedWriter, RecordWriter};
pub use self::records::{
    insert, insert_ignoring_duplicates, insert_many, now, null, update, update_all_differing, update_differing,
    update_many, value_of,
};
pub use self::rows::{Field, RowWriter, write_column, write_datetime, write_text, write_uuid};
pub use self::select_list::{SelectList, SelectedColumn};
pub use self::sources::{Sources, Tables};
pub use self::sql::Sql;
pub use self::transaction::{Transaction, Writes};
pub use self::version::{FileVersion, SNAPSHOT};

/// Most ids that one statement names: both databases limit the number of placeholders.
pub const BATCH: usize = 10_000;

/// A database. Cheap to clone.
///
/// Statements go over the connection that the task works with, if it has one: that of its request, or that of the
/// transaction around it.
#[derive(Clone, Debug)]
pub struct Database {
    url: Arc<str>,
    connections: Connections,
    counter: Arc<Counter>,
    /// Order among those who write, see [`transaction`].
    writers: Arc<RwLock<()>>,
    lookout: Arc<Mutex<Lookout>>,
}

/// Makes the folder of a SQLite file.
fn make_folder(file: &Path) -> Result<(), DbErr> {
    let Some(folder) = file.parent() else {
        return Ok(());
    };
    std::fs::create_dir_all(folder)
        .map_err(|error| DbErr::Custom(format!("the folder {} can't be made: {error}", folder.display())))
}

impl Database {
    /// Connects to `sqlite://path` or `postgres://…`. A SQLite file is made when it is missing.
    ///
    /// # Errors
    /// The address is wrong, or nobody answers there.
    pub async fn connect(url: &str, pool_size: u32) -> Result<Self, DbErr> {
        // The names that other tools give to the same databases.
        let mut url =
            url.replacen("postgresql+psycopg://", "postgres://", 1)
                .replacen("postgresql://", "postgres://", 1);
        if let Some(file) = sqlite_file(&url) {
            make_folder(&file)?;
        }
        if url.starts_with("sqlite:") {
            // The address is read by two libraries, one of which takes no blank in it.
            url = url.replace(' ', "%20");
            if !url.contains('?') {
                url.push_str("?mode=rwc");
            }
        }
        let counter = Arc::new(Counter::default());
        let connections = Connections::open(&url, pool_size, Arc::clone(&counter)).await?;
        Ok(Self {
            url: url.into(),
            connections,
            counter,
            writers: Arc::default(),
            lookout: Arc::default(),
        })
    }

    /// A connection of its own for what changes the schema.
    ///
    /// # Errors
    /// Nobody answers.
    pub async fn schema_connection(&self) -> Result<DatabaseConnection, DbErr> {
        let mut options = sea_orm::ConnectOptions::new(&*self.url);
        options.sqlx_logging(false).max_connections(1);
        sea_orm::Database::connect(options).await
    }

    /// Logs statements that take so many milliseconds from now on; 0 for none.
    pub fn name_slow(&self, milliseconds: u64) {
        self.counter.name_slow(milliseconds);
    }

    /// Statements that were executed so far.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.counter.total()
    }

    /// Kind of the database.
    #[must_use]
    pub fn backend(&self) -> DbBackend {
        self.connections.backend()
    }

    /// Lets a task keep one connection, from its first statement on.
    pub async fn keeping<F: Future>(&self, task: F) -> F::Output {
        Session::scope(Some(Session::reading(self.connections.clone())), task).await
    }

    /// Lets a task borrow a connection for each statement: one that does long work in between.
    pub async fn apart<F: Future>(&self, task: F) -> F::Output {
        Self::release().await;
        Session::scope(None, task).await
    }

    /// Gives the connection of this task back until its next statement, before it waits for somebody else.
    pub async fn release() {
        if let Some(session) = Session::current() {
            session.release().await;
        }
    }

    /// Takes note of what the task reads from now on; none where it keeps no connection.
    #[must_use]
    pub fn watch(&self) -> Option<Sources> {
        self.session().map(|session| session.watch())
    }

    /// The connection for the next statement.
    async fn held(&self) -> Result<HeldConnection, DbErr> {
        match self.session() {
            Some(session) => session.hold().await,
            None => Ok(HeldConnection::Own(self.connections.lend().await?)),
        }
    }

    fn session(&self) -> Option<Session> {
        Session::current().filter(|session| session.is_of(&self.connections))
    }

    /// Rows of a query that answers few.
    ///
    /// # Errors
    /// The database refuses the query.
    pub async fn rows(&self, sql: &Sql) -> Result<Vec<QueryResult>, DbErr> {
        self.query_all_raw(sql.statement(self.backend())).await
    }

    /// Hands every row of a query over while the database sends the next ones.
    ///
    /// # Errors
    /// The database refuses the query, or `each` fails, which ends it.
    pub async fn each_row(
        &self,
        sql: &Sql,
        mut each: impl FnMut(&QueryResult) -> Result<(), DbErr> + Send,
    ) -> Result<(), DbErr> {
        let mut held = self.held().await?;
        let mut rows = held.stream(sql, self.backend())?;
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
        self.query_one_raw(sql.statement(self.backend())).await
    }

    /// Executes one statement that is whole in itself, and says how many rows it touched. It is stored at once, unless it is
    /// part of a transaction.
    ///
    /// # Errors
    /// The database refuses the statement.
    pub async fn change(&self, sql: &Sql) -> Result<u64, DbErr> {
        let _alone = self.alone().await;
        Ok(self
            .held()
            .await?
            .execute(sql.statement(self.backend()))
            .await?
            .rows_affected())
    }

    /// Executes one statement that is whole in itself, and gives the rows that it returns.
    ///
    /// # Errors
    /// The database refuses the statement.
    pub async fn change_returning(&self, sql: &Sql) -> Result<Vec<QueryResult>, DbErr> {
        let _alone = self.alone().await;
        self.held().await?.rows(sql.statement(self.backend())).await
    }

    /// The place of the one writer that SQLite has, unless this task holds it.
    async fn alone(&self) -> Option<tokio::sync::RwLockWriteGuard<'_, ()>> {
        let needed =
            self.backend() == DbBackend::Sqlite && !self.session().is_some_and(|session| session.is_transaction());
        if needed { Some(self.writers.write().await) } else { None }
    }

    /// Tells the planner of queries how many rows there are of what. PostgreSQL finds out by itself before long, SQLite
    /// never does.
    ///
    /// # Errors
    /// The database does not answer.
    pub async fn analyze(&self) -> Result<(), DbErr> {
        self.change(&Sql::new("ANALYZE")).await.map(|_| ())
    }

    /// Closes all connections once nobody uses them.
    pub async fn close(self) {
        self.connections.close().await;
        self.lookout.lock().await.close();
    }
}

/// States that what this task answers depends on more than rows: on the clock, or on what this server keeps in mind.
pub fn depends_on_more() {
    if let Some(sources) = Session::current().and_then(|session| session.watched()) {
        sources.note_other();
    }
}

/// True if a statement only reads.
fn reads(statement: &Statement) -> bool {
    let text = statement.sql.trim_start();
    let begins = |word: &str| {
        text.get(..word.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(word))
    };
    begins("SELECT") || begins("WITH") || begins("PRAGMA")
}

fn not_here(statement: &str) -> DbErr {
    DbErr::Custom(format!("this is written in a transaction only: {statement}"))
}

/// Queries of the entities. Statements that change something are refused here: those belong into a transaction.
#[async_trait]
impl ConnectionTrait for Database {
    fn get_database_backend(&self) -> DbBackend {
        self.connections.backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        Err(not_here(&statement.sql))
    }

    async fn execute_unprepared(&self, text: &str) -> Result<ExecResult, DbErr> {
        Err(not_here(text))
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        if !reads(&statement) {
            return Err(not_here(&statement.sql));
        }
        match self.session() {
            Some(session) => session.query_one_raw(statement).await,
            None => self.held().await?.row(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        if !reads(&statement) {
            return Err(not_here(&statement.sql));
        }
        match self.session() {
            Some(session) => session.query_all_raw(statement).await,
            None => self.held().await?.rows(statement).await,
        }
    }
}

/// Rows of a query over this connection.
///
/// # Errors
/// The database refuses the query.
pub async fn rows(connection: &impl ConnectionTrait, sql: &Sql) -> Result<Vec<QueryResult>, DbErr> {
    connection
        .query_all_raw(sql.statement(connection.get_database_backend()))
        .await
}

/// The first row of a query over this connection.
///
/// # Errors
/// The database refuses the query.
pub async fn row(connection: &impl ConnectionTrait, sql: &Sql) -> Result<Option<QueryResult>, DbErr> {
    connection
        .query_one_raw(sql.statement(connection.get_database_backend()))
        .await
}

/// The ids that a query gives.
///
/// # Errors
/// The database refuses the query.
pub async fn ids(connection: &impl ConnectionTrait, sql: &Sql) -> Result<HashSet<Uuid>, DbErr> {
    Ok(read_values(connection, sql).await?.into_iter().collect())
}

/// Rows of a query over this connection, read by the names of their columns.
///
/// # Errors
/// The database refuses the query, or a column does not hold what its field should.
pub async fn read_all<T: FromQueryResult>(connection: &impl ConnectionTrait, sql: &Sql) -> Result<Vec<T>, DbErr> {
    rows(connection, sql)
        .await?
        .iter()
        .map(|row| T::from_query_result(row, ""))
        .collect()
}

/// The first row of a query over this connection, read by the names of its columns.
///
/// # Errors
/// The database refuses the query, or a column does not hold what its field should.
pub async fn read_one<T: FromQueryResult>(connection: &impl ConnectionTrait, sql: &Sql) -> Result<Option<T>, DbErr> {
    row(connection, sql)
        .await?
        .map(|row| T::from_query_result(&row, ""))
        .transpose()
}

/// The values of a query of one column.
///
/// # Errors
/// The database refuses the query, or the column does not hold what it should.
pub async fn read_values<T: TryGetable>(connection: &impl ConnectionTrait, sql: &Sql) -> Result<Vec<T>, DbErr> {
    rows(connection, sql).await?.iter().map(only_value).collect()
}

/// The value that the first row of a query of one column holds.
///
/// # Errors
/// The database refuses the query, or the column does not hold what it should.
pub async fn read_value<T: TryGetable>(connection: &impl ConnectionTrait, sql: &Sql) -> Result<Option<T>, DbErr> {
    row(connection, sql).await?.map(|row| only_value(&row)).transpose()
}

/// The value of a row of one column. Such a column is often worked out, as in `SELECT COUNT(*)`, and has no name that both
/// databases know. Everything else is read by name, or by the [`SelectedColumn`] that its [`SelectList`] gave.
fn only_value<T: TryGetable>(row: &QueryResult) -> Result<T, DbErr> {
    row.try_get_by_index(0)
}

/// Executes a statement of a transaction, and says how many rows it touched.
///
/// # Errors
/// The database refuses the statement.
pub async fn execute(transaction: &impl Writes, sql: &Sql) -> Result<u64, DbErr> {
    let done = transaction
        .execute_raw(sql.statement(transaction.get_database_backend()))
        .await?;
    Ok(done.rows_affected())
}

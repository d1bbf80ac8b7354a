//! A server of its own for each test, in this process, on a database of its own.

use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use dailies::app::SharedApp;
use dailies::config::{DataArgs, Settings};
use dailies::database::Database;
use dailies::jobs::Workers;
use dailies::realtime::Realtime;
use dailies::server::{StreamGatekeeper, build, prepare, routes, start_workers, stream_options};
use dailies::storage::{Backend, Storage, StorageSettings};
use dailies::studio::seed::{Domain, seed};
use dailies::web::{Bound, Extras, application};
use poem::EndpointExt;
use tempfile::TempDir;
use temporary_postgres::TemporaryPostgres;
use tokio::runtime::Handle;
use tokio::sync::{OnceCell, oneshot};
use tokio::time::timeout;
use uuid::Uuid;

use super::{Client, Installation};

/// Database that a test runs on.
#[derive(Clone, Copy, Debug)]
pub enum On {
    Sqlite,
    Postgres,
}

/// A server that runs until it is stopped, or breaks off when it is dropped.
pub struct TestServer {
    pub url: String,
    pub app: SharedApp,
    http: reqwest::Client,
    place: Option<Place>,
    workers: Option<Workers>,
    stop: Option<oneshot::Sender<()>>,
    task: Option<tokio::task::JoinHandle<()>>,
}

/// Rest of a server that ended: its database, its files and its flags.
pub struct Place {
    folder: TempDir,
    database_url: String,
    flags: Vec<String>,
}

impl Place {
    /// One with an empty database and no files.
    pub async fn empty(on: On) -> Self {
        let folder = TempDir::new().expect("a folder");
        let database_url = match on {
            On::Sqlite => format!("sqlite://{}/test.db", folder.path().to_str().expect("a name in UTF-8")),
            On::Postgres => TestServer::empty_database().await,
        };
        Self {
            folder,
            database_url,
            flags: Vec::new(),
        }
    }

    /// A connection to its database.
    pub async fn database(&self) -> Database {
        Database::connect(&self.database_url, 2).await.expect("a connection")
    }

    /// Its stored files.
    pub async fn storage(&self) -> Storage {
        let folder = self.folder.path().join("previews");
        Storage::open(&StorageSettings {
            bucket_prefix: String::new(),
            backend: Backend::Local { folder },
        })
        .await
        .expect("a storage")
    }
}

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    data: DataArgs,
    #[command(flatten)]
    settings: Settings,
}

/// One cluster for all tests of this program.
async fn cluster() -> &'static TemporaryPostgres {
    static CLUSTER: OnceCell<TemporaryPostgres> = OnceCell::const_new();
    CLUSTER
        .get_or_init(|| async { TemporaryPostgres::start().await.expect("a PostgreSQL cluster") })
        .await
}

/// Server without an address in a folder, on a database with a pool of that size, with more flags. Says whether the database
/// was empty.
pub async fn unbound_server(folder: &str, database_url: &str, pool_size: u32, flags: &[&str]) -> (SharedApp, bool) {
    let given = [
        "test",
        "--data-dir",
        folder,
        "--database-url",
        database_url,
        "--secret-key",
        "a secret for tests",
    ];
    let silent: &[&str] = if flags.contains(&"--mail-enabled") {
        &[]
    } else {
        &["--mail-enabled", "false"]
    };
    let Flags { data, settings } = Flags::parse_from(given.iter().chain(silent).chain(flags));
    let database = Database::connect(database_url, pool_size).await.expect("a connection");
    let fresh = prepare(&database).await.expect("a schema");
    (
        Arc::new(build(&data, settings, database).await.expect("a server")),
        fresh,
    )
}

impl TestServer {
    /// A server with the usual flags.
    pub async fn start(on: On) -> Self {
        Self::start_with(on, &[]).await
    }

    /// A server with more flags.
    pub async fn start_with(on: On, flags: &[&str]) -> Self {
        let flags = flags.iter().map(|flag| (*flag).to_owned()).collect();
        let place = match on {
            On::Sqlite => Place::empty(on).await,
            On::Postgres => Place {
                folder: TempDir::new().expect("a folder"),
                database_url: Self::seeded_database().await,
                flags: Vec::new(),
            },
        };
        Self::start_at(Place { flags, ..place }).await
    }

    /// The address of a database of PostgreSQL with the base data: a copy of one that the first test makes, since making all
    /// tables anew takes longer than many a test.
    async fn seeded_database() -> String {
        static TEMPLATE: OnceCell<String> = OnceCell::const_new();
        let template = TEMPLATE
            .get_or_init(|| async {
                let place = Self::start_at(Place::empty(On::Postgres).await).await.stop().await;
                place.database_url
            })
            .await;
        cluster().await.copy_database(template).await.expect("a database")
    }

    /// The address of a database of PostgreSQL that nobody else uses.
    pub async fn empty_database() -> String {
        cluster().await.create_database().await.expect("a database")
    }

    /// A server where another one ended.
    pub async fn start_at(place: Place) -> Self {
        let Place {
            folder,
            database_url,
            flags,
        } = &place;
        let path = folder.path().to_str().expect("a name in UTF-8");
        let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
        let (app, fresh) = unbound_server(path, database_url, 8, &flags).await;
        if fresh {
            seed(&app, Domain::default()).await.expect("base data");
        }
        let (realtime, stream) = Realtime::new(
            Arc::new(StreamGatekeeper(app.clone())),
            stream_options(&app).await.expect("options"),
        );
        app.bus.connect(realtime);
        let extras = Extras {
            realtime: Some(stream.boxed()),
            metrics: None,
        };
        let endpoint = application(routes(&app), &app.settings, extras).expect("an application");
        let workers = start_workers(&app);
        let bound = Bound::to("127.0.0.1", 0)
            .await
            .expect("a port")
            .limited(&app.settings, 0);
        let url = format!("http://{}", bound.address());
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            // Without anybody who could say so, it runs on until it is aborted.
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let task = tokio::spawn(async move { bound.serve(endpoint, shutdown).await.expect("it runs") });
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self {
            url,
            app,
            http,
            place: Some(place),
            workers: Some(workers),
            stop: Some(stop),
            task: Some(task),
        }
    }

    /// Another server on the same database.
    pub async fn beside(&self) -> Self {
        self.beside_with("").await
    }

    /// Another server on the same database, with more of an address behind that of the database.
    pub async fn beside_with(&self, options: &str) -> Self {
        let Place {
            database_url, flags, ..
        } = self.place.as_ref().expect("a place");
        let folder = TempDir::new().expect("a folder");
        Self::start_at(Place {
            folder,
            database_url: format!("{database_url}{options}"),
            flags: flags.clone(),
        })
        .await
    }

    /// Commands of the program on the database of this server, with a data folder of their own.
    pub fn commands(&self) -> Installation {
        let Place { database_url, .. } = self.place.as_ref().expect("a place");
        Installation::on_database(database_url, &[])
    }

    /// Ends the server as a signal does: requests in flight are answered, and jobs come to an end or go back to the queue.
    pub async fn stop(mut self) -> Place {
        self.app.bus.hang_up().await;
        self.stop
            .take()
            .expect("a running server")
            .send(())
            .expect("a running server");
        self.task
            .take()
            .expect("a running server")
            .await
            .expect("an orderly end");
        self.workers
            .take()
            .expect("workers")
            .close(Duration::from_secs(2))
            .await;
        self.app.bus.close().await;
        self.app.database.clone().close().await;
        self.place.take().expect("a place")
    }

    /// Lets nobody do jobs here any more.
    pub async fn stop_workers(&mut self) {
        self.workers
            .take()
            .expect("workers")
            .close(Duration::from_secs(2))
            .await;
    }

    /// Breaks the server off wherever it is, as a crash does.
    pub fn kill(mut self) -> Place {
        self.place.take().expect("a place")
    }

    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Client {
        Client {
            url: self.url.clone(),
            token: None,
            http: self.http.clone(),
        }
    }

    /// A client with the token of a person.
    pub fn as_person(&self, id: Uuid) -> Client {
        let session = self.app.tokens.session(id, false).expect("a token");
        Client {
            token: Some(session.access),
            ..self.nobody()
        }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
        // The parts of a server hold each other, so its pool outlives it: without this, the connections of all tests
        // together are more than the cluster has. One that was killed or stopped is left as it is.
        if self.place.is_some() {
            let database = self.app.database.clone();
            tokio::task::block_in_place(|| {
                Handle::current().block_on(timeout(Duration::from_secs(1), database.close()))
            })
            .ok();
        }
    }
}

//! A server of its own for each test, in this process, on a database of its own.

use std::sync::Arc;

use clap::Parser;
use dailies::app::SharedApp;
use dailies::config::{DataArgs, Settings};
use dailies::database::Database;
use dailies::realtime::{Options, Realtime};
use dailies::server::{Doorkeeper, build, prepare, routes};
use dailies::studio::seed::{Domain, seed};
use dailies::web::{Bound, Extras, application};
use poem::EndpointExt;
use tempfile::TempDir;
use temporary_postgres::TemporaryPostgres;
use tokio::sync::OnceCell;
use uuid::Uuid;

use super::Client;

/// Which database a test runs on.
#[derive(Clone, Copy, Debug)]
pub enum On {
    Sqlite,
    Postgres,
}

/// A server that runs until it is dropped.
pub struct TestServer {
    pub url: String,
    pub app: SharedApp,
    http: reqwest::Client,
    _folder: TempDir,
    task: tokio::task::JoinHandle<()>,
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
    CLUSTER.get_or_init(|| async { TemporaryPostgres::start().await.expect("a PostgreSQL cluster") }).await
}

impl TestServer {
    pub async fn start(on: On) -> Self {
        Self::start_with(on, &[]).await
    }

    /// A server with more flags.
    pub async fn start_with(on: On, flags: &[&str]) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().to_str().expect("a name in UTF-8");
        let url = match on {
            On::Sqlite => format!("sqlite://{path}/test.db"),
            On::Postgres => cluster().await.create_database().await.expect("a database"),
        };
        let base = ["test", "--data-dir", path, "--database-url", &url, "--secret-key", "a secret for tests", "--mail-enabled", "false"];
        let Flags { data, settings } = Flags::parse_from(base.iter().chain(flags));
        let database = Database::connect(&url, 8).await.expect("a connection");
        prepare(&database).await.expect("a schema");
        let app = Arc::new(build(&data, settings, database).await.expect("a server"));
        seed(&app, Domain::default()).await.expect("base data");
        let (realtime, door) = Realtime::new(Arc::new(Doorkeeper(app.clone())), Options::default());
        app.bus.connect(realtime);
        let extras = Extras { realtime: Some(door.boxed()), metrics: None };
        let endpoint = application(routes(&app), &app.settings, extras).expect("an application");
        let bound = Bound::to("127.0.0.1", 0).await.expect("a port");
        let url = format!("http://{}", bound.address());
        let task = tokio::spawn(async move { bound.serve(endpoint, std::future::pending()).await.expect("it runs") });
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Self { url, app, http, _folder: folder, task }
    }

    /// Somebody who is not signed in.
    pub fn nobody(&self) -> Client {
        Client { url: self.url.clone(), token: None, http: self.http.clone() }
    }

    /// A client with the token of a person.
    pub fn as_person(&self, id: Uuid) -> Client {
        let session = self.app.tokens.session(id, false).expect("a token");
        Client { token: Some(session.access), ..self.nobody() }
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

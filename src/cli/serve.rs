//! `serve`: runs the server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use poem::EndpointExt;
use sea_orm::DbBackend;

use super::log::Log;
use super::work_folder::WorkFolder;
use super::{CommandResult, connect, first_steps, private, unknown_variables};
use crate::app::SharedApp;
use crate::auth::accounts::{self, Administrator};
use crate::auth::made_up_password;
use crate::config::{DataArgs, Settings};
use crate::database::Sql;
use crate::jobs;
use crate::realtime::Realtime;
use crate::server::{self, StreamGatekeeper};
use crate::storage::Backend;
use crate::studio::seed::{Domain, seed};
use crate::telemetry::Telemetry;
use crate::web::{self, Application, Extras, HeldPort, Metrics};

/// Time that jobs may take to end once nobody is served any more.
const JOBS_END_TIMEOUT: Duration = Duration::from_secs(20);
/// Most files that may be open, where the system allows as many.
const MOST_FILES: u64 = 65_536;
/// Period in which what has expired is removed, and the rows are counted.
const CLEANUP_PERIOD: Duration = Duration::from_secs(3600);
/// Period in which marks of change are added up, and memory of listings is given back.
const MARKS_PERIOD: Duration = Duration::from_secs(20);

pub(super) async fn run(data: DataArgs, settings: Settings) -> CommandResult {
    let telemetry = Telemetry::begin(&settings.telemetry)?;
    tokio::spawn(Log::begin(&data, &settings.log, telemetry.output())?.follow());
    for sentence in settings.doubts() {
        tracing::warn!("{sentence}");
    }
    for sentence in unknown_variables() {
        tracing::warn!("{sentence}");
    }
    // Nothing is made or changed for a server that nobody can reach.
    let port = HeldPort::take(&settings.host, settings.port).await?;
    let work_folder = WorkFolder::open(settings.files.tmp_dir.as_ref())?;
    work_folder.move_in();
    let database = connect(&data).await?;
    let fresh = server::prepare(&database).await?;
    let app = Arc::new(server::build(&data, settings, database).await?);
    if let Backend::Local { folder } = server::storage_settings(&data, &app.settings)?.backend {
        private::close_files(&folder);
    }
    if fresh {
        seed(&app, Domain::default()).await?;
    }
    first_administrator(&app).await?;
    let application = application(&app, &telemetry).await?;
    tokio::spawn(tell_of_programs(app.clone()));
    tokio::spawn(tell_of_storage(app.clone()));
    let sweeper = tokio::spawn(sweep(app.clone()));
    let adder = tokio::spawn(add_marks_up(app.clone()));
    let workers = server::start_workers(&app);
    let bound = port.listen()?.limited(&app.settings, most_connections());
    print_address(&data, &app.settings, bound.address(), fresh);
    let bus = app.bus.clone();
    let shutdown = async move {
        stop_signal().await;
        tracing::info!("shutting down");
        bus.hang_up().await;
    };
    bound.serve(application, shutdown).await?;
    sweeper.abort();
    adder.abort();
    workers.close(JOBS_END_TIMEOUT).await;
    // What was answered and done last is heard at the other servers, too.
    app.bus.close().await;
    app.database.clone().close().await;
    telemetry.close().await;
    Ok(())
}

/// Says that stored files are out of reach, and why: a bucket that is missing, or a key without rights.
async fn tell_of_storage(app: SharedApp) {
    if let Err(error) = app.storage.reach().await {
        tracing::error!(%error, "stored files can't be reached");
    }
}

/// The operations, the stream of events and the metrics, as they are served.
async fn application(app: &SharedApp, telemetry: &Telemetry) -> Result<Application, Box<dyn std::error::Error>> {
    let (realtime, endpoint) = Realtime::new(
        Arc::new(StreamGatekeeper(app.clone())),
        server::stream_options(app).await?,
    );
    app.bus.connect(realtime);
    let listeners = app.bus.clone();
    let metrics = Metrics::install(telemetry.meter(), move || listeners.listeners())?;
    let extras = Extras {
        realtime: Some(endpoint.boxed()),
        metrics: Some(metrics),
    };
    Ok(web::application(server::routes(app), &app.settings, extras)?)
}

/// Prints where the server listens, and the first steps on a fresh database.
fn print_address(data: &DataArgs, settings: &Settings, bound: SocketAddr, fresh: bool) {
    let address = first_steps::reachable(bound);
    println!("Dailies listens on http://{bound}; its API is described at http://{address}/docs");
    if fresh {
        print!("{}", first_steps::text(data, settings, &address));
    }
}

/// Says which programs are missing, and what is not done without them.
async fn tell_of_programs(app: SharedApp) {
    if !app.programs.read_movies().await {
        tracing::warn!(
            "the programs ffmpeg and ffprobe are not installed, or not where DAILIES_FFMPEG and DAILIES_FFPROBE say: movies are stored \
             as they are sent, and nothing is made of them"
        );
    }
    if !app.programs.draw_documents().await {
        tracing::warn!(
            "the program pdftoppm is not installed, or not where DAILIES_PDFTOPPM says: PDF files have no pictures"
        );
    }
}

/// Number of connections that there may be: the database, stored files and files on their way need some of the files that
/// may be open, too. That number is raised as far as the system lets it be.
fn most_connections() -> usize {
    #[cfg(unix)]
    match rlimit::increase_nofile_limit(MOST_FILES) {
        Ok(files) => return usize::try_from(files / 4 * 3).unwrap_or_default(),
        Err(error) => tracing::warn!(%error, "how many files may be open can't be told"),
    }
    0
}

/// Makes an administrator where nobody exists, and says once how to sign in. A password that was given on purpose makes
/// its account whoever else exists.
async fn first_administrator(app: &SharedApp) -> CommandResult {
    let email = &app.settings.admin_email;
    if let Some(password) = &app.settings.admin_password {
        match accounts::create_admin(app, email, Some(password)).await? {
            Administrator::Created(_) => println!("{email} can sign in as an administrator."),
            Administrator::Promoted(_) => println!("{email} is an administrator now, with the password of before."),
            Administrator::Unchanged(_) => {
                tracing::info!("the administrator that the settings name is there already, and keeps the password");
            }
        }
        return Ok(());
    }
    if app
        .database
        .row(&Sql::new("SELECT 1 FROM person LIMIT 1"))
        .await?
        .is_none()
    {
        let password = made_up_password();
        // Another server on the same database may be faster.
        if let Administrator::Created(_) = accounts::create_admin(app, email, Some(&password)).await? {
            println!("An administrator was made. This is shown once:\n  e-mail    {email}\n  password  {password}");
        }
    }
    Ok(())
}

async fn sweep(app: SharedApp) {
    let mut ticks = tokio::time::interval(CLEANUP_PERIOD);
    loop {
        ticks.tick().await;
        if let Err(error) = app.store.sweep().await {
            tracing::warn!(%error, "expired facts could not be removed");
        }
        if let Err(error) = jobs::sweep(&app.database).await {
            tracing::warn!(%error, "jobs that were given up could not be removed");
        }
        if app.database.backend() == DbBackend::Sqlite
            && let Err(error) = app.database.analyze().await
        {
            tracing::warn!(%error, "queries are planned without knowing the rows");
        }
    }
}

async fn add_marks_up(app: SharedApp) {
    let mut ticks = tokio::time::interval(MARKS_PERIOD);
    loop {
        ticks.tick().await;
        if let Err(error) = app.conditional.sweep(&app.database).await {
            tracing::warn!(%error, "marks of change could not be added up");
        }
    }
}

async fn stop_signal() {
    let interrupt = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        let Ok(mut terminate) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) else {
            let _ended = interrupt.await;
            return;
        };
        tokio::select! {
            _ = interrupt => {}
            _ = terminate.recv() => {}
        }
    }
    #[cfg(not(unix))]
    let _ended = interrupt.await;
}

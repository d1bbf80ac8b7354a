//! Puts the server together: its parts, its handlers, and the stream of events.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use dailies_definitions::call::RouteTable;
use dailies_definitions::failure::Failure;
use dailies_definitions::{Api, Handlers};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use poem::http::{HeaderMap, StatusCode};
use poem_openapi::OpenApi;
use sea_orm::{DbBackend, DbErr};
use tokio::sync::Semaphore;
use uuid::Uuid;

use crate::access::{self, AccessGuard};
use crate::app::{App, SharedApp};
use crate::auth::{AccountEmail, AuthenticationHandlers, made_up_password};
use crate::background::Jobs;
use crate::callers::Callers;
use crate::collections;
use crate::comments::CarriedFiles;
use crate::conditional::Conditional;
use crate::config::{CacheType, DataArgs, Settings};
use crate::credentials::attempts::Attempts;
use crate::credentials::guesses::Guesses;
use crate::credentials::passwords::Passwords;
use crate::credentials::tokens::Tokens;
use crate::crud::Engine;
use crate::database::{Database, Sql};
use crate::jobs::{Registry, Workers};
use crate::mail::{MailError, Mailer};
use crate::messengers::Messengers;
use crate::notifications::{NotificationEmail, NotificationMessage};
use crate::pictures::PictureBudget;
use crate::playlists::{MovieBuild, MovieLetter};
use crate::previews::{FilePictures, MissingTiles, Processing};
use crate::programs::Programs;
use crate::realtime::{Admitted, Bus, Gatekeeper, ListenerRefusal, Options, Relay, Team};
use crate::removal::RemovedFiles;
use crate::sessions;
use crate::sharing::ShareInvitation;
use crate::storage::{Backend, S3Settings, Storage, StorageError, StorageSettings};
use crate::store::Store;

/// Reason why the server can't start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("the database can't be used: {0}")]
    Database(#[from] DbErr),
    #[error(
        "this database was made by another server. Run `dailies adopt` with the same --database-url to take it over; nothing in it is changed or dropped"
    )]
    NotAdopted,
    #[error(
        "a newer release of Dailies has worked on this database, and nothing was changed in it. Start that release, or restore the backup from before the upgrade"
    )]
    Newer,
    #[error("this database belongs to another program, and nothing was changed in it")]
    Foreign,
    #[error("{0}: {1}")]
    File(String, io::Error),
    #[error("the file storage can't be used: {0}")]
    Storage(#[from] StorageError),
    #[error("Redis can't be used: {0}")]
    Redis(#[from] redis::RedisError),
    #[error("e-mails can't be sent: {0}")]
    Mail(#[from] MailError),
    #[error("messages to chat services can't be sent: {0}")]
    Messengers(#[from] reqwest::Error),
    #[error("FS_BACKEND is {0}; known are local and s3")]
    Backend(String),
}

/// Brings the database to the schema of this release. Says whether a studio is still to be made in it: it was empty before, or
/// what made it was broken off.
///
/// # Errors
/// The database is not ours, or can't be changed.
pub async fn prepare(database: &Database) -> Result<bool, StartError> {
    use migration::State;
    let state = migration::state(database).await?;
    match state {
        State::ReferenceWithoutBaseline => return Err(StartError::NotAdopted),
        State::Newer => return Err(StartError::Newer),
        State::Foreign => return Err(StartError::Foreign),
        State::Current => {}
        State::Empty | State::Behind => migration::up(&database.schema_connection().await?).await?,
    }
    let begun = Sql::new("SELECT 1 FROM project_status UNION ALL SELECT 1 FROM person LIMIT 1");
    Ok(state == State::Empty || database.row(&begun).await?.is_none())
}

/// The parts of a server, on a database that is prepared.
///
/// # Errors
/// A part can't be had.
pub async fn build(data: &DataArgs, settings: Settings, database: Database) -> Result<App, StartError> {
    let secret = match &settings.secret_key {
        Some(secret) => secret.clone(),
        None => kept_secret(&data.data_dir)?,
    };
    database.name_slow(settings.slow_statement);
    let store = Store::new(database.clone());
    let keeps = settings.cache_type != Some(CacheType::Null);
    let conditional = Conditional::new(
        &[
            &settings.user_limit,
            &settings.nb_records_per_page,
            &settings.public_address(),
        ],
        keeps.then_some(settings.cache_memory),
    );
    Ok(App {
        tokens: Tokens::new(&secret),
        passwords: Passwords::new(),
        attempts: Attempts::new(settings.sign_in.sign_in_rate),
        callers: Callers::new(database.clone(), keeps.then(|| conditional.clone())),
        conditional,
        bus: Bus::default(),
        pictures: PictureBudget::new(settings.files.picture_memory, settings.files.max_image_pixels),
        programs: Programs::new(&settings.media),
        media: Some(settings.media.media_max_concurrent_requests)
            .filter(|most| *most > 0)
            .map(|most| Arc::new(Semaphore::new(most))),
        storage: Storage::open(&storage_settings(data, &settings)?).await?,
        mailer: Mailer::new(&settings.mail)?,
        messengers: Messengers::new(&settings.chats)?,
        jobs: Jobs::default(),
        guesses: Guesses::new(store.clone()),
        store,
        database,
        settings,
    })
}

/// Options of the stream of events: which pages it trusts, and what joins it to that of other servers.
///
/// # Errors
/// The database does not answer, or the settings make no address of a Redis.
pub async fn stream_options(app: &App) -> Result<Options, StartError> {
    let settings = &app.settings;
    let relay = match settings.redis_host() {
        Some(host) => Some(Relay::new(
            redis_client(host, settings)?,
            format!("dailies:{}", installation(&app.database).await?),
        )),
        None => None,
    };
    let mut origins = settings.cors_allowed_origins.clone();
    origins.push(settings.public_address());
    Ok(Options {
        origins,
        proxies: settings.trusted_proxies.clone(),
        relay,
        ..Options::default()
    })
}

/// Name that tells this installation from others on the same Redis: servers with the same database are one. A copy of a
/// database under another name is an installation of its own.
async fn installation(database: &Database) -> Result<String, DbErr> {
    let made = Sql::with(
        "INSERT INTO dailies_store (key, value) VALUES ('installation', $1) ON CONFLICT (key) DO NOTHING",
        [Uuid::new_v4().to_string().into()],
    );
    database.change(&made).await?;
    let name = match database.backend() {
        DbBackend::Postgres => "current_database()::text",
        _ => "'dailies'",
    };
    let row = database
        .row(&Sql::new(format!(
            "SELECT value, {name} AS name FROM dailies_store WHERE key = 'installation'"
        )))
        .await?;
    let row = row.ok_or_else(|| DbErr::RecordNotFound("the name of the installation".into()))?;
    Ok(format!(
        "{}:{}",
        row.try_get::<String>("", "value")?,
        row.try_get::<String>("", "name")?
    ))
}

/// The Redis that the settings name.
fn redis_client(host: &str, settings: &Settings) -> Result<redis::Client, redis::RedisError> {
    redis::Client::open(redis_address(host, settings))
}

fn redis_address(host: &str, settings: &Settings) -> String {
    let password = settings.kv_password.as_deref().filter(|password| !password.is_empty());
    let password = password.map(|password| format!(":{}@", utf8_percent_encode(password, NON_ALPHANUMERIC)));
    format!("redis://{}{host}:{}/0", password.unwrap_or_default(), settings.kv_port)
}

/// Place where the settings keep files.
///
/// # Errors
/// They name a place of no known kind.
pub fn storage_settings(data: &DataArgs, settings: &Settings) -> Result<StorageSettings, StartError> {
    let files = &settings.files;
    let backend = match files.fs_backend.as_str() {
        "local" => Backend::Local {
            folder: files
                .preview_folder
                .clone()
                .unwrap_or_else(|| data.data_dir.join("previews")),
        },
        "s3" => Backend::S3(S3Settings {
            region: files.fs_s3_region.clone(),
            endpoint: files.fs_s3_endpoint.clone(),
            access_key: files.fs_s3_access_key.clone(),
            secret_key: files.fs_s3_secret_key.clone(),
            create_buckets: files.fs_s3_create_bucket,
            encrypted: files.fs_s3_aes256_encrypted,
            encryption_key: files.fs_s3_aes256_key.clone(),
        }),
        other => return Err(StartError::Backend(other.to_owned())),
    };
    Ok(StorageSettings {
        bucket_prefix: files.fs_bucket_prefix.clone(),
        backend,
    })
}

/// The key in the data folder, which is made on the first start. Nobody but the owner can read it.
fn kept_secret(folder: &Path) -> Result<String, StartError> {
    let path = folder.join("secret_key");
    let problem = |error| StartError::File(path.display().to_string(), error);
    match fs::read_to_string(&path) {
        Ok(secret) if !secret.trim().is_empty() => return Ok(secret.trim().to_owned()),
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(problem(error)),
        _ => {}
    }
    fs::create_dir_all(folder).map_err(problem)?;
    let secret: String = (0..3).map(|_| made_up_password()).collect();
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).map_err(problem)?;
    file.write_all(secret.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(problem)?;
    Ok(secret)
}

/// Lets the jobs of every kind be done here.
#[must_use]
pub fn start_workers(app: &SharedApp) -> Workers {
    if app.settings.jobs.enable_job_queue_remote {
        tracing::warn!("ENABLE_JOB_QUEUE_REMOTE is set; jobs are done by this server all the same");
    }
    Workers::start(
        app,
        Registry::default()
            .with::<AccountEmail>()
            .with::<NotificationEmail>()
            .with::<NotificationMessage>()
            .with::<Processing>()
            .with::<MissingTiles>()
            .with::<FilePictures>()
            .with::<RemovedFiles>()
            .with::<CarriedFiles>()
            .with::<MovieBuild>()
            .with::<MovieLetter>()
            .with::<ShareInvitation>(),
    )
}

/// Every route of the contract, answered by this server.
#[must_use]
pub fn routes(app: &SharedApp) -> RouteTable {
    let mut routes = RouteTable::new();
    Api(handlers(app)).add_routes(&mut routes);
    routes
}

/// The handlers of every tag of the contract.
#[must_use]
pub fn handlers(app: &SharedApp) -> Handlers {
    Handlers {
        guard: Arc::new(AccessGuard(app.clone())),
        crud: Arc::new(Engine::new(app.clone(), collections::resource)),
        status: Arc::new(crate::status::StatusHandlers::new(app.clone())),
        authentication: Arc::new(AuthenticationHandlers::new(app.clone())),
        people: Arc::new(crate::people::PeopleHandlers(app.clone())),
        studio: Arc::new(crate::studio::StudioHandlers(app.clone())),
        productions: Arc::new(crate::productions::ProductionsHandlers(app.clone())),
        project_templates: Arc::new(crate::productions::ProjectTemplatesHandlers(app.clone())),
        budgets: Arc::new(crate::budgets::BudgetsHandlers(app.clone())),
        quotas: Arc::new(crate::quotas::QuotasHandlers(app.clone())),
        schedules: Arc::new(crate::schedules::SchedulesHandlers(app.clone())),
        entities: Arc::new(crate::entities::EntitiesHandlers(app.clone())),
        assets: Arc::new(crate::entities::AssetsHandlers(app.clone())),
        shots: Arc::new(crate::entities::ShotsHandlers(app.clone())),
        sequences: Arc::new(crate::entities::SequencesHandlers(app.clone())),
        episodes: Arc::new(crate::entities::EpisodesHandlers(app.clone())),
        edits: Arc::new(crate::entities::EditsHandlers(app.clone())),
        concepts: Arc::new(crate::entities::ConceptsHandlers(app.clone())),
        scenes: Arc::new(crate::entities::ScenesHandlers(app.clone())),
        asset_instances: Arc::new(crate::instances::AssetInstancesHandlers(app.clone())),
        casting: Arc::new(crate::casting::CastingHandlers(app.clone())),
        tasks: Arc::new(crate::tasks::TasksHandlers(app.clone())),
        chats: Arc::new(crate::chats::ChatsHandlers(app.clone())),
        files: Arc::new(crate::files::FilesHandlers(app.clone())),
        comments: Arc::new(crate::comments::CommentsHandlers(app.clone())),
        previews: Arc::new(crate::previews::PreviewsHandlers(app.clone())),
        playlists: Arc::new(crate::playlists::PlaylistsHandlers(app.clone())),
        sharing: Arc::new(crate::sharing::SharingHandlers(app.clone())),
        user: Arc::new(crate::user::UserHandlers(app.clone())),
        exports: Arc::new(crate::export::ExportsHandlers(app.clone())),
        imports: Arc::new(crate::imports::ImportsHandlers(app.clone())),
        search: Arc::new(crate::search::SearchHandlers::new(app.clone())),
        sources: Arc::new(crate::sources::SourcesHandlers(app.clone())),
        events: Arc::new(crate::event_log::EventsHandlers(app.clone())),
    }
}

/// Reason why the stream is closed to somebody whom the API refuses so.
fn refusal(failure: &Failure) -> ListenerRefusal {
    let Failure::Answer { status, body, .. } = failure else {
        return ListenerRefusal::Invalid;
    };
    let text = body["msg"]
        .as_str()
        .or_else(|| body["message"].as_str())
        .unwrap_or_default();
    match *status {
        StatusCode::FORBIDDEN => ListenerRefusal::SecondFactor,
        _ if text.starts_with("Missing JWT") => ListenerRefusal::MissingToken,
        _ if text == "Signature has expired" => ListenerRefusal::Expired,
        _ if text == "Token has been revoked" => ListenerRefusal::Revoked,
        _ if text == "Only non-refresh tokens are allowed" => ListenerRefusal::RefreshToken,
        StatusCode::UNAUTHORIZED => ListenerRefusal::Inactive,
        _ => ListenerRefusal::Invalid,
    }
}

/// Decides who hears which events.
pub struct StreamGatekeeper(pub SharedApp);

#[async_trait]
impl Gatekeeper for StreamGatekeeper {
    async fn admit(&self, headers: &HeaderMap) -> Result<Admitted, ListenerRefusal> {
        let caller = AccessGuard(self.0.clone())
            .identify(headers, crate::realtime::PATH, false)
            .await
            .map_err(|failure| refusal(&failure))?;
        Ok(Admitted {
            person: caller.person.id,
            session: caller.token.id.clone(),
            hears_all: caller.is_admin(),
            looks_only: caller.person.preview.is_some(),
        })
    }

    async fn may_review(&self, person: Uuid, playlist: Uuid) -> bool {
        matches!(
            access::playlists::may_read(&self.0.database, person, playlist).await,
            Ok(true)
        )
    }

    async fn team(&self, project: Uuid) -> Arc<Team> {
        match access::team_of(&self.0.database, project).await {
            Ok(team) => Arc::new(team),
            Err(error) => {
                tracing::error!(%error, "the team of a production can't be known, so it hears nothing");
                Arc::default()
            }
        }
    }

    async fn person_changed(&self, person: Uuid) {
        sessions::changed_elsewhere(&self.0, person).await;
    }

    async fn session_ended(&self, session: &str) {
        sessions::revoked_elsewhere(&self.0, session).await;
    }

    async fn news_missed(&self) {
        sessions::forget_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::parsed;

    #[test]
    fn a_password_of_redis_may_have_any_letters() {
        let settings: Settings = parsed(&["--kv-password", "red is+p%w@"]).expect("settings");
        assert_eq!(
            redis_address("redis.example.com", &settings),
            "redis://:red%20is%2Bp%25w%40@redis.example.com:6379/0"
        );
    }
}

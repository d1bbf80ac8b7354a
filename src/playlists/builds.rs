//! Builds of playlists: movies that are made in the background, and what is told of them.

use chrono::{NaiveDateTime, TimeDelta};
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media, NoContent};
use dailies_definitions::playlists::BuildPlaylistMovieQuery;
use dailies_definitions::schemas::BuildJob;
use poem::http::StatusCode;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use serde_json::json;
use uuid::Uuid;

use super::movie::MovieBuild;
use super::names::Title;
use crate::access::playlists::{self, DOWNLOAD, KEEP, VIEW_BUILDS, require_manager};
use crate::app::App;
use crate::database::json::record;
use crate::database::{self, RecordWriter, Sql, stream_array};
use crate::events::{Work, payload, transact};
use crate::jobs;
use crate::pictures::SHOWN_AS_PICTURES;
use crate::previews::download::FileAnswer;
use crate::programs::{self, Program};
use crate::storage::{Bucket, Cache, Disposition, FileKey};

/// Key of the movie that a build makes.
pub(super) fn movie_key(build_id: Uuid) -> FileKey {
    FileKey::new(Bucket::Movies, "playlists", build_id)
}

/// The builds of all playlists of a production.
///
/// # Errors
/// 404 when there is no such production.
pub(super) async fn of_project(app: &App, project_id: Uuid) -> Result<Json<Vec<BuildJob>>, Failure> {
    super::listing::require_project(&app.database, project_id).await?;
    let writer = RecordWriter::new(&entity::build_job::TABLE, "b", "BuildJob");
    let sql = Sql::with(
        format!(
            "SELECT {} FROM build_job b JOIN playlist y ON y.id = b.playlist_id WHERE y.project_id = $1 ORDER BY b.created_at DESC, b.id",
            writer.columns()
        ),
        [project_id.into()],
    );
    Ok(stream_array(&app.database, sql, move |out, row| writer.write(out, row))
        .await?
        .into())
}

/// Begins to build a movie.
///
/// # Errors
/// 404 for an unknown playlist, 403 for those who don't manage its production, 400 when there is nothing to show, 409 when
/// a movie of it is being built, 503 without the programs for it.
pub(super) async fn begin(
    app: &App,
    caller: &Caller,
    playlist_id: Uuid,
    query: &BuildPlaylistMovieQuery,
) -> Result<Json<BuildJob>, Failure> {
    let still = query.still_duration.map(seconds).transpose()?;
    // Programs take a while to say whether they run, which no transaction has to wait for.
    let missing = app.programs.missing_for_movies().await;
    transact(app, || enter(app, caller, playlist_id, (query.full, still), missing)).await
}

/// Enters a build, and the job that does it.
async fn enter(
    app: &App,
    caller: &Caller,
    playlist_id: Uuid,
    (full, still): (bool, Option<f64>),
    missing: Option<Program>,
) -> Result<Json<BuildJob>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let relation = require_manager(&*work, caller, playlist_id).await?;
    if let Some(program) = missing {
        return Err(programs::missing(program));
    }
    if !shows_anything(&work, playlist_id, still.is_some()).await? {
        return Err(Failure::parameter(
            "The playlist has nothing that a movie could be made of.",
        ));
    }
    if is_being_built(app, &work, playlist_id).await? {
        return Err(Failure::plain(
            StatusCode::CONFLICT,
            "A build is already in progress for this playlist",
        ));
    }
    let id = store_build(&mut work, relation.project_id, playlist_id).await?;
    jobs::enqueue(
        &mut work,
        &[MovieBuild {
            build_id: id,
            author_id: caller.person.id,
            full,
            still,
        }],
    )
    .await?;
    let text = record(&*work, &entity::build_job::TABLE, "BuildJob", id)
        .await?
        .ok_or_else(Failure::not_found)?;
    work.finish().await?;
    Ok(Json::written(text))
}

/// The seconds that a picture is shown for.
fn seconds(wanted: f64) -> Result<f64, Failure> {
    if (0.04..=600.0).contains(&wanted) {
        Ok(wanted)
    } else {
        Err(Failure::parameter("still_duration has to be from 0.04 to 600 seconds."))
    }
}

/// True if a preview of the playlist is a movie, or a picture where those are wanted.
async fn shows_anything(work: &Work<'_>, playlist_id: Uuid, with_pictures: bool) -> Result<bool, Failure> {
    let previews: Vec<Uuid> = playlists::stored_entries(&**work, playlist_id)
        .await?
        .into_iter()
        .filter_map(|entry| entry.preview_file_id)
        .collect();
    let mut sql = Sql::new("SELECT 1 FROM preview_file p WHERE p.extension IN ");
    let pictures = SHOWN_AS_PICTURES.into_iter().filter(|_| with_pictures);
    sql.bind_list(["mp4"].into_iter().chain(pictures))
        .push(" AND p.id")
        .among(&previews)
        .push(" LIMIT 1");
    Ok(database::row(&**work, &sql).await?.is_some())
}

/// True if a build of the playlist runs. Those of a server that has ended for good do not count.
async fn is_being_built(app: &App, work: &Work<'_>, playlist_id: Uuid) -> Result<bool, DbErr> {
    let patience = TimeDelta::seconds(i64::try_from(app.settings.jobs.job_queue_timeout).unwrap_or(i64::MAX / 4_000));
    let sql = Sql::with(
        "SELECT 1 FROM build_job WHERE playlist_id = $1 AND status = 'running' AND created_at > $2",
        [playlist_id.into(), (database::now() - patience * 2).into()],
    );
    Ok(database::row(&**work, &sql).await?.is_some())
}

/// Stores a build that begins, and tells of it.
async fn store_build(work: &mut Work<'_>, project_id: Option<Uuid>, playlist_id: Uuid) -> Result<Uuid, DbErr> {
    let now = database::now();
    let values = vec![
        ("playlist_id", playlist_id.into()),
        ("status", "running".into()),
        ("job_type", "movie".into()),
        ("created_at", now.into()),
        ("updated_at", now.into()),
    ];
    let id = database::insert(&**work, &entity::build_job::TABLE, values).await?;
    let mut told = payload([("build_job_id", id), ("playlist_id", playlist_id)]);
    told.insert("created_at".into(), json!(now.format("%Y-%m-%dT%H:%M:%S").to_string()));
    work.emit_in(project_id, "build-job:new", told);
    Ok(id)
}

/// A build of a playlist.
#[derive(FromQueryResult)]
struct Build {
    status: String,
    created_at: Option<NaiveDateTime>,
}

async fn find(connection: &impl ConnectionTrait, playlist_id: Uuid, id: Uuid) -> Result<Build, Failure> {
    let sql = Sql::with(
        "SELECT status, created_at FROM build_job WHERE id = $1 AND playlist_id = $2",
        [id.into(), playlist_id.into()],
    );
    database::read_one(connection, &sql)
        .await?
        .ok_or_else(Failure::not_found)
}

/// One build.
///
/// # Errors
/// 404 for a build of another playlist, 403 for those who may not see builds.
pub(super) async fn get(app: &App, caller: &Caller, playlist_id: Uuid, id: Uuid) -> Result<Json<BuildJob>, Failure> {
    let database = &app.database;
    playlists::require(database, caller, playlist_id, &VIEW_BUILDS).await?;
    let writer = RecordWriter::new(&entity::build_job::TABLE, "b", "BuildJob");
    let sql = Sql::with(
        format!(
            "SELECT {} FROM build_job b WHERE b.id = $1 AND b.playlist_id = $2",
            writer.columns()
        ),
        [id.into(), playlist_id.into()],
    );
    let row = database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = Vec::with_capacity(512);
    writer.write(&mut out, &row)?;
    Ok(Json::written(out))
}

/// Deletes a build; one that still runs finds that out at its end.
///
/// # Errors
/// 404 for a build of another playlist, 403 for those who don't keep the playlist.
pub(super) async fn delete(app: &App, caller: &Caller, playlist_id: Uuid, id: Uuid) -> Result<NoContent, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let relation = playlists::require(&*work, caller, playlist_id, &KEEP).await?;
    find(&*work, playlist_id, id).await?;
    database::execute(&*work, &Sql::with("DELETE FROM build_job WHERE id = $1", [id.into()])).await?;
    work.emit_in(
        relation.project_id,
        "build-job:delete",
        payload([("build_job_id", id), ("playlist_id", playlist_id)]),
    );
    work.afterwards(move |app| Box::pin(discard(app, vec![id])));
    work.finish().await?;
    Ok(NoContent)
}

/// Removes the movies of builds whose records are gone, if the server is configured to.
pub async fn discard(app: &App, builds: Vec<Uuid>) {
    if !app.settings.files.remove_files {
        return;
    }
    for id in builds {
        let key = movie_key(id);
        if let Err(error) = app.storage.delete(&key).await {
            tracing::warn!(%key, %error, "the movie of a playlist could not be removed");
        }
    }
}

/// The movie of a build, to be saved.
///
/// # Errors
/// 404 for a build of another playlist, 403 for those who may not download, 400 for one that has not succeeded.
pub(super) async fn download(app: &App, caller: &Caller, playlist_id: Uuid, id: Uuid) -> Result<Media, Failure> {
    let database = &app.database;
    playlists::require(database, caller, playlist_id, &DOWNLOAD).await?;
    let build = find(database, playlist_id, id).await?;
    if build.status != "succeeded" {
        return Err(Failure::plain(StatusCode::BAD_REQUEST, "Build is not finished"));
    }
    let title = Title::find(database, playlist_id).await?;
    let moment = build.created_at.unwrap_or_default().format("%Y%m%d_%H%M%S");
    let name = format!("{moment}_{}.mp4", title.file_name());
    let keys = [movie_key(id)];
    let answer = FileAnswer::shown(&keys, "video/mp4", None);
    FileAnswer {
        disposition: Disposition::Attachment(&name),
        cache: Some(Cache::NoCache),
        ..answer
    }
    .send(app)
    .await
}

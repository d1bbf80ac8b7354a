//! `push`: one production of this server into another instance.

use dailies_definitions::rules::Collection;
use futures::StreamExt;
use reqwest::{Body, Method, multipart};
use sea_orm::FromQueryResult;
use serde_json::Value;
use uuid::Uuid;

use super::comparing::{Compared, compare_of};
use super::remote::Remote;
use super::stages::{Stage, stages};
use super::{PullError, scope};
use crate::app::App;
use crate::database::{self, Database, Sql};
use crate::previews::keys;
use crate::progress::Progress;
use crate::sources::ForeignRow;
use crate::storage::FileKey;

/// Rows that one request brings.
const ROWS: usize = 200;

/// Collections that another instance takes rows of, which is what belongs to a production.
const PUSHED_COLLECTIONS: [Collection; 15] = [
    Collection::Projects,
    Collection::MetadataDescriptors,
    Collection::Milestones,
    Collection::Entities,
    Collection::EntityLinks,
    Collection::ScheduleItems,
    Collection::Tasks,
    Collection::TimeSpents,
    Collection::PreviewFiles,
    Collection::Playlists,
    Collection::Comments,
    Collection::AttachmentFiles,
    Collection::Subscriptions,
    Collection::Notifications,
    Collection::News,
];

/// Columns that a preview gets with its file.
const WITH_FILE: [&str; 4] = ["original_name", "extension", "status", "file_size"];

/// Choices about what is pushed.
#[derive(Clone, Debug)]
pub struct PushOptions {
    pub production: String,
    /// True if the files of previews are left here.
    pub without_files: bool,
    /// Files that are sent at once.
    pub workers: usize,
    /// True if the other instance tells its clients of each row.
    pub broadcast: bool,
}

/// Result of a push.
#[derive(Clone, Debug, Default)]
pub struct Pushed {
    pub rows: u64,
    pub files: u64,
    /// Reasons why some of it was refused.
    pub refused: Vec<String>,
    pub compared: Vec<Compared>,
}

/// Brings one production to another instance, which has the persons, types and statuses that it names already.
///
/// # Errors
/// There is no such production here, or nobody answers there. What was refused is noted, and the rest goes on.
pub async fn push(app: &App, remote: &Remote, options: &PushOptions) -> Result<Pushed, PullError> {
    let production = find(&app.database, &options.production).await?;
    let mut pushed = Pushed::default();
    let progress = Progress::start(0);
    for stage in stages()
        .iter()
        .filter(|stage| PUSHED_COLLECTIONS.contains(&stage.collection))
    {
        progress.next(format!(
            "{}{}",
            stage.collection.name(),
            if stage.again { " (links)" } else { "" }
        ));
        for ids in ids(&app.database, stage.table().name, production).await?.chunks(ROWS) {
            let rows = rows(&app.database, stage, ids).await?;
            pushed.rows += rows.len() as u64;
            progress.more(rows.len());
            send_rows(remote, stage, &rows, options.broadcast, &mut pushed.refused).await?;
        }
    }
    progress.finish();
    if !options.without_files {
        files(app, remote, production, options.workers, &mut pushed).await?;
    }
    pushed.compared = compare_of(app, remote, Some(production)).await?;
    Ok(pushed)
}

/// Counts the rows of one production there and here, and pushes none.
///
/// # Errors
/// There is no such production here, or nobody answers there.
pub async fn compare_pushed(app: &App, remote: &Remote, production: &str) -> Result<Vec<Compared>, PullError> {
    let production = find(&app.database, production).await?;
    compare_of(app, remote, Some(production)).await
}

/// The id of a production of this server, by its name.
async fn find(database: &Database, name: &str) -> Result<Uuid, PullError> {
    let mut sql = Sql::new("SELECT id FROM project WHERE ");
    sql.same_text("name", name);
    let found: Option<Uuid> = database::read_value(database, &sql).await?;
    found.ok_or_else(|| PullError::NoProduction(name.to_owned(), "here"))
}

async fn ids(database: &Database, table: &str, production: Uuid) -> Result<Vec<Uuid>, PullError> {
    let sql = Sql::with(
        format!("SELECT id FROM \"{table}\" WHERE {} ORDER BY id", scope::belongs(table)),
        [production.into()],
    );
    Ok(database::read_values(database, &sql).await?)
}

async fn rows(database: &Database, stage: &Stage, ids: &[Uuid]) -> Result<Vec<ForeignRow>, PullError> {
    let mut rows = stage.source().rows(database, ids).await?;
    for row in &mut rows {
        stage.cut(row);
        if stage.collection == Collection::PreviewFiles {
            for key in WITH_FILE {
                row.remove(key);
            }
        }
    }
    Ok(rows)
}

/// Sends rows. When they are refused together, each is sent by itself.
async fn send_rows(
    remote: &Remote,
    stage: &Stage,
    rows: &[ForeignRow],
    broadcast: bool,
    refused: &mut Vec<String>,
) -> Result<(), PullError> {
    let path = format!("/import/kitsu/{}", stage.collection.name());
    let silent = if broadcast { "false" } else { "true" };
    let post = |rows: Vec<&ForeignRow>| {
        let request = remote
            .request(Method::POST, &path)
            .query(&[("silent", silent)])
            .json(&rows);
        remote.once(Method::POST, &path, request)
    };
    if post(rows.iter().collect()).await.is_ok() {
        return Ok(());
    }
    for row in rows {
        if let Err(error) = post(vec![row]).await {
            let id = row.get("id").and_then(Value::as_str).unwrap_or_default();
            refused.push(format!("{} {id}: {error}", stage.collection.name()));
        }
    }
    Ok(())
}

/// A preview with a file.
#[derive(Clone, Debug, FromQueryResult)]
struct PushedPreview {
    id: Uuid,
    original_name: Option<String>,
    extension: String,
}

/// Sends the files of previews, some at once, to those previews there that have none yet.
async fn files(
    app: &App,
    remote: &Remote,
    production: Uuid,
    workers: usize,
    pushed: &mut Pushed,
) -> Result<(), PullError> {
    let text = format!(
        "SELECT id, original_name, extension FROM preview_file WHERE extension IS NOT NULL AND {}",
        scope::belongs("preview_file")
    );
    let previews: Vec<PushedPreview> = database::read_all(&app.database, &Sql::with(text, [production.into()])).await?;
    let progress = Progress::start(previews.len());
    progress.part("Files", previews.len());
    let mut sent = futures::stream::iter(previews.into_iter().map(|preview| async move {
        let ending = upload(app, remote, &preview).await;
        (preview.id, ending)
    }))
    .buffer_unordered(workers.max(1));
    while let Some((id, ending)) = sent.next().await {
        match ending {
            Ok(done) => pushed.files += u64::from(done),
            Err(error) => pushed.refused.push(format!("file of preview {id}: {error}")),
        }
        progress.done(1);
    }
    drop(sent);
    progress.finish();
    Ok(())
}

/// Sends the file of a preview, unless the other instance has one or there is none here. Says whether it was sent.
async fn upload(app: &App, remote: &Remote, preview: &PushedPreview) -> Result<bool, PullError> {
    let there = remote.json(&format!("/data/preview-files/{}", preview.id), &[]).await?;
    if !there["original_name"].is_null() {
        return Ok(false);
    }
    for key in sources(preview) {
        let Some(file) = app.storage.get(&key, None).await? else {
            continue;
        };
        let name = preview.original_name.clone().unwrap_or_else(|| preview.id.to_string());
        let length = file.meta.size;
        let part = multipart::Part::stream_with_length(Body::wrap_stream(file.into_stream()), length);
        let form = multipart::Form::new().part("file", part.file_name(format!("{name}.{}", preview.extension)));
        let path = format!("/pictures/preview-files/{}", preview.id);
        remote
            .once(Method::POST, &path, remote.request(Method::POST, &path).multipart(form))
            .await?;
        return Ok(true);
    }
    Ok(false)
}

/// Keys of the best file of a preview: the one that was sent, where it is kept.
fn sources(preview: &PushedPreview) -> Vec<FileKey> {
    match preview.extension.as_str() {
        "png" => vec![keys::picture("original", preview.id)],
        "mp4" => {
            let [best, low, source] = keys::movie(preview.id);
            vec![source, best, low]
        }
        _ => vec![keys::generic(preview.id)],
    }
}

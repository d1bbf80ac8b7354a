//! Attached files as records and as downloads, those of chats included.

use chrono::NaiveDateTime;
use dailies_definitions::access::Caller;
use dailies_definitions::call::request_headers;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Media;
use poem::http::StatusCode;
use sea_orm::QueryResult;
use uuid::Uuid;

use crate::access::comments::readable_attachment;
use crate::app::App;
use crate::database::json::{array, records, write_key};
use crate::database::{RecordWriter, Sql};
use crate::storage::{Bucket, Cache, Delivery, Disposition, FileKey, ServeError, serve};

/// Media types that browsers show without running anything.
const SHOWN: [&str; 6] = [
    "image/avif",
    "image/bmp",
    "image/gif",
    "image/jpeg",
    "image/png",
    "image/webp",
];
/// Media types of files that are for saving, and still are told as what they are.
const SAVED: [&str; 2] = ["application/pdf", "video/mp4"];
/// Media type of anything else.
const BYTES: &str = "application/octet-stream";

/// Answers the content of an attached file.
///
/// # Errors
/// 404 for an unknown file, 403 for those who may not see what it is attached to, 416 for a part that is not there.
pub async fn download(app: &App, caller: &Caller, id: Uuid) -> Result<Media, Failure> {
    let row = readable_attachment(&app.database, caller, id).await?;
    send_attachment(app, id, &row).await
}

/// Sends the content of an attached file to somebody who may see it. The row has its `name`, `mimetype` and `updated_at`.
///
/// # Errors
/// 404 when the content is gone, 416 for a part that is not there.
pub async fn send_attachment(app: &App, id: Uuid, row: &QueryResult) -> Result<Media, Failure> {
    let name = row.try_get::<Option<String>>("", "name")?.unwrap_or_default();
    let media_type = sent_as(&row.try_get::<Option<String>>("", "mimetype")?.unwrap_or_default());
    let updated_at: Option<NaiveDateTime> = row.try_get("", "updated_at")?;
    let disposition = if SHOWN.contains(&media_type) {
        Disposition::Inline(&name)
    } else {
        Disposition::Attachment(&name)
    };
    let delivery = Delivery {
        content_type: media_type,
        disposition,
        cache: Cache::Private(u32::try_from(app.settings.client_cache_max_age).unwrap_or(u32::MAX)),
        last_modified: updated_at.map(|moment| moment.and_utc()),
        expected_size: None,
    };
    let headers = request_headers().unwrap_or_default();
    match serve(
        &app.storage,
        &[FileKey::new(Bucket::Files, "attachments", id)],
        &headers,
        &delivery,
    )
    .await
    {
        Ok(response) => Ok(Media::new(response)),
        Err(ServeError::Missing) => Err(Failure::not_found()),
        Err(ServeError::RangeNotSatisfiable) => Err(Failure::plain(
            StatusCode::RANGE_NOT_SATISFIABLE,
            "The requested range lies outside of the file.",
        )),
        Err(ServeError::Storage(error)) => Err(error.into()),
    }
}

/// Media type that a file is sent as, whose sender named this one. A type that a browser might run is told to nobody.
fn sent_as(named: &str) -> &'static str {
    let named = named.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // Some programs use this name.
    let named = if named == "image/jpg" {
        "image/jpeg"
    } else {
        named.as_str()
    };
    SHOWN
        .iter()
        .chain(&SAVED)
        .find(|known| **known == named)
        .copied()
        .unwrap_or(BYTES)
}

/// Subject whose files are listed.
#[derive(Clone, Copy, Debug)]
pub enum FilesOwner {
    Task(Uuid),
    Project(Uuid),
}

/// The files attached to comments, each with its comment, as JSON.
///
/// # Errors
/// The database does not answer.
pub async fn list(app: &App, of: FilesOwner) -> Result<Vec<u8>, Failure> {
    let writer = RecordWriter::new(&entity::attachment_file::TABLE, "f", "AttachmentFile");
    let mut sql = Sql::new(format!(
        "SELECT {} FROM attachment_file f JOIN comment c ON c.id = f.comment_id JOIN task t ON t.id = c.object_id WHERE ",
        writer.columns()
    ));
    match of {
        FilesOwner::Task(id) => sql.push("t.id = ").bind(id),
        FilesOwner::Project(id) => sql.push("t.project_id = ").bind(id),
    };
    sql.push(" ORDER BY f.created_at, f.id");
    let rows = app.database.rows(&sql).await?;
    let mut comments = Vec::with_capacity(rows.len());
    for row in &rows {
        comments.push(row.try_get::<Uuid>("", "comment_id")?);
    }
    let mut named = comments.clone();
    named.sort_unstable();
    named.dedup();
    let found = records(&app.database, &entity::comment::TABLE, "Comment", &named).await?;
    let mut written = Vec::with_capacity(rows.len());
    for (row, comment) in rows.iter().zip(&comments) {
        let mut out = Vec::with_capacity(1024);
        writer.write_open(&mut out, row)?;
        write_key(&mut out, "comment", found.get(comment).map(Vec::as_slice));
        write_key(&mut out, "chat_message", None);
        out.push(b'}');
        written.push(out);
    }
    Ok(array(written.iter().map(Vec::as_slice)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;

    #[test]
    fn what_a_browser_might_run_is_only_bytes() {
        for (named, sent) in [
            ("image/png", "image/png"),
            ("Image/JPG", "image/jpeg"),
            ("video/mp4; codecs=avc1", "video/mp4"),
            ("image/svg+xml", BYTES),
            ("text/html", BYTES),
            ("application/javascript", BYTES),
            ("", BYTES),
        ] {
            assert_eq!(sent_as(named), sent, "{named}");
        }
    }

    #[test]
    fn the_contract_declares_these_types_and_no_others() {
        let contract: Value = serde_json::from_str(dailies_definitions::CONTRACT).unwrap();
        let known: BTreeSet<&str> = SHOWN.iter().chain(&SAVED).chain([&BYTES]).copied().collect();
        let path = "/data/attachment-files/{attachment_file_id}/file/{file_name}";
        for path in [path.to_owned(), path.replace("/data", "/shared/playlists/{token}")] {
            for status in ["200", "206"] {
                let content = contract["paths"][&path]["get"]["responses"][status]["content"]
                    .as_object()
                    .unwrap();
                assert_eq!(
                    content.keys().map(String::as_str).collect::<BTreeSet<_>>(),
                    known,
                    "{path} {status}"
                );
            }
        }
    }
}

//! Files attached to comments and replies: kept, listed, removed.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::submission::{Submission, UploadedFile};
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Value};
use std::collections::HashMap;
use uuid::Uuid;

use crate::access::comments::{CommentSubject, KEEP};
use crate::app::App;
use crate::database::dialect::{JsonKey, json_list};
use crate::database::json::{TEXT, array};
use crate::database::{self, BATCH, Field, RowWriter, Sql, write_text, write_uuid};
use crate::events::{Work, transact};
use crate::previews::keys;
use crate::removal::discard_attachments;

/// Longest name of a file, in characters.
const LONGEST_NAME: usize = 250;
/// Longest extension, in characters.
const LONGEST_EXTENSION: usize = 6;

/// A file whose content is stored, and whose record is about to be.
#[derive(Clone, Debug)]
pub struct Attachment {
    pub id: Uuid,
    name: String,
    extension: Option<String>,
    mimetype: Option<String>,
    /// In bytes.
    size: i64,
}

/// The record that a file is attached to.
#[derive(Clone, Copy, Debug)]
pub enum Holder {
    Comment(Uuid),
    /// A reply of a comment.
    Reply {
        comment_id: Uuid,
        reply_id: Uuid,
    },
    ChatMessage(Uuid),
}

impl Holder {
    fn columns(self) -> [(&'static str, Value); 3] {
        let (comment_id, reply_id, message_id) = match self {
            Self::Comment(id) => (Some(id), None, None),
            Self::Reply { comment_id, reply_id } => (Some(comment_id), Some(reply_id), None),
            Self::ChatMessage(id) => (None, None, Some(id)),
        };
        [
            ("comment_id", comment_id.into()),
            ("reply_id", reply_id.into()),
            ("chat_message_id", message_id.into()),
        ]
    }
}

impl Attachment {
    fn of(file: &UploadedFile) -> Result<Self, Failure> {
        if file.name.chars().count() > LONGEST_NAME {
            return Err(Failure::parameter(format!(
                "The name of an attached file has more than {LONGEST_NAME} characters."
            )));
        }
        let extension = extension(&file.name)?;
        let claimed = file
            .media_type
            .clone()
            .filter(|kind| kind.len() <= 255 && !kind.contains('\0'));
        let mimetype = claimed.or_else(|| mime_guess::from_path(&file.name).first_raw().map(str::to_owned));
        let size = i64::try_from(file.size).unwrap_or(i64::MAX);
        Ok(Self {
            id: Uuid::new_v4(),
            name: file.name.clone(),
            extension,
            mimetype,
            size,
        })
    }

    /// Writes what answers tell of a new file.
    fn write(&self, out: &mut Vec<u8>, reply_id: Option<Uuid>) {
        out.extend_from_slice(b"{\"id\":");
        write_uuid(out, self.id);
        out.extend_from_slice(b",\"name\":");
        write_text(out, &self.name);
        out.extend_from_slice(b",\"extension\":");
        match &self.extension {
            Some(extension) => write_text(out, extension),
            None => out.extend_from_slice(b"null"),
        }
        out.extend_from_slice(format!(",\"size\":{}", self.size).as_bytes());
        if let Some(reply_id) = reply_id {
            out.extend_from_slice(b",\"reply_id\":");
            write_uuid(out, reply_id);
        }
        out.push(b'}');
    }
}

/// The text behind the last dot of a name, in lower case. Of a name without a dot the whole counts, where it is short.
fn extension(name: &str) -> Result<Option<String>, Failure> {
    let text = name.rsplit('.').next().unwrap_or_default().to_lowercase();
    if text.chars().count() <= LONGEST_EXTENSION {
        Ok(Some(text))
    } else if name.contains('.') {
        Err(Failure::parameter(format!(
            "The extension of an attached file has more than {LONGEST_EXTENSION} characters."
        )))
    } else {
        Ok(None)
    }
}

/// Stores the contents of files. Their records follow, in a transaction; when that fails, [`drop_contents`].
///
/// # Errors
/// 400 for a name that is too long; none is stored then.
pub async fn keep(app: &App, mut files: Vec<&UploadedFile>) -> Result<Vec<Attachment>, Failure> {
    // A browser sends a nameless, empty file for a field that nobody filled in.
    files.retain(|file| !file.name.is_empty() || file.size > 0);
    let attachments = files
        .iter()
        .map(|file| Attachment::of(file))
        .collect::<Result<Vec<_>, _>>()?;
    for (at, (attachment, file)) in attachments.iter().zip(&files).enumerate() {
        if let Err(error) = app.storage.put_file(&keys::attachment(attachment.id), &file.path).await {
            drop_contents(app, &attachments[..at]).await;
            return Err(error.into());
        }
    }
    Ok(attachments)
}

/// Removes the contents of files whose records were not stored.
pub async fn drop_contents(app: &App, files: &[Attachment]) {
    discard_attachments(app, files.iter().map(|file| file.id).collect()).await;
}

/// Stores the records of files, each with what it is attached to.
///
/// # Errors
/// The database refuses.
pub async fn store(work: &Work<'_>, files: &[(Holder, &Attachment)]) -> Result<(), DbErr> {
    let row = |(holder, file): &(Holder, &Attachment)| {
        let mut values = vec![
            ("id", file.id.into()),
            ("name", file.name.clone().into()),
            ("extension", file.extension.clone().into()),
            ("mimetype", file.mimetype.clone().into()),
            ("size", file.size.into()),
        ];
        values.extend(holder.columns());
        values
    };
    database::insert_many(
        &**work,
        &entity::attachment_file::TABLE,
        files.iter().map(row).collect(),
    )
    .await
}

/// New files as a JSON list; with a reply, each tells its id.
#[must_use]
pub fn list(files: &[Attachment], reply_id: Option<Uuid>) -> Vec<u8> {
    let written = files.iter().map(|file| {
        let mut out = Vec::with_capacity(128);
        file.write(&mut out, reply_id);
        out
    });
    let written: Vec<Vec<u8>> = written.collect();
    array(written.iter().map(Vec::as_slice))
}

/// SQL of the files of the comment `c` and its replies as a JSON list, each with its reply on request.
#[must_use]
pub fn of_comment(backend: DbBackend, with_reply: bool) -> String {
    let keys = [
        ("id", Kind::Uuid),
        ("name", TEXT),
        ("extension", TEXT),
        ("size", Kind::BigInteger),
    ];
    let keys = keys.into_iter().chain(with_reply.then_some(("reply_id", Kind::Uuid)));
    let keys: Vec<JsonKey> = keys
        .map(|(name, kind)| JsonKey::new(format!("f.{name}"), name, kind))
        .collect();
    json_list(
        backend,
        &keys,
        "attachment_file f WHERE f.comment_id = c.id",
        "f.created_at, f.name, f.id",
    )
}

/// The files of comments by the id of the comment: JSON objects with commas between them.
///
/// # Errors
/// The database does not answer.
pub async fn of_comments(
    connection: &impl ConnectionTrait,
    comments: &[Uuid],
) -> Result<HashMap<Uuid, Vec<u8>>, DbErr> {
    let fields = [
        ("id", Kind::Uuid),
        ("name", TEXT),
        ("extension", TEXT),
        ("size", Kind::BigInteger),
    ];
    let writer = RowWriter::new(fields.map(|(name, kind)| Field::new(name, kind)));
    let mut found: HashMap<Uuid, Vec<u8>> = HashMap::new();
    for comments in comments.chunks(BATCH) {
        let mut sql =
            Sql::new("SELECT id, name, extension, size, comment_id FROM attachment_file WHERE comment_id IN ");
        sql.bind_list(comments.iter().copied())
            .push(" ORDER BY created_at, name, id");
        for row in database::rows(connection, &sql).await? {
            let list = found.entry(row.try_get("", "comment_id")?).or_default();
            list.extend_from_slice(if list.is_empty() { b"{" } else { b",{" });
            writer.write(list, &row)?;
            list.push(b'}');
        }
    }
    Ok(found)
}

/// Attaches files to a comment, and gives the new ones as JSON.
///
/// # Errors
/// 404 for an unknown comment, 403 for those who may not, 400 for names that are too long.
pub async fn add(
    app: &App,
    caller: &Caller,
    task_id: Uuid,
    comment_id: Uuid,
    body: Submission,
) -> Result<Vec<u8>, Failure> {
    let subject = CommentSubject::find(&app.database, caller, comment_id).await?;
    require_keeper(caller, &subject, task_id)?;
    let files = keep(app, body.files.iter().collect()).await?;
    if let Err(error) = transact(app, || store_all(app, caller, comment_id, &files)).await {
        drop_contents(app, &files).await;
        return Err(error.into());
    }
    Ok(list(&files, None))
}

async fn store_all(app: &App, caller: &Caller, comment_id: Uuid, files: &[Attachment]) -> Result<(), DbErr> {
    let work = Work::begin(app, caller).await?;
    let files: Vec<_> = files.iter().map(|file| (Holder::Comment(comment_id), file)).collect();
    store(&work, &files).await?;
    work.finish().await
}

/// Removes a file from a comment.
///
/// # Errors
/// 404 for an unknown comment, 403 for those who may not, and for a file of another comment.
pub async fn remove(app: &App, caller: &Caller, task_id: Uuid, comment_id: Uuid, file_id: Uuid) -> Result<(), Failure> {
    let mut work = Work::begin(app, caller).await?;
    let subject = CommentSubject::find(&*work, caller, comment_id).await?;
    require_keeper(caller, &subject, task_id)?;
    let sql = Sql::with("SELECT comment_id FROM attachment_file WHERE id = $1", [file_id.into()]);
    let row = database::row(&*work, &sql).await?.ok_or_else(Failure::not_found)?;
    if row.try_get::<Option<Uuid>>("", "comment_id")? != Some(comment_id) {
        return Err(Failure::forbidden());
    }
    let sql = Sql::with("DELETE FROM attachment_file WHERE id = $1", [file_id.into()]);
    database::execute(&*work, &sql).await?;
    if app.settings.files.remove_files {
        work.afterwards(move |app| Box::pin(discard_attachments(app, vec![file_id])));
    }
    Ok(work.finish().await?)
}

/// Lets those in who keep a comment on a task.
///
/// # Errors
/// 403 for those who don't keep the comment, and when it is not on that task.
fn require_keeper(caller: &Caller, subject: &CommentSubject, task_id: Uuid) -> Result<(), Failure> {
    if subject.task_id != task_id {
        return Err(Failure::forbidden());
    }
    subject.require(caller, &KEEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn extensions_are_short() {
        assert_eq!(extension("Notes.of.PDF").ok(), Some(Some("pdf".into())));
        assert_eq!(extension("README").ok(), Some(Some("readme".into())));
        assert_eq!(extension("Makefile").ok(), Some(None));
        assert!(extension("scene.blender").is_err());
    }
}

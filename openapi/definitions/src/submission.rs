//! Bodies that bring files: the fields of a multipart form, and its files in temporary files.

use poem::web::Multipart;
use poem::{Body, FromRequest, Request, RequestBody};
use serde_json::{Map, Value};
use tempfile::TempPath;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::failure::Failure;

/// Most bytes that a field that is no file may have, and all fields of a form without files together.
pub(crate) const FIELD_LIMIT: usize = 500_000;
/// Most parts that a form may have.
const PART_LIMIT: usize = 1000;

/// What a form brought.
#[derive(Debug)]
pub struct Submission {
    /// Fields that are no files, by name. Of a field that is repeated the first counts.
    pub fields: Map<String, Value>,
    /// Files in the order in which they came.
    pub files: Vec<UploadedFile>,
}

/// One file that was sent. It is deleted when this value goes.
#[derive(Debug)]
pub struct UploadedFile {
    /// Name of the form's field.
    pub field: String,
    /// Name that the sender gave to the file, without folders.
    pub name: String,
    /// Media type that the sender claims.
    pub media_type: Option<String>,
    /// Where the bytes are.
    pub path: TempPath,
    /// Number of bytes.
    pub size: u64,
}

impl Submission {
    /// A field that is text.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.fields.get(name).and_then(Value::as_str)
    }

    /// The file of a field.
    #[must_use]
    pub fn file(&self, field: &str) -> Option<&UploadedFile> {
        self.files.iter().find(|file| file.field == field)
    }
}

pub(crate) async fn read_submission(request: &Request, body: &mut Body) -> Result<Submission, Failure> {
    let broken = |_| Failure::refused("The form that was sent is broken or incomplete.");
    let mut body = RequestBody::new(std::mem::replace(body, Body::empty()));
    let mut form = Multipart::from_request(request, &mut body).await.map_err(broken)?;
    let mut submission = Submission { fields: Map::new(), files: Vec::new() };
    let mut parts = 0;
    while let Some(part) = form.next_field().await.map_err(|_| Failure::refused("The form that was sent is broken or incomplete."))? {
        parts += 1;
        if parts > PART_LIMIT {
            return Err(crate::call::too_large());
        }
        let name = part.name().unwrap_or_default().to_owned();
        match part.file_name().map(base_name) {
            Some(file_name) => {
                let media_type = part.content_type().map(str::to_owned);
                let (file, path) = tempfile::NamedTempFile::new()?.into_parts();
                let mut file = tokio::fs::File::from_std(file);
                let size = tokio::io::copy(&mut part.into_async_read(), &mut file).await.map_err(upload_problem)?;
                file.flush().await?;
                submission.files.push(UploadedFile { field: name, name: file_name, media_type, path, size });
            }
            None => {
                let mut bytes = Vec::new();
                part.into_async_read().take(FIELD_LIMIT as u64 + 1).read_to_end(&mut bytes).await.map_err(upload_problem)?;
                if bytes.len() > FIELD_LIMIT {
                    return Err(crate::call::too_large());
                }
                let text = String::from_utf8(bytes).map_err(|_| Failure::field(name.clone(), "Input should be a valid string"))?;
                if text.contains('\0') {
                    return Err(Failure::field(name, "Input should be a valid string"));
                }
                submission.fields.entry(name).or_insert_with(|| text.into());
            }
        }
    }
    Ok(submission)
}

/// A body over the limit breaks off while its parts are read.
fn upload_problem(error: std::io::Error) -> Failure {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    while let Some(error) = cause {
        if error.to_string().contains("payload too large") {
            return crate::call::too_large();
        }
        cause = error.source();
    }
    Failure::refused("The form that was sent is broken or incomplete.")
}

/// The last part of a file name: senders may give whole paths.
fn base_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().replace('\0', "")
}

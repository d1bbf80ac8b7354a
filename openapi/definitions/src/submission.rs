//! Bodies that bring files: the fields of a multipart form, and its files in temporary files.

use poem::web::{Field, Multipart};
use poem::{Body, FromRequest, Request, RequestBody};
use serde_json::{Map, Value, json};
use tempfile::TempPath;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::facts::OperationFacts;
use crate::failure::Failure;

/// Most bytes that a field that is no file may have, and all fields of a form that is no multipart form together.
pub(crate) const FIELD_LIMIT: usize = 500_000;
/// Most fields and files that a form may have.
pub(crate) const PART_LIMIT: usize = 1000;

/// Contents of a form.
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
    /// Place of the bytes.
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

/// Reads a form. Files are only taken by operations that have them; of others, nothing is written anywhere.
pub(crate) async fn read_submission(
    request: &Request,
    body: &mut Body,
    facts: OperationFacts,
) -> Result<Submission, Failure> {
    let mut body = RequestBody::new(std::mem::replace(body, Body::empty()));
    let mut form = Multipart::from_request(request, &mut body)
        .await
        .map_err(|_| broken())?;
    let mut submission = Submission {
        fields: Map::new(),
        files: Vec::new(),
    };
    let mut room = facts.memory();
    let mut parts = 0;
    while let Some(part) = form.next_field().await.map_err(|error| upload_problem(&error))? {
        parts += 1;
        if parts > PART_LIMIT {
            return Err(too_many_fields());
        }
        if part.file_name().is_some() {
            if !facts.takes_files {
                return Err(Failure::field(
                    part.name().unwrap_or_default(),
                    "Input should be a valid string, not a file",
                ));
            }
            submission.files.push(UploadedFile::keep(part).await?);
        } else {
            let (name, text) = read_text(part, room.min(FIELD_LIMIT)).await?;
            room -= text.len();
            submission.fields.entry(name).or_insert_with(|| text.into());
        }
    }
    Ok(submission)
}

impl UploadedFile {
    /// Writes a part of a form into a temporary file.
    async fn keep(part: Field) -> Result<Self, Failure> {
        let field = part.name().unwrap_or_default().to_owned();
        let name = base_name(part.file_name().unwrap_or_default());
        let media_type = part.content_type().map(str::to_owned);
        let (file, path) = tempfile::NamedTempFile::new()?.into_parts();
        let mut file = tokio::fs::File::from_std(file);
        let size = tokio::io::copy(&mut part.into_async_read(), &mut file)
            .await
            .map_err(|error| upload_problem(&error))?;
        file.flush().await?;
        Ok(Self {
            field,
            name,
            media_type,
            path,
            size,
        })
    }
}

/// Name and text of a part that is no file.
async fn read_text(part: Field, limit: usize) -> Result<(String, String), Failure> {
    let name = part.name().unwrap_or_default().to_owned();
    let mut bytes = Vec::new();
    part.into_async_read()
        .take(limit as u64 + 1)
        .read_to_end(&mut bytes)
        .await
        .map_err(|error| upload_problem(&error))?;
    if bytes.len() > limit {
        return Err(crate::call::too_large());
    }
    match String::from_utf8(bytes) {
        Ok(text) if !text.contains('\0') => Ok((name, text)),
        _ => Err(Failure::field(name, "Input should be a valid string")),
    }
}

/// 400: the form has more fields than anybody needs.
pub(crate) fn too_many_fields() -> Failure {
    Failure::parameter_with(
        format!("A form may have at most {PART_LIMIT} fields."),
        json!({"limit": PART_LIMIT}),
    )
}

fn broken() -> Failure {
    Failure::refused("The form that was sent is broken or incomplete.")
}

/// A body over the limit breaks off while its parts are read.
fn upload_problem(error: &(dyn std::error::Error + 'static)) -> Failure {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.to_string().contains("payload too large") {
            return crate::call::too_large();
        }
        cause = error.source();
    }
    broken()
}

/// The last part of a file name: senders may give whole paths.
fn base_name(name: &str) -> String {
    name.rsplit(['/', '\\']).next().unwrap_or_default().replace('\0', "")
}

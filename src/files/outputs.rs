//! Output files: entered, and where they belong.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::{CreatedOutputFile, OutputFileAdd, OutputFileLocation, OutputFilePathRequest};
use entity::output_file::TABLE;
use uuid::Uuid;

use super::defaults::{self, Named, output_type};
use super::output_listings::OutputWriter;
use super::owner::Owner;
use super::paths::{is_person, malformed, refusal, separator, storable};
use super::revisions::{NAME, Series};
use crate::app::App;
use crate::database::{self, Sql, write_text};
use crate::events::{Work, payload};
use crate::file_trees::language::Thing;
use crate::file_trees::{Malformed, Path};

/// Mode of the file tree, unless a request names another one.
const MODE: &str = "output";

/// An output file that was entered.
pub(super) struct Entered {
    pub id: Uuid,
    pub path: String,
    place: Path,
}

/// 400 as clients know it of files of that owner.
fn refused(owner: Owner, text: &str) -> Failure {
    match owner {
        Owner::Entity { .. } => refusal(text),
        Owner::Instance(_) => Failure::record(text),
    }
}

/// Enters an output file, and answers it with the parts of its path.
pub(super) async fn create(
    app: &App,
    caller: &Caller,
    owner: Owner,
    body: OutputFileAdd,
) -> Result<Json<CreatedOutputFile>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let entered = enter(&mut work, caller, owner, body).await?;
    let mut text = OutputWriter::new().one(&*work, entered.id).await?;
    text.pop();
    text.extend_from_slice(b",\"folder_path\":");
    write_text(&mut text, &entered.place.folder);
    text.extend_from_slice(b",\"file_name\":");
    write_text(&mut text, &entered.place.file);
    text.push(b'}');
    work.finish().await?;
    Ok(Json::written(text))
}

/// Enters an output file, and tells of it.
///
/// # Errors
/// 404 and 400 as the contract says.
pub(super) async fn enter(
    work: &mut Work<'_>,
    caller: &Caller,
    owner: Owner,
    body: OutputFileAdd,
) -> Result<Entered, Failure> {
    let References {
        kind,
        person_id,
        file_status_id,
    } = references(work, caller, owner, &body).await?;
    let name = body.name.as_deref().unwrap_or(NAME);
    let series = Series {
        owner,
        output_type_id: kind.id,
        task_type_id: body.task_type_id,
        name,
    };
    let revision = series.given_or_next(&**work, caller.person.id, body.revision).await?;
    let representation = body.representation.as_deref().unwrap_or_default();
    require_new(work, series, representation, revision).await?;
    let file = OutputRequest {
        mode: body.mode.as_deref().unwrap_or(MODE),
        kind: &kind,
        series,
        representation,
        revision,
    };
    let (place, path) = locate(work, &file, &body).await?;
    let values = vec![
        ("name", name.into()),
        ("comment", body.comment.as_deref().unwrap_or_default().into()),
        ("extension", body.extension.as_deref().unwrap_or_default().into()),
        ("revision", revision.into()),
        ("representation", representation.into()),
        ("nb_elements", body.nb_elements.unwrap_or(1).into()),
        ("path", path.as_str().into()),
        ("file_status_id", file_status_id.into()),
        ("entity_id", owner.entity_id().into()),
        ("asset_instance_id", owner.instance_id().into()),
        ("temporal_entity_id", owner.temporal_entity_id().into()),
        ("output_type_id", kind.id.into()),
        ("task_type_id", body.task_type_id.into()),
        ("person_id", person_id.into()),
        ("source_file_id", body.working_file_id.into()),
    ];
    let id = database::insert(&**work, &TABLE, values).await?;
    work.emit_in(owner.project_id(), "output-file:new", payload([("output_file_id", id)]));
    Ok(Entered { id, path, place })
}

/// The place of a file that is entered, and its path there. Several elements of an entity share the name of their file.
///
/// # Errors
/// 400 when the tree does not say where it belongs, or for an extension or a path that can't be kept.
async fn locate(
    work: &mut Work<'_>,
    file: &OutputRequest<'_>,
    body: &OutputFileAdd,
) -> Result<(Path, String), Failure> {
    let owner = file.series.owner;
    let separator = separator(body.sep.as_ref());
    let mut place = file
        .place(work, separator)
        .await?
        .map_err(|problem| malformed_for(owner, &problem, body))?;
    let elements = body.nb_elements.unwrap_or(1);
    if elements > 1 && matches!(owner, Owner::Entity { .. }) {
        place.file = format!("{}_[1-{elements}]", place.file);
    }
    let extension = extension(body.extension.as_deref().unwrap_or_default())?;
    let path = storable(format!("{}{separator}{}{extension}", place.folder, place.file))?;
    Ok((place, path))
}

/// References that a request names, or leaves to the server.
struct References {
    kind: Named,
    person_id: Uuid,
    file_status_id: Uuid,
}

/// The records that a new output file refers to.
///
/// # Errors
/// 400 for what is not there.
async fn references(
    work: &Work<'_>,
    caller: &Caller,
    owner: Owner,
    body: &OutputFileAdd,
) -> Result<References, Failure> {
    let kind = output_type(&**work, body.output_type_id)
        .await?
        .ok_or_else(|| refused(owner, "Cannot find given output type.").naming("output_type_id"))?;
    let person_id = body.person_id.unwrap_or(caller.person.id);
    if !is_person(work, person_id).await? {
        return Err(refused(owner, "Cannot find given person.").naming("person_id"));
    }
    if let Some(id) = body.working_file_id {
        require_working_file(work, owner, id).await?;
    }
    Ok(References {
        kind,
        person_id,
        file_status_id: file_status(work, owner, body.file_status_id).await?,
    })
}

fn malformed_for(owner: Owner, problem: &Malformed, body: &OutputFileAdd) -> Failure {
    match owner {
        Owner::Entity { .. } => refusal(&problem.to_string()),
        Owner::Instance(_) => malformed(problem, body),
    }
}

/// Requires a working file of the same production.
///
/// # Errors
/// 400 for a working file that is not there, or is one of another production.
async fn require_working_file(work: &Work<'_>, owner: Owner, id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with(
        "SELECT 1 FROM working_file w LEFT JOIN task t ON t.id = w.task_id LEFT JOIN entity e ON e.id = w.entity_id \
         WHERE w.id = $1 AND COALESCE(t.project_id, e.project_id) = $2",
        [id.into(), owner.project_id().into()],
    );
    let found = database::row(&**work, &sql).await?;
    found
        .map(|_| ())
        .ok_or_else(|| refused(owner, "Cannot find given working file.").naming("working_file_id"))
}

/// The state that a request names, or that of new files.
async fn file_status(work: &Work<'_>, owner: Owner, given: Option<Uuid>) -> Result<Uuid, Failure> {
    let Some(id) = given else {
        return defaults::to_review(work).await;
    };
    let sql = Sql::with("SELECT 1 FROM file_status WHERE id = $1", [id.into()]);
    let found = database::row(&**work, &sql).await?;
    found
        .map(|_| id)
        .ok_or_else(|| refused(owner, "Cannot find given file status.").naming("file_status_id"))
}

/// Requires that a series has no such file yet.
///
/// # Errors
/// 400 when there is the same file already. The columns of the database's own rule may be null, so that it does not find it.
async fn require_new(work: &Work<'_>, series: Series<'_>, representation: &str, revision: i32) -> Result<(), Failure> {
    let Series {
        owner,
        output_type_id,
        task_type_id,
        name,
    } = series;
    let mut sql = Sql::new("SELECT 1 FROM output_file f WHERE ");
    owner.restrict(&mut sql);
    if matches!(owner, Owner::Entity { .. }) {
        sql.push(" AND f.asset_instance_id IS NULL AND f.temporal_entity_id IS NULL");
    }
    sql.push(" AND f.output_type_id = ")
        .bind(output_type_id)
        .push(" AND f.task_type_id = ")
        .bind(task_type_id);
    sql.push(" AND f.name = ")
        .bind(name)
        .push(" AND f.representation = ")
        .bind(representation);
    sql.push(" AND f.revision = ").bind(revision);
    match database::row(&**work, &sql).await? {
        Some(_) => Err(refused(owner, "The given output file already exists.").naming("revision")),
        None => Ok(()),
    }
}

/// An extension that stays a part of the name.
///
/// # Errors
/// 400 for what could lead elsewhere.
fn extension(text: &str) -> Result<&str, Failure> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if text.bytes().all(plain) {
        Ok(text)
    } else {
        Err(Failure::field(
            "extension",
            "Input should be letters, digits, dots, hyphens and underscores",
        ))
    }
}

/// A file whose path is asked for.
struct OutputRequest<'a> {
    mode: &'a str,
    kind: &'a Named,
    series: Series<'a>,
    representation: &'a str,
    revision: i32,
}

impl OutputRequest<'_> {
    /// Path of the file, or the reason why the tree does not say.
    ///
    /// # Errors
    /// 404 when there is no such task type.
    async fn place(&self, work: &mut Work<'_>, separator: &str) -> Result<Result<Path, Malformed>, Failure> {
        let mut place = self.series.owner.place(&**work).await?;
        place.name_task_type(&**work, self.series.task_type_id).await?;
        place.values.set("OutputType", Some(self.kind.thing()));
        place
            .values
            .set("Representation", Some(Thing::text(self.representation)));
        place.name_file(self.series.name, self.revision);
        defaults::complete(work, &mut place, self.mode).await?;
        Ok(place.path(self.mode, separator))
    }
}

/// Path of an output file.
pub(super) async fn path(
    app: &App,
    caller: &Caller,
    owner: Owner,
    body: OutputFilePathRequest,
) -> Result<Json<OutputFileLocation>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let kind = output_type(&*work, body.output_type_id)
        .await?
        .ok_or_else(|| Failure::not_found().naming("output_type_id"))?;
    let name = body.name.as_deref().unwrap_or(NAME);
    let series = Series {
        owner,
        output_type_id: kind.id,
        task_type_id: body.task_type_id,
        name,
    };
    let revision = series.given_or_next(&*work, caller.person.id, body.revision).await?;
    let representation = body.representation.as_deref().unwrap_or_default();
    let file = OutputRequest {
        mode: body.mode.as_deref().unwrap_or(MODE),
        kind: &kind,
        series,
        representation,
        revision,
    };
    let separator = separator(body.separator.as_ref().or(body.sep.as_ref()));
    let path = file
        .place(&mut work, separator)
        .await?
        .map_err(|problem| malformed(&problem, &body))?;
    work.finish().await?;
    Ok(Json::of(&OutputFileLocation {
        folder_path: path.folder,
        file_name: path.file,
    })?)
}

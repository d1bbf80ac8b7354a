//! Pictures of persons, productions and the organisation.

use std::io::Write;
use std::path::Path;

use chrono::NaiveDateTime;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, Media};
use dailies_definitions::schemas::AvatarPath;
use dailies_definitions::submission::Submission;
use entity::facts::Table;
use uuid::Uuid;

use super::download::FileAnswer;
use super::work::{picture_work, upload_failure};
use super::{keys, removal};
use crate::access::production_viewer;
use crate::app::{App, SharedApp};
use crate::database::{self, Sql};
use crate::events::{Work, payload, transact};
use crate::pictures::{self, Purpose};

/// Owner of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owner {
    Person,
    Project,
    Organisation,
}

impl Owner {
    fn table(self) -> &'static Table {
        match self {
            Self::Person => &entity::person::TABLE,
            Self::Project => &entity::project::TABLE,
            Self::Organisation => &entity::organisation::TABLE,
        }
    }

    /// Segment of the path.
    fn collection(self) -> &'static str {
        match self {
            Self::Person => "persons",
            Self::Project => "projects",
            Self::Organisation => "organisations",
        }
    }

    /// Presence of a picture, and the last change of the record.
    async fn facts(self, app: &App, id: Uuid) -> Result<(bool, Option<NaiveDateTime>), Failure> {
        let sql = Sql::with(
            format!(
                "SELECT has_avatar, updated_at FROM \"{}\" WHERE id = $1",
                self.table().name
            ),
            [id.into()],
        );
        let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
        Ok((
            row.try_get::<Option<bool>>("", "has_avatar")?.unwrap_or_default(),
            row.try_get("", "updated_at")?,
        ))
    }
}

/// Sends the picture.
///
/// # Errors
/// 404 when there is none, 416 for a range that can't be given.
pub(super) async fn get(app: &App, owner: Owner, id: Uuid) -> Result<Media, Failure> {
    let (has_avatar, updated_at) = owner.facts(app, id).await?;
    if !has_avatar {
        return Err(Failure::not_found());
    }
    FileAnswer::shown(&[keys::thumbnail(id)], "image/png", updated_at)
        .send(app)
        .await
}

/// Sends the picture of a production to those who may see the production.
///
/// # Errors
/// 404 when there is none, 403 for strangers, 416 for a range that can't be given.
pub(super) async fn get_of_project(app: &App, caller: &Caller, id: Uuid) -> Result<Media, Failure> {
    production_viewer(&app.database, caller, id).await?;
    get(app, Owner::Project, id).await
}

/// Stores a picture in place of an earlier one.
///
/// # Errors
/// 404 when there is nobody of that id, 400 for what is no picture.
pub(super) async fn set(
    app: &SharedApp,
    caller: &Caller,
    owner: Owner,
    id: Uuid,
    form: Submission,
) -> Result<Json<AvatarPath>, Failure> {
    let (had_avatar, _) = owner.facts(app, id).await?;
    let file = form
        .file("file")
        .ok_or_else(|| Failure::parameter("File not provided.").naming("file"))?;
    keep(app, Some(caller.person.id), owner, id, &file.path, had_avatar).await?;
    let thumbnail_path = format!("pictures/thumbnails/{}/{id}.png", owner.collection());
    Ok(Json::of(&AvatarPath { thumbnail_path })?)
}

/// Stores a picture of a person that comes from elsewhere.
///
/// # Errors
/// 404 when there is nobody of that id, 400 for what is no picture.
pub async fn set_of_person(app: &App, id: Uuid, content: &[u8]) -> Result<(), Failure> {
    let mut file = tempfile::NamedTempFile::new()?;
    file.write_all(content)?;
    let (had_avatar, _) = Owner::Person.facts(app, id).await?;
    keep(app, None, Owner::Person, id, file.path(), had_avatar).await
}

async fn keep(
    app: &App,
    author: Option<Uuid>,
    owner: Owner,
    id: Uuid,
    path: &Path,
    had_avatar: bool,
) -> Result<(), Failure> {
    let picture = picture_work(app, path, Purpose::Avatar, pictures::avatar)
        .await
        .map_err(upload_failure)?;
    let key = keys::thumbnail(id);
    app.storage.put(&key, picture.into()).await?;
    if let Err(error) = transact(app, || record(app, author, owner, id)).await {
        if !had_avatar {
            removal::discard(&app.storage, vec![key]).await;
        }
        return Err(error);
    }
    Ok(())
}

/// Removes the stored picture of somebody once the change is stored, if the settings want that.
pub fn discard_avatar(work: &mut Work<'_>, id: Uuid) {
    if work.app().settings.files.remove_files {
        work.afterwards(move |app| Box::pin(removal::discard(&app.storage, vec![keys::thumbnail(id)])));
    }
}

async fn record(app: &App, author: Option<Uuid>, owner: Owner, id: Uuid) -> Result<(), Failure> {
    let mut work = Work::begin_as(app, author).await?;
    if !database::update(&*work, owner.table(), id, vec![("has_avatar", true.into())]).await? {
        return Err(Failure::not_found());
    }
    match owner {
        Owner::Person => {
            work.emit_of_studio(&entity::person::TABLE, "person:update", payload([("person_id", id)]));
            work.emit_of_studio(
                &entity::person::TABLE,
                "person:set-thumbnail",
                payload([("person_id", id)]),
            );
            work.person_changed(id);
        }
        Owner::Project => {
            work.emit_in(id, "project:update", payload([("project_id", id)]));
            work.emit_in(id, "project:set-thumbnail", payload([("project_id", id)]));
        }
        Owner::Organisation => {
            work.emit_of_studio(
                &entity::organisation::TABLE,
                "organisation:update",
                payload([("organisation_id", id)]),
            );
            work.emit_of_studio(
                &entity::organisation::TABLE,
                "organisation:set-thumbnail",
                payload([("organisation_id", id)]),
            );
        }
    }
    Ok(work.finish().await?)
}

//! The preview account of a production: a client who looks at it with a password that is handed out, for an hour at a time.

use chrono::{NaiveDateTime, TimeDelta};
use dailies_definitions::access::ProjectManager;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{PreviewAccount, PreviewAccountWithPassword, ProjectPreviewAccount};
use entity::person;
use poem::http::StatusCode;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use super::settings::emit_project_update;
use crate::app::App;
use crate::auth::handed_out_password;
use crate::database::{self, Sql};
use crate::events::{Work, payload, transact};
use crate::people::removal::detach;
use crate::vocabulary::persons::full_name;

/// Time for which an account stays open.
const OPEN_FOR: TimeDelta = TimeDelta::hours(1);

/// First name of those accounts; the production gives the last one.
const FIRST_NAME: &str = "Preview";

/// The account of the production, or null.
pub(super) async fn read_account(app: &App, access: &ProjectManager) -> Result<Json<ProjectPreviewAccount>, Failure> {
    Ok(match find(&app.database, access.project_id()).await? {
        Some(account) => Json::of(&shown(&account))?.retyped(),
        None => Json::written("null"),
    })
}

/// Makes the account, or closes it and gives it another password.
pub(super) async fn make(app: &App, access: &ProjectManager) -> Result<Json<PreviewAccountWithPassword>, Failure> {
    if !app.settings.sign_in.keeps_passwords() {
        return Err(Failure::plain(
            StatusCode::BAD_REQUEST,
            "Preview accounts require the local authentication strategy",
        ));
    }
    let password = handed_out_password();
    let hash = app.passwords.hash(&password).await?;
    let account = transact(app, || store(app, access, &hash)).await?;
    let PreviewAccount {
        id,
        email,
        full_name,
        preview_open_until,
    } = shown(&account);
    Ok(Json::of(&PreviewAccountWithPassword {
        id,
        email,
        full_name,
        preview_open_until,
        password,
    })?)
}

async fn store(app: &App, access: &ProjectManager, hash: &[u8]) -> Result<person::Model, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    let closed: Option<NaiveDateTime> = None;
    let id = match find(&*work, project_id).await? {
        Some(account) => {
            let values = vec![
                ("password", hash.into()),
                ("login_failed_attemps", 0.into()),
                ("preview_opened_at", closed.into()),
                ("preview_open_until", closed.into()),
            ];
            database::update(&*work, &person::TABLE, account.id, values).await?;
            work.end_sessions_of(account.id);
            account.id
        }
        None => {
            let sql = Sql::with("SELECT name FROM project WHERE id = $1", [project_id.into()]);
            let name: String = database::read_value(&*work, &sql)
                .await?
                .ok_or_else(Failure::not_found)?;
            let number = Uuid::new_v4().simple().to_string();
            let values = vec![
                ("first_name", FIRST_NAME.into()),
                ("last_name", name.into()),
                (
                    "email",
                    format!("preview-{}@preview.kitsu.invalid", &number[..12]).into(),
                ),
                ("password", hash.into()),
                ("role", "client".into()),
                ("timezone", app.settings.default_timezone.clone().into()),
                ("locale", app.settings.default_locale.clone().into()),
                ("preview_project_id", project_id.into()),
            ];
            let id = database::insert(&*work, &person::TABLE, values).await?;
            let link = vec![("project_id", project_id.into()), ("person_id", id.into())];
            database::insert_ignoring_duplicates(&*work, &entity::project_person_link::TABLE, vec![link]).await?;
            emit_project_update(&mut work, project_id);
            id
        }
    };
    work.person_changed(id);
    let account = find(&*work, project_id).await?.ok_or_else(Failure::not_found)?;
    work.finish().await?;
    Ok(account)
}

/// Opens the account for an hour from now, or closes it. Sessions go on when an open account stays open for longer.
pub(super) async fn open(app: &App, access: &ProjectManager, is_open: bool) -> Result<Json<PreviewAccount>, Failure> {
    let mut work = Work::begin(app, access).await?;
    let missing = || {
        Failure::plain(
            StatusCode::NOT_FOUND,
            "404 Not Found: No preview account for this project",
        )
    };
    let mut account = find(&*work, access.project_id()).await?.ok_or_else(missing)?;
    let now = database::now();
    if account.preview_open_until.is_none_or(|end| end <= now) {
        account.preview_opened_at = Some(now);
    }
    account.preview_opened_at = account.preview_opened_at.filter(|_| is_open);
    account.preview_open_until = is_open.then(|| now + OPEN_FOR);
    let values = vec![
        ("preview_opened_at", account.preview_opened_at.into()),
        ("preview_open_until", account.preview_open_until.into()),
    ];
    database::update(&*work, &person::TABLE, account.id, values).await?;
    work.person_changed(account.id);
    work.finish().await?;
    Ok(Json::of(&shown(&account))?)
}

/// Removes the account of the production, if there is one.
pub(super) async fn delete(app: &App, access: &ProjectManager) -> Result<NoContent, Failure> {
    let mut work = Work::begin(app, access).await?;
    remove(&mut work, access.project_id()).await?;
    work.finish().await?;
    Ok(NoContent)
}

/// Removes the account of a production with all that refers to it, as a part of a larger change.
///
/// # Errors
/// The database refuses.
pub(super) async fn remove(work: &mut Work<'_>, project_id: Uuid) -> Result<(), Failure> {
    let Some(account) = find(&**work, project_id).await? else {
        return Ok(());
    };
    detach(work, account.id).await?;
    database::execute(
        &**work,
        &Sql::with("DELETE FROM person WHERE id = $1", [account.id.into()]),
    )
    .await?;
    work.person_changed(account.id);
    work.end_sessions_of(account.id);
    work.emit_of_studio(&person::TABLE, "person:delete", payload([("person_id", account.id)]));
    Ok(())
}

async fn find(connection: &impl ConnectionTrait, project_id: Uuid) -> Result<Option<person::Model>, DbErr> {
    person::Entity::find()
        .filter(person::Column::PreviewProjectId.eq(project_id))
        .one(connection)
        .await
}

fn shown(account: &person::Model) -> PreviewAccount {
    PreviewAccount {
        id: account.id,
        email: account.email.clone().unwrap_or_default(),
        full_name: full_name(&account.first_name, &account.last_name),
        preview_open_until: account
            .preview_open_until
            .map(|moment| moment.format("%Y-%m-%dT%H:%M:%S%.6f").to_string()),
    }
}

/// Refuses people in a field who are preview accounts of other productions than this one, which may be a new one.
///
/// # Errors
/// 400 for such a person.
pub(super) async fn require_own(
    work: &Work<'_>,
    project_id: Option<Uuid>,
    people: &[Uuid],
    field: &str,
) -> Result<(), Failure> {
    let mut sql = Sql::new("SELECT preview_project_id FROM person WHERE preview_project_id IS NOT NULL AND id");
    sql.among(people);
    let found: Vec<Uuid> = database::read_values(&**work, &sql).await?;
    if found.into_iter().all(|production| Some(production) == project_id) {
        return Ok(());
    }
    Err(Failure::parameter("A preview account can only belong to its own project").naming(field))
}

/// Refuses another role for a preview account.
///
/// # Errors
/// 400 when the person is one.
pub(super) async fn require_other(work: &Work<'_>, person_id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with(
        "SELECT 1 FROM person WHERE id = $1 AND preview_project_id IS NOT NULL",
        [person_id.into()],
    );
    match database::row(&**work, &sql).await? {
        Some(_) => Err(Failure::parameter("A preview account keeps its client role").naming("role")),
        None => Ok(()),
    }
}

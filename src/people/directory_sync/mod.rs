//! Persons taken over from the directory of the studio: new ones get accounts, what changed there changes here, and who is gone
//! there is switched off.

mod plan;

use dailies_definitions::failure::Failure;
use entity::person;
use sea_orm::{DbErr, FromQueryResult, Value};
use uuid::Uuid;

use self::plan::{SyncPlan, plan_changes};
use crate::app::App;
use crate::auth::directory::{DirectoryError, Listed, listed, roles_of_groups};
use crate::database::{self, Sql};
use crate::events::{Work, payload, transact};
use crate::previews;

/// An account, as far as the directory says something of it.
#[derive(Clone, Debug, PartialEq, FromQueryResult)]
struct DirectoryAccount {
    id: Uuid,
    first_name: String,
    last_name: String,
    email: Option<String>,
    desktop_login: Option<String>,
    active: Option<bool>,
    role: String,
    is_generated_from_ldap: Option<bool>,
    ldap_uid: Option<String>,
    has_avatar: Option<bool>,
}

impl DirectoryAccount {
    fn is_active(&self) -> bool {
        self.active == Some(true)
    }

    fn is_from_directory(&self) -> bool {
        self.is_generated_from_ldap == Some(true)
    }

    fn name(&self) -> String {
        format!(
            "{} {} ({})",
            self.first_name,
            self.last_name,
            self.desktop_login.as_deref().unwrap_or_default()
        )
        .trim()
        .to_owned()
    }
}

/// Report of changes that are to be done, or were.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SyncReport {
    pub created: Vec<String>,
    pub updated: Vec<String>,
    pub deactivated: Vec<String>,
    /// Those whom the limit of users keeps out.
    pub limited: Vec<String>,
    /// Those who stay as they are although the directory says otherwise.
    pub kept: Vec<String>,
}

/// Reason why persons could not be taken over.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error(transparent)]
    Directory(#[from] DirectoryError),
    #[error("the directory lists nobody, so that everybody would be switched off; nothing was changed")]
    Nobody,
    #[error("the database refuses: {0}")]
    Database(#[from] DbErr),
}

/// Makes the persons of the studio those of the directory. A dry run says what it would do.
///
/// # Errors
/// The directory does not answer, or lists nobody; the database refuses. Nothing was changed then.
pub async fn synchronise(app: &App, dry_run: bool) -> Result<SyncReport, SyncError> {
    let persons = listed(&app.settings.ldap).await?;
    if persons.is_empty() {
        return Err(SyncError::Nobody);
    }
    let given = roles_of_groups(&app.settings.ldap)?;
    let plan = transact(app, || apply(app, &persons, &given, dry_run)).await?;
    if !dry_run {
        for (id, picture) in &plan.pictures {
            match previews::set_of_person(app, *id, picture).await {
                Ok(()) => {}
                Err(Failure::Fault(error)) => {
                    tracing::warn!(error = &*error as &dyn std::error::Error, person = %id, "a picture was not kept")
                }
                Err(Failure::Answer { body, .. }) => {
                    tracing::warn!(%body, person = %id, "the directory has no picture that can be read")
                }
            }
        }
    }
    Ok(plan.report())
}

async fn apply(app: &App, persons: &[Listed], given: &[&str], dry_run: bool) -> Result<SyncPlan, DbErr> {
    let mut work = Work::begin_as(app, None).await?;
    let sql = Sql::with(
        "SELECT id, first_name, last_name, email, desktop_login, active, role, is_generated_from_ldap, ldap_uid, has_avatar \
         FROM person WHERE is_bot = $1 AND is_guest = $1 AND preview_project_id IS NULL ORDER BY created_at, id",
        [false.into()],
    );
    let known = database::read_all::<DirectoryAccount>(&*work, &sql).await?;
    let plan = plan_changes(
        &known,
        persons,
        given,
        app.settings.user_limit,
        &app.settings.protected_accounts,
    );
    if !dry_run {
        store(&mut work, &plan).await?;
    }
    work.finish().await?;
    Ok(plan)
}

async fn store(work: &mut Work<'_>, plan: &SyncPlan) -> Result<(), DbErr> {
    let settings = &work.app().settings;
    let row = |account: &DirectoryAccount| -> Vec<(&'static str, Value)> {
        let mut row = columns(account);
        row.extend([
            ("timezone", settings.default_timezone.clone().into()),
            ("locale", settings.default_locale.clone().into()),
        ]);
        row
    };
    let rows = plan.created.iter().map(row).collect();
    database::insert_many(&**work, &person::TABLE, rows).await?;
    // Few enough for both databases.
    for changes in plan.changed.chunks(90) {
        database::execute(&**work, &change(changes)).await?;
    }
    let id = |account: &DirectoryAccount| payload([("person_id", account.id)]);
    for account in &plan.created {
        work.emit_of_studio(&person::TABLE, "person:new", id(account));
    }
    for (before, after) in &plan.changed {
        work.emit_of_studio(&person::TABLE, "person:update", id(after));
        work.person_changed(after.id);
        if before.is_active() != after.is_active() {
            work.end_sessions_of(after.id);
        }
    }
    Ok(())
}

fn columns(account: &DirectoryAccount) -> Vec<(&'static str, Value)> {
    vec![
        ("id", account.id.into()),
        ("first_name", account.first_name.as_str().into()),
        ("last_name", account.last_name.as_str().into()),
        ("email", account.email.clone().into()),
        ("desktop_login", account.desktop_login.clone().into()),
        ("active", account.active.into()),
        ("role", account.role.as_str().into()),
        ("is_generated_from_ldap", account.is_generated_from_ldap.into()),
        ("ldap_uid", account.ldap_uid.clone().into()),
    ]
}

/// The statement that changes accounts. The personal token of whoever is switched off ends, too.
fn change(changes: &[(DirectoryAccount, DirectoryAccount)]) -> Sql {
    let now = database::now();
    let mut sql = Sql::new(
        "UPDATE person SET first_name = v.column2, last_name = v.column3, email = v.column4, desktop_login = v.column5, active = v.column6, \
         role = v.column7, is_generated_from_ldap = v.column8, ldap_uid = v.column9, updated_at = v.column10, \
         jti = CASE WHEN v.column6 THEN jti END FROM (VALUES ",
    );
    for (at, (_, after)) in changes.iter().enumerate() {
        let values = columns(after).into_iter().map(|(_, value)| value).chain([now.into()]);
        sql.push(if at > 0 { ", " } else { "" }).bind_list(values);
    }
    sql.push(") AS v WHERE person.id = v.column1");
    sql
}

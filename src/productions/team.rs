//! The team of a production: who is in it, and as what.

use dailies_definitions::access::{ProjectManager, ProjectMember};
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{Project, TeamMemberAdd, TeamMembership};
use uuid::Uuid;

use super::preview_account;
use super::rows;
use super::settings::emit_project_update;
use crate::access::persons::View;
use crate::app::App;
use crate::database::json::TEXT;
use crate::database::{self, Links, Sql, write_column};
use crate::events::Work;

/// The team with the roles in this production. Whoever manages the production sees whole records.
pub(super) async fn list<T>(app: &App, access: &ProjectMember) -> Result<Json<T>, Failure> {
    let view = View::of_team(access.role());
    let whole = view == View::Whole;
    let model = view.record(access.caller(), "p");
    let text = format!(
        "SELECT {}, TRIM(p.first_name || ' ' || p.last_name) AS full_name, l.role AS project_role FROM person p JOIN project_person_link l ON l.person_id = p.id \
         WHERE l.project_id = $1 ORDER BY p.first_name, p.last_name, p.id",
        model.columns()
    );
    let rows = app
        .database
        .rows(&Sql::with(text, [access.project_id().into()]))
        .await?;
    let departments = Sql::with(
        "SELECT d.person_id AS owner, d.department_id AS item FROM department_link d JOIN project_person_link l ON l.person_id = d.person_id \
         WHERE l.project_id = $1",
        [access.project_id().into()],
    );
    let departments = if whole {
        Links::load(&app.database, &departments).await?
    } else {
        Default::default()
    };
    let mut out = b"[".to_vec();
    for row in rows {
        if out.len() > 1 {
            out.push(b',');
        }
        model.write_open(&mut out, &row)?;
        out.extend_from_slice(b",\"full_name\":");
        write_column(&mut out, &row, "full_name", TEXT)?;
        out.extend_from_slice(b",\"project_role\":");
        write_column(&mut out, &row, "project_role", TEXT)?;
        if view != View::Card {
            departments.write_key(&mut out, "departments", row.try_get("", "id")?);
        }
        out.push(b'}');
    }
    out.push(b']');
    Ok(Json::written(out))
}

/// Adds a person to the team, and answers the production.
pub(super) async fn add(app: &App, access: &ProjectManager, body: &TeamMemberAdd) -> Result<Json<Project>, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    let sql = Sql::with("SELECT 1 FROM person WHERE id = $1", [body.person_id.into()]);
    if database::row(&*work, &sql).await?.is_none() {
        return Err(Failure::parameter(format!("Person with id {} not found", body.person_id)).naming("person_id"));
    }
    preview_account::require_own(&work, Some(project_id), &[body.person_id], "person_id").await?;
    if body.role.is_some() {
        preview_account::require_other(&work, body.person_id).await?;
    }
    if !is_member(&work, project_id, body.person_id).await? {
        let link = vec![("project_id", project_id.into()), ("person_id", body.person_id.into())];
        database::insert_ignoring_duplicates(&*work, &entity::project_person_link::TABLE, vec![link]).await?;
        emit_project_update(&mut work, project_id);
    }
    if let Some(role) = &body.role
        && store_role(&work, project_id, body.person_id, Some(role)).await?
    {
        emit_project_update(&mut work, project_id);
    }
    work.finish().await?;
    Ok(Json::written(rows::project(&app.database, project_id).await?))
}

async fn is_member(work: &Work<'_>, project_id: Uuid, person_id: Uuid) -> Result<bool, Failure> {
    let sql = Sql::with(
        "SELECT 1 FROM project_person_link WHERE project_id = $1 AND person_id = $2",
        [project_id.into(), person_id.into()],
    );
    Ok(database::row(&**work, &sql).await?.is_some())
}

/// Gives somebody in the team a role, and says whether it is another one.
async fn store_role(
    work: &Work<'_>,
    project_id: Uuid,
    person_id: Uuid,
    role: Option<&String>,
) -> Result<bool, Failure> {
    let sql = Sql::with(
        "UPDATE project_person_link SET role = $1 WHERE project_id = $2 AND person_id = $3 AND role IS DISTINCT FROM $1",
        [role.cloned().into(), project_id.into(), person_id.into()],
    );
    Ok(database::execute(&**work, &sql).await? > 0)
}

/// Sets or clears the role of a member of the team.
pub(super) async fn set_role(
    app: &App,
    access: &ProjectManager,
    person_id: Uuid,
    role: Option<String>,
) -> Result<Json<TeamMembership>, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    preview_account::require_other(&work, person_id).await?;
    if !is_member(&work, project_id, person_id).await? {
        return Err(Failure::parameter("Person is not a member of the project team").naming("person_id"));
    }
    if store_role(&work, project_id, person_id, role.as_ref()).await? {
        emit_project_update(&mut work, project_id);
    }
    work.finish().await?;
    Ok(Json::of(&TeamMembership {
        project_id,
        person_id,
        role,
    })?)
}

/// Takes a person out of the team.
pub(super) async fn remove(app: &App, access: &ProjectManager, person_id: Uuid) -> Result<NoContent, Failure> {
    let project_id = access.project_id();
    let mut work = Work::begin(app, access).await?;
    let sql = Sql::with(
        "DELETE FROM project_person_link WHERE project_id = $1 AND person_id = $2",
        [project_id.into(), person_id.into()],
    );
    if database::execute(&*work, &sql).await? > 0 {
        emit_project_update(&mut work, project_id);
    }
    work.finish().await?;
    Ok(NoContent)
}

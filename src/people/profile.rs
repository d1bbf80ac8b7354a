//! Changes of a person by routes of its own: the picture, and the departments.

use dailies_definitions::access::Admin;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::Person;
use uuid::Uuid;

use crate::app::App;
use crate::database::{self, Sql};
use crate::events::{Work, payload};
use crate::previews;
use crate::vocabulary::persons::{PersonRowOptions, person_row, require_person};

/// Tells that a person changed.
fn emit_person_update(work: &mut Work<'_>, person_id: Uuid) {
    work.person_changed(person_id);
    work.emit_of_studio(
        &entity::person::TABLE,
        "person:update",
        payload([("person_id", person_id)]),
    );
}

/// Removes the picture of a person.
pub(super) async fn clear_avatar(app: &App, access: &Admin, id: Uuid) -> Result<NoContent, Failure> {
    let mut work = Work::begin(app, access).await?;
    require_person(&*work, id).await?;
    if database::update_differing(&*work, &entity::person::TABLE, id, vec![("has_avatar", false.into())]).await? {
        emit_person_update(&mut work, id);
    }
    previews::discard_avatar(&mut work, id);
    work.finish().await?;
    Ok(NoContent)
}

/// Makes a person belong to a department, and answers the person.
pub(super) async fn add_department(
    app: &App,
    access: &Admin,
    id: Uuid,
    department_id: Uuid,
) -> Result<Json<Person>, Failure> {
    let mut work = Work::begin(app, access).await?;
    require_person(&*work, id).await?;
    require_department(&work, department_id).await?;
    let link = vec![("person_id", id.into()), ("department_id", department_id.into())];
    if database::insert_ignoring_duplicates(&*work, &entity::department_link::TABLE, vec![link]).await? > 0 {
        emit_person_update(&mut work, id);
    }
    work.finish().await?;
    let options = PersonRowOptions {
        departments: true,
        ..PersonRowOptions::default()
    };
    Ok(Json::written(
        person_row(&app.database, id, options)
            .await?
            .ok_or_else(Failure::not_found)?,
    ))
}

/// Makes a person not belong to a department.
pub(super) async fn remove_department(
    app: &App,
    access: &Admin,
    id: Uuid,
    department_id: Uuid,
) -> Result<NoContent, Failure> {
    let mut work = Work::begin(app, access).await?;
    require_person(&*work, id).await?;
    require_department(&work, department_id).await?;
    let sql = Sql::with(
        "DELETE FROM department_link WHERE person_id = $1 AND department_id = $2",
        [id.into(), department_id.into()],
    );
    if database::execute(&*work, &sql).await? > 0 {
        emit_person_update(&mut work, id);
    }
    work.finish().await?;
    Ok(NoContent)
}

async fn require_department(work: &Work<'_>, id: Uuid) -> Result<(), Failure> {
    let sql = Sql::with("SELECT 1 FROM department WHERE id = $1", [id.into()]);
    let found = database::row(&**work, &sql).await?;
    found
        .map(|_| ())
        .ok_or_else(|| Failure::parameter("Department ID matches no department").naming("department_id"))
}

//! Listings of productions.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::ListedProject;
use entity::facts::Kind;
use sea_orm::DbBackend;
use uuid::Uuid;

use super::rows::descriptors;
use crate::access::projects_of;
use crate::app::App;
use crate::database::{RecordWriter, Sql, write_value};

/// Every production for administrators, the caller's own ones for others.
pub(super) async fn all(app: &App, caller: &Caller, name: Option<&str>) -> Result<Json<Vec<ListedProject>>, Failure> {
    if caller.is_admin() && name.is_none() {
        return every(app).await;
    }
    let model = RecordWriter::new(&entity::project::TABLE, "p", "Project");
    let mut sql = Sql::new(format!("SELECT {} FROM project p WHERE 1 = 1", model.columns()));
    if !caller.is_admin() {
        sql.push(" AND ");
        projects_of(&mut sql, "p.id", caller.person.id);
    }
    if let Some(name) = name {
        // The backslash has a meaning in patterns on PostgreSQL only.
        let pattern = if app.database.backend() == DbBackend::Postgres { name.replace('\\', "\\\\") } else { name.to_owned() };
        sql.push(" AND LOWER(p.name) LIKE LOWER(").bind(pattern).push(")");
    }
    sql.push(" ORDER BY p.name");
    if !caller.is_admin() {
        return Ok(model.list(&app.database, sql).await?);
    }
    sql.push(" LIMIT 1");
    let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = b"[".to_vec();
    model.write(&mut out, &row)?;
    out.push(b']');
    Ok(Json::written(out))
}

/// Every production with its status and its own metadata columns.
async fn every(app: &App) -> Result<Json<Vec<ListedProject>>, Failure> {
    let columns = descriptors(&app.database, None, &Sql::new("SELECT p.id FROM project p"), " AND d.entity_type = 'Project'").await?;
    let model = RecordWriter::new(&entity::project::TABLE, "p", "Project");
    let sql = Sql::new(format!(
        "SELECT {}, s.name, p.id FROM project p LEFT JOIN project_status s ON s.id = p.project_status_id ORDER BY p.name",
        model.columns()
    ));
    let mut out = b"[".to_vec();
    for row in app.database.rows(&sql).await? {
        if out.len() > 1 {
            out.push(b',');
        }
        model.write_open(&mut out, &row)?;
        out.extend_from_slice(b",\"project_status_name\":");
        write_value(&mut out, &row, model.width(), Kind::Text { max: None })?;
        out.extend_from_slice(b",\"descriptors\":[");
        let id: Uuid = row.try_get_by_index(model.width() + 1)?;
        out.extend_from_slice(columns.get(&id).map_or(&[][..], Vec::as_slice));
        out.extend_from_slice(b"]}");
    }
    out.push(b']');
    Ok(Json::written(out))
}

//! Listings of productions.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::Project;
use entity::facts::Kind;

use super::rows::descriptors;
use crate::access::data_mask::DataMask;
use crate::access::projects_of;
use crate::app::App;
use crate::database::{RecordWriter, Sql, stream_array};

/// Every production for administrators, the caller's own ones for others.
pub(super) async fn all(app: &App, caller: &Caller, name: Option<&str>) -> Result<Json<Vec<Project>>, Failure> {
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
        sql.push(" AND ").like_text("p.name", name);
    }
    sql.push(" ORDER BY p.name");
    if !caller.is_admin() {
        let mask = DataMask::of(&app.database, caller).await?;
        let sent = stream_array(&app.database, sql, move |out, row| {
            let start = out.len();
            model.write(out, row)?;
            if let Some(mask) = &mask {
                mask.apply_to_production(out, start);
            }
            Ok(())
        });
        return Ok(sent.await?.into());
    }
    sql.push(" LIMIT 1");
    let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let mut out = b"[".to_vec();
    model.write(&mut out, &row)?;
    out.push(b']');
    Ok(Json::written(out))
}

/// Every production with its status and its own metadata columns.
async fn every(app: &App) -> Result<Json<Vec<Project>>, Failure> {
    let columns = descriptors(app.database.backend(), " AND d.entity_type = 'Project'");
    let model = RecordWriter::new(&entity::project::TABLE, "p", "Project").with(&[
        ("s.name", "project_status_name", Kind::Text { max: None }),
        (&columns, "descriptors", Kind::Json),
    ]);
    let select = model.columns();
    let sql = Sql::new(format!(
        "SELECT {select} FROM project p LEFT JOIN project_status s ON s.id = p.project_status_id ORDER BY p.name"
    ));
    Ok(model.list(&app.database, sql).await?)
}

//! The days that a production aims for.

use dailies_definitions::failure::Failure;
use dailies_definitions::payload::Json;
use dailies_definitions::schemas::ProjectMilestone;
use entity::facts::Kind;
use uuid::Uuid;

use crate::app::App;
use crate::database::{Field, RowWriter, Sql, stream_objects};

/// The milestones of a production.
pub(super) async fn list(app: &App, project_id: Uuid) -> Result<Json<Vec<ProjectMilestone>>, Failure> {
    let writer = RowWriter::new([
        Field::new("id", Kind::Uuid),
        Field::new("date", Kind::Date),
        Field::new("name", Kind::Text { max: None }),
        Field::new("project_id", Kind::Uuid),
        Field::new("task_type_id", Kind::Uuid),
    ]);
    let sql = Sql::with(
        "SELECT m.id, m.date, m.name, m.project_id, m.task_type_id FROM milestone m WHERE m.project_id = $1 ORDER BY m.date IS NULL, m.date, m.name, m.id",
        [project_id.into()],
    );
    Ok(stream_objects(&app.database, sql, writer).await?.into())
}

//! Names of downloaded files.

use dailies_definitions::failure::Failure;
use sea_orm::FromQueryResult;

use super::subject::PreviewSubject;
use crate::app::App;
use crate::database::Sql;
use crate::file_trees::language::slug;
use crate::vocabulary::entity_names::{ENTITY_COLUMNS, ENTITY_PARENTS, EntityNames};

/// The name under which the file of a preview is saved, with that extension.
///
/// # Errors
/// The database does not answer.
pub async fn download_name(app: &App, preview: &PreviewSubject, extension: &str) -> Result<String, Failure> {
    let sql = Sql::with(
        format!(
            "SELECT {ENTITY_COLUMNS}, pr.name AS project_name, tt.name AS task_type_name, \
             (SELECT o.use_original_file_name FROM organisation o ORDER BY o.created_at, o.id LIMIT 1) AS keeps_original_name \
             FROM task t LEFT JOIN project pr ON pr.id = t.project_id LEFT JOIN task_type tt ON tt.id = t.task_type_id \
             LEFT JOIN entity e ON e.id = t.entity_id {ENTITY_PARENTS} WHERE t.id = $1"
        ),
        [preview.task_id.into()],
    );
    let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let original = row
        .try_get::<Option<bool>>("", "keeps_original_name")?
        .unwrap_or_default();
    let base = match preview.original_name.as_deref() {
        Some(name) if original && !name.is_empty() => name.to_owned(),
        _ => {
            let project: Option<String> = row.try_get("", "project_name")?;
            let task_type: Option<String> = row.try_get("", "task_type_name")?;
            let entity = EntityNames::from_query_result(&row, "")?.full();
            let revision = format!("v{}", preview.revision.unwrap_or(1));
            slug(
                &[
                    project.unwrap_or_default(),
                    entity,
                    task_type.unwrap_or_default(),
                    revision,
                ]
                .join("_"),
            )
        }
    };
    Ok(file_name(&base, preview.position, extension))
}

/// Name of the file of a preview; those behind the first one of a revision tell their position.
#[must_use]
pub fn file_name(base: &str, position: Option<i32>, extension: &str) -> String {
    match position {
        Some(position) if position > 1 => format!("{base}-{position}.{extension}"),
        _ => format!("{base}.{extension}"),
    }
}

/// The name as that of a file in an archive: it leads into no folder, and every system takes it.
#[must_use]
pub fn packed_name(name: &str) -> String {
    let is_refused = |letter: char| "/\\:*?\"<>|".contains(letter) || letter.is_control();
    name.replace(is_refused, "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn downloads_have_plain_names() {
        assert_eq!(file_name("tree_v1", Some(1), "mp4"), "tree_v1.mp4");
        assert_eq!(file_name("tree_v1", Some(3), "png"), "tree_v1-3.png");
    }

    #[test]
    fn packed_names_lead_nowhere() {
        assert_eq!(packed_name("../étude\\1: x"), ".._étude_1_ x");
        assert_eq!(packed_name("What? <a>|\"b\"*.png"), "What_ _a___b__.png");
        assert_eq!(packed_name(&file_name("..", Some(1), "/../a")), "..._.._a");
    }
}

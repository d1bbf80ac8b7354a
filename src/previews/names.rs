//! Names of downloaded files, and of entities with what they belong to.

use dailies_definitions::failure::Failure;
use sea_orm::{DbErr, QueryResult};

use super::subject::Subject;
use crate::app::App;
use crate::database::Sql;

/// Columns that [`EntityNames::read`] takes, for an entity called `e` with its type, parent and grandparent.
pub const ENTITY_COLUMNS: &str = "k.name, e.name, pa.name, gp.name";
/// The joins behind a row that has the entity's id as `t.entity_id`.
pub const ENTITY_JOINS: &str = "LEFT JOIN entity e ON e.id = t.entity_id LEFT JOIN entity_type k ON k.id = e.entity_type_id \
     LEFT JOIN entity pa ON pa.id = e.parent_id LEFT JOIN entity gp ON gp.id = pa.parent_id";

/// The names that an entity is called by.
#[derive(Debug, Default)]
pub struct EntityNames {
    kind: Option<String>,
    name: Option<String>,
    parent: Option<String>,
    grandparent: Option<String>,
}

impl EntityNames {
    /// The names of an entity, of its type, of what it is part of, and of what that is part of.
    #[must_use]
    pub fn new(kind: Option<String>, name: Option<String>, parent: Option<String>, grandparent: Option<String>) -> Self {
        Self { kind, name, parent, grandparent }
    }

    /// Reads [`ENTITY_COLUMNS`] that start at that place of the row.
    ///
    /// # Errors
    /// The row has other columns.
    pub fn read(row: &QueryResult, at: usize) -> Result<Self, DbErr> {
        Ok(Self {
            kind: row.try_get_by_index(at)?,
            name: row.try_get_by_index(at + 1)?,
            parent: row.try_get_by_index(at + 2)?,
            grandparent: row.try_get_by_index(at + 3)?,
        })
    }

    /// The name behind those of what the entity belongs to: `Episode / Sequence / Shot`, or `Props / Tree`.
    #[must_use]
    pub fn full(&self) -> String {
        let kind = self.kind.as_deref().unwrap_or_default();
        let parts = match kind {
            "Shot" | "Scene" => [self.grandparent.as_deref(), self.parent.as_deref(), self.name.as_deref()],
            "Sequence" | "Edit" => [None, self.parent.as_deref(), self.name.as_deref()],
            "Episode" => [None, None, self.name.as_deref()],
            _ => [None, self.kind.as_deref(), self.name.as_deref()],
        };
        parts.into_iter().flatten().collect::<Vec<_>>().join(" / ")
    }
}

/// The name under which the file of a preview is saved, with that extension.
///
/// # Errors
/// The database does not answer.
pub async fn download_name(app: &App, preview: &Subject, extension: &str) -> Result<String, Failure> {
    let sql = Sql::with(
        format!(
            "SELECT {ENTITY_COLUMNS}, pr.name, tt.name, (SELECT o.use_original_file_name FROM organisation o ORDER BY o.created_at LIMIT 1) \
             FROM task t LEFT JOIN project pr ON pr.id = t.project_id LEFT JOIN task_type tt ON tt.id = t.task_type_id {ENTITY_JOINS} \
             WHERE t.id = $1"
        ),
        [preview.task_id.into()],
    );
    let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    let original = row.try_get_by_index::<Option<bool>>(6)?.unwrap_or_default();
    let base = match preview.original_name.as_deref() {
        Some(name) if original && !name.is_empty() => name.to_owned(),
        _ => {
            let project: Option<String> = row.try_get_by_index(4)?;
            let task_type: Option<String> = row.try_get_by_index(5)?;
            let entity = EntityNames::read(&row, 0)?.full();
            let revision = format!("v{}", preview.revision.unwrap_or(1));
            slug(&[project.unwrap_or_default(), entity, task_type.unwrap_or_default(), revision].join("_"))
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

/// Text in small ASCII letters and digits, with one underscore for each run of anything else.
#[must_use]
pub fn slug(text: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for character in deunicode::deunicode(text).chars() {
        if character.is_ascii_alphanumeric() {
            slug.push(character.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('_') {
            slug.push('_');
        }
    }
    slug.truncate(slug.trim_end_matches('_').len());
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(kind: &str, parent: Option<&str>, grandparent: Option<&str>) -> EntityNames {
        let text = |text: &str| Some(text.to_owned());
        EntityNames { kind: text(kind), name: text("SH010"), parent: parent.map(Into::into), grandparent: grandparent.map(Into::into) }
    }

    #[test]
    fn entities_are_called_with_what_they_belong_to() {
        assert_eq!(names("Shot", Some("SQ01"), Some("E01")).full(), "E01 / SQ01 / SH010");
        assert_eq!(names("Shot", Some("SQ01"), None).full(), "SQ01 / SH010");
        assert_eq!(names("Sequence", Some("E01"), None).full(), "E01 / SH010");
        assert_eq!(names("Episode", None, None).full(), "SH010");
        assert_eq!(names("Props", Some("SQ01"), None).full(), "Props / SH010");
        assert_eq!(EntityNames::default().full(), "");
    }

    #[test]
    fn downloads_have_plain_names() {
        assert_eq!(slug("Cosmos Landromat_Props / Tree_Shaders_v1"), "cosmos_landromat_props_tree_shaders_v1");
        assert_eq!(slug("Décor_Été / Œuf"), "decor_ete_oeuf");
        assert_eq!(slug(" -- "), "");
        assert_eq!(file_name("tree_v1", Some(1), "mp4"), "tree_v1.mp4");
        assert_eq!(file_name("tree_v1", Some(3), "png"), "tree_v1-3.png");
    }
}

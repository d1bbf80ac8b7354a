//! Names of entities with those of what they belong to.

use sea_orm::FromQueryResult;

/// Columns that [`EntityNames`] are read from, for an entity called `e` with its type, parent and grandparent.
pub const ENTITY_COLUMNS: &str =
    "k.name AS entity_kind, e.name AS entity_name, pa.name AS entity_parent, gp.name AS entity_grandparent";
/// The joins behind an entity called `e`.
pub const ENTITY_PARENTS: &str = "LEFT JOIN entity_type k ON k.id = e.entity_type_id \
     LEFT JOIN entity pa ON pa.id = e.parent_id LEFT JOIN entity gp ON gp.id = pa.parent_id";

/// The names that an entity is called by.
#[derive(Debug, Default, FromQueryResult)]
pub struct EntityNames {
    #[sea_orm(from_alias = "entity_kind")]
    kind: Option<String>,
    #[sea_orm(from_alias = "entity_name")]
    name: Option<String>,
    #[sea_orm(from_alias = "entity_parent")]
    parent: Option<String>,
    #[sea_orm(from_alias = "entity_grandparent")]
    grandparent: Option<String>,
}

impl EntityNames {
    /// The names of an entity, of its type, of what it is part of, and of what that is part of.
    #[must_use]
    pub fn new(
        kind: Option<String>,
        name: Option<String>,
        parent: Option<String>,
        grandparent: Option<String>,
    ) -> Self {
        Self {
            kind,
            name,
            parent,
            grandparent,
        }
    }

    /// The name behind those of what the entity belongs to: `Episode / Sequence / Shot`, or `Props / Tree`.
    #[must_use]
    pub fn full(&self) -> String {
        let kind = self.kind.as_deref().unwrap_or_default();
        let parts = match kind {
            "Shot" | "Scene" => [
                self.grandparent.as_deref(),
                self.parent.as_deref(),
                self.name.as_deref(),
            ],
            "Sequence" | "Edit" => [None, self.parent.as_deref(), self.name.as_deref()],
            "Episode" => [None, None, self.name.as_deref()],
            _ => [None, self.kind.as_deref(), self.name.as_deref()],
        };
        parts.into_iter().flatten().collect::<Vec<_>>().join(" / ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(kind: &str, parent: Option<&str>, grandparent: Option<&str>) -> EntityNames {
        let text = |text: &str| Some(text.to_owned());
        EntityNames {
            kind: text(kind),
            name: text("SH010"),
            parent: parent.map(Into::into),
            grandparent: grandparent.map(Into::into),
        }
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
}

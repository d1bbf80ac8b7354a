//! Kinds of entities. The name of the entity type decides: seven names are built in, and every other type is an asset type.

use sea_orm::DbErr;
use uuid::Uuid;

use crate::database::{self, Sql, Writes};

/// Kind of an entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EntityKind {
    Asset,
    Shot,
    Sequence,
    Episode,
    Edit,
    Scene,
    Concept,
    /// Folder of concepts. It is shown nowhere but among concepts.
    ConceptFolder,
}

impl EntityKind {
    /// The kinds that have one entity type of their own, with a fixed name.
    pub const BUILT_IN: [Self; 7] = [
        Self::Shot,
        Self::Sequence,
        Self::Episode,
        Self::Edit,
        Self::Scene,
        Self::Concept,
        Self::ConceptFolder,
    ];

    /// The kind of the entities of an entity type, by the name of the type.
    #[must_use]
    pub fn of_type(entity_type_name: &str) -> Self {
        Self::BUILT_IN
            .into_iter()
            .find(|kind| kind.type_name() == entity_type_name)
            .unwrap_or(Self::Asset)
    }

    /// The `type` of such an entity on the wire, which is the name of the entity type for the built-in kinds.
    #[must_use]
    pub fn type_name(self) -> &'static str {
        match self {
            Self::Asset => "Asset",
            Self::Shot => "Shot",
            Self::Sequence => "Sequence",
            Self::Episode => "Episode",
            Self::Edit => "Edit",
            Self::Scene => "Scene",
            Self::Concept => "Concept",
            Self::ConceptFolder => "ConceptFolder",
        }
    }

    /// The word that events use, as in `shot:update` and `shot_id`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Asset => "asset",
            Self::Shot => "shot",
            Self::Sequence => "sequence",
            Self::Episode => "episode",
            Self::Edit => "edit",
            Self::Scene => "scene",
            Self::Concept => "concept",
            Self::ConceptFolder => "concept-folder",
        }
    }

    /// Key of the entity's id in the payload of events, such as `shot_id`.
    #[must_use]
    pub fn id_key(self) -> &'static str {
        match self {
            Self::Asset => "asset_id",
            Self::Shot => "shot_id",
            Self::Sequence => "sequence_id",
            Self::Episode => "episode_id",
            Self::Edit => "edit_id",
            Self::Scene => "scene_id",
            Self::Concept => "concept_id",
            Self::ConceptFolder => "concept_folder_id",
        }
    }

    /// SQL condition that is true of entities of this kind; `column` is the one that holds the id of the entity type.
    /// The id is looked up by the database itself, once a statement, so nothing can be out of date.
    #[must_use]
    pub fn condition(self, column: &str) -> String {
        match self {
            Self::Asset => format!("{column} NOT IN (SELECT id FROM entity_type WHERE name IN {BUILT_IN_NAMES})"),
            kind => format!(
                "{column} = (SELECT id FROM entity_type WHERE name = '{}')",
                kind.type_name()
            ),
        }
    }
}

/// Names of the built-in entity types, as a list of SQL.
pub const BUILT_IN_NAMES: &str = "('Shot', 'Sequence', 'Episode', 'Edit', 'Scene', 'Concept', 'ConceptFolder')";

/// True if an entity type is one of those that are built in. Those keep their names and can't be deleted.
#[must_use]
pub fn is_built_in(entity_type_name: &str) -> bool {
    EntityKind::of_type(entity_type_name) != EntityKind::Asset
}

/// The word that events use for the entities of an entity type, such as `shot`; `asset` for every asset type.
#[must_use]
pub fn kind_word(entity_type_name: &str) -> &'static str {
    EntityKind::of_type(entity_type_name).word()
}

/// The id of the entity type of a built-in kind. The type is made when it is missing.
///
/// # Errors
/// The database does not answer, or the kind is that of assets, which have no type of their own.
pub async fn built_in_type(connection: &impl Writes, kind: EntityKind) -> Result<Uuid, DbErr> {
    let find = Sql::with("SELECT id FROM entity_type WHERE name = $1", [kind.type_name().into()]);
    if let Some(id) = database::read_value(connection, &find).await? {
        return Ok(id);
    }
    if kind == EntityKind::Asset {
        return Err(DbErr::RecordNotFound("assets have no entity type of their own".into()));
    }
    // Another request may make it at the same time: the row that is there afterwards counts.
    database::insert_ignoring_duplicates(
        connection,
        &entity::entity_type::TABLE,
        vec![vec![("name", kind.type_name().into())]],
    )
    .await?;
    let made = database::read_value(connection, &find).await?;
    made.ok_or_else(|| DbErr::RecordNotFound(format!("the entity type {} can't be made", kind.type_name())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_types_are_asset_types() {
        assert_eq!(EntityKind::of_type("Shot"), EntityKind::Shot);
        assert_eq!(EntityKind::of_type("shot"), EntityKind::Asset);
        assert_eq!(kind_word("Character"), "asset");
        assert!(is_built_in("Scene") && !is_built_in("Character"));
    }

    #[test]
    fn the_list_of_names_is_complete() {
        let names: Vec<String> = EntityKind::BUILT_IN
            .iter()
            .map(|kind| format!("'{}'", kind.type_name()))
            .collect();
        assert_eq!(BUILT_IN_NAMES, format!("({})", names.join(", ")));
    }

    #[test]
    fn keys_follow_words() {
        for kind in EntityKind::BUILT_IN {
            assert_eq!(kind.id_key(), format!("{}_id", kind.word().replace('-', "_")));
            assert_eq!(kind.word().replace('-', ""), kind.type_name().to_lowercase());
        }
    }
}

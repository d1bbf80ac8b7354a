//! One ordered selection of previews made for a review.

use sea_orm::entity::prelude::*;

use crate::facts::Table;

#[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
#[sea_orm(table_name = "playlist")]
pub struct Model {
    #[sea_orm(column_type = "String(StringLen::N(80))")]
    pub name: String,
    /// List of `{entity_id, preview_file_id}` entries, of any kind of entity.
    #[sea_orm(column_type = "JsonBinary")]
    pub shots: Option<Json>,
    pub project_id: Option<Uuid>,
    /// Empty for the main pack, for all assets, and outside of TV shows.
    pub episode_id: Option<Uuid>,
    /// Task type whose latest preview is picked for a new entry.
    pub task_type_id: Option<Uuid>,
    /// True if clients see it.
    #[sea_orm(default_value = false)]
    pub for_client: Option<bool>,
    #[sea_orm(column_type = "String(StringLen::N(10))", default_value = "shot")]
    pub for_entity: Option<String>,
    /// Without an episode: whether it holds all assets instead of the main pack.
    #[sea_orm(default_value = false)]
    pub is_for_all: Option<bool>,
    pub created_by: Option<Uuid>,
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub created_at: Option<DateTime>,
    pub updated_at: Option<DateTime>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::project::Entity",
        from = "Column::ProjectId",
        to = "super::project::Column::Id"
    )]
    Project,
    #[sea_orm(
        belongs_to = "super::entity::Entity",
        from = "Column::EpisodeId",
        to = "super::entity::Column::Id"
    )]
    Episode,
    #[sea_orm(
        belongs_to = "super::task_type::Entity",
        from = "Column::TaskTypeId",
        to = "super::task_type::Column::Id"
    )]
    TaskType,
    #[sea_orm(
        belongs_to = "super::person::Entity",
        from = "Column::CreatedBy",
        to = "super::person::Column::Id"
    )]
    CreatedBy,
}

impl ActiveModelBehavior for ActiveModel {}

/// An entry of a playlist, as far as it can be read: what older clients stored has other keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    pub entity_id: Option<Uuid>,
    /// Preview to show.
    pub preview_file_id: Option<Uuid>,
    /// Task to show, where a client stored one.
    pub task_id: Option<Uuid>,
}

impl Entry {
    /// An entry as it is stored.
    #[must_use]
    pub fn read(stored: &Json) -> Self {
        let id = |key: &str| {
            stored
                .get(key)
                .and_then(Json::as_str)
                .and_then(|text| Uuid::parse_str(text).ok())
        };
        Self {
            entity_id: id("id").or_else(|| id("shot_id")).or_else(|| id("entity_id")),
            preview_file_id: id("preview_file_id"),
            task_id: id("preview_file_task_id"),
        }
    }

    /// All entries of the column `shots`.
    #[must_use]
    pub fn all(shots: Option<&Json>) -> Vec<Self> {
        shots
            .and_then(Json::as_array)
            .into_iter()
            .flatten()
            .map(Self::read)
            .collect()
    }
}

/// The table, described by its entity.
pub static TABLE: Table = Table::of::<Entity>();

#[cfg(test)]
mod tests {
    use sea_orm::prelude::Uuid;
    use serde_json::json;

    use super::Entry;

    #[test]
    fn entries_of_older_clients_are_read_too() {
        let [entity, preview] = [Uuid::from_u128(1), Uuid::from_u128(2)];
        let wanted = Entry {
            entity_id: Some(entity),
            preview_file_id: Some(preview),
            task_id: None,
        };
        for key in ["id", "shot_id", "entity_id"] {
            assert_eq!(Entry::read(&json!({key: entity, "preview_file_id": preview})), wanted);
        }
        assert_eq!(
            Entry::read(&json!({"id": "", "entity_id": entity, "preview_file_id": preview})),
            wanted
        );
        assert_eq!(
            Entry::all(Some(&json!([1, {"entity_id": "x"}]))),
            [Entry::default(), Entry::default()]
        );
        assert!(Entry::all(None).is_empty() && Entry::all(Some(&json!({}))).is_empty());
    }
}

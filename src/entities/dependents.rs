//! Tables that refer to entities in the database, and go with them.

use sea_orm::DbErr;
use uuid::Uuid;

use super::rows;
use crate::database::{self, Sql};
use crate::events::Work;
use crate::removal::UnneededFiles;
use crate::vocabulary::kinds::EntityKind;

const INSTANCES: &str =
    "SELECT id FROM asset_instance WHERE asset_id IN {ids} OR target_asset_id IN {ids} OR scene_id IN {ids}";
const OUTPUTS: &str = "SELECT id FROM output_file WHERE entity_id IN {ids} OR temporal_entity_id IN {ids} OR asset_instance_id IN ({instances})";
const WORKINGS: &str = "SELECT id FROM working_file WHERE entity_id IN {ids}";
const CHATS: &str = "SELECT id FROM chat WHERE object_id IN {ids}";
const MESSAGES: &str = "SELECT m.id FROM chat_message m JOIN chat c ON c.id = m.chat_id WHERE c.object_id IN {ids}";
const PLAYLISTS: &str = "SELECT id FROM playlist WHERE episode_id IN {ids}";

/// Names of lists in the statements. A list may hold the names of those behind it.
const LISTS: [(&str, &str); 6] = [
    ("{outputs}", OUTPUTS),
    ("{workings}", WORKINGS),
    ("{playlists}", PLAYLISTS),
    ("{messages}", MESSAGES),
    ("{chats}", CHATS),
    ("{instances}", INSTANCES),
];

/// Statements that remove rows of entities and what refers to them, in the order in which nothing is left hanging.
const STATEMENTS: [&str; 25] = [
    "DELETE FROM attachment_file WHERE chat_message_id IN ({messages})",
    "DELETE FROM chat_message WHERE id IN ({messages})",
    "DELETE FROM chat_participant WHERE chat_id IN ({chats})",
    "DELETE FROM chat WHERE id IN ({chats})",
    "UPDATE preview_file SET source_file_id = NULL WHERE source_file_id IN ({outputs})",
    "DELETE FROM output_file WHERE id IN ({outputs})",
    "UPDATE output_file SET source_file_id = NULL WHERE source_file_id IN ({workings})",
    "DELETE FROM working_file WHERE id IN ({workings})",
    "DELETE FROM asset_instance_link WHERE entity_id IN {ids} OR asset_instance_id IN ({instances})",
    "DELETE FROM asset_instance WHERE id IN ({instances})",
    "UPDATE asset_instance SET entity_id = NULL WHERE entity_id IN {ids}",
    "DELETE FROM notification WHERE playlist_id IN ({playlists})",
    "DELETE FROM build_job WHERE playlist_id IN ({playlists})",
    "DELETE FROM playlist_share_link WHERE playlist_id IN ({playlists})",
    "DELETE FROM playlist WHERE episode_id IN {ids}",
    "DELETE FROM entity_version WHERE entity_id IN {ids}",
    "DELETE FROM subscription WHERE entity_id IN {ids}",
    "DELETE FROM entity_link WHERE entity_in_id IN {ids}",
    "DELETE FROM entity_link WHERE entity_out_id IN {ids}",
    "DELETE FROM entity_concept_link WHERE entity_in_id IN {ids}",
    "DELETE FROM entity_concept_link WHERE entity_out_id IN {ids}",
    "DELETE FROM schedule_item WHERE object_id IN {ids}",
    "UPDATE entity SET parent_id = NULL WHERE parent_id IN {ids}",
    "UPDATE entity SET source_id = NULL WHERE source_id IN {ids}",
    "DELETE FROM entity WHERE id IN {ids}",
];

/// Removes the rows of entities, and says which attached files of their chats nobody needs after the commit.
pub(super) async fn remove_rows(work: &Work<'_>, ids: &[Uuid]) -> Result<UnneededFiles, DbErr> {
    let sql = |statement: &str| {
        let mut text = statement.to_owned();
        for (name, list) in LISTS {
            text = text.replace(name, list);
        }
        Sql::of_ids(text.replace(" IN {ids}", " = ANY($1)"), ids)
    };
    let attachments = sql("SELECT id FROM attachment_file WHERE chat_message_id IN ({messages})");
    let attachments = rows::ids(&**work, &attachments).await?;
    for statement in STATEMENTS {
        database::execute(&**work, &sql(statement)).await?;
    }
    Ok(UnneededFiles {
        attachments,
        ..UnneededFiles::default()
    })
}

/// Removes what links an entity with others: its castings both ways, its links with concepts both ways, and the asset
/// instances that appear in it, which stay themselves; of a sequence its subscriptions, too.
///
/// # Errors
/// The database refuses.
pub async fn remove_links(work: &Work<'_>, id: Uuid) -> Result<(), DbErr> {
    for (table, column) in LINKS {
        let sql = Sql::with(format!("DELETE FROM {table} WHERE {column} = $1"), [id.into()]);
        database::execute(&**work, &sql).await?;
    }
    let sequence = EntityKind::Sequence.condition("entity_type_id");
    let text = format!(
        "DELETE FROM subscription WHERE entity_id = $1 AND entity_id IN (SELECT id FROM entity WHERE {sequence})"
    );
    database::execute(&**work, &Sql::with(text, [id.into()])).await?;
    Ok(())
}

/// Tables that link entities, with the column that names one of them.
const LINKS: [(&str, &str); 5] = [
    ("entity_link", "entity_in_id"),
    ("entity_link", "entity_out_id"),
    ("entity_concept_link", "entity_in_id"),
    ("entity_concept_link", "entity_out_id"),
    ("asset_instance_link", "entity_id"),
];

//! Conversations about entities: who hears of them, and who keeps a message. Who reads an entity reads its conversation.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use sea_orm::ConnectionTrait;
use uuid::Uuid;

use super::entities::{self, EntityFact, READ};
use super::roles::{join_place, place_columns, read_place};
use crate::database::{self, Sql};

/// `chat-message-keeper`: the author of a message, and administrators.
#[must_use]
pub fn chat_message_keeper(caller: &Caller, author_id: Uuid) -> bool {
    caller.is_admin() || author_id == caller.person.id
}

/// Lets those in who read the conversation about an entity.
///
/// # Errors
/// 404 when there is no such entity, 403 for those who don't read its conversation.
pub async fn require_reader(
    connection: &impl ConnectionTrait,
    caller: &Caller,
    entity_id: Uuid,
) -> Result<(), Failure> {
    entities::require(connection, caller, entity_id, &READ)
        .await
        .map(|_| ())
}

/// Those who take part in a conversation, as far as they may still read the entity.
///
/// # Errors
/// The database does not answer.
pub async fn reading_participants(connection: &impl ConnectionTrait, chat_id: Uuid) -> Result<Vec<Uuid>, Failure> {
    let sql = Sql::with(
        format!(
            "SELECT p.id, {}, EXISTS (SELECT 1 FROM task o JOIN task_person_link w ON w.task_id = o.id \
             WHERE w.person_id = p.id AND o.entity_id = e.id) AS works_on FROM chat c JOIN entity e ON e.id = c.object_id \
             JOIN chat_participant m ON m.chat_id = c.id JOIN person p ON p.id = m.person_id {} WHERE p.active AND c.id = $1",
            place_columns("person", "p", "l"),
            join_place("l", "e.project_id", "p.id"),
        ),
        [chat_id.into()],
    );
    let mut found = Vec::new();
    for row in database::rows(connection, &sql).await? {
        let works_on: bool = row.try_get("", "works_on")?;
        let holds = |fact| works_on && matches!(fact, EntityFact::WorksOn | EntityFact::WorksWithin);
        if READ.allows(read_place(&row, "person")?, &holds) {
            found.push(row.try_get("", "id")?);
        }
    }
    Ok(found)
}

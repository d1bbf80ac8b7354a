//! The conversation about an entity: found or begun, joined and left.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{Chat, EntityChat};
use sea_orm::{ConnectionTrait, DbErr};
use serde_json::Map;
use uuid::Uuid;

use crate::access::chats::reading_participants;
use crate::app::App;
use crate::database::json::record;
use crate::database::{self, Sql, write_uuid};
use crate::events::{Work, payload, transact};

/// The conversation about an entity, where one was begun. Of several in a database from elsewhere the first counts.
///
/// # Errors
/// The database does not answer.
pub(super) async fn find(connection: &impl ConnectionTrait, entity_id: Uuid) -> Result<Option<Uuid>, DbErr> {
    let sql = Sql::with(
        "SELECT id FROM chat WHERE object_id = $1 ORDER BY created_at, id LIMIT 1",
        [entity_id.into()],
    );
    database::row(connection, &sql)
        .await?
        .map(|row| row.try_get("", "id"))
        .transpose()
}

/// The conversation about an entity; it is begun when there is none.
async fn find_or_begin(work: &Work<'_>, entity_id: Uuid) -> Result<Uuid, DbErr> {
    match find(&**work, entity_id).await? {
        Some(id) => Ok(id),
        None => database::insert(&**work, &entity::chat::TABLE, vec![("object_id", entity_id.into())]).await,
    }
}

/// True if a person takes part.
///
/// # Errors
/// The database does not answer.
pub(super) async fn takes_part(
    connection: &impl ConnectionTrait,
    chat_id: Uuid,
    person_id: Uuid,
) -> Result<bool, DbErr> {
    let sql = Sql::with(
        "SELECT 1 FROM chat_participant WHERE chat_id = $1 AND person_id = $2",
        [chat_id.into(), person_id.into()],
    );
    Ok(database::row(connection, &sql).await?.is_some())
}

/// Announces something to those who take part, and to nobody else.
///
/// # Errors
/// The database does not answer.
pub(super) async fn emit_to_participants(
    work: &mut Work<'_>,
    chat_id: Uuid,
    event: &'static str,
    payload: Map<String, serde_json::Value>,
) -> Result<(), Failure> {
    let participants = reading_participants(&**work, chat_id).await?;
    work.announce_among(participants, event, payload);
    Ok(())
}

/// The conversation about an entity with those who take part.
pub(super) async fn get(app: &App, caller: &Caller, entity_id: Uuid) -> Result<Json<EntityChat>, Failure> {
    let id = match find(&app.database, entity_id).await? {
        Some(id) => id,
        None => transact(app, || begin(app, caller, entity_id)).await?,
    };
    let mut text = written(&app.database, id).await?;
    text.pop();
    text.extend_from_slice(b",\"participants\":[");
    let sql = Sql::with(
        "SELECT person_id FROM chat_participant WHERE chat_id = $1 ORDER BY person_id",
        [id.into()],
    );
    for (at, row) in app.database.rows(&sql).await?.iter().enumerate() {
        if at > 0 {
            text.push(b',');
        }
        write_uuid(&mut text, row.try_get("", "person_id")?);
    }
    text.extend_from_slice(b"],\"messages\":[]}");
    Ok(Json::written(text))
}

async fn begin(app: &App, caller: &Caller, entity_id: Uuid) -> Result<Uuid, Failure> {
    let work = Work::begin(app, caller).await?;
    let id = find_or_begin(&work, entity_id).await?;
    work.finish().await?;
    Ok(id)
}

async fn written(connection: &impl ConnectionTrait, id: Uuid) -> Result<Vec<u8>, Failure> {
    record(connection, &entity::chat::TABLE, "Chat", id)
        .await?
        .ok_or_else(Failure::not_found)
}

/// Makes the caller take part.
pub(super) async fn join(app: &App, caller: &Caller, entity_id: Uuid) -> Result<Json<Chat>, Failure> {
    let person_id = caller.person.id;
    let mut work = Work::begin(app, caller).await?;
    let id = find_or_begin(&work, entity_id).await?;
    if !takes_part(&*work, id, person_id).await? {
        let link = vec![("chat_id", id.into()), ("person_id", person_id.into())];
        database::insert_many(&*work, &entity::chat_participant::TABLE, vec![link]).await?;
        emit_to_participants(
            &mut work,
            id,
            "chat:joined",
            payload([("chat_id", id), ("person_id", person_id)]),
        )
        .await?;
    }
    let text = written(&*work, id).await?;
    work.finish().await?;
    Ok(Json::written(text))
}

/// Makes the caller take part no longer.
pub(super) async fn leave(app: &App, caller: &Caller, entity_id: Uuid) -> Result<NoContent, Failure> {
    let person_id = caller.person.id;
    let mut work = Work::begin(app, caller).await?;
    if let Some(id) = find(&*work, entity_id).await?
        && takes_part(&*work, id, person_id).await?
    {
        // The person who leaves is told, too, for their other screens.
        emit_to_participants(
            &mut work,
            id,
            "chat:left",
            payload([("chat_id", id), ("person_id", person_id)]),
        )
        .await?;
        let sql = Sql::with(
            "DELETE FROM chat_participant WHERE chat_id = $1 AND person_id = $2",
            [id.into(), person_id.into()],
        );
        database::execute(&*work, &sql).await?;
    }
    work.finish().await?;
    Ok(NoContent)
}

//! Messages of conversations, with the files that are attached to them.

use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{ChatMessageWithFiles, CreatedChatMessage};
use dailies_definitions::submission::Submission;
use entity::chat_message::TABLE;
use entity::facts::Kind;
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};
use uuid::Uuid;

use super::conversation::{emit_to_participants, find, takes_part};
use crate::access::chats::{chat_message_keeper, require_reader};
use crate::app::App;
use crate::comments::attachments::{self, Attachment, Holder};
use crate::database::dialect::{JsonKey, json_list};
use crate::database::json::{TEXT, record, write_key};
use crate::database::{self, RecordWriter, Sql};
use crate::events::{Work, payload, transact};
use crate::removal;

/// A writer of messages `m` with their files.
fn writer(backend: DbBackend) -> RecordWriter {
    let keys = [("id", Kind::Uuid), ("name", TEXT), ("extension", TEXT)];
    let keys: Vec<JsonKey> = keys
        .map(|(name, kind)| JsonKey::new(format!("f.{name}"), name, kind))
        .into();
    let files = json_list(
        backend,
        &keys,
        "attachment_file f WHERE f.chat_message_id = m.id",
        "f.created_at, f.name, f.id",
    );
    RecordWriter::new(&TABLE, "m", "ChatMessage").with(&[(&files, "attachment_files", Kind::Json)])
}

/// All messages about an entity, the oldest first.
pub(super) async fn list(app: &App, entity_id: Uuid) -> Result<Json<Vec<ChatMessageWithFiles>>, Failure> {
    let writer = writer(app.database.backend());
    let sql = Sql::with(
        format!(
            "SELECT {} FROM chat_message m JOIN chat c ON c.id = m.chat_id WHERE c.object_id = $1 ORDER BY m.created_at, m.id",
            writer.columns()
        ),
        [entity_id.into()],
    );
    Ok(writer.list(&app.database, sql).await?)
}

/// One message about an entity.
pub(super) async fn get(app: &App, entity_id: Uuid, message_id: Uuid) -> Result<Json<ChatMessageWithFiles>, Failure> {
    let writer = writer(app.database.backend());
    let sql = Sql::with(
        format!(
            "SELECT {}, c.object_id AS about FROM chat_message m JOIN chat c ON c.id = m.chat_id WHERE m.id = $1",
            writer.columns()
        ),
        [message_id.into()],
    );
    let row = app.database.row(&sql).await?.ok_or_else(Failure::not_found)?;
    if row.try_get::<Uuid>("", "about")? != entity_id {
        return Err(Failure::forbidden());
    }
    let mut text = Vec::with_capacity(512);
    writer.write(&mut text, &row)?;
    Ok(Json::written(text))
}

/// The chat about an entity that the caller takes part in.
///
/// # Errors
/// 400 for those who don't take part.
async fn joined_chat(connection: &impl ConnectionTrait, caller: &Caller, entity_id: Uuid) -> Result<Uuid, Failure> {
    let chat = find(connection, entity_id).await?;
    let outside = || Failure::parameter("You are not a participant of this chat");
    let chat_id = chat.ok_or_else(outside)?;
    if takes_part(connection, chat_id, caller.person.id).await? {
        Ok(chat_id)
    } else {
        Err(outside())
    }
}

/// Writes a message with files.
pub(super) async fn post(
    app: &App,
    caller: &Caller,
    entity_id: Uuid,
    body: Submission,
) -> Result<Json<CreatedChatMessage>, Failure> {
    let text = match body.fields.get("message") {
        Some(Value::String(text)) if text.contains('\0') => {
            return Err(Failure::field("message", "Input should be without NUL characters"));
        }
        Some(Value::String(text)) => text.clone(),
        Some(_) => return Err(Failure::field("message", "Input should be a valid string")),
        None => return Err(Failure::field("message", "Field required")),
    };
    joined_chat(&app.database, caller, entity_id).await?;
    let files = attachments::keep(app, body.files.iter().collect()).await?;
    match transact(app, || store(app, caller, entity_id, &text, &files)).await {
        Ok(written) => Ok(Json::written(written)),
        Err(error) => {
            attachments::drop_contents(app, &files).await;
            Err(error)
        }
    }
}

async fn store(
    app: &App,
    caller: &Caller,
    entity_id: Uuid,
    text: &str,
    files: &[Attachment],
) -> Result<Vec<u8>, Failure> {
    let mut work = Work::begin(app, caller).await?;
    let chat_id = joined_chat(&*work, caller, entity_id).await?;
    let moment = database::now();
    let values = vec![
        ("chat_id", chat_id.into()),
        ("person_id", caller.person.id.into()),
        ("text", text.into()),
        ("created_at", moment.into()),
    ];
    let id = database::insert(&*work, &TABLE, values).await?;
    let records: Vec<_> = files.iter().map(|file| (Holder::ChatMessage(id), file)).collect();
    attachments::store(&work, &records).await?;
    database::update(
        &*work,
        &entity::chat::TABLE,
        chat_id,
        vec![("last_message", moment.into())],
    )
    .await?;
    let mut told = payload([("chat_id", chat_id), ("chat_message_id", id)]);
    told.insert(
        "last_message".into(),
        json!(moment.format("%Y-%m-%dT%H:%M:%S").to_string()),
    );
    emit_to_participants(&mut work, chat_id, "chat:new-message", told).await?;
    let mut written = record(&*work, &TABLE, "ChatMessage", id)
        .await?
        .ok_or_else(Failure::not_found)?;
    if !files.is_empty() {
        written.pop();
        write_key(&mut written, "attachment_files", Some(&attachments::list(files, None)));
        written.push(b'}');
    }
    work.finish().await?;
    Ok(written)
}

/// Deletes a message with its files.
pub(super) async fn delete(
    app: &App,
    caller: &Caller,
    entity_id: Uuid,
    message_id: Uuid,
) -> Result<NoContent, Failure> {
    let mut work = Work::begin(app, caller).await?;
    require_reader(&*work, caller, entity_id).await?;
    let sql = Sql::with(
        "SELECT m.chat_id, m.person_id, c.object_id FROM chat_message m JOIN chat c ON c.id = m.chat_id WHERE m.id = $1",
        [message_id.into()],
    );
    let row = database::row(&*work, &sql).await?.ok_or_else(Failure::not_found)?;
    if row.try_get::<Uuid>("", "object_id")? != entity_id || !chat_message_keeper(caller, row.try_get("", "person_id")?)
    {
        return Err(Failure::forbidden());
    }
    let chat_id: Uuid = row.try_get("", "chat_id")?;
    let sql = Sql::with(
        "SELECT id FROM attachment_file WHERE chat_message_id = $1",
        [message_id.into()],
    );
    let files = database::rows(&*work, &sql)
        .await?
        .iter()
        .map(|row| row.try_get("", "id"))
        .collect::<Result<Vec<Uuid>, _>>()?;
    for text in [
        "DELETE FROM attachment_file WHERE chat_message_id = $1",
        "DELETE FROM chat_message WHERE id = $1",
    ] {
        database::execute(&*work, &Sql::with(text, [message_id.into()])).await?;
    }
    emit_to_participants(
        &mut work,
        chat_id,
        "chat:deleted-message",
        payload([("chat_id", chat_id), ("chat_message_id", message_id)]),
    )
    .await?;
    work.afterwards(move |app| Box::pin(removal::discard_attachments(app, files)));
    work.finish().await?;
    Ok(NoContent)
}

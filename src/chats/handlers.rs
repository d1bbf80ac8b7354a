//! The handlers of the tag *Chats*.

use async_trait::async_trait;
use dailies_definitions::access::{Caller, EntityReader};
use dailies_definitions::chats::Chats;
use dailies_definitions::failure::Failure;
use dailies_definitions::payload::{Json, NoContent};
use dailies_definitions::schemas::{Chat, ChatMessageWithFiles, CreatedChatMessage, EntityChat, UserChat};
use dailies_definitions::submission::Submission;
use uuid::Uuid;

use super::{conversation, messages, mine};
use crate::app::SharedApp;

/// Serves conversations.
pub struct ChatsHandlers(pub SharedApp);

#[async_trait]
impl Chats for ChatsHandlers {
    async fn get_entity_chat(&self, access: EntityReader, entity_id: Uuid) -> Result<Json<EntityChat>, Failure> {
        conversation::get(&self.0, &access, entity_id).await
    }

    async fn list_entity_chat_messages(
        &self,
        _access: EntityReader,
        entity_id: Uuid,
    ) -> Result<Json<Vec<ChatMessageWithFiles>>, Failure> {
        messages::list(&self.0, entity_id).await
    }

    async fn create_entity_chat_message(
        &self,
        access: EntityReader,
        entity_id: Uuid,
        body: Submission,
    ) -> Result<Json<CreatedChatMessage>, Failure> {
        messages::post(&self.0, &access, entity_id, body).await
    }

    async fn get_entity_chat_message(
        &self,
        _access: EntityReader,
        entity_id: Uuid,
        chat_message_id: Uuid,
    ) -> Result<Json<ChatMessageWithFiles>, Failure> {
        messages::get(&self.0, entity_id, chat_message_id).await
    }

    async fn delete_entity_chat_message(
        &self,
        access: Caller,
        entity_id: Uuid,
        chat_message_id: Uuid,
    ) -> Result<NoContent, Failure> {
        messages::delete(&self.0, &access, entity_id, chat_message_id).await
    }

    async fn join_chat(&self, access: EntityReader, entity_id: Uuid) -> Result<Json<Chat>, Failure> {
        conversation::join(&self.0, &access, entity_id).await
    }

    async fn leave_chat(&self, access: EntityReader, entity_id: Uuid) -> Result<NoContent, Failure> {
        conversation::leave(&self.0, &access, entity_id).await
    }

    async fn list_user_chats(&self, access: Caller) -> Result<Json<Vec<UserChat>>, Failure> {
        mine::list(&self.0, &access).await
    }
}

//! Files attached to comments and chat messages, as they are stored.

use async_trait::async_trait;
use dailies_definitions::access::Caller;
use dailies_definitions::failure::Failure;
use dailies_definitions::rules::RecordRule;
use entity::facts::Table;

use crate::access::comments::attachment_reader;
use crate::app::App;
use crate::crud::{Nested, Record, Resource};

/// The collection `/data/attachment-files`.
pub struct AttachmentFiles;

static NESTED: [Nested; 2] = [
    Nested {
        key: "comment",
        column: "comment_id",
        table: &entity::comment::TABLE,
        type_name: "Comment",
    },
    Nested {
        key: "chat_message",
        column: "chat_message_id",
        table: &entity::chat_message::TABLE,
        type_name: "ChatMessage",
    },
];

#[async_trait]
impl Resource for AttachmentFiles {
    fn table(&self) -> &'static Table {
        &entity::attachment_file::TABLE
    }

    fn type_name(&self) -> &'static str {
        "AttachmentFile"
    }

    fn nested(&self) -> &'static [Nested] {
        &NESTED
    }

    fn accepted(&self) -> &'static [&'static str] {
        &["comment", "chat_message"]
    }

    async fn may_read(&self, app: &App, caller: &Caller, _rule: RecordRule, record: &Record) -> Result<(), Failure> {
        attachment_reader(
            &app.database,
            caller,
            record.id_of("comment_id"),
            record.id_of("chat_message_id"),
        )
        .await
    }
}

//! Stores what a posting came to, in a few statements, however many comments there are.

use std::collections::HashSet;

use sea_orm::sea_query::ArrayType;
use sea_orm::{DbErr, Value as SqlValue};
use uuid::Uuid;

use super::{Posting, WrittenComment};
use crate::comments::attachments::{self, Holder};
use crate::comments::mentions::{self, Mentions};
use crate::database;
use crate::events::Work;
use crate::notifications::{news, notices};
use crate::tasks::progress::{self, Progress};

impl Posting {
    /// Stores the comments with what came along, the tasks, notices, news and assets.
    pub(super) async fn store(&self, work: &mut Work<'_>) -> Result<(), DbErr> {
        self.store_comments(work).await?;
        let moved: Vec<(Uuid, Progress)> = self
            .moved
            .iter()
            .map(|(id, progress)| (*id, progress.clone()))
            .collect();
        progress::store(work, &moved).await?;
        notices::store(work, &self.notices).await?;
        news::store(work, &self.news).await?;
        self.store_ready(work).await
    }

    /// Stores the comments with their mentions and attached files.
    async fn store_comments(&self, work: &Work<'_>) -> Result<(), DbErr> {
        let rows = self.written.iter().map(|written| {
            let WrittenComment { posted, draft, at, .. } = written;
            vec![
                ("id", posted.id.into()),
                ("object_id", posted.task_id.into()),
                ("object_type", "Task".into()),
                ("text", draft.text.clone().into()),
                ("checklist", draft.checklist.clone().into()),
                ("links", text_array(&draft.links)),
                ("for_client", draft.for_client.into()),
                ("task_status_id", posted.task_status_id.into()),
                ("person_id", posted.author_id.into()),
                ("created_at", (*at).into()),
            ]
        });
        database::insert_many(&**work, &entity::comment::TABLE, rows.collect()).await?;
        let mentioned: Vec<(Uuid, &Mentions)> = self
            .written
            .iter()
            .map(|written| (written.posted.id, &written.mentions))
            .collect();
        mentions::store(work, &mentioned).await?;
        let mut files = Vec::new();
        for written in &self.written {
            files.extend(
                written
                    .draft
                    .attachments
                    .iter()
                    .map(|file| (Holder::Comment(written.posted.id), file)),
            );
        }
        attachments::store(work, &files).await
    }

    /// Stores the task types that assets became ready for. The last one counts, as if each had been stored in turn.
    async fn store_ready(&self, work: &Work<'_>) -> Result<(), DbErr> {
        let mut done = HashSet::new();
        for (asset_id, task_type_id) in self.ready.iter().rev().filter(|(asset_id, _)| done.insert(*asset_id)) {
            database::update(
                &**work,
                &entity::entity::TABLE,
                *asset_id,
                vec![("ready_for", (*task_type_id).into())],
            )
            .await?;
        }
        Ok(())
    }
}

fn text_array(items: &[String]) -> SqlValue {
    SqlValue::Array(
        ArrayType::String,
        Some(Box::new(
            items.iter().map(|item| SqlValue::from(item.clone())).collect(),
        )),
    )
}

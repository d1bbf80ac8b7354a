//! Contents of a shared playlist: the revisions of its previews, and the tasks of its production that they belong to. Of what
//! another production shares, guests see the revision that is shown, and nothing of the work on it.

use std::collections::HashSet;

use dailies_definitions::access::ShareVisitor;
use dailies_definitions::failure::Failure;
use entity::playlist::Entry;
use sea_orm::{ConnectionTrait, DbErr, FromQueryResult};
use uuid::Uuid;

use crate::access::playlists::stored_entries;
use crate::database::{self, Sql};

/// Parts of productions that guests see.
#[derive(Clone, Debug, Default)]
pub struct SharedRecords {
    tasks: HashSet<Uuid>,
    /// Numbers of revisions with their tasks.
    revisions: HashSet<(Uuid, Option<i32>)>,
}

#[derive(FromQueryResult)]
struct ShownPreview {
    id: Uuid,
    task_id: Uuid,
    revision: Option<i32>,
    entity_id: Option<Uuid>,
    project_id: Option<Uuid>,
}

#[derive(FromQueryResult)]
struct ShownTask {
    id: Uuid,
    entity_id: Option<Uuid>,
    project_id: Option<Uuid>,
}

impl SharedRecords {
    /// Contents of the playlist that somebody looks at.
    ///
    /// # Errors
    /// 404 when the playlist is gone.
    pub async fn find(connection: &impl ConnectionTrait, visitor: &ShareVisitor) -> Result<Self, Failure> {
        let entries = stored_entries(connection, visitor.playlist_id).await?;
        Ok(Self::of(connection, visitor.project_id, &entries).await?)
    }

    /// Contents of the entries of a playlist of a production: their previews, as far as they are previews of their entities,
    /// and tasks of their entities that were stored with them.
    ///
    /// # Errors
    /// The database does not answer.
    async fn of(connection: &impl ConnectionTrait, project_id: Uuid, entries: &[Entry]) -> Result<Self, DbErr> {
        let mut shown = Self::default();
        let previews: Vec<Uuid> = entries.iter().filter_map(|entry| entry.preview_file_id).collect();
        let mut sql = Sql::new(
            "SELECT p.id, p.task_id, p.revision, t.entity_id, t.project_id FROM preview_file p JOIN task t ON t.id = p.task_id WHERE p.id",
        );
        sql.among(&previews);
        let pairs: HashSet<_> = entries
            .iter()
            .map(|entry| (entry.preview_file_id, entry.entity_id))
            .collect();
        for preview in database::read_all::<ShownPreview>(connection, &sql).await? {
            if preview.entity_id.is_some() && pairs.contains(&(Some(preview.id), preview.entity_id)) {
                if preview.project_id == Some(project_id) {
                    shown.tasks.insert(preview.task_id);
                }
                shown.revisions.insert((preview.task_id, preview.revision));
            }
        }
        let stored: Vec<Uuid> = entries.iter().filter_map(|entry| entry.task_id).collect();
        if !stored.is_empty() {
            let pairs: HashSet<_> = entries.iter().map(|entry| (entry.task_id, entry.entity_id)).collect();
            let mut sql = Sql::new("SELECT t.id, t.entity_id, t.project_id FROM task t WHERE t.id");
            sql.among(&stored);
            let found = database::read_all::<ShownTask>(connection, &sql).await?;
            let own = found.iter().filter(|task| {
                let is_named = task.entity_id.is_some() && pairs.contains(&(Some(task.id), task.entity_id));
                is_named && task.project_id == Some(project_id)
            });
            shown.tasks.extend(own.map(|task| task.id));
        }
        Ok(shown)
    }

    /// The tasks whose comments guests see.
    #[must_use]
    pub fn tasks(&self) -> Vec<Uuid> {
        self.tasks.iter().copied().collect()
    }

    /// True if guests see the comments of a task.
    #[must_use]
    pub fn has_task(&self, task_id: Uuid) -> bool {
        self.tasks.contains(&task_id)
    }

    /// True if guests see a preview: it is shown, or belongs to the same revision as one that is.
    #[must_use]
    pub fn has_revision(&self, task_id: Uuid, revision: Option<i32>) -> bool {
        self.revisions.contains(&(task_id, revision))
    }
}

//! Stored files that nobody needs after the commit.

use uuid::Uuid;

use crate::app::App;
use crate::previews::keys;
use crate::previews::removal::{discard, remove_files};

/// Records that are gone, and whose stored files nobody needs after the commit.
#[derive(Clone, Debug, Default)]
pub struct UnneededFiles {
    pub previews: Vec<Uuid>,
    pub attachments: Vec<Uuid>,
}

impl UnneededFiles {
    /// Adds others.
    pub fn extend(&mut self, more: Self) {
        self.previews.extend(more.previews);
        self.attachments.extend(more.attachments);
    }

    /// Removes the stored files, if the server is configured to.
    pub async fn discard(self, app: &App) {
        remove_files(app, &self.previews, false).await;
        if app.settings.files.remove_files {
            discard_attachments(app, self.attachments).await;
        }
    }
}

/// Removes the stored contents of attached files. One that can't be removed stays, and the log says so.
pub async fn discard_attachments(app: &App, ids: Vec<Uuid>) {
    discard(
        &app.storage,
        ids.into_iter()
            .flat_map(|id| [keys::attachment(id), keys::thumbnail(id)])
            .collect(),
    )
    .await;
}

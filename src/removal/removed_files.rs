//! The stored files of a production that was removed. They go once its rows are gone, whatever happens to the server in
//! between.

use async_trait::async_trait;
use futures::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::UnneededFiles;
use crate::app::SharedApp;
use crate::background::{JobError, Lane};
use crate::jobs::Job;
use crate::previews::keys;
use crate::previews::removal::file_keys;
use crate::storage::FileKey;

/// Records whose files go in one job.
const PORTION: usize = 100;
/// Files that are removed at once.
const AT_ONCE: usize = 8;

/// Files of records that are gone.
#[derive(Debug, Serialize, Deserialize)]
pub struct RemovedFiles {
    previews: Vec<Uuid>,
    attachments: Vec<Uuid>,
}

impl RemovedFiles {
    /// The jobs that remove all of it.
    #[must_use]
    pub fn jobs(unneeded: &UnneededFiles) -> Vec<Self> {
        let previews = unneeded.previews.chunks(PORTION).map(|ids| Self {
            previews: ids.to_vec(),
            attachments: Vec::new(),
        });
        let attachments = unneeded.attachments.chunks(PORTION).map(|ids| Self {
            previews: Vec::new(),
            attachments: ids.to_vec(),
        });
        previews.chain(attachments).collect()
    }
}

#[async_trait]
impl Job for RemovedFiles {
    const KIND: &'static str = "removed-files";
    /// It waits for the storage, not for a processor.
    const LANE: Lane = Lane::Letters;
    /// About 17 hours.
    const ATTEMPTS: i32 = 22;

    /// Removal of the files. One that is gone already makes no difference.
    async fn run(&self, app: &SharedApp, _id: Uuid) -> Result<(), JobError> {
        let keys: Vec<FileKey> = file_keys(&self.previews)
            .chain(self.attachments.iter().copied().map(keys::attachment))
            .collect();
        let deletions = keys
            .into_iter()
            .map(|key| async move { app.storage.delete(&key).await });
        futures::stream::iter(deletions)
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_files_go_in_portions() {
        let ids = |count| (0..count).map(Uuid::from_u128).collect::<Vec<_>>();
        let jobs = RemovedFiles::jobs(&UnneededFiles {
            previews: ids(250),
            attachments: ids(3),
        });
        let sizes: Vec<_> = jobs
            .iter()
            .map(|job| (job.previews.len(), job.attachments.len()))
            .collect();
        assert_eq!(sizes, [(100, 0), (100, 0), (50, 0), (0, 3)]);
        assert!(RemovedFiles::jobs(&UnneededFiles::default()).is_empty());
    }
}

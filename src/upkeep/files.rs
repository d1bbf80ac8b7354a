//! Removal of stored files that belong to no row: what was left where files are kept, or by a copy that broke off.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use futures::TryStreamExt;
use sea_orm::DbErr;
use uuid::Uuid;

use super::Finding;
use crate::database::{self, BATCH, Database, Sql};
use crate::previews::removal::discard;
use crate::storage::{Bucket, FileKey, Storage, StorageError};

/// Reason why files are left where they are.
#[derive(Debug, thiserror::Error)]
pub enum OrphanError {
    #[error(transparent)]
    Database(#[from] DbErr),
    #[error("the file storage can't be used: {0}")]
    Storage(#[from] StorageError),
    #[error(
        "none of the {0} stored files belongs to a row of this database: is it the right one? Nothing was removed; --all removes them"
    )]
    AnotherDatabase(u64),
}

/// Extent of a removal of stored files.
#[derive(Clone, Copy, Debug)]
pub struct OrphanRemoval {
    /// Hours for which a file is left alone after it was written: it is stored before its row.
    pub older_than: u32,
    /// True if they are removed even when that is everything there is.
    pub all: bool,
    /// True if they are counted, and nothing is removed.
    pub dry_run: bool,
}

/// Removes the stored files that no row names.
///
/// # Errors
/// The storage or the database does not answer, or the files seem to be those of another database.
pub async fn files(
    database: &Database,
    storage: &Storage,
    removal: OrphanRemoval,
) -> Result<Vec<Finding>, OrphanError> {
    let OrphanRemoval {
        older_than,
        all,
        dry_run,
    } = removal;
    let limit = Utc::now() - TimeDelta::hours(i64::from(older_than));
    let mut kinds: BTreeMap<String, (u64, Vec<FileKey>)> = BTreeMap::new();
    for bucket in Bucket::ALL {
        let mut found = storage.list(bucket);
        let mut portion = Vec::new();
        while let Some(listed) = found.try_next().await? {
            portion.extend(listed.key.map(|key| (key, listed.modified)));
            if portion.len() == BATCH {
                sort(database, std::mem::take(&mut portion), limit, &mut kinds).await?;
            }
        }
        sort(database, portion, limit, &mut kinds).await?;
    }
    let (count, orphans) = kinds.values().fold((0_u64, 0_u64), |(count, orphans), (all, found)| {
        (count + all, orphans + found.len() as u64)
    });
    if orphans > 0 && orphans == count && !all {
        return Err(OrphanError::AnotherDatabase(count));
    }
    let mut report = Vec::new();
    for (what, (count, orphans)) in kinds {
        report.push(Finding::new(what, count, orphans.len() as u64));
        if !dry_run {
            discard(storage, orphans).await;
        }
    }
    Ok(report)
}

/// Finds those of the files that belong to no row.
async fn sort(
    database: &Database,
    keys: Vec<(FileKey, DateTime<Utc>)>,
    limit: DateTime<Utc>,
    kinds: &mut BTreeMap<String, (u64, Vec<FileKey>)>,
) -> Result<(), DbErr> {
    let mut wanted: HashMap<&str, Vec<Uuid>> = HashMap::new();
    for (key, _) in &keys {
        for table in owners(key) {
            wanted.entry(table).or_default().push(key.id());
        }
    }
    let mut rows: HashSet<(&str, Uuid)> = HashSet::new();
    for (table, ids) in &wanted {
        let mut sql = Sql::new(format!("SELECT id FROM {table} WHERE id"));
        sql.among(ids);
        rows.extend(database::ids(database, &sql).await?.into_iter().map(|id| (*table, id)));
    }
    for (key, modified) in keys {
        let (count, orphans) = kinds
            .entry(format!("{}/{}", key.bucket().name(), key.prefix()))
            .or_default();
        *count += 1;
        if modified < limit && !owners(&key).iter().any(|table| rows.contains(&(*table, key.id()))) {
            orphans.push(key);
        }
    }
    Ok(())
}

/// Tables one of whose rows a file belongs to.
fn owners(key: &FileKey) -> &'static [&'static str] {
    match (key.bucket(), key.prefix()) {
        (Bucket::Pictures, "thumbnails") => &[
            "preview_file",
            "attachment_file",
            "person",
            "project",
            "organisation",
            "preview_background_file",
        ],
        (Bucket::Pictures, "preview-backgrounds") => &["preview_background_file"],
        (Bucket::Movies, "playlists") => &["build_job"],
        (Bucket::Files, "attachments") => &["attachment_file"],
        (Bucket::Files, "working") => &["working_file"],
        _ => &["preview_file"],
    }
}

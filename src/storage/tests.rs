//! Files in a folder: stored, streamed, copied and removed.

use futures::stream;
use tempfile::TempDir;
use uuid::Uuid;

use super::*;

async fn open(folder: &Path) -> Storage {
    let settings = StorageSettings {
        bucket_prefix: "studio-".to_owned(),
        backend: Backend::Local {
            folder: folder.join("previews"),
        },
    };
    Storage::open(&settings).await.unwrap()
}

fn key(prefix: &'static str) -> FileKey {
    FileKey::new(Bucket::Pictures, prefix, Uuid::new_v4())
}

/// More than two parts of an upload.
fn large() -> Bytes {
    let pattern = (0..=250_u8).cycle();
    pattern.take(2 * UPLOAD_PART + 12_345).collect()
}

async fn read(storage: &Storage, key: &FileKey, range: Option<Range<u64>>) -> Bytes {
    let file = storage.get(key, range).await.unwrap().unwrap();
    file.into_bytes().await.unwrap()
}

#[tokio::test]
async fn files_live_where_existing_stores_have_them() {
    let folder = TempDir::new().unwrap();
    let storage = open(folder.path()).await;
    let id = "15323dfc-4c2b-4c4e-9a5e-0f5b6f7a8b9c";
    let square = FileKey::new(Bucket::Pictures, "thumbnails-square", Uuid::parse_str(id).unwrap());
    storage.put(&square, Bytes::from_static(b"png")).await.unwrap();
    let path = folder
        .path()
        .join(format!("previews/studio-pictures/thumbnails/squ/are/square-{id}"));
    assert_eq!(std::fs::read(path).unwrap(), b"png");
}

#[tokio::test]
async fn stored_bytes_come_back_whole_or_in_part() {
    let folder = TempDir::new().unwrap();
    let storage = open(folder.path()).await;
    let key = key("previews");
    storage.put(&key, Bytes::from_static(b"old")).await.unwrap();
    let content = large();
    storage.put(&key, content.clone()).await.unwrap();

    let meta = storage.head(&key).await.unwrap().unwrap();
    assert_eq!(meta.size, content.len() as u64);
    assert!((Utc::now() - meta.modified).num_seconds() < 60);
    assert_eq!(read(&storage, &key, None).await, content);
    let part = storage.get(&key, Some(1_000..9_000_000)).await;
    let part = part.unwrap().unwrap();
    assert_eq!((&part.meta, &part.range), (&meta, &(1_000..9_000_000)));
    assert_eq!(part.into_bytes().await.unwrap(), content.slice(1_000..9_000_000));
    let size = meta.size;
    assert!(storage.get(&key, Some(size..size + 1)).await.is_err());
}

#[tokio::test]
async fn files_are_streamed_in_and_out() {
    let folder = TempDir::new().unwrap();
    let storage = open(folder.path()).await;
    let source = folder.path().join("upload.tmp");
    for content in [large(), Bytes::from_static(b"small")] {
        std::fs::write(&source, &content).unwrap();
        let key = key("source");
        let size = storage.put_file(&key, &source).await.unwrap();
        assert_eq!(size, content.len() as u64);
        assert_eq!(read(&storage, &key, None).await, content);

        let copy = folder.path().join("copy.tmp");
        assert!(storage.download(&key, &copy).await.unwrap());
        assert_eq!(std::fs::read(&copy).unwrap(), content);
    }
    let absent = key("source");
    assert!(!storage.download(&absent, &source).await.unwrap());
    let missing = folder.path().join("missing.tmp");
    assert!(storage.put_file(&absent, &missing).await.is_err());
}

#[tokio::test]
async fn an_interrupted_upload_leaves_the_former_file() {
    let folder = TempDir::new().unwrap();
    let storage = open(folder.path()).await;
    let key = key("previews");
    storage.put(&key, Bytes::from_static(b"old")).await.unwrap();
    let broken = stream::iter([Ok(large()), Err(io::Error::from(io::ErrorKind::ConnectionReset))]);
    assert!(storage.put_stream(&key, broken).await.is_err());
    assert_eq!(read(&storage, &key, None).await, "old");
    let (_, location) = storage.locate(&key);
    let path = folder.path().join("previews/studio-pictures");
    let path = path.join(location.as_ref());
    let around = std::fs::read_dir(path.parent().unwrap()).unwrap();
    assert_eq!(around.count(), 1, "no temporary file is left");
}

#[tokio::test]
async fn removing_twice_is_fine() {
    let folder = TempDir::new().unwrap();
    let storage = open(folder.path()).await;
    let key = key("thumbnails");
    storage.put(&key, Bytes::from_static(b"x")).await.unwrap();
    assert!(storage.exists(&key).await.unwrap());
    storage.delete(&key).await.unwrap();
    storage.delete(&key).await.unwrap();
    assert!(!storage.exists(&key).await.unwrap());
    assert!(storage.get(&key, None).await.unwrap().is_none());
}

#[tokio::test]
async fn a_copy_is_independent_of_its_source() {
    let folder = TempDir::new().unwrap();
    let storage = open(folder.path()).await;
    let source = key("previews");
    let same_bucket = key("previews");
    let other_bucket = FileKey::new(Bucket::Files, "attachments", Uuid::new_v4());
    for target in [&same_bucket, &other_bucket] {
        assert!(!storage.copy(&source, target).await.unwrap());
    }
    let content = Bytes::from_static(b"first");
    storage.put(&source, content).await.unwrap();
    for target in [&same_bucket, &other_bucket] {
        assert!(storage.copy(&source, target).await.unwrap());
    }
    let content = Bytes::from_static(b"second");
    storage.put(&source, content).await.unwrap();
    assert_eq!(read(&storage, &same_bucket, None).await, "first");
    assert_eq!(read(&storage, &other_bucket, None).await, "first");
}

#[tokio::test]
async fn a_file_without_content_is_absent() {
    let folder = TempDir::new().unwrap();
    let storage = open(folder.path()).await;
    let key = key("original");
    storage.put(&key, Bytes::new()).await.unwrap();
    assert!(!storage.exists(&key).await.unwrap());
    assert!(storage.get(&key, None).await.unwrap().is_none());
    assert!(!storage.copy(&key, &key).await.unwrap());
}

#[tokio::test]
async fn a_changed_file_has_another_tag() {
    let folder = TempDir::new().unwrap();
    let storage = open(folder.path()).await;
    let key = key("thumbnails");
    storage.put(&key, Bytes::from_static(b"one")).await.unwrap();
    let first = storage.head(&key).await.unwrap().unwrap();
    storage.put(&key, Bytes::from_static(b"two")).await.unwrap();
    let second = storage.head(&key).await.unwrap().unwrap();
    assert_ne!(first.etag, second.etag);
}

#[tokio::test]
async fn a_folder_that_can_not_be_had_is_told() {
    let place = TempDir::new().unwrap();
    let storage = open(place.path()).await;
    assert!(storage.is_reached().await);
    std::fs::remove_dir_all(place.path().join("previews")).unwrap();
    assert!(!storage.is_reached().await);

    let file = place.path().join("file");
    std::fs::write(&file, b"no folder").unwrap();
    let settings = StorageSettings {
        bucket_prefix: String::new(),
        backend: Backend::Local { folder: file.clone() },
    };
    let refused = Storage::open(&settings).await.err().map(|error| error.to_string());
    assert!(refused.is_some_and(|told| told.contains(&file.display().to_string())));
}

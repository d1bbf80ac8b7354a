//! Answers with files: whole, in parts, and to those who have them already.

use std::path::Path;

use bytes::Bytes;
use poem::http::{
    HeaderName,
    header::{EXPIRES, IF_RANGE, LAST_MODIFIED},
};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::storage::{Backend, Bucket, StorageSettings};

const CONTENT: &[u8] = b"0123456789abcdefghij";

struct Stored {
    storage: Storage,
    key: FileKey,
    _folder: TempDir,
}

async fn stored() -> Stored {
    let folder = TempDir::new().unwrap();
    let storage = open(folder.path()).await;
    let key = FileKey::new(Bucket::Movies, "previews", Uuid::new_v4());
    let content = Bytes::from_static(CONTENT);
    storage.put(&key, content).await.unwrap();
    Stored {
        storage,
        key,
        _folder: folder,
    }
}

async fn open(folder: &Path) -> Storage {
    let settings = StorageSettings {
        bucket_prefix: String::new(),
        backend: Backend::Local {
            folder: folder.to_owned(),
        },
    };
    Storage::open(&settings).await.unwrap()
}

fn delivery() -> Delivery<'static> {
    Delivery {
        content_type: "video/mp4",
        disposition: Disposition::Inline(""),
        cache: Cache::Private(604_800),
        last_modified: DateTime::from_timestamp(1_700_000_000, 0),
        expected_size: None,
    }
}

fn request(headers: &[(HeaderName, &str)]) -> HeaderMap {
    headers
        .iter()
        .map(|(name, value)| (name.clone(), HeaderValue::from_str(value).unwrap()))
        .collect()
}

impl Stored {
    async fn ask(&self, headers: &[(HeaderName, &str)]) -> Result<Response, ServeError> {
        let keys = std::slice::from_ref(&self.key);
        serve(&self.storage, keys, &request(headers), &delivery()).await
    }

    async fn etag(&self) -> String {
        self.storage.head(&self.key).await.unwrap().unwrap().etag
    }
}

fn header(response: &Response, name: HeaderName) -> &str {
    response.header(name).unwrap_or_default()
}

async fn body(response: Response) -> Vec<u8> {
    response.into_body().into_vec().await.unwrap()
}

#[tokio::test]
async fn whole_file_has_all_headers() {
    let stored = stored().await;
    let answer = stored.ask(&[]).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(header(&answer, CONTENT_TYPE), "video/mp4");
    assert_eq!(header(&answer, CONTENT_LENGTH), "20");
    assert_eq!(header(&answer, ACCEPT_RANGES), "bytes");
    assert_eq!(header(&answer, CACHE_CONTROL), "max-age=604800, private");
    assert_eq!(header(&answer, CONTENT_DISPOSITION), "inline; filename=\"\"");
    assert_eq!(header(&answer, LAST_MODIFIED), "Tue, 14 Nov 2023 22:13:20 GMT");
    assert!(header(&answer, EXPIRES).ends_with(" GMT"));
    let etag = header(&answer, ETAG);
    assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    assert_eq!(body(answer).await, CONTENT);
}

#[tokio::test]
async fn ranges_give_the_part_asked_for() {
    let stored = stored().await;
    for (range, content_range, part) in [
        ("bytes=0-9", "bytes 0-9/20", &CONTENT[..10]),
        ("bytes=15-", "bytes 15-19/20", &CONTENT[15..]),
        ("bytes=-3", "bytes 17-19/20", &CONTENT[17..]),
        ("bytes=-50", "bytes 0-19/20", CONTENT),
        ("bytes=18-99", "bytes 18-19/20", &CONTENT[18..]),
        ("Bytes=19-19", "bytes 19-19/20", &CONTENT[19..]),
    ] {
        let answer = stored.ask(&[(RANGE, range)]).await.unwrap();
        assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT, "{range}");
        assert_eq!(header(&answer, CONTENT_RANGE), content_range);
        assert_eq!(header(&answer, CONTENT_LENGTH), part.len().to_string());
        assert_eq!(body(answer).await, part, "{range}");
    }
}

#[tokio::test]
async fn ranges_outside_of_the_file_are_refused() {
    let stored = stored().await;
    for range in [
        "bytes=20-",
        "bytes=99-100",
        "bytes=-0",
        "bytes=5-2",
        "bytes=0-1,4-5",
        "bytes=a-b",
        "bytes=-",
        "bytes",
        "bytes=99999999999999999999-",
    ] {
        let refused = stored.ask(&[(RANGE, range)]).await;
        assert!(matches!(refused, Err(ServeError::RangeNotSatisfiable)), "{range}");
    }
    let other_unit = stored.ask(&[(RANGE, "frames=1-2")]).await.unwrap();
    assert_eq!(other_unit.status(), StatusCode::OK);
}

#[tokio::test]
async fn known_files_are_not_sent_again() {
    let stored = stored().await;
    let etag = stored.etag().await;
    let weak = format!("W/{etag}");
    let list = format!("\"other\", {etag}");
    for known in [etag.as_str(), weak.as_str(), list.as_str(), "*"] {
        let answer = stored
            .ask(&[(IF_NONE_MATCH, known), (RANGE, "bytes=0-1")])
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_MODIFIED, "{known}");
        assert_eq!(header(&answer, ETAG), etag);
        assert_eq!(header(&answer, CACHE_CONTROL), "max-age=604800, private");
        assert!(answer.headers().contains_key(EXPIRES));
        assert!(answer.headers().contains_key(CONTENT_DISPOSITION));
        assert!(body(answer).await.is_empty());
    }
    let same = "Tue, 14 Nov 2023 22:13:20 GMT";
    let before = "Tue, 14 Nov 2023 22:13:19 GMT";
    for (since, status) in [
        (same, StatusCode::NOT_MODIFIED),
        (before, StatusCode::OK),
        ("yesterday", StatusCode::OK),
    ] {
        let answer = stored.ask(&[(IF_MODIFIED_SINCE, since)]).await.unwrap();
        assert_eq!(answer.status(), status, "{since}");
    }
    let other = stored
        .ask(&[(IF_NONE_MATCH, "\"other\""), (IF_MODIFIED_SINCE, same)])
        .await
        .unwrap();
    assert_eq!(other.status(), StatusCode::OK, "a tag wins over a date");
}

#[tokio::test]
async fn a_part_of_a_replaced_file_is_sent_whole() {
    let stored = stored().await;
    let etag = stored.etag().await;
    for (known, status) in [
        (etag.as_str(), StatusCode::PARTIAL_CONTENT),
        ("\"other\"", StatusCode::OK),
        ("Tue, 14 Nov 2023 22:13:20 GMT", StatusCode::PARTIAL_CONTENT),
        ("Tue, 14 Nov 2023 22:13:19 GMT", StatusCode::OK),
    ] {
        let answer = stored.ask(&[(RANGE, "bytes=0-1"), (IF_RANGE, known)]).await.unwrap();
        assert_eq!(answer.status(), status, "{known}");
    }
}

#[tokio::test]
async fn the_first_stored_file_is_served() {
    let stored = stored().await;
    let absent = FileKey::new(Bucket::Movies, "lowdef", Uuid::new_v4());
    let keys = [absent.clone(), stored.key.clone()];
    for headers in [HeaderMap::new(), request(&[(RANGE, "bytes=0-")])] {
        let answer = serve(&stored.storage, &keys, &headers, &delivery()).await;
        assert_eq!(body(answer.unwrap()).await, CONTENT);
        let none = serve(&stored.storage, &keys[..1], &headers, &delivery()).await;
        assert!(matches!(none, Err(ServeError::Missing)));
    }
}

#[tokio::test]
async fn a_file_of_another_size_is_absent() {
    let stored = stored().await;
    let keys = [stored.key.clone()];
    for (size, found) in [(20, true), (21, false)] {
        let delivery = Delivery {
            expected_size: Some(size),
            ..delivery()
        };
        for headers in [HeaderMap::new(), request(&[(RANGE, "bytes=0-")])] {
            let answer = serve(&stored.storage, &keys, &headers, &delivery).await;
            assert_eq!(answer.is_ok(), found);
        }
    }
}

#[tokio::test]
async fn unusable_media_types_and_times_do_not_fail() {
    let stored = stored().await;
    let delivery = Delivery {
        content_type: "text/html\r\nX: y",
        last_modified: DateTime::from_timestamp(-1, 0),
        cache: Cache::NoCache,
        ..delivery()
    };
    let keys = [stored.key.clone()];
    let answer = serve(&stored.storage, &keys, &HeaderMap::new(), &delivery)
        .await
        .unwrap();
    assert_eq!(header(&answer, CONTENT_TYPE), "application/octet-stream");
    assert_eq!(header(&answer, LAST_MODIFIED), "Thu, 01 Jan 1970 00:00:00 GMT");
    assert_eq!(header(&answer, CACHE_CONTROL), "no-cache");
    assert!(!answer.headers().contains_key(EXPIRES));
}

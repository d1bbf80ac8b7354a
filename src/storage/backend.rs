//! Settings of the file store, and opening its buckets from them.

use std::{io, path::PathBuf, sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use object_store::{
    ClientOptions, ObjectStore, RetryConfig,
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey},
    client::{HttpConnector, HttpRequest, ReqwestConnector},
    local::LocalFileSystem,
    path::Path,
    signer::Signer,
};
use poem::http::{HeaderValue, Method, StatusCode, Uri, header::CONTENT_LENGTH};

use super::{Bucket, StorageError, key::KeyLayout};

/// The only region in which a bucket is created without naming the region.
const DEFAULT_REGION: &str = "us-east-1";
/// Time for which a request is sent again to a service that does not answer. Somebody waits for it.
const RETRY_TIMEOUT: Duration = Duration::from_secs(20);

/// Place where files are kept.
#[derive(Clone)]
pub struct StorageSettings {
    /// Put before the names `pictures`, `movies` and `files` of the buckets.
    pub bucket_prefix: String,
    /// The kind of store.
    pub backend: Backend,
}

/// A kind of store.
#[derive(Clone)]
pub enum Backend {
    /// A folder of this machine (or mounted on it), created when missing.
    Local {
        /// Folder that holds one folder a bucket.
        folder: PathBuf,
    },
    /// An S3-compatible service.
    S3(S3Settings),
}

/// Address and keys of an S3-compatible service.
#[derive(Clone, Default)]
pub struct S3Settings {
    /// Region; `us-east-1` when absent.
    pub region: Option<String>,
    /// Address of a service other than Amazon's. With `http://` nothing is encrypted on the way.
    pub endpoint: Option<String>,
    /// Access key; without it, credentials are those of the machine (instance or pod role).
    pub access_key: Option<String>,
    /// Secret of the access key.
    pub secret_key: Option<String>,
    /// Creates missing buckets when the store is opened.
    pub create_buckets: bool,
    /// Asks the service to encrypt what it stores with AES-256.
    pub encrypted: bool,
    /// Key for that encryption, of 32 bytes; the service's own when absent.
    pub encryption_key: Option<String>,
}

/// One bucket that has been opened.
#[derive(Clone)]
pub(super) struct OpenBucket {
    pub(super) store: Arc<dyn ObjectStore>,
    /// Folder on this machine, if it is one.
    pub(super) folder: Option<PathBuf>,
    pub(super) layout: KeyLayout,
}

/// Opens the bucket, creating it where the settings say so.
pub(super) async fn open(bucket: Bucket, settings: &StorageSettings) -> Result<OpenBucket, StorageError> {
    let name = format!("{}{}", settings.bucket_prefix, bucket.name());
    match &settings.backend {
        Backend::Local { folder } => {
            let folder = folder.join(name);
            tokio::fs::create_dir_all(&folder)
                .await
                .map_err(|error| io::Error::new(error.kind(), format!("{}: {error}", folder.display())))?;
            // Survives a power cut once the upload has been acknowledged.
            let store = LocalFileSystem::new_with_prefix(&folder)?.with_fsync(true);
            Ok(OpenBucket {
                store: Arc::new(store),
                folder: Some(folder),
                layout: KeyLayout::Folders,
            })
        }
        Backend::S3(s3) => {
            let store = s3_bucket(&name, s3)?;
            if s3.create_buckets {
                create_bucket(&name, &store, s3).await?;
            }
            Ok(OpenBucket {
                store: Arc::new(store),
                folder: None,
                layout: KeyLayout::Flat,
            })
        }
    }
}

fn s3_bucket(name: &str, settings: &S3Settings) -> Result<AmazonS3, StorageError> {
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(name)
        .with_region(settings.region.as_deref().unwrap_or(DEFAULT_REGION))
        .with_client_options(client_options(settings))
        .with_retry(RetryConfig {
            max_retries: 4,
            retry_timeout: RETRY_TIMEOUT,
            ..RetryConfig::default()
        })
        // Files are removed one by one, and not every service knows the removal of many.
        .with_disable_bulk_delete(true);
    if let Some(endpoint) = &settings.endpoint {
        builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
    }
    if let Some(key) = &settings.access_key {
        builder = builder.with_access_key_id(key);
    }
    if let Some(secret) = &settings.secret_key {
        builder = builder.with_secret_access_key(secret);
    }
    if settings.encrypted {
        builder = match &settings.encryption_key {
            Some(key) => builder.with_ssec_encryption(BASE64.encode(key)),
            None => builder.with_config(server_side_encryption()?, "AES256"),
        };
    }
    Ok(builder.build()?)
}

fn server_side_encryption() -> Result<AmazonS3ConfigKey, StorageError> {
    Ok("aws_server_side_encryption".parse()?)
}

fn client_options(settings: &S3Settings) -> ClientOptions {
    let plain_http = settings
        .endpoint
        .as_deref()
        .is_some_and(|endpoint| endpoint.starts_with("http://"));
    // A movie may take minutes to a slow reader: silence is limited, duration is not.
    ClientOptions::new()
        .with_allow_http(plain_http)
        .with_timeout_disabled()
        .with_connect_timeout(Duration::from_secs(10))
        .with_read_timeout(Duration::from_secs(60))
}

/// Creates the bucket; one that exists already is left alone.
///
/// The object store library has no call for it, but signs any address, and an empty path is
/// the bucket itself.
async fn create_bucket(name: &str, store: &AmazonS3, settings: &S3Settings) -> Result<(), StorageError> {
    let refused = |reason: String| StorageError::CreateBucket {
        bucket: name.to_owned(),
        reason,
    };
    // Not every service tells by the answer to its creation that a bucket is one's own.
    let (found, _) = bucket_request(Method::HEAD, String::new(), store, settings)
        .await
        .map_err(refused)?;
    if found.is_success() {
        return Ok(());
    }
    let body = match settings.region.as_deref() {
        None | Some(DEFAULT_REGION) => String::new(),
        Some(region) => format!(
            "<CreateBucketConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">\
             <LocationConstraint>{region}</LocationConstraint></CreateBucketConfiguration>"
        ),
    };
    let (status, text) = bucket_request(Method::PUT, body, store, settings)
        .await
        .map_err(refused)?;
    if status.is_success() || text.contains("BucketAlreadyOwnedByYou") {
        return Ok(());
    }
    Err(refused(format!("{status} {text}")))
}

/// Sends a request about the bucket itself, and gives the status and the text of the answer.
async fn bucket_request(
    method: Method,
    body: String,
    store: &AmazonS3,
    settings: &S3Settings,
) -> Result<(StatusCode, String), String> {
    let url = store
        .signed_url(method.clone(), &Path::default(), Duration::from_secs(60))
        .await
        .map_err(|error| error.to_string())?;
    let length = HeaderValue::from(body.len());
    let mut request = HttpRequest::new(body.into());
    *request.method_mut() = method;
    // Left out of an empty request unless told, and then refused.
    request.headers_mut().insert(CONTENT_LENGTH, length);
    *request.uri_mut() = url.as_str().parse::<Uri>().map_err(|error| error.to_string())?;
    let client = ReqwestConnector::default()
        .connect(&client_options(settings))
        .map_err(|error| error.to_string())?;
    let answer = client.execute(request).await.map_err(|error| error.to_string())?;
    let status = answer.status();
    let body = answer.into_body().bytes().await.map_err(|error| error.to_string())?;
    Ok((status, String::from_utf8_lossy(&body).into_owned()))
}

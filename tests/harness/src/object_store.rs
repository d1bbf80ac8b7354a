//! An S3 service for tests, in this process, on a folder that the tests look into.

use std::path::PathBuf;

use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s_fs::FileSystem;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::{JoinHandle, JoinSet};

use super::files;

const KEY: &str = "studio";
const SECRET: &str = "a secret of the studio";

/// A running service. Its port stays the same while it is away.
pub struct ObjectStore {
    folder: TempDir,
    port: u16,
    service: S3Service,
    desk: Option<JoinHandle<()>>,
}

impl ObjectStore {
    /// An empty service at a free port of this machine.
    pub async fn open() -> Self {
        let folder = TempDir::new().expect("a folder");
        let mut builder = S3ServiceBuilder::new(FileSystem::new(folder.path()).expect("a store"));
        builder.set_auth(SimpleAuth::from_single(KEY, SECRET));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let service = builder.build();
        let desk = Some(tokio::spawn(serve(listener, service.clone())));
        Self {
            folder,
            port,
            service,
            desk,
        }
    }

    /// Flags of a server that keeps its files here.
    pub fn flags(&self) -> Vec<String> {
        let endpoint = format!("http://127.0.0.1:{}", self.port);
        [
            ["--fs-backend", "s3"],
            ["--fs-bucket-prefix", "studio-"],
            ["--fs-s3-endpoint", &endpoint],
            ["--fs-s3-access-key", KEY],
            ["--fs-s3-secret-key", SECRET],
            ["--fs-s3-create-bucket", "true"],
        ]
        .as_flattened()
        .iter()
        .map(|flag| (*flag).to_owned())
        .collect()
    }

    /// Goes away, and comes back with all that it has.
    pub async fn away_during<T>(&mut self, meanwhile: impl Future<Output = T>) -> T {
        if let Some(desk) = self.desk.take() {
            desk.abort();
            let _aborted = desk.await;
        }
        let done = meanwhile.await;
        let listener = TcpListener::bind(("127.0.0.1", self.port)).await.expect("the port");
        self.desk = Some(tokio::spawn(serve(listener, self.service.clone())));
        done
    }

    /// The buckets and the keys of what is stored, such as `pictures/original-…`.
    pub fn stored(&self) -> Vec<String> {
        let notes = |path: &String| path.split('/').any(|part| part.starts_with('.'));
        files(self.folder.path())
            .into_iter()
            .filter(|path| !notes(path))
            .collect()
    }

    /// Path of an object on the disk.
    pub fn path(&self, key: &str) -> PathBuf {
        self.folder.path().join(key)
    }
}

impl Drop for ObjectStore {
    fn drop(&mut self) {
        if let Some(desk) = &self.desk {
            desk.abort();
        }
    }
}

async fn serve(listener: TcpListener, service: S3Service) {
    let mut talks = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let service = service.clone();
        talks.spawn(async move {
            let builder = Builder::new(TokioExecutor::new());
            // A client that hangs up is none of the test's business.
            let _ended = builder.serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

//! Settings of stored files, pictures and movies.

use std::path::PathBuf;

use clap::{ArgAction, Args};

use super::switch;

/// Bytes of a key of AES-256.
const KEY_LENGTH: usize = 32;

/// A key of AES-256.
fn encryption_key(text: &str) -> Result<String, String> {
    if text.len() == KEY_LENGTH {
        Ok(text.to_owned())
    } else {
        Err(format!("expected {KEY_LENGTH} characters"))
    }
}

/// Settings of stored files and pictures.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Files")]
pub struct FileSettings {
    /// Folder of stored files; without it, `previews` in the data folder.
    #[arg(long, env = "PREVIEW_FOLDER")]
    pub preview_folder: Option<PathBuf>,
    /// Folder of files on their way, such as uploads that come in; without it, where the system has temporary files.
    #[arg(long, env = "TMP_DIR")]
    pub tmp_dir: Option<PathBuf>,
    /// Place of the files: `local` or `s3`.
    #[arg(long, env = "FS_BACKEND", default_value = "local")]
    pub fs_backend: String,
    /// Beginning of the names of the buckets.
    #[arg(long, env = "FS_BUCKET_PREFIX", default_value = "")]
    pub fs_bucket_prefix: String,
    /// Region of the object storage; `us-east-1` unless it is given.
    #[arg(long, env = "FS_S3_REGION")]
    pub fs_s3_region: Option<String>,
    /// Address of the object storage; Amazon's unless it is given.
    #[arg(long, env = "FS_S3_ENDPOINT")]
    pub fs_s3_endpoint: Option<String>,
    /// Access key of the object storage; without it, the role of the machine counts.
    #[arg(long, env = "FS_S3_ACCESS_KEY", hide_env_values = true)]
    pub fs_s3_access_key: Option<String>,
    /// Secret key of the object storage.
    #[arg(long, env = "FS_S3_SECRET_KEY", hide_env_values = true)]
    pub fs_s3_secret_key: Option<String>,
    /// True if missing buckets are made.
    #[arg(long, env = "FS_S3_CREATE_BUCKET", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub fs_s3_create_bucket: bool,
    /// True if the object storage is asked to encrypt what it stores with AES-256.
    #[arg(long, env = "FS_S3_AES256_ENCRYPTED", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub fs_s3_aes256_encrypted: bool,
    /// Key for that encryption, of 32 characters; without it, the object storage takes its own.
    #[arg(long, env = "FS_S3_AES256_KEY", hide_env_values = true, value_parser = encryption_key)]
    pub fs_s3_aes256_key: Option<String>,
    /// Most pixels of a picture that is taken.
    #[arg(
        long,
        env = "MAX_IMAGE_PIXELS",
        default_value_t = 400_000_000,
        help_heading = "Limits"
    )]
    pub max_image_pixels: u64,
    /// Megabytes (of 2^20 bytes) that all pictures that are being decoded may take together. One picture may take half of it, an
    /// avatar or the thumbnail of an attached file a fifth, a background in HDR three quarters.
    #[arg(long, env = "DAILIES_PICTURE_MEMORY", default_value_t = 512, value_parser = clap::value_parser!(u32).range(16..), help_heading = "Limits")]
    pub picture_memory: u32,
    /// True if movies are kept as they were sent beside what is made of them.
    #[arg(long, env = "PREVIEW_SAVE_SOURCE_FILE", default_value = "false", value_parser = switch, action = ArgAction::Set, help_heading = "Movies")]
    pub preview_save_source_file: bool,
    /// True if movies are stored as they were sent, and nothing is made of them but pictures.
    #[arg(long, env = "SKIP_NORMALIZATION_FULL", default_value = "false", value_parser = switch, action = ArgAction::Set, help_heading = "Movies")]
    pub skip_normalization_full: bool,
    /// True if movies are made in low definition alone.
    #[arg(long, env = "SKIP_NORMALIZATION_HIGHDEF", default_value = "false", value_parser = switch, action = ArgAction::Set, help_heading = "Movies")]
    pub skip_normalization_highdef: bool,
    /// True if stored files go when their rows do.
    #[arg(long, env = "REMOVE_FILES", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub remove_files: bool,
}

/// Settings of work in the background.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Movies")]
pub struct JobSettings {
    /// True if the answer to an upload of a movie comes before the movie is looked into.
    #[arg(long, env = "ENABLE_JOB_QUEUE", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub enable_job_queue: bool,
    /// True if such work is given to a Nomad cluster. This server always does it by itself, and says so when it starts.
    #[arg(long, env = "ENABLE_JOB_QUEUE_REMOTE", default_value = "false", value_parser = switch, action = ArgAction::Set)]
    pub enable_job_queue_remote: bool,
    /// Seconds that one such job may take.
    #[arg(long, env = "JOB_QUEUE_TIMEOUT", default_value_t = 3600, value_parser = clap::value_parser!(u64).range(1..))]
    pub job_queue_timeout: u64,
}

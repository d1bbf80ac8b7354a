//! Draws the pictures of the previews, and stores copies of them.

use std::fs;

use bytes::Bytes;
use dailies_demo::story::{CODE, TITLE};
use futures::{StreamExt, TryStreamExt, stream};
use image::DynamicImage;
use uuid::Uuid;

use crate::pictures::{self, PictureError};
use crate::progress::Progress;
use crate::storage::{Bucket, FileKey, Storage, StorageError};

/// Size in pixels of the pictures that are drawn.
const SIZE: (u32, u32) = (960, 540);
/// Side in pixels of the picture of the production.
const COVER_SIDE: u32 = 400;
/// Pictures that are drawn at once.
const WORKERS: usize = 2;
/// Files that are stored at once.
const WRITERS: usize = 4;

/// A drawn picture with those derived from it.
pub struct Frame {
    pub width: u32,
    pub height: u32,
    /// Size in bytes of the full-size picture.
    pub file_size: u64,
    files: Vec<(&'static str, Bytes)>,
}

/// Draws that many different pictures.
///
/// # Errors
/// A picture can't be encoded, or the folder for temporary files can't be written.
pub async fn draw(count: usize, seed: u64, progress: &Progress) -> Result<Vec<Frame>, Box<dyn std::error::Error>> {
    let drawings = stream::iter(0..count).map(|number| tokio::task::spawn_blocking(move || draw_one(number, seed)));
    let mut drawings = drawings.buffered(WORKERS);
    let mut frames = Vec::with_capacity(count);
    while let Some(frame) = drawings.next().await {
        frames.push(frame??);
        progress.done(1);
    }
    Ok(frames)
}

fn draw_one(number: usize, seed: u64) -> Result<Frame, PictureError> {
    let (width, height) = SIZE;
    let caption = format!("{CODE} {:03}", (number + 1) * 10);
    let picture = pictures::draw_frame(seed.wrapping_add(number as u64), width, height, &caption)?;
    let folder = tempfile::tempdir()?;
    let derived = pictures::from_drawing(&DynamicImage::from(picture), folder.path())?;
    let read = |one: &pictures::DerivedPicture| Ok((one.prefix, Bytes::from(fs::read(&one.path)?)));
    Ok(Frame {
        width: derived.width,
        height: derived.height,
        file_size: derived.file_size,
        files: derived.pictures.iter().map(read).collect::<Result<_, PictureError>>()?,
    })
}

/// Draws the picture that stands for the production.
///
/// # Errors
/// It can't be drawn or stored.
pub async fn cover(storage: &Storage, project: Uuid, seed: u64) -> Result<(), Box<dyn std::error::Error>> {
    let drawn = tokio::task::spawn_blocking(move || {
        let picture = pictures::draw_frame(seed, COVER_SIDE, COVER_SIDE, TITLE)?;
        pictures::png(&DynamicImage::from(picture))
    });
    Ok(storage
        .put(
            &FileKey::new(Bucket::Pictures, "thumbnails", project),
            drawn.await??.into(),
        )
        .await?)
}

/// Stores the files of previews: for each its id and its picture.
///
/// # Errors
/// The storage refuses a file.
pub async fn store(
    storage: &Storage,
    previews: impl Iterator<Item = (Uuid, &Frame)>,
    progress: &Progress,
) -> Result<(), StorageError> {
    stream::iter(previews.map(Ok))
        .try_for_each_concurrent(WRITERS, |(id, frame)| async move {
            for (prefix, content) in &frame.files {
                storage
                    .put(&FileKey::new(Bucket::Pictures, prefix, id), content.clone())
                    .await?;
            }
            progress.done(1);
            Ok(())
        })
        .await
}

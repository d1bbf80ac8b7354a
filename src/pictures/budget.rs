//! Memory for pictures: how large one may be when it is decoded, and one budget for all that are decoded at once.
//!
//! A picture is only decoded by its [`Admitted`], which holds as much of the budget as the work takes. So however many
//! uploads come in, they wait for each other rather than fill the memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use image::metadata::Orientation;
use image::{ImageDecoder, ImageFormat};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::PictureError;
use super::decode::{self, AROUND_PIXELS, Bounds, OpenPicture};
use super::turns::{Turn, Turns};
use super::{derive, drawings, press, radiance};

/// The budget is counted in these.
const MEBIBYTE: u64 = 1024 * 1024;
/// Pictures that are worked on at once: each takes a core.
const PLACES: usize = 2;

/// Reason for which a picture is decoded. Its share of the budget is the largest that one picture may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// All pictures that are derived from an upload, or from one that is stored.
    Preview,
    /// All pictures that are derived from a frame of a movie.
    Frame,
    /// A frame with what was drawn on it.
    Drawing,
    /// The picture of a person, a production or the organisation.
    Avatar,
    /// The thumbnail of an attached file.
    Thumbnail,
    /// The thumbnail of a background in HDR, whose pixels take twelve bytes each.
    Background,
}

impl Purpose {
    /// Most bytes of a decoded picture.
    fn most(self, budget: u64) -> u64 {
        match self {
            Self::Preview | Self::Frame | Self::Drawing => budget / 2,
            Self::Avatar | Self::Thumbnail => budget / 5,
            Self::Background => budget / 4 * 3,
        }
    }
}

/// Leave to take memory, which ends when it is dropped.
pub struct Memory {
    _permit: OwnedSemaphorePermit,
}

/// The memory that decoders of this server share.
pub struct PictureBudget {
    permits: Arc<Semaphore>,
    places: Arc<Semaphore>,
    turns: Turns,
    /// In mebibytes.
    total: u32,
    max_pixels: u64,
}

/// A picture that may be decoded: its header was looked at, and there is memory for the rest.
pub struct Admitted {
    pub(super) path: PathBuf,
    pub(super) bounds: Bounds,
    _memory: Memory,
}

impl PictureBudget {
    /// A budget of so many mebibytes, for pictures of at most so many pixels.
    #[must_use]
    pub fn new(mebibytes: u32, max_pixels: u64) -> Self {
        let total = mebibytes.max(1);
        Self {
            permits: Arc::new(Semaphore::new(total as usize)),
            places: Arc::new(Semaphore::new(PLACES)),
            turns: Turns::default(),
            total,
            max_pixels,
        }
    }

    fn bytes(&self) -> u64 {
        u64::from(self.total) * MEBIBYTE
    }

    /// Most pixels of a frame of a movie, as the program decodes them that reads movies.
    #[must_use]
    pub fn frame_pixels(&self) -> u64 {
        self.max_pixels.min(Purpose::Frame.most(self.bytes()) / 4)
    }

    /// Waits until the program that reads movies may take as much as one frame.
    ///
    /// # Errors
    /// None, as long as the server runs.
    pub async fn frame(&self) -> Result<Memory, PictureError> {
        self.take(Purpose::Frame.most(self.bytes())).await
    }

    /// Waits until nothing else is made for a person who waits for it.
    pub async fn turn(&self, person_id: Uuid) -> Turn {
        self.turns.of(person_id).await
    }

    /// Waits until there is room for one more picture, and keeps it as long as the answer is kept.
    pub async fn place(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed, so there always is a permit.
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Looks at the header of a picture, and waits until there is memory to decode it.
    ///
    /// # Errors
    /// [`PictureError::is_fault_of_input`] when the file is no picture or is too large.
    pub async fn admit(&self, path: &Path, purpose: Purpose) -> Result<Admitted, PictureError> {
        let bounds = Bounds {
            pixels: self.max_pixels,
            bytes: purpose.most(self.bytes()),
        };
        let around = decode::held(path, bounds)? + AROUND_PIXELS.min(self.bytes() / 2);
        // This is given back before more is taken: two that hold some and wait for more would wait for ever.
        let looking = self.take(around).await?;
        let (path, looked_at) = (path.to_path_buf(), path.to_path_buf());
        let needed = spawn_blocking(move || {
            let needed = needed(&looked_at, bounds, purpose);
            drop(looking);
            needed
        });
        let needed = needed
            .await
            .map_err(|error| PictureError::Production(error.to_string()))??
            .saturating_add(around);
        if needed > self.bytes() {
            return Err(PictureError::TooLarge {
                pixels: bounds.pixels,
                bytes: bounds.bytes,
            });
        }
        Ok(Admitted {
            path,
            bounds,
            _memory: self.take(needed).await?,
        })
    }

    /// Width and height of a picture that could be decoded, from its header.
    ///
    /// # Errors
    /// [`PictureError::is_fault_of_input`] when the file is no picture or is too large.
    pub async fn measure(&self, path: &Path, purpose: Purpose) -> Result<(u32, u32), PictureError> {
        let bounds = Bounds {
            pixels: self.max_pixels,
            bytes: purpose.most(self.bytes()),
        };
        let looking = self
            .take(decode::held(path, bounds)? + AROUND_PIXELS.min(self.bytes() / 2))
            .await?;
        let path = path.to_path_buf();
        let measured = spawn_blocking(move || {
            let picture = decode::open(&path, bounds)?;
            drop(looking);
            Ok(picture.decoder.dimensions())
        });
        measured
            .await
            .unwrap_or_else(|error| Err(PictureError::Production(error.to_string())))
    }

    async fn take(&self, bytes: u64) -> Result<Memory, PictureError> {
        let permits = u32::try_from(bytes.div_ceil(MEBIBYTE))
            .unwrap_or(u32::MAX)
            .clamp(1, self.total);
        let permit = Arc::clone(&self.permits).acquire_many_owned(permits).await;
        permit
            .map(|permit| Memory { _permit: permit })
            .map_err(|error| PictureError::Production(error.to_string()))
    }
}

/// Most bytes that a picture and what is made of it take at once, from its header.
fn needed(path: &Path, bounds: Bounds, purpose: Purpose) -> Result<u64, PictureError> {
    if purpose == Purpose::Background {
        let decoder = radiance::light(path)?;
        bounds.guard(&decoder)?;
        let decoded = decoder.total_bytes();
        return Ok(decoded.saturating_add(outputs(purpose, 1, 1, 16)));
    }
    let mut picture = decode::open(path, bounds)?;
    let decoded = picture.decoder.total_bytes();
    let (width, height) = picture.decoder.dimensions();
    let copies = copies(&mut picture);
    let more = match purpose {
        Purpose::Frame => 4,
        Purpose::Drawing => drawings::BYTES_PER_PIXEL,
        _ => 0,
    };
    let more = u64::from(width) * u64::from(height) * more;
    let outputs = outputs(
        purpose,
        width.max(1),
        height.max(1),
        picture.decoder.color_type().bytes_per_pixel().into(),
    );
    Ok(decoded
        .saturating_mul(copies)
        .saturating_add(picture.beside)
        .saturating_add(more)
        .saturating_add(outputs))
}

/// Number of times that a decoded picture is in memory at once, until it is in its final form.
fn copies(picture: &mut OpenPicture) -> u64 {
    let OpenPicture { decoder, format, .. } = picture;
    let turned = !matches!(
        decoder.orientation().unwrap_or(Orientation::NoTransforms),
        Orientation::NoTransforms | Orientation::FlipHorizontal | Orientation::FlipVertical | Orientation::Rotate180
    );
    let in_inks = *format == Some(ImageFormat::Jpeg)
        && decoder
            .icc_profile()
            .ok()
            .flatten()
            .is_some_and(|profile| press::is_of_press(&profile));
    match format {
        // The same with a fourth channel, beside the inks and the picture that is made of them.
        Some(ImageFormat::Jpeg) if in_inks => 5,
        // Files that are sent in several passes are kept as coefficients of 16 bits until the last one.
        Some(ImageFormat::Jpeg) => 3,
        // Inks are four channels, which become three.
        Some(ImageFormat::Tiff) => 3,
        Some(ImageFormat::Png | ImageFormat::Bmp | ImageFormat::Qoi) | None if !turned => 1,
        _ => 2,
    }
}

/// Bytes of the largest picture that is made: in the pixels of the source, with eight bits for each channel, and on its
/// canvas.
fn outputs(purpose: Purpose, width: u32, height: u32, bytes_per_pixel: u64) -> u64 {
    let pixels = match purpose {
        // A picture that lies may be turned upright.
        Purpose::Preview | Purpose::Frame => {
            derive::preview_pixels(width, height).max(derive::preview_pixels(height, width))
        }
        Purpose::Avatar | Purpose::Thumbnail | Purpose::Background => super::thumbnails::MOST_PIXELS,
        Purpose::Drawing => u64::from(width) * u64::from(height),
    };
    pixels * (bytes_per_pixel + 8)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use futures::FutureExt;
    use futures::future::{join, join_all};
    use image::codecs::hdr::HdrEncoder;
    use image::{Rgb, Rgb32FImage};
    use tempfile::TempDir;
    use tokio::task::yield_now;
    use tokio::time::timeout;

    use super::*;
    use crate::pictures::samples;

    const PIXELS: u64 = 400_000_000;

    fn file(content: &[u8]) -> (TempDir, PathBuf) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("upload.tmp");
        fs::write(&path, content).unwrap();
        (folder, path)
    }

    #[tokio::test]
    async fn pictures_are_refused_by_their_bytes() {
        let budget = PictureBudget::new(512, PIXELS);
        let (_folder, large) = file(&samples::png_declaring(16_000, 16_000));
        let (_folder, middling) = file(&samples::png_declaring(7_000, 7_000));
        for (path, purpose, admitted) in [
            (&large, Purpose::Preview, false),
            (&middling, Purpose::Preview, true),
            (&middling, Purpose::Avatar, false),
            (&middling, Purpose::Thumbnail, false),
        ] {
            match budget.admit(path, purpose).await {
                Ok(_) => assert!(admitted, "{purpose:?}"),
                Err(error) => assert!(
                    !admitted && matches!(error, PictureError::TooLarge { .. }),
                    "{purpose:?} {error:?}"
                ),
            }
        }
    }

    #[tokio::test]
    async fn pictures_wait_for_one_another() {
        let budget = PictureBudget::new(64, PIXELS);
        let (_folder, path) = file(&samples::png_declaring(3_000, 2_000));
        let first = budget.admit(&path, Purpose::Preview).await.unwrap();
        let second = budget.admit(&path, Purpose::Preview);
        assert!(
            timeout(Duration::from_millis(200), second).await.is_err(),
            "there is no memory for two"
        );
        drop(first);
        assert!(
            timeout(Duration::from_secs(20), budget.admit(&path, Purpose::Preview))
                .await
                .is_ok()
        );
    }

    #[tokio::test]
    async fn a_few_are_worked_on_at_once_however_many_come() {
        let budget = PictureBudget::new(64, PIXELS);
        let (busy, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let work = (0..40).map(|_| async {
            let place = budget.place().await;
            most.fetch_max(busy.fetch_add(1, Ordering::Relaxed) + 1, Ordering::Relaxed);
            // Whoever else has a place comes to the same point now.
            yield_now().await;
            busy.fetch_sub(1, Ordering::Relaxed);
            drop(place);
        });
        join_all(work).await;
        assert_eq!(most.into_inner(), PLACES);
    }

    #[tokio::test]
    async fn pictures_and_frames_that_come_at_once_all_have_their_turn() {
        let budget = PictureBudget::new(64, PIXELS);
        let (_folder, path) = file(&samples::gradient(20, 10, ImageFormat::Png));
        let pictures = (0..20).map(|_| async {
            let picture = budget.admit(&path, Purpose::Preview).await.unwrap();
            drop((budget.place().await, picture));
        });
        let frames = (0..20).map(|_| async {
            let memory = budget.frame().await.unwrap();
            drop((budget.place().await, memory));
        });
        let all = timeout(Duration::from_secs(20), join(join_all(pictures), join_all(frames)));
        assert!(all.await.is_ok(), "some wait for ever");
    }

    #[tokio::test]
    async fn frames_of_movies_take_half_of_the_memory_each() {
        let budget = PictureBudget::new(64, PIXELS);
        assert_eq!(budget.frame_pixels(), 8 << 20, "four bytes for each");
        assert_eq!(PictureBudget::new(64, 1000).frame_pixels(), 1000);
        let (first, _second) = (budget.frame().await.unwrap(), budget.frame().await.unwrap());
        assert!(budget.frame().now_or_never().is_none(), "there is no memory for three");
        drop(first);
        assert!(budget.frame().now_or_never().is_some());
    }

    #[tokio::test]
    async fn files_that_decoders_hold_whole_count() {
        let budget = PictureBudget::new(64, PIXELS);
        let mut content = samples::gradient(20, 20, ImageFormat::Jpeg);
        content.resize(40 * 1024 * 1024, 0);
        let (_folder, path) = file(&content);
        let refused = budget.admit(&path, Purpose::Preview).await.err();
        assert!(matches!(refused, Some(PictureError::TooLarge { .. })), "{refused:?}");
    }

    #[tokio::test]
    async fn backgrounds_have_their_own_limit() {
        let budget = PictureBudget::new(16, PIXELS);
        for (side, admitted) in [(400, true), (1_100, false)] {
            let pixels = Rgb32FImage::from_pixel(side, side, Rgb([1.0, 1.0, 1.0]));
            let pixels: Vec<_> = pixels.pixels().copied().collect();
            let mut content = Vec::new();
            HdrEncoder::new(&mut content)
                .encode(&pixels, side as usize, side as usize)
                .unwrap();
            let (_folder, path) = file(&content);
            assert_eq!(
                budget.admit(&path, Purpose::Background).await.is_ok(),
                admitted,
                "{side}"
            );
        }
    }
}

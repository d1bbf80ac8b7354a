//! The pictures derived from an uploaded picture or from a frame of a movie.

use std::path::{Path, PathBuf};

use image::DynamicImage;

use super::{Admitted, PictureError, decode::decode, encode::write_png, fit};

const THUMBNAIL: (u32, u32) = (150, 100);
const SQUARE_SIDE: u32 = 100;
const PREVIEW_WIDTH: u32 = 1200;
/// Past this the preview of a very tall picture gets transparent sides instead of growing:
/// browsers show no larger canvas, and a picture of one pixel's width would take gigabytes.
const PREVIEW_MAX_HEIGHT: u32 = 16_384;

/// One derived picture: where it waits, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedPicture {
    /// Prefix of the key in the store: `original`, `previews`, `thumbnails` or
    /// `thumbnails-square`.
    pub prefix: &'static str,
    /// The PNG file.
    pub path: PathBuf,
}

/// The pictures derived from one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedPictures {
    /// Width of the source in pixels.
    pub width: u32,
    /// Height of the source in pixels.
    pub height: u32,
    /// Size in bytes of the full-size picture: the new `original` where there is one, else the
    /// source.
    pub file_size: u64,
    /// The files, all in the folder that was given.
    pub pictures: Vec<DerivedPicture>,
}

/// Derives all pictures from an upload: the full size as PNG in sRGB with its own pixel format,
/// and the three smaller sizes. The files are written to `folder` under the name of their prefix.
///
/// # Errors
/// [`PictureError::is_fault_of_input`] when the upload is not a picture; files may have been left in the folder.
pub fn from_upload(source: &Admitted, folder: &Path) -> Result<DerivedPictures, PictureError> {
    with_original(&decode(source)?, folder)
}

/// Derives all pictures from one that was drawn.
///
/// # Errors
/// A file can't be written.
pub fn from_drawing(picture: &DynamicImage, folder: &Path) -> Result<DerivedPictures, PictureError> {
    with_original(picture, folder)
}

/// Derives all pictures from a frame of a movie: as for an upload, with an alpha channel in the
/// full size.
///
/// # Errors
/// As for [`from_upload`].
pub fn from_frame(source: &Admitted, folder: &Path) -> Result<DerivedPictures, PictureError> {
    let frame = decode(source)?;
    with_original(&frame.into_rgba8().into(), folder)
}

/// Derives the three smaller sizes only, to build them again from a stored `original`.
///
/// # Errors
/// As for [`from_upload`].
pub fn variants(source: &Admitted, folder: &Path) -> Result<DerivedPictures, PictureError> {
    let picture = decode(source)?;
    Ok(DerivedPictures {
        width: picture.width(),
        height: picture.height(),
        file_size: source.path.metadata()?.len(),
        pictures: smaller(&picture, folder)?,
    })
}

fn with_original(picture: &DynamicImage, folder: &Path) -> Result<DerivedPictures, PictureError> {
    let (original, file_size) = write("original", picture, folder)?;
    let mut pictures = vec![original];
    pictures.extend(smaller(picture, folder)?);
    Ok(DerivedPictures {
        width: picture.width(),
        height: picture.height(),
        file_size,
        pictures,
    })
}

fn smaller(picture: &DynamicImage, folder: &Path) -> Result<Vec<DerivedPicture>, PictureError> {
    let preview_height = preview_height(picture.width(), picture.height());
    let sizes = [
        ("previews", PREVIEW_WIDTH, preview_height),
        ("thumbnails", THUMBNAIL.0, THUMBNAIL.1),
        ("thumbnails-square", SQUARE_SIDE, SQUARE_SIDE),
    ];
    sizes
        .into_iter()
        .map(|(prefix, width, height)| {
            let resized = fit::fit(picture, width, height)?.into();
            Ok(write(prefix, &resized, folder)?.0)
        })
        .collect()
}

/// Pixels of the largest picture that is made of one of that size.
pub(super) fn preview_pixels(width: u32, height: u32) -> u64 {
    u64::from(PREVIEW_WIDTH) * u64::from(preview_height(width, height))
}

fn preview_height(width: u32, height: u32) -> u32 {
    fit::scaled(PREVIEW_WIDTH.into(), height.into(), width.into()).clamp(1, PREVIEW_MAX_HEIGHT)
}

fn write(prefix: &'static str, picture: &DynamicImage, folder: &Path) -> Result<(DerivedPicture, u64), PictureError> {
    let path = folder.join(format!("{prefix}.png"));
    let size = write_png(picture, &path)?;
    Ok((DerivedPicture { prefix, path }, size))
}

#[cfg(test)]
mod tests {
    use std::fs;

    use image::{ColorType, ImageFormat, ImageReader, RgbaImage};
    use tempfile::TempDir;

    use super::*;
    use crate::pictures::{Purpose, samples};

    const LIMIT: u64 = 400_000_000;

    fn admitted(path: &Path) -> Admitted {
        samples::admitted(path, LIMIT, Purpose::Frame).unwrap()
    }

    fn upload(content: &[u8]) -> (TempDir, PathBuf) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("upload.tmp");
        fs::write(&path, content).unwrap();
        (folder, path)
    }

    fn open(derived: &DerivedPictures, prefix: &str) -> DynamicImage {
        let found = derived.pictures.iter().find(|one| one.prefix == prefix);
        let reader = ImageReader::open(&found.unwrap().path).unwrap();
        assert_eq!(reader.format(), Some(ImageFormat::Png));
        reader.decode().unwrap()
    }

    fn size(picture: &DynamicImage) -> (u32, u32) {
        (picture.width(), picture.height())
    }

    #[test]
    fn a_landscape_jpeg_gives_four_pngs() {
        let (folder, path) = upload(&samples::gradient(1600, 900, ImageFormat::Jpeg));
        let derived = from_upload(&admitted(&path), folder.path()).unwrap();
        assert_eq!((derived.width, derived.height), (1600, 900));
        let original = &derived.pictures[0];
        assert_eq!(original.prefix, "original");
        let on_disk = original.path.metadata().unwrap().len();
        assert_eq!(derived.file_size, on_disk);
        for (prefix, expected, colour) in [
            ("original", (1600, 900), ColorType::Rgb8),
            ("previews", (1200, 675), ColorType::Rgba8),
            ("thumbnails", (150, 100), ColorType::Rgba8),
            ("thumbnails-square", (100, 100), ColorType::Rgba8),
        ] {
            let picture = open(&derived, prefix);
            assert_eq!(size(&picture), expected, "{prefix}");
            assert_eq!(picture.color(), colour, "{prefix}");
        }
    }

    #[test]
    fn previews_are_1200_wide() {
        for (width, height, expected) in [
            (900, 1600, (1200, 2134)),
            (50, 40, (1200, 960)),
            (1200, 10, (1200, 10)),
            (3000, 1, (1200, 1)),
            (1, 600, (1200, 16_384)),
        ] {
            let (folder, path) = upload(&samples::gradient(width, height, ImageFormat::Png));
            let derived = variants(&admitted(&path), folder.path()).unwrap();
            assert_eq!(size(&open(&derived, "previews")), expected);
            assert_eq!(size(&open(&derived, "thumbnails")), (150, 100));
            assert_eq!(derived.pictures.len(), 3);
            assert_eq!(derived.file_size, path.metadata().unwrap().len());
        }
    }

    #[test]
    fn transparency_survives() {
        let clear = RgbaImage::new(300, 200).into();
        let (folder, path) = upload(&samples::encoded(&clear, ImageFormat::Png));
        let derived = from_upload(&admitted(&path), folder.path()).unwrap();
        for prefix in ["original", "previews", "thumbnails"] {
            let picture = open(&derived, prefix).to_rgba8();
            assert!(picture.pixels().all(|pixel| pixel.0[3] == 0), "{prefix}");
        }
    }

    #[test]
    fn frames_have_alpha() {
        let (folder, path) = upload(&samples::gradient(320, 180, ImageFormat::Png));
        let derived = from_frame(&admitted(&path), folder.path()).unwrap();
        assert_eq!(open(&derived, "original").color(), ColorType::Rgba8);
        assert_eq!((derived.width, derived.height), (320, 180));
    }

    #[test]
    fn the_same_upload_gives_the_same_files() {
        let (folder, path) = upload(&samples::gradient(500, 300, ImageFormat::Jpeg));
        let read = |derived: DerivedPictures| {
            let files = derived.pictures.iter().map(|one| fs::read(&one.path));
            files.collect::<Result<Vec<_>, _>>().unwrap()
        };
        let first = read(from_upload(&admitted(&path), folder.path()).unwrap());
        let second = read(from_upload(&admitted(&path), folder.path()).unwrap());
        assert_eq!(first, second);
    }

    #[test]
    fn refused_uploads_leave_nothing() {
        let bomb = samples::png_declaring(50_000, 50_000);
        for content in [&b"text"[..], &bomb] {
            let (folder, path) = upload(content);
            let error = samples::admitted(&path, LIMIT, Purpose::Preview)
                .and_then(|upload| from_upload(&upload, folder.path()))
                .unwrap_err();
            assert!(error.is_fault_of_input());
            assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        }
    }
}

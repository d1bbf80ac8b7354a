//! Decodes uploaded pictures: kind by content, size limit before any pixel, sRGB colours.

use std::{
    fs::File,
    io::{self, BufReader},
    path::Path,
};

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, GrayAlphaImage, GrayImage, ImageDecoder, ImageError, ImageReader, Limits, RgbImage, RgbaImage};

use super::{PictureError, colour};

/// Memory a decoder may take for each allowed pixel: four channels of 16 bits.
const BYTES_PER_PIXEL: u64 = 8;
/// Memory a decoder may take for what comes before the pixels. A colour profile is compressed, and can become large.
const AROUND_PIXELS: u64 = 64 * 1024 * 1024;

/// Width and height of a picture in pixels, from its header alone.
///
/// # Errors
/// When the file cannot be read or is not a picture.
pub fn dimensions(path: &Path) -> Result<(u32, u32), PictureError> {
    let mut reader = ImageReader::open(path)?.with_guessed_format()?;
    reader.limits(memory(AROUND_PIXELS));
    reader.into_dimensions().map_err(unreadable)
}

/// Decodes a picture of any known kind, in sRGB. A file that ends too early gives what it holds.
/// A picture is turned the way that the camera says it was held.
pub(super) fn decode(path: &Path, max_pixels: u64) -> Result<DynamicImage, PictureError> {
    let mut decoder = open(path, max_pixels)?;
    // A profile that cannot be read is no reason to refuse the picture.
    let profile = decoder.icc_profile().ok().flatten();
    // Neither is a note of the camera that makes no sense.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let mut picture = match DynamicImage::from_decoder(decoder) {
        Ok(picture) => picture,
        Err(error) if ends_early(&error) => beginning(open(path, max_pixels)?).ok_or_else(|| unreadable(error))?,
        Err(error) => return Err(unreadable(error)),
    };
    if let Some(profile) = profile {
        colour::to_srgb(&mut picture, &profile);
    }
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Refuses a picture of more pixels, or of more memory, than allowed.
pub(super) fn guard(decoder: &impl ImageDecoder, max_pixels: u64) -> Result<(), PictureError> {
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    if pixels > max_pixels || decoder.total_bytes() > max_pixels.saturating_mul(BYTES_PER_PIXEL) {
        return Err(PictureError::TooLarge { limit: max_pixels });
    }
    Ok(())
}

/// The picture error for what a decoder says.
pub(super) fn unreadable(error: ImageError) -> PictureError {
    match error {
        ImageError::IoError(error) if !matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) => PictureError::Io(error),
        error => PictureError::Unreadable(error.to_string()),
    }
}

fn open(path: &Path, max_pixels: u64) -> Result<impl ImageDecoder, PictureError> {
    let mut reader = ImageReader::new(BufReader::new(File::open(path)?)).with_guessed_format()?;
    reader.limits(memory(AROUND_PIXELS));
    let mut decoder = reader.into_decoder().map_err(|error| match error {
        ImageError::Limits(_) => PictureError::TooLarge { limit: max_pixels },
        error => unreadable(error),
    })?;
    guard(&decoder, max_pixels)?;
    decoder.set_limits(memory(max_pixels.saturating_mul(BYTES_PER_PIXEL))).map_err(unreadable)?;
    Ok(decoder)
}

fn memory(bytes: u64) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(bytes);
    limits
}

fn ends_early(error: &ImageError) -> bool {
    matches!(error, ImageError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof)
}

/// What a file that ends too early holds of its picture; `None` when that is nothing, or of a
/// kind whose rows cannot be told apart.
fn beginning(decoder: impl ImageDecoder) -> Option<DynamicImage> {
    let (width, height) = decoder.dimensions();
    let colour = decoder.color_type();
    let mut pixels = vec![0; usize::try_from(decoder.total_bytes()).ok()?];
    if decoder.read_image(&mut pixels).is_err() && pixels.iter().all(|byte| *byte == 0) {
        return None;
    }
    match colour {
        ColorType::L8 => GrayImage::from_raw(width, height, pixels).map(Into::into),
        ColorType::La8 => GrayAlphaImage::from_raw(width, height, pixels).map(Into::into),
        ColorType::Rgb8 => RgbImage::from_raw(width, height, pixels).map(Into::into),
        ColorType::Rgba8 => RgbaImage::from_raw(width, height, pixels).map(Into::into),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use image::{ImageFormat, Rgb, Rgba};
    use tempfile::TempDir;

    use super::*;
    use crate::pictures::samples;

    const LIMIT: u64 = 1_000_000;

    fn file(content: &[u8]) -> (TempDir, std::path::PathBuf) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("upload.tmp");
        fs::write(&path, content).unwrap();
        (folder, path)
    }

    fn decode_bytes(content: &[u8]) -> Result<DynamicImage, PictureError> {
        let (_folder, path) = file(content);
        decode(&path, LIMIT)
    }

    #[test]
    fn the_kind_is_that_of_the_content() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif] {
            let picture = decode_bytes(&samples::gradient(40, 30, format)).unwrap();
            assert_eq!((picture.width(), picture.height()), (40, 30));
        }
    }

    #[test]
    fn other_files_are_refused() {
        for content in [&b"just some text, renamed"[..], b"", b"\x89PNG\r\n\x1a\n"] {
            let error = decode_bytes(content).unwrap_err();
            assert!(error.is_fault_of_input(), "{error:?}");
        }
        let missing = decode(Path::new("/nowhere/picture.png"), LIMIT).unwrap_err();
        assert!(!missing.is_fault_of_input());
    }

    #[test]
    fn declared_sizes_beyond_the_limit_are_refused() {
        let bomb = samples::png_declaring(60_000, 60_000);
        assert!(bomb.len() < 200);
        let error = decode_bytes(&bomb).unwrap_err();
        assert!(matches!(error, PictureError::TooLarge { limit: LIMIT }), "{error:?}");
        let (_folder, path) = file(&bomb);
        assert_eq!(dimensions(&path).unwrap(), (60_000, 60_000));

        let exact = samples::gradient(1000, 1000, ImageFormat::Png);
        assert!(decode_bytes(&exact).is_ok());
        let above = samples::gradient(1000, 1001, ImageFormat::Png);
        assert!(matches!(decode_bytes(&above), Err(PictureError::TooLarge { .. })));
    }

    #[test]
    fn files_that_end_early_give_what_they_hold() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg] {
            let content = samples::gradient(600, 400, format);
            let picture = decode_bytes(&content[..content.len() * 2 / 3]).unwrap();
            assert_eq!((picture.width(), picture.height()), (600, 400));
            let whole = decode_bytes(&content).unwrap();
            let row = |picture: &DynamicImage, y| {
                let pixels = picture.to_rgb8();
                (0..600).map(|x| *pixels.get_pixel(x, y)).collect::<Vec<_>>()
            };
            assert_eq!(row(&picture, 10), row(&whole, 10), "{format:?}");
            assert_ne!(row(&picture, 399), row(&whole, 399), "{format:?}");
        }
        let content = samples::gradient(600, 400, ImageFormat::Png);
        assert!(decode_bytes(&content[..60]).unwrap_err().is_fault_of_input());
    }

    #[test]
    fn alpha_and_grey_are_kept() {
        let mut pixels = RgbaImage::from_pixel(4, 4, Rgba([10, 20, 30, 255]));
        pixels.put_pixel(0, 0, Rgba([0, 0, 0, 0]));
        let content = samples::encoded(&pixels.into(), ImageFormat::Png);
        let picture = decode_bytes(&content).unwrap();
        assert_eq!(picture.color(), ColorType::Rgba8);
        assert_eq!(picture.to_rgba8().get_pixel(0, 0).0[3], 0);

        let grey = GrayImage::new(4, 4);
        let content = samples::encoded(&grey.into(), ImageFormat::Png);
        assert_eq!(decode_bytes(&content).unwrap().color(), ColorType::L8);
    }

    #[test]
    fn pictures_stand_as_the_camera_was_held() {
        let upright = decode_bytes(&samples::jpeg_with_orientation(60, 40, 1)).unwrap().to_rgb8();
        assert_eq!(upright.dimensions(), (60, 40));
        let turned = decode_bytes(&samples::jpeg_with_orientation(60, 40, 6)).unwrap().to_rgb8();
        assert_eq!(turned.dimensions(), (40, 60));
        assert_eq!(turned.get_pixel(39, 5), upright.get_pixel(5, 0), "what was at the top is at the right");
        let upside_down = decode_bytes(&samples::jpeg_with_orientation(60, 40, 3)).unwrap().to_rgb8();
        assert_eq!(upside_down.get_pixel(0, 0), upright.get_pixel(59, 39));
        assert_eq!(decode_bytes(&samples::jpeg_with_orientation(60, 40, 99)).unwrap().to_rgb8(), upright);
    }

    #[test]
    fn embedded_profiles_are_honoured() {
        let pixels = RgbImage::from_pixel(8, 8, Rgb([0, 200, 0]));
        let wide = moxcms::ColorProfile::new_adobe_rgb().encode().unwrap();
        let content = samples::png_with_profile(&pixels, wide);
        let converted = decode_bytes(&content).unwrap().to_rgb8();
        // That green lies outside of sRGB: it is stronger there.
        assert!(converted.get_pixel(4, 4).0[1] > 200);

        let content = samples::png_with_profile(&pixels, b"not a profile".to_vec());
        assert_eq!(decode_bytes(&content).unwrap().to_rgb8(), pixels);
    }
}

//! Decodes uploaded pictures: kind by content, size limit before any pixel, sRGB colours.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::Path,
};

use image::metadata::Orientation;
use image::{
    ColorType, DynamicImage, GrayAlphaImage, GrayImage, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits,
    RgbImage, RgbaImage,
};

use super::budget::Admitted;
use super::openexr::{self, ExrDecoder};
use super::photoshop::{self, PsdDecoder};
use super::press::{self, InkConversion};
use super::radiance::{self, RadianceDecoder};
use super::{PictureError, colour, light};

/// Memory a decoder may take for what comes before the pixels. A colour profile is compressed, and can become large.
pub(super) const AROUND_PIXELS: u64 = 16 * 1024 * 1024;

/// The size that a picture may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Bounds {
    pub pixels: u64,
    /// Bytes of the decoded picture.
    pub bytes: u64,
}

impl Bounds {
    pub(super) fn too_large(self) -> PictureError {
        PictureError::TooLarge {
            pixels: self.pixels,
            bytes: self.bytes,
        }
    }

    /// Refuses a picture of more pixels, or of more memory, than allowed.
    pub(super) fn guard(self, decoder: &impl ImageDecoder) -> Result<(), PictureError> {
        let (width, height) = decoder.dimensions();
        let pixels = u64::from(width) * u64::from(height);
        if pixels > self.pixels || decoder.total_bytes() > self.bytes {
            Err(self.too_large())
        } else {
            Ok(())
        }
    }
}

/// Decodes a picture of any known kind, in sRGB. A file that ends too early gives what it holds.
/// A picture is turned the way that the camera says it was held.
pub(super) fn decode(admitted: &Admitted) -> Result<DynamicImage, PictureError> {
    let Admitted { path, bounds, .. } = admitted;
    let OpenPicture {
        mut decoder, format, ..
    } = open(path, *bounds)?;
    // A profile that cannot be read is no reason to refuse the picture.
    let profile = match format {
        // Behind limits, the decoder of the image crate does not find it.
        Some(ImageFormat::Tiff) => press::profile_of_tiff(path)?,
        _ => decoder.icc_profile().ok().flatten(),
    };
    // Neither is a note of the camera that makes no sense.
    let orientation = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let format = format.filter(|format| matches!(format, ImageFormat::Jpeg | ImageFormat::Tiff));
    let inks = profile.as_deref().zip(format);
    let inks = inks.and_then(|(profile, format)| Some((InkConversion::of(profile)?, format)));
    if let Some((inks, format)) = inks {
        // It may hold the whole file.
        drop(decoder);
        if let Some(mut picture) = inks.decode(path, format, *bounds)? {
            picture.apply_orientation(orientation);
            return Ok(picture);
        }
        decoder = open(path, *bounds)?.decoder;
    }
    let mut picture = match DynamicImage::from_decoder(decoder) {
        Ok(picture) => picture,
        Err(error) if ends_early(&error) => beginning(open(path, *bounds)?.decoder).ok_or_else(|| unreadable(error))?,
        Err(error) => return Err(unreadable(error)),
    };
    if let Some(profile) = profile {
        colour::to_srgb(&mut picture, &profile);
    }
    picture = light::displayable(picture);
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Decodes a picture in Radiance HDR as light.
pub(super) fn decode_light(admitted: &Admitted) -> Result<DynamicImage, PictureError> {
    let decoder = radiance::light(&admitted.path)?;
    admitted.bounds.guard(&decoder)?;
    DynamicImage::from_decoder(decoder).map_err(unreadable)
}

/// Bytes of the file itself that its decoder holds.
///
/// # Errors
/// [`PictureError::TooLarge`] when the file alone is larger than the picture may be.
pub(super) fn held(path: &Path, bounds: Bounds) -> Result<u64, PictureError> {
    let reader = ImageReader::new(BufReader::new(File::open(path)?)).with_guessed_format()?;
    if !matches!(reader.format(), Some(ImageFormat::Jpeg | ImageFormat::WebP)) {
        return Ok(0);
    }
    let length = path.metadata()?.len();
    if length > bounds.bytes {
        Err(bounds.too_large())
    } else {
        Ok(length)
    }
}

/// A picture whose header was read.
pub(super) struct OpenPicture {
    pub decoder: Box<dyn ImageDecoder>,
    /// Its kind, where it is one of the usual ones.
    pub format: Option<ImageFormat>,
    /// Bytes that its decoder takes beside the picture that it gives, where it tells.
    pub beside: u64,
}

/// Reads the header of a picture.
pub(super) fn open(path: &Path, bounds: Bounds) -> Result<OpenPicture, PictureError> {
    let mut start = Vec::new();
    File::open(path)?.take(16).read_to_end(&mut start)?;
    let (decoder, beside): (Box<dyn ImageDecoder>, u64) = if start.starts_with(openexr::SIGNATURE) {
        let decoder = ExrDecoder::open(path, bounds)?;
        let beside = decoder.beside();
        (Box::new(decoder), beside)
    } else if start.starts_with(photoshop::SIGNATURE) {
        let decoder = PsdDecoder::open(path)?;
        let beside = decoder.beside();
        (Box::new(decoder), beside)
    } else if start.starts_with(radiance::SIGNATURE) {
        let decoder = RadianceDecoder::open(path)?;
        let beside = decoder.beside();
        (Box::new(decoder), beside)
    } else {
        return open_usual(path, bounds);
    };
    bounds.guard(&decoder)?;
    Ok(OpenPicture {
        decoder,
        format: None,
        beside,
    })
}

fn open_usual(path: &Path, bounds: Bounds) -> Result<OpenPicture, PictureError> {
    let mut reader = ImageReader::new(BufReader::new(File::open(path)?)).with_guessed_format()?;
    let format = reader.format();
    reader.limits(memory(AROUND_PIXELS));
    let mut decoder = reader.into_decoder().map_err(|error| match error {
        ImageError::Limits(_) => bounds.too_large(),
        error => unreadable(error),
    })?;
    bounds.guard(&decoder)?;
    decoder
        .set_limits(memory(bounds.bytes.saturating_add(AROUND_PIXELS)))
        .map_err(unreadable)?;
    Ok(OpenPicture {
        decoder: Box::new(decoder),
        format,
        beside: 0,
    })
}

/// The picture error for what a decoder says.
pub(super) fn unreadable(error: ImageError) -> PictureError {
    match error {
        ImageError::IoError(error)
            if !matches!(error.kind(), io::ErrorKind::UnexpectedEof | io::ErrorKind::InvalidData) =>
        {
            PictureError::Io(error)
        }
        error => PictureError::Unreadable(error.to_string()),
    }
}

fn memory(bytes: u64) -> Limits {
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(bytes);
    limits
}

fn ends_early(error: &ImageError) -> bool {
    matches!(error, ImageError::IoError(error) if error.kind() == io::ErrorKind::UnexpectedEof)
}

/// Part of a picture that a file that ends too early holds of its picture; `None` when that is nothing, or of a kind
/// whose rows cannot be told apart.
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
    use image::{Rgb, Rgb32FImage, Rgba};
    use tiff::encoder::colortype::{CMYK8, CMYK16};

    use super::*;
    use crate::pictures::{Purpose, samples};

    const LIMIT: u64 = 1_000_000;

    fn decode_bytes(content: &[u8]) -> Result<DynamicImage, PictureError> {
        samples::decoded(content, LIMIT)
    }

    #[test]
    fn the_kind_is_that_of_the_content() {
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::Tiff] {
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
        let missing = samples::admitted(Path::new("/nowhere/picture.png"), LIMIT, Purpose::Preview)
            .err()
            .unwrap();
        assert!(!missing.is_fault_of_input());
    }

    #[test]
    fn declared_sizes_beyond_the_limit_are_refused() {
        let bomb = samples::png_declaring(60_000, 60_000);
        assert!(bomb.len() < 200);
        let error = decode_bytes(&bomb).unwrap_err();
        assert!(
            matches!(error, PictureError::TooLarge { pixels: LIMIT, .. }),
            "{error:?}"
        );

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
    fn sixteen_bits_are_kept_and_light_is_shown() {
        let fine = samples::pixels(40, 30);
        let fine = DynamicImage::from(fine).into_rgb16();
        for format in [ImageFormat::Png, ImageFormat::Tiff] {
            let picture = decode_bytes(&samples::encoded(&fine.clone().into(), format)).unwrap();
            assert_eq!(picture.color(), ColorType::Rgb16, "{format:?}");
            assert_eq!(picture.into_rgb16(), fine, "{format:?}");
        }
        let light = Rgb32FImage::from_pixel(40, 30, Rgb([0.18, 4.0, 0.0]));
        let picture = decode_bytes(&samples::encoded(&light.into(), ImageFormat::Tiff)).unwrap();
        assert_eq!(picture.into_rgb8().get_pixel(7, 7).0, [118, 255, 0]);
    }

    #[test]
    fn pictures_stand_as_the_camera_was_held() {
        let upright = decode_bytes(&samples::jpeg_with_orientation(60, 40, 1))
            .unwrap()
            .to_rgb8();
        assert_eq!(upright.dimensions(), (60, 40));
        let turned = decode_bytes(&samples::jpeg_with_orientation(60, 40, 6))
            .unwrap()
            .to_rgb8();
        assert_eq!(turned.dimensions(), (40, 60));
        assert_eq!(
            turned.get_pixel(39, 5),
            upright.get_pixel(5, 0),
            "what was at the top is at the right"
        );
        let upside_down = decode_bytes(&samples::jpeg_with_orientation(60, 40, 3))
            .unwrap()
            .to_rgb8();
        assert_eq!(upside_down.get_pixel(0, 0), upright.get_pixel(59, 39));
        assert_eq!(
            decode_bytes(&samples::jpeg_with_orientation(60, 40, 99))
                .unwrap()
                .to_rgb8(),
            upright
        );
    }

    #[test]
    fn inks_look_as_their_profile_says() {
        let near = |content: &[u8], expected: [u8; 3]| {
            let found = decode_bytes(content).unwrap().to_rgb8().get_pixel(8, 8).0;
            // Near black, a little light makes a great difference of the value.
            assert!(
                found
                    .iter()
                    .zip(expected)
                    .all(|(found, expected)| found.abs_diff(expected) <= if expected == 0 { 28 } else { 8 }),
                "{found:?} is not {expected:?}"
            );
        };
        let profile = samples::press_profile();
        near(&samples::press_jpeg([0, 255, 255, 255], 0, &profile), [0, 175, 239]);
        near(&samples::press_jpeg([76, 85, 255, 255], 2, &profile), [0, 175, 239]);
        near(&samples::press_jpeg([255; 4], 0, &profile), [255; 3]);
        near(&samples::press_jpeg([255, 255, 255, 0], 0, &profile), [0; 3]);
        near(
            &samples::press_jpeg([0, 255, 255, 255], 0, b"not a profile"),
            [0, 255, 255],
        );
        near(&samples::press_tiff::<CMYK8>([255, 0, 0, 0], &profile), [0, 175, 239]);
        near(&samples::press_tiff::<CMYK8>([0; 4], &profile), [255; 3]);
        near(
            &samples::press_tiff::<CMYK8>([255, 0, 0, 0], b"not a profile"),
            [0, 255, 255],
        );
        let fine = samples::press_tiff::<CMYK16>([65_535, 0, 0, 0], &profile);
        near(&fine, [0, 175, 239]);
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

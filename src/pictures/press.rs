//! Pictures in the inks of a press (CMYK), whose colour profile says what the inks look like. The usual decoders of JPEG and TIFF files
//! make RGB of the inks by themselves, which is too bright: they do not know the profile.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;
use std::sync::Arc;

use image::{DynamicImage, ImageFormat, RgbImage};
use moxcms::{CmsError, ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};
use tiff::ColorType;
use tiff::decoder::ifd::Entry;
use tiff::decoder::{Decoder, DecodingResult, Limits};
use tiff::tags::{Tag, Type, ValueBuffer};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::decode::{AROUND_PIXELS, Bounds};

/// Pixels converted at once.
const CHUNK: usize = 4096;

/// True if a colour profile is that of a press.
pub(super) fn is_of_press(profile: &[u8]) -> bool {
    profile.get(16..20).is_some_and(|space| space == b"CMYK")
}

/// Conversion of inks to sRGB.
pub(super) struct InkConversion(Arc<Transform8BitExecutor>);

impl InkConversion {
    /// The conversion by a profile; `None` for a profile of anything else, and one that can't be used.
    pub(super) fn of(profile: &[u8]) -> Option<Self> {
        if !is_of_press(profile) {
            return None;
        }
        let source = ColorProfile::new_from_slice(profile)
            .ok()
            .filter(|source| source.color_space == DataColorSpace::Cmyk)?;
        let transform = source.create_transform_8bit(
            Layout::Rgba,
            &ColorProfile::new_srgb(),
            Layout::Rgb,
            TransformOptions::default(),
        );
        transform.ok().map(Self)
    }

    /// Colours of a screen for amounts of the four inks.
    ///
    /// # Errors
    /// The profile can't be used after all.
    pub(super) fn apply(&self, amounts: &[u8], pixels: &mut [u8]) -> Result<(), CmsError> {
        for (amounts, pixels) in amounts.chunks(4 * CHUNK).zip(pixels.chunks_mut(3 * CHUNK)) {
            self.0.transform(amounts, pixels)?;
        }
        Ok(())
    }

    /// The picture of a JPEG or TIFF file; `None` when it is not in inks, or can't be decoded as a whole.
    ///
    /// # Errors
    /// The file can't be read.
    pub(super) fn decode(&self, path: &Path, format: ImageFormat, bounds: Bounds) -> io::Result<Option<DynamicImage>> {
        let inks = if format == ImageFormat::Tiff {
            read_tiff(File::open(path)?, bounds)
        } else {
            read_jpeg(&fs::read(path)?)
        };
        let Some(Inks { width, height, amounts }) = inks else {
            return Ok(None);
        };
        let mut pixels = vec![0; amounts.len() / 4 * 3];
        if self.apply(&amounts, &mut pixels).is_err() {
            return Ok(None);
        }
        Ok(RgbImage::from_raw(width, height, pixels).map(DynamicImage::from))
    }
}

/// Colours of a screen for amounts of the four inks that nothing is known of: each takes its colour from the white.
pub(super) fn mix(amounts: &[u8], pixels: &mut [u8]) {
    for (amounts, pixel) in amounts.as_chunks::<4>().0.iter().zip(pixels.as_chunks_mut::<3>().0) {
        let [colours @ .., black] = amounts.map(|amount| 255 - u16::from(amount));
        *pixel = colours.map(|colour| (colour * black / 255) as u8);
    }
}

/// A picture as amounts of cyan, magenta, yellow and black.
struct Inks {
    width: u32,
    height: u32,
    amounts: Vec<u8>,
}

/// The colour profile of a TIFF file, where it has one that can be read.
///
/// # Errors
/// The file can't be read.
pub(super) fn profile_of_tiff(path: &Path) -> io::Result<Option<Vec<u8>>> {
    let mut limits = Limits::default();
    // The one limit of its decoder that holds for values of tags.
    limits.decoding_buffer_size = usize::try_from(AROUND_PIXELS).unwrap_or(usize::MAX);
    let mut profile = ValueBuffer::empty(Type::UNDEFINED);
    let decoder = Decoder::new(BufReader::new(File::open(path)?));
    let found = decoder.and_then(|decoder| {
        let mut decoder = decoder.with_limits(limits);
        decoder.image_ifd().find_tag_buf(Tag::IccProfile, &mut profile)
    });
    let is_bytes = |entry: &Entry| matches!(entry.field_type(), Type::UNDEFINED | Type::BYTE);
    Ok(found
        .ok()
        .flatten()
        .filter(is_bytes)
        .map(|_| profile.as_bytes().to_vec()))
}

/// The inks of a TIFF file, which says how much there is of each.
fn read_tiff(file: File, bounds: Bounds) -> Option<Inks> {
    let mut limits = Limits::default();
    // The picture has three channels, and there are four inks.
    limits.decoding_buffer_size = usize::try_from(bounds.bytes).ok()?.saturating_mul(2);
    let mut decoder = Decoder::new(BufReader::new(file)).ok()?.with_limits(limits);
    if !matches!(decoder.colortype().ok()?, ColorType::CMYK(8 | 16)) {
        return None;
    }
    let (width, height) = decoder.dimensions().ok()?;
    let amounts: Vec<u8> = match decoder.read_image().ok()? {
        DecodingResult::U8(amounts) => amounts,
        DecodingResult::U16(amounts) => amounts.into_iter().map(|amount| (amount / 257) as u8).collect(),
        _ => return None,
    };
    Some(Inks { width, height, amounts })
}

fn read_jpeg(content: &[u8]) -> Option<Inks> {
    let options = DecoderOptions::default()
        .set_strict_mode(false)
        .set_max_width(usize::MAX)
        .set_max_height(usize::MAX);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(content), options);
    decoder.decode_headers().ok()?;
    let stored = decoder.input_colorspace()?;
    if !matches!(stored, ColorSpace::CMYK | ColorSpace::YCCK) {
        return None;
    }
    decoder.set_options(options.jpeg_set_out_colorspace(stored));
    let (width, height) = decoder.dimensions()?;
    let mut amounts = decoder.decode().ok()?;
    for pixel in amounts.as_chunks_mut::<4>().0 {
        *pixel = amounts_of(*pixel, stored);
    }
    Some(Inks {
        width: u32::try_from(width).ok()?,
        height: u32::try_from(height).ok()?,
        amounts,
    })
}

/// Amounts of ink of a pixel. Programs for print store what is missing of each ink, or light, two colours and what is missing of
/// black.
fn amounts_of([first, second, third, black]: [u8; 4], stored: ColorSpace) -> [u8; 4] {
    if stored == ColorSpace::CMYK {
        return [first, second, third, black].map(|missing| 255 - missing);
    }
    let [light, blue, red] = [f32::from(first), f32::from(second) - 128.0, f32::from(third) - 128.0];
    let colours = [
        light + 1.402 * red,
        light - 0.344_136 * blue - 0.714_136 * red,
        light + 1.772 * blue,
    ];
    let [cyan, magenta, yellow] = colours.map(|colour| colour.round().clamp(0.0, 255.0) as u8);
    [cyan, magenta, yellow, 255 - black]
}

#[cfg(test)]
mod tests {
    use tiff::encoder::colortype::CMYK8;

    use super::*;
    use crate::pictures::samples;

    #[test]
    fn profiles_are_taken_up_to_a_length() {
        let of_length = |length: u64| {
            let profile = vec![1_u8; usize::try_from(length).unwrap()];
            let file = tempfile::NamedTempFile::new().unwrap();
            fs::write(file.path(), samples::press_tiff::<CMYK8>([0; 4], &profile)).unwrap();
            profile_of_tiff(file.path())
                .unwrap()
                .map(|profile| profile.len() as u64)
        };
        assert_eq!(of_length(AROUND_PIXELS), Some(AROUND_PIXELS));
        assert_eq!(of_length(AROUND_PIXELS + 1), None);
    }
}

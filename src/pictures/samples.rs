//! Pictures for tests.

use std::io::Cursor;
use std::path::Path;

use image::{
    DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
};

use super::{Admitted, PictureBudget, PictureError, Purpose};

/// A picture that may be decoded, when it has at most so many pixels.
pub(super) fn admitted(path: &Path, max_pixels: u64, purpose: Purpose) -> Result<Admitted, PictureError> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(PictureBudget::new(1024, max_pixels).admit(path, purpose))
}

/// The picture as a file of the given kind.
pub(super) fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut content = Cursor::new(Vec::new());
    picture.write_to(&mut content, format).unwrap();
    content.into_inner()
}

/// A picture without two equal neighbours or rows, as a file of the given kind.
pub(super) fn gradient(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    encoded(&pixels(width, height).into(), format)
}

/// A JPEG whose EXIF data asks for the given orientation.
pub(super) fn jpeg_with_orientation(width: u32, height: u32, orientation: u8) -> Vec<u8> {
    let mut exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let mut content = Vec::new();
    let mut encoder = JpegEncoder::new(&mut content);
    encoder.set_exif_metadata(exif).unwrap();
    let picture = pixels(width, height);
    picture.write_with_encoder(encoder).unwrap();
    content
}

/// A PNG with an embedded colour profile.
pub(super) fn png_with_profile(picture: &RgbImage, profile: Vec<u8>) -> Vec<u8> {
    let mut content = Vec::new();
    let mut encoder = PngEncoder::new(&mut content);
    encoder.set_icc_profile(profile).unwrap();
    picture.write_with_encoder(encoder).unwrap();
    content
}

/// A tiny PNG file whose header declares the given size.
pub(super) fn png_declaring(width: u32, height: u32) -> Vec<u8> {
    let mut content = gradient(1, 1, ImageFormat::Png);
    content[16..20].copy_from_slice(&width.to_be_bytes());
    content[20..24].copy_from_slice(&height.to_be_bytes());
    let checksum = crc32(&content[12..29]);
    content[29..33].copy_from_slice(&checksum.to_be_bytes());
    content
}

fn pixels(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let noise = (x ^ y).wrapping_mul(2_654_435_761) >> 27;
        Rgb([x as u8, y as u8, noise as u8 * 8])
    })
}

fn crc32(bytes: &[u8]) -> u32 {
    let fold = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg())
        })
    };
    !bytes.iter().fold(u32::MAX, fold)
}

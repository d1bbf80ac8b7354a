//! Pictures for tests.

use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::{
    DynamicImage, ImageEncoder, ImageFormat, Rgb, RgbImage,
    codecs::{jpeg::JpegEncoder, png::PngEncoder},
};

use tempfile::TempDir;
use tiff::encoder::colortype::ColorType;
use tiff::encoder::{TiffEncoder, TiffValue};
use tiff::tags::Tag;

use super::decode::decode;
use super::{Admitted, PictureBudget, PictureError, Purpose};

/// A picture that may be decoded, when it has at most so many pixels.
pub(super) fn admitted(path: &Path, max_pixels: u64, purpose: Purpose) -> Result<Admitted, PictureError> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(PictureBudget::new(1024, max_pixels).admit(path, purpose))
}

/// The picture that a file of at most so many pixels holds.
pub(super) fn decoded(content: &[u8], max_pixels: u64) -> Result<DynamicImage, PictureError> {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("upload.tmp");
    fs::write(&path, content).unwrap();
    decode(&admitted(&path, max_pixels, Purpose::Preview)?)
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

/// A JPEG of 16 by 16 pixels of one colour in four components, as programs for print write them. They are what is missing of each ink
/// where the transform is 0, and light, two colours and what is missing of black where it is 2.
pub(super) fn press_jpeg(stored: [u8; 4], transform: u8, profile: &[u8]) -> Vec<u8> {
    let mut content = vec![0xff, 0xd8];
    let mut segment = |marker: u8, body: &[u8]| {
        content.extend([0xff, marker]);
        content.extend((body.len() as u16 + 2).to_be_bytes());
        content.extend(body);
    };
    segment(0xee, &[&b"Adobe\0\x64\0\0\0\0"[..], &[transform]].concat());
    segment(0xe2, &[&b"ICC_PROFILE\0\x01\x01"[..], profile].concat());
    segment(0xdb, &[&[0_u8][..], &[1; 64]].concat());
    segment(
        0xc0,
        &[8, 0, 16, 0, 16, 4, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0, 4, 0x11, 0],
    );
    // The first number of a block has a length of up to eleven bits, written in four; the others are all nothing, written in one.
    segment(
        0xc4,
        &[
            &[0_u8, 0, 0, 0, 12][..],
            &[0; 12],
            &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11],
        ]
        .concat(),
    );
    segment(0xc4, &[&[0x10_u8, 1][..], &[0; 15], &[0]].concat());
    segment(0xda, &[4, 1, 0, 2, 0, 3, 0, 4, 0, 0, 63, 0]);
    let bits = press_bits(stored);
    for at in (0..bits.len()).step_by(8) {
        let byte = u8::from_str_radix(&bits[at..at + 8], 2).unwrap();
        content.push(byte);
        if byte == 0xff {
            content.push(0);
        }
    }
    content.extend([0xff, 0xd9]);
    content
}

/// Bits of the pixels of such a JPEG: four blocks, each of four components.
fn press_bits(stored: [u8; 4]) -> String {
    let mut bits = String::new();
    for block in 0..4 {
        for value in stored {
            // Blocks tell how they differ from the one before.
            let level = if block == 0 { (i32::from(value) - 128) * 8 } else { 0 };
            let length = (32 - level.unsigned_abs().leading_zeros()) as usize;
            bits += &format!("{length:04b}");
            if length > 0 {
                let written = if level < 0 { level + (1 << length) - 1 } else { level };
                bits += &format!("{written:0length$b}");
            }
            bits.push('0');
        }
    }
    bits += &"1".repeat(bits.len().next_multiple_of(8) - bits.len());
    bits
}

/// A picture of one colour as TIFF, in amounts of the four inks.
pub(super) fn press_tiff<C: ColorType>(amounts: [C::Inner; 4], profile: &[u8]) -> Vec<u8>
where
    C::Inner: Copy,
    [C::Inner]: TiffValue,
{
    let mut content = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut content).unwrap();
    let mut picture = encoder.new_image::<C>(16, 16).unwrap();
    picture.encoder().write_tag(Tag::IccProfile, profile).unwrap();
    picture.write_data(&amounts.repeat(16 * 16)).unwrap();
    content.into_inner()
}

/// A colour profile of a press whose cyan looks like (0, 175, 239). Everything else is black, but for the paper.
pub(super) fn press_profile() -> Vec<u8> {
    let mut table = b"mft1\0\0\0\0\x04\x03\x02\0".to_vec();
    for number in [1_u16, 0, 0, 0, 1, 0, 0, 0, 1] {
        table.extend((u32::from(number) << 16).to_be_bytes());
    }
    let straight: Vec<u8> = (0..=255).collect();
    table.extend(straight.repeat(4));
    for inks in 0..16 {
        table.extend(match inks {
            0b0000 => [255, 128, 128],
            0b1000 => [170, 107, 85],
            _ => [0, 128, 128],
        });
    }
    table.extend(straight.repeat(3));
    let mut profile = vec![0; 132];
    let mut put = |at: usize, bytes: &[u8]| profile[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &(144 + table.len() as u32).to_be_bytes());
    put(8, &[2, 0x40, 0, 0]);
    put(12, b"prtrCMYKLab ");
    put(36, b"acsp");
    put(68, &[0, 0, 0xf6, 0xd6, 0, 1, 0, 0, 0, 0, 0xd3, 0x2d]);
    put(131, &[1]);
    profile.extend(b"A2B0");
    profile.extend(144_u32.to_be_bytes());
    profile.extend((table.len() as u32).to_be_bytes());
    profile.extend(table);
    profile
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

/// A picture without two equal neighbours or rows.
pub(super) fn pixels(width: u32, height: u32) -> RgbImage {
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

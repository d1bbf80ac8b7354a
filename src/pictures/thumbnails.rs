//! Small pictures of fixed size: avatars, HDR backgrounds and attachments.

use std::{fs::File, io::BufReader, path::Path};

use image::{DynamicImage, RgbImage, codecs::hdr::HdrDecoder};

use super::{
    PictureError,
    decode::{decode, guard, unreadable},
    encode::png,
    fit,
};

const AVATAR_SIDE: u32 = 400;
const BACKGROUND: (u32, u32) = (300, 200);
const ATTACHMENT: (u32, u32) = (150, 150);

/// Avatar of a person, production or organisation: 400×400 PNG with alpha, the picture whole.
///
/// # Errors
/// [`PictureError::is_fault_of_input`] when the file is not a picture or has more than
/// `max_pixels` pixels.
pub fn avatar(source: &Path, max_pixels: u64) -> Result<Vec<u8>, PictureError> {
    let picture = decode(source, max_pixels)?;
    png(&fit::fit(&picture, AVATAR_SIDE, AVATAR_SIDE)?.into())
}

/// Thumbnail of a picture attached to a message or comment: 150×150 PNG, its middle.
///
/// # Errors
/// As for [`avatar`].
pub fn attachment_thumbnail(source: &Path, max_pixels: u64) -> Result<Vec<u8>, PictureError> {
    let picture = decode(source, max_pixels)?;
    png(&fit::fill(&picture, ATTACHMENT.0, ATTACHMENT.1)?.into())
}

/// Thumbnail of a Radiance HDR background: 300×200 PNG with alpha, the picture whole.
///
/// # Errors
/// [`PictureError::is_fault_of_input`] when the file is not of that kind, ends early, or has
/// more than `max_pixels` pixels.
pub fn background_thumbnail(source: &Path, max_pixels: u64) -> Result<Vec<u8>, PictureError> {
    let reader = BufReader::new(File::open(source)?);
    // Files of some programs begin with another signature than the standard one.
    let decoder = HdrDecoder::new_nonstrict(reader).map_err(unreadable)?;
    guard(&decoder, max_pixels)?;
    let radiance = DynamicImage::from_decoder(decoder).map_err(unreadable)?;
    let picture = displayable(&radiance).into();
    png(&fit::fit(&picture, BACKGROUND.0, BACKGROUND.1)?.into())
}

/// Radiance as colours of a screen: what is brighter than white is white.
fn displayable(radiance: &DynamicImage) -> RgbImage {
    const GAMMA: f32 = 1.0 / 2.2;
    let mut picture = RgbImage::new(radiance.width(), radiance.height());
    let source = radiance.to_rgb32f();
    for (light, colour) in source.pixels().zip(picture.pixels_mut()) {
        colour.0 = light.0.map(|value| (value.clamp(0.0, 1.0).powf(GAMMA) * 255.0).round() as u8);
    }
    picture
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use image::{ImageFormat, Rgb, Rgb32FImage, RgbaImage, codecs::hdr::HdrEncoder};
    use tempfile::TempDir;

    use super::*;
    use crate::pictures::samples;

    const LIMIT: u64 = 1_000_000;

    fn file(content: &[u8]) -> (TempDir, PathBuf) {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("upload.tmp");
        fs::write(&path, content).unwrap();
        (folder, path)
    }

    fn read(content: &[u8]) -> RgbaImage {
        let picture = image::load_from_memory_with_format(content, ImageFormat::Png).unwrap();
        assert!(picture.color().has_alpha());
        picture.into_rgba8()
    }

    fn hdr(width: u32, height: u32, light: [f32; 3]) -> Vec<u8> {
        let pixels = Rgb32FImage::from_pixel(width, height, Rgb(light));
        let pixels: Vec<_> = pixels.pixels().copied().collect();
        let mut content = Vec::new();
        HdrEncoder::new(&mut content).encode(&pixels, width as usize, height as usize).unwrap();
        content
    }

    #[test]
    fn avatars_are_square_with_the_picture_whole() {
        for (width, height, format) in [(800, 600, ImageFormat::Jpeg), (64, 200, ImageFormat::Gif), (10, 10, ImageFormat::WebP)] {
            let (_folder, path) = file(&samples::gradient(width, height, format));
            let picture = read(&avatar(&path, LIMIT).unwrap());
            assert_eq!(picture.dimensions(), (400, 400));
            let corner = picture.get_pixel(0, 0).0[3];
            assert_eq!(corner == 255, width == height, "{width}x{height}");
        }
    }

    #[test]
    fn attachments_are_cropped() {
        let (_folder, path) = file(&samples::gradient(800, 200, ImageFormat::Jpeg));
        let picture = read(&attachment_thumbnail(&path, LIMIT).unwrap());
        assert_eq!(picture.dimensions(), (150, 150));
        assert!(picture.pixels().all(|pixel| pixel.0[3] == 255));
    }

    #[test]
    fn light_is_clamped_and_made_displayable() {
        let (_folder, path) = file(&hdr(64, 32, [4.0, 0.25, 0.0]));
        let picture = read(&background_thumbnail(&path, LIMIT).unwrap());
        assert_eq!(picture.dimensions(), (300, 200));
        let [red, green, blue, alpha] = picture.get_pixel(150, 100).0;
        assert_eq!((red, blue, alpha), (255, 0, 255));
        assert!((135..=137).contains(&green), "{green}");
        assert_eq!(picture.get_pixel(150, 5).0[3], 0);
    }

    #[test]
    fn what_is_not_hdr_is_refused() {
        let whole = hdr(64, 32, [1.0, 1.0, 1.0]);
        let bomb = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 50000 +X 50000\n";
        for content in [&samples::gradient(20, 20, ImageFormat::Png)[..], b"text", &whole[..whole.len() / 2], bomb] {
            let (_folder, path) = file(content);
            let error = background_thumbnail(&path, LIMIT).unwrap_err();
            assert!(error.is_fault_of_input(), "{error:?}");
        }
    }
}

//! Small pictures of fixed size: avatars, HDR backgrounds and attachments.

use image::DynamicImage;

use super::{
    Admitted, PictureError,
    decode::{decode, decode_light},
    encode::png,
    fit,
};

const AVATAR_SIDE: u32 = 400;
const BACKGROUND: (u32, u32) = (300, 200);
const ATTACHMENT: (u32, u32) = (150, 150);

/// Pixels of the largest of them.
pub(super) const MOST_PIXELS: u64 = 400 * 400;

/// Avatar of a person, production or organisation: 400×400 PNG with alpha, the picture whole.
///
/// # Errors
/// [`PictureError::is_fault_of_input`] when the file is not a picture.
pub fn avatar(source: &Admitted) -> Result<Vec<u8>, PictureError> {
    let picture = decode(source)?;
    png(&fit::fit(&picture, AVATAR_SIDE, AVATAR_SIDE)?.into())
}

/// Thumbnail of a picture attached to a message or comment: 150×150 PNG, its middle.
///
/// # Errors
/// As for [`avatar`].
pub fn attachment_thumbnail(source: &Admitted) -> Result<Vec<u8>, PictureError> {
    let picture = decode(source)?;
    png(&fit::fill(&picture, ATTACHMENT.0, ATTACHMENT.1)?.into())
}

/// Thumbnail of a background from a common picture: 300×200 PNG with alpha, the picture whole.
///
/// # Errors
/// As for [`avatar`].
pub fn fitted_thumbnail(source: &Admitted) -> Result<Vec<u8>, PictureError> {
    let picture = decode(source)?;
    png(&fit::fit(&picture, BACKGROUND.0, BACKGROUND.1)?.into())
}

/// Thumbnail of a Radiance HDR background: 300×200 PNG with alpha, the picture whole.
///
/// # Errors
/// [`PictureError::is_fault_of_input`] when the file is not of that kind or ends early.
pub fn background_thumbnail(source: &Admitted) -> Result<Vec<u8>, PictureError> {
    let picture = displayable(decode_light(source)?);
    png(&fit::fit(&picture, BACKGROUND.0, BACKGROUND.1)?.into())
}

/// Radiance as colours of a screen: what is brighter than white is white. It is done in place, because such pictures are
/// large.
fn displayable(radiance: DynamicImage) -> DynamicImage {
    const GAMMA: f32 = 1.0 / 2.2;
    let mut picture = radiance.into_rgb32f();
    for value in picture.iter_mut() {
        *value = value.clamp(0.0, 1.0).powf(GAMMA);
    }
    picture.into()
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use image::{ImageFormat, Rgb, Rgb32FImage, RgbaImage, codecs::hdr::HdrEncoder};
    use tempfile::TempDir;

    use super::*;
    use crate::pictures::{Purpose, samples};

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
        HdrEncoder::new(&mut content)
            .encode(&pixels, width as usize, height as usize)
            .unwrap();
        content
    }

    #[test]
    fn avatars_are_square_with_the_picture_whole() {
        for (width, height, format) in [
            (800, 600, ImageFormat::Jpeg),
            (64, 200, ImageFormat::Gif),
            (10, 10, ImageFormat::WebP),
        ] {
            let (_folder, path) = file(&samples::gradient(width, height, format));
            let picture = read(&avatar(&samples::admitted(&path, LIMIT, Purpose::Avatar).unwrap()).unwrap());
            assert_eq!(picture.dimensions(), (400, 400));
            let corner = picture.get_pixel(0, 0).0[3];
            assert_eq!(corner == 255, width == height, "{width}x{height}");
        }
    }

    #[test]
    fn attachments_are_cropped() {
        let (_folder, path) = file(&samples::gradient(800, 200, ImageFormat::Jpeg));
        let picture =
            read(&attachment_thumbnail(&samples::admitted(&path, LIMIT, Purpose::Thumbnail).unwrap()).unwrap());
        assert_eq!(picture.dimensions(), (150, 150));
        assert!(picture.pixels().all(|pixel| pixel.0[3] == 255));
    }

    #[test]
    fn light_is_clamped_and_made_displayable() {
        let (_folder, path) = file(&hdr(64, 32, [4.0, 0.25, 0.0]));
        let picture =
            read(&background_thumbnail(&samples::admitted(&path, LIMIT, Purpose::Background).unwrap()).unwrap());
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
        for content in [
            &samples::gradient(20, 20, ImageFormat::Png)[..],
            b"text",
            &whole[..whole.len() / 2],
            bomb,
        ] {
            let (_folder, path) = file(content);
            let error = samples::admitted(&path, LIMIT, Purpose::Background)
                .and_then(|admitted| background_thumbnail(&admitted))
                .unwrap_err();
            assert!(error.is_fault_of_input(), "{error:?}");
        }
    }
}

//! Converts pixels to sRGB by the colour profile that a picture carries.

use image::DynamicImage;
use moxcms::{CmsError, ColorProfile, DataColorSpace, Layout, TransformExecutor, TransformOptions};

/// Samples converted at once, a multiple of three and of four channels.
const CHUNK: usize = 12 * 4096;

/// Converts an RGB or RGBA picture to sRGB in place. Other pictures, and profiles that cannot be
/// used, change nothing.
pub(super) fn to_srgb(picture: &mut DynamicImage, profile: &[u8]) {
    // The colours are then shown as if the file had no profile, which is what they were before
    // anything read it.
    let _ = try_to_srgb(picture, profile);
}

fn try_to_srgb(picture: &mut DynamicImage, profile: &[u8]) -> Result<(), CmsError> {
    let layout = match picture {
        DynamicImage::ImageRgb8(_) | DynamicImage::ImageRgb16(_) => Layout::Rgb,
        DynamicImage::ImageRgba8(_) | DynamicImage::ImageRgba16(_) => Layout::Rgba,
        _ => return Ok(()),
    };
    let source = ColorProfile::new_from_slice(profile)?;
    // The decoder has turned pixels of other models (CMYK) into RGB already, where their profile could not be used.
    if source.color_space != DataColorSpace::Rgb {
        return Ok(());
    }
    let srgb = ColorProfile::new_srgb();
    let options = TransformOptions::default();
    match picture {
        DynamicImage::ImageRgb8(pixels) => {
            let transform = source.create_transform_8bit(layout, &srgb, layout, options)?;
            convert(pixels, transform.as_ref())
        }
        DynamicImage::ImageRgba8(pixels) => {
            let transform = source.create_transform_8bit(layout, &srgb, layout, options)?;
            convert(pixels, transform.as_ref())
        }
        DynamicImage::ImageRgb16(pixels) => {
            let transform = source.create_transform_16bit(layout, &srgb, layout, options)?;
            convert(pixels, transform.as_ref())
        }
        DynamicImage::ImageRgba16(pixels) => {
            let transform = source.create_transform_16bit(layout, &srgb, layout, options)?;
            convert(pixels, transform.as_ref())
        }
        _ => Ok(()),
    }
}

/// Converts by pieces, so that a large picture is not held twice.
fn convert<T: Copy + Default>(
    samples: &mut [T],
    transform: &(impl TransformExecutor<T> + ?Sized),
) -> Result<(), CmsError> {
    let mut source = Vec::with_capacity(CHUNK);
    for chunk in samples.chunks_mut(CHUNK) {
        source.clear();
        source.extend_from_slice(chunk);
        transform.transform(&source, chunk)?;
    }
    Ok(())
}

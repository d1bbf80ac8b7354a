//! Resizing: fitted into a box with transparent borders, or cropped to fill it.

use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::{DynamicImage, RgbaImage, imageops};

use super::PictureError;

/// Resizes the picture to fit a box as large as it can with its ratio kept, and centres it on a
/// transparent canvas of exactly the size of the box.
pub(super) fn fit(picture: &DynamicImage, width: u32, height: u32) -> Result<RgbaImage, PictureError> {
    let (inner_width, inner_height) = fitted(picture.width(), picture.height(), width, height);
    let inner = resize(picture, inner_width, inner_height, ResizeOptions::new())?;
    if (inner_width, inner_height) == (width, height) {
        return Ok(inner);
    }
    let mut canvas = RgbaImage::new(width, height);
    let left = i64::from((width - inner_width) / 2);
    let top = i64::from((height - inner_height) / 2);
    imageops::replace(&mut canvas, &inner, left, top);
    Ok(canvas)
}

/// Resizes the picture to cover exactly the given size; what is too much is cut evenly from both
/// sides.
pub(super) fn fill(picture: &DynamicImage, width: u32, height: u32) -> Result<RgbaImage, PictureError> {
    let centred = ResizeOptions::new().fit_into_destination(Some((0.5, 0.5)));
    resize(picture, width, height, centred)
}

/// The largest size with the ratio of the picture inside of the box, rounded up.
fn fitted(width: u32, height: u32, box_width: u32, box_height: u32) -> (u32, u32) {
    let [w, h, bw, bh] = [width, height, box_width, box_height].map(u64::from);
    if w * bh >= h * bw {
        (box_width, scaled(h, bw, w).clamp(1, box_height))
    } else {
        (scaled(w, bh, h).clamp(1, box_width), box_height)
    }
}

/// `side * numerator / denominator`, rounded up.
pub(super) fn scaled(side: u64, numerator: u64, denominator: u64) -> u32 {
    let result = (side * numerator).div_ceil(denominator.max(1));
    u32::try_from(result).unwrap_or(u32::MAX)
}

fn resize(picture: &DynamicImage, width: u32, height: u32, options: ResizeOptions) -> Result<RgbaImage, PictureError> {
    if (picture.width(), picture.height()) == (width, height) {
        return Ok(picture.to_rgba8());
    }
    let options = options.resize_alg(ResizeAlg::Convolution(FilterType::Lanczos3));
    // In the pixel format of the source: a large picture is not converted, only the small result.
    let mut resized = DynamicImage::new(width, height, picture.color());
    Resizer::new()
        .resize(picture, &mut resized, &options)
        .map_err(|error| PictureError::Production(error.to_string()))?;
    Ok(resized.into_rgba8())
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba};

    use super::*;

    const RED: Rgba<u8> = Rgba([255, 0, 0, 255]);
    const CLEAR: Rgba<u8> = Rgba([0, 0, 0, 0]);

    fn red(width: u32, height: u32) -> DynamicImage {
        RgbImage::from_pixel(width, height, Rgb([255, 0, 0])).into()
    }

    #[test]
    fn sizes_keep_the_ratio_and_round_up() {
        for (picture, frame, expected) in [
            ((1600, 900), (150, 100), (150, 85)),
            ((900, 1600), (150, 100), (57, 100)),
            ((300, 200), (150, 100), (150, 100)),
            ((50, 40), (1200, 960), (1200, 960)),
            ((10_000, 1), (150, 100), (150, 1)),
            ((1, 10_000), (100, 100), (1, 100)),
        ] {
            assert_eq!(fitted(picture.0, picture.1, frame.0, frame.1), expected);
        }
    }

    #[test]
    fn borders_are_transparent_and_the_picture_is_centred() {
        let wide = fit(&red(1600, 900), 150, 100).unwrap();
        assert_eq!(wide.dimensions(), (150, 100));
        assert_eq!(*wide.get_pixel(75, 6), CLEAR);
        assert_eq!(*wide.get_pixel(75, 50), RED);
        assert_eq!(*wide.get_pixel(75, 93), CLEAR);

        let tall = fit(&red(900, 1600), 150, 100).unwrap();
        assert_eq!(*tall.get_pixel(45, 50), CLEAR);
        assert_eq!(*tall.get_pixel(75, 50), RED);
        assert_eq!(*tall.get_pixel(104, 50), CLEAR);
    }

    #[test]
    fn small_pictures_are_enlarged() {
        let square = fit(&red(4, 2), 100, 100).unwrap();
        assert_eq!(*square.get_pixel(0, 50), RED);
        assert_eq!(*square.get_pixel(50, 20), CLEAR);
    }

    #[test]
    fn transparency_does_not_darken_edges() {
        let mut picture = RgbaImage::from_pixel(400, 400, CLEAR);
        for (x, _, pixel) in picture.enumerate_pixels_mut() {
            if x >= 201 {
                *pixel = RED;
            }
        }
        let small = fit(&picture.into(), 100, 100).unwrap();
        for pixel in small.pixels().filter(|pixel| pixel.0[3] > 8) {
            assert!(pixel.0[0] > 240, "{pixel:?}");
        }
        assert_eq!(small.get_pixel(10, 50).0[3], 0);
        assert_eq!(small.get_pixel(90, 50).0[3], 255);
    }

    #[test]
    fn every_pixel_format_can_be_resized() {
        let source = red(64, 48);
        for picture in [
            DynamicImage::from(source.to_luma8()),
            source.to_luma_alpha8().into(),
            source.to_rgba8().into(),
            source.to_luma16().into(),
            source.to_luma_alpha16().into(),
            source.to_rgb16().into(),
            source.to_rgba16().into(),
            source.to_rgb32f().into(),
            source.to_rgba32f().into(),
        ] {
            let small = fit(&picture, 32, 24).unwrap();
            assert_eq!(small.get_pixel(16, 12).0[3], 255, "{:?}", picture.color());
        }
    }

    #[test]
    fn filling_crops_the_middle() {
        let mut picture = RgbImage::from_pixel(300, 100, Rgb([255, 0, 0]));
        for (x, _, pixel) in picture.enumerate_pixels_mut() {
            if !(75..225).contains(&x) {
                *pixel = Rgb([0, 0, 255]);
            }
        }
        let filled = fill(&picture.into(), 150, 100).unwrap();
        assert_eq!(filled.dimensions(), (150, 100));
        assert_eq!(*filled.get_pixel(10, 50), RED);
        assert_eq!(*filled.get_pixel(139, 50), RED);
    }
}

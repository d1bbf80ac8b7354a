//! Light without bounds, as OpenEXR, Radiance and TIFF in floats keep it, as the colours of a screen (sRGB).

use std::sync::LazyLock;

use image::{DynamicImage, Rgb, RgbImage, Rgba, RgbaImage};
use moxcms::{Chromaticity, ColorPrimaries, ColorProfile};

/// Steps from black to white, so fine that even dark ones are less than a shade apart.
const STEPS: usize = 65_535;

/// Twice the smallest area between three primaries that make colours; those of a screen have 0.22.
const SMALLEST_GAMUT: f32 = 0.01;

static SHADES: LazyLock<Vec<u8>> =
    LazyLock::new(|| (0..=STEPS).map(|step| curve(step as f32 / STEPS as f32)).collect());

fn curve(light: f32) -> u8 {
    let shade = if light <= 0.003_130_8 {
        light * 12.92
    } else {
        light.powf(1.0 / 2.4) * 1.055 - 0.055
    };
    (shade * 255.0).round() as u8
}

/// Shade of a screen for light where 1 is white. What is brighter is white, and what is no number is black.
pub(super) fn shade(light: f32) -> u8 {
    SHADES[(light.clamp(0.0, 1.0) * STEPS as f32).round() as usize]
}

/// A share from 0 to 1 as a byte.
pub(super) fn share(part: f32) -> u8 {
    (part.clamp(0.0, 1.0) * 255.0).round() as u8
}

/// A picture in light as one in colours; others stay as they are.
pub(super) fn displayable(picture: DynamicImage) -> DynamicImage {
    match picture {
        DynamicImage::ImageRgb32F(light) => {
            let (width, height) = light.dimensions();
            RgbImage::from_fn(width, height, |x, y| Rgb(light.get_pixel(x, y).0.map(shade))).into()
        }
        DynamicImage::ImageRgba32F(light) => {
            let (width, height) = light.dimensions();
            let colour = |x, y| {
                let Rgba([red, green, blue, alpha]) = *light.get_pixel(x, y);
                Rgba([shade(red), shade(green), shade(blue), share(alpha)])
            };
            RgbaImage::from_fn(width, height, colour).into()
        }
        picture => picture,
    }
}

/// Way from light in the primaries of a file to light in those of a screen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Primaries([[f32; 3]; 3]);

impl Primaries {
    /// The way from the places of red, green, blue and white in the plane of all colours; `None` where they are those of a screen, or
    /// make no sense.
    pub(super) fn of([red, green, blue, white]: [(f32, f32); 4]) -> Option<Self> {
        let area = (green.0 - red.0) * (blue.1 - red.1) - (blue.0 - red.0) * (green.1 - red.1);
        if area.abs() < SMALLEST_GAMUT {
            return None;
        }
        let place = |(x, y): (f32, f32)| Chromaticity::new(x, y);
        let primaries = ColorPrimaries {
            red: place(red),
            green: place(green),
            blue: place(blue),
        };
        let screen = ColorProfile::new_srgb();
        let mut source = screen.clone();
        source.update_rgb_colorimetry(place(white).to_xyyb(), primaries);
        let matrix = source
            .transform_matrix(&screen)
            .v
            .map(|row| row.map(|factor| factor as f32));
        let found = Self(matrix);
        let is_near =
            |one: [f32; 3], other: [f32; 3]| one.iter().zip(other).all(|(one, other)| (one - other).abs() < 0.02);
        // White stays white, unless the places make no sense.
        let makes_sense = is_near(found.to_screen([1.0; 3]), [1.0; 3]);
        let colours = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let is_screen = colours.iter().all(|colour| is_near(found.to_screen(*colour), *colour));
        (makes_sense && !is_screen).then_some(found)
    }

    /// Light in the primaries of a screen.
    pub(super) fn to_screen(self, light: [f32; 3]) -> [f32; 3] {
        self.0
            .map(|row| row.iter().zip(light).map(|(factor, light)| factor * light).sum())
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb32FImage;

    use super::*;

    #[test]
    fn light_is_shown_as_on_a_screen() {
        for (light, expected) in [
            (0.0, 0),
            (0.18, 118),
            (0.5, 188),
            (1.0, 255),
            (40.0, 255),
            (-1.0, 0),
            (f32::NAN, 0),
            (f32::INFINITY, 255),
            (0.0005, 2),
        ] {
            assert_eq!(shade(light), expected, "{light}");
        }
        let picture = displayable(Rgb32FImage::from_pixel(2, 1, Rgb([0.18, 2.0, 0.0])).into());
        assert_eq!(picture.into_rgb8().get_pixel(1, 0).0, [118, 255, 0]);
    }

    #[test]
    fn primaries_are_brought_to_those_of_a_screen() {
        let of_screen = [(0.64, 0.33), (0.30, 0.60), (0.15, 0.06), (0.3127, 0.3290)];
        assert!(Primaries::of(of_screen).is_none());
        assert!(Primaries::of([(0.0, 0.0); 4]).is_none());
        let wide = Primaries::of([(0.713, 0.293), (0.165, 0.830), (0.128, 0.044), (0.32168, 0.33767)]).unwrap();
        let white = wide.to_screen([1.0; 3]);
        assert!(white.iter().all(|light| (light - 1.0).abs() < 0.02), "{white:?}");
        let [red, green, blue] = wide.to_screen([1.0, 0.0, 0.0]);
        assert!(red > 1.5 && green < 0.0 && blue < 0.0, "{red} {green} {blue}");
    }
}

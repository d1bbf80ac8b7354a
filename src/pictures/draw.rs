//! Draws pictures for demo data: landscapes with a caption, and avatars with initials.

use std::f32::consts::TAU;

use image::{Rgb, RgbImage};
use rand::{Rng, SeedableRng, rngs::StdRng};
use tiny_skia::{FillRule, Mask, Transform};

use super::PictureError;
use super::typeface::Typeface;

const AVATAR_SIDE: u32 = 400;
/// Ranges of hills behind one another.
const HILLS: usize = 5;
const WHITE: Colour = [1.0, 1.0, 1.0];
const BLACK: Colour = [0.0, 0.0, 0.0];

/// Red, green and blue from 0 to 1.
type Colour = [f32; 3];

/// Height of capital letters, as a share of the size of letters.
const CAPITALS: f32 = 0.729;

/// Draws a landscape at dusk or dawn with a caption at the bottom left. The same arguments give
/// the same picture; sizes are in pixels, a side of zero becoming one.
///
/// # Errors
/// The caption can't be lettered.
pub fn draw_frame(seed: u64, width: u32, height: u32, caption: &str) -> Result<RgbImage, PictureError> {
    let mut rng = StdRng::seed_from_u64(seed);
    let (width, height) = (width.max(1), height.max(1));
    let (w, h) = (width as f32, height as f32);
    // From green-blue to purple above, from pink to yellow below.
    let hue = rng.random_range(0.48..0.82);
    let zenith = hsl(hue, 0.6, 0.3);
    let horizon = hsl(rng.random_range(-0.1..0.14), 0.85, 0.72);
    let sun = Disc {
        x: w * rng.random_range(0.2..0.8),
        y: h * rng.random_range(0.25..0.5),
        radius: h * rng.random_range(0.07..0.14),
    };
    let hills: Vec<Hill> = (0..HILLS)
        .map(|index| Hill::new(&mut rng, index, width, h, horizon, hue))
        .collect();

    let mut picture = RgbImage::new(width, height);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let (fx, fy) = (x as f32 + 0.5, y as f32 + 0.5);
        let mut colour = mix(zenith, horizon, (fy / h).powf(0.8) * 1.25);
        let distance = sun.distance(fx, fy);
        colour = mix(colour, WHITE, 0.45 * (-distance.max(0.0) / (0.25 * h)).exp());
        colour = mix(colour, mix(horizon, WHITE, 0.75), 0.5 - distance);
        for hill in &hills {
            let top = hill.skyline.get(x as usize).copied().unwrap_or(h);
            // Mist gathers at the foot of every range.
            let mist = mix(hill.colour, horizon, 0.3 * ((fy - top) / h).clamp(0.0, 1.0));
            colour = mix(colour, mist, fy - top + 0.5);
        }
        let corner = ((fx / w - 0.5).powi(2) + (fy / h - 0.5).powi(2)) * 0.7;
        *pixel = to_pixel(mix(colour, BLACK, corner));
    }
    draw_caption(&mut picture, caption)?;
    Ok(picture)
}

/// Draws an avatar of 400×400 pixels: initials (the first three characters that are not blank)
/// on a coloured ground. The same arguments give the same picture.
///
/// # Errors
/// The initials can't be lettered.
pub fn draw_avatar(seed: u64, initials: &str) -> Result<RgbImage, PictureError> {
    let mut rng = StdRng::seed_from_u64(seed);
    let side = AVATAR_SIDE as f32;
    let hue = rng.random_range(0.0..1.0);
    let first = hsl(hue, 0.6, 0.5);
    let second = hsl(hue + rng.random_range(0.08..0.2), 0.65, 0.36);
    let discs: [Disc; 3] = std::array::from_fn(|_| Disc {
        x: side * rng.random_range(0.0..1.0),
        y: side * rng.random_range(0.0..1.0),
        radius: side * rng.random_range(0.2..0.45),
    });
    let mut picture = RgbImage::new(AVATAR_SIDE, AVATAR_SIDE);
    for (x, y, pixel) in picture.enumerate_pixels_mut() {
        let (fx, fy) = (x as f32 + 0.5, y as f32 + 0.5);
        let mut colour = mix(first, second, (fx + fy) / (2.0 * side));
        for disc in &discs {
            let inside = (0.5 - disc.distance(fx, fy)).clamp(0.0, 1.0);
            colour = mix(colour, WHITE, 0.09 * inside);
        }
        *pixel = to_pixel(colour);
    }
    let initials: String = initials
        .chars()
        .filter(|character| !character.is_whitespace())
        .take(3)
        .collect();
    let typeface = Typeface::open()?;
    let width = typeface.width(&initials);
    let size = (0.64 * side / width.max(f32::EPSILON)).min(0.67 * side);
    let line = TextLine {
        text: &initials,
        size,
        left: (side - width * size) / 2.0,
        baseline: (side + CAPITALS * size) / 2.0,
    };
    line.draw(&mut picture, &typeface, WHITE)?;
    Ok(picture)
}

struct Disc {
    x: f32,
    y: f32,
    radius: f32,
}

impl Disc {
    /// Pixels to the edge, negative inside.
    fn distance(&self, x: f32, y: f32) -> f32 {
        (x - self.x).hypot(y - self.y) - self.radius
    }
}

/// A range of hills: its colour, and its top in pixels for every column.
struct Hill {
    colour: Colour,
    skyline: Vec<f32>,
}

impl Hill {
    /// Further ranges (low `index`) are flatter and melt into the horizon.
    fn new(rng: &mut StdRng, index: usize, width: u32, height: f32, horizon: Colour, hue: f32) -> Self {
        let nearness = (index + 1) as f32 / HILLS as f32;
        let base = 0.5 + 0.4 * nearness;
        let waves: [(f32, f32, f32); 5] = std::array::from_fn(|octave| {
            let finer = (1 << octave) as f32;
            (
                rng.random_range(0.6..1.4) * finer,
                rng.random_range(0.0..TAU),
                (0.03 + 0.04 * nearness) * rng.random_range(0.5..1.0) / finer,
            )
        });
        let skyline = (0..width)
            .map(|x| {
                let position = x as f32 / width as f32;
                let relief: f32 = waves
                    .iter()
                    .map(|(frequency, phase, size)| size * (position * frequency * TAU + phase).sin())
                    .sum();
                height * (base + relief)
            })
            .collect();
        Self {
            colour: mix(horizon, hsl(hue, 0.45, 0.1), 0.2 + 0.75 * nearness),
            skyline,
        }
    }
}

/// Writes the caption at the bottom left, smaller when it would not fit.
fn draw_caption(picture: &mut RgbImage, caption: &str) -> Result<(), PictureError> {
    let typeface = Typeface::open()?;
    let (width, height) = (picture.width() as f32, picture.height() as f32);
    let margin = 0.05 * height;
    let size = ((width - 2.0 * margin) / typeface.width(caption).max(f32::EPSILON)).min(height / 13.0);
    let line = TextLine {
        text: caption,
        size,
        left: margin,
        baseline: height - margin,
    };
    let shadow = 0.07 * size;
    TextLine {
        left: line.left + shadow,
        baseline: line.baseline + shadow,
        ..line
    }
    .draw(picture, &typeface, BLACK)?;
    line.draw(picture, &typeface, WHITE)
}

/// A line of text: its letters have a size in pixels, begin at the left and stand on the baseline.
#[derive(Clone, Copy)]
struct TextLine<'a> {
    text: &'a str,
    size: f32,
    left: f32,
    baseline: f32,
}

impl TextLine<'_> {
    fn draw(self, picture: &mut RgbImage, typeface: &Typeface, ink: Colour) -> Result<(), PictureError> {
        let Some(path) = typeface
            .outline(self.text, self.size, 1.0, self.left, self.baseline)
            .filter(|_| self.size > 0.0)
        else {
            return Ok(());
        };
        let mask = Mask::new(picture.width(), picture.height());
        let mut mask = mask.ok_or_else(|| PictureError::Production("the picture has no size".into()))?;
        mask.fill_path(&path, FillRule::Winding, true, Transform::identity());
        for (pixel, cover) in picture.pixels_mut().zip(mask.data()).filter(|(_, cover)| **cover > 0) {
            *pixel = to_pixel(mix(
                pixel.0.map(|part| f32::from(part) / 255.0),
                ink,
                f32::from(*cover) / 255.0,
            ));
        }
        Ok(())
    }
}

/// A share of `to` over `from`; shares outside of 0 to 1 are cut.
fn mix(from: Colour, to: Colour, share: f32) -> Colour {
    let share = share.clamp(0.0, 1.0);
    std::array::from_fn(|index| from[index] + (to[index] - from[index]) * share)
}

fn to_pixel(colour: Colour) -> Rgb<u8> {
    Rgb(colour.map(|part| (part.clamp(0.0, 1.0) * 255.0).round() as u8))
}

/// Colour by hue (in turns, any number), saturation and lightness (0 to 1).
fn hsl(hue: f32, saturation: f32, lightness: f32) -> Colour {
    let reach = saturation * lightness.min(1.0 - lightness);
    [0.0, 8.0, 4.0].map(|offset: f32| {
        let position = (offset + hue.rem_euclid(1.0) * 12.0) % 12.0;
        lightness - reach * (position - 3.0).min(9.0 - position).clamp(-1.0, 1.0)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_have_the_size_asked_for_and_depend_on_their_seed() {
        let frame = draw_frame(7, 320, 180, "SQ010 SH020").unwrap();
        assert_eq!(frame.dimensions(), (320, 180));
        assert_eq!(frame, draw_frame(7, 320, 180, "SQ010 SH020").unwrap());
        assert_ne!(frame, draw_frame(8, 320, 180, "SQ010 SH020").unwrap());
        assert_ne!(frame, draw_frame(7, 320, 180, "SQ010 SH030").unwrap());
    }

    #[test]
    fn any_size_and_text_can_be_drawn() {
        let long = "a caption that is far too long for such a picture, isn't it?";
        for (width, height) in [(0, 0), (1, 1), (3, 200), (200, 3)] {
            let frame = draw_frame(1, width, height, long).unwrap();
            assert_eq!(frame.dimensions(), (width.max(1), height.max(1)));
        }
        draw_frame(1, 64, 64, "").unwrap();
        for initials in ["", "é ☃ x y", "A B C D"] {
            assert_eq!(draw_avatar(1, initials).unwrap().dimensions(), (400, 400));
        }
    }

    #[test]
    fn initials_are_drawn_in_the_middle() {
        let with = draw_avatar(3, "Jd").unwrap();
        let without = draw_avatar(3, "").unwrap();
        let changed: Vec<u32> = with
            .enumerate_pixels()
            .filter(|(x, y, pixel)| without.get_pixel(*x, *y) != *pixel)
            .map(|(x, _, _)| x)
            .collect();
        let (first, last) = (changed.iter().min(), changed.iter().max());
        assert!(first.is_some_and(|x| *x > 50) && last.is_some_and(|x| *x < 350));
        assert_ne!(with, draw_avatar(4, "Jd").unwrap());
    }
}

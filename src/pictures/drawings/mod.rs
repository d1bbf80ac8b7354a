//! Drawings of reviewers, on the frame that they drew it on. The objects are those of Fabric.js, the library that web
//! clients draw with; what is not known is passed over.

mod colours;
mod figures;
mod lettering;
mod strokes;

use std::time::{Duration, Instant};

use image::{DynamicImage, RgbImage};
use serde_json::{Map, Value};
use tiny_skia::{BlendMode, ColorU8, FillRule, FilterQuality, Paint, Path, Pixmap, PixmapPaint, Transform};

use self::colours::Colour;
use self::figures::Figure;
use self::lettering::Lettering;
use super::decode::decode;
use super::typeface::Typeface;
use super::{Admitted, PictureError};

/// Groups that may lie in one another.
const DEPTH: usize = 16;
/// Time that the objects on one frame may take. Each of them may cover all of it, and there may be many.
const LONGEST: Duration = Duration::from_secs(10);
/// Steps of a line, points or letters of one object that are drawn.
const MOST_STEPS: usize = 20_000;
/// Bytes that a pixel takes on the sheet and on the layer of an object that was partly erased.
pub(super) const BYTES_PER_PIXEL: u64 = 8;

type Object = Map<String, Value>;

/// The frame with the objects of a drawing on it, from back to front. Where the frame is transparent it becomes black.
///
/// # Errors
/// [`PictureError::is_fault_of_input`] when the frame is no picture, or the drawing takes too long.
pub fn annotated(frame: &Admitted, objects: &[Value]) -> Result<RgbImage, PictureError> {
    draw(decode(frame)?, objects, LONGEST)
}

fn draw(frame: DynamicImage, objects: &[Value], longest: Duration) -> Result<RgbImage, PictureError> {
    let (width, height) = (frame.width(), frame.height());
    let mut sheet = Sheet {
        canvas: canvas(width, height)?,
        typeface: Typeface::open()?,
        begun: Instant::now(),
        longest,
    };
    for (place, pixel) in sheet.canvas.pixels_mut().iter_mut().zip(frame.into_rgba8().pixels()) {
        let [red, green, blue, alpha] = pixel.0;
        *place = ColorU8::from_rgba(red, green, blue, alpha).premultiply();
    }
    for object in objects.iter().filter_map(Value::as_object) {
        // The client says how large its sheet was when this was drawn.
        let scale = |pixels: u32, key: &str| positive(object, key).map_or(1.0, |drawn| pixels as f32 / drawn);
        let base = Transform::from_scale(scale(width, "canvasWidth"), scale(height, "canvasHeight"));
        sheet.object(object, base, Ink::default(), DEPTH)?;
    }
    let mut picture = RgbImage::new(width, height);
    for (pixel, place) in picture.pixels_mut().zip(sheet.canvas.pixels()) {
        pixel.0 = [place.red(), place.green(), place.blue()];
    }
    Ok(picture)
}

fn canvas(width: u32, height: u32) -> Result<Pixmap, PictureError> {
    Pixmap::new(width, height).ok_or_else(|| PictureError::Production("the frame has no size".into()))
}

/// A number of an object, if it is one.
fn number(object: &Object, key: &str) -> Option<f32> {
    object.get(key).and_then(float)
}

fn positive(object: &Object, key: &str) -> Option<f32> {
    number(object, key).filter(|number| *number > 0.0)
}

fn float(value: &Value) -> Option<f32> {
    value
        .as_f64()
        .map(|number| number as f32)
        .filter(|number| number.is_finite())
}

fn text<'a>(object: &'a Object, key: &str) -> &'a str {
    object.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Blending of colours with those that are there already.
#[derive(Clone, Copy, Debug)]
struct Ink {
    opacity: f32,
    /// True if it takes away instead.
    erases: bool,
}

impl Default for Ink {
    fn default() -> Self {
        Self {
            opacity: 1.0,
            erases: false,
        }
    }
}

impl Ink {
    fn paint(self, colour: Colour) -> Paint<'static> {
        let mut paint = Paint {
            anti_alias: true,
            ..Paint::default()
        };
        let opacity = if self.erases { 1.0 } else { self.opacity };
        paint.set_color(colour.with_opacity(opacity));
        if self.erases {
            paint.blend_mode = BlendMode::DestinationOut;
        }
        paint
    }
}

struct Sheet {
    canvas: Pixmap,
    typeface: Typeface,
    begun: Instant,
    longest: Duration,
}

impl Sheet {
    /// Draws one object, whose coordinates are those of `base`.
    fn object(&mut self, object: &Object, base: Transform, ink: Ink, depth: usize) -> Result<(), PictureError> {
        let Some(depth) = depth.checked_sub(1) else {
            return Ok(());
        };
        if object.get("visible") == Some(&Value::Bool(false)) {
            return Ok(());
        }
        if self.begun.elapsed() > self.longest {
            return Err(PictureError::TooLaborious(self.longest));
        }
        let Some(figure) = Figure::read(object, &self.typeface) else {
            return Ok(());
        };
        let place = base.pre_concat(figures::placement(object, figure.size()));
        let opacity = ink.opacity * number(object, "opacity").unwrap_or(1.0).clamp(0.0, 1.0);
        let own = Ink { opacity, ..ink };
        let erased: Vec<&Object> = object
            .get("eraser")
            .and_then(|eraser| eraser["objects"].as_array())
            .into_iter()
            .flatten()
            .filter_map(Value::as_object)
            .collect();
        if erased.is_empty() || ink.erases {
            return self.figure(object, &figure, place, own, depth);
        }
        // On a layer of its own, where nothing but the object itself can be erased.
        let layer = canvas(self.canvas.width(), self.canvas.height())?;
        let below = std::mem::replace(&mut self.canvas, layer);
        let drawn = self
            .figure(object, &figure, place, own, depth)
            .and_then(|()| self.erase(object, &erased, place, depth));
        let layer = std::mem::replace(&mut self.canvas, below);
        drawn?;
        let plain = PixmapPaint {
            opacity: 1.0,
            blend_mode: BlendMode::SourceOver,
            quality: FilterQuality::Nearest,
        };
        self.canvas
            .draw_pixmap(0, 0, layer.as_ref(), &plain, Transform::identity(), None);
        Ok(())
    }

    /// Takes the strokes of an eraser away. They lie around the middle of the object.
    fn erase(
        &mut self,
        object: &Object,
        strokes: &[&Object],
        place: Transform,
        depth: usize,
    ) -> Result<(), PictureError> {
        let eraser = object.get("eraser").and_then(Value::as_object);
        let place = eraser.map_or(place, |eraser| {
            place.pre_concat(figures::placement(eraser, figures::size(eraser)))
        });
        for stroke in strokes {
            self.object(
                stroke,
                place,
                Ink {
                    erases: true,
                    ..Ink::default()
                },
                depth,
            )?;
        }
        Ok(())
    }

    fn figure(
        &mut self,
        object: &Object,
        figure: &Figure,
        place: Transform,
        ink: Ink,
        depth: usize,
    ) -> Result<(), PictureError> {
        match figure {
            Figure::Group { .. } => {
                for child in object
                    .get("objects")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(Value::as_object)
                {
                    self.object(child, place, ink, depth)?;
                }
            }
            Figure::Outline(outline) => {
                if let Some(fill) = Colour::read(text(object, "fill")).filter(|_| outline.fills) {
                    self.fill(&outline.path, fill, place, ink);
                }
                let line = outline.is_line.then_some(Colour::BLACK);
                if let Some(colour) = Colour::read(text(object, "stroke")).or(line)
                    && let Some((path, place)) = strokes::laid_out(object, &outline.path, place)
                    && let Some(stroke) = strokes::stroke(object, place)
                {
                    self.canvas.stroke_path(&path, &ink.paint(colour), &stroke, place, None);
                }
            }
            Figure::Pressure(stroke) => {
                let colour = Colour::read(text(object, "stroke")).unwrap_or(Colour::BLACK);
                if let Some(path) = stroke.outline(strokes::thinnest(place)) {
                    self.fill(&path, colour, place, ink);
                }
            }
            Figure::Text(lettering) => self.letter(object, lettering, place, ink),
        }
        Ok(())
    }

    fn letter(&mut self, object: &Object, lettering: &Lettering, place: Transform, ink: Ink) {
        for (key, path) in [
            ("backgroundColor", lettering.ground()),
            ("textBackgroundColor", lettering.lines_ground(&self.typeface)),
        ] {
            if let (Some(colour), Some(path)) = (Colour::read(text(object, key)), path) {
                self.fill(&path, colour, place, ink);
            }
        }
        let letters = lettering.letters(&self.typeface);
        let fill = Colour::read(text(object, "fill"));
        let outlined = Colour::read(text(object, "stroke"));
        for path in &letters {
            if let Some(colour) = fill.or(outlined.is_none().then_some(Colour::BLACK)) {
                self.fill(path, colour, place, ink);
                if lettering.is_bold() {
                    self.canvas
                        .stroke_path(path, &ink.paint(colour), &lettering.boldness(), place, None);
                }
            }
            if let Some(colour) = outlined
                && let Some(stroke) = strokes::stroke(object, place)
            {
                self.canvas.stroke_path(path, &ink.paint(colour), &stroke, place, None);
            }
        }
    }

    fn fill(&mut self, path: &Path, colour: Colour, place: Transform, ink: Ink) {
        self.canvas
            .fill_path(path, &ink.paint(colour), FillRule::Winding, place, None);
    }
}

#[cfg(test)]
mod tests;

//! Lines: how wide they are, how they end, and those that follow the pressure of a pen.

use std::borrow::Cow;
use std::f32::consts::TAU;

use serde_json::Value;
use tiny_skia::{LineCap, LineJoin, Path, PathBuilder, Point, Stroke, StrokeDash, Transform};

use super::{MOST_STEPS, Object, float, number, text};

/// Corners of the polygon that stands for the round tip of a pen.
const CORNERS: usize = 16;

/// The least width of a line: a pixel of the picture.
pub(super) fn thinnest(place: Transform) -> f32 {
    let (across, down) = place.get_scale();
    let scale = across.abs().max(down.abs());
    if scale.is_finite() && scale > f32::EPSILON {
        1.0 / scale
    } else {
        1.0
    }
}

/// Stroke of the outline of an object; nothing where it has none.
pub(super) fn stroke(object: &Object, place: Transform) -> Option<Stroke> {
    let width = number(object, "strokeWidth").unwrap_or(1.0);
    if width <= 0.0 {
        return None;
    }
    let dashes: Vec<f32> = object
        .get("strokeDashArray")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(float)
        .collect();
    // An odd number of dashes is gone through twice.
    let dashes = if dashes.len() % 2 == 1 {
        [&dashes[..], &dashes[..]].concat()
    } else {
        dashes
    };
    Some(Stroke {
        width: width.max(thinnest(place)),
        miter_limit: number(object, "strokeMiterLimit").unwrap_or(10.0),
        line_cap: match text(object, "strokeLineCap") {
            "round" => LineCap::Round,
            "square" => LineCap::Square,
            _ => LineCap::Butt,
        },
        line_join: match text(object, "strokeLineJoin") {
            "round" => LineJoin::Round,
            "bevel" => LineJoin::Bevel,
            _ => LineJoin::Miter,
        },
        dash: StrokeDash::new(dashes, number(object, "strokeDashOffset").unwrap_or_default()),
    })
}

/// A shape, and how a pen goes over the sheet that follows it. A pen that is not to grow with the object stays as it is on
/// the sheet: the shape grows before. Nothing where there is nothing to see.
pub(super) fn laid_out<'a>(object: &Object, shape: &'a Path, place: Transform) -> Option<(Cow<'a, Path>, Transform)> {
    if object.get("strokeUniform") != Some(&Value::Bool(true)) {
        return Some((Cow::Borrowed(shape), place));
    }
    let scale = |key: &str| {
        number(object, key)
            .or(Some(1.0))
            .filter(|scale| scale.abs() > f32::EPSILON)
    };
    let (across, down) = (scale("scaleX")?, scale("scaleY")?);
    let grown = shape.clone().transform(Transform::from_scale(across, down))?;
    Some((Cow::Owned(grown), place.pre_scale(1.0 / across, 1.0 / down)))
}

/// A line whose width follows the pressure of a pen.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pressure {
    /// Places with the width there.
    points: Vec<(Point, f32)>,
}

impl Pressure {
    pub(super) fn read(object: &Object) -> Option<Self> {
        let width = number(object, "strokeWidth").unwrap_or(1.0).max(0.0);
        let read = |point: &Value| {
            let pressure = point.get("pressure").and_then(float).unwrap_or(1.0).clamp(0.0, 1.0);
            Some((
                Point::from_xy(float(&point["x"])?, float(&point["y"])?),
                width * pressure,
            ))
        };
        let points: Vec<_> = object
            .get("strokePoints")
            .and_then(Value::as_array)?
            .iter()
            .filter_map(read)
            .take(MOST_STEPS)
            .collect();
        (!points.is_empty()).then_some(Self { points })
    }

    pub(super) fn places(&self) -> impl Iterator<Item = Point> {
        self.points.iter().map(|(point, _)| *point)
    }

    /// The whole line as one shape, so that it covers evenly where it crosses itself.
    pub(super) fn outline(&self, least: f32) -> Option<Path> {
        let mut path = PathBuilder::new();
        let radius = |width: f32| width.max(least) / 2.0;
        for (at, (point, width)) in self.points.iter().enumerate() {
            tip(&mut path, *point, radius(*width));
            if let Some((next, next_width)) = self.points.get(at + 1) {
                band(&mut path, (*point, radius(*width)), (*next, radius(*next_width)));
            }
        }
        path.finish()
    }
}

/// The round tip of a pen. It turns the same way as the bands, so that they add up.
fn tip(path: &mut PathBuilder, middle: Point, radius: f32) {
    for corner in 0..CORNERS {
        let (sine, cosine) = (TAU * corner as f32 / CORNERS as f32).sin_cos();
        let (x, y) = (middle.x + cosine * radius, middle.y + sine * radius);
        if corner == 0 {
            path.move_to(x, y)
        } else {
            path.line_to(x, y)
        }
    }
    path.close();
}

/// Band between two tips.
fn band(path: &mut PathBuilder, (from, from_radius): (Point, f32), (to, to_radius): (Point, f32)) {
    let (across, down) = (to.x - from.x, to.y - from.y);
    let length = across.hypot(down);
    if !(length.is_finite() && length > 0.0) {
        return;
    }
    let (side_x, side_y) = (down / length, -across / length);
    path.move_to(from.x + side_x * from_radius, from.y + side_y * from_radius);
    path.line_to(to.x + side_x * to_radius, to.y + side_y * to_radius);
    path.line_to(to.x - side_x * to_radius, to.y - side_y * to_radius);
    path.line_to(from.x - side_x * from_radius, from.y - side_y * from_radius);
    path.close();
}

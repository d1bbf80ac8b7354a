//! The shapes of objects in their own coordinates, and where they lie on the sheet.

use serde_json::Value;
use tiny_skia::{Path, PathBuilder, Point, Rect, Transform};

use super::lettering::Lettering;
use super::strokes::Pressure;
use super::{MOST_STEPS, Object, float, number, positive, text};
use crate::pictures::typeface::Typeface;

/// Length of the head of an arrow, and half of its angle in degrees.
const HEAD: (f32, f32) = (15.0, 30.0);

/// Figure of an object, around its middle.
pub(super) enum Figure {
    /// Other objects.
    Group {
        width: f32,
        height: f32,
    },
    Outline(Outline),
    Pressure(Moved),
    Text(Lettering),
}

/// A shape with its size.
pub(super) struct Outline {
    pub(super) path: Path,
    /// True if it has an inside that can be filled.
    pub(super) fills: bool,
    /// True if it is nothing without a line.
    pub(super) is_line: bool,
    width: f32,
    height: f32,
}

/// A line of a pen, with where its middle is.
pub(super) struct Moved {
    stroke: Pressure,
    middle: Point,
    width: f32,
    height: f32,
}

impl Moved {
    pub(super) fn outline(&self, least: f32) -> Option<Path> {
        self.stroke
            .outline(least)?
            .transform(Transform::from_translate(-self.middle.x, -self.middle.y))
    }
}

impl Figure {
    /// Reads an object of a kind that is known.
    pub(super) fn read(object: &Object, typeface: &Typeface) -> Option<Self> {
        let line = |path: Option<Path>| outline(object, path?, true, true);
        match text(object, "type").to_ascii_lowercase().as_str() {
            "path" => outline(object, path(object)?, true, false),
            "psstroke" => pressure(object),
            "rect" => round_rectangle(object),
            "circle" => {
                let radius = number(object, "radius").unwrap_or_default();
                ellipse(radius, radius)
            }
            "ellipse" => ellipse(
                number(object, "rx").unwrap_or_default(),
                number(object, "ry").unwrap_or_default(),
            ),
            "triangle" => triangle(object),
            "line" => {
                let [from, to] = ends(object)?;
                outline(object, polygon(&[from, to], false)?, false, true)
            }
            "arrow" => outline(object, arrow(object)?, false, true),
            "polyline" => line(polygon(&points(object), false)),
            "polygon" => line(polygon(&points(object), true)),
            "text" | "i-text" | "itext" | "textbox" => Lettering::read(object, typeface).map(Self::Text),
            "group" | "activeselection" => {
                let (width, height) = size(object);
                Some(Self::Group { width, height })
            }
            _ => None,
        }
    }

    /// Width and height, without the line around it.
    pub(super) fn size(&self) -> (f32, f32) {
        match self {
            Self::Group { width, height } => (*width, *height),
            Self::Outline(outline) => (outline.width, outline.height),
            Self::Pressure(moved) => (moved.width, moved.height),
            Self::Text(lettering) => lettering.size(),
        }
    }
}

/// The size that an object says it has.
pub(super) fn size(object: &Object) -> (f32, f32) {
    let side = |key: &str| number(object, key).unwrap_or_default().max(0.0);
    (side("width"), side("height"))
}

/// Transformation that brings an object of that size to its place. The place of an object is that of its corner, unless
/// it says otherwise; the line around it counts.
pub(super) fn placement(object: &Object, (width, height): (f32, f32)) -> Transform {
    let value = |key: &str, usual: f32| number(object, key).unwrap_or(usual);
    let flipped = |key: &str| {
        if object.get(key) == Some(&Value::Bool(true)) {
            -1.0
        } else {
            1.0
        }
    };
    let skew = |key: &str| value(key, 0.0).to_radians().tan();
    let form = Transform::from_scale(
        value("scaleX", 1.0) * flipped("flipX"),
        value("scaleY", 1.0) * flipped("flipY"),
    )
    .pre_concat(Transform::from_skew(skew("skewX"), 0.0))
    .pre_concat(Transform::from_skew(0.0, skew("skewY")));
    let is_group = text(object, "type").eq_ignore_ascii_case("group");
    let line = value("strokeWidth", if is_group { 0.0 } else { 1.0 });
    // A line that does not grow with the object lies around what has grown.
    let uniform = object.get("strokeUniform") == Some(&Value::Bool(true));
    let (within, around) = if uniform { (0.0, line) } else { (line, 0.0) };
    let (width, height) = (width + within, height + within);
    let share = |key: &str| match text(object, key) {
        "center" => 0.0,
        "right" | "bottom" => -0.5,
        _ => 0.5,
    };
    let offset_x = share("originX") * (form.sx.abs() * width + form.kx.abs() * height + around);
    let offset_y = share("originY") * (form.ky.abs() * width + form.sy.abs() * height + around);
    Transform::from_translate(value("left", 0.0), value("top", 0.0))
        .pre_concat(Transform::from_rotate(value("angle", 0.0)))
        .pre_translate(offset_x, offset_y)
        .pre_concat(form)
}

/// A shape given by points, moved so that its middle is where that of the object is.
fn outline(object: &Object, path: Path, fills: bool, is_line: bool) -> Option<Figure> {
    let bounds = path.bounds();
    let middle = middle(object, bounds);
    let path = path.transform(Transform::from_translate(-middle.x, -middle.y))?;
    let (width, height) = said_or_measured(object, bounds);
    Some(Figure::Outline(Outline {
        path,
        fills,
        is_line,
        width,
        height,
    }))
}

fn pressure(object: &Object) -> Option<Figure> {
    let stroke = Pressure::read(object)?;
    let (mut low, mut high) = (Point::from_xy(f32::MAX, f32::MAX), Point::from_xy(f32::MIN, f32::MIN));
    for point in stroke.places() {
        low = Point::from_xy(low.x.min(point.x), low.y.min(point.y));
        high = Point::from_xy(high.x.max(point.x), high.y.max(point.y));
    }
    let bounds = Rect::from_ltrb(low.x, low.y, high.x, high.y)?;
    let (width, height) = said_or_measured(object, bounds);
    Some(Figure::Pressure(Moved {
        middle: middle(object, bounds),
        stroke,
        width,
        height,
    }))
}

/// The size that an object says it has, or that of its shape.
fn said_or_measured(object: &Object, bounds: Rect) -> (f32, f32) {
    (
        number(object, "width").unwrap_or(bounds.width()),
        number(object, "height").unwrap_or(bounds.height()),
    )
}

fn middle(object: &Object, bounds: Rect) -> Point {
    let offset = object.get("pathOffset");
    let said = offset.and_then(|offset| Some(Point::from_xy(float(&offset["x"])?, float(&offset["y"])?)));
    said.unwrap_or_else(|| {
        Point::from_xy(
            (bounds.left() + bounds.right()) / 2.0,
            (bounds.top() + bounds.bottom()) / 2.0,
        )
    })
}

/// A path of commands, whose coordinates are those of the sheet.
fn path(object: &Object) -> Option<Path> {
    let mut path = PathBuilder::new();
    for command in object
        .get("path")
        .and_then(Value::as_array)?
        .iter()
        .filter_map(Value::as_array)
        .take(MOST_STEPS)
    {
        let (word, values) = command.split_first()?;
        let values: Vec<f32> = values.iter().filter_map(float).collect();
        match (word.as_str()?, values.as_slice()) {
            ("M", [x, y]) => path.move_to(*x, *y),
            ("L", [x, y]) => path.line_to(*x, *y),
            ("Q", [x1, y1, x, y]) => path.quad_to(*x1, *y1, *x, *y),
            ("C", [x1, y1, x2, y2, x, y]) => path.cubic_to(*x1, *y1, *x2, *y2, *x, *y),
            ("Z" | "z", []) => path.close(),
            _ => {}
        }
    }
    path.finish()
}

fn points(object: &Object) -> Vec<Point> {
    let point = |point: &Value| Some(Point::from_xy(float(&point["x"])?, float(&point["y"])?));
    object
        .get("points")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(point)
        .take(MOST_STEPS)
        .collect()
}

fn polygon(points: &[Point], closed: bool) -> Option<Path> {
    let (first, rest) = points.split_first()?;
    let mut path = PathBuilder::new();
    path.move_to(first.x, first.y);
    for point in rest {
        path.line_to(point.x, point.y);
    }
    if closed {
        path.close();
    }
    path.finish()
}

fn ends(object: &Object) -> Option<[Point; 2]> {
    let end = |x: &str, y: &str| Some(Point::from_xy(number(object, x)?, number(object, y)?));
    Some([end("x1", "y1")?, end("x2", "y2")?])
}

/// A line with a head at its end.
fn arrow(object: &Object) -> Option<Path> {
    let [from, to] = ends(object)?;
    let mut path = PathBuilder::new();
    path.move_to(from.x, from.y);
    path.line_to(to.x, to.y);
    let back = (from.y - to.y).atan2(from.x - to.x);
    let length = number(object, "headSize").unwrap_or(HEAD.0);
    for (at, side) in [-1.0, 1.0].into_iter().enumerate() {
        let (sine, cosine) = (back + side * HEAD.1.to_radians()).sin_cos();
        let (x, y) = (to.x + cosine * length, to.y + sine * length);
        if at == 0 {
            path.move_to(x, y);
            path.line_to(to.x, to.y);
        } else {
            path.line_to(x, y);
        }
    }
    path.finish()
}

fn ellipse(across: f32, down: f32) -> Option<Figure> {
    let path = PathBuilder::from_oval(Rect::from_ltrb(-across, -down, across, down)?)?;
    Some(solid(path, (across * 2.0, down * 2.0)))
}

/// A triangle with its tip above the middle, as large as the object says.
fn triangle(object: &Object) -> Option<Figure> {
    let (width, height) = size(object);
    let (x, y) = (width / 2.0, height / 2.0);
    let corners = [Point::from_xy(-x, y), Point::from_xy(0.0, -y), Point::from_xy(x, y)];
    Some(solid(polygon(&corners, true)?, (width, height)))
}

/// A rectangle as large as the object says, with round corners. A radius that is given alone counts for both directions.
fn round_rectangle(object: &Object) -> Option<Figure> {
    let (width, height) = size(object);
    let radius = |key: &str, other: &str| {
        positive(object, key)
            .or_else(|| positive(object, other))
            .unwrap_or_default()
    };
    let path = rectangle(width, height, (radius("rx", "ry"), radius("ry", "rx")))?;
    Some(solid(path, (width, height)))
}

/// A shape with an inside, which lies around the middle already.
fn solid(path: Path, (width, height): (f32, f32)) -> Figure {
    Figure::Outline(Outline {
        path,
        fills: true,
        is_line: false,
        width,
        height,
    })
}

/// Distance of the handles of a curve that is nearly a quarter of a circle from its corner, as a share of the radius.
const HANDLE: f32 = 1.0 - 0.552_285;

/// A rectangle around the middle, with round corners where it has radii: one across and one down.
pub(super) fn rectangle(width: f32, height: f32, radii: (f32, f32)) -> Option<Path> {
    let (x, y) = (width / 2.0, height / 2.0);
    let (across, down) = (radii.0.clamp(0.0, x.max(0.0)), radii.1.clamp(0.0, y.max(0.0)));
    if across <= 0.0 || down <= 0.0 {
        return Some(PathBuilder::from_rect(Rect::from_ltrb(-x, -y, x, y)?));
    }
    let (near_x, near_y) = (x - across * HANDLE, y - down * HANDLE);
    let mut path = PathBuilder::new();
    path.move_to(across - x, -y);
    path.line_to(x - across, -y);
    path.cubic_to(near_x, -y, x, -near_y, x, down - y);
    path.line_to(x, y - down);
    path.cubic_to(x, near_y, near_x, y, x - across, y);
    path.line_to(across - x, y);
    path.cubic_to(-near_x, y, -x, near_y, -x, y - down);
    path.line_to(-x, down - y);
    path.cubic_to(-x, -near_y, -near_x, -y, across - x, -y);
    path.close();
    path.finish()
}

//! Texts on drawings. The browser that they were written in had another typeface, so lines are made as wide as it made them.

use tiny_skia::{Path, PathBuilder, Rect, Stroke};

use super::{MOST_STEPS, Object, number, positive, text};
use crate::pictures::typeface::Typeface;

/// Letters as high as the browser draws them, where nobody says.
const SIZE: f32 = 16.0;
/// Distance of lines, as a share of the height of letters.
const LINE_HEIGHT: f32 = 1.16;
/// Space that the browser adds to the height of a line, and the part of it that lies below the letters.
const LINE: (f32, f32) = (1.13, 0.222);
/// Most that letters are narrowed or widened.
const STRETCH_LIMITS: (f32, f32) = (0.5, 1.5);
/// Width of the letters of common typefaces in proportion to these.
const USUAL_STRETCH: f32 = 0.88;
/// Most lines that are drawn.
const MOST_LINES: usize = 500;

/// A text as it is laid out.
pub(super) struct Lettering {
    lines: Vec<String>,
    size: f32,
    line_height: f32,
    stretch: f32,
    align: Align,
    bold: bool,
    width: f32,
    height: f32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Align {
    Left,
    Middle,
    Right,
}

impl Lettering {
    pub(super) fn read(object: &Object, typeface: &Typeface) -> Option<Self> {
        let size = positive(object, "fontSize").unwrap_or(SIZE);
        let said = positive(object, "width");
        let words = text(object, "text");
        let words = words
            .char_indices()
            .nth(MOST_STEPS)
            .map_or(words, |(end, _)| &words[..end]);
        let wraps = text(object, "type").eq_ignore_ascii_case("textbox");
        let mut lines = match said {
            Some(width) if wraps => typeface.wrap(words, width / (size * USUAL_STRETCH)),
            _ => words.lines().map(str::to_owned).collect(),
        };
        lines.truncate(MOST_LINES);
        if lines.iter().all(String::is_empty) {
            return None;
        }
        let measured = lines.iter().map(|line| typeface.width(line)).fold(0.0, f32::max) * size;
        let stretch = match said {
            Some(width) if !wraps && measured > 0.0 => (width / measured).clamp(STRETCH_LIMITS.0, STRETCH_LIMITS.1),
            _ => USUAL_STRETCH,
        };
        let line_height = size * LINE.0 * positive(object, "lineHeight").unwrap_or(LINE_HEIGHT);
        let height = line_height * (lines.len() - 1) as f32 + size * LINE.0;
        let weight = object.get("fontWeight");
        let bold = weight
            .and_then(|weight| weight.as_str())
            .is_some_and(|word| word == "bold" || word.parse::<u32>().is_ok_and(|weight| weight >= 600))
            || weight
                .and_then(|weight| weight.as_u64())
                .is_some_and(|weight| weight >= 600);
        Some(Self {
            size,
            line_height,
            stretch,
            align: match text(object, "textAlign") {
                "center" => Align::Middle,
                "right" => Align::Right,
                _ => Align::Left,
            },
            bold,
            width: said.unwrap_or(measured * stretch),
            height: number(object, "height").unwrap_or(height),
            lines,
        })
    }

    pub(super) fn size(&self) -> (f32, f32) {
        (self.width, self.height)
    }

    pub(super) fn is_bold(&self) -> bool {
        self.bold
    }

    /// The line around letters that makes them bold.
    pub(super) fn boldness(&self) -> Stroke {
        Stroke {
            width: self.size * 0.045,
            ..Stroke::default()
        }
    }

    /// The ground of the whole text.
    pub(super) fn ground(&self) -> Option<Path> {
        super::figures::rectangle(self.width, self.height, (0.0, 0.0))
    }

    /// The ground of each of its lines.
    pub(super) fn lines_ground(&self, typeface: &Typeface) -> Option<Path> {
        let mut path = PathBuilder::new();
        for (at, line) in self.lines.iter().enumerate() {
            let (left, width) = self.place(typeface, line);
            let top = self.line_height * at as f32 - self.height / 2.0;
            if let Some(rectangle) = Rect::from_xywh(left, top, width, self.line_height) {
                path.push_rect(rectangle);
            }
        }
        path.finish()
    }

    /// The outlines of its lines.
    pub(super) fn letters(&self, typeface: &Typeface) -> Vec<Path> {
        let baseline =
            |at: usize| self.line_height * at as f32 + self.size * LINE.0 * (1.0 - LINE.1) - self.height / 2.0;
        let lines = self.lines.iter().enumerate();
        lines
            .filter_map(|(at, line)| {
                typeface.outline(
                    line,
                    self.size,
                    self.stretch,
                    self.place(typeface, line).0,
                    baseline(at),
                )
            })
            .collect()
    }

    /// Left edge and width of a line.
    fn place(&self, typeface: &Typeface, line: &str) -> (f32, f32) {
        let width = typeface.width(line) * self.size * self.stretch;
        let left = match self.align {
            Align::Left => 0.0,
            Align::Middle => (self.width - width) / 2.0,
            Align::Right => self.width - width,
        };
        (left - self.width / 2.0, width)
    }
}

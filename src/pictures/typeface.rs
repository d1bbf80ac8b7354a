//! The typeface of what the server letters itself: an alphabet of Europe, in one weight.

use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, GlyphId, OutlineBuilder};

use super::PictureError;

/// The file, as documents embed it.
pub(super) const FILE: &[u8] = include_bytes!("fonts/DejaVuSans.ttf");

/// Stands for letters that the typeface lacks.
const UNKNOWN: char = '\u{FFFD}';

/// The typeface, ready to measure and to draw.
pub(super) struct Typeface {
    face: Face<'static>,
}

impl Typeface {
    /// The typeface that is built in.
    ///
    /// # Errors
    /// The built-in file is broken.
    pub(super) fn open() -> Result<Self, PictureError> {
        let face = Face::parse(FILE, 0).map_err(|error| PictureError::Production(error.to_string()))?;
        Ok(Self { face })
    }

    /// Data that is needed beside the outlines to embed the typeface.
    pub(super) fn face(&self) -> &Face<'static> {
        &self.face
    }

    /// The shape of a letter; nothing for what has none, such as a mark of direction.
    pub(super) fn glyph(&self, letter: char) -> Option<GlyphId> {
        if letter.is_control() || matches!(letter, '\u{200B}'..='\u{200F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}') {
            return None;
        }
        self.face.glyph_index(letter).or_else(|| self.face.glyph_index(UNKNOWN))
    }

    /// Room that a shape takes in a line whose letters have a size of one.
    pub(super) fn advance(&self, glyph: GlyphId) -> f32 {
        f32::from(self.face.glyph_hor_advance(glyph).unwrap_or_default()) / self.units()
    }

    /// Width of a line whose letters have a size of one.
    pub(super) fn width(&self, text: &str) -> f32 {
        text.chars()
            .filter_map(|letter| self.glyph(letter))
            .map(|glyph| self.advance(glyph))
            .sum()
    }

    fn units(&self) -> f32 {
        f32::from(self.face.units_per_em().max(1))
    }

    /// The outlines of a line of text. Its letters have the given size, and are made wider or narrower by `stretch`; it
    /// begins at `left`, on the line `baseline`.
    pub(super) fn outline(&self, text: &str, size: f32, stretch: f32, left: f32, baseline: f32) -> Option<Path> {
        let scale = size / self.units();
        let mut pen = Pen {
            path: PathBuilder::new(),
            left,
            baseline,
            across: scale * stretch,
            down: scale,
        };
        for glyph in text.chars().filter_map(|letter| self.glyph(letter)) {
            // A blank has no outline.
            let _ = self.face.outline_glyph(glyph, &mut pen);
            pen.left += self.advance(glyph) * size * stretch;
        }
        pen.path.finish()
    }

    /// Breaks a text into lines that fit a width, which is given for letters of size one: between words, or within a word
    /// that is too long by itself.
    pub(super) fn wrap(&self, text: &str, width: f32) -> Vec<String> {
        let mut lines = Vec::new();
        for paragraph in text.lines() {
            let mut line = String::new();
            let mut taken = 0.0;
            for word in paragraph.split_inclusive(char::is_whitespace) {
                let needed = self.width(word.trim_end());
                if taken > 0.0 && taken + needed > width {
                    lines.push(std::mem::take(&mut line));
                    taken = 0.0;
                }
                for letter in word.chars() {
                    let advance = self.glyph(letter).map_or(0.0, |glyph| self.advance(glyph));
                    if needed > width && taken > 0.0 && taken + advance > width {
                        lines.push(std::mem::take(&mut line));
                        taken = 0.0;
                    }
                    line.push(letter);
                    taken += advance;
                }
            }
            lines.push(line);
        }
        lines.iter_mut().for_each(|line| line.truncate(line.trim_end().len()));
        lines
    }
}

/// Draws the outlines of letters into one path, upside down: letters grow upward, pictures downward.
struct Pen {
    path: PathBuilder,
    left: f32,
    baseline: f32,
    across: f32,
    down: f32,
}

impl Pen {
    fn x(&self, x: f32) -> f32 {
        self.left + x * self.across
    }

    fn y(&self, y: f32) -> f32 {
        self.baseline - y * self.down
    }
}

impl OutlineBuilder for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(self.x(x), self.y(y));
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(self.x(x), self.y(y));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.path.quad_to(self.x(x1), self.y(y1), self.x(x), self.y(y));
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.path
            .cubic_to(self.x(x1), self.y(y1), self.x(x2), self.y(y2), self.x(x), self.y(y));
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_of_europe_are_there_and_others_have_a_stand_in() {
        let typeface = Typeface::open().unwrap();
        let unknown = typeface.face.glyph_index(UNKNOWN);
        assert!(unknown.is_some());
        for letter in "Été Straße Łódź Ελλάδα Москва €—“”…".chars() {
            assert_ne!(typeface.glyph(letter), unknown, "{letter}");
        }
        assert_eq!(typeface.glyph('漢'), unknown);
        assert_eq!(typeface.glyph('\n'), None);
        assert!(typeface.width("WW") > typeface.width("ii"));
    }

    #[test]
    fn outlines_stand_on_their_line() {
        let typeface = Typeface::open().unwrap();
        let bounds = typeface.outline("EE", 100.0, 1.0, 10.0, 200.0).unwrap().bounds();
        assert!(
            bounds.left() >= 10.0 && (bounds.bottom() - 200.0).abs() < 1.0 && bounds.top() < 140.0,
            "{bounds:?}"
        );
        let narrow = typeface.outline("EE", 100.0, 0.5, 10.0, 200.0).unwrap().bounds();
        assert!(
            (narrow.right() - 10.0) * 2.0 - (bounds.right() - 10.0) < 1.0,
            "{narrow:?} {bounds:?}"
        );
        assert!(typeface.outline(" ", 100.0, 1.0, 0.0, 0.0).is_none());
    }

    #[test]
    fn lines_break_between_words_or_within_long_ones() {
        let typeface = Typeface::open().unwrap();
        let width = typeface.width("the sheep") + 0.01;
        assert_eq!(
            typeface.wrap("the sheep stands\n\nthere", width),
            ["the sheep", "stands", "", "there"]
        );
        let letters = typeface.wrap("iiiiiiiiii", typeface.width("iii") + 0.01);
        assert_eq!(letters, ["iii", "iii", "iii", "i"]);
        assert_eq!(typeface.wrap("", 1.0), Vec::<String>::new());
    }
}

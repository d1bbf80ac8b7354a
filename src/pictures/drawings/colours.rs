//! Colours as style sheets write them.

use tiny_skia::Color;

/// The names that people choose from; the palettes of clients send codes.
const NAMES: [(&str, [u8; 3]); 28] = [
    ("aqua", [0, 255, 255]),
    ("black", [0, 0, 0]),
    ("blue", [0, 0, 255]),
    ("brown", [165, 42, 42]),
    ("coral", [255, 127, 80]),
    ("crimson", [220, 20, 60]),
    ("cyan", [0, 255, 255]),
    ("fuchsia", [255, 0, 255]),
    ("gold", [255, 215, 0]),
    ("gray", [128, 128, 128]),
    ("green", [0, 128, 0]),
    ("grey", [128, 128, 128]),
    ("indigo", [75, 0, 130]),
    ("lime", [0, 255, 0]),
    ("magenta", [255, 0, 255]),
    ("maroon", [128, 0, 0]),
    ("navy", [0, 0, 128]),
    ("olive", [128, 128, 0]),
    ("orange", [255, 165, 0]),
    ("pink", [255, 192, 203]),
    ("purple", [128, 0, 128]),
    ("red", [255, 0, 0]),
    ("silver", [192, 192, 192]),
    ("teal", [0, 128, 128]),
    ("turquoise", [64, 224, 208]),
    ("violet", [238, 130, 238]),
    ("white", [255, 255, 255]),
    ("yellow", [255, 255, 0]),
];

/// A colour that leaves a trace.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Colour {
    red: u8,
    green: u8,
    blue: u8,
    /// From 0 to 1.
    alpha: f32,
}

impl Colour {
    pub(super) const BLACK: Self = Self {
        red: 0,
        green: 0,
        blue: 0,
        alpha: 1.0,
    };

    /// Reads a name, `#rgb`, `#rrggbb` (both with alpha, too), `rgb()` or `rgba()`. Nothing for no colour, or one that can't
    /// be seen.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let colour = match text.strip_prefix('#') {
            Some(digits) => Self::of_digits(digits),
            None => Self::of_function(&text).or_else(|| Self::of_name(&text)),
        };
        colour.filter(|colour| colour.alpha > 0.0)
    }

    /// The colour where it is only partly opaque.
    pub(super) fn with_opacity(self, opacity: f32) -> Color {
        let part = |value: u8| f32::from(value) / 255.0;
        let alpha = (self.alpha * opacity).clamp(0.0, 1.0);
        Color::from_rgba(part(self.red), part(self.green), part(self.blue), alpha).unwrap_or(Color::BLACK)
    }

    fn of(parts: [u8; 3], alpha: f32) -> Self {
        let [red, green, blue] = parts;
        Self {
            red,
            green,
            blue,
            alpha,
        }
    }

    fn of_digits(digits: &str) -> Option<Self> {
        let digit = |at: usize| {
            digits
                .chars()
                .nth(at)
                .and_then(|digit| digit.to_digit(16))
                .and_then(|digit| u8::try_from(digit).ok())
        };
        let short = |at: usize| digit(at).map(|digit| digit * 17);
        let long = |at: usize| Some(digit(at * 2)? * 16 + digit(at * 2 + 1)?);
        let read = |part: &dyn Fn(usize) -> Option<u8>, alpha: bool| {
            let alpha = if alpha { f32::from(part(3)?) / 255.0 } else { 1.0 };
            Some(Self::of([part(0)?, part(1)?, part(2)?], alpha))
        };
        match digits.chars().count() {
            3 => read(&short, false),
            4 => read(&short, true),
            6 => read(&long, false),
            8 => read(&long, true),
            _ => None,
        }
    }

    fn of_function(text: &str) -> Option<Self> {
        let (name, rest) = text.split_once('(')?;
        let parts = rest.strip_suffix(')')?;
        if !matches!(name.trim(), "rgb" | "rgba") {
            return None;
        }
        let parts: Vec<&str> = parts
            .split([',', ' ', '/'])
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        let share = |text: &str, whole: f32| match text.strip_suffix('%') {
            Some(percent) => percent.parse::<f32>().ok().map(|percent| percent / 100.0),
            None => text.parse::<f32>().ok().map(|value| value / whole),
        };
        let part = |text: &str| Some((share(text, 255.0)?.clamp(0.0, 1.0) * 255.0).round() as u8);
        let (alpha, [red, green, blue]) = match parts.as_slice() {
            [red, green, blue] => (1.0, [red, green, blue]),
            [red, green, blue, alpha] => (share(alpha, 1.0)?.clamp(0.0, 1.0), [red, green, blue]),
            _ => return None,
        };
        Some(Self::of([part(red)?, part(green)?, part(blue)?], alpha))
    }

    fn of_name(text: &str) -> Option<Self> {
        NAMES
            .iter()
            .find(|(name, _)| *name == text)
            .map(|(_, parts)| Self::of(*parts, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_read_in_all_their_ways() {
        let red = Colour {
            red: 255,
            green: 0,
            blue: 0,
            alpha: 1.0,
        };
        for text in [
            "red",
            "#f00",
            "#FF0000",
            "rgb(255, 0, 0)",
            "rgba(255,0,0,1)",
            "rgb(100% 0% 0%)",
            " #ff0000ff ",
        ] {
            assert_eq!(Colour::read(text), Some(red), "{text}");
        }
        assert_eq!(Colour::read("rgba(255, 0, 0, 0.5)"), Some(Colour { alpha: 0.5, ..red }));
        for text in [
            "",
            "transparent",
            "#ff000000",
            "#12",
            "rgba(1,2)",
            "rgb(a,b,c)",
            "blackish",
            "#ééé",
        ] {
            assert_eq!(Colour::read(text), None, "{text}");
        }
    }
}

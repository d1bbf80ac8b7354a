//! Size and speed of movies: those of the entity, or else those of its production.

use serde_json::Value;

/// Frames in a second, where nobody says.
const USUAL_RATE: f64 = 25.0;
/// Frames in a second that make sense.
const RATES: std::ops::RangeInclusive<f64> = 1.0..=240.0;
/// Height where nobody says.
const USUAL_HEIGHT: u32 = 1080;
/// Most pixels on a side.
const MOST_SIDE_PIXELS: u32 = 8192;
/// Width of movies in low definition.
const LOW_WIDTH: u32 = 1280;

/// Amounts of a movie in a second, in megabits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::previews) struct Bitrates {
    pub high: i32,
    pub low: i32,
}

impl Bitrates {
    /// Bitrates that a task type asks for, or else its production, or else the server, whose high one is the highest of all.
    pub(in crate::previews) fn choose(task_type: [Option<i32>; 2], production: [Option<i32>; 2], server: Self) -> Self {
        let asked = |at: usize| task_type[at].or(production[at]).filter(|rate| *rate > 0);
        let high = asked(0).unwrap_or(server.high).min(server.high);
        Self {
            high,
            low: asked(1).unwrap_or(server.low).min(high),
        }
    }
}

/// Demands on a movie.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::previews) struct MovieDemands {
    /// As the shape of the movie makes it where nobody says.
    width: Option<u32>,
    height: u32,
    rate: f64,
    bitrates: Bitrates,
}

impl MovieDemands {
    /// Reads what the data of an entity, the resolution of its production and its frame rate ask for.
    pub(in crate::previews) fn read(entity: &Value, resolution: Option<&str>, fps: Option<&str>) -> Self {
        let own = entity["resolution"].as_str().and_then(exact);
        let (width, height) = match own.or_else(|| resolution.and_then(exact)) {
            Some((width, height)) => (Some(width), height),
            None => (None, resolution.and_then(height_alone).unwrap_or(USUAL_HEIGHT)),
        };
        Self {
            width,
            height,
            rate: frame_rate(&entity["fps"], fps),
            bitrates: Bitrates::default(),
        }
    }

    /// The same with these bitrates.
    pub(in crate::previews) fn with(self, bitrates: Bitrates) -> Self {
        Self { bitrates, ..self }
    }

    pub(super) fn bitrates(&self) -> Bitrates {
        self.bitrates
    }

    /// Frames in a second.
    pub(in crate::previews) fn rate(&self) -> f64 {
        self.rate
    }

    /// Width and height of a movie of that shape.
    pub(super) fn size(&self, aspect: f64) -> (u32, u32) {
        let width = self.width.unwrap_or_else(|| scaled(self.height, aspect));
        (even(width), even(self.height))
    }
}

/// Width and height in low definition of a movie that has this size.
pub(super) fn low((width, height): (u32, u32)) -> (u32, u32) {
    (
        LOW_WIDTH,
        even(scaled(LOW_WIDTH, f64::from(height) / f64::from(width.max(1)))),
    )
}

/// A side that is longer than another one by a factor, rounded down.
fn scaled(side: u32, factor: f64) -> u32 {
    (f64::from(side) * factor)
        .floor()
        .clamp(0.0, f64::from(MOST_SIDE_PIXELS)) as u32
}

/// Codecs want even numbers of pixels.
fn even(pixels: u32) -> u32 {
    let pixels = pixels.clamp(2, MOST_SIDE_PIXELS);
    pixels + pixels % 2
}

/// A width and a height, of three or four digits each.
fn exact(text: &str) -> Option<(u32, u32)> {
    let (width, height) = text.trim().split_once('x')?;
    Some((digits(width)?, digits(height)?))
}

fn height_alone(text: &str) -> Option<u32> {
    digits(text.trim().strip_prefix('x')?)
}

fn digits(text: &str) -> Option<u32> {
    let fits = (3..=4).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|number| fits && *number > 0)
}

/// Frames in a second of the movies of an entity, from its `fps` and that of its production.
pub(in crate::previews) fn frame_rate(entity: &Value, project: Option<&str>) -> f64 {
    let entity = match entity {
        Value::String(text) => rate(text),
        number => number.as_f64().filter(|rate| RATES.contains(rate)),
    };
    entity.or_else(|| project.and_then(rate)).unwrap_or(USUAL_RATE)
}

/// A rate with a point or a comma.
fn rate(text: &str) -> Option<f64> {
    text.trim()
        .replace(',', ".")
        .parse()
        .ok()
        .filter(|rate| RATES.contains(rate))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_entity_has_the_last_word_on_the_rate() {
        assert_eq!(frame_rate(&json!(30), Some("24")), 30.0);
        assert_eq!(frame_rate(&json!("23,976"), Some("24")), 23.976);
        assert_eq!(frame_rate(&json!(""), Some("24")), 24.0);
        assert_eq!(frame_rate(&Value::Null, Some("0")), USUAL_RATE);
        assert_eq!(frame_rate(&json!(1e9), Some("NaN")), USUAL_RATE);
    }

    #[test]
    fn sizes_follow_the_production_and_the_shape() {
        let size = |entity: Value, resolution: Option<&str>, aspect: f64| {
            MovieDemands::read(&entity, resolution, None).size(aspect)
        };
        let wide = 16.0 / 9.0;
        assert_eq!(size(json!({}), Some("1920x1080"), 1.0), (1920, 1080));
        assert_eq!(
            size(json!({"resolution": "2048x858"}), Some("1920x1080"), 1.0),
            (2048, 858)
        );
        assert_eq!(
            size(json!({"resolution": "large"}), Some("1921x1081"), 1.0),
            (1922, 1082)
        );
        assert_eq!(size(json!({}), Some("x720"), wide), (1280, 720));
        assert_eq!(size(json!({}), Some("wide"), wide), (1920, 1080));
        assert_eq!(size(json!({}), None, 1.25), (1350, 1080));
        assert_eq!(size(json!({}), Some("x1080"), 1e9), (8192, 1080));
        assert_eq!(size(json!({}), Some("x1080"), 0.0), (2, 1080));
    }

    #[test]
    fn the_task_type_has_the_last_word_on_bitrates() {
        let server = Bitrates { high: 28, low: 6 };
        let chosen = |task_type, production| {
            let Bitrates { high, low } = Bitrates::choose(task_type, production, server);
            (high, low)
        };
        assert_eq!(chosen([None, None], [None, None]), (28, 6));
        assert_eq!(chosen([None, None], [Some(20), Some(3)]), (20, 3));
        assert_eq!(
            chosen([Some(10), None], [Some(20), Some(12)]),
            (10, 10),
            "the low one is not above the high one"
        );
        assert_eq!(
            chosen([Some(99), Some(2)], [None, None]),
            (28, 2),
            "nor is the high one above that of the server"
        );
        assert_eq!(chosen([Some(4), None], [None, None]), (4, 4));
    }

    #[test]
    fn low_definition_keeps_the_shape() {
        assert_eq!(low((1920, 1080)), (1280, 720));
        assert_eq!(low((2048, 858)), (1280, 536));
        assert_eq!(low((1080, 1920)), (1280, 2276));
        assert_eq!(low((100, 8192)), (1280, 8192));
    }
}

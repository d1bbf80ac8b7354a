//! Frame rates as people write them and as the programs of ffmpeg take them.

use std::fmt;

/// Rates of television are whole ones that are slower by this.
const TELEVISION: f64 = 1000.0 / 1001.0;
/// Most that people leave out when they write such a rate: 23.97 is 23.976.
const LEFT_OUT: f64 = 0.007;

/// Frames in a second, as a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FrameRate {
    over: u32,
    under: u32,
}

impl FrameRate {
    /// Reads a rate with a point or a comma.
    pub fn read(text: &str) -> Option<Self> {
        let rate: f64 = text.trim().replace(',', ".").parse().ok()?;
        if !(1.0..=240.0).contains(&rate) {
            return None;
        }
        let whole = rate.ceil();
        let is_of_television = rate < whole && (whole * TELEVISION - rate).abs() < LEFT_OUT;
        Some(if is_of_television {
            Self {
                over: whole as u32 * 1000,
                under: 1001,
            }
        } else {
            Self {
                over: (rate * 1000.0).round() as u32,
                under: 1000,
            }
        })
    }

    /// Whole frames that take about so many seconds; there is one at least.
    pub fn frames(self, seconds: f64) -> u64 {
        ((seconds * f64::from(self.over) / f64::from(self.under)).round() as u64).max(1)
    }

    /// Seconds that so many frames take.
    pub fn seconds(self, frames: u64) -> f64 {
        frames as f64 * f64::from(self.under) / f64::from(self.over)
    }
}

impl fmt::Display for FrameRate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.over, self.under)
    }
}

impl Default for FrameRate {
    /// The rate where nobody says.
    fn default() -> Self {
        Self { over: 25, under: 1 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_of_television_are_fractions() {
        for (written, rate) in [
            ("23.976", "24000/1001"),
            ("23,98", "24000/1001"),
            ("23.97", "24000/1001"),
            ("29.97", "30000/1001"),
            ("47.95", "48000/1001"),
            ("59.94", "60000/1001"),
            ("119.88", "120000/1001"),
            ("23.9", "23900/1000"),
            ("12.5", "12500/1000"),
            (" 24 ", "24000/1000"),
        ] {
            assert_eq!(
                FrameRate::read(written).map(|rate| rate.to_string()).as_deref(),
                Some(rate),
                "{written}"
            );
        }
        assert_eq!(["NaN", "0", "1e9", "fast"].map(FrameRate::read), [None; 4]);
    }

    #[test]
    fn clips_are_whole_frames() {
        let rate = FrameRate::read("23.976").expect("a rate");
        assert_eq!(
            [0.0, 0.01, 1.001, 1.02].map(|seconds| rate.frames(seconds)),
            [1, 1, 24, 24]
        );
        assert!((rate.seconds(24) - 1.001).abs() < 1e-9);
    }
}

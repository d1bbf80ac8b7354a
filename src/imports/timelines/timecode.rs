//! Time codes: hours, minutes, seconds and frames.

use super::Wrong;

/// Number of frames in a second of a time code, which is a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    frames: i64,
}

impl Clock {
    /// The clock of a frame rate: 23.976 frames in a second are counted as 24.
    pub(super) fn of(rate: f64) -> Self {
        Self {
            frames: (rate.round() as i64).max(1),
        }
    }

    /// Frames of a whole day.
    pub(super) fn day(self) -> i64 {
        24 * 3600 * self.frames
    }

    /// The frame that a time code stands for. Of 30 frames, the clock leaves two numbers out every minute but each tenth, when
    /// it drops frames, so that it keeps up with the time of day; of 60, four.
    pub(super) fn read(self, text: &str, drops: bool) -> Result<i64, Wrong> {
        let wrong = || format!("'{text}' is no time code");
        let drops = drops || text.contains([';', ',', '.']);
        let parts: Vec<i64> = text
            .split([':', ';', ',', '.'])
            .map(|part| number(part).ok_or_else(wrong))
            .collect::<Result<_, _>>()?;
        let [hours, minutes, seconds, frames] = parts.as_slice() else {
            return Err(wrong());
        };
        if *minutes > 59 || *seconds > 59 {
            return Err(wrong());
        }
        if *frames >= self.frames {
            return Err(format!(
                "Frame rate mismatch. Timecode '{text}' has frames beyond {}.",
                self.frames - 1
            ));
        }
        let all_minutes = hours * 60 + minutes;
        let dropped = if drops && self.frames % 30 == 0 {
            self.frames / 15 * (all_minutes - all_minutes / 10)
        } else {
            0
        };
        Ok((all_minutes * 60 + seconds) * self.frames + frames - dropped)
    }
}

/// True if a text has the form of a time code.
pub(super) fn is_timecode(text: &str) -> bool {
    let parts: Vec<&str> = text.split([':', ';', ',', '.']).collect();
    parts.len() == 4 && parts.iter().all(|part| number(part).is_some())
}

/// A number of one to three digits.
fn number(text: &str) -> Option<i64> {
    let fits = (1..=3).contains(&text.len()) && text.bytes().all(|digit| digit.is_ascii_digit());
    text.parse().ok().filter(|_| fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_codes_are_counted_in_frames() {
        let clock = Clock::of(25.0);
        assert_eq!(clock.read("00:00:05:05", false), Ok(130));
        assert_eq!(clock.read("01:00:00:00", false), Ok(90_000));
        assert_eq!(
            clock.read("01:00:00:00", true),
            Ok(90_000),
            "nothing is dropped of 25 frames"
        );
        assert_eq!(Clock::of(23.976).read("00:00:01:23", false), Ok(47));
        for wrong in [
            "",
            "00:00:00",
            "00:61:00:00",
            "aa:00:00:00",
            "00:00:00:-1",
            "00:00:00:25",
        ] {
            assert!(clock.read(wrong, false).is_err(), "{wrong}");
        }
    }

    #[test]
    fn clocks_may_drop_frames() {
        let clock = Clock::of(29.97);
        assert_eq!(clock.read("00:00:59;29", true), Ok(1799));
        assert_eq!(clock.read("00:01:00;02", false), Ok(1800));
        assert_eq!(clock.read("00:10:00:00", true), Ok(17_982));
        assert_eq!(clock.read("01:00:00;00", false), Ok(107_892));
        assert_eq!(clock.read("01:00:00:00", false), Ok(108_000));
        assert_eq!(Clock::of(59.94).read("00:01:00;04", false), Ok(3600));
    }
}

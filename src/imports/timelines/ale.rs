//! Logs of Avid (ALE, Avid Log Exchange): tables of clips with the time codes of their sources. A log says how long its clips
//! are, and not where they stand in a cut.

use super::timecode::Clock;
use super::{Clip, Wrong};

/// Lines that begin the parts of a log.
const HEADING: &str = "heading";
const COLUMN: &str = "column";
const DATA: &str = "data";

/// Part of a log that a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Heading,
    Column,
    Data,
}

/// Facts that a log says before its clips.
struct Log {
    delimiter: char,
    clock: Clock,
    /// Names of the columns, in small letters.
    columns: Vec<String>,
}

/// The clips of a log. `rate` counts where it names none.
///
/// # Errors
/// It is no log.
pub(super) fn read_clips(text: &str, rate: f64) -> Result<Vec<Clip>, Wrong> {
    let mut log = Log {
        delimiter: '\t',
        clock: Clock::of(rate),
        columns: Vec::new(),
    };
    let mut part = None;
    let mut clips = Vec::new();
    for (number, line) in lines(text) {
        let at = |wrong: Wrong| format!("{wrong} (line {number})");
        match (part, line.trim().to_ascii_lowercase().as_str()) {
            (_, "") => {}
            (None | Some(Part::Heading), HEADING) => part = Some(Part::Heading),
            (None | Some(Part::Heading), COLUMN) => part = Some(Part::Column),
            (Some(Part::Column), DATA) => {
                log.require_columns().map_err(at)?;
                part = Some(Part::Data);
            }
            (None, _) => return Err(at("it does not begin with 'Heading'".to_owned())),
            (Some(Part::Heading), _) => log.heading(line).map_err(at)?,
            (Some(Part::Column), _) => log.columns = log.cells(line).map(str::to_ascii_lowercase).collect(),
            (Some(Part::Data), _) => clips.extend(log.clip(line).map_err(at)?),
        }
    }
    if part == Some(Part::Data) {
        Ok(clips)
    } else {
        Err("it has no line 'Data' behind its columns".to_owned())
    }
}

/// The lines of a text with their numbers, whatever they end with.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = if text.contains('\n') { '\n' } else { '\r' };
    text.split(end)
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim_end_matches('\r')))
}

impl Log {
    /// Takes a line of the heading over.
    fn heading(&mut self, line: &str) -> Result<(), Wrong> {
        let (key, value) = line.trim().split_once(char::is_whitespace).unwrap_or((line.trim(), ""));
        let value = value.trim();
        match key.to_ascii_uppercase().as_str() {
            "FIELD_DELIM" if value.eq_ignore_ascii_case("COMMAS") => self.delimiter = ',',
            "FPS" => {
                let rate: Option<f64> = value.parse().ok().filter(|rate| (1.0..=1000.0).contains(rate));
                self.clock = Clock::of(rate.ok_or_else(|| format!("'{value}' is no frame rate"))?);
            }
            _ => {}
        }
        Ok(())
    }

    fn require_columns(&self) -> Result<(), Wrong> {
        let has = |name: &str| self.columns.iter().any(|column| column == name);
        if has("name") && (has("duration") || (has("start") && has("end"))) {
            Ok(())
        } else {
            Err("it lacks the column Name, or Start and End, or Duration".to_owned())
        }
    }

    fn cells<'a>(&self, line: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        line.split(self.delimiter).map(str::trim)
    }

    /// One clip; nothing for sound alone.
    fn clip(&self, line: &str) -> Result<Option<Clip>, Wrong> {
        let cell = |name: &str| {
            let found = self
                .columns
                .iter()
                .zip(self.cells(line))
                .find(|(column, _)| *column == name);
            found.map(|(_, cell)| cell).filter(|cell| !cell.is_empty())
        };
        if cell("tracks").is_some_and(|tracks| !tracks.to_ascii_uppercase().contains('V')) {
            return Ok(None);
        }
        let name = cell("name").unwrap_or_default();
        let length = match (cell("start"), cell("end"), cell("duration")) {
            (Some(start), Some(end), _) => {
                let length = self.clock.read(end, false)? - self.clock.read(start, false)?;
                // Past midnight.
                if length < 0 { length + self.clock.day() } else { length }
            }
            (_, _, Some(duration)) => self.clock.read(duration, false)?,
            _ => return Err(format!("the clip '{name}' has no Start and End, and no Duration")),
        };
        Ok(Some(Clip {
            name: name.to_owned(),
            first: 0,
            last: (length - 1).max(0),
            length: Some(length),
            is_placed: false,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(heading: &str, data: &str) -> String {
        format!(
            "Heading\nFIELD_DELIM\tTABS\nVIDEO_FORMAT\t1080\n{heading}\n\nColumn\nName\tTracks\tStart\tEnd\tScene\n\nData\n{data}"
        )
    }

    fn lengths(text: &str) -> Result<Vec<(String, Option<i64>)>, Wrong> {
        let clips = read_clips(text, 24.0)?;
        assert!(clips.iter().all(|clip| !clip.is_placed));
        Ok(clips.into_iter().map(|clip| (clip.name, clip.length)).collect())
    }

    #[test]
    fn clips_are_as_long_as_their_sources() {
        let data = "lune_SQ01-SH010.mov\tVA1A2\t01:00:00:00\t01:00:05:05\t1\nsound\tA1A2\t00:00:00:00\t00:01:00:00\t\n\
                    lune_SQ01-SH020.mov\t\t23:59:59:00\t00:00:01:23\t2\n";
        let found = |first: i64, second: i64| {
            Ok(vec![
                ("lune_SQ01-SH010.mov".to_owned(), Some(first)),
                ("lune_SQ01-SH020.mov".to_owned(), Some(second)),
            ])
        };
        assert_eq!(lengths(&log("FPS\t25", data)), found(130, 73));
        assert_eq!(lengths(&log("", data)), found(125, 71), "in the rate of the production");
        let windows = log("FPS\t25", data).replace('\n', "\r\n");
        assert_eq!(lengths(&windows), found(130, 73));
        assert_eq!(lengths(&windows.replace('\n', "")), found(130, 73));
        let commas = log("FPS\t25", data).replace("TABS", "COMMAS");
        let (heading, table) = commas.split_once("Column").unwrap_or_default();
        assert_eq!(
            lengths(&format!("{heading}Column{}", table.replace('\t', ","))),
            found(130, 73)
        );
    }

    #[test]
    fn a_clip_may_have_a_duration_in_place_of_start_and_end() {
        let text = "Heading\nFPS\t29.97\n\nColumn\nDuration\tName\n\nData\n00:01:00;02\ta\n";
        assert_eq!(lengths(text), Ok(vec![("a".to_owned(), Some(1800))]));
    }

    #[test]
    fn what_is_no_log_is_refused_with_its_place() {
        let wrong = |text: &str| lengths(text).err().unwrap_or_default();
        assert_eq!(wrong("TITLE: LUNE\n"), "it does not begin with 'Heading' (line 1)");
        assert_eq!(wrong(""), "it has no line 'Data' behind its columns");
        assert_eq!(wrong("Heading\nFPS\tfast\n"), "'fast' is no frame rate (line 2)");
        assert!(wrong("Heading\nColumn\nName\tTake\nData\n").ends_with("(line 4)"));
        assert!(wrong(&log("FPS\t25", "a\tV\t01:00:00:00\t01:00:05:30\t\n")).ends_with("(line 10)"));
        assert_eq!(
            wrong(&log("FPS\t25", "a\tV\t01:00:00:00\t\t\n")),
            "the clip 'a' has no Start and End, and no Duration (line 10)"
        );
    }
}

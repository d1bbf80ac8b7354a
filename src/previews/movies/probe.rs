//! Facts of `ffprobe` about a movie.

use std::ffi::OsString;
use std::path::Path;

use serde::Deserialize;

use super::run;
use crate::app::App;
use crate::programs::colours::{Colours, ToldColours};
use crate::programs::{Allowance, Program, ProgramError};

/// Knowledge about a movie.
#[derive(Clone, Debug, PartialEq)]
pub struct MovieFacts {
    /// In pixels, as they are stored.
    pub width: i32,
    /// In pixels, as they are stored.
    pub height: i32,
    /// Width by height, as the movie is shown: turned, and with pixels that may be no squares.
    pub aspect: f64,
    /// In seconds.
    pub duration: f64,
    /// Frames in a second, as far as the movie says.
    pub rate: Option<f64>,
    /// Channels of its sound, if it has one.
    pub channels: Option<u32>,
    /// True if its light reaches further than a screen does.
    pub is_hdr: bool,
    pub colours: Colours,
}

/// Reads what there is to know of a movie.
///
/// # Errors
/// The file is no movie, or there is no program to read it with.
pub(in crate::previews) async fn probe(app: &App, movie: &Path) -> Result<MovieFacts, ProgramError> {
    let output = ["-show_streams", "-show_format", "-of", "json"].map(OsString::from);
    let allowance = Allowance::Picture(&app.pictures);
    let output = run(app, allowance, Program::Ffprobe, &[], movie, &output).await?;
    read_facts(&output.stdout)
}

/// Output of `ffprobe`.
#[derive(Deserialize)]
struct MovieReport {
    #[serde(default)]
    streams: Vec<MovieStream>,
    #[serde(default)]
    format: MovieContainer,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct MovieStream {
    codec_type: String,
    width: Option<i32>,
    height: Option<i32>,
    sample_aspect_ratio: Option<String>,
    avg_frame_rate: Option<String>,
    r_frame_rate: Option<String>,
    duration: Option<String>,
    pix_fmt: Option<String>,
    color_space: Option<String>,
    color_primaries: Option<String>,
    color_transfer: Option<String>,
    channels: Option<u32>,
    disposition: Disposition,
    tags: Tags,
    side_data_list: Vec<SideData>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Disposition {
    attached_pic: i32,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Tags {
    rotate: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct SideData {
    rotation: Option<f64>,
}

#[derive(Default, Deserialize)]
struct MovieContainer {
    duration: Option<String>,
}

impl MovieStream {
    /// The picture of a cover is no movie.
    fn is_movie(&self) -> bool {
        self.codec_type == "video" && self.disposition.attached_pic == 0
    }

    /// True if it is shown turned by a quarter.
    fn is_turned(&self) -> bool {
        let turned = self.side_data_list.iter().find_map(|data| data.rotation);
        let turned = turned
            .or_else(|| self.tags.rotate.as_deref()?.trim().parse().ok())
            .unwrap_or_default();
        (turned.rem_euclid(180.0) - 90.0).abs() < 45.0
    }

    fn colours(&self, size: (i32, i32)) -> Colours {
        Colours::of(ToldColours {
            pixels: self.pix_fmt.as_deref().unwrap_or_default(),
            space: self.color_space.as_deref().unwrap_or_default(),
            primaries: self.color_primaries.as_deref().unwrap_or_default(),
            size,
        })
    }

    fn aspect(&self, width: i32, height: i32) -> f64 {
        let pixel = self
            .sample_aspect_ratio
            .as_deref()
            .and_then(|text| ratio(text, ':'))
            .unwrap_or(1.0);
        let aspect = f64::from(width) * pixel / f64::from(height);
        if self.is_turned() { 1.0 / aspect } else { aspect }
    }
}

/// A number above zero that is written as a fraction.
fn ratio(text: &str, between: char) -> Option<f64> {
    let (over, under) = text.split_once(between)?;
    let value = over.trim().parse::<f64>().ok()? / under.trim().parse::<f64>().ok()?;
    (value.is_finite() && value > 0.0).then_some(value)
}

fn read_facts(report: &[u8]) -> Result<MovieFacts, ProgramError> {
    let unreadable = |why: &str| ProgramError::Unreadable(why.to_owned());
    let report: MovieReport = serde_json::from_slice(report).map_err(|error| unreadable(&error.to_string()))?;
    let stream = report
        .streams
        .iter()
        .find(|stream| stream.is_movie())
        .ok_or_else(|| unreadable("it has no pictures"))?;
    let side = |pixels: Option<i32>| {
        pixels
            .filter(|pixels| *pixels > 0)
            .ok_or_else(|| unreadable("its pictures have no size"))
    };
    let (width, height) = (side(stream.width)?, side(stream.height)?);
    // Some containers know their own length only, not that of their streams.
    let seconds = |text: &Option<String>| {
        text.as_deref()?
            .parse::<f64>()
            .ok()
            .filter(|seconds| seconds.is_finite() && *seconds > 0.0)
    };
    let rate = |text: &Option<String>| text.as_deref().and_then(|text| ratio(text, '/'));
    Ok(MovieFacts {
        width,
        height,
        aspect: stream.aspect(width, height),
        duration: seconds(&stream.duration)
            .or_else(|| seconds(&report.format.duration))
            .unwrap_or_default(),
        rate: rate(&stream.avg_frame_rate).or_else(|| rate(&stream.r_frame_rate)),
        channels: report
            .streams
            .iter()
            .find(|stream| stream.codec_type == "audio")
            .map(|stream| stream.channels.unwrap_or(2)),
        is_hdr: matches!(stream.color_transfer.as_deref(), Some("smpte2084" | "arib-std-b67")),
        colours: stream.colours((width, height)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(streams: &str, container: &str) -> Result<MovieFacts, ProgramError> {
        read_facts(format!(r#"{{"streams": [{streams}], "format": {container}}}"#).as_bytes())
    }

    #[test]
    fn the_length_may_be_known_to_the_container_only() {
        let video = r#""codec_type": "video", "width": 642, "height": 362"#;
        let found = facts(&format!("{{{video}}}"), r#"{"duration": "2.040000"}"#).expect("facts");
        assert_eq!(
            (found.width, found.height, found.duration, found.channels),
            (642, 362, 2.04, None)
        );
        let found = facts(
            &format!(r#"{{{video}, "duration": "2.0", "avg_frame_rate": "30000/1001"}}"#),
            r#"{"duration": "N/A"}"#,
        )
        .expect("facts");
        assert_eq!(found.duration, 2.0);
        assert!(found.rate.is_some_and(|rate| (rate - 29.97).abs() < 0.001));
        assert_eq!(
            facts(&format!(r#"{{{video}, "avg_frame_rate": "0/0"}}"#), "{}")
                .expect("facts")
                .rate,
            None
        );
    }

    #[test]
    fn sound_alone_is_no_movie_and_neither_is_a_cover() {
        let sound = r#"{"codec_type": "audio", "channels": 6}"#;
        let cover = r#"{"codec_type": "video", "width": 600, "height": 600, "disposition": {"attached_pic": 1}}"#;
        assert!(facts(sound, r#"{"duration": "2.0"}"#).is_err());
        assert!(facts(&format!("{sound}, {cover}"), "{}").is_err());
        let video = r#"{"codec_type": "video", "width": 64, "height": 36, "pix_fmt": "gbrp10le", "color_transfer": "smpte2084"}"#;
        let found = facts(&format!("{cover}, {sound}, {video}"), "{}").expect("facts");
        assert_eq!(
            (found.width, found.channels, found.is_hdr, found.colours.known()),
            (64, Some(6), true, "")
        );
        assert!(facts(r#"{"codec_type": "video", "width": 0, "height": 36}"#, "{}").is_err());
    }

    #[test]
    fn the_shape_is_the_one_that_is_shown() {
        let aspect = |more: &str| {
            facts(
                &format!(r#"{{"codec_type": "video", "width": 720, "height": 576{more}}}"#),
                "{}",
            )
            .expect("facts")
            .aspect
        };
        assert_eq!(aspect(""), 1.25);
        assert_eq!(aspect(r#", "sample_aspect_ratio": "0:1""#), 1.25);
        assert_eq!(aspect(r#", "sample_aspect_ratio": "64:45""#), 1280.0 / 720.0);
        assert_eq!(aspect(r#", "side_data_list": [{}, {"rotation": -90}]"#), 0.8);
        assert_eq!(aspect(r#", "tags": {"rotate": "270"}"#), 0.8);
        assert_eq!(aspect(r#", "tags": {"rotate": "180"}"#), 1.25);
    }
}

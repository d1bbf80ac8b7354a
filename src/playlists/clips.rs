//! The clips of a movie that is built of a playlist, and what is known of them.

use std::path::PathBuf;

use serde::Deserialize;

use crate::app::App;
use crate::programs::colours::{Colours, ToldColours};
use crate::programs::{Allowance, Program, ProgramError, file_argument};

/// Format of pictures.
pub(super) const PICTURES: &str = "png_pipe";
/// Longest clip, in seconds: a file says by itself how long it is, and is filled up to that.
const MOST_CLIP_SECONDS: f64 = 12.0 * 60.0 * 60.0;

/// Clip of the movie, in its order.
#[derive(Clone, Debug)]
pub(super) struct Clip {
    pub path: PathBuf,
    /// Seconds that it is shown for, of a picture.
    pub still: Option<f64>,
}

impl Clip {
    /// Format of a picture, which the server has made.
    pub fn own_format(&self) -> Option<&'static str> {
        self.still.map(|_| PICTURES)
    }
}

/// A stream of a movie, as `ffprobe` tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
struct ClipStream {
    codec_type: String,
    codec_name: String,
    profile: String,
    width: Option<u32>,
    height: Option<u32>,
    pix_fmt: String,
    color_space: String,
    color_primaries: String,
    r_frame_rate: String,
    time_base: String,
    sample_rate: String,
    channels: Option<u32>,
}

impl ClipStream {
    fn colours(&self) -> Colours {
        let side = |pixels: Option<u32>| pixels.and_then(|pixels| i32::try_from(pixels).ok()).unwrap_or_default();
        Colours::of(ToldColours {
            pixels: &self.pix_fmt,
            space: &self.color_space,
            primaries: &self.color_primaries,
            size: (side(self.width), side(self.height)),
        })
    }

    /// True if it is of the same kind, whether its colours are told or guessed.
    fn is_like(&self, other: &Self) -> bool {
        let plain = |stream: &Self| Self {
            color_space: String::new(),
            color_primaries: String::new(),
            ..stream.clone()
        };
        plain(self) == plain(other) && self.colours().are_coded_like(other.colours())
    }
}

/// Output of `ffprobe`.
#[derive(Deserialize)]
struct ClipReport {
    #[serde(default)]
    streams: Vec<TimedStream>,
    #[serde(default)]
    format: ClipContainer,
}

#[derive(Deserialize)]
struct TimedStream {
    #[serde(flatten)]
    stream: ClipStream,
    duration: Option<String>,
}

#[derive(Default, Deserialize)]
struct ClipContainer {
    duration: Option<String>,
}

/// Knowledge about a clip.
pub(super) struct ClipFacts {
    streams: Vec<ClipStream>,
    /// Time that its pictures are shown.
    pub seconds: f64,
}

impl ClipFacts {
    /// Width of the first stream that has one.
    pub fn width(&self) -> Option<u32> {
        self.streams.iter().find_map(|stream| stream.width)
    }

    /// True if there is a stream of sound.
    pub fn has_sound(&self) -> bool {
        self.streams.iter().any(|stream| stream.codec_type == "audio")
    }

    /// Colours of its pictures.
    pub fn colours(&self) -> Colours {
        let video = self.streams.iter().find(|stream| stream.codec_type == "video");
        video.map_or_else(|| Colours::of(ToldColours::default()), ClipStream::colours)
    }
}

/// Seconds that clips are shown for, one after the other.
pub(super) fn length(known: &[ClipFacts]) -> f64 {
    known.iter().map(|known| known.seconds).sum()
}

/// Looks into the clips.
///
/// # Errors
/// A clip can't be read, or there is no program to do it with.
pub(super) async fn look(app: &App, clips: &[Clip]) -> Result<Vec<ClipFacts>, ProgramError> {
    let mut known = Vec::with_capacity(clips.len());
    for clip in clips {
        known.push(probe(app, clip).await?);
    }
    Ok(known)
}

async fn probe(app: &App, clip: &Clip) -> Result<ClipFacts, ProgramError> {
    let allowance = Allowance::Picture(&app.pictures);
    let mut command = app.programs.reading(allowance, Program::Ffprobe, clip.own_format());
    command.args([
        "-show_entries",
        "stream=codec_type,codec_name,profile,width,height,pix_fmt,color_space,color_primaries,r_frame_rate,time_base,sample_rate,\
         channels,duration:format=duration",
        "-of",
        "json",
        "-i",
    ]);
    command.arg(file_argument(&clip.path));
    let output = app.programs.run(allowance, Program::Ffprobe, command).await?;
    let unreadable = |why: &str| ProgramError::Unreadable(why.to_owned());
    let report: ClipReport = serde_json::from_slice(&output.stdout).map_err(|error| unreadable(&error.to_string()))?;
    let pictures = report
        .streams
        .iter()
        .find(|timed| timed.stream.codec_type == "video")
        .ok_or_else(|| unreadable("it has no pictures"))?;
    // Some containers know their own length only, not that of their streams.
    let told = || seconds(pictures.duration.as_deref()).or_else(|| seconds(report.format.duration.as_deref()));
    let seconds = clip.still.or_else(told).ok_or_else(|| unreadable("it has no length"))?;
    if seconds > MOST_CLIP_SECONDS {
        return Err(unreadable("it is too long"));
    }
    Ok(ClipFacts {
        streams: report.streams.into_iter().map(|timed| timed.stream).collect(),
        seconds,
    })
}

/// A length, if there is any.
fn seconds(text: Option<&str>) -> Option<f64> {
    let seconds: f64 = text?.parse().ok()?;
    (seconds.is_finite() && seconds > 0.0).then_some(seconds)
}

/// True if movies can be joined as they are: each has pictures, then sound, and nothing else, and these are of one kind.
pub(super) fn are_alike(clips: &[Clip], known: &[ClipFacts]) -> bool {
    let Some(ClipFacts { streams: first, .. }) = known.first() else {
        return false;
    };
    let kinds: Vec<&str> = first.iter().map(|stream| stream.codec_type.as_str()).collect();
    kinds == ["video", "audio"]
        && clips.iter().all(|clip| clip.still.is_none())
        && known.iter().all(|known| {
            known.streams.len() == first.len() && known.streams.iter().zip(first).all(|(one, other)| one.is_like(other))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_movies_of_one_kind_are_joined_as_they_are() {
        let clip = |still| Clip {
            path: PathBuf::new(),
            still,
        };
        let stream = |kind: &str, width| ClipStream {
            codec_type: kind.into(),
            width,
            ..ClipStream::default()
        };
        let known = |streams: Vec<ClipStream>| ClipFacts { streams, seconds: 1.0 };
        let of_width = |width| known(vec![stream("video", Some(width)), stream("audio", None)]);
        assert!(are_alike(&[clip(None), clip(None)], &[of_width(640), of_width(640)]));
        assert!(!are_alike(&[clip(None), clip(None)], &[of_width(640), of_width(320)]));
        assert!(!are_alike(
            &[clip(None), clip(Some(1.0))],
            &[of_width(640), of_width(640)]
        ));
        assert!(!are_alike(&[clip(None)], &[known(vec![stream("video", Some(640))])]));
        let of_colours = |space: &str| {
            let mut clip = of_width(1920);
            clip.streams[0].color_space = space.into();
            clip
        };
        let two = [clip(None), clip(None)];
        assert!(are_alike(&two, &[of_colours(""), of_colours("bt709")]));
        assert!(!are_alike(&two, &[of_colours("bt709"), of_colours("bt2020nc")]));
    }
}

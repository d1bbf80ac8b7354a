//! Joins movies and pictures into one movie, with the programs of ffmpeg.
//!
//! Movies that are alike are joined as they are. Otherwise each is brought to the size and the frame rate of the movie, as whole
//! frames, with as much sound or silence as plain samples, and these are joined: so sound stays with the pictures and frames with
//! the clock however many there are, and no more than one movie is worked on at a time.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::process::Command;

use super::clips::{Clip, ClipFacts, PICTURES, are_alike};
use super::frame_rate::FrameRate;
use crate::app::App;
use crate::programs::{Allowance, Encoded, Program, ProgramError, file_argument};

const HEIGHT: u32 = 1080;
/// Most pixels on a side.
const MOST_SIDE_PIXELS: u32 = 8192;

/// Most bytes of a clip that is encoded again.
const MOST_BYTES: u64 = 32_000_000_000;

/// Remarks on movies that were encoded again though nobody asked for it.
const DIFFERENT: &str = "The previews differ in size, rate, codecs or sound, so that all of them were encoded again.";
const NOT_JOINED: &str = "The previews could not be joined as they are, so that all of them were encoded again.";

/// Properties of the movie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct MovieTarget {
    /// As wide as the first movie where it is not known.
    width: Option<u32>,
    height: u32,
    rate: FrameRate,
}

/// Way in which the movie is made.
#[derive(Clone, Copy)]
pub(super) struct Making<'a> {
    /// True if all clips are encoded again.
    pub full: bool,
    /// Time that a program may take.
    pub patience: Duration,
    /// Takes the time of the movie that is encoded already.
    pub encoded: Encoded<'a>,
}

impl Making<'_> {
    fn allowance<'a>(self, app: &'a App, encoded: Encoded<'a>) -> Allowance<'a> {
        Allowance::Encoder {
            budget: &app.pictures,
            patience: self.patience,
            encoded,
        }
    }
}

impl MovieTarget {
    /// Reads what a production says of its resolution and frame rate.
    pub(super) fn read(resolution: Option<&str>, fps: Option<&str>) -> Self {
        let (width, height) = resolution.unwrap_or_default().split_once('x').unwrap_or_default();
        let side = |text: &str| {
            text.trim()
                .parse::<u32>()
                .ok()
                .filter(|pixels| (2..=MOST_SIDE_PIXELS).contains(pixels))
        };
        Self {
            width: side(width),
            height: side(height).unwrap_or(HEIGHT),
            rate: fps.and_then(FrameRate::read).unwrap_or_default(),
        }
    }

    /// Width and height of a movie of these clips.
    fn size(&self, known: &[ClipFacts]) -> (u32, u32) {
        let first = || known.iter().find_map(ClipFacts::width);
        let width = self.width.or_else(first).unwrap_or(HEIGHT * 16 / 9);
        (even(width), even(self.height))
    }
}

/// A movie that was joined.
pub(super) struct Assembly {
    pub path: PathBuf,
    /// Reason why it took longer than it might have.
    pub remark: Option<&'static str>,
}

/// Joins clips, of which all is known, into a movie in a folder.
///
/// # Errors
/// A clip can't be read, or there is no program to do it with.
pub(super) async fn assemble(
    app: &App,
    (clips, known): (&[Clip], &[ClipFacts]),
    target: &MovieTarget,
    making: Making<'_>,
    folder: &Path,
) -> Result<Assembly, ProgramError> {
    let path = folder.join("movie.mp4");
    let alike = are_alike(clips, known);
    if !making.full && alike {
        let parts: Vec<Part<'_>> = clips
            .iter()
            .zip(known)
            .map(|(clip, known)| (clip.path.as_path(), known.seconds))
            .collect();
        match join(app, making, &parts, &["-c", "copy"], &path).await {
            Ok(()) => return Ok(Assembly { path, remark: None }),
            Err(ProgramError::Unreadable(reason)) => {
                tracing::info!(reason, "the movies of a playlist are encoded again")
            }
            Err(error) => return Err(error),
        }
    }
    let parts = encode_all(app, (clips, known), target, making, folder).await?;
    let parts: Vec<Part<'_>> = parts.iter().map(|(part, seconds)| (part.as_path(), *seconds)).collect();
    join(
        app,
        making,
        &parts,
        &["-c:v", "copy", "-c:a", "aac", "-b:a", "192k"],
        &path,
    )
    .await?;
    let remark = (!making.full).then_some(if alike { NOT_JOINED } else { DIFFERENT });
    Ok(Assembly { path, remark })
}

/// Brings each clip to the size and the rate of the movie, as a file in the folder, and gives the seconds that it is shown for.
async fn encode_all(
    app: &App,
    (clips, known): (&[Clip], &[ClipFacts]),
    target: &MovieTarget,
    making: Making<'_>,
    folder: &Path,
) -> Result<Vec<(PathBuf, f64)>, ProgramError> {
    let size = target.size(known);
    let mut parts = Vec::with_capacity(clips.len());
    let mut before = Duration::ZERO;
    for (at, (clip, known)) in clips.iter().zip(known).enumerate() {
        let part = folder.join(format!("part-{at}.mov"));
        let frames = target.rate.frames(known.seconds);
        let length = Duration::try_from_secs_f64(known.seconds).unwrap_or_default();
        let encoded = |time: Duration| (making.encoded)(before + time.min(length));
        let allowance = making.allowance(app, &encoded);
        encode(app, allowance, (clip, known), size, (target.rate, frames), &part).await?;
        before += length;
        parts.push((part, target.rate.seconds(frames)));
    }
    Ok(parts)
}

/// Codecs want even numbers of pixels.
fn even(pixels: u32) -> u32 {
    pixels.clamp(2, MOST_SIDE_PIXELS) & !1
}

/// Brings one clip to the size, the rate and the colours of the movie, and to a number of whole frames: bars fill what its shape
/// leaves open.
async fn encode(
    app: &App,
    allowance: Allowance<'_>,
    (clip, known): (&Clip, &ClipFacts),
    size: (u32, u32),
    (rate, frames): (FrameRate, u64),
    part: &Path,
) -> Result<(), ProgramError> {
    let has_sound = clip.still.is_none() && known.has_sound();
    let threads = app.programs.threads().to_string();
    let mut command = app.programs.reading(allowance, Program::Ffmpeg, clip.own_format());
    command.args(["-threads", &threads]);
    add_inputs(&mut command, clip, rate, has_sound);
    command.args([
        "-filter_complex_threads",
        &threads,
        "-filter_complex",
        &filters((clip, known), has_sound, size, (rate, frames)),
        "-map",
        "[v]",
        "-map",
        "[a]",
    ]);
    command.args([
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-crf",
        "18",
        "-threads",
        &threads,
        "-c:a",
        "pcm_s16le",
        "-fs",
        &MOST_BYTES.to_string(),
        "-f",
        "mov",
        "-y",
    ]);
    command.arg(file_argument(part));
    app.programs.run(allowance, Program::Ffmpeg, command).await?;
    // The encoder ends there without a complaint.
    if tokio::fs::metadata(part).await?.len() >= MOST_BYTES {
        return Err(ProgramError::Unreadable("it takes too much space".into()));
    }
    Ok(())
}

/// Adds what is read: the clip, a picture over and over again, and silence where there is no sound.
fn add_inputs(command: &mut Command, clip: &Clip, rate: FrameRate, has_sound: bool) {
    if let Some(seconds) = clip.still {
        command.args([
            "-f",
            PICTURES,
            "-loop",
            "1",
            "-framerate",
            &rate.to_string(),
            "-t",
            &seconds.to_string(),
        ]);
    }
    command.arg("-i").arg(file_argument(&clip.path));
    if !has_sound {
        command.args(["-f", "lavfi", "-i", "anullsrc=r=48000:cl=stereo"]);
    }
}

/// Filters that give the pictures `v` and the sound `a` of a clip that is brought to the size and the rate of the movie.
fn filters(
    (clip, known): (&Clip, &ClipFacts),
    has_sound: bool,
    (width, height): (u32, u32),
    (rate, frames): (FrameRate, u64),
) -> String {
    // Pixels of a picture may let something through.
    let solid = clip.still.map_or("", |_| "premultiply=inplace=1,");
    let colours = known.colours();
    let (known_colours, scaled, told_colours) = (colours.known(), colours.scaled(), colours.told());
    // Pixels that are no squares become such first, so that the shape stays. The last frame is shown for what is left to fill.
    let pictures = format!(
        "[0:V:0]{known_colours}{solid}scale=trunc(iw*max(sar\\,1)/2)*2:trunc(ih*max(1/max(sar\\,0.01)\\,1)/2)*2,setsar=1,\
         scale={width}:{height}:force_original_aspect_ratio=decrease:force_divisible_by=2{scaled},\
         pad={width}:{height}:-1:-1,setsar=1{told_colours},\
         fps={rate},tpad=stop=-1:stop_mode=clone,trim=end_frame={frames},format=yuv420p[v]"
    );
    let sound = if has_sound { "[0:a:0]" } else { "[1:a:0]" };
    // Sound is as long as the clip: `-shortest` would not end what goes on for ever.
    let end = format!("{:.6}", rate.seconds(frames));
    let sound =
        format!("{sound}aformat=sample_rates=48000:channel_layouts=stereo,apad=whole_dur={end},atrim=end={end}[a]");
    format!("{pictures};{sound}")
}

/// A file, and the seconds that it is shown for.
type Part<'a> = (&'a Path, f64);

/// Joins files with the same streams, which lie in one folder with the movie.
async fn join(
    app: &App,
    making: Making<'_>,
    parts: &[Part<'_>],
    codecs: &[&str],
    movie: &Path,
) -> Result<(), ProgramError> {
    let list = movie.with_file_name("list.txt");
    // The names are ids and numbers, which need no quoting beyond this. The pictures of a part tell how long it is: sound, which
    // comes in packets, may be a little longer, and would put the frames behind it off the clock.
    let lines: Vec<String> = parts
        .iter()
        .filter_map(|(part, seconds)| {
            let name = part.file_name()?.to_str()?;
            Some(format!("file '{name}'\nduration {seconds:.6}\n"))
        })
        .collect();
    tokio::fs::write(&list, lines.concat()).await?;
    let mut command = app.programs.command(Program::Ffmpeg);
    command
        .args([
            "-v",
            "error",
            "-protocol_whitelist",
            "file",
            "-nostdin",
            "-f",
            "concat",
            "-safe",
            "1",
            "-i",
        ])
        .arg(file_argument(&list));
    // Sound that begins before the first frame would push all frames back.
    command
        .args(["-map", "0:v:0", "-map", "0:a:0", "-copyts"])
        .args(codecs)
        .args(["-movflags", "+faststart", "-f", "mp4", "-y"]);
    command.arg(file_argument(movie));
    // It takes a moment, and says nothing of how far it is.
    let silent = |_: Duration| {};
    let allowance = making.allowance(app, &silent);
    app.programs.run(allowance, Program::Ffmpeg, command).await.map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn productions_say_how_large_and_fast_movies_are() {
        let read = |resolution, fps| {
            let MovieTarget { width, height, rate } = MovieTarget::read(resolution, fps);
            (width, height, rate.to_string())
        };
        let target = |width, height, rate: &str| (width, height, rate.to_owned());
        assert_eq!(
            read(Some("1280x720"), Some("24")),
            target(Some(1280), 720, "24000/1000")
        );
        assert_eq!(read(Some("x720"), Some("12.5")), target(None, 720, "12500/1000"));
        assert_eq!(read(Some("wide"), Some("24")), target(None, 1080, "24000/1000"));
        assert_eq!(read(Some("1x99999"), Some("NaN")), target(None, 1080, "25/1"));
        assert_eq!(read(None, None), target(None, 1080, "25/1"));
    }
}

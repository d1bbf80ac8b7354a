//! What the programs of ffmpeg tell and make of a movie.

use std::ffi::OsString;
use std::io::ErrorKind;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde::Deserialize;
use tokio::process::Command;

use super::work::place;
use crate::pictures::PictureBudget;

/// Containers that are read. Others, such as playlists, could make the program open other files or addresses.
const CONTAINERS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,mpegts,mpeg,mpegvideo,flv,ogg";
/// A program that takes longer is stopped.
const PATIENCE: Duration = Duration::from_secs(120);

/// What is known of a movie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct MovieFacts {
    /// In pixels.
    pub width: i32,
    /// In pixels.
    pub height: i32,
    /// In seconds.
    pub duration: f64,
}

/// Why nothing can be said or made of a movie.
#[derive(Debug, thiserror::Error)]
pub(super) enum MovieError {
    /// The programs are not there.
    #[error("the program `{0}` is not installed")]
    NoProgram(&'static str),
    /// The file is no movie, or is broken.
    #[error("the movie can't be read: {0}")]
    Unreadable(String),
    /// The program could not be run, or took too long.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Reads size and length of a movie.
///
/// # Errors
/// The file is no movie, or there is no program to read it with.
pub(super) async fn probe(budget: &PictureBudget, movie: &Path) -> Result<MovieFacts, MovieError> {
    let mut command = Command::new("ffprobe");
    command.args(["-select_streams", "v:0", "-show_entries", "stream=width,height,duration:format=duration", "-of", "json"]);
    let output = run(budget, "ffprobe", command, &[], movie, &[]).await?;
    read_facts(&output.stdout)
}

/// Writes the frame at that second of a movie as PNG. Says whether there is such a frame.
///
/// # Errors
/// The file is no movie, or there is no program to read it with.
pub(super) async fn write_frame(budget: &PictureBudget, movie: &Path, second: f64, picture: &Path) -> Result<bool, MovieError> {
    let seek = format!("{:.6}", second.max(0.0));
    let output: [OsString; 8] = ["-map", "0:v:0", "-frames:v", "1", "-f", "image2", "-c:v", "png"].map(Into::into);
    let target = [OsString::from("-y"), file_argument(picture)];
    // A decoder with several threads keeps as many frames at once.
    let input = ["-nostdin", "-threads", "1", "-ss", &seek];
    run(budget, "ffmpeg", Command::new("ffmpeg"), &input, movie, &[&output[..], &target[..]].concat()).await?;
    Ok(tokio::fs::metadata(picture).await.is_ok_and(|written| written.len() > 0))
}

/// A path that is never taken for an option or an address.
fn file_argument(path: &Path) -> OsString {
    let mut argument = OsString::from("file:");
    argument.push(path);
    argument
}

async fn run(
    budget: &PictureBudget,
    program: &'static str,
    mut command: Command,
    input_options: &[&str],
    movie: &Path,
    output: &[OsString],
) -> Result<Output, MovieError> {
    command.args(["-v", "error", "-protocol_whitelist", "file", "-format_whitelist", CONTAINERS]).args(input_options);
    command.args(["-max_pixels", &budget.frame_pixels().to_string()]);
    command.arg("-i").arg(file_argument(movie)).args(output);
    command.stdin(Stdio::null()).kill_on_drop(true);
    let _memory = budget.frame().await.map_err(|error| MovieError::Unreadable(error.to_string()))?;
    let _place = place().await;
    let done = tokio::time::timeout(PATIENCE, command.output()).await.map_err(|_| std::io::Error::from(ErrorKind::TimedOut))?;
    let done = done.map_err(|error| if error.kind() == ErrorKind::NotFound { MovieError::NoProgram(program) } else { error.into() })?;
    if done.status.success() { Ok(done) } else { Err(MovieError::Unreadable(String::from_utf8_lossy(&done.stderr).trim().to_owned())) }
}

/// What `ffprobe` prints.
#[derive(Deserialize)]
struct Report {
    #[serde(default)]
    streams: Vec<Stream>,
    #[serde(default)]
    format: Container,
}

#[derive(Deserialize)]
struct Stream {
    width: Option<i32>,
    height: Option<i32>,
    duration: Option<String>,
}

#[derive(Default, Deserialize)]
struct Container {
    duration: Option<String>,
}

fn read_facts(report: &[u8]) -> Result<MovieFacts, MovieError> {
    let unreadable = |why: &str| MovieError::Unreadable(why.to_owned());
    let report: Report = serde_json::from_slice(report).map_err(|error| unreadable(&error.to_string()))?;
    let stream = report.streams.into_iter().next().ok_or_else(|| unreadable("it has no pictures"))?;
    let (Some(width), Some(height)) = (stream.width, stream.height) else { return Err(unreadable("its pictures have no size")) };
    // Some containers know their own length only, not that of their streams.
    let seconds = |text: Option<String>| text.and_then(|text| text.parse::<f64>().ok()).filter(|seconds| seconds.is_finite() && *seconds >= 0.0);
    let duration = seconds(stream.duration).or_else(|| seconds(report.format.duration)).unwrap_or_default();
    Ok(MovieFacts { width, height, duration })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_may_be_known_to_the_container_only() {
        let facts = read_facts(br#"{"streams": [{"width": 642, "height": 362}], "format": {"duration": "2.040000"}}"#);
        assert_eq!(facts.expect("facts"), MovieFacts { width: 642, height: 362, duration: 2.04 });
        let facts = read_facts(br#"{"streams": [{"width": 642, "height": 362, "duration": "2.0"}], "format": {"duration": "N/A"}}"#);
        assert_eq!(facts.expect("facts").duration, 2.0);
    }

    #[test]
    fn sound_alone_is_no_movie() {
        assert!(read_facts(br#"{"streams": [], "format": {"duration": "2.0"}}"#).is_err());
    }
}

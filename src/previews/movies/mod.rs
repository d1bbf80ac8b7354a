//! Work of the programs of ffmpeg on the movie of a preview.

mod encode;
mod probe;
mod target;
mod tiles;

use std::ffi::OsString;
use std::path::Path;
use std::process::Output;

pub(super) use self::encode::{Definitions, Encoder, encode};
pub(super) use self::probe::{MovieFacts, probe};
pub(super) use self::target::{Bitrates, MovieDemands, frame_rate};
pub(super) use self::tiles::write_tiles;
use crate::app::App;
use crate::programs::{Allowance, Program, ProgramError, file_argument};

/// Runs a program on a movie.
///
/// # Errors
/// The program is not there, takes too long, or says that it can't.
async fn run(
    app: &App,
    allowance: Allowance<'_>,
    program: Program,
    input_options: &[&str],
    movie: &Path,
    output: &[OsString],
) -> Result<Output, ProgramError> {
    let mut command = app.programs.reading(allowance, program, None);
    command
        .args(input_options)
        .arg("-i")
        .arg(file_argument(movie))
        .args(output);
    app.programs.run(allowance, program, command).await
}

/// Writes the frame at that second of a movie as PNG. Says whether there is such a frame.
///
/// # Errors
/// The file is no movie, or there is no program to read it with.
pub(super) async fn write_frame(
    app: &App,
    (movie, facts): (&Path, &MovieFacts),
    second: f64,
    picture: &Path,
) -> Result<bool, ProgramError> {
    let seek = format!("{:.6}", second.max(0.0));
    // A decoder with several threads keeps as many frames at once.
    let input = ["-threads", "1", "-ss", &seek];
    let filter = format!("{}null", facts.colours.known());
    write_picture(app, &input, movie, &filter, picture).await
}

/// Writes the first picture that a filter gives of a movie as PNG. Says whether there is one.
async fn write_picture(
    app: &App,
    input_options: &[&str],
    movie: &Path,
    filter: &str,
    picture: &Path,
) -> Result<bool, ProgramError> {
    let mut output: Vec<OsString> = [
        "-map",
        "0:V:0",
        "-vf",
        filter,
        "-frames:v",
        "1",
        "-f",
        "image2",
        "-c:v",
        "png",
        "-y",
    ]
    .map(OsString::from)
    .into();
    output.push(file_argument(picture));
    let allowance = Allowance::Picture(&app.pictures);
    run(app, allowance, Program::Ffmpeg, input_options, movie, &output).await?;
    Ok(tokio::fs::metadata(picture)
        .await
        .is_ok_and(|written| written.len() > 0))
}

/// The second to look for a frame at, by its number from 1 on: half a frame before it begins, because the moments of movies
/// are rounded.
pub(super) fn second_of(number: i64, rate: f64) -> f64 {
    (number.saturating_sub(1) as f64 - 0.5).max(0.0) / rate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_looked_for_between_two_of_them() {
        assert_eq!(
            [
                second_of(0, 25.0),
                second_of(1, 25.0),
                second_of(2, 25.0),
                second_of(26, 25.0)
            ],
            [0.0, 0.0, 0.02, 0.98]
        );
    }
}

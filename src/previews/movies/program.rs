//! Way in which the programs of ffmpeg are run.

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{Semaphore, watch};

use crate::pictures::PictureBudget;
use crate::previews::work::place;

pub(super) const FFMPEG: &str = "ffmpeg";
pub(super) const FFPROBE: &str = "ffprobe";

/// Containers that are read. Others, such as playlists, could make the program open other files or addresses.
const CONTAINERS: &str = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,asf,mpegts,mpeg,mpegvideo,flv,ogg";
/// A program that only looks takes no longer than this.
const PROGRAM_TIMEOUT: Duration = Duration::from_secs(120);
/// Memory that one program may ask for, in bytes.
const MEMORY_LIMIT: u64 = 6 * 1024 * 1024 * 1024;
/// Movies that are encoded at once: each takes several processors.
static ENCODERS: Semaphore = Semaphore::const_new(2);

/// Reason why nothing can be said or made of a movie.
#[derive(Debug, thiserror::Error)]
pub enum MovieError {
    /// The programs are not there.
    #[error("the program `{0}` is not installed")]
    NoProgram(&'static str),
    /// The file is no movie, or is broken.
    #[error("the movie can't be read: {0}")]
    Unreadable(String),
    /// The program could not be run, or took too long.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Room that a program takes while it runs.
#[derive(Clone, Copy)]
pub(super) enum Room<'a> {
    /// A picture of the largest size: it looks at single frames.
    Frame(&'a PictureBudget),
    /// One of the few movies that are encoded at once. Pictures need not wait for it.
    Encoder {
        budget: &'a PictureBudget,
        /// Time that it may take.
        patience: Duration,
        /// Takes the time of the movie that is encoded already.
        encoded: &'a watch::Sender<Duration>,
    },
}

impl Room<'_> {
    fn frame_pixels(self) -> u64 {
        let (Self::Frame(budget) | Self::Encoder { budget, .. }) = self;
        budget.frame_pixels()
    }
}

/// True if the programs are there.
pub async fn installed() -> bool {
    for program in [FFMPEG, FFPROBE] {
        let mut command = Command::new(program);
        command
            .arg("-version")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        let found = tokio::time::timeout(PROGRAM_TIMEOUT, command.status()).await;
        if !matches!(found, Ok(Ok(status)) if status.success()) {
            return false;
        }
    }
    true
}

/// Threads that a program may have for one step of its work: half of the processors, so that the server goes on answering.
pub(super) fn threads() -> usize {
    (std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get) / 2).clamp(1, 8)
}

/// A path that is never taken for an option or an address.
#[must_use]
pub fn file_argument(path: &Path) -> OsString {
    let mut argument = OsString::from("file:");
    argument.push(path);
    argument
}

/// A program that reads movies, and what is named besides, and opens nothing but the files that it is given.
#[must_use]
pub fn reading_program(program: &str, besides: &[&str]) -> Command {
    let mut formats = CONTAINERS.to_owned();
    for format in besides {
        formats.push(',');
        formats.push_str(format);
    }
    let mut command = Command::new(program);
    command.args([
        "-v",
        "error",
        "-protocol_whitelist",
        "file",
        "-format_whitelist",
        &formats,
    ]);
    command
}

/// Runs a program on a movie.
///
/// # Errors
/// The program is not there, takes too long, or says that it can't.
pub(super) async fn run(
    room: Room<'_>,
    program: &'static str,
    input_options: &[&str],
    movie: &Path,
    output: &[OsString],
) -> Result<Output, MovieError> {
    let mut command = reading_program(program, &[]);
    if program == FFMPEG {
        command.arg("-nostdin");
    }
    if matches!(room, Room::Encoder { .. }) {
        command.args(["-progress", "pipe:1"]);
    }
    command
        .args(input_options)
        .args(["-max_pixels", &room.frame_pixels().to_string()]);
    command.arg("-i").arg(file_argument(movie)).args(output);
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    match room {
        Room::Frame(budget) => {
            let _memory = budget
                .frame()
                .await
                .map_err(|error| MovieError::Unreadable(error.to_string()))?;
            let _place = place().await;
            finish(program, command, PROGRAM_TIMEOUT, None).await
        }
        Room::Encoder { patience, encoded, .. } => {
            // The semaphore is never closed.
            let _place = ENCODERS.acquire().await.map_err(io::Error::other)?;
            finish(program, command, patience, Some(encoded)).await
        }
    }
}

/// Runs a program to its end. What it prints is the report of an encoder where somebody is to be told of that.
async fn finish(
    program: &'static str,
    mut command: Command,
    patience: Duration,
    encoded: Option<&watch::Sender<Duration>>,
) -> Result<Output, MovieError> {
    let missing = |error: io::Error| {
        if error.kind() == ErrorKind::NotFound {
            MovieError::NoProgram(program)
        } else {
            error.into()
        }
    };
    let mut child = command.spawn().map_err(missing)?;
    limit_memory(&child)?;
    let report = encoded.and_then(|encoded| Some((encoded, child.stdout.take()?)));
    let followed = async {
        match report {
            Some((encoded, printed)) => follow(printed, encoded).await,
            None => Ok(()),
        }
    };
    let done = async { tokio::try_join!(child.wait_with_output(), followed) };
    let (done, ()) = tokio::time::timeout(patience, done)
        .await
        .map_err(|_| io::Error::from(ErrorKind::TimedOut))??;
    if done.status.success() {
        Ok(done)
    } else {
        Err(MovieError::Unreadable(told(&done)))
    }
}

/// Reads the report of an encoder until it ends.
async fn follow(printed: ChildStdout, encoded: &watch::Sender<Duration>) -> io::Result<()> {
    let mut lines = BufReader::new(printed).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(time) = encoded_time(&line) {
            encoded.send_replace(time);
        }
    }
    Ok(())
}

/// The time of the movie that is encoded already, by a line of the report.
fn encoded_time(line: &str) -> Option<Duration> {
    // At the beginning, the program has no time to tell.
    line.strip_prefix("out_time_us=")?
        .trim()
        .parse()
        .ok()
        .map(Duration::from_micros)
}

/// The last of what a program complains of.
fn told(done: &Output) -> String {
    let text = String::from_utf8_lossy(&done.stderr);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    lines[lines.len().saturating_sub(3)..].join("; ")
}

/// Keeps a program from filling the memory of the machine.
#[cfg(target_os = "linux")]
fn limit_memory(child: &Child) -> io::Result<()> {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    let Some(process) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) else {
        return Ok(());
    };
    match prlimit(
        Some(process),
        Resource::As,
        Rlimit {
            current: Some(MEMORY_LIMIT),
            maximum: Some(MEMORY_LIMIT),
        },
    ) {
        // It has come to its end already, or the machine allows less than this anyway.
        Ok(_) | Err(rustix::io::Errno::SRCH | rustix::io::Errno::PERM) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Elsewhere there is no way to limit a program that runs.
#[cfg(not(target_os = "linux"))]
fn limit_memory(_child: &Child) -> io::Result<()> {
    let _ = MEMORY_LIMIT;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_has_one_line_with_the_time() {
        assert_eq!(
            encoded_time("out_time_us=1875081"),
            Some(Duration::from_micros(1_875_081))
        );
        for other in [
            "out_time_us=N/A",
            "out_time_us=-9223372036854775807",
            "out_time=00:00:01.875081",
            "progress=end",
            "",
        ] {
            assert_eq!(encoded_time(other), None, "{other}");
        }
    }
}

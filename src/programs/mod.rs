//! Programs of others that look into movies and documents: each reads the one file that it is given, sees nothing of the server's
//! environment, and is limited in number, time, memory and threads.

pub mod colours;
mod documents;
mod movies;

use std::ffi::OsString;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::time::{Duration, Instant};

use dailies_definitions::failure::Failure;
use poem::http::StatusCode;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, ChildStdout, Command};
use tokio::sync::{Mutex, Semaphore};

use crate::config::MediaSettings;
use crate::pictures::PictureBudget;

/// Variables of the environment that programs need to run; the others may hold secrets.
const KEPT_VARIABLES: [&str; 7] = [
    "PATH",
    "HOME",
    "TMPDIR",
    "LANG",
    "LD_LIBRARY_PATH",
    "FONTCONFIG_PATH",
    "SystemRoot",
];
/// Most threads of an encoder where nobody says.
const MOST_THREADS: usize = 8;
/// Time after which a program that did not run is tried again.
const TRIAL_LIFETIME: Duration = Duration::from_secs(60);
/// Most time that a page may take.
const PAGE_PATIENCE: Duration = Duration::from_secs(30);

/// One of the programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Makes movies, and takes frames out of them.
    Ffmpeg,
    /// Tells what a movie is made of.
    Ffprobe,
    /// Draws pages of PDF files.
    Pdftoppm,
}

impl Program {
    /// Its usual name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ffmpeg => "ffmpeg",
            Self::Ffprobe => "ffprobe",
            Self::Pdftoppm => "pdftoppm",
        }
    }

    /// The flag by which it only tells its release.
    const fn release_flag(self) -> &'static str {
        match self {
            Self::Ffmpeg | Self::Ffprobe => "-version",
            Self::Pdftoppm => "-v",
        }
    }
}

/// Reason why a program said or made nothing.
#[derive(Debug, thiserror::Error)]
pub enum ProgramError {
    /// It is not there.
    #[error("the program `{}` is not installed", .0.name())]
    Missing(Program),
    /// It ended without success, with these words: the file is not what it should be, as a rule, or the system ended the program,
    /// which wanted more memory than it may have.
    #[error("the file can't be read: {0}")]
    Unreadable(String),
    /// It could not be run, or took too long.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// 503: the server lacks a program.
#[must_use]
pub fn missing(program: Program) -> Failure {
    Failure::plain(
        StatusCode::SERVICE_UNAVAILABLE,
        format!("The program {} is not installed on this server.", program.name()),
    )
}

/// Takes the time of a movie that is encoded already.
pub type Encoded<'a> = &'a (dyn Fn(Duration) + Send + Sync);

/// Memory, place and time that a program gets for one call.
#[derive(Clone, Copy)]
pub enum Allowance<'a> {
    /// Memory and place of a picture of the largest size, for looks at single frames.
    Picture(&'a PictureBudget),
    /// Memory of a picture of the largest size, for the one document that is drawn at once. Pictures get their places beside it.
    Page(&'a PictureBudget),
    /// Place of one of the few movies that are encoded at once. Pictures need not wait for it.
    Encoder {
        budget: &'a PictureBudget,
        /// Time that it may take.
        patience: Duration,
        encoded: Encoded<'a>,
    },
}

impl Allowance<'_> {
    fn frame_pixels(self) -> u64 {
        let (Self::Picture(budget) | Self::Page(budget) | Self::Encoder { budget, .. }) = self;
        budget.frame_pixels()
    }
}

/// Outcome of trying whether a program runs.
#[derive(Clone, Copy)]
struct Trial {
    ran: bool,
    at: Instant,
}

/// The programs, and their limits.
pub struct Programs {
    ffmpeg: PathBuf,
    ffprobe: PathBuf,
    pdftoppm: PathBuf,
    /// Memory that one may ask for, in bytes.
    memory: u64,
    /// Time that one may take that encodes nothing.
    patience: Duration,
    /// Threads of an encoder that works alone, and of one beside others.
    threads: [usize; 2],
    /// Number of the places of `encoders`.
    places: usize,
    /// Places for movies that are encoded at once: each takes several processors.
    encoders: Semaphore,
    /// Place for the one document that is drawn at once: those that wait keep no pictures waiting.
    documents: Semaphore,
    /// Outcomes of trying each program.
    tried: [Mutex<Option<Trial>>; 3],
}

impl Programs {
    /// The programs that the settings name.
    #[must_use]
    pub fn new(settings: &MediaSettings) -> Self {
        let processors = std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get);
        let threads = match settings.encoder_threads {
            0 => [processors, processors / 2].map(|threads| threads.clamp(1, MOST_THREADS)),
            threads => [threads.into(); 2],
        };
        Self {
            ffmpeg: settings.ffmpeg.clone(),
            ffprobe: settings.ffprobe.clone(),
            pdftoppm: settings.pdftoppm.clone(),
            memory: u64::from(settings.program_memory) << 20,
            patience: Duration::from_secs(settings.program_timeout),
            threads,
            places: settings.encoders.into(),
            encoders: Semaphore::new(settings.encoders.into()),
            documents: Semaphore::new(1),
            tried: std::array::from_fn(|_| Mutex::new(None)),
        }
    }

    /// Threads that an encoder which begins now may have for one step of its work: more while no other one works.
    #[must_use]
    pub fn threads(&self) -> usize {
        let [alone, beside_others] = self.threads;
        if self.encoders.available_permits() == self.places {
            alone
        } else {
            beside_others
        }
    }

    /// The program that movies can't be read and made without, and that does not run.
    pub async fn missing_for_movies(&self) -> Option<Program> {
        for program in [Program::Ffmpeg, Program::Ffprobe] {
            if !self.ran(program).await {
                return Some(program);
            }
        }
        None
    }

    /// True if movies can be read and made.
    pub async fn read_movies(&self) -> bool {
        self.missing_for_movies().await.is_none()
    }

    /// True if pages of documents can be drawn.
    pub async fn draw_documents(&self) -> bool {
        self.ran(Program::Pdftoppm).await
    }

    /// True if a program runs. One that did is not tried again, and one that did not only after a while.
    async fn ran(&self, program: Program) -> bool {
        // Whoever asks meanwhile waits for the same answer.
        let mut last = self.tried[program as usize].lock().await;
        if let Some(Trial { ran, at }) = *last
            && (ran || at.elapsed() < TRIAL_LIFETIME)
        {
            return ran;
        }
        let ran = self.runs(program).await;
        *last = Some(Trial {
            ran,
            at: Instant::now(),
        });
        ran
    }

    async fn runs(&self, program: Program) -> bool {
        let mut command = self.command(program);
        command.arg(program.release_flag());
        matches!(tokio::time::timeout(self.patience, command.output()).await, Ok(Ok(done)) if done.status.success())
    }

    fn path(&self, program: Program) -> &Path {
        match program {
            Program::Ffmpeg => &self.ffmpeg,
            Program::Ffprobe => &self.ffprobe,
            Program::Pdftoppm => &self.pdftoppm,
        }
    }

    /// A call of a program, without arguments.
    #[must_use]
    pub fn command(&self, program: Program) -> Command {
        let mut command = Command::new(self.path(program));
        command
            .env_clear()
            .envs(
                KEPT_VARIABLES
                    .iter()
                    .filter_map(|name| Some((name, std::env::var_os(name)?))),
            )
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        command
    }

    /// Makes a call once there is what it is allowed.
    ///
    /// # Errors
    /// The program is not there, takes too long, or says that it can't.
    pub async fn run(
        &self,
        allowance: Allowance<'_>,
        program: Program,
        command: Command,
    ) -> Result<Output, ProgramError> {
        match allowance {
            Allowance::Picture(budget) => {
                let _memory = budget.frame().await.map_err(io::Error::other)?;
                let _place = budget.place().await;
                self.finish(program, command, self.patience, None).await
            }
            Allowance::Page(budget) => {
                // The semaphore is never closed. Memory is not kept while another page is drawn.
                let _place = self.documents.acquire().await.map_err(io::Error::other)?;
                let _memory = budget.frame().await.map_err(io::Error::other)?;
                self.finish(program, command, self.patience.min(PAGE_PATIENCE), None)
                    .await
            }
            Allowance::Encoder { patience, encoded, .. } => {
                // The semaphore is never closed.
                let _place = self.encoders.acquire().await.map_err(io::Error::other)?;
                self.finish(program, command, patience, Some(encoded)).await
            }
        }
    }

    /// Runs a program to its end. What it prints is the report of an encoder where somebody is to be told of that.
    async fn finish(
        &self,
        program: Program,
        mut command: Command,
        patience: Duration,
        encoded: Option<Encoded<'_>>,
    ) -> Result<Output, ProgramError> {
        let mut child = command.spawn().map_err(|error| match error.kind() {
            ErrorKind::NotFound | ErrorKind::PermissionDenied => ProgramError::Missing(program),
            _ => error.into(),
        })?;
        limit_memory(&child, self.memory)?;
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
            Err(ProgramError::Unreadable(told(&done)))
        }
    }
}

/// A path that the programs of ffmpeg never take for an option or an address.
#[must_use]
pub fn file_argument(path: &Path) -> OsString {
    let mut argument = OsString::from("file:");
    argument.push(path);
    argument
}

/// Reads the report of an encoder until it ends.
async fn follow(printed: ChildStdout, encoded: Encoded<'_>) -> io::Result<()> {
    let mut lines = BufReader::new(printed).lines();
    while let Some(line) = lines.next_line().await? {
        if let Some(time) = encoded_time(&line) {
            encoded(time);
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
fn limit_memory(child: &Child, bytes: u64) -> io::Result<()> {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};

    let Some(process) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) else {
        return Ok(());
    };
    match prlimit(
        Some(process),
        Resource::As,
        Rlimit {
            current: Some(bytes),
            maximum: Some(bytes),
        },
    ) {
        // It has come to its end already, or the machine allows less than this anyway.
        Ok(_) | Err(rustix::io::Errno::SRCH | rustix::io::Errno::PERM) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// Elsewhere there is no way to limit a program that runs.
#[cfg(not(target_os = "linux"))]
fn limit_memory(_child: &Child, _bytes: u64) -> io::Result<()> {
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

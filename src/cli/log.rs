//! The log of a running server: its form, its levels, and how they change while it runs.
//!
//! Levels change at the signal HUP, as those of other services do, so that `systemctl reload` does it: an operation of the
//! API would be one that the reference does not have, and would let whoever signs in decide what the log keeps. A process
//! can't be given another environment, so the new levels are in a file.

use std::fs;
use std::io::{self, IsTerminal};
use std::path::PathBuf;

use tracing_subscriber::filter::{Directive, ParseError};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::reload::{self, Handle};
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry, fmt};

use crate::config::DataArgs;
use crate::telemetry::Output;
use crate::traces::TRACES;

/// File in the data folder whose levels count before those of the settings.
const FILE: &str = "log_levels";

/// Reason why the levels can't be read.
#[derive(Debug, thiserror::Error)]
enum LevelsError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error(transparent)]
    Levels(#[from] ParseError),
}

/// Levels of the log, by area.
struct Levels {
    /// Those of the settings.
    setting: String,
    /// The file that counts before them.
    file: PathBuf,
}

impl Levels {
    /// The levels that count now.
    fn read(&self) -> Result<EnvFilter, LevelsError> {
        let text = match fs::read_to_string(&self.file) {
            Ok(text) => directives(&text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(error) => return Err(error.into()),
        };
        Ok(filter(if text.is_empty() { &self.setting } else { &text })?)
    }
}

/// The levels of a file as the variable has them. A line may be a comment.
fn directives(text: &str) -> String {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.collect::<Vec<_>>().join(",")
}

fn filter(text: &str) -> Result<EnvFilter, ParseError> {
    // Traces take these spans, and nobody else.
    let silent: Directive = format!("{TRACES}=off").parse()?;
    Ok(EnvFilter::builder().parse(text)?.add_directive(silent))
}

/// The log that runs.
pub(super) struct Log {
    levels: Levels,
    handle: Handle<EnvFilter, Registry>,
}

impl Log {
    /// Begins to log, as text for people on a terminal, as JSON for programs; and to send traces where there is a way.
    pub(super) fn begin(data: &DataArgs, setting: &str, traces: Option<Output>) -> Result<Self, ParseError> {
        let levels = Levels {
            setting: setting.to_owned(),
            file: data.data_dir.join(FILE),
        };
        let (read, wrong) = match levels.read() {
            Ok(read) => (read, None),
            Err(error) => (filter(setting)?, Some(error)),
        };
        let (filter, handle) = reload::Layer::new(read);
        let log: Output = if io::stderr().is_terminal() {
            fmt::layer().with_writer(io::stderr).with_filter(filter).boxed()
        } else {
            // The innermost span says what a line belongs to; a list of all would say it twice.
            fmt::layer()
                .json()
                .with_span_list(false)
                .with_writer(io::stderr)
                .with_filter(filter)
                .boxed()
        };
        let outputs: Vec<Output> = [log].into_iter().chain(traces).collect();
        tracing_subscriber::registry().with(outputs).init();
        let log = Self { levels, handle };
        if let Some(error) = wrong {
            log.complain(&error);
        }
        Ok(log)
    }

    /// Reads the levels again at each signal HUP. On a terminal that signal says that it was closed, and ends the server.
    #[cfg(unix)]
    pub(super) async fn follow(self) {
        use tokio::signal::unix::{SignalKind, signal};
        if io::stderr().is_terminal() {
            return;
        }
        match signal(SignalKind::hangup()) {
            Ok(mut hangups) => {
                while hangups.recv().await.is_some() {
                    self.read_again();
                }
            }
            Err(error) => tracing::warn!(%error, "the levels of the log can't be changed while the server runs"),
        }
    }

    /// There is no such signal here.
    #[cfg(not(unix))]
    pub(super) async fn follow(self) {}

    #[cfg(unix)]
    fn read_again(&self) {
        let levels = match self.levels.read() {
            Ok(levels) => levels,
            Err(error) => return self.complain(&error),
        };
        let shown = levels.to_string();
        match self.handle.reload(levels) {
            Ok(()) => tracing::info!(levels = shown, "the levels of the log were read again"),
            Err(error) => tracing::warn!(%error, "the levels of the log could not be changed"),
        }
    }

    fn complain(&self, error: &LevelsError) {
        tracing::warn!(%error, file = %self.levels.file.display(), "the levels of the log can't be read, and stay as they are");
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    #[test]
    fn a_file_counts_before_the_setting() {
        let folder = TempDir::new().unwrap();
        let levels = Levels {
            setting: "warn".into(),
            file: folder.path().join(FILE),
        };
        let read = || levels.read().map(|filter| filter.to_string());
        assert!(read().is_ok_and(|told| told.contains("warn")));
        fs::write(&levels.file, "# of today\n info \n\ndailies::mail=trace\n").unwrap();
        assert!(
            read().is_ok_and(|told| told.contains("dailies::mail=trace")
                && told.contains("info")
                && !told.contains("warn"))
        );
        fs::write(&levels.file, "# nothing\n").unwrap();
        assert!(read().is_ok_and(|told| told.contains("warn")));
        fs::write(&levels.file, "dailies=loud").unwrap();
        assert!(read().is_err());
    }

    #[test]
    fn the_log_knows_no_spans_of_traces() {
        assert!(filter("trace").is_ok_and(|filter| filter.to_string().contains("dailies::traces=off")));
    }
}

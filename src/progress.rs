//! Progress of long work: a bar on a terminal, a line for each part elsewhere.

use std::borrow::Cow;
use std::io::{IsTerminal, stderr};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Progress of it.
pub struct Progress {
    bar: ProgressBar,
    lines: bool,
}

impl Progress {
    /// Starts with nothing done of a number of rows and files.
    pub fn start(total: usize) -> Self {
        let lines = !stderr().is_terminal();
        let target = if lines {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bar = ProgressBar::with_draw_target(Some(total as u64), target);
        if let Ok(style) = ProgressStyle::with_template("{msg:16} [{bar:40}] {percent:>3}% {elapsed}") {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, lines }
    }

    /// Says what is worked on now, and how many of them.
    pub fn part(&self, name: impl Into<Cow<'static, str>>, count: usize) {
        let name = name.into();
        if self.lines {
            eprintln!("{name}: {count}");
        }
        self.bar.set_message(name);
    }

    /// Says what is worked on now, when nobody knows how many of them there are.
    pub fn next(&self, name: impl Into<Cow<'static, str>>) {
        let name = name.into();
        if self.lines {
            eprintln!("{name}");
        }
        self.bar.set_message(name);
    }

    /// Notes that so many more are done.
    pub fn done(&self, count: usize) {
        self.bar.inc(count as u64);
    }

    /// Notes that so many more are done of a number that is not known before.
    pub fn more(&self, count: usize) {
        self.bar.inc_length(count as u64);
        self.done(count);
    }

    /// Takes the bar away.
    pub fn finish(self) {
        self.bar.finish_and_clear();
    }
}

//! How far a stage is: a bar on a terminal, plain lines otherwise.

use std::io::IsTerminal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::output;

/// Prints what is going on, unless told to be quiet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reporter {
    quiet: bool,
}

impl Reporter {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet }
    }

    /// A line of its own.
    pub(crate) fn say(self, line: impl std::fmt::Display) {
        if !self.quiet {
            output::line(line);
        }
    }

    /// Something that should be looked at, on standard error: what is printed stays what was asked for.
    pub(crate) fn warn(self, line: impl std::fmt::Display) {
        if !self.quiet {
            eprintln!("warning: {}", output::visible(&line.to_string()));
        }
    }

    /// Begins a stage of `total` series.
    pub(crate) fn stage(self, name: &'static str, total: usize) -> StageProgress {
        let bar = if self.quiet || !std::io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            ProgressBar::new(total as u64)
        };
        // The template is constant; were it wrong, the plain style would do.
        let style = ProgressStyle::with_template(
            "{msg:>10} [{bar:40}] {pos}/{len} series, {per_sec}, {eta} left",
        )
        .unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style.progress_chars("=> "));
        bar.set_message(name);
        StageProgress {
            reporter: self,
            name,
            total,
            bar,
            started: Instant::now(),
            in_engine: AtomicU64::new(0),
        }
    }
}

/// One stage's progress.
#[derive(Debug)]
pub(crate) struct StageProgress {
    reporter: Reporter,
    name: &'static str,
    total: usize,
    bar: ProgressBar,
    started: Instant,
    /// Nanoseconds.
    in_engine: AtomicU64,
}

impl StageProgress {
    /// `series` more are done.
    pub(crate) fn advance(&self, series: usize) {
        self.bar.inc(series as u64);
    }

    /// Does work whose time is the engine's, not the tables'.
    pub(crate) fn in_engine<R>(&self, work: impl FnOnce() -> R) -> R {
        let started = Instant::now();
        let result = work();
        let nanoseconds = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
        self.in_engine.fetch_add(nanoseconds, Ordering::Relaxed);
        result
    }

    /// The stage is done, with this many rows and series whose forecasts are an earlier run's;
    /// returns its seconds.
    pub(crate) fn finish(self, rows: u64, reused: Option<u64>) -> f64 {
        self.bar.finish_and_clear();
        let seconds = self.started.elapsed().as_secs_f64();
        let (name, total) = (self.name, self.total);
        let in_engine = Duration::from_nanos(self.in_engine.into_inner());
        let mut notes = Vec::new();
        if !in_engine.is_zero() {
            notes.push(format!("{:.1} s in the engine", in_engine.as_secs_f64()));
        }
        if let Some(reused) = reused.filter(|reused| *reused > 0) {
            notes.push(format!("{reused} series unchanged and not fitted again"));
        }
        let notes = if notes.is_empty() {
            String::new()
        } else {
            format!(" ({})", notes.join("; "))
        };
        self.reporter.say(format_args!(
            "{name:>10}: {total} series, {rows} rows, {seconds:.1} s{notes}"
        ));
        seconds
    }
}

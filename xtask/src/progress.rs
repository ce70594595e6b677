//! How far a stage is: a bar on a terminal, plain lines otherwise.

use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use fleetcast_pipeline::StageProgress;
use fleetcast_store::RunId;
use indicatif::{ProgressBar, ProgressStyle};

use serde_json::{Value, json};

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
        self.tell(line, || json!({}));
    }

    /// A line of its own, with what is known besides where it is told to a program.
    pub(crate) fn tell(self, line: impl std::fmt::Display, known: impl FnOnce() -> Value) {
        if !self.quiet {
            output::say(&line.to_string(), known);
        }
    }

    /// Something that should be looked at, on standard error: what is printed stays what was asked for.
    pub(crate) fn warn(self, line: impl std::fmt::Display) {
        if !self.quiet {
            output::warning(&line.to_string());
        }
    }

    /// Begins a stage of `total` series, of a run where it is a run's.
    pub(crate) fn stage(self, run: Option<RunId>, name: &'static str, total: usize) -> Progress {
        let bar = if self.quiet || output::logs_json() || !std::io::stderr().is_terminal() {
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
        Progress {
            reporter: self,
            run,
            name,
            total,
            bar,
            started: Instant::now(),
            in_engine: Mutex::default(),
        }
    }
}

/// One stage's progress.
#[derive(Debug)]
pub(crate) struct Progress {
    reporter: Reporter,
    run: Option<RunId>,
    name: &'static str,
    total: usize,
    bar: ProgressBar,
    started: Instant,
    in_engine: Mutex<EngineTime>,
}

/// Time whose work is the engine's, not the tables'.
#[derive(Debug, Default)]
struct EngineTime {
    since: Option<Instant>,
    total: Duration,
}

impl Progress {
    fn engine_time(&self, change: impl FnOnce(&mut EngineTime)) -> Duration {
        let mut time = self
            .in_engine
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        change(&mut time);
        time.total
    }
}

impl StageProgress for Progress {
    fn advance(&self, series: usize) {
        self.bar.inc(series as u64);
    }

    fn engine_begins(&self) {
        self.engine_time(|time| time.since = Some(Instant::now()));
    }

    fn engine_ends(&self) {
        self.engine_time(|time| {
            let since = time.since.take();
            time.total += since.map_or(Duration::ZERO, |since| since.elapsed());
        });
    }

    fn finish(&self, rows: u64, reused: Option<u64>) -> f64 {
        self.bar.finish_and_clear();
        let seconds = self.started.elapsed().as_secs_f64();
        let (name, total) = (self.name, self.total);
        let in_engine = self.engine_time(|_| ());
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
        let line = format_args!("{name:>10}: {total} series, {rows} rows, {seconds:.1} s{notes}");
        self.reporter.tell(line, || {
            json!({
                "run": self.run.map(RunId::get),
                "stage": name,
                "series": total,
                "rows": rows,
                "seconds": seconds,
                "seconds_in_engine": in_engine.as_secs_f64(),
                "series_reused": reused,
            })
        });
        seconds
    }
}

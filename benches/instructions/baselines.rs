//! Counts that are kept, to be compared with.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// What the file begins with.
const HEADER: &str = "\
# Instructions a series, counted by `cargo bench-engines --bench instructions` on x86-64 with AVX2.
# Another compiler has other counts: keep them anew with `-- --save` before changing code.
";

/// Instructions a series, by case.
#[derive(Debug, Default)]
pub(super) struct Baselines(BTreeMap<String, u64>);

/// Why baselines cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum BaselineError {
    /// The system does not give or take the file.
    #[error("cannot use the baselines {path}: {source}")]
    File {
        /// Which one.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// A line is no name and count.
    #[error("the baselines have a line that is no name and count: {0:?}; mend it, or remove it")]
    Line(String),
}

impl Baselines {
    /// Those that are kept; none where there is no file yet.
    pub(super) fn read() -> Result<Self, BaselineError> {
        match std::fs::read_to_string(path()) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(file_error(source)),
        }
    }

    fn parse(text: &str) -> Result<Self, BaselineError> {
        let lines = text
            .lines()
            .filter(|line| !line.starts_with('#') && !line.is_empty());
        let pair = |line: &str| {
            let (name, count) = line.rsplit_once(' ')?;
            Some((name.trim().to_owned(), count.parse().ok()?))
        };
        lines
            .map(|line| pair(line).ok_or_else(|| BaselineError::Line(line.to_owned())))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(super) fn of(&self, case: &str) -> Option<u64> {
        self.0.get(case).copied().filter(|count| *count > 0)
    }

    pub(super) fn set(&mut self, case: &str, count: u64) {
        self.0.insert(case.to_owned(), count);
    }

    pub(super) fn write(&self) -> Result<(), BaselineError> {
        let mut text = HEADER.to_owned();
        for (name, count) in &self.0 {
            // Text can always be written to memory.
            let _ = writeln!(text, "{name} {count}");
        }
        std::fs::write(path(), text).map_err(file_error)
    }
}

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("baselines/instructions.txt")
}

fn file_error(source: std::io::Error) -> BaselineError {
    BaselineError::File {
        path: path().display().to_string(),
        source,
    }
}

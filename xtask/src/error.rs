//! What ends a command.

use std::path::PathBuf;

use fleetcast_core::SplitError;

/// Why a command could not do what was asked: one lower-case message with the way out.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("cannot read {}: {source}; give a file that exists with --config", path.display())]
    ConfigFile {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{} is no valid configuration: {cause}", path.display())]
    ConfigSyntax { path: PathBuf, cause: String },
    #[error("{0}")]
    Setting(String),
    #[error("cannot start the threads: {0}; give fewer with --threads")]
    Threads(String),
    #[error("{0}")]
    Split(String),
    #[error(transparent)]
    Store(#[from] fleetcast_store::Error),
    #[error(transparent)]
    Pipeline(#[from] fleetcast_pipeline::Error),
    #[error(transparent)]
    Xgboost(#[from] fleetcast_xgboost::XgboostError),
    #[error(transparent)]
    Backtest(#[from] fleetcast_core::BacktestError),
    #[error("{0}")]
    OutOfOrder(String),
    #[error("{} already holds data; name another file with --db, or move this one away", .0.display())]
    DemoWouldOverwrite(PathBuf),
    #[error("no host `{host}` in the data; the nearest names are {similar}")]
    NoSuchHost { host: String, similar: String },
    #[error("cannot write {}: {source}; name another place", path.display())]
    CannotWrite {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Report(#[from] fleetcast_report::RenderError),
    #[error("rows do not form a table: {0}")]
    Rows(#[from] arrow::error::ArrowError),
}

impl Error {
    /// What the program ends with: 3 where nothing failed but the earlier forecasts stand, else 1.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Pipeline(fleetcast_pipeline::Error::Collapse(_)) => 3,
            _ => 1,
        }
    }
}

impl From<SplitError> for Error {
    /// Adds the flag by which the windows' last day is given.
    fn from(error: SplitError) -> Self {
        let hint = match error {
            SplitError::BeforeTheCalendar { .. } | SplitError::PastTheCalendar { .. } => {
                " with --as-of"
            }
            _ => "",
        };
        Self::Split(format!("{error}{hint}"))
    }
}

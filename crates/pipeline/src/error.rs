//! What ends a run.

use arrow::error::ArrowError;
use fleetcast_core::{BacktestError, PanelError};

/// Why a run could not do what was asked: one lower-case message with the way out. Earlier results stand.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The database refused.
    #[error(transparent)]
    Store(#[from] fleetcast_store::Error),
    /// The windows do not fit the calendar.
    #[error(transparent)]
    Split(#[from] fleetcast_core::SplitError),
    /// An engine could not be asked.
    #[error(transparent)]
    Backtest(#[from] BacktestError),
    /// The data read does not cover the windows.
    #[error("the data does not cover the windows: {0}")]
    Panel(#[from] PanelError),
    /// Results do not form a table.
    #[error("results do not form a table: {0}")]
    Batch(#[from] ArrowError),
    /// The engine `xgboost` has no models.
    #[error("xgboost has no models: {0}")]
    Xgboost(#[from] fleetcast_xgboost::XgboostError),
    /// A stage was asked for before those it reads from were done.
    #[error("{0}")]
    OutOfOrder(String),
    /// Most series would have lost their forecasts.
    #[error("{0}")]
    Collapse(String),
}

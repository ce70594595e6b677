//! What can go wrong.

use std::path::PathBuf;

/// Why there is no model or no forecast.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum XgboostError {
    /// The program was built without the feature `xgboost`.
    #[error(
        "this program was built without XGBoost; build it with `--features xgboost` to train or load such models"
    )]
    BuiltWithout,
    /// The library cannot be loaded.
    #[error(
        "the XGBoost library {} cannot be loaded: {cause}; install it with `pip install 'xgboost-cpu==3.4.*'` and set \
         FLEETCAST_XGBOOST to its libxgboost.so, or to the directory that has it", path.display()
    )]
    NotLoaded {
        /// The file that was tried.
        path: PathBuf,
        /// What the system says, in one line.
        cause: String,
    },
    /// The library has another version than the one this crate was tested with.
    #[error(
        "the XGBoost library has version {found}, and {tested} is needed, since versions do not train the same \
         models; install it with `pip install 'xgboost-cpu=={tested}.*'`"
    )]
    Version {
        /// The version that was found: major, minor and patch.
        found: String,
        /// The versions that are accepted: major and minor.
        tested: &'static str,
    },
    /// A function of the library failed.
    #[error("{function} of the XGBoost library failed: {cause}")]
    Library {
        /// The name of the function.
        function: &'static str,
        /// What the library says, in one line.
        cause: String,
    },
    /// A setting is out of its range.
    #[error("{setting} = {value} is out of range; give {expected}")]
    Setting {
        /// The name of the setting.
        setting: &'static str,
        /// The value it was given; of a list, how many there are.
        value: String,
        /// What it takes, in words.
        expected: &'static str,
    },
    /// There are too few rows to train on.
    #[error(
        "{rows} rows to train on, of {needed} at least; give more series that have 661 observed days before the backtest, or leave \
         xgboost out"
    )]
    TooFewRows {
        /// How many rows there are.
        rows: usize,
        /// How many there must be.
        needed: usize,
    },
    /// The history has no observed day.
    #[error("the history has no observed day; give at least one value")]
    NoObservation,
    /// The day that was asked about is not ahead.
    #[error("the day asked about lies {0} days ahead; give 1 to 3660")]
    Step(usize),
    /// The bytes are none that can be used.
    #[error("the bytes are no {what} of this version: {cause}; make it anew")]
    Bytes {
        /// What they should be: a model, or a training sample.
        what: &'static str,
        /// What is wrong with them.
        cause: &'static str,
    },
}

//! Why a model cannot be fitted.

use fleetcast_core::{ForecastError, SeriesError};

use super::form::Form;

/// Why a form, a parameter or a series cannot be used.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum EtsError {
    /// No such form.
    #[error("`{0}` is no form such as ANN, AAdA or MAM")]
    UnknownForm(String),
    /// The form is left out of the family.
    #[error("{0}: additive errors with a multiplicative season are unstable")]
    UnstableForm(String),
    /// A season of less than two days, for a form that has one.
    #[error("{form} needs a season of at least 2 days, not {season_length}")]
    SeasonLength {
        /// The form.
        form: Form,
        /// Days of the season.
        season_length: usize,
    },
    /// Fewer observations than the form has parameters to estimate.
    #[error("{form} needs {needed} observations, there are {found}")]
    TooShort {
        /// The form.
        form: Form,
        /// Observations needed.
        needed: usize,
        /// Observations there are.
        found: usize,
    },
    /// A value at or below zero, for a form with anything multiplicative.
    #[error("{form} needs positive values, one is {value}")]
    NotPositive {
        /// The form.
        form: Form,
        /// The smallest value.
        value: f64,
    },
    /// An infinite value.
    #[error("the value at index {index} is infinite")]
    Infinite {
        /// The place of the value.
        index: usize,
    },
    /// Limits of a smoothing parameter that are not two finite numbers, the lower one first, or hold
    /// no number from 0 to 1.
    #[error("{name} cannot lie between {least} and {most}")]
    Limits {
        /// Which parameter.
        name: &'static str,
        /// The lower limit given.
        least: f64,
        /// The upper limit given.
        most: f64,
    },
    /// A given smoothing parameter outside what the bounds and limits allow.
    #[error("{name} = {value} lies outside the region asked for")]
    OutsideRegion {
        /// Which parameter.
        name: &'static str,
        /// The value given.
        value: f64,
    },
    /// Limits and given parameters of which no α satisfies all: in the usual region it must be at
    /// least β and leave γ to 1.
    #[error(
        "{form}: beta needs an alpha of at least {least}, gamma and the limits one of at most {most}; \
         widen the limits, or give other parameters"
    )]
    EmptyRegion {
        /// The form.
        form: Form,
        /// The least α there would have to be.
        least: f64,
        /// The greatest.
        most: f64,
    },
    /// No point of the parameter region has a finite likelihood.
    #[error("{form} has no finite likelihood on this series")]
    NoLikelihood {
        /// The form.
        form: Form,
    },
    /// None of the forms asked for can be fitted.
    #[error("none of the forms can be fitted to this series")]
    NoForm,
    /// The days and values given are no series.
    #[error(transparent)]
    Series(#[from] SeriesError),
    /// A horizon that is none, or a forecast that left the range of numbers.
    #[error(transparent)]
    Forecast(#[from] ForecastError),
    /// An interval level outside 0 to 1.
    #[error("an interval level of {0} is out of range; give a number between 0 and 1, such as 0.8")]
    Level(f64),
}

//! What was wrong with a series, or was repaired.

use std::fmt;

use crate::SeriesKey;

/// The four stages, and the reading of the data that comes before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Stage {
    /// Reading `processed_data`.
    Data,
    /// The champion's forecasts.
    Prophet,
    /// The challenger's forecasts.
    Challenger,
    /// Scores and winners.
    Judge,
    /// The golden record.
    Write,
}

impl Stage {
    /// Returns the name it has in tables and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Prophet => "prophet",
            Self::Challenger => "challenger",
            Self::Judge => "judge",
            Self::Write => "write",
        }
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// How much an issue matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing; nothing was changed or lost.
    Info,
    /// Values were repaired or left out, or a simpler model was used.
    Warning,
    /// The stage has no result for this series.
    Error,
}

impl Severity {
    /// Returns the name it has in `series_issues`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// What kind of issue it is: the `code` of `series_issues`, documented in `docs/contract.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum IssueCode {
    /// A row has no host, resource or day, or a day no calendar has.
    UnusableKey,
    /// Days without a value (NULL).
    NullValue,
    /// Days whose value is NaN, infinite or larger than any utilisation can be.
    NotFinite,
    /// Days that occur more than once; their mean is used.
    DuplicateDay,
    /// Days whose value is below zero; kept.
    NegativeValue,
    /// Days after `as_of`; left out.
    AfterAsOf,
    /// More than a tenth of the days between the first and the last observation are missing.
    Gaps,
    /// Every observation is the same number.
    Constant,
    /// No observation in the history window.
    NoHistory,
    /// No observation in the last weeks: decommissioned, or no longer monitored.
    Stale,
    /// Too few observations to forecast from.
    TooShort,
    /// Too few observations before the origin, so there is no backtest.
    NoBacktest,
    /// Too little observed for an annual season; the model goes without.
    AnnualSeasonLeftOut,
    /// Too little observed for a weekly season; the model goes without.
    WeeklySeasonLeftOut,
    /// Too little history to score the model at as many or as long inner origins as it should be.
    ValidationShortened,
    /// Too little history to score the model at inner origins at all.
    ValidationLeftOut,
    /// A member of an ensemble has no forecast, or cannot be weighed. Called `companion_left_out` by
    /// versions up to 0.1.
    MemberLeftOut,
    /// Days far from the level around them were winsorised before a model was fitted. Called
    /// `outliers_drawn_in` by versions up to 0.1.
    OutliersWinsorised,
    /// The engine's arithmetic failed.
    NumericalFailure,
    /// The engine crashed on this series.
    EngineCrash,
    /// The judge had one engine only to choose from.
    OneEngineOnly,
    /// The engines failed, both of them; seasonal naive stands in.
    NoEngine,
    /// Golden values were drawn to the limits of their resource.
    DrawnToLimits,
    /// Days of the week on which the series was never observed.
    WeekdayUnobserved,
    /// The series' last day had clearly fewer samples than its days usually have; left out.
    UnfinishedDay,
    /// Values of a percentage that lie outside 0 to 100.
    OutsidePercent,
    /// Many instants had several different values: several series share a name.
    SeveralSeriesUnderOneName,
}

impl IssueCode {
    /// Returns the name it has in `series_issues`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::UnusableKey => "unusable_key",
            Self::NullValue => "null_value",
            Self::NotFinite => "not_finite",
            Self::DuplicateDay => "duplicate_day",
            Self::NegativeValue => "negative_value",
            Self::AfterAsOf => "after_as_of",
            Self::Gaps => "gaps",
            Self::Constant => "constant",
            Self::NoHistory => "no_history",
            Self::Stale => "stale",
            Self::TooShort => "too_short",
            Self::NoBacktest => "no_backtest",
            Self::AnnualSeasonLeftOut => "annual_season_left_out",
            Self::WeeklySeasonLeftOut => "weekly_season_left_out",
            Self::ValidationShortened => "validation_shortened",
            Self::ValidationLeftOut => "validation_left_out",
            Self::MemberLeftOut => "member_left_out",
            Self::OutliersWinsorised => "outliers_winsorised",
            Self::NumericalFailure => "numerical_failure",
            Self::EngineCrash => "engine_crash",
            Self::OneEngineOnly => "one_engine_only",
            Self::NoEngine => "no_engine",
            Self::DrawnToLimits => "drawn_to_limits",
            Self::WeekdayUnobserved => "weekday_unobserved",
            Self::UnfinishedDay => "unfinished_day",
            Self::OutsidePercent => "outside_percent",
            Self::SeveralSeriesUnderOneName => "several_series_under_one_name",
        }
    }
}

impl fmt::Display for IssueCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One row of `series_issues`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesIssue {
    /// Which series.
    pub key: SeriesKey,
    /// The stage in which it was noticed.
    pub stage: Stage,
    /// The engine that noticed it, where it was one.
    pub engine: Option<&'static str>,
    /// How much it matters.
    pub severity: Severity,
    /// What it is.
    pub code: IssueCode,
    /// What happened, in words: lower case, one sentence, with the figures.
    pub message: String,
}

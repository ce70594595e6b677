//! What was wrong with a series, or was repaired.

use std::fmt;

use crate::{Day, SeriesKey, ValueShares};

/// The four stages, and the reading of the data that comes before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Stage {
    /// Reading `processed_data`.
    Data,
    /// The champion's forecasts.
    Prophet,
    /// The challenger's forecasts.
    Challenger,
    /// The forecasts of XGBoost, where it stands beside the challenger.
    Xgboost,
    /// Scores and winners.
    Judge,
    /// The golden record.
    Write,
}

impl Stage {
    /// Says whether an engine forecasts in it.
    #[must_use]
    pub fn is_of_engine(self) -> bool {
        matches!(self, Self::Prophet | Self::Challenger | Self::Xgboost)
    }

    /// Returns the name it has in tables and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Data => "data",
            Self::Prophet => "prophet",
            Self::Challenger => "challenger",
            Self::Xgboost => "xgboost",
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
    /// The level of the series became another, for good as far as can be told.
    LevelShift,
    /// The level became another so lately that it may not last.
    PendingShift,
    /// Growth or decline began lately and goes on.
    GrowthOnset,
    /// Days of the calendar that are to come, holidays and events, are expected to differ.
    CalendarEffect,
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
            Self::LevelShift => "level_shift",
            Self::PendingShift => "pending_shift",
            Self::GrowthOnset => "growth_onset",
            Self::CalendarEffect => "calendar_effect",
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

impl SeriesIssue {
    /// Makes an issue of the data itself, which no engine noticed.
    #[must_use]
    pub fn of_data(key: &SeriesKey, severity: Severity, code: IssueCode, message: String) -> Self {
        Self {
            key: key.clone(),
            stage: Stage::Data,
            engine: None,
            severity,
            code,
            message,
        }
    }

    /// Says that `rows` rows have no host, no resource or no day.
    #[must_use]
    pub fn unusable_rows(key: &SeriesKey, rows: u64) -> Self {
        let message = format!("{rows} rows have no host, no resource or no day and were left out");
        Self::of_data(key, Severity::Warning, IssueCode::UnusableKey, message)
    }

    /// Says that `rows` rows, of the days from `first` to `last`, lie after the day a run is as of.
    #[must_use]
    pub fn rows_after(key: &SeriesKey, rows: u64, first: Day, last: Day, as_of: Day) -> Self {
        let days = if first == last {
            first.to_string()
        } else {
            format!("{first} to {last}")
        };
        let message = format!("{rows} rows after {as_of} were left out, of {days}");
        Self::of_data(key, Severity::Warning, IssueCode::AfterAsOf, message)
    }

    /// Says that values of a percentage, the first of them that of `first`, lie outside 0 to 100.
    #[must_use]
    pub fn outside_percent(key: &SeriesKey, shares: &ValueShares, first: (Day, f64)) -> Self {
        let (day, value) = first;
        let first = format!("{value} on {day}");
        let (which, verb) = match shares.outside {
            1 => (first, "lies"),
            count => (format!("{count} values, the first {first},"), "lie"),
        };
        let (severity, what) = match (shares.is_percent_like(), shares.is_far) {
            (true, true) => (
                Severity::Info,
                "passed over for its limits, and left out of fits where far outside",
            ),
            (true, false) => (Severity::Info, "passed over for its limits"),
            (false, _) => (
                Severity::Warning,
                "too many for a percentage, so that no limits are assumed for this series",
            ),
        };
        let message = format!("{which} {verb} outside 0 to 100: {what}");
        Self::of_data(key, severity, IssueCode::OutsidePercent, message)
    }
}

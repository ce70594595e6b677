//! Which days are learned from, which are scored, which are forecast.

use crate::{Day, DayError, Horizon, TimeGrid};

/// How long the windows are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WindowLengths {
    /// Calendar months of the training window; at least 1.
    pub train_months: u32,
    /// Calendar months of the backtest window; at least 1.
    pub backtest_months: u32,
    /// Days forecast after the last day of data.
    pub horizon: Horizon,
}

impl Default for WindowLengths {
    /// 32 months of training, 4 of backtest, 180 days of future.
    fn default() -> Self {
        Self {
            train_months: 32,
            backtest_months: 4,
            horizon: Horizon::DEFAULT,
        }
    }
}

/// Why there is no such split.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SplitError {
    /// A window would be empty.
    #[error("a {window} window of 0 months leaves nothing to work on; give at least 1")]
    EmptyWindow {
        /// `training` or `backtest`.
        window: &'static str,
    },
    /// The windows would begin before the year 1.
    #[error(
        "{months} months before {as_of} is no day of the calendar; give fewer months, or a later last day"
    )]
    BeforeTheCalendar {
        /// The last day of data.
        as_of: Day,
        /// Months asked for.
        months: u64,
        /// What the calendar said.
        source: DayError,
    },
    /// Settings would be chosen by days that are not known yet.
    #[error(
        "settings cannot be chosen as of {chosen_on}, which lies after {as_of}, the last day of data; give an earlier day"
    )]
    ChosenLater {
        /// The last day of data.
        as_of: Day,
        /// The day by which settings were to be chosen.
        chosen_on: Day,
    },
    /// The future would end after the year 9999.
    #[error("{days} days after {as_of} is no day of the calendar; give an earlier last day")]
    PastTheCalendar {
        /// The last day of data.
        as_of: Day,
        /// Days asked for.
        days: usize,
    },
}

/// The windows around `as_of`, the last day of data.
///
/// Windows are calendar months and do not overlap:
///
/// ```text
///            training (32 months)             backtest (4 months)   future (180 days)
/// |---------------------------------------------|----------------|···············|
/// as_of − 36 months                          origin            as_of
/// ```
///
/// The origin is counted back from `as_of`, so the backtest always is the last whole months;
/// both starts are clamped at month ends as [`Day::minus_months`] does.
///
/// Where settings and winners were [chosen on an earlier day](Self::chosen_on), training and backtest are those of that day, and the days
/// since then lie between backtest and future.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split {
    training: TimeGrid,
    backtest: TimeGrid,
    /// Days between backtest and future.
    days_since: usize,
    future: TimeGrid,
}

impl Split {
    /// The windows of these lengths that end at `as_of`.
    ///
    /// # Errors
    ///
    /// [`SplitError`] where a window would be empty, begin before the year 1, or end after 9999.
    pub fn new(as_of: Day, lengths: WindowLengths) -> Result<Self, SplitError> {
        Self::chosen_on(as_of, as_of, lengths)
    }

    /// The windows where settings and winners are those that were chosen on the day `chosen_on`, and the future is what follows `as_of`:
    /// training and backtest end as they did then.
    ///
    /// # Errors
    ///
    /// [`SplitError::ChosenLater`] where `chosen_on` lies after `as_of`; else as [`Split::new`].
    pub fn chosen_on(
        chosen_on: Day,
        as_of: Day,
        lengths: WindowLengths,
    ) -> Result<Self, SplitError> {
        let days_since = usize::try_from(as_of.days_since(chosen_on))
            .map_err(|_| SplitError::ChosenLater { as_of, chosen_on })?;
        for (window, months) in [
            ("training", lengths.train_months),
            ("backtest", lengths.backtest_months),
        ] {
            if months == 0 {
                return Err(SplitError::EmptyWindow { window });
            }
        }
        let months_back = |months: u64| {
            let before_the_calendar = |source| SplitError::BeforeTheCalendar {
                as_of: chosen_on,
                months,
                source,
            };
            chosen_on
                .minus_months(u32::try_from(months).unwrap_or(u32::MAX))
                .map_err(before_the_calendar)
        };
        let origin = months_back(u64::from(lengths.backtest_months))?;
        let before_history =
            months_back(u64::from(lengths.train_months) + u64::from(lengths.backtest_months))?;
        let days = lengths.horizon.days();
        if i64::from(Day::MAX.days_since(as_of)) < i64::try_from(days).unwrap_or(i64::MAX) {
            return Err(SplitError::PastTheCalendar { as_of, days });
        }
        Ok(Self {
            training: TimeGrid::between(before_history, origin),
            backtest: TimeGrid::between(origin, chosen_on),
            days_since,
            future: TimeGrid::new(as_of.plus_days(1), days),
        })
    }

    /// Training, backtest, and the days since settings were chosen.
    #[must_use]
    pub fn history(&self) -> TimeGrid {
        TimeGrid::new(
            self.training.first(),
            self.training.len() + self.backtest.len() + self.days_since,
        )
    }

    /// What engines learn from for the backtest.
    #[must_use]
    pub fn training(&self) -> TimeGrid {
        self.training
    }

    /// What they are scored on.
    #[must_use]
    pub fn backtest(&self) -> TimeGrid {
        self.backtest
    }

    /// How many days lie between training and future: those of the backtest, and those since settings were chosen.
    #[must_use]
    pub fn days_until_future(&self) -> usize {
        self.backtest.len() + self.days_since
    }

    /// What is forecast.
    #[must_use]
    pub fn future(&self) -> TimeGrid {
        self.future
    }

    /// The last day of training: nothing after it may be known in the backtest.
    #[must_use]
    pub fn origin(&self) -> Day {
        self.training.last()
    }

    /// The last day of data.
    #[must_use]
    pub fn as_of(&self) -> Day {
        self.history().last()
    }

    /// The day by whose data settings and winners are chosen: the last of the backtest, and the last of data as a rule.
    #[must_use]
    pub fn chosen_as_of(&self) -> Day {
        self.backtest.last()
    }

    /// The windows as they were on the day settings were chosen: the same where that is the last day of data.
    #[must_use]
    pub fn when_chosen(&self) -> Self {
        Self {
            days_since: 0,
            future: TimeGrid::new(self.backtest.last().plus_days(1), self.future.len()),
            ..*self
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(as_of: &str) -> Split {
        Split::new(as_of.parse().unwrap(), WindowLengths::default()).unwrap()
    }

    #[test]
    fn windows_are_calendar_months() {
        for (as_of, first, origin, backtest_days) in [
            ("2025-12-31", "2023-01-01", "2025-08-31", 122),
            ("2020-07-01", "2017-07-02", "2020-03-01", 122),
            ("2024-02-29", "2021-03-01", "2023-10-29", 123),
            ("2025-06-30", "2022-07-01", "2025-02-28", 122),
        ] {
            let split = split(as_of);
            assert_eq!(split.history().first().to_string(), first, "{as_of}");
            assert_eq!(split.origin().to_string(), origin, "{as_of}");
            assert_eq!(split.backtest().len(), backtest_days, "{as_of}");
        }
    }

    #[test]
    fn windows_of_nothing_are_refused() {
        let as_of: Day = "2025-12-31".parse().unwrap();
        let lengths = WindowLengths {
            backtest_months: 0,
            ..WindowLengths::default()
        };
        let error = Split::new(as_of, lengths).unwrap_err();
        assert_eq!(
            error.to_string(),
            "a backtest window of 0 months leaves nothing to work on; give at least 1"
        );
        let lengths = WindowLengths {
            train_months: u32::MAX,
            ..WindowLengths::default()
        };
        assert!(Split::new(as_of, lengths).is_err());
    }

    #[test]
    fn settings_may_be_chosen_earlier() {
        let (chosen_on, as_of) = ("2025-06-30".parse().unwrap(), "2025-07-20".parse().unwrap());
        let lengths = WindowLengths::default();
        let split = Split::chosen_on(chosen_on, as_of, lengths).unwrap();
        let then = Split::new(chosen_on, lengths).unwrap();
        assert_eq!(split.training(), then.training());
        assert_eq!(split.backtest(), then.backtest());
        assert_eq!(split.chosen_as_of(), chosen_on);
        assert_eq!(split.as_of(), as_of);
        assert_eq!(split.history().first(), then.history().first());
        assert_eq!(split.history().len(), then.history().len() + 20);
        assert_eq!(split.future(), Split::new(as_of, lengths).unwrap().future());
        assert_eq!(split.when_chosen(), then);
        assert_eq!(
            Split::chosen_on(as_of, chosen_on, lengths)
                .unwrap_err()
                .to_string(),
            "settings cannot be chosen as of 2025-07-20, which lies after 2025-06-30, the last day of data; give an earlier day"
        );
    }

    #[test]
    fn a_future_past_the_calendar_is_refused() {
        let split_at = |as_of: Day| Split::new(as_of, WindowLengths::default());
        let last_possible = Day::MAX.minus_days(180);
        assert_eq!(split_at(last_possible).unwrap().future().last(), Day::MAX);
        assert_eq!(
            split_at(last_possible.plus_days(1)),
            Err(SplitError::PastTheCalendar {
                as_of: last_possible.plus_days(1),
                days: 180
            })
        );
    }

    proptest! {
        #[test]
        fn windows_meet_and_do_not_overlap(
            days in 40_000_i64 / 2..40_000,
            train_months in 1_u32..60,
            backtest_months in 1_u32..12,
        ) {
            let as_of = Day::from_epoch_days(days).unwrap();
            let lengths = WindowLengths { train_months, backtest_months, ..WindowLengths::default() };
            let split = Split::new(as_of, lengths).unwrap();
            prop_assert_eq!(split.as_of(), as_of);
            prop_assert_eq!(split.training().last().plus_days(1), split.backtest().first());
            prop_assert_eq!(split.backtest().last().plus_days(1), split.future().first());
            prop_assert_eq!(split.history().last(), as_of);
            prop_assert!(!split.training().is_empty() && !split.backtest().is_empty());
        }
    }
}

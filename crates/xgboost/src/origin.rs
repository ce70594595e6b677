//! What is known of a series at one origin: its base forecast, simple forecasts beside it, and levels.

use fleetcast_core::{SEASON_WEEK, SEASON_YEAR};

use crate::base::Base;
use crate::history::History;

/// Weeks whose weekday means forecast weekdays.
const WEEKS_OF_MEANS: usize = 8;

/// Days a month of whole weeks has, by which a year's growth is taken.
const MONTH: usize = 28;

/// Smoothing parameters of the levels of residuals, from slow to quick.
pub(crate) const LEVELS: [f64; 4] = [0.01, 0.04, 0.15, 0.5];

/// Days that a level begins with, as their mean, and days it is smoothed over at most.
const LEVEL_DAYS: (usize, usize) = (28, 400);

/// Half the length of the short and the long centred mean of days of a year ago: 7 and 29 days.
pub(crate) const HALF_WEEK: usize = 3;
pub(crate) const HALF_MONTH: usize = 14;

/// What is known at an origin, from the days before it alone.
#[derive(Debug)]
pub(crate) struct Origin {
    /// How many days of the history lie before it.
    pub(crate) day: usize,
    /// The base forecast.
    pub(crate) base: Base,
    /// Mean of the last month less that of the same days a year ago; 0 where there are none.
    growth: f64,
    /// Means of the last eight weeks' days, the first of the origin's own weekday.
    week: [f64; SEASON_WEEK],
    /// The level of residuals, one a smoothing parameter of [`LEVELS`].
    pub(crate) levels: [f64; LEVELS.len()],
}

impl Origin {
    /// Puts together what is known after the first `day` days of `history`.
    pub(crate) fn new(history: &History, day: usize, base: Base) -> Self {
        let growth = if day >= SEASON_YEAR + MONTH {
            history.mean_before(day, MONTH) - history.mean_before(day - SEASON_YEAR, MONTH)
        } else {
            0.0
        };
        let values = &history.values()[..day];
        let weeks = &values[day.saturating_sub(WEEKS_OF_MEANS * SEASON_WEEK)..];
        let week = std::array::from_fn(|weekday| {
            let days = weeks.iter().rev().skip(SEASON_WEEK - 1 - weekday);
            let (sum, count) = days
                .step_by(SEASON_WEEK)
                .fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
            sum / f64::max(count, 1.0)
        });
        let levels = levels(&base.residuals);
        Self {
            day,
            base,
            growth,
            week,
            levels,
        }
    }

    /// Returns the day whose value a year of whole weeks before day `step` after the origin is known: further years
    /// back where one is not enough.
    pub(crate) fn year_before(&self, step: usize) -> Option<usize> {
        let years = step / SEASON_YEAR + 1;
        (self.day + step).checked_sub(years * SEASON_YEAR)
    }

    /// Returns what the trend adds on day `step` after the origin.
    pub(crate) fn trend(&self, step: usize) -> f64 {
        self.base.slope * step as f64
    }

    /// Returns the value of a year before, NaN where there is none.
    pub(crate) fn naive(&self, history: &History, step: usize) -> f64 {
        self.year_before(step)
            .map_or(f64::NAN, |day| history.values()[day])
    }

    /// Returns the mean of the days around that of a year before, NaN where there is none.
    pub(crate) fn naive_mean(&self, history: &History, step: usize, half: usize) -> f64 {
        self.year_before(step)
            .map_or(f64::NAN, |day| history.mean_around(day, half, self.day))
    }

    /// Returns the mean of the week around the day of a year before, with the year's growth.
    pub(crate) fn naive_grown(&self, history: &History, step: usize) -> f64 {
        self.naive_mean(history, step, HALF_WEEK) + self.growth
    }

    /// Returns the mean of the last eight days of the same weekday.
    pub(crate) fn weekday_mean(&self, step: usize) -> f64 {
        self.week[step % SEASON_WEEK]
    }
}

/// Smooths the last residuals exponentially, once a parameter.
fn levels(residuals: &[f64]) -> [f64; LEVELS.len()] {
    let recent = &residuals[residuals.len().saturating_sub(LEVEL_DAYS.1)..];
    let begin = &recent[..recent.len().min(LEVEL_DAYS.0)];
    let mean = begin.iter().sum::<f64>() / begin.len().max(1) as f64;
    let mut levels = [mean; LEVELS.len()];
    for residual in recent {
        for (level, alpha) in levels.iter_mut().zip(LEVELS) {
            *level += alpha * (residual - *level);
        }
    }
    levels
}

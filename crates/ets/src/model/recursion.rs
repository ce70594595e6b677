//! The recursion itself, a day at a time.

use super::form::{ErrorKind, Form, Season, Trend};
use super::parameters::Smoothing;
use super::states::States;

/// What the recursion says about one day.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DayOfRecursion {
    /// The forecast of the day from the day before.
    pub(crate) fitted: f64,
    /// Level after the day.
    pub(crate) level: f64,
    /// Growth after the day.
    pub(crate) growth: f64,
    /// The seasonal state the day had before it was updated.
    pub(crate) season: f64,
}

/// A model's states, moving through the days.
///
/// Updates are those of Hyndman, Koehler, Ord & Snyder 2008, tables 2.2 and 2.3, written in the
/// error of the observation, so that additive and multiplicative errors share them. On a missing
/// day nothing is learned: the error is taken as zero, growth and damping go on.
#[derive(Debug, Clone)]
pub(crate) struct Recursion {
    form: Form,
    smoothing: Smoothing,
    states: States,
    /// Which entry of the season is today's.
    today: usize,
}

impl Recursion {
    pub(crate) fn new(form: Form, smoothing: Smoothing, states: States) -> Self {
        Self {
            form,
            smoothing,
            states,
            today: 0,
        }
    }

    /// The forecast of the next day.
    pub(crate) fn expected(&self) -> f64 {
        let base = self.base();
        match self.form.season() {
            Season::None => base,
            Season::Additive => base + self.states.season[self.today],
            Season::Multiplicative => base * self.states.season[self.today],
        }
    }

    /// Moves on by a day with value `y` (NaN where it is missing).
    pub(crate) fn step(&mut self, y: f64) -> DayOfRecursion {
        let fitted = self.expected();
        let error = if y.is_nan() { 0.0 } else { y - fitted };
        let base = self.base();
        let season = self.states.season.get(self.today).copied();
        let season_today = season.unwrap_or(match self.form.season() {
            Season::Multiplicative => 1.0,
            Season::None | Season::Additive => 0.0,
        });
        let (error_of_base, error_of_season) = match self.form.season() {
            Season::Multiplicative => (error / season_today, error / base),
            Season::None | Season::Additive => (error, error),
        };
        let Smoothing {
            alpha,
            beta,
            gamma,
            phi,
        } = self.smoothing;
        if self.form.has_trend() {
            self.states.growth = phi * self.states.growth + beta * error_of_base;
        }
        self.states.level = base + alpha * error_of_base;
        if season.is_some() {
            self.states.season[self.today] = season_today + gamma * error_of_season;
            self.today = (self.today + 1) % self.states.season.len();
        }
        DayOfRecursion {
            fitted,
            level: self.states.level,
            growth: self.states.growth,
            season: season_today,
        }
    }

    /// Moves on by a day with relative or absolute innovation `epsilon`, as the form's errors are,
    /// and returns that day's value: how futures are simulated.
    pub(crate) fn simulate(&mut self, epsilon: f64) -> f64 {
        let expected = self.expected();
        let y = match self.form.error() {
            ErrorKind::Additive => expected + epsilon,
            ErrorKind::Multiplicative => expected * (1.0 + epsilon),
        };
        self.step(y);
        y
    }

    /// The states, with the next day's season first.
    pub(crate) fn into_states(mut self) -> States {
        self.states.season.rotate_left(self.today);
        self.states
    }

    /// Level and damped growth: what the next day has without its season.
    fn base(&self) -> f64 {
        match self.form.trend() {
            Trend::None => self.states.level,
            Trend::Additive | Trend::Damped => {
                self.states.level + self.smoothing.phi * self.states.growth
            }
        }
    }
}

//! What an engine does with short and with constant series: one policy for all of them.

use std::ops::Range;

use crate::{Failure, Forecast, Horizon, MIN_OBSERVATIONS, Outcome, SeriesView};

/// What a series is to an engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Usable {
    /// Every observation is the same number: nothing to fit, and the series is forecast as it.
    Constant,
    /// A model can be fitted to the days from the first observation to the last, as indices of the
    /// series' values.
    Varying(Range<usize>),
}

impl SeriesView<'_> {
    /// Says whether a model can be fitted to this series.
    ///
    /// ```
    /// use fleetcast_core::{DailySeries, Usable};
    ///
    /// let days: Vec<i32> = (0..20).collect();
    /// let series = DailySeries::new(&days, &[7.5; 20])?;
    /// assert_eq!(series.view().usable(), Ok(Usable::Constant));
    /// let short = DailySeries::new(&days[..3], &[1.0, 2.0, 3.0])?;
    /// let error = short.view().usable().unwrap_err();
    /// assert_eq!(error.to_string(), "3 observed days, 14 needed");
    /// # Ok::<(), fleetcast_core::SeriesError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Failure::TooShort`] where fewer than [`MIN_OBSERVATIONS`] days are observed.
    #[inline]
    pub fn usable(self) -> Result<Usable, Failure> {
        let observed = self.values.iter().filter(|value| !value.is_nan());
        // Nearly always there are enough, and the first few days tell.
        let is_enough = observed.take(MIN_OBSERVATIONS).count() == MIN_OBSERVATIONS;
        match self.observed_span() {
            Some(_) if is_enough && self.constant_value().is_some() => Ok(Usable::Constant),
            Some(span) if is_enough => Ok(Usable::Varying(span)),
            _ => Err(Failure::TooShort {
                found: self.observed(),
                needed: MIN_OBSERVATIONS,
            }),
        }
    }

    /// Returns what every engine says of a series that needs no model: why a short one has no forecast,
    /// or the forecast of a constant one, which is that constant on every day after the series.
    ///
    /// Where a model is needed, `model` is called with the days from the first observation to the last,
    /// as indices of the series' values.
    pub fn forecast_or(
        self,
        horizon: Horizon,
        model: impl FnOnce(Range<usize>) -> Outcome,
    ) -> Outcome {
        self.days_to_fit(horizon)
            .map_or_else(|outcome| *outcome, model)
    }

    /// Returns the days a model is fitted to, from the first observation to the last, as indices of the series' values.
    ///
    /// # Errors
    ///
    /// The outcome of a series that needs no model, as [`forecast_or`](Self::forecast_or) has it.
    pub fn days_to_fit(self, horizon: Horizon) -> Result<Range<usize>, Box<Outcome>> {
        match self.usable() {
            Err(failure) => Err(Box::new(failure.into())),
            Ok(Usable::Varying(span)) => Ok(span),
            Ok(Usable::Constant) => {
                let value = self.constant_value().unwrap_or(f64::NAN);
                let first = self.grid.last().plus_days(1);
                let forecast = Forecast::constant(first, horizon, value);
                let outcome =
                    forecast.map_or_else(|error| Failure::from(error).into(), Outcome::of);
                Err(Box::new(outcome))
            }
        }
    }
}

//! A series as searches see it.

use fleetcast_numerics::Path;

use super::settings::Settings;
use crate::likelihood::Observations;
use crate::model::{EtsError, Form, Season, States};

/// A series, scaled to a size near 1 by a power of two.
pub(crate) struct Series<'a> {
    pub(crate) y: &'a [f64],
    pub(crate) settings: &'a Settings,
    pub(crate) observations: Observations,
    /// Scaled values times this are the series' own.
    pub(crate) unit: f64,
    pub(crate) least: f64,
    pub(crate) mean: f64,
    pub(crate) path: Path,
}

impl<'a> Series<'a> {
    pub(crate) fn new(y: &'a [f64], settings: &'a Settings) -> Result<Self, EtsError> {
        settings.limits.check()?;
        if let Some(index) = y.iter().position(|value| value.is_infinite()) {
            return Err(EtsError::Infinite { index });
        }
        let (mut largest, mut least) = (0.0, f64::INFINITY);
        for value in y {
            // Comparisons with a missing value are false.
            if value.abs() > largest {
                largest = value.abs();
            }
            if *value < least {
                least = *value;
            }
        }
        let unit = power_of_two_near(largest);
        let observations = Observations::new(y, 1.0 / unit);
        let count = observations.count.max(1) as f64;
        Ok(Self {
            y,
            settings,
            unit,
            least,
            mean: observations.y.iter().sum::<f64>() / count,
            observations,
            path: settings.path.unwrap_or_else(Path::best),
        })
    }

    /// How many parameters and states of `form` are estimated, the variance included; an error where
    /// the series does not allow that.
    pub(crate) fn parameters(&self, form: Form) -> Result<usize, EtsError> {
        let season_length = self.settings.season_length;
        if form.has_season() && season_length < 2 {
            return Err(EtsError::SeasonLength {
                form,
                season_length,
            });
        }
        // What is given is not estimated; the variance is. A season length beyond all bounds asks
        // for more observations than there can be, and is turned away below.
        let estimated = form.smoothing_parameters() - self.settings.fixed.count(form) + 1;
        let parameters = form.initial_states(season_length).saturating_add(estimated);
        // One more than AICc divides by, and a whole season.
        let needed = parameters.saturating_add(2);
        if self.observations.count < needed {
            return Err(EtsError::TooShort {
                form,
                needed,
                found: self.observations.count,
            });
        }
        if form.needs_positive() && self.least <= 0.0 {
            return Err(EtsError::NotPositive {
                form,
                value: self.least,
            });
        }
        Ok(parameters)
    }
}

/// The power of two at or below `size`, so that dividing by it loses no bit.
fn power_of_two_near(size: f64) -> f64 {
    if size < f64::MIN_POSITIVE {
        return 1.0;
    }
    let exponent = (size.to_bits() >> 52).clamp(64, 1982);
    f64::from_bits(exponent << 52)
}

/// Returns the states of the same model of a series `unit` times as large.
pub(crate) fn scaled(form: Form, states: &States, unit: f64) -> States {
    let seasonal_unit = match form.season() {
        Season::None | Season::Additive => unit,
        Season::Multiplicative => 1.0,
    };
    States {
        level: states.level * unit,
        growth: states.growth * unit,
        season: states
            .season
            .iter()
            .map(|season| season * seasonal_unit)
            .collect(),
    }
}

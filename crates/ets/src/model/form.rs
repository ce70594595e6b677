//! The forms of the family: which error, trend and season a model has.

use std::fmt;
use std::str::FromStr;

use super::error::EtsError;

/// How errors enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// y = ŷ + ε.
    Additive,
    /// y = ŷ (1 + ε): the spread grows with the level. For positive series.
    Multiplicative,
}

/// What the level does by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trend {
    /// Nothing.
    None,
    /// It grows by the same amount every day.
    Additive,
    /// It grows by an amount that fades by a factor φ a day.
    Damped,
}

/// What repeats.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Season {
    /// Nothing.
    None,
    /// A season is added to the level.
    Additive,
    /// The level is multiplied by a season. For positive series.
    Multiplicative,
}

/// A form of exponential smoothing, such as `AAdA`: additive errors, damped trend, additive season.
///
/// The taxonomy is that of Hyndman, Koehler, Ord & Snyder 2008, *Forecasting with Exponential
/// Smoothing*, tables 2.2 and 2.3. Multiplicative trends, and additive errors with a multiplicative
/// season, are left out for their instability (§15.2.3 there); 15 forms remain.
///
/// ```
/// use fleetcast_ets::Form;
///
/// let form: Form = "MAdM".parse()?;
/// assert_eq!(form.to_string(), "MAdM");
/// assert_eq!(Form::ALL.len(), 15);
/// # Ok::<(), fleetcast_ets::EtsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Form {
    error: ErrorKind,
    trend: Trend,
    season: Season,
}

impl Form {
    /// All 15 forms, simple ones first.
    pub const ALL: [Self; 15] = {
        use ErrorKind::{Additive as A, Multiplicative as M};
        const fn form(error: ErrorKind, trend: Trend, season: Season) -> Form {
            Form {
                error,
                trend,
                season,
            }
        }
        [
            form(A, Trend::None, Season::None),
            form(A, Trend::Additive, Season::None),
            form(A, Trend::Damped, Season::None),
            form(A, Trend::None, Season::Additive),
            form(A, Trend::Additive, Season::Additive),
            form(A, Trend::Damped, Season::Additive),
            form(M, Trend::None, Season::None),
            form(M, Trend::Additive, Season::None),
            form(M, Trend::Damped, Season::None),
            form(M, Trend::None, Season::Additive),
            form(M, Trend::Additive, Season::Additive),
            form(M, Trend::Damped, Season::Additive),
            form(M, Trend::None, Season::Multiplicative),
            form(M, Trend::Additive, Season::Multiplicative),
            form(M, Trend::Damped, Season::Multiplicative),
        ]
    };

    /// The six forms whose errors, trend and season are additive: linear models, whose intervals
    /// have a closed form.
    pub const ADDITIVE: [Self; 6] = [
        Self::ALL[0],
        Self::ALL[1],
        Self::ALL[2],
        Self::ALL[3],
        Self::ALL[4],
        Self::ALL[5],
    ];

    /// A form.
    ///
    /// # Errors
    ///
    /// [`EtsError::UnstableForm`] for additive errors with a multiplicative season.
    pub fn new(error: ErrorKind, trend: Trend, season: Season) -> Result<Self, EtsError> {
        let form = Self {
            error,
            trend,
            season,
        };
        match (error, season) {
            (ErrorKind::Additive, Season::Multiplicative) => {
                Err(EtsError::UnstableForm(form.to_string()))
            }
            _ => Ok(form),
        }
    }

    /// How errors enter.
    #[must_use]
    pub fn error(self) -> ErrorKind {
        self.error
    }

    /// What the level does.
    #[must_use]
    pub fn trend(self) -> Trend {
        self.trend
    }

    /// What repeats.
    #[must_use]
    pub fn season(self) -> Season {
        self.season
    }

    /// Whether everything in it is additive.
    #[must_use]
    pub fn is_additive(self) -> bool {
        self.error == ErrorKind::Additive
    }

    /// Whether it needs positive values: anything multiplicative does.
    #[must_use]
    pub fn needs_positive(self) -> bool {
        self.error == ErrorKind::Multiplicative
    }

    /// Whether it has a trend, damped or not.
    #[must_use]
    pub fn has_trend(self) -> bool {
        self.trend != Trend::None
    }

    /// Whether it has a season.
    #[must_use]
    pub fn has_season(self) -> bool {
        self.season != Season::None
    }

    /// How many smoothing parameters it has: α, and β, γ, φ where it has trend, season, damping.
    #[must_use]
    pub fn smoothing_parameters(self) -> usize {
        1 + usize::from(self.has_trend())
            + usize::from(self.trend == Trend::Damped)
            + usize::from(self.has_season())
    }

    /// How many initial states it has for a season of `season_length` days: level, trend, and all
    /// seasonal states but one, since they are normalised.
    #[must_use]
    pub fn initial_states(self, season_length: usize) -> usize {
        let seasonal = if self.has_season() {
            season_length.saturating_sub(1)
        } else {
            0
        };
        usize::saturating_add(1 + usize::from(self.has_trend()), seasonal)
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let error = match self.error {
            ErrorKind::Additive => "A",
            ErrorKind::Multiplicative => "M",
        };
        let trend = match self.trend {
            Trend::None => "N",
            Trend::Additive => "A",
            Trend::Damped => "Ad",
        };
        let season = match self.season {
            Season::None => "N",
            Season::Additive => "A",
            Season::Multiplicative => "M",
        };
        write!(f, "{error}{trend}{season}")
    }
}

impl FromStr for Form {
    type Err = EtsError;

    /// `ANN`, `AAdA`, `MAdM` and so on: error, trend, season.
    fn from_str(text: &str) -> Result<Self, EtsError> {
        let known = Self::ALL.iter().find(|form| form.to_string() == text);
        match text {
            "ANM" | "AAM" | "AAdM" => Err(EtsError::UnstableForm(text.to_owned())),
            _ => known
                .copied()
                .ok_or_else(|| EtsError::UnknownForm(text.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for form in Form::ALL {
            assert_eq!(form.to_string().parse::<Form>().unwrap(), form);
        }
        for (name, message) in [
            (
                "AAM",
                "AAM: additive errors with a multiplicative season are unstable",
            ),
            ("ZZZ", "`ZZZ` is no form such as ANN, AAdA or MAM"),
        ] {
            assert_eq!(name.parse::<Form>().unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn parameters_are_counted_as_r_does() {
        for (name, parameters, states) in [("ANN", 1, 1), ("AAdN", 3, 2), ("MAdM", 4, 8)] {
            let form: Form = name.parse().unwrap();
            assert_eq!(form.smoothing_parameters(), parameters, "{name}");
            assert_eq!(form.initial_states(7), states, "{name}");
        }
    }
}

//! How far a forecast can be trusted, in one letter.

use std::fmt;

/// A grade, from A (best) to D.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Trust {
    /// Typical errors of at most 5 % of the series' level, and nothing that speaks against it.
    A,
    /// Up to 10 %.
    B,
    /// Up to 20 %.
    C,
    /// Worse, or never put to the test.
    D,
}

/// The ends of A, B and C: the error to expect, in percent of the series' level.
const ERROR_LIMITS: [f64; 3] = [5.0, 10.0, 20.0];

/// An origin this many times as bad as the mean of all makes a forecast unstable.
const UNSTABLE: f64 = 2.0;

/// An interval that held a smaller share of the backtest's days than this promised too much.
const LEAST_COVERAGE: f64 = 0.5;

/// A level has shifted that lay this many half widths off in the last weeks of the backtest.
const SHIFTED: f64 = 1.0;

/// Fewer observed days than a year are too few to know a year by.
const LEAST_DAYS: usize = 365;

/// What a grade rests on, all of it from before the future begins.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct TrustEvidence {
    /// The mean absolute error over backtest and inner origins, in percent of the series' level;
    /// `None` where nothing was put to the test, or the level is zero and the errors are not.
    pub(crate) error_percent: Option<f64>,
    /// 1 − MAE/MAE of seasonal naive, on the backtest.
    pub(crate) skill: Option<f64>,
    /// The worst origin's error as a multiple of the mean one.
    pub(crate) instability: f64,
    /// The share of backtest days inside the interval promised before it.
    pub(crate) coverage: Option<f64>,
    /// How far the last four weeks of the backtest lay off on average, in half widths.
    pub(crate) shift: f64,
    /// Observed days of the history.
    pub(crate) observed: usize,
}

impl Trust {
    /// The grade: by the error to expect, and one lower where anything speaks against it.
    pub(crate) fn grade(evidence: &TrustEvidence) -> Self {
        let Some(error) = evidence.error_percent else {
            return Self::D;
        };
        let by_error = ERROR_LIMITS
            .into_iter()
            .zip([Self::A, Self::B, Self::C])
            .find_map(|(limit, grade)| (error <= limit).then_some(grade))
            .unwrap_or(Self::D);
        let speaks_against = evidence.skill.is_some_and(|skill| skill < 0.0)
            || evidence.instability > UNSTABLE
            || evidence
                .coverage
                .is_some_and(|coverage| coverage < LEAST_COVERAGE)
            || evidence.shift > SHIFTED
            || evidence.observed < LEAST_DAYS;
        if speaks_against {
            by_error.lower()
        } else {
            by_error
        }
    }

    /// Returns the grade of this name, if there is one.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::A, Self::B, Self::C, Self::D]
            .into_iter()
            .find(|grade| grade.as_str() == name)
    }

    /// Returns the grade, C where it is better: what a forecast is worth that rests on how a young regime is read.
    pub(crate) fn at_best_c(self) -> Self {
        self.max(Self::C)
    }

    /// Returns the next lower grade; the lowest stays.
    #[must_use]
    pub fn lower(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::C,
            Self::C | Self::D => Self::D,
        }
    }

    /// The letter.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
            Self::C => "C",
            Self::D => "D",
        }
    }
}

impl fmt::Display for Trust {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUND: TrustEvidence = TrustEvidence {
        error_percent: Some(4.0),
        skill: Some(0.2),
        instability: 1.3,
        coverage: Some(0.8),
        shift: 0.3,
        observed: 1096,
    };

    #[test]
    fn the_error_gives_the_grade() {
        for (error, grade) in [
            (Some(0.0), Trust::A),
            (Some(5.0), Trust::A),
            (Some(5.1), Trust::B),
            (Some(15.0), Trust::C),
            (Some(21.0), Trust::D),
            (None, Trust::D),
        ] {
            let evidence = TrustEvidence {
                error_percent: error,
                ..SOUND
            };
            assert_eq!(Trust::grade(&evidence), grade, "{error:?}");
        }
    }

    #[test]
    fn what_speaks_against_it_costs_a_grade_once() {
        let doubts = [
            TrustEvidence {
                skill: Some(-0.1),
                ..SOUND
            },
            TrustEvidence {
                instability: 2.5,
                ..SOUND
            },
            TrustEvidence {
                coverage: Some(0.4),
                ..SOUND
            },
            TrustEvidence {
                shift: 1.5,
                ..SOUND
            },
            TrustEvidence {
                observed: 200,
                ..SOUND
            },
            TrustEvidence {
                observed: 200,
                shift: 9.0,
                ..SOUND
            },
        ];
        for evidence in doubts {
            assert_eq!(Trust::grade(&evidence), Trust::B, "{evidence:?}");
        }
    }
}

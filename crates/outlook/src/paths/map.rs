//! Probabilities by what became of those that were said.

/// The identity counts like so many open cases.
const PRIOR: f64 = 60.0;

/// The most a step of Newton's method may change.
const LONGEST_STEP: f64 = 1.0;

const STEPS: usize = 20;

/// Probabilities enter their logarithmic odds at least so far from 0 and 1: what was never seen to happen among some
/// hundred ways to go on may well happen.
pub(super) const LEAST_PROBABILITY: f64 = 0.002;

/// A monotone map of probabilities: their logarithmic odds are shifted, so that a fleet whose outlooks said too little (or
/// too much) in the past says more (or less).
///
/// It is Platt's calibration (1999, *Probabilistic outputs for support vector machines*) with a slope of 1: with a free
/// slope, a few surprises among what was held for impossible decided everything else. 0 stays 0, and 1 stays 1.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct ProbabilityMap {
    shift: f64,
}

/// A probability that was said, and whether it came true.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case {
    /// What was said, 0 to 1.
    pub said: f64,
    /// Whether it came true.
    pub came_true: bool,
    /// How much it counts.
    pub weight: f64,
}

fn odds(probability: f64) -> f64 {
    let inside = probability.clamp(LEAST_PROBABILITY, 1.0 - LEAST_PROBABILITY);
    libm::log(inside / (1.0 - inside))
}

fn probability_of(odds: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-odds))
}

impl ProbabilityMap {
    /// Fits the map to cases: the largest weighted likelihood, with a normal prior at the identity.
    #[must_use]
    pub fn fit(cases: &[Case]) -> Self {
        let prior = PRIOR / 4.0;
        let mut shift = 0.0;
        for _ in 0..STEPS {
            let (mut slope, mut curvature) = (-prior * shift, prior);
            for case in cases {
                let mapped = probability_of(shift + odds(case.said));
                slope += case.weight * (f64::from(u8::from(case.came_true)) - mapped);
                curvature += case.weight * mapped * (1.0 - mapped);
            }
            shift += (slope / curvature).clamp(-LONGEST_STEP, LONGEST_STEP);
        }
        Self { shift }
    }

    /// Returns what is added to logarithmic odds; 0 of the identity.
    #[must_use]
    pub fn shift(&self) -> f64 {
        self.shift
    }

    /// Returns what a probability becomes.
    #[must_use]
    pub fn of(&self, probability: f64) -> f64 {
        if probability <= 0.0 || probability >= 1.0 || self.shift == 0.0 {
            return probability.clamp(0.0, 1.0);
        }
        // Below the least odds the map goes on in proportion, so that it stays monotone.
        if probability < LEAST_PROBABILITY {
            return self.of(LEAST_PROBABILITY) * probability / LEAST_PROBABILITY;
        }
        if probability > 1.0 - LEAST_PROBABILITY {
            let certain = self.of(1.0 - LEAST_PROBABILITY);
            return 1.0 - (1.0 - certain) * (1.0 - probability) / LEAST_PROBABILITY;
        }
        probability_of(self.shift + odds(probability))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cases(said: f64, true_of_ten: usize, count: usize) -> Vec<Case> {
        let case = |index: usize| Case {
            said,
            came_true: index % 10 < true_of_ten,
            weight: 1.0,
        };
        (0..count).map(case).collect()
    }

    #[test]
    fn what_came_true_more_often_is_said_to_be_more_likely() {
        let map = ProbabilityMap::fit(&cases(0.5, 8, 10_000));
        assert!((map.of(0.5) - 0.8).abs() < 0.01, "{}", map.of(0.5));
        let less = ProbabilityMap::fit(&cases(0.5, 2, 10_000));
        assert!((less.of(0.5) - 0.2).abs() < 0.01);
        // Few cases move little, and none nothing.
        let few = ProbabilityMap::fit(&cases(0.5, 8, 10)).of(0.5);
        assert!((0.5..0.6).contains(&few), "{few}");
        assert_eq!(ProbabilityMap::fit(&[]), ProbabilityMap::default());
    }

    #[test]
    fn it_is_monotone_and_keeps_what_is_certain() {
        for map in [
            ProbabilityMap::default(),
            ProbabilityMap::fit(&cases(0.3, 9, 1000)),
            ProbabilityMap::fit(&cases(0.7, 1, 1000)),
        ] {
            assert!(map.of(0.0).abs() < 1e-15 && (map.of(1.0) - 1.0).abs() < 1e-15);
            let mapped: Vec<f64> = (0..=10_000)
                .map(|step| map.of(f64::from(step) / 10_000.0))
                .collect();
            assert!(mapped.is_sorted(), "{map:?}");
            assert!(mapped.iter().all(|p| (0.0..=1.0).contains(p)));
        }
    }
}

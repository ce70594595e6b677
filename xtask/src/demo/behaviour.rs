//! The ten behaviours of a demo fleet, and the defects of a few of its series.

use std::f64::consts::TAU;

use rand::RngExt;
use rand_distr::{Distribution, Normal};
use rand_pcg::Pcg64;

/// The value of a day, before noise; some shapes draw random numbers as they go.
type Shape = Box<dyn FnMut(usize, &mut Pcg64) -> f64>;

/// How a series behaves. Values are percent of the resource's capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Behaviour {
    Steady,
    LinearGrowth,
    WeeklyCycle,
    AnnualCycle,
    Bursty,
    StepChange,
    Saturating,
    Declining,
    IdleWithJobs,
    Sawtooth,
}

impl Behaviour {
    pub(crate) const ALL: [Self; 10] = [
        Self::Steady,
        Self::LinearGrowth,
        Self::WeeklyCycle,
        Self::AnnualCycle,
        Self::Bursty,
        Self::StepChange,
        Self::Saturating,
        Self::Declining,
        Self::IdleWithJobs,
        Self::Sawtooth,
    ];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::Steady => "steady",
            Self::LinearGrowth => "linear_growth",
            Self::WeeklyCycle => "weekly_cycle",
            Self::AnnualCycle => "annual_cycle",
            Self::Bursty => "bursty",
            Self::StepChange => "step_change",
            Self::Saturating => "saturating",
            Self::Declining => "declining",
            Self::IdleWithJobs => "idle_with_jobs",
            Self::Sawtooth => "sawtooth",
        }
    }

    /// One value a day, from 0 to 100.
    pub(crate) fn values(self, days: usize, random: &mut Pcg64) -> Vec<f64> {
        let span = days.max(1) as f64;
        let noise = random.random_range(0.5..2.0);
        let mut shape = self.shape(span, random);
        (0..days)
            .map(|day| {
                let value = shape(day, random) + noise * standard_normal(random);
                value.clamp(0.0, 100.0)
            })
            .collect()
    }

    /// The behaviour's own course, before the noise every series has.
    fn shape(self, span: f64, random: &mut Pcg64) -> Shape {
        match self {
            Self::Steady => {
                let level = random.random_range(10.0..80.0);
                let weekend = random.random_range(-3.0..0.0);
                Box::new(move |day, _| level + weekend * weekend_share(day))
            }
            Self::LinearGrowth => {
                let from = random.random_range(10.0..45.0);
                let growth = random.random_range(10.0..45.0);
                Box::new(move |day, _| from + growth * day as f64 / span)
            }
            Self::WeeklyCycle => {
                let level = random.random_range(30.0..65.0);
                let weekend = random.random_range(-28.0..-12.0);
                let growth = random.random_range(-4.0..8.0);
                Box::new(move |day, _| {
                    level + growth * day as f64 / span + weekend * weekend_share(day)
                })
            }
            Self::AnnualCycle => {
                let level = random.random_range(35.0..60.0);
                let swing = random.random_range(8.0..25.0);
                let peak = random.random_range(0.0..365.25);
                let weekend = random.random_range(-8.0..0.0);
                Box::new(move |day, _| {
                    let season = (TAU * (day as f64 - peak) / 365.25).cos();
                    level + swing * season + weekend * weekend_share(day)
                })
            }
            Self::Bursty => {
                let level = random.random_range(15.0..40.0);
                let mut burst = 0.0;
                Box::new(move |_, random| {
                    if random.random_bool(0.04) {
                        burst = random.random_range(20.0..55.0);
                    }
                    burst *= 0.55;
                    level + burst
                })
            }
            Self::StepChange => {
                let migrated = (span * random.random_range(0.35..0.9)).floor();
                let before = random.random_range(15.0..45.0);
                let after = random.random_range(45.0..80.0);
                let weekend = random.random_range(-6.0..0.0);
                let (before, after) = if random.random_bool(0.5) {
                    (before, after)
                } else {
                    (after, before)
                };
                Box::new(move |day, _| {
                    let level = if (day as f64) < migrated {
                        before
                    } else {
                        after
                    };
                    level + weekend * weekend_share(day)
                })
            }
            Self::Saturating => {
                let from = random.random_range(5.0..25.0);
                let to = random.random_range(60.0..95.0);
                let middle = span * random.random_range(0.3..0.6);
                let pace = span * random.random_range(0.06..0.12);
                Box::new(move |day, _| {
                    from + (to - from) / (1.0 + (-(day as f64 - middle) / pace).exp())
                })
            }
            Self::Declining => {
                let from = random.random_range(40.0..75.0);
                let decline = random.random_range(0.4..0.85);
                Box::new(move |day, _| from * (1.0 - decline * day as f64 / span))
            }
            Self::IdleWithJobs => {
                let every = random.random_range(20..45_usize);
                let height = random.random_range(30.0..80.0);
                // Idle is idle: the noise of the others would be most of the load here.
                Box::new(move |day, _| if day % every == 0 { height } else { -1.0 })
            }
            Self::Sawtooth => {
                let period = random.random_range(12..60_usize);
                let from = random.random_range(15.0..40.0);
                let rise = random.random_range(25.0..50.0);
                Box::new(move |day, _| from + rise * (day % period) as f64 / period as f64)
            }
        }
    }
}

/// Days 5 and 6 of the week are the weekend.
fn weekend_share(day: usize) -> f64 {
    if day % 7 >= 5 { 1.0 } else { 0.0 }
}

fn standard_normal(random: &mut Pcg64) -> f64 {
    // A standard deviation of 1 is valid, so there always is such a distribution.
    Normal::new(0.0, 1.0).map_or(0.0, |normal| normal.sample(random))
}

/// What is wrong with a series, as it is with some in every real fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Defect {
    NotANumber,
    Infinite,
    NoValue,
    Duplicated,
    Newborn,
    Decommissioned,
    Constant,
    AllZero,
}

impl Defect {
    pub(crate) const ALL: [Self; 8] = [
        Self::NotANumber,
        Self::Newborn,
        Self::Duplicated,
        Self::Decommissioned,
        Self::Constant,
        Self::NoValue,
        Self::AllZero,
        Self::Infinite,
    ];

    pub(crate) fn label(self) -> &'static str {
        match self {
            Self::NotANumber => "not_a_number",
            Self::Infinite => "infinite",
            Self::NoValue => "no_value",
            Self::Duplicated => "duplicated",
            Self::Newborn => "newborn",
            Self::Decommissioned => "decommissioned",
            Self::Constant => "constant",
            Self::AllZero => "all_zero",
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn every_behaviour_stays_in_percent_and_repeats() {
        for behaviour in Behaviour::ALL {
            let values = |seed| behaviour.values(1096, &mut Pcg64::seed_from_u64(seed));
            let first = values(1);
            assert!(
                first.iter().all(|value| (0.0..=100.0).contains(value)),
                "{behaviour:?}"
            );
            assert_eq!(first, values(1), "{behaviour:?}");
            assert_ne!(first, values(2), "{behaviour:?}");
        }
    }

    #[test]
    fn behaviours_are_what_they_are_called() {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let values = |behaviour: Behaviour| behaviour.values(1096, &mut Pcg64::seed_from_u64(7));
        let thirds = |behaviour| {
            let values = values(behaviour);
            (mean(&values[..365]), mean(&values[731..]))
        };
        let (early, late) = thirds(Behaviour::LinearGrowth);
        assert!(late > early + 5.0);
        let (early, late) = thirds(Behaviour::Declining);
        assert!(late < early - 5.0);
        let (early, late) = thirds(Behaviour::Saturating);
        assert!(late > early + 20.0);
        let idle = values(Behaviour::IdleWithJobs);
        let zeros = idle.iter().filter(|value| **value == 0.0).count();
        assert!(zeros > 500, "{zeros} idle days");
    }
}

//! How the series of a demo fleet behave, and the defects of a few of them.

use std::f64::consts::TAU;
use std::ops::Range;

use clap::ValueEnum;
use rand::RngExt;
use rand_distr::{Distribution, Normal};
use rand_pcg::Pcg64;
use serde::Deserialize;

/// The value of a day, before noise; some shapes draw random numbers as they go.
type Shape = Box<dyn FnMut(usize, &mut Pcg64) -> f64>;

/// Which behaviours a demo fleet has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FleetKind {
    /// Behaviours of real fleets, with level shifts of every age, resizes, events that pass, outages, growth that begins and ends.
    #[default]
    Mixed,
    /// The ten behaviours of the first version, whose steps are months old.
    Classic,
}

impl FleetKind {
    /// The behaviours, which series have in turn.
    pub(crate) fn behaviours(self) -> &'static [Behaviour] {
        match self {
            Self::Mixed => &Behaviour::ALL,
            Self::Classic => Behaviour::ALL.split_at(Behaviour::CLASSIC).0,
        }
    }

    /// The parts of the days, between which a step change has its day.
    fn steps_between(self) -> Range<f64> {
        match self {
            Self::Mixed => 0.05..1.0,
            Self::Classic => 0.35..0.9,
        }
    }
}

/// The values of a series before anything is missing or broken, and the break in them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Course {
    /// One value a day, from 0 to 100.
    pub(crate) values: Vec<f64>,
    /// The days on which it is another than before, by their indices, where it is ever: to the last one where that
    /// does not end.
    pub(crate) other: Option<Range<usize>>,
}

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
    Resized,
    TemporaryEvent,
    GrowthOnset,
    Outage,
}

impl Behaviour {
    /// How many of all a classic fleet has.
    const CLASSIC: usize = 10;

    pub(crate) const ALL: [Self; 14] = [
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
        Self::Resized,
        Self::TemporaryEvent,
        Self::GrowthOnset,
        Self::Outage,
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
            Self::Resized => "resized",
            Self::TemporaryEvent => "temporary_event",
            Self::GrowthOnset => "growth_onset",
            Self::Outage => "outage",
        }
    }

    /// The values of so many days.
    pub(crate) fn course(self, days: usize, kind: FleetKind, random: &mut Pcg64) -> Course {
        let span = days.max(1) as f64;
        let noise = random.random_range(0.5..2.0);
        let (mut shape, other) = match self {
            Self::StepChange => step_change(span, kind, random),
            Self::Resized => resized(span, random),
            Self::TemporaryEvent => temporary_event(span, random),
            Self::GrowthOnset => growth_onset(span, random),
            Self::Outage => outage(span, random),
            lasting => (lasting.shape(span, random), None),
        };
        let values = (0..days).map(|day| {
            let value = shape(day, random) + noise * standard_normal(random);
            value.clamp(0.0, 100.0)
        });
        Course {
            values: values.collect(),
            other: other.map(|other| other.start.min(days)..other.end.min(days)),
        }
    }

    /// The course of a behaviour that has no break, before the noise every series has.
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
            Self::StepChange
            | Self::Resized
            | Self::TemporaryEvent
            | Self::GrowthOnset
            | Self::Outage => unreachable!("courses of these have a break"),
        }
    }
}

/// A shape, and the days on which it is another than before.
type Broken = (Shape, Option<Range<usize>>);

/// A break that does not end.
const FOR_GOOD: usize = usize::MAX;

/// A level that becomes another from one day to the next, as where a service moves to another host.
fn step_change(span: f64, kind: FleetKind, random: &mut Pcg64) -> Broken {
    let migrated = part_of(span, random.random_range(kind.steps_between()));
    let before = random.random_range(15.0..45.0);
    let after = random.random_range(45.0..80.0);
    let weekend = random.random_range(-6.0..0.0);
    let (before, after) = if random.random_bool(0.5) {
        (before, after)
    } else {
        (after, before)
    };
    let shape: Shape = Box::new(move |day, _| {
        let level = if day < migrated { before } else { after };
        level + weekend * weekend_share(day)
    });
    (shape, Some(migrated..FOR_GOOD))
}

/// A load that is the same on more bytes or more cores, and so a smaller share of them.
fn resized(span: f64, random: &mut Pcg64) -> Broken {
    const SHARES: [f64; 4] = [1.0 / 2.0, 2.0 / 3.0, 3.0 / 4.0, 4.0 / 5.0];
    let on = day_of(span, random);
    let from = random.random_range(45.0..75.0);
    let growth = random.random_range(0.0..20.0);
    let weekend = random.random_range(-6.0..0.0);
    let share = SHARES[random.random_range(0..SHARES.len())];
    let shape: Shape = Box::new(move |day, _| {
        let used = from + growth * day as f64 / span + weekend * weekend_share(day);
        used * if day < on { 1.0 } else { share }
    });
    (shape, Some(on..FOR_GOOD))
}

/// A load that stays for days or weeks and goes: a release, a campaign, school holidays.
fn temporary_event(span: f64, random: &mut Pcg64) -> Broken {
    let level = random.random_range(30.0..65.0);
    let weekend = random.random_range(-10.0..0.0);
    let size = random.random_range(10.0..30.0) * if random.random_bool(0.5) { 1.0 } else { -1.0 };
    let event = days_from(span, 3..41, random);
    let during = event.clone();
    let shape: Shape = Box::new(move |day, _| {
        let raised = if during.contains(&day) { size } else { 0.0 };
        level + raised + weekend * weekend_share(day)
    });
    (shape, Some(event))
}

/// A level that begins to grow, as a leak or a new log does, and stops some day.
fn growth_onset(span: f64, random: &mut Pcg64) -> Broken {
    let level = random.random_range(15.0..45.0);
    let weekend = random.random_range(-6.0..0.0);
    let a_day = random.random_range(0.06..0.3);
    let growing = days_from(span, 60..365, random);
    let during = growing.clone();
    let shape: Shape = Box::new(move |day, _| {
        let grown = day.clamp(during.start, during.end) - during.start;
        level + a_day * grown as f64 + weekend * weekend_share(day)
    });
    (shape, Some(growing))
}

/// Days on which next to nothing runs.
fn outage(span: f64, random: &mut Pcg64) -> Broken {
    let level = random.random_range(25.0..70.0);
    let weekend = random.random_range(-10.0..0.0);
    let out = days_from(span, 2..22, random);
    let during = out.clone();
    let shape: Shape = Box::new(move |day, _| {
        if during.contains(&day) {
            0.0
        } else {
            level + weekend * weekend_share(day)
        }
    });
    (shape, Some(out))
}

/// Any day but the first few.
fn day_of(span: f64, random: &mut Pcg64) -> usize {
    part_of(span, random.random_range(0.05..1.0))
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of the days that there are"
)]
fn part_of(span: f64, part: f64) -> usize {
    (span * part) as usize
}

/// Some days in a row.
fn days_from(span: f64, length: Range<usize>, random: &mut Pcg64) -> Range<usize> {
    let first = day_of(span, random);
    first..first + random.random_range(length)
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

    fn mean(values: &[f64]) -> f64 {
        values.iter().sum::<f64>() / values.len() as f64
    }

    #[test]
    fn every_behaviour_stays_in_percent_and_repeats() {
        for behaviour in Behaviour::ALL {
            let course = |seed| {
                let mut random = Pcg64::seed_from_u64(seed);
                behaviour.course(1096, FleetKind::Mixed, &mut random)
            };
            let first = course(1);
            let in_percent = |value| (0.0..=100.0).contains(value);
            assert!(first.values.iter().all(in_percent), "{behaviour:?}");
            assert_eq!(first, course(1), "{behaviour:?}");
            assert_ne!(first, course(2), "{behaviour:?}");
        }
    }

    #[test]
    fn behaviours_are_what_they_are_called() {
        let values = |behaviour: Behaviour| {
            let mut random = Pcg64::seed_from_u64(7);
            behaviour
                .course(1096, FleetKind::Classic, &mut random)
                .values
        };
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

    #[test]
    fn breaks_are_where_they_are_said_to_be() {
        let broken: &[Behaviour] = &Behaviour::ALL[Behaviour::CLASSIC..];
        for behaviour in broken.iter().chain(&[Behaviour::StepChange]) {
            let mut apart = 0;
            for seed in 0..40 {
                let mut random = Pcg64::seed_from_u64(seed);
                let Course { values, other } =
                    behaviour.course(1096, FleetKind::Mixed, &mut random);
                let other = other.unwrap();
                assert!(other.start < 1096 && other.end <= 1096, "{behaviour:?}");
                let (before, during) = (&values[..other.start], &values[other.clone()]);
                let lasts = during.len() < 7 || before.len() < 7;
                let late = &during[during.len().saturating_sub(60)..];
                let early = &before[before.len().saturating_sub(60)..];
                let moved = (mean(late) - mean(early)).abs();
                apart += usize::from(lasts || moved > 3.0);
            }
            assert!(apart >= 36, "{behaviour:?}: {apart} of 40");
        }
    }

    #[test]
    fn a_classic_fleet_has_no_break_but_a_step() {
        for behaviour in FleetKind::Classic.behaviours() {
            let mut random = Pcg64::seed_from_u64(3);
            let course = behaviour.course(1096, FleetKind::Classic, &mut random);
            let is_step = *behaviour == Behaviour::StepChange;
            assert_eq!(course.other.is_some(), is_step, "{behaviour:?}");
        }
        assert_eq!(FleetKind::Mixed.behaviours().len(), 14);
    }
}

//! What inner origins say, which is all that a forecast needs beside what is fitted to the window.

use fleetcast_core::Choice;

use super::members::{MEMBERS, Members};
use super::plan::Plan;

/// The weights of members, and the width of intervals.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chosen {
    /// Adding up to 1.
    pub(super) weights: [f64; MEMBERS],
    /// Inner origins that were scored.
    pub(super) scored_origins: usize,
    /// Whether the window told of a year: members are others where it does not.
    pub(super) annual: bool,
    /// The error that intervals are made from, in the series' unit, where one was made.
    pub(super) width: Option<f64>,
}

impl Chosen {
    /// Reads a choice; `None` where it was of a series that told less of its seasons than it does now, or is none.
    pub(super) fn read(choice: &Choice, plan: &Plan) -> Option<Self> {
        let (weights, rest) = choice.0.split_first_chunk::<MEMBERS>()?;
        let (scored_origins, annual, width) = match rest {
            [scored_origins, annual] => (*scored_origins, *annual, None),
            [scored_origins, annual, width] => (*scored_origins, *annual, Some(*width)),
            _ => return None,
        };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a small count, which a float holds"
        )]
        let scored_origins = scored_origins as usize;
        let annual = annual > 0.0;
        (annual == plan.seasons.annual).then_some(Self {
            weights: *weights,
            scored_origins,
            annual,
            width,
        })
    }

    pub(super) fn to_choice(&self) -> Choice {
        let mut numbers = self.weights.to_vec();
        numbers.push(self.scored_origins as f64);
        numbers.push(f64::from(u8::from(self.annual)));
        numbers.extend(self.width);
        Choice(numbers)
    }

    /// The weights of those members that there are now.
    pub(super) fn weights_of(&self, whole: &Members) -> [f64; MEMBERS] {
        let mut weights = self.weights;
        let mut is_one_gone = false;
        for (weight, forecast) in weights.iter_mut().zip(&whole.forecasts) {
            if forecast.is_none() && *weight > 0.0 {
                *weight = 0.0;
                is_one_gone = true;
            }
        }
        if is_one_gone {
            shared_out(weights, whole)
        } else {
            weights
        }
    }
}

/// Weights that add up to 1; equal ones of the members there are, where all are 0.
pub(super) fn shared_out(weights: [f64; MEMBERS], whole: &Members) -> [f64; MEMBERS] {
    let sum: f64 = weights.iter().sum();
    if sum > 0.0 {
        return weights.map(|weight| weight / sum);
    }
    let there = whole
        .forecasts
        .each_ref()
        .map(|forecast| f64::from(u8::from(forecast.is_some())));
    let count: f64 = there.iter().sum();
    there.map(|there| there / count.max(1.0))
}

#[cfg(test)]
mod tests {
    use fleetcast_core::TimeGrid;

    use super::*;
    use crate::challenger::Seasons;

    #[test]
    fn a_choice_is_read_as_it_was_written_and_of_other_seasons_not_at_all() {
        let plan = |annual| {
            let seasons = Seasons {
                weekly: true,
                annual,
            };
            Plan::new(TimeGrid::new("2023-01-01".parse().unwrap(), 974), seasons)
        };
        for width in [Some(2.5), None] {
            let chosen = Chosen {
                weights: [0.5, 0.25, 0.25, 0.0],
                scored_origins: 3,
                annual: true,
                width,
            };
            let choice = chosen.to_choice();
            assert_eq!(Chosen::read(&choice, &plan(true)), Some(chosen));
            assert_eq!(Chosen::read(&choice, &plan(false)), None);
        }
        assert_eq!(Chosen::read(&Choice::default(), &plan(true)), None);
    }

    #[test]
    fn members_that_are_gone_leave_their_weight_to_the_others() {
        let chosen = Chosen {
            weights: [0.5, 0.25, 0.25, 0.0],
            scored_origins: 3,
            annual: true,
            width: None,
        };
        let members = |there: [bool; MEMBERS]| Members {
            forecasts: there.map(|there| there.then(|| vec![1.0])),
            smoothing: None,
        };
        for (there, expected) in [
            ([true; MEMBERS], chosen.weights),
            ([false, true, true, true], [0.0, 0.5, 0.5, 0.0]),
            ([false, false, false, true], [0.0, 0.0, 0.0, 1.0]),
        ] {
            let found = chosen.weights_of(&members(there));
            assert_eq!(found.as_slice(), expected, "{there:?}");
        }
    }
}

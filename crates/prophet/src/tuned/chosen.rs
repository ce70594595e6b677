//! What inner origins say, which is all that a forecast by the recipe needs beside one fit.

use fleetcast_core::{Choice, Failure, Forecast, SeriesView};

use crate::fleet::Ahead;
use crate::tuned::combine;
use crate::tuned::interval::HalfWidths;
use crate::tuned::members::Member;
use crate::tuned::weights::Weight;

/// The weights of settings, and the width of intervals.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Chosen {
    pub(super) weights: Vec<Weight>,
    pub(super) half_widths: HalfWidths,
}

impl Chosen {
    /// Reads a choice of as many settings as there are `members`; `None` where it is of others.
    pub(super) fn read(choice: &Choice, members: usize) -> Option<Self> {
        let (base, weights) = choice.0.split_first()?;
        let (weights, rest) = weights.as_chunks::<2>();
        (weights.len() == members && rest.is_empty()).then(|| Self {
            weights: weights
                .iter()
                .map(|[share, slope]| Weight {
                    share: *share,
                    slope: *slope,
                })
                .collect(),
            half_widths: HalfWidths { base: *base },
        })
    }

    pub(super) fn to_choice(&self) -> Choice {
        let weights = self.weights.iter();
        let weights = weights.flat_map(|weight| [weight.share, weight.slope]);
        Choice([self.half_widths.base].into_iter().chain(weights).collect())
    }

    /// The forecast of the days `ahead` of a series, from the settings that were fitted to it.
    #[inline(always)]
    pub(super) fn forecast(
        &self,
        series: SeriesView<'_>,
        members: &[Member],
        ahead: Ahead,
    ) -> Result<Forecast, Failure> {
        let first = series.grid.last().plus_days(1);
        let yhat = combine(members, &self.weights, ahead);
        let bound = |sign: f64| {
            let steps = yhat.iter().enumerate();
            steps
                .map(|(step, yhat)| yhat + sign * self.half_widths.at(ahead.skipped + step + 1))
                .collect()
        };
        let (lower, upper) = (bound(-1.0), bound(1.0));
        Ok(Forecast::new(first, yhat, lower, upper)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_choice_is_read_as_it_was_written_and_of_other_settings_not_at_all() {
        let weight = |share: f64, slope: f64| Weight { share, slope };
        let chosen = Chosen {
            weights: vec![weight(0.25, 0.1), weight(0.75, 0.0)],
            half_widths: HalfWidths { base: 3.5 },
        };
        let choice = chosen.to_choice();
        assert_eq!(choice.0, [3.5, 0.25, 0.1, 0.75, 0.0]);
        assert_eq!(Chosen::read(&choice, 2), Some(chosen));
        for (choice, members) in [
            (choice.clone(), 5),
            (Choice(vec![3.5, 0.25, 0.1, 0.75]), 2),
            (Choice::default(), 0),
        ] {
            assert_eq!(Chosen::read(&choice, members), None);
        }
    }
}

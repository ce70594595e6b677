//! The pasts that the windows of one series are fitted to, each once.

use std::borrow::Cow;

use super::members::Past;
use super::regression::CalendarRegression;
use super::winsorising::Outliers;

/// The pasts of one series: its windows, and what their inner origins have seen. A past that two of them have in common stands
/// here once.
#[derive(Debug, Default)]
pub(super) struct Pasts<'a> {
    sources: Vec<Source<'a>>,
    all: Vec<SeenPast<'a>>,
}

/// Values whose first days are a past.
#[derive(Debug)]
struct Source<'a> {
    /// The index of the first of them in the panel.
    begins: usize,
    outliers: Outliers<'a>,
}

/// A past as engines see it.
#[derive(Debug)]
pub(super) struct SeenPast<'a> {
    source: usize,
    /// A value a day, NaN where missing; winsorised by what was known on the last of them.
    pub(super) values: Vec<f64>,
    /// The number of values that are not the ones given.
    pub(super) winsorised: usize,
    regression: &'a CalendarRegression,
}

impl<'a> Pasts<'a> {
    /// Returns the place of a past, which is added where it is not here yet: `values` from the day `begins` of the panel on.
    ///
    /// The longest of a series' pasts are to come first: the others are their first days, mostly.
    pub(super) fn place_of(
        &mut self,
        begins: usize,
        values: Cow<'a, [f64]>,
        regression: &'a CalendarRegression,
    ) -> usize {
        let days = values.len();
        let is_source = |source: &Source<'_>| {
            let known = source.outliers.values();
            source.begins == begins && known.len() >= days && are_the_same(&known[..days], &values)
        };
        let source = self.sources.iter().position(is_source);
        let source = source.unwrap_or_else(|| {
            self.sources.push(Source {
                begins,
                outliers: Outliers::of(values),
            });
            self.sources.len() - 1
        });
        let known = self.all.iter().position(|past| {
            past.source == source
                && past.values.len() == days
                && past.regression.seasons() == regression.seasons()
        });
        known.unwrap_or_else(|| {
            let winsorised = self.sources[source].outliers.winsorised(days);
            self.all.push(SeenPast {
                source,
                winsorised: winsorised.days,
                values: winsorised.values.into_owned(),
                regression,
            });
            self.all.len() - 1
        })
    }

    /// Returns the past at a place.
    pub(super) fn at(&self, place: usize) -> &SeenPast<'a> {
        &self.all[place]
    }

    /// Returns all pasts, as models are fitted to them.
    pub(super) fn to_fit(&self) -> impl Iterator<Item = Past<'_>> {
        self.all.iter().map(SeenPast::to_fit)
    }
}

impl SeenPast<'_> {
    /// Returns the past as models are fitted to it.
    pub(super) fn to_fit(&self) -> Past<'_> {
        Past {
            values: &self.values,
            regression: self.regression,
        }
    }
}

/// Says whether values have the same bits; a missing day is like itself.
fn are_the_same(one: &[f64], other: &[f64]) -> bool {
    let mut both = one.iter().zip(other);
    both.all(|(one, other)| one.to_bits() == other.to_bits())
}

#[cfg(test)]
mod tests {
    use fleetcast_core::TimeGrid;

    use super::*;
    use crate::challenger::Seasons;
    use crate::challenger::plan::Plan;

    fn plan(days: usize) -> Plan {
        let grid = TimeGrid::new("2023-01-01".parse().unwrap(), days);
        let seasons = Seasons {
            weekly: true,
            annual: true,
        };
        Plan::new(grid, seasons)
    }

    /// Adds the pasts of a window, the longest first, and returns their places.
    fn places<'a>(pasts: &mut Pasts<'a>, values: &'a [f64], plan: &'a Plan) -> Vec<usize> {
        let whole = pasts.place_of(0, Cow::Borrowed(values), &plan.whole);
        let origins = plan.inner.iter().rev().map(|(days, regression)| {
            pasts.place_of(0, Cow::Borrowed(&values[..*days]), regression)
        });
        let inner: Vec<usize> = origins.collect();
        [vec![whole], inner].concat()
    }

    #[test]
    fn what_the_training_window_has_seen_serves_the_history() {
        let values: Vec<f64> = (0..1096).map(|day| f64::from(day % 7 + day % 31)).collect();
        let (history, training) = (plan(1096), plan(974));
        let mut pasts = Pasts::default();
        assert_eq!(places(&mut pasts, &values, &history), [0, 1, 2, 3]);
        assert_eq!(places(&mut pasts, &values[..974], &training), [1, 2, 3, 4]);
        let days: Vec<usize> = pasts.to_fit().map(|past| past.values.len()).collect();
        assert_eq!(days, [1096, 974, 851, 730, 608]);
    }

    #[test]
    fn a_past_with_other_values_or_another_beginning_is_another_one() {
        let plan = plan(1096);
        let values = vec![1.0; 1096];
        let mut other = values.clone();
        other[5] = 2.0;
        let mut pasts = Pasts::default();
        let mut place = |begins, values| pasts.place_of(begins, Cow::Borrowed(values), &plan.whole);
        assert_eq!(place(0, &values), 0);
        assert_eq!(place(0, &other), 1);
        assert_eq!(place(1, &values), 2);
        assert_eq!(place(0, &other), 1);
        assert_eq!(pasts.at(1).values, other);
    }
}

//! The days of several series, one beside the other.

use fleetcast_numerics::LANES;

use crate::likelihood::Observations;

/// Up to eight series, a lane each; lanes without one stay empty.
#[derive(Debug)]
pub(crate) struct Days {
    /// How many days each series has.
    pub(crate) lengths: Vec<usize>,
    /// The values of each day, 0 where missing or past the end.
    pub(crate) y: Vec<[f64; LANES]>,
    /// 1 where observed, 0 where not.
    pub(crate) observed: Vec<[f64; LANES]>,
    /// The number of the first series that is observed on the same days, for each series.
    pub(crate) like: Vec<usize>,
}

impl Days {
    pub(crate) fn new(series: &[Option<&Observations>]) -> Self {
        let lengths: Vec<usize> = series
            .iter()
            .map(|series| series.map_or(0, |series| series.y.len()))
            .collect();
        let most = lengths.iter().copied().max().unwrap_or(0);
        let mut y = vec![[0.0; LANES]; most];
        let mut observed = y.clone();
        for (lane, series) in series.iter().enumerate().take(LANES) {
            let Some(series) = series else { continue };
            for (day, value) in series.y.iter().enumerate() {
                y[day][lane] = *value;
                observed[day][lane] = series.observed[day];
            }
        }
        let days_of = |lane: usize| series[lane].map(|series| series.observed.as_slice());
        let like = (0..series.len())
            .map(|lane| {
                (0..lane)
                    .find(|other| days_of(*other) == days_of(lane))
                    .unwrap_or(lane)
            })
            .collect();
        Self {
            lengths,
            y,
            observed,
            like,
        }
    }
}

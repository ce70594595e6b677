//! Intervals for series that have made too few errors of their own.

use std::collections::BTreeMap;

use fleetcast_core::{SeriesKey, quantile_of_sorted};

use crate::Contender;
use crate::calibration::Calibration;

/// Fewer days with an error than this are too few to draw an interval from: six weeks.
const LEAST_DAYS: usize = 42;

/// Fewer series than this do not speak for a resource.
const LEAST_SERIES: usize = 5;

/// Whose errors an interval is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Series,
    Resource,
    Fleet,
}

impl Source {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Series => "series",
            Self::Resource => "resource",
            Self::Fleet => "fleet",
        }
    }
}

/// A series whose golden forecast wants intervals.
#[derive(Debug, Clone)]
pub(crate) struct ToCalibrate {
    pub(crate) key: SeriesKey,
    pub(crate) model: Contender,
    /// From its own errors, where it made any.
    pub(crate) own: Option<Calibration>,
    /// What errors are measured by from series to series: how much the values change in a week.
    pub(crate) scale: Option<f64>,
}

/// A series and what its golden forecast's intervals are made from.
#[derive(Debug, Clone)]
pub(crate) struct Calibrated {
    pub(crate) key: SeriesKey,
    pub(crate) model: Contender,
    pub(crate) calibration: Calibration,
    pub(crate) source: Source,
}

/// Gives every series its own errors' quantiles where it has made enough, and else those of the
/// series of its resource (or of the fleet, where they are few), as medians over series of
/// quantile ÷ scale, times its own scale. Where that cannot be either, few errors are better than
/// none; series without any are left out.
pub(crate) fn calibrate(series: Vec<ToCalibrate>) -> Vec<Calibrated> {
    let mut of_resource: BTreeMap<&str, Vec<Relative<'_>>> = BTreeMap::new();
    for one in &series {
        if let Some(relative) = Relative::of(one) {
            of_resource
                .entry(one.key.resource())
                .or_default()
                .push(relative);
        }
    }
    // Medians are taken for those resources only that have a series in need of them.
    let mut resources: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    let mut fleet: Option<Vec<f64>> = None;
    for one in series.iter().filter(|one| !has_enough(one)) {
        let resource = one.key.resource();
        let of_its_resource = of_resource.get(resource);
        if let Some(known) = of_its_resource.filter(|known| known.len() >= LEAST_SERIES) {
            if !resources.contains_key(resource) {
                resources.insert(resource.to_owned(), medians(known.iter()));
            }
        } else if fleet.is_none()
            && of_resource.values().map(Vec::len).sum::<usize>() >= LEAST_SERIES
        {
            fleet = Some(medians(of_resource.values().flatten()));
        }
    }
    series
        .into_iter()
        .filter_map(|one| {
            let pooled = resources
                .get(one.key.resource())
                .map(|relative| (relative, Source::Resource))
                .or_else(|| fleet.as_ref().map(|relative| (relative, Source::Fleet)));
            let (calibration, source) = match (one.own, pooled, one.scale) {
                (Some(own), _, _) if own.days() >= LEAST_DAYS => (own, Source::Series),
                (own, Some((relative, source)), Some(scale)) => {
                    let days = own.map_or(0, |own| own.days());
                    (Calibration::from_relative(relative, scale, days), source)
                }
                (Some(own), _, _) => (own, Source::Series),
                (None, _, _) => return None,
            };
            Some(Calibrated {
                key: one.key,
                model: one.model,
                calibration,
                source,
            })
        })
        .collect()
}

fn has_enough(one: &ToCalibrate) -> bool {
    one.own.as_ref().is_some_and(|own| own.days() >= LEAST_DAYS)
}

/// Quantiles of a series' errors, and what they are measured by. A fleet has many: they stay where
/// they are.
#[derive(Debug, Clone, Copy)]
struct Relative<'a> {
    quantiles: &'a [f64],
    scale: f64,
}

impl<'a> Relative<'a> {
    /// Of a series that has made enough errors, none of which overflows.
    fn of(one: &'a ToCalibrate) -> Option<Self> {
        let own = one.own.as_ref().filter(|own| own.days() >= LEAST_DAYS)?;
        let scale = one.scale.filter(|scale| *scale > 0.0)?;
        let quantiles = own.quantiles();
        let is_finite = |size: &f64| (size / scale).is_finite();
        quantiles
            .iter()
            .all(is_finite)
            .then_some(Self { quantiles, scale })
    }
}

/// The median over series at every step of the quantiles.
fn medians<'a, 'b: 'a>(series: impl Iterator<Item = &'a Relative<'b>>) -> Vec<f64> {
    let series: Vec<&Relative<'_>> = series.collect();
    let steps = series.first().map_or(0, |one| one.quantiles.len());
    (0..steps)
        .map(|step| {
            let relative = series.iter().map(|one| one.quantiles[step] / one.scale);
            let mut sizes: Vec<f64> = relative.collect();
            sizes.sort_by(f64::total_cmp);
            quantile_of_sorted(&sizes, 0.5)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::PastResiduals;

    fn series(host: &str, resource: &str, days: usize, size: f64) -> ToCalibrate {
        let mut residuals = PastResiduals::default();
        residuals.add(&vec![size; days], &vec![0.0; days], 1.0);
        ToCalibrate {
            key: SeriesKey::new(host, resource),
            model: Contender::Prophet,
            own: residuals.calibration(),
            scale: Some(size / 2.0),
        }
    }

    fn fleet(resource: &str, count: usize) -> Vec<ToCalibrate> {
        (0..count)
            .map(|host| series(&format!("h{host}"), resource, 100, 1.0 + host as f64))
            .collect()
    }

    #[track_caller]
    fn check(others: Vec<ToCalibrate>, days: usize, expected: Option<Source>) {
        let mut all = others;
        all.push(series("z", "cpu", days, 7.0));
        let found = calibrate(all);
        let of_z = found.iter().find(|row| row.key.host() == "z");
        assert_eq!(of_z.map(|row| row.source), expected);
        if let Some(row) = of_z {
            // Everybody's errors are twice their scale.
            let largest = row.calibration.quantiles().last().unwrap();
            let own_or_pooled = if row.source == Source::Series {
                0.8..1.2
            } else {
                0.7..1.3
            };
            assert!(own_or_pooled.contains(&(largest / 7.0)), "{largest}");
        }
    }

    #[test]
    fn few_errors_are_pooled_with_those_of_the_resource_or_the_fleet() {
        check(fleet("cpu", 6), 60, Some(Source::Series));
        check(fleet("cpu", 6), 10, Some(Source::Resource));
        check(fleet("cpu", 6), 0, Some(Source::Resource));
        check(fleet("disk", 6), 10, Some(Source::Fleet));
        check(fleet("disk", 2), 10, Some(Source::Series));
        check(fleet("disk", 2), 0, None);
    }
}

//! Intervals for series that have made too few errors of their own.

use std::collections::BTreeMap;

use fleetcast_core::{CALIBRATION_STEPS, Calibration, SeriesKey, quantile_of_sorted};

/// Fewer days with an error than this are too few to draw an interval from: six weeks.
const LEAST_DAYS: usize = 42;

/// Fewer series than this do not speak for a resource.
const LEAST_SERIES: usize = 5;

/// Series of a resource whose errors are kept at most: enough for any median, and few enough that a
/// pool stays small however large the fleet is.
const MOST_SERIES: usize = 4096;

/// Whose errors an interval is made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorSource {
    /// The series' own errors.
    Series,
    /// The errors of its resource's series.
    Resource,
    /// The errors of the whole fleet.
    Fleet,
}

impl ErrorSource {
    /// Returns the name it has in `interval_calibration`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Series => "series",
            Self::Resource => "resource",
            Self::Fleet => "fleet",
        }
    }
}

/// The errors a series made itself, and what they are measured by.
#[derive(Debug, Clone, Copy)]
pub struct OwnErrors<'a> {
    /// The series.
    pub key: &'a SeriesKey,
    /// How large its errors were, where it made any.
    pub calibration: Option<&'a Calibration>,
    /// How much its values change from week to week
    /// ([`mase_scale`](fleetcast_core::metrics::mase_scale)).
    pub scale: Option<f64>,
}

impl<'a> OwnErrors<'a> {
    /// The own calibration, where it has made enough errors to draw an interval from.
    fn enough(&self) -> Option<&'a Calibration> {
        self.calibration.filter(|own| own.days() >= LEAST_DAYS)
    }
}

/// What a series' intervals are made from.
#[derive(Debug, Clone, PartialEq)]
pub struct PooledCalibration {
    /// The quantiles of errors.
    pub calibration: Calibration,
    /// Whose errors they are.
    pub source: ErrorSource,
}

/// How large the errors of a fleet's series are beside their own scale, resource by resource: what
/// series borrow from that have made few errors themselves.
///
/// Pools of parts of a fleet [`merge`](Self::merge) to the pool of the whole, whatever the parts and
/// their order. Of a resource with more than 4,096 series, those with the smallest hashes of their
/// names are kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ErrorPool {
    resources: BTreeMap<String, BTreeMap<(u64, SeriesKey), Vec<f64>>>,
}

impl ErrorPool {
    /// Adds a series that has made enough errors, none of which overflows; says whether it was added.
    pub fn add(&mut self, own: OwnErrors<'_>) -> bool {
        let scale = own.scale.filter(|scale| *scale > 0.0);
        let Some((errors, scale)) = own.enough().zip(scale) else {
            return false;
        };
        let relative: Vec<f64> = errors.quantiles().iter().map(|size| size / scale).collect();
        let is_finite = relative.iter().all(|size| size.is_finite());
        if is_finite {
            self.add_part(own.key, relative);
        }
        is_finite
    }

    /// Adds the series of another part of the fleet.
    pub fn merge(&mut self, other: Self) {
        for (resource, series) in other.resources {
            for (key, relative) in series {
                self.insert(&resource, key, relative);
            }
        }
    }

    /// Adds what [`ErrorPool::parts`] listed of another pool.
    pub fn add_part(&mut self, key: &SeriesKey, relative: Vec<f64>) {
        self.insert(key.resource(), (key.stable_hash(), key.clone()), relative);
    }

    /// Lists the series of the pool: each one's key, and the quantiles of its errors in units of its
    /// scale.
    pub fn parts(&self) -> impl Iterator<Item = (&SeriesKey, &[f64])> {
        let series = self.resources.values().flatten();
        series.map(|((_, key), relative)| (key, relative.as_slice()))
    }

    fn insert(&mut self, resource: &str, key: (u64, SeriesKey), relative: Vec<f64>) {
        let series = match self.resources.get_mut(resource) {
            Some(series) => series,
            None => self.resources.entry(resource.to_owned()).or_default(),
        };
        series.insert(key, relative);
        if series.len() > MOST_SERIES {
            series.pop_last();
        }
    }

    /// Returns the medians that some series need: only for those are they worth the work.
    #[must_use]
    pub fn medians_for<'a>(
        &self,
        series: impl IntoIterator<Item = OwnErrors<'a>>,
    ) -> PooledMedians {
        let mut found = PooledMedians::default();
        for own in series {
            if own.enough().is_some() {
                continue;
            }
            let resource = own.key.resource();
            let known = self.resources.get(resource);
            if let Some(known) = known.filter(|known| known.len() >= LEAST_SERIES) {
                if !found.resources.contains_key(resource) {
                    let medians = medians(&known.values().collect::<Vec<_>>());
                    found.resources.insert(resource.to_owned(), medians);
                }
            } else if found.fleet.is_none() {
                let all: Vec<&Vec<f64>> =
                    self.resources.values().flat_map(BTreeMap::values).collect();
                found.fleet = (all.len() >= LEAST_SERIES).then(|| medians(&all));
            }
        }
        found
    }
}

/// The median errors of resources, and of a fleet, in units of the series' scales.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PooledMedians {
    resources: BTreeMap<String, Vec<f64>>,
    fleet: Option<Vec<f64>>,
}

impl PooledMedians {
    /// Returns what the intervals of a series are made from: its own errors where it has made enough,
    /// and else those of its resource's series, or of the fleet where they are few, times its own scale.
    /// Where that cannot be either, few errors are better than none; `None` where there are none.
    #[must_use]
    pub fn calibration_of(&self, own: OwnErrors<'_>) -> Option<PooledCalibration> {
        let itself = |errors: &Calibration| PooledCalibration {
            calibration: errors.clone(),
            source: ErrorSource::Series,
        };
        if let Some(errors) = own.enough() {
            return Some(itself(errors));
        }
        let of_resource = self.resources.get(own.key.resource());
        let pooled = of_resource
            .map(|relative| (relative, ErrorSource::Resource))
            .or_else(|| {
                let fleet = self.fleet.as_ref();
                fleet.map(|relative| (relative, ErrorSource::Fleet))
            });
        let borrowed = pooled
            .zip(own.scale)
            .and_then(|((relative, source), scale)| {
                let quantiles = relative.iter().map(|quantile| quantile * scale).collect();
                let days = own.calibration.map_or(0, Calibration::days);
                Some(PooledCalibration {
                    calibration: Calibration::new(quantiles, days)?,
                    source,
                })
            });
        borrowed.or_else(|| own.calibration.map(itself))
    }
}

/// The median over series at every step of the quantiles.
fn medians(series: &[&Vec<f64>]) -> Vec<f64> {
    (0..=CALIBRATION_STEPS)
        .map(|step| {
            let mut sizes: Vec<f64> = series.iter().map(|one| one[step]).collect();
            sizes.sort_by(f64::total_cmp);
            quantile_of_sorted(&sizes, 0.5)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calibration::PastResiduals;

    /// A series whose errors are `size` on `days` days, and whose scale is half of that.
    struct Made {
        key: SeriesKey,
        calibration: Option<Calibration>,
        scale: f64,
    }

    fn series(host: &str, resource: &str, days: usize, size: f64) -> Made {
        let mut residuals = PastResiduals::default();
        residuals.add(&vec![size; days], &vec![0.0; days], 1.0);
        Made {
            key: SeriesKey::new(host, resource),
            calibration: residuals.calibration(),
            scale: size / 2.0,
        }
    }

    impl Made {
        fn errors(&self) -> OwnErrors<'_> {
            OwnErrors {
                key: &self.key,
                calibration: self.calibration.as_ref(),
                scale: Some(self.scale),
            }
        }
    }

    fn fleet(resource: &str, count: usize) -> Vec<Made> {
        (0..count)
            .map(|host| series(&format!("h{host}"), resource, 100, 1.0 + host as f64))
            .collect()
    }

    fn pool(all: &[Made]) -> ErrorPool {
        let mut pool = ErrorPool::default();
        for one in all {
            assert!(pool.add(one.errors()));
        }
        pool
    }

    #[track_caller]
    fn check(others: &[Made], days: usize, expected: Option<ErrorSource>) {
        let z = series("z", "cpu", days, 7.0);
        let medians = pool(others).medians_for([z.errors()]);
        let found = medians.calibration_of(z.errors());
        assert_eq!(found.as_ref().map(|found| found.source), expected);
        if let Some(found) = found {
            // Everybody's errors are twice their scale.
            let largest = found.calibration.quantiles().last().unwrap();
            let own_or_pooled = if found.source == ErrorSource::Series {
                0.8..1.2
            } else {
                0.7..1.3
            };
            assert!(own_or_pooled.contains(&(largest / 7.0)), "{largest}");
        }
    }

    #[test]
    fn few_errors_are_pooled_with_those_of_the_resource_or_the_fleet() {
        check(&fleet("cpu", 6), 60, Some(ErrorSource::Series));
        check(&fleet("cpu", 6), 10, Some(ErrorSource::Resource));
        check(&fleet("cpu", 6), 0, Some(ErrorSource::Resource));
        check(&fleet("disk", 6), 10, Some(ErrorSource::Fleet));
        check(&fleet("disk", 2), 10, Some(ErrorSource::Series));
        check(&fleet("disk", 2), 0, None);
    }

    #[test]
    fn parts_of_a_fleet_merge_to_the_whole_in_any_order() {
        let all = fleet("cpu", 9);
        let whole = pool(&all);
        let parts: Vec<ErrorPool> = all.chunks(1).map(pool).collect();
        let merged = |parts: Vec<ErrorPool>| {
            let mut merged = ErrorPool::default();
            for part in parts {
                merged.merge(part);
            }
            merged
        };
        assert_eq!(merged(parts.clone()), whole);
        assert_eq!(merged(parts.into_iter().rev().collect()), whole);
        let mut again = ErrorPool::default();
        for (key, relative) in whole.parts() {
            again.add_part(key, relative.to_vec());
        }
        assert_eq!(again, whole);
    }

    #[test]
    fn a_pool_stays_small_and_keeps_the_same_series_in_any_order() {
        let part = |range: std::ops::Range<u64>| {
            let mut pool = ErrorPool::default();
            for number in range {
                let key = SeriesKey::new(format!("h{number}"), "cpu");
                pool.add_part(&key, vec![1.0]);
            }
            pool
        };
        let (first, second) = (part(0..3000), part(3000..6000));
        let (mut forth, mut back) = (first.clone(), second.clone());
        forth.merge(second);
        back.merge(first);
        assert_eq!(forth, back);
        assert_eq!(forth.parts().count(), MOST_SERIES);
    }
}

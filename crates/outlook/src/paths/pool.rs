//! The series of a resource whose error paths others borrow.

use fleetcast_core::SeriesKey;

use super::series::SeriesPaths;

/// Series whose paths are borrowed.
const NEIGHBOURS: usize = 12;

/// The share of a series' own paths in its law, at least.
const OWN: f64 = 0.25;

/// The distance of two shapes at which a neighbour counts half.
const ALIKE: f64 = 0.5;

/// The error paths of a resource's series, for those that borrow from each other.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PathPool {
    series: Vec<(SeriesKey, SeriesPaths)>,
}

impl PathPool {
    /// Makes a pool of these series, in whatever order they come.
    #[must_use]
    pub fn of(mut series: Vec<(SeriesKey, SeriesPaths)>) -> Self {
        series.sort_by(|(a, _), (b, _)| a.cmp(b));
        Self { series }
    }

    /// Returns the paths of a series, in units of its error size, each with its weight: its own, and those of the
    /// series that drift and spread most like it, which count the less the less they are like it.
    pub(super) fn paths_for<'a>(
        &'a self,
        key: &SeriesKey,
        own: &'a SeriesPaths,
    ) -> Vec<(f64, &'a [f64])> {
        let mut others: Vec<(f64, &SeriesPaths)> = self
            .series
            .iter()
            .filter(|(other, _)| other != key)
            .map(|(_, other)| (apart(own.shape, other.shape), other))
            .collect();
        let count = NEIGHBOURS.min(others.len());
        // Those of one distance stay in the order of their names.
        others.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        others.truncate(count);
        let mut shares: Vec<f64> = others
            .iter()
            .map(|(apart, _)| (1.0 - OWN) / count as f64 / (1.0 + apart / (ALIKE * ALIKE)))
            .collect();
        let borrowed: f64 = shares.iter().sum();
        if own.paths.is_empty() {
            // Who has none lives on what is borrowed.
            for share in &mut shares {
                *share /= borrowed;
            }
        }
        let own = std::iter::once((1.0 - borrowed, own));
        let all = own.chain(
            shares
                .into_iter()
                .zip(others.into_iter().map(|(_, other)| other)),
        );
        all.flat_map(|(share, series)| {
            let paths = series.weights.iter().zip(&series.paths);
            paths.map(move |(weight, path)| (share * weight, path.as_slice()))
        })
        .collect()
    }

    /// Returns what stands in for the paths of a series that has none and whose errors are of this `size`, in its unit:
    /// the pool's, as if it were like most of its series. `None` where the pool is empty.
    #[must_use]
    pub fn stand_in(&self, size: f64) -> Option<SeriesPaths> {
        let median = |part: usize| {
            let mut parts: Vec<f64> = self.series.iter().map(|(_, one)| one.shape[part]).collect();
            parts.sort_by(f64::total_cmp);
            parts.get(parts.len() / 2).copied()
        };
        Some(SeriesPaths {
            size: Some(size).filter(|size| size.is_finite() && *size > 0.0)?,
            bias: 0.0,
            shape: [median(0)?, median(1)?],
            paths: Vec::new(),
            weights: Vec::new(),
        })
    }
}

/// The squared distance of two shapes.
fn apart(one: [f64; 2], other: [f64; 2]) -> f64 {
    one.iter()
        .zip(other)
        .map(|(one, other)| (one - other).powi(2))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(host: &str, drift: f64, value: f64) -> (SeriesKey, SeriesPaths) {
        let paths = SeriesPaths {
            size: 1.0,
            bias: 0.0,
            shape: [drift, 0.0],
            paths: vec![vec![value]],
            weights: vec![1.0],
        };
        (SeriesKey::new(host, "cpu"), paths)
    }

    #[test]
    fn the_series_most_like_it_are_borrowed_from() {
        let mut all: Vec<_> = (0..20)
            .map(|n| series(&format!("h{n:02}"), f64::from(n), f64::from(n)))
            .collect();
        all.reverse();
        let pool = PathPool::of(all);
        let (key, own) = series("h05", 5.0, 100.0);
        let paths = pool.paths_for(&key, &own);
        assert_eq!(
            paths.len(),
            13,
            "its own and twelve others, of which it is none"
        );
        assert!((paths[0].1[0] - 100.0).abs() < 1e-12);
        let mut borrowed: Vec<f64> = paths[1..].iter().map(|(_, path)| path[0]).collect();
        borrowed.sort_by(f64::total_cmp);
        assert_eq!(
            borrowed,
            [0., 1., 2., 3., 4., 6., 7., 8., 9., 10., 11., 12.]
        );
        let sum: f64 = paths.iter().map(|(weight, _)| weight).sum();
        assert!((sum - 1.0).abs() < 1e-12);
        // The nearer, the more; and together no more than three quarters.
        assert!(paths[1].0 > paths[12].0 && paths[0].0 >= OWN);
    }

    #[test]
    fn alone_it_has_its_own_and_without_its_own_the_others() {
        let (key, own) = series("a", 0.0, 1.0);
        assert_eq!(
            PathPool::default().paths_for(&key, &own),
            [(1.0, &[1.0][..])]
        );
        let pool = PathPool::of(vec![series("b", 0.0, 2.0), series("c", 1.0, 3.0)]);
        let stand_in = pool.stand_in(4.0).unwrap();
        let paths = pool.paths_for(&key, &stand_in);
        assert_eq!(paths.len(), 2);
        let sum: f64 = paths.iter().map(|(weight, _)| weight).sum();
        assert!((sum - 1.0).abs() < 1e-12);
        assert_eq!(PathPool::default().stand_in(4.0), None);
        assert_eq!(pool.stand_in(0.0), None);
    }
}

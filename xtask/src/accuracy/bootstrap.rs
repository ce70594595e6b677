//! How far a mean over series and origins can be trusted.

use std::collections::BTreeSet;

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64;

/// Times that units and origins are drawn anew.
const DRAWS: usize = 2000;

/// What was found of one unit, such as a host or a group of hosts, at one origin.
#[derive(Debug, Clone)]
pub(crate) struct Cell {
    pub(crate) unit: String,
    pub(crate) origin: String,
    pub(crate) value: f64,
}

/// Returns where the mean value lies with nine in ten, by the percentile bootstrap over units and origins at once: both are drawn
/// anew with replacement, since what happens at one origin happens to all units. (Owen 2007, *The pigeonhole bootstrap*, The
/// Annals of Applied Statistics 1(2), 386-411.) `None` of nothing.
pub(crate) fn bootstrap(found: &[Cell]) -> Option<[f64; 2]> {
    let names = |of: fn(&Cell) -> &str| -> Vec<&str> {
        let names: BTreeSet<&str> = found.iter().map(of).collect();
        names.into_iter().collect()
    };
    let (units, origins) = (names(|cell| &cell.unit), names(|cell| &cell.origin));
    let place = |names: &[&str], name: &str| names.binary_search(&name).ok();
    let cells: Vec<(usize, usize, f64)> = found
        .iter()
        .filter_map(|cell| {
            let unit = place(&units, &cell.unit)?;
            Some((unit, place(&origins, &cell.origin)?, cell.value))
        })
        .collect();
    let mut random = Pcg64::seed_from_u64(1);
    let mut draw = |count: usize| {
        let mut times = vec![0.0; count];
        for _ in 0..count {
            times[random.random_range(0..count)] += 1.0;
        }
        times
    };
    let mut means: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            let (of_units, of_origins) = (draw(units.len()), draw(origins.len()));
            let weighed = cells.iter().map(|(unit, origin, value)| {
                let weight: f64 = of_units[*unit] * of_origins[*origin];
                (weight, weight * value)
            });
            let (weight, sum) = weighed.fold((0.0, 0.0), |(a, b), (c, d)| (a + c, b + d));
            (weight > 0.0).then(|| sum / weight)
        })
        .collect();
    means.sort_by(f64::total_cmp);
    let at = |share: usize| means.get(share * means.len() / 100).copied();
    Some([at(5)?, at(95)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bootstrap_is_as_wide_as_origins_differ() {
        let cells = |of: fn(usize, usize) -> f64| -> Vec<Cell> {
            let all = (0..40).flat_map(|unit| (0..8).map(move |origin| (unit, origin)));
            all.map(|(unit, origin)| Cell {
                unit: format!("{unit:02}"),
                origin: origin.to_string(),
                value: of(unit, origin),
            })
            .collect()
        };
        assert_eq!(
            bootstrap(&cells(|_, _| 0.8)).map(|ends| ends.map(|end| (100.0 * end).round())),
            Some([80.0, 80.0])
        );
        let by_origin = bootstrap(&cells(|_, origin| if origin < 4 { 1.0 } else { 0.6 }));
        let [low, high] = by_origin.unwrap();
        assert!(low < 0.72 && high > 0.88, "{low} {high}");
        let by_unit = bootstrap(&cells(|unit, _| if unit < 20 { 1.0 } else { 0.6 }));
        let [low, high] = by_unit.unwrap();
        assert!(low > 0.72 && high < 0.88, "{low} {high}");
        assert_eq!(bootstrap(&[]), None);
    }
}

//! Which host's resource behaves how, day by day.

use fleetcast_core::{Day, SeriesKey, TimeGrid};
use rand::RngExt;
use rand_pcg::Pcg64;

use super::behaviour::{Behaviour, Course, Defect, FleetKind};

pub(super) const RESOURCES: [&str; 4] = ["cpu", "disk", "memory", "network"];

/// One series in this many has a defect.
const DEFECT_ONE_IN: usize = 23;

/// Days before the end on which newborn series begin.
const NEWBORN_DAYS: usize = 9;

/// The share of days a healthy series misses, one by one.
const MISSING_SHARE: f64 = 0.01;

/// One healthy series in this many also misses some weeks in a row.
const OUTAGE_ONE_IN: u32 = 6;

/// A demo fleet: what it holds depends on these and nothing else.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fleet {
    pub(crate) kind: FleetKind,
    pub(crate) hosts: usize,
    pub(crate) days: TimeGrid,
    pub(crate) seed: u64,
}

/// One series of the fleet, as it stands in the table.
#[derive(Debug, Clone)]
pub(super) struct DemoSeries {
    pub(super) key: SeriesKey,
    pub(super) behaviour: Behaviour,
    pub(super) defect: Option<Defect>,
    /// The day from which on it is another than before, and the first day on which it is no longer, where there are such.
    pub(super) broke: Option<(Day, Option<Day>)>,
    /// Days and values; a missing day has no row, a day without a value has `None`.
    pub(super) rows: Vec<(Day, Option<f64>)>,
}

impl Fleet {
    /// The series of one host, in key order.
    pub(super) fn host(&self, host: usize) -> Vec<DemoSeries> {
        (0..RESOURCES.len())
            .map(|resource| self.series(host, resource))
            .collect()
    }

    fn series(&self, host: usize, resource: usize) -> DemoSeries {
        let number = host * RESOURCES.len() + resource;
        // Each series has a stream of its own: fleets of any size agree on the hosts they share.
        let mut random = Pcg64::new(u128::from(self.seed), number as u128);
        let behaviours = self.kind.behaviours();
        let behaviour = behaviours[number % behaviours.len()];
        let defect = (number % DEFECT_ONE_IN == DEFECT_ONE_IN / 2)
            .then(|| Defect::ALL[number / DEFECT_ONE_IN % Defect::ALL.len()]);
        let Course { values, other } = behaviour.course(self.days.len(), self.kind, &mut random);
        let day = |index| self.days.days().nth(index);
        let broke = other.and_then(|other| Some((day(other.start)?, day(other.end))));
        let healthy = self.with_gaps(&values, &mut random);
        DemoSeries {
            key: SeriesKey::new(host_name(host), RESOURCES[resource]),
            behaviour,
            defect,
            broke,
            rows: match defect {
                Some(defect) => self.broken(defect, healthy),
                None => healthy,
            },
        }
    }

    fn with_gaps(&self, values: &[f64], random: &mut Pcg64) -> Vec<(Day, Option<f64>)> {
        let outage = if random.random_ratio(1, OUTAGE_ONE_IN) {
            let begin = random.random_range(0..values.len());
            begin..begin + random.random_range(7..30_usize)
        } else {
            0..0
        };
        // The last day is always there: it is what `as_of` is.
        let last = values.len().saturating_sub(1);
        let mut rows = Vec::with_capacity(values.len());
        for (index, (day, value)) in self.days.days().zip(values).enumerate() {
            let missing = random.random_bool(MISSING_SHARE) || outage.contains(&index);
            if !missing || index == last {
                rows.push((day, Some(*value)));
            }
        }
        rows
    }

    fn broken(&self, defect: Defect, mut rows: Vec<(Day, Option<f64>)>) -> Vec<(Day, Option<f64>)> {
        let some_rows = |rows: &mut Vec<(Day, Option<f64>)>, value: Option<f64>| {
            rows.iter_mut().step_by(50).for_each(|row| row.1 = value);
        };
        match defect {
            Defect::NotANumber => some_rows(&mut rows, Some(f64::NAN)),
            Defect::Infinite => some_rows(&mut rows, Some(f64::INFINITY)),
            Defect::NoValue => some_rows(&mut rows, None),
            Defect::Duplicated => {
                let repeated: Vec<_> = rows.iter().step_by(30).copied().collect();
                rows.extend(repeated);
            }
            Defect::Newborn => {
                let begin = rows.len().saturating_sub(NEWBORN_DAYS);
                rows.drain(..begin);
            }
            Defect::Decommissioned => rows.truncate(self.days.len() / 2),
            Defect::Constant => rows.iter_mut().for_each(|row| row.1 = Some(42.0)),
            Defect::AllZero => rows.iter_mut().for_each(|row| row.1 = Some(0.0)),
        }
        rows
    }
}

fn host_name(host: usize) -> String {
    const ROLES: [&str; 5] = ["web", "app", "db", "cache", "batch"];
    let role = ROLES[host % ROLES.len()];
    format!("{role}-{:04}", host / ROLES.len() + 1)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn fleet(hosts: usize, seed: u64) -> Fleet {
        let days = TimeGrid::new("2023-01-01".parse().unwrap(), 1096);
        Fleet {
            kind: FleetKind::Mixed,
            hosts,
            days,
            seed,
        }
    }

    fn all_series(fleet: Fleet) -> Vec<DemoSeries> {
        (0..fleet.hosts).flat_map(|host| fleet.host(host)).collect()
    }

    #[test]
    fn fifty_hosts_have_every_behaviour_and_every_defect() {
        let series = all_series(fleet(50, 1));
        assert_eq!(series.len(), 200);
        let keys: HashSet<_> = series.iter().map(|one| one.key.clone()).collect();
        assert_eq!(keys.len(), 200);
        let behaviours: HashSet<_> = series.iter().map(|one| one.behaviour).collect();
        assert_eq!(behaviours.len(), 14);
        let defects: HashSet<_> = series.iter().filter_map(|one| one.defect).collect();
        assert_eq!(defects.len(), 8);
    }

    #[test]
    fn a_seed_is_a_fleet() {
        let rows = |seed| format!("{:?}", all_series(fleet(3, seed)));
        assert_eq!(rows(1), rows(1));
        assert_ne!(rows(1), rows(2));
        let larger = fleet(9, 1).host(2);
        assert_eq!(format!("{larger:?}"), format!("{:?}", fleet(3, 1).host(2)));
    }

    #[test]
    fn healthy_series_have_gaps_but_end_on_the_last_day() {
        for one in all_series(fleet(20, 4))
            .iter()
            .filter(|one| one.defect.is_none())
        {
            assert!((1000..1096).contains(&one.rows.len()), "{}", one.key);
            assert_eq!(one.rows.last().unwrap().0.to_string(), "2025-12-31");
        }
    }
}

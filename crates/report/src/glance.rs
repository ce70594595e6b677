//! The fleet at a glance: how many series are full by when.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{Outlook, Series, Status};

/// Days ahead that planners ask for.
const STEPS: [i32; 3] = [30, 60, 90];

/// How many series are full by when, in all and by resource.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Glance {
    /// The days ahead that columns stand for; the last is the horizon.
    pub(crate) days: Vec<i32>,
    pub(crate) fleet: Counts,
    pub(crate) resources: Vec<(String, Counts)>,
}

/// Series of one kind; counts by days add up: who is full within 30 days is so within 60.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Counts {
    pub(crate) series: usize,
    pub(crate) over: usize,
    /// Series that are as likely as not full within so many days, those over not among them.
    pub(crate) full: Vec<usize>,
    /// Full by then in one of ten cases at least.
    pub(crate) perhaps: Vec<usize>,
    pub(crate) possible: usize,
    pub(crate) not_within: usize,
    pub(crate) no_limit: usize,
    pub(crate) no_forecast: usize,
}

impl Glance {
    pub(crate) fn of(series: &[Series], horizon: usize) -> Self {
        let horizon = i32::try_from(horizon).unwrap_or(i32::MAX);
        let days: Vec<i32> = STEPS
            .into_iter()
            .filter(|step| *step < horizon)
            .chain([horizon])
            .collect();
        let mut fleet = Counts::empty(days.len());
        let mut resources: BTreeMap<&str, Counts> = BTreeMap::new();
        for one in series {
            fleet.add(one.outlook.as_ref(), &days);
            resources
                .entry(one.key.resource())
                .or_insert_with(|| Counts::empty(days.len()))
                .add(one.outlook.as_ref(), &days);
        }
        let resources = resources
            .into_iter()
            .map(|(resource, counts)| (resource.to_owned(), counts))
            .collect();
        Self {
            days,
            fleet,
            resources,
        }
    }
}

impl Counts {
    fn empty(steps: usize) -> Self {
        Self {
            full: vec![0; steps],
            perhaps: vec![0; steps],
            ..Self::default()
        }
    }

    fn add(&mut self, outlook: Option<&Outlook>, days: &[i32]) {
        self.series += 1;
        let Some(outlook) = outlook else {
            self.no_forecast += 1;
            return;
        };
        match outlook.status {
            Status::Over => {
                self.over += 1;
                return;
            }
            Status::Within => {}
            Status::Possible => self.possible += 1,
            Status::NotWithinHorizon => self.not_within += 1,
            Status::NoLimit => self.no_limit += 1,
        }
        let within = |left: Option<i32>, step: i32| left.is_some_and(|left| left <= step);
        for (index, step) in days.iter().enumerate() {
            self.full[index] += usize::from(within(outlook.days_left, *step));
            self.perhaps[index] += usize::from(within(outlook.days_left_earliest, *step));
        }
    }
}

#[cfg(test)]
mod tests {
    use fleetcast_core::SeriesKey;

    use super::*;

    #[test]
    fn who_is_full_within_a_month_is_so_within_two() {
        let series = |resource: &str, status, days_left, days_left_earliest| Series {
            key: SeriesKey::new("h", resource),
            outlook: Some(Outlook {
                status,
                threshold: Some(80.0),
                planned: Vec::new(),
                capacity: None,
                days_left,
                days_left_earliest,
                days_left_latest: None,
                p_full: None,
                p_full_by: [None; 3],
                urgency: None,
                growth: None,
                to_order: None,
                since_days: None,
                is_percent: true,
                recent: None,
                peak: 1.0,
            }),
            standing: None,
            behaviour: None,
            chart: None,
        };
        let mut all = vec![
            series("cpu", Status::Over, Some(0), Some(0)),
            series("cpu", Status::Within, Some(30), Some(10)),
            series("cpu", Status::Within, Some(150), Some(61)),
            series("disk", Status::Possible, None, Some(90)),
            series("disk", Status::NotWithinHorizon, None, None),
            series("disk", Status::NoLimit, None, None),
        ];
        all.push(Series {
            outlook: None,
            ..all[0].clone()
        });
        let glance = Glance::of(&all, 180);
        assert_eq!(glance.days, [30, 60, 90, 180]);
        assert_eq!(glance.fleet.full, [1, 1, 1, 2]);
        assert_eq!(glance.fleet.perhaps, [1, 1, 3, 3]);
        let Counts {
            series,
            over,
            not_within,
            no_limit,
            no_forecast,
            ..
        } = glance.fleet;
        assert_eq!(
            (series, over, not_within, no_limit, no_forecast),
            (7, 1, 1, 1, 1)
        );
        assert_eq!(glance.resources[0].1.full, [1, 1, 1, 2]);
        assert_eq!(Glance::of(&all, 45).days, [30, 45]);
    }
}

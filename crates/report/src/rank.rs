//! Which series to look at first.

use std::cmp::{Ordering, Reverse};

use crate::{Series, Status};

/// The series' positions, most urgent first: over already (the fullest first), then by how likely they are full and how
/// soon, as far as forecasts can be trusted, then by how near they come. Then those without a threshold, then those without a forecast. Equals stand in key
/// order.
pub(crate) fn by_urgency(series: &[Series]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..series.len()).collect();
    order.sort_by(|a, b| {
        let (a, b) = (&series[*a], &series[*b]);
        urgency(a)
            .cmp(&urgency(b))
            .then_with(|| nearness(b).total_cmp(&nearness(a)))
            .then_with(|| a.key.cmp(&b.key))
    });
    order
}

/// Smaller is more urgent.
fn urgency(series: &Series) -> (u8, Reverse<u64>, i32) {
    let Some(outlook) = &series.outlook else {
        return (4, Reverse(0), 0);
    };
    let group = match outlook.status {
        Status::Over => 0,
        Status::Within => 1,
        Status::Possible | Status::NotWithinHorizon => 2,
        Status::NoLimit => 3,
    };
    // As bits, which are in the order of what is not negative.
    let urgency = outlook.urgency.filter(|_| group == 1 || group == 2);
    let urgency = urgency.map(|urgency| urgency * weight_of_trust(series));
    let likely = Reverse(urgency.map_or(0, |urgency| urgency.max(0.0).to_bits()));
    let days = outlook.days_left.or(outlook.days_left_earliest);
    (group, likely, days.unwrap_or(i32::MAX))
}

/// How much what is said of a series counts, by its grade of trust.
fn weight_of_trust(series: &Series) -> f64 {
    let grade = series
        .standing
        .as_ref()
        .and_then(|one| one.trust.as_deref());
    match grade {
        Some("A" | "B") => 1.0,
        Some("C") => 0.8,
        Some("D") => 0.5,
        _ => 0.65,
    }
}

/// The level as a share of the threshold.
fn nearness(series: &Series) -> f64 {
    let share = series.outlook.as_ref().and_then(|outlook| {
        let level = match outlook.status {
            Status::Over => outlook.recent?,
            _ => outlook.peak,
        };
        let share = level / outlook.threshold?;
        (share.partial_cmp(&0.0) == Some(Ordering::Greater)).then_some(share)
    });
    share.unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use fleetcast_core::SeriesKey;

    use super::*;
    use crate::{Outlook, Standing};

    fn series(host: &str, outlook: Option<(Status, Option<i32>, Option<i32>, f64)>) -> Series {
        let outlook = outlook.map(|(status, days_left, days_left_earliest, level)| Outlook {
            status,
            threshold: (status != Status::NoLimit).then_some(80.0),
            planned: Vec::new(),
            capacity: None,
            days_left,
            days_left_earliest,
            days_left_latest: None,
            p_full: None,
            p_full_by: [None; 3],
            urgency: days_left_earliest.map(|days| 1.0 / f64::from(days + 1)),
            growth: None,
            to_order: None,
            since_days: None,
            is_percent: true,
            recent: Some(level),
            peak: level,
        });
        Series {
            key: SeriesKey::new(host, "cpu"),
            outlook,
            standing: None,
            behaviour: None,
            chart: None,
        }
    }

    #[test]
    fn what_can_be_trusted_counts_more() {
        let graded = |host: &str, trust: &str, days: i32| Series {
            standing: Some(Standing {
                winner: "prophet".to_owned(),
                golden: "prophet".to_owned(),
                coverage: None,
                decided_by: "mape".to_owned(),
                trust: Some(trust.to_owned()),
                scores: Vec::new(),
            }),
            ..series(host, Some((Status::Within, Some(days), Some(days), 90.0)))
        };
        let all = [
            graded("d", "D", 9),
            graded("a", "A", 15),
            graded("later d", "D", 4),
        ];
        let hosts: Vec<_> = by_urgency(&all)
            .into_iter()
            .map(|index| all[index].key.host())
            .collect();
        // Half of 1/10 is less than 1/16, and half of 1/5 more.
        assert_eq!(hosts, ["later d", "a", "d"]);
    }

    #[test]
    fn the_most_urgent_come_first() {
        let not_within = Status::NotWithinHorizon;
        let all = [
            series("none", None),
            series("limitless", Some((Status::NoLimit, None, None, 900.0))),
            series("far", Some((not_within, None, None, 30.0))),
            series("near", Some((not_within, None, None, 70.0))),
            series("perhaps", Some((Status::Possible, None, Some(9), 40.0))),
            series("later", Some((Status::Within, Some(70), Some(50), 90.0))),
            series("sooner", Some((Status::Within, Some(7), Some(7), 85.0))),
            series("b over", Some((Status::Over, Some(0), Some(0), 81.0))),
            series("a over", Some((Status::Over, Some(0), Some(0), 81.0))),
            series("fullest", Some((Status::Over, Some(0), Some(0), 99.0))),
        ];
        let hosts: Vec<_> = by_urgency(&all)
            .into_iter()
            .map(|index| all[index].key.host())
            .collect();
        assert_eq!(
            hosts,
            [
                "fullest",
                "a over",
                "b over",
                "sooner",
                "later",
                "perhaps",
                "near",
                "far",
                "limitless",
                "none"
            ]
        );
    }
}

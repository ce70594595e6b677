//! Charts in few bytes.
//!
//! A chart is packed as one byte a value: 0 where there is none, 1 to 255 from the smallest to the
//! largest value of the chart, which is finer than a screen shows. Values stand day by day or as
//! means of weeks; a week ends on the last day of the data, and the future's first begins after it.
//! Their order: history; champion's and challenger's backtest; lower and upper bound of the winner's
//! backtest; the future's forecast, lower and upper bound, and in days those at 95 %.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fleetcast_core::{Forecast, Split};
use serde::Serialize;

use crate::{Chart, Series, Status};

/// Bytes all charts of a report may take. With 8,000 series' rows (1.3 MB) and the page itself, that
/// is less than 5 MB.
const BUDGET: usize = 3_350_000;

const WEEK: usize = 7;

/// One chart, as the page's script unpacks it: days a value, smallest and largest value, values.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Packed(usize, f64, f64, String);

/// The charts of `series`, which stand in the order of their urgency: weekly for as many as the
/// budget holds, and daily as long as there is room: for those that are full next, which the page
/// shows first, then for the others.
pub(crate) fn pack(series: &[&Series], split: &Split) -> Vec<Option<Packed>> {
    pack_within(series, split, BUDGET)
}

fn pack_within(series: &[&Series], split: &Split, budget: usize) -> Vec<Option<Packed>> {
    let (daily, weekly) = (packed_len(split, 1), packed_len(split, WEEK));
    let drawable = series.iter().filter(|one| one.chart.is_some()).count();
    let shown = drawable.min(budget / weekly.max(1));
    let in_days = (budget - shown * weekly) / (daily - weekly).max(1);
    let mut drawn: Vec<usize> = (0..series.len())
        .filter(|index| series[*index].chart.is_some())
        .collect();
    drawn.truncate(shown);
    drawn.sort_by_key(|index| !is_next(series[*index]));

    let mut packed = vec![None; series.len()];
    for (place, index) in drawn.into_iter().enumerate() {
        let one = series[index];
        let step = if place < in_days { 1 } else { WEEK };
        let standing = one.standing.as_ref();
        let winner = standing.map(|standing| standing.winner.as_str());
        let chart = one.chart.as_ref();
        packed[index] = chart.and_then(|chart| pack_one(chart, winner, split, step));
    }
    packed
}

/// Whether the series is to be full, or may be, but is not yet.
fn is_next(series: &Series) -> bool {
    series.outlook.as_ref().is_some_and(|outlook| {
        outlook.status != Status::Over && outlook.days_left_earliest.is_some()
    })
}

/// Forecast and bounds of the future; in steps of days those at 95 % as well, for which weeks have no room.
fn parts_ahead(step: usize) -> usize {
    if step == 1 { 5 } else { 3 }
}

/// Base64's length of a chart in steps of so many days.
fn packed_len(split: &Split, step: usize) -> usize {
    let [history, backtest, future] = [
        split.history().len(),
        split.days_until_future(),
        split.future().len(),
    ]
    .map(|days| days.div_ceil(step));
    (history + 4 * backtest + parts_ahead(step) * future).div_ceil(3) * 4
}

fn pack_one(chart: &Chart, winner: Option<&str>, split: &Split, step: usize) -> Option<Packed> {
    // Up to the last day of data, also where the backtest ends before it.
    let backtest_days = split.days_until_future();
    let future_days = split.future().len();
    let winning = match winner {
        Some("prophet") => chart.champion.as_ref(),
        Some("challenger") => chart.challenger.as_ref(),
        _ => None,
    };
    let part = |forecast: Option<&Forecast>, values: fn(&Forecast) -> &[f64], days| {
        let mut part = forecast.map_or_else(Vec::new, |forecast| values(forecast).to_vec());
        part.resize(days, f64::NAN);
        part
    };
    let (champion, challenger) = (chart.champion.as_ref(), chart.challenger.as_ref());
    let (future, wide) = (chart.future.as_ref(), chart.future_95.as_ref());
    let past = [
        chart.history.clone(),
        part(champion, Forecast::yhat, backtest_days),
        part(challenger, Forecast::yhat, backtest_days),
        part(winning, Forecast::lower, backtest_days),
        part(winning, Forecast::upper, backtest_days),
    ];
    let ahead = [
        part(future, Forecast::yhat, future_days),
        part(future, Forecast::lower, future_days),
        part(future, Forecast::upper, future_days),
        part(wide, Forecast::lower, future_days),
        part(wide, Forecast::upper, future_days),
    ];
    let mut values = Vec::new();
    for days in past {
        values.extend(days.rchunks(step).rev().map(mean));
    }
    for days in &ahead[..parts_ahead(step)] {
        values.extend(days.chunks(step).map(mean));
    }

    let finite = values.iter().filter(|value| value.is_finite());
    let smallest = finite.clone().copied().reduce(f64::min)?;
    let largest = finite.copied().reduce(f64::max)?;
    let bytes: Vec<u8> = values
        .iter()
        .map(|value| quantised(*value, smallest, largest))
        .collect();
    Some(Packed(step, smallest, largest, STANDARD.encode(bytes)))
}

/// The mean of the values there are.
fn mean(values: &[f64]) -> f64 {
    let (sum, count) = values
        .iter()
        .filter(|value| value.is_finite())
        .fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    sum / f64::from(count)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the rounded number lies from 1 to 255"
)]
fn quantised(value: f64, smallest: f64, largest: f64) -> u8 {
    if !value.is_finite() {
        return 0;
    }
    let range = largest - smallest;
    if range <= 0.0 {
        return 1;
    }
    (1.0 + 254.0 * ((value - smallest) / range).clamp(0.0, 1.0)).round() as u8
}

#[cfg(test)]
mod tests {
    use fleetcast_core::{Horizon, SeriesKey, WindowLengths};

    use super::*;
    use crate::Standing;

    fn split() -> Split {
        let lengths = WindowLengths {
            train_months: 2,
            backtest_months: 1,
            horizon: Horizon::new(10).unwrap(),
        };
        Split::new("2025-12-31".parse().unwrap(), lengths).unwrap()
    }

    fn series(split: &Split) -> Series {
        let days = split.history().len();
        let future = split.future();
        let ramp: Vec<f64> = (0..10).map(f64::from).collect();
        Series {
            key: SeriesKey::new("h", "cpu"),
            outlook: None,
            standing: Some(Standing {
                winner: "prophet".to_owned(),
                golden: "prophet".to_owned(),
                coverage: Some(0.83),
                decided_by: "mape".to_owned(),
                trust: None,
                scores: Vec::new(),
            }),
            behaviour: None,
            chart: Some(Chart {
                history: (0..days)
                    .map(|day| if day == 3 { f64::NAN } else { day as f64 })
                    .collect(),
                champion: None,
                challenger: None,
                future: Forecast::new(future.first(), ramp.clone(), ramp.clone(), ramp.clone())
                    .ok(),
                future_95: Forecast::new(future.first(), ramp.clone(), ramp.clone(), ramp).ok(),
            }),
        }
    }

    fn unpacked(packed: &Packed) -> Vec<Option<f64>> {
        let Packed(_, smallest, largest, text) = packed;
        let bytes = STANDARD.decode(text).unwrap();
        bytes
            .into_iter()
            .map(|byte| {
                (byte > 0).then(|| smallest + f64::from(byte - 1) / 254.0 * (largest - smallest))
            })
            .collect()
    }

    #[test]
    fn days_are_unpacked_to_within_half_a_step() {
        let split = split();
        let one = series(&split);
        let packed = pack(&[&one], &split)[0].clone().unwrap();
        let values = unpacked(&packed);
        let (days, backtest) = (split.history().len(), split.days_until_future());
        assert_eq!(packed.0, 1);
        assert_eq!(values.len(), days + 4 * backtest + 50);
        assert_eq!(values[3], None);
        for (day, value) in values[..days].iter().enumerate().skip(4) {
            let error = (value.unwrap() - day as f64).abs();
            assert!(error <= days as f64 / 254.0 / 2.0, "{day}: {error}");
        }
        assert!(
            values[days..days + 4 * backtest]
                .iter()
                .all(Option::is_none)
        );
        assert!((values[days + 4 * backtest + 9].unwrap() - 9.0).abs() < 0.2);
    }

    #[test]
    fn weeks_end_with_the_data_and_begin_after_it() {
        let split = split();
        let one = series(&split);
        let packed = pack_one(one.chart.as_ref().unwrap(), None, &split, WEEK).unwrap();
        let values = unpacked(&packed);
        let days = split.history().len();
        let last_week = values[days.div_ceil(7) - 1].unwrap();
        assert!((last_week - (days as f64 - 4.0)).abs() < 0.3, "{last_week}");
        let ahead = values.len() - 3 * 2;
        assert!((values[ahead].unwrap() - 3.0).abs() < 0.3);
        assert!((values[ahead + 1].unwrap() - 8.0).abs() < 0.3);
    }

    #[test]
    fn the_budget_holds_and_the_first_get_days() {
        let split = split();
        let one = series(&split);
        let all = vec![&one; 50];
        let (daily, weekly) = (packed_len(&split, 1), packed_len(&split, WEEK));
        let steps = |budget| {
            let packed = pack_within(&all, &split, budget);
            let bytes: usize = packed.iter().flatten().map(|chart| chart.3.len()).sum();
            assert!(bytes <= budget, "{bytes} of {budget}");
            let with = |step| {
                packed
                    .iter()
                    .flatten()
                    .filter(|chart| chart.0 == step)
                    .count()
            };
            (with(1), with(WEEK))
        };
        assert_eq!(steps(50 * daily), (50, 0));
        assert_eq!(steps(3 * daily + 47 * weekly), (3, 47));
        assert_eq!(steps(20 * weekly), (0, 20));
        assert_eq!(steps(0), (0, 0));
    }

    #[test]
    fn a_constant_and_nothing_can_be_packed() {
        let split = split();
        let mut one = series(&split);
        let chart = one.chart.as_mut().unwrap();
        chart.future = None;
        chart.future_95 = None;
        chart.history.fill(5.0);
        let packed = pack(&[&one], &split)[0].clone().unwrap();
        assert_eq!(unpacked(&packed)[0], Some(5.0));
        one.chart.as_mut().unwrap().history.fill(f64::NAN);
        assert_eq!(pack(&[&one], &split), [None]);
    }
}

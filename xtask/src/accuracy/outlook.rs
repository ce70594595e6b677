//! Whether what was said to become full did: outlooks of series whose future is known.

use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Float64Array, Int32Array, StringArray};
use arrow::error::ArrowError;
use arrow::record_batch::RecordBatch;
use fleetcast::Written;
use fleetcast_core::{
    Day, EffectiveLimits, LimitSchedule, PanelView, SEASON_YEAR, SeriesKey, SeriesView, Split,
    level_of_last_year, naive_of_season,
};
use fleetcast_outlook::paths::first_crossing;
use fleetcast_outlook::{Status, Sustained};
use fleetcast_store::{SeriesIndex, Store};
use rayon::prelude::*;

use crate::accuracy::fleet::FleetAt;
use crate::error::Error;
use crate::scratch::Scratch;
use crate::settings::Settings;

/// The table the answers are kept in.
pub(crate) const TABLE: &str = "accuracy_outlook";

/// Thresholds above the last year's 95 % quantile, in percent of it.
const ABOVE_LAST_YEAR: [u32; 4] = [0, 5, 10, 20];

/// Thresholds on the way from the floor to the capacity, in percent of it, where a capacity is known.
const OF_CAPACITY: [u32; 3] = [70, 80, 90];

/// The last days that straight lines are drawn through.
const STRAIGHT: [usize; 3] = [30, 90, 365];

/// One in so many of the days that follow must be known: half.
const LEAST_KNOWN: usize = 2;

/// A threshold that a series is asked about.
#[derive(Debug, Clone)]
struct Question {
    name: String,
    threshold: f64,
}

/// What was said to a question, and what came; days are counted from the origin.
#[derive(Debug)]
struct Answer {
    key: SeriesKey,
    question: Question,
    full_after: Option<i32>,
    /// The probabilities within 30, 60, 90 and all days.
    p_full: [Option<f64>; 4],
    /// The days by which it is full with a probability of 10, 50 and 90 %.
    by: [Option<i32>; 3],
    line: Option<i32>,
    bound: Option<i32>,
    last_year: Option<i32>,
    straight: [Option<i32>; 3],
}

/// Asks about every series at one origin, from the history alone, and keeps the answers beside what came. Returns how
/// many there are.
pub(crate) fn ask(
    store: &Store,
    index: &SeriesIndex,
    split: &Split,
    settings: &Settings,
    scratch: &Scratch,
    advance: impl Fn(usize),
) -> Result<usize, Error> {
    let FleetAt {
        shop,
        summary,
        batches,
    } = FleetAt::gather(store, index, split, settings, advance)?;
    let mut count = 0;
    for (batch, evidence) in &batches {
        let history = batch.history();
        let said = shop.under_limits(evidence, &summary, |place, limits| {
            questions(history.series(place).values, limits.now())
        });
        // Only now is the future read.
        let (future, _) = store.read_panel(history.keys(), split.future())?;
        let answers = answers(history, future.view(), said, settings.shop.sustained);
        count += answers.len();
        scratch.append(TABLE, table_of(split.as_of(), &answers)?)?;
    }
    Ok(count)
}

/// The thresholds that a series of this history is asked about, and the limits it then has. None lies above the capacity.
fn questions(history: &[f64], limits: &EffectiveLimits) -> Vec<(Question, LimitSchedule)> {
    let above = level_of_last_year(history)
        .filter(|high| *high > 0.0)
        .into_iter()
        .flat_map(|high| {
            ABOVE_LAST_YEAR.map(|percent| Question {
                name: format!("last year + {percent} %"),
                threshold: high * f64::from(100 + percent) / 100.0,
            })
        });
    let capacity = limits.capacity.into_iter().flat_map(|capacity| {
        let floor = limits.floor.unwrap_or(0.0);
        OF_CAPACITY.map(|percent| Question {
            name: format!("{percent} % of capacity"),
            threshold: floor + (capacity - floor) * f64::from(percent) / 100.0,
        })
    });
    above
        .chain(capacity)
        .filter(|question| {
            limits
                .capacity
                .is_none_or(|most| question.threshold <= most)
        })
        .map(|question| {
            let threshold = Some(question.threshold);
            let limits = EffectiveLimits {
                threshold,
                ..*limits
            };
            (question, limits.into())
        })
        .collect()
}

/// The answers of series whose future is known, to questions that are open at the origin.
fn answers(
    history: PanelView<'_>,
    future: PanelView<'_>,
    said: Vec<Vec<(Question, Written)>>,
    sustained: Sustained,
) -> Vec<Answer> {
    let all: Vec<Vec<Answer>> = said
        .into_par_iter()
        .enumerate()
        .map(|(place, said)| {
            let came = future.series(place).values;
            let known = came.iter().filter(|value| !value.is_nan()).count();
            if known * LEAST_KNOWN < came.len() {
                return Vec::new();
            }
            let series = history.series(place);
            let open = said
                .into_iter()
                .filter(|(_, written)| written.outlook.status != Status::Over);
            open.map(|(question, written)| answer(series, came, question, &written, sustained))
                .collect()
        })
        .collect();
    all.into_iter().flatten().collect()
}

fn answer(
    history: SeriesView<'_>,
    came: &[f64],
    question: Question,
    written: &Written,
    sustained: Sustained,
) -> Answer {
    let Written {
        golden, outlook, ..
    } = written;
    let as_of = golden.grid.first().minus_days(1);
    let days = golden.yhat.len();
    let full_after = |path: &[f64]| {
        let day = first_crossing(path, question.threshold, sustained)?;
        i32::try_from(day + 1).ok()
    };
    let by = |day: Option<Day>| day.map(|day| day.days_since(as_of));
    let straight = |last: usize| full_after(&straight_line(history.values, last, days)?);
    Answer {
        key: history.key.clone(),
        full_after: full_after(came),
        p_full: [
            outlook.p_full_30,
            outlook.p_full_60,
            outlook.p_full_90,
            outlook.p_full,
        ],
        by: [
            by(outlook.full_on_earliest),
            by(outlook.full_on),
            by(outlook.full_on_latest),
        ],
        line: full_after(&golden.yhat),
        bound: full_after(&golden.upper),
        last_year: naive_of_season(history.values, SEASON_YEAR, days)
            .and_then(|repeated| full_after(&repeated)),
        straight: STRAIGHT.map(straight),
        question,
    }
}

/// The line of least squares through the known values of the `last` days, over the `days` days after them; `None` where
/// fewer than two are known.
fn straight_line(history: &[f64], last: usize, days: usize) -> Option<Vec<f64>> {
    let last = &history[history.len().saturating_sub(last)..];
    // Days before the origin, so that it is day 0.
    let known = last
        .iter()
        .rev()
        .enumerate()
        .filter(|(_, value)| value.is_finite());
    let points: Vec<(f64, f64)> = known.map(|(ago, value)| (-(ago as f64), *value)).collect();
    let count = points.len() as f64;
    let mean_day = points.iter().map(|(day, _)| day).sum::<f64>() / count;
    let mean = points.iter().map(|(_, value)| value).sum::<f64>() / count;
    let (mut together, mut alone) = (0.0, 0.0);
    for (day, value) in &points {
        together += (day - mean_day) * (value - mean);
        alone += (day - mean_day).powi(2);
    }
    let slope = (points.len() > 1).then(|| together / alone)?;
    let at = |day: usize| mean + slope * (day as f64 - mean_day);
    Some((1..=days).map(at).collect())
}

/// The rows of `accuracy_outlook` for these answers.
fn table_of(as_of: Day, answers: &[Answer]) -> Result<RecordBatch, ArrowError> {
    let text = |of: fn(&Answer) -> &str| -> ArrayRef {
        Arc::new(StringArray::from_iter_values(answers.iter().map(of)))
    };
    let number = |of: &dyn Fn(&Answer) -> Option<f64>| -> ArrayRef {
        Arc::new(answers.iter().map(of).collect::<Float64Array>())
    };
    let days = |of: &dyn Fn(&Answer) -> Option<i32>| -> ArrayRef {
        Arc::new(answers.iter().map(of).collect::<Int32Array>())
    };
    let origins = vec![as_of.epoch_days(); answers.len()];
    let columns: [(&str, ArrayRef); 19] = [
        ("host", text(|row| row.key.host())),
        ("resource", text(|row| row.key.resource())),
        ("as_of", Arc::new(Date32Array::from(origins))),
        ("question", text(|row| &row.question.name)),
        ("threshold", number(&|row| Some(row.question.threshold))),
        ("full_after", days(&|row| row.full_after)),
        ("p_full_30", number(&|row| row.p_full[0])),
        ("p_full_60", number(&|row| row.p_full[1])),
        ("p_full_90", number(&|row| row.p_full[2])),
        ("p_full", number(&|row| row.p_full[3])),
        ("earliest_after", days(&|row| row.by[0])),
        ("likely_after", days(&|row| row.by[1])),
        ("latest_after", days(&|row| row.by[2])),
        ("line_after", days(&|row| row.line)),
        ("bound_after", days(&|row| row.bound)),
        ("last_year_after", days(&|row| row.last_year)),
        ("straight_30_after", days(&|row| row.straight[0])),
        ("straight_90_after", days(&|row| row.straight[1])),
        ("straight_365_after", days(&|row| row.straight[2])),
    ];
    RecordBatch::try_from_iter(columns)
}

#[cfg(test)]
mod tests {
    use fleetcast_core::LimitSource;

    use super::*;

    const LIMITS: EffectiveLimits = EffectiveLimits {
        floor: None,
        capacity: None,
        threshold: None,
        source: LimitSource::None,
    };

    #[test]
    fn a_line_goes_on_where_the_last_days_point() {
        let history: Vec<f64> = (0..100)
            .map(|day| if day < 70 { 5.0 } else { f64::from(day) })
            .collect();
        let line = straight_line(&history, 30, 3).unwrap();
        for (found, expected) in line.iter().zip([100.0, 101.0, 102.0]) {
            assert!((found - expected).abs() < 1e-9, "{line:?}");
        }
        // Missing days count nothing, and one day makes no line.
        let gaps = [f64::NAN, 1.0, f64::NAN, 3.0, f64::NAN];
        assert!((straight_line(&gaps, 5, 1).unwrap()[0] - 5.0).abs() < 1e-9);
        assert_eq!(straight_line(&gaps, 2, 1), None);
        assert_eq!(straight_line(&[], 2, 1), None);
    }

    #[test]
    fn questions_lie_above_the_last_year_and_below_the_capacity() {
        let mut history = vec![1000.0; 400];
        history[35..].fill(80.0);
        let named = |limits: &EffectiveLimits| -> Vec<(String, f64)> {
            let all = questions(&history, limits).into_iter();
            all.map(|(question, limits)| {
                assert_eq!(limits.now().threshold, Some(question.threshold));
                (question.name, question.threshold)
            })
            .collect()
        };
        let free = named(&LIMITS);
        assert_eq!(free.len(), 4);
        assert_eq!(free[0].0, "last year + 0 %");
        assert!((free[3].1 - 96.0).abs() < 1e-9);
        let capacity = Some(90.0);
        let capped = named(&EffectiveLimits { capacity, ..LIMITS });
        let names: Vec<&str> = capped.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            [
                "last year + 0 %",
                "last year + 5 %",
                "last year + 10 %",
                "70 % of capacity",
                "80 % of capacity",
                "90 % of capacity",
            ]
        );
        assert!((capped[4].1 - 72.0).abs() < 1e-9);
        assert!(questions(&[f64::NAN; 10], &LIMITS).is_empty());
    }
}

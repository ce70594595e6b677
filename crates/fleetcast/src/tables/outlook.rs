//! The writer's table: the outlook.

use arrow::array::{ArrayRef, Int32Array, Int64Array, RecordBatch};
use arrow::error::ArrowError;
use fleetcast_core::batches::Columns;
use fleetcast_core::{Day, EffectiveLimits, SeriesKey};
use fleetcast_outlook::CapacityOutlook;
use fleetcast_outlook::paths::{EarlierYears, FleetLaw, KnownBin, PastForecast, SeriesPast};
use std::sync::Arc;

/// One row of `capacity_outlook`.
#[derive(Debug, Clone, Copy)]
pub struct OutlookRow<'a> {
    /// The series.
    pub key: &'a SeriesKey,
    /// The limits that hold for it.
    pub limits: &'a EffectiveLimits,
    /// The outlook.
    pub outlook: &'a CapacityOutlook,
    /// How far its outlook can be trusted, as the leaderboard names it.
    pub trust: Option<&'a str>,
    /// Whose forecast became golden, as the leaderboard names it.
    pub model: &'a str,
}

/// Returns the rows of `capacity_outlook`, as of the day `as_of`.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn capacity_outlook(
    run: i64,
    as_of: Day,
    rows: &[OutlookRow<'_>],
) -> Result<RecordBatch, ArrowError> {
    let mut columns = Columns::of_series(run, rows.iter().map(|row| row.key));
    add_outlooks(&mut columns, as_of, rows);
    columns.finish()
}

/// Adds the columns of outlooks, all but those that say whose they are.
pub(super) fn add_outlooks(columns: &mut Columns, as_of: Day, rows: &[OutlookRow<'_>]) {
    let limits = || rows.iter().map(|row| row.limits);
    let outlooks = || rows.iter().map(|row| row.outlook);
    columns.number("threshold", limits().map(|limits| limits.threshold));
    columns.number("capacity", limits().map(|limits| limits.capacity));
    columns.text(
        "limits_from",
        limits().map(|limits| Some(limits.source.as_str())),
    );
    columns.text(
        "status",
        outlooks().map(|outlook| Some(outlook.status.as_str())),
    );
    let number = |columns: &mut Columns, name: &str, of: fn(&CapacityOutlook) -> Option<f64>| {
        columns.number(name, outlooks().map(of));
    };
    number(columns, "p_full_30", |outlook| outlook.p_full_30);
    number(columns, "p_full_60", |outlook| outlook.p_full_60);
    number(columns, "p_full_90", |outlook| outlook.p_full_90);
    number(columns, "p_full", |outlook| outlook.p_full);
    let mut day = |name: &str, of: fn(&CapacityOutlook) -> Option<Day>| {
        columns.day(name, outlooks().map(of));
    };
    day("full_on", |outlook| outlook.full_on);
    day("full_on_earliest", |outlook| outlook.full_on_earliest);
    day("full_on_latest", |outlook| outlook.full_on_latest);
    day("line_full_on", |outlook| outlook.line_full_on);
    let days_left: ArrayRef = Arc::new(
        outlooks()
            .map(|outlook| outlook.days_left)
            .collect::<Int32Array>(),
    );
    columns.push("days_left", days_left);
    columns.day("since", outlooks().map(|outlook| outlook.since));
    number(columns, "growth", |outlook| outlook.growth);
    number(columns, "demand_p50", |outlook| outlook.demand_p50);
    number(columns, "demand_p90", |outlook| outlook.demand_p90);
    number(columns, "needed_capacity", |outlook| {
        outlook.needed_capacity
    });
    number(columns, "to_order", |outlook| outlook.to_order);
    columns.text("rule", rows.iter().map(|_| Some("path")));
    columns.text("trust", rows.iter().map(|row| row.trust));
    columns.text("model", rows.iter().map(|row| Some(row.model)));
    columns.day("as_of", rows.iter().map(|_| Some(as_of)));
    number(columns, "recent", |outlook| outlook.recent);
    columns.exact("peak", outlooks().map(|outlook| outlook.peak));
}

/// Returns the rows of `past_forecasts`: a row a past forecast of a series' golden model, as the leaderboard names it, and where
/// earlier years are known of the days to come, one for these, which has no forecast yet.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn past_forecasts(
    run: i64,
    series: &[(&SeriesKey, &str, &SeriesPast)],
) -> Result<RecordBatch, ArrowError> {
    struct Row<'a> {
        key: &'a SeriesKey,
        model: &'a str,
        origin: Day,
        forecast: Option<&'a PastForecast>,
        years: &'a EarlierYears,
    }
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (key, model, past) in series.iter().copied() {
        rows.extend(past.forecasts.iter().map(|one| Row {
            key,
            model,
            origin: one.origin,
            forecast: Some(one),
            years: &one.years,
        }));
        rows.extend((past.years.count() > 0).then_some(Row {
            key,
            model,
            origin: past.as_of,
            forecast: None,
            years: &past.years,
        }));
    }
    let mut columns = Columns::of_series(run, rows.iter().map(|row| row.key));
    columns.text("model", rows.iter().map(|row| Some(row.model)));
    columns.day("origin", rows.iter().map(|row| Some(row.origin)));
    columns.number("level", rows.iter().map(|row| row.forecast?.level));
    let mut list = |name: &str, of: fn(&PastForecast) -> &[f32]| {
        columns.short_lists(
            name,
            rows.iter().map(|row| row.forecast.map_or(&[][..], of)),
        );
    };
    list("latest", |past| &past.latest);
    list("yhat", |past| &past.yhat);
    list("errors", |past| &past.errors);
    list("settled", |past| &past.settled);
    let years = rows.iter().map(|row| row.years.values.as_slice());
    columns.short_lists("years", years);
    let moved = rows.iter().map(|row| row.years.moved.as_slice());
    columns.short_lists("moved", moved);
    columns.finish()
}

/// Returns the rows of `outlook_calibration`: of outlooks of the past, by resource, origin and probability, how many there
/// were and how many came true.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn outlook_calibration(run: i64, law: &FleetLaw) -> Result<RecordBatch, ArrowError> {
    let rows: Vec<(&str, KnownBin)> = law
        .resources()
        .flat_map(|(resource, law)| law.known_bins().into_iter().map(move |bin| (resource, bin)))
        .collect();
    let mut columns = Columns::default();
    let runs: ArrayRef = Arc::new(Int64Array::from(vec![run; rows.len()]));
    columns.push("run_id", runs);
    columns.text("resource", rows.iter().map(|(resource, _)| Some(*resource)));
    columns.day("origin", rows.iter().map(|(_, bin)| Some(bin.origin)));
    let whole = |of: fn(&KnownBin) -> usize| -> ArrayRef {
        let values = rows
            .iter()
            .map(|(_, bin)| i32::try_from(of(bin)).unwrap_or(i32::MAX));
        Arc::new(Int32Array::from_iter_values(values))
    };
    columns.push("horizon_days", whole(|bin| bin.horizon_days));
    columns.exact("p_from", rows.iter().map(|(_, bin)| bin.from));
    columns.exact("p_to", rows.iter().map(|(_, bin)| bin.to));
    columns.exact("p_mean", rows.iter().map(|(_, bin)| bin.mean));
    columns.push("cases", whole(|bin| bin.cases));
    columns.push("came_true", whole(|bin| bin.came_true));
    columns.finish()
}

//! The tables of groups.

use std::iter::repeat_n;
use std::sync::Arc;

use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::error::ArrowError;
use fleetcast_core::batches::Columns;
use fleetcast_core::{Day, GoldenForecast};

use super::engines::add_golden;
use super::outlook::{OutlookRow, add_outlooks};
use crate::{GroupKey, WrittenGroup};

/// Whose forecasts a group's are: those of its members, added up.
const MODEL: &str = "members";

/// Begins with what tells groups apart.
fn of_groups<'a>(run: i64, groups: impl Iterator<Item = &'a GroupKey>) -> Columns {
    let groups: Vec<&GroupKey> = groups.collect();
    let mut columns = Columns::default();
    let runs: ArrayRef = Arc::new(Int64Array::from(vec![run; groups.len()]));
    columns.push("run_id", runs);
    let mut text = |name: &str, of: fn(&GroupKey) -> &str| {
        columns.text(name, groups.iter().map(|group| Some(of(group))));
    };
    text("key", |group| &group.key);
    text("value", |group| &group.value);
    text("resource", |group| &group.resource);
    columns
}

/// Returns the rows of `group_forecasts`: a row a group and day. `trained_through` is the last day that the members' forecasts
/// have seen.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn group_forecasts(
    run: i64,
    trained_through: Day,
    groups: &[WrittenGroup],
) -> Result<RecordBatch, ArrowError> {
    let golden: Vec<&GoldenForecast> = groups.iter().map(|one| &one.written.golden).collect();
    let per_day = || {
        let groups = groups.iter();
        groups.flat_map(|one| repeat_n(&one.key, one.written.golden.yhat.len()))
    };
    let mut columns = of_groups(run, per_day());
    add_golden(&mut columns, &golden);
    columns.text("model", per_day().map(|_| Some(MODEL)));
    columns.day("trained_through", per_day().map(|_| Some(trained_through)));
    columns.finish()
}

/// Returns the rows of `group_outlook`, as of the day `as_of`.
///
/// # Errors
///
/// [`ArrowError`] where they do not form a batch.
pub fn group_outlook(
    run: i64,
    as_of: Day,
    groups: &[WrittenGroup],
) -> Result<RecordBatch, ArrowError> {
    let keys: Vec<_> = groups.iter().map(|one| one.key.as_series()).collect();
    let rows: Vec<OutlookRow<'_>> = groups
        .iter()
        .zip(&keys)
        .map(|(one, key)| OutlookRow {
            key,
            limits: one.limits.now(),
            outlook: &one.written.outlook,
            trust: Some(one.written.trust.as_str()),
            model: MODEL,
        })
        .collect();
    let mut columns = of_groups(run, groups.iter().map(|one| &one.key));
    let members = groups.iter();
    columns.count(
        "members",
        members.map(|one| usize::try_from(one.members).unwrap_or(usize::MAX)),
    );
    columns.number("size", groups.iter().map(|one| one.size));
    add_outlooks(&mut columns, as_of, &rows);
    columns.finish()
}

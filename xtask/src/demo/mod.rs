//! `demo`: a fleet to try fleetcast on.

mod behaviour;
mod fleet;

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, Date32Builder, Float64Builder, RecordBatch, StringArray, StringBuilder,
};
use fleetcast_core::{Day, TimeGrid};
use fleetcast_store::{Store, Table};

use crate::cli::DemoFlags;
use crate::error::Error;
use crate::progress::Reporter;
use crate::settings::Settings;

pub(crate) use behaviour::FleetKind;
pub(crate) use fleet::Fleet;
use fleet::{DemoSeries, RESOURCES};

/// The last day of every demo fleet: a fixed one, so that the same seed makes the same fleet.
const LAST_DAY: &str = "2025-12-31";

/// Hosts unless asked otherwise: 200 series, a second of work on two cores.
const DEFAULT_HOSTS: usize = 50;

const DEFAULT_MONTHS: u32 = 36;

/// The seed unless asked otherwise.
pub(crate) const DEFAULT_SEED: u64 = 1;

pub(crate) fn make(settings: &Settings, flags: DemoFlags) -> Result<(), Error> {
    let hosts = flags.hosts.unwrap_or(DEFAULT_HOSTS);
    let months = flags.months.unwrap_or(DEFAULT_MONTHS);
    if hosts == 0 || months == 0 {
        return Err(Error::Setting(
            "a demo fleet needs at least one host and one month; mend --hosts or --months"
                .to_owned(),
        ));
    }
    let fleet = Fleet {
        kind: flags.fleet.unwrap_or_default(),
        hosts,
        days: days_of(months)?,
        seed: flags.seed.unwrap_or(DEFAULT_SEED),
    };

    let store = settings.open(true)?;
    if store.has_table(Table::ProcessedData.as_str())? {
        return Err(Error::DemoWouldOverwrite(settings.db.clone()));
    }
    let rows = write_fleet(&store, &fleet, |_| Ok(()))?;
    store.finish()?;
    Reporter::new(settings.quiet).say(format_args!(
        "made a demo fleet: {hosts} hosts x {} resources, {} to {}, {rows} rows, in {}",
        RESOURCES.len(),
        fleet.days.first(),
        fleet.days.last(),
        settings.db.display()
    ));
    Ok(())
}

/// Returns the days of a demo fleet of so many months.
pub(crate) fn days_of(months: u32) -> Result<TimeGrid, Error> {
    let calendar =
        |error: fleetcast_core::DayError| Error::Setting(format!("--months {months}: {error}"));
    let last: Day = LAST_DAY.parse().map_err(calendar)?;
    let before = last.minus_months(months).map_err(calendar)?;
    Ok(TimeGrid::between(before, last))
}

/// Writes data and labels in one transaction, and hands over each host's labels; returns the rows of data.
pub(crate) fn write_fleet(
    store: &Store,
    fleet: &Fleet,
    mut labelled: impl FnMut(&RecordBatch) -> Result<(), Error>,
) -> Result<usize, Error> {
    store.in_one_transaction("writing the demo fleet", || {
        store.ensure_table(Table::ProcessedData)?;
        store.ensure_table(Table::DemoLabels)?;
        let mut rows = 0;
        for host in 0..fleet.hosts {
            let series = fleet.host(host);
            let batch = data_batch(&series)?;
            rows += batch.num_rows();
            store.append(Table::ProcessedData, batch)?;
            let labels = label_batch(&series)?;
            labelled(&labels)?;
            store.append(Table::DemoLabels, labels)?;
        }
        Ok(rows)
    })
}

fn data_batch(series: &[DemoSeries]) -> Result<RecordBatch, Error> {
    let (mut host, mut resource) = (StringBuilder::new(), StringBuilder::new());
    let (mut ds, mut utilization) = (Date32Builder::new(), Float64Builder::new());
    for one in series {
        for (day, value) in &one.rows {
            host.append_value(one.key.host());
            resource.append_value(one.key.resource());
            ds.append_value(day.epoch_days());
            utilization.append_option(*value);
        }
    }
    let columns: [(&str, ArrayRef); 4] = [
        ("host", Arc::new(host.finish())),
        ("resource", Arc::new(resource.finish())),
        ("ds", Arc::new(ds.finish())),
        ("utilization", Arc::new(utilization.finish())),
    ];
    Ok(RecordBatch::try_from_iter(columns)?)
}

fn label_batch(series: &[DemoSeries]) -> Result<RecordBatch, Error> {
    let text = |of: fn(&DemoSeries) -> Option<&str>| -> ArrayRef {
        Arc::new(series.iter().map(of).collect::<StringArray>())
    };
    let days = |of: fn(&DemoSeries) -> Option<Day>| -> ArrayRef {
        let days = series.iter().map(|one| of(one).map(Day::epoch_days));
        Arc::new(days.collect::<Date32Array>())
    };
    let columns: [(&str, ArrayRef); 6] = [
        ("host", text(|one| Some(one.key.host()))),
        ("resource", text(|one| Some(one.key.resource()))),
        ("behaviour", text(|one| Some(one.behaviour.label()))),
        (
            "defect",
            text(|one| one.defect.map(behaviour::Defect::label)),
        ),
        ("day", days(|one| one.broke.map(|(day, _)| day))),
        ("until", days(|one| one.broke.and_then(|(_, until)| until))),
    ];
    Ok(RecordBatch::try_from_iter_with_nullable(
        columns
            .into_iter()
            .map(|(name, column)| (name, column, ["defect", "day", "until"].contains(&name))),
    )?)
}

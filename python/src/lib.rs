//! fleetcast for Python: frames in and out as Arrow streams, and the shop between them.
//!
//! What Python users see is the package in `python/fleetcast`, which gives the functions of this module their frames, names
//! and settings; this module is its own alone.
#![forbid(unsafe_code)]
#![expect(
    clippy::needless_pass_by_value,
    reason = "arguments of Python are extracted into values"
)]

mod checks;
mod error;
mod fleet;
mod frame;
mod given;
mod golden;
mod groups;
mod input;
mod prophet;
mod settings;
mod shape;
mod spark;
mod store_sql;
mod table;
mod xgboost;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use arrow::ffi_stream::RecordBatchStreamReader;
use arrow::pyarrow::PyArrowType;
use fleetcast::{Contender, Day, FleetRows, Groups, SeriesKey, Shop};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::refused;
use crate::fleet::{Cutoff, Fleet, JUDGE, Knowledge, Made, Rivals, Watch, read_limits};
use crate::given::Given;
use crate::groups::read_attributes;
use crate::input::Input;
use crate::settings::{Names, Settings};
use crate::table::Table;
use crate::xgboost::XGBOOST;

pub(crate) type Stream = PyArrowType<RecordBatchStreamReader>;

/// Forecasts a fleet. Returns tables by name: the forecasts under `fleetcast`, `series_issues`, and those of the contract
/// that are in `tables`.
#[pyfunction]
#[pyo3(signature = (
    frame, names, settings, *, limits=None, attributes=None, incumbents=Vec::new(), given=Vec::new(), tables=Vec::new(),
    progress=None
))]
#[expect(
    clippy::too_many_arguments,
    reason = "the package names every one of them"
)]
fn forecast<'py>(
    py: Python<'py>,
    frame: Stream,
    names: Names,
    settings: Settings,
    limits: Option<Stream>,
    attributes: Option<Stream>,
    incumbents: Vec<(String, String, String)>,
    given: Vec<(String, Stream)>,
    tables: Vec<String>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyDict>> {
    let mut knowledge = knowledge(limits, incumbents, &names)?;
    if let Some(frame) = attributes {
        knowledge.groups = read_attributes(frame.0, &names.ids[0]).map_err(refused)?;
    }
    let rivals = rivals(given, &names)?;
    let mut input = Input::read(py, frame.0, &names)?;
    let as_of = as_of(py, &settings, &input)?;
    let fleet = Fleet::open(&settings, &input, as_of, &knowledge, rivals)?;
    let watch = Watch {
        py,
        progress: progress.as_ref(),
    };
    let split = *fleet.shop().split();
    let batches = py
        .detach(|| input.batches(&split, settings.average_duplicates))
        .map_err(refused)?;
    // The rows have become batches, and would be most of what is in memory.
    input.rows = FleetRows::default();
    let made = if settings.models.is_empty() {
        fleet.judged(&watch, batches, &tables, None)?
    } else {
        fleet.unjudged(&watch, as_of, &batches, None)?
    };
    tables_of(py, made)
}

/// Forecasts from cutoffs in the past, `step` days apart, of which the last lies `h` days before the fleet's end, and
/// sets what came beside them. Returns one table, and what there is to say of cutoffs.
#[pyfunction]
#[pyo3(signature = (frame, names, settings, windows, step, *, limits=None, progress=None))]
#[expect(
    clippy::too_many_arguments,
    reason = "the package names every one of them"
)]
fn cross_validation<'py>(
    py: Python<'py>,
    frame: Stream,
    names: Names,
    settings: Settings,
    windows: u32,
    step: u32,
    limits: Option<Stream>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<(Table, Vec<String>)> {
    let knowledge = knowledge(limits, Vec::new(), &names)?;
    let input = Input::read(py, frame.0, &names)?;
    let end = as_of(py, &settings, &input)?;
    let watch = Watch {
        py,
        progress: progress.as_ref(),
    };
    let horizon = u32::try_from(settings.h).map_err(refused)?;
    let mut made = Vec::new();
    let mut notes = Vec::new();
    for window in (0..windows).rev() {
        let day = end.minus_days(horizon + window * step);
        let fleet = Fleet::open(&settings, &input, day, &knowledge, Rivals::default())?;
        // What came is read by the windows of a shop that stands at the forecast's end.
        let later = Shop::new(day.plus_days(horizon), settings.options()?).map_err(refused)?;
        let read = |shop: &Shop| input.batches(shop.split(), settings.average_duplicates);
        let (batches, later) = py
            .detach(|| Ok::<_, String>((read(fleet.shop())?, read(&later)?)))
            .map_err(refused)?;
        let cutoff = Cutoff { day, later: &later };
        let of_cutoff = if settings.models.is_empty() {
            fleet.judged(&watch, batches, &[], Some(&cutoff))
        } else {
            fleet.unjudged(&watch, day, &batches, Some(&cutoff))
        };
        let of_cutoff = of_cutoff.map_err(|error| at_cutoff(py, day, error))?;
        let at_cutoff = of_cutoff.notes.iter();
        notes.extend(at_cutoff.map(|note| format!("cutoff {day}: {note}")));
        made.extend(of_cutoff.tables.into_iter().find(|(name, _)| name == JUDGE));
    }
    let batches = made.into_iter().flat_map(|(_, batches)| batches).collect();
    let table = Table::new(batches).ok_or_else(|| refused("n_windows is 0; give at least 1"))?;
    Ok((table, notes))
}

/// Says at which cutoff something was refused.
fn at_cutoff(py: Python<'_>, day: Day, error: PyErr) -> PyErr {
    if error.is_instance_of::<PyValueError>(py) {
        return refused(format!("cutoff {day}: {}", error.value(py)));
    }
    error
}

/// Returns the days that a forecast would go by: the last day of data, the last day of the training window, and the first
/// day of the history.
#[pyfunction]
fn windows(
    py: Python<'_>,
    frame: Stream,
    names: Names,
    settings: Settings,
) -> PyResult<(i32, i32, i32)> {
    let input = Input::read(py, frame.0, &names)?;
    let as_of = as_of(py, &settings, &input)?;
    let shop = Shop::new(as_of, settings.options()?).map_err(refused)?;
    let split = shop.split();
    let days = [split.as_of(), split.origin(), split.history().first()];
    let [as_of, origin, first] = days.map(Day::epoch_days);
    Ok((as_of, origin, first))
}

/// Returns what tells one calendar from another, `None` where nothing is known to happen.
#[pyfunction]
fn calendar_fingerprint(settings: Settings) -> PyResult<Option<String>> {
    let calendar = settings.calendar()?;
    Ok((!calendar.is_empty()).then(|| calendar.fingerprint()))
}

fn knowledge(
    limits: Option<Stream>,
    incumbents: Vec<(String, String, String)>,
    names: &Names,
) -> PyResult<Knowledge> {
    let limits = match limits {
        Some(frame) => read_limits(frame.0, &names.ids, &names.target).map_err(refused)?,
        None => Vec::new(),
    };
    let incumbents = incumbents
        .into_iter()
        .filter_map(|(host, resource, winner)| {
            Some((SeriesKey::new(host, resource), Contender::named(&winner)?))
        });
    Ok(Knowledge {
        limits,
        incumbents: incumbents.collect(),
        groups: Groups::default(),
    })
}

/// One model stands against the champion, two stand against each other, and further ones stand beside them under their own names.
fn rivals(given: Vec<(String, Stream)>, names: &Names) -> PyResult<Rivals> {
    let mut engines = Vec::with_capacity(given.len());
    for (name, frame) in given {
        let mut engine = Given::new(name);
        for batch in frame.0 {
            let batch = batch.map_err(refused)?;
            engine
                .push(&batch, (&names.ids, &names.time), &names.target)
                .map_err(refused)?;
        }
        if engines.len() > 1 && engine.name() == XGBOOST {
            return Err(refused(
                "forecasts beside two others cannot be called `xgboost`, whose place is that of XGBoost(); give another name",
            ));
        }
        engines.push(engine);
    }
    let further = engines.split_off(engines.len().min(2)).into_iter();
    let further = further
        .map(|given| (interned(given.name()), given))
        .collect();
    let challenger = engines.pop();
    let champion = engines.pop();
    Ok(Rivals {
        champion,
        challenger,
        further,
    })
}

/// Returns a name that lives as long as the process: the same for equal names, so that as much is kept as there are names.
fn interned(name: &str) -> &'static str {
    static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
    let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = names.get(name) {
        return known;
    }
    let name: &'static str = Box::leak(name.into());
    names.insert(name);
    name
}

fn as_of(py: Python<'_>, settings: &Settings, input: &Input) -> PyResult<Day> {
    if let Some(day) = settings.as_of()? {
        return Ok(day);
    }
    py.detach(|| input.rows.last_day()).ok_or_else(|| {
        refused(format!(
            "no row has both a day in column `{}` and a number in column `{}`; there is nothing to forecast",
            input.shape.time(),
            input.shape.target()
        ))
    })
}

fn tables_of(py: Python<'_>, made: Made) -> PyResult<Bound<'_, PyDict>> {
    let tables = PyDict::new(py);
    for (name, batches) in made.tables {
        if let Some(table) = Table::new(batches) {
            tables.set_item(name, table.into_pyobject(py)?)?;
        }
    }
    tables.set_item("notes", made.notes)?;
    tables.set_item(
        "without_forecast",
        (made.missing, made.series, made.examples),
    )?;
    Ok(tables)
}

/// The part of the package that is Rust.
#[pymodule]
fn _fleetcast(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    module.add_class::<Table>()?;
    module.add_class::<prophet::FittedProphet>()?;
    module.add_class::<spark::Packer>()?;
    module.add_class::<spark::Summary>()?;
    module.add_class::<spark::Totals>()?;
    module.add_class::<spark::Worker>()?;
    module.add_function(wrap_pyfunction!(spark::gains, module)?)?;
    module.add_function(wrap_pyfunction!(spark::last_day, module)?)?;
    module.add_function(wrap_pyfunction!(forecast, module)?)?;
    module.add_function(wrap_pyfunction!(cross_validation, module)?)?;
    module.add("STORE_SQL", store_sql::statements(module.py())?)?;
    module.add_function(wrap_pyfunction!(calendar_fingerprint, module)?)?;
    module.add_function(wrap_pyfunction!(windows, module)?)
}

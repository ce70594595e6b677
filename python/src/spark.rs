//! The shop in the tasks of a cluster, which see a part of the fleet each and send each other bytes.
//!
//! Rows become a fleet taken apart ([`Packer`]); of its parts a [`Worker`] makes, in three passes, what crosses series, engines'
//! answers, and the contract's tables. Who runs it decides nothing but which series share a task.

use std::collections::HashSet;

use arrow::array::{Array, ArrayRef, AsArray, Float64Array, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Field, Float64Type, Schema};
use arrow::pyarrow::PyArrowType;
use fleetcast::core::batches::issue_batch;
use fleetcast::core::fleet_end;
use fleetcast::tables::of_results;
use fleetcast::{
    Batch, Day, EngineAnswers, Evidence, FleetGains, FleetRows, FleetSummary, GroupTotals, Groups,
    IntervalLevel, SeriesKey, Shop, Survey,
};
use fleetcast_xgboost::FleetSample;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::PyBytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::sync::Arc;

use crate::checks::Checks;
use crate::error::refused;
use crate::fleet::read_limits;
use crate::groups::{group_tables, read_attributes};
use crate::settings::{Names, Settings};
use crate::shape::Shape;
use crate::xgboost::{Wanted, add_batch};
use crate::{Stream, Table};

fn bytes_of<T: Serialize>(one: &T) -> Result<Vec<u8>, String> {
    postcard::to_stdvec(one).map_err(|error| error.to_string())
}

/// Bytes that another task made.
fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, String> {
    postcard::from_bytes(bytes).map_err(|error| {
        format!("what another task made cannot be read ({error}); install one version of fleetcast on the driver and on all executors")
    })
}

/// Where the columns of a frame stand, and whether a row is a day or a whole series.
#[derive(Debug, Clone)]
struct Layout {
    shape: Shape,
    /// The schema of rows that are a day each.
    long: Arc<Schema>,
    is_packed: bool,
}

impl Layout {
    /// Finds the columns. A target that is a list makes a row a series.
    fn of(schema: &Schema, names: &Names) -> Result<Self, String> {
        let mut is_packed = false;
        let fields = schema.fields().iter().map(|field| match field.data_type() {
            DataType::List(values) | DataType::LargeList(values)
                if field.name() == &names.target =>
            {
                is_packed = true;
                Arc::new(Field::new(&names.target, values.data_type().clone(), true))
            }
            _ => field.clone(),
        });
        let long = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
        Ok(Self {
            shape: Shape::of(&long, names)?,
            long,
            is_packed,
        })
    }

    /// Takes up the rows of a batch; returns how many values they have.
    fn push(&self, batch: &RecordBatch, rows: &mut FleetRows) -> Result<usize, String> {
        if !self.is_packed {
            let renamed = self.shape.rows(batch)?;
            rows.push_batch(&renamed)
                .map_err(|error| error.to_string())?;
            return Ok(batch.num_rows());
        }
        let place = batch
            .schema()
            .index_of(self.shape.target())
            .map_err(|error| error.to_string())?;
        let cannot = |error| format!("column `{}`: {error}", self.shape.target());
        let kind = DataType::List(Arc::new(Field::new("item", DataType::Float64, true)));
        let lists = cast(batch.column(place), &kind).map_err(cannot)?;
        let lists = lists.as_list::<i32>();
        // Names and first days are read as those of days are.
        let mut columns = batch.columns().to_vec();
        let nothing = Float64Array::from(vec![None; batch.num_rows()]);
        let value = self.long.field(place).data_type();
        columns[place] = cast(&(Arc::new(nothing) as ArrayRef), value).map_err(cannot)?;
        let firsts =
            RecordBatch::try_new(self.long.clone(), columns).map_err(|error| error.to_string())?;
        let firsts = self.shape.rows(&firsts)?;
        let texts = |place: usize| firsts.column(place).as_string::<i32>().clone();
        let (hosts, resources) = (texts(0), texts(1));
        let days = firsts.column(2).as_primitive::<Date32Type>();
        let mut taken = 0;
        for row in 0..batch.num_rows() {
            let host = hosts.is_valid(row).then(|| hosts.value(row));
            let resource = resources.is_valid(row).then(|| resources.value(row));
            let first = days.is_valid(row).then(|| i64::from(days.value(row)));
            let day = |step: usize| {
                let day = first? + i64::try_from(step).ok()?;
                Day::from_epoch_days(day).ok()
            };
            let values = lists.is_valid(row).then(|| lists.value(row));
            let values = values.filter(|values| !values.is_empty());
            let Some(values) = values else {
                // A series without values is named all the same.
                rows.push(host, resource, day(0), None);
                taken += 1;
                continue;
            };
            let values = values.as_primitive::<Float64Type>();
            for (step, value) in values.iter().enumerate() {
                rows.push(host, resource, day(step), value);
            }
            taken += values.len();
        }
        Ok(taken)
    }
}

/// The rows of one task, in any order, on their way to series.
#[pyclass(module = "fleetcast")]
#[derive(Debug)]
pub(crate) struct Packer {
    layout: Layout,
    rows: FleetRows,
    taken: usize,
    most: usize,
}

#[pymethods]
impl Packer {
    /// Takes rows of a schema, at most so many values.
    #[new]
    fn new(schema: PyArrowType<Schema>, names: Names, most: usize) -> PyResult<Self> {
        Ok(Self {
            layout: Layout::of(&schema.0, &names).map_err(refused)?,
            rows: FleetRows::default(),
            taken: 0,
            most,
        })
    }

    /// Takes up a batch. Returns whether that is more than the task may hold.
    fn push(&mut self, py: Python<'_>, batch: PyArrowType<RecordBatch>) -> PyResult<bool> {
        let taken = py.detach(|| self.layout.push(&batch.0, &mut self.rows));
        self.taken += taken.map_err(refused)?;
        Ok(self.taken > self.most)
    }

    /// Returns the series one by one, the rows that belong to none, and the last days of all series, each as bytes.
    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Packed<'py>> {
        let rows = std::mem::take(&mut self.rows);
        let (mut series, mut unusable) = (Vec::new(), Vec::new());
        let ends = py.detach(|| {
            let ends: Vec<Vec<i32>> = rows
                .last_days()
                .into_iter()
                .map(|days| days.into_iter().map(Day::epoch_days).collect())
                .collect();
            for part in rows.apart() {
                let of = if part.is_empty() {
                    &mut unusable
                } else {
                    &mut series
                };
                of.push(bytes_of(&part)?);
            }
            bytes_of(&ends)
        });
        let ends = PyBytes::new(py, &ends.map_err(refused)?);
        let python = |all: Vec<Vec<u8>>| all.iter().map(|one| PyBytes::new(py, one)).collect();
        Ok((python(series), python(unusable), ends))
    }
}

/// Series, rows of nobody, and last days.
type Packed<'py> = (
    Vec<Bound<'py, PyBytes>>,
    Vec<Bound<'py, PyBytes>>,
    Bound<'py, PyBytes>,
);

/// The tables of some series, and what they add to groups, as bytes.
type Finished<'py> = (Vec<(&'static str, Table)>, Bound<'py, PyBytes>);

/// The tables of groups, and what there is to say of them.
type Groupwise = (Vec<(&'static str, Table)>, Vec<String>);

/// Returns the day that a fleet reaches, from the last days of its parts; `None` where no row has a day and a value.
#[pyfunction]
pub(crate) fn last_day(py: Python<'_>, ends: Vec<PyBackedBytes>) -> PyResult<Option<String>> {
    let day = || {
        let mut all: Vec<Vec<Day>> = Vec::new();
        for part in &ends {
            for days in read::<Vec<Vec<i32>>>(part)? {
                let days = days.into_iter().map(i64::from).map(Day::from_epoch_days);
                let days = days.collect::<Result<_, _>>();
                all.push(days.map_err(|error| error.to_string())?);
            }
        }
        Ok::<_, String>(fleet_end(&all).map(|end| end.last_day.to_string()))
    };
    py.detach(day).map_err(refused)
}

/// What is sent of some series when engines have answered: each series' answers, the outline of their summary, and what they gained by a
/// model of the fleet.
type Answered<'py> = (
    Vec<Bound<'py, PyBytes>>,
    Bound<'py, PyBytes>,
    Bound<'py, PyBytes>,
);

/// Returns what a fleet gained by a model of the fleet, from what its parts gained.
#[pyfunction]
pub(crate) fn gains(py: Python<'_>, parts: Vec<PyBackedBytes>) -> PyResult<Bound<'_, PyBytes>> {
    let parts = parts.iter().map(|part| read::<FleetGains>(part));
    let parts = parts.collect::<Result<Vec<_>, _>>().map_err(refused)?;
    let sum: FleetGains = parts.into_iter().sum();
    Ok(PyBytes::new(py, &bytes_of(&sum).map_err(refused)?))
}

/// What crosses the series of a fleet, as far as it is known.
#[pyclass(frozen, module = "fleetcast")]
#[derive(Debug)]
pub(crate) struct Summary(FleetSummary);

#[pymethods]
impl Summary {
    /// Puts the summaries of parts of a fleet together.
    #[new]
    fn new(py: Python<'_>, parts: Vec<PyBackedBytes>) -> PyResult<Self> {
        let merged = || {
            let mut merged = FleetSummary::default();
            for part in &parts {
                merged.merge(read(part)?);
            }
            Ok::<_, String>(merged)
        };
        py.detach(merged).map(Self).map_err(refused)
    }

    /// Returns it as bytes.
    fn bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| bytes_of(&self.0)).map_err(refused)?;
        Ok(PyBytes::new(py, &bytes))
    }

    /// Returns the number of series whose numbers are in it.
    fn __len__(&self) -> usize {
        self.0.series().len()
    }
}

/// The groups of a fleet, as far as their members are added up.
#[pyclass(frozen, module = "fleetcast")]
#[derive(Debug)]
pub(crate) struct Totals(GroupTotals);

#[pymethods]
impl Totals {
    /// Returns them as bytes.
    fn bytes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let bytes = py.detach(|| bytes_of(&self.0)).map_err(refused)?;
        Ok(PyBytes::new(py, &bytes))
    }
}

/// The shop of one task.
#[pyclass(frozen, module = "fleetcast")]
pub(crate) struct Worker {
    layout: Layout,
    settings: Settings,
    shop: Shop,
    groups: Groups,
}

impl std::fmt::Debug for Worker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Worker")
            .field("layout", &self.layout)
            .finish_non_exhaustive()
    }
}

impl Worker {
    /// Runs some work on the threads of the settings, without the interpreter's lock.
    fn work<T: Send>(
        &self,
        py: Python<'_>,
        work: impl FnOnce() -> Result<T, String> + Send,
    ) -> PyResult<T> {
        let pool = self.settings.pool()?;
        py.detach(|| pool.install(work)).map_err(refused)
    }

    fn batches(&self, parts: &[PyBackedBytes]) -> Result<Vec<Batch>, String> {
        let mut rows = FleetRows::default();
        for part in parts {
            rows.merge(read(part)?);
        }
        Ok(rows.batches(self.shop.split(), parts.len()).collect())
    }

    /// Judges what engines answered, of series that are wanted, by what the fleet gained by a model of the fleet.
    fn evidence(
        &self,
        answers: &[PyBackedBytes],
        gains: &[u8],
        is_wanted: impl Fn(&SeriesKey) -> bool,
    ) -> Result<Vec<Evidence>, String> {
        let mut wanted: Vec<EngineAnswers> = Vec::with_capacity(answers.len());
        for bytes in answers {
            let one: EngineAnswers = read(bytes)?;
            if is_wanted(one.key()) {
                wanted.push(one);
            }
        }
        let gains: FleetGains = read(gains)?;
        let judged = self.shop.judge(wanted, &gains);
        judged.map_err(|error| error.to_string())
    }

    fn xgboost(&self) -> Result<&Wanted, String> {
        let wanted = self.settings.xgboost.as_ref();
        wanted.ok_or_else(|| "xgboost is none of the models".to_owned())
    }

    fn relabelled(
        &self,
        tables: Vec<(&'static str, RecordBatch)>,
    ) -> Result<Vec<(&'static str, Table)>, String> {
        let relabelled = tables.into_iter().filter_map(|(name, table)| {
            let table = self.layout.shape.relabelled(&table);
            let table = table.map_err(|error| error.to_string());
            table
                .map(|table| Some((name, Table::new(vec![table])?)))
                .transpose()
        });
        relabelled.collect()
    }
}

#[pymethods]
impl Worker {
    /// Opens a shop for the days up to `as_of`, whose golden record has intervals at `level` percent beside those at 95.
    #[new]
    #[pyo3(signature = (schema, names, settings, as_of, level, limits=None, attributes=None, model=None))]
    #[expect(
        clippy::too_many_arguments,
        reason = "the package names every one of them"
    )]
    fn new(
        schema: PyArrowType<Schema>,
        names: Names,
        settings: Settings,
        as_of: &str,
        level: f64,
        limits: Option<Stream>,
        attributes: Option<Stream>,
        model: Option<PyBackedBytes>,
    ) -> PyResult<Self> {
        let mut options = settings.options()?;
        options.golden_level = IntervalLevel::new(level / 100.0).map_err(refused)?;
        let as_of: Day = as_of.parse().map_err(refused)?;
        let limits = match limits {
            Some(frame) => read_limits(frame.0, &names.ids, &names.target).map_err(refused)?,
            None => Vec::new(),
        };
        let groups = match attributes {
            Some(frame) => read_attributes(frame.0, &names.ids[0]).map_err(refused)?,
            None => Groups::default(),
        };
        let shop = Shop::new(as_of, options).map_err(refused)?;
        let mut shop = shop.with_calendar(settings.calendar()?);
        if let (Some(wanted), Some(bytes)) = (&settings.xgboost, &model) {
            let model = wanted.read(bytes).map_err(refused)?;
            shop = wanted.put_into(shop, model).map_err(refused)?;
        }
        Ok(Self {
            groups,
            layout: Layout::of(&schema.0, &names).map_err(refused)?,
            shop: shop.with_limits(&limits).map_err(refused)?,
            settings,
        })
    }

    /// Surveys series: what their resources look like, and what was counted in their days.
    fn survey<'py>(
        &self,
        py: Python<'py>,
        rows: Vec<PyBackedBytes>,
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        let (summary, checks) = self.work(py, || {
            let batches = self.batches(&rows)?;
            let summary = FleetSummary::from(Survey::of(&batches));
            Ok((bytes_of(&summary)?, bytes_of(&Checks::of(&batches))?))
        })?;
        Ok((PyBytes::new(py, &summary), PyBytes::new(py, &checks)))
    }

    /// Refuses a fleet whose days are not such as a fleet's are, by what was counted in its parts.
    fn refuse(&self, parts: Vec<PyBackedBytes>) -> PyResult<()> {
        let mut checks = Checks::default();
        for part in &parts {
            checks.merge(read(part).map_err(refused)?);
        }
        let average = self.settings.average_duplicates;
        checks.refuse(&self.layout.shape, average).map_err(refused)
    }

    /// Samples the rows of series that a model of the fleet is trained on, by the survey of the whole fleet: so many times as many as
    /// are needed, as a rule.
    fn sample<'py>(
        &self,
        py: Python<'py>,
        rows: Vec<PyBackedBytes>,
        surveyed: &Summary,
        slack: f64,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let survey = surveyed.0.survey();
        let sample = self.work(py, || {
            let mut sample = Wanted::sample(&self.shop).for_part_of(survey.series(), slack);
            for batch in self.batches(&rows)? {
                add_batch(&mut sample, &self.shop, &batch, survey)?;
            }
            Ok(sample.to_bytes())
        })?;
        Ok(PyBytes::new(py, &sample))
    }

    /// Puts samples of parts of a fleet together; says whether the whole is certain, which a larger slack makes it.
    fn samples<'py>(
        &self,
        py: Python<'py>,
        parts: Vec<PyBackedBytes>,
    ) -> PyResult<(Bound<'py, PyBytes>, bool)> {
        let (bytes, is_certain) = self.work(py, || {
            let mut parts = parts.iter().map(|part| FleetSample::from_bytes(part));
            let mut merged = match parts.next() {
                Some(first) => first.map_err(|error| error.to_string())?,
                None => Wanted::sample(&self.shop),
            };
            for part in parts {
                merged.merge(part.map_err(|error| error.to_string())?);
            }
            Ok((merged.to_bytes(), merged.is_certain()))
        })?;
        Ok((PyBytes::new(py, &bytes), is_certain))
    }

    /// Trains the models of a fleet on its sample, and returns them as bytes, with what there is to be said of them.
    fn train<'py>(
        &self,
        py: Python<'py>,
        sample: PyBackedBytes,
    ) -> PyResult<(Bound<'py, PyBytes>, Option<String>)> {
        let (model, note) = self.work(py, || {
            let sample = FleetSample::from_bytes(&sample).map_err(|error| error.to_string())?;
            let (model, note) = self.xgboost()?.train(&sample)?;
            Ok((model.to_bytes(), note))
        })?;
        Ok((PyBytes::new(py, &model), note))
    }

    /// Asks engines about series, by the survey of the whole fleet. Returns their answers, the outline of their summary, and what they
    /// gained by a model of the fleet: where there is one, the outline is empty, and asked for when the gain of all is known.
    fn answers<'py>(
        &self,
        py: Python<'py>,
        rows: Vec<PyBackedBytes>,
        surveyed: &Summary,
    ) -> PyResult<Answered<'py>> {
        let (answers, outline, gains) = self.work(py, || {
            let mut all = Vec::with_capacity(rows.len());
            let mut outline = FleetSummary::default();
            let mut gains = FleetGains::default();
            for batch in self.batches(&rows)? {
                let answers = self.shop.answers(&batch, surveyed.0.survey());
                let answers = answers.map_err(|error| error.to_string())?;
                for one in &answers {
                    all.push(bytes_of(one)?);
                }
                if self.settings.has_model_beside() {
                    let of_batch = self.shop.gains(&answers);
                    let of_batch = of_batch.map_err(|error| error.to_string())?;
                    gains = [gains, of_batch].into_iter().sum();
                    continue;
                }
                let evidence = self.shop.judge(answers, &FleetGains::default());
                let evidence = evidence.map_err(|error| error.to_string())?;
                outline.merge(FleetSummary::of(&evidence).outline());
            }
            Ok((all, bytes_of(&outline)?, bytes_of(&gains)?))
        })?;
        let answers = answers.iter().map(|one| PyBytes::new(py, one)).collect();
        Ok((
            answers,
            PyBytes::new(py, &outline),
            PyBytes::new(py, &gains),
        ))
    }

    /// Returns the outline of the summary of some series, by what the fleet gained by a model of the fleet.
    fn outline<'py>(
        &self,
        py: Python<'py>,
        answers: Vec<PyBackedBytes>,
        gains: PyBackedBytes,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let outline = self.work(py, || {
            let evidence = self.evidence(&answers, &gains, |_| true)?;
            bytes_of(&FleetSummary::of(&evidence).outline())
        })?;
        Ok(PyBytes::new(py, &outline))
    }

    /// Sums up those of some series that the outline of the whole fleet names.
    fn summary<'py>(
        &self,
        py: Python<'py>,
        answers: Vec<PyBackedBytes>,
        outline: &Summary,
        gains: PyBackedBytes,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let summary = self.work(py, || {
            let wanted: HashSet<&SeriesKey> = outline.0.series().into_iter().collect();
            let evidence = self.evidence(&answers, &gains, |key| wanted.contains(key))?;
            bytes_of(&FleetSummary::of(&evidence).within(&outline.0))
        })?;
        Ok(PyBytes::new(py, &summary))
    }

    /// Makes the contract's tables of some series, by the summary of the whole fleet, and adds these up to the groups that they
    /// belong to, as bytes.
    fn finish<'py>(
        &self,
        py: Python<'py>,
        answers: Vec<PyBackedBytes>,
        summary: &Summary,
        gains: PyBackedBytes,
    ) -> PyResult<Finished<'py>> {
        let (tables, totals) = self.work(py, || {
            let evidence = self.evidence(&answers, &gains, |_| true)?;
            let results = self.shop.finish(&evidence, &summary.0);
            let totals = self.shop.group_totals(&self.groups, &evidence, &results);
            let tables = of_results(0, self.shop.split(), &results);
            let tables = self.relabelled(tables.map_err(|error| error.to_string())?)?;
            Ok((tables, bytes_of(&totals)?))
        })?;
        Ok((tables, PyBytes::new(py, &totals)))
    }

    /// Puts the totals of parts of the fleet together.
    fn totals(&self, py: Python<'_>, parts: Vec<PyBackedBytes>) -> PyResult<Totals> {
        let merged = self.work(py, || {
            let mut merged = self.shop.group_totals(&self.groups, &[], &[]);
            for part in &parts {
                merged.merge(read(part)?);
            }
            Ok(merged)
        })?;
        Ok(Totals(merged))
    }

    /// Makes the tables of groups, and says what is not added up, by the totals of the whole fleet.
    fn finish_groups(&self, py: Python<'_>, totals: &Totals) -> PyResult<Groupwise> {
        self.work(py, || {
            let tables = group_tables(&self.shop, &totals.0).map_err(|error| error.to_string())?;
            Ok((self.relabelled(tables.to_vec())?, totals.0.notes()))
        })
    }

    /// Makes the issues of rows that belong to no series.
    fn unusable(
        &self,
        py: Python<'_>,
        rows: Vec<PyBackedBytes>,
    ) -> PyResult<Vec<(&'static str, Table)>> {
        self.work(py, || {
            let mut all = FleetRows::default();
            for part in &rows {
                all.merge(read(part)?);
            }
            let issues = issue_batch(0, &all.unusable_rows());
            self.relabelled(vec![(
                "series_issues",
                issues.map_err(|error| error.to_string())?,
            )])
        })
    }
}

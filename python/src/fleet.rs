//! A fleet through the shop, in steps between which Python may interrupt.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Date32Type, Float64Type};
use arrow::ffi_stream::RecordBatchStreamReader;
use fleetcast::core::batches::issue_batch;
use fleetcast::tables::{of_evidence, of_results, outlook_calibration};
use fleetcast::{
    Batch, Contender, Day, Evidence, FleetGains, FleetSummary, Groups, IntervalLevel, LimitRule,
    RegimesMode, SeriesIssue, SeriesKey, SeriesResult, Shop, ShopError, ShopOptions, Survey,
};
use pyo3::prelude::*;
use rayon::ThreadPool;

use crate::error::refused;
use crate::frame::{Bounded, SeriesRows, batch as frame_batch, column_names, columns};
use crate::given::{Given, NOBODY, Nobody};
use crate::golden::golden;
use crate::groups::{OF_GROUPS, group_tables};
use crate::input::Input;
use crate::settings::Settings;
use crate::shape::Shape;
use crate::xgboost::{FleetModel, Wanted, add_batch};

/// The name of the judge's choice among models.
pub(crate) const JUDGE: &str = "fleetcast";

/// The models there are.
const MODELS: [&str; 3] = ["Champion", "Challenger", "XGBoost"];

/// Other people's models: those in the champion's and in the challenger's place, and those beside, by their names.
#[derive(Debug, Default)]
pub(crate) struct Rivals {
    pub(crate) champion: Option<Given>,
    pub(crate) challenger: Option<Given>,
    pub(crate) further: Vec<(&'static str, Given)>,
}

/// What is said of a fleet beside its values.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    pub(crate) limits: Vec<LimitRule>,
    pub(crate) incumbents: Vec<(SeriesKey, Contender)>,
    pub(crate) groups: Groups,
}

/// The part of Python that watches: it is told how far the work is, and may end it.
pub(crate) struct Watch<'a, 'py> {
    pub(crate) py: Python<'py>,
    pub(crate) progress: Option<&'a Bound<'py, PyAny>>,
}

impl Watch<'_, '_> {
    /// Says that some series more are done, of how many.
    fn done(&self, series: usize, all: usize) -> PyResult<()> {
        self.py.check_signals()?;
        if let Some(progress) = self.progress {
            progress.call1((series, all))?;
        }
        Ok(())
    }
}

/// What was made of a fleet.
#[derive(Debug, Default)]
pub(crate) struct Made {
    /// The tables by name, in batches.
    pub(crate) tables: BTreeMap<String, Vec<RecordBatch>>,
    /// How many series there are.
    pub(crate) series: usize,
    /// How many of them have no forecast.
    pub(crate) missing: usize,
    /// The names of the first few that have none.
    pub(crate) examples: Vec<String>,
    /// What there is to say of groups that are not added up.
    pub(crate) notes: Vec<String>,
}

/// How many series without a forecast are named.
const EXAMPLES: usize = 3;

impl Made {
    /// Adds a batch to a table.
    pub(crate) fn add(&mut self, table: &str, batch: RecordBatch) {
        self.tables.entry(table.to_owned()).or_default().push(batch);
    }

    /// Counts a series, and keeps the name of one that has no forecast.
    fn count(&mut self, has_forecast: bool, name: impl FnOnce() -> String) {
        self.series += 1;
        if has_forecast {
            return;
        }
        self.missing += 1;
        if self.examples.len() < EXAMPLES {
            self.examples.push(name());
        }
    }
}

/// A fleet ready for the shop.
pub(crate) struct Fleet<'a> {
    shape: Shape,
    settings: &'a Settings,
    levels: Vec<IntervalLevel>,
    shop: Shop,
    pool: ThreadPool,
    groups: &'a Groups,
    /// Whether engines stand beside champion and challenger.
    has_further: bool,
    /// Issues of rows that belong to no series.
    unusable: Vec<SeriesIssue>,
}

impl<'a> Fleet<'a> {
    /// Opens a shop for the days up to `as_of`.
    pub(crate) fn open(
        settings: &'a Settings,
        input: &Input,
        as_of: Day,
        knowledge: &'a Knowledge,
        rivals: Rivals,
    ) -> PyResult<Self> {
        let mut options = settings.options()?;
        if rivals.champion.is_some() || rivals.challenger.is_some() {
            // What was forecast elsewhere is of the past as it was.
            options.regimes = RegimesMode::Off;
        }
        let has_further = settings.has_model_beside() || !rivals.further.is_empty();
        let mut shop = shop(settings, options, as_of)?
            .with_limits(&knowledge.limits)
            .map_err(refused)?
            .with_incumbents(knowledge.incumbents.iter().cloned());
        if let Some(given) = rivals.champion {
            shop = shop.with_champion(given);
        }
        if let Some(given) = rivals.challenger {
            shop = shop.with_challenger(given);
        }
        for (name, given) in rivals.further {
            shop = shop.with_further(name, given).map_err(refused)?;
        }
        Ok(Self {
            shape: input.shape.clone(),
            settings,
            levels: settings.levels()?,
            shop,
            pool: settings.pool()?,
            groups: &knowledge.groups,
            has_further,
            unusable: input.rows.unusable_rows(),
        })
    }

    /// Returns the shop.
    pub(crate) fn shop(&self) -> &Shop {
        &self.shop
    }

    /// Gathers the evidence on every batch, as much of it as is kept. A batch's values are let go when it is done.
    ///
    /// What the fleet gained by engines beside champion and challenger is known when all engines have answered, so that all answers are held then.
    fn evidence(
        &self,
        watch: &Watch<'_, '_>,
        shop: &Shop,
        (batches, survey): (Vec<Batch>, &Survey),
        keep: impl Fn(Vec<Evidence>) -> Vec<Evidence>,
    ) -> PyResult<Vec<Vec<Evidence>>> {
        let all = batches.iter().map(|batch| batch.history().len()).sum();
        let mut gathered = Vec::with_capacity(batches.len());
        if !self.has_further {
            for batch in batches {
                let work = || self.pool.install(|| shop.evidence(&batch, survey));
                let evidence = watch.py.detach(work).map_err(refused)?;
                watch.done(evidence.len(), all)?;
                gathered.push(keep(evidence));
            }
            return Ok(gathered);
        }
        let mut gains = FleetGains::default();
        let mut answered = Vec::with_capacity(batches.len());
        for batch in batches {
            let ask = || {
                let answers = shop.answers(&batch, survey)?;
                let gains = shop.gains(&answers)?;
                Ok::<_, ShopError>((answers, gains))
            };
            let work = || self.pool.install(ask);
            let (answers, of_batch) = watch.py.detach(work).map_err(refused)?;
            gains = [gains, of_batch].into_iter().sum();
            watch.done(answers.len(), all)?;
            answered.push(answers);
        }
        for answers in answered {
            let work = || self.pool.install(|| shop.judge(answers, &gains));
            let evidence = watch.py.detach(work).map_err(refused)?;
            watch.py.check_signals()?;
            gathered.push(keep(evidence));
        }
        Ok(gathered)
    }

    /// Trains XGBoost on the fleet, where it is wanted.
    fn trained(
        &self,
        watch: &Watch<'_, '_>,
        batches: &[Batch],
        survey: &Survey,
        notes: &mut Vec<String>,
    ) -> PyResult<Option<FleetModel>> {
        let Some(wanted) = &self.settings.xgboost else {
            return Ok(None);
        };
        let mut sample = Wanted::sample(&self.shop);
        for batch in batches {
            let mut add = || add_batch(&mut sample, &self.shop, batch, survey);
            let work = || self.pool.install(&mut add);
            watch.py.detach(work).map_err(refused)?;
            watch.py.check_signals()?;
        }
        let work = || self.pool.install(|| wanted.train(&sample));
        let (model, note) = watch.py.detach(work).map_err(refused)?;
        watch.py.check_signals()?;
        notes.extend(note);
        Ok(Some(model))
    }

    /// Puts the models of the fleet, where there are some, in their place.
    fn with_model(&self, shop: Shop, model: Option<&FleetModel>) -> PyResult<Shop> {
        match (&self.settings.xgboost, model) {
            (Some(wanted), Some(model)) => wanted.put_into(shop, model.clone()).map_err(refused),
            _ => Ok(shop),
        }
    }

    /// Makes the frame of the judge's forecasts, and those tables of the contract that are in `wanted`.
    pub(crate) fn judged(
        mut self,
        watch: &Watch<'_, '_>,
        batches: Vec<Batch>,
        wanted: &[String],
        cutoff: Option<&Cutoff<'_>>,
    ) -> PyResult<Made> {
        let is_wanted = |name: &str| wanted.iter().any(|table| table == name);
        let wants_engines = wanted
            .iter()
            .any(|table| OF_EVIDENCE.contains(&table.as_str()));
        let mut made = Made::default();
        let survey = Survey::of(&batches);
        let model = self.trained(watch, &batches, &survey, &mut made.notes)?;
        if let (Some(wanted), Some(model)) = (&self.settings.xgboost, model) {
            if is_wanted(OF_MODELS) {
                let table = model.table(wanted.contender()).map_err(refused)?;
                made.add(OF_MODELS, table);
            }
            self.shop = wanted.put_into(self.shop, model).map_err(refused)?;
        }
        let gathered = self.evidence(watch, &self.shop, (batches, &survey), |evidence| {
            if wants_engines {
                return evidence;
            }
            let evidence = evidence.into_iter();
            evidence.map(Evidence::for_finishing).collect()
        })?;
        let summary = watch.py.detach(|| summed_up(&gathered));
        if is_wanted(OF_FLEET) {
            let law = watch.py.detach(|| self.shop.law(&summary));
            let table = outlook_calibration(0, &law).map_err(refused)?;
            made.add(OF_FLEET, self.shape.relabelled(&table).map_err(refused)?);
        }
        if cutoff.is_none() {
            self.issues(&mut made, &self.unusable)?;
        }
        let wants_groups = wanted
            .iter()
            .any(|table| OF_GROUPS.contains(&table.as_str()));
        let mut totals = (wants_groups && !self.groups.is_empty())
            .then(|| self.shop.group_totals(self.groups, &[], &[]));
        for (place, evidence) in gathered.into_iter().enumerate() {
            let work = || {
                let results = self.pool.install(|| self.shop.finish(&evidence, &summary));
                if let Some(totals) = &mut totals {
                    let add = || self.shop.group_totals(self.groups, &evidence, &results);
                    totals.merge(self.pool.install(add));
                }
                self.tables(&evidence, &results, wanted, (place, cutoff), &mut made)
            };
            watch.py.detach(work).map_err(refused)?;
            watch.py.check_signals()?;
        }
        if let Some(totals) = totals {
            let work = || self.pool.install(|| group_tables(&self.shop, &totals));
            for (name, table) in watch.py.detach(work).map_err(refused)? {
                made.add(name, self.shape.relabelled(&table).map_err(refused)?);
            }
            made.notes.extend(totals.notes());
        }
        Ok(made)
    }

    fn tables(
        &self,
        evidence: &[Evidence],
        results: &[SeriesResult],
        wanted: &[String],
        (place, cutoff): (usize, Option<&Cutoff<'_>>),
        made: &mut Made,
    ) -> Result<(), arrow::error::ArrowError> {
        let names = column_names(JUDGE, &self.settings.levels);
        let rows = evidence.iter().zip(results).enumerate();
        let rows: Vec<SeriesRows<'_>> = rows
            .filter_map(|(row, (evidence, result))| {
                let golden = golden(evidence, result, &self.levels);
                made.count(golden.is_some(), || self.shape.name_of(&result.key));
                let golden = golden?;
                Some(SeriesRows {
                    key: &result.key,
                    grid: self.shop.split().future(),
                    actual: cutoff
                        .map(|cutoff| cutoff.actual(place, row, self.shop.split().future())),
                    columns: columns(Some(golden), &self.settings.levels),
                })
            })
            .collect();
        made.add(
            JUDGE,
            frame_batch(&self.shape, cutoff.map(|cutoff| cutoff.day), &names, &rows)?,
        );
        let mut tables = Vec::new();
        if wanted
            .iter()
            .any(|table| OF_EVIDENCE.contains(&table.as_str()))
        {
            tables.extend(of_evidence(0, evidence)?);
        }
        if !wanted.is_empty() {
            tables.extend(of_results(0, self.shop.split(), results)?);
        }
        for (name, table) in tables {
            if wanted.iter().any(|wanted| wanted == name) {
                made.add(name, self.shape.relabelled(&table)?);
            }
        }
        Ok(())
    }

    fn issues(&self, made: &mut Made, issues: &[SeriesIssue]) -> PyResult<()> {
        let table = issue_batch(0, issues).map_err(refused)?;
        made.add(
            "series_issues",
            self.shape.relabelled(&table).map_err(refused)?,
        );
        Ok(())
    }

    /// Makes the frame of what models forecast by themselves, without a judge.
    pub(crate) fn unjudged(
        &self,
        watch: &Watch<'_, '_>,
        as_of: Day,
        batches: &[Batch],
        cutoff: Option<&Cutoff<'_>>,
    ) -> PyResult<Made> {
        // An engine answers at one level at a time.
        let levels: &[IntervalLevel] = match self.levels.as_slice() {
            [] => &[IntervalLevel::EIGHTY_PERCENT],
            levels => levels,
        };
        let mut made = Made::default();
        let survey = Survey::of(batches);
        let model = self.trained(watch, batches, &survey, &mut made.notes)?;
        let mut at_levels = Vec::with_capacity(levels.len());
        for level in levels {
            let mut options = self.settings.options()?;
            options.rules.level = *level;
            let shop = shop(self.settings, options, as_of)?;
            let shop = self.with_model(shop, model.as_ref())?;
            let batches = (batches.to_vec(), &survey);
            let evidence = self.evidence(watch, &shop, batches, |evidence| evidence)?;
            at_levels.push(evidence);
        }
        let models = &self.settings.models;
        let names: Vec<String> = models
            .iter()
            .flat_map(|model| column_names(model, &self.settings.levels))
            .collect();
        if cutoff.is_none() {
            self.issues(&mut made, &self.unusable)?;
        }
        for place in 0..batches.len() {
            let evidence: Vec<&[Evidence]> =
                at_levels.iter().map(|at| at[place].as_slice()).collect();
            let mut rows = Vec::new();
            let mut issues = Vec::new();
            for (row, one) in evidence[0].iter().enumerate() {
                let said = one.issues().iter();
                issues.extend(
                    said.filter(|issue| {
                        issue.engine != Some(NOBODY) && issue.stage != fleetcast::core::Stage::Judge
                    })
                    .cloned(),
                );
                let bounded = models
                    .iter()
                    .map(|model| self.bounded(model, &evidence, row));
                let bounded: Vec<Option<Bounded>> = bounded.collect();
                let has_forecast = bounded.iter().any(Option::is_some);
                made.count(has_forecast, || self.shape.name_of(one.key()));
                if !has_forecast {
                    continue;
                }
                rows.push(SeriesRows {
                    key: one.key(),
                    grid: self.shop.split().future(),
                    actual: cutoff
                        .map(|cutoff| cutoff.actual(place, row, self.shop.split().future())),
                    columns: bounded
                        .into_iter()
                        .flat_map(|model| columns(model, &self.settings.levels))
                        .collect(),
                });
            }
            let batch = frame_batch(&self.shape, cutoff.map(|cutoff| cutoff.day), &names, &rows);
            made.add(JUDGE, batch.map_err(refused)?);
            if cutoff.is_none() {
                self.issues(&mut made, &issues)?;
            }
        }
        Ok(made)
    }

    /// A model's forecast of the future at all levels.
    fn bounded(&self, model: &str, at_levels: &[&[Evidence]], row: usize) -> Option<Bounded> {
        let future = |evidence: &'_ Evidence| {
            let place = match model {
                "Champion" => Contender::Prophet,
                "Challenger" => Contender::Challenger,
                // Without the challenger it stands in its place.
                _ if self.settings.has_model_beside() => Contender::XGBOOST,
                _ => Contender::Challenger,
            };
            evidence.engine(place)?.future.clone()
        };
        let yhat = future(&at_levels[0][row])?.yhat().to_vec();
        let bounds = self.levels.iter().zip(at_levels).map(|(_, evidence)| {
            let forecast = future(&evidence[row])?;
            Some((forecast.lower().to_vec(), forecast.upper().to_vec()))
        });
        Some(Bounded {
            bounds: bounds.collect::<Option<_>>()?,
            yhat,
        })
    }
}

/// The table that is made of what crosses series.
const OF_FLEET: &str = "outlook_calibration";

/// The table of models of the whole fleet.
const OF_MODELS: &str = "models";

/// Tables that are made of evidence and not of results.
const OF_EVIDENCE: [&str; 7] = [
    "prophet_forecasts",
    "prophet_inner_forecasts",
    "challenger_forecasts",
    "challenger_inner_forecasts",
    "xgboost_forecasts",
    "xgboost_inner_forecasts",
    "past_forecasts",
];

/// A cutoff of a cross-validation, and what came after it.
pub(crate) struct Cutoff<'a> {
    pub(crate) day: Day,
    /// Batches of the same series in the same order, of windows that reach beyond the cutoff.
    pub(crate) later: &'a [Batch],
}

impl Cutoff<'_> {
    /// The values that came on the days of `grid`, NaN where missing.
    fn actual(&self, batch: usize, row: usize, grid: fleetcast::TimeGrid) -> Vec<f64> {
        let series = self.later[batch].history().series(row);
        let value = |day: Day| {
            let place = series.grid.index_of(day);
            place.map_or(f64::NAN, |place| series.values[place])
        };
        grid.days().map(value).collect()
    }
}

/// What crosses the series of a fleet.
fn summed_up(gathered: &[Vec<Evidence>]) -> FleetSummary {
    let mut summary = FleetSummary::default();
    for part in gathered {
        summary.merge(FleetSummary::of(part));
    }
    summary
}

/// A shop with the models that are asked for; where the judge chooses, with both.
fn shop(settings: &Settings, options: ShopOptions, as_of: Day) -> PyResult<Shop> {
    let shop = Shop::new(as_of, options).map_err(refused)?;
    let mut shop = shop.with_calendar(settings.calendar()?);
    let is_asked =
        |model: &str| settings.models.is_empty() || settings.models.iter().any(|one| one == model);
    if !is_asked(MODELS[0]) {
        shop = shop.with_champion(Nobody);
    }
    if !is_asked(MODELS[1]) {
        // XGBoost takes the place later where it stands there.
        shop = shop.with_challenger(Nobody);
    }
    Ok(shop)
}

/// Reads limits from a frame with the columns that name series, of which host may be null for all, any of floor, capacity
/// and threshold, and `valid_from`, which may be missing, or null for always.
pub(crate) fn read_limits(
    frame: RecordBatchStreamReader,
    ids: &[String],
    resource: &str,
) -> Result<Vec<LimitRule>, String> {
    let mut rules = Vec::new();
    for batch in frame {
        let batch = batch.map_err(|error| error.to_string())?;
        let column = |name: &str, kind: &DataType| {
            let found = batch.column_by_name(name);
            let converted = found.map(|found| {
                cast(found, kind).map_err(|error| format!("limits: column `{name}`: {error}"))
            });
            converted.transpose()
        };
        let names = |place: usize| match ids.get(place) {
            Some(name) => column(name, &DataType::Utf8),
            None => Ok(None),
        };
        let (hosts, resources) = (names(0)?, names(1)?);
        if ids.len() == 2 && resources.is_none() {
            return Err(format!(
                "limits have no column `{}`; give one, and `{}` null where they hold for all",
                ids[1], ids[0]
            ));
        }
        let parts = ["floor", "capacity", "threshold"].map(|name| column(name, &DataType::Float64));
        let [floor, capacity, threshold] = parts;
        let (floor, capacity, threshold) = (floor?, capacity?, threshold?);
        let valid_from = column("valid_from", &DataType::Date32)?;
        let text = |of: &Option<arrow::array::ArrayRef>, row: usize| {
            let texts = of.as_ref()?.as_string::<i32>();
            texts.is_valid(row).then(|| texts.value(row).to_owned())
        };
        let number = |of: &Option<arrow::array::ArrayRef>, row: usize| {
            let numbers = of.as_ref()?.as_primitive::<Float64Type>();
            let value = numbers.is_valid(row).then(|| numbers.value(row))?;
            (!value.is_nan()).then_some(value)
        };
        let day = |of: &Option<arrow::array::ArrayRef>, row: usize| {
            let Some(days) = of.as_ref().map(AsArray::as_primitive::<Date32Type>) else {
                return Ok(None);
            };
            let day = days.is_valid(row).then(|| i64::from(days.value(row)));
            let day = day.map(Day::from_epoch_days).transpose();
            day.map_err(|error| format!("limits: column `valid_from`: {error}"))
        };
        for row in 0..batch.num_rows() {
            let rule = LimitRule {
                host: text(&hosts, row),
                resource: text(&resources, row).unwrap_or_else(|| resource.to_owned()),
                floor: number(&floor, row),
                capacity: number(&capacity, row),
                threshold: number(&threshold, row),
                valid_from: day(&valid_from, row)?,
            };
            rule.check().map_err(|error| error.to_string())?;
            rules.push(rule);
        }
    }
    Ok(rules)
}

//! The family against R's `forecast` 8.20 and Python's statsforecast 2.1.1.
//!
//! `fixtures/ets_series.parquet` has 30 series, `fixtures/ets_reference.parquet` what both report
//! for 405 fits of them. Neither finds the largest likelihood reliably, so ours has to be at or
//! above the better of the two.

#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use std::collections::BTreeMap;
use std::fs::File;

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Float64Type, Int64Type};
use fleetcast_ets::{Bounds, Criterion, Effort, ErrorKind, Ets, EtsFit, Form, ParameterLimits};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Log-likelihood that may be missing.
const SHORTFALL: f64 = 0.01;

struct Series {
    season_length: usize,
    y: Vec<f64>,
}

struct Reference {
    series: String,
    form: Form,
    /// The larger log-likelihood of those that lie in the usual region.
    log_likelihood: Option<f64>,
    log_likelihood_r: f64,
    aicc_r: f64,
    bic_r: f64,
    sigma_squared_r: f64,
    /// Horizon, mean, bounds of the 80 % interval, by R.
    forecasts_r: [(usize, f64, f64, f64); 3],
}

fn batches(name: &str) -> Vec<RecordBatch> {
    let path = format!("{}/../../fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    let file = File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file)
        .unwrap()
        .build()
        .unwrap();
    reader.map(Result::unwrap).collect()
}

fn text(batch: &RecordBatch, column: &str, row: usize) -> String {
    batch
        .column_by_name(column)
        .unwrap()
        .as_string::<i32>()
        .value(row)
        .to_owned()
}

fn number(batch: &RecordBatch, column: &str, row: usize) -> f64 {
    let column = batch
        .column_by_name(column)
        .unwrap()
        .as_primitive::<Float64Type>();
    if column.is_null(row) {
        f64::NAN
    } else {
        column.value(row)
    }
}

fn flag(batch: &RecordBatch, column: &str, row: usize) -> bool {
    let column = batch.column_by_name(column).unwrap().as_boolean();
    !column.is_null(row) && column.value(row)
}

fn all_series() -> BTreeMap<String, Series> {
    let mut all: BTreeMap<String, Series> = BTreeMap::new();
    for batch in batches("ets_series.parquet") {
        let lengths = batch.column_by_name("season_length").unwrap();
        let lengths = lengths.as_primitive::<Int64Type>();
        for row in 0..batch.num_rows() {
            let series = all
                .entry(text(&batch, "series", row))
                .or_insert_with(|| Series {
                    season_length: usize::try_from(lengths.value(row)).unwrap(),
                    y: Vec::new(),
                });
            series.y.push(number(&batch, "y", row));
        }
    }
    all
}

fn references() -> Vec<Reference> {
    let mut all = Vec::new();
    for batch in batches("ets_reference.parquet") {
        for row in 0..batch.num_rows() {
            let value = |column: &str| number(&batch, column, row);
            let usual = |by: &str| {
                let log_likelihood = value(&format!("loglik_{by}"));
                let counts = flag(&batch, &format!("usual_{by}"), row) && !log_likelihood.is_nan();
                counts.then_some(log_likelihood)
            };
            all.push(Reference {
                series: text(&batch, "series", row),
                form: text(&batch, "form", row).parse().unwrap(),
                log_likelihood: usual("r")
                    .into_iter()
                    .chain(usual("statsforecast"))
                    .reduce(f64::max),
                log_likelihood_r: value("loglik_r"),
                aicc_r: value("aicc_r"),
                bic_r: value("bic_r"),
                sigma_squared_r: value("sigma2_r"),
                forecasts_r: [1, 30, 120].map(|horizon| {
                    let at = |name: &str| value(&format!("{name}{horizon}_r"));
                    (horizon, at("mean"), at("lo"), at("hi"))
                }),
            });
        }
    }
    all
}

/// How many fits reach the reference, of how many, and those that do not.
fn conformance(effort: Effort) -> (usize, usize, Vec<String>) {
    let series = all_series();
    let references = references();
    let mut fits: BTreeMap<(&str, Form), EtsFit> = BTreeMap::new();
    for (name, series) in &series {
        let ets = Ets::new(series.season_length).effort(effort);
        let all = Form::ALL.into_iter().zip(ets.fit_all(&series.y));
        fits.extend(all.filter_map(|(form, fit)| Some(((name.as_str(), form), fit.ok()?))));
    }
    let mut compared = 0;
    let mut short = Vec::new();
    for reference in &references {
        let Some(expected) = reference.log_likelihood else {
            continue;
        };
        let fit = &fits[&(reference.series.as_str(), reference.form)];
        compared += 1;
        let (form, name) = (reference.form, &reference.series);
        let smoothing = fit.smoothing();
        assert!(
            smoothing.is_usual(form, &ParameterLimits::default()),
            "{name} {form}: {smoothing:?}"
        );
        let found = fit.log_likelihood();
        if found < expected - SHORTFALL {
            short.push(format!("{name} {form}: {found:.3}, not {expected:.3}"));
        }
    }
    (compared - short.len(), compared, short)
}

#[test]
fn likelihoods_reach_the_better_reference() {
    for (effort, least_percent) in [(Effort::Standard, 97.0), (Effort::Thorough, 99.0)] {
        let (reached, compared, short) = conformance(effort);
        println!("{effort:?}: {reached} of {compared}; short: {short:#?}");
        assert!(compared >= 400, "{compared} fits compared");
        let percent = 100.0 * reached as f64 / compared as f64;
        assert!(
            percent >= least_percent,
            "{effort:?}: {percent:.1} %; {short:#?}"
        );
    }
}

/// R chooses ETS(M,Ad,M), with −679.58: its search for ETS(M,A,M) ends at −682.40. Ours finds
/// −676.00 for that one, so that AICc prefers it; ETS(M,Ad,M) is at R's likelihood or above too.
#[test]
fn air_passengers_is_no_worse_than_by_r() {
    let series = all_series().remove("airpassengers").unwrap();
    let damped = Ets::new(12)
        .forms(&["MAdM".parse().unwrap()])
        .fit_values(&series.y)
        .unwrap();
    assert!(
        damped.log_likelihood() >= -679.59,
        "{}",
        damped.log_likelihood()
    );
    let chosen = Ets::new(12).fit_values(&series.y).unwrap();
    assert_eq!(chosen.form().to_string(), "MAM");
    assert!(
        chosen.log_likelihood() >= -676.01,
        "{}",
        chosen.log_likelihood()
    );
    assert!(chosen.criterion(Criterion::Aicc) < damped.criterion(Criterion::Aicc));
    let recomputed = log_likelihood(&chosen, &series.y);
    assert!(
        (chosen.log_likelihood() - recomputed).abs() < 1e-6,
        "{recomputed}"
    );
}

/// −n/2 ln Σ e² − Σ ln ŷ, from the recursion of ETS(M,A,M) in its textbook form.
fn log_likelihood(fit: &EtsFit, y: &[f64]) -> f64 {
    let smoothing = fit.smoothing();
    let states = fit.initial_states();
    let (mut level, mut growth) = (states.level, states.growth);
    let mut season = states.season.clone();
    let (mut squares, mut logs) = (0.0, 0.0);
    for (day, y) in y.iter().enumerate() {
        let today = day % season.len();
        let base = level + growth;
        let error = y / (base * season[today]) - 1.0;
        squares += error * error;
        logs += (base * season[today]).ln();
        level = base * (1.0 + smoothing.alpha * error);
        growth += smoothing.beta * base * error;
        season[today] *= 1.0 + smoothing.gamma * error;
    }
    -0.5 * y.len() as f64 * f64::ln(squares) - logs
}

#[test]
fn where_likelihoods_agree_with_r_so_do_criteria_variances_and_forecasts() {
    let series = all_series();
    let mut compared = 0;
    for reference in references() {
        let (name, form) = (&reference.series, reference.form);
        let series = &series[name];
        let fit = Ets::new(series.season_length)
            .forms(&[form])
            .fit_values(&series.y)
            .unwrap();
        if (fit.log_likelihood() - reference.log_likelihood_r).abs() > 0.002 {
            continue;
        }
        compared += 1;
        for (found, expected) in [
            (fit.criterion(Criterion::Aicc), reference.aicc_r),
            (fit.criterion(Criterion::Bic), reference.bic_r),
        ] {
            assert!(
                (found - expected).abs() < 0.01,
                "{name} {form}: {found}, not {expected}"
            );
        }
        let ratio = fit.sigma_squared() / reference.sigma_squared_r;
        // With additive errors σ² follows from the likelihood. With multiplicative ones a larger
        // level makes relative errors smaller at nearly the same likelihood, and on one noisy series
        // the two searches end at different levels of that ridge.
        let tolerance = match form.error() {
            ErrorKind::Additive => 2e-5,
            ErrorKind::Multiplicative if name == "syn/noisy2" => 2e-3,
            ErrorKind::Multiplicative => 2e-4,
        };
        assert!(
            (ratio - 1.0).abs() < tolerance,
            "{name} {form}: σ² {ratio} of R's"
        );
        let forecast = fit.forecast(120, 0.8).unwrap();
        for (horizon, mean, lower, upper) in reference.forecasts_r {
            let width = upper - lower;
            let off = |found: f64, expected: f64| (found - expected).abs() / width;
            let found = forecast.point[horizon - 1];
            assert!(
                off(found, mean) < 0.05,
                "{name} {form} {horizon}: {found}, not {mean}"
            );
            // R takes another variance where a season multiplies; simulation has its own error.
            let tolerance = if form.error() == ErrorKind::Additive {
                0.03
            } else {
                0.08
            };
            let bounds = [
                (forecast.lower[horizon - 1], lower),
                (forecast.upper[horizon - 1], upper),
            ];
            for (found, expected) in bounds {
                let off = off(found, expected);
                assert!(
                    off < tolerance,
                    "{name} {form} {horizon}: {found}, not {expected}"
                );
            }
        }
    }
    assert!(compared >= 30, "{compared} fits agree");
}

#[test]
fn the_admissible_region_holds_more_than_the_usual() {
    let series = all_series();
    for name in ["airpassengers", "syn/rw2", "real/AEC"] {
        let series = &series[name];
        for form in Form::ADDITIVE {
            let ets = Ets::new(series.season_length).forms(&[form]);
            let usual = ets
                .clone()
                .bounds(Bounds::Usual)
                .fit_values(&series.y)
                .unwrap();
            let admissible = ets
                .bounds(Bounds::Admissible)
                .fit_values(&series.y)
                .unwrap();
            let smoothing = admissible.smoothing();
            assert!(
                smoothing.is_admissible(form, series.season_length),
                "{name} {form}"
            );
            let gain = admissible.log_likelihood() - usual.log_likelihood();
            assert!(gain > -0.05, "{name} {form}: {gain}");
        }
    }
}

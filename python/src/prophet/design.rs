//! The columns of Prophet's model beside the trend: seasons, holidays, regressors.
//!
//! Taylor & Letham 2018, *Forecasting at scale*, The American Statistician 72(1), 37-45; what is left open there is as in
//! Prophet 1.5.

use std::collections::HashSet;
use std::f64::consts::TAU;

use super::rows::Rows;
use super::spec::{Regressor, Season, Spec};

/// Seconds of a day.
pub(super) const DAY: i64 = 86_400;

/// What a column is made of.
#[derive(Debug, Clone)]
enum Maker {
    /// Sine and cosine of one wave of a season.
    Wave {
        season: usize,
        wave: usize,
        is_cosine: bool,
    },
    /// One on the days of a holiday.
    Days(HashSet<i64>),
    /// A regressor, less its mean, by its standard deviation.
    Regressor {
        name: String,
        mean: f64,
        deviation: f64,
    },
    /// Nothing: a model has one column at least.
    Nothing,
}

/// A column of the model.
#[derive(Debug, Clone)]
struct Column {
    /// The component that it belongs to.
    component: String,
    /// Whether that is one of the holidays.
    is_holiday: bool,
    is_regressor: bool,
    prior_scale: f64,
    is_multiplicative: bool,
    maker: Maker,
}

/// The columns of a model, in their order.
#[derive(Debug, Clone)]
pub(super) struct Design {
    seasons: Vec<Season>,
    columns: Vec<Column>,
}

/// A component of a forecast: its name, whether it multiplies the trend, and a value a row.
#[derive(Debug, Clone)]
pub(super) struct Component {
    pub(super) name: String,
    pub(super) is_multiplicative: bool,
    pub(super) values: Vec<f64>,
}

impl Design {
    /// Makes the columns that a model has on this history.
    pub(super) fn of(spec: &Spec, history: &Rows) -> Result<Self, String> {
        let seasons: Vec<Season> = spec
            .seasonalities
            .iter()
            .filter(|season| {
                season.order > 0 && (!season.is_auto || is_observed(season, &history.times))
            })
            .cloned()
            .collect();
        let mut columns = Vec::new();
        for (place, season) in seasons.iter().enumerate() {
            for wave in 1..=season.order {
                columns.extend([false, true].map(|is_cosine| Column {
                    component: season.name.clone(),
                    is_holiday: false,
                    is_regressor: false,
                    prior_scale: season.prior_scale,
                    is_multiplicative: season.is_multiplicative,
                    maker: Maker::Wave {
                        season: place,
                        wave,
                        is_cosine,
                    },
                }));
            }
        }
        for holiday in &spec.holidays {
            columns.push(Column {
                component: holiday.name.clone(),
                is_holiday: true,
                is_regressor: false,
                prior_scale: holiday.prior_scale,
                is_multiplicative: holiday.is_multiplicative,
                maker: Maker::Days(holiday.days.iter().copied().collect()),
            });
        }
        for regressor in &spec.regressors {
            columns.push(column_of(regressor, history)?);
        }
        if columns.is_empty() {
            columns.push(Column {
                component: "zeros".to_owned(),
                is_holiday: false,
                is_regressor: false,
                prior_scale: 1.0,
                is_multiplicative: false,
                maker: Maker::Nothing,
            });
        }
        let design = Self { seasons, columns };
        Ok(design)
    }

    /// Returns the number of columns.
    pub(super) fn len(&self) -> usize {
        self.columns.len()
    }

    /// Returns the scales of the columns' priors.
    pub(super) fn prior_scales(&self) -> impl Iterator<Item = f64> + '_ {
        self.columns.iter().map(|column| column.prior_scale)
    }

    /// Says of each column whether it multiplies the trend.
    pub(super) fn multiplies(&self) -> impl Iterator<Item = bool> + '_ {
        self.columns.iter().map(|column| column.is_multiplicative)
    }

    /// Makes the columns' values on some rows, row by row.
    pub(super) fn rows(&self, rows: &Rows) -> Result<Vec<f64>, String> {
        let all: Vec<Vec<f64>> = self
            .columns
            .iter()
            .map(|column| self.values(column, rows))
            .collect::<Result<_, _>>()?;
        let row = |row: usize| all.iter().map(move |column| column[row]);
        Ok((0..rows.times.len()).flat_map(row).collect())
    }

    fn values(&self, column: &Column, rows: &Rows) -> Result<Vec<f64>, String> {
        let read = |name: &str| {
            let values = rows.column(name).unwrap_or_default();
            if values.iter().any(|value| value.is_nan()) {
                return Err(format!(
                    "column `{name}` has rows without a value; fill them"
                ));
            }
            Ok(values)
        };
        match &column.maker {
            Maker::Nothing => Ok(vec![0.0; rows.times.len()]),
            Maker::Days(days) => {
                let is_one = |time: &i64| days.contains(&time.div_euclid(DAY));
                Ok(rows
                    .times
                    .iter()
                    .map(|time| f64::from(u8::from(is_one(time))))
                    .collect())
            }
            Maker::Regressor {
                name,
                mean,
                deviation,
            } => Ok(read(name)?
                .iter()
                .map(|value| (value - mean) / deviation)
                .collect()),
            Maker::Wave {
                season,
                wave,
                is_cosine,
            } => {
                let season = &self.seasons[*season];
                let at = |time: &i64| {
                    let angle = TAU * (*wave as f64) * (*time as f64 / DAY as f64) / season.period;
                    if *is_cosine {
                        libm::cos(angle)
                    } else {
                        libm::sin(angle)
                    }
                };
                let mut values: Vec<f64> = rows.times.iter().map(at).collect();
                if let Some(condition) = &season.condition {
                    for (value, holds) in values.iter_mut().zip(read(condition)?) {
                        *value *= f64::from(u8::from(*holds != 0.0));
                    }
                }
                Ok(values)
            }
        }
    }

    /// Sums up what the columns amount to: each component, and the holidays and regressors together.
    pub(super) fn components(&self, features: &[f64], beta: &[f64]) -> Vec<Component> {
        let rows = features.len() / self.len().max(1);
        let sum = |name: &str, is_multiplicative: bool, is_in: &dyn Fn(&Column) -> bool| {
            let places: Vec<usize> = (0..self.len())
                .filter(|place| {
                    self.columns[*place].is_multiplicative == is_multiplicative
                        && is_in(&self.columns[*place])
                })
                .collect();
            let at = |row: usize| {
                let terms = places
                    .iter()
                    .map(|place| features[row * self.len() + place] * beta[*place]);
                terms.sum::<f64>()
            };
            (!places.is_empty()).then(|| Component {
                name: name.to_owned(),
                is_multiplicative,
                values: (0..rows).map(at).collect(),
            })
        };
        let mut names: Vec<&str> = Vec::new();
        for column in &self.columns {
            if !names.contains(&column.component.as_str())
                && !matches!(column.maker, Maker::Nothing)
            {
                names.push(&column.component);
            }
        }
        let mut components = Vec::new();
        for is_multiplicative in [false, true] {
            let suffix = if is_multiplicative {
                "multiplicative"
            } else {
                "additive"
            };
            for name in &names {
                components.extend(sum(name, is_multiplicative, &|column| {
                    column.component == *name
                }));
            }
            components.extend(sum("holidays", is_multiplicative, &|column| {
                column.is_holiday
            }));
            let regressors = format!("extra_regressors_{suffix}");
            components.extend(sum(&regressors, is_multiplicative, &|column| {
                column.is_regressor
            }));
        }
        components
    }
}

/// Whether a season can be told from the history: as many periods as Prophet asks for, at steps finer than it.
fn is_observed(season: &Season, times: &[i64]) -> bool {
    let span = times
        .last()
        .zip(times.first())
        .map_or(0, |(last, first)| last - first);
    let steps = times
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .filter(|step| *step > 0);
    let step = steps.min().unwrap_or(0);
    match season.name.as_str() {
        "yearly" => span >= 730 * DAY,
        "weekly" => span >= 14 * DAY && step < 7 * DAY,
        _ => span >= 2 * DAY && step < DAY,
    }
}

fn column_of(regressor: &Regressor, history: &Rows) -> Result<Column, String> {
    let name = &regressor.name;
    let values = history.column(name).unwrap_or_default();
    if values.iter().any(|value| value.is_nan()) {
        return Err(format!(
            "column `{name}` has rows without a value; fill them"
        ));
    }
    let mut different: Vec<f64> = values.to_vec();
    different.sort_by(f64::total_cmp);
    different.dedup();
    let is_binary = different == [0.0, 1.0];
    let is_standardized = different.len() >= 2 && regressor.standardize.unwrap_or(!is_binary);
    let (mean, deviation) = if is_standardized {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares = values.iter().map(|value| (value - mean) * (value - mean));
        (mean, (squares.sum::<f64>() / (n - 1.0)).sqrt())
    } else {
        (0.0, 1.0)
    };
    Ok(Column {
        component: name.clone(),
        is_holiday: false,
        is_regressor: true,
        prior_scale: regressor.prior_scale,
        is_multiplicative: regressor.is_multiplicative,
        maker: Maker::Regressor {
            name: name.clone(),
            mean,
            deviation,
        },
    })
}

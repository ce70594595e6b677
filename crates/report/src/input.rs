//! What a report is made of.

use fleetcast_core::{Day, Forecast, SeriesKey, Split};

use crate::{Agenda, Grouping};

/// Everything a report shows.
#[derive(Debug, Clone)]
pub struct Report {
    /// The run.
    pub facts: Facts,
    /// What has to be done now; `None` where the outlook does not say.
    pub agenda: Option<Agenda>,
    /// What groups the hosts, by any number of keys.
    pub groupings: Vec<Grouping>,
    /// Every series of the data, in any order.
    pub series: Vec<Series>,
    /// Everything that was wrong with them, or was repaired.
    pub issues: Vec<Issue>,
}

/// What a run was.
#[derive(Debug, Clone)]
pub struct Facts {
    /// The number.
    pub run: i64,
    /// The database it is of.
    pub database: String,
    /// When it began, in UTC.
    pub started_at: String,
    /// The version that ran.
    pub version: String,
    /// The windows.
    pub split: Split,
    /// The share of days intervals are meant to hold, 0 to 1.
    pub interval_level: f64,
    /// When a crossing counts, as days/of.
    pub sustained: String,
    /// What the data was.
    pub data_fingerprint: String,
    /// The settings, as JSON.
    pub config: String,
    /// The group of hosts that the report is of; `None` where it is of all.
    pub group: Option<String>,
    /// Each stage's name, rows and seconds.
    pub stages: Vec<(String, u64, f64)>,
}

impl Facts {
    /// The facts of a run of which no more is known than its number and windows.
    #[must_use]
    pub fn of_run(run: i64, split: Split) -> Self {
        Self {
            run,
            database: String::new(),
            started_at: String::new(),
            version: String::new(),
            split,
            interval_level: 0.8,
            sustained: "3/7".to_owned(),
            data_fingerprint: String::new(),
            config: String::new(),
            group: None,
            stages: Vec::new(),
        }
    }
}

/// One series.
#[derive(Debug, Clone)]
pub struct Series {
    /// The host and resource.
    pub key: SeriesKey,
    /// When it is full; `None` where it has no forecast.
    pub outlook: Option<Outlook>,
    /// How its models did; `None` where it has no forecast.
    pub standing: Option<Standing>,
    /// How it behaves, where somebody labelled it.
    pub behaviour: Option<String>,
    /// What a chart of it shows.
    pub chart: Option<Chart>,
}

/// Whether a series reaches its threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// It has.
    Over,
    /// A threshold that it is as likely as not to reach within the horizon.
    Within,
    /// A threshold that it reaches in one of ten cases at least.
    Possible,
    /// A threshold that it hardly reaches.
    NotWithinHorizon,
    /// It has no threshold.
    NoLimit,
}

/// When a series is full: a row of `capacity_outlook`.
#[derive(Debug, Clone, PartialEq)]
pub struct Outlook {
    /// Whether.
    pub status: Status,
    /// The value at which full starts.
    pub threshold: Option<f64>,
    /// Days from which on full is planned to start at other values, in their order, with these.
    pub planned: Vec<(Day, f64)>,
    /// What there is.
    pub capacity: Option<f64>,
    /// Days from the end of the data until it is as likely as not that it is full.
    pub days_left: Option<i32>,
    /// Days until it is so with a probability of 10 %.
    pub days_left_earliest: Option<i32>,
    /// Days until it is so with a probability of 90 %.
    pub days_left_latest: Option<i32>,
    /// The probability that it is full within the horizon, 0 to 1.
    pub p_full: Option<f64>,
    /// The probabilities that it is full within 30, 60 and 90 days, 0 to 1; `None` where the horizon is shorter.
    pub p_full_by: [Option<f64>; 3],
    /// The mean of the probabilities that it is full within 30, 60 and 90 days and within the horizon: what comes sooner
    /// counts more often.
    pub urgency: Option<f64>,
    /// The growth in 30 days, in the series' unit.
    pub growth: Option<f64>,
    /// How much has to be added to the capacity, in the series' unit.
    pub to_order: Option<f64>,
    /// Days since which it is over, of those that were looked at.
    pub since_days: Option<i32>,
    /// Whether it is measured in percent of its capacity.
    pub is_percent: bool,
    /// The mean of the last observed days.
    pub recent: Option<f64>,
    /// The largest value of the forecast.
    pub peak: f64,
}

/// How the models did on one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// Who won the backtest.
    pub winner: String,
    /// Whose forecast was taken: the winner's, as a rule.
    pub golden: String,
    /// The share of backtest days that intervals made like those of the forecast held, 0 to 1.
    pub coverage: Option<f64>,
    /// The metric that decided.
    pub decided_by: String,
    /// How far to trust it, where it was graded.
    pub trust: Option<String>,
    /// The backtest of every model.
    pub scores: Vec<Score>,
}

/// One model's backtest on one series.
#[derive(Debug, Clone, PartialEq)]
pub struct Score {
    /// The model's name.
    pub model: String,
    /// Mean absolute percentage error.
    pub mape: Option<f64>,
    /// Mean absolute error, in the resource's unit.
    pub mae: Option<f64>,
    /// The share of days its interval held, 0 to 1.
    pub coverage: Option<f64>,
}

/// What was wrong with a series, or was repaired.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// The series.
    pub key: SeriesKey,
    /// `error`, `warning` or `info`.
    pub severity: String,
    /// What, in a word.
    pub code: String,
    /// What, in a sentence.
    pub message: String,
}

/// What a chart shows, day by day, on the days of the run's windows.
#[derive(Debug, Clone)]
pub struct Chart {
    /// The values of training and backtest window; NaN where a day is missing.
    pub history: Vec<f64>,
    /// The champion's forecast of the backtest window.
    pub champion: Option<Forecast>,
    /// The challenger's.
    pub challenger: Option<Forecast>,
    /// The forecast of the future.
    pub future: Option<Forecast>,
    /// The forecast of the future with bounds at 95 %.
    pub future_95: Option<Forecast>,
}

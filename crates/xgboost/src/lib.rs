//! One XGBoost model for a whole fleet: features of daily series, sampling, training and forecasts.
//!
//! A series is forecast in two steps. A quick robust ridge regression finds its seasons of the week and the year and
//! its level ([`base_forecast`]); then one model, trained on all series of the fleet, says how far that will be off on
//! each day ahead. What it is told are 47 features of the series, in units of the series' own mean absolute change from
//! one week to the next: the day ahead, what simple forecasts say beside the base, levels and means of residuals,
//! growth over the year, spreads, and how simple forecasts did lately. It is a direct forecast, with the horizon as a
//! feature (Taieb, Bontempi, Atiya & Sorjamaa 2012, *A review and comparison of strategies for multi-step ahead time
//! series forecasting*, Expert Systems with Applications 39(8)), and a global one (Montero-Manso & Hyndman 2021,
//! *Principles and algorithms for forecasting groups of time series*, International Journal of Forecasting 37(4)); the
//! trees are XGBoost's (Chen & Guestrin 2016, *XGBoost: a scalable tree boosting system*, KDD).
//!
//! A forecast depends on the series it is of and on the model, and the model on the fleet it was trained on: unlike the
//! other engines', forecasts change where other series do. The model's bytes ([`Model::to_bytes`]) and their
//! [`Model::fingerprint`] are there to be kept beside forecasts, so that they can be repeated and explained
//! ([`Model::contributions`]).
//!
//! ```no_run
//! use fleetcast_core::{Day, Horizon, SeriesKey};
//! use fleetcast_xgboost::{Library, Model, Settings, TrainingSample, Workspace};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let last: Day = "2025-12-31".parse()?;
//! let fleet: Vec<(SeriesKey, Vec<f64>)> = vec![(SeriesKey::new("web-01", "cpu"), vec![41.5; 1096])];
//!
//! // Sampling needs no library; parts of a fleet may be sampled anywhere and merged in any order.
//! let workspace = &mut Workspace::new();
//! let mut sample = TrainingSample::default();
//! for (key, values) in &fleet {
//!     sample.add(key, values, last, workspace);
//! }
//!
//! let library = Library::open(None)?;
//! let model = Model::train(&library, &sample, &Settings::default())?;
//! for (key, values) in &fleet {
//!     let forecast = model.forecast(values, last, Horizon::DEFAULT, workspace)?;
//!     println!("{key}: {:.1} tomorrow", forecast[0]);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # The library
//!
//! XGBoost itself is loaded while the program runs ([`Library::open`]), and only where the crate is built with its
//! feature `xgboost`, which is off by default. Nothing is linked: a program built with the feature starts without the
//! library, and says what is missing once a model is asked for. The library is that of the Python package:
//!
//! ```sh
//! pip install 'xgboost-cpu==3.4.*'
//! export FLEETCAST_XGBOOST=$(python -c 'import xgboost, os; print(os.path.dirname(xgboost.__file__))')/lib
//! ```
//!
//! Without the feature everything else is there all the same, and [`Library::open`] returns
//! [`XgboostError::BuiltWithout`].
//!
//! # What holds
//!
//! - Nothing after an origin is seen, to the bit, and no value of another series.
//! - The same series make the same sample in any order, however they are cut into parts, and the same sample the same
//!   model: training runs on one thread with fixed seeds.
//! - A forecast follows the unit and the zero of the values: of `a * y + b` it is `a` times that of `y`, plus `b`.
//! - Constant series are neither trained on nor corrected, and histories under 420 days are not corrected.
//! - Everything is a function of its arguments: no clock, no unseeded random numbers, and no input or output but the
//!   loading of the library.

mod base;
mod bytes;
mod calendar;
mod engine;
mod error;
mod features;
mod history;
mod library;
mod model;
mod origin;
mod recipe;
mod sample;
mod settings;

pub use engine::{FleetSample, Trained, XgboostEngine};
pub use error::XgboostError;
pub use library::Library;
pub use model::{Contributions, Model};
pub use recipe::{Workspace, base_forecast};
pub use sample::TrainingSample;
pub use settings::Settings;

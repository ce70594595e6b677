//! What is counted.

use std::error::Error;
use std::hint::black_box;

use fleetcast_benches::{Gaps, real_history, real_panel};
use fleetcast_core::{Asked, Engine, Horizon, IntervalLevel, PanelView, TimeGrid};
use fleetcast_ets::{Ets, EtsEngine, Form};
use fleetcast_prophet::{Certify, Mode, ProphetEngine, fit_panel, point_forecasts};

/// Series of the engines' panels: all there are in the fixture, so that no two are alike.
const PANEL: usize = 54;

/// Series each form is fitted to, one after the other.
const SERIES_OF_A_FORM: usize = 4;

/// Days forecast: as far as a backtest and the half year after it.
const HORIZON: usize = 300;

/// A piece of work.
#[derive(Debug, Clone, Copy)]
pub(super) enum Case {
    /// The champion's fits, in a batch.
    ProphetFit(Gaps),
    /// The same with point forecasts.
    ProphetForecast(Gaps),
    /// The same with intervals.
    ProphetInterval(Gaps),
    /// The champion's tuned mode.
    ProphetTuned(Gaps),
    /// The challenger, its inner validation included.
    Challenger(Gaps),
    /// The champion's tuned mode over backtest and future, as a run asks it.
    ProphetRun(Gaps),
    /// The challenger over backtest and future, as a run asks it.
    ChallengerRun(Gaps),
    /// One form of exponential smoothing.
    Ets(Form),
}

/// All cases.
pub(super) fn all() -> impl Iterator<Item = Case> {
    let engines = [
        Case::ProphetFit,
        Case::ProphetForecast,
        Case::ProphetInterval,
        Case::ProphetTuned,
        Case::Challenger,
        Case::ProphetRun,
        Case::ChallengerRun,
    ];
    let engines = engines
        .into_iter()
        .flat_map(|case| [Gaps::None, Gaps::OneInTwenty].map(case));
    engines.chain(Form::ALL.map(Case::Ets))
}

/// The case of a name.
pub(super) fn named(name: &str) -> Result<Case, String> {
    let mut all = all();
    all.find(|case| case.name() == name)
        .ok_or_else(|| format!("there is no case {name}"))
}

impl Case {
    pub(super) fn name(self) -> String {
        let (name, gaps) = match self {
            Self::ProphetFit(gaps) => ("prophet_fit", gaps),
            Self::ProphetForecast(gaps) => ("prophet_forecast", gaps),
            Self::ProphetInterval(gaps) => ("prophet_interval", gaps),
            Self::ProphetTuned(gaps) => ("prophet_tuned", gaps),
            Self::Challenger(gaps) => ("challenger", gaps),
            Self::ProphetRun(gaps) => ("prophet_run", gaps),
            Self::ChallengerRun(gaps) => ("challenger_run", gaps),
            Self::Ets(form) => return format!("ets_{form}"),
        };
        match gaps {
            Gaps::None => name.to_owned(),
            Gaps::OneInTwenty => format!("{name}_gaps"),
        }
    }

    /// Returns how many series it works on, each window of one counted as one.
    pub(super) fn series(self) -> usize {
        match self {
            Self::Ets(_) => SERIES_OF_A_FORM,
            Self::ProphetRun(_) | Self::ChallengerRun(_) => 2 * PANEL,
            _ => PANEL,
        }
    }

    /// Does the work once, on one thread.
    pub(super) fn run(self) -> Result<(), Box<dyn Error>> {
        let gaps = match self {
            Self::ProphetFit(gaps)
            | Self::ProphetForecast(gaps)
            | Self::ProphetInterval(gaps)
            | Self::ProphetTuned(gaps)
            | Self::Challenger(gaps)
            | Self::ProphetRun(gaps)
            | Self::ChallengerRun(gaps) => gaps,
            Self::Ets(_) => Gaps::None,
        };
        let panel = match self {
            Self::ProphetRun(_) | Self::ChallengerRun(_) => real_history(PANEL, gaps)?,
            _ => real_panel(self.series(), gaps)?,
        };
        let horizon = Horizon::new(HORIZON)?;
        let one_thread = rayon::ThreadPoolBuilder::new().num_threads(1).build()?;
        one_thread.install(|| counted(&|| self.work(panel.view(), horizon)));
        Ok(())
    }

    fn work(self, panel: PanelView<'_>, horizon: Horizon) {
        let level = IntervalLevel::EIGHTY_PERCENT;
        match self {
            Self::ProphetFit(_) => {
                black_box(fit_panel(panel, Certify::No));
            }
            Self::ProphetForecast(_) => {
                black_box(point_forecasts(panel, horizon));
            }
            Self::ProphetInterval(_) => {
                black_box(ProphetEngine::new(Mode::Exact).forecast(panel, horizon, level));
            }
            Self::ProphetTuned(_) => {
                black_box(ProphetEngine::new(Mode::Tuned).forecast(panel, horizon, level));
            }
            Self::Challenger(_) => {
                black_box(EtsEngine::new().forecast(panel, horizon, level));
            }
            Self::ProphetRun(_) => run(&ProphetEngine::new(Mode::Tuned), panel),
            Self::ChallengerRun(_) => run(&EtsEngine::new(), panel),
            Self::Ets(form) => {
                let ets = Ets::new(7).forms(&[form]);
                for series in panel.iter() {
                    let _ = black_box(ets.fit_values(series.values));
                }
            }
        }
    }
}

/// Asks an engine for the last four months of a panel and for the half year after it.
fn run(engine: &dyn Engine, history: PanelView<'_>) {
    let grid = history.grid();
    let backtest = grid
        .last()
        .minus_months(4)
        .map(|origin| TimeGrid::between(grid.first().minus_days(1), origin));
    let windows: Option<Vec<Asked<'_>>> = backtest.ok().and_then(|training| {
        let ahead = grid.len() - training.len();
        Some(vec![
            Asked::of(history.window(training).ok()?, Horizon::new(ahead).ok()?),
            Asked::of(history, Horizon::DEFAULT),
        ])
    });
    let windows = windows.unwrap_or_default();
    black_box(engine.forecast_together(&windows, IntervalLevel::EIGHTY_PERCENT));
}

/// Does some work: valgrind counts from where this begins to where it ends, on its thread.
#[inline(never)]
pub(super) fn counted(work: &dyn Fn()) {
    work();
    // Not a call at the end, which would be a jump out of this function.
    black_box(());
}

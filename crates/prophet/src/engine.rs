//! The engine: Prophet for every series of a panel.

use std::sync::Arc;

use fleetcast_core::{Asked, Engine, Horizon, IntervalLevel, Outcome, PanelView};

use crate::interval::IntervalTables;
use crate::{exact, tuned};

/// How the champion chooses its settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// Prophet's default settings, solved exactly.
    Exact,
    /// Settings weighted, for each series, by how they did at origins inside its own window, and
    /// intervals from the errors there. A series of less than 112 days is too short for that and
    /// is forecast as in [`Mode::Exact`].
    #[default]
    Tuned,
}

/// Prophet's model behind the engine trait.
///
/// A series needs [`fleetcast_core::MIN_OBSERVATIONS`] observed days. A constant series is forecast
/// as that constant, without a fit, as Prophet itself does. Missing days are left out of the fit.
/// A series' forecast has the same bits whatever the panel it comes in, the number of threads and
/// the processor.
#[derive(Debug, Clone, Default)]
pub struct ProphetEngine {
    mode: Mode,
    tables: Arc<IntervalTables>,
}

impl ProphetEngine {
    /// An engine that works in `mode`.
    #[must_use]
    pub fn new(mode: Mode) -> Self {
        Self {
            mode,
            tables: Arc::default(),
        }
    }
}

impl Engine for ProphetEngine {
    fn name(&self) -> &'static str {
        "prophet"
    }

    fn forecast(
        &self,
        panel: PanelView<'_>,
        horizon: Horizon,
        level: IntervalLevel,
    ) -> Vec<Outcome> {
        match self.mode {
            Mode::Exact => exact::forecast_panel(panel, &self.tables, horizon, level),
            Mode::Tuned => tuned::forecast_panels(&[Asked::of(panel, horizon)], level)
                .pop()
                .unwrap_or_default(),
        }
    }

    fn forecast_together(&self, windows: &[Asked<'_>], level: IntervalLevel) -> Vec<Vec<Outcome>> {
        match self.mode {
            Mode::Exact => windows
                .iter()
                .map(|asked| self.forecast(asked.panel, asked.horizon, level))
                .collect(),
            Mode::Tuned => tuned::forecast_panels(windows, level),
        }
    }
}

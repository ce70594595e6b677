//! A whole fleet at one origin, for what crosses its series: from the history alone.

use fleetcast::{Batch, Evidence, FleetSummary, Shop, Survey};
use fleetcast_core::Split;
use fleetcast_store::{SeriesIndex, Store};

use crate::accuracy::BATCH;
use crate::error::Error;
use crate::settings::Settings;

/// The shop of an origin, and what it gathered on every series of the fleet.
pub(crate) struct FleetAt {
    pub(crate) shop: Shop,
    pub(crate) summary: FleetSummary,
    /// The series, some at a time, each with the evidence on them in the same order.
    pub(crate) batches: Vec<(Batch, Vec<Evidence>)>,
}

impl FleetAt {
    /// Gathers the evidence; `advance` is told how many series are done.
    pub(crate) fn gather(
        store: &Store,
        index: &SeriesIndex,
        split: &Split,
        settings: &Settings,
        advance: impl Fn(usize),
    ) -> Result<Self, Error> {
        let refused = |error: fleetcast::ShopError| Error::Setting(error.to_string());
        let shop = Shop::new(split.as_of(), settings.shop).map_err(refused)?;
        let shop = shop.with_calendar(settings.holidays.calendar([]));
        let mut seen = Vec::new();
        for keys in index.batches(BATCH) {
            let (history, _) = store.read_panel(keys, split.history())?;
            seen.push(Batch::from_panel(history.view(), split));
        }
        let survey = Survey::of(&seen);
        let mut summary = FleetSummary::default();
        let mut batches = Vec::with_capacity(seen.len());
        for batch in seen {
            let evidence = shop.evidence(&batch, &survey).map_err(refused)?;
            summary.merge(FleetSummary::of(&evidence));
            advance(batch.history().len());
            batches.push((batch, evidence));
        }
        Ok(Self {
            shop,
            summary,
            batches,
        })
    }
}

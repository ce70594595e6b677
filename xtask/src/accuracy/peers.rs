//! Forecasts of other tools, held against the same future as ours.

use std::collections::{BTreeSet, HashMap};

use fleetcast_core::{Day, IntervalLevel, SeriesKey, Split};
use fleetcast_store::{OutsideForecast, Store};

use crate::accuracy::contenders::is_taken;
use crate::accuracy::scores::{Intervals, ScoredForecast, Truth};
use crate::cli::PeerFlag;
use crate::error::Error;

/// Origins a message names.
const NAMED: usize = 3;

/// What other tools forecast.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    peers: Vec<Peer>,
}

/// One tool, and its forecasts by series and origin.
#[derive(Debug)]
struct Peer {
    name: String,
    forecasts: HashMap<(SeriesKey, Day), OutsideForecast>,
}

impl Peers {
    /// Reads the files that `flags` name. Each must hold at least one forecast of the series in
    /// `keys` from one of `origins`.
    pub(crate) fn read(
        store: &Store,
        flags: &[PeerFlag],
        keys: &[SeriesKey],
        origins: &[Split],
    ) -> Result<Self, Error> {
        let keys: BTreeSet<&SeriesKey> = keys.iter().collect();
        let mut peers: Vec<Peer> = Vec::new();
        for PeerFlag { name, file } in flags {
            if is_taken(name) || peers.iter().any(|known| known.name == *name) {
                return Err(Error::Setting(format!(
                    "there is a contender {name} already; give the peer another name: \
                     --peer NAME={}",
                    file.display()
                )));
            }
            let Some(days_ahead) = origins.first().map(|split| split.future().len()) else {
                continue;
            };
            let found = store.read_forecast_file(file, days_ahead)?;
            let days = || origins.iter().map(Split::as_of);
            let is_known = |forecast: &&OutsideForecast| keys.contains(&forecast.key);
            let is_wanted = |forecast: &OutsideForecast| {
                is_known(&forecast) && days().any(|day| day == forecast.origin)
            };
            if !found.iter().any(is_wanted) {
                let theirs = found
                    .iter()
                    .filter(is_known)
                    .map(|forecast| forecast.origin);
                return Err(Error::Setting(format!(
                    "{} has no forecast to compare: of the series here it has all {days_ahead} days \
                     after {}, but the origins here are {}; forecast what --write-origins writes",
                    file.display(),
                    named(theirs),
                    named(days()),
                )));
            }
            let forecasts = found
                .into_iter()
                .filter(is_wanted)
                .map(|forecast| ((forecast.key.clone(), forecast.origin), forecast));
            peers.push(Peer {
                name: name.clone(),
                forecasts: forecasts.collect(),
            });
        }
        Ok(Self { peers })
    }

    /// The scores of those that forecast this series from this origin.
    pub(crate) fn score(
        &self,
        truth: &Truth<'_>,
        origin: Day,
        level: IntervalLevel,
    ) -> Vec<ScoredForecast> {
        let place = (truth.history.key.clone(), origin);
        let scored = self.peers.iter().filter_map(|peer| {
            let forecast = peer.forecasts.get(&place)?;
            let intervals = forecast
                .bounds
                .as_ref()
                .map(|bounds| Intervals::at(level, bounds.clone()));
            Some(truth.score(peer.name.clone(), &forecast.yhat, intervals.as_ref()))
        });
        scored.collect()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.peers.iter().map(|peer| peer.name.as_str())
    }
}

/// The latest few of these days, as text.
fn named(days: impl Iterator<Item = Day>) -> String {
    let days: BTreeSet<Day> = days.collect();
    if days.is_empty() {
        return "no origin".to_owned();
    }
    let mut shown: Vec<String> = days.iter().rev().take(NAMED).map(Day::to_string).collect();
    if days.len() > NAMED {
        shown.push("…".to_owned());
    }
    shown.join(", ")
}

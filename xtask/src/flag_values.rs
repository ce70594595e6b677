//! Values of flags, and how they are written in a configuration file.

use std::fmt;
use std::str::FromStr;

use clap::ValueEnum;
use fleetcast::RegimesMode;
use fleetcast_core::Day;
use fleetcast_ets::ChallengerKind;
use fleetcast_judge::Golden;
use fleetcast_pipeline::{ChallengerEngine, FleetEngine};
use fleetcast_prophet::Mode;
use serde::{Deserialize, Deserializer};

/// How the champion chooses its settings.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ProphetModeFlag {
    /// Settings weighed for each series, by how they did at origins inside its training window.
    Tuned,
    /// Prophet's own default settings, solved exactly.
    Exact,
}

impl From<ProphetModeFlag> for Mode {
    fn from(flag: ProphetModeFlag) -> Self {
        match flag {
            ProphetModeFlag::Tuned => Self::Tuned,
            ProphetModeFlag::Exact => Self::Exact,
        }
    }
}

/// Which engine stands as the challenger.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
#[value(rename_all = "snake_case")]
pub(crate) enum ChallengerFlag {
    /// Exponential smoothing built for the long horizon.
    Ets,
    /// The first version, MSTL with augurs' exponential smoothing, as a reference.
    MstlEts,
    /// XGBoost, one model for the whole fleet; for programs built with the feature xgboost.
    Xgboost,
}

/// The challenger: an engine that forecasts each series by itself, or a model of the whole fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Challenger {
    BySeries(ChallengerKind),
    Xgboost,
}

impl Challenger {
    /// The name it has in settings.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::BySeries(kind) => kind.as_str(),
            Self::Xgboost => "xgboost",
        }
    }

    /// What stands as the challenger in a shop.
    pub(crate) fn kind(self) -> ChallengerKind {
        match self {
            Self::BySeries(kind) => kind,
            Self::Xgboost => ChallengerKind::default(),
        }
    }

    /// What stands as the challenger in a pipeline.
    pub(crate) fn engine(self) -> ChallengerEngine {
        match self {
            Self::BySeries(_) => ChallengerEngine::OfShop,
            Self::Xgboost => ChallengerEngine::Xgboost,
        }
    }
}

/// Who stands against the champion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contenders {
    pub(crate) challenger: Challenger,
    /// The engines that stand beside it.
    pub(crate) further: Vec<FleetEngine>,
}

impl Contenders {
    /// Returns those of a list of names divided by commas, in any order: where XGBoost is alone, it is the challenger, and where
    /// it is not, it stands beside the other.
    pub(crate) fn named(names: &str) -> Result<Self, String> {
        let mut by_series = Vec::new();
        let mut has_xgboost = false;
        for name in names
            .split(',')
            .map(str::trim)
            .filter(|name| !name.is_empty())
        {
            let found = ChallengerFlag::from_str(name, true).map_err(|_| {
                format!("there is no contender `{name}`; there are ets, mstl_ets and xgboost")
            })?;
            match Challenger::from(found) {
                Challenger::Xgboost => has_xgboost = true,
                other if !by_series.contains(&other) => by_series.push(other),
                Challenger::BySeries(_) => {}
            }
        }
        match (by_series.as_slice(), has_xgboost) {
            ([], false) => Err("no contender is named; give ets, or ets,xgboost".to_owned()),
            ([], true) => Ok(Self {
                challenger: Challenger::Xgboost,
                further: Vec::new(),
            }),
            ([challenger], has_xgboost) => Ok(Self {
                challenger: *challenger,
                further: has_xgboost
                    .then_some(FleetEngine::Xgboost)
                    .into_iter()
                    .collect(),
            }),
            _ => Err(format!(
                "`{names}` names two challengers; give one of ets and mstl_ets, and xgboost beside it if you like"
            )),
        }
    }
}

impl From<ChallengerFlag> for Challenger {
    fn from(flag: ChallengerFlag) -> Self {
        match flag {
            ChallengerFlag::Ets => Self::BySeries(ChallengerKind::Ets),
            ChallengerFlag::MstlEts => Self::BySeries(ChallengerKind::MstlEts),
            ChallengerFlag::Xgboost => Self::Xgboost,
        }
    }
}

/// Whether the past is brought to the present level before it is fitted.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum RegimesFlag {
    /// Level shifts and growth that began lately are looked for, and the past is brought to the present level.
    Align,
    /// Series are fitted as they were.
    Off,
}

impl From<RegimesFlag> for RegimesMode {
    fn from(flag: RegimesFlag) -> Self {
        match flag {
            RegimesFlag::Align => Self::Align,
            RegimesFlag::Off => Self::Off,
        }
    }
}

/// Whose forecast becomes the golden record.
#[derive(Debug, Clone, Copy, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GoldenFlag {
    /// The winner's, prophet or challenger.
    Winner,
    /// The blend of both engines and two naive forecasts.
    Blend,
}

impl From<GoldenFlag> for Golden {
    fn from(flag: GoldenFlag) -> Self {
        match flag {
            GoldenFlag::Winner => Self::Winner,
            GoldenFlag::Blend => Self::Blend,
        }
    }
}

/// A day, written as a TOML date or as text.
pub(crate) fn day_from_text<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Day>, D::Error> {
    let text = match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => text,
        other => other.to_string(),
    };
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

/// What is written as text: a metric's name, or a rule such as `3/7`.
pub(crate) fn from_text<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err: fmt::Display>,
{
    let text = String::deserialize(deserializer)?;
    text.parse().map(Some).map_err(serde::de::Error::custom)
}

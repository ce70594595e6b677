//! Whose forecasts are weighed, and by which names contenders go.

use std::fmt;

/// Who stands on the leaderboard or in the golden record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Contender {
    /// The champion.
    Prophet,
    /// The challenger.
    Challenger,
    /// An engine that stands beside these two, by its name in tables: a model of the whole fleet, or somebody else's.
    Further(&'static str),
    /// The weighted mean of engines and two naive forecasts.
    Blend,
    /// The bar engines are held against; golden only where no engine has a forecast.
    SeasonalNaive,
    /// The last level over again: golden only where no engine comes near it.
    NaiveLevel,
    /// The last week over again, likewise.
    NaiveWeek,
    /// The last year over again, likewise.
    NaiveYear,
}

impl Contender {
    /// XGBoost beside the challenger: one model for the whole fleet.
    pub const XGBOOST: Self = Self::Further("xgboost");

    /// The models of a whole fleet, which have tables: the next one costs a name here, an engine and its tables.
    pub const FURTHER: [Self; 1] = [Self::XGBOOST];

    /// Returns the name in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prophet => "prophet",
            Self::Challenger => "challenger",
            Self::Further(name) => name,
            Self::Blend => "blend",
            Self::SeasonalNaive => "seasonal_naive",
            Self::NaiveLevel => "naive_level",
            Self::NaiveWeek => "naive_week",
            Self::NaiveYear => "naive_year",
        }
    }

    /// Returns the contender of this name, if there is one; of further engines, those that have tables.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [
            Self::Prophet,
            Self::Challenger,
            Self::Blend,
            Self::SeasonalNaive,
            Self::NaiveLevel,
            Self::NaiveWeek,
            Self::NaiveYear,
        ]
        .into_iter()
        .chain(Self::FURTHER)
        .find(|contender| contender.as_str() == name)
    }

    /// Says whether it is one model for all series of a fleet.
    #[must_use]
    pub fn is_of_fleet(self) -> bool {
        Self::FURTHER.contains(&self)
    }

    /// Says whether an engine makes its forecasts.
    #[must_use]
    pub fn is_engine(self) -> bool {
        matches!(self, Self::Prophet | Self::Challenger | Self::Further(_))
    }

    /// Returns the name in sentences.
    pub(crate) fn in_words(self) -> &'static str {
        match self {
            Self::Challenger => "the challenger",
            other => other.as_str(),
        }
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

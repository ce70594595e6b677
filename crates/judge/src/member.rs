//! Whose forecasts are weighed, and by which names contenders go.

use std::fmt;

/// A forecast the blend weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Member {
    Prophet,
    Challenger,
    NaiveYear,
    NaiveWeek,
}

impl Member {
    pub(crate) const ALL: [Self; 4] = [
        Self::Prophet,
        Self::Challenger,
        Self::NaiveYear,
        Self::NaiveWeek,
    ];
}

/// Something a member has each of.
pub(crate) type PerMember<T> = [T; Member::ALL.len()];

/// Who stands on the leaderboard or in the golden record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contender {
    /// The champion.
    Prophet,
    /// The challenger.
    Challenger,
    /// The weighted mean of both engines and two naive forecasts.
    Blend,
    /// The bar both engines are held against; golden only where no engine has a forecast.
    SeasonalNaive,
    /// The last level over again: golden only where no engine comes near it.
    NaiveLevel,
    /// The last week over again, likewise.
    NaiveWeek,
    /// The last year over again, likewise.
    NaiveYear,
}

impl Contender {
    /// The name in tables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Prophet => "prophet",
            Self::Challenger => "challenger",
            Self::Blend => "blend",
            Self::SeasonalNaive => "seasonal_naive",
            Self::NaiveLevel => "naive_level",
            Self::NaiveWeek => "naive_week",
            Self::NaiveYear => "naive_year",
        }
    }

    /// Returns the contender of this name, if there is one.
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
        .find(|contender| contender.as_str() == name)
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

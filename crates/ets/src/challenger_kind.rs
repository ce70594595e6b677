//! The challengers of this crate by name.

use std::fmt;
use std::str::FromStr;

use fleetcast_core::Engine;

use crate::EtsEngine;
#[cfg(feature = "mstl")]
use crate::MstlEngine;

/// Which engine stands as the challenger.
///
/// ```
/// use fleetcast_ets::ChallengerKind;
///
/// let kind: ChallengerKind = "ets".parse()?;
/// assert_eq!(kind.engine().name(), "challenger");
/// assert!("arima".parse::<ChallengerKind>().is_err());
/// # Ok::<(), fleetcast_ets::UnknownChallenger>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ChallengerKind {
    /// `ets`: the weighted ensemble for the long horizon, [`EtsEngine`].
    #[default]
    Ets,
    /// `mstl_ets`: the challenger's first version, `MstlEngine`, as a reference; with the feature `mstl`.
    #[cfg(feature = "mstl")]
    MstlEts,
}

/// A name no engine of this crate has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[cfg_attr(
    feature = "mstl",
    error("there is no challenger `{0}`; give ets or mstl_ets")
)]
#[cfg_attr(
    not(feature = "mstl"),
    error(
        "there is no challenger `{0}`; this build has ets alone, and mstl_ets with the feature mstl"
    )
)]
pub struct UnknownChallenger(String);

impl ChallengerKind {
    /// All challengers that this build has, the default first.
    #[cfg(feature = "mstl")]
    pub const ALL: &'static [Self] = &[Self::Ets, Self::MstlEts];
    /// All challengers that this build has, the default first.
    #[cfg(not(feature = "mstl"))]
    pub const ALL: &'static [Self] = &[Self::Ets];

    /// Returns the name it has in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ets => "ets",
            #[cfg(feature = "mstl")]
            Self::MstlEts => "mstl_ets",
        }
    }

    /// Returns the engine it stands for.
    #[must_use]
    pub fn engine(self) -> Box<dyn Engine> {
        match self {
            Self::Ets => Box::new(EtsEngine::new()),
            #[cfg(feature = "mstl")]
            Self::MstlEts => Box::new(MstlEngine::new()),
        }
    }
}

impl fmt::Display for ChallengerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for ChallengerKind {
    type Err = UnknownChallenger;

    fn from_str(text: &str) -> Result<Self, UnknownChallenger> {
        let known = Self::ALL
            .iter()
            .copied()
            .find(|known| known.as_str() == text);
        known.ok_or_else(|| UnknownChallenger(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for kind in ChallengerKind::ALL {
            assert_eq!(kind.to_string().parse(), Ok(*kind));
        }
        let error = "arima".parse::<ChallengerKind>().unwrap_err();
        let message = error.to_string();
        assert!(
            message.starts_with("there is no challenger `arima`; "),
            "{message}"
        );
        assert!(message.contains("mstl_ets"), "{message}");
    }

    #[test]
    fn each_name_is_another_engine() {
        let kinds = ChallengerKind::ALL.iter();
        let names: Vec<&str> = kinds.map(|kind| kind.engine().name()).collect();
        #[cfg(feature = "mstl")]
        assert_eq!(names, ["challenger", "mstl_ets"]);
        #[cfg(not(feature = "mstl"))]
        assert_eq!(names, ["challenger"]);
    }
}

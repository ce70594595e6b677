//! The engines of this crate by name.

use std::fmt;
use std::str::FromStr;

use fleetcast_core::Engine;

use crate::{EtsEngine, MstlEngine};

/// Which engine stands as the challenger.
///
/// ```
/// use fleetcast_ets::Contender;
///
/// let reference: Contender = "mstl_ets".parse()?;
/// assert_eq!(reference.engine().name(), "mstl_ets");
/// assert_eq!(Contender::default().to_string(), "ets");
/// # Ok::<(), fleetcast_ets::UnknownContender>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Contender {
    /// `ets`: the challenger, [`EtsEngine`].
    #[default]
    Ets,
    /// `mstl_ets`: its first version, [`MstlEngine`], as a reference.
    MstlEts,
}

/// A name no engine of this crate has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no challenger `{0}`; give ets or mstl_ets")]
pub struct UnknownContender(String);

impl Contender {
    /// All of them, the default first.
    pub const ALL: [Self; 2] = [Self::Ets, Self::MstlEts];

    /// Its name in settings.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ets => "ets",
            Self::MstlEts => "mstl_ets",
        }
    }

    /// The engine.
    #[must_use]
    pub fn engine(self) -> Box<dyn Engine> {
        match self {
            Self::Ets => Box::new(EtsEngine::new()),
            Self::MstlEts => Box::new(MstlEngine::new()),
        }
    }
}

impl fmt::Display for Contender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Contender {
    type Err = UnknownContender;

    fn from_str(text: &str) -> Result<Self, UnknownContender> {
        let known = Self::ALL.into_iter().find(|known| known.as_str() == text);
        known.ok_or_else(|| UnknownContender(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_back() {
        for contender in Contender::ALL {
            assert_eq!(contender.to_string().parse(), Ok(contender));
        }
        let error = "arima".parse::<Contender>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "there is no challenger `arima`; give ets or mstl_ets"
        );
    }

    #[test]
    fn each_name_is_another_engine() {
        let names = Contender::ALL.map(|contender| contender.engine().name());
        assert_eq!(names, ["challenger", "mstl_ets"]);
    }
}

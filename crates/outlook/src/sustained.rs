//! When a crossing counts.

use std::fmt;
use std::str::FromStr;

/// A threshold is crossed on the first full day from which on at least [`days`](Self::days) of the
/// next [`of`](Self::of) days, itself among them, are full. Written `3/7`, which is the default: a
/// single peak is not sustained, a load that only weekdays have is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sustained {
    days: u32,
    of: u32,
}

/// Why a text is no such rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no rule for sustained crossings; give days/of, for example 3/7, at most 366/366")]
pub struct SustainedError(String);

impl Sustained {
    /// The longest stretch of days to look at.
    const LONGEST: u32 = 366;

    /// How many days must be full: 1 to [`of`](Self::of).
    #[must_use]
    pub fn days(self) -> u32 {
        self.days
    }

    /// Among how many.
    #[must_use]
    pub fn of(self) -> u32 {
        self.of
    }
}

impl Default for Sustained {
    fn default() -> Self {
        Self { days: 3, of: 7 }
    }
}

impl FromStr for Sustained {
    type Err = SustainedError;

    fn from_str(text: &str) -> Result<Self, SustainedError> {
        let error = || SustainedError(text.to_owned());
        let (days, of) = text.split_once('/').ok_or_else(error)?;
        let number = |text: &str| text.trim().parse::<u32>().map_err(|_| error());
        let (days, of) = (number(days)?, number(of)?);
        if days == 0 || days > of || of > Self::LONGEST {
            return Err(error());
        }
        Ok(Self { days, of })
    }
}

impl fmt::Display for Sustained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.days, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_read_as_they_are_written() {
        for text in ["3/7", "1/1", "366/366"] {
            let rule: Sustained = text.parse().unwrap();
            assert_eq!(rule.to_string(), text);
        }
        assert_eq!(Sustained::default().to_string(), "3/7");
        for text in ["", "3", "0/7", "8/7", "3/367", "-1/7", "3/7/9", "three/7"] {
            let message = text.parse::<Sustained>().unwrap_err().to_string();
            assert!(message.contains(&format!("`{text}`")), "{message}");
        }
    }
}

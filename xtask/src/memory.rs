//! How much memory a command may take.

use std::str::FromStr;

use fleetcast_core::TimeGrid;

/// What is not worth starting with.
const SMALLEST: u64 = 256 * MEGA;

const MEGA: u64 = 1_000_000;

/// A share of the budget for series read at a time: their values, and what is made of them until it is
/// in the database, are a few times that.
const PANEL_SHARE: u64 = 32;

/// Bytes a command may take, `DuckDB` and the engines together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemoryBudget(u64);

impl MemoryBudget {
    /// Bytes of it that `DuckDB` may keep. The other half is for what is no part of its count: the
    /// program, the series at hand, and what `DuckDB` itself allocates past its own limit.
    pub(crate) fn for_duckdb(self) -> u64 {
        self.0 / 2
    }

    /// Series to read at a time, at most `most`, over the days of `grid`.
    pub(crate) fn series_at_a_time(self, grid: TimeGrid, most: usize) -> usize {
        let bytes_a_series = 8 * grid.len().max(1) as u64;
        let series = self.0 / PANEL_SHARE / bytes_a_series;
        usize::try_from(series).unwrap_or(most).clamp(1, most)
    }
}

impl FromStr for MemoryBudget {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
        let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
            "mb" | "m" => MEGA,
            "gb" | "g" => 1000 * MEGA,
            "tb" | "t" => 1_000_000 * MEGA,
            "mib" => 1 << 20,
            "gib" => 1 << 30,
            "tib" => 1 << 40,
            _ => {
                return Err(format!(
                    "`{text}` is no amount of memory; write it as 4GB or 500MB"
                ));
            }
        };
        let number: u64 = digits
            .trim()
            .parse()
            .map_err(|_| format!("`{text}` is no amount of memory; write it as 4GB or 500MB"))?;
        let bytes = number.saturating_mul(unit);
        if bytes < SMALLEST {
            return Err(format!(
                "{text} of memory is too little; give at least 256MB"
            ));
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_have_units() {
        for (text, bytes) in [
            ("256MB", 256_000_000),
            ("4GB", 4_000_000_000),
            ("4 gib", 4 << 30),
            ("1t", 1_000_000_000_000),
        ] {
            assert_eq!(text.parse(), Ok(MemoryBudget(bytes)), "{text}");
        }
        for text in [
            "4", "GB", "-4GB", "4.5GB", "1e3GB", "4XB", "255MB", "", "4GB4",
        ] {
            text.parse::<MemoryBudget>().unwrap_err();
        }
    }

    #[test]
    fn a_small_budget_reads_fewer_series_at_a_time() {
        let grid = TimeGrid::new(fleetcast_core::Day::MIN, 1096);
        let at_a_time = |text: &str| {
            let budget: MemoryBudget = text.parse().unwrap();
            budget.series_at_a_time(grid, 2048)
        };
        assert_eq!(at_a_time("4GB"), 2048);
        assert_eq!(at_a_time("256MB"), 912);
    }
}

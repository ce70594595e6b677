//! How much memory a command may take.

use std::str::FromStr;

use fleetcast_core::TimeGrid;

/// What is not worth starting with.
const SMALLEST: u64 = 256 * MEGA;

const MEGA: u64 = 1_000_000;

/// Bytes of history that are held at a time where nobody says how much memory there is.
const HELD_WITHOUT_BUDGET: u64 = 1000 * MEGA;

/// The share of a budget for history that is held.
const HELD_SHARE: u64 = 4;

/// The share of a budget that the history of series at work would take: what is made of them until it
/// is in the database is a few times that.
const AT_WORK_SHARE: u64 = 32;

/// Bytes a command may take, `DuckDB` and the engines together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MemoryBudget(u64);

impl MemoryBudget {
    /// Bytes of it that `DuckDB` may keep. The other half is for what is no part of its count: the
    /// program, the series at hand, and what `DuckDB` itself allocates past its own limit.
    pub(crate) fn for_duckdb(self) -> u64 {
        self.0 / 2
    }

    /// Series to work on at a time, at most `most`, with a history of the days of `grid`.
    pub(crate) fn series_at_work(budget: Option<Self>, grid: TimeGrid, most: usize) -> usize {
        budget.map_or(most, |budget| {
            series_in(budget.0 / AT_WORK_SHARE, grid).min(most)
        })
    }

    /// Series whose history over the days of `grid` is held at a time.
    pub(crate) fn series_held(budget: Option<Self>, grid: TimeGrid) -> usize {
        let bytes = budget.map_or(HELD_WITHOUT_BUDGET, |budget| budget.0 / HELD_SHARE);
        series_in(bytes, grid)
    }
}

/// Series whose values over the days of `grid` take so many bytes; one at least.
fn series_in(bytes: u64, grid: TimeGrid) -> usize {
    let bytes_a_series = 8 * grid.len().max(1) as u64;
    usize::try_from(bytes / bytes_a_series)
        .unwrap_or(usize::MAX)
        .max(1)
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
    fn a_small_budget_holds_and_works_on_fewer_series_at_a_time() {
        let grid = TimeGrid::new(fleetcast_core::Day::MIN, 1096);
        let budget = |text: &str| Some(text.parse().unwrap());
        let at_work = |budget| MemoryBudget::series_at_work(budget, grid, 2048);
        let held = |budget| MemoryBudget::series_held(budget, grid);
        assert_eq!(at_work(None), 2048);
        assert_eq!(at_work(budget("4GB")), 2048);
        assert_eq!(at_work(budget("256MB")), 912);
        assert_eq!(held(None), 114_051);
        assert_eq!(held(budget("4GB")), 114_051);
        assert_eq!(held(budget("256MB")), 7299);
    }
}

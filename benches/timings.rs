//! Contenders timed in alternate rounds, and what they took as ratios.

use std::fmt;
use std::time::Instant;

/// What contenders took, in the order they were first noted.
#[derive(Debug, Clone, Default)]
pub struct Timings {
    contenders: Vec<(&'static str, Vec<f64>)>,
}

impl Timings {
    /// Notes what a contender took in a round, in microseconds a series.
    pub fn note(&mut self, name: &'static str, microseconds: f64) {
        let known = self.contenders.iter_mut().find(|(known, _)| *known == name);
        match known {
            Some((_, rounds)) => rounds.push(microseconds),
            None => self.contenders.push((name, vec![microseconds])),
        }
    }
}

/// A table: the least of each contender's rounds, and how many times the first one's it is.
impl fmt::Display for Timings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let least = |rounds: &[f64]| rounds.iter().copied().fold(f64::INFINITY, f64::min);
        let base = self
            .contenders
            .first()
            .map_or(f64::NAN, |(_, rounds)| least(rounds));
        writeln!(
            f,
            "| one thread, least of all rounds | µs a series | ratio |"
        )?;
        writeln!(f, "|---|--:|--:|")?;
        for (name, rounds) in &self.contenders {
            let least = least(rounds);
            writeln!(f, "| {name} | {least:.1} | {:.1} |", least / base)?;
        }
        Ok(())
    }
}

/// Microseconds a series that `work` takes.
pub fn microseconds_a_series(series: usize, work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64() * 1e6 / series as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_round_counts_and_the_first_contender_is_the_base() {
        let mut timings = Timings::default();
        for (name, microseconds) in [("a", 4.0), ("b", 9.0), ("a", 2.0), ("b", 10.0)] {
            timings.note(name, microseconds);
        }
        let table = timings.to_string();
        let rows: Vec<&str> = table.lines().skip(2).collect();
        assert_eq!(rows, ["| a | 2.0 | 1.0 |", "| b | 9.0 | 4.5 |"]);
    }
}

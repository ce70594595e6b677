//! Intervals from the recipe's own errors at inner origins.

use fleetcast_core::{InnerOrigin, IntervalLevel, SeriesView};

/// Errors grow with the horizon as `LEVEL_SHARE + GROWTH_SHARE·√(h / GROWTH_DAYS)`.
const LEVEL_SHARE: f64 = 0.85;
const GROWTH_SHARE: f64 = 0.15;
const GROWTH_DAYS: f64 = 30.0;

/// Half widths of a central interval, by the day ahead.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct HalfWidths {
    /// The half width where growth is 1, in the series' unit.
    base: f64,
}

impl HalfWidths {
    /// The quantile at `level` of the absolute errors at inner origins, pooled, each relative to
    /// how errors grow with the horizon; `None` where there is no error to learn from.
    pub(crate) fn from_inner(
        inner: &[InnerOrigin],
        series: SeriesView<'_>,
        level: IntervalLevel,
    ) -> Option<Self> {
        let mut errors = Vec::new();
        for origin in inner {
            let first = series.grid.index_of(origin.origin)? + 1;
            let actual = &series.values[first..first + origin.yhat.len()];
            let days = actual.iter().zip(&origin.yhat).enumerate();
            errors.extend(
                days.filter(|(_, (actual, _))| !actual.is_nan())
                    .map(|(step, (actual, yhat))| (actual - yhat).abs() / growth(step + 1)),
            );
        }
        let rank = rank_of(level, errors.len())?;
        let (_, base, _) = errors.select_nth_unstable_by(rank, f64::total_cmp);
        Some(Self { base: *base })
    }

    /// The half width `days` after the history, in the series' unit.
    pub(crate) fn at(self, days: usize) -> f64 {
        self.base * growth(days)
    }
}

/// The index of the smallest error that at least a share of `level` do not exceed.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rank among the errors"
)]
fn rank_of(level: IntervalLevel, errors: usize) -> Option<usize> {
    let last = errors.checked_sub(1)?;
    let rank = (level.share() * errors as f64).ceil() as usize;
    Some(rank.saturating_sub(1).min(last))
}

fn growth(days: usize) -> f64 {
    LEVEL_SHARE + GROWTH_SHARE * (days as f64 / GROWTH_DAYS).sqrt()
}

//! Windows that several series of a panel live in, and their plans.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::{Deref, Range};
use std::sync::OnceLock;

use fleetcast_core::{PanelView, SeriesView, TimeGrid, in_parallel};

use super::plan::Plan;
use super::seasons::Seasons;

/// The days from a series' first value to its last, as indices of the panel, and the seasons it is
/// forecast with: all a plan depends on.
pub(super) type Window = (Range<usize>, Seasons);

/// Series that have to share a window for its plan to be kept.
const KEPT_FROM: usize = 4;

/// Plans kept at most. One of three years takes about a megabyte, and a millisecond to make.
const MOST_KEPT: usize = 32;

/// The plans kept for a panel: of the windows that most series share, mostly one. A plan is made
/// when the first series asks for it, so that a panic stays with a series.
#[derive(Debug)]
pub(super) struct Windows {
    grid: TimeGrid,
    plans: BTreeMap<(usize, usize, Seasons), OnceLock<Plan>>,
}

impl Windows {
    /// Finds the windows of all series of `panel`, and those that several share.
    pub(super) fn of(panel: PanelView<'_>) -> Self {
        let window_of = |series: SeriesView<'_>| {
            let span = series.observed_span()?;
            let (seasons, _) = Seasons::of(&series.values[span.clone()]);
            Some(key(&(span, seasons)))
        };
        let mut sharing: BTreeMap<(usize, usize, Seasons), usize> = BTreeMap::new();
        // A series that fails here fails again, and is reported, when it is forecast.
        for window in in_parallel(panel, window_of, |_| None)
            .into_iter()
            .flatten()
        {
            *sharing.entry(window).or_default() += 1;
        }
        let mut shared: Vec<_> = sharing
            .into_iter()
            .filter(|(_, series)| *series >= KEPT_FROM)
            .collect();
        shared.sort_by_key(|(_, series)| Reverse(*series));
        Self {
            grid: panel.grid(),
            plans: shared
                .into_iter()
                .take(MOST_KEPT)
                .map(|(window, _)| (window, OnceLock::new()))
                .collect(),
        }
    }

    /// Returns the plan of a window: the one kept, or one made for this call. `None` where the window does not begin
    /// inside the panel.
    pub(super) fn plan(&self, window: &Window) -> Option<PlanOfWindow<'_>> {
        let (span, seasons) = window;
        let first = self.grid.day(span.start)?;
        let make = || Plan::new(TimeGrid::new(first, span.len()), *seasons);
        Some(match self.plans.get(&key(window)) {
            Some(kept) => PlanOfWindow::Kept(kept.get_or_init(make)),
            None => PlanOfWindow::Own(Box::new(make())),
        })
    }
}

/// The plan of a window.
#[derive(Debug)]
pub(super) enum PlanOfWindow<'w> {
    /// One that other series use as well.
    Kept(&'w Plan),
    /// One that was made for a single series.
    Own(Box<Plan>),
}

impl Deref for PlanOfWindow<'_> {
    type Target = Plan;

    fn deref(&self) -> &Plan {
        match self {
            Self::Kept(plan) => plan,
            Self::Own(plan) => plan,
        }
    }
}

fn key((span, seasons): &Window) -> (usize, usize, Seasons) {
    (span.start, span.end, *seasons)
}

#[cfg(test)]
mod tests {
    use fleetcast_core::{Panel, SeriesKey};

    use super::*;

    const DAYS: usize = 200;

    /// A panel of series that begin on the days given.
    fn panel(begins: impl Iterator<Item = usize>) -> Panel {
        let grid = TimeGrid::new("2024-01-01".parse().unwrap(), DAYS);
        let rows = begins.enumerate().map(|(row, begin)| {
            let value = |day: usize| if day < begin { f64::NAN } else { day as f64 };
            let key = SeriesKey::new(format!("h{row:04}"), "cpu");
            (key, (0..DAYS).map(value).collect::<Vec<f64>>())
        });
        Panel::from_rows(grid, rows).unwrap()
    }

    #[test]
    fn windows_that_several_series_share_are_kept() {
        let panel = panel([0, 0, 0, 0, 5, 5, 5].into_iter());
        let windows = Windows::of(panel.view());
        let begins: Vec<usize> = windows.plans.keys().map(|(begin, ..)| *begin).collect();
        assert_eq!(begins, [0]);
    }

    #[test]
    fn the_plans_kept_are_bounded_and_of_the_windows_shared_most() {
        // 60 windows of four series each, and one of six, the last.
        let begins = (0..60).flat_map(|begin| [begin; 4]).chain([60; 6]);
        let panel = panel(begins);
        let windows = Windows::of(panel.view());
        assert_eq!(windows.plans.len(), MOST_KEPT);
        assert!(windows.plans.keys().any(|(begin, ..)| *begin == 60));
    }

    #[test]
    fn a_plan_is_made_when_asked_for_and_kept() {
        let panel = panel([3; 4].into_iter());
        let windows = Windows::of(panel.view());
        let made = || {
            windows
                .plans
                .values()
                .filter(|plan| plan.get().is_some())
                .count()
        };
        assert_eq!(made(), 0);
        let seasons = Seasons {
            weekly: true,
            annual: false,
        };
        for (span, kept) in [(4..DAYS, 0), (3..DAYS, 1)] {
            let window = (span.clone(), seasons);
            let plan = windows.plan(&window).unwrap();
            let horizon = span.len() / 4;
            assert_eq!(plan.inner.last().unwrap().0, span.len() - horizon);
            assert_eq!(made(), kept);
        }
        assert!(windows.plan(&(DAYS..DAYS + 3, seasons)).is_none());
    }
}

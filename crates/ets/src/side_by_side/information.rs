//! What observed days say of initial states: sums of products of the responses to them.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::models::Gains;
use super::responses::{day_before, first_of_season};
use fleetcast_numerics::{Kernel, LANES, Lanes};

/// Sums over days of the products of responses of forecasts to initial states, for each lane. They depend
/// on which days are observed and on α and γ alone.
#[derive(Debug, Clone)]
pub(crate) struct Information<const SEASON: usize> {
    level: [f64; LANES],
    /// Products of the level's response and those to the season's days.
    both: [[f64; LANES]; SEASON],
    /// Products of the responses to a day of the season (the outer index) and to those before it, and itself.
    season: [[[f64; LANES]; SEASON]; SEASON],
}

impl<const SEASON: usize> Information<SEASON> {
    pub(crate) fn none() -> Self {
        Self {
            level: [0.0; LANES],
            both: [[0.0; LANES]; SEASON],
            season: [[[0.0; LANES]; SEASON]; SEASON],
        }
    }

    /// Returns the product of two states' responses in one lane; `None` is the level, a number a day of the
    /// season.
    pub(crate) fn of(&self, a: Option<usize>, b: Option<usize>, lane: usize) -> f64 {
        match (a, b) {
            (None, None) => self.level[lane],
            (Some(day), None) | (None, Some(day)) => self.both[day][lane],
            (Some(a), Some(b)) => self.season[a.max(b)][a.min(b)][lane],
        }
    }

    /// Takes over what is known of one lane from a lane of another.
    pub(crate) fn set_lane(&mut self, lane: usize, other: &Self, from: usize) {
        self.level[lane] = other.level[from];
        for (own, other) in self.both.iter_mut().zip(&other.both) {
            own[lane] = other[from];
        }
        let rows = self.season.iter_mut().zip(&other.season);
        for (own, other) in rows.flat_map(|(own, other)| own.iter_mut().zip(other)) {
            own[lane] = other[from];
        }
    }
}

/// Finds the information, as the dispatcher wants it.
pub(crate) struct Inform<'p, const SEASON: usize> {
    /// 1 where observed, 0 where not.
    pub(crate) observed: &'p [[f64; LANES]],
    pub(crate) gains: &'p Gains,
}

impl<const SEASON: usize> Kernel for Inform<'_, SEASON> {
    type Output = Information<SEASON>;

    /// Works from the last day back. The sums from a day on, P as a function of the states on that day, follow
    /// from those of the day after, P′: with gains K and C what a forecast takes of the states,
    /// P = (I − KC)ᵀ P′ (I − KC) + Cᵀ C where the day is observed, and P = P′ where it is not.
    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) -> Information<SEASON> {
        let Self { observed, gains } = self;
        let zero = lanes.splat(0.0);
        let (alpha, gamma) = (lanes.load(gains.alpha), lanes.load(gains.gamma));
        let mut level = zero;
        let mut both = [zero; SEASON];
        // Only the rows and columns of the level and of the day's own season change. Going back, the last
        // day that changed what is in row a and column b is the earlier of both, and so it is enough to
        // write columns and to read rows.
        let mut season = [[zero; SEASON]; SEASON];
        let mut today = first_of_season(observed.len(), SEASON);
        for observed in observed.iter().rev() {
            today = day_before(today, SEASON);
            let observed = lanes.load(*observed);
            let (alpha_today, gamma_today) =
                (lanes.mul(alpha, observed), lanes.mul(gamma, observed));
            // P′K and KᵀP′K + 1, where the day is observed.
            let mut of_level = lanes.mul(alpha_today, level);
            if SEASON > 0 {
                of_level = lanes.add(of_level, lanes.mul(gamma_today, both[today]));
            }
            let mut own = lanes.add(lanes.mul(alpha, of_level), observed);
            if SEASON > 0 {
                let of_today = lanes.add(
                    lanes.mul(alpha_today, both[today]),
                    lanes.mul(gamma_today, season[today][today]),
                );
                own = lanes.add(own, lanes.mul(gamma, of_today));
                for day in 0..SEASON {
                    let before = season[today][day];
                    let of_day = lanes.add(
                        lanes.mul(alpha_today, both[day]),
                        lanes.mul(gamma_today, before),
                    );
                    both[day] = lanes.sub(both[day], of_day);
                    season[day][today] = lanes.sub(before, of_day);
                }
                both[today] = lanes.add(lanes.sub(both[today], of_level), own);
                season[today][today] = lanes.add(lanes.sub(season[today][today], of_today), own);
            }
            level = lanes.add(lanes.sub(lanes.sub(level, of_level), of_level), own);
        }
        let mut found = Information::none();
        found.level = lanes.store(level);
        for day in 0..SEASON {
            found.both[day] = lanes.store(both[day]);
            // The earlier of both has written its column.
            let sums = found.season[day].iter_mut().zip(&season[day]);
            for (found, sum) in sums.take(day + 1) {
                *found = lanes.store(*sum);
            }
        }
        found
    }
}

//! One pass over up to eight series at once, a series a lane.
//!
//! Where [`crate::likelihood::Passes`] has the derivatives of one series in its lanes, here each lane is a
//! series with parameters and states of its own. Nothing crosses lanes, so what a series gets does not
//! depend on its neighbours. A day that is missing, or past the end of a shorter series, adds nothing.

#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

use super::days::Days;
use super::follow::{End, Follow};
use super::information::{Inform, Information};
use super::models::{ALPHA, ERROR, GAMMA, Gains, ModelOfLane, forward};
use super::responses::backward;
use crate::likelihood::{Column, Columns, Errors, Observations, Products};
use crate::model::{Form, Smoothing};
use fleetcast_numerics::{Kernel, LANES, Lanes, Path, dispatch};

/// Series side by side, of one form with additive errors and without a trend, and room for passes.
#[derive(Debug)]
pub(crate) struct SideBySide<const SEASON: usize> {
    path: Path,
    pub(crate) columns: Columns,
    days: Days,
    /// What the last pass has found.
    sums: Sums<SEASON>,
}

/// Sums over days of the products of columns, for each lane.
#[derive(Debug, Clone)]
struct Sums<const SEASON: usize> {
    /// The parameters at which the information was found.
    gains: Gains,
    information: Information<SEASON>,
    /// Products of the error and both derivatives with each other.
    columns: [[[f64; LANES]; 3]; 3],
    /// Products of each of them with the responses to the level.
    level: [[f64; LANES]; 3],
    /// Products of each of them with the responses to the season's days.
    season: [[[f64; LANES]; SEASON]; 3],
}

impl<const SEASON: usize> SideBySide<SEASON> {
    /// Up to eight series; lanes without one stay empty.
    pub(crate) fn new(form: Form, path: Path, series: &[Option<&Observations>]) -> Self {
        Self {
            path,
            columns: Columns::new(form),
            days: Days::new(series),
            sums: Sums {
                gains: Gains::of(&[]),
                information: Information::none(),
                columns: [[[0.0; LANES]; 3]; 3],
                level: [[0.0; LANES]; 3],
                season: [[[0.0; LANES]; SEASON]; 3],
            },
        }
    }

    /// Runs each series' model, where it has one, with derivatives.
    pub(crate) fn run(&mut self, models: &[Option<ModelOfLane<'_>>]) {
        let gains = Gains::of(models);
        let known = &self.sums.gains;
        let mut there = models
            .iter()
            .enumerate()
            .filter(|(_, model)| model.is_some());
        if !there.all(|(lane, _)| gains.are_those_of(known, lane)) {
            let inform = Inform {
                observed: &self.days.observed,
                gains: &gains,
            };
            self.sums.information = dispatch(self.path, inform);
            self.sums.gains = gains;
        }
        self.pass::<3>(models);
    }

    /// Runs each series' model without derivatives: errors and states alone, by information that is known.
    pub(crate) fn look(
        &mut self,
        models: &[Option<ModelOfLane<'_>>],
        information: &Information<SEASON>,
    ) {
        self.sums.gains = Gains::of(models);
        self.sums.information.clone_from(information);
        self.pass::<1>(models);
    }

    /// What each series says of its states at each of some parameters. Series that are observed on the same
    /// days say the same, and are looked at once.
    pub(crate) fn informations(&self, at: &[Smoothing]) -> Vec<Information<SEASON>> {
        let mut all = vec![Information::none(); at.len()];
        let is_first = |lane: &usize| self.days.like[*lane] == *lane;
        let different: Vec<usize> = (0..self.days.like.len()).filter(is_first).collect();
        let work: Vec<(usize, usize)> = (0..at.len())
            .flat_map(|number| different.iter().map(move |lane| (number, *lane)))
            .collect();
        for some in work.chunks(LANES) {
            let mut gains = Gains::of(&[]);
            for (place, (number, _)) in some.iter().enumerate() {
                gains.set(place, &at[*number]);
            }
            let mut observed = vec![[0.0; LANES]; self.days.observed.len()];
            for (own, all) in observed.iter_mut().zip(&self.days.observed) {
                for (own, (_, lane)) in own.iter_mut().zip(some) {
                    *own = all[*lane];
                }
            }
            let inform = Inform {
                observed: &observed,
                gains: &gains,
            };
            let found: Information<SEASON> = dispatch(self.path, inform);
            for (place, (number, first)) in some.iter().enumerate() {
                for (lane, like) in self.days.like.iter().enumerate() {
                    if like == first {
                        all[*number].set_lane(lane, &found, place);
                    }
                }
            }
        }
        all
    }

    /// Takes over what is known of a series at some parameters.
    pub(crate) fn set_information(
        &mut self,
        lane: usize,
        at: &Smoothing,
        information: &Information<SEASON>,
    ) {
        self.sums.gains.set(lane, at);
        self.sums.information.set_lane(lane, information, lane);
    }

    fn pass<const COLUMNS: usize>(&mut self, models: &[Option<ModelOfLane<'_>>]) {
        let path = self.path;
        dispatch(path, Pass::<SEASON, COLUMNS> { fits: self, models });
    }

    /// Runs each series' model to its end, without derivatives.
    pub(crate) fn follow(&self, models: &[Option<ModelOfLane<'_>>]) -> Vec<End> {
        dispatch(
            self.path,
            Follow::<SEASON> {
                days: &self.days,
                models,
            },
        )
    }

    /// What the last pass has found of a series.
    pub(crate) fn found(&self, lane: usize) -> (LaneProducts<'_, SEASON>, Errors) {
        let products = LaneProducts {
            columns: &self.columns,
            sums: &self.sums,
            lane,
        };
        let errors = Errors {
            sum_of_squares: self.sums.columns[ERROR][ERROR][lane],
            sum_of_logs: 0.0,
            possible: true,
        };
        (products, errors)
    }
}

/// The products of one series' columns.
#[derive(Debug)]
pub(crate) struct LaneProducts<'a, const SEASON: usize> {
    columns: &'a Columns,
    sums: &'a Sums<SEASON>,
    lane: usize,
}

/// What a column is.
enum Kind {
    /// The error or a derivative, by number.
    Chain(usize),
    /// The response to a state, `None` the level and otherwise a day of the season.
    State(Option<usize>),
}

impl<const SEASON: usize> LaneProducts<'_, SEASON> {
    fn kind(&self, column: Column) -> Kind {
        match column {
            Column::Seasonal(day) => Kind::State(Some(day)),
            Column::Base(0) => Kind::Chain(ERROR),
            Column::Base(base) if base == self.columns.level => Kind::State(None),
            Column::Base(base) if base == self.columns.alpha => Kind::Chain(ALPHA),
            Column::Base(_) => Kind::Chain(GAMMA),
        }
    }
}

impl<const SEASON: usize> Products for LaneProducts<'_, SEASON> {
    fn product(&self, a: Column, b: Column) -> f64 {
        let Sums {
            information,
            columns,
            level,
            season,
            ..
        } = self.sums;
        match (self.kind(a), self.kind(b)) {
            (Kind::State(a), Kind::State(b)) => information.of(a, b, self.lane),
            (Kind::Chain(a), Kind::Chain(b)) => columns[a.max(b)][a.min(b)][self.lane],
            (Kind::Chain(chain), Kind::State(state)) | (Kind::State(state), Kind::Chain(chain)) => {
                match state {
                    None => level[chain][self.lane],
                    Some(day) => season[chain][day][self.lane],
                }
            }
        }
    }

    /// There are no relative errors here.
    fn sum(&self, _: Column) -> f64 {
        0.0
    }
}

/// A pass, as the dispatcher wants it.
struct Pass<'p, const SEASON: usize, const COLUMNS: usize> {
    fits: &'p mut SideBySide<SEASON>,
    models: &'p [Option<ModelOfLane<'p>>],
}

impl<const SEASON: usize, const COLUMNS: usize> Kernel for Pass<'_, SEASON, COLUMNS> {
    type Output = ();

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L) {
        let Self { fits, models } = self;
        let zero = lanes.splat(0.0);
        let gains = Gains::of(models);
        let mut columns = vec![[zero; COLUMNS]; fits.days.y.len()];
        forward::<L, SEASON, COLUMNS>(lanes, &fits.days, &gains, models, &mut columns);
        let mut products = [[zero; COLUMNS]; COLUMNS];
        for columns in &columns {
            for a in 0..COLUMNS {
                for b in 0..COLUMNS {
                    if b <= a {
                        let product = lanes.mul(columns[a], columns[b]);
                        products[a][b] = lanes.add(products[a][b], product);
                    }
                }
            }
        }
        let with_states =
            backward::<L, SEASON, COLUMNS>(lanes, &fits.days.observed, &gains, &columns);
        let sums = &mut fits.sums;
        for a in 0..COLUMNS {
            let products = sums.columns[a].iter_mut().zip(&products[a]);
            for (sum, product) in products.take(a + 1) {
                *sum = lanes.store(*product);
            }
            sums.level[a] = lanes.store(with_states[a].level);
            for day in 0..SEASON {
                sums.season[a][day] = lanes.store(with_states[a].season[day]);
            }
        }
    }
}

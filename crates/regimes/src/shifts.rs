//! Level shifts: a greedy search for steps beside the regression, each accepted by a local contrast.

use crate::daily::{Daily, between_weeks};
use crate::design::{Design, Fitted, Stepped};
use crate::median::{NORMAL_MAD, median, median_of, scale};
use crate::weekly::{WEEK, Weeks, median_of_few, without_gaps};

/// A shift is accepted where its contrast is this many times as large as contrasts are elsewhere.
pub(crate) const LEAST_CONFIDENCE: f64 = 10.0;

/// A shift younger than this many days cannot be told from an event.
pub(crate) const LEAST_AGE: usize = 7;

/// Days to either side of a shift that its contrast is taken over.
const AROUND: usize = 28;
const WEEKS_AROUND: usize = AROUND / WEEK;

/// Times residuals are clipped and the regression is fitted again.
const PASSES: usize = 3;

/// Residuals are clipped at this many times their median absolute value in fits: Huber's estimate.
const CLIP_IN_FITS: f64 = 2.7;

/// Residuals are clipped at this many standard deviations when steps are looked for.
const CLIP_IN_SEARCH: f64 = 4.0;

/// Steps that are looked for at most.
const MOST_STEPS: usize = 8;

/// A history with more shifts than this has no regimes: its level wanders.
const MOST_SHIFTS: usize = 6;

/// Candidates that are refused before the search ends.
const MOST_REFUSALS: usize = 2;

/// A step of which the regression leaves less than this many weeks cannot be told from it.
const LEAST_LEFT: f64 = 0.4;

/// A candidate's size at which a closer look begins, in standard deviations of weeks and in mean weekly changes.
const LOOK_FROM_DEVIATIONS: f64 = 2.5;
const LOOK_FROM_CHANGE: f64 = 0.5;

/// Days around a week within which the day of a shift is looked for.
const NEARBY: usize = 10;

/// Values a side must have for a contrast.
const LEAST_BEFORE: usize = 5;
const LEAST_AFTER: usize = 3;

/// A confidence at which series without any noise are held.
const MOST_CONFIDENCE: f64 = 1e6;

/// A step of the level.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Step {
    /// The first day at the new level.
    pub(crate) at: usize,
    pub(crate) size: f64,
    pub(crate) confidence: f64,
}

/// What a search finds.
#[derive(Debug)]
pub(crate) struct Found {
    /// Accepted steps, earliest first.
    pub(crate) steps: Vec<Step>,
    /// The part of the year, a value a week.
    pub(crate) season: Vec<f64>,
    /// The regression without its steps, a value a week, as a level.
    pub(crate) smooth: Vec<f64>,
}

/// The search in one history.
#[derive(Debug)]
pub(crate) struct Search<'a> {
    days: &'a [f64],
    weeks: &'a Weeks,
    design: &'a Design,
    /// The level of the first target, which is taken out.
    level: f64,
    /// The weeks, straight lines in their gaps.
    filled: Vec<f64>,
    scratch: Vec<f64>,
}

/// A robust fit.
#[derive(Debug)]
struct Robust {
    fitted: Fitted,
    /// 0 where a week is missing.
    residuals: Vec<f64>,
    /// The standard deviation of residuals, by their median.
    deviation: f64,
}

impl<'a> Search<'a> {
    pub(crate) fn new(days: &'a [f64], weeks: &'a Weeks, design: &'a Design) -> Self {
        let mut scratch = Vec::with_capacity(weeks.values.len());
        let level = median(&weeks.values, &mut scratch);
        let mut filled = without_gaps(&weeks.values);
        for value in &mut filled {
            *value -= level;
        }
        Self {
            days,
            weeks,
            design,
            level,
            filled,
            scratch,
        }
    }

    /// Looks for steps; `daily` are the days without their weekdays, made when they are needed.
    pub(crate) fn run(&mut self, daily: &mut Option<Daily>) -> Found {
        let count = self.weeks.values.len();
        let mut steps: Vec<Step> = Vec::new();
        let mut banned = vec![false; count];
        let mut refused = 0;
        let mut fit = self.robust(&self.design.with(&[]));
        for _ in 0..2 * MOST_STEPS {
            if steps.len() >= MOST_STEPS {
                break;
            }
            let Some(week) = self.candidate(&steps, &fit, &banned) else {
                break;
            };
            let days = daily.get_or_insert_with(|| Daily::of(self.days, self.weeks));
            let found = self.look_closer(&steps, week, days);
            match found {
                Look::Young(first) => banned[first.saturating_sub(1).min(week)..].fill(true),
                Look::Nothing => ban(&mut banned, week, 1),
                Look::Step(step)
                    if step.confidence >= LEAST_CONFIDENCE
                        && step.size.abs() >= self.weeks.change
                        && steps.iter().all(|other| other.at != step.at) =>
                {
                    steps.push(step);
                    steps.sort_by_key(|step| step.at);
                    fit = self.robust(&self.design.with(&self.weeks_of(&steps)));
                }
                Look::Step(_) => {
                    ban(&mut banned, week, 1);
                    refused += 1;
                    if refused >= MOST_REFUSALS {
                        break;
                    }
                }
            }
        }
        self.settle(&steps, &fit, daily.as_ref())
    }

    /// Returns the part of the year, a value a week, of a history without steps.
    pub(crate) fn season(&mut self) -> Vec<f64> {
        let design = self.design.with(&[]);
        let fit = self.robust(&design);
        design.season(&fit.fitted)
    }

    /// Takes the contrast of every step once all are known.
    fn settle(&mut self, steps: &[Step], fit: &Robust, daily: Option<&Daily>) -> Found {
        let places = self.weeks_of(steps);
        let stepped = self.design.with(&places);
        let mut settled = Vec::with_capacity(steps.len());
        if let Some(daily) = daily {
            let rest = self.rest_of_days(&stepped, fit, daily);
            for place in 0..steps.len() {
                let sizes = stepped.sizes(&fit.fitted);
                let own = without_others(&rest, steps, sizes, place);
                let (before, after) = self.windows(steps, place, steps[place].at);
                let size = self.contrast(&own, before.clone(), after.clone());
                if size.is_finite() {
                    let confidence =
                        self.confidence(size, &fit.residuals, before.len(), after.len());
                    settled.push(Step {
                        at: steps[place].at,
                        size,
                        confidence,
                    });
                }
            }
        }
        settled.retain(|step| {
            step.confidence >= LEAST_CONFIDENCE && step.size.abs() >= self.weeks.change
        });
        if settled.len() > MOST_SHIFTS {
            settled.clear();
        }
        let smooth = self.smooth(&stepped, fit);
        Found {
            steps: settled,
            season: stepped.season(&fit.fitted),
            smooth,
        }
    }

    /// The week in which each step begins: the first whose median is at the new level.
    fn weeks_of(&self, steps: &[Step]) -> Vec<usize> {
        let last = self.weeks.values.len().saturating_sub(1);
        let of = |step: &Step| {
            let since = step.at.saturating_sub(self.weeks.skipped);
            ((since + WEEK / 2) / WEEK).min(last)
        };
        steps.iter().map(of).collect()
    }

    /// Fits by least squares, clips residuals, and fits again; missing weeks are where the last fit says.
    fn robust(&mut self, stepped: &Stepped<'_>) -> Robust {
        let mut fitted = Fitted::default();
        let mut target = self.filled.clone();
        let mut residuals = vec![0.0; target.len()];
        let mut deviation = 0.0;
        for pass in 0..PASSES {
            stepped.fit(&target, &mut fitted);
            self.scratch.clear();
            for (week, residual) in residuals.iter_mut().enumerate() {
                *residual = 0.0;
                if !self.weeks.values[week].is_nan() {
                    *residual = self.filled[week] - fitted.values[week];
                    self.scratch.push(residual.abs());
                }
            }
            let middle = median_of(&mut self.scratch);
            deviation = NORMAL_MAD * middle;
            if pass + 1 == PASSES {
                break;
            }
            let bound = (CLIP_IN_FITS * middle).max(1e-9 * (1.0 + self.level.abs()));
            let both = fitted.values.iter().zip(&residuals);
            for (target, (fitted, residual)) in target.iter_mut().zip(both) {
                *target = fitted + residual.clamp(-bound, bound);
            }
        }
        Robust {
            fitted,
            residuals,
            deviation,
        }
    }

    /// The week from which a step would explain the most, or `None` where it explains too little to look closer.
    fn candidate(&self, steps: &[Step], fit: &Robust, banned: &[bool]) -> Option<usize> {
        let places = self.weeks_of(steps);
        let stepped = self.design.with(&places);
        let bound = (CLIP_IN_SEARCH * fit.deviation).max(1e-12 * (1.0 + self.level.abs()));
        let clipped: Vec<f64> = fit
            .residuals
            .iter()
            .map(|residual| residual.clamp(-bound, bound))
            .collect();
        let mut explained = Fitted::default();
        stepped.fit(&clipped, &mut explained);
        let left = stepped.what_is_left();
        let (mut best, mut found) = (0.0, None);
        let mut sum = 0.0;
        let mut seen = 0;
        for week in (1..clipped.len()).rev() {
            sum += clipped[week] - explained.values[week];
            seen += usize::from(!self.weeks.values[week].is_nan());
            if banned[week] || left[week] < LEAST_LEFT || seen == 0 || week < WEEKS_AROUND / 2 {
                continue;
            }
            let score = sum.abs() / left[week].sqrt();
            if score > best {
                (best, found) = (score, Some((week, sum.abs() / left[week])));
            }
        }
        let (week, size) = found?;
        let worth_a_look = size >= LOOK_FROM_DEVIATIONS * fit.deviation
            && size >= LOOK_FROM_CHANGE * self.weeks.change;
        worth_a_look.then_some(week)
    }

    /// Fits with a step from `week` on beside the others, and says on which day it is and how large.
    fn look_closer(&mut self, steps: &[Step], week: usize, daily: &Daily) -> Look {
        let start = self.weeks.first_day(week);
        let mut all = steps.to_vec();
        let candidate = Step {
            at: start,
            size: 0.0,
            confidence: 0.0,
        };
        let place = all.partition_point(|step| step.at < start);
        all.insert(place, candidate);
        let places = self.weeks_of(&all);
        let stepped = self.design.with(&places);
        let fit = self.robust(&stepped);
        let rest = self.rest_of_days(&stepped, &fit, daily);
        let own = without_others(&rest, &all, stepped.sizes(&fit.fitted), place);
        let Some(at) = self.refine(&own, &all, place) else {
            return Look::Nothing;
        };
        if self.days.len() - at < LEAST_AGE {
            return Look::Young(week);
        }
        let (before, after) = self.windows(&all, place, at);
        let size = self.contrast(&own, before.clone(), after.clone());
        if !size.is_finite() {
            return Look::Nothing;
        }
        let confidence = self.confidence(size, &fit.residuals, before.len(), after.len());
        Look::Step(Step {
            at,
            size,
            confidence,
        })
    }

    /// The regression without its steps, a value a week.
    fn smooth(&self, stepped: &Stepped<'_>, fit: &Robust) -> Vec<f64> {
        let mut smooth = fit.fitted.values.clone();
        for (step, size) in stepped.steps().iter().zip(stepped.sizes(&fit.fitted)) {
            for value in &mut smooth[*step..] {
                *value -= size;
            }
        }
        for value in &mut smooth {
            *value += self.level;
        }
        smooth
    }

    /// The days beside the regression without its steps.
    fn rest_of_days(&self, stepped: &Stepped<'_>, fit: &Robust, daily: &Daily) -> Vec<f64> {
        let smooth = self.smooth(stepped, fit);
        let mut rest = between_weeks(&smooth, self.weeks, daily.values.len());
        for (rest, value) in rest.iter_mut().zip(&daily.values) {
            *rest = value - *rest;
        }
        rest
    }

    /// The days before and after a step that are its own: four weeks, or as far as the next step.
    fn windows(
        &self,
        steps: &[Step],
        place: usize,
        at: usize,
    ) -> (std::ops::Range<usize>, std::ops::Range<usize>) {
        let (least, most) = bounds(steps, place, self.days.len());
        let before = at.saturating_sub(AROUND).max(least);
        (before.min(at)..at, at..(at + AROUND).min(most).max(at))
    }

    fn contrast(
        &mut self,
        own: &[f64],
        before: std::ops::Range<usize>,
        after: std::ops::Range<usize>,
    ) -> f64 {
        let before = median(&own[before], &mut self.scratch);
        median(&own[after], &mut self.scratch) - before
    }

    /// The day at which a step leaves the least around the medians of both sides.
    fn refine(&mut self, own: &[f64], steps: &[Step], place: usize) -> Option<usize> {
        let (least, most) = bounds(steps, place, own.len());
        let start = steps[place].at;
        let from = start.saturating_sub(NEARBY).max(least + LEAST_BEFORE);
        let to = (start + NEARBY).min(most.saturating_sub(LEAST_AFTER));
        let window = start.saturating_sub(AROUND).max(least)..(start + AROUND).min(most);
        let known = |values: &[f64]| values.iter().filter(|value| !value.is_nan()).count();
        let (mut best, mut found) = (f64::INFINITY, None);
        for day in from..=to {
            if !(window.start..window.end).contains(&day) {
                continue;
            }
            let (before, after) = (&own[window.start..day], &own[day..window.end]);
            if known(before) < LEAST_BEFORE || known(after) < LEAST_AFTER {
                continue;
            }
            let lower = median(before, &mut self.scratch);
            let upper = median(after, &mut self.scratch);
            let apart = |values: &[f64], level: f64| -> f64 {
                let away = values.iter().map(|value| (value - level).abs());
                away.filter(|away| !away.is_nan()).sum()
            };
            let sum = apart(before, lower) + apart(after, upper);
            if sum < best {
                (best, found) = (sum, Some(day));
            }
        }
        found
    }

    /// How large a contrast is beside those of the same days on other weeks.
    fn confidence(&mut self, size: f64, residuals: &[f64], before: usize, after: usize) -> f64 {
        let of_weeks = |days: usize| (days / WEEK).clamp(1, WEEKS_AROUND);
        let (before, after) = (of_weeks(before), of_weeks(after));
        let side = |weeks: std::ops::Range<usize>| {
            let mut few = [0.0; WEEKS_AROUND];
            let mut count = 0;
            for week in weeks {
                if !self.weeks.values[week].is_nan() {
                    few[count] = residuals[week];
                    count += 1;
                }
            }
            median_of_few(&mut few, count)
        };
        let mut contrasts: Vec<f64> = (before..=residuals.len().saturating_sub(after))
            .map(|week| side(week..week + after) - side(week - before..week))
            .filter(|contrast| !contrast.is_nan())
            .collect();
        let typical = scale(&mut contrasts).max(size.abs() / MOST_CONFIDENCE);
        size.abs() / typical
    }
}

/// The days without the steps other than that at `place`.
fn without_others(rest: &[f64], steps: &[Step], sizes: &[f64], place: usize) -> Vec<f64> {
    let mut own = rest.to_vec();
    for (other, (step, size)) in steps.iter().zip(sizes).enumerate() {
        if other != place {
            for value in &mut own[step.at..] {
                *value -= size;
            }
        }
    }
    own
}

/// What a closer look at a candidate comes to.
enum Look {
    /// It is younger than a shift can be; the week of the first day that is.
    Young(usize),
    /// There are too few days around it.
    Nothing,
    Step(Step),
}

fn ban(banned: &mut [bool], week: usize, around: usize) {
    let end = (week + around + 1).min(banned.len());
    banned[week.saturating_sub(around)..end].fill(true);
}

/// The first day after the step before, and that of the next step.
fn bounds(steps: &[Step], place: usize, days: usize) -> (usize, usize) {
    let least = place.checked_sub(1).map_or(0, |before| steps[before].at);
    let most = steps.get(place + 1).map_or(days, |next| next.at);
    (least, most)
}

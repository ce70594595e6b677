//! The present regime of a history, and how the past is brought to it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use fleetcast_numerics::fading_growth;

use crate::{Day, PanelView, SeriesView};

/// Growth goes on with a slope that fades: this many times its age lies between its full slope and 1/e of it.
const GROWTH_LASTS: f64 = 4.0;

/// Days after a shift on which it may still turn out not to last.
const YOUNG: usize = 60;

/// Days after the end of an event on which it may still turn out not to be over: the level before it is the usual one.
const YOUNG_RETURN: usize = 18;

/// Days up to an origin by whose values two alignments are compared.
const COMPARED_DAYS: usize = 28;

/// A day on which the level of a series became another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LevelShift {
    /// The index of the first day at the new level.
    pub at: usize,
    /// The new level minus the old one, in the series' unit.
    pub size: f64,
    /// The new level as a share of the old one where the shift is one of scale, as where a disk is resized and the same
    /// bytes are another percentage; the past is then multiplied instead of moved.
    pub factor: Option<f64>,
    /// The size of the shift, as a multiple of what the same contrast comes to on other days.
    pub confidence: f64,
    /// The part of it that is taken as lasting: 1 for all, 0 where the old level is expected to return.
    pub lasting: f64,
    /// Whether it leads back to the level before the shift before it, which was an event then.
    pub ends_event: bool,
}

impl LevelShift {
    /// Brings values before it to the new level, as far as it lasts.
    fn bring_up(&self, before: &mut [f64]) {
        match self.factor.filter(|_| self.lasting >= 1.0) {
            Some(factor) => before.iter_mut().for_each(|value| *value *= factor),
            None => before
                .iter_mut()
                .for_each(|value| *value += self.lasting * self.size),
        }
    }

    /// Brings values after it back, as far as it does not last.
    fn bring_back(&self, after: &mut [f64]) {
        if self.lasting >= 1.0 {
            return;
        }
        match self.factor.filter(|_| self.lasting <= 0.0) {
            Some(factor) => after.iter_mut().for_each(|value| *value /= factor),
            None => after
                .iter_mut()
                .for_each(|value| *value -= (1.0 - self.lasting) * self.size),
        }
    }
}

/// Growth or decline that began lately and goes on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ramp {
    /// How many days before the last one it began.
    pub age: usize,
    /// The change in slope, a day, in the series' unit.
    pub slope: f64,
}

impl Ramp {
    /// Returns what it has added by the day at `index` of `days` days.
    fn so_far(&self, index: usize, days: usize) -> f64 {
        let began = (days - 1).saturating_sub(self.age);
        self.slope * index.saturating_sub(began) as f64
    }

    /// Returns what it adds until `days` days ahead, its slope fading.
    fn ahead(&self, days: f64) -> f64 {
        self.slope * fading_growth(days, GROWTH_LASTS * self.age as f64)
    }
}

/// A day effect is the amount that a day of the calendar adds to a series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DayEffect {
    /// The index of the day, which may lie after the last one.
    pub at: usize,
    /// The amount, in the series' unit; below 0 where the day takes away.
    pub effect: f64,
}

/// How the past of a series is brought to its present level, and what that leaves open.
///
/// Indices are those of the days it was made from, from the first on.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Alignment {
    /// Days it was made from.
    pub days: usize,
    /// Shifts of the level, earliest first.
    pub shifts: Vec<LevelShift>,
    /// What has begun to grow or to fall.
    pub ramp: Option<Ramp>,
    /// The effects of days of the calendar, earliest first: they are taken out of the past, and added to forecasts.
    pub calendar: Vec<DayEffect>,
}

impl Alignment {
    /// Returns how old a shift is on the last day; 1 where that is the first day at the new level.
    #[must_use]
    pub fn age(&self, shift: &LevelShift) -> usize {
        self.days - shift.at
    }

    /// Returns the `values`, as many as it was made from, as they would be had the present regime held all along.
    #[must_use]
    pub fn align(&self, values: &[f64]) -> Vec<f64> {
        let mut aligned = values.to_vec();
        for DayEffect { at, effect } in &self.calendar {
            if let Some(value) = aligned.get_mut(*at) {
                *value -= effect;
            }
        }
        for shift in &self.shifts {
            let at = shift.at.min(aligned.len());
            let (before, after) = aligned.split_at_mut(at);
            shift.bring_up(before);
            shift.bring_back(after);
        }
        if let Some(ramp) = &self.ramp {
            let all = ramp.so_far(self.days - 1, self.days);
            for (index, value) in aligned.iter_mut().enumerate() {
                *value += all - ramp.so_far(index, self.days);
            }
        }
        aligned
    }

    /// Returns what a forecast from the aligned history must add `days` days after the last one.
    #[must_use]
    pub fn ahead(&self, days: usize) -> f64 {
        let growth = self.ramp.map_or(0.0, |ramp| ramp.ahead(days as f64));
        let day = (self.days + days).saturating_sub(1);
        let of_day = self.calendar.binary_search_by_key(&day, |one| one.at);
        of_day.map_or(growth, |place| growth + self.calendar[place].effect)
    }

    /// Returns whether a forecast from the aligned history lacks something that [`ahead`](Self::ahead) adds.
    fn adds(&self) -> bool {
        let is_ahead = |one: &DayEffect| one.at >= self.days;
        self.ramp.is_some() || self.calendar.last().is_some_and(is_ahead)
    }

    /// Returns how far below (at most 0) and above (at least 0) the forecast the other readings of the present
    /// lie, `days` days after the last one: that a young shift does not last, or does, and that growth stops now,
    /// or goes on as it is.
    #[must_use]
    pub fn reach(&self, days: usize) -> (f64, f64) {
        let (mut below, mut above) = (0.0_f64, 0.0_f64);
        let mut admit = |offsets: [f64; 2]| {
            let [a, b] = offsets;
            below += a.min(b).min(0.0);
            above += a.max(b).max(0.0);
        };
        for (place, shift) in self.shifts.iter().enumerate() {
            // What has been undone has no other reading left.
            let is_over = self
                .shifts
                .get(place + 1)
                .is_some_and(|next| next.ends_event);
            let LevelShift { size, lasting, .. } = shift;
            if !is_over && self.may_not_last(shift) {
                admit([-lasting * size, (1.0 - lasting) * size]);
            }
        }
        if let Some(ramp) = &self.ramp {
            let added = ramp.ahead(days as f64);
            admit([-added, ramp.slope * days as f64 - added]);
        }
        (below, above)
    }

    /// Says whether a shift is so young that a forecast rests on how it is read.
    #[must_use]
    pub fn is_young(&self, shift: &LevelShift) -> bool {
        self.age(shift) < YOUNG
    }

    fn may_not_last(&self, shift: &LevelShift) -> bool {
        self.age(shift)
            < if shift.ends_event {
                YOUNG_RETURN
            } else {
                YOUNG
            }
    }

    /// Returns the lower and upper bounds of forecasts from the day after the last one on, moved so far that the
    /// other readings are inside.
    #[must_use]
    pub fn reached(&self, lower: &[f64], upper: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let days = lower.iter().zip(upper).enumerate();
        days.map(|(step, (lower, upper))| {
            let (below, above) = self.reach(step + 1);
            (lower + below, upper + above)
        })
        .unzip()
    }
}

/// Whatever finds the present regime of a history: a pure function of its days and values, and of what is known of its host.
pub trait Aligner: fmt::Debug + Send + Sync {
    /// Returns how the past of a host's series is brought to the present level, or `None` where it is there already. `values`
    /// are one a day from `first` on, NaN where missing.
    fn alignment(&self, host: &str, first: Day, values: &[f64]) -> Option<Alignment>;
}

/// The regimes of one series, each found once: by what was known on the days that are asked for.
#[derive(Debug)]
pub struct SeriesRegimes<'a> {
    series: SeriesView<'a>,
    aligner: &'a dyn Aligner,
    known: Mutex<BTreeMap<usize, Option<Arc<Alignment>>>>,
}

impl<'a> SeriesRegimes<'a> {
    /// Makes the regimes of a series, none of them found yet.
    #[must_use]
    pub fn new(series: SeriesView<'a>, aligner: &'a dyn Aligner) -> Self {
        Self {
            series,
            aligner,
            known: Mutex::default(),
        }
    }

    /// Makes the regimes of all series of a history, in their order.
    #[must_use]
    pub fn of_all(history: PanelView<'a>, aligner: &'a dyn Aligner) -> Vec<Self> {
        history.iter().map(|one| Self::new(one, aligner)).collect()
    }

    /// Returns the series.
    #[must_use]
    pub fn series(&self) -> SeriesView<'a> {
        self.series
    }

    /// Returns how the first `days` days are brought to the level of the last of them, from these days alone.
    #[must_use]
    pub fn at(&self, days: usize) -> Option<Arc<Alignment>> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.entry(days).or_insert_with(|| {
            let values = self.series.values.get(..days)?;
            let (host, first) = (self.series.key.host(), self.series.grid.first());
            let alignment = self.aligner.alignment(host, first, values)?;
            Some(Arc::new(alignment))
        });
        found.clone()
    }

    /// Returns the values on the `ahead` days after `origin` days as they would be had the regime of the origin
    /// lasted, by what is known of regimes after `days` days. They are the values themselves where nothing is.
    ///
    /// They tell the errors of a forecast apart from those of a level that shifted after it was made.
    #[must_use]
    pub fn had_it_lasted(&self, origin: usize, ahead: usize, days: usize) -> Cow<'a, [f64]> {
        let values = self.series.values;
        let Some(mut lasted) = self.lasted(values, origin, ahead, days) else {
            return Cow::Borrowed(&values[origin..origin + ahead]);
        };
        if let Some(then) = self.at(origin) {
            for (step, value) in lasted.iter_mut().enumerate() {
                *value += then.ahead(step + 1);
            }
        }
        Cow::Owned(lasted)
    }

    /// Returns the same without growth, of `values` that stand for the series' own.
    fn lasted(&self, values: &[f64], origin: usize, ahead: usize, days: usize) -> Option<Vec<f64>> {
        let latest = self.at(days)?;
        let then = self.at(origin);
        let aligned = latest.align(values.get(..days)?);
        let past = &values[..origin];
        let aligned_then = then.as_ref().map(|then| then.align(past));
        let aligned_then = aligned_then.as_deref().unwrap_or(past);
        let recent = origin.saturating_sub(COMPARED_DAYS)..origin;
        let mut apart: Vec<f64> = aligned[recent.clone()]
            .iter()
            .zip(&aligned_then[recent])
            .map(|(now, then)| now - then)
            .filter(|apart| !apart.is_nan())
            .collect();
        apart.sort_by(f64::total_cmp);
        let apart = apart.get(apart.len() / 2).copied().unwrap_or(0.0);
        let after = aligned[origin..origin + ahead].iter();
        Some(after.map(|value| value - apart).collect())
    }
}

/// What is known of a window's series besides its aligned values.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known<'a> {
    /// The window's values as they were.
    pub(crate) values: &'a [f64],
    pub(crate) regimes: &'a SeriesRegimes<'a>,
}

impl<'a> SeriesView<'a> {
    /// Returns the values of the first `days` days, their past brought to the level of the last of them by what was
    /// known then. They are borrowed where they are the first of [`values`](Self::values).
    #[must_use]
    pub fn past(&self, days: usize) -> Cow<'a, [f64]> {
        let Some(known) = self.known else {
            return Cow::Borrowed(&self.values[..days]);
        };
        let values = &known.values[..days];
        match known.regimes.at(days) {
            Some(then) => Cow::Owned(then.align(values)),
            None if known.regimes.at(self.values.len()).is_some() => Cow::Owned(values.to_vec()),
            None => Cow::Borrowed(&self.values[..days]),
        }
    }

    /// Returns what a forecast made from [`past`](Self::past) is held against to learn how engines err: the
    /// values of the `ahead` days after the first `days`, as they would be had the regime of that day lasted, and
    /// without what [`grown`](Self::grown) adds. They are borrowed where they are those of [`values`](Self::values).
    #[must_use]
    pub fn after(&self, days: usize, ahead: usize) -> Cow<'a, [f64]> {
        let range = days..days + ahead;
        let Some(known) = self.known else {
            return Cow::Borrowed(&self.values[range]);
        };
        let lasted = known
            .regimes
            .lasted(known.values, days, ahead, self.values.len());
        if let Some(lasted) = lasted {
            return Cow::Owned(lasted);
        }
        let mut after = Cow::Borrowed(&self.values[range]);
        let then = known.regimes.at(days);
        if let Some(then) = then.filter(|then| then.adds()) {
            for (step, value) in after.to_mut().iter_mut().enumerate() {
                *value -= then.ahead(step + 1);
            }
        }
        after
    }

    /// Returns a forecast of the days after the first `days`, made from [`past`](Self::past), with what growth that
    /// was known then adds to it.
    #[must_use]
    pub fn grown(&self, days: usize, mut yhat: Vec<f64>) -> Vec<f64> {
        let then = self.known.and_then(|known| known.regimes.at(days));
        if let Some(then) = then.filter(|then| then.adds()) {
            for (step, value) in yhat.iter_mut().enumerate() {
                *value += then.ahead(step + 1);
            }
        }
        yhat
    }

    /// Returns the values as they were observed, whose past was not brought to the present level.
    #[must_use]
    pub fn observed_values(&self) -> &'a [f64] {
        self.known.map_or(self.values, |known| known.values)
    }
}

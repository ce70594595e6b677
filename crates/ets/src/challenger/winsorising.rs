//! Days far from the level around them, winsorised before anything is fitted.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::ops::Range;

use fleetcast_core::SEASON_WEEK;

use super::levels::{Level, WEEKS, levels_inside, set_first_levels, set_last_levels};

/// A day further than so many deviations from its level is winsorised: set to that distance. Tukey's "far out" values, three interquartile
/// ranges beyond the quartiles, begin at 4.7 standard deviations of a normal distribution.
const FAR_OUT: f64 = 5.0;

/// The median absolute deviation of a normal distribution times this is its standard deviation.
const DEVIATION: f64 = 1.4826;

/// Days between the ends that have a deviation of their own, where it is larger than that of all days.
const SEASON: usize = 91;

/// A deviation of this share of the values is rounding.
const ROUNDING: f64 = 1e-9;

/// Days from which on a run of far days is a level of its own.
const LEVEL_FROM: usize = 14;

/// Days inside a run that need not be far: a weekend.
const BRIDGED: usize = 2;

/// One day in so many may be an outlier; what is more common is what the series is.
const RARE: usize = 10;

/// Deviations of a normal distribution within which the days lie that are common.
const COMMON: f64 = 1.645;

/// Values of which those far from their level have been winsorised.
#[derive(Debug)]
pub(super) struct Winsorised<'a> {
    /// A value a day, NaN where missing; those given where none was far.
    pub(super) values: Cow<'a, [f64]>,
    /// How many are not the ones given.
    pub(super) days: usize,
}

/// Values whose outliers can be winsorised, as a whole or as they stood on an earlier day.
#[derive(Debug)]
pub(super) struct Outliers<'a> {
    values: Cow<'a, [f64]>,
    /// The level of each day but for the last four weeks.
    levels: Vec<Level>,
}

impl<'a> Outliers<'a> {
    /// Finds the levels of `values`, a value a day, NaN where missing.
    pub(super) fn of(values: impl Into<Cow<'a, [f64]>>) -> Self {
        let values = values.into();
        let mut levels = levels_inside(&values);
        set_first_levels(&values, &mut levels);
        Self { values, levels }
    }

    /// Returns the values as they were given.
    pub(super) fn values(&self) -> &[f64] {
        &self.values
    }

    /// Winsorises the first `days` values by what they alone tell: a day further than five deviations from
    /// the level around it is set to that distance.
    ///
    /// The level of a day is the median of its weekday over the nine weeks around it, in
    /// the first and the last four weeks a line through the nine weeks there by repeated medians (Siegel 1982, *Biometrika* 69(1), 242-244;
    /// in moving windows: Davies, Fried & Gather 2004, *Journal of Statistical Planning and Inference*
    /// 122, 65-78). The deviation is the median absolute one from these levels, of all days or, where that is
    /// larger, of the four weeks at an end or of the quarter of a year between. The bound is about that of `tsoutliers` in R's `forecast`.
    ///
    /// Days beyond it on the same side, weekends between them included, are a run. One of two weeks or
    /// more is a new level and stays: its days are held against its own median and deviation.
    ///
    /// A deviation is at least the one by which nine days in ten are no further from their level than
    /// of a normal distribution: what happens more often is what the series is, and stays. Nothing is
    /// winsorised where nine days in ten have no deviation at all, as in a series that is mostly zero.
    pub(super) fn winsorised(&self, days: usize) -> Winsorised<'_> {
        let values = &self.values[..days];
        let unchanged = Winsorised {
            values: Cow::Borrowed(values),
            days: 0,
        };
        let residuals = self.residuals(values);
        let of_all = deviation_of_all(&residuals.without_itself);
        if !of_all.is_finite() || is_rounding(of_all, values) {
            return unchanged;
        }
        let excess = excess(residuals, of_all);
        let days = excess.iter().filter(|excess| **excess != 0.0).count();
        if days == 0 {
            return unchanged;
        }
        let both = values.iter().zip(excess);
        Winsorised {
            values: both.map(|(value, excess)| value - excess).collect(),
            days,
        }
    }

    fn residuals(&self, values: &[f64]) -> Residuals {
        let mut levels = self.levels[..values.len()].to_vec();
        if values.len() < WEEKS * SEASON_WEEK {
            // The lines of the first weeks go through later ones that these values do not have.
            set_first_levels(values, &mut levels);
        }
        set_last_levels(values, &mut levels);
        let both = || values.iter().zip(&levels);
        Residuals {
            with_itself: both()
                .map(|(value, level)| level.residual_with(*value))
                .collect(),
            without_itself: both()
                .map(|(value, level)| value - f64::midpoint(level.lower, level.upper))
                .collect(),
        }
    }
}

/// What a day is above its level, NaN where it is missing or too few of its weekday are there.
struct Residuals {
    /// Residuals from levels that the day itself has a say in: 0 as long as it is between the two middle ones of the
    /// others, so that an edge between two levels is no outlier.
    with_itself: Vec<f64>,
    /// Residuals from levels that the day has no say in, which the deviations are from: with itself a series that rises or falls
    /// steadily would have none.
    without_itself: Vec<f64>,
}

/// How far each day may be from its level: five deviations, of all days or, where that is larger, of the
/// days around it.
///
/// The latter is found where it is asked for: few days are further than five deviations of all days, and the
/// others are near whatever those around them are.
struct Widths {
    of_days: Vec<f64>,
    /// The four weeks at either end and the quarters of a year between, as far as nobody has asked for them.
    unasked: Vec<Range<usize>>,
}

impl Widths {
    fn new(of_all: f64, days: usize) -> Self {
        let at_an_end = (WEEKS / 2 * SEASON_WEEK).min(days / 2);
        let middle = at_an_end..days - at_an_end;
        let seasons = middle.clone().step_by(SEASON);
        let seasons = seasons.map(|first| first..(first + SEASON).min(middle.end));
        Self {
            of_days: vec![FAR_OUT * of_all; days],
            unasked: seasons.chain([0..middle.start, middle.end..days]).collect(),
        }
    }

    /// Asks for those of some days.
    fn ask(&mut self, of: impl Fn(&Range<usize>) -> bool, residuals: &[f64]) {
        for days in self.unasked.extract_if(.., |days| of(days)) {
            let mut observed = observed(&residuals[days.clone()]);
            let middle = median(&mut observed);
            let own = FAR_OUT * deviation(&observed, middle);
            for width in &mut self.of_days[days] {
                *width = width.max(own);
            }
        }
    }
}

/// The deviation of all days: the median absolute one, or where that is larger the one by which 9 of 10
/// days are no further from their level than of a normal distribution. 0 where nothing is observed.
fn deviation_of_all(residuals: &[f64]) -> f64 {
    let mut absolute = sizes(residuals, 0.0);
    let count = absolute.len();
    let Some(rank) = count.checked_sub(count / RARE + 1) else {
        return 0.0;
    };
    let median = median_of_sizes(&mut absolute);
    // The middle one has its place, and those after it are no smaller.
    let (middle, above) = (count / 2, &mut absolute[count / 2..]);
    let common = f64::from_bits(*above.select_nth_unstable(rank - middle).1);
    (DEVIATION * median).max(common / COMMON)
}

/// Whether a deviation is no more than what rounding leaves of values.
fn is_rounding(deviation: f64, values: &[f64]) -> bool {
    let largest = observed(values)
        .iter()
        .fold(0.0, |largest: f64, value| largest.max(value.abs()));
    // No median is larger than the largest, which is found sooner.
    deviation <= ROUNDING * DEVIATION * largest
        && deviation <= ROUNDING * self::deviation(values, 0.0)
}

/// The median absolute deviation from `middle`, as a standard deviation; 0 where nothing is observed.
fn deviation(values: &[f64], middle: f64) -> f64 {
    let mut absolute = sizes(values, middle);
    if absolute.is_empty() {
        return 0.0;
    }
    DEVIATION * median_of_sizes(&mut absolute)
}

/// What each day is beyond five deviations, 0 where it is not.
fn excess(residuals: Residuals, of_all: f64) -> Vec<f64> {
    let Residuals {
        with_itself: mut residuals,
        without_itself,
    } = residuals;
    let mut widths = Widths::new(of_all, residuals.len());
    let far = FAR_OUT * of_all;
    let has_far_days =
        |days: &Range<usize>| residuals[days.clone()].iter().any(|one| one.abs() > far);
    widths.ask(has_far_days, &without_itself);
    for run in runs(&residuals, &widths.of_days) {
        if run.len() < LEVEL_FROM {
            continue;
        }
        let meets = |days: &Range<usize>| days.start < run.end && run.start < days.end;
        widths.ask(meets, &without_itself);
        let mut observed = observed(&residuals[run.clone()]);
        let middle = median(&mut observed);
        let own = FAR_OUT * deviation(&observed, middle);
        for day in run {
            residuals[day] -= middle;
            widths.of_days[day] = widths.of_days[day].max(own);
        }
    }
    let both = residuals.iter().zip(&widths.of_days);
    both.map(|(residual, width)| {
        if residual.abs() > *width {
            residual - width.copysign(*residual)
        } else {
            0.0
        }
    })
    .collect()
}

/// Returns the days of each run of far days, from its first to its last.
fn runs(residuals: &[f64], widths: &[f64]) -> Vec<Range<usize>> {
    let mut runs: Vec<(bool, Range<usize>)> = Vec::new();
    let mut near = 0;
    for (day, (residual, width)) in residuals.iter().zip(widths).enumerate() {
        if residual.is_nan() {
            continue;
        }
        if residual.abs() <= *width {
            near += 1;
            continue;
        }
        let above = *residual > 0.0;
        match runs.last_mut() {
            Some((side, run)) if *side == above && near <= BRIDGED => run.end = day + 1,
            _ => runs.push((above, day..day + 1)),
        }
        near = 0;
    }
    runs.into_iter().map(|(_, run)| run).collect()
}

/// The values that are there.
fn observed(values: &[f64]) -> Vec<f64> {
    let mut observed = Vec::with_capacity(values.len());
    observed.extend(values.iter().filter(|value| !value.is_nan()));
    observed
}

/// Returns how far the values that are there are from `middle`, as bits: those of sizes are in the order of the sizes.
fn sizes(values: &[f64], middle: f64) -> Vec<u64> {
    let mut sizes = Vec::with_capacity(values.len());
    let observed = values.iter().filter(|value| !value.is_nan());
    sizes.extend(observed.map(|value| (value - middle).abs().to_bits()));
    sizes
}

/// The median of sizes of which there is one or more.
fn median_of_sizes(sizes: &mut [u64]) -> f64 {
    let middle = sizes.len() / 2;
    let odd = sizes.len() % 2 == 1;
    let (below, upper, _) = sizes.select_nth_unstable(middle);
    let upper = f64::from_bits(*upper);
    if odd {
        return upper;
    }
    let lower = f64::from_bits(below.iter().copied().fold(0, u64::max));
    f64::midpoint(lower, upper)
}

/// The median of values of which there is one or more; NaN where there is none.
fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let middle = values.len() / 2;
    let odd = values.len() % 2 == 1;
    let (below, upper, _) = values.select_nth_unstable_by(middle, |a, b| by_size(*a, *b));
    if odd {
        return *upper;
    }
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    f64::midpoint(lower, *upper)
}

/// The order of values that are there: faster than the total one, which orders what is not there too.
fn by_size(a: f64, b: f64) -> Ordering {
    a.partial_cmp(&b).unwrap_or(Ordering::Equal)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A level of 50 with a week, unrest of a half on either side, and a year of 10.
    fn series(days: usize) -> Vec<f64> {
        (0..days)
            .map(|day| {
                let unrest = ((day * day * 31 + day * 17) % 101) as f64 / 101.0 - 0.5;
                let year = (day as f64 * std::f64::consts::TAU / 365.25).sin();
                50.0 + 10.0 * year + 3.0 * f64::from(u8::from(day % 7 < 5)) + unrest
            })
            .collect()
    }

    fn winsorise(values: &[f64]) -> Winsorised<'static> {
        let outliers = Outliers::of(values);
        let Winsorised { values, days } = outliers.winsorised(values.len());
        Winsorised {
            values: Cow::Owned(values.into_owned()),
            days,
        }
    }

    /// The days moved by more than 2. Where the year is steep, a spike four weeks away moves a
    /// level by more than the unrest, and its day is winsorised a little too.
    fn moved(given: &[f64], found: &[f64]) -> Vec<usize> {
        let both = given.iter().zip(found).enumerate();
        both.filter(|(_, (given, found))| (*given - *found).abs() > 2.0)
            .map(|(day, _)| day)
            .collect()
    }

    /// Changes `days` of the series by `change`, and looks at which days are winsorised, and that
    /// they come near to where they were.
    fn check(name: &str, changed: &[usize], change: f64, winsorised: &[usize]) {
        let calm = series(600);
        let mut values = calm.clone();
        for day in changed {
            values[*day] += change;
        }
        let found = winsorise(&values);
        let days = moved(&values, &found.values);
        assert_eq!(days, winsorised, "{name}");
        for day in days {
            let distance = (found.values[day] - calm[day]).abs();
            assert!(distance < 15.0, "{name}: {distance} on day {day}");
        }
    }

    #[test]
    fn short_runs_are_winsorised_and_levels_are_not() {
        let days = |days: Range<usize>| days.collect::<Vec<usize>>();
        check("nothing", &[], 0.0, &[]);
        for day in [0, 3, 300, 596, 599] {
            check("a spike", &[day], 1e6, &[day]);
            check("a drop", &[day], -1e6, &[day]);
        }
        for run in [days(0..8), days(300..313), days(590..598), days(592..600)] {
            check("a run", &run, 100.0, &run);
        }
        for level in [
            days(300..600),
            days(579..600),
            days(586..600),
            days(300..320),
        ] {
            check("a level", &level, 100.0, &[]);
        }
        let common: Vec<usize> = (0..600).step_by(8).collect();
        check("what the series is", &common, 100.0, &[]);
    }

    #[test]
    fn a_spike_on_a_new_level_is_winsorised() {
        let mut values = series(600);
        for value in &mut values[579..] {
            *value += 100.0;
        }
        let level = values.clone();
        values[595] += 1e6;
        let found = winsorise(&values);
        assert_eq!(moved(&values, &found.values), [595]);
        assert!((found.values[595] - level[595]).abs() < 15.0);
    }

    #[test]
    fn what_has_no_deviation_is_left_alone() {
        let bursts = |day: usize| f64::from(u8::from(day.is_multiple_of(31))) * 40.0;
        let bursts: Vec<f64> = (0..600).map(bursts).collect();
        for values in [
            &bursts[..],
            &[3.0; 90],
            &[0.0; 90],
            &[f64::NAN; 90],
            &[7.0],
            &[],
        ] {
            assert_eq!(winsorise(values).days, 0, "{values:?}");
        }
    }

    /// What is kept for a window and its inner origins against what each would find by itself.
    #[test]
    fn earlier_days_are_winsorised_by_what_they_tell() {
        let mut values = series(600);
        for day in [40, 299, 300, 333, 590] {
            values[day] += 1e3;
        }
        values[120..135].fill(f64::NAN);
        for value in &mut values[580..] {
            *value += 200.0;
        }
        let outliers = Outliers::of(&values);
        for days in [1, 20, 57, 62, 63, 64, 301, 334, 593, 600] {
            let (found, expected) = (outliers.winsorised(days), winsorise(&values[..days]));
            assert_eq!(found.days, expected.days, "{days}");
            let bits = |values: &[f64]| values.iter().map(|y| y.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&found.values), bits(&expected.values), "{days}");
        }
        assert!(outliers.winsorised(301).days > 0 && outliers.winsorised(334).days > 0);
    }

    #[test]
    fn missing_days_stay_missing() {
        let mut values = series(600);
        values[100..180].fill(f64::NAN);
        values[300] = f64::NAN;
        values[301] = 1e6;
        let found = winsorise(&values);
        assert_eq!(moved(&values, &found.values), [301]);
        let mut both = values.iter().zip(found.values.iter());
        assert!(both.all(|(given, found)| given.is_nan() == found.is_nan()));
    }

    #[test]
    fn a_power_of_two_changes_no_bit() {
        let mut values = series(600);
        values[300] = 1e4;
        values[597] = -1e4;
        let reference = winsorise(&values);
        assert_eq!(moved(&values, &reference.values), [300, 597]);
        for scale in [1024.0, 1.0 / 1024.0, -1.0] {
            let scaled: Vec<f64> = values.iter().map(|value| value * scale).collect();
            let expected: Vec<f64> = reference.values.iter().map(|value| value * scale).collect();
            assert_eq!(winsorise(&scaled).values, expected, "{scale}");
        }
    }
}

//! The base forecast: a quick robust ridge regression whose trend ends at the origin.

use fleetcast_core::SEASON_WEEK;
use fleetcast_numerics::{add_scaled_at_once, dot, each, sum, vectorized};

use crate::calendar::{
    Design, HINGE_DAYS, WEEK_WAVES, Waves, YEAR, YEAR_WAVES, hinge_years, weekday,
};

/// How often residuals are clipped and the ridge is fitted again.
const CLIPPINGS: usize = 2;

/// Where residuals are clipped, in robust standard deviations: median absolute residuals times 1.4826.
const CLIP_AT: f64 = 2.5 * 1.4826;

/// A ridge regression fitted to the days before an origin.
///
/// Standardised values are regressed on three harmonics of the week, six of the year and a piecewise linear trend;
/// two rounds of clipping take the weight of outliers (Huber 1981, *Robust Statistics*, section 7.8, calls the clipped
/// values pseudo-observations).
#[derive(Debug)]
pub(crate) struct Base {
    /// The forecast of each day from the origin on, its trend flat.
    pub(crate) flat: Vec<f64>,
    /// What the trend at the origin would add in a day.
    pub(crate) slope: f64,
    /// Values less fitted values of all days before the origin.
    pub(crate) residuals: Vec<f64>,
}

/// Memory that fits use one after another.
#[derive(Debug, Default)]
pub(crate) struct FitScratch {
    standard: Vec<f64>,
    clipped: Vec<f64>,
    fitted: Vec<f64>,
    absolute: Vec<f64>,
    coefficients: Vec<f64>,
}

impl Base {
    /// Fits the ridge of `design` to the first values, and forecasts `horizon` days, as far as `waves` reaches.
    pub(crate) fn fit(
        design: &Design,
        waves: &Waves,
        first: i32,
        values: &[f64],
        horizon: usize,
        scratch: &mut FitScratch,
    ) -> Self {
        let origin = design.origin();
        let values = &values[..origin];
        let mean = sum(values) / origin as f64;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let deviation = (squares / origin as f64).sqrt();
        let unit = if deviation > 0.0 { deviation } else { 1.0 };
        let standard = &mut scratch.standard;
        standard.clear();
        standard.extend(values.iter().map(|value| (value - mean) / unit));
        scratch.clipped.clone_from(standard);
        let start = weekday(first);
        for round in 0..=CLIPPINGS {
            fit_once(design, waves, start, scratch);
            if round < CLIPPINGS {
                clip(scratch);
            }
        }
        let coefficients = &scratch.coefficients;
        let by_weekday = by_weekday(coefficients, waves);
        let year = 1 + WEEK_WAVES;
        let slope = unit * coefficients[year + design.year_waves()] / YEAR;
        let mut flat: Vec<f64> = (origin..origin + horizon)
            .map(|day| by_weekday[(start + day) % SEASON_WEEK])
            .collect();
        add_year(&mut flat, coefficients, design, waves, origin);
        for value in &mut flat {
            *value = mean + unit * *value;
        }
        let fitted = values.iter().zip(&scratch.fitted);
        Self {
            flat,
            slope,
            residuals: fitted
                .map(|(value, fitted)| value - (mean + unit * fitted))
                .collect(),
        }
    }
}

/// Fits the clipped values; coefficients and fitted values are left in `scratch`.
fn fit_once(design: &Design, waves: &Waves, start: usize, scratch: &mut FitScratch) {
    let FitScratch {
        clipped,
        fitted,
        coefficients,
        ..
    } = scratch;
    products(design, waves, start, clipped, coefficients);
    design.solve(coefficients);
    fitted.resize(design.origin(), 0.0);
    fit_trend(design, coefficients, fitted);
    let by_weekday = by_weekday(coefficients, waves);
    let mut week = [0.0; SEASON_WEEK];
    for (day, value) in week.iter_mut().enumerate() {
        *value = by_weekday[(start + day) % SEASON_WEEK];
    }
    for days in fitted.chunks_mut(SEASON_WEEK) {
        for (day, value) in days.iter_mut().zip(&week) {
            *day += value;
        }
    }
    add_year(fitted, coefficients, design, waves, 0);
}

/// Computes the product of each column with the values, without making the columns: sums by weekday, products with
/// the waves of the year, and two sums of each stretch between hinges.
fn products(design: &Design, waves: &Waves, start: usize, values: &[f64], products: &mut Vec<f64>) {
    products.clear();
    let mut by_weekday = [0.0; SEASON_WEEK];
    for days in values.chunks(SEASON_WEEK) {
        for (sum, value) in by_weekday.iter_mut().zip(days) {
            *sum += value;
        }
    }
    products.push(by_weekday.iter().sum());
    products.extend((0..WEEK_WAVES).map(|wave| {
        let days = by_weekday.iter().enumerate();
        days.map(|(day, sum)| sum * waves.week((start + day) % SEASON_WEEK)[wave])
            .sum::<f64>()
    }));
    vectorized(
        #[inline(always)]
        || {
            for wave in 0..design.year_waves() {
                products.push(dot(&waves.year(wave)[..values.len()], values));
            }
        },
    );
    // Of each stretch, from the last one before the origin back: the sum of values, and of values times years.
    let stretches: Vec<(f64, f64)> = (0..=design.hinges())
        .map(|stretch| {
            let (from, to) = stretch_days(design, stretch);
            let mut sums = (0.0, 0.0);
            for (day, value) in values[from..to].iter().enumerate() {
                sums.0 += value;
                sums.1 += value * (design.origin() - from - day) as f64;
            }
            (sums.0, sums.1 / YEAR)
        })
        .collect();
    products.push(-stretches.iter().map(|sums| sums.1).sum::<f64>());
    products.extend((0..design.hinges()).map(|hinge| {
        let (near, far) = stretches.split_at(hinge + 1);
        let falling: f64 = near.iter().map(|sums| sums.1).sum();
        let constant: f64 = far.iter().map(|sums| sums.0).sum();
        falling + hinge_years(hinge) * constant
    }));
}

/// Returns the days of a stretch between two hinges, stretch 0 ending at the origin.
fn stretch_days(design: &Design, stretch: usize) -> (usize, usize) {
    let back = |stretches: usize| design.origin().saturating_sub(stretches * HINGE_DAYS);
    let from = if stretch == design.hinges() {
        0
    } else {
        back(stretch + 1)
    };
    (from, back(stretch))
}

/// Writes the trend of all days before the origin: a straight line a stretch.
fn fit_trend(design: &Design, coefficients: &[f64], fitted: &mut [f64]) {
    let slope_at = 1 + WEEK_WAVES + design.year_waves();
    let (slope, hinges) = (coefficients[slope_at], &coefficients[slope_at + 1..]);
    for stretch in 0..=design.hinges() {
        let (from, to) = stretch_days(design, stretch);
        let (near, far) = hinges.split_at(stretch);
        let constant: f64 = (0..)
            .zip(near)
            .map(|(hinge, coefficient)| coefficient * hinge_years(hinge))
            .sum();
        let fall = (far.iter().sum::<f64>() - slope) / YEAR;
        for (day, value) in fitted[from..to].iter_mut().enumerate() {
            *value = constant + fall * (design.origin() - from - day) as f64;
        }
    }
}

/// Returns constant and season of the week, from Monday on.
fn by_weekday(coefficients: &[f64], waves: &Waves) -> [f64; SEASON_WEEK] {
    std::array::from_fn(|weekday| {
        let waves = waves.week(weekday).iter().zip(&coefficients[1..]);
        coefficients[0]
            + waves
                .map(|(wave, coefficient)| wave * coefficient)
                .sum::<f64>()
    })
}

/// Adds the season of the year to `days`, the first of which is day `from`.
fn add_year(days: &mut [f64], coefficients: &[f64], design: &Design, waves: &Waves, from: usize) {
    if design.year_waves() == 0 {
        return;
    }
    let coefficients = &coefficients[1 + WEEK_WAVES..];
    vectorized(
        #[inline(always)]
        || {
            for wave in (0..YEAR_WAVES).step_by(4) {
                let indices = [wave, wave + 1, wave + 2, wave + 3];
                add_scaled_at_once(
                    days,
                    each(indices, |wave| coefficients[wave]),
                    each(indices, |wave| &waves.year(wave)[from..]),
                );
            }
        },
    );
}

/// Brings values that lie far from the fit to where outliers are clipped.
fn clip(scratch: &mut FitScratch) {
    let residuals = scratch.standard.iter().zip(&scratch.fitted);
    scratch.absolute.clear();
    scratch
        .absolute
        .extend(residuals.map(|(value, fitted)| (value - fitted).abs()));
    let bound = CLIP_AT * median(&mut scratch.absolute) + 1e-9;
    let values = scratch.standard.iter().zip(&scratch.fitted);
    for (clipped, (value, fitted)) in scratch.clipped.iter_mut().zip(values) {
        *clipped = fitted + (value - fitted).clamp(-bound, bound);
    }
}

/// Returns the median of values, whose order is lost; NaN where there is none.
pub(crate) fn median(values: &mut [f64]) -> f64 {
    let middle = values.len() / 2;
    if values.is_empty() {
        return f64::NAN;
    }
    let (_, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    if values.len() % 2 == 1 {
        return upper;
    }
    let lower = values[..middle].iter().copied().fold(f64::MIN, f64::max);
    f64::midpoint(lower, upper)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_those_of_the_middle() {
        let medians = [
            median(&mut [3.0, 1.0, 2.0]),
            median(&mut [4.0, 1.0, 3.0, 2.0]),
        ];
        assert_eq!(medians.to_vec(), [2.0, 2.5]);
        assert!(median(&mut []).is_nan());
    }

    /// A season of the week and a constant are found whatever the trend, and one wild day moves nothing.
    #[test]
    fn a_clean_week_is_found_beside_an_outlier() {
        let waves = Waves::new(20_000, 1_000);
        let mut values: Vec<f64> = (0..700).map(|day| f64::from(day % 7)).collect();
        values[600] = 40.0;
        let design = Design::new(&waves, 700);
        let scratch = &mut FitScratch::default();
        let base = Base::fit(&design, &waves, 20_000, &values, 14, scratch);
        for (day, value) in base.flat.iter().enumerate() {
            assert!((value - (day % 7) as f64).abs() < 0.2, "{day}: {value}");
        }
    }
}

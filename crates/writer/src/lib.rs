#![doc = include_str!("../README.md")]

use fleetcast_core::{
    Calibration, Forecast, GoldenForecast, IntervalLevel, IssueCode, LimitSchedule, SeriesIssue,
    SeriesKey, Severity, Stage, error_growth,
};

/// How much wider a normal distribution's central 95 % interval is than its 80 % one.
const WIDENING_80_TO_95: f64 = 1.959_963_984_540_054 / 1.281_551_565_544_600_4;

/// The level of the intervals that stand beside those of the golden record's own level.
const WIDE_SHARE: f64 = 0.95;

/// Makes one series' part of the golden record of the winner's forecast.
///
/// Point forecasts are the winner's. Intervals are those that past errors promise: ŷ ± the quantile of
/// errors at `level`, and at 95 %, times [`error_growth`] to the day ahead; `first_day_ahead` is that
/// of the forecast's first day, 1 where it follows the last day that was seen. Where no error was ever
/// made to draw an interval from, the engine's own stands, and at 95 % it is as much wider as a normal
/// distribution's is. All of them lie inside the `limits` of their day, and the interval at 95 % holds the other one.
#[must_use]
pub fn golden_forecast(
    winner: &Forecast,
    calibration: Option<&Calibration>,
    limits: &LimitSchedule,
    first_day_ahead: usize,
    level: IntervalLevel,
) -> GoldenForecast {
    let half_widths =
        calibration.map(|errors| (errors.quantile(level.share()), errors.quantile(WIDE_SHARE)));
    let mut golden = GoldenForecast::with_capacity(winner.grid());
    let values = winner.yhat().iter().zip(winner.lower()).zip(winner.upper());
    let days = winner.grid().days().zip(values).enumerate();
    for (step, (day, ((yhat, engine_lower), engine_upper))) in days {
        let limits = limits.on(day);
        let growth = error_growth(first_day_ahead + step);
        let (below, above) = (yhat - engine_lower, engine_upper - yhat);
        let ([below, above], [below_95, above_95]) = match half_widths {
            Some((half_width, half_width_95)) => {
                ([half_width * growth; 2], [half_width_95 * growth; 2])
            }
            None => (
                [below, above],
                [below, above].map(|distance| WIDENING_80_TO_95 * distance),
            ),
        };
        let (lower, upper) = (yhat - below, yhat + above);
        let (lower_95, upper_95) = ((yhat - below_95).min(lower), (yhat + above_95).max(upper));
        let inside = limits.clamp(*yhat);
        golden.drawn_days += usize::from(inside.to_bits() != yhat.to_bits());
        golden.yhat.push(inside);
        golden.lower.push(limits.clamp(lower));
        golden.upper.push(limits.clamp(upper));
        golden.lower_95.push(limits.clamp(lower_95));
        golden.upper_95.push(limits.clamp(upper_95));
    }
    golden
}

/// Moves the bounds of a golden forecast so far that other readings of the present regime lie inside: that a young
/// shift does not last, or does, and that growth stops, or goes on as it is. `reach` says how far below (at most 0) and above
/// (at least 0) they lie, by the place of a day in the forecast.
pub fn admit_other_readings(
    golden: &mut GoldenForecast,
    limits: &LimitSchedule,
    reach: impl Fn(usize) -> (f64, f64),
) {
    for (step, day) in golden.grid.days().enumerate() {
        let (below, above) = reach(step);
        let limits = limits.on(day);
        for lower in [&mut golden.lower[step], &mut golden.lower_95[step]] {
            *lower = limits.clamp(*lower + below);
        }
        for upper in [&mut golden.upper[step], &mut golden.upper_95[step]] {
            *upper = limits.clamp(*upper + above);
        }
    }
}

/// Says how many days of a golden forecast were drawn to the limits, where any was.
#[must_use]
pub fn issue_of_limits(
    key: &SeriesKey,
    golden: &GoldenForecast,
    limits: &LimitSchedule,
) -> Option<SeriesIssue> {
    let limit = |limit: Option<f64>| limit.map_or("none".to_owned(), |x| x.to_string());
    (golden.drawn_days > 0).then(|| SeriesIssue {
        key: key.clone(),
        stage: Stage::Write,
        engine: None,
        severity: Severity::Info,
        code: IssueCode::DrawnToLimits,
        message: format!(
            "{} golden days were drawn to the limits (floor {}, capacity {})",
            golden.drawn_days,
            limit(limits.now().floor),
            limit(limits.now().capacity)
        ),
    })
}

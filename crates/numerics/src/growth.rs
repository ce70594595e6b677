//! How errors grow with the horizon, and what a fading slope comes to.

/// Errors grow with the horizon as `LEVEL_SHARE + GROWTH_SHARE·√(h / GROWTH_DAYS)`.
const LEVEL_SHARE: f64 = 0.85;
const GROWTH_SHARE: f64 = 0.15;
const GROWTH_DAYS: f64 = 30.0;

/// Returns how large the error of a forecast `days` ahead is beside one a month ahead:
/// 0.85 + 0.15·√(h/30).
///
/// Measured on daily series a tenth of a year to half a year ahead: most of the error of a forecast
/// with fixed seasons is there on the first day, and the rest grows as a random walk's does.
///
/// ```
/// assert_eq!(fleetcast_numerics::error_growth(30), 1.0);
/// assert_eq!(fleetcast_numerics::error_growth(120), 1.15);
/// ```
#[must_use]
pub fn error_growth(days: usize) -> f64 {
    LEVEL_SHARE + GROWTH_SHARE * (days as f64 / GROWTH_DAYS).sqrt()
}

/// Returns how far a slope of 1 a day has come after `days` days (at least 0), where after every `lasts` days (above 0)
/// it has faded to 1/e: lasts·(1 − e^(−days/lasts)).
///
/// ```
/// use fleetcast_numerics::fading_growth;
///
/// assert_eq!(fading_growth(0.0, 60.0), 0.0);
/// assert!((fading_growth(1.0, 1e6) - 1.0).abs() < 1e-6);
/// assert!((fading_growth(1e6, 60.0) - 60.0).abs() < 1e-9);
/// ```
#[must_use]
pub fn fading_growth(days: f64, lasts: f64) -> f64 {
    lasts * (1.0 - libm::exp(-days / lasts))
}

//! How errors grow with the horizon.

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

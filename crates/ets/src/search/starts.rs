//! Where searches begin.

use crate::likelihood::Observations;
use crate::model::{Form, Season, Smoothing, States, Trend};

/// Smoothing parameters to begin from.
///
/// The surface has several valleys: one of slow levels and one of fast ones, of damped trends that
/// fade within days and of those that last, of seasons that stand still and of those that move.
pub(crate) fn starting_parameters(form: Form) -> Vec<Smoothing> {
    let starts: &[(f64, f64, f64)] = match (form.has_trend(), form.has_season()) {
        (false, false) => &[(0.01, 0.0, 0.0), (0.1, 0.0, 0.0), (0.9, 0.0, 0.0)],
        (false, true) => &[
            (0.01, 0.0, 1e-4),
            (0.1, 0.0, 0.1),
            (0.1, 0.0, 0.6),
            (0.4, 0.0, 1e-4),
            (0.9, 0.0, 1e-4),
        ],
        (true, false) => &[
            (1e-3, 1e-4, 0.0),
            (0.015, 0.013, 0.0),
            (0.3, 0.02, 0.0),
            (0.9, 1e-3, 0.0),
        ],
        (true, true) => &[
            (1e-3, 1e-4, 1e-4),
            (0.015, 0.013, 1e-4),
            (0.1, 1e-3, 0.1),
            (0.1, 1e-3, 0.6),
            (0.4, 0.01, 1e-4),
            (0.9, 1e-3, 1e-4),
        ],
    };
    let phis: &[f64] = if form.trend() == Trend::Damped {
        &[0.8, 0.98]
    } else {
        &[1.0]
    };
    let with_damping = |&(alpha, beta, gamma): &(f64, f64, f64)| {
        phis.iter().map(move |&phi| Smoothing {
            alpha,
            beta,
            gamma,
            phi,
        })
    };
    starts.iter().flat_map(with_damping).collect()
}

/// Returns more starting points for a multiplicative season, to which its additive twin may be no guide.
pub(crate) fn starts_with_moving_season(form: Form) -> Vec<Smoothing> {
    if form.season() != Season::Multiplicative {
        return Vec::new();
    }
    let phi = if form.trend() == Trend::Damped {
        0.98
    } else {
        1.0
    };
    let start = |(alpha, gamma)| Smoothing {
        alpha,
        beta: if form.has_trend() { 0.02 } else { 0.0 },
        gamma,
        phi,
    };
    [(0.2, 0.1), (0.2, 0.5), (0.7, 1e-4)].map(start).to_vec()
}

/// Whether two points lie in different valleys, as far as one can tell: apart by more than `share`
/// of a factor 2 in α, or of 0.08 in γ or φ.
pub(crate) fn are_far_apart(a: &Smoothing, b: &Smoothing, share: f64) -> bool {
    let ratio = a.alpha.max(b.alpha) / a.alpha.min(b.alpha);
    ratio > 1.0 + share
        || (a.gamma - b.gamma).abs() > 0.08 * share
        || (a.phi - b.phi).abs() > 0.08 * share
}

/// Plain initial states: the mean of the first seasons, no growth, no season. The first pass finds
/// better ones.
pub(crate) fn plain_states(
    observations: &Observations,
    form: Form,
    season_length: usize,
) -> States {
    // Forms without a season are fitted beside any season length, however absurd.
    let days = season_length.saturating_mul(2).max(10);
    let first = observations.y.iter().zip(&observations.observed);
    let observed: Vec<f64> = first
        .filter(|(_, observed)| **observed > 0.0)
        .map(|(y, _)| *y)
        .take(days)
        .collect();
    let level = observed.iter().sum::<f64>() / observed.len().max(1) as f64;
    let (at_rest, length) = match form.season() {
        Season::None => (0.0, 0),
        Season::Additive => (0.0, season_length),
        Season::Multiplicative => (1.0, season_length),
    };
    States {
        level,
        growth: 0.0,
        season: vec![at_rest; length],
    }
}

/// The states of a multiplicative season from those of an additive one, `None` where a seasonal
/// state would not be positive.
pub(crate) fn multiplied(additive: &States, mean: f64) -> Option<States> {
    let season_mean = additive.season.iter().sum::<f64>() / additive.season.len().max(1) as f64;
    let factors: Vec<f64> = additive
        .season
        .iter()
        .map(|season| 1.0 + (season - season_mean) / mean)
        .collect();
    let last = *factors.last()?;
    let possible = mean > 0.0 && factors.iter().all(|factor| *factor > 0.02);
    possible.then(|| States {
        level: (additive.level + season_mean) * last,
        growth: additive.growth * last,
        season: factors.iter().map(|factor| factor / last).collect(),
    })
}

//! Where searches begin.

use super::pass::Observations;
use super::{Form, Season, Smoothing, States, Trend};

/// Smoothing parameters to begin from.
///
/// The surface has several valleys: one of slow levels and one of fast ones, of damped trends that
/// fade within days and of those that last, of seasons that stand still and of those that move.
pub(super) fn starting_parameters(form: Form) -> Vec<Smoothing> {
    let alphas = [0.1, 0.5, 0.9];
    let gammas: &[f64] = if form.has_season() { &[1e-4, 0.1] } else { &[0.0] };
    let phis: &[f64] = if form.trend() == Trend::Damped { &[0.8, 0.98] } else { &[1.0] };
    let betas: &[f64] = if form.has_trend() { &[0.01] } else { &[0.0] };
    let mut starts = Vec::new();
    for alpha in alphas {
        for &gamma in gammas {
            for &phi in phis {
                for &beta in betas {
                    starts.push(Smoothing {
                        alpha,
                        beta,
                        gamma: gamma.min((1.0 - alpha) * 0.9),
                        phi,
                    });
                }
            }
        }
    }
    starts
}

/// Plain initial states: the mean of the first seasons, no growth, no season. The first pass finds
/// better ones.
pub(super) fn plain_states(
    observations: &Observations,
    form: Form,
    season_length: usize,
) -> States {
    let days = (2 * season_length).max(10);
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
pub(super) fn multiplied(additive: &States, mean: f64) -> Option<States> {
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

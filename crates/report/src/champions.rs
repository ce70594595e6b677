//! The models side by side: who wins, by how much, where, and whether intervals keep their promise.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::histogram::Histogram;
use crate::{Score, Series};

pub(crate) const NAIVE: &str = "seasonal_naive";

/// How the models did.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Champions {
    pub(crate) models: Vec<Model>,
    /// The groups below are behaviours, or resources where nobody labelled behaviours.
    pub(crate) grouped_by: &'static str,
    pub(crate) groups: Vec<Group>,
    pub(crate) histogram: String,
    pub(crate) trust: Trust,
}

/// One model over the fleet.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Model {
    pub(crate) name: String,
    pub(crate) wins: usize,
    /// Whether it can win; the others are scored for comparison.
    pub(crate) stands: bool,
    /// Quartiles of MAPE, in percent.
    pub(crate) mape: Option<[f64; 3]>,
    /// The mean share of days its intervals held, in percent.
    pub(crate) coverage: Option<f64>,
}

/// One group of series.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) series: usize,
    /// Wins and median MAPE of each model, in the order of the models.
    pub(crate) models: Vec<(usize, Option<f64>)>,
}

/// How far the winners can be trusted.
#[derive(Debug, Clone, Default, Serialize)]
pub(crate) struct Trust {
    /// Series whose forecast and seasonal naive can be compared.
    pub(crate) compared: usize,
    /// Series where seasonal naive has the smaller error.
    pub(crate) beaten_by_naive: usize,
    /// The mean share of days the forecasts' intervals held, in percent.
    pub(crate) coverage: Option<f64>,
    /// Series by that share: less than 60 %, to 75, to 85, to 95, more.
    pub(crate) by_coverage: [usize; 5],
    /// Series by grade; `not graded` among them.
    pub(crate) grades: Vec<(String, usize)>,
}

impl Champions {
    pub(crate) fn of(series: &[Series]) -> Self {
        let names = model_names(series);
        let is_labelled = series.iter().any(|one| one.behaviour.is_some());
        let mut grouped: BTreeMap<&str, Vec<&Series>> = BTreeMap::new();
        for one in series.iter().filter(|one| one.standing.is_some()) {
            let group = match (&one.behaviour, is_labelled) {
                (Some(behaviour), _) => behaviour.as_str(),
                (None, true) => "no label",
                (None, false) => one.key.resource(),
            };
            grouped.entry(group).or_default().push(one);
        }
        let all: Vec<&Series> = series.iter().collect();
        let groups = grouped
            .into_iter()
            .map(|(name, members)| Group {
                name: name.replace('_', " "),
                series: members.len(),
                models: names
                    .iter()
                    .map(|model| {
                        (
                            wins(&members, model),
                            quartiles(&mut mapes(&members, model)).map(|q| q[1]),
                        )
                    })
                    .collect(),
            })
            .collect();
        let models: Vec<Model> = names
            .iter()
            .map(|name| Model {
                name: display_name(name),
                wins: wins(&all, name),
                stands: is_engine(name) || wins(&all, name) > 0,
                mape: quartiles(&mut mapes(&all, name)),
                coverage: mean(scores(&all, name).filter_map(|score| score.coverage))
                    .map(|share| 100.0 * share),
            })
            .collect();
        let lines: Vec<(String, Vec<f64>)> = names
            .iter()
            .map(|name| (display_name(name), mapes(&all, name)))
            .collect();
        Self {
            models,
            grouped_by: if is_labelled { "behaviour" } else { "resource" },
            groups,
            histogram: Histogram::of(&lines).svg(),
            trust: Trust::of(series),
        }
    }
}

impl Trust {
    fn of(series: &[Series]) -> Self {
        let mut trust = Self::default();
        let mut grades: BTreeMap<String, usize> = BTreeMap::new();
        let mut coverages = Vec::new();
        for standing in series.iter().filter_map(|one| one.standing.as_ref()) {
            let grade = standing
                .trust
                .clone()
                .unwrap_or_else(|| "not graded".to_owned());
            *grades.entry(grade).or_default() += 1;
            let score = |model: &str| standing.scores.iter().find(|score| score.model == model);
            let golden = score(&standing.golden);
            let errors = golden
                .and_then(|s| s.mae)
                .zip(score(NAIVE).and_then(|s| s.mae));
            if let Some((golden, naive)) = errors {
                trust.compared += 1;
                trust.beaten_by_naive += usize::from(naive < golden);
            }
            if let Some(coverage) = standing.coverage {
                let class = [0.6, 0.75, 0.85, 0.95]
                    .iter()
                    .filter(|bound| coverage >= **bound)
                    .count();
                trust.by_coverage[class] += 1;
                coverages.push(coverage);
            }
        }
        trust.coverage = mean(coverages.into_iter()).map(|share| 100.0 * share);
        trust.grades = grades.into_iter().collect();
        trust
    }
}

/// The models' names: champion, challenger, further contenders, and the bar last.
pub(crate) fn model_names(series: &[Series]) -> Vec<String> {
    let standings = series.iter().filter_map(|one| one.standing.as_ref());
    let mut names: Vec<String> = standings
        .flat_map(|standing| {
            let scored = standing.scores.iter().map(|score| &score.model);
            scored.chain([&standing.winner, &standing.golden])
        })
        .cloned()
        .collect();
    names.sort();
    names.dedup();
    names.sort_by_key(|name| match name.as_str() {
        "prophet" => 0,
        "challenger" => 1,
        NAIVE => 3,
        _ => 2,
    });
    names
}

fn is_engine(model: &str) -> bool {
    ["prophet", "challenger"].contains(&model)
}

pub(crate) fn display_name(model: &str) -> String {
    model.replace('_', " ")
}

fn wins(series: &[&Series], model: &str) -> usize {
    let standings = series.iter().filter_map(|one| one.standing.as_ref());
    standings
        .filter(|standing| standing.winner == model)
        .count()
}

fn scores<'a>(series: &'a [&Series], model: &'a str) -> impl Iterator<Item = &'a Score> {
    let standings = series.iter().filter_map(|one| one.standing.as_ref());
    standings
        .flat_map(|standing| &standing.scores)
        .filter(move |score| score.model == model)
}

fn mapes(series: &[&Series], model: &str) -> Vec<f64> {
    scores(series, model)
        .filter_map(|score| score.mape)
        .collect()
}

fn quartiles(values: &mut [f64]) -> Option<[f64; 3]> {
    values.sort_by(f64::total_cmp);
    let last = values.len().checked_sub(1)?;
    // The nearest rank will do for a figure that is read with one decimal.
    Some([last / 4, last / 2, last * 3 / 4].map(|rank| values[rank]))
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use fleetcast_core::SeriesKey;

    use super::*;
    use crate::Standing;

    fn series(host: &str, winner: &str, errors: [f64; 3], coverage: f64) -> Series {
        let models = ["challenger", "prophet", NAIVE];
        Series {
            key: SeriesKey::new(host, "cpu"),
            outlook: None,
            standing: Some(Standing {
                winner: winner.to_owned(),
                golden: winner.to_owned(),
                coverage: Some(coverage),
                decided_by: "mape".to_owned(),
                trust: None,
                scores: models
                    .iter()
                    .zip(errors)
                    .map(|(model, error)| Score {
                        model: (*model).to_owned(),
                        mape: Some(error),
                        mae: Some(error),
                        coverage: (*model != NAIVE).then_some(coverage),
                    })
                    .collect(),
            }),
            behaviour: None,
            chart: None,
        }
    }

    #[test]
    fn models_are_counted_and_held_against_naive() {
        let mut all = vec![
            series("a", "prophet", [5.0, 3.0, 9.0], 0.8),
            series("b", "challenger", [2.0, 4.0, 1.0], 0.5),
            series("c", "challenger", [6.0, 8.0, 7.0], 1.0),
        ];
        let champions = Champions::of(&all);
        let names: Vec<_> = champions
            .models
            .iter()
            .map(|model| (model.name.as_str(), model.wins))
            .collect();
        assert_eq!(
            names,
            [("prophet", 1), ("challenger", 2), ("seasonal naive", 0)]
        );
        let stands: Vec<bool> = champions.models.iter().map(|model| model.stands).collect();
        assert_eq!(stands, [true, true, false]);
        assert_eq!(champions.models[0].mape.map(|q| q[1]), Some(4.0));
        let trust = &champions.trust;
        assert_eq!((trust.compared, trust.beaten_by_naive), (3, 1));
        assert_eq!(trust.by_coverage, [1, 0, 1, 0, 1]);
        assert_eq!(trust.grades, [("not graded".to_owned(), 3)]);
        assert_eq!(champions.grouped_by, "resource");

        all[0].behaviour = Some("step_change".to_owned());
        let champions = Champions::of(&all);
        assert_eq!(champions.grouped_by, "behaviour");
        let groups: Vec<_> = champions
            .groups
            .iter()
            .map(|group| group.name.as_str())
            .collect();
        assert_eq!(groups, ["no label", "step change"]);
    }
}

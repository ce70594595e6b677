//! What crosses the series of a fleet.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashSet};
use std::sync::OnceLock;

use fleetcast_core::{Day, SeriesKey};
use fleetcast_judge::ErrorPool;
use fleetcast_outlook::Sustained;
use fleetcast_outlook::paths::{EarlierYears, FleetLaw, PastForecast, PastPool};

use crate::{Evidence, Survey};

/// A summary is what crosses the series of a fleet: which resources are percentages, how large errors are, for series that have made few
/// themselves, and how forecasts of the past went wrong, for outlooks.
///
/// Summaries of parts of a fleet [`merge`](Self::merge) to the summary of the whole, whatever the parts
/// and their order. With the feature `serde`, they can be sent from one process to another, to the bit.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(from = "wire::Summary", into = "wire::Summary")
)]
pub struct FleetSummary {
    pub(crate) survey: Survey,
    pub(crate) errors: ErrorPool,
    pub(crate) past: PastPool,
    learned: Learned,
}

impl From<Survey> for FleetSummary {
    /// Makes the summary of a fleet of which nothing but the survey is known yet.
    fn from(survey: Survey) -> Self {
        Self {
            survey,
            ..Self::default()
        }
    }
}

/// This keeps the law that follows from a summary, once it was asked for: learning it takes a while, and it is the same
/// for all of a summary's batches.
#[derive(Debug, Default)]
struct Learned(OnceLock<(LearnedFor, FleetLaw)>);

/// The outlooks it is for.
type LearnedFor = (Day, usize, Sustained);

impl Clone for Learned {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl PartialEq for Learned {
    /// It follows from the rest.
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl FleetSummary {
    /// Sums up some series.
    #[must_use]
    pub fn of(evidence: &[Evidence]) -> Self {
        let mut summary = Self::default();
        for one in evidence {
            summary.survey.add(&one.key, &one.shares);
            if let Some(entry) = &one.entry {
                summary.errors.add(entry.own_errors());
            }
            summary.past.add(&one.key, &one.past.forecasts);
        }
        summary
    }

    /// Returns what the series of each resource share, for outlooks of `days` days after `as_of`.
    pub(crate) fn law(&self, as_of: Day, days: usize, sustained: Sustained) -> Cow<'_, FleetLaw> {
        let wanted = (as_of, days, sustained);
        let learn = || self.past.learn(as_of, days, sustained);
        let (known, law) = self.learned.0.get_or_init(|| (wanted, learn()));
        if *known == wanted {
            Cow::Borrowed(law)
        } else {
            Cow::Owned(learn())
        }
    }

    /// Returns what the resources of these series look like.
    #[must_use]
    pub fn survey(&self) -> &Survey {
        &self.survey
    }

    /// Returns the names of the series whose numbers are in it, as a summary without numbers: all that is needed to tell
    /// which series of a large fleet its summary is made of.
    ///
    /// Outlines [`merge`](Self::merge) as summaries do, and are some bytes a series. The parts of summaries that
    /// lie [`within`](Self::within) the outline of the whole fleet merge to the whole fleet's summary, its survey apart.
    #[must_use]
    pub fn outline(&self) -> Self {
        let mut outline = Self::default();
        for (key, _) in self.errors.parts() {
            outline.errors.add_part(key, Vec::new());
        }
        for (key, past) in self.past.parts() {
            let origin = past.iter().map(|past| past.origin).take(1);
            let nothing = origin.map(|origin| PastForecast {
                origin,
                yhat: Vec::new(),
                errors: Vec::new(),
                settled: Vec::new(),
                level: None,
                latest: Vec::new(),
                years: EarlierYears::default(),
            });
            outline.past.add(key, &nothing.collect::<Vec<_>>());
        }
        outline
    }

    /// Returns the numbers of those series that an [`outline`](Self::outline) names.
    #[must_use]
    pub fn within(&self, outline: &Self) -> Self {
        let mut found = Self::default();
        let wanted: HashSet<&SeriesKey> = outline.errors.parts().map(|(key, _)| key).collect();
        for (key, relative) in self.errors.parts() {
            if wanted.contains(key) {
                found.errors.add_part(key, relative.to_vec());
            }
        }
        let wanted: HashSet<&SeriesKey> = outline.past.parts().map(|(key, _)| key).collect();
        for (key, past) in self.past.parts() {
            if wanted.contains(key) {
                found.past.add(key, past);
            }
        }
        found
    }

    /// Returns the series whose numbers are in it.
    #[must_use]
    pub fn series(&self) -> BTreeSet<&SeriesKey> {
        let errors = self.errors.parts().map(|(key, _)| key);
        let past = self.past.parts().map(|(key, _)| key);
        errors.chain(past).collect()
    }

    /// Adds the series of another part of the fleet, which must be other series.
    pub fn merge(&mut self, other: Self) {
        self.learned = Learned::default();
        self.survey.merge(&other.survey);
        self.errors.merge(other.errors);
        self.past.merge(other.past);
    }
}

#[cfg(feature = "serde")]
mod wire {
    //! A summary as it is sent: numbers as their bits, so that no format rounds them.

    use fleetcast_core::{Day, ResourceShares, SeriesKey};
    use fleetcast_judge::ErrorPool;
    use fleetcast_outlook::paths::{EarlierYears, PastForecast, PastPool};
    use serde::{Deserialize, Serialize};

    use super::FleetSummary;
    use crate::Survey;

    #[derive(Serialize, Deserialize)]
    pub(super) struct Summary {
        resources: Vec<Resource>,
        errors: Vec<Errors>,
        past: Vec<Past>,
    }

    #[derive(Serialize, Deserialize)]
    struct Resource {
        name: String,
        series: u64,
        never_negative: u64,
        percent_like: u64,
        is_above_one: bool,
    }

    #[derive(Serialize, Deserialize)]
    struct Errors {
        host: String,
        resource: String,
        relative_bits: Vec<u64>,
    }

    #[derive(Serialize, Deserialize)]
    struct Past {
        host: String,
        resource: String,
        forecasts: Vec<PastOne>,
    }

    #[derive(Serialize, Deserialize)]
    struct PastOne {
        origin: i32,
        yhat_bits: Vec<u32>,
        error_bits: Vec<u32>,
        settled_bits: Vec<u32>,
        level_bits: Option<u64>,
        latest_bits: Vec<u32>,
        year_bits: Vec<u32>,
        moved_bits: Vec<u32>,
    }

    fn bits(values: &[f32]) -> Vec<u32> {
        values.iter().map(|value| value.to_bits()).collect()
    }

    fn numbers(bits: Vec<u32>) -> Vec<f32> {
        bits.into_iter().map(f32::from_bits).collect()
    }

    impl From<&PastForecast> for PastOne {
        fn from(past: &PastForecast) -> Self {
            Self {
                origin: past.origin.epoch_days(),
                yhat_bits: bits(&past.yhat),
                error_bits: bits(&past.errors),
                settled_bits: bits(&past.settled),
                level_bits: past.level.map(f64::to_bits),
                latest_bits: bits(&past.latest),
                year_bits: bits(&past.years.values),
                moved_bits: bits(&past.years.moved),
            }
        }
    }

    impl PastOne {
        fn forecast(self) -> Option<PastForecast> {
            Some(PastForecast {
                origin: Day::from_epoch_days(i64::from(self.origin)).ok()?,
                yhat: numbers(self.yhat_bits),
                errors: numbers(self.error_bits),
                settled: numbers(self.settled_bits),
                level: self.level_bits.map(f64::from_bits),
                latest: numbers(self.latest_bits),
                years: EarlierYears {
                    values: numbers(self.year_bits),
                    moved: numbers(self.moved_bits),
                },
            })
        }
    }

    impl From<FleetSummary> for Summary {
        fn from(summary: FleetSummary) -> Self {
            let resources = summary.survey.resources.into_iter();
            let resources = resources.map(|(name, shares)| Resource {
                name,
                series: shares.series,
                never_negative: shares.never_negative,
                percent_like: shares.percent_like,
                is_above_one: shares.is_above_one,
            });
            let errors = summary.errors.parts().map(|(key, relative)| Errors {
                host: key.host().to_owned(),
                resource: key.resource().to_owned(),
                relative_bits: relative.iter().map(|size| size.to_bits()).collect(),
            });
            let past = summary.past.parts().map(|(key, past)| Past {
                host: key.host().to_owned(),
                resource: key.resource().to_owned(),
                forecasts: past.iter().map(PastOne::from).collect(),
            });
            Self {
                resources: resources.collect(),
                errors: errors.collect(),
                past: past.collect(),
            }
        }
    }

    impl From<Summary> for FleetSummary {
        fn from(sent: Summary) -> Self {
            let mut survey = Survey::default();
            for resource in sent.resources {
                let shares = ResourceShares {
                    series: resource.series,
                    never_negative: resource.never_negative,
                    percent_like: resource.percent_like,
                    is_above_one: resource.is_above_one,
                };
                survey.resources.insert(resource.name, shares);
            }
            let mut errors = ErrorPool::default();
            for one in sent.errors {
                let key = SeriesKey::new(one.host, one.resource);
                let relative = one.relative_bits.into_iter().map(f64::from_bits).collect();
                errors.add_part(&key, relative);
            }
            let mut past = PastPool::default();
            for one in sent.past {
                let key = SeriesKey::new(one.host, one.resource);
                let forecasts: Vec<PastForecast> = one
                    .forecasts
                    .into_iter()
                    .filter_map(PastOne::forecast)
                    .collect();
                past.add(&key, &forecasts);
            }
            Self {
                survey,
                errors,
                past,
                learned: super::Learned::default(),
            }
        }
    }
}

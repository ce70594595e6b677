//! What crosses the series of a fleet.

use fleetcast_judge::ErrorPool;

use crate::{Evidence, Survey};

/// What crosses the series of a fleet: which resources are percentages, and how large errors are, for
/// series that have made few themselves.
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
        }
        summary
    }

    /// Adds the series of another part of the fleet, which must be other series.
    pub fn merge(&mut self, other: Self) {
        self.survey.merge(&other.survey);
        self.errors.merge(other.errors);
    }
}

#[cfg(feature = "serde")]
mod wire {
    //! A summary as it is sent: numbers as their bits, so that no format rounds them.

    use fleetcast_core::{ResourceShares, SeriesKey};
    use fleetcast_judge::ErrorPool;
    use serde::{Deserialize, Serialize};

    use super::FleetSummary;
    use crate::Survey;

    #[derive(Serialize, Deserialize)]
    pub(super) struct Summary {
        resources: Vec<Resource>,
        errors: Vec<Errors>,
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
            Self {
                resources: resources.collect(),
                errors: errors.collect(),
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
            Self { survey, errors }
        }
    }
}

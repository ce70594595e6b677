//! Series of a fleet as a shop takes them, and what their resources look like.

use std::collections::BTreeMap;

use fleetcast_core::{
    CapacityChanges, Day, Panel, PanelView, ResourceShares, SeriesIssue, SeriesKey, SeriesView,
    Split, ValueShares, is_far_outside_percent, measurement,
};

/// What is known of a series beside the values of its history window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SeriesNotes {
    /// How its values lie, of all days up to the last one looked at.
    pub shares: ValueShares,
    /// The first value outside 0 to 100.
    pub first_outside: Option<(Day, f64)>,
    /// What was repaired in it, or left out.
    pub issues: Vec<SeriesIssue>,
}

impl SeriesNotes {
    /// Takes up a value of a day that is looked at.
    pub(crate) fn note(&mut self, day: Day, value: Option<f64>) {
        self.shares.add(value);
        let outside = measurement(value).filter(|value| !(0.0..=100.0).contains(value));
        if let Some(value) = outside
            && self.first_outside.is_none_or(|(first, _)| day < first)
        {
            self.first_outside = Some((day, value));
        }
    }
}

/// Some series of a fleet: their values over the history window, NaN where a day is missing, and what
/// is known of each beside them.
///
/// A fleet may be cut into batches in any way: what is made of a series does not depend on the others.
#[derive(Debug, Clone)]
pub struct Batch {
    history: Panel,
    notes: Vec<SeriesNotes>,
}

impl Batch {
    /// Takes series over any days. Days outside the windows of `split` are looked at for limits only,
    /// those after its last day not at all.
    #[must_use]
    pub fn from_panel(panel: PanelView<'_>, split: &Split) -> Self {
        let (history, as_of) = (split.history(), split.as_of());
        let mut rows = Vec::with_capacity(panel.len());
        let mut notes = Vec::with_capacity(panel.len());
        for series in panel.iter() {
            let mut values = vec![f64::NAN; history.len()];
            let mut of_series = SeriesNotes::default();
            let mut after: Option<(u64, Day, Day)> = None;
            for (day, value) in series.observations() {
                if day > as_of {
                    let (rows, first, _) = after.unwrap_or((0, day, day));
                    after = Some((rows + 1, first, day));
                    continue;
                }
                of_series.note(day, Some(value));
                if let Some(index) = history.index_of(day) {
                    values[index] = value;
                }
            }
            if let Some((rows, first, last)) = after {
                let issue = SeriesIssue::rows_after(series.key, rows, first, last, as_of);
                of_series.issues.push(issue);
            }
            rows.push((series.key.clone(), values));
            notes.push(of_series);
        }
        let history = Panel::from_rows(history, rows);
        Self {
            history: history.unwrap_or_else(|_| unreachable!("every row is a history long")),
            notes,
        }
    }

    /// Takes series over the history window, with what is known of each, in the same order; `None`
    /// where there are not as many of one as of the other.
    #[must_use]
    pub fn with_notes(history: Panel, notes: Vec<SeriesNotes>) -> Option<Self> {
        (history.view().len() == notes.len()).then_some(Self { history, notes })
    }

    /// Returns the series' values over the history window.
    #[must_use]
    pub fn history(&self) -> PanelView<'_> {
        self.history.view()
    }

    /// Returns each series' key and what is known of it.
    pub fn notes(&self) -> impl Iterator<Item = (&SeriesKey, &SeriesNotes)> {
        self.history.view().keys().iter().zip(&self.notes)
    }

    /// The series as engines see them, and what there is to say of the data: values far outside 0 to
    /// 100 of percentages are left out, and those before a change of the capacity are brought to the one after it.
    pub(crate) fn seen_by_engines(
        &self,
        survey: &Survey,
        capacities: &CapacityChanges,
    ) -> (Panel, Vec<Vec<SeriesIssue>>) {
        let mut seen = self.history.clone();
        let grid = seen.grid();
        let mut issues = Vec::with_capacity(self.notes.len());
        for (index, (key, notes)) in self.notes().enumerate() {
            let mut of_series = notes.issues.clone();
            if survey
                .resource_of(key, &notes.shares)
                .is_percent(key.resource())
                && let Some(first) = notes.first_outside
            {
                of_series.push(SeriesIssue::outside_percent(key, &notes.shares, first));
                if notes.shares.is_percent_like() && notes.shares.is_far {
                    for value in seen.values_mut(index) {
                        if is_far_outside_percent(*value) {
                            *value = f64::NAN;
                        }
                    }
                }
            }
            capacities.rescale(key, grid, seen.values_mut(index), grid.last());
            issues.push(of_series);
        }
        (seen, issues)
    }
}

/// What the resources of a fleet look like, by how the values of all their series lie: it decides
/// which of them are percentages.
///
/// Surveys of parts of a fleet merge to the survey of the whole, whatever the parts and their order.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Survey {
    pub(crate) resources: BTreeMap<String, ResourceShares>,
}

impl Survey {
    /// Surveys batches of a fleet.
    pub fn of<'a>(batches: impl IntoIterator<Item = &'a Batch>) -> Self {
        let mut survey = Self::default();
        for batch in batches {
            for (key, notes) in batch.notes() {
                survey.add(key, &notes.shares);
            }
        }
        survey
    }

    /// Adds a series.
    pub fn add(&mut self, key: &SeriesKey, shares: &ValueShares) {
        let resource = key.resource();
        if let Some(of_resource) = self.resources.get_mut(resource) {
            of_resource.add(shares);
            return;
        }
        let mut of_resource = ResourceShares::default();
        of_resource.add(shares);
        self.resources.insert(resource.to_owned(), of_resource);
    }

    /// Adds the series of another part of the fleet.
    pub fn merge(&mut self, other: &Self) {
        for (resource, shares) in &other.resources {
            let of_resource = self.resources.entry(resource.clone()).or_default();
            of_resource.merge(shares);
        }
    }

    /// Returns how many series it is of.
    #[must_use]
    pub fn series(&self) -> u64 {
        self.resources.values().map(|shares| shares.series).sum()
    }

    /// Returns what the series of a resource look like together.
    #[must_use]
    pub fn resource(&self, resource: &str) -> ResourceShares {
        self.resources.get(resource).copied().unwrap_or_default()
    }

    /// Returns what the series of a series' resource look like together; where the survey does not know the
    /// resource, what the series looks like by itself.
    #[must_use]
    pub fn resource_of(&self, key: &SeriesKey, shares: &ValueShares) -> ResourceShares {
        self.resources
            .get(key.resource())
            .copied()
            .unwrap_or_else(|| {
                let mut alone = ResourceShares::default();
                alone.add(shares);
                alone
            })
    }
}

/// A series' last values up to the end of its history: NaN where missing.
pub(crate) fn last_values(series: SeriesView<'_>, days: usize) -> Vec<f64> {
    series.values[series.values.len().saturating_sub(days)..].to_vec()
}

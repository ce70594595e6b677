//! Groups of hosts beside resources: where what has to be done is.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{Agenda, Series};

/// Values of a key that a table has at most; more of them are no groups.
const MOST_GROUPS: usize = 40;

/// A key of `host_attributes`, and each host's value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grouping {
    /// The key.
    pub key: String,
    /// Hosts and their values.
    pub hosts: Vec<(String, String)>,
}

/// A table of one key: groups beside resources.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Heat {
    pub(crate) key: String,
    pub(crate) resources: Vec<String>,
    pub(crate) groups: Vec<Group>,
}

/// A group's row.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Group {
    pub(crate) value: String,
    pub(crate) hosts: usize,
    /// A cell a resource.
    pub(crate) cells: Vec<Cell>,
}

/// How much there is to do in a group's resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(crate) struct Cell {
    pub(crate) series: usize,
    pub(crate) to_do: usize,
    /// 0 where there is nothing to do, else 1 to 4: up to 5, 10 or 20 % of the series, or more.
    pub(crate) shade: u8,
}

impl Heat {
    /// The tables of all keys that make groups of the hosts: more than one, and not too many.
    pub(crate) fn of(groupings: &[Grouping], series: &[Series], agenda: &Agenda) -> Vec<Self> {
        let to_do: BTreeSet<_> = agenda.act.iter().map(|task| &task.key).collect();
        let resources: BTreeSet<&str> = series.iter().map(|one| one.key.resource()).collect();
        let tables = groupings.iter().filter_map(|grouping| {
            let values: BTreeMap<&str, &str> = grouping
                .hosts
                .iter()
                .map(|(host, value)| (host.as_str(), value.as_str()))
                .collect();
            let mut groups: BTreeMap<&str, (BTreeSet<&str>, BTreeMap<&str, Cell>)> =
                BTreeMap::new();
            for one in series {
                let Some(value) = values.get(one.key.host()) else {
                    continue;
                };
                let (hosts, cells) = groups.entry(value).or_default();
                hosts.insert(one.key.host());
                let cell = cells.entry(one.key.resource()).or_default();
                cell.series += 1;
                cell.to_do += usize::from(to_do.contains(&one.key));
            }
            if !(2..=MOST_GROUPS).contains(&groups.len()) {
                return None;
            }
            let groups = groups.into_iter().map(|(value, (hosts, cells))| Group {
                value: value.to_owned(),
                hosts: hosts.len(),
                cells: resources
                    .iter()
                    .map(|resource| cells.get(resource).copied().unwrap_or_default().shaded())
                    .collect(),
            });
            Some(Self {
                key: grouping.key.clone(),
                resources: resources.iter().map(|&name| name.to_owned()).collect(),
                groups: groups.collect(),
            })
        });
        tables.collect()
    }
}

impl Cell {
    fn shaded(self) -> Self {
        let share = self.to_do as f64 / self.series.max(1) as f64;
        let above = [0.05, 0.1, 0.2].iter().filter(|bound| share > **bound);
        let shade = u8::try_from(above.count()).unwrap_or(0) + 1;
        Self {
            shade: if self.to_do == 0 { 0 } else { shade },
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_shaded_by_the_share_of_their_series() {
        for (series, to_do, shade) in [
            (0, 0, 0),
            (100, 0, 0),
            (100, 5, 1),
            (100, 10, 2),
            (100, 20, 3),
            (3, 1, 4),
        ] {
            let cell = Cell {
                series,
                to_do,
                shade: 0,
            };
            assert_eq!(cell.shaded().shade, shade, "{to_do} of {series}");
        }
    }
}

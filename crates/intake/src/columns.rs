//! Which columns a row's names, day and value stand in.

use crate::refusal::in_one_line;

/// What a series' host or resource comes from: a name for all rows, columns, or both, joined by colons.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NameRule {
    /// One name for all rows; stands first.
    pub fixed: Option<String>,
    /// Columns of the file, in this order.
    pub columns: Vec<String>,
}

impl NameRule {
    /// A column of the file.
    #[must_use]
    pub fn column(name: &str) -> Self {
        Self {
            fixed: None,
            columns: vec![name.to_owned()],
        }
    }

    /// A name for all rows.
    #[must_use]
    pub fn fixed(name: &str) -> Self {
        Self {
            fixed: Some(name.to_owned()),
            columns: Vec::new(),
        }
    }

    /// Whether nothing is said, so that a format's own column holds.
    #[must_use]
    pub fn is_unsaid(&self) -> bool {
        self.fixed.is_none() && self.columns.is_empty()
    }
}

/// What stands between the parts of a joined name.
pub(crate) const JOINT: char = ':';

/// The columns of a command; what is not said has the names of the file's format, or `host`, `resource`, `ds`
/// and `utilization`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Columns {
    /// The host.
    pub host: NameRule,
    /// The resource.
    pub resource: NameRule,
    /// Days or instants.
    pub ds: Option<String>,
    /// Values.
    pub value: Option<String>,
    /// A column a series: its name is the host, or the resource where the host is said and the resource is not.
    pub wide: bool,
}

/// The usual names.
pub(crate) const HOST: &str = "host";
pub(crate) const RESOURCE: &str = "resource";
pub(crate) const DS: &str = "ds";
pub(crate) const VALUE: &str = "utilization";

impl Columns {
    /// These, and the usual names where nothing is said.
    #[must_use]
    pub fn or_usual(&self) -> Self {
        self.or(HOST, RESOURCE, DS, VALUE)
    }

    pub(crate) fn or(&self, host: &str, resource: &str, ds: &str, value: &str) -> Self {
        let or_column = |rule: &NameRule, name: &str| {
            if rule.is_unsaid() {
                NameRule::column(name)
            } else {
                rule.clone()
            }
        };
        Self {
            host: or_column(&self.host, host),
            resource: or_column(&self.resource, resource),
            ds: self.ds.clone().or_else(|| Some(ds.to_owned())),
            value: self.value.clone().or_else(|| Some(value.to_owned())),
            wide: self.wide,
        }
    }

    /// Every column that is named, in the order host, resource, day, value.
    pub(crate) fn named(&self) -> impl Iterator<Item = &str> {
        let names = self.host.columns.iter().chain(&self.resource.columns);
        names.chain(&self.ds).chain(&self.value).map(String::as_str)
    }
}

/// A header's column of this name: written the same, else in another case, else behind a `#` as tools mark
/// their headers.
pub(crate) fn find<'a>(header: impl Iterator<Item = &'a str>, wanted: &str) -> Option<usize> {
    let mark = |name: &'a str| name.trim_start_matches('#').trim();
    let fits: [&dyn Fn(&'a str) -> bool; 4] = [
        &|name| name == wanted,
        &|name| name.eq_ignore_ascii_case(wanted),
        &|name| name.trim().eq_ignore_ascii_case(wanted.trim()),
        &|name| mark(name).eq_ignore_ascii_case(wanted),
    ];
    let header: Vec<&str> = header.collect();
    fits.into_iter()
        .find_map(|fits| header.iter().position(|name| fits(name)))
}

/// What to say where there is no such column.
pub(crate) fn no_column<'a>(wanted: &str, header: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = header.collect();
    format!(
        "it has no column `{}`, only {}; name the right one with --host-column, --resource-column, --ds-column or \
         --value-column (or give --host, --resource)",
        in_one_line(wanted),
        in_one_line(&names.join(", "))
    )
}

/// Assembles a name from its parts; one part stays as it is.
#[derive(Debug, Default)]
pub(crate) struct NameBuilder(String);

impl NameBuilder {
    /// The parts joined, or `None` where one of them is empty.
    pub(crate) fn join<'a>(
        &'a mut self,
        mut parts: impl Iterator<Item = &'a str>,
    ) -> Option<&'a str> {
        let first = parts.next().filter(|part| !part.is_empty())?;
        let Some(second) = parts.next() else {
            return Some(first);
        };
        self.0.clear();
        self.0.push_str(first);
        for part in std::iter::once(second).chain(parts) {
            if part.is_empty() {
                return None;
            }
            self.0.push(JOINT);
            self.0.push_str(part);
        }
        Some(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_name_whatever_the_case() {
        let header = ["# hostname", "Time", "time", "%user "];
        let find = |wanted| find(header.iter().copied(), wanted);
        assert_eq!(find("time"), Some(2));
        assert_eq!(find("TIME"), Some(1));
        assert_eq!(find("hostname"), Some(0));
        assert_eq!(find("# hostname"), Some(0));
        assert_eq!(find("%user"), Some(3));
        assert_eq!(find("host"), None);
    }

    #[test]
    fn parts_are_joined_by_colons() {
        let mut builder = NameBuilder::default();
        assert_eq!(
            builder.join(["disk", "/var"].into_iter()),
            Some("disk:/var")
        );
        assert_eq!(builder.join(["cpu"].into_iter()), Some("cpu"));
        assert_eq!(builder.join(["disk", ""].into_iter()), None);
        assert_eq!(builder.join(std::iter::empty()), None);
    }
}

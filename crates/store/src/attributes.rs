//! What is known of hosts: site, cluster, role, owner, and whatever else groups them.

use std::collections::BTreeMap;
use std::path::Path;

use duckdb::params;
use fleetcast_core::batches::Columns;

use crate::{Error, Others, Store};

/// One thing that is known of a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// The host.
    pub host: String,
    /// What is known of it, such as `site`.
    pub key: String,
    /// What it is, such as `Berlin`; `None` where nothing is known of it any more.
    pub value: Option<String>,
}

/// What stands in `host_attributes`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AttributeSummary {
    /// Hosts of which something is known.
    pub hosts: u64,
    /// Keys there are.
    pub keys: u64,
    /// Hosts among them that have no data.
    pub without_data: u64,
    /// Hosts with data of which nothing is known.
    pub unknown: u64,
}

impl Store {
    /// Reads attributes of a CSV, TSV, Parquet or JSON file: rows of host, key and value, or a row a host with a column a
    /// key. In the latter a column of any name but `host` is a key. An empty value means that nothing is known any more.
    ///
    /// # Errors
    ///
    /// [`Error::Import`] where the file cannot be read, has no such columns, or contradicts itself; it names the row and
    /// the column.
    pub fn read_attributes_file(&self, path: &Path) -> Result<Vec<Attribute>, Error> {
        let (columns, rows) = self.read_texts(path)?;
        attributes_of(&columns, &rows).map_err(|cause| Error::Import {
            path: path.to_owned(),
            cause,
        })
    }

    /// Sets attributes, each in the place of what stood under its host and key; those without a value are removed.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses; nothing is changed then.
    pub fn set_attributes(
        &self,
        attributes: &[Attribute],
        others: Others,
    ) -> Result<AttributeSummary, Error> {
        const ACTION: &str = "setting attributes of hosts";
        let setting = Error::while_doing(ACTION);
        let mut columns = Columns::default();
        columns.text("host", attributes.iter().map(|one| Some(one.host.as_str())));
        columns.text("key", attributes.iter().map(|one| Some(one.key.as_str())));
        columns.text("value", attributes.iter().map(|one| one.value.as_deref()));
        let batch = columns
            .finish()
            .map_err(|error| Error::columns(ACTION, error))?;
        self.in_one_transaction(ACTION, || {
            if others == Others::Remove {
                self.connection
                    .execute_batch("DELETE FROM host_attributes")
                    .map_err(setting)?;
            }
            self.connection
                .execute_batch(include_str!("../sql/new_attributes.sql"))
                .map_err(setting)?;
            self.append_to("new_attributes", batch)?;
            self.connection
                .execute_batch(include_str!("../sql/set_attributes.sql"))
                .map_err(setting)?;
            self.attribute_summary()
        })
    }

    /// Returns what stands in `host_attributes`, in figures.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn attribute_summary(&self) -> Result<AttributeSummary, Error> {
        let hosts_with_data = if self.has_table("processed_data")? {
            "SELECT DISTINCT host::VARCHAR AS host FROM processed_data WHERE host IS NOT NULL"
        } else {
            "SELECT NULL::VARCHAR AS host WHERE false"
        };
        let sql = include_str!("../sql/attribute_summary.sql").replace("{hosts}", hosts_with_data);
        self.connection
            .query_row(&sql, [], |row| {
                Ok(AttributeSummary {
                    hosts: row.get(0)?,
                    keys: row.get(1)?,
                    without_data: row.get(2)?,
                    unknown: row.get(3)?,
                })
            })
            .map_err(Error::while_doing("summing up attributes of hosts"))
    }

    /// Returns every key with its values, each with how many hosts have it, in their order.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn attribute_values(&self) -> Result<BTreeMap<String, Vec<(String, u64)>>, Error> {
        let sql =
            "SELECT key, value, count(*) FROM host_attributes GROUP BY ALL ORDER BY key, value";
        let rows = self.rows("listing attributes of hosts", sql, [], |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
        })?;
        let mut keys: BTreeMap<String, Vec<(String, u64)>> = BTreeMap::new();
        for (key, value, hosts) in rows {
            keys.entry(key).or_default().push((value, hosts));
        }
        Ok(keys)
    }

    /// Returns every attribute: host, key and value.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn attributes(&self) -> Result<Vec<(String, String, String)>, Error> {
        let sql = "SELECT host, key, value FROM host_attributes ORDER BY ALL";
        self.rows("reading attributes of hosts", sql, [], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
    }

    /// Returns the hosts that have `value` under `key`, in their order.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn hosts_with(&self, key: &str, value: &str) -> Result<Vec<String>, Error> {
        let sql = "SELECT host FROM host_attributes WHERE key = ? AND value = ? ORDER BY host";
        self.rows(
            "looking for hosts of a group",
            sql,
            params![key, value],
            |row| row.get(0),
        )
    }

    /// Returns every host with its value under `key`, in the order of hosts.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where the rows cannot be read.
    pub fn values_of(&self, key: &str) -> Result<Vec<(String, String)>, Error> {
        let sql = "SELECT host, value FROM host_attributes WHERE key = ? ORDER BY host";
        self.rows("reading attributes of hosts", sql, [key], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
    }
}

/// The attributes that a file's rows amount to; an error says what is wrong, where, and the way out.
fn attributes_of(
    columns: &[String],
    rows: &[Vec<Option<String>>],
) -> Result<Vec<Attribute>, String> {
    let find = |wanted: &str| {
        columns
            .iter()
            .position(|name| name.trim().eq_ignore_ascii_case(wanted))
    };
    let Some(host) = find("host") else {
        return Err(format!(
            "it has no column `host`, only {}; give the columns host, key and value, or host and a column a key",
            columns.join(", ")
        ));
    };
    let long = find("key").zip(find("value"));
    if columns.len() < 2 {
        return Err(
            "it has the column host alone; give the columns host, key and value, or host and a column a key"
                .to_owned(),
        );
    }
    let mut known: BTreeMap<(&str, &str), (usize, Option<&str>)> = BTreeMap::new();
    for (index, row) in rows.iter().enumerate() {
        let number = index + 1;
        let text = |column: usize| row.get(column).and_then(Option::as_deref);
        let lacks = |column: &str| {
            Err(format!(
                "row {number} has nothing in the column `{column}`; every row needs it"
            ))
        };
        let Some(name) = text(host) else {
            return lacks("host");
        };
        let pairs: Vec<(&str, Option<&str>)> = match long {
            Some((key, value)) => match text(key) {
                Some(key) => vec![(key, text(value))],
                None => return lacks("key"),
            },
            None => (0..columns.len())
                .filter(|column| *column != host)
                .map(|column| (columns[column].trim(), text(column)))
                .collect(),
        };
        for (key, value) in pairs {
            let (first, before) = *known.entry((name, key)).or_insert((number, value));
            if before != value {
                return Err(format!(
                    "row {number} says `{}` in {key} of host {name}, and row {first} says `{}`; leave one of them",
                    value.unwrap_or_default(),
                    before.unwrap_or_default(),
                ));
            }
        }
    }
    Ok(known
        .into_iter()
        .map(|((host, key), (_, value))| Attribute {
            host: host.to_owned(),
            key: key.to_owned(),
            value: value.map(str::to_owned),
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(columns: &[&str], rows: &[&[&str]]) -> Result<Vec<String>, String> {
        let columns: Vec<String> = columns.iter().map(|&name| name.to_owned()).collect();
        let text = |&text: &&str| (!text.is_empty()).then(|| text.to_owned());
        let rows: Vec<Vec<Option<String>>> = rows
            .iter()
            .map(|row| row.iter().map(text).collect())
            .collect();
        let found = attributes_of(&columns, &rows)?;
        Ok(found
            .into_iter()
            .map(|one| format!("{} {}={}", one.host, one.key, one.value.unwrap_or_default()))
            .collect())
    }

    #[test]
    fn both_shapes_say_the_same() {
        let long = read(
            &["host", "key", "value"],
            &[
                &["b", "site", "fra"],
                &["a", "site", "ber"],
                &["a", "role", ""],
            ],
        );
        let wide = read(
            &["role", "Host", "site"],
            &[&["", "a", "ber"], &["", "b", "fra"]],
        );
        assert_eq!(long.unwrap(), ["a role=", "a site=ber", "b site=fra"]);
        assert_eq!(
            wide.unwrap(),
            ["a role=", "a site=ber", "b role=", "b site=fra"]
        );
    }

    #[test]
    fn what_is_wrong_has_its_place() {
        for (columns, rows, expected) in [
            (
                &["server", "site"][..],
                &[][..],
                "no column `host`, only server, site",
            ),
            (&["host"], &[], "the column host alone"),
            (
                &["host", "site"],
                &[&["a", "x"][..], &["", "y"]],
                "row 2 has nothing in the column `host`",
            ),
            (
                &["host", "key", "value"],
                &[&["a", "", "y"]],
                "row 1 has nothing in the column `key`",
            ),
            (
                &["host", "site"],
                &[&["a", "ber"], &["b", "x"], &["a", "fra"]],
                "row 3 says `fra` in site of host a, and row 1 says `ber`",
            ),
        ] {
            let message = read(columns, rows).unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }
}

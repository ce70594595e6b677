//! Floors, capacities and thresholds: what `resource_limits` says, and what holds for each series.

use std::path::Path;

use duckdb::params;
use fleetcast_core::{Day, SeriesKey};

use crate::import::{AS_IT_IS, READ_CSV, first_line, in_one_line, quoted, reader_for};
use crate::{Error, Store, Table};

const READING: &str = "reading resource_limits";
const VIEW: &str = "effective_limits";

/// One row of `resource_limits`. A part that is `None` is what all hosts have, or a default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Limits {
    /// The host; `None` for all.
    pub host: Option<String>,
    /// The resource.
    pub resource: String,
    /// What no value is below, in the resource's unit.
    pub floor: Option<f64>,
    /// What no value is above.
    pub capacity: Option<f64>,
    /// Where "full" starts.
    pub threshold: Option<f64>,
}

/// What holds for one series: a row of the view `effective_limits`.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectiveLimits {
    /// The series.
    pub key: SeriesKey,
    /// What no value is below, where that is known.
    pub floor: Option<f64>,
    /// What no value is above, where that is known.
    pub capacity: Option<f64>,
    /// Where "full" starts, where that is known.
    pub threshold: Option<f64>,
    /// The most specific source that says something: `host`, `resource`, `percent` (the defaults of
    /// percent resources) or `none`.
    pub source: String,
}

impl Limits {
    /// Makes sure that the parts are finite and fit together.
    ///
    /// # Errors
    ///
    /// [`Error::Limits`] says which do not, and for what.
    pub fn check(&self) -> Result<(), Error> {
        let refuse = |what: String| Error::Limits {
            cause: format!("limits of {} cannot be used: {what}", self.name()),
        };
        let parts = [
            ("floor", self.floor),
            ("capacity", self.capacity),
            ("threshold", self.threshold),
        ];
        if self.resource.is_empty() {
            return Err(refuse("they name no resource; give one".to_owned()));
        }
        if parts.iter().all(|(_, value)| value.is_none()) {
            return Err(refuse(
                "they have neither floor nor capacity nor threshold; give at least one".to_owned(),
            ));
        }
        for (part, value) in parts {
            if let Some(value) = value.filter(|value| !value.is_finite()) {
                return Err(refuse(format!(
                    "{part} {value} is no finite number; leave it out, or give one"
                )));
            }
        }
        match disorder(self.floor, self.capacity, self.threshold) {
            Some(disorder) => Err(refuse(format!(
                "{disorder}; give floor <= threshold <= capacity"
            ))),
            None => Ok(()),
        }
    }

    fn name(&self) -> String {
        let host = self.host.as_deref().unwrap_or("all hosts");
        in_one_line(&format!("{host}, {}", self.resource))
    }
}

/// The statement with the rules of what is a percentage in the place of `{rules}`, by the days up to `until`.
pub(crate) fn with_limit_rules(sql: &str, until: Day) -> String {
    sql.replace("{rules}", include_str!("../sql/limit_rules.sql"))
        .replace("{shares}", include_str!("../sql/limit_shares.sql"))
        .replace("{until}", &format!("DATE '{until}'"))
}

/// Which two parts stand in the wrong order, in words.
fn disorder(floor: Option<f64>, capacity: Option<f64>, threshold: Option<f64>) -> Option<String> {
    if let (Some(floor), Some(capacity)) = (floor, capacity)
        && floor >= capacity
    {
        return Some(format!("floor {floor} is not below capacity {capacity}"));
    }
    if let (Some(floor), Some(threshold)) = (floor, threshold)
        && threshold < floor
    {
        return Some(format!("threshold {threshold} lies below floor {floor}"));
    }
    if let (Some(capacity), Some(threshold)) = (capacity, threshold)
        && threshold > capacity
    {
        return Some(format!(
            "threshold {threshold} lies above capacity {capacity}"
        ));
    }
    None
}

impl Store {
    /// Writes down the limits that hold for every series as of a day, for a stage that needs them more than once:
    /// returns the name of a temporary table with the columns of the view `effective_limits`. Nothing after the
    /// day is looked at.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where `DuckDB` refuses.
    pub fn write_down_limits(&self, as_of: Day) -> Result<&'static str, Error> {
        const NAME: &str = "written_down_limits";
        let sql = include_str!("../sql/effective_limits.sql")
            .replace("{relation}", &format!("TEMP TABLE {NAME}"));
        self.connection
            .execute_batch(&with_limit_rules(&sql, as_of))
            .map(|()| NAME)
            .map_err(Error::while_doing("reading the effective limits"))
    }

    /// Makes the view `effective_limits` anew, as this version defines it.
    pub(crate) fn renew_limits_view(&self) -> Result<(), Error> {
        if !self.has_table(VIEW)? {
            return Ok(());
        }
        self.connection
            .execute_batch("DROP VIEW effective_limits")
            .map_err(Error::while_doing("renewing the view effective_limits"))?;
        self.make_limits()
    }

    /// Makes `resource_limits` where there is none and, as soon as there is a `processed_data` that
    /// can be used, the view `effective_limits`.
    pub(crate) fn make_limits(&self) -> Result<(), Error> {
        self.ensure_table(Table::ResourceLimits)?;
        let is_ready = !self.has_table(VIEW)? && self.check_input().is_ok();
        if !is_ready || self.check_limit_columns().is_err() {
            return Ok(());
        }
        self.connection
            .execute_batch(&with_limit_rules(
                &include_str!("../sql/effective_limits.sql")
                    .replace("{relation}", "VIEW effective_limits"),
                Day::MAX,
            ))
            .map_err(Error::while_doing("creating the view effective_limits"))
    }

    /// Every row of `resource_limits`, those of all hosts first.
    ///
    /// # Errors
    ///
    /// [`Error::Limits`] where the table lacks a column.
    pub fn limits(&self) -> Result<Vec<Limits>, Error> {
        self.check_limit_columns()?;
        self.query_limits(
            "SELECT host::VARCHAR, resource::VARCHAR, floor::DOUBLE, capacity::DOUBLE, threshold::DOUBLE \
             FROM resource_limits ORDER BY ALL NULLS FIRST",
        )
    }

    /// The limits that hold for every series of `processed_data`, in key order.
    ///
    /// # Errors
    ///
    /// As [`Store::check_input`] and [`Store::check_limits`].
    pub fn effective_limits(&self) -> Result<Vec<EffectiveLimits>, Error> {
        self.check_input()?;
        self.check_limits()?;
        self.read_effective_limits()
    }

    /// Makes sure that every row of `resource_limits` can be used, and that the parts each series
    /// gets from different rows fit together.
    ///
    /// # Errors
    ///
    /// [`Error::Limits`] names the first that cannot, and the way out.
    pub fn check_limits(&self) -> Result<(), Error> {
        let given = self.limits()?;
        for limits in &given {
            limits.check()?;
        }
        self.make_limits()?;
        // The defaults never contradict each other.
        if given.is_empty() || !self.has_table(VIEW)? {
            return Ok(());
        }
        for limits in self.read_effective_limits()? {
            if let Some(disorder) = disorder(limits.floor, limits.capacity, limits.threshold) {
                return Err(Error::Limits {
                    cause: format!(
                        "limits of {} do not fit together: {disorder}, and they come from different \
                         rows of resource_limits; give that host both",
                        in_one_line(&limits.key.to_string())
                    ),
                });
            }
        }
        Ok(())
    }

    /// Puts these rows into `resource_limits`, in the place of earlier ones of the same host and
    /// resource.
    ///
    /// # Errors
    ///
    /// [`Error::Limits`] where they cannot be used, also together with what is there; nothing is
    /// changed then.
    pub fn set_limits(&self, rows: &[Limits]) -> Result<(), Error> {
        const ACTION: &str = "setting limits";
        self.check_limit_columns()?;
        self.in_one_transaction(ACTION, || {
            for row in rows {
                row.check()?;
                self.delete_limits(row.host.as_deref(), &row.resource)?;
                self.connection
                    .execute(
                        "INSERT INTO resource_limits (host, resource, floor, capacity, threshold) \
                         VALUES (?, ?, ?, ?, ?)",
                        params![
                            row.host,
                            row.resource,
                            row.floor,
                            row.capacity,
                            row.threshold
                        ],
                    )
                    .map_err(Error::while_doing(ACTION))?;
            }
            self.check_limits()
        })
    }

    /// Takes the row of this host (`None`: of all) and resource out of `resource_limits`; says
    /// whether there was one.
    ///
    /// # Errors
    ///
    /// [`Error::Limits`] where what is left does not fit together; nothing is changed then.
    pub fn remove_limits(&self, host: Option<&str>, resource: &str) -> Result<bool, Error> {
        self.check_limit_columns()?;
        self.in_one_transaction("removing limits", || {
            let removed = self.delete_limits(host, resource)?;
            self.check_limits()?;
            Ok(removed > 0)
        })
    }

    /// The limits in a CSV, Parquet or JSON file with the columns of `resource_limits`, of which
    /// host and all but one of floor, capacity and threshold may be missing. An empty host stands
    /// for all.
    ///
    /// # Errors
    ///
    /// [`Error::Import`] names the file, what it cannot be used for and the way out;
    /// [`Error::Limits`] the row.
    pub fn read_limits_file(&self, path: &Path) -> Result<Vec<Limits>, Error> {
        let refuse = |cause: String| Error::Import {
            path: path.to_owned(),
            cause,
        };
        let (reader, location) = reader_for(path).map_err(refuse)?;
        let columns = self
            .file_columns(reader, &location)
            .map_err(|error| refuse(first_line(&error)))?;
        let find = |wanted: &str| {
            let found = columns
                .iter()
                .find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(name, _)| quoted(name, '"'))
        };
        if find("resource").is_none() {
            let names: Vec<&str> = columns.iter().map(|(name, _)| name.as_str()).collect();
            return Err(refuse(format!(
                "it has no column `resource`, only {}; give the columns host, resource, floor, \
                 capacity, threshold",
                in_one_line(&names.join(", "))
            )));
        }
        let texts = ["host", "resource", "floor", "capacity", "threshold"]
            .map(|part| match find(part) {
                Some(column) => format!("nullif(trim({column}::VARCHAR), '')"),
                None => "NULL::VARCHAR".to_owned(),
            })
            .join(", ");
        // Names are texts, whatever they look like; numbers are read from texts below.
        let all_text = if reader == READ_CSV {
            ", all_varchar = true"
        } else {
            ""
        };
        let rows = self
            .limit_texts(
                &format!("SELECT {texts} FROM {reader}(?, {AS_IT_IS}{all_text})"),
                &location,
            )
            .map_err(|error| refuse(first_line(&error)))?;
        rows.into_iter()
            .map(|row| {
                let limits = row.parse().map_err(refuse)?;
                limits.check()?;
                Ok(limits)
            })
            .collect()
    }

    fn limit_texts(&self, sql: &str, location: &str) -> Result<Vec<LimitTexts>, duckdb::Error> {
        let mut statement = self.connection.prepare(sql)?;
        let rows = statement.query_map([location], |row| {
            Ok(LimitTexts {
                host: row.get(0)?,
                resource: row.get(1)?,
                parts: [row.get(2)?, row.get(3)?, row.get(4)?],
            })
        })?;
        rows.collect()
    }

    fn delete_limits(&self, host: Option<&str>, resource: &str) -> Result<usize, Error> {
        self.connection
            .execute(
                "DELETE FROM resource_limits WHERE host IS NOT DISTINCT FROM ? AND resource = ?",
                params![host, resource],
            )
            .map_err(Error::while_doing("removing limits"))
    }

    fn check_limit_columns(&self) -> Result<(), Error> {
        let reading = Error::while_doing(READING);
        let mut statement = self
            .connection
            .prepare(
                "SELECT lower(column_name) FROM information_schema.columns \
                 WHERE table_schema = current_schema() AND table_name = 'resource_limits' \
                 ORDER BY ordinal_position",
            )
            .map_err(reading)?;
        let found: Vec<String> = statement
            .query_map([], |row| row.get(0))
            .and_then(Iterator::collect)
            .map_err(reading)?;
        for column in ["host", "resource", "floor", "capacity", "threshold"] {
            if !found.iter().any(|name| name == column) {
                return Err(Error::Limits {
                    cause: format!(
                        "table resource_limits has no column `{column}`; it has {}: add it, or rename \
                         the table",
                        found.join(", ")
                    ),
                });
            }
        }
        Ok(())
    }

    fn query_limits(&self, sql: &str) -> Result<Vec<Limits>, Error> {
        let reading = Error::while_doing(READING);
        let mut statement = self.connection.prepare(sql).map_err(reading)?;
        let rows = statement
            .query_map([], |row| {
                Ok(Limits {
                    host: row.get(0)?,
                    resource: row.get::<_, Option<String>>(1)?.unwrap_or_default(),
                    floor: row.get(2)?,
                    capacity: row.get(3)?,
                    threshold: row.get(4)?,
                })
            })
            .map_err(reading)?;
        rows.collect::<Result<_, _>>().map_err(reading)
    }

    fn read_effective_limits(&self) -> Result<Vec<EffectiveLimits>, Error> {
        let reading = Error::while_doing("reading effective_limits");
        let mut statement = self
            .connection
            .prepare(
                "SELECT host, resource, floor, capacity, threshold, source \
                 FROM effective_limits ORDER BY host, resource",
            )
            .map_err(reading)?;
        let rows = statement
            .query_map([], |row| {
                Ok(EffectiveLimits {
                    key: SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?),
                    floor: row.get(2)?,
                    capacity: row.get(3)?,
                    threshold: row.get(4)?,
                    source: row.get(5)?,
                })
            })
            .map_err(reading)?;
        rows.collect::<Result<_, _>>().map_err(reading)
    }
}

/// One row of a file of limits, before its numbers are read.
#[derive(Debug)]
struct LimitTexts {
    host: Option<String>,
    resource: Option<String>,
    /// Floor, capacity, threshold.
    parts: [Option<String>; 3],
}

impl LimitTexts {
    fn parse(self) -> Result<Limits, String> {
        let [floor, capacity, threshold] = self.parts;
        Ok(Limits {
            host: self.host,
            resource: self.resource.unwrap_or_default(),
            floor: number("floor", floor)?,
            capacity: number("capacity", capacity)?,
            threshold: number("threshold", threshold)?,
        })
    }
}

fn number(part: &str, text: Option<String>) -> Result<Option<f64>, String> {
    let Some(text) = text else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        let text = in_one_line(&text);
        format!("column {part} holds `{text}`, which is no number; mend the file")
    })
}

//! Floors, capacities and thresholds: what `resource_limits` says, and what holds for each series.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use arrow::record_batch::RecordBatch;
use duckdb::params;
use fleetcast_core::batches::Columns;
use fleetcast_core::{
    Day, EffectiveLimits, LimitError, LimitRule, LimitRules, ResourceShares, SeriesKey, ValueShares,
};

use fleetcast_intake::in_one_line;

use crate::files::{AS_IT_IS, READ_CSV, first_line, quoted, reader_for};
use crate::{Error, Store, Table};

const READING: &str = "reading resource_limits";
const VIEW: &str = "effective_limits";

/// What becomes of limits that most of what was observed lies beyond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeyondObserved {
    /// They are refused.
    Refuse,
    /// They are set.
    Allow,
}

fn rule_batch(rules: &[&LimitRule]) -> Result<RecordBatch, Error> {
    let mut columns = Columns::default();
    columns.text("host", rules.iter().map(|rule| rule.host.as_deref()));
    columns.text(
        "resource",
        rules.iter().map(|rule| Some(rule.resource.as_str())),
    );
    columns.number("floor", rules.iter().map(|rule| rule.floor));
    columns.number("capacity", rules.iter().map(|rule| rule.capacity));
    columns.number("threshold", rules.iter().map(|rule| rule.threshold));
    columns
        .finish()
        .map_err(|error| Error::columns("setting limits", error))
}

impl From<LimitError> for Error {
    fn from(error: LimitError) -> Self {
        Self::Limits {
            cause: in_one_line(&error.to_string()),
        }
    }
}

/// The statement with the rules of what is a percentage in the place of `{rules}`, by the days up to `until`.
pub(crate) fn with_limit_rules(sql: &str, until: Day) -> String {
    sql.replace("{rules}", include_str!("../sql/limit_rules.sql"))
        .replace("{shares}", include_str!("../sql/limit_shares.sql"))
        .replace("{until}", &format!("DATE '{until}'"))
}

impl Store {
    /// How the values of every series lie, of the days up to `until`, in key order.
    fn limit_shares(&self, until: Day) -> Result<Vec<(SeriesKey, ValueShares)>, Error> {
        let reading = Error::while_doing("reading how values lie");
        let sql = include_str!("../sql/limit_shares.sql");
        let sql = format!(
            "{} ORDER BY ALL",
            sql.replace("{until}", &format!("DATE '{until}'"))
        );
        let mut statement = self.connection.prepare(&sql).map_err(reading)?;
        let rows = statement
            .query_map([], |row| {
                let key = SeriesKey::new(row.get::<_, String>(0)?, row.get::<_, String>(1)?);
                let shares = ValueShares {
                    days: row.get(2)?,
                    negative: row.get(3)?,
                    outside: row.get(4)?,
                    is_far: row.get(5)?,
                    is_above_one: row.get(6)?,
                };
                Ok((key, shares))
            })
            .map_err(reading)?;
        let mut shares = rows.collect::<Result<Vec<_>, _>>().map_err(reading)?;
        shares.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(shares)
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
    pub fn limits(&self) -> Result<Vec<LimitRule>, Error> {
        self.check_limit_columns()?;
        self.query_limits(
            "SELECT host::VARCHAR, resource::VARCHAR, floor::DOUBLE, capacity::DOUBLE, threshold::DOUBLE \
             FROM resource_limits ORDER BY ALL NULLS FIRST",
        )
    }

    /// Returns the limits that hold for every series of `processed_data` as of the day `until`, in key
    /// order. Nothing after the day is looked at.
    ///
    /// # Errors
    ///
    /// As [`Store::check_input`] and [`Store::check_limits`].
    pub fn effective_limits(&self, until: Day) -> Result<Vec<(SeriesKey, EffectiveLimits)>, Error> {
        self.check_input()?;
        self.check_limits()?;
        self.limits_in_force(until)
    }

    fn limits_in_force(&self, until: Day) -> Result<Vec<(SeriesKey, EffectiveLimits)>, Error> {
        let rules = LimitRules::new(&self.limits()?)?;
        let shares = self.limit_shares(until)?;
        let mut resources: HashMap<&str, ResourceShares> = HashMap::new();
        for (key, shares) in &shares {
            resources.entry(key.resource()).or_default().add(shares);
        }
        let limits = shares.iter().map(|(key, shares)| {
            let limits = rules.of(key, shares, &resources[key.resource()]);
            (key.clone(), limits)
        });
        Ok(limits.collect())
    }

    /// Makes sure that every row of `resource_limits` can be used, and that the parts each series
    /// gets from different rows fit together.
    ///
    /// # Errors
    ///
    /// [`Error::Limits`] names the first that cannot, and the way out.
    pub fn check_limits(&self) -> Result<(), Error> {
        LimitRules::new(&self.limits()?)?;
        self.make_limits()
    }

    /// Puts these rules into `resource_limits`, in the place of earlier ones of the same host and
    /// resource; of several for the same, the last one counts. Returns what should be looked at: limits
    /// that some values lay beyond, in words.
    ///
    /// # Errors
    ///
    /// [`Error::Limits`] where they cannot be used, also together with what is there, or where most of
    /// what was observed lies beyond one (unless that is allowed); nothing is changed then.
    pub fn set_limits(
        &self,
        rules: &[LimitRule],
        beyond: BeyondObserved,
    ) -> Result<Vec<String>, Error> {
        const ACTION: &str = "setting limits";
        let setting = Error::while_doing(ACTION);
        self.check_limit_columns()?;
        let mut wanted: BTreeMap<(Option<&str>, &str), &LimitRule> = BTreeMap::new();
        for rule in rules {
            rule.check()?;
            wanted.insert((rule.host.as_deref(), &rule.resource), rule);
        }
        let wanted: Vec<&LimitRule> = wanted.into_values().collect();
        self.in_one_transaction(ACTION, || {
            self.connection
                .execute_batch(include_str!("../sql/new_limits.sql"))
                .map_err(setting)?;
            self.append_to("new_limits", rule_batch(&wanted)?)?;
            self.connection
                .execute_batch(include_str!("../sql/set_limits.sql"))
                .map_err(setting)?;
            self.check_limits()?;
            self.limits_beyond_observed(beyond)
        })
    }

    /// Holds the rules in `new_limits` against what was observed in the last year of each series.
    fn limits_beyond_observed(&self, beyond: BeyondObserved) -> Result<Vec<String>, Error> {
        if self.check_input().is_err() {
            return Ok(Vec::new());
        }
        let reading = Error::while_doing("holding limits against what was observed");
        let mut statement = self
            .connection
            .prepare(include_str!("../sql/limits_beyond.sql"))
            .map_err(reading)?;
        let rows = statement
            .query_map([], |row| {
                let host: Option<String> = row.get(0)?;
                let resource: String = row.get(1)?;
                let part: String = row.get(2)?;
                let (limit, furthest): (f64, f64) = (row.get(3)?, row.get(4)?);
                let (series, mostly, partly): (u64, u64, u64) =
                    (row.get(5)?, row.get(6)?, row.get(7)?);
                let of = in_one_line(&format!("{}, {resource}", host.as_deref().unwrap_or("all hosts")));
                let (below, above, extreme) = match part.as_str() {
                    "capacity" => ("below", "above", "highest"),
                    _ => ("above", "below", "lowest"),
                };
                let (share, count, days) = if 2 * mostly > series {
                    ("most of ", mostly, "most")
                } else {
                    ("some of ", partly, "some")
                };
                let found = format!(
                    "{part} {limit} of {of} lies {below} {share}what was observed: {count} of {series} series were {above} \
                     it on {days} days of their last year, the {extreme} value is {furthest}"
                );
                Ok((2 * mostly > series, found))
            })
            .map_err(reading)?;
        let mut notes = Vec::new();
        for row in rows {
            let (is_most, found) = row.map_err(reading)?;
            if is_most && beyond == BeyondObserved::Refuse {
                return Err(Error::Limits {
                    cause: format!("{found}; give another, or set it all the same with --force"),
                });
            }
            notes.push(format!("{found}; forecasts are drawn to it"));
        }
        Ok(notes)
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
    pub fn read_limits_file(&self, path: &Path) -> Result<Vec<LimitRule>, Error> {
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

    fn query_limits(&self, sql: &str) -> Result<Vec<LimitRule>, Error> {
        let reading = Error::while_doing(READING);
        let mut statement = self.connection.prepare(sql).map_err(reading)?;
        let rows = statement
            .query_map([], |row| {
                Ok(LimitRule {
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
    fn parse(self) -> Result<LimitRule, String> {
        let [floor, capacity, threshold] = self.parts;
        Ok(LimitRule {
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

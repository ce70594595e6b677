//! Floors, capacities and thresholds: what `resource_limits` says, and what holds for each series.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use arrow::record_batch::RecordBatch;
use duckdb::params;
use fleetcast_core::batches::Columns;
use fleetcast_core::{
    CapacityChange, CapacityChangeError, CapacityChanges, Day, EffectiveLimits, LimitError,
    LimitRule, LimitRules, LimitSchedule, ResourceShares, SeriesKey, ValueShares,
};

use fleetcast_intake::in_one_line;

use crate::date::Date;
use crate::files::{AS_IT_IS, READ_CSV, first_line, quoted, reader_for};
use crate::{Error, Store, Table};

const READING: &str = "reading resource_limits";
/// The views of limits, the one that the other is made from last.
const VIEWS: [&str; 2] = ["effective_limits", "limits_by_day"];

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
    let valid_from = rules.iter().map(|rule| rule.valid_from);
    columns.day("valid_from", valid_from);
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

impl From<CapacityChangeError> for Error {
    fn from(error: CapacityChangeError) -> Self {
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

    /// Makes the views of limits anew, as this version defines them.
    pub(crate) fn renew_limits_view(&self) -> Result<(), Error> {
        for view in VIEWS {
            self.connection
                .execute_batch(&format!("DROP VIEW IF EXISTS {view}"))
                .map_err(Error::while_doing("renewing the views of limits"))?;
        }
        self.make_limits()
    }

    /// Makes `resource_limits` where there is none and, as soon as there is a `processed_data` that
    /// can be used, the views `limits_by_day` and `effective_limits`.
    pub(crate) fn make_limits(&self) -> Result<(), Error> {
        for table in [Table::ResourceLimits, Table::CapacityChanges, Table::Runs] {
            self.ensure_table(table)?;
        }
        let has_all = self.has_table(VIEWS[0])? && self.has_table(VIEWS[1])?;
        let is_ready = !has_all && self.check_input().is_ok();
        if !is_ready || self.check_limit_columns().is_err() {
            return Ok(());
        }
        self.connection
            .execute_batch(&with_limit_rules(
                &include_str!("../sql/effective_limits.sql")
                    .replace("{valid_from}", self.valid_from_column()?),
                Day::MAX,
            ))
            .map_err(Error::while_doing("creating the views of limits"))
    }

    /// The first day of a rule, as an expression: a `resource_limits` that somebody else has made may hold always.
    fn valid_from_column(&self) -> Result<&'static str, Error> {
        let has_days = self
            .limit_columns()?
            .iter()
            .any(|name| name == "valid_from");
        Ok(if has_days {
            "valid_from::DATE"
        } else {
            "NULL::DATE"
        })
    }

    /// Every row of `resource_limits`, those of all hosts first.
    ///
    /// # Errors
    ///
    /// [`Error::Limits`] where the table lacks a column.
    pub fn limits(&self) -> Result<Vec<LimitRule>, Error> {
        self.check_limit_columns()?;
        self.query_limits(&format!(
            "SELECT host::VARCHAR, resource::VARCHAR, floor::DOUBLE, capacity::DOUBLE, threshold::DOUBLE, \
             {} AS valid_from FROM resource_limits ORDER BY host NULLS FIRST, resource, valid_from NULLS FIRST, floor, capacity, threshold",
            self.valid_from_column()?
        ))
    }

    /// Returns the limits that hold for every series of `processed_data` as of the day `until`, in key
    /// order. No value after the day is looked at.
    ///
    /// # Errors
    ///
    /// As [`Store::check_input`] and [`Store::check_limits`].
    pub fn effective_limits(&self, until: Day) -> Result<Vec<(SeriesKey, EffectiveLimits)>, Error> {
        let schedules = self.limit_schedules(until)?.into_iter();
        Ok(schedules
            .map(|(key, schedule)| (key, *schedule.now()))
            .collect())
    }

    /// Returns the limits that hold for every series of `processed_data` as of the day `until` and on the days after
    /// it, in key order. No value after the day is looked at.
    ///
    /// # Errors
    ///
    /// As [`Store::check_input`] and [`Store::check_limits`].
    pub fn limit_schedules(&self, until: Day) -> Result<Vec<(SeriesKey, LimitSchedule)>, Error> {
        self.check_input()?;
        self.check_limits()?;
        let rules = LimitRules::new(&self.limits()?)?;
        let capacities = CapacityChanges::new(&self.capacity_changes()?)?;
        let shares = self.limit_shares(until)?;
        let mut resources: HashMap<&str, ResourceShares> = HashMap::new();
        for (key, shares) in &shares {
            resources.entry(key.resource()).or_default().add(shares);
        }
        let limits = shares.iter().map(|(key, shares)| {
            let limits = rules.schedule(key, shares, &resources[key.resource()], until);
            let planned = capacities.planned(key, until);
            (key.clone(), limits.in_present_shares(&planned))
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

    /// Puts these rules into `resource_limits`, in the place of earlier ones of the same host, resource and first
    /// day; of several for the same, the last one counts. Returns what should be looked at: limits
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
        let mut wanted: BTreeMap<(Option<&str>, &str, Option<Day>), &LimitRule> = BTreeMap::new();
        for rule in rules {
            rule.check()?;
            let place = (rule.host.as_deref(), rule.resource.as_str());
            wanted.insert((place.0, place.1, rule.valid_from), rule);
        }
        let wanted: Vec<&LimitRule> = wanted.into_values().collect();
        self.in_one_transaction(ACTION, || {
            self.connection
                .execute_batch(include_str!("../sql/new_limits.sql"))
                .map_err(setting)?;
            self.append_to("new_limits", rule_batch(&wanted)?)?;
            if self.valid_from_column()? == "NULL::DATE" {
                self.connection
                    .execute_batch("ALTER TABLE resource_limits ADD COLUMN valid_from DATE")
                    .map_err(setting)?;
                self.renew_limits_view()?;
            }
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

    /// Takes the rows of this host (`None`: of all) and resource out of `resource_limits`, or the one of them that holds
    /// from a day on; says whether there was one.
    ///
    /// # Errors
    ///
    /// [`Error::Limits`] where what is left does not fit together; nothing is changed then.
    pub fn remove_limits(
        &self,
        host: Option<&str>,
        resource: &str,
        valid_from: Option<Day>,
    ) -> Result<bool, Error> {
        self.check_limit_columns()?;
        self.in_one_transaction("removing limits", || {
            let removed = self.delete_limits(host, resource, valid_from)?;
            self.check_limits()?;
            Ok(removed > 0)
        })
    }

    /// The limits in a CSV, Parquet or JSON file with the columns of `resource_limits`, of which
    /// host, `valid_from` and all but one of floor, capacity and threshold may be missing. An empty host stands
    /// for all, an empty day for always.
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
                 capacity, threshold, valid_from",
                in_one_line(&names.join(", "))
            )));
        }
        let parts = [
            "host",
            "resource",
            "floor",
            "capacity",
            "threshold",
            "valid_from",
        ];
        let texts = parts
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
                valid_from: row.get(5)?,
            })
        })?;
        rows.collect()
    }

    fn delete_limits(
        &self,
        host: Option<&str>,
        resource: &str,
        valid_from: Option<Day>,
    ) -> Result<usize, Error> {
        self.connection
            .execute(
                &format!(
                    "DELETE FROM resource_limits WHERE host IS NOT DISTINCT FROM $1 AND resource = $2 \
                     AND ($3 IS NULL OR {} = $3)",
                    self.valid_from_column()?
                ),
                params![host, resource, valid_from.map(Date)],
            )
            .map_err(Error::while_doing("removing limits"))
    }

    /// The names of the columns of `resource_limits`.
    fn limit_columns(&self) -> Result<Vec<String>, Error> {
        let reading = Error::while_doing(READING);
        let mut statement = self
            .connection
            .prepare("SELECT lower(name) FROM pragma_table_info('resource_limits') ORDER BY cid")
            .map_err(reading)?;
        statement
            .query_map([], |row| row.get(0))
            .and_then(Iterator::collect)
            .map_err(reading)
    }

    fn check_limit_columns(&self) -> Result<(), Error> {
        let found = self.limit_columns()?;
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
                    valid_from: row.get::<_, Option<Date>>(5)?.map(|Date(day)| day),
                })
            })
            .map_err(reading)?;
        rows.collect::<Result<_, _>>().map_err(reading)
    }
}

/// Capacities that changed.
impl Store {
    /// Every row of `capacity_changes`, in the order of series and days; none where there is no such table.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where they cannot be read.
    pub fn capacity_changes(&self) -> Result<Vec<CapacityChange>, Error> {
        if !self.has_table(Table::CapacityChanges.as_str())? {
            return Ok(Vec::new());
        }
        let reading = Error::while_doing("reading capacity_changes");
        let mut statement = self
            .connection
            .prepare(include_str!("../sql/capacity_changes.sql"))
            .map_err(reading)?;
        let rows = statement
            .query_map([], |row| {
                let Date(day) = row.get(2)?;
                Ok(CapacityChange {
                    host: row.get(0)?,
                    resource: row.get(1)?,
                    day,
                    from: row.get(3)?,
                    to: row.get(4)?,
                })
            })
            .map_err(reading)?;
        rows.collect::<Result<_, _>>().map_err(reading)
    }

    /// Puts a change into `capacity_changes`, in the place of an earlier one of the same series and day. Returns what
    /// should be looked at, in words.
    ///
    /// # Errors
    ///
    /// [`Error::Limits`] where it cannot be used, or where the series' values are no percentages (unless that is
    /// allowed); nothing is changed then.
    pub fn set_capacity_change(
        &self,
        change: &CapacityChange,
        beyond: BeyondObserved,
    ) -> Result<Option<String>, Error> {
        CapacityChanges::new([change])?;
        self.make_limits()?;
        let key = SeriesKey::new(change.host.as_str(), change.resource.as_str());
        let shares = if self.check_input().is_ok() {
            self.limit_shares(Day::MAX)?
        } else {
            Vec::new()
        };
        let found = shares.iter().find(|(other, _)| *other == key);
        let of = in_one_line(&key.to_string());
        if let Some((_, shares)) = found
            && !shares.is_percent_like()
            && beyond == BeyondObserved::Refuse
        {
            return Err(Error::Limits {
                cause: format!(
                    "values of {of} lie outside 0 to 100: they are no shares of a capacity, and stay what they are when \
                     it changes; give the new capacity by limits --capacity with --valid-from, or set the change all the \
                     same with --force"
                ),
            });
        }
        self.connection
            .execute(
                include_str!("../sql/set_capacity_change.sql"),
                params![
                    change.host,
                    change.resource,
                    Date(change.day),
                    change.from,
                    change.to
                ],
            )
            .map_err(Error::while_doing("setting a change of a capacity"))?;
        Ok(found
            .is_none()
            .then(|| format!("there is no series {of}; the change of its capacity waits for one")))
    }

    /// Takes the change of a series' capacity on a day out of `capacity_changes`; says whether there was one.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] where it cannot be removed.
    pub fn remove_capacity_change(&self, change: &CapacityChange) -> Result<bool, Error> {
        self.make_limits()?;
        let removed = self
            .connection
            .execute(
                "DELETE FROM capacity_changes WHERE host = ? AND resource = ? AND day = ?",
                params![change.host, change.resource, Date(change.day)],
            )
            .map_err(Error::while_doing("removing a change of a capacity"))?;
        Ok(removed > 0)
    }
}

/// One row of a file of limits, before its numbers are read.
#[derive(Debug)]
struct LimitTexts {
    host: Option<String>,
    resource: Option<String>,
    /// Floor, capacity, threshold.
    parts: [Option<String>; 3],
    valid_from: Option<String>,
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
            valid_from: day("valid_from", self.valid_from)?,
        })
    }
}

fn day(part: &str, text: Option<String>) -> Result<Option<Day>, String> {
    let Some(text) = text else {
        return Ok(None);
    };
    text.parse().map(Some).map_err(|_| {
        let text = in_one_line(&text);
        format!("column {part} holds `{text}`, which is no day; write it like 2026-03-01")
    })
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

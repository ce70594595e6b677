//! Rows of a Parquet file, which keeps its types.

use arrow::array::{Array, AsArray, RecordBatch};
use arrow::datatypes::{Date32Type, Float64Type, Int64Type};
use duckdb::Connection;
use fleetcast_intake::{
    Columns, DayCell, EachRow, Refusal, RowTable, TableStop, ValueCell, in_one_line,
};

use crate::files::{AS_IT_IS, quoted};
use crate::way_out::explained_of_file;

/// A Parquet file, read by way of the database.
pub(crate) struct ParquetRows {
    /// A connection of its own, so that rows can be read while others are kept.
    pub(crate) connection: Connection,
    /// What messages call the file.
    pub(crate) name: String,
    /// The file as `DuckDB` wants its name.
    pub(crate) location: String,
}

/// How a column's values come out of the query.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Whole,
    Day,
    Instant,
    Local,
    Number,
}

impl RowTable for ParquetRows {
    fn rows(&mut self, columns: &Columns, each: &mut EachRow<'_>) -> Result<(), TableStop> {
        let refuse = |cause: String| Refusal {
            file: self.name.clone(),
            cause,
        };
        let failed = |error: duckdb::Error| refuse(explained_of_file(&error));
        let known = self.columns().map_err(failed)?;
        let find = |name: &str| -> Result<&(String, String), Refusal> {
            let exact = known.iter().find(|(column, _)| column == name);
            let found = exact.or_else(|| {
                known
                    .iter()
                    .find(|(column, _)| column.eq_ignore_ascii_case(name))
            });
            found.ok_or_else(|| {
                let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
                refuse(format!(
                    "it has no column `{}`, only {}; name the right one with --host-column, --resource-column, \
                     --ds-column or --value-column (or give --host, --resource)",
                    in_one_line(name),
                    in_one_line(&names.join(", "))
                ))
            })
        };
        let mut selected = Vec::new();
        for name in columns.host.columns.iter().chain(&columns.resource.columns) {
            let (column, _) = find(name)?;
            selected.push(format!("{}::VARCHAR", quoted(column, '"')));
        }
        let (ds, ds_type) = find(columns.ds.as_deref().unwrap_or_default())?;
        let (value, value_type) = find(columns.value.as_deref().unwrap_or_default())?;
        let (day_sql, day_kind) = day_of(ds, ds_type).map_err(refuse)?;
        let (value_sql, value_kind) = value_of(value, value_type).map_err(refuse)?;
        selected.push(day_sql);
        selected.push(value_sql);
        let numbered: Vec<String> = selected
            .iter()
            .enumerate()
            .map(|(index, sql)| format!("{sql} AS c{index}"))
            .collect();
        let sql = format!(
            "SELECT {} FROM read_parquet(?, {AS_IT_IS})",
            numbered.join(", ")
        );
        let mut statement = self.connection.prepare(&sql).map_err(failed)?;
        let hosts = columns.host.columns.len();
        let names = hosts + columns.resource.columns.len();
        let mut row_number = 0;
        for batch in statement.stream_arrow([&self.location]).map_err(failed)? {
            let batch = batch.map_err(failed)?;
            let cells = Cells {
                batch: &batch,
                names,
                day_kind,
                value_kind,
            };
            let (mut host_parts, mut resource_parts) = (Vec::new(), Vec::new());
            for row in 0..batch.num_rows() {
                row_number += 1;
                host_parts.clear();
                host_parts.extend(columns.host.fixed.as_deref());
                resource_parts.clear();
                resource_parts.extend(columns.resource.fixed.as_deref());
                for index in 0..names {
                    let parts = if index < hosts {
                        &mut host_parts
                    } else {
                        &mut resource_parts
                    };
                    parts.push(cells.text(index, row).unwrap_or_default());
                }
                each(
                    &host_parts,
                    &resource_parts,
                    cells.day(row),
                    cells.value(row),
                    row_number,
                )?;
            }
        }
        Ok(())
    }
}

impl ParquetRows {
    fn columns(&self) -> Result<Vec<(String, String)>, duckdb::Error> {
        let sql = format!("DESCRIBE SELECT * FROM read_parquet(?, {AS_IT_IS})");
        let mut statement = self.connection.prepare(&sql)?;
        let columns =
            statement.query_map([&self.location], |row| Ok((row.get(0)?, row.get(1)?)))?;
        columns.collect()
    }
}

struct Cells<'a> {
    batch: &'a RecordBatch,
    names: usize,
    day_kind: Kind,
    value_kind: Kind,
}

impl<'a> Cells<'a> {
    fn column(&self, index: usize) -> &'a dyn Array {
        self.batch.column(index).as_ref()
    }

    fn text(&self, index: usize, row: usize) -> Option<&'a str> {
        let column = self.column(index).as_string_opt::<i32>()?;
        column.is_valid(row).then(|| column.value(row))
    }

    fn whole(&self, index: usize, row: usize) -> Option<i64> {
        let column = self.column(index).as_primitive_opt::<Int64Type>()?;
        column.is_valid(row).then(|| column.value(row))
    }

    fn day(&self, row: usize) -> DayCell<'a> {
        let index = self.names;
        match self.day_kind {
            Kind::Text | Kind::Number => self
                .text(index, row)
                .map_or(DayCell::Missing, DayCell::Text),
            Kind::Whole => self
                .whole(index, row)
                .map_or(DayCell::Missing, DayCell::Whole),
            Kind::Instant => self
                .whole(index, row)
                .map_or(DayCell::Missing, DayCell::Instant),
            Kind::Local => self
                .whole(index, row)
                .map_or(DayCell::Missing, DayCell::Local),
            Kind::Day => {
                let column = self.column(index).as_primitive_opt::<Date32Type>();
                let valid = column.filter(|column| column.is_valid(row));
                valid.map_or(DayCell::Missing, |column| DayCell::Day(column.value(row)))
            }
        }
    }

    fn value(&self, row: usize) -> ValueCell<'a> {
        let index = self.names + 1;
        if matches!(self.value_kind, Kind::Text) {
            return self
                .text(index, row)
                .map_or(ValueCell::Missing, ValueCell::Text);
        }
        let column = self.column(index).as_primitive_opt::<Float64Type>();
        let valid = column.filter(|column| column.is_valid(row));
        valid.map_or(ValueCell::Missing, |column| {
            ValueCell::Number(column.value(row))
        })
    }
}

const WHOLE: [&str; 8] = [
    "TINYINT",
    "SMALLINT",
    "INTEGER",
    "BIGINT",
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
];

fn day_of(column: &str, data_type: &str) -> Result<(String, Kind), String> {
    let name = quoted(column, '"');
    Ok(match data_type {
        "DATE" => (name, Kind::Day),
        // What is infinite has no day: told as text, so that the row can be named.
        "TIMESTAMP WITH TIME ZONE" => (format!("epoch_us({name})"), Kind::Instant),
        other if other.starts_with("TIMESTAMP") => {
            (format!("epoch_us({name}::TIMESTAMP)"), Kind::Local)
        }
        "VARCHAR" => (name, Kind::Text),
        other if WHOLE.contains(&other) => (format!("{name}::BIGINT"), Kind::Whole),
        "DOUBLE" | "FLOAT" => (format!("{name}::DECIMAL(30, 6)::VARCHAR"), Kind::Text),
        other if other.starts_with("DECIMAL(") || other.starts_with("ENUM(") => {
            (format!("{name}::VARCHAR"), Kind::Text)
        }
        other => {
            return Err(format!(
                "column {} is {other}, not a date or timestamp; name another with --ds-column",
                in_one_line(column)
            ));
        }
    })
}

fn value_of(column: &str, data_type: &str) -> Result<(String, Kind), String> {
    let name = quoted(column, '"');
    let is_number = matches!(data_type, "DOUBLE" | "FLOAT" | "HUGEINT" | "UHUGEINT")
        || WHOLE.contains(&data_type)
        || data_type.starts_with("DECIMAL(") && data_type.ends_with(')');
    match data_type {
        "VARCHAR" => Ok((name, Kind::Text)),
        other if other.starts_with("ENUM(") => Ok((format!("{name}::VARCHAR"), Kind::Text)),
        _ if is_number => Ok((format!("{name}::DOUBLE"), Kind::Number)),
        other => Err(format!(
            "column {} is {other}, not a number; name another with --value-column",
            in_one_line(column)
        )),
    }
}

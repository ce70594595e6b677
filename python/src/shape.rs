//! How a frame names its series and days, in and out.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Date32Array, RecordBatch, StringArray, make_array};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Schema};
use arrow::error::ArrowError;
use arrow::util::display::array_value_to_string;
use fleetcast::{Day, SeriesKey};

use crate::settings::Names;

/// A column of a frame: its name, its type, and where it stands.
#[derive(Debug, Clone)]
struct Column {
    name: String,
    kind: DataType,
    place: usize,
}

/// The columns of a frame that a fleet is read from, all of types that can be read.
///
/// Results have the same names, and the same types where a frame can be joined by them: whole numbers that name series,
/// and days.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    ids: Vec<Column>,
    time: Column,
    target: Column,
}

impl Shape {
    /// Finds the columns, and says which one is missing, or of a type that is no name, day or number.
    pub(crate) fn of(schema: &Schema, names: &Names) -> Result<Self, String> {
        let ids = names.ids.iter().map(|name| find(schema, name));
        let shape = Self {
            ids: ids.collect::<Result<_, _>>()?,
            time: find(schema, &names.time)?,
            target: find(schema, &names.target)?,
        };
        shape.ids.iter().try_for_each(check_id)?;
        check_time(&shape.time)?;
        let Column { name, kind, .. } = &shape.target;
        if !kind.is_numeric() {
            return Err(format!(
                "column `{name}` is {kind}, not a number; convert it, such as df[{name:?}].astype(float)"
            ));
        }
        Ok(shape)
    }

    /// Returns the name of the column of days.
    pub(crate) fn time(&self) -> &str {
        &self.time.name
    }

    /// Returns the name of the column of values.
    pub(crate) fn target(&self) -> &str {
        &self.target.name
    }

    /// Returns the columns that name a series, in words.
    pub(crate) fn id_names(&self) -> Vec<&str> {
        self.ids.iter().map(|id| id.name.as_str()).collect()
    }

    /// Returns a series' name as the frame has it.
    pub(crate) fn name_of(&self, key: &SeriesKey) -> String {
        match self.ids.len() {
            1 => key.host().to_owned(),
            _ => key.to_string(),
        }
    }

    /// Returns the rows of a batch as the shop reads them: host, resource, ds, utilization.
    pub(crate) fn rows(&self, batch: &RecordBatch) -> Result<RecordBatch, String> {
        let text = |column: &Column| {
            cast(batch.column(column.place), &DataType::Utf8)
                .map_err(|error| format!("column `{}`: {error}", column.name))
        };
        let host = text(&self.ids[0])?;
        // One name is a host whose resource is the name of what was measured.
        let resource: ArrayRef = match self.ids.get(1) {
            Some(column) => text(column)?,
            None => Arc::new(StringArray::from_iter_values(std::iter::repeat_n(
                self.target(),
                batch.num_rows(),
            ))),
        };
        let days = self.days(batch.column(self.time.place))?;
        let values = cast(batch.column(self.target.place), &DataType::Float64)
            .map_err(|error| format!("column `{}`: {error}", self.target.name))?;
        RecordBatch::try_from_iter([
            ("host", host),
            ("resource", resource),
            ("ds", days),
            ("utilization", values),
        ])
        .map_err(|error| error.to_string())
    }

    /// Days as dates, where all of them are whole days.
    fn days(&self, found: &ArrayRef) -> Result<ArrayRef, String> {
        days_of(&self.time.name, found)
    }

    /// Returns the columns that name the series of `keys`, a row a key.
    pub(crate) fn id_columns<'a>(
        &self,
        keys: impl Iterator<Item = &'a SeriesKey> + Clone,
    ) -> Result<Vec<(String, ArrayRef)>, ArrowError> {
        let parts: [fn(&SeriesKey) -> &str; 2] = [SeriesKey::host, SeriesKey::resource];
        let columns = self.ids.iter().zip(parts).map(|(id, part)| {
            let texts = StringArray::from_iter_values(keys.clone().map(part));
            Ok((id.name.clone(), id.typed(Arc::new(texts))?))
        });
        columns.collect()
    }

    /// Returns days in the type of the frame's own.
    pub(crate) fn time_column(
        &self,
        days: impl Iterator<Item = Day>,
    ) -> Result<ArrayRef, ArrowError> {
        let days = days.map(Day::epoch_days);
        let dates = Date32Array::from_iter_values(days);
        match &self.time.kind {
            DataType::Timestamp(unit, Some(_)) => {
                let instants = cast(&dates, &DataType::Timestamp(*unit, None))?;
                said_to_be(&instants, &self.time.kind)
            }
            kind => cast(&dates, kind),
        }
    }

    /// Returns a table of the contract under the frame's own names of series, without the run's number.
    pub(crate) fn relabelled(&self, table: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let schema = table.schema();
        let mut columns: Vec<(String, ArrayRef)> = Vec::with_capacity(table.num_columns());
        for (field, values) in schema.fields().iter().zip(table.columns()) {
            let id = match field.name().as_str() {
                "run_id" => continue,
                "host" => self.ids.first(),
                "resource" if self.ids.len() == 1 => continue,
                "resource" => self.ids.get(1),
                _ => None,
            };
            columns.push(match id {
                Some(id) => (id.name.clone(), id.typed(values.clone())?),
                None => (field.name().clone(), values.clone()),
            });
        }
        RecordBatch::try_from_iter(columns)
    }
}

impl Column {
    /// Names in the type they were read from, where they were whole numbers.
    fn typed(&self, texts: ArrayRef) -> Result<ArrayRef, ArrowError> {
        if self.kind.is_integer() {
            cast(&texts, &self.kind)
        } else {
            Ok(texts)
        }
    }
}

fn find(schema: &Schema, name: &str) -> Result<Column, String> {
    let place = schema.index_of(name).map_err(|_| {
        let fields = schema.fields().iter();
        let found: Vec<&str> = fields.map(|field| field.name().as_str()).collect();
        let found = if found.is_empty() {
            "none".to_owned()
        } else {
            found.join(", ")
        };
        format!("there is no column `{name}`, only {found}; rename it, or say id_col, time_col and target_col")
    })?;
    Ok(Column {
        name: name.to_owned(),
        kind: schema.field(place).data_type().clone(),
        place,
    })
}

fn check_id(column: &Column) -> Result<(), String> {
    let Column { name, kind, .. } = column;
    let inner = match kind {
        DataType::Dictionary(_, values) => values.as_ref(),
        other => other,
    };
    let is_text = matches!(
        inner,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View
    );
    if is_text || kind.is_integer() {
        return Ok(());
    }
    Err(format!(
        "column `{name}` is {kind}, and names a series; convert it to text, such as df[{name:?}].astype(str)"
    ))
}

fn check_time(column: &Column) -> Result<(), String> {
    let Column { name, kind, .. } = column;
    match kind {
        DataType::Date32 | DataType::Date64 | DataType::Timestamp(_, None) => Ok(()),
        DataType::Timestamp(_, Some(zone)) if is_utc(zone) => Ok(()),
        DataType::Timestamp(_, Some(zone)) => Err(format!(
            "column `{name}` has the time zone {zone}, and a day has none; \
             take the days as they are called there: df[{name:?}].dt.tz_localize(None).dt.normalize()"
        )),
        other => Err(format!(
            "column `{name}` is {other}, not a date or a timestamp; convert it, such as pd.to_datetime(df[{name:?}])"
        )),
    }
}

fn is_utc(zone: &str) -> bool {
    ["UTC", "Etc/UTC", "+00:00", "Z"].contains(&zone)
}

/// The same instants of UTC, said to have a zone or none.
fn said_to_be(instants: &ArrayRef, kind: &DataType) -> Result<ArrayRef, ArrowError> {
    let data = instants.to_data().into_builder().data_type(kind.clone());
    Ok(make_array(data.build()?))
}

/// Dates of a column of dates or timestamps, named `name`, where all are whole days.
pub(crate) fn days_of(name: &str, found: &ArrayRef) -> Result<ArrayRef, String> {
    let cannot = |error: ArrowError| format!("column `{name}`: {error}");
    let zoneless = match found.data_type() {
        DataType::Timestamp(unit, Some(_)) => {
            said_to_be(found, &DataType::Timestamp(*unit, None)).map_err(cannot)?
        }
        _ => found.clone(),
    };
    let dates = cast(&zoneless, &DataType::Date32).map_err(cannot)?;
    if *zoneless.data_type() != DataType::Date32 {
        let back = cast(&dates, zoneless.data_type()).map_err(cannot)?;
        let same = arrow::compute::kernels::cmp::not_distinct(&back, &zoneless).map_err(cannot)?;
        if let Some(row) = (0..same.len()).find(|row| !same.value(*row)) {
            let instant = array_value_to_string(&zoneless, row).map_err(cannot)?;
            return Err(format!(
                "column `{name}` has times of day ({instant}), and fleetcast takes one value a day; aggregate first: \
                 df.groupby([…, df[{name:?}].dt.normalize()]).mean()"
            ));
        }
    }
    Ok(dates)
}

//! What is known of hosts, and the tables of the groups they make.

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::DataType;
use arrow::error::ArrowError;
use arrow::ffi_stream::RecordBatchStreamReader;
use fleetcast::tables::{group_forecasts, group_outlook};
use fleetcast::{GroupTotals, Groups, Shop};

/// The tables of groups.
pub(crate) const OF_GROUPS: [&str; 2] = ["group_forecasts", "group_outlook"];

/// Reads a frame of attributes: rows of a host (in the column `host`), `key` and `value`, or a row a host with a column a key.
/// A null value says nothing.
pub(crate) fn read_attributes(
    frame: RecordBatchStreamReader,
    host: &str,
) -> Result<Groups, String> {
    let mut attributes: Vec<(String, String, String)> = Vec::new();
    for batch in frame {
        let batch = batch.map_err(|error| error.to_string())?;
        let text = |name: &str| -> Result<ArrayRef, String> {
            let column = batch.column_by_name(name).ok_or_else(|| {
                format!(
                    "attributes have no column `{name}`; give the columns {host}, key and value, or {host} and a column a key"
                )
            })?;
            cast(column, &DataType::Utf8)
                .map_err(|error| format!("attributes: column `{name}`: {error}"))
        };
        let hosts = text(host)?;
        let hosts = hosts.as_string::<i32>();
        let names: Vec<String> = batch
            .schema()
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        let has = |wanted: &str| names.iter().any(|name| name == wanted);
        if has("key") && has("value") {
            let (keys, values) = (text("key")?, text("value")?);
            let (keys, values) = (keys.as_string::<i32>(), values.as_string::<i32>());
            for row in 0..batch.num_rows() {
                if hosts.is_valid(row) && keys.is_valid(row) && values.is_valid(row) {
                    let texts = [hosts.value(row), keys.value(row), values.value(row)];
                    let [host, key, value] = texts.map(str::to_owned);
                    attributes.push((host, key, value));
                }
            }
            continue;
        }
        for key in names.iter().filter(|name| *name != host) {
            let values = text(key)?;
            let values = values.as_string::<i32>();
            let rows = 0..batch.num_rows();
            let known = rows.filter(|row| hosts.is_valid(*row) && values.is_valid(*row));
            attributes.extend(known.map(|row| {
                let (host, value) = (hosts.value(row), values.value(row));
                (host.to_owned(), key.clone(), value.to_owned())
            }));
        }
    }
    attributes.sort();
    attributes.dedup();
    let twice = attributes
        .windows(2)
        .find(|pair| (&pair[0].0, &pair[0].1) == (&pair[1].0, &pair[1].1));
    if let Some([one, other]) = twice {
        return Err(format!(
            "attributes say `{}` and `{}` in {} of {host} {}; leave one of them",
            one.2, other.2, one.1, one.0
        ));
    }
    Ok(Groups::of(attributes))
}

/// Makes the tables of groups.
pub(crate) fn group_tables(
    shop: &Shop,
    totals: &GroupTotals,
) -> Result<[(&'static str, RecordBatch); 2], ArrowError> {
    let written = shop.finish_groups(totals);
    let trained_through = shop.trained_through();
    let as_of = shop.split().as_of();
    let [forecasts, outlook] = OF_GROUPS;
    Ok([
        (forecasts, group_forecasts(0, trained_through, &written)?),
        (outlook, group_outlook(0, as_of, &written)?),
    ])
}

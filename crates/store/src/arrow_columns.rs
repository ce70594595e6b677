//! Typed columns of Arrow batches.

use arrow::array::{
    Array, ArrayRef, AsArray, Date32Array, Float32Array, Float64Array, ListArray, PrimitiveArray,
    StringArray, UInt32Array, UInt64Array,
};
use arrow::datatypes::ArrowPrimitiveType;
use arrow::record_batch::RecordBatch;

use crate::Error;

const ACTION: &str = "reading the database";

/// The column `name` of `batch`.
fn column<'a>(batch: &'a RecordBatch, name: &'static str) -> Result<&'a ArrayRef, Error> {
    batch
        .column_by_name(name)
        .ok_or_else(|| Error::columns(ACTION, format_args!("no column {name}")))
}

fn wrong_type(name: &'static str, array: &dyn Array) -> Error {
    let found = array.data_type();
    Error::columns(ACTION, format_args!("column {name} came as {found}"))
}

pub(crate) fn strings<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<&'a StringArray, Error> {
    let array = column(batch, name)?;
    array.as_string_opt().ok_or_else(|| wrong_type(name, array))
}

/// The places of series among those a query was about.
pub(crate) fn places(batch: &RecordBatch) -> Result<&UInt32Array, Error> {
    primitive(column(batch, "place")?, "place")
}

pub(crate) fn whole_numbers<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<&'a UInt64Array, Error> {
    primitive(column(batch, name)?, name)
}

pub(crate) fn lists<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<&'a ListArray, Error> {
    let array = column(batch, name)?;
    array.as_list_opt().ok_or_else(|| wrong_type(name, array))
}

pub(crate) fn days<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<&'a Date32Array, Error> {
    primitive(column(batch, name)?, name)
}

pub(crate) fn numbers<'a>(
    batch: &'a RecordBatch,
    name: &'static str,
) -> Result<&'a Float64Array, Error> {
    doubles(column(batch, name)?, name)
}

pub(crate) fn doubles<'a>(
    array: &'a ArrayRef,
    name: &'static str,
) -> Result<&'a Float64Array, Error> {
    primitive(array, name)
}

pub(crate) fn short_numbers<'a>(
    array: &'a ArrayRef,
    name: &'static str,
) -> Result<&'a Float32Array, Error> {
    primitive(array, name)
}

fn primitive<'a, T: ArrowPrimitiveType>(
    array: &'a ArrayRef,
    name: &'static str,
) -> Result<&'a PrimitiveArray<T>, Error> {
    array
        .as_primitive_opt()
        .ok_or_else(|| wrong_type(name, array))
}

//! Days in statements.

use fleetcast_core::Day;

/// A day, on its way into or out of a `DATE`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Date(pub(crate) Day);

impl duckdb::ToSql for Date {
    fn to_sql(&self) -> duckdb::Result<duckdb::types::ToSqlOutput<'_>> {
        let days = duckdb::types::Value::Date32(self.0.epoch_days());
        Ok(duckdb::types::ToSqlOutput::Owned(days))
    }
}

impl duckdb::types::FromSql for Date {
    fn column_result(value: duckdb::types::ValueRef<'_>) -> duckdb::types::FromSqlResult<Self> {
        let duckdb::types::ValueRef::Date32(days) = value else {
            return Err(duckdb::types::FromSqlError::InvalidType);
        };
        Day::from_epoch_days(i64::from(days))
            .map(Self)
            .map_err(|error| duckdb::types::FromSqlError::Other(Box::new(error)))
    }
}

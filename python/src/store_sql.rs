//! The store's own statements, for a connection of the user's.

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// Names a statement by its file.
macro_rules! statements {
    ($($name:literal),* $(,)?) => {
        [$(($name, include_str!(concat!("../../crates/store/sql/", $name, ".sql")))),*]
    };
}

/// Returns statements by the names of their files.
pub(crate) fn statements(py: Python<'_>) -> PyResult<Bound<'_, PyDict>> {
    let statements = PyDict::new(py);
    for (name, sql) in statements![
        "archive_golden_record",
        "archive_outlook",
        "behaviour_view",
        "data_summary",
        "effective_limits",
        "forget_golden_records",
        "forget_outlooks",
        "golden_as_of",
        "incumbents",
        "limit_rules",
        "limit_shares",
        "read_events",
        "standing_in",
        "tables",
    ] {
        statements.set_item(name, sql)?;
    }
    statements.set_item("views", views())?;
    Ok(statements)
}

/// The views, with the lead time and the share that they have in the store as well.
fn views() -> String {
    let lists =
        include_str!("../../crates/store/sql/outlook_lists.sql").replace("{lead_time}", "45");
    let views = include_str!("../../crates/store/sql/views.sql").replace("{outlook_lists}", &lists);
    let oversized = include_str!("../../crates/store/sql/oversized.sql").replace("{below}", "0.4");
    format!("{views}\nCREATE OR REPLACE VIEW oversized AS\n{oversized};")
}

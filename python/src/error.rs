//! Errors as Python sees them.

use std::fmt;

use pyo3::PyErr;
use pyo3::exceptions::PyValueError;

/// Returns the exception of something that cannot be done with what was given.
pub(crate) fn refused(error: impl fmt::Display) -> PyErr {
    PyValueError::new_err(error.to_string())
}

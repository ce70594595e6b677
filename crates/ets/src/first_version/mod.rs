//! The engine of the first version, kept as a reference.

mod engine;
mod gaps;

pub use engine::MstlEngine;

//! The engine of the first version, kept as a reference.

mod engine;

pub use engine::MstlEngine;

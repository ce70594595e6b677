//! x
mod base;
mod calendar;
mod error;
mod features;
mod history;
mod origin;
mod recipe;
mod sample;

pub use error::XgboostError;
pub use recipe::Workspace;
pub use sample::TrainingSample;

//! Many series on daily grids, solved with what they have in common.

mod changepoints;
mod design;
mod fit;
mod harmonics;
mod shared;
mod span;
mod window;

pub(crate) use changepoints::changepoint_rows;
pub(crate) use design::{Design, DesignSettings, WindowSums};
pub(crate) use fit::{Fitter, Model, ScaledSeries};
pub(crate) use harmonics::Harmonics;
pub(crate) use shared::{SharedDesigns, WindowDesign};
pub(crate) use span::{Span, YEARLY_FROM_DAYS};
pub(crate) use window::{Ahead, FoldBuffers, Window};

#[cfg(test)]
mod tests;

#![doc = include_str!("../README.md")]
#![expect(
    clippy::inline_always,
    reason = "code must be inlined into the function that has the instruction set to be compiled for it"
)]

mod cholesky;
mod growth;
mod lanes;
mod normal;
mod quantile;
mod reductions;

pub use cholesky::Cholesky;
pub use growth::{error_growth, fading_growth};
pub use lanes::{
    Instructions, Kernel, KernelOf, LANES, Lanes, Path, Portable, dispatch, vectorized,
};
pub use normal::normal_quantile;
pub use quantile::{conformal_rank, quantile_of_sorted};
pub use reductions::{
    AT_ONCE, STEPS, add_all_scaled, add_scaled, add_scaled_at_once, dot, each, padded, sum,
    sum_and_ramp, sum_lanes, sums_of_weekdays,
};

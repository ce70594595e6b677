//! The likelihood of a model and where it grows: sums of products over days, and normal equations.
//!
//! `observations`, `columns`, `products` and `normal_equations` serve fits of one series and fits side
//! by side. The others are the pass over one series, for library users: `chain` is the model, `block`
//! the days worked on at a time, `sensitivity` the derivatives, `gram` their products, `pass` all of it.

mod block;
mod chain;
mod columns;
mod gram;
mod normal_equations;
mod observations;
mod pass;
mod products;
mod sensitivity;

pub(crate) use columns::Columns;
pub(crate) use normal_equations::{NormalEquations, PARAMETERS};
pub(crate) use observations::{Errors, Observations};
pub(crate) use pass::Passes;
pub(crate) use products::{Column, Products};

//! Fits of one series that several windows need, made once.

use std::rc::Rc;

use fleetcast_core::{Failure, SeriesView};

use crate::fleet::{Ahead, SharedDesigns, Span};
use crate::tuned::members::{Member, Workspace};

/// The fits of one series that were made so far.
#[derive(Debug, Default)]
pub(crate) struct Fits(Vec<Made>);

#[cfg(test)]
impl Fits {
    /// Returns how many fits were made.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// A fit, and all it depends on.
#[derive(Debug)]
struct Made {
    span: Span,
    /// The values of the span, as bits: a missing day is like itself.
    values: Vec<u64>,
    yearly_orders: &'static [usize],
    ahead: Ahead,
    members: Rc<[Member]>,
}

/// What it takes to fit a series, and what was fitted already.
#[derive(Debug)]
pub(crate) struct Shared<'a> {
    pub(crate) workspace: &'a mut Workspace,
    pub(crate) designs: &'a SharedDesigns,
    pub(crate) made: &'a mut Fits,
}

impl Shared<'_> {
    /// Returns what [`Workspace::members`] returns, or what it has returned for the same days and values; their forecasts may reach
    /// further ahead than is asked for.
    #[inline(always)]
    pub(crate) fn members(
        &mut self,
        series: SeriesView<'_>,
        span: Span,
        yearly_orders: &'static [usize],
        ahead: Ahead,
    ) -> Result<Rc<[Member]>, Failure> {
        let values = span.values(series.values);
        let is_same = |made: &&Made| {
            made.span == span
                && made.yearly_orders == yearly_orders
                && made.ahead.skipped == ahead.skipped
                && made.ahead.horizon >= ahead.horizon
                && made
                    .values
                    .iter()
                    .zip(values)
                    .all(|(bits, value)| *bits == value.to_bits())
        };
        if let Some(made) = self.made.0.iter().find(is_same) {
            return Ok(Rc::clone(&made.members));
        }
        let Self {
            workspace, designs, ..
        } = self;
        let members = workspace.members(designs, series, span, yearly_orders, ahead)?;
        let members: Rc<[Member]> = members.into();
        self.made.0.push(Made {
            span,
            values: values.iter().map(|value| value.to_bits()).collect(),
            yearly_orders,
            ahead,
            members: Rc::clone(&members),
        });
        Ok(members)
    }
}

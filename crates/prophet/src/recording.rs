//! Sees the parameters an optimizer found, which the model keeps to itself.

use std::cell::RefCell;
use std::rc::Rc;

use augurs_prophet::Optimizer;
use augurs_prophet::optimizer::{Data, Error, InitialParams, OptimizeOpts, OptimizedParams};

/// What the optimizer found, empty until it has run.
pub(crate) type Recorded = Rc<RefCell<Option<OptimizedParams>>>;

/// An optimizer that leaves a copy of its answer in `recorded`.
#[derive(Debug)]
pub(crate) struct Recording<O> {
    pub(crate) optimizer: O,
    pub(crate) recorded: Recorded,
}

impl<O: Optimizer> Optimizer for Recording<O> {
    fn optimize(
        &self,
        init: &InitialParams,
        data: &Data,
        opts: &OptimizeOpts,
    ) -> Result<OptimizedParams, Error> {
        let found = self.optimizer.optimize(init, data, opts)?;
        self.recorded.replace(Some(found.clone()));
        Ok(found)
    }
}

//! Stands between the model and its optimizer: puts the features in a fixed order, and sees the
//! parameters, which the model keeps to itself.

use std::cell::RefCell;
use std::rc::Rc;

use augurs_prophet::optimizer::{Data, Error, InitialParams, OptimizeOpts, OptimizedParams};
use augurs_prophet::{Optimizer, PositiveFloat};

/// What the optimizer found, empty until it has run.
pub(crate) type Recorded = Rc<RefCell<Option<OptimizedParams>>>;

/// An optimizer that is always asked the same question for the same data, and leaves a copy of its
/// answer in `recorded`.
///
/// `augurs-prophet` keeps seasonalities in a hash map, so the columns of the feature matrix come in
/// another order in every process; the optimizer's path, and the last digits of its answer, would
/// follow. Here the columns are sorted by their content first, and the answer is put back.
#[derive(Debug)]
pub(crate) struct Recording<O> {
    pub(crate) optimizer: O,
    pub(crate) recorded: Recorded,
    /// The noise the search starts from, in scaled units; Prophet starts from 1.
    pub(crate) first_sigma: PositiveFloat,
}

impl<O: Optimizer> Optimizer for Recording<O> {
    fn optimize(
        &self,
        init: &InitialParams,
        data: &Data,
        opts: &OptimizeOpts,
    ) -> Result<OptimizedParams, Error> {
        let order = column_order(data);
        let sorted_init = InitialParams {
            beta: pick(&init.beta, &order),
            sigma_obs: self.first_sigma,
            ..init.clone()
        };
        let mut found = self
            .optimizer
            .optimize(&sorted_init, &with_columns(data, &order), opts)?;
        let mut beta = found.beta.clone();
        for (sorted, original) in found.beta.iter().zip(&order) {
            beta[*original] = *sorted;
        }
        found.beta = beta;
        self.recorded.replace(Some(found.clone()));
        Ok(found)
    }
}

/// The columns of the feature matrix in the order of their values, first day first.
fn column_order(data: &Data) -> Vec<usize> {
    let columns = data.sigmas.len();
    let column = |index: usize| data.X.iter().skip(index).step_by(columns);
    let mut order: Vec<usize> = (0..columns).collect();
    order.sort_by(|a, b| {
        let pairs = column(*a).zip(column(*b));
        pairs
            .map(|(a, b)| a.total_cmp(b))
            .find(|ordering| ordering.is_ne())
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    order
}

fn with_columns(data: &Data, order: &[usize]) -> Data {
    let rows = data.X.chunks(order.len().max(1));
    Data {
        X: rows
            .flat_map(|row| order.iter().map(|column| row[*column]))
            .collect(),
        s_a: pick(&data.s_a, order),
        s_m: pick(&data.s_m, order),
        sigmas: pick(&data.sigmas, order),
        ..data.clone()
    }
}

fn pick<T: Copy>(values: &[T], order: &[usize]) -> Vec<T> {
    order.iter().map(|index| values[*index]).collect()
}

#[cfg(test)]
mod tests {
    use augurs_prophet::TrendIndicator;

    use super::*;

    /// Answers with the first row of the features, and keeps what it was asked.
    #[derive(Debug, Default)]
    struct Echo {
        asked: RefCell<Vec<f64>>,
    }

    impl Optimizer for Echo {
        fn optimize(
            &self,
            init: &InitialParams,
            data: &Data,
            _: &OptimizeOpts,
        ) -> Result<OptimizedParams, Error> {
            self.asked.replace(data.X.clone());
            Ok(OptimizedParams {
                k: init.k,
                m: init.m,
                sigma_obs: init.sigma_obs,
                delta: init.delta.clone(),
                beta: data.X[..data.sigmas.len()].to_vec(),
                trend: Vec::new(),
            })
        }
    }

    fn asked_and_answered(columns: &[f64; 3]) -> (Vec<f64>, Vec<f64>) {
        let one = PositiveFloat::try_new(1.0).unwrap();
        let data = Data {
            T: 2,
            y: vec![0.0; 2],
            t: vec![0.0, 1.0],
            cap: vec![0.0; 2],
            S: 1,
            t_change: vec![0.0],
            trend_indicator: TrendIndicator::Linear,
            K: 3,
            s_a: vec![1; 3],
            s_m: vec![0; 3],
            X: columns.iter().chain(columns).copied().collect(),
            sigmas: vec![one; 3],
            tau: one,
        };
        let init = InitialParams {
            k: 0.0,
            m: 0.0,
            delta: vec![0.0],
            beta: vec![0.0; 3],
            sigma_obs: one,
        };
        let recording = Recording {
            optimizer: Echo::default(),
            recorded: Recorded::default(),
            first_sigma: one,
        };
        let answer = recording
            .optimize(&init, &data, &OptimizeOpts::default())
            .unwrap();
        assert_eq!(recording.recorded.take().unwrap().beta, answer.beta);
        (recording.optimizer.asked.take(), answer.beta)
    }

    #[test]
    fn the_question_does_not_depend_on_the_order_of_columns() {
        let (asked, answer) = asked_and_answered(&[3.0, 1.0, 2.0]);
        assert_eq!(asked, [1.0, 2.0, 3.0, 1.0, 2.0, 3.0]);
        assert_eq!(answer, [3.0, 1.0, 2.0]);
        let (asked_again, answer) = asked_and_answered(&[2.0, 3.0, 1.0]);
        assert_eq!(asked_again, asked);
        assert_eq!(answer, [2.0, 3.0, 1.0]);
    }
}

//! How a model is trained.

use crate::XgboostError;

/// What XGBoost is asked to do with a sample; [`Settings::default`] is what was found to forecast best.
///
/// Fields have XGBoost's own names. Trees are grown on histograms by absolute error, on one thread: several models may
/// be trained side by side instead.
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    /// Boosting rounds, one tree each (at least 1).
    pub rounds: u32,
    /// The share of each tree that is taken, above 0 and up to 1.
    pub eta: f64,
    /// Levels of a tree, at most (1 to 16).
    pub max_depth: u32,
    /// Rows that each leaf has, at least.
    pub min_child_weight: f64,
    /// The share of rows that each tree sees, above 0 and up to 1.
    pub subsample: f64,
    /// The share of features that each split may use, above 0 and up to 1.
    pub colsample_bynode: f64,
    /// The penalty on squared values of leaves, at least 0.
    pub lambda: f64,
    /// Bins that a feature is cut into (at least 2).
    pub max_bin: u32,
    /// The seeds of the boosters whose mean is the forecast, at least one.
    pub seeds: Vec<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rounds: 100,
            eta: 0.05,
            max_depth: 5,
            min_child_weight: 50.0,
            subsample: 0.5,
            colsample_bynode: 0.4,
            lambda: 5.0,
            max_bin: 64,
            seeds: vec![1, 2],
        }
    }
}

impl Settings {
    /// Makes sure that every setting lies in its range.
    pub(crate) fn check(&self) -> Result<(), XgboostError> {
        let share = |value: f64| value > 0.0 && value <= 1.0;
        let weight = |value: f64| value >= 0.0 && value.is_finite();
        let whole = |value: u32| f64::from(value);
        let expected = [
            ("rounds", whole(self.rounds), self.rounds >= 1, "at least 1"),
            ("eta", self.eta, share(self.eta), "above 0 and up to 1"),
            (
                "max_depth",
                whole(self.max_depth),
                (1..=16).contains(&self.max_depth),
                "1 to 16",
            ),
            (
                "min_child_weight",
                self.min_child_weight,
                weight(self.min_child_weight),
                "at least 0",
            ),
            (
                "subsample",
                self.subsample,
                share(self.subsample),
                "above 0 and up to 1",
            ),
            (
                "colsample_bynode",
                self.colsample_bynode,
                share(self.colsample_bynode),
                "above 0 and up to 1",
            ),
            ("lambda", self.lambda, weight(self.lambda), "at least 0"),
            (
                "max_bin",
                whole(self.max_bin),
                self.max_bin >= 2,
                "at least 2",
            ),
            (
                "seeds",
                self.seeds.len() as f64,
                !self.seeds.is_empty(),
                "at least one",
            ),
        ];
        let wrong = expected.into_iter().find(|(_, _, right, _)| !right);
        wrong.map_or(Ok(()), |(setting, value, _, expected)| {
            Err(XgboostError::Setting {
                setting,
                value: value.to_string(),
                expected,
            })
        })
    }

    /// Returns XGBoost's parameters for one seed.
    pub(crate) fn parameters(&self, seed: u32) -> Vec<(&'static str, String)> {
        let mut parameters = quiet();
        parameters.extend([
            ("objective", "reg:absoluteerror".to_owned()),
            ("tree_method", "hist".to_owned()),
            ("eta", self.eta.to_string()),
            ("max_depth", self.max_depth.to_string()),
            ("min_child_weight", self.min_child_weight.to_string()),
            ("subsample", self.subsample.to_string()),
            ("colsample_bynode", self.colsample_bynode.to_string()),
            ("lambda", self.lambda.to_string()),
            ("max_bin", self.max_bin.to_string()),
            ("seed", seed.to_string()),
        ]);
        parameters
    }
}

/// Returns the parameters that any use of a booster has: one thread, since more of them wait for each other spinning,
/// and no messages.
pub(crate) fn quiet() -> Vec<(&'static str, String)> {
    vec![
        ("nthread", "1".to_owned()),
        ("verbosity", "0".to_owned()),
        ("device", "cpu".to_owned()),
    ]
}

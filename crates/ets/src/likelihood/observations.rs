//! What passes read, and what they leave besides products of columns.

/// A series as the passes see it.
#[derive(Debug, Clone)]
pub(crate) struct Observations {
    /// Values, 0 where missing.
    pub(crate) y: Vec<f64>,
    /// 1 where observed, 0 where missing.
    pub(crate) observed: Vec<f64>,
    /// How many are observed.
    pub(crate) count: usize,
}

impl Observations {
    pub(crate) fn new(values: &[f64], scale: f64) -> Self {
        let observed: Vec<f64> = values
            .iter()
            .map(|value| f64::from(u8::from(!value.is_nan())))
            .collect();
        Self {
            y: values
                .iter()
                .map(|value| if value.is_nan() { 0.0 } else { value * scale })
                .collect(),
            count: values.iter().filter(|value| !value.is_nan()).count(),
            observed,
        }
    }

    pub(crate) fn has_gaps(&self) -> bool {
        self.count < self.y.len()
    }
}

/// What a pass found, apart from the products of columns.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Errors {
    /// Sum of squared errors, relative ones for multiplicative errors.
    pub(crate) sum_of_squares: f64,
    /// Σ ln ŷ over observed days, for multiplicative errors.
    pub(crate) sum_of_logs: f64,
    /// Whether the model can be evaluated here at all.
    pub(crate) possible: bool,
}

//! Sums over days of the products of columns, by whichever pass has made them.

/// A column: a base derivative by its lane, or a seasonal state by its day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Base(usize),
    Seasonal(usize),
}

/// Sums over days of the products of columns.
pub(crate) trait Products {
    /// Σ a · b over days.
    fn product(&self, a: Column, b: Column) -> f64;

    /// Σ of a relative derivative over days; for relative errors alone.
    fn sum(&self, column: Column) -> f64;
}

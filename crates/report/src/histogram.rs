//! How errors are distributed, as a small SVG.

use std::fmt::Write as _;

/// Upper bounds of the classes, in percent; the last class is open.
const BOUNDS: [f64; 9] = [1.0, 2.0, 3.0, 5.0, 7.5, 10.0, 15.0, 25.0, 50.0];

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;
/// Room for figures below and above the bars.
const FOOT: f64 = 40.0;
const HEAD: f64 = 16.0;

/// The share of series in each class of MAPE, for each model.
#[derive(Debug, Clone)]
pub(crate) struct Histogram {
    models: Vec<(String, [f64; BOUNDS.len() + 1])>,
}

impl Histogram {
    pub(crate) fn of(models: &[(String, Vec<f64>)]) -> Self {
        let models = models
            .iter()
            .map(|(name, errors)| {
                let mut shares = [0.0; BOUNDS.len() + 1];
                for error in errors {
                    shares[BOUNDS.iter().filter(|bound| error >= bound).count()] += 1.0;
                }
                let total = (errors.len() as f64).max(1.0);
                (name.clone(), shares.map(|count| count / total))
            })
            .collect();
        Self { models }
    }

    /// Bars side by side, a class a group; colours are the page's classes `m0`, `m1`, ….
    pub(crate) fn svg(&self) -> String {
        let classes = BOUNDS.len() + 1;
        let shares = self.models.iter().flat_map(|(_, shares)| shares);
        let tallest = shares.copied().fold(0.01, f64::max);
        let group_width = WIDTH / classes as f64;
        let bar_width = 0.8 * group_width / self.models.len().max(1) as f64;
        let mut svg = format!(
            "<svg class=\"histogram\" viewBox=\"0 0 {WIDTH} {}\" role=\"img\" \
             aria-label=\"Share of series by MAPE, a group of bars a class, a bar a model\">",
            HEIGHT + FOOT
        );
        for class in 0..classes {
            let left = class as f64 * group_width + 0.1 * group_width;
            for (model, (_, shares)) in self.models.iter().enumerate() {
                let height = shares[class] / tallest * (HEIGHT - HEAD);
                let x = left + model as f64 * bar_width;
                // Writing to a string cannot fail.
                let _ = write!(
                    svg,
                    "<rect class=\"m{model}\" x=\"{x:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{height:.1}\">\
                     <title>{:.1} %</title></rect>",
                    HEIGHT - height,
                    bar_width - 1.0,
                    100.0 * shares[class]
                );
            }
            let _ = write!(
                svg,
                "<text x=\"{:.1}\" y=\"{:.1}\">{}</text>",
                left + 0.4 * group_width,
                HEIGHT + 16.0,
                class_name(class)
            );
        }
        let _ = write!(
            svg,
            "<line x1=\"0\" x2=\"{WIDTH}\" y1=\"{HEIGHT}\" y2=\"{HEIGHT}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\">MAPE, percent</text></svg>",
            WIDTH / 2.0,
            HEIGHT + 36.0
        );
        svg
    }
}

fn class_name(class: usize) -> String {
    let below = class.checked_sub(1).map(|before| BOUNDS[before]);
    match (below, BOUNDS.get(class)) {
        (None, Some(bound)) => format!("&lt; {bound}"),
        (Some(before), Some(bound)) => format!("{before}–{bound}"),
        (Some(before), None) => format!("≥ {before}"),
        (None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_and_bars_are_as_many_as_classes() {
        let models = [
            ("a".to_owned(), vec![0.5, 1.0, 4.9, 1e9]),
            ("b".to_owned(), Vec::new()),
        ];
        let histogram = Histogram::of(&models);
        let shares = histogram.models[0].1;
        assert_eq!(
            (shares[0], shares[1], shares[3], shares[9]),
            (0.25, 0.25, 0.25, 0.25)
        );
        assert_eq!(histogram.svg().matches("<rect").count(), 2 * 10);
        assert!(!histogram.svg().contains("NaN"));
    }
}

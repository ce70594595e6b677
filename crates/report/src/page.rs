//! The page itself.

use minijinja::{AutoEscape, Environment, UndefinedBehavior, Value, context, value::Serde};

use crate::Report;
use crate::agenda::AgendaInWords;
use crate::champions::Champions;
use crate::data::page_data;
use crate::glance::Glance;
use crate::heat::Heat;
use crate::quality::Quality;

const TEMPLATE: &str = include_str!("../page/report.html");
const STYLE: &str = include_str!("../page/report.css");
const SCRIPT: &str = include_str!("../page/report.js");
const CHART_SCRIPT: &str = include_str!("../vendor/uPlot.iife.min.js");
const CHART_STYLE: &str = include_str!("../vendor/uPlot.min.css");

/// Rows of what has to be done that are shown before somebody asks for the others, and of the other two lists.
const SHOWN: usize = 8;
const SHOWN_OF_OTHERS: usize = 5;

/// Why there is no page: a defect of the template or its data, not of the report's.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// The template cannot be filled.
    #[error("cannot fill the report's template: {0}")]
    Template(#[from] minijinja::Error),
    /// The data cannot be written.
    #[error("cannot write the report's data: {0}")]
    Data(#[from] serde_json::Error),
}

/// The whole HTML page. The same report gives the same page.
///
/// # Errors
///
/// [`RenderError`] where the template is broken.
pub fn render(report: &Report) -> Result<String, RenderError> {
    let mut environment = Environment::new();
    // Hosts are named by users: whatever the template prints is escaped.
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("one", |value: f64| format!("{value:.1}"));
    environment.add_filter("thousands", thousands);
    environment.add_filter("percent_of", |part: u64, whole: u64| {
        format!("{:.1}", 100.0 * part as f64 / whole.max(1) as f64)
    });
    environment.add_filter("fragment", fragment);
    environment.add_template("report.html", TEMPLATE)?;

    let facts = &report.facts;
    let split = &facts.split;
    let hosts: std::collections::HashSet<&str> =
        report.series.iter().map(|one| one.key.host()).collect();
    let page = environment.get_template("report.html")?.render(context! {
        facts => context! {
            run => facts.run,
            database => facts.database.as_str(),
            started_at => facts.started_at.as_str(),
            version => facts.version.as_str(),
            data_fingerprint => facts.data_fingerprint.as_str(),
            config => facts.config.as_str(),
            group => facts.group.as_deref(),
            sustained => facts.sustained.split_once('/').unwrap_or((&facts.sustained, "")),
            level => 100.0 * facts.interval_level,
            stages => Serde(&facts.stages),
            hosts => hosts.len(),
            as_of => split.as_of().to_string(),
            training => [split.training().first().to_string(), split.training().last().to_string()],
            backtest => [split.backtest().first().to_string(), split.backtest().last().to_string()],
            chosen => (split.chosen_as_of() != split.as_of()).then(|| split.chosen_as_of().to_string()),
            future => [split.future().first().to_string(), split.future().last().to_string()],
            horizon => split.future().len(),
        },
        agenda => report.agenda.as_ref().map(|agenda| Serde(AgendaInWords::of(agenda, split.as_of()))),
        heats => report.agenda.as_ref().map(|agenda| Serde(Heat::of(&report.groupings, &report.series, agenda))),
        shown => SHOWN,
        shown_of_others => SHOWN_OF_OTHERS,
        glance => Serde(Glance::of(&report.series, split.future().len())),
        champions => Serde(Champions::of(&report.series)),
        quality => Serde(Quality::of(&report.issues, &report.series)),
        data => page_data(report)?,
        style => STYLE,
        script => SCRIPT,
        chart_style => CHART_STYLE,
        chart_script => CHART_SCRIPT,
    })?;
    Ok(page)
}

/// The number with its thousands set apart.
#[expect(
    clippy::needless_pass_by_value,
    reason = "filters of the template engine take values"
)]
fn thousands(value: Value) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// The text as a value of the page's address after `#`.
fn fragment(text: &str) -> String {
    use std::fmt::Write as _;
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            // Writing to a string cannot fail.
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

//! The scores, summed up.

use duckdb::Row;

use crate::accuracy::bootstrap::{Cell, bootstrap};
use crate::accuracy::contenders::{BLEND_WITHOUT, WINNER_WITHOUT};
use crate::accuracy::peers::Peers;
use crate::error::Error;
use crate::progress::Reporter;
use crate::scratch::Scratch;
use crate::text_table::{right_aligned, table};

/// A table of the report: what it shows, its query, its headings.
type Section = (&'static str, &'static str, &'static [&'static str]);

const SECTIONS: [Section; 3] = [
    (
        "the days after each origin, by contender; MASE and better against prophet_default, which \
         is Prophet as it comes",
        include_str!("../../sql/accuracy/contenders.sql"),
        &[
            "contender",
            "MASE",
            "ratio",
            "better %",
            "+-",
            "MAPE %",
            "WAPE %",
            "bias",
            "80 % holds",
            "95 % holds",
            "width",
            "pinball",
        ],
    ),
    (
        "the winner by promotion margin",
        include_str!("../../sql/accuracy/margins.sql"),
        &["margin %", "MASE", "ratio", "challenger wins %"],
    ),
    (
        "the winner by trust",
        include_str!("../../sql/accuracy/trust.sql"),
        &["trust", "forecasts", "WAPE %", "MASE", "80 % holds"],
    ),
];

/// The tables on outlooks.
const OUTLOOK_SECTIONS: [Section; 3] = [
    (
        "whether thresholds are reached within the horizon, by method",
        include_str!("../../sql/accuracy/outlook_methods.sql"),
        &[
            "method",
            "Brier",
            "skill",
            "AUC",
            "right %",
            "found %",
            "warned %",
            "false %",
            "late days",
            "off days",
        ],
    ),
    (
        "the outlook by what it said",
        include_str!("../../sql/accuracy/outlook_reliability.sql"),
        &["said", "questions", "said %", "came %", "apart"],
    ),
    (
        "the outlook by threshold, and by horizon",
        include_str!("../../sql/accuracy/outlook_questions.sql"),
        &[
            "question",
            "questions",
            "came %",
            "said %",
            "Brier",
            "line's Brier",
            "ratio",
            "AUC",
        ],
    ),
];

/// The tables by behaviour.
const BEHAVIOUR_SECTIONS: [Section; 2] = [
    (
        "the winner by how series behave, beside itself with regimes off and Prophet as it comes; holds: the 80 % interval",
        include_str!("../../sql/accuracy/behaviours.sql"),
        &[
            "behaviour",
            "forecasts",
            "Prophet",
            "MASE, off",
            "MASE",
            "ratio",
            "holds, off",
            "holds",
            "width, off",
            "width",
        ],
    ),
    (
        "the same by how many days before the origin the break was",
        include_str!("../../sql/accuracy/breaks.sql"),
        &[
            "behaviour",
            "days",
            "forecasts",
            "Prophet",
            "MASE, off",
            "MASE",
            "ratio",
            "holds, off",
            "holds",
            "width, off",
            "width",
        ],
    ),
];

/// The table on totals of groups.
const GROUP_SECTIONS: [Section; 1] = [(
    "totals of groups drawn at random, by their members; beside the interval of the total (80 %) the sum of the members' \
     bounds (alike), and bounds as if members were independent",
    include_str!("../../sql/accuracy/groups.sql"),
    &[
        "members",
        "totals",
        "MASE",
        "80 % holds",
        "95 % holds",
        "alike",
        "independent",
        "width",
        "alike",
        "independent",
    ],
)];

/// Prints how totals of groups did.
pub(crate) fn print_groups(
    scratch: &Scratch,
    origins: usize,
    reporter: Reporter,
) -> Result<(), Error> {
    print_sections(&GROUP_SECTIONS, scratch, reporter, || {
        format!("{origins} origins")
    })?;
    let sql = "SELECT \"group\" || ' ' || resource, as_of::VARCHAR, coverage_80 FROM accuracy_groups ORDER BY ALL";
    let covered = scratch.rows(sql, [], |row| {
        Ok(Cell {
            unit: row.get(0)?,
            origin: row.get(1)?,
            value: row.get(2)?,
        })
    })?;
    if let Some([low, high]) = bootstrap(&covered) {
        reporter.say(format_args!(
            "80 % intervals hold {:.1} to {:.1} % of the days with nine in ten (bootstrap over groups and origins)",
            100.0 * low,
            100.0 * high
        ));
    }
    Ok(())
}

/// Prints how forecasts did by behaviour.
pub(crate) fn print_behaviours(
    scratch: &Scratch,
    origins: usize,
    reporter: Reporter,
) -> Result<(), Error> {
    print_sections(&BEHAVIOUR_SECTIONS, scratch, reporter, || {
        format!("{origins} origins")
    })
}

/// Prints how outlooks did.
pub(crate) fn print_outlook(
    scratch: &Scratch,
    origins: usize,
    questions: usize,
    reporter: Reporter,
) -> Result<(), Error> {
    print_sections(&OUTLOOK_SECTIONS, scratch, reporter, || {
        format!("{questions} questions, {origins} origins")
    })
}

fn print_sections(
    sections: &[Section],
    scratch: &Scratch,
    reporter: Reporter,
    of: impl Fn() -> String,
) -> Result<(), Error> {
    for (caption, sql, headings) in sections {
        let mut shown = table(headings);
        for row in scratch.rows(sql, [], |row| cells(row, headings.len()))? {
            shown.add_row(row);
        }
        reporter.say("");
        reporter.say(format_args!("{caption} ({}):", of()));
        reporter.say(right_aligned(shown, 1));
    }
    Ok(())
}

pub(crate) fn print(
    scratch: &Scratch,
    origins: usize,
    peers: &Peers,
    reporter: Reporter,
) -> Result<(), Error> {
    print_sections(&SECTIONS, scratch, reporter, || {
        format!("{origins} origins")
    })?;
    for name in peers.names() {
        let sql = include_str!("../../sql/accuracy/covered.sql");
        let counts: Vec<(u64, u64)> =
            scratch.rows(sql, [name], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let (covered, all) = counts.first().copied().unwrap_or_default();
        reporter.say(format_args!(
            "{name} covers {covered} of {all} forecasts; it is held against the others on those"
        ));
    }
    Ok(())
}

/// Prints what engines beside champion and challenger changed: the geometric mean of how errors with them are beside those
/// without, and where it lies with nine in ten.
pub(crate) fn print_gain(scratch: &Scratch, reporter: Reporter) -> Result<(), Error> {
    for (with, without) in [("winner", WINNER_WITHOUT), ("blend", BLEND_WITHOUT)] {
        let sql = include_str!("../../sql/accuracy/gain.sql");
        let ratios = scratch.rows(sql, [with, without], |row| {
            Ok(Cell {
                unit: row.get(0)?,
                origin: row.get(1)?,
                value: row.get(2)?,
            })
        })?;
        let mean = ratios.iter().map(|cell| cell.value).sum::<f64>() / ratios.len() as f64;
        if let Some([low, high]) = bootstrap(&ratios) {
            reporter.say(format_args!(
                "{with}: errors {:.3} of those without it, {:.3} to {:.3} with nine in ten (geometric means; bootstrap over \
                 hosts and origins)",
                mean.exp(),
                low.exp(),
                high.exp()
            ));
        }
    }
    Ok(())
}

fn cells(row: &Row<'_>, columns: usize) -> duckdb::Result<Vec<String>> {
    (0..columns)
        .map(|index| {
            let cell: Option<String> = row.get(index)?;
            Ok(cell.unwrap_or_else(|| "-".to_owned()))
        })
        .collect()
}

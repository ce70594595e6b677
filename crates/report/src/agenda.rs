//! What a planner has to do now, in words a planner uses.

use fleetcast_core::{Day, SeriesKey};
use serde::Serialize;

/// Days that outlooks look back on for since when a series is over, the last one not counted.
pub const LOOKED_BACK: i32 = 132;

/// What has to be done, what is new, and what somebody should look at.
#[derive(Debug, Clone, Default)]
pub struct Agenda {
    /// Days it takes to replace or extend something.
    pub lead_time: u32,
    /// Full lately, or likely full before it can be replaced; the most urgent first.
    pub act: Vec<Task>,
    /// What may be full, on grounds that somebody should look at.
    pub look: Vec<Task>,
    /// Full for long, and not filling up further.
    pub plateaus: Vec<Task>,
    /// How many of them all somebody knows about already: these stand on no list.
    pub acknowledged: usize,
    /// The run that the news are compared with, and the last day of its data; `None` where there is none.
    pub since: Option<(i64, Day)>,
    /// What is another than in that run.
    pub news: Vec<News>,
}

/// A series that somebody has to do with.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// The series.
    pub key: SeriesKey,
    /// Whether it is over its threshold.
    pub is_over: bool,
    /// The probability that it is full before it can be replaced, 0 to 1.
    pub p_lead: Option<f64>,
    /// The days by which it is full with a probability of 10 %, 50 % and 90 %.
    pub full_on: [Option<Day>; 3],
    /// The growth in 30 days, in the series' unit.
    pub growth: Option<f64>,
    /// How much has to be added, in the series' unit; of a percentage, in percent of what there is.
    pub to_order: Option<f64>,
    /// Whether it is measured in percent of its capacity.
    pub is_percent: bool,
    /// Since when it is over, or else since when outlooks have named it.
    pub since: Option<Day>,
    /// How far its forecast can be trusted.
    pub trust: Option<String>,
    /// What there is to doubt.
    pub doubt: Option<String>,
}

/// How the outlook of a series is another than it was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct News {
    /// The host.
    pub host: String,
    /// The resource.
    pub resource: String,
    /// What happened.
    pub what: String,
    /// What is said now.
    pub now: String,
    /// What was said before.
    pub before: String,
}

/// A task as it stands in a table: a text a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskInWords {
    /// The host.
    pub host: String,
    /// The resource.
    pub resource: String,
    /// The day by which it is full as likely as not, and the range in which it is in 8 of 10 cases.
    pub when: String,
    /// How likely it is full before it can be replaced, in percent.
    pub likely: String,
    /// The growth of a month.
    pub growth: String,
    /// How much to order.
    pub to_order: String,
    /// Since when.
    pub since: String,
    /// What there is to doubt; empty where there is nothing.
    pub doubt: String,
}

/// Rows of one list that the page has at most.
const MOST: usize = 200;

/// A list as the page's template has it.
#[derive(Debug, Clone, Serialize)]
struct Listed<T> {
    count: usize,
    rows: Vec<T>,
}

impl<T> Listed<T> {
    fn of<F>(all: &[F], words: impl Fn(&F) -> T) -> Self {
        Self {
            count: all.len(),
            rows: all.iter().take(MOST).map(words).collect(),
        }
    }
}

/// The agenda as the page's template has it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct AgendaInWords {
    lead_time: u32,
    act: Listed<TaskInWords>,
    look: Listed<TaskInWords>,
    plateaus: Listed<TaskInWords>,
    acknowledged: usize,
    since: Option<(i64, String)>,
    news: Listed<News>,
}

impl AgendaInWords {
    pub(crate) fn of(agenda: &Agenda, as_of: Day) -> Self {
        let words = |tasks: &[Task]| Listed::of(tasks, |task| task.in_words(as_of));
        Self {
            lead_time: agenda.lead_time,
            act: words(&agenda.act),
            look: words(&agenda.look),
            plateaus: words(&agenda.plateaus),
            acknowledged: agenda.acknowledged,
            since: agenda.since.map(|(run, day)| (run, day.to_string())),
            news: Listed::of(&agenda.news, News::clone),
        }
    }
}

impl Task {
    /// The task in words; days without their year where they lie within a year of `as_of`.
    #[must_use]
    pub fn in_words(&self, as_of: Day) -> TaskInWords {
        let nothing = || "–".to_owned();
        TaskInWords {
            host: self.key.host().to_owned(),
            resource: self.key.resource().to_owned(),
            when: if self.is_over {
                "already".to_owned()
            } else {
                range(self.full_on, as_of)
            },
            likely: if self.is_over {
                nothing()
            } else {
                self.p_lead.map_or_else(nothing, percent)
            },
            growth: self.growth.map_or_else(nothing, signed),
            to_order: match self.to_order {
                Some(amount) if amount > 0.0 && self.is_percent => {
                    format!("{} %", rounded(amount))
                }
                Some(amount) if amount > 0.0 => figure(amount),
                _ => nothing(),
            },
            since: self.since.map_or_else(nothing, |since| {
                // Outlooks look at no earlier days.
                let is_first = self.is_over && as_of.days_since(since) >= LOOKED_BACK;
                let sign = if is_first { "≤ " } else { "" };
                format!("{sign}{}", day_and_month(since, as_of))
            }),
            doubt: self.doubt.clone().unwrap_or_default(),
        }
    }
}

/// The days by which something happens in 1, 5 and 9 of 10 cases, in words.
fn range([earliest, median, latest]: [Option<Day>; 3], as_of: Day) -> String {
    let word = |day: Day| day_and_month(day, as_of);
    let around = match (earliest, latest) {
        (Some(earliest), Some(latest)) if earliest == latest => String::new(),
        (Some(earliest), Some(latest)) => format!("{} – {}", word(earliest), word(latest)),
        (Some(earliest), None) => format!("from {}", word(earliest)),
        _ => String::new(),
    };
    match (median, around.is_empty()) {
        (Some(median), true) => word(median),
        (Some(median), false) => format!("{} ({around})", word(median)),
        (None, true) => "–".to_owned(),
        (None, false) => around,
    }
}

/// Returns a probability in whole percent: what is certain by its figures is not certain.
#[must_use]
pub fn percent(p: f64) -> String {
    match 100.0 * p {
        p if p > 99.0 => ">99 %".to_owned(),
        p if p < 1.0 => "<1 %".to_owned(),
        p => format!("{p:.0} %"),
    }
}

/// A figure with as many digits as anybody orders by: whole from 10 on, else one behind the point.
fn rounded(value: f64) -> String {
    let text = if value.abs() >= 9.95 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    };
    // Nothing is neither more nor less.
    if text.trim_start_matches('-') == "0.0" {
        "0".to_owned()
    } else {
        text
    }
}

/// Returns a change with its sign, rounded as people order.
#[must_use]
pub fn signed(value: f64) -> String {
    let text = rounded(value);
    if text == "0" || text.starts_with('-') {
        text
    } else {
        format!("+{text}")
    }
}

/// The number as people read it: whole where it is large, else with three digits.
#[must_use]
pub fn figure(value: f64) -> String {
    if value.abs() >= 1000.0 {
        return format!("{value:.0}");
    }
    let rounded: f64 = format!("{value:.2e}").parse().unwrap_or(value);
    rounded.to_string()
}

/// The day as `3 Jan`, with its year where that day is more than a year from `as_of`.
#[must_use]
pub fn day_and_month(day: Day, as_of: Day) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let iso = day.to_string();
    let mut parts = iso.rsplit('-');
    let (date, month) = (parts.next(), parts.next());
    let name = month
        .and_then(|month| month.parse::<usize>().ok())
        .and_then(|month| MONTHS.get(month.checked_sub(1)?));
    match (date.and_then(|date| date.parse::<u8>().ok()), name) {
        (Some(date), Some(name)) if day.days_since(as_of).abs() < 365 => format!("{date} {name}"),
        _ => iso,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn task() -> Task {
        Task {
            key: SeriesKey::new("web-01", "disk"),
            is_over: false,
            p_lead: Some(0.834),
            full_on: ["2026-01-03", "2026-01-20", "2026-02-14"].map(|text| Some(day(text))),
            growth: Some(1.086),
            to_order: Some(9.17),
            is_percent: true,
            since: Some(day("2025-11-30")),
            trust: Some("B".to_owned()),
            doubt: None,
        }
    }

    #[test]
    fn a_task_is_what_a_planner_reads() {
        let as_of = day("2025-12-31");
        let words = task().in_words(as_of);
        assert_eq!(words.when, "20 Jan (3 Jan – 14 Feb)");
        assert_eq!(
            [&words.likely, &words.growth, &words.to_order, &words.since],
            ["83 %", "+1.1", "9.2 %", "30 Nov"]
        );
        let words = Task {
            full_on: [Some(day("2026-01-03")), Some(day("2026-05-20")), None],
            p_lead: Some(0.9999),
            growth: Some(-0.04),
            to_order: Some(1234.56),
            is_percent: false,
            since: Some(day("2024-03-01")),
            ..task()
        }
        .in_words(as_of);
        assert_eq!(words.when, "20 May (from 3 Jan)");
        assert_eq!(
            [&words.likely, &words.growth, &words.to_order, &words.since],
            [">99 %", "0", "1235", "2024-03-01"]
        );
        let words = Task {
            is_over: true,
            growth: None,
            to_order: Some(0.0),
            since: None,
            ..task()
        }
        .in_words(as_of);
        assert_eq!(
            [
                &words.when,
                &words.likely,
                &words.growth,
                &words.to_order,
                &words.since
            ],
            ["already", "–", "–", "–", "–"]
        );
    }

    #[test]
    fn ranges_say_no_more_than_is_known() {
        let as_of = day("2025-12-31");
        let (first, last) = (Some(day("2026-01-03")), Some(day("2026-03-01")));
        for (days, expected) in [
            ([first, first, first], "3 Jan"),
            ([first, None, None], "from 3 Jan"),
            ([None, None, None], "–"),
            ([None, first, last], "3 Jan"),
        ] {
            assert_eq!(range(days, as_of), expected);
        }
    }
}

//! What was wrong with the data.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::Issue;

/// Series named as examples of an issue.
const EXAMPLES: usize = 5;

/// Series without a forecast that are named.
const NAMED: usize = 200;

/// Issues by code, and who has no forecast.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Quality {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) without_forecast: Vec<WithoutForecast>,
    /// How many more there are than are named.
    pub(crate) more_without_forecast: usize,
}

/// One kind of issue.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Kind {
    pub(crate) severity: String,
    pub(crate) code: String,
    pub(crate) series: usize,
    /// Host and resource of the first few.
    pub(crate) examples: Vec<(String, String)>,
}

/// One series without a forecast.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct WithoutForecast {
    pub(crate) host: String,
    pub(crate) resource: String,
    pub(crate) why: String,
}

impl Quality {
    pub(crate) fn of(issues: &[Issue], series: &[crate::Series]) -> Self {
        let mut codes: BTreeMap<(u8, &str, &str), Vec<&Issue>> = BTreeMap::new();
        for issue in issues {
            let weight = match issue.severity.as_str() {
                "error" => 0,
                "warning" => 1,
                _ => 2,
            };
            codes
                .entry((weight, &issue.severity, &issue.code))
                .or_default()
                .push(issue);
        }
        let kinds = codes
            .into_iter()
            .map(|((_, severity, code), mut issues)| {
                issues.sort_by(|a, b| a.key.cmp(&b.key));
                issues.dedup_by(|a, b| a.key == b.key);
                let examples = issues.iter().take(EXAMPLES);
                Kind {
                    severity: severity.to_owned(),
                    code: code.replace('_', " "),
                    series: issues.len(),
                    examples: examples
                        .map(|issue| (issue.key.host().to_owned(), issue.key.resource().to_owned()))
                        .collect(),
                }
            })
            .collect();

        let errors = issues.iter().filter(|issue| issue.severity == "error");
        let why: BTreeMap<_, _> = errors.map(|issue| (&issue.key, &issue.message)).collect();
        let mut without: Vec<&crate::Series> =
            series.iter().filter(|one| one.outlook.is_none()).collect();
        without.sort_by(|a, b| a.key.cmp(&b.key));
        Self {
            kinds,
            more_without_forecast: without.len().saturating_sub(NAMED),
            without_forecast: without
                .into_iter()
                .take(NAMED)
                .map(|one| WithoutForecast {
                    host: one.key.host().to_owned(),
                    resource: one.key.resource().to_owned(),
                    why: why.get(&one.key).map_or_else(
                        || "not part of the run".to_owned(),
                        |message| (*message).clone(),
                    ),
                })
                .collect(),
        }
    }
}

//! The tables fleetcast makes: names and definitions.

use std::fmt;

use fleetcast_core::Stage;

/// All definitions, each under a line `-- table: NAME`.
const DEFINITIONS: &str = include_str!("../sql/tables.sql");

/// What stands between the last column and the columns of a key.
const BEFORE_KEY: &str = ",\n    PRIMARY KEY (";

/// The version of the definitions in `sql/tables.sql`.
pub(crate) const SCHEMA_VERSION: i64 = 12;

/// A table fleetcast makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Table {
    /// The daily utilisation: the input.
    ProcessedData,
    /// Floors, capacities and thresholds: an input, too.
    ResourceLimits,
    /// Capacities that changed, of resources that are percentages: an input as well.
    CapacityChanges,
    /// What is known of hosts, such as their site: an input, too.
    HostAttributes,
    /// Days on which something is known to happen: an input as well.
    Events,
    /// Behaviour labels of a demo fleet.
    DemoLabels,
    /// The version of the tables.
    FleetcastSchema,
    /// One row a run.
    Runs,
    /// The champion's forecasts.
    ProphetForecasts,
    /// The champion's forecasts from origins inside the training window.
    ProphetInnerForecasts,
    /// Fingerprints of what the champion was asked.
    ProphetInputs,
    /// The challenger's forecasts.
    ChallengerForecasts,
    /// The challenger's forecasts from origins inside the training window.
    ChallengerInnerForecasts,
    /// Fingerprints of what the challenger was asked.
    ChallengerInputs,
    /// The forecasts of XGBoost beside the challenger.
    XgboostForecasts,
    /// The forecasts of XGBoost from origins inside the training window.
    XgboostInnerForecasts,
    /// Fingerprints of what XGBoost was asked.
    XgboostInputs,
    /// Models of a whole fleet.
    Models,
    /// One row a series, contender and origin.
    BacktestScores,
    /// One row a series: who won, and why.
    ModelLeaderboard,
    /// What the golden record's intervals are made from.
    IntervalCalibration,
    /// The judge's own forecasts: the blend, or seasonal naive.
    JudgeForecasts,
    /// The golden record.
    Forecasts,
    /// The golden records of earlier runs.
    ForecastsHistory,
    /// What golden models forecast in the past, and how wrong it was.
    PastForecasts,
    /// Outlooks whose future is known.
    OutlookCalibration,
    /// When each series reaches its threshold, and how surely.
    CapacityOutlook,
    /// The outlooks of earlier runs.
    OutlookHistory,
    /// The forecasts of groups of hosts.
    GroupForecasts,
    /// When groups of hosts reach their thresholds, and how surely.
    GroupOutlook,
    /// What was wrong with a series, or was repaired.
    SeriesIssues,
    /// Last days of series that were not complete when they were imported.
    UnfinishedDays,
    /// Days on which a series had several values for one instant.
    RepeatedInstants,
    /// How days were written, where rows had to decide.
    InferredDayFormat,
    /// Series that somebody knows about, and until when.
    Acknowledged,
}

impl Table {
    /// The tables every run writes.
    pub(crate) const RESULTS: [Self; 24] = [
        Self::Runs,
        Self::ProphetForecasts,
        Self::ProphetInnerForecasts,
        Self::ProphetInputs,
        Self::ChallengerForecasts,
        Self::ChallengerInnerForecasts,
        Self::ChallengerInputs,
        Self::XgboostForecasts,
        Self::XgboostInnerForecasts,
        Self::XgboostInputs,
        Self::Models,
        Self::BacktestScores,
        Self::ModelLeaderboard,
        Self::IntervalCalibration,
        Self::JudgeForecasts,
        Self::Forecasts,
        Self::ForecastsHistory,
        Self::PastForecasts,
        Self::OutlookCalibration,
        Self::CapacityOutlook,
        Self::OutlookHistory,
        Self::GroupForecasts,
        Self::GroupOutlook,
        Self::SeriesIssues,
    ];

    /// The tables that imports and people write beside `processed_data`.
    pub(crate) const NOTES: [Self; 7] = [
        Self::CapacityChanges,
        Self::HostAttributes,
        Self::Events,
        Self::UnfinishedDays,
        Self::RepeatedInstants,
        Self::InferredDayFormat,
        Self::Acknowledged,
    ];

    /// Every table that fleetcast makes and that is none of the user's to make: `processed_data` may be a view.
    pub(crate) fn all_made() -> impl Iterator<Item = Self> {
        let inputs = [
            Self::ResourceLimits,
            Self::DemoLabels,
            Self::FleetcastSchema,
        ];
        let results = Self::RESULTS.into_iter();
        results.chain(Self::NOTES).chain(inputs)
    }

    /// The name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ProcessedData => "processed_data",
            Self::ResourceLimits => "resource_limits",
            Self::CapacityChanges => "capacity_changes",
            Self::HostAttributes => "host_attributes",
            Self::Events => "events",
            Self::DemoLabels => "demo_labels",
            Self::FleetcastSchema => "fleetcast_schema",
            Self::Runs => "runs",
            Self::ProphetForecasts => "prophet_forecasts",
            Self::ProphetInnerForecasts => "prophet_inner_forecasts",
            Self::ProphetInputs => "prophet_inputs",
            Self::ChallengerForecasts => "challenger_forecasts",
            Self::ChallengerInnerForecasts => "challenger_inner_forecasts",
            Self::ChallengerInputs => "challenger_inputs",
            Self::XgboostForecasts => "xgboost_forecasts",
            Self::XgboostInnerForecasts => "xgboost_inner_forecasts",
            Self::XgboostInputs => "xgboost_inputs",
            Self::Models => "models",
            Self::BacktestScores => "backtest_scores",
            Self::ModelLeaderboard => "model_leaderboard",
            Self::IntervalCalibration => "interval_calibration",
            Self::JudgeForecasts => "judge_forecasts",
            Self::Forecasts => "forecasts",
            Self::ForecastsHistory => "forecasts_history",
            Self::PastForecasts => "past_forecasts",
            Self::OutlookCalibration => "outlook_calibration",
            Self::CapacityOutlook => "capacity_outlook",
            Self::OutlookHistory => "outlook_history",
            Self::GroupForecasts => "group_forecasts",
            Self::GroupOutlook => "group_outlook",
            Self::SeriesIssues => "series_issues",
            Self::UnfinishedDays => "unfinished_days",
            Self::RepeatedInstants => "repeated_instants",
            Self::InferredDayFormat => "inferred_day_format",
            Self::Acknowledged => "acknowledged",
        }
    }

    /// The name of the copy a stage fills before it takes the table's place.
    #[must_use]
    pub fn draft_name(self) -> String {
        format!("draft_{self}")
    }

    /// The statement that makes the table under `name`.
    pub(crate) fn definition(self, name: &str) -> String {
        self.template().replace("{table}", name)
    }

    /// The statement that makes it without its key: an index of many rows is made at once in half the
    /// time it takes to grow row by row.
    pub(crate) fn definition_without_key(self, name: &str) -> String {
        let definition = self.definition(name);
        match self.key() {
            Some(key) => definition.replace(&format!("{BEFORE_KEY}{key})"), ""),
            None => definition,
        }
    }

    /// The columns of its primary key, where that stands on a line of its own.
    pub(crate) fn key(self) -> Option<&'static str> {
        let (_, key) = self.template().split_once(BEFORE_KEY)?;
        key.split_once(')').map(|(columns, _)| columns)
    }

    /// The columns it is made with, in their order.
    pub(crate) fn columns(self) -> impl Iterator<Item = &'static str> {
        let lines = self
            .template()
            .lines()
            .filter_map(|line| line.strip_prefix("    "));
        lines.filter_map(|line| {
            let name = line.split_whitespace().next()?.trim_matches('"');
            let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            name.chars().all(is_name).then_some(name)
        })
    }

    fn template(self) -> &'static str {
        let heading = format!("-- table: {self}\n");
        DEFINITIONS.split_once(&heading).map_or("", |(_, rest)| {
            rest.split("-- table: ").next().unwrap_or(rest)
        })
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The tables an engine's stage fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EngineTables {
    /// The stage.
    pub stage: Stage,
    /// The forecasts of the backtest and of the future.
    pub forecasts: Table,
    /// The forecasts from origins inside the training window.
    pub inner: Table,
    /// Fingerprints of what it was asked.
    pub inputs: Table,
}

impl EngineTables {
    /// The champion's.
    pub const PROPHET: Self = Self {
        stage: Stage::Prophet,
        forecasts: Table::ProphetForecasts,
        inner: Table::ProphetInnerForecasts,
        inputs: Table::ProphetInputs,
    };

    /// The challenger's.
    pub const CHALLENGER: Self = Self {
        stage: Stage::Challenger,
        forecasts: Table::ChallengerForecasts,
        inner: Table::ChallengerInnerForecasts,
        inputs: Table::ChallengerInputs,
    };

    /// The tables of XGBoost beside the challenger.
    pub const XGBOOST: Self = Self {
        stage: Stage::Xgboost,
        forecasts: Table::XgboostForecasts,
        inner: Table::XgboostInnerForecasts,
        inputs: Table::XgboostInputs,
    };

    /// Returns the three tables.
    #[must_use]
    pub fn all(self) -> [Table; 3] {
        [self.forecasts, self.inner, self.inputs]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_has_one_definition() {
        let all = [
            Table::ProcessedData,
            Table::ResourceLimits,
            Table::DemoLabels,
            Table::FleetcastSchema,
        ];
        for table in all.into_iter().chain(Table::RESULTS).chain(Table::NOTES) {
            let definition = table.definition("some_name");
            assert_eq!(definition.matches("CREATE TABLE").count(), 1, "{table}");
            assert!(definition.contains("IF NOT EXISTS some_name ("), "{table}");
            let without_key = table.definition_without_key("some_name");
            assert!(!without_key.contains("\n    PRIMARY KEY"), "{table}");
            assert_eq!(without_key == definition, table.key().is_none(), "{table}");
        }
        assert_eq!(Table::Forecasts.key(), Some("host, resource, ds"));
        let columns: Vec<&str> = Table::FleetcastSchema.columns().collect();
        assert_eq!(columns, ["version"]);
        assert_eq!(Table::CapacityOutlook.columns().count(), 28);
        assert_eq!(Table::Forecasts.columns().last(), Some("trained_through"));
        // A group has the columns of a series, and says who it is.
        let of_group = |group: Table, series: Table, more: &[&'static str]| {
            let of_series = series
                .columns()
                .filter(|column| !["host", "resource"].contains(column));
            let expected = ["key", "value", "resource"]
                .into_iter()
                .chain(more.iter().copied());
            let mut expected: Vec<&str> = expected.chain(of_series).collect();
            let mut found: Vec<&str> = group.columns().collect();
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "{group}");
        };
        of_group(Table::GroupForecasts, Table::Forecasts, &[]);
        of_group(
            Table::GroupOutlook,
            Table::CapacityOutlook,
            &["members", "size"],
        );
    }
}

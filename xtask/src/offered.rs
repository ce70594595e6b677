//! Which settings each command's help offers: those that do something there. The others are taken all the same, so that
//! a script may give every command the same ones.

use clap::Command;

use crate::settings::CommonFlags;

/// Settings of whatever opens a database.
const OPENING: &[&str] = &["config", "db", "wait", "threads", "memory", "log_format"];

/// Settings that decide what a run is, and so whose work a stage goes on with.
const RUNNING: &[&str] = &[
    "as_of",
    "train_months",
    "backtest_months",
    "horizon_days",
    "no_refit",
    "regimes",
    "select_every",
    "holidays",
    "prophet_mode",
    "challenger",
    "contenders",
    "metric",
    "promotion_margin",
    "golden",
    "interval_level",
    "keep_records",
    "sustained",
    "keep_last_day",
    "force",
];

/// The settings that do something in a command, in any order.
fn offered_in(command: &str) -> Vec<&'static str> {
    let (own, opens, runs): (&[&str], bool, bool) = match command {
        "run-all" => (
            &[
                "fresh",
                "metrics",
                "publish",
                "json",
                "quiet",
                "allow_views",
            ],
            true,
            true,
        ),
        "prophet" | "challenger" | "xgboost" => (&["fresh", "quiet", "allow_views"], true, true),
        "judge" => (&["quiet", "allow_views"], true, true),
        "write" => (
            &["metrics", "publish", "json", "quiet", "allow_views"],
            true,
            true,
        ),
        "accuracy" => (
            &["quiet", "threads", "memory", "config", "log_format"],
            false,
            true,
        ),
        "limits" => (&["force", "keep_last_day", "quiet"], true, false),
        "import" | "export" => (&["quiet"], true, false),
        "import-attributes" => (&["json", "quiet", "force"], true, false),
        "forget" | "rename" | "demo" => (&["quiet", "allow_views"], true, false),
        "backup" | "restore" => (&["force", "quiet"], true, false),
        "report" => (&["force", "quiet", "allow_views"], true, false),
        "changes" | "acknowledge" | "oversized" => (&["json", "quiet", "allow_views"], true, false),
        "status" => (&["json", "keep_last_day", "allow_views"], true, false),
        "what-if" => (&["force", "quiet", "allow_views"], true, true),
        "top" | "groups" => (&["json", "allow_views"], true, false),
        "events" => (
            &[
                "json",
                "quiet",
                "force",
                "allow_views",
                "holidays",
                "as_of",
                "keep_last_day",
            ],
            true,
            false,
        ),
        "show" => (&["allow_views"], true, false),
        _ => (&[], false, false),
    };
    let mut offered = own.to_vec();
    if opens {
        offered.extend(OPENING);
    }
    if runs {
        offered.extend(RUNNING);
    }
    // Series are cut off where the futures of a measurement begin, and nothing of it is kept.
    offered.retain(|name| command != "accuracy" || !["as_of", "keep_records"].contains(name));
    offered
}

/// The command line whose commands' help has the settings that do something there, and no others.
pub(crate) fn with_own_settings(command: Command) -> Command {
    let settings: Vec<clap::Arg> = command
        .get_arguments()
        .filter(|flag| CommonFlags::NAMES.contains(&flag.get_id().as_str()))
        .cloned()
        .collect();
    let names: Vec<String> = command
        .get_subcommands()
        .map(|subcommand| subcommand.get_name().to_owned())
        .collect();
    names.into_iter().fold(command, |command, name| {
        let offered = offered_in(&name);
        let hidden = settings
            .iter()
            .filter(|flag| !offered.contains(&flag.get_id().as_str()))
            .map(|flag| flag.clone().hide(true));
        // What a command has already does not come to it from above.
        command.mut_subcommand(&name, |subcommand| subcommand.args(hidden))
    })
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::cli::Cli;

    fn help_of(name: &str) -> String {
        let mut command = with_own_settings(Cli::command());
        command.build();
        let subcommand = command.find_subcommand_mut(name).unwrap();
        subcommand.render_long_help().to_string()
    }

    #[test]
    fn help_has_the_flags_that_do_something() {
        for (name, offered, others) in [
            ("run-all", vec!["--fresh", "--metric", "--db"], vec![]),
            (
                "show",
                vec!["--db", "--wait"],
                vec!["--metric ", "--fresh", "--json", "--as-of"],
            ),
            (
                "top",
                vec!["--json", "--lead-time", "--rows"],
                vec!["--quiet", "--golden"],
            ),
            (
                "import",
                vec!["--quiet", "--agg"],
                vec!["--sustained", "--publish"],
            ),
            (
                "accuracy",
                vec!["--horizon-days", "--peer"],
                vec!["--db", "--as-of", "--publish"],
            ),
            ("completions", vec![], vec!["--db", "--quiet"]),
        ] {
            let help = help_of(name);
            for flag in offered {
                assert!(help.contains(flag), "{name} lacks {flag}: {help}");
            }
            for flag in others {
                assert!(!help.contains(flag), "{name} offers {flag}: {help}");
            }
        }
    }

    #[test]
    fn every_setting_is_offered_somewhere_and_every_command_is_known() {
        let command = Cli::command();
        let mut offered: Vec<&str> = Vec::new();
        for subcommand in command.get_subcommands() {
            let here = offered_in(subcommand.get_name());
            let is_known = !here.is_empty() || subcommand.get_name() == "completions";
            assert!(is_known, "{}", subcommand.get_name());
            for name in &here {
                assert!(CommonFlags::NAMES.contains(name), "{name}");
            }
            offered.extend(here);
        }
        for name in CommonFlags::NAMES {
            assert!(offered.contains(name), "{name}");
        }
    }

    #[test]
    fn what_is_not_offered_is_taken() {
        let command = with_own_settings(Cli::command());
        let line = [
            "xtask", "show", "web-01", "--metric", "wape", "--db", "x.duckdb",
        ];
        let matches = command.try_get_matches_from(line).unwrap();
        let (_, show) = matches.subcommand().unwrap();
        assert!(show.get_one::<std::path::PathBuf>("db").is_some());
    }
}

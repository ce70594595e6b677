//! Which program runs: hints name the command they were called by.

use std::borrow::Cow;
use std::sync::OnceLock;

use clap::Command;
use clap::builder::BoolishValueParser;

use crate::offered::with_own_settings;
use crate::settings::CommonFlags;

/// What texts call the program, wherever it runs.
const IN_TEXTS: &str = "cargo xtask";

/// Settings' names in the environment begin with it.
const IN_ENVIRONMENT: &str = "FLEETCAST_";

static RUNNING: OnceLock<Program> = OnceLock::new();

/// A program with fleetcast's command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `cargo xtask`, from the source checkout.
    Xtask,
    /// `fleetcast`, installed.
    Fleetcast,
}

impl Program {
    /// How it is called.
    fn call(self) -> &'static str {
        match self {
            Self::Xtask => IN_TEXTS,
            Self::Fleetcast => "fleetcast",
        }
    }

    /// The name of its file.
    pub(crate) fn file_name(self) -> &'static str {
        match self {
            Self::Xtask => "xtask",
            Self::Fleetcast => "fleetcast",
        }
    }

    /// Lets texts call it by its name from here on.
    pub(crate) fn is_running(self) {
        // Whoever came first has said so.
        let _ = RUNNING.set(self);
    }

    /// The command line under this program's name, its settings in the environment, too.
    pub(crate) fn named(self, command: Command) -> Command {
        let command = self
            .renamed(command)
            .bin_name(self.call())
            .name(self.call());
        let command = command.mut_args(|flag| {
            if !CommonFlags::NAMES.contains(&flag.get_id().as_str()) {
                return flag;
            }
            let is_switch = flag
                .get_value_names()
                .is_some_and(|names| names.iter().any(|name| name.as_str() == "BOOL"));
            let name = in_environment(flag.get_id().as_str());
            // A variable that is empty says nothing.
            let is_set = std::env::var_os(&name).is_some_and(|value| !value.is_empty());
            let flag = if is_set {
                flag.env(name).hide_env(true)
            } else {
                flag
            };
            if is_switch {
                flag.value_parser(BoolishValueParser::new())
            } else {
                flag
            }
        });
        with_own_settings(command)
    }

    fn renamed(self, command: Command) -> Command {
        let text = |text: &clap::builder::StyledStr| self.in_words(&text.to_string()).into_owned();
        let mut command = command;
        if let Some(help) = command.get_after_help().map(text) {
            command = command.after_help(help);
        }
        if let Some(help) = command.get_about().map(text) {
            command = command.about(help);
        }
        let names: Vec<String> = command
            .get_subcommands()
            .map(|subcommand| subcommand.get_name().to_owned())
            .collect();
        names.into_iter().fold(command, |command, name| {
            command.mut_subcommand(name, |subcommand| self.renamed(subcommand))
        })
    }

    /// The text with the program's own name.
    fn in_words(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::Xtask => Cow::Owned(text.to_owned()),
            Self::Fleetcast => Cow::Owned(text.replace(IN_TEXTS, self.call())),
        }
    }
}

/// The variable in which a setting may stand.
fn in_environment(setting: &str) -> String {
    format!("{IN_ENVIRONMENT}{}", setting.to_uppercase())
}

/// The library of the challenger `xgboost` stands in the environment alone.
const XGBOOST: &str = "FLEETCAST_XGBOOST";

/// Variables that look like settings and are none.
pub(crate) fn unknown_in_environment() -> Vec<String> {
    let known: Vec<String> = CommonFlags::NAMES
        .iter()
        .map(|name| in_environment(name))
        .collect();
    let mut unknown: Vec<String> = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with(IN_ENVIRONMENT) && name != XGBOOST && !known.contains(name))
        .collect();
    unknown.sort();
    unknown
}

/// The text with the name of the program that runs.
pub(crate) fn by_its_name(text: &str) -> Cow<'_, str> {
    match RUNNING.get() {
        Some(Program::Fleetcast) if text.contains(IN_TEXTS) => {
            Cow::Owned(text.replace(IN_TEXTS, Program::Fleetcast.call()))
        }
        _ => Cow::Borrowed(text),
    }
}

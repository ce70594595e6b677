//! The configuration file.

use std::path::Path;

use crate::cli::{DemoFlags, ImportFlags};
use crate::error::Error;
use crate::settings::CommonFlags;

const DEFAULT_CONFIG: &str = "fleetcast.toml";

/// A configuration file: common flags at the top, those of `demo` and `import` in tables of their
/// own.
#[derive(Debug, Default)]
pub(crate) struct ConfigFile {
    pub(crate) common: CommonFlags,
    pub(crate) demo: DemoFlags,
    pub(crate) import: ImportFlags,
}

impl ConfigFile {
    /// Reads the file asked for, or `fleetcast.toml` where it exists.
    pub(crate) fn read(asked_for: Option<&Path>) -> Result<Self, Error> {
        let path = asked_for.unwrap_or(Path::new(DEFAULT_CONFIG));
        if asked_for.is_none() && !path.exists() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(path).map_err(|source| Error::ConfigFile {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(|error| {
            let message = error.message().replace('\n', ", ");
            let line = error
                .span()
                .map(|span| text[..span.start].matches('\n').count() + 1);
            let place = line.map_or_else(String::new, |line| format!(" (line {line})"));
            Error::ConfigSyntax {
                path: path.to_owned(),
                cause: format!("{message}{place}"),
            }
        })
    }

    fn parse(text: &str) -> Result<Self, toml::de::Error> {
        let mut table: toml::Table = text.parse()?;
        let mut section = |name| {
            let empty = || toml::Value::Table(toml::Table::new());
            table.remove(name).unwrap_or_else(empty)
        };
        Ok(Self {
            demo: section("demo").try_into()?,
            import: section("import").try_into()?,
            common: toml::Value::Table(table).try_into()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use fleetcast_core::Refit;
    use fleetcast_ets::ChallengerKind;
    use fleetcast_prophet::Mode;

    use fleetcast_pipeline::Reuse;

    use super::*;
    use crate::settings::Settings;

    #[test]
    fn every_flag_can_stand_in_the_file() {
        let file = ConfigFile::parse(
            "db = 'x.duckdb'\nas-of = 2025-06-30\ntrain-months = 24\nbacktest-months = 6\n\
             horizon-days = 90\nno-refit = true\nregimes = 'off'\nprophet-mode = 'exact'\nchallenger = 'mstl_ets'\npromotion-margin = 10\nsustained = '5/7'\nthreads = 3\nmemory = '4GB'\nfresh = true\nkeep-last-day = true\nforce = true\nquiet = true\n\
             [demo]\nhosts = 7\nmonths = 24\nseed = 5\n\
             [import]\nhost-column = 'server'\nresource = 'cpu'\nds-column = 'ts'\n\
             value-column = 'y'\nagg = 'p95'\n",
        )
        .unwrap();
        let settings = Settings::resolve(file.common).unwrap();
        assert_eq!(settings.db, PathBuf::from("x.duckdb"));
        assert_eq!(settings.shop.refit, Refit::Never);
        assert_eq!(settings.shop.regimes.as_str(), "off");
        assert_eq!(settings.shop.prophet_mode, Mode::Exact);
        assert_eq!(settings.shop.sustained.to_string(), "5/7");
        assert_eq!(settings.shop.challenger, ChallengerKind::MstlEts);
        assert_eq!(settings.config["challenger"]["engine"], "mstl_ets");
        assert_eq!(settings.threads, 3);
        assert_eq!(settings.reuse, Reuse::Nothing);
        assert_eq!(settings.memory, Some("4GB".parse().unwrap()));
        let split = settings.split("2025-12-31".parse().unwrap()).unwrap();
        assert_eq!(split.as_of().to_string(), "2025-06-30");
        assert_eq!(split.origin().to_string(), "2024-12-30");
        assert_eq!(split.future().len(), 90);
        assert_eq!(file.demo.hosts, Some(7));
        assert_eq!(file.import.resource.as_deref(), Some("cpu"));
    }

    #[test]
    fn the_command_line_wins() {
        let file = ConfigFile::parse("threads = 3\ntrain-months = 24").unwrap();
        let flags = CommonFlags {
            threads: Some(1),
            ..CommonFlags::default()
        };
        let both = flags.or(file.common);
        assert_eq!((both.threads, both.train_months), (Some(1), Some(24)));
    }

    #[test]
    fn unknown_keys_are_errors() {
        for (text, named) in [
            ("treads = 3", "treads"),
            ("[demo]\nhost = 3", "host"),
            ("[import]\ncolumn = 'x'", "column"),
            ("[judge]\nmargin = 3", "judge"),
            ("as-of = 'yesterday'", "yesterday"),
            ("sustained = 'often'", "often"),
        ] {
            let error = ConfigFile::parse(text).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
    }

    #[test]
    fn settings_out_of_range_are_named() {
        let resolve = |change: fn(&mut CommonFlags)| {
            let mut flags = CommonFlags::default();
            change(&mut flags);
            Settings::resolve(flags).unwrap_err().to_string()
        };
        assert!(resolve(|flags| flags.threads = Some(0)).contains("--threads 0"));
        assert!(resolve(|flags| flags.horizon_days = Some(0)).contains("horizon of 0 days"));
        assert!(resolve(|flags| flags.promotion_margin = Some(100.0)).contains("100 %"));
    }
}

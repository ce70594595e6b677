//! `forget` and `rename`: what should not be there, and what goes by another name now.

use fleetcast_store::Forget;

use crate::cli::{ForgetFlags, RenameFlags};
use crate::error::Error;
use crate::progress::Reporter;
use crate::settings::Settings;

pub(crate) fn forget(settings: &Settings, flags: &ForgetFlags) -> Result<(), Error> {
    let what = Forget {
        host: flags.host.clone(),
        resource: flags.resource.clone(),
        after: flags.after,
        before: flags.before,
    };
    if what == Forget::default() {
        return Err(Error::Setting(
            "forgetting everything is not what this is for; say what with --host, --resource, --after or --before"
                .to_owned(),
        ));
    }
    let store = settings.open(false)?;
    let forgotten = store.forget(&what, flags.dry_run)?;
    store.finish()?;
    let reporter = Reporter::new(settings.quiet);
    let Some((first, last)) = forgotten.days else {
        reporter.say("no row fits; nothing was forgotten");
        return Ok(());
    };
    let verb = if flags.dry_run {
        "would forget"
    } else {
        "forgot"
    };
    let gone = match forgotten.series_gone {
        0 => String::new(),
        series => format!("; nothing is left of {series} series, and their results go with them"),
    };
    reporter.say(format_args!(
        "{verb} {} rows of {} series, {first} to {last}{gone}",
        forgotten.rows, forgotten.series
    ));
    if !flags.dry_run {
        reporter.say(format_args!(
            "next: cargo xtask run-all --db {}",
            settings.db.display()
        ));
    }
    Ok(())
}

pub(crate) fn rename(settings: &Settings, flags: &RenameFlags) -> Result<(), Error> {
    if flags.from == flags.to {
        return Err(Error::Setting(format!(
            "`{}` is both the old and the new name; give two",
            flags.from
        )));
    }
    let store = settings.open(false)?;
    let renamed = store.rename_host(&flags.from, &flags.to)?;
    store.finish()?;
    if renamed.rows == 0 && renamed.days_of_both == 0 {
        return Err(Error::Setting(format!(
            "no host `{}` in the data; look for its name with `cargo xtask limits`",
            flags.from
        )));
    }
    let reporter = Reporter::new(settings.quiet);
    reporter.say(format_args!(
        "{} rows of {} are rows of {} now",
        renamed.rows, flags.from, flags.to
    ));
    if renamed.days_of_both > 0 {
        reporter.say(format_args!(
            "{} days stood under both names: those of {} were kept",
            renamed.days_of_both, flags.to
        ));
    }
    reporter.say(format_args!(
        "next: cargo xtask run-all --db {}",
        settings.db.display()
    ));
    Ok(())
}

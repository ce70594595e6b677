//! `import-attributes`: what is known of hosts, read from a file.

use fleetcast_store::{AttributeSummary, Others};
use serde_json::json;

use crate::cli::AttributeFlags;
use crate::error::Error;
use crate::output;
use crate::progress::Reporter;
use crate::settings::Settings;

pub(crate) fn import(settings: &Settings, flags: &AttributeFlags) -> Result<(), Error> {
    let store = settings.open_with_files(true)?;
    let mut attributes = Vec::new();
    for file in &flags.files {
        attributes.extend(store.read_attributes_file(file)?);
    }
    let others = if flags.replace {
        Others::Remove
    } else {
        Others::Keep
    };
    let summary = store.set_attributes(&attributes, others)?;
    store.finish()?;
    let AttributeSummary {
        hosts,
        keys,
        without_data,
        unknown,
    } = summary;
    if settings.json {
        output::line(json!({
            "read": attributes.len(),
            "hosts": hosts,
            "keys": keys,
            "hosts_without_data": without_data,
            "hosts_without_attributes": unknown,
        }));
        return Ok(());
    }
    let reporter = Reporter::new(settings.quiet);
    reporter.say(format_args!(
        "read {} attributes into {}: {hosts} hosts have some, under {keys} {}",
        attributes.len(),
        settings.db.display(),
        if keys == 1 { "key" } else { "keys" },
    ));
    for (count, what) in [
        (without_data, "of these hosts have no data"),
        (unknown, "hosts with data have no attributes"),
    ] {
        if count > 0 {
            reporter.say(format_args!("{count} {what}"));
        }
    }
    Ok(())
}

//! `import-attributes`: what is known of hosts, read from a file.

use fleetcast_pipeline::OnCollapse;
use fleetcast_store::{AttributeSummary, Others, Table};
use serde_json::json;

use crate::cli::AttributeFlags;
use crate::error::Error;
use crate::output;
use crate::progress::Reporter;
use crate::settings::Settings;
use crate::text_table::{counted, have};

pub(crate) fn import(settings: &Settings, flags: &AttributeFlags) -> Result<(), Error> {
    let store = settings.open_with_files(true)?;
    let mut attributes = Vec::new();
    for file in &flags.files {
        attributes.extend(store.read_attributes_file(file)?);
    }
    if flags.replace && attributes.is_empty() && settings.on_collapse == OnCollapse::Refuse {
        return Err(Error::Setting(
            "there is nothing in what was read, and --replace would remove all that is known of hosts; give a file with rows, or \
             --force"
                .to_owned(),
        ));
    }
    let others = if flags.replace {
        Others::Remove
    } else {
        Others::Keep
    };
    let summary = store.set_attributes(&attributes, others)?;
    let has_groups = store.count_rows(Table::CapacityOutlook)? > 0;
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
        "read {} into {}: {} some, under {}",
        counted(attributes.len() as u64, "attribute"),
        settings.db.display(),
        have(hosts, "host"),
        counted(keys, "key"),
    ));
    for (count, of, what) in [
        (without_data, "of the hosts with attributes", "data"),
        (unknown, "of the hosts with data", "attributes"),
    ] {
        if count > 0 {
            let verb = if count == 1 { "has" } else { "have" };
            reporter.say(format_args!("{count} {of} {verb} no {what}"));
        }
    }
    if has_groups {
        reporter.say(format_args!(
            "groups are of what was known before; `cargo xtask write --db {}` brings them up to date",
            settings.db.display()
        ));
    }
    Ok(())
}

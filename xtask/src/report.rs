//! `report`: the findings of a run as one HTML file.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use fleetcast_report::Grouping;
use fleetcast_store::{Store, Table};

use crate::agenda;
use crate::cli::ReportFlags;
use crate::error::Error;
use crate::findings;
use crate::place::{Kept, Place};
use crate::progress::Reporter;
use crate::settings::Settings;

const DEFAULT_OUT: &str = "report.html";

pub(crate) fn write(settings: &Settings, flags: ReportFlags) -> Result<(), Error> {
    let out = flags.out.unwrap_or_else(|| PathBuf::from(DEFAULT_OUT));
    let kept = Kept {
        database: Some(settings.db.clone()),
        ..Kept::default()
    };
    let place = Place::check(&out, &kept, settings.on_foreign(), is_a_report)?;
    let store = settings.open(false)?;
    let mut report = findings::read(settings, &store, None)?;
    report.agenda = agenda::read(&store, &flags.lists, None)?;
    if let (Some(agenda), Some(run)) = (&mut report.agenda, store.run_in(Table::CapacityOutlook)?) {
        agenda::add_news(&store, run, report.facts.split.as_of(), agenda)?;
    }
    report.groupings = groupings(&store)?;
    if let Some(hosts) = agenda::hosts_of(&store, &flags.lists)? {
        report.facts.group = flags.lists.group.as_ref().map(ToString::to_string);
        report.series.retain(|one| hosts.contains(one.key.host()));
        report
            .issues
            .retain(|issue| hosts.contains(issue.key.host()));
        if let Some(agenda) = &mut report.agenda {
            agenda.news.retain(|news| hosts.contains(&news.host));
        }
    }
    let page = fleetcast_report::render(&report)?;
    place.write_bytes(page.as_bytes())?;
    Reporter::new(settings.quiet).say(format_args!(
        "wrote {} ({:.1} MB): {} series of run {}; open it in a browser",
        out.display(),
        page.len() as f64 / 1e6,
        report.series.len(),
        report.facts.run,
    ));
    Ok(())
}

/// What groups hosts: every key but sizes, with each host's value.
fn groupings(store: &Store) -> Result<Vec<Grouping>, Error> {
    let keys = store.attribute_values()?.into_keys();
    keys.filter(|key| !fleetcast::is_size(key))
        .map(|key| {
            let hosts = store.values_of(&key)?;
            Ok(Grouping { key, hosts })
        })
        .collect()
}

/// Whether a file is a report, of this version or of an earlier one.
fn is_a_report(path: &Path) -> bool {
    let mut head = [0; 2048];
    let read = File::open(path).and_then(|mut file| file.read(&mut head));
    let head = String::from_utf8_lossy(&head[..read.unwrap_or(0)]);
    head.contains("<title>Capacity outlook, ")
}

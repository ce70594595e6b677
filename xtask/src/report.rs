//! `report`: the findings of a run as one HTML file.

use std::path::PathBuf;

use crate::error::Error;
use crate::findings;
use crate::place::write_whole;
use crate::progress::Reporter;
use crate::settings::Settings;

const DEFAULT_OUT: &str = "report.html";

pub(crate) fn write(settings: &Settings, out: Option<PathBuf>) -> Result<(), Error> {
    let store = settings.open(false)?;
    let report = findings::read(settings, &store, None)?;
    let page = fleetcast_report::render(&report)?;
    let out = out.unwrap_or_else(|| PathBuf::from(DEFAULT_OUT));
    write_whole(&out, page.as_bytes(), &settings.db)?;
    Reporter::new(settings.quiet).say(format_args!(
        "wrote {} ({:.1} MB): {} series of run {}; open it in a browser",
        out.display(),
        page.len() as f64 / 1e6,
        report.series.len(),
        report.facts.run,
    ));
    Ok(())
}

//! The page in a browser: Chromium without a window, where there is one.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

mod fleet;

use std::path::{Path, PathBuf};
use std::process::Command;

use fleetcast_report::render;

/// Names Chromium goes by.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// A page on disk, and a browser to open it.
struct Browser {
    program: String,
    dir: tempfile::TempDir,
}

impl Browser {
    /// `None`, and a line that says so, where there is no Chromium.
    fn with_page(hosts: &[&str]) -> Option<Self> {
        let runs = |name: &&String| {
            let version = Command::new(name).arg("--version").output();
            version.is_ok_and(|output| output.status.success())
        };
        let named = std::env::var("CHROMIUM").ok();
        let names: Vec<String> = named.into_iter().chain(NAMES.map(str::to_owned)).collect();
        let Some(program) = names.iter().find(runs).cloned() else {
            eprintln!("skipped: no Chromium here; install it, or name it in CHROMIUM");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let page = render(&fleet::report_of(hosts, &["cpu", "disk"])).unwrap();
        std::fs::write(dir.path().join("report.html"), page).unwrap();
        Some(Self { program, dir })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Opens the page at `fragment` and returns what the browser printed. A message of the page's
    /// script on the console is an error.
    #[track_caller]
    fn open(&self, fragment: &str, flags: &[&str]) -> String {
        let address = format!("file://{}{fragment}", self.path("report.html").display());
        let output = Command::new(&self.program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--hide-scrollbars",
                "--enable-logging=stderr",
                "--window-size=1200,1600",
                "--virtual-time-budget=10000",
            ])
            .arg(format!(
                "--user-data-dir={}",
                self.path("profile").display()
            ))
            .args(flags)
            .arg(address)
            .output()
            .unwrap();
        let log = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{log}");
        let said: Vec<&str> = log
            .lines()
            .filter(|line| line.contains("CONSOLE"))
            .collect();
        assert!(said.is_empty(), "{said:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// The page's elements after its script ran.
    #[track_caller]
    fn elements(&self, fragment: &str) -> String {
        let elements = self.open(fragment, &["--dump-dom"]);
        assert!(
            elements.contains(r#"data-ready="yes""#),
            "the script did not come to its end"
        );
        elements
    }
}

/// The values of an attribute, in the order they occur.
fn values<'a>(elements: &'a str, attribute: &str) -> Vec<&'a str> {
    let start = format!("{attribute}=\"");
    elements
        .split(start.as_str())
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect()
}

fn is_pdf(path: &Path) -> bool {
    std::fs::read(path).is_ok_and(|bytes| bytes.starts_with(b"%PDF") && bytes.len() > 20_000)
}

#[test]
fn charts_are_drawn_and_all_series_listed() {
    let hosts: Vec<String> = (0..40).map(|host| format!("web-{host:02}")).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let Some(browser) = Browser::with_page(&hosts) else {
        return;
    };
    let elements = browser.elements("");
    assert_eq!(values(&elements, "data-found"), ["80"]);
    let drawn = values(&elements, "data-drawn");
    assert_eq!(drawn.len(), 6);
    for ink in drawn {
        // Pixels in the colours of the observed values, the forecast and the threshold.
        let counts: Vec<u32> = ink.split(' ').map(|count| count.parse().unwrap()).collect();
        assert_eq!(counts.len(), 3);
        assert!(counts.iter().all(|count| *count > 100), "{ink}");
    }
    assert_eq!(
        values(&elements, "title")
            .iter()
            .filter(|title| title.starts_with("Open web"))
            .count(),
        50 + 6
    );
}

#[test]
fn folds_open_where_an_address_leads_into_them() {
    let Some(browser) = Browser::with_page(&["web-01", "web-02"]) else {
        return;
    };
    assert!(browser.elements("").contains("<details id=\"why\">"));
    let elements = browser.elements("#models");
    assert!(elements.contains("<details id=\"why\" open=\"\">"));
    // A name in the list of what to do opens the host.
    let elements = browser.elements("#host=web-01");
    assert!(elements.contains("<h3>web-01</h3>"));
    assert!(elements.contains("<summary>Why?</summary>"));
}

#[test]
fn the_filter_filters() {
    let Some(browser) = Browser::with_page(&["web-01", "web-02", "db-01"]) else {
        return;
    };
    for (fragment, found) in [
        ("#q=web", "4"),
        ("#q=WEB-02&resource=disk", "1"),
        ("#resource=cpu", "3"),
        ("#status=over", "0"),
        ("#trust=none", "3"),
        ("#q=nothing", "0"),
    ] {
        let elements = browser.elements(fragment);
        assert_eq!(values(&elements, "data-found"), [found], "{fragment}");
    }
}

#[test]
fn a_host_is_opened_whatever_its_name() {
    let odd = "<script>alert(1)</script> \"größe\" & 100 %";
    let Some(browser) = Browser::with_page(&["web-01", odd]) else {
        return;
    };
    let closed = browser.elements("#q=web");
    assert!(!closed.contains("Close</button>"));
    let elements = browser.elements("#host=web-01&q=web");
    assert!(elements.contains("<h3>web-01</h3>"), "the host is not open");
    assert_eq!(values(&elements, "data-drawn").len(), 2 + 2);

    let elements = browser.elements(
        "#host=%3Cscript%3Ealert(1)%3C%2Fscript%3E%20%22gr%C3%B6%C3%9Fe%22%20%26%20100%20%25",
    );
    assert!(
        elements.contains("<h3>&lt;script&gt;alert(1)&lt;/script&gt; \"größe\" &amp; 100 %</h3>")
    );
    assert_eq!(values(&elements, "data-drawn").len(), 4 + 2);
    assert!(
        browser
            .elements("#host=nobody")
            .contains("There is no such host.")
    );
}

#[test]
fn it_can_be_printed_and_seen() {
    let Some(browser) = Browser::with_page(&["web-01", "web-02"]) else {
        return;
    };
    let (pdf, picture) = (browser.path("report.pdf"), browser.path("report.png"));
    browser.open("", &[&format!("--print-to-pdf={}", pdf.display())]);
    assert!(is_pdf(&pdf));
    browser.open("", &[&format!("--screenshot={}", picture.display())]);
    assert!(std::fs::metadata(&picture).unwrap().len() > 20_000);
}

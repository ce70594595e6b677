//! What is printed.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{ErrorKind, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use clap::ValueEnum;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::program::by_its_name;

/// Whether something could not be written, other than to a reader that has left.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Whether what is going on is told in objects of JSON.
static AS_JSON: AtomicBool = AtomicBool::new(false);

/// How it is told what is going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum LogFormat {
    /// Sentences.
    Text,
    /// An object a line.
    Json,
}

/// Tells what is going on in this format from here on.
pub(crate) fn log_as(format: LogFormat) {
    AS_JSON.store(format == LogFormat::Json, Ordering::Relaxed);
}

/// Whether what is going on is told in objects of JSON.
pub(crate) fn logs_json() -> bool {
    AS_JSON.load(Ordering::Relaxed)
}

/// An object of the log: when, how serious, what, and whatever else is known of it.
fn event(level: &str, message: &str, known: Value) -> String {
    let now = Timestamp::now();
    let mut event = json!({
        "time": format!("{now:.3}"),
        "level": level,
        "message": by_its_name(message.trim()),
    });
    if let (Value::Object(event), Value::Object(known)) = (&mut event, known) {
        event.extend(known);
    }
    visible(&event.to_string()).into_owned()
}

/// Says what is going on: in a sentence, or as an object with what is known of it besides.
pub(crate) fn say(text: &str, known: impl FnOnce() -> Value) {
    if !logs_json() {
        line(text);
    } else if !text.is_empty() {
        line(event("info", text, known()));
    }
}

/// Writes a line (or several) to standard output. A reader that has left (`run-all | head`) is no reason to stop
/// a run: its results are tables.
pub(crate) fn line(text: impl Display) {
    let text = text.to_string();
    if let Err(error) = writeln!(std::io::stdout().lock(), "{}", visible(&by_its_name(&text)))
        && error.kind() != ErrorKind::BrokenPipe
    {
        FAILED.store(true, Ordering::Relaxed);
    }
}

/// Writes why a command ends, in one line on standard error.
pub(crate) fn error(text: &str) {
    complain("error", text);
}

/// Writes something that should be looked at, in one line on standard error.
pub(crate) fn warning(text: &str) {
    complain("warning", text);
}

/// Writes that somebody has interrupted the command, in one line on standard error.
pub(crate) fn interrupted(text: &str) {
    if logs_json() {
        eprintln!("{}", event("warning", text, json!({})));
    } else {
        eprintln!("{text}");
    }
}

fn complain(level: &str, text: &str) {
    if logs_json() {
        eprintln!("{}", event(level, text, json!({})));
    } else {
        eprintln!("{level}: {}", in_one_line(&by_its_name(text)));
    }
}

/// Whether everything that was to be printed has been, or nobody wants it any more.
pub(crate) fn is_complete() -> bool {
    !FAILED.load(Ordering::Relaxed)
}

/// The text in one line: a name must not look like a line of ours.
pub(crate) fn in_one_line(text: &str) -> String {
    visible(text)
        .replace('\n', "\\u000a")
        .replace('\t', "\\u0009")
}

/// Whether a character changes the order in which others are shown.
fn reorders(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The text without characters that would command a terminal: names of hosts are somebody else's. They
/// are written as JSON writes them, so that JSON stays what it is.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    let commands = |c: char| (c.is_control() && !matches!(c, '\n' | '\t')) || reorders(c);
    if !text.contains(commands) {
        return Cow::Borrowed(text);
    }
    let shown = text.chars().map(|c| {
        if commands(c) {
            format!("\\u{:04x}", u32::from(c))
        } else {
            c.to_string()
        }
    });
    Cow::Owned(shown.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_look_like_no_line_of_ours() {
        assert_eq!(
            in_one_line("web\nerror: all is lost"),
            "web\\u000aerror: all is lost"
        );
    }

    #[test]
    fn names_command_no_terminal() {
        for (text, expected) in [
            ("web-01\tcpu\nweb-02 ホスト", "web-01\tcpu\nweb-02 ホスト"),
            ("\u{1b}[2Jweb\r\u{7f}", "\\u001b[2Jweb\\u000d\\u007f"),
            ("{\"host\":\"\u{9b}\"}", "{\"host\":\"\\u009b\"}"),
            ("web\u{202e}gpj", "web\\u202egpj"),
        ] {
            assert_eq!(visible(text), expected);
        }
        let json: serde_json::Value = serde_json::from_str(&visible("\"\u{9b}\"")).unwrap();
        assert_eq!(json, "\u{9b}");
    }
}

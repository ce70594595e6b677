//! Item docs are whole plain sentences: none opens with a fragment.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

/// The folders that are read, from the workspace's root on.
const FOLDERS: [&str; 14] = [
    "crates/core",
    "crates/ets",
    "crates/fleetcast",
    "crates/intake",
    "crates/judge",
    "crates/numerics",
    "crates/outlook",
    "crates/pipeline",
    "crates/prophet",
    "crates/regimes",
    "crates/report",
    "crates/store",
    "crates/writer",
    "xtask",
];

/// Words that no item's docs open with: whoever reads them does not know what stood before.
const FRAGMENTS: [&str; 22] = [
    "Of ", "At ", "The same", "As ", "Those ", "From ", "By ", "Its ", "With ", "Where ", "Both ",
    "And ", "For ", "In ", "On ", "That ", "and ", "of ", "or ", "by ", "in ", "which ",
];

fn source_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            source_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// The first line of each item's docs, with its number.
fn openings(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        let doc = line.trim_start().strip_prefix("/// ");
        let opens = doc.filter(|_| !inside);
        inside = line.trim_start().starts_with("///");
        Some((number + 1, opens?))
    })
}

#[test]
fn docs_open_with_whole_sentences() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let mut files = Vec::new();
    for folder in FOLDERS {
        source_files(&root.join(folder), &mut files);
    }
    files.sort();
    assert!(
        files.len() > 80,
        "{} files: are the folders still there?",
        files.len()
    );
    let mut fragments = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for (line, opening) in openings(&text) {
            if FRAGMENTS.iter().any(|word| opening.starts_with(word)) {
                fragments.push(format!("{}:{line}: {opening}", file.display()));
            }
        }
    }
    assert!(fragments.is_empty(), "{}", fragments.join("\n"));
}

#[test]
fn fragments_are_told_from_sentences() {
    let found: Vec<&str> = openings("/// Of a day.\n/// Of more.\nfn a() {}\n    /// Adds.\n")
        .map(|(_, opening)| opening)
        .collect();
    assert_eq!(found, ["Of a day.", "Adds."]);
}

//! The floor plan: each room of the crate knows only the rooms before it.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, each with those it may use.
const ROOMS: [(&str, &[&str]); 7] = [
    ("model", &[]),
    ("likelihood", &["model"]),
    ("search", &["model", "likelihood"]),
    ("side_by_side", &["model", "likelihood", "search"]),
    ("automatic", &["model", "likelihood", "search"]),
    ("challenger", &["model", "search", "side_by_side"]),
    ("first_version", &["challenger"]),
];

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// The code of a file, without its tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let (code, _) = text
        .split_once("#[cfg(test)]\nmod tests")
        .unwrap_or((&text, ""));
    code.to_owned()
}

/// The first names of the paths that begin with `from`: `model` of `crate::model::Form`.
fn used<'a>(code: &'a str, from: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    lines
        .flat_map(move |line| line.split(from).skip(1))
        .map(|rest| {
            let end = rest.find(|letter: char| !(letter.is_alphanumeric() || letter == '_'));
            &rest[..end.unwrap_or(rest.len())]
        })
}

#[test]
fn rooms_know_only_those_before_them() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (room, known) in ROOMS {
        let mut seen = 0;
        for file in files(&source.join(room)) {
            // Budgets are tests from end to end.
            if file.ends_with("budget.rs") {
                continue;
            }
            for used in used(&code(&file), "crate::") {
                let is_room = ROOMS.iter().any(|(other, _)| *other == used);
                let allowed = used == room || known.contains(&used) || !is_room;
                assert!(allowed, "{} uses {used}", file.display());
                seen += 1;
            }
        }
        assert!(
            seen > 0 || room == "model",
            "{room} uses nothing: is it still there?"
        );
    }
}

/// Files of a room may use each other, but never in a circle; the one exception has its reason in
/// `model/mod.rs`.
#[test]
fn files_of_a_room_form_no_circle() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (room, _) in ROOMS {
        let uses: Vec<(String, Vec<String>)> = files(&source.join(room))
            .iter()
            .filter(|file| !file.ends_with("mod.rs") && !file.ends_with("budget.rs"))
            .map(|file| {
                let name = file.file_stem().unwrap().to_string_lossy().into_owned();
                let code = code(file);
                let uses = used(&code, "super::").map(str::to_owned);
                // Forms and errors know each other, and say why.
                let uses = uses.filter(|used| (name.as_str(), used.as_str()) != ("form", "error"));
                let uses = uses.collect();
                (name, uses)
            })
            .collect();
        // Files that use none of those left can be taken away, until none is left.
        let mut left: Vec<&(String, Vec<String>)> = uses.iter().collect();
        loop {
            let names: Vec<&String> = left.iter().map(|(name, _)| name).collect();
            let is_free = |file: &&(String, Vec<String>)| {
                let mut used = file.1.iter();
                !used.any(|used| names.contains(&used) && *used != file.0)
            };
            let before = left.len();
            let free: Vec<String> = left
                .iter()
                .copied()
                .filter(is_free)
                .map(|file| file.0.clone())
                .collect();
            left.retain(|(name, _)| !free.contains(name));
            if left.len() == before {
                break;
            }
        }
        let circle: Vec<&String> = left.iter().map(|(name, _)| name).collect();
        assert!(circle.is_empty(), "{room}: {circle:?}");
    }
}

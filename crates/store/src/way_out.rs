//! What `DuckDB` said, in one line, and what to do about it.

/// What marks an error whose way out is known, and that way.
const WAYS_OUT: [(&str, &str); 11] = [
    (
        "Out of Memory",
        "give more with --memory, or fewer --threads",
    ),
    ("is main key table of the table", DEPENDED_ON),
    ("there are entries that depend on it", DEPENDED_ON),
    // Before the next one, as DuckDB names its own limit where the disk is short.
    ("max_temp_directory_size", NO_ROOM),
    ("No space left on device", NO_ROOM),
    ("replaying WAL", FOREIGN_LOG),
    ("Corrupt", DAMAGED),
    ("Could not read enough bytes", DAMAGED),
    ("Permission denied", NOT_WRITABLE),
    ("attached in read-only mode", READ_ONLY),
    ("read-only", NOT_WRITABLE),
];

const DEPENDED_ON: &str = "a table or view that is not fleetcast's depends on one that a run replaces: drop it, or keep \
                           it in a database of its own";
const NO_ROOM: &str = "the disk is full: make room beside the database, and give the command again; \
                       what was there before still stands";
const FOREIGN_LOG: &str = "the log beside the file is not this file's, or of another moment: put back the two that belong \
                           together, or move the log away, which gives up what stands only there";
const DAMAGED: &str = "the file is damaged: put a backup in its place";
const READ_ONLY: &str = "the file is marked as read-only, as backups and published copies are: work on the database itself, or \
                         on a copy of it that is made writable";
const NOT_WRITABLE: &str = "make the file and its directory writable, or work on a copy";

/// The first line of the error, and the way out where it is known.
pub(crate) fn explained(error: &duckdb::Error) -> String {
    let message = error.to_string();
    with_way_out(&message, way_out(&message))
}

/// Explains a file that is read, the whole message in one line: damage is that file's, and so is what has no
/// better name.
pub(crate) fn explained_of_file(error: &duckdb::Error) -> String {
    let message = error.to_string();
    let message = message.split_whitespace().collect::<Vec<&str>>().join(" ");
    let way_out = way_out(&message).filter(|way_out| *way_out != DAMAGED);
    with_way_out(
        &message,
        way_out.or(Some("mend the file, or fetch it again")),
    )
}

fn with_way_out(message: &str, way_out: Option<&str>) -> String {
    let first_line = message.lines().next().unwrap_or_default().trim_end();
    match way_out {
        Some(way_out) => format!("{first_line}; {way_out}"),
        None => first_line.to_owned(),
    }
}

fn way_out(message: &str) -> Option<&'static str> {
    WAYS_OUT
        .into_iter()
        .find(|(mark, _)| message.contains(mark))
        .map(|(_, way_out)| way_out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(message: &str, expected: &str) {
        let error = duckdb::Error::InvalidColumnName(message.to_owned());
        let explained = explained(&error);
        assert!(explained.contains(expected), "{explained}");
        assert_eq!(explained.lines().count(), 1, "{explained}");
    }

    #[test]
    fn errors_whose_way_out_is_known_name_it() {
        check(
            "Out of Memory Error: could not allocate block\nPossible solutions:\n* many",
            "give more with --memory",
        );
        check(
            "IO Error: Could not write file: No space left on device",
            "make room",
        );
        check(
            "Data Corruption Error: Corrupt database file: checksum",
            "put a backup",
        );
        check(
            "IO Error: Failure while replaying WAL file \"a.wal\": WAL does not match database file.",
            "move the log away",
        );
        check("IO Error: Cannot open file: Permission denied", "writable");
        check("Binder Error: no such thing", "Binder Error: no such thing");
    }
}

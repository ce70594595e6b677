//! Where rows come from.

use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Cursor, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::decode::{Decoding, Encoding};
use crate::format::Format;
use crate::refusal::Refusal;
use crate::rows::RowTable;

/// The first bytes of what gzip has compressed.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// How much of a file is looked at to find its header: of what fits into one piece.
const PEEKED: usize = 1 << 17;

/// One file, or another source of rows.
pub struct Source<'a> {
    /// What messages call it.
    pub name: String,
    /// The rows.
    pub(crate) content: Content<'a>,
}

pub(crate) enum Content<'a> {
    /// A file of text, read as often as it takes; `None` for the format where the ending does not say it.
    File(PathBuf, Option<Format>),
    /// Rows somebody else takes apart.
    Table(Box<dyn RowTable + Send + 'a>),
}

impl fmt::Debug for Source<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Source")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<'a> Source<'a> {
    /// A file, by its path.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        let name = path.display().to_string();
        Self {
            content: Content::File(path.to_owned(), Format::of_ending(&name)),
            name,
        }
    }

    /// A file under another name, whose format is found in what it holds: what was read from standard input
    /// and kept.
    #[must_use]
    pub fn kept(name: &str, path: &Path) -> Self {
        Self {
            name: name.to_owned(),
            content: Content::File(path.to_owned(), None),
        }
    }

    /// Rows that somebody else takes apart: a Parquet file, by way of a database.
    pub fn table(name: &str, rows: impl RowTable + Send + 'a) -> Self {
        Self {
            name: name.to_owned(),
            content: Content::Table(Box::new(rows)),
        }
    }

    /// Whether the source is a Parquet file by its ending, unless a format was named.
    #[must_use]
    pub fn is_parquet(&self, named: Option<Format>) -> bool {
        match &self.content {
            Content::File(_, by_ending) => named.or(*by_ending) == Some(Format::Parquet),
            Content::Table(_) => false,
        }
    }

    /// The path, where the source is a file.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.content {
            Content::File(path, _) => Some(path),
            Content::Table(_) => None,
        }
    }
}

/// Decoded text, with what stands at its beginning still to be looked at.
pub(crate) type Text = BufReader<Box<dyn Read>>;

/// Opens a file as text: decompressed where it is compressed, decoded from its encoding.
pub(crate) fn open_text(
    name: &str,
    path: &Path,
    encoding: Option<Encoding>,
) -> Result<Text, Refusal> {
    let failed = |error: io::Error| Refusal::new(name, read_error(&error));
    if !path.exists() {
        return Err(Refusal::new(name, "no such file"));
    }
    let mut file = File::open(path).map_err(failed)?;
    let mut first = [0; 2];
    let mut filled = 0;
    while filled < first.len() {
        match file.read(&mut first[filled..]).map_err(failed)? {
            0 => break,
            count => filled += count,
        }
    }
    let beginning = Cursor::new(first[..filled].to_vec());
    let bytes = beginning.chain(file);
    let text: Box<dyn Read> = if first == GZIP {
        let unpacked = MultiGzDecoder::new(BufReader::with_capacity(PEEKED, bytes));
        Box::new(Decoding::new(unpacked, encoding).map_err(failed)?)
    } else {
        Box::new(Decoding::new(bytes, encoding).map_err(failed)?)
    };
    Ok(BufReader::with_capacity(PEEKED, text))
}

/// What the system said, or what a decoder did, and the way out.
pub(crate) fn read_error(error: &io::Error) -> String {
    let message = error.to_string();
    match error.kind() {
        io::ErrorKind::InvalidData if message.contains("--encoding") => message,
        io::ErrorKind::PermissionDenied => format!("{message}; make it readable"),
        _ => format!("{message}; mend the file, or fetch it again"),
    }
}

/// The files a path names: the file itself, or every file of a known ending in a directory and those below
/// it, in the order of their names. Hidden ones are passed over.
///
/// # Errors
///
/// [`Refusal`] where there is nothing of this name, or no file to read in the directory.
pub fn files_of(path: &Path, format: Option<Format>) -> Result<Vec<PathBuf>, Refusal> {
    let name = path.display().to_string();
    if !path.is_dir() || path.as_os_str().is_empty() {
        if !path.exists() {
            return Err(Refusal::new(&name, "no such file"));
        }
        if format.is_none() && Format::of_ending(&name).is_none() {
            return Err(Refusal::new(
                &name,
                "its ending is none of .csv, .tsv, .txt, .parquet, .json, .jsonl, also with .gz; rename it, or say \
                 what it is with --format",
            ));
        }
        return Ok(vec![path.to_owned()]);
    }
    let mut files = Vec::new();
    let mut directories = vec![path.to_owned()];
    while let Some(directory) = directories.pop() {
        let shown = directory.display().to_string();
        let failed = |error: io::Error| Refusal::new(&shown, read_error(&error));
        for entry in std::fs::read_dir(&directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let file_name = entry.file_name();
            let is_hidden = file_name.to_string_lossy().starts_with('.');
            // What a link points to may be the directory itself, without end.
            let kind = entry.file_type().map_err(failed)?;
            if is_hidden {
                continue;
            }
            if kind.is_dir() {
                directories.push(entry.path());
            } else if Format::of_ending(&file_name.to_string_lossy()).is_some() {
                files.push(entry.path());
            }
        }
    }
    if files.is_empty() {
        return Err(Refusal::new(
            &name,
            "the directory holds no file of a known ending (.csv, .tsv, .txt, .parquet, .json, .jsonl, also with \
             .gz); name the files themselves",
        ));
    }
    files.sort();
    Ok(files)
}

//! Bytes as text.

use std::fmt;
use std::io::{self, Read};
use std::str::FromStr;

use encoding_rs::{Decoder, DecoderResult, UTF_8};

/// A character encoding, by one of the names of the [WHATWG Encoding Standard](https://encoding.spec.whatwg.org/#names-and-labels):
/// `utf-8`, `utf-16le`, `windows-1252`, `iso-8859-2`, `shift_jis`, ….
///
/// ```
/// use fleetcast_intake::Encoding;
///
/// let western: Encoding = "latin1".parse()?;
/// assert_eq!(western.to_string(), "windows-1252");
/// assert!("ebcdic".parse::<Encoding>().is_err());
/// # Ok::<(), fleetcast_intake::UnknownEncoding>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

/// A name no encoding has.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no encoding `{0}`; give one such as utf-8, utf-16le, windows-1252 or shift_jis")]
pub struct UnknownEncoding(String);

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    fn from_str(text: &str) -> Result<Self, UnknownEncoding> {
        encoding_rs::Encoding::for_label(text.as_bytes())
            .map(Self)
            .ok_or_else(|| UnknownEncoding(text.to_owned()))
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.name().to_lowercase())
    }
}

/// Bytes that are no text in their encoding.
#[derive(Debug, thiserror::Error)]
#[error(
    "line {line} holds bytes that are no text in {encoding}; name the file's encoding with --encoding, such as \
     windows-1252"
)]
pub(crate) struct NotInEncoding {
    line: u64,
    encoding: String,
}

/// Reads UTF-8 from bytes in any encoding: that of their byte order mark, which is taken away, else the
/// one given, else UTF-8. Bytes that are no text are an error, never another character.
pub(crate) struct Decoding<R> {
    bytes: R,
    decoder: Decoder,
    encoding: &'static encoding_rs::Encoding,
    raw: Box<[u8]>,
    /// What of `raw` is still to be decoded.
    pending: std::ops::Range<usize>,
    /// All bytes have been read.
    ended: bool,
    /// The decoder was told so.
    finished: bool,
    line: u64,
    /// What was decoded and is still to be handed out: a caller's buffer may be smaller than a character.
    text: Box<[u8]>,
    ready: std::ops::Range<usize>,
}

const CHUNK: usize = 1 << 16;

impl<R: Read> Decoding<R> {
    pub(crate) fn new(mut bytes: R, encoding: Option<Encoding>) -> io::Result<Self> {
        let mut raw = vec![0; CHUNK].into_boxed_slice();
        let mut filled = 0;
        while filled < 4 {
            match bytes.read(&mut raw[filled..])? {
                0 => break,
                count => filled += count,
            }
        }
        let by_mark = encoding_rs::Encoding::for_bom(&raw[..filled]);
        let (encoding, mark) = match by_mark {
            Some((encoding, length)) => (encoding, length),
            None => (encoding.map_or(UTF_8, |encoding| encoding.0), 0),
        };
        Ok(Self {
            bytes,
            decoder: encoding.new_decoder_without_bom_handling(),
            encoding,
            raw,
            pending: mark..filled,
            ended: false,
            finished: false,
            line: 1,
            text: vec![0; 3 * CHUNK].into_boxed_slice(),
            ready: 0..0,
        })
    }

    /// Decodes the next piece into `text`; leaves `ready` empty at the end.
    fn decode_more(&mut self) -> io::Result<()> {
        while self.ready.is_empty() && !self.finished {
            if self.pending.is_empty() && !self.ended {
                let count = self.bytes.read(&mut self.raw)?;
                self.pending = 0..count;
                self.ended = count == 0;
            }
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                &self.raw[self.pending.clone()],
                &mut self.text,
                self.ended,
            );
            self.pending.start += read;
            self.ready = 0..written;
            self.line += memchr::memchr_iter(b'\n', &self.text[..written]).count() as u64;
            match result {
                DecoderResult::InputEmpty => self.finished = self.ended,
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        NotInEncoding {
                            line: self.line,
                            encoding: Encoding(self.encoding).to_string(),
                        },
                    ));
                }
            }
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoding<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.ready.is_empty() {
            self.decode_more()?;
        }
        let count = self.ready.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.text[self.ready.start..self.ready.start + count]);
        self.ready.start += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(bytes: &[u8], encoding: Option<&str>) -> io::Result<String> {
        let encoding = encoding.map(|name| name.parse().unwrap());
        let mut text = String::new();
        Decoding::new(bytes, encoding)?.read_to_string(&mut text)?;
        Ok(text)
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn byte_order_marks_tell_the_encoding() {
        let text = "host,ds\nホスト,2025-12-29\n";
        let marked = format!("\u{feff}{text}");
        assert_eq!(decoded(marked.as_bytes(), None).unwrap(), text);
        assert_eq!(
            decoded(&utf16(&marked, u16::to_le_bytes), None).unwrap(),
            text
        );
        assert_eq!(
            decoded(&utf16(&marked, u16::to_be_bytes), Some("latin1")).unwrap(),
            text
        );
        assert_eq!(
            decoded(&utf16(text, u16::to_le_bytes), Some("utf-16le")).unwrap(),
            text
        );
        assert_eq!(decoded(b"K\xf6ln", Some("windows-1252")).unwrap(), "Köln");
        assert_eq!(decoded(b"", None).unwrap(), "");
        let long = "ä".repeat(3 * CHUNK);
        assert_eq!(decoded(long.as_bytes(), None).unwrap(), long);
    }

    #[test]
    fn bytes_that_are_no_text_are_refused_with_their_line() {
        let error = decoded(b"host,ds\nK\xf6ln,2025-12-29\n", None)
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("line 2") && error.contains("--encoding"),
            "{error}"
        );
        assert!(decoded(b"caf\xc3", None).is_err());
    }
}

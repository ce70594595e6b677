//! Models and samples as bytes: what they are, the recipe's version, their content, and a hash of it all.

use std::ops::Range;

use twox_hash::XxHash3_128;

use crate::XgboostError;
use crate::recipe::RECIPE_VERSION;

/// Bytes of the name that each kind begins with, and of the hash that it ends with.
const MAGIC_BYTES: usize = 8;
const HASH_BYTES: usize = 16;

/// A kind of thing that can be bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Kind {
    /// What the bytes begin with.
    pub(crate) magic: &'static [u8; MAGIC_BYTES],
    /// What messages call it.
    pub(crate) name: &'static str,
}

/// Puts bytes together.
#[derive(Debug)]
pub(crate) struct Writer {
    bytes: Vec<u8>,
}

impl Writer {
    pub(crate) fn new(kind: Kind) -> Self {
        let mut bytes = kind.magic.to_vec();
        bytes.extend(RECIPE_VERSION.to_le_bytes());
        Self { bytes }
    }

    pub(crate) fn number(&mut self, number: u64) {
        self.bytes.extend(number.to_le_bytes());
    }

    pub(crate) fn floats(&mut self, numbers: &[f32]) {
        let bits = numbers.iter().map(|number| number.to_bits().to_le_bytes());
        self.bytes.extend(bits.flatten());
    }

    /// Writes how many bytes there are, and the bytes.
    pub(crate) fn piece(&mut self, piece: &[u8]) {
        self.number(piece.len() as u64);
        self.bytes.extend(piece);
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        let hash = XxHash3_128::oneshot(&self.bytes);
        self.bytes.extend(hash.to_le_bytes());
        self.bytes
    }
}

/// Takes bytes apart again, one thing after the other.
#[derive(Debug)]
pub(crate) struct Reader<'a> {
    kind: Kind,
    content: &'a [u8],
    place: usize,
}

impl<'a> Reader<'a> {
    /// Begins to read `bytes`, which must be whole, of that kind and of this version of the recipe.
    pub(crate) fn new(kind: Kind, bytes: &'a [u8]) -> Result<Self, XgboostError> {
        let split = bytes.split_last_chunk::<HASH_BYTES>();
        let (content, hash) = split.unwrap_or((&[], &[0; HASH_BYTES]));
        let mut reader = Self {
            kind,
            content,
            place: 0,
        };
        if reader.take(MAGIC_BYTES)? != kind.magic {
            return Err(reader.wrong("they do not begin as one does"));
        }
        if XxHash3_128::oneshot(content).to_le_bytes() != *hash {
            return Err(reader.damaged());
        }
        if reader.take(4)? != RECIPE_VERSION.to_le_bytes() {
            return Err(reader.wrong("they were made by another version of the recipe"));
        }
        Ok(reader)
    }

    /// Makes the error of bytes that cannot be used.
    pub(crate) fn wrong(&self, cause: &'static str) -> XgboostError {
        XgboostError::Bytes {
            what: self.kind.name,
            cause,
        }
    }

    pub(crate) fn damaged(&self) -> XgboostError {
        self.wrong("they were damaged or cut off")
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], XgboostError> {
        let end = self.place.checked_add(count);
        let taken = end.and_then(|end| self.content.get(self.place..end));
        let taken = taken.ok_or_else(|| self.damaged())?;
        self.place += count;
        Ok(taken)
    }

    pub(crate) fn number(&mut self) -> Result<u64, XgboostError> {
        let bytes = self.take(8)?.try_into().map_err(|_| self.damaged())?;
        Ok(u64::from_le_bytes(bytes))
    }

    /// Reads a number that something is counted by.
    pub(crate) fn count(&mut self) -> Result<usize, XgboostError> {
        let number = self.number()?;
        usize::try_from(number).map_err(|_| self.damaged())
    }

    pub(crate) fn floats<const N: usize>(&mut self) -> Result<[f32; N], XgboostError> {
        let (chunks, _) = self.take(4 * N)?.as_chunks::<4>();
        let mut floats = [0.0; N];
        for (float, chunk) in floats.iter_mut().zip(chunks) {
            *float = f32::from_bits(u32::from_le_bytes(*chunk));
        }
        Ok(floats)
    }

    /// Reads a piece, and returns where it stands.
    pub(crate) fn piece(&mut self) -> Result<Range<usize>, XgboostError> {
        let length = self.count()?;
        self.take(length)?;
        Ok(self.place - length..self.place)
    }

    /// Returns a piece that was read.
    pub(crate) fn at(&self, piece: Range<usize>) -> &'a [u8] {
        self.content.get(piece).unwrap_or_default()
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, XgboostError> {
        let length = self.count()?;
        let bytes = self.take(length)?;
        str::from_utf8(bytes).map_err(|_| self.damaged())
    }
}

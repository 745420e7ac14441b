//! CBOR as SPEC section 1 wants it: a writer that can only write the core deterministic encoding, and a reader that checks all
//! of an item before anything of it is believed.

use minicbor::data::Type;
use minicbor::decode::{Decoder, Error};
use zeroize::Zeroize;

/// Deepest nesting that a reader takes.
const DEPTH_MAX: usize = 16;

/// Bytes that are not the CBOR they should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CborError {
    /// Cut short, or no CBOR at all.
    #[error("not well-formed CBOR")]
    Malformed,
    /// Indefinite lengths, a longer head than needed, or map keys that do not ascend: not the deterministic encoding.
    #[error("not in CBOR's core deterministic encoding")]
    NotDeterministic,
    /// Nested deeper than 16.
    #[error("nested too deeply")]
    TooDeep,
    /// Bytes behind the item.
    #[error("bytes behind the item")]
    Trailing,
    /// Another type or length than the format has at this place.
    #[error("another type than the format has here")]
    Type,
    /// More or longer parts than the format allows.
    #[error("more than the format allows")]
    TooLong,
    /// A key that must be there is not.
    #[error("key {0} is missing")]
    Missing(u64),
}

impl From<Error> for CborError {
    fn from(error: Error) -> Self {
        if error.is_type_mismatch() { Self::Type } else { Self::Malformed }
    }
}

/// Writes one item, always in the deterministic encoding as long as callers write map keys in ascending order.
#[derive(Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    secret: bool,
}

impl Writer {
    /// A writer for keys: it leaves no copy behind where it outgrows its room. What it writes is to be put into `Zeroizing`.
    pub(super) fn for_secrets() -> Self {
        Self { bytes: Vec::with_capacity(1024), secret: true }
    }

    fn put(&mut self, bytes: &[u8]) {
        if self.secret && self.bytes.capacity() - self.bytes.len() < bytes.len() {
            let mut wider = Vec::with_capacity(2 * (self.bytes.capacity() + bytes.len()));
            wider.extend_from_slice(&self.bytes);
            self.bytes.zeroize();
            self.bytes = wider;
        }
        self.bytes.extend_from_slice(bytes);
    }

    fn head(&mut self, major: u8, value: u64) -> &mut Self {
        let major = major << 5;
        let wide = value.to_be_bytes();
        match value {
            0..24 => self.put(&[major | wide[7]]),
            24..0x100 => self.put(&[major | 24, wide[7]]),
            0x100..0x1_0000 => self.put(&[major | 25, wide[6], wide[7]]),
            0x1_0000..0x1_0000_0000 => {
                self.put(&[major | 26]);
                self.put(&wide[4..]);
            }
            _ => {
                self.put(&[major | 27]);
                self.put(&wide);
            }
        }
        self
    }

    pub(super) fn uint(&mut self, value: u64) -> &mut Self {
        self.head(0, value)
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> &mut Self {
        self.head(2, bytes.len() as u64);
        self.put(bytes);
        self
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.head(3, text.len() as u64);
        self.put(text.as_bytes());
        self
    }

    pub(super) fn array(&mut self, length: usize) -> &mut Self {
        self.head(4, length as u64)
    }

    pub(super) fn map(&mut self, length: usize) -> &mut Self {
        self.head(5, length as u64)
    }

    /// One array of byte strings.
    pub(super) fn byte_strings<'a>(&mut self, strings: impl ExactSizeIterator<Item = &'a [u8]>) -> &mut Self {
        self.array(strings.len());
        for string in strings {
            self.bytes(string);
        }
        self
    }

    pub(super) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

/// Reads one item that was checked as a whole when the reader was opened.
#[derive(Clone)]
pub(super) struct Reader<'a>(Decoder<'a>);

impl<'a> Reader<'a> {
    /// Opens `bytes`, which must be one item in the deterministic encoding.
    pub(super) fn open(bytes: &'a [u8]) -> Result<Self, CborError> {
        check(bytes)?;
        Ok(Self(Decoder::new(bytes)))
    }

    /// Number of pairs of a map.
    pub(super) fn map(&mut self) -> Result<u64, CborError> {
        self.0.map()?.ok_or(CborError::NotDeterministic)
    }

    /// Number of items of an array, at most `max`.
    pub(super) fn array(&mut self, max: usize) -> Result<usize, CborError> {
        let length = self.0.array()?.ok_or(CborError::NotDeterministic)?;
        usize::try_from(length).ok().filter(|length| *length <= max).ok_or(CborError::TooLong)
    }

    /// An array of exactly `length` items.
    pub(super) fn tuple(&mut self, length: usize) -> Result<(), CborError> {
        if self.array(length)? == length { Ok(()) } else { Err(CborError::Type) }
    }

    pub(super) fn uint(&mut self) -> Result<u64, CborError> {
        Ok(self.0.u64()?)
    }

    pub(super) fn bytes(&mut self, max: usize) -> Result<&'a [u8], CborError> {
        let bytes = self.0.bytes()?;
        if bytes.len() <= max { Ok(bytes) } else { Err(CborError::TooLong) }
    }

    pub(super) fn fixed<const N: usize>(&mut self) -> Result<[u8; N], CborError> {
        self.0.bytes()?.try_into().map_err(|_| CborError::Type)
    }

    pub(super) fn text(&mut self, max: usize) -> Result<&'a str, CborError> {
        let text = self.0.str()?;
        if text.len() <= max { Ok(text) } else { Err(CborError::TooLong) }
    }

    /// One array of at most `count` byte strings of at most `max` bytes each.
    pub(super) fn byte_strings(&mut self, count: usize, max: usize) -> Result<Vec<Vec<u8>>, CborError> {
        (0..self.array(count)?).map(|_| self.bytes(max).map(<[u8]>::to_vec)).collect()
    }

    pub(super) fn is_bytes(&self) -> bool {
        matches!(self.0.datatype(), Ok(Type::Bytes))
    }

    /// Passes over the value of a key that this version does not know.
    pub(super) fn skip(&mut self) -> Result<(), CborError> {
        Ok(self.0.skip()?)
    }
}

/// What is open around the place being checked.
struct Open {
    /// Items still to come.
    left: u64,
    /// For a map: the key before, once there was one.
    map: Option<Option<u64>>,
}

/// Walks all of `bytes` once: one well-formed item, deterministic, not too deep, nothing behind it.
fn check(bytes: &[u8]) -> Result<(), CborError> {
    let mut rest = bytes;
    let mut open: Vec<Open> = Vec::with_capacity(4);
    loop {
        let (major, value) = take_head(&mut rest)?;
        if let Some(level) = open.last_mut() {
            level.left = level.left.saturating_sub(1);
            if let Some(before) = &mut level.map {
                // Keys stand at even distances from the end.
                if level.left % 2 == 1 {
                    if major != 0 {
                        return Err(CborError::Type);
                    }
                    if before.is_some_and(|before| before >= value) {
                        return Err(CborError::NotDeterministic);
                    }
                    *before = Some(value);
                }
            }
        }
        match major {
            2 | 3 => {
                let length = usize::try_from(value).map_err(|_| CborError::Malformed)?;
                rest = rest.get(length..).ok_or(CborError::Malformed)?;
            }
            // Every item takes a byte at least, which bounds what may be claimed.
            4 => open.push(Open { left: value, map: None }),
            5 => open.push(Open { left: value.checked_mul(2).ok_or(CborError::Malformed)?, map: Some(None) }),
            6 => open.push(Open { left: 1, map: None }),
            _ => {}
        }
        if open.len() > DEPTH_MAX {
            return Err(CborError::TooDeep);
        }
        while open.last().is_some_and(|level| level.left == 0) {
            open.pop();
        }
        if open.is_empty() {
            return if rest.is_empty() { Ok(()) } else { Err(CborError::Trailing) };
        }
    }
}

/// One head: major type and argument, which must be as short as it can be. For floats the argument is their bits.
fn take_head(rest: &mut &[u8]) -> Result<(u8, u64), CborError> {
    let (first, tail) = rest.split_first().ok_or(CborError::Malformed)?;
    let (major, short) = (first >> 5, first & 31);
    let width = match short {
        0..24 => 0,
        24..28 => 1 << (short - 24),
        31 => return Err(CborError::NotDeterministic),
        _ => return Err(CborError::Malformed),
    };
    let (wide, tail) = tail.split_at_checked(width).ok_or(CborError::Malformed)?;
    *rest = tail;
    if width == 0 {
        return Ok((major, u64::from(short)));
    }
    let value = wide.iter().fold(0, |value, byte| value << 8 | u64::from(*byte));
    // A float is as long as its precision wants; a simple value in a byte of its own is never below 32.
    let least = match (major, width) {
        (7, 1) => 32,
        (7, _) => 0,
        (_, 1) => 24,
        (_, width) => 1 << (width * 4),
    };
    if value >= least { Ok((major, value)) } else { Err(CborError::NotDeterministic) }
}

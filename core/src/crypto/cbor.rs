//! CBOR as SPEC section 1 wants it: a writer that can only write the core deterministic encoding, and a reader that checks all
//! of an item before anything of it is believed.

pub use crate::cbor::CborError;

use crate::cbor::check;
use minicbor::data::Type;
use minicbor::decode::Decoder;
use zeroize::Zeroize;

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

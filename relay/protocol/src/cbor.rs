//! The small, strict part of CBOR (RFC 8949) that messages use: maps with unsigned integer keys, definite lengths,
//! bounded nesting. Reads are bounded by the bytes present, never by a length they claim.

use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

use crate::limits::NESTING_MAX;

/// Keys that messages use; larger ones are unknown and ignored.
const KEYS: usize = 8;

/// Why an item is not a message, for a developer's eyes.
pub(crate) type Malformed = &'static str;

/// The values of one map, by key.
pub(crate) struct Fields<'b> {
    values: [Option<&'b [u8]>; KEYS],
}

impl<'b> Fields<'b> {
    /// Reads a map that fills `input` exactly.
    pub(crate) fn parse(input: &'b [u8]) -> Result<Self, Malformed> {
        let mut decoder = Decoder::new(input);
        let entries = decoder.map().map_err(|_| "not a map")?.ok_or("indefinite length")?;
        let mut values = [None; KEYS];
        // Bounded by the input: every entry takes at least two bytes or ends the loop with an error.
        for _ in 0..entries {
            let key = decoder.u64().map_err(|_| "a key is not an unsigned integer")?;
            let start = decoder.position();
            skip(&mut decoder, NESTING_MAX)?;
            let value = input.get(start..decoder.position());
            if let Some(slot) = usize::try_from(key).ok().and_then(|key| values.get_mut(key)) {
                if slot.is_some() {
                    return Err("a key stands twice");
                }
                *slot = value;
            }
        }
        if decoder.position() == input.len() { Ok(Self { values }) } else { Err("bytes after the item") }
    }

    fn value(&self, key: usize) -> Option<Decoder<'b>> {
        self.values.get(key).copied().flatten().map(Decoder::new)
    }

    pub(crate) fn u64(&self, key: usize) -> Result<u64, Malformed> {
        let mut value = self.value(key).ok_or("an integer is missing")?;
        value.u64().map_err(|_| "not an unsigned integer")
    }

    pub(crate) fn u32(&self, key: usize) -> Result<u32, Malformed> {
        u32::try_from(self.u64(key)?).map_err(|_| "an integer is too large")
    }

    pub(crate) fn optional_u64(&self, key: usize) -> Result<Option<u64>, Malformed> {
        match self.value(key) {
            None => Ok(None),
            Some(_) => self.u64(key).map(Some),
        }
    }

    pub(crate) fn bool(&self, key: usize) -> Result<bool, Malformed> {
        self.value(key).ok_or("a truth value is missing")?.bool().map_err(|_| "not a truth value")
    }

    pub(crate) fn bytes(&self, key: usize) -> Result<Vec<u8>, Malformed> {
        let mut value = self.value(key).ok_or("a byte string is missing")?;
        value.bytes().map(<[u8]>::to_vec).map_err(|_| "not a byte string")
    }

    pub(crate) fn fixed<const N: usize>(&self, key: usize) -> Result<[u8; N], Malformed> {
        let mut value = self.value(key).ok_or("a byte string is missing")?;
        fixed(&mut value)
    }

    /// An array of byte strings of `N` bytes.
    pub(crate) fn fixed_list<T: From<[u8; N]>, const N: usize>(&self, key: usize) -> Result<Vec<T>, Malformed> {
        self.list(key, |element| fixed(&mut Decoder::new(element)).map(T::from))
    }

    /// An array, each element handed over as its own bytes.
    pub(crate) fn list<T>(
        &self,
        key: usize,
        mut read: impl FnMut(&'b [u8]) -> Result<T, Malformed>,
    ) -> Result<Vec<T>, Malformed> {
        let mut value = self.value(key).ok_or("an array is missing")?;
        let count = value.array().map_err(|_| "not an array")?.ok_or("indefinite length")?;
        let mut elements = Vec::new();
        // Bounded by the input, as above; the vector grows with what was really read.
        for _ in 0..count {
            let start = value.position();
            skip(&mut value, NESTING_MAX)?;
            let element = value.input().get(start..value.position()).ok_or("cut off")?;
            elements.push(read(element)?);
        }
        Ok(elements)
    }
}

fn fixed<const N: usize>(value: &mut Decoder<'_>) -> Result<[u8; N], Malformed> {
    let bytes = value.bytes().map_err(|_| "not a byte string")?;
    bytes.try_into().map_err(|_| "a byte string has the wrong length")
}

/// Steps over one value. minicbor's own `skip` keeps a stack that a hostile item can grow; this one bounds the depth.
fn skip(decoder: &mut Decoder<'_>, depth_left: u8) -> Result<(), Malformed> {
    const CUT: Malformed = "not well-formed";
    let deeper = || depth_left.checked_sub(1).ok_or("nested too deeply");
    match decoder.datatype().map_err(|_| CUT)? {
        Type::U8 | Type::U16 | Type::U32 | Type::U64 | Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => {
            decoder.int().map(|_| ()).map_err(|_| CUT)
        }
        Type::Bytes => decoder.bytes().map(|_| ()).map_err(|_| CUT),
        Type::String => decoder.str().map(|_| ()).map_err(|_| CUT),
        Type::Bool => decoder.bool().map(|_| ()).map_err(|_| CUT),
        Type::Null => decoder.null().map_err(|_| CUT),
        Type::Undefined => decoder.undefined().map_err(|_| CUT),
        Type::Simple => decoder.simple().map(|_| ()).map_err(|_| CUT),
        Type::F32 => decoder.f32().map(|_| ()).map_err(|_| CUT),
        Type::F64 => decoder.f64().map(|_| ()).map_err(|_| CUT),
        Type::F16 => {
            let end = decoder.position().saturating_add(3);
            decoder.set_position(end);
            if end <= decoder.input().len() { Ok(()) } else { Err(CUT) }
        }
        Type::Array => {
            let depth_left = deeper()?;
            let count = decoder.array().map_err(|_| CUT)?.ok_or(CUT)?;
            (0..count).try_for_each(|_| skip(decoder, depth_left))
        }
        Type::Map => {
            let depth_left = deeper()?;
            let count = decoder.map().map_err(|_| CUT)?.ok_or(CUT)?;
            (0..count).try_for_each(|_| skip(decoder, depth_left).and_then(|()| skip(decoder, depth_left)))
        }
        Type::Tag => {
            let depth_left = deeper()?;
            decoder.tag().map_err(|_| CUT)?;
            skip(decoder, depth_left)
        }
        Type::ArrayIndef | Type::MapIndef | Type::BytesIndef | Type::StringIndef => Err("indefinite length"),
        Type::Break | Type::Unknown(_) => Err(CUT),
    }
}

/// Writes CBOR to the end of a vector. Writing to a vector cannot fail, so the encoder's results carry nothing.
pub(crate) struct Writer(Encoder<Vec<u8>>);

impl Writer {
    pub(crate) fn new(out: Vec<u8>) -> Self {
        Self(Encoder::new(out))
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_writer()
    }

    pub(crate) fn map(&mut self, entries: u64) -> &mut Self {
        let _infallible = self.0.map(entries);
        self
    }

    pub(crate) fn array(&mut self, elements: usize) -> &mut Self {
        let _infallible = self.0.array(elements as u64);
        self
    }

    pub(crate) fn u64(&mut self, value: u64) -> &mut Self {
        let _infallible = self.0.u64(value);
        self
    }

    pub(crate) fn bytes(&mut self, value: &[u8]) -> &mut Self {
        let _infallible = self.0.bytes(value);
        self
    }

    pub(crate) fn bool(&mut self, value: bool) -> &mut Self {
        let _infallible = self.0.bool(value);
        self
    }

    pub(crate) fn key_u64(&mut self, key: u64, value: u64) -> &mut Self {
        self.u64(key).u64(value)
    }

    pub(crate) fn key_bytes(&mut self, key: u64, value: &[u8]) -> &mut Self {
        self.u64(key).bytes(value)
    }

    pub(crate) fn key_bool(&mut self, key: u64, value: bool) -> &mut Self {
        self.u64(key).bool(value)
    }

    pub(crate) fn key_list<'a>(&mut self, key: u64, values: impl ExactSizeIterator<Item = &'a [u8]>) -> &mut Self {
        self.u64(key).array(values.len());
        for value in values {
            self.bytes(value);
        }
        self
    }
}

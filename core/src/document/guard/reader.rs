//! Bytes, variable-length integers in their shortest form, and the header of a chunk.

use super::GuardError;
use crate::id::hash;

const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];

/// Types of chunks.
pub(super) const DOCUMENT: u8 = 0;
pub(super) const CHANGE: u8 = 1;
const COMPRESSED_CHANGE: u8 = 2;

/// What is left to read.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn remaining(&self) -> u64 {
        self.0.len() as u64
    }

    pub(super) fn byte(&mut self) -> Result<u8, GuardError> {
        let (first, rest) = self.0.split_first().ok_or(GuardError::Malformed)?;
        self.0 = rest;
        Ok(*first)
    }

    pub(super) fn take(&mut self, length: u64) -> Result<&'a [u8], GuardError> {
        let length = usize::try_from(length).map_err(|_| GuardError::Malformed)?;
        let (taken, rest) = self.0.split_at_checked(length).ok_or(GuardError::Malformed)?;
        self.0 = rest;
        Ok(taken)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], GuardError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(GuardError::Malformed)?;
        self.0 = rest;
        Ok(*taken)
    }

    /// ULEB128 in its shortest form.
    pub(super) fn unsigned(&mut self) -> Result<u64, GuardError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(GuardError::Malformed);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 && shift > 0 { Err(GuardError::NotCanonical) } else { Ok(value) };
            }
        }
        Err(GuardError::Malformed)
    }

    /// LEB128 in its shortest form.
    pub(super) fn signed(&mut self) -> Result<i64, GuardError> {
        let mut value = 0_i64;
        let mut previous = 0;
        for shift in (0..64_u32).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte != 0 && byte != 0x7f {
                return Err(GuardError::Malformed);
            }
            value |= i64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let negative = byte & 0x40 != 0;
                let padded = (byte == 0 && previous & 0x40 == 0) || (byte == 0x7f && previous & 0x40 != 0);
                if shift > 0 && padded {
                    return Err(GuardError::NotCanonical);
                }
                if negative && shift + 7 < 64 {
                    value |= -1 << (shift + 7);
                }
                return Ok(value);
            }
            previous = byte;
        }
        Err(GuardError::Malformed)
    }
}

/// Reads the header of the only chunk in `bytes`. Gives its hash and what it holds.
pub(super) fn chunk(bytes: &[u8], kind: u8) -> Result<([u8; 32], Reader<'_>), GuardError> {
    let mut reader = Reader(bytes);
    if reader.array::<4>() != Ok(MAGIC) {
        return Err(GuardError::OtherChunk);
    }
    let checksum = reader.array::<4>()?;
    let hashed = reader.0;
    match reader.byte()? {
        found if found == kind => {}
        COMPRESSED_CHANGE => return Err(GuardError::Compressed),
        _ => return Err(GuardError::OtherChunk),
    }
    if reader.unsigned()? != reader.remaining() {
        return Err(GuardError::Malformed);
    }
    let hash = hash(&[hashed]);
    if !hash.starts_with(&checksum) {
        return Err(GuardError::Checksum);
    }
    Ok((hash, reader))
}

/// Where the columns of a table are: their specifications, and lengths of the data behind.
pub(super) fn columns<'a>(reader: &mut Reader<'a>) -> Result<Vec<(u64, u64)>, GuardError> {
    const DEFLATED: u64 = 8;
    let count = reader.unsigned()?;
    if count > reader.remaining() {
        return Err(GuardError::Malformed);
    }
    let mut columns: Vec<(u64, u64)> = Vec::new();
    for _ in 0..count {
        let (specification, length) = (reader.unsigned()?, reader.unsigned()?);
        if specification & DEFLATED != 0 {
            return Err(GuardError::Compressed);
        }
        let ascending = columns.last().is_none_or(|(last, _)| *last < specification);
        if !ascending || length == 0 {
            return Err(GuardError::NotCanonical);
        }
        columns.push((specification, length));
    }
    Ok(columns)
}

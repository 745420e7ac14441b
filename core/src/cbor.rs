//! One walk over an item before anything of it is believed: SPEC section 1's encoding and its bounds. What is signed is hashed as
//! received, so two writings of one meaning would be two things; only the deterministic one is taken.

use minicbor::decode::Error;

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

/// What is open around the place being checked.
struct Open {
    /// Items still to come.
    left: u64,
    /// For a map: the key before, once there was one.
    map: Option<Option<u64>>,
}

/// Walks all of `bytes` once: one well-formed item, deterministic, not too deep, nothing behind it.
/// Needs no more memory than the depth, whatever lengths are claimed.
///
/// # Errors
/// [`CborError`].
pub(crate) fn check(bytes: &[u8]) -> Result<(), CborError> {
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

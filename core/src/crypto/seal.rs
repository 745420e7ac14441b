//! Sealing records for the relay (SPEC section 4.4): which sees a version, a salt, a commitment and one of few sizes.

use super::epoch::Epoch;
use super::primitive::{self, PrimitiveError, TAG};
use super::record::{PAYLOAD_MAX, Place, RecordError, SignedRecord};
use crate::id::{RecordId, hash};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Smallest sealed record in bytes.
pub const SEALED_MIN: usize = 512;
/// Largest sealed record, chunk or manifest in bytes.
pub const SEALED_MAX: usize = 256 * 1024;

const VERSION: u8 = 1;
/// Most bytes that one sealed whole can hold.
pub(super) const PLAIN_MAX: usize = SEALED_MAX - OUTER - FRAME - TAG;
/// Version, salt and commitment.
const OUTER: usize = 1 + 32 + 32;
/// Flags and length.
const FRAME: usize = 1 + 4;
/// From here on sizes are Padmé's.
const DOUBLING_MAX: usize = 16 * 1024;
/// How hard the deflater tries; any level reads the same, one level seals the same record to the same bytes.
const LEVEL: u8 = 6;
/// For what is written while somebody waits.
const QUICK_LEVEL: u8 = 1;
const DEFLATED: u8 = 1;

/// What is sealed: one kind never opens as another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Record,
    Chunk,
    Manifest,
}

impl Kind {
    fn domain(self) -> &'static [u8] {
        match self {
            Self::Record => b"amends/seal/1",
            Self::Chunk => b"amends/seal-chunk/1",
            Self::Manifest => b"amends/seal-manifest/1",
        }
    }
}

/// A record that cannot be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SealError {
    /// The record does not fit into [`SEALED_MAX`], or its payload not into [`PAYLOAD_MAX`].
    #[error("the record is too large")]
    TooLarge,
    /// No sealed record has this length.
    #[error("no sealed record has this length")]
    Length,
    /// Made with a version that is not known.
    #[error("sealed with a newer version")]
    UnknownVersion,
    /// Sealed under another epoch's key.
    #[error("sealed with another key")]
    OtherKey,
    /// Changed on the way.
    #[error("the sealed record is not authentic")]
    NotAuthentic,
    /// Authentic, but not packed and padded as the format says.
    #[error("the sealed record is not padded as it should be")]
    Padding,
    /// Deflated data that are damaged or grow beyond [`PAYLOAD_MAX`].
    #[error("the sealed record cannot be inflated")]
    Inflate,
    /// The payload is no record.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// See [`PrimitiveError`].
    #[error(transparent)]
    Primitive(#[from] PrimitiveError),
}

/// Seals `record`, which stands behind `prev`. The same record gives the same bytes on every phone. `prev` travels along when
/// the sealed record is no larger for it.
///
/// # Errors
/// [`SealError::TooLarge`] and [`SealError::Primitive`].
pub fn seal_record(epoch: &Epoch, record: &SignedRecord, prev: &RecordId) -> Result<Vec<u8>, SealError> {
    pack_record(epoch, record, prev)?.seal(epoch, Kind::Record)
}

/// Whether [`seal_record`] deflates nothing: then every version of this app gives the same bytes.
pub(crate) fn seals_undeflated(epoch: &Epoch, record: &SignedRecord, prev: &RecordId) -> bool {
    pack_record(epoch, record, prev).is_ok_and(|packed| packed.flags == 0)
}

fn pack_record(epoch: &Epoch, record: &SignedRecord, prev: &RecordId) -> Result<Packed, SealError> {
    let bare = Packed::new(&record.encode_payload(&epoch.id(), None))?;
    if *prev == Place::START {
        return Ok(bare);
    }
    match Packed::new(&record.encode_payload(&epoch.id(), Some(prev))) {
        Ok(full) if full.size <= bare.size => Ok(full),
        _ => Ok(bare),
    }
}

/// Opens what [`seal_record`] sealed. The record's signature is not checked.
///
/// # Errors
/// All of [`SealError`] but [`SealError::TooLarge`].
pub fn open_record(epoch: &Epoch, sealed: &[u8]) -> Result<SignedRecord, SealError> {
    let payload = open(epoch, Kind::Record, sealed)?;
    Ok(SignedRecord::decode_payload(&payload, &epoch.id())?)
}

/// Seals any payload, deflated where that makes it smaller.
pub(super) fn seal(epoch: &Epoch, kind: Kind, payload: &[u8]) -> Result<Vec<u8>, SealError> {
    Packed::new(payload)?.seal(epoch, kind)
}

/// Seals a payload that is not worth deflating.
pub(super) fn seal_as_is(epoch: &Epoch, kind: Kind, payload: &[u8]) -> Result<Vec<u8>, SealError> {
    Packed::as_is(payload)?.seal(epoch, kind)
}

/// The payload of what [`seal`] or [`seal_as_is`] sealed as this kind.
pub(super) fn open(epoch: &Epoch, kind: Kind, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    if sealed.len() > SEALED_MAX {
        return Err(SealError::Length);
    }
    let (version, rest) = sealed.split_first().ok_or(SealError::Length)?;
    if *version != VERSION {
        return Err(SealError::UnknownVersion);
    }
    let (salt, rest) = rest.split_first_chunk::<32>().ok_or(SealError::Length)?;
    let (commitment, ciphertext) = rest.split_first_chunk::<32>().ok_or(SealError::Length)?;
    if sealed.len() < SEALED_MIN {
        return Err(SealError::Length);
    }
    let (single, expected) = derive_single(epoch, kind, salt)?;
    if !bool::from(expected.ct_eq(commitment)) {
        return Err(SealError::OtherKey);
    }
    let single = primitive::aead_key(&single)?;
    let plain =
        primitive::aead_open(&single, [0; 12], &aad(epoch.box_id()), ciphertext).ok_or(SealError::NotAuthentic)?;

    let (flags, rest) = plain.split_first().ok_or(SealError::Padding)?;
    let (length, rest) = rest.split_first_chunk::<4>().ok_or(SealError::Padding)?;
    let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| SealError::Padding)?;
    let (packed, zeros) = rest.split_at_checked(length).ok_or(SealError::Padding)?;
    if zeros.iter().any(|byte| *byte != 0) || padded_size(length) != Some(sealed.len()) {
        return Err(SealError::Padding);
    }
    match *flags {
        0 => Ok(packed.to_vec()),
        DEFLATED => inflate(packed, PAYLOAD_MAX).ok_or(SealError::Inflate),
        _ => Err(SealError::UnknownVersion),
    }
}

/// Raw DEFLATE (RFC 1951), the same bytes for the same input.
pub(crate) fn deflate(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(bytes, LEVEL)
}

/// The same, in a third of the time, a little longer.
pub(crate) fn deflate_quickly(bytes: &[u8]) -> Vec<u8> {
    miniz_oxide::deflate::compress_to_vec(bytes, QUICK_LEVEL)
}

/// At most `max` bytes out of a raw DEFLATE stream; none when it is damaged or would give more.
pub(crate) fn inflate(bytes: &[u8], max: usize) -> Option<Vec<u8>> {
    miniz_oxide::inflate::decompress_to_vec_with_limit(bytes, max).ok()
}

/// The size of a sealed record with that many packed bytes; none beyond [`SEALED_MAX`].
pub(super) fn padded_size(packed: usize) -> Option<usize> {
    let used = packed.checked_add(OUTER + FRAME + TAG)?;
    let size = if used <= DOUBLING_MAX {
        used.next_power_of_two().max(SEALED_MIN)
    } else {
        let exponent = used.ilog2();
        let step = 1usize.checked_shl(exponent - (exponent.ilog2() + 1))?;
        used.checked_next_multiple_of(step)?
    };
    (size <= SEALED_MAX).then_some(size)
}

/// A payload ready to be sealed.
struct Packed {
    flags: u8,
    bytes: Vec<u8>,
    size: usize,
}

impl Packed {
    /// Deflates only where that makes the sealed record smaller: what fits the smallest size is never deflated.
    fn new(payload: &[u8]) -> Result<Self, SealError> {
        if payload.len() > PAYLOAD_MAX {
            return Err(SealError::TooLarge);
        }
        let plain = padded_size(payload.len());
        if plain != Some(SEALED_MIN) {
            let bytes = deflate(payload);
            match padded_size(bytes.len()) {
                Some(size) if plain.is_none_or(|plain| size < plain) => {
                    return Ok(Self { flags: DEFLATED, bytes, size });
                }
                _ => {}
            }
        }
        Self::as_is(payload)
    }

    fn as_is(payload: &[u8]) -> Result<Self, SealError> {
        let size = padded_size(payload.len()).ok_or(SealError::TooLarge)?;
        Ok(Self { flags: 0, bytes: payload.to_vec(), size })
    }

    fn seal(&self, epoch: &Epoch, kind: Kind) -> Result<Vec<u8>, SealError> {
        let length = u32::try_from(self.bytes.len()).map_err(|_| SealError::TooLarge)?;
        let mut plain = Vec::with_capacity(self.size - OUTER);
        plain.push(self.flags);
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(&self.bytes);
        plain.resize(self.size - OUTER - TAG, 0);

        let info: [&[u8]; 3] = [b"amends/salt/1", epoch.box_id(), &hash(&[&plain])];
        let salt = primitive::derive::<32>(epoch.key().as_bytes(), b"", &info)?;
        let (single, commitment) = derive_single(epoch, kind, &salt)?;
        primitive::aead_seal(&primitive::aead_key(&single)?, [0; 12], &aad(epoch.box_id()), &mut plain)?;

        let mut sealed = Vec::with_capacity(self.size);
        sealed.push(VERSION);
        sealed.extend_from_slice(salt.as_slice());
        sealed.extend_from_slice(&commitment);
        sealed.extend_from_slice(&plain);
        Ok(sealed)
    }
}

/// The single-use key of one sealed record, and the commitment to it.
fn derive_single(
    epoch: &Epoch,
    kind: Kind,
    salt: &[u8; 32],
) -> Result<(Zeroizing<[u8; 32]>, [u8; 32]), PrimitiveError> {
    let info: [&[u8]; 3] = [kind.domain(), &[VERSION], epoch.box_id()];
    let okm = primitive::derive::<64>(epoch.key().as_bytes(), salt, &info)?;
    let (mut single, mut commitment) = (Zeroizing::new([0; 32]), [0; 32]);
    for (to, from) in single.iter_mut().chain(&mut commitment).zip(okm.iter()) {
        *to = *from;
    }
    Ok((single, commitment))
}

fn aad(box_id: &[u8; 32]) -> [u8; 33] {
    let mut aad = [VERSION; 33];
    for (to, from) in aad.iter_mut().skip(1).zip(box_id) {
        *to = *from;
    }
    aad
}

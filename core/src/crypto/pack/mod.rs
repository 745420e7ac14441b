//! Packs (SPEC section 8): everything of a box in a compact form, for a device that starts anew.
//!
//! A pack is a manifest and the *segments* that it lists: runs of one chain's signed records, what can be recomputed left out.
//! Segments never change: what is added goes into new ones, and only a redaction rewrites one. They are sealed
//! deterministically, so that two members who pack the same records store them once. Which records and certificates belong
//! into a pack is the engine's business, and so is believing them: loading gives records whose signatures are still to be
//! checked, and is union, never replacement.

mod dictionary;
mod load;
mod manifest;
mod opened;
mod segment;
mod varint;

pub use dictionary::{Dictionary, record_values};
pub use load::{HeldValues, Unresolved, load_segments};
pub use manifest::{Manifest, SegmentEntry};
pub use opened::Segment;
pub use segment::{SealedSegment, seal_segments};

use super::cbor::CborError;
use super::epoch::Epoch;
use super::record::{Core, RecordError, SignedRecord};
use super::seal::{self, Kind, PLAIN_MAX, SealError};
use crate::id::{DeviceId, Incarnation, MemberId, RecordId, hash};

/// Largest part in bytes, opened.
const PART_MAX: usize = 16 * 1024 * 1024;
/// Most that one pack may take in memory, opened: many times what ten years take.
const PACK_MAX: usize = 128 * 1024 * 1024;
/// Most chunks of one part.
const PART_CHUNKS_MAX: usize = 128;

/// A pack that cannot be made or read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// Not in the format.
    #[error("malformed pack")]
    Malformed(#[from] CborError),
    /// A newer version's.
    #[error("the pack was made with a newer version")]
    UnknownVersion,
    /// A part is too large, or a manifest does not fit the relay.
    #[error("too large for a pack")]
    TooLarge,
    /// A chunk is not the one that the manifest names, or one is missing.
    #[error("not the chunk that the manifest names")]
    OtherChunk,
    /// The records of a run do not follow each other, or are not of its chain.
    #[error("the records are not a run of one chain")]
    NotARun,
    /// A segment's columns end before its records do, or behind them.
    #[error("the segment's columns do not fit its records")]
    Columns,
    /// A chunk or manifest does not open.
    #[error(transparent)]
    Seal(#[from] SealError),
    /// A record in it cannot be read.
    #[error(transparent)]
    Record(#[from] RecordError),
}

/// One life of one device's database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChainId {
    /// The device.
    pub device: DeviceId,
    /// Its incarnation.
    pub incarnation: Incarnation,
}

/// A record with its place, as it goes into a pack and comes out of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedRecord {
    /// Whose device it is; out of a pack only what the pack says: certificates must say so too.
    pub member: MemberId,
    /// The chain it is of.
    pub chain: ChainId,
    /// The record before it.
    pub prev: RecordId,
    /// Its id.
    pub id: RecordId,
    /// The record, bodies that are redacted or not wanted being absent. Out of a pack its signature is still to be checked, with
    /// [`SignedRecord::verify`]; its certificates are in the manifest.
    pub record: SignedRecord,
}

/// Gives the hash of an item that is present: a body hash (SPEC section 2) or a change's hash. From the record's chain and core
/// and the item's index and bytes.
pub type ItemHash<'a> = dyn Fn(&ChainId, &Core, usize, &[u8]) -> Option<[u8; 32]> + 'a;

/// The hash of a sealed chunk, by which the relay knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkHash(pub [u8; 32]);

impl ChunkHash {
    /// Of the chunk's bytes.
    pub fn of(chunk: &[u8]) -> Self {
        Self(hash(&[chunk]))
    }
}

/// One part, sealed: its chunks in order, with their hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedPart {
    /// What the manifest names.
    pub hashes: Vec<ChunkHash>,
    /// What the relay stores; at most 256 KiB each.
    pub chunks: Vec<Vec<u8>>,
}

impl SealedPart {
    fn seal(epoch: &Epoch, content: &[u8]) -> Result<Self, PackError> {
        if content.len() > PART_MAX {
            return Err(PackError::TooLarge);
        }
        let chunks = content.chunks(PLAIN_MAX).map(|piece| seal::seal_as_is(epoch, Kind::Chunk, piece));
        let chunks: Vec<Vec<u8>> = chunks.collect::<Result<_, _>>()?;
        Ok(Self { hashes: chunks.iter().map(|chunk| ChunkHash::of(chunk)).collect(), chunks })
    }

    /// What was sealed, out of chunks that must be the named ones.
    fn open<T: AsRef<[u8]>>(epoch: &Epoch, hashes: &[ChunkHash], chunks: &[T]) -> Result<Vec<u8>, PackError> {
        if hashes.len() != chunks.len() {
            return Err(PackError::OtherChunk);
        }
        let mut content = Vec::new();
        for (hash, chunk) in hashes.iter().zip(chunks) {
            if ChunkHash::of(chunk.as_ref()) != *hash {
                return Err(PackError::OtherChunk);
            }
            content.extend_from_slice(&seal::open(epoch, Kind::Chunk, chunk.as_ref())?);
            if content.len() > PART_MAX {
                return Err(PackError::TooLarge);
            }
        }
        Ok(content)
    }
}

/// Opens the parts of one pack, up to a bound on all of them together.
#[derive(Debug)]
pub struct PackReader<'a> {
    epoch: &'a Epoch,
    left: usize,
}

impl<'a> PackReader<'a> {
    /// Of a pack that was sealed in `epoch`.
    pub fn new(epoch: &'a Epoch) -> Self {
        Self { epoch, left: PACK_MAX }
    }

    /// Opens a segment out of its chunks.
    ///
    /// # Errors
    /// [`PackError::OtherChunk`], [`PackError::Seal`], [`PackError::Malformed`], [`PackError::UnknownVersion`],
    /// [`PackError::Columns`], [`PackError::TooLarge`], and [`PackError::NotARun`] when it is not what the manifest says.
    pub fn open_segment<T: AsRef<[u8]>>(&mut self, entry: &SegmentEntry, chunks: &[T]) -> Result<Segment, PackError> {
        let segment = Segment::read(entry, &SealedPart::open(self.epoch, &entry.chunks, chunks)?)?;
        self.take(segment.size())?;
        Ok(segment)
    }

    fn take(&mut self, size: usize) -> Result<(), PackError> {
        self.left = self.left.checked_sub(size).ok_or(PackError::TooLarge)?;
        Ok(())
    }
}

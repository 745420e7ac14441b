//! What a pack consists of (SPEC section 8.1).

use super::{ChainId, ChunkHash, PART_CHUNKS_MAX, PackError};
use crate::crypto::cbor::{CborError, Reader, Writer};
use crate::crypto::certificate::{CERTIFICATE_MAX, CERTIFICATES_MAX};
use crate::crypto::epoch::Epoch;
use crate::crypto::seal::{self, Kind};
use crate::id::{DeviceId, Incarnation};

/// Largest sealed manifest in bytes: what the relay takes.
const MANIFEST_MAX: usize = 64 * 1024;
/// Most segments.
const SEGMENTS_MAX: usize = 2048;

/// One segment: which records it holds, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SegmentEntry {
    /// The chain.
    pub chain: ChainId,
    /// Its first record.
    pub first_seq: u64,
    /// Its last record.
    pub last_seq: u64,
    /// Its chunks.
    pub chunks: Vec<ChunkHash>,
}

/// A pack's manifest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Manifest {
    /// All segments.
    pub segments: Vec<SegmentEntry>,
    /// All certificates of the box's members (SPEC section 5.2).
    pub certificates: Vec<Vec<u8>>,
}

impl Manifest {
    /// Every chunk of the pack once, in the order in which they are named.
    pub fn chunks(&self) -> Vec<ChunkHash> {
        let mut seen = std::collections::HashSet::new();
        let chunks = self.segments.iter().flat_map(|segment| &segment.chunks);
        chunks.copied().filter(|chunk| seen.insert(*chunk)).collect()
    }

    /// The manifest as the relay stores it.
    ///
    /// # Errors
    /// [`PackError::TooLarge`] beyond 64 KiB, [`PackError::Malformed`] beyond the format's limits.
    pub fn seal(&self, epoch: &Epoch) -> Result<Vec<u8>, PackError> {
        let content = self.encode();
        Self::decode(&content)?;
        let sealed = seal::seal(epoch, Kind::Manifest, &content)?;
        if sealed.len() > MANIFEST_MAX { Err(PackError::TooLarge) } else { Ok(sealed) }
    }

    /// Opens a sealed manifest.
    ///
    /// # Errors
    /// [`PackError::Seal`], [`PackError::Malformed`], [`PackError::UnknownVersion`].
    pub fn open(epoch: &Epoch, sealed: &[u8]) -> Result<Self, PackError> {
        if sealed.len() > MANIFEST_MAX {
            return Err(PackError::TooLarge);
        }
        Self::decode(&seal::open(epoch, Kind::Manifest, sealed)?)
    }

    fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        writer.map(3).uint(0).uint(1).uint(1).array(self.segments.len());
        for segment in &self.segments {
            writer.array(5).bytes(&segment.chain.device.0).bytes(&segment.chain.incarnation.0);
            writer.uint(segment.first_seq).uint(segment.last_seq);
            writer.byte_strings(segment.chunks.iter().map(|chunk| chunk.0.as_slice()));
        }
        writer.uint(2).byte_strings(self.certificates.iter().map(Vec::as_slice));
        writer.finish()
    }

    fn decode(content: &[u8]) -> Result<Self, PackError> {
        let mut reader = Reader::open(content)?;
        let mut manifest = Self::default();
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 if reader.uint()? != 1 => return Err(PackError::UnknownVersion),
                0 => {}
                1 => {
                    for _ in 0..reader.array(SEGMENTS_MAX)? {
                        manifest.segments.push(SegmentEntry::decode(&mut reader)?);
                    }
                }
                // Two members, with all of their certificates each.
                2 => manifest.certificates = reader.byte_strings(2 * CERTIFICATES_MAX, CERTIFICATE_MAX)?,
                _ => reader.skip()?,
            }
        }
        Ok(manifest)
    }
}

impl SegmentEntry {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, CborError> {
        reader.tuple(5)?;
        let device = DeviceId(reader.fixed()?);
        let incarnation = Incarnation(reader.fixed()?);
        let (first_seq, last_seq) = (reader.uint()?, reader.uint()?);
        Ok(Self { chain: ChainId { device, incarnation }, first_seq, last_seq, chunks: chunk_hashes(reader)? })
    }
}

fn chunk_hashes(reader: &mut Reader<'_>) -> Result<Vec<ChunkHash>, CborError> {
    (0..reader.array(PART_CHUNKS_MAX)?).map(|_| reader.fixed().map(ChunkHash)).collect()
}

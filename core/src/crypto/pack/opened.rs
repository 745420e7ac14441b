//! A segment as it comes out of its part: bounded and well-formed, its records not yet read.

use super::manifest::SegmentEntry;
use super::segment::OTHERS_MAX;
use super::{ChainId, PART_MAX, PackError, varint};
use crate::crypto::cbor::{CborError, Reader};
use crate::crypto::seal::inflate;
use crate::id::{DeviceId, EpochId, Incarnation, MemberId, RecordId};

/// Most records of one segment, and most items of all of them: more than the weights let in.
pub(super) const RECORDS_MAX: usize = 8192;
/// Most bytes of a segment's columns.
const COLUMNS_MAX: usize = 4 * 1024 * 1024;

/// A segment, opened: well-formed, its records not yet read.
#[derive(Debug, Clone)]
pub struct Segment {
    pub(super) member: MemberId,
    pub(super) chain: ChainId,
    pub(super) first_seq: u64,
    pub(super) count: u64,
    pub(super) prev: RecordId,
    pub(super) epochs: Vec<(u64, EpochId)>,
    pub(super) others: Vec<ChainId>,
    pub(super) raw: Vec<u8>,
    pub(super) cores: Vec<u8>,
    pub(super) shapes: Vec<u8>,
    pub(super) bodies: Vec<u8>,
}

impl Segment {
    /// Reads a segment out of its part.
    pub(super) fn read(entry: &SegmentEntry, content: &[u8]) -> Result<Self, PackError> {
        let segment = Self::decode(content)?;
        let last_seq = segment.first_seq.checked_add(segment.count - 1).ok_or(PackError::NotARun)?;
        let says = (segment.chain, segment.first_seq, last_seq);
        if says == (entry.chain, entry.first_seq, entry.last_seq) { Ok(segment) } else { Err(PackError::NotARun) }
    }

    /// Bytes that it takes in memory, about.
    pub(super) fn size(&self) -> usize {
        self.raw.len() + self.cores.len() + self.shapes.len() + self.bodies.len()
    }

    fn decode(content: &[u8]) -> Result<Self, PackError> {
        let mut reader = Reader::open(content)?;
        let (mut member, mut device, mut incarnation) = (None, None, None);
        let (mut first_seq, mut count, mut prev) = (None, None, None);
        let (mut epochs, mut others) = (Vec::new(), Vec::new());
        let (mut raw, mut packed) = (None, None);
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 if reader.uint()? != 1 => return Err(PackError::UnknownVersion),
                0 => {}
                1 => member = Some(MemberId(reader.fixed()?)),
                2 => device = Some(DeviceId(reader.fixed()?)),
                3 => incarnation = Some(Incarnation(reader.fixed()?)),
                4 => first_seq = Some(reader.uint()?),
                5 => count = Some(reader.uint()?),
                6 => prev = Some(RecordId(reader.fixed()?)),
                7 => {
                    for _ in 0..reader.array(RECORDS_MAX)? {
                        reader.tuple(2)?;
                        epochs.push((reader.uint()?, EpochId(reader.fixed()?)));
                    }
                }
                8 => {
                    for _ in 0..reader.array(OTHERS_MAX)? {
                        reader.tuple(2)?;
                        let device = DeviceId(reader.fixed()?);
                        others.push(ChainId { device, incarnation: Incarnation(reader.fixed()?) });
                    }
                }
                9 => raw = Some(reader.bytes(PART_MAX)?.to_vec()),
                10 => packed = Some(reader.bytes(PART_MAX)?),
                _ => reader.skip()?,
            }
        }
        let columns = inflate(packed.ok_or(CborError::Missing(10))?, COLUMNS_MAX).ok_or(PackError::Columns)?;
        let mut cursor = varint::Cursor::default();
        let cores_length = cursor.length(&columns).ok_or(PackError::Columns)?;
        let shapes_length = cursor.length(&columns).ok_or(PackError::Columns)?;
        let cores = cursor.take(&columns, cores_length).ok_or(PackError::Columns)?.to_vec();
        let shapes = cursor.take(&columns, shapes_length).ok_or(PackError::Columns)?.to_vec();
        let bodies = cursor.rest(&columns).to_vec();
        let count = count.ok_or(CborError::Missing(5))?;
        let first_seq = first_seq.ok_or(CborError::Missing(4))?;
        if first_seq == 0 || count == 0 || count > RECORDS_MAX as u64 {
            return Err(PackError::NotARun);
        }
        let device = device.ok_or(CborError::Missing(2))?;
        Ok(Self {
            member: member.ok_or(CborError::Missing(1))?,
            chain: ChainId { device, incarnation: incarnation.ok_or(CborError::Missing(3))? },
            first_seq,
            count,
            prev: prev.ok_or(CborError::Missing(6))?,
            epochs,
            others,
            raw: raw.ok_or(CborError::Missing(9))?,
            cores,
            shapes,
            bodies,
        })
    }
}

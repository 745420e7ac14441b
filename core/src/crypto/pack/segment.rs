//! Segments: runs of one chain's records, column by column (SPEC section 8.2).

use super::dictionary::{Dictionary, ValuePlace};
use super::manifest::SegmentEntry;
use super::{ChainId, PackError, PackedRecord, SealedPart, varint};
use crate::crypto::cbor::Writer;
use crate::crypto::epoch::Epoch;
use crate::crypto::record::{Item, SignedRecord};
use crate::crypto::seal::deflate;
use crate::id::{EpochId, RecordId};
use std::collections::HashMap;

/// A segment ends with the record at which its signed bytes reach this: they stay the same when bodies are redacted, so that
/// everybody cuts at the same places.
const SIGNED_WEIGHT: usize = 384 * 1024;
/// Or at which all of its bytes reach this.
const WEIGHT: usize = 2 * 1024 * 1024;
/// What a record weighs beside its core, and each of its items.
const SIGNATURE_WEIGHT: usize = 64;
const ITEM_WEIGHT: usize = 128;
/// Most other chains that one segment names.
pub(super) const OTHERS_MAX: usize = 4096;
/// A nonce, kept apart from the words behind it: it cannot be deflated.
pub(super) const NONCE: usize = 32;
/// The head of a byte string of 32, in CBOR.
pub(super) const ID_HEAD: [u8; 2] = [0x58, 0x20];

/// A segment, sealed.
#[derive(Debug, Clone)]
pub struct SealedSegment {
    /// What the manifest says of it.
    pub entry: SegmentEntry,
    /// What the relay stores.
    pub part: SealedPart,
    /// Whether it has reached its size: the next segment of the chain starts behind it. One that has not is made anew with the
    /// records that follow.
    pub full: bool,
}

/// Seals records of one chain that follow each other, as as many segments as they need. Segments of the same records are the
/// same bytes, whoever seals them, as long as the first record is one with which a segment starts. All records must have been
/// defined in `dictionary`.
///
/// # Errors
/// [`PackError::NotARun`] when a record is not the next of the chain, and [`PackError::TooLarge`].
pub fn seal_segments(
    epoch: &Epoch,
    dictionary: &Dictionary,
    records: &[PackedRecord],
) -> Result<Vec<SealedSegment>, PackError> {
    let mut sealed = Vec::new();
    let mut rest = records;
    while !rest.is_empty() {
        let (length, full) = cut(rest);
        let (run, later) = rest.split_at_checked(length).ok_or(PackError::NotARun)?;
        rest = later;
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            return Err(PackError::NotARun);
        };
        let content = Encoder::new(dictionary, first).encode(first, run)?;
        let part = SealedPart::seal(epoch, &content)?;
        let entry = SegmentEntry {
            chain: first.chain,
            first_seq: first.record.core.seq,
            last_seq: last.record.core.seq,
            chunks: part.hashes.clone(),
        };
        sealed.push(SealedSegment { entry, part, full });
    }
    Ok(sealed)
}

/// How many records make the next segment, and whether that fills it.
fn cut(records: &[PackedRecord]) -> (usize, bool) {
    let (mut signed, mut all) = (0, 0);
    for (index, PackedRecord { record, .. }) in records.iter().enumerate() {
        let core = SIGNATURE_WEIGHT + record.core_bytes.len();
        signed += core + ITEM_WEIGHT * record.items.len();
        all += core;
        all += record.items.iter().map(Item::weight).sum::<usize>();
        if signed >= SIGNED_WEIGHT || all >= WEIGHT {
            return (index + 1, true);
        }
    }
    (records.len(), false)
}

impl Item {
    fn weight(&self) -> usize {
        match self {
            Self::Present(bytes) => bytes.len(),
            Self::Absent(hash) => hash.len(),
        }
    }
}

/// What the signed core of a record starts with, behind its first byte: known to who knows the chain and the seq.
pub(super) fn core_start(chain: &ChainId, seq: u64) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.uint(0).bytes(&chain.device.hint()).uint(1).bytes(&chain.incarnation.0).uint(2).uint(seq);
    writer.finish()
}

/// The byte strings of 32 in a core: where each value starts. Cores are scanned as bytes, so that what stands in headers is
/// found too, and what only looks like an id does no harm.
pub(super) fn ids_in(core: &[u8]) -> impl Iterator<Item = (usize, [u8; 32])> + '_ {
    let mut at = 0;
    std::iter::from_fn(move || {
        while let Some(rest) = core.get(at..) {
            let found = rest.strip_prefix(&ID_HEAD).and_then(|rest| rest.first_chunk::<32>());
            match found {
                Some(value) => {
                    let start = at + ID_HEAD.len();
                    at = start + value.len();
                    return Some((start, *value));
                }
                None if rest.is_empty() => return None,
                None => at += 1,
            }
        }
        None
    })
}

struct Encoder<'a> {
    dictionary: &'a Dictionary,
    chain: ChainId,
    /// Values that stood in this segment before, by place in the list of them.
    locals: HashMap<[u8; 32], usize>,
    /// Other chains that are named, and the seq that was named last.
    others: Vec<(ChainId, u64)>,
    raw: Vec<u8>,
    cores: Vec<u8>,
    shapes: Vec<u8>,
    bodies: Vec<u8>,
}

impl<'a> Encoder<'a> {
    fn new(dictionary: &'a Dictionary, first: &PackedRecord) -> Self {
        Self {
            dictionary,
            chain: first.chain,
            locals: HashMap::new(),
            others: Vec::new(),
            raw: Vec::new(),
            cores: Vec::new(),
            shapes: Vec::new(),
            bodies: Vec::new(),
        }
    }

    fn encode(mut self, first: &PackedRecord, run: &[PackedRecord]) -> Result<Vec<u8>, PackError> {
        let mut epochs: Vec<(u64, EpochId)> = Vec::new();
        let mut prev = first.prev;
        for (packed, seq) in run.iter().zip(first.record.core.seq..) {
            let place = (packed.chain, packed.member, packed.prev, packed.record.core.seq);
            if place != (first.chain, first.member, prev, seq) {
                return Err(PackError::NotARun);
            }
            prev = packed.id;
            match epochs.last_mut() {
                Some((count, epoch)) if *epoch == packed.record.made_in => *count += 1,
                _ => epochs.push((1, packed.record.made_in)),
            }
            self.add(&packed.id, &packed.record)?;
        }
        let mut columns = Vec::with_capacity(8 + self.cores.len() + self.shapes.len() + self.bodies.len());
        varint::put(&mut columns, self.cores.len() as u64);
        varint::put(&mut columns, self.shapes.len() as u64);
        columns.extend_from_slice(&self.cores);
        columns.extend_from_slice(&self.shapes);
        columns.extend_from_slice(&self.bodies);

        let mut writer = Writer::default();
        writer.map(11).uint(0).uint(1).uint(1).bytes(&first.member.0);
        writer.uint(2).bytes(&first.chain.device.0).uint(3).bytes(&first.chain.incarnation.0);
        writer.uint(4).uint(first.record.core.seq).uint(5).uint(run.len() as u64).uint(6).bytes(&first.prev.0);
        writer.uint(7).array(epochs.len());
        for (count, epoch) in &epochs {
            writer.array(2).uint(*count).bytes(&epoch.0);
        }
        writer.uint(8).array(self.others.len());
        for (chain, _) in &self.others {
            writer.array(2).bytes(&chain.device.0).bytes(&chain.incarnation.0);
        }
        writer.uint(9).bytes(&self.raw).uint(10).bytes(&deflate(&columns));
        Ok(writer.finish())
    }

    fn add(&mut self, id: &RecordId, record: &SignedRecord) -> Result<(), PackError> {
        self.raw.extend_from_slice(&record.signature);
        let (head, rest) = record.core_bytes.split_first().ok_or(PackError::NotARun)?;
        let rest = rest.strip_prefix(&core_start(&self.chain, record.core.seq)[..]).ok_or(PackError::NotARun)?;
        self.cores.push(*head);
        self.add_core(rest, record.core.seq, self.dictionary.generation(id));
        for (index, item) in record.items.iter().enumerate() {
            match item {
                Item::Absent(hash) => {
                    varint::put(&mut self.shapes, 0);
                    self.raw.extend_from_slice(hash);
                }
                Item::Present(bytes) => {
                    varint::put(&mut self.shapes, 1 + bytes.len() as u64);
                    let is_body = index < record.core.headers.len();
                    match bytes.split_first_chunk::<NONCE>() {
                        Some((nonce, words)) if is_body => {
                            self.raw.extend_from_slice(nonce);
                            self.bodies.extend_from_slice(words);
                        }
                        _ => self.bodies.extend_from_slice(bytes),
                    }
                }
            }
        }
        Ok(())
    }

    fn add_core(&mut self, rest: &[u8], seq: u64, generation: u64) {
        let (mut done, mut new) = (0, Vec::new());
        for (start, value) in ids_in(rest) {
            let place = self.dictionary.place(&value, generation);
            let place = place.filter(|place| place.chain != self.chain || place.seq < seq);
            let token = place.and_then(|place| self.token(&place, seq)).or_else(|| self.local(&value));
            match token {
                Some(token) => {
                    self.add_literal(rest.get(done..start).unwrap_or_default());
                    self.cores.extend_from_slice(&token);
                    done = start + value.len();
                }
                None => new.push(value),
            }
        }
        self.add_literal(rest.get(done..).unwrap_or_default());
        varint::put(&mut self.cores, 0);
        for value in new {
            let next = self.locals.len();
            self.locals.entry(value).or_insert(next);
        }
    }

    fn add_literal(&mut self, bytes: &[u8]) {
        varint::put(&mut self.cores, bytes.len() as u64);
        self.cores.extend_from_slice(bytes);
    }

    /// Names a value that this segment had before, by how far back it is.
    fn local(&self, value: &[u8; 32]) -> Option<Vec<u8>> {
        let index = self.locals.get(value)?;
        let mut token = Vec::new();
        varint::put(&mut token, 2 * (self.locals.len() - index) as u64 - 1);
        Some(token)
    }

    /// Names a value by the record that defines it.
    fn token(&mut self, place: &ValuePlace, seq: u64) -> Option<Vec<u8>> {
        let mut token = Vec::new();
        if place.chain == self.chain {
            varint::put(&mut token, 2);
            varint::put(&mut token, seq - place.seq);
        } else {
            let known = self.others.iter().position(|(chain, _)| *chain == place.chain);
            let index = match known {
                Some(index) => index,
                None if self.others.len() < OTHERS_MAX => {
                    self.others.push((place.chain, 0));
                    self.others.len() - 1
                }
                None => return None,
            };
            let (_, last) = self.others.get_mut(index)?;
            varint::put(&mut token, 2 * (index as u64 + 2));
            varint::put(&mut token, varint::zigzag(*last, place.seq));
            *last = place.seq;
        }
        varint::put(&mut token, place.ordinal as u64);
        Some(token)
    }
}

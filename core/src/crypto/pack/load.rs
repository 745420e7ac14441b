//! Reading the records out of a pack's segments. A record may name values that another chain's record defines, so the
//! segments are read side by side: one that needs a record which is not there yet waits for it.

use super::dictionary::{item_hashes, record_values};
use super::opened::{RECORDS_MAX, Segment};
use super::segment::{NONCE, core_start, ids_in};
use super::varint::{Cursor, unzigzag};
use super::{ChainId, ItemHash, PackError, PackedRecord};
use crate::crypto::record::{BODY_MAX, Core, Item, PAYLOAD_MAX, Place, SignedRecord};
use crate::id::{EpochId, OwnerId, RecordId};
use std::collections::{HashMap, HashSet};

/// The part of a segment that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unresolved {
    /// The chain.
    pub chain: ChainId,
    /// The first record that is missing.
    pub first_seq: u64,
    /// The last.
    pub last_seq: u64,
    /// Why; none when it names a record that none of the segments has.
    pub error: Option<PackError>,
}

/// Gives the values ([`record_values`](super::record_values)) of a record that is held already, so that segments whose records
/// are all held need not be there.
pub type HeldValues<'a> = dyn Fn(&ChainId, u64) -> Option<Vec<[u8; 32]>> + 'a;

/// Reads all records of one pack's `segments`, in an order in which a record comes after those whose ids it names. What cannot
/// be read is left out and said.
pub fn load_segments(
    owner: &OwnerId,
    segments: Vec<Segment>,
    item_hash: &ItemHash<'_>,
    held: &HeldValues<'_>,
) -> (Vec<PackedRecord>, Vec<Unresolved>) {
    // What a segment is to bring is not taken from elsewhere: only its own record is surely the one that it names.
    let brought: Vec<(ChainId, u64, u64)> = segments
        .iter()
        .map(|segment| (segment.chain, segment.first_seq, segment.first_seq.saturating_add(segment.count)))
        .collect();
    let is_brought = |chain: &ChainId, seq: u64| {
        brought.iter().any(|(other, first, end)| other == chain && (*first..*end).contains(&seq))
    };
    let mut runs: Vec<Decoder> = segments.into_iter().map(Decoder::new).collect();
    let mut loader = Loader { owner, item_hash, known: HashMap::new(), records: Vec::new() };
    let mut waiting: HashMap<(ChainId, u64), Vec<usize>> = HashMap::new();
    let mut ready: Vec<usize> = (0..runs.len()).rev().collect();
    let mut failed = Vec::new();
    while let Some(index) = ready.pop() {
        let Some(run) = runs.get_mut(index) else {
            continue;
        };
        loop {
            let place = (run.segment.chain, run.seq);
            match loader.next(run) {
                Ok(Next::Record) => ready.extend(waiting.remove(&place).into_iter().flatten()),
                Ok(Next::End) => break,
                Ok(Next::Needs(chain, seq)) => {
                    let values = if is_brought(&chain, seq) { None } else { held(&chain, seq) };
                    if let Some(values) = values {
                        loader.known.insert((chain, seq), values);
                        continue;
                    }
                    waiting.entry((chain, seq)).or_default().push(index);
                    break;
                }
                Err(error) => {
                    failed.push(run.unresolved(Some(error)));
                    break;
                }
            }
        }
    }
    let stuck = waiting.into_values().flatten();
    failed.extend(stuck.filter_map(|index| runs.get(index)).map(|run| run.unresolved(None)));
    failed.sort_unstable_by_key(|unresolved| (unresolved.chain, unresolved.first_seq));
    (loader.records, failed)
}

/// How far a segment was read.
struct Decoder {
    segment: Segment,
    seq: u64,
    left: u64,
    prev: RecordId,
    at: At,
    locals: Vec<[u8; 32]>,
    local_set: HashSet<[u8; 32]>,
    /// For each other chain, the seq that was named last.
    last_named: Vec<u64>,
    /// Records left in the epoch, and the next epoch's place.
    epoch: (u64, usize),
    /// Items read so far.
    items: usize,
}

/// Places in the columns.
#[derive(Debug, Clone, Copy, Default)]
struct At {
    raw: Cursor,
    cores: Cursor,
    shapes: Cursor,
    bodies: Cursor,
}

enum Next {
    Record,
    End,
    Needs(ChainId, u64),
}

enum CoreRead {
    Core { bytes: Vec<u8>, new: Vec<[u8; 32]> },
    Needs(ChainId, u64),
}

impl Decoder {
    fn new(segment: Segment) -> Self {
        Self {
            seq: segment.first_seq,
            left: segment.count,
            prev: segment.prev,
            at: At::default(),
            locals: Vec::new(),
            local_set: HashSet::new(),
            last_named: vec![0; segment.others.len()],
            epoch: (0, 0),
            items: 0,
            segment,
        }
    }

    fn unresolved(&self, error: Option<PackError>) -> Unresolved {
        let last_seq = self.seq.saturating_add(self.left.saturating_sub(1));
        Unresolved { chain: self.segment.chain, first_seq: self.seq, last_seq, error }
    }

    fn is_at_end(&self) -> bool {
        let Segment { raw, cores, shapes, bodies, .. } = &self.segment;
        self.at.raw.is_at_end(raw)
            && self.at.cores.is_at_end(cores)
            && self.at.shapes.is_at_end(shapes)
            && self.at.bodies.is_at_end(bodies)
    }

    /// The epoch of the next record.
    fn next_epoch(&mut self) -> Option<EpochId> {
        let (left, next) = &mut self.epoch;
        while *left == 0 {
            *left = self.segment.epochs.get(*next)?.0;
            *next += 1;
        }
        *left -= 1;
        self.segment.epochs.get(next.checked_sub(1)?).map(|(_, epoch)| *epoch)
    }

    /// The next core, or what must be known before it.
    fn core(&mut self, at: &mut Cursor, known: &Known) -> Option<CoreRead> {
        let column = &self.segment.cores;
        let mut bytes = at.take(column, 1)?.to_vec();
        bytes.extend_from_slice(&core_start(&self.segment.chain, self.seq));
        let start = bytes.len();
        let mut named = Vec::new();
        let mut last_named = self.last_named.clone();
        loop {
            let length = at.length(column)?;
            bytes.extend_from_slice(at.take(column, length)?);
            if bytes.len() > PAYLOAD_MAX {
                return None;
            }
            let token = at.length(column)?;
            if token == 0 {
                break;
            }
            named.push(bytes.len());
            let value = if token % 2 == 1 {
                let back = token / 2 + 1;
                *self.locals.get(self.locals.len().checked_sub(back)?)?
            } else {
                let (chain, seq) = match token / 2 - 1 {
                    0 => (self.segment.chain, self.seq.checked_sub(at.number(column)?)?),
                    other => {
                        let last = last_named.get_mut(other - 1)?;
                        *last = unzigzag(*last, at.number(column)?);
                        (*self.segment.others.get(other - 1)?, *last)
                    }
                };
                let ordinal = at.length(column)?;
                match known.get(&(chain, seq)) {
                    Some(values) => *values.get(ordinal)?,
                    None => return Some(CoreRead::Needs(chain, seq)),
                }
            };
            bytes.extend_from_slice(&value);
        }
        self.last_named = last_named;
        let ids = ids_in(bytes.get(start..)?).map(|(at, value)| (at + start, value));
        let new = ids.filter(|(at, _)| !named.contains(at)).map(|(_, value)| value).collect();
        Some(CoreRead::Core { bytes, new })
    }

    fn items(&self, core: &Core, at: &mut At) -> Option<Vec<Item>> {
        let Segment { raw, shapes, bodies, .. } = &self.segment;
        let count = core.headers.len() + core.documents.len();
        let item = |index: usize| {
            let Some(length) = at.shapes.length(shapes)?.checked_sub(1) else {
                return Some(Item::Absent(at.raw.take(raw, 32)?.try_into().ok()?));
            };
            let is_body = index < core.headers.len();
            if length > if is_body { BODY_MAX } else { PAYLOAD_MAX } {
                return None;
            }
            if !is_body || length < NONCE {
                return Some(Item::Present(at.bodies.take(bodies, length)?.to_vec()));
            }
            let mut body = at.raw.take(raw, NONCE)?.to_vec();
            body.extend_from_slice(at.bodies.take(bodies, length - NONCE)?);
            Some(Item::Present(body))
        };
        (0..count).map(item).collect()
    }
}

/// The values of every record that was read.
type Known = HashMap<(ChainId, u64), Vec<[u8; 32]>>;

struct Loader<'a> {
    owner: &'a OwnerId,
    item_hash: &'a ItemHash<'a>,
    known: Known,
    records: Vec<PackedRecord>,
}

impl Loader<'_> {
    fn next(&mut self, run: &mut Decoder) -> Result<Next, PackError> {
        if run.left == 0 {
            return if run.is_at_end() { Ok(Next::End) } else { Err(PackError::Columns) };
        }
        let mut at = run.at;
        let (core_bytes, new) = match run.core(&mut at.cores, &self.known).ok_or(PackError::Columns)? {
            CoreRead::Core { bytes, new } => (bytes, new),
            CoreRead::Needs(chain, seq) => return Ok(Next::Needs(chain, seq)),
        };
        let core = Core::decode(&core_bytes)?;
        let signature = at.raw.take(&run.segment.raw, 64).and_then(|bytes| bytes.try_into().ok());
        let record = SignedRecord {
            signature: signature.ok_or(PackError::Columns)?,
            items: run.items(&core, &mut at).ok_or(PackError::Columns)?,
            core_bytes,
            core,
            prev: (run.prev != Place::START).then_some(run.prev),
            made_in: run.next_epoch().ok_or(PackError::Columns)?,
            certificates: Vec::new(),
        };
        run.items += record.items.len();
        if run.items > RECORDS_MAX {
            return Err(PackError::TooLarge);
        }
        let chain = run.segment.chain;
        let hashes = item_hashes(&chain, &record.core, &record.items, self.item_hash)?;
        let inner = record.inner(self.owner, &chain.device, &run.prev, |index, _| hashes.get(index).copied())?;
        let id = RecordId(crate::id::hash(&[&inner]));
        let values = record_values(self.owner, &run.segment.member, &id, &record.core, &hashes);
        self.known.entry((chain, run.seq)).or_insert(values);
        for value in new {
            if run.local_set.insert(value) {
                run.locals.push(value);
            }
        }
        let loaded = PackedRecord { member: run.segment.member, chain, prev: run.prev, id, record };
        self.records.push(loaded);
        run.at = at;
        run.prev = id;
        run.seq = run.seq.saturating_add(1);
        run.left -= 1;
        Ok(Next::Record)
    }
}

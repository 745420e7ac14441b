//! Making a pack out of this phone's rows. Whoever has the same records makes the same segments.

use super::coverage::Coverage;
use super::list::Listed;
use super::put::Putting;
use crate::crypto::pack::{Dictionary, Manifest, PackError, PackedRecord, SegmentEntry, seal_segments};
use crate::crypto::record::{Place, SignedRecord};
use crate::id::{MemberId, RecordId, hash};
use crate::storage::{StoreError, Work};
use crate::sync::SyncError;
use crate::sync::keyring::BoxRing;
use crate::sync::receive::item_hashes;
use crate::sync::rows::{BoxIndex, RecordRow};
use crate::sync::seal::{TWINS_MAX, read_record};
use crate::sync::state::{BoxState, Chain};
use amends_protocol::{ChunkHash, PackId};
use std::collections::{HashMap, HashSet, VecDeque};

/// Runs in one pack: their manifest fits the relay. A sound box has one for each chain; the shortest ones are left out.
const RUNS_MAX: usize = 320;
/// Bytes of records in one pack, so that neither making nor loading it takes more memory than there is: many times what ten
/// years take. The rest stays with the relay as records.
const BYTES_MAX: usize = 64 * 1024 * 1024;

/// What the relay has already.
pub(super) struct Beside<'a> {
    pub(super) listed: &'a [Listed],
    /// Chunks that some pack names.
    pub(super) there: &'a HashSet<ChunkHash>,
}

/// A record that can go into a pack, and the hashes of its items.
struct Packable {
    record: PackedRecord,
    hashes: Vec<[u8; 32]>,
}

/// Records that follow each other.
type Run = Vec<Packable>;

/// Makes a pack of everything that is kept of a box. None when there is nothing to pack; the inner error when it cannot be
/// sealed.
///
/// # Errors
/// What the store says, but for damaged rows: those are left out.
pub(super) fn make(
    work: &Work<'_>,
    ring: &BoxRing,
    index: BoxIndex,
    state: &BoxState,
    me: &MemberId,
    beside: &Beside<'_>,
) -> Result<Result<Option<Putting>, PackError>, SyncError> {
    let mut reader = Reader { work, ring, index, state, room: BYTES_MAX };
    let mut runs: Vec<Run> = Vec::new();
    // One's own member's records come first: theirs are what is trimmed.
    for own in [true, false] {
        for (number, chain) in (0u16..).zip(&state.chains).filter(|(_, chain)| (chain.member == *me) == own) {
            runs.extend(reader.runs(number, chain, own)?);
        }
    }
    runs.sort_by_key(|run| std::cmp::Reverse(run.len()));
    runs.truncate(RUNS_MAX);
    Ok(seal(ring, state, runs, beside))
}

struct Reader<'a, 'w> {
    work: &'a Work<'w>,
    ring: &'a BoxRing,
    index: BoxIndex,
    state: &'a BoxState,
    /// Bytes that the pack still takes.
    room: usize,
}

impl Reader<'_, '_> {
    /// The runs of one chain. What an own device has not handed to the relay yet is not for others, in no form.
    fn runs(&mut self, number: u16, chain: &Chain, own: bool) -> Result<Vec<Run>, SyncError> {
        let unsent = chain.upload.stretches().next().map(|(first, _)| first).filter(|_| own);
        let end = unsent.map_or(chain.head_seq, |first| first - 1);
        let mut runs: Vec<Run> = Vec::new();
        let mut before: Option<(u64, RecordId)> = None;
        for seq in chain.held().into_iter().flat_map(|(first, last)| first..=last.min(end)) {
            let last = runs.last().and_then(|run| run.last()).map(|last| (last.record.record.core.seq, last.record.id));
            let Some((row, record)) = self.read(number, seq, 0)? else { continue };
            let hashes = item_hashes(&self.state.owner, &chain.member, &record);
            let likely = before.filter(|(before, _)| before + 1 == seq).map(|(_, id)| id);
            before = Some((seq, row.id));
            let Some(prev) = self.predecessor(number, chain, (&row, &record), &hashes, likely)? else { continue };
            self.room = match self.room.checked_sub(weight(&record)) {
                Some(room) => room,
                None => return Ok(runs),
            };
            let packed = PackedRecord { member: chain.member, chain: chain.id(), prev, id: row.id, record };
            let packable = Packable { record: packed, hashes };
            match runs.last_mut() {
                Some(run) if last == Some((seq - 1, prev)) => run.push(packable),
                _ => runs.push(vec![packable]),
            }
        }
        Ok(runs)
    }

    /// A row that cannot be read any more is as one that never came.
    fn read(&self, chain: u16, seq: u64, twin: u8) -> Result<Option<(RecordRow, SignedRecord)>, SyncError> {
        match read_record(self.work, self.ring, self.index, chain, seq, twin) {
            Err(SyncError::Store(StoreError::Damaged { .. })) => Ok(None),
            read => read,
        }
    }

    /// The record that this one was signed behind, if it is kept: its id tells.
    fn predecessor(
        &self,
        number: u16,
        chain: &Chain,
        (row, record): (&RecordRow, &SignedRecord),
        hashes: &[[u8; 32]],
        likely: Option<RecordId>,
    ) -> Result<Option<RecordId>, SyncError> {
        let is_behind = |prev: &RecordId| {
            let inner = record.inner(&self.state.owner, &chain.device, prev, |at, _| hashes.get(at).copied());
            inner.is_ok_and(|inner| hash(&[&inner]) == row.id.0)
        };
        let seq = record.core.seq;
        if seq == 1 {
            return Ok(Some(Place::START).filter(|prev| is_behind(prev)));
        }
        if let Some(prev) = likely.filter(|prev| is_behind(prev)) {
            return Ok(Some(prev));
        }
        for twin in 0..TWINS_MAX {
            match self.read(number, seq - 1, twin)? {
                Some((row, _)) if is_behind(&row.id) => return Ok(Some(row.id)),
                Some(_) => {}
                None => break,
            }
        }
        Ok(None)
    }
}

fn weight(record: &SignedRecord) -> usize {
    let items = record.items.iter().map(|item| match item {
        crate::crypto::record::Item::Present(bytes) => bytes.len(),
        crate::crypto::record::Item::Absent(_) => 32,
    });
    record.core_bytes.len() + 64 + items.sum::<usize>()
}

/// Seals runs into the segments of a pack, keeping only chunks that the relay lacks.
fn seal(ring: &BoxRing, state: &BoxState, runs: Vec<Run>, beside: &Beside<'_>) -> Result<Option<Putting>, PackError> {
    let Ok(epoch) = ring.epoch() else { return Ok(None) };
    let dictionary = define(state, &runs)?;
    let mut segments: Vec<SegmentEntry> = Vec::new();
    let mut fresh = VecDeque::new();
    let mut queued = HashSet::new();
    for run in runs {
        let records: Vec<PackedRecord> = run.into_iter().map(|packable| packable.record).collect();
        for sealed in seal_segments(epoch, &dictionary, &records)? {
            for (hash, chunk) in sealed.part.hashes.iter().zip(sealed.part.chunks) {
                if !beside.there.contains(&ChunkHash(hash.0)) && queued.insert(*hash) {
                    fresh.push_back(chunk);
                }
            }
            segments.push(sealed.entry);
        }
    }
    if segments.is_empty() {
        return Ok(None);
    }
    segments.sort_by_key(|segment| (segment.chain, segment.first_seq));
    let certificates = ring.members().iter().flat_map(|member| member.certificates().map(<[u8]>::to_vec)).collect();
    let manifest = Manifest { segments, certificates };
    let sealed = manifest.seal(epoch)?;
    let id = PackId(hash(&[&sealed]));
    let covers = Coverage::of([&manifest]);
    let replaced = beside.listed.iter().filter(|listed| listed.id != id && covers.holds(&listed.covers));
    Ok(Some(Putting {
        replaces: replaced.map(|listed| listed.id).collect(),
        listed: beside.listed.iter().any(|listed| listed.id == id),
        chunks: manifest.chunks().into_iter().map(|chunk| ChunkHash(chunk.0)).collect(),
        id,
        manifest: sealed,
        covers,
        fresh,
        under_way: 0,
        put: false,
        dropped: state.packs.dropped,
    }))
}

/// Defines everything that the runs' records say of others, each record after those it names.
fn define(state: &BoxState, runs: &[Run]) -> Result<Dictionary, PackError> {
    let packed: HashSet<RecordId> = runs.iter().flatten().map(|packable| packable.record.id).collect();
    let mut defined: HashSet<RecordId> = HashSet::with_capacity(packed.len());
    let mut dictionary = Dictionary::new(state.owner);
    let mut rest: Vec<&[Packable]> = runs.iter().map(Vec::as_slice).collect();
    // Runs that wait for a record; one that is waited for wakes them.
    let mut waiting: HashMap<RecordId, Vec<usize>> = HashMap::new();
    let mut ready: Vec<usize> = (0..rest.len()).rev().collect();
    while let Some(at) = ready.pop() {
        let Some(run) = rest.get_mut(at) else { continue };
        while let Some((next, later)) = run.split_first() {
            let named = next.record.record.core.seen.iter().map(|seen| seen.record).chain([next.record.prev]);
            let awaited = named.into_iter().find(|id| packed.contains(id) && !defined.contains(id));
            if let Some(id) = awaited {
                waiting.entry(id).or_default().push(at);
                break;
            }
            dictionary.define(&next.record, &|_, _, at, _| next.hashes.get(at).copied())?;
            defined.insert(next.record.id);
            ready.extend(waiting.remove(&next.record.id).into_iter().flatten());
            *run = later;
        }
    }
    // Ids are hashes of what they name: no record waits for itself.
    debug_assert!(waiting.is_empty());
    Ok(dictionary)
}

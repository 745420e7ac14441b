//! Fetching packs that bring what is missing here, and feeding their records in as if they came one by one.

use super::PackWork;
use super::coverage::length;
use super::list::{Listed, note_lacking};
use crate::crypto::pack::{ChainId, ChunkHash, PackReader, PackedRecord, load_segments, record_values};
use crate::crypto::record::Core;
use crate::id::MemberId;
use crate::storage::Work;
use crate::sync::engine::{Engine, Lent};
use crate::sync::keyring::BoxRing;
use crate::sync::receive::{Intake, item_hash, item_hashes};
use crate::sync::rows::BoxIndex;
use crate::sync::seal::read_record;
use crate::sync::session::{InFlight, Phase};
use crate::sync::state::BoxState;
use crate::sync::{Arrival, Event, Output, SyncError};
use amends_protocol::{BoxId, ChunkHash as RelayChunk, RelayError, Request, limits};
use std::collections::{HashMap, HashSet, VecDeque};

/// Chunks asked for at once: 1 MiB.
const CHUNKS_UNDER_WAY_MAX: usize = 4;
/// Packs fetched on one connection. One has everything, as a rule.
const PACKS_MAX: usize = 8;
/// Records fed in by one step.
const RECORDS_PER_STEP: usize = 512;

/// A pack that is being fetched.
#[derive(Debug)]
pub(super) struct Fetching {
    /// Its place in the list.
    pack: usize,
    /// Places of the segments that are wanted.
    segments: Vec<usize>,
    queue: VecDeque<ChunkHash>,
    under_way: usize,
    chunks: HashMap<ChunkHash, Vec<u8>>,
    bytes: u64,
}

/// Records out of a pack that were not fed in yet.
#[derive(Debug)]
pub(super) struct Taking {
    records: VecDeque<PackedRecord>,
    /// Index of the epoch they were sealed in.
    epoch: u16,
    /// Whether all that was fetched could be read.
    whole: bool,
    /// How many records the pack has.
    count: u64,
}

/// How many records of a segment are missing here.
fn missing(state: &BoxState, segment: &crate::crypto::pack::SegmentEntry) -> u64 {
    let held = state.chain_index(&segment.chain.device, &segment.chain.incarnation);
    let held = held.and_then(|number| state.chain(number)).map(|chain| chain.held()).unwrap_or_default();
    length(&super::coverage::without(&[(segment.first_seq, segment.last_seq)], &held))
}

fn missing_in(state: &BoxState, listed: &Listed) -> u64 {
    listed.manifest.segments.iter().map(|segment| missing(state, segment)).fold(0, u64::saturating_add)
}

impl Engine {
    /// Fetches the pack that brings most of what is missing here; where none does, the box is read.
    pub(super) fn fetch_next(&mut self, lent: &mut Lent<'_, '_>, index: BoxIndex) -> Result<(), SyncError> {
        let at = usize::from(index);
        let (Some(state), Some(session)) = (lent.boxes.get_mut(at), self.sessions.get_mut(at)) else { return Ok(()) };
        let listed = session.packs.listed.as_deref().unwrap_or_default();
        let tried = &session.packs.tried;
        // A pack that did not bring everything at first is fetched whole: what stands in for its other segments here may not be
        // what it means.
        let useful = listed.iter().enumerate().filter_map(|(at, pack)| {
            let before = tried.iter().filter(|(id, _)| *id == pack.id).map(|(_, whole)| *whole).collect::<Vec<_>>();
            let brings = missing_in(state, pack);
            (brings > 0 && !before.contains(&true)).then_some((before.is_empty(), brings, at))
        });
        let best = useful.max().filter(|_| tried.len() < PACKS_MAX);
        let Some((first_time, _, pack)) = best else {
            note_lacking(state, listed);
            session.packs.work = PackWork::Idle;
            let from = state.read_from();
            session.sought = state.anchor;
            return self.read(index, from, lent.ring.ring(index)?);
        };
        let Some(chosen) = listed.get(pack) else { return Ok(()) };
        let all = chosen.manifest.segments.iter().enumerate();
        let wanted: Vec<usize> =
            all.filter(|(_, segment)| !first_time || missing(state, segment) > 0).map(|(at, _)| at).collect();
        let mut queue = VecDeque::new();
        let mut queued = HashSet::new();
        for segment in wanted.iter().filter_map(|at| chosen.manifest.segments.get(*at)) {
            queue.extend(segment.chunks.iter().copied().filter(|chunk| queued.insert(*chunk)));
        }
        let whole = wanted.len() == chosen.manifest.segments.len();
        session.packs.tried.push((chosen.id, whole));
        session.packs.work = PackWork::Fetching(Fetching {
            pack,
            segments: wanted,
            queue,
            under_way: 0,
            chunks: HashMap::new(),
            bytes: 0,
        });
        self.fetch_more(lent, index)
    }

    /// Asks for chunks that there is room for.
    pub(in crate::sync) fn fetch_more(&mut self, lent: &Lent<'_, '_>, index: BoxIndex) -> Result<(), SyncError> {
        let box_id = BoxId(*lent.ring.ring(index)?.epoch()?.box_id());
        let Some(session) = self.sessions.get_mut(usize::from(index)) else { return Ok(()) };
        if session.is_paused(lent.now.elapsed_ms) {
            return Ok(());
        }
        let PackWork::Fetching(fetching) = &mut session.packs.work else { return Ok(()) };
        let mut asked = Vec::new();
        while fetching.under_way < CHUNKS_UNDER_WAY_MAX {
            let Some(hash) = fetching.queue.pop_front() else { break };
            fetching.under_way += 1;
            asked.push(RelayChunk(hash.0));
        }
        for hash in asked {
            self.request(Request::GetChunk { box_id, hash }, InFlight::Chunk { index, hash });
        }
        Ok(())
    }

    /// A chunk came.
    pub(in crate::sync) fn chunk_came(
        &mut self,
        lent: &mut Lent<'_, '_>,
        index: BoxIndex,
        hash: RelayChunk,
        chunk: Vec<u8>,
        arrivals: &mut Vec<Arrival>,
    ) -> Result<(), SyncError> {
        let Some(session) = self.sessions.get_mut(usize::from(index)) else { return Ok(()) };
        let PackWork::Fetching(fetching) = &mut session.packs.work else { return Ok(()) };
        fetching.under_way = fetching.under_way.saturating_sub(1);
        fetching.bytes = fetching.bytes.saturating_add(chunk.len() as u64);
        // A box holds no more than that.
        if fetching.bytes > limits::BOX_BYTES_MAX {
            fetching.queue.clear();
        } else if crate::id::hash(&[&chunk]) == hash.0 {
            fetching.chunks.insert(ChunkHash(hash.0), chunk);
        }
        if fetching.queue.is_empty() && fetching.under_way == 0 {
            return self.load(lent, index, arrivals);
        }
        Ok(())
    }

    /// A chunk does not come: what it belongs to is done without.
    pub(in crate::sync) fn chunk_refused(
        &mut self,
        lent: &mut Lent<'_, '_>,
        index: BoxIndex,
        hash: RelayChunk,
        error: &RelayError,
        arrivals: &mut Vec<Arrival>,
    ) -> Result<(), SyncError> {
        let Some(session) = self.sessions.get_mut(usize::from(index)) else { return Ok(()) };
        let PackWork::Fetching(fetching) = &mut session.packs.work else { return Ok(()) };
        fetching.under_way = fetching.under_way.saturating_sub(1);
        if let Some(seconds) = error.retry_after_s {
            fetching.queue.push_back(ChunkHash(hash.0));
            session.paused_until_ms = Some(lent.now.elapsed_ms.saturating_add(u64::from(seconds) * 1000));
            return Ok(());
        }
        if fetching.queue.is_empty() && fetching.under_way == 0 {
            return self.load(lent, index, arrivals);
        }
        Ok(())
    }

    /// Reads records out of what was fetched.
    fn load(&mut self, lent: &mut Lent<'_, '_>, index: BoxIndex, arrivals: &mut Vec<Arrival>) -> Result<(), SyncError> {
        let at = usize::from(index);
        let (Some(state), Some(session)) = (lent.boxes.get_mut(at), self.sessions.get_mut(at)) else { return Ok(()) };
        let PackWork::Fetching(fetching) = std::mem::take(&mut session.packs.work) else { return Ok(()) };
        let listed = session.packs.listed.as_deref().unwrap_or_default();
        let Some(pack) = listed.get(fetching.pack) else { return Ok(()) };
        let ring = lent.ring.ring_mut(index)?;
        ring.learn(state, &pack.manifest.certificates);
        let (records, whole) = read_pack(lent.work, ring, index, state, pack, &fetching);
        if !whole {
            self.staged.push(Output::Event(Event::Pack { index, reason: "unreadable_part" }));
        }
        let taking = Taking { records: records.into(), epoch: pack.epoch, whole, count: pack.covers.count() };
        session.packs.work = PackWork::Taking(taking);
        self.take_packed(lent, index, arrivals)
    }

    /// Feeds the next records in.
    pub(in crate::sync) fn take_packed(
        &mut self,
        lent: &mut Lent<'_, '_>,
        index: BoxIndex,
        arrivals: &mut Vec<Arrival>,
    ) -> Result<(), SyncError> {
        let at = usize::from(index);
        let (Some(state), Some(session)) = (lent.boxes.get_mut(at), self.sessions.get_mut(at)) else { return Ok(()) };
        let PackWork::Taking(taking) = &mut session.packs.work else { return Ok(()) };
        let some = taking.records.len().min(RECORDS_PER_STEP);
        let records: Vec<PackedRecord> = taking.records.drain(..some).collect();
        let (epoch, last) = (taking.epoch, taking.records.is_empty());
        let ring = lent.ring.ring_mut(index)?;
        let outputs = &mut self.staged;
        let mut intake = Intake { now: lent.now, me: lent.me, index, state, ring, work: lent.work, arrivals, outputs };
        taking.whole &= intake.receive_packed(records, epoch)?;
        if last {
            if taking.whole {
                state.packs.longest = state.packs.longest.max(taking.count);
            }
            session.packs.work = PackWork::Idle;
            return self.fetch_next(lent, index);
        }
        Ok(())
    }

    /// Boxes whose packs have something to do at the next tick.
    pub(in crate::sync) fn take_all_packed(
        &mut self,
        lent: &mut Lent<'_, '_>,
        arrivals: &mut Vec<Arrival>,
    ) -> Result<(), SyncError> {
        for at in 0..self.sessions.len() {
            let busy = self.sessions.get(at).is_some_and(|session| session.packs.is_busy());
            if let (true, Ok(index)) = (busy, BoxIndex::try_from(at)) {
                debug_assert!(self.sessions.get(at).is_some_and(|session| session.phase == Phase::Packs));
                self.take_packed(lent, index, arrivals)?;
            }
        }
        Ok(())
    }
}

/// The records of a pack's fetched segments, and whether all of them could be read.
fn read_pack(
    work: &Work<'_>,
    ring: &BoxRing,
    index: BoxIndex,
    state: &BoxState,
    pack: &Listed,
    fetching: &Fetching,
) -> (Vec<PackedRecord>, bool) {
    let Some(epoch) = ring.epochs().get(usize::from(pack.epoch)) else { return (Vec::new(), false) };
    let mut reader = PackReader::new(epoch);
    let mut opened = Vec::new();
    for entry in fetching.segments.iter().filter_map(|at| pack.manifest.segments.get(*at)) {
        let chunks: Option<Vec<&Vec<u8>>> = entry.chunks.iter().map(|hash| fetching.chunks.get(hash)).collect();
        opened.extend(chunks.and_then(|chunks| reader.open_segment(entry, &chunks).ok()));
    }
    let all = opened.len() == fetching.segments.len();
    let owner = &state.owner;
    let member_of = |chain: &ChainId| -> Option<MemberId> {
        ring.members().iter().find(|member| member.device(&chain.device).is_some()).map(|member| member.member())
    };
    let hash_of = |chain: &ChainId, core: &Core, at: usize, bytes: &[u8]| {
        Some(item_hash(owner, &member_of(chain)?, core, at, bytes))
    };
    let held = |chain: &ChainId, seq: u64| {
        let number = state.chain_index(&chain.device, &chain.incarnation)?;
        let member = state.chain(number)?.member;
        let (row, record) = read_record(work, ring, index, number, seq, 0).ok()??;
        let hashes = item_hashes(owner, &member, &record);
        Some(record_values(owner, &member, &row.id, &record.core, &hashes))
    };
    let (records, unresolved) = load_segments(owner, opened, &hash_of, &held);
    (records, all && unresolved.is_empty())
}

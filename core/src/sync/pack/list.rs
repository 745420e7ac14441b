//! What packs the relay has, and what follows from it.

use super::coverage::{Coverage, up_to, without};
use super::{Lacking, PackWork, is_due, make};
use crate::crypto::pack::Manifest;
use crate::sync::engine::{Engine, Lent};
use crate::sync::keyring::BoxRing;
use crate::sync::rows::{BoxIndex, SEQ_MAX};
use crate::sync::session::{InFlight, Phase};
use crate::sync::state::BoxState;
use crate::sync::{Event, Output, SyncError};
use amends_protocol::{BoxId, ChunkHash, Pack, PackId, Request};
use std::collections::HashSet;

/// Stretches remembered to be lacking: more are asked for once these are here.
const LACKING_MAX: usize = 8;
/// Most records of one segment (SPEC 8.2).
const SEGMENT_RECORDS_MAX: u64 = 8192;

/// A pack at the relay whose manifest could be opened.
#[derive(Debug)]
pub(in crate::sync) struct Listed {
    pub(super) id: PackId,
    /// Index of the epoch it is sealed in.
    pub(super) epoch: u16,
    pub(super) manifest: Manifest,
    pub(super) covers: Coverage,
}

/// Opens what the relay lists. What does not open, or claims what no segment can hold, is left where it is.
fn open(ring: &BoxRing, packs: &[Pack]) -> Vec<Listed> {
    let open = |pack: &Pack| {
        let mut epochs = ring.epochs().iter().enumerate().rev();
        let opened = epochs.find_map(|(at, epoch)| Some((at, Manifest::open(epoch, &pack.manifest).ok()?)));
        let (at, manifest) = opened?;
        let epoch = u16::try_from(at).ok()?;
        let sound = manifest.segments.iter().all(|segment| {
            let (first, last) = (segment.first_seq, segment.last_seq);
            first > 0 && first <= last && last <= SEQ_MAX && last - first < SEGMENT_RECORDS_MAX
        });
        let covers = Coverage::of([&manifest]);
        sound.then_some(Listed { id: pack.id, epoch, manifest, covers })
    };
    packs.iter().filter_map(open).collect()
}

impl Engine {
    /// Asks which packs the relay has.
    pub(super) fn list(&mut self, index: BoxIndex, ring: &BoxRing) -> Result<(), SyncError> {
        let box_id = BoxId(*ring.epoch()?.box_id());
        self.request(Request::Packs { box_id }, InFlight::Packs(index));
        if let Some(session) = self.sessions.get_mut(usize::from(index)) {
            session.packs.work = PackWork::Listing;
        }
        Ok(())
    }

    /// Asks for packs before the box is read, or read on.
    pub(in crate::sync) fn consult_packs(&mut self, index: BoxIndex, ring: &BoxRing) -> Result<(), SyncError> {
        self.set_phase(index, Phase::Packs);
        self.list(index, ring)
    }

    /// The relay has no pack, which its opening tells.
    pub(in crate::sync) fn no_packs(&mut self, lent: &mut Lent<'_, '_>, index: BoxIndex) {
        let at = usize::from(index);
        let (Some(state), Some(session)) = (lent.boxes.get_mut(at), self.sessions.get_mut(at)) else { return };
        if state.knows_packs() {
            session.packs.listed = Some(Vec::new());
            self.note_listed(lent, index);
        }
    }

    /// The relay told which packs it has.
    pub(in crate::sync) fn packs_listed(
        &mut self,
        lent: &mut Lent<'_, '_>,
        index: BoxIndex,
        packs: &[Pack],
    ) -> Result<(), SyncError> {
        let at = usize::from(index);
        let listed = open(lent.ring.ring(index)?, packs);
        if listed.len() < packs.len() {
            self.staged.push(Output::Event(Event::Pack { index, reason: "unreadable_manifest" }));
        }
        let Some(session) = self.sessions.get_mut(at) else { return Ok(()) };
        session.packs.at_relay = !packs.is_empty();
        session.packs.listed = Some(listed);
        session.packs.work = PackWork::Idle;
        let phase = session.phase;
        self.note_listed(lent, index);
        if phase == Phase::Packs {
            self.find_anchor(lent, index);
            return self.fetch_next(lent, index);
        }
        self.make(lent, index, packs)
    }

    /// The relay did not say which packs it has.
    pub(in crate::sync) fn packs_unknown(&mut self, lent: &mut Lent<'_, '_>, index: BoxIndex) -> Result<(), SyncError> {
        let Some(session) = self.sessions.get_mut(usize::from(index)) else { return Ok(()) };
        session.packs.work = PackWork::Idle;
        session.packs.given_up = true;
        session.packs.listed.get_or_insert_default();
        if session.phase == Phase::Packs {
            self.find_anchor(lent, index);
            return self.fetch_next(lent, index);
        }
        Ok(())
    }

    /// Compares what the relay has with what it had: a longer pack, or one that holds what was trimmed.
    fn note_listed(&mut self, lent: &mut Lent<'_, '_>, index: BoxIndex) {
        let at = usize::from(index);
        let (Some(state), Some(session)) = (lent.boxes.get_mut(at), self.sessions.get(at)) else { return };
        let Some(listed) = &session.packs.listed else { return };
        state.packs.checked = Some(i64::from(i32::from(lent.now.day)));
        let longest = listed.iter().map(|pack| pack.covers.count()).max().unwrap_or(0);
        if longest < state.packs.longest {
            state.packs.longest = longest;
            state.packs.wanted = true;
            self.staged.push(Output::Event(Event::ShorterHistory { index }));
        }
        if lost_trimmed(state, &Coverage::of(listed.iter().map(|pack| &pack.manifest))) {
            state.packs.wanted = true;
            self.staged.push(Output::Event(Event::RelayWentBack { index }));
        }
    }

    /// The newest record known was not where it was. Where a pack covers it, it was trimmed, and nothing is lost with it; what no
    /// pack covers is handed on again in any case.
    fn find_anchor(&mut self, lent: &mut Lent<'_, '_>, index: BoxIndex) {
        let at = usize::from(index);
        let (Some(state), Some(session)) = (lent.boxes.get_mut(at), self.sessions.get_mut(at)) else { return };
        if !std::mem::take(&mut session.packs.anchor_gone) {
            return;
        }
        let listed = session.packs.listed.iter().flatten();
        let packs = Coverage::of(listed.map(|pack| &pack.manifest));
        let place = state.anchor.and_then(|anchor| anchor.place);
        if place.is_some_and(|(incarnation, seq)| packs.has(&incarnation, seq)) {
            state.refill_beside(&packs);
        } else {
            state.refill(&self.rule);
            self.staged.push(Output::Event(Event::RelayWentBack { index }));
        }
    }

    /// The newest record known is not where it was: it is looked for in packs first.
    pub(in crate::sync) fn anchor_gone(&mut self, lent: &mut Lent<'_, '_>, index: BoxIndex) -> Result<(), SyncError> {
        let Some(session) = self.sessions.get_mut(usize::from(index)) else { return Ok(()) };
        session.packs.anchor_gone = true;
        if session.packs.at_relay && session.packs.listed.is_none() {
            return self.consult_packs(index, lent.ring.ring(index)?);
        }
        self.find_anchor(lent, index);
        self.fetch_next(lent, index)
    }

    /// Looks after the packs of a box that is read, and of which everything is sent.
    ///
    /// # Errors
    /// What the store says.
    pub(in crate::sync) fn tend(&mut self, lent: &mut Lent<'_, '_>, index: BoxIndex) -> Result<(), SyncError> {
        let at = usize::from(index);
        let (Some(state), Some(session)) = (lent.boxes.get(at), self.sessions.get_mut(at)) else { return Ok(()) };
        let paused = session.is_paused(lent.now.elapsed_ms);
        match session.packs.work {
            PackWork::Waiting if !paused => session.packs.work = PackWork::Idle,
            PackWork::Putting(_) => return self.put_more(lent, index),
            PackWork::Trimming(_) => return self.trim_more(lent, index),
            _ => {}
        }
        let full = session.refused == Some(amends_protocol::ErrorCode::BoxFull);
        let sent = state.trims.is_empty() && state.chains.iter().all(|chain| chain.upload.is_empty());
        let today = i64::from(i32::from(lent.now.day));
        let quiet = !paused && (full || session.refused.is_none() && sent);
        if quiet
            && is_due(state, session, &lent.me, &self.rule, today)
            && !self.in_flight.values().any(|flight| flight.index() == index)
        {
            return self.list(index, lent.ring.ring(index)?);
        }
        Ok(())
    }

    /// Makes a pack beside those the relay has, if one is due now that they are known.
    fn make(&mut self, lent: &mut Lent<'_, '_>, index: BoxIndex, packs: &[Pack]) -> Result<(), SyncError> {
        let at = usize::from(index);
        let (Some(state), Some(session)) = (lent.boxes.get_mut(at), self.sessions.get_mut(at)) else { return Ok(()) };
        if packs.is_empty() {
            // Nothing there can hold words that were dropped.
            state.packs.packed = state.packs.dropped;
        }
        let today = i64::from(i32::from(lent.now.day));
        if !is_due(state, session, &lent.me, &self.rule, today) {
            return Ok(());
        }
        let there: HashSet<ChunkHash> = packs.iter().flat_map(|pack| &pack.chunks).copied().collect();
        let ring = lent.ring.ring(index)?;
        let listed = session.packs.listed.as_deref().unwrap_or_default();
        match make::make(lent.work, ring, index, state, &lent.me, &make::Beside { listed, there: &there })? {
            Ok(Some(made)) => {
                session.packs.work = PackWork::Putting(made);
                self.put_more(lent, index)
            }
            // Nothing can be packed.
            Ok(None) => {
                state.packs.wanted = false;
                session.packs.given_up = true;
                Ok(())
            }
            Err(_) => {
                session.packs.given_up = true;
                self.staged.push(Output::Event(Event::Pack { index, reason: "not_made" }));
                Ok(())
            }
        }
    }
}

/// Whether the relay has nothing any more in the place of records that were trimmed.
fn lost_trimmed(state: &BoxState, packs: &Coverage) -> bool {
    state.chains.iter().any(|chain| {
        let trimmed = without(&up_to(&chain.held(), chain.trimmed), &chain.untrimmed.stretches().collect::<Vec<_>>());
        !packs.lacks(&chain.id(), &trimmed).is_empty()
    })
}

/// Everything was fetched that could be: what packs claim and did not bring is to be asked for.
pub(super) fn note_lacking(state: &mut BoxState, listed: &[Listed]) {
    let packs = Coverage::of(listed.iter().map(|pack| &pack.manifest));
    let lacking = packs.chains().flat_map(|(chain, claimed)| {
        let known = state.chain_index(&chain.device, &chain.incarnation).and_then(|number| state.chain(number));
        let lacking = without(claimed, &known.map(|chain| chain.held()).unwrap_or_default());
        lacking.into_iter().map(|seqs| Lacking { device: chain.device, incarnation: chain.incarnation, seqs })
    });
    state.packs.lacking = lacking.take(LACKING_MAX).collect();
}

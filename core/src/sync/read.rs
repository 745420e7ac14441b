//! The incoming half of the engine: boxes opened, read to their ends, and heard of.

use super::anchor::{Look, Standing};
use super::engine::{Engine, Lent};
use super::keyring::BoxRing;
use super::receive::Intake;
use super::rows::BoxIndex;
use super::session::{InFlight, Phase};
use super::{Arrival, Event, Output, SyncError};
use crate::id::hash;
use amends_protocol::{BoxId, Cursor, Generation, Push, Request, StoredRecord};

/// Records asked for in one read: all that a relay puts into one answer. A step's costs are shared by all that it takes in.
const READ_RECORDS: u32 = amends_protocol::limits::RECORDS_PER_PAGE_MAX;

/// What a relay says of a box on opening it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Opening {
    pub(super) generation: Generation,
    pub(super) first: Cursor,
    pub(super) last: Cursor,
    /// How many packs it has.
    pub(super) packs: u64,
}

impl Engine {
    /// A box is open. Packs come first where records before the cursor may be gone, and where nothing was read yet.
    pub(super) fn opened(
        &mut self,
        lent: &mut Lent<'_, '_>,
        index: BoxIndex,
        opening: Opening,
    ) -> Result<(), SyncError> {
        let at = usize::from(index);
        let Opening { generation, first, last, packs } = opening;
        let (Some(state), Some(session)) = (lent.boxes.get_mut(at), self.sessions.get_mut(at)) else { return Ok(()) };
        match state.opened(generation, last, &self.rule) {
            Standing::Same => {}
            Standing::Lost => self.staged.push(Output::Event(Event::RelayLostBox { index })),
            Standing::WentBack => self.staged.push(Output::Event(Event::RelayWentBack { index })),
        }
        session.packs.at_relay = packs > 0;
        session.sought = state.anchor;
        let (from, behind) = (state.read_from(), state.cursor == 0 || state.cursor < first.0);
        if packs > 0 && behind {
            return self.consult_packs(index, lent.ring.ring(index)?);
        }
        if packs == 0 {
            self.no_packs(lent, index);
        }
        self.read(index, from, lent.ring.ring(index)?)
    }

    /// A page that was read. A box in which the newest record known is gone is filled again, and read from the start.
    pub(super) fn page(
        &mut self,
        lent: &mut Lent<'_, '_>,
        index: BoxIndex,
        (records, more): (Vec<StoredRecord>, bool),
        arrivals: &mut Vec<Arrival>,
    ) -> Result<(), SyncError> {
        let at = usize::from(index);
        let sought = self.sessions.get(at).and_then(|session| session.sought);
        let look = sought.map_or(Look::There, |anchor| anchor.look(&records, more));
        if let (Some(session), true) = (self.sessions.get_mut(at), look != Look::NotYet) {
            session.sought = None;
        }
        if look == Look::Gone {
            return self.anchor_gone(lent, index);
        }
        let last = records.last().map(|record| record.cursor.0);
        self.take(lent, index, records, arrivals)?;
        // A relay that promises more and sends nothing would have us ask forever.
        if let (true, Some(last)) = (more, last) {
            return self.read(index, last, lent.ring.ring(index)?);
        }
        let (Some(state), Some(session)) = (lent.boxes.get(at), self.sessions.get(at)) else { return Ok(()) };
        if state.has_gaps() && session.packs.at_relay && session.packs.listed.is_none() {
            return self.consult_packs(index, lent.ring.ring(index)?);
        }
        let box_id = BoxId(*lent.ring.ring(index)?.epoch()?.box_id());
        self.request(Request::Subscribe { box_id, after: Cursor(state.cursor) }, InFlight::Subscribe(index));
        self.set_phase(index, Phase::Subscribing);
        Ok(())
    }

    pub(super) fn read(&mut self, index: BoxIndex, cursor: u64, ring: &BoxRing) -> Result<(), SyncError> {
        let box_id = BoxId(*ring.epoch()?.box_id());
        self.request(Request::Read { box_id, after: Cursor(cursor), limit: READ_RECORDS }, InFlight::Read(index));
        self.set_phase(index, Phase::Reading);
        Ok(())
    }

    pub(super) fn pushed(
        &mut self,
        lent: &mut Lent<'_, '_>,
        push: Push,
        arrivals: &mut Vec<Arrival>,
    ) -> Result<(), SyncError> {
        match push {
            Push::Records { box_id, records } => {
                let Some(index) = lent.ring.index_of(&box_id.0) else { return Ok(()) };
                self.take(lent, index, records, arrivals)
            }
            Push::Lagged { box_id } => {
                let Some(index) = lent.ring.index_of(&box_id.0) else { return Ok(()) };
                let Some(state) = lent.boxes.get(usize::from(index)) else { return Ok(()) };
                self.read(index, state.cursor, lent.ring.ring(index)?)
            }
            Push::GoingAway => {
                self.staged.push(Output::Event(Event::RelayGoingAway));
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn take(
        &mut self,
        lent: &mut Lent<'_, '_>,
        index: BoxIndex,
        records: Vec<StoredRecord>,
        arrivals: &mut Vec<Arrival>,
    ) -> Result<(), SyncError> {
        let Some(state) = lent.boxes.get_mut(usize::from(index)) else { return Ok(()) };
        let mut fresh = Vec::with_capacity(records.len());
        for StoredRecord { cursor, record } in records {
            if cursor.0 <= state.cursor {
                continue;
            }
            state.cursor = cursor.0;
            let digest = hash(&[&record]);
            state.remember(cursor, digest, None);
            match self.echoes.iter().position(|echo| *echo == digest) {
                Some(at) => drop(self.echoes.remove(at)),
                None => fresh.push(record),
            }
        }
        let ring = lent.ring.ring_mut(index)?;
        let outputs = &mut self.staged;
        Intake { now: lent.now, me: lent.me, index, state, ring, work: lent.work, arrivals, outputs }.receive(&fresh)
    }
}

//! The connection side of the engine: what to ask the relay, what to do with its answers, what to upload when.
//!
//! Sans-IO: time, bytes and durability are the driver's. An input may change box states and write rows into the lent
//! [`Work`]; outputs become visible only after the driver committed that work ([`Engine::committed`]), so nothing is
//! sent that a crash could forget.
//!
//! On every connection a box is opened, read to its end, and subscribed before anything is uploaded: a phone restored from a
//! backup pulls before it pushes.

use super::keyring::Keyring;
use super::pack::PackRule;
use super::read::Opening;
use super::rows::BoxIndex;
use super::session::{InFlight, Phase, Session};
use super::state::BoxState;
use super::upload::Handed;
use super::{Arrival, Event, Input, Now, Output, SyncError};
use crate::id::MemberId;
use crate::storage::Work;
use amends_protocol::{
    BoxId, ErrorCode, FromRelay, RelayError, Request, RequestId, Response, ToRelay, box_access_message,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// What a step lends the engine.
pub struct Lent<'a, 'w> {
    /// The moment of the input.
    pub now: Now,
    /// This home's member.
    pub me: MemberId,
    /// The boxes, to change.
    pub boxes: &'a mut Vec<BoxState>,
    /// Their keys.
    pub ring: &'a mut Keyring,
    /// Where rows go.
    pub work: &'a mut Work<'w>,
}

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Engine {
    pub(super) sessions: Vec<Session>,
    exporter: Option<[u8; 32]>,
    pub(super) in_flight: BTreeMap<u64, InFlight>,
    next_request: u64,
    pub(super) staged: Vec<Output>,
    ready: VecDeque<Output>,
    pub(super) echoes: VecDeque<[u8; 32]>,
    /// Whether this step changed what the engine knows of its connection.
    touched: bool,
    /// Highest own seq per box that the key vault's counter is known to cover.
    pub(super) counted: BTreeMap<BoxIndex, u64>,
    /// When records become packs.
    pub(super) rule: PackRule,
}

impl Engine {
    /// The next thing for the driver to do, oldest first. Nothing staged by an uncommitted work is among it.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.ready.pop_front()
    }

    /// The work that the last input wrote into is durable: its outputs may leave.
    pub fn committed(&mut self) {
        self.touched = false;
        self.ready.extend(self.staged.drain(..));
    }

    /// The work failed: forget what it would have caused. Where the relay's answers were dropped with it, the connection must
    /// be given up.
    pub fn rolled_back(&mut self) {
        self.staged.clear();
        if std::mem::take(&mut self.touched) {
            self.disconnect();
            self.ready.push_back(Output::Reconnect);
        }
    }

    /// When [`Input::Tick`] is wanted next, in elapsed milliseconds.
    pub fn poll_timeout_ms(&self) -> Option<u64> {
        let due = |session: &Session| if session.packs.is_busy() { Some(0) } else { session.paused_until_ms };
        self.sessions.iter().filter_map(due).min()
    }

    /// Boxes that were read to their ends on this connection, packs included: what is missing now, the relay does not have.
    pub fn caught_up(&self) -> BTreeSet<BoxIndex> {
        let live = |(_, session): &(BoxIndex, &Session)| session.phase == Phase::Live;
        (0..).zip(&self.sessions).filter(live).map(|(index, _)| index).collect()
    }

    /// When records become packs, from now on.
    pub fn set_pack_rule(&mut self, rule: PackRule) {
        self.rule = rule;
    }

    /// Whether the relay is reachable and everything is read, flushed and acknowledged: nothing more will be sent unasked.
    pub fn is_settled(&self, boxes: &[BoxState]) -> bool {
        self.exporter.is_some()
            && self.in_flight.is_empty()
            && self.staged.is_empty()
            && self.ready.is_empty()
            && boxes.iter().zip(&self.sessions).all(|(state, session)| {
                state.closed
                    || session.phase == Phase::Live
                        && session.packs.is_idle()
                        && (session.refused.is_some()
                            || state.trims.is_empty() && state.chains.iter().all(|chain| chain.upload.is_empty()))
            })
    }

    /// Whether the relay refused uploads of some box on this connection, and why.
    pub fn refusal(&self) -> Option<ErrorCode> {
        self.sessions.iter().find_map(|session| session.refused)
    }

    /// Takes one input. `Err` only when the store fails; whatever a relay or partner sends is answered or quarantined.
    ///
    /// # Errors
    /// [`SyncError`] from the lent work; call [`Engine::rolled_back`] then.
    pub fn handle_input(&mut self, lent: &mut Lent<'_, '_>, input: Input) -> Result<Vec<Arrival>, SyncError> {
        let mut arrivals = Vec::new();
        self.touched = true;
        match input {
            Input::Connected { exporter } => {
                self.disconnect();
                self.exporter = Some(exporter);
            }
            Input::Disconnected => self.disconnect(),
            // What still comes in on a connection that was given up may lie behind something that was not kept.
            Input::Received(_) if self.exporter.is_none() => {}
            Input::Received(FromRelay::Push(push)) => self.pushed(lent, push, &mut arrivals)?,
            Input::Received(FromRelay::Response(id, response)) => {
                self.answered(lent, id, response, &mut arrivals)?;
            }
            Input::Tick => {
                for session in &mut self.sessions {
                    if session.paused_until_ms.is_some_and(|until| until <= lent.now.elapsed_ms) {
                        session.paused_until_ms = None;
                    }
                }
                self.take_all_packed(lent, &mut arrivals)?;
            }
        }
        Ok(arrivals)
    }

    /// Gives this connection up, because the home uses another relay from now on.
    pub fn give_up(&mut self) {
        self.disconnect();
        self.staged.push(Output::Reconnect);
    }

    fn disconnect(&mut self) {
        self.exporter = None;
        self.in_flight.clear();
        self.sessions.clear();
        // What comes back later may be wanted: words that were dropped here and turned out to be owed to both.
        self.echoes.clear();
        self.ready.retain(|output| !matches!(output, Output::Send(_)));
    }

    /// Asks for whatever can be asked for now: opens boxes, and uploads what is caught up. Idempotent; called after inputs
    /// and after flushes.
    ///
    /// # Errors
    /// [`SyncError`] when a record to upload cannot be read.
    pub fn advance(&mut self, lent: &mut Lent<'_, '_>) -> Result<(), SyncError> {
        let Some(exporter) = self.exporter else { return Ok(()) };
        lent.ring.refresh(lent.boxes)?;
        for at in 0..lent.boxes.len() {
            let Ok(index) = BoxIndex::try_from(at) else { break };
            if self.sessions.len() <= at {
                self.sessions.push(Session::default());
            }
            if lent.boxes.get(at).is_none_or(|state| state.closed) {
                continue;
            }
            match self.sessions.get(at).map(|session| session.phase) {
                Some(Phase::Closed) => {
                    let keys = lent.ring.ring(index)?.epoch()?.box_keys();
                    let box_id = BoxId(keys.box_id);
                    let signature = keys.sign_access(&box_access_message(&exporter, &box_id))?;
                    self.request(Request::OpenBox { box_id, signature }, InFlight::Open(index));
                    self.set_phase(index, Phase::Opening);
                }
                Some(Phase::Packs) => self.fetch_more(lent, index)?,
                Some(Phase::Live) => {
                    self.upload(lent, index)?;
                    self.tend(lent, index)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn answered(
        &mut self,
        lent: &mut Lent<'_, '_>,
        id: RequestId,
        response: Response,
        arrivals: &mut Vec<Arrival>,
    ) -> Result<(), SyncError> {
        // An answer to nothing we asked, or from before a reconnect, is no reason to fail.
        let Some(flight) = self.in_flight.remove(&id.0) else { return Ok(()) };
        match (flight, response) {
            (InFlight::Open(index), Response::BoxOpened { generation, first, last, packs }) => {
                self.opened(lent, index, Opening { generation, first, last, packs: packs.into() })
            }
            (InFlight::Read(index), Response::Records { records, more }) => {
                self.page(lent, index, (records, more), arrivals)
            }
            (InFlight::Subscribe(index), Response::Subscribed) => {
                self.set_phase(index, Phase::Live);
                self.staged.push(Output::Event(Event::CaughtUp { index }));
                Ok(())
            }
            (InFlight::Append { index, chain, seq, hash }, Response::Appended { duplicate, cursor }) => {
                self.appended(lent, Handed { index, chain, seq, hash }, duplicate, cursor)
            }
            (InFlight::Trim { index, chain, seq }, Response::Trimmed { .. }) => {
                if let Some(state) = lent.boxes.get_mut(usize::from(index)) {
                    state.trims.retain(|trim| (trim.chain, trim.seq) != (chain, seq));
                }
                Ok(())
            }
            (InFlight::Restore(_), Response::Restored { .. }) => Ok(()),
            (InFlight::Packs(index), Response::PackList { packs }) => self.packs_listed(lent, index, &packs),
            (InFlight::Chunk { index, hash }, Response::Chunk { chunk }) => {
                self.chunk_came(lent, index, hash, chunk, arrivals)
            }
            (InFlight::PutChunk(index), Response::ChunkStored { .. }) => {
                self.chunk_stored(index);
                Ok(())
            }
            (InFlight::PutPack(index), Response::PackStored { pack }) => self.pack_stored(lent, index, pack),
            (InFlight::TrimPacked { index, chain, upto }, Response::Trimmed { .. }) => {
                self.trimmed(lent, index, chain, upto)
            }
            (flight, Response::Error(error)) => self.refused(lent, flight, &error, arrivals),
            (flight, _) => self.refused(lent, flight, &RelayError::new(ErrorCode::Malformed), arrivals),
        }
    }

    /// The relay does not do what was asked.
    fn refused(
        &mut self,
        lent: &mut Lent<'_, '_>,
        flight: InFlight,
        error: &RelayError,
        arrivals: &mut Vec<Arrival>,
    ) -> Result<(), SyncError> {
        match flight {
            InFlight::Append { index, .. } => self.append_refused(index, error, lent.now.elapsed_ms),
            InFlight::Packs(index) => return self.packs_unknown(lent, index),
            InFlight::Chunk { index, hash } => return self.chunk_refused(lent, index, hash, error, arrivals),
            InFlight::PutChunk(index) | InFlight::PutPack(index) => {
                self.put_refused(index, error, lent.now.elapsed_ms);
            }
            InFlight::TrimPacked { index, .. } => self.trim_refused(index, error.code),
            InFlight::Open(index)
            | InFlight::Read(index)
            | InFlight::Subscribe(index)
            | InFlight::Restore(index)
            | InFlight::Trim { index, .. } => {
                self.staged.push(Output::Event(Event::Refused { index, code: error.code }));
                if let Some(session) = self.sessions.get_mut(usize::from(index)) {
                    session.refused = Some(error.code);
                }
            }
        }
        Ok(())
    }

    pub(super) fn set_phase(&mut self, index: BoxIndex, phase: Phase) {
        if let Some(session) = self.sessions.get_mut(usize::from(index)) {
            session.phase = phase;
        }
    }

    pub(super) fn request(&mut self, request: Request, flight: InFlight) {
        self.touched = true;
        self.next_request += 1;
        self.in_flight.insert(self.next_request, flight);
        self.staged.push(Output::Send(ToRelay::Request(RequestId(self.next_request), request)));
    }
}

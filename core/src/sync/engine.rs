//! The connection side of the engine: what to ask the relay, what to do with its answers, what to upload when.
//!
//! Sans-IO: time, bytes and durability are the driver's. An input may change box states and write rows into the lent
//! [`Work`]; outputs become visible only after the driver committed that work ([`Engine::committed`]), so nothing is
//! sent that a crash could forget.
//!
//! On every connection a box is opened, read to its end, and subscribed before anything is uploaded: a phone restored from a
//! backup pulls before it pushes.

use super::anchor::{Anchor, Look, Standing};
use super::keyring::{BoxRing, Keyring};
use super::receive::Intake;
use super::rows::{BoxIndex, MEMBER_BOX};
use super::state::BoxState;
use super::{Arrival, Event, Input, Now, Output, SyncError};
use crate::id::{MemberId, hash};
use crate::storage::Work;
use amends_protocol::{
    BoxId, Cursor, ErrorCode, FromRelay, Push, RecordHash, RelayError, Request, RequestId, Response, StoredRecord,
    ToRelay, box_access_message,
};
use std::collections::{BTreeMap, VecDeque};

/// Records asked for in one read: all that a relay puts into one answer. A step's costs are shared by all that it takes in.
const READ_RECORDS: u32 = amends_protocol::limits::RECORDS_PER_PAGE_MAX;
/// Appends under way in one box: enough to fill the relay's group commit, few enough to resend cheaply.
const APPENDS_IN_FLIGHT_MAX: usize = 64;
/// Hashes of own records remembered, so that their echo through the subscription is not opened again.
const ECHOES_MAX: usize = 1024;

/// How far one box has come on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Closed,
    Opening,
    Reading,
    Subscribing,
    Live,
}

#[derive(Debug)]
struct Session {
    phase: Phase,
    appends: usize,
    /// Looked for in what is read.
    sought: Option<Anchor>,
    /// Uploads stop for this connection after the relay refused one for want of room.
    refused: Option<ErrorCode>,
    /// Uploads pause until then (elapsed ms) when the relay asks for patience.
    paused_until_ms: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum InFlight {
    Open(BoxIndex),
    Read(BoxIndex),
    Subscribe(BoxIndex),
    Append { index: BoxIndex, chain: u16, seq: u64, hash: [u8; 32] },
    Trim { index: BoxIndex, chain: u16, seq: u64 },
    Restore(BoxIndex),
}

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
    sessions: Vec<Session>,
    exporter: Option<[u8; 32]>,
    in_flight: BTreeMap<u64, InFlight>,
    next_request: u64,
    staged: Vec<Output>,
    ready: VecDeque<Output>,
    echoes: VecDeque<[u8; 32]>,
    /// Whether this step changed what the engine knows of its connection.
    touched: bool,
    /// Highest own seq per box that the key vault's counter is known to cover.
    counted: BTreeMap<BoxIndex, u64>,
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
        self.sessions.iter().filter_map(|session| session.paused_until_ms).min()
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
        for (at, state) in lent.boxes.iter().enumerate() {
            let Ok(index) = BoxIndex::try_from(at) else { break };
            if self.sessions.len() <= at {
                self.sessions.push(Session {
                    phase: Phase::Closed,
                    appends: 0,
                    sought: None,
                    refused: None,
                    paused_until_ms: None,
                });
            }
            let phase = self.sessions.get(at).map(|session| session.phase);
            if state.closed {
                continue;
            }
            match phase {
                Some(Phase::Closed) => {
                    let keys = lent.ring.ring(index)?.epoch()?.box_keys();
                    let box_id = BoxId(keys.box_id);
                    let signature = keys.sign_access(&box_access_message(&exporter, &box_id))?;
                    self.request(Request::OpenBox { box_id, signature }, InFlight::Open(index));
                    self.set_phase(index, Phase::Opening);
                }
                Some(Phase::Live) => self.upload(lent, index)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn upload(&mut self, lent: &Lent<'_, '_>, index: BoxIndex) -> Result<(), SyncError> {
        let at = usize::from(index);
        let (Some(state), Some(session)) = (lent.boxes.get(at), self.sessions.get(at)) else { return Ok(()) };
        if session.refused.is_some() || session.paused_until_ms.is_some_and(|until| until > lent.now.elapsed_ms) {
            return Ok(());
        }
        let mut room = APPENDS_IN_FLIGHT_MAX.saturating_sub(session.appends);
        let ring = lent.ring.ring(index)?;
        let box_id = BoxId(*ring.epoch()?.box_id());
        self.trim(state, index, box_id);
        for (number, chain) in (0u16..).zip(&state.chains) {
            for seq in chain.upload.iter() {
                if room == 0 {
                    return Ok(());
                }
                let under_way = |flight: &InFlight| matches!(flight, InFlight::Append { index: i, chain: c, seq: s, .. } if (*i, *c, *s) == (index, number, seq));
                if self.in_flight.values().any(under_way) {
                    continue;
                }
                // Order within a chain is kept: what waits for the vault holds back what follows.
                if waits_for_vault(lent.boxes, state, number, seq) {
                    break;
                }
                let sealed = super::seal::sealed_records(lent.work, ring, index, number, seq)?;
                for record in sealed {
                    self.count(index, state, number, seq);
                    let digest = hash(&[&record]);
                    self.remember_echo(digest);
                    let flight = InFlight::Append { index, chain: number, seq, hash: digest };
                    self.request(Request::Append { box_id, record }, flight);
                    if let Some(session) = self.sessions.get_mut(at) {
                        session.appends += 1;
                    }
                    room = room.saturating_sub(1);
                }
            }
        }
        Ok(())
    }

    /// Hides records that held words taken back, once their shorter form is durable at the relay.
    fn trim(&mut self, state: &BoxState, index: BoxIndex, box_id: BoxId) {
        for trim in &state.trims {
            let (chain, seq) = (trim.chain, trim.seq);
            let flight = InFlight::Trim { index, chain, seq };
            let uploaded = state.chain(chain).is_some_and(|chain| !chain.upload.contains(seq));
            if uploaded && !self.in_flight.values().any(|known| *known == flight) {
                let records = trim.hashes.iter().map(|hash| RecordHash(**hash)).collect();
                self.request(Request::Trim { box_id, records }, flight);
            }
        }
    }

    /// Shows what the relay hid again, where another phone asked for it: words of a proposal whose redaction turned out to be
    /// void.
    fn restore(&mut self, lent: &Lent<'_, '_>, index: BoxIndex, chain: u16, seq: u64) -> Result<(), SyncError> {
        let kept = lent.boxes.get(usize::from(index)).and_then(|state| state.chain(chain));
        if !kept.is_some_and(|chain| chain.restore.contains(seq)) {
            return Ok(());
        }
        let ring = lent.ring.ring(index)?;
        let box_id = BoxId(*ring.epoch()?.box_id());
        let hashes = super::seal::sealed_hashes(lent.work, ring, index, chain, seq)?;
        let records = hashes.into_iter().map(RecordHash).collect();
        self.request(Request::Restore { box_id, records }, InFlight::Restore(index));
        Ok(())
    }

    /// Before a record of our own chain is handed to the transport, the key vault must know its number.
    fn count(&mut self, index: BoxIndex, state: &BoxState, chain: u16, seq: u64) {
        if state.own != Some(chain) || self.counted.get(&index).is_some_and(|counted| *counted >= seq) {
            return;
        }
        let head = state.chain(chain).map_or(seq, |chain| chain.head_seq);
        self.counted.insert(index, head);
        self.staged.push(Output::Count { index, seq: head });
    }

    fn remember_echo(&mut self, hash: [u8; 32]) {
        if self.echoes.len() == ECHOES_MAX {
            self.echoes.pop_front();
        }
        self.echoes.push_back(hash);
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
            (InFlight::Open(index), Response::BoxOpened { generation, last, .. }) => {
                let at = usize::from(index);
                if let (Some(state), Some(session)) = (lent.boxes.get_mut(at), self.sessions.get_mut(at)) {
                    match state.opened(generation, last) {
                        Standing::Same => {}
                        Standing::Lost => self.staged.push(Output::Event(Event::RelayLostBox { index })),
                        Standing::WentBack => self.staged.push(Output::Event(Event::RelayWentBack { index })),
                    }
                    session.sought = state.anchor;
                    self.read(index, state.read_from(), lent.ring.ring(index)?)?;
                }
            }
            (InFlight::Read(index), Response::Records { records, more }) => {
                self.page(lent, index, (records, more), arrivals)?;
            }
            (InFlight::Subscribe(index), Response::Subscribed) => {
                self.set_phase(index, Phase::Live);
                self.staged.push(Output::Event(Event::CaughtUp { index }));
            }
            (InFlight::Append { index, chain, seq, hash }, Response::Appended { duplicate, cursor }) => {
                self.appended(index);
                if duplicate {
                    self.restore(lent, index, chain, seq)?;
                }
                if let Some(state) = lent.boxes.get_mut(usize::from(index)) {
                    state.remember(cursor, hash);
                    if let Some(chain) = state.chain_mut(chain) {
                        chain.upload.remove(seq);
                        chain.restore.remove(seq);
                    }
                    state.waits.retain(|wait| (wait.chain, wait.seq) != (chain, seq));
                }
            }
            (InFlight::Trim { index, chain, seq }, Response::Trimmed { .. }) => {
                if let Some(state) = lent.boxes.get_mut(usize::from(index)) {
                    state.trims.retain(|trim| (trim.chain, trim.seq) != (chain, seq));
                }
            }
            (InFlight::Restore(_), Response::Restored { .. }) => {}
            (InFlight::Append { index, .. }, Response::Error(error)) => {
                self.appended(index);
                self.append_refused(index, &error, lent.now.elapsed_ms);
            }
            (flight, Response::Error(error)) => {
                self.staged.push(Output::Event(Event::Refused { index: flight.index(), code: error.code }));
                if let Some(session) = self.sessions.get_mut(usize::from(flight.index())) {
                    session.refused = Some(error.code);
                }
            }
            (flight, _) => {
                self.staged.push(Output::Event(Event::Refused { index: flight.index(), code: ErrorCode::Malformed }));
            }
        }
        Ok(())
    }

    fn appended(&mut self, index: BoxIndex) {
        if let Some(session) = self.sessions.get_mut(usize::from(index)) {
            session.appends = session.appends.saturating_sub(1);
        }
    }

    fn append_refused(&mut self, index: BoxIndex, error: &RelayError, now_ms: u64) {
        let Some(session) = self.sessions.get_mut(usize::from(index)) else { return };
        match error.retry_after_s {
            Some(seconds) => session.paused_until_ms = Some(now_ms.saturating_add(u64::from(seconds) * 1000)),
            None => {
                if session.refused.replace(error.code).is_none() {
                    self.staged.push(Output::Event(Event::Refused { index, code: error.code }));
                }
            }
        }
    }

    /// A page that was read. A box in which the newest record known is gone is filled again, and read from the start.
    fn page(
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
        let Some(state) = lent.boxes.get_mut(at) else { return Ok(()) };
        if look == Look::Gone {
            state.refill();
            self.staged.push(Output::Event(Event::RelayWentBack { index }));
            return self.read(index, 0, lent.ring.ring(index)?);
        }
        let last = records.last().map(|record| record.cursor.0);
        self.take(lent, index, records, arrivals)?;
        // A relay that promises more and sends nothing would have us ask forever.
        if let (true, Some(last)) = (more, last) {
            return self.read(index, last, lent.ring.ring(index)?);
        }
        let Some(state) = lent.boxes.get(at) else { return Ok(()) };
        let box_id = BoxId(*lent.ring.ring(index)?.epoch()?.box_id());
        self.request(Request::Subscribe { box_id, after: Cursor(state.cursor) }, InFlight::Subscribe(index));
        self.set_phase(index, Phase::Subscribing);
        Ok(())
    }

    fn read(&mut self, index: BoxIndex, cursor: u64, ring: &BoxRing) -> Result<(), SyncError> {
        let box_id = BoxId(*ring.epoch()?.box_id());
        self.request(Request::Read { box_id, after: Cursor(cursor), limit: READ_RECORDS }, InFlight::Read(index));
        self.set_phase(index, Phase::Reading);
        Ok(())
    }

    fn pushed(&mut self, lent: &mut Lent<'_, '_>, push: Push, arrivals: &mut Vec<Arrival>) -> Result<(), SyncError> {
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
            state.remember(cursor, digest);
            match self.echoes.iter().position(|echo| *echo == digest) {
                Some(at) => drop(self.echoes.remove(at)),
                None => fresh.push(record),
            }
        }
        let ring = lent.ring.ring_mut(index)?;
        let outputs = &mut self.staged;
        Intake { now: lent.now, me: lent.me, index, state, ring, work: lent.work, arrivals, outputs }.receive(&fresh)
    }

    fn set_phase(&mut self, index: BoxIndex, phase: Phase) {
        if let Some(session) = self.sessions.get_mut(usize::from(index)) {
            session.phase = phase;
        }
    }

    fn request(&mut self, request: Request, flight: InFlight) {
        self.touched = true;
        self.next_request += 1;
        self.in_flight.insert(self.next_request, flight);
        self.staged.push(Output::Send(ToRelay::Request(RequestId(self.next_request), request)));
    }
}

impl InFlight {
    fn index(&self) -> BoxIndex {
        match self {
            Self::Open(index) | Self::Read(index) | Self::Subscribe(index) | Self::Restore(index) => *index,
            Self::Append { index, .. } | Self::Trim { index, .. } => *index,
        }
    }
}

fn waits_for_vault(boxes: &[BoxState], state: &BoxState, chain: u16, seq: u64) -> bool {
    let Some(wait) = state.waits.iter().find(|wait| (wait.chain, wait.seq) == (chain, seq)) else { return false };
    let vault = boxes.get(usize::from(MEMBER_BOX)).and_then(|vault| vault.chain(wait.vault_chain));
    vault.is_none_or(|chain| chain.upload.contains(wait.vault_seq))
}

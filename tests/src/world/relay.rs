//! A relay in memory: what the protocol's specification says a relay does, and the mishaps a relay may have.

use super::Bug;
use super::dice::Dice;
use super::shelf::Shelf;
use amends_core::id::hash;
use amends_protocol::{
    BoxId, ChunkHash, Cursor, ErrorCode, FromRelay, Generation, Pack, Push, RecordHash, RelayError, RendezvousId,
    RendezvousStep, Request, RequestId, Response, StoredRecord, ToRelay, box_access_message,
};
use ring::signature::{ED25519, UnparsedPublicKey};
use std::collections::{BTreeMap, BTreeSet};

/// A connection to the relay. Numbers are never used twice.
pub type ConnectionId = u64;

/// Records in one answer, small so that paging is exercised.
const PAGE: usize = 7;

#[derive(Clone)]
struct Kept {
    cursor: u64,
    hash: [u8; 32],
    record: Vec<u8>,
    hidden: bool,
}

#[derive(Clone)]
struct Mailbox {
    generation: [u8; 16],
    last: u64,
    records: Vec<Kept>,
    shelf: Shelf,
}

#[derive(Default)]
struct Session {
    exporter: [u8; 32],
    opened: BTreeSet<BoxId>,
    /// Boxes this connection hears of, and up to where it has.
    subscribed: BTreeMap<BoxId, u64>,
}

#[derive(Default)]
struct Meeting {
    cells: BTreeMap<u8, Vec<u8>>,
    burned: bool,
    waiting: Vec<(ConnectionId, RequestId, RendezvousStep)>,
}

/// What the relay kept at some moment: a backup it may be rolled back to.
#[derive(Clone)]
pub struct Backup(BTreeMap<BoxId, Mailbox>);

/// See the module's documentation.
pub struct Relay {
    dice: Dice,
    bug: Option<Bug>,
    boxes: BTreeMap<BoxId, Mailbox>,
    sessions: BTreeMap<ConnectionId, Session>,
    meetings: BTreeMap<RendezvousId, Meeting>,
    next_connection: ConnectionId,
    appended: u64,
    /// Chunks that phones fetched.
    pub fetched: usize,
    /// Records that a trim hid.
    pub trimmed: usize,
    /// Answers every append with this error.
    pub trouble: Option<ErrorCode>,
    /// Records on their way behind others.
    delayed: Vec<(BoxId, Vec<u8>)>,
}

/// Something for a connection.
pub type Mail = (ConnectionId, FromRelay);

impl Relay {
    /// An empty relay.
    pub fn new(dice: Dice, bug: Option<Bug>) -> Self {
        Self {
            dice,
            bug,
            boxes: BTreeMap::new(),
            sessions: BTreeMap::new(),
            meetings: BTreeMap::new(),
            next_connection: 0,
            appended: 0,
            fetched: 0,
            trimmed: 0,
            trouble: None,
            delayed: Vec::new(),
        }
    }

    /// Accepts a connection, and gives what both ends of it derive.
    pub fn connect(&mut self) -> (ConnectionId, [u8; 32]) {
        self.next_connection += 1;
        let exporter = self.dice.bytes();
        self.sessions.insert(self.next_connection, Session { exporter, ..Session::default() });
        (self.next_connection, exporter)
    }

    /// A connection is gone.
    pub fn disconnect(&mut self, connection: ConnectionId) {
        self.sessions.remove(&connection);
    }

    /// What is kept now.
    pub fn back_up(&self) -> Backup {
        Backup(self.boxes.clone())
    }

    /// Everything since a backup is gone, and every connection.
    pub fn roll_back(&mut self, backup: &Backup) {
        self.boxes = backup.0.clone();
        self.sessions.clear();
    }

    /// One box is gone, and every connection.
    pub fn lose_box(&mut self) {
        let ids: Vec<BoxId> = self.boxes.keys().copied().collect();
        if let Some(id) = self.dice.pick(&ids) {
            self.boxes.remove(id);
        }
        self.sessions.clear();
    }

    /// Takes one record out of a box, to come behind later ones.
    pub fn delay(&mut self, box_id: [u8; 32]) {
        let Some(kept) = self.boxes.get_mut(&BoxId(box_id)).filter(|kept| !kept.records.is_empty()) else { return };
        let taken = kept.records.remove(self.dice.below(kept.records.len()));
        if !taken.hidden {
            self.delayed.push((BoxId(box_id), taken.record));
        }
    }

    /// Puts what was delayed into its box, as if it came only now.
    pub fn catch_up(&mut self) -> Vec<Mail> {
        let delayed = std::mem::take(&mut self.delayed);
        delayed.into_iter().flat_map(|(box_id, record)| self.append(box_id, record).1).collect()
    }

    /// Says that it is going away, and goes: nothing is lost, and every connection is over.
    pub fn go_away(&mut self) -> Vec<Mail> {
        let sessions = std::mem::take(&mut self.sessions);
        sessions.into_keys().map(|connection| (connection, FromRelay::Push(Push::GoingAway))).collect()
    }

    /// The packs of one box are gone, and every connection.
    pub fn lose_packs(&mut self) {
        let ids: Vec<BoxId> = self.boxes.keys().copied().collect();
        let chosen = self.dice.pick(&ids).copied();
        if let Some(kept) = chosen.and_then(|id| self.boxes.get_mut(&id)) {
            kept.shelf.lose();
        }
        self.sessions.clear();
    }

    /// A month passes for what is hidden.
    pub fn expire_hidden(&mut self) {
        for kept in self.boxes.values_mut() {
            kept.records.retain(|record| !record.hidden);
            kept.shelf.expire();
        }
    }

    /// A bit of a box's chunks flips.
    pub fn rot_chunk(&mut self, box_id: &[u8; 32]) {
        if let Some(kept) = self.boxes.get_mut(&BoxId(*box_id)) {
            kept.shelf.rot(&mut self.dice);
        }
    }

    /// How often a pack was put into a box.
    pub fn packs_put(&self) -> usize {
        self.boxes.values().map(|kept| kept.shelf.puts).sum()
    }

    /// A box's packs.
    pub fn packs(&self, box_id: &[u8; 32]) -> &[Pack] {
        self.boxes.get(&BoxId(*box_id)).map(|kept| kept.shelf.packs()).unwrap_or_default()
    }

    /// A chunk of a box that can be read.
    pub fn chunk(&self, box_id: &[u8; 32], hash: &ChunkHash) -> Option<&[u8]> {
        self.boxes.get(&BoxId(*box_id)).and_then(|kept| kept.shelf.chunk(hash))
    }

    /// Puts a pack into a box as whoever holds its key could.
    pub fn inject_pack(&mut self, box_id: [u8; 32], manifest: Vec<u8>, chunk: Vec<u8>) {
        let shelf = &mut self.find_or_make(BoxId(box_id)).shelf;
        if let Response::ChunkStored { hash } = shelf.put_chunk(chunk) {
            shelf.put_pack(manifest, vec![hash], &[]);
        }
    }

    /// Every record of a box that can be read, and every one that it hides.
    pub fn readable_and_hidden(&self, box_id: &[u8; 32]) -> (Vec<&[u8]>, Vec<&[u8]>) {
        let (mut readable, mut hidden) = (Vec::new(), Vec::new());
        for kept in self.boxes.get(&BoxId(*box_id)).into_iter().flat_map(|kept| &kept.records) {
            if kept.hidden { hidden.push(kept.record.as_slice()) } else { readable.push(kept.record.as_slice()) }
        }
        (readable, hidden)
    }

    /// Every record a box ever got and still has, hidden ones too.
    pub fn records(&self, box_id: &[u8; 32]) -> impl Iterator<Item = &[u8]> {
        self.boxes
            .get(&BoxId(*box_id))
            .into_iter()
            .flat_map(|kept| kept.records.iter().map(|kept| kept.record.as_slice()))
    }

    /// Puts bytes into a box as whoever holds its key could.
    pub fn inject(&mut self, box_id: [u8; 32], record: Vec<u8>) -> Vec<Mail> {
        let (_, mail) = self.append(BoxId(box_id), record);
        mail
    }

    /// Answers a request; what else it causes goes to other connections.
    pub fn handle(&mut self, connection: ConnectionId, message: ToRelay) -> Vec<Mail> {
        let ToRelay::Request(id, request) = message;
        if !self.sessions.contains_key(&connection) {
            return Vec::new();
        }
        let (answer, mail) = self.answer(connection, id, request);
        let answer = answer.map(|answer| (connection, FromRelay::Response(id, answer)));
        answer.into_iter().chain(mail).collect()
    }

    fn answer(&mut self, connection: ConnectionId, id: RequestId, request: Request) -> (Option<Response>, Vec<Mail>) {
        let error = |code, retry_after_s| Response::Error(RelayError { code, retry_after_s, limit: None });
        if let Some(box_id) = named_box(&request) {
            let opened = self.sessions.get(&connection).is_some_and(|session| session.opened.contains(&box_id));
            if !opened {
                return (Some(error(ErrorCode::NotOpened, None)), Vec::new());
            }
        }
        match request {
            Request::OpenBox { box_id, signature } => (Some(self.open(connection, box_id, &signature)), Vec::new()),
            Request::Append { .. } | Request::PutChunk { .. } | Request::PutPack { .. } if self.trouble.is_some() => {
                let code = self.trouble.unwrap_or(ErrorCode::Internal);
                // A box that is full of records still takes packs.
                match request {
                    Request::PutChunk { box_id, chunk } if code == ErrorCode::BoxFull => {
                        (Some(self.find_or_make(box_id).shelf.put_chunk(chunk)), Vec::new())
                    }
                    Request::PutPack { box_id, manifest, chunks, replaces } if code == ErrorCode::BoxFull => {
                        (Some(self.find_or_make(box_id).shelf.put_pack(manifest, chunks, &replaces)), Vec::new())
                    }
                    _ => (Some(error(code, (code == ErrorCode::RateLimited).then_some(3))), Vec::new()),
                }
            }
            Request::Append { box_id, record } => {
                let (answer, mail) = self.append(box_id, record);
                (Some(answer), mail)
            }
            Request::PutChunk { box_id, chunk } => (Some(self.find_or_make(box_id).shelf.put_chunk(chunk)), Vec::new()),
            Request::PutPack { box_id, manifest, chunks, replaces } => {
                (Some(self.find_or_make(box_id).shelf.put_pack(manifest, chunks, &replaces)), Vec::new())
            }
            Request::GetChunk { box_id, hash } => {
                self.fetched += 1;
                let missing = || error(ErrorCode::ChunkNotFound, None);
                (Some(self.boxes.get(&box_id).map_or_else(missing, |kept| kept.shelf.get_chunk(&hash))), Vec::new())
            }
            Request::Read { box_id, after, limit } => (Some(self.read(box_id, after.0, limit)), Vec::new()),
            Request::Subscribe { box_id, after } => {
                if let Some(session) = self.sessions.get_mut(&connection) {
                    session.subscribed.insert(box_id, after.0);
                }
                (Some(Response::Subscribed), self.tell(box_id))
            }
            Request::Unsubscribe { box_id } => {
                if let Some(session) = self.sessions.get_mut(&connection) {
                    session.subscribed.remove(&box_id);
                }
                (Some(Response::Unsubscribed), Vec::new())
            }
            Request::Trim { box_id, records } => {
                let records = self.set_hidden(box_id, &records, true);
                self.trimmed += usize::try_from(records).unwrap_or(usize::MAX);
                (Some(Response::Trimmed { records }), Vec::new())
            }
            Request::Restore { box_id, records } => {
                let records = self.set_hidden(box_id, &records, false);
                (Some(Response::Restored { records }), Vec::new())
            }
            Request::Packs { box_id } => {
                (Some(Response::PackList { packs: self.packs(&box_id.0).to_vec() }), Vec::new())
            }
            Request::RendezvousPut { rendezvous, step, body } => self.put(rendezvous, step, body),
            Request::RendezvousGet { rendezvous, step } => (self.get(connection, id, rendezvous, step), Vec::new()),
            Request::Ping => (Some(Response::Pong), Vec::new()),
            _ => (Some(error(ErrorCode::UnknownMessage, None)), Vec::new()),
        }
    }

    fn open(&mut self, connection: ConnectionId, box_id: BoxId, signature: &[u8; 64]) -> Response {
        let Some(session) = self.sessions.get_mut(&connection) else { return Response::Pong };
        let message = box_access_message(&session.exporter, &box_id);
        if UnparsedPublicKey::new(&ED25519, box_id.0).verify(&message, signature).is_err() {
            let error = RelayError { code: ErrorCode::BadSignature, retry_after_s: None, limit: None };
            return Response::Error(error);
        }
        session.opened.insert(box_id);
        match self.boxes.get(&box_id) {
            None => Response::BoxOpened { generation: Generation::NONE, first: Cursor(0), last: Cursor(0), packs: 0 },
            Some(kept) => {
                let first =
                    kept.records.iter().find(|record| !record.hidden).map_or(kept.last, |oldest| oldest.cursor - 1);
                let generation = Generation(kept.generation);
                let packs = u32::try_from(kept.shelf.packs().len()).unwrap_or(u32::MAX);
                Response::BoxOpened { generation, first: Cursor(first), last: Cursor(kept.last), packs }
            }
        }
    }

    fn find_or_make(&mut self, box_id: BoxId) -> &mut Mailbox {
        let generation = self.dice.bytes();
        let made = || Mailbox { generation, last: 0, records: Vec::new(), shelf: Shelf::default() };
        self.boxes.entry(box_id).or_insert_with(made)
    }

    fn append(&mut self, box_id: BoxId, record: Vec<u8>) -> (Response, Vec<Mail>) {
        self.appended += 1;
        let (appended, bug) = (self.appended, self.bug);
        let kept = self.find_or_make(box_id);
        let digest = hash(&[&record]);
        if let Some(known) = kept.records.iter().find(|known| known.hash == digest) {
            return (Response::Appended { cursor: Cursor(known.cursor), duplicate: true }, Vec::new());
        }
        // Gaps are normal.
        kept.last += 1 + u64::from(appended.is_multiple_of(5));
        let cursor = kept.last;
        if bug == Some(Bug::RelayDropsAcknowledged) && digest[0].is_multiple_of(8) {
            return (Response::Appended { cursor: Cursor(cursor), duplicate: false }, Vec::new());
        }
        let mut record = record;
        if bug == Some(Bug::RelayTruncates) && digest[0].is_multiple_of(8) {
            record.pop();
        }
        kept.records.push(Kept { cursor, hash: digest, record, hidden: false });
        (Response::Appended { cursor: Cursor(cursor), duplicate: false }, self.tell(box_id))
    }

    fn read(&self, box_id: BoxId, after: u64, limit: u32) -> Response {
        let limit = usize::try_from(limit).unwrap_or(PAGE).min(PAGE);
        let (records, more) = self.page(box_id, after, limit);
        Response::Records { records, more }
    }

    fn page(&self, box_id: BoxId, after: u64, limit: usize) -> (Vec<StoredRecord>, bool) {
        let kept = self.boxes.get(&box_id);
        let mut readable = kept
            .into_iter()
            .flat_map(|kept| &kept.records)
            .filter(|record| record.cursor > after && !record.hidden)
            .map(|kept| StoredRecord { cursor: Cursor(kept.cursor), record: kept.record.clone() });
        let records: Vec<StoredRecord> = readable.by_ref().take(limit).collect();
        (records, readable.next().is_some())
    }

    /// Tells every subscriber of a box what is new.
    fn tell(&mut self, box_id: BoxId) -> Vec<Mail> {
        let hearing: Vec<(ConnectionId, u64)> = self
            .sessions
            .iter()
            .filter_map(|(connection, session)| Some((*connection, *session.subscribed.get(&box_id)?)))
            .collect();
        let mut mail = Vec::new();
        for (connection, after) in hearing {
            // A phone that reads too slowly is told so, and hears no more of the box until it subscribes again.
            if self.dice.hits(1, 24) {
                if let Some(session) = self.sessions.get_mut(&connection) {
                    session.subscribed.remove(&box_id);
                }
                mail.push((connection, FromRelay::Push(Push::Lagged { box_id })));
                continue;
            }
            let (mut records, _) = self.page(box_id, after, usize::MAX);
            let Some(newest) = records.last().map(|record| record.cursor.0) else { continue };
            if let Some(session) = self.sessions.get_mut(&connection) {
                session.subscribed.insert(box_id, newest);
            }
            if self.bug == Some(Bug::RelaySkipsPushed) && newest.is_multiple_of(3) {
                records.clear();
            }
            mail.push((connection, FromRelay::Push(Push::Records { box_id, records })));
        }
        mail
    }

    fn set_hidden(&mut self, box_id: BoxId, records: &[RecordHash], hidden: bool) -> u32 {
        let Some(kept) = self.boxes.get_mut(&box_id) else { return 0 };
        let mut changed = 0;
        for record in &mut kept.records {
            if records.contains(&RecordHash(record.hash)) && record.hidden != hidden {
                record.hidden = hidden;
                changed += 1;
            }
        }
        changed
    }

    fn put(&mut self, at: RendezvousId, step: RendezvousStep, body: Vec<u8>) -> (Option<Response>, Vec<Mail>) {
        let meeting = self.meetings.entry(at).or_default();
        let burned =
            || Response::Error(RelayError { code: ErrorCode::RendezvousBurned, retry_after_s: None, limit: None });
        let taken = meeting.cells.get(&step.number()).is_some_and(|cell| *cell != body);
        if taken || step == RendezvousStep::Abort {
            meeting.burned = true;
        }
        if taken || (meeting.burned && step != RendezvousStep::Abort) {
            return (Some(burned()), Vec::new());
        }
        meeting.cells.insert(step.number(), body);
        let cells = meeting.cells.clone();
        let mut mail = Vec::new();
        meeting.waiting.retain(|(connection, id, step)| match cells.get(&step.number()) {
            Some(body) => {
                let answer = Response::RendezvousBody { body: body.clone() };
                mail.push((*connection, FromRelay::Response(*id, answer)));
                false
            }
            None => true,
        });
        (Some(Response::RendezvousStored), mail)
    }

    fn get(
        &mut self,
        connection: ConnectionId,
        id: RequestId,
        at: RendezvousId,
        step: RendezvousStep,
    ) -> Option<Response> {
        let meeting = self.meetings.entry(at).or_default();
        let cell = meeting.cells.get(&step.number()).cloned();
        match cell {
            Some(body) => Some(Response::RendezvousBody { body }),
            None if meeting.burned => {
                let code = ErrorCode::RendezvousBurned;
                Some(Response::Error(RelayError { code, retry_after_s: None, limit: None }))
            }
            None => {
                meeting.waiting.push((connection, id, step));
                None
            }
        }
    }
}

/// The box a request needs to be open.
fn named_box(request: &Request) -> Option<BoxId> {
    match request {
        Request::Append { box_id, .. }
        | Request::Read { box_id, .. }
        | Request::Subscribe { box_id, .. }
        | Request::Unsubscribe { box_id }
        | Request::Packs { box_id }
        | Request::PutChunk { box_id, .. }
        | Request::GetChunk { box_id, .. }
        | Request::PutPack { box_id, .. }
        | Request::Trim { box_id, .. }
        | Request::Restore { box_id, .. } => Some(*box_id),
        _ => None,
    }
}

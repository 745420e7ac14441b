//! A relay that loses nothing, in memory: what phones need of one to meet.

use amends_protocol::{
    BoxId, Cursor, ErrorCode, FromRelay, Generation, Push, RecordHash, RelayError, Request, Response, StoredRecord,
    ToRelay, limits,
};
use std::collections::BTreeMap;

/// One box: every record it was given, in order; a hidden one is gone.
#[derive(Default)]
struct RelayBox {
    records: Vec<Option<Vec<u8>>>,
    cursors: BTreeMap<[u8; 32], u64>,
}

/// See the module's documentation. Phones are told apart by number.
#[derive(Default)]
pub struct MemoryRelay {
    boxes: BTreeMap<BoxId, RelayBox>,
    /// How far each subscription was served.
    subscriptions: BTreeMap<(usize, BoxId), u64>,
}

impl MemoryRelay {
    /// Answers a request of `phone`.
    pub fn answer(&mut self, phone: usize, message: ToRelay) -> FromRelay {
        let ToRelay::Request(id, request) = message;
        FromRelay::Response(id, self.respond(phone, request))
    }

    fn respond(&mut self, phone: usize, request: Request) -> Response {
        match request {
            Request::OpenBox { box_id, .. } => {
                let last = self.boxes.get(&box_id).map(|held| held.records.len() as u64);
                let generation = if last.is_some() { Generation([1; 16]) } else { Generation::NONE };
                Response::BoxOpened { generation, first: Cursor(0), last: Cursor(last.unwrap_or(0)), packs: 0 }
            }
            Request::Append { box_id, record } => self.boxes.entry(box_id).or_default().append(record),
            Request::Read { box_id, after, limit } => {
                let (records, more) = self.page(&box_id, after.0, limit);
                Response::Records { records, more }
            }
            Request::Subscribe { box_id, after } => {
                self.subscriptions.insert((phone, box_id), after.0);
                Response::Subscribed
            }
            Request::Trim { box_id, records } => {
                let hidden = self.boxes.get_mut(&box_id).map_or(0, |held| held.hide(&records));
                Response::Trimmed { records: hidden }
            }
            _ => Response::Error(RelayError::new(ErrorCode::UnknownMessage)),
        }
    }

    /// The next push for `phone`, if one is due.
    pub fn push(&mut self, phone: usize) -> Option<FromRelay> {
        let due: Vec<(BoxId, u64)> =
            self.subscriptions.iter().filter(|((who, _), _)| *who == phone).map(|((_, id), at)| (*id, *at)).collect();
        for (box_id, after) in due {
            let (records, _) = self.page(&box_id, after, limits::RECORDS_PER_PAGE_MAX);
            if let Some(last) = records.last() {
                self.subscriptions.insert((phone, box_id), last.cursor.0);
                return Some(FromRelay::Push(Push::Records { box_id, records }));
            }
        }
        None
    }

    /// `phone` is gone.
    pub fn hang_up(&mut self, phone: usize) {
        self.subscriptions.retain(|(who, _), _| *who != phone);
    }

    /// The length of every readable record of a box, oldest first.
    pub fn sizes(&self, box_id: &BoxId) -> Vec<usize> {
        let held = self.boxes.get(box_id);
        held.map(|held| held.records.iter().flatten().map(Vec::len).collect()).unwrap_or_default()
    }

    /// Every box there is.
    pub fn boxes(&self) -> impl Iterator<Item = &BoxId> {
        self.boxes.keys()
    }

    fn page(&self, box_id: &BoxId, after: u64, limit: u32) -> (Vec<StoredRecord>, bool) {
        let Some(held) = self.boxes.get(box_id) else { return (Vec::new(), false) };
        let (mut records, mut bytes) = (Vec::new(), 0);
        let rest = usize::try_from(after).ok().and_then(|after| held.records.get(after..)).unwrap_or_default();
        for (cursor, record) in (after + 1..).zip(rest) {
            let Some(record) = record else { continue };
            bytes += record.len();
            let full = records.len() >= limit as usize || bytes > limits::PAGE_BYTES_MAX;
            if full && !records.is_empty() {
                return (records, true);
            }
            records.push(StoredRecord { cursor: Cursor(cursor), record: record.clone() });
        }
        (records, false)
    }
}

impl RelayBox {
    fn append(&mut self, record: Vec<u8>) -> Response {
        let hash = amends_core::id::hash(&[&record]);
        if let Some(cursor) = self.cursors.get(&hash) {
            return Response::Appended { cursor: Cursor(*cursor), duplicate: true };
        }
        self.records.push(Some(record));
        let cursor = self.records.len() as u64;
        self.cursors.insert(hash, cursor);
        Response::Appended { cursor: Cursor(cursor), duplicate: false }
    }

    fn hide(&mut self, hashes: &[RecordHash]) -> u32 {
        let mut hidden = 0;
        for hash in hashes {
            let place = self.cursors.get(&hash.0).and_then(|cursor| usize::try_from(cursor - 1).ok());
            if let Some(record) = place.and_then(|place| self.records.get_mut(place)) {
                hidden += u32::from(record.take().is_some());
            }
        }
        hidden
    }
}

//! A relay that loses nothing, in memory: what phones need of one to meet.

use amends_core::id::hash;
use amends_protocol::{
    BoxId, ChunkHash, Cursor, ErrorCode, FromRelay, Generation, Pack, PackId, Push, RecordHash, RelayError, Request,
    Response, StoredRecord, ToRelay, limits,
};
use std::collections::BTreeMap;

/// One box: every record it was given, in order; a hidden one is gone, and so is a chunk that no pack names.
#[derive(Default)]
pub struct RelayBox {
    records: Vec<Option<Vec<u8>>>,
    cursors: BTreeMap<[u8; 32], u64>,
    /// Chunks by name.
    pub chunks: BTreeMap<ChunkHash, Vec<u8>>,
    /// Packs, oldest first.
    pub packs: Vec<Pack>,
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
                let Some(held) = self.boxes.get(&box_id) else {
                    let (first, last) = (Cursor(0), Cursor(0));
                    return Response::BoxOpened { generation: Generation::NONE, first, last, packs: 0 };
                };
                let first = held.records.iter().take_while(|record| record.is_none()).count() as u64;
                let (first, last) = (Cursor(first), Cursor(held.records.len() as u64));
                let packs = u32::try_from(held.packs.len()).unwrap_or(u32::MAX);
                Response::BoxOpened { generation: Generation([1; 16]), first, last, packs }
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
            Request::PutChunk { box_id, chunk } => {
                let hash = ChunkHash(hash(&[&chunk]));
                self.boxes.entry(box_id).or_default().chunks.insert(hash, chunk);
                Response::ChunkStored { hash }
            }
            Request::GetChunk { box_id, hash } => {
                let chunk = self.boxes.get(&box_id).and_then(|held| held.chunks.get(&hash));
                let missing = Response::Error(RelayError::new(ErrorCode::ChunkNotFound));
                chunk.map_or(missing, |chunk| Response::Chunk { chunk: chunk.clone() })
            }
            Request::PutPack { box_id, manifest, chunks, replaces } => {
                self.boxes.entry(box_id).or_default().put_pack(manifest, chunks, &replaces)
            }
            Request::Packs { box_id } => {
                Response::PackList { packs: self.boxes.get(&box_id).map(|held| held.packs.clone()).unwrap_or_default() }
            }
            _ => Response::Error(RelayError::new(ErrorCode::UnknownMessage)),
        }
    }

    /// A box, to look into or to change as a relay or whoever has its key could.
    pub fn held(&mut self, box_id: &BoxId) -> Option<&mut RelayBox> {
        self.boxes.get_mut(box_id)
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
        let hash = hash(&[&record]);
        if let Some(cursor) = self.cursors.get(&hash) {
            return Response::Appended { cursor: Cursor(*cursor), duplicate: true };
        }
        self.records.push(Some(record));
        let cursor = self.records.len() as u64;
        self.cursors.insert(hash, cursor);
        Response::Appended { cursor: Cursor(cursor), duplicate: false }
    }

    fn put_pack(&mut self, manifest: Vec<u8>, chunks: Vec<ChunkHash>, replaces: &[PackId]) -> Response {
        if !chunks.iter().all(|chunk| self.chunks.contains_key(chunk)) {
            return Response::Error(RelayError::new(ErrorCode::ChunkMissing));
        }
        let id = PackId(hash(&[&manifest]));
        self.packs.retain(|pack| pack.id != id && !replaces.contains(&pack.id));
        self.packs.push(Pack { id, manifest, chunks });
        let packs = &self.packs;
        self.chunks.retain(|hash, _| packs.iter().any(|pack| pack.chunks.contains(hash)));
        Response::PackStored { pack: id }
    }

    /// How many records can be read.
    pub fn readable(&self) -> usize {
        self.records.iter().flatten().count()
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

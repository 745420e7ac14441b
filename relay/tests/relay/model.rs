//! The store against a model of it that is too simple to be wrong, under arbitrary operations and times; and its
//! bookkeeping against what really lies in the tables.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use amends_protocol::limits::{CHARGE_BYTES_MIN, HIDDEN_LIFETIME_S, LOOSE_CHUNK_LIFETIME_S};
use amends_protocol::*;
use amends_relay::Limits;
use amends_relay::store::sqlite::{Committed, SqliteOptions, SqliteStore};
use amends_relay::store::{Admission, NewPack, Reply, Store, StoreError};
use proptest::collection::vec;
use proptest::prelude::*;

use crate::common::*;

/// Distinct records, chunks and packs: few, so that operations meet.
const KINDS: u8 = 6;

#[derive(Debug, Clone)]
enum Operation {
    Append(u8),
    Trim(Vec<u8>),
    Restore(Vec<u8>),
    PutChunk(u8),
    PutPack { manifest: u8, chunks: Vec<u8>, replaces: Vec<u8> },
    Delete,
    Wait(u64),
    Restart,
    Crash,
}

fn operation() -> impl Strategy<Value = Operation> {
    let some = || vec(0..KINDS, 0..4);
    prop_oneof![
        6 => (0..KINDS).prop_map(Operation::Append),
        3 => some().prop_map(Operation::Trim),
        2 => some().prop_map(Operation::Restore),
        4 => (0..KINDS).prop_map(Operation::PutChunk),
        4 => (0..KINDS, some(), some())
            .prop_map(|(manifest, chunks, replaces)| Operation::PutPack { manifest, chunks, replaces }),
        1 => Just(Operation::Delete),
        2 => prop::sample::select(vec![3_600, LOOSE_CHUNK_LIFETIME_S, HIDDEN_LIFETIME_S / 2]).prop_map(Operation::Wait),
        1 => Just(Operation::Restart),
        1 => Just(Operation::Crash),
    ]
}

fn sealed(kind: u8) -> Vec<u8> {
    record(u32::from(kind), 100 + usize::from(kind) * 200)
}

fn record_of(kind: &u8) -> RecordHash {
    record_hash(&sealed(*kind))
}

fn chunk_of(kind: &u8) -> ChunkHash {
    ChunkHash(sha256(&sealed(*kind)))
}

fn pack_of(kind: &u8) -> PackId {
    PackId(sha256(&[*kind]))
}

struct Everybody;

impl Admission for Everybody {
    fn admit_box(&self) -> Result<(), u32> {
        Ok(())
    }
}

/// The store, asked and waited for.
struct Asked {
    store: SqliteStore,
    box_id: BoxId,
    clock: Arc<HandClock>,
    path: PathBuf,
    limits: Limits,
    crashes: u32,
}

fn open(path: &Path, limits: &Limits, clock: &Arc<HandClock>) -> SqliteStore {
    SqliteStore::open(
        path,
        SqliteOptions {
            limits: limits.clone(),
            clock: clock.clone(),
            check: false,
            deliver: Box::new(Committed::answer),
        },
    )
    .unwrap()
}

impl Asked {
    fn new(folder: &tempfile::TempDir, limits: Limits) -> Self {
        let clock = HandClock::new();
        let path = folder.path().join("store");
        Self { store: open(&path, &limits, &clock), box_id: BoxId([1; 32]), clock, path, limits, crashes: 0 }
    }

    fn ask<T: Send + 'static>(&self, question: impl FnOnce(&SqliteStore, BoxId, Reply<T>)) -> Result<T, StoreError> {
        let (sender, receiver) = sync_channel(1);
        question(&self.store, self.box_id, Box::new(move |outcome| sender.send(outcome).unwrap()));
        receiver.recv().unwrap()
    }

    fn apply(&mut self, operation: &Operation) -> Result<u64, StoreError> {
        let hashes = |kinds: &[u8]| kinds.iter().map(record_of).collect::<Vec<_>>();
        match operation {
            Operation::Append(kind) => self
                .ask(|store, id, reply| store.append(id, sealed(*kind).into(), Arc::new(Everybody), reply))
                .map(|appended| appended.cursor.0),
            Operation::Trim(kinds) => self.ask(|store, id, reply| store.trim(id, hashes(kinds), reply)).map(u64::from),
            Operation::Restore(kinds) => {
                self.ask(|store, id, reply| store.restore(id, hashes(kinds), reply)).map(u64::from)
            }
            Operation::PutChunk(kind) => {
                self.ask(|store, id, reply| store.put_chunk(id, sealed(*kind), Arc::new(Everybody), reply)).map(|_| 0)
            }
            Operation::PutPack { manifest, chunks, replaces } => {
                let pack = NewPack {
                    manifest: vec![*manifest],
                    chunks: chunks.iter().map(chunk_of).collect(),
                    replaces: replaces.iter().map(pack_of).collect(),
                };
                self.ask(|store, id, reply| store.put_pack(id, pack, reply)).map(|_| 0)
            }
            Operation::Delete => self.ask(|store, id, reply| store.delete_box(id, reply)).map(|()| 0),
            Operation::Wait(seconds) => {
                self.clock.advance(*seconds);
                self.ask(|store, _, reply| store.sweep(reply)).map(|()| 0)
            }
            Operation::Crash => {
                // What a killed relay leaves behind: the file and its log, as they are right now.
                let copy = self.path.with_extension(format!("{}", self.crashes));
                let log = |path: &Path| PathBuf::from(format!("{}-wal", path.display()));
                std::fs::copy(&self.path, &copy).unwrap();
                std::fs::copy(log(&self.path), log(&copy)).unwrap();
                self.crashes += 1;
                self.store = open(&copy, &self.limits, &self.clock);
                self.path = copy;
                Ok(0)
            }
            Operation::Restart => {
                self.store.close();
                self.store = open(&self.path, &self.limits, &self.clock);
                Ok(0)
            }
        }
    }

    fn readable(&self) -> Vec<(u64, Vec<u8>)> {
        let page = self.ask(|store, id, reply| store.read(id, Cursor::START, 500, reply)).unwrap();
        page.records.into_iter().map(|stored| (stored.cursor.0, stored.record)).collect()
    }

    fn packs(&self) -> Vec<(PackId, Vec<ChunkHash>)> {
        let packs = self.ask(|store, id, reply| store.packs(id, reply)).unwrap();
        packs.into_iter().map(|pack| (pack.id, pack.chunks)).collect()
    }

    fn has_chunk(&self, kind: u8) -> bool {
        self.ask(|store, id, reply| store.chunk(id, chunk_of(&kind), reply)).is_ok()
    }

    /// What the tables hold is what the rows of boxes say.
    fn check_books(&self) {
        // Makes the entries that are left to be made; no time has passed that it could do anything else about.
        self.ask(|store, _, reply| store.sweep(reply)).unwrap();
        let db = rusqlite::Connection::open(&self.path).unwrap();
        let count = |sql: &str| -> i64 { db.query_row(sql, [], |row| row.get(0)).unwrap() };
        let least = CHARGE_BYTES_MIN;
        let sum = |from: &str| count(&format!("SELECT ifnull(sum(max(size, {least})), 0) FROM {from}"));
        let alive = "box IN (SELECT id FROM boxes)";
        let hidden = sum(&format!("entries WHERE hidden_s IS NOT NULL AND {alive}"))
            + sum(&format!("chunks WHERE hidden_s IS NOT NULL AND {alive}"));
        assert_eq!(count("SELECT ifnull(sum(hidden_bytes), 0) FROM boxes"), hidden);
        let packed = sum(&format!("chunks WHERE hidden_s IS NULL AND {alive}"))
            + count(&format!("SELECT ifnull(sum(length(manifest)), 0) FROM packs WHERE {alive}"));
        assert_eq!(count("SELECT ifnull(sum(pack_bytes), 0) FROM boxes"), packed);
        let wrong_references = "SELECT count(*) FROM chunks
            WHERE refs != (SELECT count(*) FROM pack_chunks WHERE chunk = chunks.id)";
        assert_eq!(count(wrong_references), 0);
        let wrong_states =
            "SELECT count(*) FROM chunks WHERE (refs > 0) + (loose_s IS NOT NULL) + (hidden_s IS NOT NULL) != 1";
        assert_eq!(count(wrong_states), 0);
        assert_eq!(count("SELECT count(*) FROM records WHERE id NOT IN (SELECT record FROM entries)"), 0);
        assert_eq!(count("SELECT count(*) FROM chunk_bodies WHERE chunk NOT IN (SELECT id FROM chunks)"), 0);
        let limits = &self.limits;
        assert!(hidden <= limits.box_hidden_bytes_max as i64);
        let records = sum(&format!("entries WHERE hidden_s IS NULL AND {alive}"));
        assert!(records <= limits.box_record_bytes_max as i64);
        assert!(records + packed <= limits.box_bytes_max as i64);
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum ChunkState {
    Packed,
    Loose(u64),
    Hidden(u64),
}

/// The model: no limits, no disk.
#[derive(Default)]
struct Model {
    now_s: u64,
    newest: u64,
    /// By cursor: the kind, and since when it is hidden.
    records: BTreeMap<u64, (u8, Option<u64>)>,
    chunks: BTreeMap<u8, ChunkState>,
    packs: Vec<(u8, Vec<u8>)>,
    exists: bool,
}

impl Model {
    fn apply(&mut self, operation: &Operation) -> Option<u64> {
        match operation {
            Operation::Append(kind) => {
                self.exists = true;
                let known = self.records.iter().find(|(_, (known, _))| known == kind).map(|(cursor, _)| *cursor);
                Some(known.unwrap_or_else(|| {
                    self.newest += 1;
                    self.records.insert(self.newest, (*kind, None));
                    self.newest
                }))
            }
            Operation::Trim(kinds) => Some(self.set_hidden(kinds, Some(self.now_s))),
            Operation::Restore(kinds) => Some(self.set_hidden(kinds, None)),
            Operation::PutChunk(kind) => {
                self.exists = true;
                let state = self.chunks.entry(*kind).or_insert(ChunkState::Loose(self.now_s));
                if *state != ChunkState::Packed {
                    *state = ChunkState::Loose(self.now_s);
                }
                Some(0)
            }
            Operation::PutPack { manifest, chunks, replaces } => {
                if !self.exists || chunks.iter().any(|kind| !self.chunks.contains_key(kind)) {
                    return None;
                }
                let unchanged = self.packs.iter().any(|(known, listed)| known == manifest && listed == chunks);
                self.packs.retain(|(known, _)| !replaces.contains(known) || known == manifest);
                if !unchanged {
                    self.packs.retain(|(known, _)| known != manifest);
                    self.packs.push((*manifest, chunks.clone()));
                }
                for (kind, state) in &mut self.chunks {
                    let named = self.packs.iter().any(|(_, listed)| listed.contains(kind));
                    match state {
                        ChunkState::Packed if !named => *state = ChunkState::Hidden(self.now_s),
                        _ if named => *state = ChunkState::Packed,
                        _ => {}
                    }
                }
                Some(0)
            }
            Operation::Delete => {
                *self = Self { now_s: self.now_s, ..Self::default() };
                Some(0)
            }
            Operation::Wait(seconds) => {
                self.now_s += seconds;
                let now_s = self.now_s;
                self.records.retain(|_, (_, hidden)| hidden.is_none_or(|since| now_s - since < HIDDEN_LIFETIME_S));
                self.chunks.retain(|_, state| match state {
                    ChunkState::Packed => true,
                    ChunkState::Loose(since) => now_s - *since < LOOSE_CHUNK_LIFETIME_S,
                    ChunkState::Hidden(since) => now_s - *since < HIDDEN_LIFETIME_S,
                });
                Some(0)
            }
            Operation::Restart | Operation::Crash => Some(0),
        }
    }

    fn set_hidden(&mut self, kinds: &[u8], hidden_s: Option<u64>) -> u64 {
        let mut changed = 0;
        for (kind, hidden) in self.records.values_mut() {
            if kinds.contains(kind) && hidden.is_some() != hidden_s.is_some() {
                *hidden = hidden_s;
                changed += 1;
            }
        }
        changed
    }

    fn readable(&self) -> Vec<(u64, Vec<u8>)> {
        let readable = self.records.iter().filter(|(_, (_, hidden))| hidden.is_none());
        readable.map(|(cursor, (kind, _))| (*cursor, sealed(*kind))).collect()
    }

    fn packs(&self) -> Vec<(PackId, Vec<ChunkHash>)> {
        self.packs.iter().map(|(kind, chunks)| (pack_of(kind), chunks.iter().map(chunk_of).collect())).collect()
    }

    fn has_chunk(&self, kind: u8) -> bool {
        self.chunks.get(&kind).is_some_and(|state| !matches!(state, ChunkState::Hidden(_)))
    }
}

proptest! {
    // Each operation is a real commit: few cases, each with much in it.
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_store_does_what_the_model_does(operations in vec(operation(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let mut store = Asked::new(&folder, Limits::default());
        let mut model = Model::default();
        for operation in &operations {
            let expected = model.apply(operation);
            prop_assert_eq!(store.apply(operation).ok(), expected, "{:?}", operation);
            prop_assert_eq!(store.readable(), model.readable());
            prop_assert_eq!(store.packs(), model.packs());
            for kind in 0..KINDS {
                prop_assert_eq!(store.has_chunk(kind), model.has_chunk(kind), "chunk {}", kind);
            }
        }
        store.check_books();
    }

    #[test]
    fn the_books_are_right_when_everything_is_tight(operations in vec(operation(), 1..40)) {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits {
            box_bytes_max: 4_000,
            box_record_bytes_max: 2_500,
            box_hidden_bytes_max: 2_000,
            ..Limits::default()
        };
        let mut store = Asked::new(&folder, limits);
        for operation in &operations {
            match store.apply(operation) {
                Ok(_) | Err(StoreError::BoxFull { .. } | StoreError::ChunkMissing) => {}
                Err(other) => prop_assert!(false, "{other:?}"),
            }
            store.check_books();
        }
    }
}

//! Boxes in one SQLite file: one thread writes with group commit, a few read beside it (WAL).

mod arrivals;
mod boxes;
mod packs;
mod records;
mod schema;
mod sweep;
mod tally;
mod time;
mod writer;

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread::{self, JoinHandle};

use amends_protocol::{BoxId, ChunkHash, Cursor, Pack, PackId, RecordHash};
use ring::digest::{SHA256, digest};
use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::{Connection, ErrorCode};

pub use schema::OpenError;
pub use writer::Committed;

use crate::clock::Clock;
use crate::limits::Limits;
use crate::queue::{NotQueued, Queue};
use crate::store::{Admission, Appended, BoxState, NewPack, Page, Reply, Store, StoreError};
use arrivals::{Desk, Unsettled};
use time::RelayTime;
use writer::{BATCH_WRITES_MAX, Closure, Write};

/// Threads that read. Two, so that one long page doesn't hold up an `OpenBox`.
const READERS: usize = 2;

/// Reads waiting; more are refused for a moment. Each connection has at most a few.
const QUEUED_READS_MAX: usize = 16_384;

/// A write or read that didn't happen.
pub(crate) enum Failure {
    Refused(StoreError),
    /// Entries have to be made first; the writer does, and tries again.
    Unsettled,
    Sqlite(rusqlite::Error),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        let error = match failure {
            Failure::Refused(error) => return error,
            // Still missing after they were made.
            Failure::Unsettled => return Self::Damaged,
            Failure::Sqlite(error) => error,
        };
        if error.sqlite_error_code() == Some(ErrorCode::DiskFull) {
            // Happens to every write until somebody makes room; the writer says so once.
            return Self::DiskFull;
        }
        // SQLite's messages name tables and offsets, never ids or contents: safe to log.
        tracing::error!(%error, "the store failed");
        match (&error, error.sqlite_error_code()) {
            (_, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase)) => Self::Damaged,
            // A row that is missing or of the wrong shape, where we wrote it ourselves.
            (
                rusqlite::Error::QueryReturnedNoRows
                | rusqlite::Error::InvalidColumnType(..)
                | rusqlite::Error::FromSqlConversionFailure(..)
                | rusqlite::Error::IntegralValueOutOfRange(..),
                _,
            ) => Self::Damaged,
            _ => Self::Internal,
        }
    }
}

/// What every operation needs beside the connection.
pub(crate) struct Rules {
    limits: Limits,
    time: RelayTime,
    random: SystemRandom,
}

impl Rules {
    fn random_generation(&self) -> Result<[u8; 16], StoreError> {
        let mut generation = [0; 16];
        self.random.fill(&mut generation).map_err(|_| StoreError::Internal)?;
        Ok(generation)
    }
}

type Read = Box<dyn FnOnce(Result<&Connection, StoreError>) + Send>;

struct Shared {
    rules: Rules,
    deliver: Deliver,
    unsettled: Arc<Unsettled>,
    writes: Queue<Box<dyn Write>>,
    reads: Queue<Read>,
}

/// The default store.
pub struct SqliteStore {
    shared: Arc<Shared>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// How a store is opened.
pub struct SqliteOptions {
    /// What boxes may hold, and for how long.
    pub limits: Limits,
    /// The relay's time.
    pub clock: Arc<dyn Clock>,
    /// Whether to read every page for damage first.
    pub check: bool,
    /// Takes what was committed and answers it, in order. [`Committed::answer`] itself does, on the writer's thread; a
    /// relay hands a whole batch to its network thread, which so wakes once and not for every phone.
    pub deliver: Deliver,
}

/// Takes committed writes, in the order of their commits.
pub type Deliver = Box<dyn Fn(Committed) + Send + Sync>;

impl SqliteStore {
    /// Opens the database at `path`, or makes it, and starts its threads.
    ///
    /// # Errors
    /// When it is damaged, newer than this relay, or cannot be opened.
    pub fn open(path: &Path, options: SqliteOptions) -> Result<Self, OpenError> {
        let SqliteOptions { limits, clock, check, deliver } = options;
        let db = schema::open(path, limits.store_bytes_max, check)?;
        let time = RelayTime::load(&db, clock)?;
        let unsettled = Arc::new(Unsettled::default());
        let desk = Desk::open(&db, Arc::clone(&unsettled))?;
        let shared = Arc::new(Shared {
            deliver,
            unsettled,
            writes: Queue::new(limits.queued_writes_max),
            reads: Queue::new(QUEUED_READS_MAX),
            rules: Rules { limits, time, random: SystemRandom::new() },
        });
        let mut threads = Vec::with_capacity(READERS + 1);
        for _ in 0..READERS {
            let reader = schema::open_reader(path)?;
            let shared = Arc::clone(&shared);
            threads.push(thread::spawn(move || read_all(&shared, &reader)));
        }
        let writing = Arc::clone(&shared);
        threads.push(thread::spawn(move || write_all(&writing, &db, desk)));
        Ok(Self { shared, threads: Mutex::new(threads) })
    }

    fn write<T: Send + 'static>(
        &self,
        reply: Reply<T>,
        mut run: impl FnMut((&Connection, &mut Desk), &Rules) -> Result<T, Failure> + Send + 'static,
    ) {
        let shared = Arc::clone(&self.shared);
        self.shared.queue_write(Closure::boxed(move |db, desk| run((db, desk), &shared.rules), reply));
    }

    fn read_with<T: Send + 'static>(
        &self,
        reply: Reply<T>,
        run: impl FnOnce(&Connection) -> Result<T, Failure> + Send + 'static,
    ) {
        let read: Read = Box::new(move |db| reply(db.and_then(|db| run(db).map_err(StoreError::from))));
        match self.shared.reads.push(read) {
            Ok(()) => {}
            Err(NotQueued::Full(read)) => read(Err(StoreError::Busy)),
            Err(NotQueued::Closed(read)) => read(Err(StoreError::Closing)),
        }
    }
}

impl Shared {
    fn queue_write(&self, write: Box<dyn Write>) {
        match self.writes.push(write) {
            Ok(()) => {}
            Err(NotQueued::Full(write)) => write.finish(Some(StoreError::Busy)),
            Err(NotQueued::Closed(write)) => write.finish(Some(StoreError::Closing)),
        }
    }
}

/// Closes both queues if a thread ends for whatever reason: what nobody will do must be refused, not queued.
struct CloseOnExit<'a>(&'a Shared);

impl Drop for CloseOnExit<'_> {
    fn drop(&mut self) {
        self.0.writes.close();
        self.0.reads.close();
    }
}

fn write_all(shared: &Shared, db: &Connection, mut desk: Desk) {
    let _closing = CloseOnExit(shared);
    let mut was_full = false;
    while let Some(batch) = shared.writes.pop_some(BATCH_WRITES_MAX) {
        let committed = writer::commit(db, &mut desk, batch);
        let is_full = committed.met_full_disk();
        (shared.deliver)(committed);
        if is_full && !was_full {
            tracing::error!("the disk is full: nothing is stored until there is room");
        } else if was_full && !is_full {
            tracing::info!("there is room on the disk again");
        }
        was_full = is_full;
    }
    if writer::settle(db, &mut desk).is_err() {
        tracing::warn!("entries are left to be made at the next start");
    }
    if let Err(error) = shared.rules.time.save(db) {
        tracing::warn!(%error, "relay time was not saved");
    }
    // Everything is durable in the WAL already; this only makes the folder one file again.
    if let Err(error) = db.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())) {
        tracing::warn!(%error, "the last checkpoint failed");
    }
}

fn read_all(shared: &Shared, db: &Connection) {
    let _closing = CloseOnExit(shared);
    // One at a time, so that the readers share what is queued.
    while let Some(reads) = shared.reads.pop_some(1) {
        for read in reads {
            read(Ok(db));
        }
    }
}

/// Sweeps piece by piece, each queued behind what has come in meanwhile.
fn queue_sweep(shared: &Arc<Shared>, reply: Reply<()>) {
    let weak: Weak<Shared> = Arc::downgrade(shared);
    let rules = Arc::clone(shared);
    let next: Reply<std::ops::ControlFlow<()>> = Box::new(move |outcome| match (outcome, weak.upgrade()) {
        (Ok(std::ops::ControlFlow::Break(())), Some(shared)) => queue_sweep(&shared, reply),
        (Ok(_), _) => reply(Ok(())),
        (Err(error), _) => reply(Err(error)),
    });
    shared.queue_write(Closure::boxed(move |db, desk| sweep::piece((db, desk), &rules.rules), next));
}

impl Store for SqliteStore {
    fn open_box(&self, box_id: BoxId, reply: Reply<BoxState>) {
        let shared = Arc::clone(&self.shared);
        self.read_with(reply, move |db| {
            let (state, out_of_date) = boxes::state(db, &shared.rules, &shared.unsettled, &box_id)?;
            if out_of_date {
                let touching = Arc::clone(&shared);
                let touch = Closure::boxed(
                    move |db: &Connection, _: &mut Desk| boxes::touch(db, &touching.rules, &box_id),
                    Box::new(|_| {}),
                );
                shared.queue_write(touch);
            }
            Ok(state)
        });
    }

    fn append(&self, box_id: BoxId, record: Arc<[u8]>, admission: Arc<dyn Admission>, reply: Reply<Appended>) {
        let hash = RecordHash(sha256(&record));
        self.write(reply, move |db, rules| records::append(db, rules, &box_id, (&hash, &record), admission.as_ref()));
    }

    fn read(&self, box_id: BoxId, after: Cursor, records_max: u32, reply: Reply<Page>) {
        let unsettled = Arc::clone(&self.shared.unsettled);
        self.read_with(reply, move |db| records::read(db, &unsettled, &box_id, after, records_max));
    }

    fn put_chunk(&self, box_id: BoxId, chunk: Vec<u8>, admission: Arc<dyn Admission>, reply: Reply<ChunkHash>) {
        let hash = ChunkHash(sha256(&chunk));
        self.write(reply, move |db, rules| {
            packs::put_chunk(db, rules, &box_id, (&hash, &chunk), admission.as_ref())?;
            Ok(hash)
        });
    }

    fn chunk(&self, box_id: BoxId, hash: ChunkHash, reply: Reply<Vec<u8>>) {
        self.read_with(reply, move |db| packs::chunk(db, &box_id, &hash));
    }

    fn put_pack(&self, box_id: BoxId, pack: NewPack, reply: Reply<PackId>) {
        let id = PackId(sha256(&pack.manifest));
        self.write(reply, move |db, rules| {
            packs::put_pack(db, rules, &box_id, &id, &pack)?;
            Ok(id)
        });
    }

    fn packs(&self, box_id: BoxId, reply: Reply<Vec<Pack>>) {
        self.read_with(reply, move |db| packs::list(db, &box_id));
    }

    fn trim(&self, box_id: BoxId, hashes: Vec<RecordHash>, reply: Reply<u32>) {
        self.write(reply, move |db, rules| records::trim(db, rules, &box_id, &hashes));
    }

    fn restore(&self, box_id: BoxId, hashes: Vec<RecordHash>, reply: Reply<u32>) {
        self.write(reply, move |db, rules| records::restore(db, rules, &box_id, &hashes));
    }

    fn delete_box(&self, box_id: BoxId, reply: Reply<()>) {
        let shared = Arc::clone(&self.shared);
        let swept: Reply<()> = Box::new(move |outcome| {
            let deleted = outcome.is_ok();
            reply(outcome);
            if deleted {
                queue_sweep(&shared, Box::new(|_| {}));
            }
        });
        self.write(swept, move |(db, desk), _| boxes::delete(db, desk, &box_id));
    }

    fn sweep(&self, reply: Reply<()>) {
        queue_sweep(&self.shared, reply);
    }

    fn queued_writes(&self) -> usize {
        self.shared.writes.len()
    }

    fn close(&self) {
        self.shared.writes.close();
        self.shared.reads.close();
        let threads = std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // The last owner may let go in a reply, on one of these threads, which cannot wait for itself.
            if thread.thread().id() == thread::current().id() {
                continue;
            }
            if thread.join().is_err() {
                tracing::error!("a thread of the store panicked");
            }
        }
    }
}

impl Drop for SqliteStore {
    fn drop(&mut self) {
        self.close();
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

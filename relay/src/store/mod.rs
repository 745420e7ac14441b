//! What the relay asks of a store. [`SqliteStore`](sqlite::SqliteStore) keeps boxes in a folder of one machine; a
//! clustered engine would implement the same trait.
//!
//! Calls return at once; each answers through its [`Reply`], on a thread of the store's or its caller's choosing; writes
//! in the order in which they were committed. An answer to a write means that it is durable. A store may refuse for a moment
//! ([`StoreError::Busy`]), it never queues without a bound.

pub mod sqlite;

use std::sync::Arc;

use amends_protocol::{
    BoxId, ChunkHash, Cursor, ErrorCode, Generation, Pack, PackId, RecordHash, RelayError, StoredRecord,
};

/// Called once with the outcome.
pub type Reply<T> = Box<dyn FnOnce(Result<T, StoreError>) + Send>;

/// Asked when a write would make a box that doesn't exist.
pub trait Admission: Send + Sync {
    /// Whether one more box may be made; otherwise after how many seconds.
    ///
    /// # Errors
    /// The seconds to wait.
    fn admit_box(&self) -> Result<(), u32>;
}

/// What a box looks like from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxState {
    /// [`Generation::NONE`] if there is no such box.
    pub generation: Generation,
    /// Just before the oldest readable record.
    pub first: Cursor,
    /// The newest cursor ever given.
    pub last: Cursor,
    /// Packs in the box.
    pub packs: u32,
}

/// Where a record went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// Its cursor.
    pub cursor: Cursor,
    /// It was there before.
    pub duplicate: bool,
}

/// Some records of a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In the order of their cursors.
    pub records: Vec<StoredRecord>,
    /// There are readable records after the last one.
    pub more: bool,
    /// The newest cursor ever given in the box when this was read; 0 if there is no such box.
    pub last: Cursor,
}

/// A store of boxes.
pub trait Store: Send + Sync + 'static {
    /// Says what a box looks like, and notes that somebody was interested in it today.
    fn open_box(&self, box_id: BoxId, reply: Reply<BoxState>);
    /// Adds a record, or finds its duplicate.
    fn append(&self, box_id: BoxId, record: Arc<[u8]>, admission: Arc<dyn Admission>, reply: Reply<Appended>);
    /// Reads records after a cursor, within the protocol's page.
    fn read(&self, box_id: BoxId, after: Cursor, records_max: u32, reply: Reply<Page>);
    /// Keeps a chunk.
    fn put_chunk(&self, box_id: BoxId, chunk: Vec<u8>, admission: Arc<dyn Admission>, reply: Reply<ChunkHash>);
    /// Fetches a chunk.
    fn chunk(&self, box_id: BoxId, hash: ChunkHash, reply: Reply<Vec<u8>>);
    /// Makes a pack and hides the ones it replaces.
    fn put_pack(&self, box_id: BoxId, pack: NewPack, reply: Reply<PackId>);
    /// Lists the packs.
    fn packs(&self, box_id: BoxId, reply: Reply<Vec<Pack>>);
    /// Hides records; answers how many.
    fn trim(&self, box_id: BoxId, records: Vec<RecordHash>, reply: Reply<u32>);
    /// Makes hidden records readable; answers how many.
    fn restore(&self, box_id: BoxId, records: Vec<RecordHash>, reply: Reply<u32>);
    /// Deletes a box.
    fn delete_box(&self, box_id: BoxId, reply: Reply<()>);
    /// Does away with what has expired, a bounded piece at a time; answers when all is done.
    fn sweep(&self, reply: Reply<()>);
    /// Writes waiting to be made durable.
    fn queued_writes(&self) -> usize;
    /// Takes no more writes, makes the queued ones durable, and closes. Blocks until that is done.
    fn close(&self);
}

/// A pack to be made.
#[derive(Debug, Clone)]
pub struct NewPack {
    /// The sealed manifest.
    pub manifest: Vec<u8>,
    /// Its chunks, in order.
    pub chunks: Vec<ChunkHash>,
    /// Packs it makes superfluous.
    pub replaces: Vec<PackId>,
}

/// Why a store refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The box would hold more bytes than its allowance.
    #[error("the box is full: at most {limit} bytes")]
    BoxFull {
        /// The allowance.
        limit: u64,
    },
    /// The box would list more packs, or more bytes of them, than fit an answer.
    #[error("the list of packs is full: at most {limit}")]
    PackListFull {
        /// Packs or bytes.
        limit: u64,
    },
    /// A pack names a chunk that isn't there.
    #[error("a chunk of the pack is missing")]
    ChunkMissing,
    /// No readable chunk of that hash.
    #[error("there is no such chunk")]
    ChunkNotFound,
    /// The writer may not make another box yet.
    #[error("too many boxes were made lately")]
    TooManyBoxes {
        /// Seconds to wait.
        retry_after_s: u32,
    },
    /// No room on the disk, or in the database's own limit.
    #[error("the disk is full")]
    DiskFull,
    /// The database file is damaged where this was, or would be.
    #[error("the data are damaged")]
    Damaged,
    /// Too much is queued.
    #[error("the store is busy")]
    Busy,
    /// The store is closing.
    #[error("the store is closing")]
    Closing,
    /// A bug, or an error of the operating system that is none of the above.
    #[error("the store failed")]
    Internal,
}

/// Seconds after which a busy store is worth another try: a commit takes milliseconds.
const BUSY_RETRY_S: u32 = 1;

/// Seconds after which a full disk is worth another try: somebody has to notice.
const DISK_FULL_RETRY_S: u32 = 300;

impl From<StoreError> for RelayError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::BoxFull { limit } => Self::with_limit(ErrorCode::BoxFull, limit),
            StoreError::PackListFull { limit } => Self::with_limit(ErrorCode::PackTooLarge, limit),
            StoreError::ChunkMissing => ErrorCode::ChunkMissing.into(),
            StoreError::ChunkNotFound => ErrorCode::ChunkNotFound.into(),
            StoreError::TooManyBoxes { retry_after_s } => Self::with_retry(ErrorCode::TooManyBoxes, retry_after_s),
            StoreError::DiskFull => Self::with_retry(ErrorCode::StoreFull, DISK_FULL_RETRY_S),
            StoreError::Damaged => ErrorCode::StoreDamaged.into(),
            StoreError::Busy => Self::with_retry(ErrorCode::RateLimited, BUSY_RETRY_S),
            StoreError::Closing => ErrorCode::ShuttingDown.into(),
            StoreError::Internal => ErrorCode::Internal.into(),
        }
    }
}

//! The engine's rows: keys in byte order, values in CBOR. The store seals them; nothing here is text a person wrote in a key.

use crate::crypto::record::{PAYLOAD_MAX, SignedRecord};
use crate::crypto::seal::{deflate, inflate};
use crate::id::{ChangeHash, Day, EntryId, EpochId, RecordId, StatementId};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use std::borrow::Cow;

/// Index of a box in a home: 0 is the member box, the rest are spaces.
pub type BoxIndex = u8;

/// The member box.
pub const MEMBER_BOX: BoxIndex = 0;

/// Largest sequence number kept: the row key holds 32 bits. A chain that claims more is quarantined.
pub const SEQ_MAX: u64 = u32::MAX as u64;

/// Where a statement or change is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
pub enum Locator {
    /// Item `item` of a signed record.
    #[n(0)]
    Record {
        /// Index of the chain in its box.
        #[n(0)]
        chain: u16,
        /// Sequence number in the chain.
        #[n(1)]
        seq: u64,
        /// 0, or the number of the twin where a chain forked.
        #[n(2)]
        twin: u8,
        /// Headers first, then changes.
        #[n(3)]
        item: u16,
    },
    /// Not yet in a record.
    #[n(1)]
    Unflushed {
        /// Number in the box.
        #[n(0)]
        number: u64,
    },
}

/// Key of a record row.
pub fn record_key(index: BoxIndex, chain: u16, seq: u64, twin: u8) -> Vec<u8> {
    let seq = u32::try_from(seq).unwrap_or(u32::MAX);
    let mut key = Vec::with_capacity(8);
    key.push(index);
    key.extend(chain.to_be_bytes());
    key.extend(seq.to_be_bytes());
    key.push(twin);
    key
}

/// Key of an unflushed row.
pub fn unflushed_key(index: BoxIndex, number: u64) -> Vec<u8> {
    let mut key = vec![index];
    key.extend(number.to_be_bytes());
    key
}

/// Key of anything that is named by an id within a box.
pub fn keyed(index: BoxIndex, id: &[u8; 32]) -> Vec<u8> {
    let mut key = vec![index];
    key.extend(id);
    key
}

/// The key range of one box.
pub fn whole(index: BoxIndex) -> (Vec<u8>, Vec<u8>) {
    (vec![index], vec![index.saturating_add(1)])
}

/// A record as it is kept: its payload without what its neighbours say already.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub struct RecordRow {
    /// The record's id, so that its successor can be verified without walking the chain.
    #[n(0)]
    pub id: RecordId,
    /// The payload (SPEC 4.3), sealed in no epoch, or the raw DEFLATE of it.
    #[n(1)]
    packed: ByteVec,
    /// SHA-256 of the sealed record at the relay, where it may have to be hidden there and sealing it again may not give it.
    #[n(2)]
    pub sealed: Option<ByteArray<32>>,
    /// Whether `packed` is deflated.
    #[n(3)]
    deflated: Option<bool>,
}

/// Bytes of a payload from which on it is deflated: SQLite gives what does not fit a quarter of a page a page of its own.
const WORTH_DEFLATING: usize = 880;

/// Rows name the epoch that a record was made in, whichever the box has come to since.
const NO_EPOCH: EpochId = EpochId([0; 32]);

impl RecordRow {
    /// The row of a verified record.
    pub fn new(id: RecordId, record: &SignedRecord, sealed: Option<[u8; 32]>) -> Self {
        let mut row = Self { id, packed: Vec::new().into(), sealed: sealed.map(Into::into), deflated: None };
        row.keep(record);
        row
    }

    /// The same, quickly, for a row that is only looked at.
    pub(super) fn undeflated(id: RecordId, record: &SignedRecord, sealed: Option<ByteArray<32>>) -> Self {
        Self { id, packed: record.encode_payload(&NO_EPOCH, None).into(), sealed, deflated: None }
    }

    /// The record; none when what was kept cannot be read.
    pub fn record(&self) -> Option<SignedRecord> {
        let payload = match self.deflated {
            Some(true) => Cow::Owned(inflate(&self.packed, PAYLOAD_MAX)?),
            _ => Cow::Borrowed(self.packed.as_slice()),
        };
        SignedRecord::decode_payload(&payload, &NO_EPOCH).ok()
    }

    /// Keeps another form of the record.
    pub fn keep(&mut self, record: &SignedRecord) {
        let payload = record.encode_payload(&NO_EPOCH, None);
        let deflated = (payload.len() >= WORTH_DEFLATING).then(|| deflate(&payload));
        let deflated = deflated.filter(|deflated| deflated.len() < payload.len());
        self.deflated = deflated.is_some().then_some(true);
        self.packed = deflated.unwrap_or(payload).into();
    }
}

/// A statement or change that waits for the next flush.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub struct UnflushedRow {
    /// The statement's header; absent for a change.
    #[n(0)]
    pub header: Option<ByteVec>,
    /// The statement's body, when it travels with it.
    #[n(1)]
    pub body: Option<ByteVec>,
    /// The body's hash, or the change's.
    #[n(2)]
    pub hash: ByteArray<32>,
    /// The document and the change's bytes.
    #[n(3)]
    pub change: Option<(EntryId, ByteVec)>,
}

/// Something set aside with the reason why.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub struct QuarantineRow {
    /// The box it came in.
    #[n(0)]
    pub index: BoxIndex,
    /// A stable snake_case code.
    #[n(1)]
    pub reason: String,
    /// The bytes: a sealed record, a payload, or one item.
    #[n(2)]
    pub bytes: ByteVec,
    /// Which statement, if one alone was set aside.
    #[n(3)]
    pub statement: Option<StatementId>,
    /// Which change, if one alone was set aside.
    #[n(4)]
    pub change: Option<ChangeHash>,
    /// The day it arrived, by this phone's clock.
    #[n(5)]
    pub day: Day,
}

/// A record that cannot be verified yet.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub struct WaitingRow {
    /// The payload as it was sealed.
    #[n(0)]
    pub payload: ByteVec,
    /// Index of the epoch it was sealed under.
    #[n(1)]
    pub epoch: u16,
}

/// Two signed records at one place in one chain: proof that a device's key was used twice, most often by a restored backup.
#[derive(Clone, Encode, Decode)]
#[cbor(map)]
pub struct ForkRow {
    /// The chain's index.
    #[n(0)]
    pub chain: u16,
    /// The place.
    #[n(1)]
    pub seq: u64,
    /// How many records are kept there.
    #[n(2)]
    pub twins: u8,
}

/// Encodes a row. Writing to a growing buffer cannot fail.
pub fn encoded<T: Encode<()>>(row: &T) -> Vec<u8> {
    minicbor::to_vec(row).unwrap_or_default()
}

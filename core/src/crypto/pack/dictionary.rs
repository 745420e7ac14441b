//! Ids that a reader of the pack computes anyway, and by which place they are named instead.

use super::{ChainId, ItemHash, PackError, PackedRecord};
use crate::crypto::cbor::{CborError, Reader};
use crate::crypto::record::{Core, Item};
use crate::id::{BodyHash, EntryId, MemberId, OwnerId, RecordId, StatementId, hash};
use std::collections::HashMap;

/// The values that one record defines, by which a pack's other records name them: the record's own id, then for each header its
/// statement's id and, when it makes an entry from fresh bytes, that entry's id. This order is part of the format. `hashes` are
/// those of the record's items.
pub fn record_values(
    owner: &OwnerId,
    member: &MemberId,
    id: &RecordId,
    core: &Core,
    hashes: &[[u8; 32]],
) -> Vec<[u8; 32]> {
    let mut values = vec![id.0];
    for (header, body) in core.headers.iter().zip(hashes) {
        values.push(statement(owner, member, &BodyHash(*body), header).0);
        if let Ok(Some(fresh)) = fresh(header) {
            values.push(EntryId::derive(owner, member, &fresh).0);
        }
    }
    values
}

/// A statement's id (SPEC section 2).
fn statement(owner: &OwnerId, member: &MemberId, body: &BodyHash, header: &[u8]) -> StatementId {
    StatementId(hash(&[b"amends/statement/1", &owner.0, &member.0, &body.0, header]))
}

/// Key 2 of a header (SPEC section 3.1).
fn fresh(header: &[u8]) -> Result<Option<[u8; 16]>, CborError> {
    let mut reader = Reader::open(header)?;
    for _ in 0..reader.map()? {
        match reader.uint()? {
            2 => return reader.fixed().map(Some),
            _ => reader.skip()?,
        }
    }
    Ok(None)
}

/// The hash of every item of a record.
pub(super) fn item_hashes(
    chain: &ChainId,
    core: &Core,
    items: &[Item],
    item_hash: &ItemHash<'_>,
) -> Result<Vec<[u8; 32]>, PackError> {
    let hashes = items.iter().enumerate().map(|(index, item)| match item {
        Item::Absent(hash) => Ok(*hash),
        Item::Present(bytes) => item_hash(chain, core, index, bytes)
            .ok_or(PackError::Record(crate::crypto::record::RecordError::Item(index))),
    });
    hashes.collect()
}

/// The place that defines a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ValuePlace {
    pub(super) chain: ChainId,
    pub(super) seq: u64,
    pub(super) ordinal: usize,
}

/// All values that the records of a pack define. Every record that goes into the pack must be defined, each after the records
/// that it names as seen or as the one before it, and none that does not.
#[derive(Debug)]
pub struct Dictionary {
    owner: OwnerId,
    places: HashMap<[u8; 32], (ValuePlace, u64)>,
    /// By record id: longer than any path of records that it builds on.
    generations: HashMap<RecordId, u64>,
}

impl Dictionary {
    /// Of `owner`'s box; knows no record yet.
    pub fn new(owner: OwnerId) -> Self {
        Self { owner, places: HashMap::new(), generations: HashMap::new() }
    }

    /// Defines the values of one record.
    ///
    /// # Errors
    /// [`PackError::Record`] when `item_hash` gives no hash for an item.
    pub fn define(&mut self, packed: &PackedRecord, item_hash: &ItemHash<'_>) -> Result<(), PackError> {
        let PackedRecord { member, chain, prev, id, record } = packed;
        let hashes = item_hashes(chain, &record.core, &record.items, item_hash)?;
        let before = record.core.seen.iter().map(|seen| seen.record).chain([*prev]);
        let generation = 1 + before.map(|id| self.generation(&id)).max().unwrap_or(0);
        self.generations.insert(*id, generation);
        let values = record_values(&self.owner, member, id, &record.core, &hashes);
        for (ordinal, value) in values.into_iter().enumerate() {
            let place = ValuePlace { chain: *chain, seq: record.core.seq, ordinal };
            let known = self.places.entry(value).or_insert((place, generation));
            // Two places that define one value: whatever the order, the same one is named.
            *known = (*known).min((place, generation));
        }
        Ok(())
    }

    pub(super) fn generation(&self, id: &RecordId) -> u64 {
        self.generations.get(id).copied().unwrap_or(0)
    }

    /// Where a value is defined, if that is before a record of this generation: so that no two segments wait for each other.
    pub(super) fn place(&self, value: &[u8; 32], generation: u64) -> Option<ValuePlace> {
        self.places.get(value).filter(|(_, defined)| *defined < generation).map(|(place, _)| *place)
    }
}

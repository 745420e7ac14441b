//! Record rows, read, sealed for the relay, and stripped of redacted bodies.

use super::SyncError;
use super::keyring::BoxRing;
use super::rows::{BoxIndex, RecordRow, encoded, record_key};
use crate::crypto::record::{Place, SignedRecord};
use crate::crypto::seal::seal_record;
use crate::id::hash;
use crate::storage::{StoreError, Table, Work};

/// Most records kept at one place of a forked chain: enough for proof, too few to fill a disk.
pub(crate) const TWINS_MAX: u8 = 4;

/// The record at a place, if it is kept.
///
/// # Errors
/// [`StoreError::Damaged`] when the row is there and unreadable.
pub fn read_record(
    work: &Work<'_>,
    ring: &BoxRing,
    index: BoxIndex,
    chain: u16,
    seq: u64,
    twin: u8,
) -> Result<Option<(RecordRow, SignedRecord)>, SyncError> {
    let Some(row) = work.read(Table::Records, &record_key(index, chain, seq, twin))? else { return Ok(None) };
    let damaged = || StoreError::Damaged { table: Some(Table::Records) };
    let row: RecordRow = minicbor::decode(&row).map_err(|_| damaged())?;
    let record = SignedRecord::decode_payload(&row.payload().ok_or_else(damaged)?, &ring.epoch()?.id());
    let record = record.map_err(|_| damaged())?;
    Ok(Some((row, record)))
}

pub(crate) fn write_record(work: &mut Work<'_>, index: BoxIndex, chain: u16, seq: u64, twin: u8, row: &RecordRow) {
    work.put(Table::Records, record_key(index, chain, seq, twin), encoded(row));
}

/// The sealed form of every record at a place: the same bytes every time, on every phone.
pub(crate) fn sealed_records(
    work: &Work<'_>,
    ring: &BoxRing,
    index: BoxIndex,
    chain: u16,
    seq: u64,
) -> Result<Vec<Vec<u8>>, SyncError> {
    let before = match seq.checked_sub(1) {
        Some(before) if before > 0 => read_record(work, ring, index, chain, before, 0)?.map(|(row, _)| row.id),
        _ => None,
    };
    let mut sealed = Vec::new();
    for twin in 0..TWINS_MAX {
        let Some((_, mut record)) = read_record(work, ring, index, chain, seq, twin)? else { break };
        if seq == 1 {
            record.certificates = ring.certificates(&record);
        }
        // A twin's predecessor may be the other branch; let its reader try both.
        let prev = before.filter(|_| twin == 0).unwrap_or(Place::START);
        sealed.push(seal_record(ring.epoch()?, &record, &prev)?);
    }
    Ok(sealed)
}

/// The hashes under which the relay may hold a record's present form.
///
/// # Errors
/// [`SyncError`] when the row cannot be read.
pub fn sealed_hashes(
    work: &Work<'_>,
    ring: &BoxRing,
    index: BoxIndex,
    chain: u16,
    seq: u64,
) -> Result<Vec<[u8; 32]>, SyncError> {
    let mut hashes = Vec::new();
    for twin in 0..TWINS_MAX {
        let Some((row, _)) = read_record(work, ring, index, chain, seq, twin)? else { break };
        hashes.extend(row.sealed.map(|hash| *hash));
    }
    // Another version of this app may have deflated the same record to other bytes.
    for sealed in sealed_records(work, ring, index, chain, seq)? {
        let now = hash(&[&sealed]);
        if !hashes.contains(&now) {
            hashes.push(now);
        }
    }
    Ok(hashes)
}

/// The relay hides a record for good: under which hash it had it is not needed any more.
///
/// # Errors
/// [`SyncError`] when the record cannot be read.
pub(crate) fn forget_sealed(
    work: &mut Work<'_>,
    ring: &BoxRing,
    index: BoxIndex,
    chain: u16,
    seq: u64,
) -> Result<(), SyncError> {
    let Some((mut row, _)) = read_record(work, ring, index, chain, seq, 0)? else { return Ok(()) };
    if row.sealed.take().is_some() {
        write_record(work, index, chain, seq, 0, &row);
    }
    Ok(())
}

/// Drops items of a kept record for good: their hashes stay, so the record's id and signature stay valid.
///
/// # Errors
/// [`SyncError`] when the record cannot be read.
pub fn drop_items(
    work: &mut Work<'_>,
    ring: &BoxRing,
    index: BoxIndex,
    place: (u16, u64, u8),
    items: &[(u16, [u8; 32])],
) -> Result<(), SyncError> {
    let (chain, seq, twin) = place;
    let Some((mut row, mut record)) = read_record(work, ring, index, chain, seq, twin)? else { return Ok(()) };
    for (item, hash) in items {
        record = record.without_item(usize::from(*item), *hash);
    }
    row.keep(record.encode_payload(&ring.epoch()?.id(), None));
    write_record(work, index, chain, seq, twin, &row);
    work.scrub();
    Ok(())
}

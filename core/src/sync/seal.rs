//! Record rows, read, sealed for the relay, and stripped of redacted bodies.

use super::SyncError;
use super::keyring::BoxRing;
use super::rows::{BoxIndex, RecordRow, encoded, record_key};
use super::sheaf::{read_bound, rewrite_bound};
use crate::crypto::record::{Place, SignedRecord};
use crate::crypto::seal::{seal_record, seals_undeflated};
use crate::id::{RecordId, hash};
use crate::storage::{StoreError, Table, Work};

/// Most records kept at one place of a forked chain: enough for proof, too few to fill a disk.
pub(crate) const TWINS_MAX: u8 = 4;

/// The record at a place, if it is kept.
///
/// # Errors
/// [`StoreError::Damaged`] when the row is there and unreadable.
pub fn read_record(
    work: &Work<'_>,
    _: &BoxRing,
    index: BoxIndex,
    chain: u16,
    seq: u64,
    twin: u8,
) -> Result<Option<(RecordRow, SignedRecord)>, SyncError> {
    let Some(row) = work.read(Table::Records, &record_key(index, chain, seq, twin))? else {
        return if twin == 0 { read_bound(work, index, chain, seq) } else { Ok(None) };
    };
    let damaged = || StoreError::Damaged { table: Some(Table::Records) };
    let row: RecordRow = minicbor::decode(&row).map_err(|_| damaged())?;
    let record = row.record().ok_or_else(damaged)?;
    Ok(Some((row, record)))
}

/// Writes a record that is not kept yet.
pub(crate) fn write_record(work: &mut Work<'_>, index: BoxIndex, chain: u16, seq: u64, twin: u8, row: &RecordRow) {
    work.put(Table::Records, record_key(index, chain, seq, twin), encoded(row));
}

/// Writes another form of a record where it is kept, so that nothing of the form before it stays.
///
/// # Errors
/// [`StoreError::Damaged`] when what keeps it cannot be read.
pub(crate) fn rewrite_record(
    work: &mut Work<'_>,
    index: BoxIndex,
    chain: u16,
    twin: u8,
    row: &RecordRow,
    record: &SignedRecord,
) -> Result<(), SyncError> {
    if twin > 0 || !rewrite_bound(work, index, chain, row, record)? {
        write_record(work, index, chain, record.core.seq, twin, row);
    }
    Ok(())
}

/// The sealed form of every record at a place: the same bytes every time, on every phone.
pub(crate) fn sealed_records(
    work: &Work<'_>,
    ring: &BoxRing,
    index: BoxIndex,
    chain: u16,
    seq: u64,
) -> Result<Vec<Vec<u8>>, SyncError> {
    let records = records_to_seal(work, ring, index, chain, seq)?;
    records.iter().map(|(record, prev)| Ok(seal_record(ring.epoch()?, record, prev)?)).collect()
}

/// Whether sealing a record again is sure to give what has this hash: then the hash need not be kept. What is deflated may be
/// deflated otherwise by another version of this app.
pub(super) fn is_sealed_alike(
    work: &Work<'_>,
    ring: &BoxRing,
    index: BoxIndex,
    (chain, seq): (u16, u64),
    digest: &[u8; 32],
) -> Result<bool, SyncError> {
    let records = records_to_seal(work, ring, index, chain, seq)?;
    let Some((record, prev)) = records.first().filter(|_| seq > 1) else { return Ok(false) };
    let epoch = ring.epoch()?;
    Ok(seals_undeflated(epoch, record, prev) && hash(&[&seal_record(epoch, record, prev)?]) == *digest)
}

/// Every record at a place as it is sealed, with what it is sealed behind.
fn records_to_seal(
    work: &Work<'_>,
    ring: &BoxRing,
    index: BoxIndex,
    chain: u16,
    seq: u64,
) -> Result<Vec<(SignedRecord, RecordId)>, SyncError> {
    let before = match seq.checked_sub(1) {
        Some(before) if before > 0 => read_record(work, ring, index, chain, before, 0)?.map(|(row, _)| row.id),
        _ => None,
    };
    let mut records = Vec::new();
    for twin in 0..TWINS_MAX {
        let Some((_, mut record)) = read_record(work, ring, index, chain, seq, twin)? else { break };
        if seq == 1 {
            record.certificates = ring.certificates(&record);
        }
        // A twin's predecessor may be the other branch; let its reader try both.
        let prev = before.filter(|_| twin == 0).unwrap_or(Place::START);
        records.push((record, prev));
    }
    Ok(records)
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
    let Some((mut row, record)) = read_record(work, ring, index, chain, seq, 0)? else { return Ok(()) };
    if row.sealed.take().is_some() {
        rewrite_record(work, index, chain, 0, &row, &record)?;
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
    row.keep(&record);
    rewrite_record(work, index, chain, twin, &row, &record)?;
    work.scrub();
    Ok(())
}

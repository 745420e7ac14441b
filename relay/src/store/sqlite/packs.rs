//! Chunks and packs. A chunk is *loose* until a pack names it, *hidden* once the last pack that named it was replaced.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use amends_protocol::limits::{PACK_LIST_BYTES_MAX, PACKS_PER_BOX_MAX};
use amends_protocol::{BoxId, ChunkHash, Pack, PackId};
use rusqlite::{Connection, OptionalExtension, params};

use super::arrivals::Desk;
use super::boxes::{BoxRow, charge};
use super::records::size_of;
use super::{Failure, Rules, sweep};
use crate::store::{Admission, NewPack, StoreError};

/// Bytes that a hash takes in the list of packs.
const HASH_LIST_BYTES: i64 = 34;

/// Bytes that a pack's id and structure take there.
const PACK_LIST_OVERHEAD: i64 = 64;

struct Chunk {
    id: i64,
    size: i64,
    refs: i64,
    hidden: bool,
}

impl Chunk {
    fn find(db: &Connection, box_row: i64, hash: &[u8; 32]) -> rusqlite::Result<Option<Self>> {
        db.prepare_cached("SELECT id, size, refs, hidden_s IS NOT NULL FROM chunks WHERE box = ?1 AND hash = ?2")?
            .query_row(params![box_row, hash.as_slice()], Self::from_row)
            .optional()
    }

    fn from_row(row: &rusqlite::Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self { id: row.get(0)?, size: row.get(1)?, refs: row.get(2)?, hidden: row.get(3)? })
    }

    fn save(&self, db: &Connection, loose_s: Option<i64>, hidden_s: Option<i64>) -> rusqlite::Result<()> {
        db.prepare_cached("UPDATE chunks SET refs = ?2, loose_s = ?3, hidden_s = ?4 WHERE id = ?1")?
            .execute(params![self.id, self.refs, loose_s, hidden_s])?;
        Ok(())
    }

    /// Counts a hidden chunk as readable again.
    fn show(&mut self, row: &mut BoxRow) {
        if self.hidden {
            self.hidden = false;
            row.hidden_bytes -= charge(self.size);
            row.pack_bytes += charge(self.size);
        }
    }
}

pub(super) fn put_chunk(
    (db, desk): (&Connection, &mut Desk),
    rules: &Rules,
    box_id: &BoxId,
    (hash, bytes): (&ChunkHash, &[u8]),
    admission: &dyn Admission,
) -> Result<(), Failure> {
    let mut row = BoxRow::find_or_make(db, rules, box_id, admission)?;
    let now_s = rules.time.now_s();
    if let Some(mut chunk) = Chunk::find(db, row.id, &hash.0)? {
        if chunk.refs == 0 {
            // Loose again from now on, whether it was loose or hidden.
            chunk.show(&mut row);
            row.check_allowances(rules, desk.tally(db, &row)?.record_bytes)?;
            chunk.save(db, Some(now_s), None)?;
            row.save(db)?;
        }
        return Ok(());
    }
    let size = size_of(bytes)?;
    row.pack_bytes += charge(size);
    row.check_allowances(rules, desk.tally(db, &row)?.record_bytes)?;
    db.prepare_cached(
        "INSERT INTO chunks (box, hash, size, refs, loose_s, hidden_s) VALUES (?1, ?2, ?3, 0, ?4, NULL)",
    )?
    .execute(params![row.id, hash.0.as_slice(), size, now_s])?;
    db.prepare_cached("INSERT INTO chunk_bodies (chunk, bytes) VALUES (?1, ?2)")?
        .execute(params![db.last_insert_rowid(), bytes])?;
    row.save(db)?;
    Ok(())
}

pub(super) fn chunk(db: &Connection, box_id: &BoxId, hash: &ChunkHash) -> Result<Vec<u8>, Failure> {
    let found: Option<Vec<u8>> = db
        .prepare_cached(
            "SELECT bytes FROM boxes JOIN chunks ON chunks.box = boxes.id JOIN chunk_bodies ON chunk = chunks.id
             WHERE boxes.box = ?1 AND hash = ?2 AND hidden_s IS NULL",
        )?
        .query_row(params![box_id.0.as_slice(), hash.0.as_slice()], |row| row.get(0))
        .optional()?;
    Ok(found.ok_or(StoreError::ChunkNotFound)?)
}

/// Makes the pack, then removes the replaced ones: a chunk that both name is never hidden in between.
pub(super) fn put_pack(
    (db, desk): (&Connection, &mut Desk),
    rules: &Rules,
    box_id: &BoxId,
    id: &PackId,
    new: &NewPack,
) -> Result<(), Failure> {
    let mut row = BoxRow::find(db, box_id)?.ok_or(StoreError::ChunkMissing)?;
    let chunks = pin_chunks(db, &mut row, &new.chunks)?;
    let old = find_pack(db, row.id, id)?;
    let unchanged = match old {
        Some(old) if pack_chunks(db, old)? == chunks => true,
        Some(old) => {
            remove_pack(db, rules, &mut row, old)?;
            false
        }
        None => false,
    };
    if unchanged {
        unpin(db, &chunks)?;
    } else {
        insert_pack(db, &mut row, id, &new.manifest, &chunks)?;
    }
    for replaced in new.replaces.iter().filter(|replaced| *replaced != id) {
        if let Some(replaced) = find_pack(db, row.id, replaced)? {
            remove_pack(db, rules, &mut row, replaced)?;
        }
    }
    check_list(db, row.id)?;
    row.check_allowances(rules, desk.tally(db, &row)?.record_bytes)?;
    sweep::drop_oldest_hidden((db, desk), rules, &mut row)?;
    row.save(db)?;
    Ok(())
}

/// Finds every chunk of the new pack and counts one reference for each place that names it.
fn pin_chunks(db: &Connection, row: &mut BoxRow, hashes: &[ChunkHash]) -> Result<Vec<i64>, Failure> {
    let mut ids = Vec::with_capacity(hashes.len());
    for hash in hashes {
        let mut chunk = Chunk::find(db, row.id, &hash.0)?.ok_or(StoreError::ChunkMissing)?;
        chunk.show(row);
        chunk.refs += 1;
        chunk.save(db, None, None)?;
        ids.push(chunk.id);
    }
    Ok(ids)
}

fn unpin(db: &Connection, chunks: &[i64]) -> rusqlite::Result<()> {
    for chunk in chunks {
        db.prepare_cached("UPDATE chunks SET refs = refs - 1 WHERE id = ?1")?.execute([chunk])?;
    }
    Ok(())
}

fn insert_pack(db: &Connection, row: &mut BoxRow, id: &PackId, manifest: &[u8], chunks: &[i64]) -> Result<(), Failure> {
    let manifest_bytes = size_of(manifest)?;
    let chunk_count = i64::try_from(chunks.len()).map_err(|_| StoreError::Internal)?;
    let list_bytes = manifest_bytes + chunk_count * HASH_LIST_BYTES + PACK_LIST_OVERHEAD;
    row.pack_bytes += manifest_bytes;
    db.prepare_cached("INSERT INTO packs (box, pack, manifest, list_bytes) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![row.id, id.0.as_slice(), manifest, list_bytes])?;
    let pack = db.last_insert_rowid();
    let mut insert = db.prepare_cached("INSERT INTO pack_chunks (pack, position, chunk) VALUES (?1, ?2, ?3)")?;
    for (position, chunk) in (0i64..).zip(chunks) {
        insert.execute(params![pack, position, chunk])?;
    }
    Ok(())
}

fn find_pack(db: &Connection, box_row: i64, id: &PackId) -> rusqlite::Result<Option<i64>> {
    db.prepare_cached("SELECT id FROM packs WHERE box = ?1 AND pack = ?2")?
        .query_row(params![box_row, id.0.as_slice()], |row| row.get(0))
        .optional()
}

fn pack_chunks(db: &Connection, pack: i64) -> rusqlite::Result<Vec<i64>> {
    db.prepare_cached("SELECT chunk FROM pack_chunks WHERE pack = ?1 ORDER BY position")?
        .query_map([pack], |row| row.get(0))?
        .collect()
}

/// Removes a pack; chunks that no other place names become hidden.
fn remove_pack(db: &Connection, rules: &Rules, row: &mut BoxRow, pack: i64) -> Result<(), Failure> {
    let now_s = rules.time.now_s();
    for id in pack_chunks(db, pack)? {
        let mut chunk = db
            .prepare_cached("SELECT id, size, refs, hidden_s IS NOT NULL FROM chunks WHERE id = ?1")?
            .query_row([id], Chunk::from_row)?;
        chunk.refs -= 1;
        if chunk.refs > 0 {
            chunk.save(db, None, None)?;
        } else {
            chunk.save(db, None, Some(now_s))?;
            row.pack_bytes -= charge(chunk.size);
            row.hidden_bytes += charge(chunk.size);
        }
    }
    let manifest_bytes: i64 = db
        .prepare_cached("SELECT length(manifest) FROM packs WHERE id = ?1")?
        .query_row([pack], |found| found.get(0))?;
    row.pack_bytes -= manifest_bytes;
    db.prepare_cached("DELETE FROM pack_chunks WHERE pack = ?1")?.execute([pack])?;
    db.prepare_cached("DELETE FROM packs WHERE id = ?1")?.execute([pack])?;
    Ok(())
}

/// The list of packs must stay one answer.
fn check_list(db: &Connection, box_row: i64) -> Result<(), Failure> {
    let (packs, bytes): (i64, i64) = db
        .prepare_cached("SELECT count(*), ifnull(sum(list_bytes), 0) FROM packs WHERE box = ?1")?
        .query_row([box_row], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if packs > PACKS_PER_BOX_MAX as i64 {
        return Err(StoreError::PackListFull { limit: PACKS_PER_BOX_MAX as u64 }.into());
    }
    if bytes > PACK_LIST_BYTES_MAX as i64 {
        return Err(StoreError::PackListFull { limit: PACK_LIST_BYTES_MAX as u64 }.into());
    }
    Ok(())
}

pub(super) fn list(db: &Connection, box_id: &BoxId) -> Result<Vec<Pack>, Failure> {
    let snapshot = db.unchecked_transaction()?;
    let Some(row) = BoxRow::find(&snapshot, box_id)? else {
        return Ok(Vec::new());
    };
    let mut packs: BTreeMap<i64, Pack> = snapshot
        .prepare_cached("SELECT id, pack, manifest FROM packs WHERE box = ?1")?
        .query_map([row.id], |found| {
            let pack = Pack { id: PackId(found.get(1)?), manifest: found.get(2)?, chunks: Vec::new() };
            Ok((found.get(0)?, pack))
        })?
        .collect::<rusqlite::Result<_>>()?;
    for (id, pack) in &mut packs {
        pack.chunks = snapshot
            .prepare_cached(
                "SELECT hash FROM pack_chunks JOIN chunks ON chunks.id = chunk WHERE pack = ?1 ORDER BY position",
            )?
            .query_map([id], |found| found.get(0).map(ChunkHash))?
            .collect::<rusqlite::Result<_>>()?;
    }
    Ok(packs.into_values().collect())
}

/// The hidden chunk of the box that was hidden first: its id, size and time.
pub(super) fn oldest_hidden(db: &Connection, box_row: i64) -> rusqlite::Result<Option<(i64, i64, i64)>> {
    db.prepare_cached(
        "SELECT id, size, hidden_s FROM chunks WHERE box = ?1 AND hidden_s IS NOT NULL ORDER BY hidden_s, id LIMIT 1",
    )?
    .query_row([box_row], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
    .optional()
}

pub(super) fn remove_chunk(db: &Connection, id: i64) -> rusqlite::Result<()> {
    db.prepare_cached("DELETE FROM chunk_bodies WHERE chunk = ?1")?.execute([id])?;
    db.prepare_cached("DELETE FROM chunks WHERE id = ?1")?.execute([id])?;
    Ok(())
}

/// Removes a piece of the packs and chunks of a deleted box.
pub(super) fn remove_some(db: &Connection, box_row: i64, count_max: usize) -> rusqlite::Result<ControlFlow<()>> {
    let ids = |sql: &str| -> rusqlite::Result<Vec<i64>> {
        db.prepare_cached(sql)?.query_map(params![box_row, count_max as i64], |row| row.get(0))?.collect()
    };
    let packs = ids("SELECT id FROM packs WHERE box = ?1 LIMIT ?2")?;
    for pack in &packs {
        db.prepare_cached("DELETE FROM pack_chunks WHERE pack = ?1")?.execute([pack])?;
        db.prepare_cached("DELETE FROM packs WHERE id = ?1")?.execute([pack])?;
    }
    let chunks = ids("SELECT id FROM chunks WHERE box = ?1 LIMIT ?2")?;
    for chunk in &chunks {
        remove_chunk(db, *chunk)?;
    }
    let done = packs.len() < count_max && chunks.len() < count_max;
    Ok(if done { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
}

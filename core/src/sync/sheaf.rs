//! Sheaves: settled records of one chain, bound together in one row (SPEC section 12). What records repeat is kept once, and
//! so is what sealing, keys and pages cost a row: ten years take half the room.
//!
//! The newest records of a chain, those of a forked place and long ones stand alone, in rows that are read and changed cheaply.
//! A record is in one of the two, never in both; what is changed in a sheaf is written with the whole sheaf.

use super::SyncError;
use super::keyring::{BoxRing, Keyring};
use super::rows::{BoxIndex, RecordRow, encoded, record_key};
use super::seal::is_sealed_alike;
use super::state::BoxState;
use crate::crypto::record::SignedRecord;
use crate::crypto::seal::{deflate_quickly, inflate};
use crate::id::{EpochId, MemberId, RecordId};
use crate::storage::{StoreError, Table, Work};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};
use std::collections::BTreeMap;

/// Places of a chain that one sheaf has room for.
const PLACES: u32 = 64;
/// Bytes of a payload above which a record stands alone: what is read with one record stays small.
const PAYLOAD_MAX: usize = 4096;
/// Bytes of a sheaf, inflated.
const SHEAF_MAX: usize = PLACES as usize * (PAYLOAD_MAX + 64);
/// One so-manieth of the places that are bound at once must be there for records that came late to be bound: what refills a
/// hole one by one would have its sheaf written with each of them.
const LATE_PART: u32 = 4;
const ID: usize = 32;
const SIGNATURE: usize = 64;

/// When records are bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheafRule {
    /// So many places at once, at most 64: each time a chain has grown by that.
    pub every: u32,
    /// So many of the newest stay alone: what is still being answered, consented to or sent.
    pub keep: u32,
}

impl Default for SheafRule {
    fn default() -> Self {
        Self { every: PLACES, keep: PLACES / 2 }
    }
}

impl SheafRule {
    /// Up to which place a chain is bound that has come to `head`.
    fn settled(self, head: u64) -> u64 {
        let every = u64::from(self.every.clamp(1, PLACES));
        head.saturating_sub(u64::from(self.keep)) / every * every
    }
}

/// A sheaf's row.
#[derive(Encode, Decode)]
#[cbor(map)]
struct SheafRow {
    /// The epoch that most records were made in: they leave it out.
    #[n(0)]
    epoch: EpochId,
    /// For each record its id and its signature.
    #[n(1)]
    raw: ByteVec,
    /// Raw DEFLATE of an array of [`Bound`].
    #[n(2)]
    packed: ByteVec,
}

/// One record of a sheaf.
#[derive(Clone, Encode, Decode)]
struct Bound {
    /// Its place in the sheaf.
    #[n(0)]
    place: u8,
    /// Its payload, the signature zeros.
    #[n(1)]
    payload: ByteVec,
    /// As [`RecordRow::sealed`].
    #[n(2)]
    sealed: Option<ByteArray<32>>,
}

/// A sheaf, taken apart.
#[derive(Clone, Default)]
struct Sheaf {
    epoch: Option<EpochId>,
    records: BTreeMap<u8, (RecordId, [u8; SIGNATURE], Bound)>,
}

impl Sheaf {
    fn decode(row: &[u8]) -> Option<Self> {
        let row: SheafRow = minicbor::decode(row).ok()?;
        let bound: Vec<Bound> = minicbor::decode(&inflate(&row.packed, SHEAF_MAX)?).ok()?;
        let raw = row.raw.chunks_exact(ID + SIGNATURE);
        if raw.len() != bound.len() || !raw.remainder().is_empty() {
            return None;
        }
        let mut records = BTreeMap::new();
        for (raw, bound) in raw.zip(bound) {
            let (id, signature) = raw.split_first_chunk::<ID>()?;
            records.insert(bound.place, (RecordId(*id), signature.try_into().ok()?, bound));
        }
        Some(Self { epoch: Some(row.epoch), records })
    }

    fn encode(&self) -> Vec<u8> {
        let mut raw = Vec::with_capacity(self.records.len() * (ID + SIGNATURE));
        for (id, signature, _) in self.records.values() {
            raw.extend_from_slice(&id.0);
            raw.extend_from_slice(signature);
        }
        let bound: Vec<&Bound> = self.records.values().map(|(_, _, bound)| bound).collect();
        let packed = deflate_quickly(&encoded(&bound)).into();
        encoded(&SheafRow { epoch: self.epoch.unwrap_or(EpochId([0; 32])), raw: raw.into(), packed })
    }

    fn get(&self, place: u8) -> Option<Option<(RecordRow, SignedRecord)>> {
        let (id, signature, bound) = self.records.get(&place)?;
        let record = self.epoch.and_then(|epoch| SignedRecord::decode_payload(&bound.payload, &epoch).ok());
        Some(record.map(|mut record| {
            record.signature = *signature;
            (RecordRow::undeflated(*id, &record, bound.sealed), record)
        }))
    }

    /// Takes a record in. False when it is too long.
    fn bind(&mut self, place: u8, row: &RecordRow, record: &SignedRecord, sealed: Option<[u8; 32]>) -> bool {
        let epoch = *self.epoch.get_or_insert(record.made_in);
        let mut unsigned = record.clone();
        unsigned.signature = [0; SIGNATURE];
        let payload = unsigned.encode_payload(&epoch, None);
        let fits = payload.len() <= PAYLOAD_MAX;
        if fits {
            let bound = Bound { place, payload: payload.into(), sealed: sealed.map(Into::into) };
            self.records.insert(place, (row.id, record.signature, bound));
        }
        fits
    }
}

/// A stretch of a chain that one sheaf has room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Stretch {
    index: BoxIndex,
    chain: u16,
    number: u32,
}

impl Stretch {
    /// The stretch of a place, and the place in it. Places count from 1.
    fn of(index: BoxIndex, chain: u16, seq: u64) -> Option<(Self, u8)> {
        let at = u32::try_from(seq.checked_sub(1)?).ok()?;
        Some((Self { index, chain, number: at / PLACES }, u8::try_from(at % PLACES).ok()?))
    }

    fn key(self) -> Vec<u8> {
        let mut key = vec![self.index];
        key.extend(self.chain.to_be_bytes());
        key.extend(self.number.to_be_bytes());
        key
    }

    fn from_key(key: &[u8]) -> Option<Self> {
        let (index, rest) = key.split_first()?;
        let (chain, number) = rest.split_first_chunk::<2>()?;
        let number = u32::from_be_bytes(number.try_into().ok()?);
        Some(Self { index: *index, chain: u16::from_be_bytes(*chain), number })
    }

    fn seq(self, place: u8) -> u64 {
        u64::from(self.number) * u64::from(PLACES) + u64::from(place) + 1
    }
}

fn damaged() -> StoreError {
    StoreError::Damaged { table: Some(Table::Sheaves) }
}

/// The record at a place, if a sheaf holds it.
///
/// # Errors
/// [`StoreError::Damaged`] when the sheaf cannot be read.
pub(super) fn read_bound(
    work: &Work<'_>,
    index: BoxIndex,
    chain: u16,
    seq: u64,
) -> Result<Option<(RecordRow, SignedRecord)>, SyncError> {
    let Some((stretch, place)) = Stretch::of(index, chain, seq) else { return Ok(None) };
    let sheaf = work.made(Table::Sheaves, stretch.key(), |row| Sheaf::decode(row).ok_or_else(damaged))?;
    match sheaf.and_then(|sheaf| sheaf.get(place)) {
        Some(record) => Ok(Some(record.ok_or_else(damaged)?)),
        None => Ok(None),
    }
}

/// Writes a record that a sheaf holds anew, in its sheaf; alone where it has become long, or stood alone beside it, which nothing
/// should bring about. False when no sheaf holds it.
///
/// # Errors
/// [`StoreError::Damaged`] when the sheaf cannot be read.
pub(super) fn rewrite_bound(
    work: &mut Work<'_>,
    index: BoxIndex,
    chain: u16,
    row: &RecordRow,
    record: &SignedRecord,
) -> Result<bool, SyncError> {
    let Some((stretch, place)) = Stretch::of(index, chain, record.core.seq) else { return Ok(false) };
    let sheaf = work.made(Table::Sheaves, stretch.key(), |row| Sheaf::decode(row).ok_or_else(damaged))?;
    let Some(mut sheaf) = sheaf.filter(|sheaf| sheaf.records.contains_key(&place)).map(|sheaf| Sheaf::clone(&sheaf))
    else {
        return Ok(false);
    };
    let alone = record_key(index, chain, record.core.seq, 0);
    let stands_alone = work.read(Table::Records, &alone)?.is_some();
    if stands_alone || !sheaf.bind(place, row, record, row.sealed.map(|hash| *hash)) {
        sheaf.records.remove(&place);
        work.put(Table::Records, alone, encoded(row));
    }
    work.put(Table::Sheaves, stretch.key(), sheaf.encode());
    Ok(true)
}

/// Binds what this work made settled: of every chain that has grown by enough, what lies before its newest records.
///
/// # Errors
/// What the store says. A row that is damaged stays where it is, for whoever reads it.
pub fn bind_settled(
    work: &mut Work<'_>,
    keyring: &Keyring,
    boxes: &[BoxState],
    me: &MemberId,
    rule: SheafRule,
) -> Result<(), SyncError> {
    let chain = |index: BoxIndex, chain: u16| boxes.get(usize::from(index))?.chain(chain);
    let mut late: BTreeMap<Stretch, bool> = BTreeMap::new();
    for key in work.written(Table::Records) {
        let Some((index, number, seq, 0)) = parse_key(key) else { continue };
        let Some(chain) = chain(index, number) else { continue };
        if seq <= rule.settled(chain.head_seq)
            && let Some((stretch, _)) = Stretch::of(index, number, seq)
        {
            late.entry(stretch).or_insert(true);
        }
        let grown = rule.settled(seq);
        if grown > rule.settled(seq - 1)
            && let Some((stretch, _)) = Stretch::of(index, number, grown)
        {
            late.insert(stretch, false);
        }
    }
    for (stretch, late) in late {
        let Some(chain) = chain(stretch.index, stretch.chain) else { continue };
        let settled = rule.settled(chain.head_seq);
        let least = if late { rule.every.div_ceil(LATE_PART) as usize } else { 1 };
        match bind(work, keyring.ring(stretch.index)?, stretch, settled, least, chain.member == *me) {
            Err(SyncError::Store(StoreError::Damaged { .. })) => {}
            bound => bound?,
        }
    }
    Ok(())
}

/// Binds the records of a stretch up to `settled` that stand alone, if there are `least` of them.
fn bind(
    work: &mut Work<'_>,
    ring: &BoxRing,
    stretch: Stretch,
    settled: u64,
    least: usize,
    own: bool,
) -> Result<(), SyncError> {
    let Stretch { index, chain, .. } = stretch;
    let (first, last) = (stretch.seq(0), stretch.seq(u8::try_from(PLACES - 1).unwrap_or(u8::MAX)).min(settled));
    if last < first {
        return Ok(());
    }
    let (from, to) = (record_key(index, chain, first, 0), record_key(index, chain, last, u8::MAX));
    let rows = work.range(Table::Records, &from, &to, usize::MAX)?;
    let mut alone: BTreeMap<u64, Option<Vec<u8>>> = BTreeMap::new();
    for (key, row) in rows {
        let Some((_, _, seq, twin)) = parse_key(&key) else { continue };
        // A place that has twins is proof, and stays as it is.
        alone.insert(seq, Some(row).filter(|_| twin == 0));
    }
    let alone: Vec<(u64, Vec<u8>)> = alone.into_iter().filter_map(|(seq, row)| Some((seq, row?))).collect();
    if alone.len() < least {
        return Ok(());
    }
    let known = work.made(Table::Sheaves, stretch.key(), |row| Sheaf::decode(row).ok_or_else(damaged))?;
    let mut sheaf = known.map(|known| Sheaf::clone(&known)).unwrap_or_default();
    let mut bound = Vec::new();
    for (seq, row) in alone {
        let unreadable = || StoreError::Damaged { table: Some(Table::Records) };
        let row: RecordRow = minicbor::decode(&row).map_err(|_| unreadable())?;
        let record = row.record().ok_or_else(unreadable)?;
        let sealed = match row.sealed {
            Some(hash) if own && !is_sealed_alike(work, ring, index, (chain, seq), &hash)? => Some(*hash),
            _ => None,
        };
        let Some((_, place)) = Stretch::of(index, chain, seq) else { continue };
        if record.core.seq == seq && !sheaf.records.contains_key(&place) && sheaf.bind(place, &row, &record, sealed) {
            bound.push(seq);
        }
    }
    if !bound.is_empty() {
        work.put(Table::Sheaves, stretch.key(), sheaf.encode());
        bound.into_iter().for_each(|seq| work.delete(Table::Records, record_key(index, chain, seq, 0)));
    }
    Ok(())
}

/// Takes every sheaf of a box apart into rows of single records, and drops those that cannot be read. Gives whether all could.
///
/// # Errors
/// What the store says.
pub(super) fn unbind_all(work: &mut Work<'_>, index: BoxIndex) -> Result<bool, SyncError> {
    let (from, to) = super::rows::whole(index);
    let mut whole = true;
    for (key, row) in work.range(Table::Sheaves, &from, &to, usize::MAX)? {
        let sheaf = Stretch::from_key(&key).zip(Sheaf::decode(&row));
        whole &= sheaf.is_some();
        if let Some((stretch, sheaf)) = sheaf {
            for place in sheaf.records.keys().copied() {
                let key = record_key(index, stretch.chain, stretch.seq(place), 0);
                match sheaf.get(place).flatten() {
                    Some((row, _)) if work.read(Table::Records, &key)?.is_none() => {
                        work.put(Table::Records, key, encoded(&row));
                    }
                    Some(_) => {}
                    None => whole = false,
                }
            }
        }
        work.delete(Table::Sheaves, key);
    }
    Ok(whole)
}

/// The records of a sheaf's row, for whoever looks at what a phone keeps; none when it cannot be read.
pub fn bound_records(row: &[u8]) -> Option<Vec<SignedRecord>> {
    let sheaf = Sheaf::decode(row)?;
    sheaf.records.keys().map(|place| Some(sheaf.get(*place)??.1)).collect()
}

/// Box, chain, place and twin that a record row's key names.
fn parse_key(key: &[u8]) -> Option<(BoxIndex, u16, u64, u8)> {
    let (index, rest) = key.split_first()?;
    let (chain, rest) = rest.split_first_chunk::<2>()?;
    let (seq, rest) = rest.split_first_chunk::<4>()?;
    let &[twin] = rest else { return None };
    Some((*index, u16::from_be_bytes(*chain), u64::from(u32::from_be_bytes(*seq)), twin))
}

#[cfg(test)]
mod tests;

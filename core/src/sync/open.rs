//! Opening and verifying what arrives. Opening is the costly part of receiving, and needs no order: it is done for many records
//! at once.
//!
//! A signature covers the record before it, so it can be checked out of order only where the sealed record says which one that
//! is. What was not checked here is checked when its turn comes; what was is not believed in any other place of the chain.

use super::SyncError;
use super::keyring::BoxRing;
use super::receive::{Intake, item_hashes};
use super::seal::{TWINS_MAX, read_record};
use crate::crypto::keys::DevicePublic;
use crate::crypto::record::{Place, SignedRecord};
use crate::crypto::seal::open_record;
use crate::id::{DeviceId, MemberId, OwnerId, RecordId, hash};
use std::num::NonZero;
use std::thread;

/// Records that are worth a thread of their own, which costs about as much as opening one.
const WORTH_A_THREAD: usize = 32;

/// A record whose seal was opened.
pub(super) struct Opened {
    pub(super) record: SignedRecord,
    /// Index of the epoch whose key fitted.
    pub(super) epoch: u16,
    /// What is known of its signature.
    pub(super) checked: Option<Checked>,
    /// SHA-256 of the sealed bytes.
    pub(super) sealed: [u8; 32],
}

/// A signature that holds.
pub(super) struct Checked {
    pub(super) member: MemberId,
    pub(super) device: DeviceId,
    pub(super) id: RecordId,
    pub(super) hashes: Vec<[u8; 32]>,
}

/// Opens records, each with the newest key that fits, on two threads when there are many. None for what no key opens.
pub(super) fn open_all(ring: &BoxRing, owner: &OwnerId, sealed: &[Vec<u8>]) -> Vec<Option<Opened>> {
    on_two_threads(sealed, |bytes| open(ring, owner, bytes))
}

/// Checks the signatures of records whose predecessors are told, on two threads when there are many.
pub(super) fn check_all(ring: &BoxRing, owner: &OwnerId, records: &[SignedRecord]) -> Vec<Option<Checked>> {
    on_two_threads(records, |record| check(ring, owner, record))
}

fn on_two_threads<T: Sync, U: Send>(all: &[T], work: impl Fn(&T) -> U + Sync) -> Vec<U> {
    let (own, rest) = all.split_at(all.len() / 2);
    let alone =
        own.len() < WORTH_A_THREAD || thread::available_parallelism().is_ok_and(|cores| cores == NonZero::<usize>::MIN);
    if alone {
        return all.iter().map(work).collect();
    }
    thread::scope(|scope| {
        let beside = scope.spawn(|| rest.iter().map(&work).collect::<Vec<_>>());
        let mut done: Vec<_> = own.iter().map(&work).collect();
        // A thread that could not do it leaves it to this one.
        done.extend(beside.join().unwrap_or_else(|_| rest.iter().map(&work).collect()));
        done
    })
}

fn open(ring: &BoxRing, owner: &OwnerId, sealed: &[u8]) -> Option<Opened> {
    let mut epochs = ring.epochs().iter().enumerate().rev();
    let (record, epoch) =
        epochs.find_map(|(at, epoch)| Some((open_record(epoch, sealed).ok()?, u16::try_from(at).ok()?)))?;
    let checked = check(ring, owner, &record);
    Some(Opened { checked, record, epoch, sealed: hash(&[sealed]) })
}

fn check(ring: &BoxRing, owner: &OwnerId, record: &SignedRecord) -> Option<Checked> {
    let prev = if record.core.seq == 1 { Place::START } else { record.prev? };
    ring.signers(record.core.device_hint, &record.core.incarnation).into_iter().find_map(|(member, public, _)| {
        let hashes = item_hashes(owner, &member, record);
        let id = record.verify(owner, &public, &prev, |at, _| hashes.get(at).copied()).ok()?;
        Some(Checked { member, device: public.id(), id, hashes })
    })
}

impl Intake<'_, '_> {
    /// The record's id, if `public` signed it behind a record that may be its predecessor; and whether there is any such.
    pub(super) fn verify(
        &self,
        public: &DevicePublic,
        record: &SignedRecord,
        hashes: &[[u8; 32]],
    ) -> Result<(Option<RecordId>, bool), SyncError> {
        let item_hash = |at: usize, _: &[u8]| hashes.get(at).copied();
        let signed = |prev: &RecordId| record.verify(&self.state.owner, public, prev, item_hash).ok();
        let likely = self.likely_predecessors(&public.id(), record);
        if let Some(id) = likely.iter().find_map(signed) {
            return Ok((Some(id), true));
        }
        let others = self.kept_predecessors(&public.id(), record)?;
        let id = others.iter().filter(|prev| !likely.contains(prev)).find_map(signed);
        Ok((id, !likely.is_empty() || !others.is_empty()))
    }

    /// What the record says itself, and the head of its chain.
    fn likely_predecessors(&self, device: &DeviceId, record: &SignedRecord) -> Vec<RecordId> {
        let seq = record.core.seq;
        if seq == 1 {
            return vec![Place::START];
        }
        let mut prevs: Vec<RecordId> = record.prev.into_iter().collect();
        let number = self.state.chain_index(device, &record.core.incarnation);
        match number.and_then(|number| self.state.chain(number)) {
            Some(chain) if chain.head_seq + 1 == seq && !prevs.contains(&chain.head) => prevs.push(chain.head),
            _ => {}
        }
        prevs
    }

    /// Every record kept at the place before: only a fork, or a record that came late, needs its rows read.
    fn kept_predecessors(&self, device: &DeviceId, record: &SignedRecord) -> Result<Vec<RecordId>, SyncError> {
        let mut prevs = Vec::new();
        let Some(number) = self.state.chain_index(device, &record.core.incarnation) else { return Ok(prevs) };
        let Some(seq) = record.core.seq.checked_sub(1) else { return Ok(prevs) };
        for twin in 0..TWINS_MAX {
            match read_record(self.work, self.ring, self.index, number, seq, twin)? {
                Some((row, _)) => prevs.push(row.id),
                None => break,
            }
        }
        Ok(prevs)
    }
}

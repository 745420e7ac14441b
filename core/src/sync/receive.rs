//! What arrives in a box: opened, verified, kept, or set aside. Nothing here gates anything else: one bad record, statement or
//! change is quarantined alone, its header still advances the chain, and what cannot be verified *yet* waits in its own row.

use super::keyring::BoxRing;
use super::open::{Checked, Opened, open_all};
use super::rows::{
    BoxIndex, ForkRow, Locator, QuarantineRow, RecordRow, SEQ_MAX, WaitingRow, encoded, keyed, record_key, whole,
};
use super::seal::{TWINS_MAX, read_record, rewrite_record, write_record};
use super::state::{BoxState, CHAINS_MAX, Chain, SeenHead};
use super::{Arrival, Arrived, Event, Now, Output, SyncError};
use crate::crypto::record::{Core, Item, Place, SignedRecord};
use crate::document::{change_hash, inspect_change};
use crate::id::{BodyHash, ChangeHash, DeviceId, MemberId, OwnerId, RecordId, StatementId, hash};
use crate::statement::{self, Statement};
use crate::storage::{StoreError, Table, Work};

/// Records of one box that wait for a predecessor or a certificate. Beyond it they are quarantined.
const WAITING_MAX: usize = 1024;
/// Quarantined things kept in one home. Beyond it the oldest evidence stays and newcomers are only reported.
const QUARANTINE_MAX: usize = 4096;
/// How far behind a chain's head a head that somebody saw is looked for.
const SEEN_LOOKBACK: u64 = 4096;

/// The intake of one box during one step.
pub(crate) struct Intake<'a, 'w> {
    /// The moment of this input.
    pub(crate) now: Now,
    /// This home's member.
    pub(crate) me: MemberId,
    /// The box.
    pub(crate) index: BoxIndex,
    pub(crate) state: &'a mut BoxState,
    pub(crate) ring: &'a mut BoxRing,
    pub(crate) work: &'a mut Work<'w>,
    pub(crate) arrivals: &'a mut Vec<Arrival>,
    pub(crate) outputs: &'a mut Vec<Output>,
}

/// What became of one record.
pub(super) enum Verdict {
    Kept,
    Known,
    /// Cannot be verified before something else arrives.
    Waits(&'static str),
    Refused(&'static str),
}

/// A verified record on its way into its row.
struct Verified {
    member: MemberId,
    device: DeviceId,
    id: RecordId,
    record: SignedRecord,
    hashes: Vec<[u8; 32]>,
    /// SHA-256 of the sealed bytes it came in.
    sealed: Option<[u8; 32]>,
}

/// Where a verified record is kept.
#[derive(Clone, Copy)]
struct Kept {
    member: MemberId,
    chain: u16,
    seq: u64,
    twin: u8,
}

impl Intake<'_, '_> {
    /// Takes sealed records in the relay's order. Bytes from outside never cause an error.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn receive(&mut self, sealed: &[Vec<u8>]) -> Result<(), SyncError> {
        let mut kept = false;
        let opened = open_all(self.ring, &self.state.owner, sealed);
        for (bytes, opened) in sealed.iter().zip(opened) {
            let Some(Opened { record, epoch, checked, sealed }) = opened else {
                self.quarantine("not_authentic", bytes, None, None)?;
                continue;
            };
            self.state.opened_at(&sealed, (record.core.incarnation, record.core.seq));
            match self.take(&record, checked, Some(sealed))? {
                Verdict::Kept => kept = true,
                Verdict::Known => {}
                Verdict::Waits(reason) => self.wait(&record, epoch, reason)?,
                Verdict::Refused(reason) => self.quarantine(reason, bytes, None, None)?,
            }
        }
        while kept {
            kept = self.retry_waiting()?;
        }
        Ok(())
    }

    pub(super) fn retry_waiting(&mut self) -> Result<bool, SyncError> {
        let (from, to) = whole(self.index);
        let mut kept = false;
        for (key, row) in self.work.range(Table::Waiting, &from, &to, WAITING_MAX)? {
            let row: WaitingRow =
                minicbor::decode(&row).map_err(|_| StoreError::Damaged { table: Some(Table::Waiting) })?;
            let epoch = self.ring.epochs().get(usize::from(row.epoch));
            let record = epoch.and_then(|epoch| SignedRecord::decode_payload(&row.payload, &epoch.id()).ok());
            let verdict = record.map(|record| self.take(&record, None, None)).transpose()?;
            match verdict.unwrap_or(Verdict::Refused("malformed")) {
                Verdict::Waits(_) => continue,
                Verdict::Kept => kept = true,
                Verdict::Known => {}
                Verdict::Refused(reason) => self.quarantine(reason, &row.payload, None, None)?,
            }
            self.work.delete(Table::Waiting, key);
        }
        Ok(kept)
    }

    pub(super) fn take(
        &mut self,
        record: &SignedRecord,
        checked: Option<Checked>,
        sealed: Option<[u8; 32]>,
    ) -> Result<Verdict, SyncError> {
        let seq = record.core.seq;
        if seq == 0 || seq > SEQ_MAX {
            return Ok(Verdict::Refused("malformed"));
        }
        if !record.certificates.is_empty() {
            self.ring.learn(self.state, &record.certificates);
        }
        let candidates = self.ring.signers(record.core.device_hint, &record.core.incarnation);
        if candidates.is_empty() {
            return Ok(Verdict::Waits("unknown_device"));
        }
        let mut waits = false;
        for (member, public, last_accepted) in candidates {
            let device = public.id();
            let checked = checked.as_ref().filter(|checked| (checked.member, checked.device) == (member, device));
            let (hashes, id, any) = match checked {
                Some(checked) => (checked.hashes.clone(), Some(checked.id), true),
                None => {
                    let hashes = item_hashes(&self.state.owner, &member, record);
                    let (id, any) = self.verify(&public, record, &hashes)?;
                    (hashes, id, any)
                }
            };
            waits |= !any;
            let Some(id) = id else { continue };
            if seq > last_accepted {
                return Ok(Verdict::Refused("revoked_device"));
            }
            return self.keep(Verified { member, device, id, record: record.clone(), hashes, sealed });
        }
        // What tells its own predecessor and fails is forged; what does not may only lack the record before it.
        Ok(if waits { Verdict::Waits("unknown_predecessor") } else { Verdict::Refused("not_authentic") })
    }

    fn keep(&mut self, verified: Verified) -> Result<Verdict, SyncError> {
        let Verified { member, device, id, mut record, hashes, sealed } = verified;
        let seq = record.core.seq;
        let chain = match self.state.chain_index(&device, &record.core.incarnation) {
            Some(number) => number,
            None if self.state.chains.len() >= CHAINS_MAX => return Ok(Verdict::Refused("too_many_chains")),
            None => {
                self.state.chains.push(Chain::new(member, device, record.core.incarnation));
                u16::try_from(self.state.chains.len() - 1).unwrap_or(u16::MAX)
            }
        };
        let mut twin = 0;
        // Beyond the head nothing is kept.
        let kept = self.state.chain(chain).is_some_and(|chain| seq <= chain.head_seq);
        while let Some((row, known)) =
            if kept { read_record(self.work, self.ring, self.index, chain, seq, twin)? } else { None }
        {
            if row.id == id {
                return self.complete(Kept { member, chain, seq, twin }, row, known, &record);
            }
            twin += 1;
            if twin == TWINS_MAX {
                return Ok(Verdict::Refused("forked"));
            }
        }
        if twin > 0 {
            let fork = ForkRow { chain, seq, twins: twin + 1 };
            self.work.put(Table::Forks, record_key(self.index, chain, seq, 0), encoded(&fork));
            self.outputs.push(Output::Event(Event::Forked { index: self.index }));
        }
        if self.state.own == Some(chain) {
            self.outputs.push(Output::OwnRecordUnknown);
        }
        self.note_seen(chain, &record)?;
        self.note_arrived(chain, seq, id);
        if let Some(chain) = self.state.chain_mut(chain) {
            if seq > chain.head_seq {
                chain.holes.insert(chain.head_seq + 1, seq - 1);
                chain.head_seq = seq;
                chain.head = id;
            } else {
                chain.holes.remove(seq);
            }
            if chain.missing_from <= chain.head_seq {
                chain.missing_from = 0;
            }
        }
        self.sort_items(Kept { member, chain, seq, twin }, &record, &hashes)?;
        record.prev = None;
        record.certificates.clear();
        // Only one's own member's records are ever hidden at the relay.
        let row = RecordRow::new(id, &record, sealed.filter(|_| member == self.me));
        write_record(self.work, self.index, chain, seq, twin, &row);
        Ok(Verdict::Kept)
    }

    /// A record we have, arrived again. It may bring a body that our copy lacks, after we dropped one that turned out to be
    /// owed to both (a void redaction). Whether the body is wanted is decided by whoever takes the arrival.
    fn complete(
        &mut self,
        kept: Kept,
        mut row: RecordRow,
        mut known: SignedRecord,
        again: &SignedRecord,
    ) -> Result<Verdict, SyncError> {
        let mut completed = false;
        for (item, (ours, theirs)) in (0u16..).zip(known.items.iter_mut().zip(&again.items)) {
            let (Item::Absent(_), Item::Present(bytes)) = (&*ours, theirs) else { continue };
            let Some(header) = again.core.headers.get(usize::from(item)) else { continue };
            let parts = statement::Item::Present(bytes.clone());
            let Ok(statement) = Statement::from_parts(self.state.owner, kept.member, header.clone(), parts) else {
                continue;
            };
            if statement.body.is_some() && statement::check_header(&statement).is_ok() {
                *ours = theirs.clone();
                completed = true;
                self.arrive(
                    kept.member,
                    Arrived::Statement { locator: kept.locator(item), statement: Box::new(statement) },
                );
            }
        }
        if !completed {
            return Ok(Verdict::Known);
        }
        row.keep(&known);
        rewrite_record(self.work, self.index, kept.chain, kept.twin, &row, &known)?;
        Ok(Verdict::Kept)
    }

    fn arrive(&mut self, member: MemberId, what: Arrived) {
        self.arrivals.push(Arrival { index: self.index, member, what });
    }

    /// Hands on what a record says, statement by statement and change by change, and sets aside what is unsound.
    fn sort_items(&mut self, kept: Kept, record: &SignedRecord, hashes: &[[u8; 32]]) -> Result<(), SyncError> {
        let headers = record.core.headers.len();
        for (item, (content, digest)) in (0u16..).zip(record.items.iter().zip(hashes)) {
            let at = usize::from(item);
            if let Some(header) = record.core.headers.get(at) {
                self.sort_statement(kept, item, header, content)?;
            } else if let (Some(document), Item::Present(bytes)) = (record.core.documents.get(at - headers), content) {
                let reason = match inspect_change(bytes) {
                    Err(error) => Some(error.code()),
                    Ok(facts) if !self.state.is_own_actor(kept.chain, document, &facts.actor) => Some("foreign_actor"),
                    Ok(_) => None,
                };
                let (document, hash) = (*document, ChangeHash(*digest));
                match reason {
                    Some(reason) => self.quarantine(reason, bytes, None, Some(hash))?,
                    None => {
                        let locator = kept.locator(item);
                        self.arrive(kept.member, Arrived::Change { locator, document, hash, bytes: bytes.clone() });
                    }
                }
            }
        }
        Ok(())
    }

    fn sort_statement(&mut self, kept: Kept, item: u16, header: &[u8], content: &Item) -> Result<(), SyncError> {
        let (parts, bytes) = match content {
            Item::Present(bytes) => (statement::Item::Present(bytes.clone()), bytes.as_slice()),
            Item::Absent(hash) => (statement::Item::Absent(BodyHash(*hash)), header),
        };
        let Ok(statement) = Statement::from_parts(self.state.owner, kept.member, header.to_vec(), parts) else {
            return self.quarantine("malformed_statement", bytes, None, None);
        };
        if let Err(refusal) = statement::check_header(&statement) {
            return self.quarantine(refusal.code(), bytes, Some(statement.id), None);
        }
        // A body that cannot be shown here is set aside, for whoever examines it; that something was said stands. Another phone
        // may have it in a form without the body, or know how to read it, and must come to the same end.
        match (content, statement.content()) {
            _ if !statement.header.kind.is_known() => {}
            (Item::Present(_), Ok(None)) => self.quarantine("malformed_body", bytes, Some(statement.id), None)?,
            (Item::Present(_), Err(refusal)) => self.quarantine(refusal.code(), bytes, Some(statement.id), None)?,
            _ => {}
        }
        let locator = kept.locator(item);
        self.arrive(kept.member, Arrived::Statement { locator, statement: Box::new(statement) });
        Ok(())
    }

    /// Others may have said that they saw this record before it came here.
    fn note_arrived(&mut self, number: u16, seq: u64, id: RecordId) {
        let Some((device, incarnation)) = self.state.chain(number).map(|chain| (chain.device, chain.incarnation))
        else {
            return;
        };
        let mut seen_after = None;
        for observer in &mut self.state.chains {
            let other = observer.member != self.me;
            for head in &mut observer.seen {
                if head.record == id && head.device == device && head.incarnation == incarnation && head.seq < seq {
                    let before = std::mem::replace(&mut head.seq, seq);
                    seen_after = if other { Some(seen_after.unwrap_or(before).min(before)) } else { seen_after };
                }
            }
        }
        if let Some(after) = seen_after {
            self.arrive(self.me, Arrived::Seen { chain: number, after, seq });
        }
    }

    /// Takes in which heads the author had seen: what they saw and we lack is missing here.
    fn note_seen(&mut self, number: u16, record: &SignedRecord) -> Result<(), SyncError> {
        for entry in &record.core.seen {
            let known = self.state.chain(number).and_then(|chain| chain.seen_before(entry));
            let Some(SeenHead { device, incarnation, seq: before, .. }) = known else { continue };
            let seen_chain = self.state.chain_index(&device, &incarnation);
            let seq = match seen_chain {
                // A chain of which its own author has nothing left.
                _ if entry.record == Place::START => Some(0),
                Some(seen) => self.find_seq(seen, &entry.record, before)?,
                None => None,
            };
            let observer = self.state.chain(number).map(|chain| chain.member);
            if let Some(chain) = self.state.chain_mut(number) {
                let head = SeenHead { device, incarnation, record: entry.record, seq: seq.unwrap_or(0).max(before) };
                chain.note_seen(entry.index, head);
            }
            match (seen_chain, seq) {
                (Some(chain), Some(seq)) if seq > before && observer.is_some_and(|member| member != self.me) => {
                    self.arrive(self.me, Arrived::Seen { chain, after: before, seq });
                }
                (Some(chain), None) => {
                    if let Some(chain) = self.state.chain_mut(chain) {
                        chain.missing_from = chain.head_seq + 1;
                    }
                    self.outputs.push(Output::Event(Event::Missing { index: self.index }));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The sequence number of `record` in chain `seen`, looked for from the head down to what was known to be seen.
    fn find_seq(&self, seen: u16, record: &RecordId, before: u64) -> Result<Option<u64>, SyncError> {
        let Some(chain) = self.state.chain(seen) else { return Ok(None) };
        if chain.head == *record {
            return Ok(Some(chain.head_seq));
        }
        let lowest = before.max(chain.head_seq.saturating_sub(SEEN_LOOKBACK)).max(1);
        for seq in (lowest..=chain.head_seq).rev() {
            for twin in 0..TWINS_MAX {
                match read_record(self.work, self.ring, self.index, seen, seq, twin)? {
                    Some((row, _)) if row.id == *record => return Ok(Some(seq)),
                    Some(_) => {}
                    None => break,
                }
            }
        }
        Ok(None)
    }

    pub(super) fn wait(&mut self, record: &SignedRecord, epoch: u16, reason: &'static str) -> Result<(), SyncError> {
        let Some(sealed_in) = self.ring.epochs().get(usize::from(epoch)) else { return Ok(()) };
        let payload = record.encode_payload(&sealed_in.id(), record.prev.as_ref());
        let (from, to) = whole(self.index);
        if self.work.range(Table::Waiting, &from, &to, WAITING_MAX)?.len() >= WAITING_MAX {
            return self.quarantine(reason, &payload, None, None);
        }
        let key = keyed(self.index, &hash(&[&payload]));
        self.work.put(Table::Waiting, key, encoded(&WaitingRow { payload: payload.into(), epoch }));
        self.outputs.push(Output::Event(Event::Missing { index: self.index }));
        Ok(())
    }

    fn quarantine(
        &mut self,
        reason: &'static str,
        bytes: &[u8],
        statement: Option<StatementId>,
        change: Option<ChangeHash>,
    ) -> Result<(), SyncError> {
        self.outputs.push(Output::Event(Event::Quarantined { index: self.index, reason }));
        let row = QuarantineRow {
            index: self.index,
            reason: reason.to_owned(),
            bytes: bytes.to_vec().into(),
            statement,
            change,
            day: self.now.day,
        };
        Ok(set_aside(self.work, &row)?)
    }
}

impl Kept {
    fn locator(self, item: u16) -> Locator {
        Locator::Record { chain: self.chain, seq: self.seq, twin: self.twin, item }
    }
}

/// Keeps something in quarantine, once, and while there is room.
///
/// # Errors
/// What the store says.
pub fn set_aside(work: &mut Work<'_>, row: &QuarantineRow) -> Result<(), StoreError> {
    let key = keyed(row.index, &hash(&[row.bytes.as_slice()]));
    if work.read(Table::Quarantine, &key)?.is_none()
        && work.range(Table::Quarantine, &[], &[], QUARANTINE_MAX)?.len() < QUARANTINE_MAX
    {
        work.put(Table::Quarantine, key, encoded(row));
    }
    Ok(())
}

/// The hashes that were signed for the record's items, if `member` wrote it. An item that cannot be read hashes to something
/// that nobody signed, or that its signer must answer for: it is judged alone, once the record stands.
pub fn item_hashes(owner: &OwnerId, member: &MemberId, record: &SignedRecord) -> Vec<[u8; 32]> {
    let hash_of = |(at, item): (usize, &Item)| match item {
        Item::Absent(hash) => *hash,
        Item::Present(bytes) => item_hash(owner, member, &record.core, at, bytes),
    };
    record.items.iter().enumerate().map(hash_of).collect()
}

/// The same of one item that is there.
pub(super) fn item_hash(owner: &OwnerId, member: &MemberId, core: &Core, at: usize, bytes: &[u8]) -> [u8; 32] {
    match core.headers.get(at) {
        Some(header) => statement::body_hash(owner, member, header, bytes).map_or([0; 32], |hash| hash.0),
        None => change_hash(bytes).0,
    }
}

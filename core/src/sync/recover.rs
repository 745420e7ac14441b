//! Makes a box sound again from the rows that a damaged store still has (SPEC section 12.1).
//!
//! A row that opens is believed: this phone sealed it under its own key. What the box's state claims is believed only where rows
//! bear it out, since the two may have been saved from different moments.
//!
//! **Invariant**: no record is dropped that somebody else may lack, and nothing here writes a record.

use super::SyncError;
use super::keyring::BoxRing;
use super::pack::PackState;
use super::rows::{
    BoxIndex, ForkRow, MEMBER_BOX, RecordRow, SEQ_MAX, UnflushedRow, WaitingRow, encoded, keyed, record_key,
    unflushed_key, whole,
};
use super::seal::{TWINS_MAX, read_record};
use super::sheaf::unbind_all;
use super::state::{BoxState, CHAINS_MAX, Chain, Ranges, SeenHead, Wait};
use crate::crypto::record::{Item, Place, SeenEntry, SignedRecord};
use crate::document::change_hash;
use crate::id::{BodyHash, DeviceId, Incarnation, MemberId, RecordId, StatementId, hash};
use crate::statement::{self, Header, Kind, Role, Statement};
use crate::storage::{Table, Work};
use std::collections::{BTreeMap, BTreeSet};

/// Records handed to the relay at once: so many may lack an answer that the key vault has counted.
const UNANSWERED_MAX: u64 = 64;

/// What was found in one box.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Found {
    /// Records that are there.
    pub records: u64,
    /// Places of known chains that have no record now.
    pub missing: u64,
    /// Edits that wait for the next flush.
    pub edits: u64,
    /// Own records and edits that are gone and may never have been sent.
    pub unsent_lost: u64,
    /// Whether rows and claims contradicted each other, or a row said nothing.
    pub contradicted: bool,
}

/// Whose home it is, and what its key vault counted.
pub(crate) struct Own {
    pub(crate) member: MemberId,
    pub(crate) device: DeviceId,
    /// The incarnation that wrote the rows.
    pub(crate) incarnation: Incarnation,
    /// Highest sequence number of that incarnation in this box that was ever handed to the transport, if the key vault knows.
    pub(crate) counted: Option<u64>,
}

/// What became of a box, as far as another has to know.
#[derive(Debug, Default)]
pub(crate) struct Sounded {
    /// Own records that were moved to the edits that wait.
    moved: BTreeSet<(u16, u64)>,
    /// Own records that are gone and were perhaps never sent.
    lost: BTreeSet<(u16, u64)>,
    /// Commitments whose answer is kept here.
    answers: BTreeSet<StatementId>,
}

/// One record row, as far as chains are concerned.
struct Held {
    number: u16,
    twin: u8,
    id: RecordId,
    seen: Vec<SeenEntry>,
    /// Whether it holds a commitment of this device whose answer is nowhere.
    unbacked: bool,
}

type Places = BTreeMap<(u16, u64), Vec<Held>>;

impl BoxState {
    /// Forgets everything about what the relay has, so that it is read from its start and what it lacks is handed to it again.
    pub(crate) fn forget_relay(&mut self) {
        self.generation = None;
        self.cursor = 0;
        self.anchor = None;
        self.reread = false;
        self.packs = PackState::default();
        for chain in &mut self.chains {
            (chain.trimmed, chain.untrimmed) = (0, Ranges::default());
        }
    }

    /// This home begins another incarnation. What the one that ends has not sent yet will be in the next one's records, which
    /// name it, whether or not anything else of it is left.
    pub(crate) fn end_incarnation(&mut self, member: MemberId, device: DeviceId, incarnation: Incarnation) {
        let known = self.chain_index(&device, &incarnation).is_some();
        if self.unflushed > 0 && !known && self.chains.len() < CHAINS_MAX {
            self.chains.push(Chain::new(member, device, incarnation));
        }
        self.own = None;
    }

    /// What of this state nobody else has: keys and certificates, without anything that rows say.
    pub(crate) fn bare(&self) -> Self {
        let mut bare = Self { chains: Vec::new(), waits: Vec::new(), trims: Vec::new(), own: None, ..self.clone() };
        (bare.unflushed, bare.unflushed_next) = (0, 0);
        bare.forget_relay();
        bare
    }
}

/// Makes the state of box `index` say what its rows say. `vault` is what this gave for the member box, which goes first.
///
/// # Errors
/// What the store says.
pub(crate) fn make_sound(
    work: &mut Work<'_>,
    ring: &BoxRing,
    index: BoxIndex,
    state: &mut BoxState,
    own: &Own,
    vault: &Sounded,
) -> Result<(Found, Sounded), SyncError> {
    let claims = std::mem::take(&mut state.chains);
    state.forget_relay();
    state.chains = claims.iter().map(|claim| Chain::new(claim.member, claim.device, claim.incarnation)).collect();
    let (found, sounded) = (Found::default(), Sounded::default());
    let mut sounding = Sounding { work, ring, index, state, own, vault, claims, found, sounded };
    let mut places = sounding.records()?;
    sounding.edits()?;
    sounding.displace(&mut places)?;
    sounding.chains(&places);
    sounding.seen(&places);
    sounding.forks(&places)?;
    sounding.waits(&places);
    Ok((sounding.found, sounding.sounded))
}

struct Sounding<'a, 'w> {
    work: &'a mut Work<'w>,
    ring: &'a BoxRing,
    index: BoxIndex,
    state: &'a mut BoxState,
    own: &'a Own,
    /// The member box, once it is sound.
    vault: &'a Sounded,
    /// The chains as the state had them.
    claims: Vec<Chain>,
    found: Found,
    sounded: Sounded,
}

impl Sounding<'_, '_> {
    /// Reads every record row, and puts those that stand under another chain's number, or behind a twin that is gone, where
    /// they belong.
    fn records(&mut self) -> Result<Places, SyncError> {
        // Record by record from here on; the step binds them again.
        self.found.contradicted |= !unbind_all(self.work, self.index)?;
        let (from, to) = whole(self.index);
        let mut places = Places::new();
        for (key, bytes) in self.work.range(Table::Records, &from, &to, usize::MAX)? {
            let Some((place, row, record)) = self.read(&key, &bytes) else {
                self.work.delete(Table::Records, key);
                self.found.contradicted = true;
                continue;
            };
            let (number, seq, twin) = place;
            let Some(chain) = self.chain_of(&record) else {
                self.set_waiting(&record)?;
                self.work.delete(Table::Records, key);
                continue;
            };
            record.core.headers.iter().for_each(|header| self.note_answer(header));
            let own = record.core.device_hint == self.own.device.hint();
            let mut statements = record.core.headers.iter().zip(&record.items);
            let unbacked = own && statements.any(|(header, item)| self.is_unbacked(header, item));
            let held = Held { number, twin, id: row.id, seen: record.core.seen, unbacked };
            let here = places.entry((chain, seq)).or_default();
            if here.len() < usize::from(TWINS_MAX) && here.iter().all(|known| known.id != held.id) {
                here.push(held);
            } else {
                self.work.delete(Table::Records, key);
            }
        }
        self.put_in_place(&mut places)?;
        Ok(places)
    }

    /// A statement of the vault that keeps an answer.
    fn note_answer(&mut self, header: &[u8]) {
        if let Ok(header) = Header::decode(header)
            && self.index == MEMBER_BOX
            && header.kind == Kind::SEALED_ANSWER
        {
            self.sounded.answers.extend(header.named(Role::OWN_COMMITMENT));
        }
    }

    /// Whether this is a commitment whose answer is nowhere. To seal it would bind its author to nothing, and let the other's
    /// answer open for it.
    fn is_unbacked(&self, header: &[u8], item: &Item) -> bool {
        let (Ok(read), Item::Absent(hash)) = (Header::decode(header), item) else { return false };
        let item = statement::Item::Absent(BodyHash(*hash));
        read.kind == Kind::COMMIT
            && Statement::from_parts(self.state.owner, self.own.member, header.to_vec(), item)
                .is_ok_and(|commitment| !self.vault.answers.contains(&commitment.id))
    }

    fn read(&self, key: &[u8], bytes: &[u8]) -> Option<((u16, u64, u8), RecordRow, SignedRecord)> {
        let (number, rest) = key.get(1..)?.split_first_chunk::<2>()?;
        let (seq, rest) = rest.split_first_chunk::<4>()?;
        let &[twin] = rest else { return None };
        let row: RecordRow = minicbor::decode(bytes).ok()?;
        let record = row.record()?;
        let seq = u64::from(u32::from_be_bytes(*seq));
        (record.core.seq == seq).then(|| ((u16::from_be_bytes(*number), seq, twin), row, record))
    }

    /// The chain a record belongs to, begun if the state does not name it; none when nobody known can have signed it.
    fn chain_of(&mut self, record: &SignedRecord) -> Option<u16> {
        let (hint, incarnation) = (record.core.device_hint, record.core.incarnation);
        let same = |chain: &Chain| chain.device.hint() == hint && chain.incarnation == incarnation;
        if let Some(at) = self.state.chains.iter().position(same) {
            return u16::try_from(at).ok();
        }
        let (member, public, _) = self.ring.signers(hint, &incarnation).into_iter().next()?;
        if self.state.chains.len() >= CHAINS_MAX {
            return None;
        }
        self.state.chains.push(Chain::new(member, public.id(), incarnation));
        u16::try_from(self.state.chains.len() - 1).ok()
    }

    /// A record of a device whose certificate is gone waits for it, as if it had just arrived.
    fn set_waiting(&mut self, record: &SignedRecord) -> Result<(), SyncError> {
        self.found.contradicted = true;
        let payload = record.encode_payload(&self.ring.epoch()?.id(), None);
        let epoch = u16::try_from(self.ring.epochs().len().saturating_sub(1)).unwrap_or(u16::MAX);
        let key = keyed(self.index, &hash(&[&payload]));
        self.work.put(Table::Waiting, key, encoded(&WaitingRow { payload: payload.into(), epoch }));
        Ok(())
    }

    fn put_in_place(&mut self, places: &mut Places) -> Result<(), SyncError> {
        let mut moved = Vec::new();
        for ((chain, seq), here) in places {
            here.sort_by_key(|held| held.twin);
            for (twin, held) in (0u8..).zip(here) {
                if (held.number, held.twin) != (*chain, twin) {
                    let from = record_key(self.index, held.number, *seq, held.twin);
                    let row = self.work.read(Table::Records, &from)?;
                    self.work.delete(Table::Records, from);
                    moved.extend(row.map(|row| (record_key(self.index, *chain, *seq, twin), row)));
                    (held.number, held.twin) = (*chain, twin);
                    self.found.contradicted = true;
                }
            }
        }
        moved.into_iter().for_each(|(key, row)| self.work.put(Table::Records, key, row));
        Ok(())
    }

    fn edits(&mut self) -> Result<(), SyncError> {
        let (from, to) = whole(self.index);
        let claimed = self.state.unflushed;
        self.state.unflushed = 0;
        for (key, bytes) in self.work.range(Table::Unflushed, &from, &to, usize::MAX)? {
            let number = key.get(1..).and_then(|number| number.try_into().ok()).map(u64::from_be_bytes);
            let row = minicbor::decode::<UnflushedRow>(&bytes).ok();
            let row = row.filter(|row| row.header.is_some() != row.change.is_some());
            let unbacked = row
                .as_ref()
                .and_then(|row| row.header.as_ref().filter(|_| row.body.is_none()).map(|header| (header, row)));
            let unbacked = unbacked.is_some_and(|(header, row)| self.is_unbacked(header, &Item::Absent(*row.hash)));
            match (number, row) {
                (Some(number), Some(row)) if !unbacked => {
                    row.header.into_iter().for_each(|header| self.note_answer(&header));
                    self.state.unflushed += 1;
                    self.state.unflushed_next = self.state.unflushed_next.max(number.saturating_add(1));
                }
                _ => self.work.delete(Table::Unflushed, key),
            }
        }
        self.found.edits = self.state.unflushed;
        self.found.unsent_lost += claimed.saturating_sub(self.state.unflushed);
        self.found.contradicted |= claimed != self.state.unflushed;
        Ok(())
    }

    /// Places of chain `number` whose records the relay never acknowledged, as far as anybody remembers.
    fn unsent(&self, number: u16) -> Ranges {
        let claim = self.claims.get(usize::from(number));
        let mut unsent = claim.map(|claim| claim.upload.clone()).unwrap_or_default();
        let current = self.state.chain(number).is_some_and(|chain| chain.incarnation == self.own.incarnation);
        match (claim, self.own.counted.filter(|_| current)) {
            (Some(_), Some(counted)) => unsent.insert(counted.saturating_add(1), SEQ_MAX),
            (Some(_), None) => {}
            // The newest of what was handed over may still lack its answer.
            (None, Some(counted)) => unsent.insert(counted.saturating_sub(UNANSWERED_MAX).saturating_add(1), SEQ_MAX),
            (None, None) => unsent.insert(1, SEQ_MAX),
        }
        unsent
    }

    /// Own records that were never acknowledged, behind one that is gone, can be verified by nobody: what they say waits for
    /// the next flush instead. So does a commitment whose answer in the vault was moved; one whose answer is nowhere is dropped.
    fn displace(&mut self, places: &mut Places) -> Result<(), SyncError> {
        for at in 0..self.state.chains.len() {
            let Ok(number) = u16::try_from(at) else { break };
            if self.state.chain(number).is_none_or(|chain| chain.device != self.own.device) {
                continue;
            }
            let unsent = self.unsent(number);
            let held: Vec<u64> = places.range((number, 0)..=(number, u64::MAX)).map(|((_, seq), _)| *seq).collect();
            let last = self.claims.get(at).map_or(0, |claim| claim.head_seq).max(held.last().copied().unwrap_or(0));
            let gone: Vec<u64> =
                (1..=last).filter(|seq| unsent.contains(*seq) && held.binary_search(seq).is_err()).collect();
            self.found.unsent_lost += gone.len() as u64;
            let moved = |wait: &&Wait| self.vault.moved.contains(&(wait.vault_chain, wait.vault_seq));
            let moved = self.state.waits.iter().filter(|wait| wait.chain == number).filter(moved).map(|wait| wait.seq);
            let unbacked =
                |seq: &u64| places.get(&(number, *seq)).is_some_and(|here| here.iter().any(|held| held.unbacked));
            let unbacked = held.iter().copied().filter(|seq| unsent.contains(*seq)).filter(unbacked);
            let first = gone.iter().copied().chain(moved).chain(unbacked).min().unwrap_or(u64::MAX);
            for seq in held.into_iter().filter(|seq| *seq >= first && unsent.contains(*seq)) {
                if places.get(&(number, seq)).is_some_and(|here| here.len() == 1) {
                    self.unsay(number, seq)?;
                    places.remove(&(number, seq));
                    self.sounded.moved.insert((number, seq));
                }
            }
            self.sounded.lost.extend(gone.into_iter().map(|seq| (number, seq)));
            self.say_again(number, places)?;
        }
        Ok(())
    }

    /// What an own record directly behind a hole says is said again: if nobody has what stood in the hole, nobody can verify
    /// that record. Said twice, it counts once. A commitment in it whose answer is nowhere is not: if the relay has the record
    /// and all before it, it comes back with them.
    fn say_again(&mut self, number: u16, places: &mut Places) -> Result<(), SyncError> {
        let mut before = 0;
        for seq in places.range((number, 0)..=(number, u64::MAX)).map(|((_, seq), _)| *seq).collect::<Vec<_>>() {
            let unbacked = places.get(&(number, seq)).is_some_and(|here| here.len() == 1 && here[0].unbacked);
            if seq > before + 1 && unbacked {
                self.unsay(number, seq)?;
                places.remove(&(number, seq));
                self.sounded.moved.insert((number, seq));
                continue;
            }
            if seq > before + 1 {
                self.queue_again(number, seq)?;
            }
            before = seq;
        }
        Ok(())
    }

    /// Takes a record apart into the edits it was made of.
    fn unsay(&mut self, number: u16, seq: u64) -> Result<(), SyncError> {
        self.queue_again(number, seq)?;
        self.work.delete(Table::Records, record_key(self.index, number, seq, 0));
        self.found.contradicted = true;
        Ok(())
    }

    /// Lets everything that a record says wait for the next flush.
    fn queue_again(&mut self, number: u16, seq: u64) -> Result<(), SyncError> {
        let Some((_, record)) = read_record(self.work, self.ring, self.index, number, seq, 0)? else { return Ok(()) };
        let headers = record.core.headers.len();
        for (at, item) in record.items.into_iter().enumerate() {
            let row = match (
                record.core.headers.get(at),
                at.checked_sub(headers).and_then(|at| record.core.documents.get(at)),
                item,
            ) {
                (Some(header), _, item) => {
                    if self.is_unbacked(header, &item) {
                        self.found.unsent_lost += 1;
                        continue;
                    }
                    let (body, hash) = match item {
                        Item::Absent(hash) => (None, hash),
                        Item::Present(bytes) => {
                            let hash = statement::body_hash(&self.state.owner, &self.own.member, header, &bytes);
                            let Some(hash) = hash else { continue };
                            (Some(bytes.into()), hash.0)
                        }
                    };
                    UnflushedRow { header: Some(header.clone().into()), body, hash: hash.into(), change: None }
                }
                (None, Some(document), Item::Present(bytes)) => {
                    let hash = change_hash(&bytes).0.into();
                    UnflushedRow { header: None, body: None, hash, change: Some((*document, bytes.into())) }
                }
                _ => continue,
            };
            self.work.put(Table::Unflushed, unflushed_key(self.index, self.state.unflushed_next), encoded(&row));
            self.state.unflushed_next += 1;
            self.state.unflushed += 1;
            self.found.edits += 1;
        }
        Ok(())
    }

    /// Heads, holes and what is to be uploaded, from the rows.
    fn chains(&mut self, places: &Places) {
        for (at, chain) in self.state.chains.iter_mut().enumerate() {
            let Ok(number) = u16::try_from(at) else { break };
            for ((_, seq), here) in places.range((number, 0)..=(number, u64::MAX)) {
                chain.holes.insert(chain.head_seq + 1, seq - 1);
                chain.head_seq = *seq;
                chain.head = here.first().map_or(chain.head, |held| held.id);
                self.found.records += here.len() as u64;
            }
            let claim = self.claims.get(at);
            let own = chain.device == self.own.device;
            if let Some(claim) = claim {
                let held = |seq: &u64| *seq <= chain.head_seq && !chain.holes.contains(*seq);
                let (upload, restore) = (claim.upload.iter().filter(held), claim.restore.iter().filter(held));
                let (upload, restore): (Vec<u64>, Vec<u64>) = (upload.collect(), restore.collect());
                upload.into_iter().for_each(|seq| chain.upload.insert(seq, seq));
                restore.into_iter().for_each(|seq| chain.restore.insert(seq, seq));
                let beyond = chain.head_seq + 1..=claim.head_seq;
                // Of what this phone never sent, nobody can give anything back.
                if beyond.clone().any(|seq| !own || !claim.upload.contains(seq)) {
                    chain.missing_from = chain.head_seq + 1;
                }
                let Sounded { moved, lost, .. } = &self.sounded;
                let known = |seq: &u64| moved.contains(&(number, *seq)) || lost.contains(&(number, *seq));
                self.found.missing += beyond.filter(|seq| !known(seq)).count() as u64;
                self.found.contradicted |= (claim.head_seq, claim.head) != (chain.head_seq, chain.head);
                self.found.contradicted |= claim.holes != chain.holes;
            }
            self.found.contradicted |= claim.is_none();
            self.found.missing += chain.holes.len();
        }
    }

    /// What each chain's author had seen of the others.
    fn seen(&mut self, places: &Places) {
        let found: BTreeMap<RecordId, (u16, u64)> =
            places.iter().flat_map(|(place, here)| here.iter().map(|held| (held.id, *place))).collect();
        for ((number, _), here) in places {
            for entry in here.iter().flat_map(|held| &held.seen) {
                let before = self.state.chain(*number).and_then(|chain| chain.seen_before(entry));
                let Some(before) = before else { continue };
                let at = self.state.chain_index(&before.device, &before.incarnation);
                let seq = found.get(&entry.record).filter(|(chain, _)| Some(*chain) == at).map_or(0, |(_, seq)| *seq);
                let there = seq > 0 || entry.record == Place::START;
                if let (Some(at), false) = (at.and_then(|at| self.state.chain_mut(at)), there) {
                    // It may stand in a hole; where there is none, it stands beyond the head.
                    if at.holes.is_empty() && at.missing_from == 0 {
                        at.missing_from = at.head_seq + 1;
                    }
                }
                if let Some(chain) = self.state.chain_mut(*number) {
                    chain.note_seen(entry.index, SeenHead { record: entry.record, seq: seq.max(before.seq), ..before });
                }
            }
        }
    }

    fn forks(&mut self, places: &Places) -> Result<(), SyncError> {
        let (from, to) = whole(self.index);
        for (key, _) in self.work.range(Table::Forks, &from, &to, usize::MAX)? {
            self.work.delete(Table::Forks, key);
        }
        for ((chain, seq), here) in places.iter().filter(|(_, here)| here.len() > 1) {
            let fork = ForkRow { chain: *chain, seq: *seq, twins: u8::try_from(here.len()).unwrap_or(TWINS_MAX) };
            self.work.put(Table::Forks, record_key(self.index, *chain, *seq, 0), encoded(&fork));
        }
        Ok(())
    }

    /// Keeps what waits for a row only where both rows are there: a record that is gone cannot be sent, and the longer form of
    /// one must not be hidden before the shorter is there.
    fn waits(&mut self, places: &Places) {
        let there = |chain: u16, seq: u64| places.contains_key(&(chain, seq));
        self.state.waits.retain(|wait| {
            there(wait.chain, wait.seq) && !self.vault.moved.contains(&(wait.vault_chain, wait.vault_seq))
        });
        self.state.trims.retain(|trim| there(trim.chain, trim.seq));
    }
}

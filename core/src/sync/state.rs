//! What the engine remembers between runs: one [`BoxState`] per box, with one [`Chain`] per (device, incarnation).
//!
//! Kept small, since it is read when a home opens and rewritten with every record: a few chains of a few hundred bytes.

use super::anchor::Anchor;
use super::pack::PackState;
use crate::crypto::pack::ChainId;
use crate::crypto::record::SeenEntry;
use crate::document::Actor;
use crate::id::{DeviceId, EntryId, EpochId, Incarnation, MemberId, OwnerId, RecordId};
use minicbor::bytes::{ByteArray, ByteVec};
use minicbor::{Decode, Encode};

/// Most chains one box may hold: devices times incarnations. Beyond it new chains are quarantined.
pub(super) const CHAINS_MAX: usize = 1024;
/// How far ahead of what was read a chain's list of seen heads may name one: as many as one record names.
const SEEN_AHEAD_MAX: usize = 64;
/// Most separate stretches a [`Ranges`] keeps; beyond it the two nearest are joined.
const RANGES_MAX: usize = 256;

/// A set of sequence numbers as ascending, disjoint, inclusive stretches. Bounded: when it would hold more than 256
/// stretches, the closest two become one, so it may come to name too much, never too little.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Ranges(#[n(0)] Vec<(u64, u64)>);

impl Ranges {
    /// Adds `first..=last`.
    pub fn insert(&mut self, first: u64, last: u64) {
        if first > last {
            return;
        }
        let (mut first, mut last) = (first, last);
        self.0.retain(|&(from, to)| {
            let apart = to.saturating_add(1) < first || last.saturating_add(1) < from;
            if !apart {
                first = first.min(from);
                last = last.max(to);
            }
            apart
        });
        let at = self.0.partition_point(|&(from, _)| from < first);
        self.0.insert(at, (first, last));
        if self.0.len() > RANGES_MAX {
            let gap = |i: &usize| match (self.0.get(*i), self.0.get(i + 1)) {
                (Some(left), Some(right)) => right.0 - left.1,
                _ => u64::MAX,
            };
            if let Some(nearest) = (0..self.0.len() - 1).min_by_key(gap) {
                let right = self.0.remove(nearest + 1);
                if let Some(left) = self.0.get_mut(nearest) {
                    left.1 = right.1;
                }
            }
        }
    }

    /// Takes one number out.
    pub fn remove(&mut self, seq: u64) {
        let Some(at) = self.0.iter().position(|&(from, to)| from <= seq && seq <= to) else { return };
        let (from, to) = self.0.remove(at);
        if seq < to {
            self.0.insert(at, (seq + 1, to));
        }
        if from < seq {
            self.0.insert(at, (from, seq - 1));
        }
    }

    /// Whether `seq` is in the set.
    pub fn contains(&self, seq: u64) -> bool {
        self.0.iter().any(|&(from, to)| from <= seq && seq <= to)
    }

    /// The stretches, ascending.
    pub fn stretches(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        self.0.iter().copied()
    }

    /// Every number, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u64> + '_ {
        self.0.iter().flat_map(|&(from, to)| from..=to)
    }

    /// How many numbers are in the set.
    pub fn len(&self) -> u64 {
        self.0.iter().map(|&(from, to)| to - from + 1).sum()
    }

    /// Whether the set is empty.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// One member of a box and the certificates known of their devices.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RosterMember {
    /// Who.
    #[n(0)]
    pub member: MemberId,
    /// Their name for people to read, empty in a member box.
    #[n(1)]
    pub name: String,
    /// Device certificates, verified before they were kept.
    #[n(2)]
    pub certificates: Vec<ByteVec>,
}

/// One epoch key of a box; the last one is written under.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct EpochState {
    /// The epoch's id.
    #[n(0)]
    pub id: EpochId,
    /// Its key.
    #[n(1)]
    pub key: ByteArray<32>,
    /// What its id is the hash of (SPEC section 6).
    #[n(2)]
    pub parts: ByteVec,
}

impl std::fmt::Debug for EpochState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EpochState(…)")
    }
}

/// The head of some chain, as a record said its author had seen it.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SeenHead {
    /// Device of the chain seen.
    #[n(0)]
    pub device: DeviceId,
    /// Its incarnation.
    #[n(1)]
    pub incarnation: Incarnation,
    /// The head.
    #[n(2)]
    pub record: RecordId,
    /// Its sequence number; 0 while we do not have that record.
    #[n(3)]
    pub seq: u64,
}

impl SeenHead {
    /// Stands where the record that names the chain has not been read.
    const BLANK: Self =
        Self { device: DeviceId([0; 32]), incarnation: Incarnation([0; 8]), record: RecordId([0; 32]), seq: 0 };
}

/// The records of one (device, incarnation) in one box.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Chain {
    /// Whose member's.
    #[n(0)]
    pub member: MemberId,
    /// The device that signs.
    #[n(1)]
    pub device: DeviceId,
    /// Its incarnation.
    #[n(2)]
    pub incarnation: Incarnation,
    /// Highest sequence number kept; 0 before the first.
    #[n(3)]
    pub head_seq: u64,
    /// Id of the record at `head_seq`, zero before the first.
    #[n(4)]
    pub head: RecordId,
    /// Below `head_seq`, but never arrived.
    #[n(5)]
    pub holes: Ranges,
    /// To be handed to the relay.
    #[n(6)]
    pub upload: Ranges,
    /// What this chain's author has seen of other chains, by the chain's own index.
    #[n(7)]
    pub seen: Vec<SeenHead>,
    /// Highest head that other phones say they saw, beyond what we have; 0 when nothing is missing.
    #[n(8)]
    pub missing_from: u64,
    /// The refill we last asked for, as (first missing, day): asked once a day at most.
    #[n(9)]
    pub asked: Option<(u64, i64)>,
    /// Asked for by another phone: where the relay has them and hides them, they are to be shown again.
    #[n(10)]
    pub restore: Ranges,
    /// Kept, but without words that were dropped here and are owed to both.
    #[n(11)]
    #[cbor(default)]
    pub owed: Ranges,
    /// The refill last asked for because of them, as (how many, day).
    #[n(12)]
    pub asked_owed: Option<(u64, i64)>,
    /// Up to here the relay's records were trimmed, because a pack holds them; only those of one's own member ever are.
    #[n(13)]
    #[cbor(default)]
    pub trimmed: u64,
    /// Up to there, but left to the relay: no pack could take them.
    #[n(14)]
    #[cbor(default)]
    pub untrimmed: Ranges,
}

impl Chain {
    /// A chain of which nothing has arrived.
    pub fn new(member: MemberId, device: DeviceId, incarnation: Incarnation) -> Self {
        Self {
            member,
            device,
            incarnation,
            head_seq: 0,
            head: RecordId([0; 32]),
            holes: Ranges::default(),
            upload: Ranges::default(),
            seen: Vec::new(),
            missing_from: 0,
            asked: None,
            restore: Ranges::default(),
            trimmed: 0,
            untrimmed: Ranges::default(),
            owed: Ranges::default(),
            asked_owed: None,
        }
    }

    /// What is known of the chain that an entry of this chain's author speaks of, before that entry.
    pub(crate) fn seen_before(&self, entry: &SeenEntry) -> Option<SeenHead> {
        let known = usize::try_from(entry.index).ok().and_then(|at| self.seen.get(at));
        let known = known.filter(|head| head.device != SeenHead::BLANK.device);
        match entry.named {
            None => known.cloned(),
            Some((device, incarnation)) => {
                let same = known.filter(|head| (head.device, head.incarnation) == (device, incarnation));
                Some(same.cloned().unwrap_or(SeenHead { device, incarnation, ..SeenHead::BLANK }))
            }
        }
    }

    /// Keeps a head at its place in the author's list. Places before it stay blank while the record that names them is missing.
    pub(crate) fn note_seen(&mut self, index: u32, head: SeenHead) {
        let Ok(at) = usize::try_from(index) else { return };
        if at < CHAINS_MAX && at <= self.seen.len() + SEEN_AHEAD_MAX {
            if self.seen.len() <= at {
                self.seen.resize(at + 1, SeenHead::BLANK);
            }
            if let Some(place) = self.seen.get_mut(at) {
                *place = head;
            }
        }
    }

    /// What packs call it.
    pub fn id(&self) -> ChainId {
        ChainId { device: self.device, incarnation: self.incarnation }
    }

    /// The stretches of records that are kept.
    pub fn held(&self) -> Vec<(u64, u64)> {
        let mut held = Vec::new();
        let mut from = 1;
        for (first, last) in self.holes.stretches() {
            held.push((from, first - 1));
            from = last + 1;
        }
        held.push((from, self.head_seq));
        held.retain(|(first, last)| first <= last);
        held
    }

    /// How many records are kept.
    pub(super) fn held_count(&self) -> u64 {
        self.held().iter().map(|(first, last)| last - first + 1).sum()
    }

    /// Records were asked for again: what was trimmed of them may be readable from now on.
    pub fn show_again(&mut self, first: u64, last: u64) {
        for (from, to) in self.held() {
            self.upload.insert(from.max(first), to.min(last));
            self.restore.insert(from.max(first), to.min(last));
        }
        self.trimmed = self.trimmed.min(first.saturating_sub(1));
    }
}

/// A record of this box that waits until a record of another box is durable at the relay: the commitment that waits for its
/// plaintext in the vault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Wait {
    /// Sequence number in the chain of this box.
    #[n(0)]
    pub seq: u64,
    /// Sequence number in the chain of the member box.
    #[n(1)]
    pub vault_seq: u64,
    /// The chain of this box: this home's own when it was written, perhaps of an earlier incarnation by now.
    #[n(2)]
    pub chain: u16,
    /// The chain of the member box.
    #[n(3)]
    pub vault_chain: u16,
}

/// Sealed records that the relay is to hide, because a word in them was taken back, once their shorter form is there.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Trim {
    /// The chain.
    #[n(0)]
    pub chain: u16,
    /// The place.
    #[n(1)]
    pub seq: u64,
    /// SHA-256 of each sealed form the relay may hold.
    #[n(2)]
    pub hashes: Vec<ByteArray<32>>,
}

/// One box.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BoxState {
    /// The space, or the member for the vault.
    #[n(0)]
    pub owner: OwnerId,
    /// Epochs in the order they were learnt.
    #[n(1)]
    pub epochs: Vec<EpochState>,
    /// One member for a member box, two for a space.
    #[n(2)]
    pub roster: Vec<RosterMember>,
    /// The relay's generation of the box, once it has one.
    #[n(3)]
    pub generation: Option<ByteArray<16>>,
    /// Everything the relay holds up to here has been read.
    #[n(4)]
    pub cursor: u64,
    /// Every chain known, in the order they were met.
    #[n(5)]
    pub chains: Vec<Chain>,
    /// Index of this home's own chain, once it wrote a record.
    #[n(6)]
    pub own: Option<u16>,
    /// Number the next unflushed change gets.
    #[n(7)]
    pub unflushed_next: u64,
    /// How many changes are unflushed.
    #[n(8)]
    pub unflushed: u64,
    /// Own records that wait for the vault.
    #[n(9)]
    pub waits: Vec<Wait>,
    /// Left: nothing is read or sent any more.
    #[n(10)]
    pub closed: bool,
    /// To be hidden at the relay.
    #[n(11)]
    pub trims: Vec<Trim>,
    /// Records were asked for: they may come back at cursors that were read before, so the next connection reads from the start.
    #[n(12)]
    pub reread: bool,
    /// The newest record known to be in the relay's box.
    #[n(13)]
    pub anchor: Option<Anchor>,
    /// What is known of its packs.
    #[n(14)]
    #[cbor(default)]
    pub packs: PackState,
}

impl BoxState {
    /// A box of `owner` that nothing has happened in.
    pub fn new(owner: OwnerId, epoch: EpochState, roster: Vec<RosterMember>) -> Self {
        Self {
            owner,
            epochs: vec![epoch],
            roster,
            generation: None,
            cursor: 0,
            chains: Vec::new(),
            own: None,
            unflushed_next: 0,
            unflushed: 0,
            waits: Vec::new(),
            closed: false,
            trims: Vec::new(),
            reread: false,
            anchor: None,
            packs: PackState::default(),
        }
    }

    /// The chain of (device, incarnation), if it is known.
    pub fn chain_index(&self, device: &DeviceId, incarnation: &Incarnation) -> Option<u16> {
        let at = self.chains.iter().position(|c| c.device == *device && c.incarnation == *incarnation)?;
        u16::try_from(at).ok()
    }

    /// The chain with this index.
    pub fn chain(&self, index: u16) -> Option<&Chain> {
        self.chains.get(usize::from(index))
    }

    /// The chain with this index, to change.
    pub fn chain_mut(&mut self, index: u16) -> Option<&mut Chain> {
        self.chains.get_mut(usize::from(index))
    }

    /// Whether `actor` is that of the device which signs chain `index`, in any incarnation known or named in that chain: what a
    /// phone restored from a backup had not sent yet was written by the incarnation before.
    pub fn is_own_actor(&self, index: u16, document: &EntryId, actor: &Actor) -> bool {
        let Some(chain) = self.chain(index) else { return false };
        let own = self.chains.iter().filter(|other| other.device == chain.device).map(|other| other.incarnation);
        let named = chain.seen.iter().filter(|head| head.device == chain.device).map(|head| head.incarnation);
        own.chain(named).any(|incarnation| Actor::derive(&chain.device, &incarnation, document) == *actor)
    }

    /// Whether a device of another member than `member` has seen record `seq` of chain `index`.
    pub fn seen_by_other(&self, member: &MemberId, index: u16, seq: u64) -> bool {
        let Some(chain) = self.chain(index) else { return false };
        self.chains.iter().filter(|other| other.member != *member).any(|other| {
            other
                .seen
                .iter()
                .any(|head| head.device == chain.device && head.incarnation == chain.incarnation && head.seq >= seq)
        })
    }

    /// How many of this home's records and changes the relay has not acknowledged.
    pub fn outbox(&self, device: &DeviceId) -> u64 {
        let waiting: u64 = self.chains.iter().filter(|c| c.device == *device).map(|c| c.upload.len()).sum();
        waiting + self.unflushed
    }
}

#[cfg(test)]
mod tests {
    use super::Ranges;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    proptest! {
        #[test]
        fn ranges_are_the_set_they_stand_for(ops in proptest::collection::vec((any::<bool>(), 0u64..60, 0u64..6), 0..80)) {
            let mut ranges = Ranges::default();
            let mut set = BTreeSet::new();
            for (insert, first, length) in ops {
                if insert {
                    ranges.insert(first, first + length);
                    set.extend(first..=first + length);
                } else {
                    ranges.remove(first);
                    set.remove(&first);
                }
                prop_assert_eq!(ranges.iter().collect::<BTreeSet<_>>(), set.clone());
                prop_assert_eq!(ranges.len(), set.len() as u64);
                prop_assert!(ranges.stretches().zip(ranges.stretches().skip(1)).all(|(a, b)| a.1 + 1 < b.0));
            }
        }
    }

    #[test]
    fn ranges_stay_bounded_and_never_forget() {
        let mut ranges = Ranges::default();
        for i in 0..1000u64 {
            ranges.insert(i * 3, i * 3);
        }
        assert!(ranges.stretches().count() <= 256);
        assert!((0..1000u64).all(|i| ranges.contains(i * 3)));
    }
}

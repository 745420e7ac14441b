//! Packs in the world: what is looked for in them, what a foe puts there, and a phone that begins with them.

use super::World;
use super::dice::Dice;
use super::phone::{Phone, Side};
use super::relay::Relay;
use amends_core::crypto::epoch::{Epoch, EpochKey};
use amends_core::crypto::pack::{ChainId, ChunkHash, Manifest, PackReader, PackedRecord, SegmentEntry, load_segments};
use amends_core::crypto::record::{Item, SignedRecord};
use amends_core::crypto::seal::open_record;
use amends_core::id::{Incarnation, OwnerId, hash};
use amends_protocol::{ChunkHash as RelayChunk, Pack};
use std::collections::{BTreeMap, BTreeSet};

/// A place in a chain, as far as a sealed record tells it.
pub type Place = (Incarnation, u64);

/// What the world knows of sealed things by their hashes, so that each is opened once.
#[derive(Default)]
pub struct Sealed {
    records: BTreeMap<[u8; 32], Option<Place>>,
    manifests: BTreeMap<[u8; 32], Option<Manifest>>,
}

impl Sealed {
    fn place(&mut self, epoch: &Epoch, sealed: &[u8]) -> Option<Place> {
        let open = || open_record(epoch, sealed).ok().map(|record| (record.core.incarnation, record.core.seq));
        *self.records.entry(hash(&[sealed])).or_insert_with(open)
    }

    fn manifest(&mut self, epoch: &Epoch, pack: &Pack) -> Option<&Manifest> {
        let open = || Manifest::open(epoch, &pack.manifest).ok();
        self.manifests.entry(pack.id.0).or_insert_with(open).as_ref()
    }
}

/// The records of a pack, as far as they can be read. They are not verified.
pub fn open_pack(relay: &Relay, epoch: &Epoch, owner: &OwnerId, pack: &Pack) -> Vec<PackedRecord> {
    let Ok(manifest) = Manifest::open(epoch, &pack.manifest) else { return Vec::new() };
    let mut reader = PackReader::new(epoch);
    let mut segments = Vec::new();
    for entry in &manifest.segments {
        let chunks = entry.chunks.iter().map(|hash| relay.chunk(epoch.box_id(), &RelayChunk(hash.0)));
        let chunks: Option<Vec<&[u8]>> = chunks.collect();
        segments.extend(chunks.and_then(|chunks| reader.open_segment(entry, &chunks).ok()));
    }
    // Bodies are read as they are, whatever they hash to.
    load_segments(owner, segments, &|_, _, _, _| Some([0; 32]), &|_, _| None).0
}

/// Everything that is said in a record.
pub fn words_of(record: &SignedRecord) -> Vec<u8> {
    let present = record.items.iter().filter_map(|item| match item {
        Item::Present(bytes) => Some(bytes.as_slice()),
        Item::Absent(_) => None,
    });
    present.collect::<Vec<_>>().concat()
}

impl World {
    /// Every box with its key and the owner of what is in it.
    fn boxes(&self) -> Vec<(Epoch, OwnerId)> {
        let again = |epoch: &Epoch| Epoch::new(epoch.id(), EpochKey::from_bytes(epoch.key().as_bytes())).ok();
        let vaults = self.vaults.iter().zip(&self.members).map(|((_, epoch), member)| (epoch, OwnerId::from(*member)));
        let spaces = self.space.iter().map(|epoch| (epoch, self.owner()));
        vaults.chain(spaces).filter_map(|(epoch, owner)| Some((again(epoch)?, owner))).collect()
    }

    /// Nothing that could be read once is gone: what the relay hides, a pack that can be fetched covers, or another form of it can
    /// be read. Not asked for once the relay lost something.
    ///
    /// # Errors
    /// What is gone.
    pub fn nothing_hidden_is_gone(&mut self) -> Result<(), String> {
        for (epoch, _) in self.boxes() {
            let (readable, hidden) = self.relay.readable_and_hidden(epoch.box_id());
            if hidden.is_empty() {
                continue;
            }
            let readable: BTreeSet<Place> =
                readable.into_iter().filter_map(|sealed| self.sealed.place(&epoch, sealed)).collect();
            let packs = self.relay.packs(epoch.box_id());
            for sealed in hidden {
                let Some((incarnation, seq)) = self.sealed.place(&epoch, sealed) else { continue };
                let holds = |segment: &SegmentEntry| {
                    let chunk = |hash: &ChunkHash| self.relay.chunk(epoch.box_id(), &RelayChunk(hash.0)).is_some();
                    segment.chain.incarnation == incarnation
                        && (segment.first_seq..=segment.last_seq).contains(&seq)
                        && segment.chunks.iter().all(chunk)
                };
                let covered = packs.iter().any(|pack| {
                    let manifest = self.sealed.manifest(&epoch, pack);
                    manifest.is_some_and(|manifest| manifest.segments.iter().any(holds))
                });
                if !covered && !readable.contains(&(incarnation, seq)) {
                    return Err(format!("record {seq} of {incarnation:?} is hidden and in no pack"));
                }
            }
        }
        Ok(())
    }

    /// The words of each record that packs hold now.
    pub(super) fn all_packed_words(&self) -> Vec<Vec<u8>> {
        let mut words = Vec::new();
        for (epoch, owner) in self.boxes() {
            for pack in self.relay.packs(epoch.box_id()) {
                let records = open_pack(&self.relay, &epoch, &owner, pack);
                words.extend(records.iter().map(|packed| words_of(&packed.record)));
            }
        }
        words
    }

    /// A pack as only a foe or a broken disk would have it.
    pub(super) fn foul_pack(&mut self, dice: &mut Dice) -> Option<()> {
        let space = self.space.as_ref()?;
        let box_id = *space.box_id();
        let known: Vec<ChainId> = {
            let packs = self.relay.packs(&box_id);
            let manifests = packs.iter().filter_map(|pack| Manifest::open(space, &pack.manifest).ok());
            manifests.flat_map(|manifest| manifest.segments.into_iter().map(|segment| segment.chain)).collect()
        };
        let noise = dice.bytes::<64>().to_vec();
        let chain = dice.pick(&known).copied()?;
        let chunks = vec![ChunkHash::of(&noise)];
        match dice.below(3) {
            0 => self.relay.rot_chunk(&box_id),
            1 => self.relay.inject_pack(box_id, dice.bytes::<64>().to_vec(), noise),
            // More than there is of a chain, in a chunk that is none.
            _ => {
                let entry = SegmentEntry { chain, first_seq: 1, last_seq: 1 + dice.below(500) as u64, chunks };
                let manifest = Manifest { segments: vec![entry], certificates: Vec::new() };
                self.relay.inject_pack(box_id, manifest.seal(space).ok()?, noise);
            }
        }
        Some(())
    }

    /// Somebody gets another phone, which begins with nothing.
    ///
    /// # Errors
    /// What keeps it from being admitted.
    pub(super) fn newcomer(&mut self) -> Result<(), String> {
        let (side, name) = if self.last_dice.hits(1, 2) { (Side::A, "A3") } else { (Side::B, "B3") };
        let mut next = Phone::new(name, side, self.last_dice.fork(), None);
        next.rule = self.rule;
        next.now_ms = self.now_ms;
        let first = self.phones.iter_mut().find(|phone| phone.side == side).ok_or("no phone")?;
        super::pairing::add_device(&mut self.relay, first, &mut next, false, super::meeting::Mishaps::none())?;
        self.phones.push(next);
        Ok(())
    }
}

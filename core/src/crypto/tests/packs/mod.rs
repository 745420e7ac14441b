mod any;
mod couple;
mod hostile;

use super::seeded;
use crate::crypto::epoch::{Epoch, EpochKey};
use crate::crypto::pack::*;
use crate::crypto::record::Item;
use crate::id::*;
use couple::{Couple, EPOCH, OWNER, item_hash};

pub(super) fn epoch() -> Epoch {
    Epoch::new(EPOCH, EpochKey::make(&mut seeded(9)).unwrap()).unwrap()
}

/// All segments of both chains.
fn seal(couple: &Couple) -> Vec<SealedSegment> {
    let dictionary = couple.dictionary();
    let sealed = couple.phones.iter().map(|phone| seal_segments(&epoch(), &dictionary, &phone.records).unwrap());
    sealed.flatten().collect()
}

fn open(sealed: &[SealedSegment]) -> Vec<Segment> {
    let epoch = epoch();
    let mut reader = PackReader::new(&epoch);
    sealed.iter().map(|segment| reader.open_segment(&segment.entry, &segment.part.chunks).unwrap()).collect()
}

/// Of a phone that starts from nothing.
pub(super) fn nothing_held(_: &ChainId, _: u64) -> Option<Vec<[u8; 32]>> {
    None
}

fn sorted(mut records: Vec<PackedRecord>) -> Vec<PackedRecord> {
    records.sort_by_key(|record| (record.chain, record.record.core.seq));
    records
}

fn all_of(couple: &Couple) -> Vec<PackedRecord> {
    sorted(couple.phones.iter().flat_map(|phone| phone.records.clone()).collect())
}

#[test]
fn every_record_comes_back_with_its_id() {
    let mut couple = Couple::new();
    couple.live(40);
    let sealed = seal(&couple);
    let (records, unresolved) = load_segments(&OWNER, open(&sealed), &item_hash, &nothing_held);
    assert_eq!(unresolved, []);
    assert_eq!(sorted(records.clone()), all_of(&couple));
    // And they verify, and come after what they saw.
    let mut known = std::collections::HashSet::from([crate::crypto::record::Place::START]);
    for packed in records {
        let device = if packed.chain == couple.phones[0].chain { 1 } else { 2 };
        let public = super::device(device).public();
        let hash = |index: usize, bytes: &[u8]| item_hash(&packed.chain, &packed.record.core, index, bytes);
        assert_eq!(packed.record.verify(&OWNER, &public, &packed.prev, hash), Ok(packed.id));
        assert!(known.contains(&packed.prev));
        known.insert(packed.id);
    }
}

#[test]
fn the_same_records_are_the_same_chunks_whoever_packs_them_and_when() {
    let mut couple = Couple::new();
    couple.live(400);
    let early = seal(&couple);
    couple.live(100);
    let late = seal(&couple);
    assert!(early.iter().filter(|segment| segment.full).count() >= 2);
    for segment in early.iter().filter(|segment| segment.full) {
        assert!(late.iter().any(|later| later.part == segment.part && later.entry == segment.entry));
    }
    // Behind a full segment the next one starts, on its own.
    let phone = &couple.phones[0];
    let whole = seal_segments(&epoch(), &couple.dictionary(), &phone.records).unwrap();
    let start = whole[0].entry.last_seq as usize;
    let rest = seal_segments(&epoch(), &couple.dictionary(), &phone.records[start..]).unwrap();
    assert_eq!(rest[0].part, whole[1].part);
}

#[test]
fn a_redaction_rewrites_its_segment_alone_and_the_words_are_gone() {
    let mut couple = Couple::new();
    couple.live(400);
    let before = seal(&couple);
    let target =
        couple.phones[0].records.iter().position(|record| matches!(record.record.items[0], Item::Present(_))).unwrap();
    let record = &mut couple.phones[0].records[target];
    let Item::Present(body) = record.record.items[0].clone() else { panic!() };
    let hash = item_hash(&record.chain, &record.record.core, 0, &body).unwrap();
    record.record = record.record.clone().without_item(0, hash);
    let after = seal(&couple);
    let changed = before.iter().zip(&after).filter(|(before, after)| before.part != after.part).count();
    assert_eq!((changed, before.len()), (1, after.len()));
    let (records, unresolved) = load_segments(&OWNER, open(&after), &item_hash, &nothing_held);
    assert_eq!((sorted(records), unresolved), (all_of(&couple), vec![]));
}

#[test]
fn what_is_missing_takes_only_what_names_it_along() {
    let mut couple = Couple::new();
    couple.live(400);
    let sealed = seal(&couple);
    let missing = sealed.iter().position(|segment| segment.full).unwrap();
    let (lost, mut kept) = (sealed[missing].clone(), sealed.clone());
    kept.remove(missing);
    let (records, unresolved) = load_segments(&OWNER, open(&kept), &item_hash, &nothing_held);
    let all = all_of(&couple);
    assert!(records.iter().all(|record| all.contains(record)));
    assert!(!unresolved.is_empty());
    assert!(unresolved.iter().all(|unresolved| unresolved.error.is_none()));
    let gone: u64 = unresolved.iter().map(|unresolved| unresolved.last_seq - unresolved.first_seq + 1).sum();
    let lost = lost.entry.last_seq - lost.entry.first_seq + 1;
    assert_eq!(records.len() as u64 + gone + lost, all.len() as u64);
    // Union: what the other member's pack still has completes it.
    let (records, unresolved) = load_segments(&OWNER, open(&[kept, sealed].concat()), &item_hash, &nothing_held);
    assert_eq!(unresolved, []);
    assert!(all.iter().all(|record| records.contains(record)));
}

#[test]
fn a_manifest_comes_back() {
    let epoch = epoch();
    let mut couple = Couple::new();
    couple.live(10);
    let segments: Vec<SegmentEntry> = seal(&couple).into_iter().map(|segment| segment.entry).collect();
    let manifest = Manifest { segments, certificates: vec![vec![1], vec![2]] };
    let sealed = manifest.seal(&epoch).unwrap();
    assert_eq!(sealed, manifest.seal(&epoch).unwrap());
    assert_eq!(Manifest::open(&epoch, &sealed).unwrap(), manifest);
    assert_eq!(manifest.chunks().len(), manifest.segments.len());
}

#[test]
fn what_is_held_already_stands_in_for_segments_that_were_not_fetched() {
    let mut couple = Couple::new();
    couple.live(400);
    let sealed = seal(&couple);
    let missing = sealed.iter().position(|segment| segment.full).unwrap();
    let (left_out, mut fetched) = (sealed[missing].entry.clone(), sealed);
    fetched.remove(missing);
    let all = all_of(&couple);
    let values = |record: &PackedRecord| {
        let PackedRecord { member, chain, id, record, .. } = record;
        let hash = |(index, item): (usize, &Item)| match item {
            Item::Absent(hash) => *hash,
            Item::Present(bytes) => item_hash(chain, &record.core, index, bytes).unwrap(),
        };
        let hashes: Vec<[u8; 32]> = record.items.iter().enumerate().map(hash).collect();
        record_values(&OWNER, member, id, &record.core, &hashes)
    };
    let place = |record: &PackedRecord| (record.chain, record.record.core.seq);
    let held = |chain: &ChainId, seq: u64| all.iter().find(|record| place(record) == (*chain, seq)).map(values);
    let (records, unresolved) = load_segments(&OWNER, open(&fetched), &item_hash, &held);
    assert_eq!(unresolved, []);
    let rest = all.iter().filter(|record| {
        let (chain, seq) = place(record);
        chain != left_out.chain || !(left_out.first_seq..=left_out.last_seq).contains(&seq)
    });
    assert_eq!(sorted(records), rest.cloned().collect::<Vec<_>>());
}

/// What ten years take: `cargo test -p amends-core --lib ten_years -- --ignored --nocapture`.
#[test]
#[ignore = "measures; takes a minute"]
#[allow(clippy::print_stdout)]
fn ten_years() {
    let mut couple = Couple::new();
    couple.live(3650);
    let actions: usize = couple.phones.iter().map(|phone| phone.records.len()).sum();
    let start = std::time::Instant::now();
    let sealed = seal(&couple);
    let sealing = start.elapsed();
    let bytes: usize = sealed.iter().flat_map(|segment| &segment.part.chunks).map(Vec::len).sum();
    let entries = sealed.iter().map(|segment| segment.entry.clone()).collect();
    let manifest = Manifest { segments: entries, ..Manifest::default() }.seal(&epoch()).unwrap().len();
    let start = std::time::Instant::now();
    let (records, unresolved) = load_segments(&OWNER, open(&sealed), &item_hash, &nothing_held);
    assert_eq!((records.len(), unresolved.len()), (actions, 0));
    println!(
        "{actions} records: {} segments, {bytes} bytes ({:.1} a record), manifest {manifest}; sealed in {sealing:?}, loaded in {:?}",
        sealed.len(),
        bytes as f64 / actions as f64,
        start.elapsed()
    );
}

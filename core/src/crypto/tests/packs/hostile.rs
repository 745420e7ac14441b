use super::*;
use crate::crypto::cbor::{CborError, Writer};
use crate::crypto::seal::{Kind, SealError, deflate, seal as seal_payload, seal_as_is};
use crate::crypto::tests::flipped;
use proptest::prelude::*;

fn one_segment() -> (Couple, SealedSegment) {
    let mut couple = Couple::new();
    couple.live(2);
    let dictionary = couple.dictionary();
    let mut sealed = seal_segments(&epoch(), &dictionary, &couple.phones[0].records).unwrap();
    (couple, sealed.remove(0))
}

#[test]
fn every_flipped_bit_of_chunks_and_manifests_is_refused() {
    let (_, segment) = one_segment();
    let epoch = epoch();
    let mut reader = PackReader::new(&epoch);
    for bytes in flipped(&segment.part.chunks[0]) {
        // By its hash; and behind that, were the hash the right one, by its key or its tag.
        assert_eq!(reader.open_segment(&segment.entry, &[&bytes]).unwrap_err(), PackError::OtherChunk);
        let entry = SegmentEntry { chunks: vec![ChunkHash::of(&bytes)], ..segment.entry.clone() };
        let error = reader.open_segment(&entry, &[&bytes]).unwrap_err();
        assert!(matches!(error, PackError::Seal(_)), "{error:?}");
    }
    let manifest = Manifest { segments: vec![segment.entry.clone()], ..Manifest::default() };
    let sealed = manifest.seal(&epoch).unwrap();
    for bytes in flipped(&sealed) {
        assert!(matches!(Manifest::open(&epoch, &bytes), Err(PackError::Seal(_))));
    }
    assert!(reader.open_segment::<Vec<u8>>(&segment.entry, &[]).is_err());
    let other = Epoch::new(EPOCH, EpochKey::make(&mut seeded(8)).unwrap()).unwrap();
    let refused = PackReader::new(&other).open_segment(&segment.entry, &segment.part.chunks);
    assert_eq!(refused.unwrap_err(), PackError::Seal(SealError::OtherKey));
    // A manifest is no chunk and no record.
    assert!(crate::crypto::seal::open(&epoch, Kind::Chunk, &sealed).is_err());
    assert!(crate::crypto::seal::open_record(&epoch, &sealed).is_err());
}

/// What a member with the key could write: any content, properly sealed.
fn open_content(entry: &SegmentEntry, content: &[u8]) -> Result<Segment, PackError> {
    let epoch = epoch();
    let chunk = seal_as_is(&epoch, Kind::Chunk, content).unwrap();
    let entry = SegmentEntry { chunks: vec![ChunkHash::of(&chunk)], ..entry.clone() };
    PackReader::new(&epoch).open_segment(&entry, &[chunk])
}

#[test]
fn changed_contents_are_refused_or_give_other_ids() {
    let (couple, segment) = one_segment();
    let content = crate::crypto::seal::open(&epoch(), Kind::Chunk, &segment.part.chunks[0]).unwrap();
    let honest: std::collections::HashSet<RecordId> = couple.phones[0].records.iter().map(|record| record.id).collect();
    for (index, changed) in flipped(&content).enumerate().step_by(3) {
        if let Ok(segment) = open_content(&segment.entry, &changed) {
            let (records, _) = load_segments(&OWNER, vec![segment], &item_hash, &nothing_held);
            // Whatever has an honest id is the honest record, but for a signature that verifying refuses.
            for packed in records.into_iter().filter(|packed| honest.contains(&packed.id)) {
                let public = crate::crypto::tests::device(1).public();
                let hash = |index: usize, bytes: &[u8]| item_hash(&packed.chain, &packed.record.core, index, bytes);
                if packed.record.verify(&OWNER, &public, &packed.prev, hash).is_ok() {
                    let honest = couple.phones[0].records.iter().find(|record| record.id == packed.id).unwrap();
                    assert_eq!(honest.record, packed.record, "bit {index}");
                }
            }
        }
    }
    for length in 0..content.len() {
        assert!(open_content(&segment.entry, &content[..length]).is_err());
    }
}

/// A segment of records that never were.
fn segment_of(count: u64, others: usize, raw: &[u8], columns: &[u8]) -> Result<Segment, PackError> {
    let chain = ChainId { device: DeviceId([1; 32]), incarnation: Incarnation([1; 8]) };
    let mut writer = Writer::default();
    writer.map(11).uint(0).uint(1).uint(1).bytes(&[1; 32]).uint(2).bytes(&[1; 32]).uint(3).bytes(&[1; 8]);
    writer.uint(4).uint(1).uint(5).uint(count).uint(6).bytes(&[0; 32]);
    writer.uint(7).array(1).array(2).uint(count).bytes(&[9; 32]);
    writer.uint(8).array(others);
    for number in 0..others {
        writer.array(2).bytes(&[number as u8; 32]).bytes(&[2; 8]);
    }
    writer.uint(9).bytes(raw).uint(10).bytes(&deflate(columns));
    let entry = SegmentEntry { chain, first_seq: 1, last_seq: count, chunks: vec![] };
    open_content(&entry, &writer.finish())
}

#[test]
fn bombs_and_false_counts_are_refused() {
    assert_eq!(segment_of(1, 0, &[], &vec![0; 5 << 20]).unwrap_err(), PackError::Columns);
    assert_eq!(segment_of(0, 0, &[], &[0, 0]).unwrap_err(), PackError::NotARun);
    assert_eq!(segment_of(9000, 0, &[], &[0, 0]).unwrap_err(), PackError::NotARun);
    assert_eq!(segment_of(1, 0, &[], &[0xff; 9]).unwrap_err(), PackError::Columns);
    assert_eq!(segment_of(1, 5000, &[], &[0, 0]).unwrap_err(), PackError::Malformed(CborError::TooLong));
    let load = |columns: &[u8]| {
        let segment = segment_of(3, 1, &[0; 64], columns).unwrap();
        load_segments(&OWNER, vec![segment], &item_hash, &nothing_held).1[0].error
    };
    // No record at all; a literal longer than the column; a core that is none; a value that this record itself defines.
    assert_eq!(load(&[0, 0]), Some(PackError::Columns));
    assert_eq!(load(&[6, 0, 0xa3, 0xff, 0xff, 0xff, 0x7f, 0]), Some(PackError::Columns));
    assert!(matches!(load(&[3, 0, 0xff, 0, 0]), Some(PackError::Record(_))));
    assert_eq!(load(&[5, 0, 0xa3, 0, 2, 0, 0]), None);
    assert_eq!(load(&[5, 0, 0xa3, 0, 4, 9, 0]), None);
    assert_eq!(load(&[3, 0, 0xa3, 0, 1]), Some(PackError::Columns));
}

#[test]
fn segments_that_wait_for_each_other_are_given_up() {
    let chain = |number: u8| ChainId { device: DeviceId([number; 32]), incarnation: Incarnation([2; 8]) };
    let _ = chain(1);
    // The first record of chain 1 names a value of chain 0, whose own first record waits for itself.
    let first = segment_of(1, 1, &[0; 64], &[5, 0, 0xa3, 0, 4, 2, 0]).unwrap();
    let second = segment_of(1, 0, &[0; 64], &[5, 0, 0xa3, 0, 2, 0, 0]).unwrap();
    let (records, unresolved) = load_segments(&OWNER, vec![first, second], &item_hash, &nothing_held);
    assert_eq!((records.len(), unresolved.len()), (0, 2));
}

#[test]
fn a_run_must_be_a_run() {
    let (couple, _) = one_segment();
    let dictionary = couple.dictionary();
    let records = &couple.phones[0].records;
    let refused = |records: &[PackedRecord]| seal_segments(&epoch(), &dictionary, records).unwrap_err();
    assert_eq!(refused(&[records[0].clone(), records[2].clone()]), PackError::NotARun);
    assert_eq!(refused(&[records[0].clone(), couple.phones[1].records[1].clone()]), PackError::NotARun);
    let mut other = records[0].clone();
    other.chain = couple.phones[1].chain;
    assert_eq!(refused(&[other]), PackError::NotARun);
    assert!(seal_segments(&epoch(), &dictionary, &[]).unwrap().is_empty());
}

#[test]
fn a_record_as_large_as_can_be_takes_two_chunks_and_more_is_refused() {
    let mut couple = Couple::new();
    let mut text = vec![0; 100_000];
    rand_core::Rng::fill_bytes(&mut seeded(3), &mut text);
    for _ in 0..5 {
        let body = [&couple.bytes::<32>()[..], &text].concat();
        text.rotate_left(7);
        couple.say(0, 1, couple::Target::Fresh, &[], &body, Day::new(1).unwrap());
    }
    let sealed = seal(&couple);
    assert!(sealed[0].part.chunks.len() > 1);
    let (records, unresolved) = load_segments(&OWNER, open(&sealed), &item_hash, &nothing_held);
    assert_eq!((sorted(records), unresolved), (all_of(&couple), vec![]));
    let manifest = Manifest { certificates: vec![text.clone(); 2], ..Manifest::default() };
    assert_eq!(manifest.seal(&epoch()), Err(PackError::Malformed(CborError::TooLong)));
    let manifest = Manifest { certificates: vec![text[..16_000].to_vec(); 2], ..Manifest::default() };
    assert!(manifest.seal(&epoch()).is_ok());
    let random: Vec<Vec<u8>> = text.chunks(16_000).map(<[u8]>::to_vec).collect();
    let manifest = Manifest { certificates: random, ..Manifest::default() };
    assert_eq!(manifest.seal(&epoch()), Err(PackError::TooLarge));
    let _ = seal_payload(&epoch(), Kind::Manifest, &[]).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn hostile_columns_never_panic(columns: Vec<u8>, raw: Vec<u8>, count in 1u64..9) {
        if let Ok(segment) = segment_of(count, 2, &raw, &columns) {
            let _ = load_segments(&OWNER, vec![segment], &item_hash, &nothing_held);
        }
    }
}

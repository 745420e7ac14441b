//! Records of any shape, in any chains, come back as they were.

use super::*;
use crate::crypto::record::{Core, Place, SeenEntry, SignedRecord};
use crate::crypto::tests::{device, item_hash as any_hash};
use proptest::collection::vec;
use proptest::prelude::*;

/// One record: which chain, how its items look, and how much it repeats of what was there before.
type Shape = (usize, Vec<Vec<u8>>, Vec<bool>, usize, u8);

fn shape() -> impl Strategy<Value = Shape> {
    let header = vec(any::<u8>(), 0..80);
    (0..3usize, vec(header, 0..4), vec(any::<bool>(), 8), 0..3usize, any::<u8>())
}

fn sign(records: &[PackedRecord], shape: &Shape) -> PackedRecord {
    let (who, headers, present, documents, pick) = shape;
    let keys = device(*who as u8 + 1);
    let chain = ChainId { device: keys.id(), incarnation: Incarnation([*who as u8; 8]) };
    let own = records.iter().rev().find(|record| record.chain == chain);
    let prev = own.map_or(Place::START, |record| record.id);
    // Headers and documents name records of any chain, as they would name statements.
    let named = |index: usize| {
        let known = records.len().checked_sub(1).map(|last| records[(usize::from(*pick) + index) % (last + 1)].id.0);
        known.unwrap_or([*pick; 32])
    };
    let headers: Vec<Vec<u8>> = headers
        .iter()
        .enumerate()
        .map(|(index, bytes)| [bytes.as_slice(), &[0x58, 0x20], &named(index), &[0x58, 0x20, 0x58, 0x20]].concat())
        .collect();
    let others = records.iter().rev().find(|record| record.chain != chain);
    let core = Core {
        device_hint: keys.id().hint(),
        incarnation: chain.incarnation,
        seq: own.map_or(1, |record| record.record.core.seq + 1),
        seen: others.map(|record| SeenEntry { index: 0, record: record.id, named: None }).into_iter().collect(),
        headers,
        documents: (0..*documents).map(|index| EntryId(named(7 * index))).collect(),
    };
    let items = (0..core.headers.len() + documents)
        .map(|index| {
            if present[index] {
                Item::Present(vec![*pick; usize::from(*pick) / 4])
            } else {
                Item::Absent([index as u8; 32])
            }
        })
        .collect();
    let made_in = EpochId([pick / 128; 32]);
    let place = Place { owner: OWNER, epoch: made_in, prev };
    let (record, id) = SignedRecord::sign(&keys, &place, core, items, vec![], any_hash).unwrap();
    PackedRecord { member: MemberId::derive(&keys.id()), chain, prev, id, record }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_records_come_back(shapes in vec(shape(), 1..30)) {
        let mut records = Vec::new();
        for shape in &shapes {
            let record = sign(&records, shape);
            records.push(record);
        }
        let hash = |_: &ChainId, _: &Core, index: usize, bytes: &[u8]| any_hash(index, bytes);
        let mut dictionary = Dictionary::new(OWNER);
        for record in &records {
            dictionary.define(record, &hash).unwrap();
        }
        let records = sorted(records);
        let epoch = epoch();
        let mut reader = PackReader::new(&epoch);
        let mut segments = Vec::new();
        for chain in records.chunk_by(|a, b| a.chain == b.chain) {
            for sealed in seal_segments(&epoch, &dictionary, chain).unwrap() {
                segments.push(reader.open_segment(&sealed.entry, &sealed.part.chunks).unwrap());
            }
        }
        for turn in 0..segments.len() {
            segments.rotate_left(turn);
            let (loaded, unresolved) = load_segments(&OWNER, segments.clone(), &hash, &nothing_held);
            prop_assert_eq!(unresolved, vec![]);
            prop_assert_eq!(sorted(loaded), records.clone());
        }
    }
}

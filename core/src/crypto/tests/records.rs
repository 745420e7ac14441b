use super::{cut, device, flipped, item_hash, seeded};
use crate::crypto::cbor::CborError;
use crate::crypto::epoch::{Epoch, EpochKey};
use crate::crypto::record::*;
use crate::crypto::seal::*;
use crate::id::*;
use proptest::collection;
use proptest::prelude::*;

pub(super) fn epoch(seed: u8) -> Epoch {
    Epoch::new(EpochId([seed; 32]), EpochKey::make(&mut seeded(seed)).unwrap()).unwrap()
}

pub(super) fn place(prev: u8) -> Place {
    Place { owner: OwnerId([1; 32]), epoch: EpochId([9; 32]), prev: RecordId([prev; 32]) }
}

pub(super) fn core(headers: Vec<Vec<u8>>, documents: usize) -> Core {
    let random = |name: &[u8], index: usize| hash(&[name, &index.to_be_bytes()]);
    Core {
        device_hint: device(7).id().hint(),
        incarnation: Incarnation([3; 8]),
        seq: 4711,
        seen: (0..3)
            .map(|index| SeenEntry { index, record: RecordId(random(b"seen", index as usize)), named: None })
            .collect(),
        headers,
        documents: (0..documents).map(|index| EntryId(random(b"document", index))).collect(),
    }
}

fn signed(prev: u8) -> (SignedRecord, RecordId) {
    let items = vec![Item::Present(b"a body".to_vec()), Item::Absent([6; 32]), Item::Present(b"a change".to_vec())];
    SignedRecord::sign(
        &device(7),
        &place(prev),
        core(vec![vec![0xa0]; 2], 1),
        items,
        vec![b"certificate".to_vec()],
        item_hash,
    )
    .unwrap()
}

fn verify(record: &SignedRecord) -> Result<RecordId, RecordError> {
    record.verify(&OwnerId([1; 32]), &device(7).public(), &RecordId([5; 32]), item_hash)
}

#[test]
fn a_record_survives_sealing_and_still_verifies() {
    let (record, id) = signed(5);
    let epoch = epoch(9);
    let sealed = seal_record(&epoch, &record, &RecordId([5; 32])).unwrap();
    assert_eq!(sealed, seal_record(&epoch, &record, &RecordId([5; 32])).unwrap());
    let opened = open_record(&epoch, &sealed).unwrap();
    assert_eq!(opened, record);
    assert_eq!(verify(&opened), Ok(id));
}

#[test]
fn a_record_is_bound_to_owner_device_epoch_and_place() {
    let (record, id) = signed(5);
    assert_eq!(verify(&record), Ok(id));
    let public = device(7).public();
    let check = |owner, prev, public| record.verify(&OwnerId([owner; 32]), &public, &RecordId([prev; 32]), item_hash);
    assert_eq!(check(2, 5, public), Err(RecordError::NotSigned));
    assert_eq!(check(1, 6, public), Err(RecordError::NotSigned));
    assert_eq!(check(1, 5, device(8).public()), Err(RecordError::OtherDevice));
    let other_epoch = SignedRecord { made_in: EpochId([10; 32]), ..record.clone() };
    assert_eq!(verify(&other_epoch), Err(RecordError::NotSigned));
    let changed = SignedRecord { items: vec![Item::Present(b"b body".to_vec()); 3], ..record };
    assert_eq!(verify(&changed), Err(RecordError::NotSigned));
}

#[test]
fn a_dropped_body_leaves_id_and_signature() {
    let (record, id) = signed(5);
    let redacted = record.clone().without_item(0, item_hash(0, b"a body").unwrap());
    assert_eq!(redacted.items[0], Item::Absent(item_hash(0, b"a body").unwrap()));
    assert_eq!(verify(&redacted), Ok(id));
    assert_eq!(redacted.clone().without_item(0, [0; 32]), redacted);
    assert_eq!(verify(&record.without_item(0, [0; 32])), Err(RecordError::NotSigned));
}

#[test]
fn resealing_in_a_later_epoch_keeps_the_id() {
    let (record, id) = signed(5);
    let later = epoch(10);
    let opened = open_record(&later, &seal_record(&later, &record, &RecordId([5; 32])).unwrap()).unwrap();
    assert_eq!(opened.made_in, EpochId([9; 32]));
    assert_eq!(verify(&opened), Ok(id));
}

#[test]
fn signing_refuses_what_does_not_fit_together() {
    let sign =
        |core, items| SignedRecord::sign(&device(7), &place(5), core, items, vec![], item_hash).map(|(_, id)| id);
    let item = || Item::Absent([0; 32]);
    assert_eq!(sign(core(vec![vec![0xa0]], 1), vec![item()]), Err(RecordError::Inconsistent));
    assert_eq!(sign(Core { seq: 0, ..core(vec![], 0) }, vec![]), Err(RecordError::Inconsistent));
    assert_eq!(sign(Core { device_hint: [0; 8], ..core(vec![], 0) }, vec![]), Err(RecordError::OtherDevice));
    let too_long = RecordError::Malformed(CborError::TooLong);
    assert_eq!(sign(core(vec![vec![]; HEADERS_MAX + 1], 0), vec![item(); HEADERS_MAX + 1]), Err(too_long));
    assert_eq!(sign(core(vec![vec![0; HEADER_MAX + 1]], 0), vec![item()]), Err(too_long));
    assert_eq!(sign(core(vec![], CHANGES_MAX + 1), vec![item(); CHANGES_MAX + 1]), Err(too_long));
    let seen = SeenEntry { index: 0, record: RecordId([0; 32]), named: None };
    assert_eq!(sign(Core { seen: vec![seen; SEEN_MAX + 1], ..core(vec![], 0) }, vec![]), Err(too_long));
    let none = |_: usize, _: &[u8]| None;
    let present = vec![Item::Present(vec![1])];
    let refused = SignedRecord::sign(&device(7), &place(5), core(vec![vec![0xa0]], 0), present, vec![], none);
    assert_eq!(refused.map(|(_, id)| id), Err(RecordError::Item(0)));
}

#[test]
fn every_flipped_bit_of_a_payload_is_refused_or_changes_nothing_signed() {
    let (record, id) = signed(5);
    let payload = record.encode_payload(&EpochId([9; 32]), Some(&RecordId([5; 32])));
    for bytes in flipped(&payload) {
        if let Ok(other) = SignedRecord::decode_payload(&bytes, &EpochId([9; 32]))
            && verify(&other) == Ok(id)
        {
            // What travels unsigned: the id of the record before, certificates, an ignored key.
            assert_eq!(
                (&other.core_bytes, &other.items, other.signature),
                (&record.core_bytes, &record.items, record.signature)
            );
        }
    }
    for bytes in cut(&payload) {
        assert!(SignedRecord::decode_payload(bytes, &EpochId([9; 32])).is_err());
    }
}

#[test]
fn every_flipped_bit_of_a_sealed_record_is_refused() {
    let (record, _) = signed(5);
    let epoch = epoch(9);
    let sealed = seal_record(&epoch, &record, &RecordId([5; 32])).unwrap();
    for (bit, bytes) in flipped(&sealed).enumerate() {
        let error = open_record(&epoch, &bytes).unwrap_err();
        let expected = match bit / 8 {
            0 => SealError::UnknownVersion,
            1..65 => SealError::OtherKey,
            _ => SealError::NotAuthentic,
        };
        assert_eq!(error, expected, "bit {bit}");
    }
    for bytes in cut(&sealed) {
        assert!(matches!(open_record(&epoch, bytes), Err(SealError::Length)));
    }
}

#[test]
fn another_box_or_epoch_opens_nothing() {
    let (record, _) = signed(5);
    let sealed = seal_record(&epoch(9), &record, &RecordId([5; 32])).unwrap();
    assert_eq!(open_record(&epoch(10), &sealed), Err(SealError::OtherKey));
    assert_eq!(open(&epoch(9), Kind::Chunk, &sealed), Err(SealError::OtherKey));
}

#[test]
fn repetitive_payloads_are_deflated_and_bombs_are_refused() {
    let epoch = epoch(9);
    let text = vec![b'a'; PAYLOAD_MAX];
    let sealed = seal(&epoch, Kind::Record, &text).unwrap();
    assert_eq!(sealed.len(), 2048);
    assert_eq!(open(&epoch, Kind::Record, &sealed).unwrap(), text);
    assert_eq!(seal(&epoch, Kind::Record, &vec![b'a'; PAYLOAD_MAX + 1]), Err(SealError::TooLarge));
    assert_eq!(inflate(&deflate(&text), PAYLOAD_MAX - 1), None);
}

fn any_core() -> impl Strategy<Value = Core> {
    let bytes32 = any::<[u8; 32]>;
    let seen = (any::<u32>(), bytes32(), proptest::option::of((bytes32(), any::<[u8; 8]>()))).prop_map(
        |(index, record, named)| SeenEntry {
            index,
            record: RecordId(record),
            named: named.map(|(device, incarnation)| (DeviceId(device), Incarnation(incarnation))),
        },
    );
    let headers = collection::vec(collection::vec(any::<u8>(), 0..100), 0..5);
    (
        any::<[u8; 8]>(),
        any::<[u8; 8]>(),
        1..u64::MAX,
        collection::vec(seen, 0..5),
        headers,
        collection::vec(bytes32(), 0..5),
    )
        .prop_map(|(device_hint, incarnation, seq, seen, headers, documents)| Core {
            device_hint,
            incarnation: Incarnation(incarnation),
            seq,
            seen,
            headers,
            documents: documents.into_iter().map(EntryId).collect(),
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn cores_round_trip(core in any_core()) {
        prop_assert_eq!(Core::decode(&core.encode()), Ok(core));
    }

    #[test]
    fn payloads_round_trip_through_sealing(core in any_core(), sizes in collection::vec(0usize..3000, 10), absent: u16) {
        let items = (0..core.headers.len() + core.documents.len())
            .map(|index| if absent >> index & 1 == 1 { Item::Absent([index as u8; 32]) } else { Item::Present(vec![index as u8; sizes[index]]) })
            .collect();
        let core = Core { device_hint: device(7).id().hint(), ..core };
        let (record, id) = SignedRecord::sign(&device(7), &place(5), core, items, vec![], item_hash).unwrap();
        let epoch = epoch(9);
        let opened = open_record(&epoch, &seal_record(&epoch, &record, &RecordId([5; 32])).unwrap()).unwrap();
        prop_assert_eq!(verify(&opened), Ok(id));
    }

    #[test]
    fn hostile_bytes_never_panic(bytes: Vec<u8>) {
        let _ = Core::decode(&bytes);
        let _ = SignedRecord::decode_payload(&bytes, &EpochId([9; 32]));
        let _ = open_record(&epoch(9), &bytes);
    }
}

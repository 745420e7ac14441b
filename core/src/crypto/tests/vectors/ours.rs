use super::*;
use crate::crypto::certificate::*;
use crate::crypto::epoch::*;
use crate::crypto::keys::{DeviceKeys, make_device_keys};
use crate::crypto::pack::*;
use crate::crypto::record::*;
use crate::crypto::seal::{Kind, open_record, seal_record};
use crate::crypto::storage::*;
use crate::crypto::stretch::Cost;
use crate::crypto::words::Words;
use crate::id::*;

const OWNER: OwnerId = OwnerId([0x01; 32]);

#[test]
fn certificates() {
    let mut noted = Noted::new(1);
    let first = make_device_keys(&mut noted).unwrap();
    let second = make_device_keys(&mut noted).unwrap();
    let root = Certificate::first(&first).unwrap();
    let unsigned = Certificate::add(&first, root.member(), second.public()).unwrap();
    let add = unsigned.countersign(&second).unwrap();
    let chain = MemberChain::verify(root.member(), &[root.as_bytes(), add.as_bytes()]).unwrap();
    let accepted = [LastAccepted { incarnation: Incarnation([0x0a; 8]), seq: 300 }];
    let revoke = Certificate::revoke(&second, &chain, first.id(), &accepted).unwrap();

    let keys = |keys: &DeviceKeys| {
        let public = keys.public();
        Vector::default()
            .hex("secret", keys.to_secret())
            .hex("signing", public.signing)
            .hex("sealing", public.sealing)
            .hex("device", keys.id().0)
    };
    let certificate = |certificate: &Certificate| {
        Vector::default()
            .hex("bytes", certificate.as_bytes())
            .hex("id", certificate.id().0)
            .hex("member", certificate.member().0)
    };
    let kept = golden(
        "certificates.json",
        vec![
            ("first_device", keys(&first).hex("randomness", &noted.given[..64])),
            ("second_device", keys(&second).hex("randomness", &noted.given[64..])),
            ("first", certificate(&root)),
            ("unsigned_add", Vector::default().hex("bytes", unsigned.encode().unwrap())),
            ("add", certificate(&add)),
            ("revoke", certificate(&revoke)),
        ],
    );
    let member = MemberId(fixed(&kept["first"]["member"]));
    let set = ["first", "add", "revoke"].map(|name| unhex(&kept[name]["bytes"]));
    let chain = MemberChain::verify(member, &set).unwrap();
    assert_eq!(chain.standing(&DeviceId(fixed(&kept["first_device"]["device"]))), Some(Standing::Revoked));
    assert_eq!(chain.standing(&DeviceId(fixed(&kept["second_device"]["device"]))), Some(Standing::Live));
    assert!(DeviceKeys::from_secret(&unhex(&kept["second_device"]["secret"])).is_ok());
    for index in 0..set.len() {
        // Every byte, and every place in a byte.
        for bytes in flipped(&set[index]).step_by(7) {
            let mut set = set.to_vec();
            set[index] = bytes;
            assert!(MemberChain::verify(member, &set).is_err());
        }
    }
}

#[test]
fn epochs_and_boxes() {
    let mut noted = Noted::new(2);
    let key = EpochKey::make(&mut noted).unwrap();
    let parts = EpochParts::first(&key).unwrap();
    let first = parts.with_key(&OWNER, key.clone()).unwrap();
    let later_key = EpochKey::make(&mut noted).unwrap();
    let given = noted.given.len();
    let devices = [device(1).public()];
    let later = EpochParts::turn(&OWNER, &later_key, &[first.id()], Some([7; 32]), &devices, &mut noted).unwrap();
    let message = b"message of the relay's protocol";
    let kept = golden(
        "epochs.json",
        vec![
            (
                "first",
                Vector::default()
                    .hex("owner", OWNER.0)
                    .hex("key", key.as_bytes())
                    .hex("parts", parts.as_bytes())
                    .hex("epoch", first.id().0)
                    .hex("box", first.box_id())
                    .hex("message", message)
                    .hex("signature", first.box_keys().sign_access(message).unwrap()),
            ),
            (
                "turned",
                Vector::default()
                    .hex("owner", OWNER.0)
                    .hex("key", later_key.as_bytes())
                    .hex("sealed_to_secret", device(1).to_secret())
                    .hex("randomness", &noted.given[given..])
                    .hex("parts", later.as_bytes())
                    .hex("epoch", later.id(&OWNER).0),
            ),
        ],
    );
    let parts = EpochParts::decode(&unhex(&kept["turned"]["parts"])).unwrap();
    let keys = DeviceKeys::from_secret(&unhex(&kept["turned"]["sealed_to_secret"])).unwrap();
    assert_eq!(parts.open(&OWNER, &keys).unwrap().key().as_bytes(), &fixed(&kept["turned"]["key"]));
    for name in ["first", "turned"] {
        for bytes in flipped(&unhex(&kept[name]["parts"])) {
            let other = EpochParts::decode(&bytes).map(|parts| parts.id(&OWNER).0);
            assert_ne!(other.ok(), Some(fixed(&kept[name]["epoch"])));
        }
    }
}

fn sample_record() -> (Place, SignedRecord, RecordId) {
    let keys = device(1);
    let place = Place { owner: OWNER, epoch: EpochId([0x02; 32]), prev: RecordId([0x03; 32]) };
    let core = Core {
        device_hint: keys.id().hint(),
        incarnation: Incarnation([0x0a; 8]),
        seq: 300,
        seen: vec![
            SeenEntry { index: 0, record: RecordId([0x04; 32]), named: None },
            SeenEntry {
                index: 1,
                record: RecordId([0x05; 32]),
                named: Some((DeviceId([0x06; 32]), Incarnation([0x0b; 8]))),
            },
        ],
        headers: vec![vec![0xa2, 0x00, 0x01, 0x06, 0x18, 0x2a], vec![0xa1, 0x00, 0x0b]],
        documents: vec![EntryId([0x07; 32])],
    };
    let items = vec![
        Item::Present(b"a body, in the test's own hash".to_vec()),
        Item::Absent([0x08; 32]),
        Item::Present(b"a change".to_vec()),
    ];
    let (record, id) = SignedRecord::sign(&keys, &place, core, items, vec![], item_hash).unwrap();
    (place, record, id)
}

#[test]
fn records() {
    let (place, record, id) = sample_record();
    let inner = record.inner(&place.owner, &device(1).id(), &place.prev, item_hash).unwrap();
    let epoch = Epoch::new(place.epoch, EpochKey::from_bytes(&[0x0c; 32])).unwrap();
    let later = Epoch::new(EpochId([0x0d; 32]), EpochKey::from_bytes(&[0x0e; 32])).unwrap();
    let hashes: Vec<u8> = record
        .items
        .iter()
        .enumerate()
        .flat_map(|(index, item)| match item {
            Item::Present(bytes) => item_hash(index, bytes).unwrap(),
            Item::Absent(hash) => *hash,
        })
        .collect();
    let kept = golden(
        "records.json",
        vec![(
            "record",
            Vector::default()
                .hex("secret", device(1).to_secret())
                .hex("owner", place.owner.0)
                .hex("epoch", place.epoch.0)
                .hex("prev", place.prev.0)
                .hex("item_hashes", hashes)
                .hex("core", &record.core_bytes)
                .hex("inner", &inner)
                .hex("id", id.0)
                .hex("signature", record.signature)
                .hex("payload", record.encode_payload(&place.epoch, Some(&place.prev)))
                .hex("epoch_key", epoch.key().as_bytes())
                .hex("box", epoch.box_id())
                .hex("sealed", seal_record(&epoch, &record, &place.prev).unwrap())
                .hex("later_epoch", later.id().0)
                .hex("later_epoch_key", later.key().as_bytes())
                .hex("resealed", seal_record(&later, &record, &place.prev).unwrap()),
        )],
    );
    let kept = &kept["record"];
    let public = device(1).public();
    for (epoch, sealed) in [(&epoch, "sealed"), (&later, "resealed")] {
        let opened = open_record(epoch, &unhex(&kept[sealed])).unwrap();
        assert_eq!(opened.verify(&OWNER, &public, &place.prev, item_hash), Ok(RecordId(fixed(&kept["id"]))));
        assert!(flipped(&unhex(&kept[sealed])).all(|sealed| open_record(epoch, &sealed).is_err()));
    }
    // Field by field: owner, epoch, prev, device, signature, core, items.
    let mut changed = Vec::new();
    for bytes in flipped(&unhex(&kept["core"])) {
        if let Ok(core) = Core::decode(&bytes) {
            changed.push(SignedRecord { core_bytes: bytes, core, ..record.clone() });
        }
    }
    for signature in flipped(&record.signature) {
        changed.push(SignedRecord { signature: signature.try_into().unwrap(), ..record.clone() });
    }
    for epoch in flipped(&place.epoch.0) {
        changed.push(SignedRecord { made_in: EpochId(epoch.try_into().unwrap()), ..record.clone() });
    }
    for (index, item) in record.items.iter().enumerate() {
        let (bytes, absent) = match item {
            Item::Present(bytes) => (bytes.clone(), false),
            Item::Absent(hash) => (hash.to_vec(), true),
        };
        for bytes in flipped(&bytes) {
            let mut record = record.clone();
            record.items[index] = if absent { Item::Absent(bytes.try_into().unwrap()) } else { Item::Present(bytes) };
            changed.push(record);
        }
    }
    assert!(changed.iter().all(|record| { record.verify(&OWNER, &public, &place.prev, item_hash).is_err() }));
    for owner in flipped(&OWNER.0) {
        assert!(record.verify(&OwnerId(owner.try_into().unwrap()), &public, &place.prev, item_hash).is_err());
    }
    for prev in flipped(&place.prev.0) {
        assert!(record.verify(&OWNER, &public, &RecordId(prev.try_into().unwrap()), item_hash).is_err());
    }
}

#[test]
fn words() {
    let cost = Cost { memory_kib: 64, passes: 2, lanes: 1 };
    let entropy = std::array::from_fn(|index| 0x11 * (index as u8 + 1));
    let words = Words::from_entropy(&entropy);
    let keys = words.derive_keys(cost).unwrap();
    let kept = golden(
        "words.json",
        vec![(
            "words",
            Vector::default()
                .hex("entropy", entropy)
                .value("words", words.to_text().as_str())
                .value("memory_kib", cost.memory_kib)
                .value("passes", cost.passes)
                .value("lanes", cost.lanes)
                .hex("rendezvous", keys.rendezvous)
                .hex("key", *keys.key)
                .hex("secret", *keys.secret),
        )],
    );
    let text = kept["words"]["words"].as_str().unwrap();
    assert_eq!(text.parse(), Ok(words));
    for index in 0..8 {
        let other: Vec<&str> =
            text.split(' ').enumerate().map(|(at, word)| if at == index { "zoo" } else { word }).collect();
        let other = other.join(" ").parse::<Words>().unwrap().derive_keys(cost).unwrap();
        assert_ne!((other.rendezvous, *other.key, *other.secret), (keys.rendezvous, *keys.key, *keys.secret));
    }
}

#[test]
fn storage() {
    let mut noted = Noted::new(3);
    let key = StorageKey::make(&mut noted).unwrap();
    let given = noted.given.len();
    let sealed = key.seal_row(7, b"row", b"what is kept", &mut noted).unwrap();
    let cost = Cost { memory_kib: 64, passes: 2, lanes: 1 };
    let passphrase = "correct horse";
    let (from_passphrase, slot) = StorageKey::make_from_passphrase(passphrase, cost, &mut Noted::new(4)).unwrap();
    let kept = golden(
        "storage.json",
        vec![
            (
                "row",
                Vector::default()
                    .hex("key", key.as_bytes())
                    .value("table", 7)
                    .hex("row", b"row")
                    .hex("text", b"what is kept")
                    .hex("randomness", &noted.given[given..])
                    .hex("sealed", sealed),
            ),
            (
                "passphrase",
                Vector::default()
                    .value("passphrase", passphrase)
                    .hex("slot", slot)
                    .hex("key", from_passphrase.as_bytes()),
            ),
        ],
    );
    let row = &kept["row"];
    let key = StorageKey::from_bytes(&fixed(&row["key"])).unwrap();
    assert_eq!(key.open_row(7, &unhex(&row["row"]), &unhex(&row["sealed"])), Ok(unhex(&row["text"])));
    assert!(flipped(&unhex(&row["sealed"])).all(|sealed| key.open_row(7, b"row", &sealed).is_err()));
    assert!(flipped(b"row").all(|row_key| key.open_row(7, &row_key, &unhex(&row["sealed"])).is_err()));
    let kept = &kept["passphrase"];
    let opened = StorageKey::from_passphrase(passphrase, &unhex(&kept["slot"])).unwrap();
    assert_eq!(opened.as_bytes(), &fixed(&kept["key"]));
}

#[test]
fn packs() {
    let keys = device(1);
    let member = MemberId::derive(&keys.id());
    let chain = ChainId { device: keys.id(), incarnation: Incarnation([0x0a; 8]) };
    let epoch = Epoch::new(EpochId([0x02; 32]), EpochKey::from_bytes(&[0x0c; 32])).unwrap();
    let mut dictionary = Dictionary::new(OWNER);
    let mut records: Vec<PackedRecord> = Vec::new();
    let hash_of = |_: &ChainId, _: &Core, index: usize, bytes: &[u8]| item_hash(index, bytes);
    // Two records; the second one speaks of the entry that the first one makes, and names its statement.
    let fresh = [0x0f; 16];
    let mut header = vec![0xa2, 0x00, 0x01, 0x02, 0x50];
    header.extend_from_slice(&fresh);
    let entry = EntryId::derive(&OWNER, &member, &fresh);
    let body = [[0x10; 32].as_slice(), b"words"].concat();
    for seq in 1..=2 {
        let prev = records.last().map_or(Place::START, |record| record.id);
        let (headers, items) = if seq == 1 {
            (vec![header.clone()], vec![Item::Present(body.clone())])
        } else {
            let body_hash = item_hash(0, &body).unwrap();
            let statement = hash(&[b"amends/statement/1", &OWNER.0, &member.0, &body_hash, &header]);
            let mut second = vec![0xa3, 0x00, 0x02, 0x01, 0x58, 0x20];
            second.extend_from_slice(&entry.0);
            second.extend_from_slice(&[0x05, 0x81, 0x58, 0x20]);
            second.extend_from_slice(&statement);
            (vec![second], vec![Item::Absent([0x11; 32])])
        };
        let core = Core {
            device_hint: keys.id().hint(),
            incarnation: chain.incarnation,
            seq,
            seen: Vec::new(),
            headers,
            documents: Vec::new(),
        };
        let place = Place { owner: OWNER, epoch: epoch.id(), prev };
        let (record, id) = SignedRecord::sign(&keys, &place, core, items, vec![], item_hash).unwrap();
        let record = PackedRecord { member, chain, prev, id, record };
        dictionary.define(&record, &hash_of).unwrap();
        records.push(record);
    }
    let segment = seal_segments(&epoch, &dictionary, &records).unwrap().remove(0);
    let content = crate::crypto::seal::open(&epoch, Kind::Chunk, &segment.part.chunks[0]).unwrap();
    let manifest = Manifest {
        segments: vec![segment.entry.clone()],
        certificates: vec![Certificate::first(&keys).unwrap().as_bytes().to_vec()],
    };
    let sealed = manifest.seal(&epoch).unwrap();
    let manifest_content = crate::crypto::seal::open(&epoch, Kind::Manifest, &sealed).unwrap();
    let columns = miniz_oxide::inflate::decompress_to_vec(&segment_columns(&content)).unwrap();
    let kept = golden(
        "packs.json",
        vec![
            (
                "segment",
                Vector::default()
                    .hex("owner", OWNER.0)
                    .hex("epoch", epoch.id().0)
                    .hex("epoch_key", epoch.key().as_bytes())
                    .hex("first_core", &records[0].record.core_bytes)
                    .hex("second_core", &records[1].record.core_bytes)
                    .hex("first_id", records[0].id.0)
                    .hex("second_id", records[1].id.0)
                    .hex("columns", columns)
                    .hex("content", content)
                    .hex("chunk", &segment.part.chunks[0])
                    .hex("chunk_hash", segment.part.hashes[0].0),
            ),
            ("manifest", Vector::default().hex("content", manifest_content).hex("sealed", sealed)),
        ],
    );
    let manifest = Manifest::open(&epoch, &unhex(&kept["manifest"]["sealed"])).unwrap();
    let mut reader = PackReader::new(&epoch);
    let chunk = unhex(&kept["segment"]["chunk"]);
    let opened = reader.open_segment(&manifest.segments[0], &[&chunk]).unwrap();
    let (loaded, unresolved) = load_segments(&OWNER, vec![opened], &hash_of, &|_, _| None);
    assert_eq!((loaded, unresolved), (records, vec![]));
    assert!(flipped(&chunk).all(|chunk| { reader.open_segment(&manifest.segments[0], &[chunk]).is_err() }));
    assert!(flipped(&unhex(&kept["manifest"]["sealed"])).all(|sealed| Manifest::open(&epoch, &sealed).is_err()));
}

/// Key 10 of a segment.
fn segment_columns(content: &[u8]) -> Vec<u8> {
    let mut reader = crate::crypto::cbor::Reader::open(content).unwrap();
    for _ in 0..reader.map().unwrap() {
        match reader.uint().unwrap() {
            10 => return reader.bytes(usize::MAX).unwrap().to_vec(),
            _ => reader.skip().unwrap(),
        }
    }
    panic!("no columns");
}

use super::super::flush::{Signer, flush};
use super::super::rows::{MEMBER_BOX, UnflushedRow, unflushed_key};
use super::super::seal::{drop_items, read_record, rewrite_record, sealed_hashes, sealed_records, write_record};
use super::super::state::{Chain, EpochState};
use super::super::{BoxState, RosterMember};
use super::*;
use crate::crypto::certificate::Certificate;
use crate::crypto::epoch::{EpochKey, EpochParts};
use crate::crypto::keys::{DeviceKeys, make_device_keys};
use crate::crypto::record::{Item, Place};
use crate::id::{Day, EntryId, Incarnation, OwnerId, hash};
use crate::statement::{Body, Content, Header, Kind, Statement, Subject};
use crate::storage::{MemoryStore, Store};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const INCARNATION: Incarnation = Incarnation([5; 8]);
const CHAIN: u16 = 0;

/// A member's phone as far as rows of records go.
struct Phone {
    keys: DeviceKeys,
    me: MemberId,
    boxes: Vec<BoxState>,
    keyring: Keyring,
    store: MemoryStore,
}

impl Phone {
    fn new() -> Self {
        let mut random = ChaCha20Rng::seed_from_u64(7);
        let keys = make_device_keys(&mut random).expect("keys");
        let me = MemberId::derive(&keys.id());
        let key = EpochKey::make(&mut random).expect("a key");
        let parts = EpochParts::first(&key).expect("an epoch");
        let owner = OwnerId::from(me);
        let epoch =
            EpochState { id: parts.id(&owner), key: (*key.as_bytes()).into(), parts: parts.as_bytes().to_vec().into() };
        let certificate = Certificate::first(&keys).expect("a certificate").as_bytes().to_vec().into();
        let roster = vec![RosterMember { member: me, name: String::new(), certificates: vec![certificate] }];
        let boxes = vec![BoxState::new(owner, epoch, roster)];
        let mut keyring = Keyring::default();
        keyring.refresh(&boxes).expect("a ring");
        Self { keys, me, boxes, keyring, store: MemoryStore::new() }
    }

    /// A step: `act`, then what every step does to records.
    fn step<T>(&mut self, rule: SheafRule, act: impl FnOnce(&mut Work<'_>, &mut [BoxState], &Keyring) -> T) -> T {
        let mut work = Work::new(&self.store);
        let done = act(&mut work, &mut self.boxes, &self.keyring);
        bind_settled(&mut work, &self.keyring, &self.boxes, &self.me, rule).expect("binds");
        let transaction = work.into_transaction();
        self.store.commit(&transaction).expect("commits");
        done
    }

    fn look<T>(&self, look: impl FnOnce(&Work<'_>, &BoxRing) -> T) -> T {
        look(&Work::new(&self.store), self.keyring.ring(MEMBER_BOX).expect("a ring"))
    }

    fn read(&self, seq: u64, twin: u8) -> Option<(RecordRow, SignedRecord)> {
        self.look(|work, ring| read_record(work, ring, MEMBER_BOX, CHAIN, seq, twin)).expect("reads")
    }

    /// A record of some length, with an id that no other has.
    fn record(&self, seq: u64, branch: u8, length: usize) -> (RecordId, SignedRecord) {
        let header = Header::new(Kind::CREATE, Subject::Fresh([branch; 16]), Day::MIN);
        let mut body = vec![branch; length];
        let noise = hash(&[&seq.to_be_bytes(), &[branch]]);
        body.iter_mut().zip(noise).for_each(|(to, from)| *to = from);
        let place = Place { owner: self.boxes[0].owner, epoch: self.boxes[0].epochs[0].id, prev: RecordId([3; 32]) };
        let core = crate::crypto::record::Core {
            device_hint: self.keys.id().hint(),
            incarnation: INCARNATION,
            seq,
            seen: Vec::new(),
            headers: vec![header.encode()],
            documents: Vec::new(),
        };
        let items = vec![Item::Present(body)];
        let of = |_: usize, bytes: &[u8]| Some(hash(&[bytes]));
        let (mut record, id) = SignedRecord::sign(&self.keys, &place, core, items, Vec::new(), of).expect("signs");
        record.prev = None;
        (id, record)
    }

    fn rows(&self, table: Table) -> usize {
        self.store.range(table, &[], &[], usize::MAX).expect("reads").len()
    }

    /// What is kept, inflated, one after the other.
    fn kept(&self) -> Vec<u8> {
        let mut kept = Vec::new();
        for (_, row) in self.store.range(Table::Records, &[], &[], usize::MAX).expect("reads") {
            let row: RecordRow = minicbor::decode(&row).expect("a row");
            kept.extend(row.record().expect("a record").encode_payload(&EpochId([0; 32]), None));
        }
        for (_, row) in self.store.range(Table::Sheaves, &[], &[], usize::MAX).expect("reads") {
            let records = bound_records(&row).expect("a sheaf");
            kept.extend(records.iter().flat_map(|record| record.encode_payload(&EpochId([0; 32]), None)));
        }
        kept
    }
}

fn grow(boxes: &mut [BoxState], phone: (MemberId, crate::id::DeviceId), seq: u64) {
    let state = &mut boxes[0];
    if state.chains.is_empty() {
        state.chains.push(Chain::new(phone.0, phone.1, INCARNATION));
    }
    let chain = &mut state.chains[0];
    chain.head_seq = chain.head_seq.max(seq);
}

/// One of the things that happen to the record at a place.
#[derive(Debug, Clone)]
enum Event {
    /// It arrives, if there is not another already: its length.
    Arrives(u64, usize),
    /// Another one at the same place.
    Twin(u64),
    /// Its words are taken back.
    Redacted(u64),
    /// Its words come back, longer than they were.
    Completed(u64, usize),
    /// A recovery takes everything apart.
    Recovered,
}

fn events() -> impl Strategy<Value = Vec<Vec<Event>>> {
    let place = || 1u64..150;
    let length = || prop_oneof![8 => 40usize..300, 1 => 3000usize..6000];
    let event = prop_oneof![
        30 => (place(), length()).prop_map(|(seq, length)| Event::Arrives(seq, length)),
        2 => place().prop_map(Event::Twin),
        3 => place().prop_map(Event::Redacted),
        2 => (place(), length()).prop_map(|(seq, length)| Event::Completed(seq, length)),
        1 => Just(Event::Recovered),
    ];
    let early = (1u64..140).prop_map(|last| (1..=last).map(|seq| Event::Arrives(seq, 60)).collect());
    let step = prop_oneof![1 => early, 6 => prop::collection::vec(event, 1..8)];
    prop::collection::vec(step, 1..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever happens in whatever order, what is read is what was written, and every record is kept once.
    #[test]
    fn what_is_kept_is_what_was_written(steps in events(), every in 1u32..70, keep in 0u32..40) {
        let mut phone = Phone::new();
        let rule = SheafRule { every, keep };
        let who = (phone.me, phone.keys.id());
        let mut model: BTreeMap<(u64, u8), (RecordId, SignedRecord)> = BTreeMap::new();
        for step in steps {
            let made: Vec<(Event, Option<(RecordId, SignedRecord)>)> = step.into_iter().map(|event| {
                let made = match event {
                    Event::Arrives(seq, length) => Some(phone.record(seq, 0, length)),
                    Event::Twin(seq) => Some(phone.record(seq, 1, 50)),
                    _ => None,
                };
                (event, made)
            }).collect();
            phone.step(rule, |work, boxes, keyring| {
                let ring = keyring.ring(MEMBER_BOX).expect("a ring");
                for (event, made) in made {
                    match (event, made) {
                        (Event::Arrives(seq, _), Some((id, record))) => {
                            if let std::collections::btree_map::Entry::Vacant(free) = model.entry((seq, 0)) {
                                grow(boxes, who, seq);
                                write_record(work, MEMBER_BOX, CHAIN, seq, 0, &RecordRow::new(id, &record, None));
                                free.insert((id, record));
                            }
                        }
                        (Event::Twin(seq), Some((id, record)))
                            if model.contains_key(&(seq, 0)) && !model.contains_key(&(seq, 1)) =>
                        {
                            write_record(work, MEMBER_BOX, CHAIN, seq, 1, &RecordRow::new(id, &record, None));
                            model.insert((seq, 1), (id, record));
                        }
                        (Event::Redacted(seq), _) => {
                            if let Some((_, record)) = model.get_mut(&(seq, 0)) {
                                *record = record.clone().without_item(0, [9; 32]);
                                drop_items(work, ring, MEMBER_BOX, (CHAIN, seq, 0), &[(0, [9; 32])]).expect("drops");
                            }
                        }
                        (Event::Completed(seq, length), _) => {
                            if let Some((id, record)) = model.get_mut(&(seq, 0)) {
                                record.items = vec![Item::Present(vec![1; length])];
                                let row = RecordRow::new(*id, record, None);
                                rewrite_record(work, MEMBER_BOX, CHAIN, 0, &row, record).expect("rewrites");
                            }
                        }
                        (Event::Recovered, _) => assert!(unbind_all(work, MEMBER_BOX).expect("unbinds")),
                        _ => {}
                    }
                }
            });
            for seq in 1..150 {
                for twin in 0..2 {
                    let read = phone.read(seq, twin).map(|(row, record)| (row.id, record));
                    prop_assert_eq!(read.as_ref(), model.get(&(seq, twin)), "place {} {}", seq, twin);
                }
            }
            let sheaves = phone.store.range(Table::Sheaves, &[], &[], usize::MAX).expect("reads");
            let bound: usize = sheaves.iter().map(|(_, row)| bound_records(row).expect("a sheaf").len()).sum();
            prop_assert_eq!(bound + phone.rows(Table::Records), model.len(), "every record is kept once");
        }
    }

    #[test]
    fn bad_bytes_are_no_sheaf(bytes in prop::collection::vec(any::<u8>(), 0..300), at in 0usize..4096, flip in 1u8..) {
        prop_assert!(bound_records(&bytes).is_none());
        let phone = Phone::new();
        let mut sheaf = Sheaf::default();
        for seq in 1..5u8 {
            let (id, record) = phone.record(seq.into(), 0, 60);
            prop_assert!(sheaf.bind(seq - 1, &RecordRow::new(id, &record, None), &record, None));
        }
        let mut row = sheaf.encode();
        prop_assert_eq!(bound_records(&row).map(|records| records.len()), Some(4));
        let at = at % row.len();
        row[at] ^= flip;
        // The store's seal tells what was changed; here it only must not do any harm.
        let _ = bound_records(&row);
        prop_assert!(bound_records(&row[..at]).is_none());
    }
}

#[test]
fn a_chain_that_grows_is_bound_but_for_its_newest_records() {
    let mut phone = Phone::new();
    let who = (phone.me, phone.keys.id());
    for seq in 1..=200 {
        let (id, record) = phone.record(seq, 0, 60);
        phone.step(SheafRule::default(), |work, boxes, _| {
            grow(boxes, who, seq);
            write_record(work, MEMBER_BOX, CHAIN, seq, 0, &RecordRow::new(id, &record, None));
        });
        let alone = phone.rows(Table::Records);
        assert!(alone < 96 && (seq < 96 || alone >= 32), "{alone} stand alone of {seq}");
    }
    assert_eq!(phone.rows(Table::Sheaves), 2);
}

#[test]
fn a_long_record_and_a_forked_place_stand_alone() {
    let mut phone = Phone::new();
    let who = (phone.me, phone.keys.id());
    let records: Vec<_> = (1..=100).map(|seq| phone.record(seq, 0, if seq == 5 { 9000 } else { 60 })).collect();
    let (twin, other) = phone.record(7, 1, 60);
    phone.step(SheafRule::default(), |work, boxes, _| {
        for (id, record) in &records {
            grow(boxes, who, record.core.seq);
            write_record(work, MEMBER_BOX, CHAIN, record.core.seq, 0, &RecordRow::new(*id, record, None));
        }
        write_record(work, MEMBER_BOX, CHAIN, 7, 1, &RecordRow::new(twin, &other, None));
    });
    let alone = phone.store.range(Table::Records, &[], &[], usize::MAX).expect("reads");
    let alone: Vec<_> =
        alone.iter().filter_map(|(key, _)| parse_key(key)).map(|(_, _, seq, twin)| (seq, twin)).collect();
    let mut expected = vec![(5, 0), (7, 0), (7, 1)];
    expected.extend((65..=100).map(|seq| (seq, 0)));
    assert_eq!(alone, expected);
}

#[test]
fn a_record_that_stands_alone_beside_its_sheaf_is_taken_back_in_both() {
    let mut phone = Phone::new();
    let (who, rule) = ((phone.me, phone.keys.id()), SheafRule { every: 1, keep: 0 });
    let (id, record) = phone.record(1, b'c', 60);
    let row = RecordRow::new(id, &record, None);
    phone.step(rule, |work, boxes, _| {
        grow(boxes, who, 1);
        write_record(work, MEMBER_BOX, CHAIN, 1, 0, &row);
    });
    phone.step(SheafRule { every: 64, keep: 9 }, |work, _, _| write_record(work, MEMBER_BOX, CHAIN, 1, 0, &row));
    assert_eq!((phone.rows(Table::Sheaves), phone.rows(Table::Records)), (1, 1));
    phone.step(SheafRule::default(), |work, _, keyring| {
        let ring = keyring.ring(MEMBER_BOX).expect("a ring");
        drop_items(work, ring, MEMBER_BOX, (CHAIN, 1, 0), &[(0, [9; 32])]).expect("drops");
    });
    assert!(!phone.kept().windows(20).any(|window| window == [b'c'; 20]));
    assert_eq!(phone.read(1, 0).map(|(_, record)| record), Some(record.without_item(0, [9; 32])));
}

#[test]
fn a_damaged_sheaf_is_told_and_keeps_nobody_from_writing() {
    let mut phone = Phone::new();
    let who = (phone.me, phone.keys.id());
    let rule = SheafRule { every: 2, keep: 0 };
    for seq in 1..=6 {
        let (id, record) = phone.record(seq, 0, 60);
        phone.step(rule, |work, boxes, _| {
            if seq == 5 {
                work.put(Table::Sheaves, Stretch { index: MEMBER_BOX, chain: CHAIN, number: 0 }.key(), *b"damaged");
            }
            grow(boxes, who, seq);
            write_record(work, MEMBER_BOX, CHAIN, seq, 0, &RecordRow::new(id, &record, None));
        });
    }
    let read = phone.look(|work, ring| read_record(work, ring, MEMBER_BOX, CHAIN, 1, 0).map(|read| read.is_some()));
    assert!(matches!(read, Err(SyncError::Store(StoreError::Damaged { table: Some(Table::Sheaves) }))), "{read:?}");
    assert!(phone.read(6, 0).is_some(), "what stands alone is read");
    phone.step(rule, |work, _, _| assert!(!unbind_all(work, MEMBER_BOX).expect("unbinds")));
    assert_eq!((phone.rows(Table::Sheaves), phone.rows(Table::Records)), (0, 2));
}

#[test]
fn words_taken_back_leave_their_sheaf_and_the_relay_can_be_told_which_records_to_hide() {
    let mut phone = Phone::new();
    let rule = SheafRule { every: 1, keep: 0 };
    let mut relay = Vec::new();
    for number in 0..8u64 {
        // Every other body is so long that its record is deflated to be sealed.
        let words = if number % 2 == 0 { "canary".to_owned() } else { "canary ".repeat(200) };
        let header = Header::new(Kind::COMMENT, Subject::Target(EntryId([1; 32])), Day::MIN);
        let body =
            Body { nonce: [number as u8; 32], content: Content { text: Some(words), ..Content::default() }.encode() };
        let (owner, me) = (phone.boxes[0].owner, phone.me);
        let statement = Statement::author(owner, me, header, body);
        let row = UnflushedRow {
            header: Some(statement.header_bytes.clone().into()),
            body: statement.body.as_ref().map(|body| body.to_bytes().into()),
            hash: statement.body_hash.0.into(),
            change: None,
        };
        let keys = DeviceKeys::from_secret(&phone.keys.to_secret()[..]).expect("keys");
        phone.step(rule, |work, boxes, keyring| {
            work.put(Table::Unflushed, unflushed_key(MEMBER_BOX, number), encoded(&row));
            boxes[0].unflushed = 1;
            let signer = Signer { keys: &keys, incarnation: INCARNATION, member: me };
            flush(&signer, boxes, keyring, work).expect("a flush");
            let ring = keyring.ring(MEMBER_BOX).expect("a ring");
            let sealed = sealed_records(work, ring, MEMBER_BOX, CHAIN, number + 1).expect("seals").remove(0);
            relay.push(hash(&[&sealed]));
        });
    }
    assert_eq!(phone.rows(Table::Records), 0, "all are bound");
    for (seq, digest) in (1..).zip(&relay) {
        let (row, _) = phone.read(seq, 0).expect("a record");
        // The first brings certificates, of which there may be more one day.
        let unsure = seq == 1 || seq % 2 == 0;
        assert_eq!(row.sealed.is_some(), unsure, "only what may be sealed otherwise one day keeps its hash");
        let hashes = phone.look(|work, ring| sealed_hashes(work, ring, MEMBER_BOX, CHAIN, seq)).expect("hashes");
        assert!(hashes.contains(digest));
    }

    let has_words = |phone: &Phone| phone.kept().windows(6).filter(|window| window == b"canary").count();
    assert!(has_words(&phone) > 8);
    for (seq, digest) in (1..).zip(&relay) {
        let (_, record) = phone.read(seq, 0).expect("a record");
        phone.step(rule, |work, _, keyring| {
            let ring = keyring.ring(MEMBER_BOX).expect("a ring");
            drop_items(work, ring, MEMBER_BOX, (CHAIN, seq, 0), &[(0, [7; 32])]).expect("drops");
        });
        let (row, shorter) = phone.read(seq, 0).expect("a record");
        assert_eq!(shorter, record.without_item(0, [7; 32]));
        assert!(row.sealed.is_none_or(|sealed| *sealed == *digest));
    }
    assert_eq!(has_words(&phone), 0);
}

//! A thousand records that waited while the phone was away.

use super::Bench;
use super::figure::{Mark, Row, interleave, timed};
use super::life::{BEN, Life, VISITOR, random};
use super::store::{bare_commit, bare_for_writing, take_notes};
use amends_core::crypto::epoch::{Epoch, EpochKey, EpochParts};
use amends_core::crypto::keys::{DeviceKeys, make_device_keys};
use amends_core::crypto::record::{Core, Item, Place, SignedRecord};
use amends_core::crypto::seal::{open_record, seal_record};
use amends_core::home::Home;
use amends_core::id::{EntryId, Incarnation, OwnerId, RecordId};
use amends_core::storage::{Store, Transaction};
use amends_core::sync::{Input, PackRule};
use amends_tests::workload::{Action, MemoryRelay, Session, exchange};
use automerge::transaction::Transactable;
use automerge::{ActorId, AutoCommit, Automerge, Change, ObjType, ROOT};
use std::hint::black_box;

const RECORDS: usize = 1000;
/// Notes that they are typed in.
const NOTES: usize = 20;
const ROUNDS: usize = 9;

/// Ben typed on the train; Ana's phone comes online.
pub(crate) fn apply(bench: &mut Bench) -> Vec<Row> {
    let rounds = bench.rounds(ROUNDS);
    let life = bench.life();
    let now = life.now();
    let before = caught_up(life);
    let words = "and then we said ";
    // Records wait here; what packs cost is another figure's.
    let records_only = PackRule { after: u64::MAX, ..PackRule::default() };
    life.couple.phones.iter_mut().for_each(|phone| phone.home.set_pack_rule(records_only));
    for at in 0..RECORDS {
        let note = life.couple.notes().len() - 1 - at % NOTES.min(life.couple.notes().len());
        let action = Action::Type { note, position: 0, delete: 0, insert: words.to_owned() };
        life.couple.play(&Session { phone: BEN, day: life.tomorrow, minute: 400, actions: vec![action] });
    }
    let relay = &mut life.couple.relay;
    let transactions = {
        let folder = before.copy();
        let (store, notes) = folder.open_noting();
        let mut home = Home::open(store, random()).expect("the home opens");
        take_in(&mut home, relay, now);
        take_notes(&notes).committed
    };
    let mut floor = Floor::new(words, transactions);
    let mut ours = |_: usize| {
        let folder = before.copy();
        let mut home = Life::open(&folder);
        timed(|| take_in(&mut home, relay, now)).0
    };
    let mut raw = |_: usize| floor.run(&before);
    let (measured, floor) = interleave(rounds, &mut ours, &mut raw);
    let figure = "apply 1,000 queued records / raw batch, 1,000 × verify + open, a commit";
    vec![Row { figure, measured, floor: Some(floor), mark: Mark::AtMost(1.25) }]
}

/// Ana's phone after everything that was said so far.
fn caught_up(life: &mut Life) -> super::store::Folder {
    let now = life.now();
    let folder = life.closed.copy();
    let mut home = Life::open(&folder);
    take_in(&mut home, &mut life.couple.relay, now);
    home.handle_input(now, Input::Disconnected).expect("a lost connection");
    home.persist().expect("cursors are kept");
    folder
}

fn take_in<S: Store>(home: &mut Home<S>, relay: &mut MemoryRelay, now: amends_core::home::Moment) {
    home.handle_input(now, Input::Connected { exporter: [9; 32] }).expect("a connection");
    exchange(VISITOR, home, relay, now, &mut |_| {});
    assert!(home.is_settled(), "everything is read");
    relay.hang_up(VISITOR);
}

/// What cannot be saved: the same number of changes and records, of the same size, and the same rows.
struct Floor {
    notes: Vec<(Automerge, Vec<Change>)>,
    sealed: Vec<Vec<u8>>,
    epoch: Epoch,
    owner: OwnerId,
    keys: DeviceKeys,
    transactions: Vec<Transaction>,
}

impl Floor {
    fn new(words: &str, transactions: Vec<Transaction>) -> Self {
        let mut random = random();
        let keys = make_device_keys(&mut *random).expect("keys");
        let owner = OwnerId([7; 32]);
        let key = EpochKey::make(&mut *random).expect("a key");
        let id = EpochParts::first(&key).expect("an epoch").id(&owner);
        let epoch = Epoch::new(id, key).expect("an epoch");
        let notes: Vec<_> = (0..NOTES).map(|note| typed(note, words)).collect();
        let mut sealed = Vec::with_capacity(RECORDS);
        let mut prev = Place::START;
        for (seq, change) in (1..).zip(notes.iter().flat_map(|(_, changes)| changes)) {
            let core = Core {
                device_hint: keys.id().hint(),
                incarnation: Incarnation([1; 8]),
                seq,
                seen: Vec::new(),
                headers: Vec::new(),
                documents: vec![EntryId([3; 32])],
            };
            let items = vec![Item::Present(change.raw_bytes().to_vec())];
            let place = Place { owner, epoch: epoch.id(), prev };
            let (record, id) = SignedRecord::sign(&keys, &place, core, items, Vec::new(), hash_of).expect("a record");
            sealed.push(seal_record(&epoch, &record, &prev).expect("a sealed record"));
            prev = id;
        }
        assert_eq!(sealed.len(), RECORDS);
        Self { notes, sealed, epoch, owner, keys, transactions }
    }

    fn run(&mut self, before: &super::store::Folder) -> std::time::Duration {
        let folder = before.copy();
        let bare = bare_for_writing(&folder.database());
        let mut documents: Vec<(Automerge, Vec<Change>)> = self.notes.clone();
        let public = self.keys.public();
        timed(|| {
            let mut prev = Place::START;
            for sealed in &self.sealed {
                let record = open_record(&self.epoch, sealed).expect("it opens");
                prev = record.verify(&self.owner, &public, &prev, hash_of).expect("it is authentic");
            }
            black_box::<RecordId>(prev);
            for (document, changes) in &mut documents {
                document.apply_changes(std::mem::take(changes)).expect("changes apply");
            }
            bare_commit(&bare, &self.transactions);
        })
        .0
    }
}

fn hash_of(_: usize, chunk: &[u8]) -> Option<[u8; 32]> {
    Some(amends_core::document::change_hash(chunk).0)
}

/// A note, and what is typed in it one change at a time.
fn typed(note: usize, words: &str) -> (Automerge, Vec<Change>) {
    let mut document = AutoCommit::new().with_actor(ActorId::from([u8::try_from(note).unwrap_or(0); 16]));
    let text = document.put_object(ROOT, "text", ObjType::Text).expect("a text");
    document.splice_text(&text, 0, 0, "what is there already").expect("words");
    document.commit();
    let before = document.document().clone();
    for _ in 0..RECORDS / NOTES {
        document.splice_text(&text, 0, 0, words).expect("words");
        document.commit();
    }
    let heads = before.get_heads();
    let changes = document.get_changes(&heads);
    (before, changes)
}

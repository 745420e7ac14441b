//! A couple that packs early, and phones that come late.

use amends_core::crypto::epoch::{Epoch, EpochKey};
use amends_core::home::{EntryView, Home, Moment, VerifyReport};
use amends_core::id::OwnerId;
use amends_core::storage::{MemoryStore, Row, Store, StoreError, Table, Transaction};
use amends_core::sync::{BoxState, Event, Input, Output, PackRule};
use amends_protocol::{BoxId, FromRelay, Request, Response, ToRelay};
use amends_tests::workload::{Couple, MemoryRelay, PHONES, Plan, moment, pair_device};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;
use std::sync::{Arc, Mutex};

/// Few enough for a couple of weeks.
pub(crate) const RULE: PackRule = PackRule { after: 24, keep: 8 };
/// A number at the relay that belongs to no phone of the couple.
pub(crate) const VISITOR: usize = PHONES;
pub(crate) const ANA: usize = 0;
pub(crate) const ANAS_TABLET: usize = 1;
pub(crate) const BEN: usize = 2;

/// A store that the test looks into while a home has it.
#[derive(Clone, Default)]
pub(crate) struct Shared(Arc<Mutex<MemoryStore>>);

impl Store for Shared {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.lock().expect("one thread").read(table, key)
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.0.lock().expect("one thread").range(table, from, to, limit)
    }

    fn commit(&mut self, transaction: &Transaction) -> Result<(), StoreError> {
        self.0.lock().expect("one thread").commit(transaction)
    }
}

/// A life, the moment after, and Ana's store.
pub(crate) struct Life {
    pub(crate) couple: Couple,
    pub(crate) now: Moment,
    anas: Shared,
    /// Devices that came late.
    devices: u64,
}

impl Life {
    /// A couple that lived for some days, packed by [`RULE`].
    pub(crate) fn new(days: usize) -> Self {
        let plan = Plan::new(3, days);
        let anas = Shared::default();
        let mut stores = Couple::memory_stores();
        stores[ANA] = Box::new(anas.clone());
        let mut couple = Couple::found(3, stores, plan.first_day());
        couple.phones.iter_mut().for_each(|phone| phone.home.set_pack_rule(RULE));
        plan.sessions().iter().for_each(|session| couple.play(session));
        let last = plan.sessions().last().expect("something was done").day;
        let now = moment(last.plus(1), 60 * 8, 1 << 40);
        couple.meet(now);
        assert!(couple.is_settled());
        Self { couple, now, anas, devices: 0 }
    }

    /// Every phone goes offline.
    pub(crate) fn part(&mut self) {
        (0..PHONES).for_each(|phone| self.couple.hang_up(phone, self.now));
    }

    /// A day later.
    pub(crate) fn sleep(&mut self) {
        self.now.wall = self.now.wall.checked_add(jiff::SignedDuration::from_hours(24)).expect("a day");
    }

    /// Ana's boxes as her disk has them.
    pub(crate) fn boxes(&mut self) -> Vec<BoxState> {
        self.couple.phones[ANA].home.persist().expect("cursors are kept");
        let row = self.anas.read(Table::Meta, b"boxes").expect("readable").expect("there");
        minicbor::decode(&row).expect("boxes")
    }

    /// The space's epoch, its owner, and its box.
    pub(crate) fn space(&mut self) -> (Epoch, OwnerId, BoxId) {
        let state = self.boxes().pop().expect("the space");
        let kept = state.epochs.last().expect("an epoch");
        let epoch = Epoch::new(kept.id, EpochKey::from_bytes(&kept.key)).expect("a key");
        let box_id = BoxId(*epoch.box_id());
        (epoch, state.owner, box_id)
    }

    /// Ana's next device, which her tablet admitted. It was never connected.
    pub(crate) fn next_device(&mut self) -> Home<MemoryStore> {
        self.devices += 1;
        let random = Box::new(ChaCha20Rng::seed_from_u64(77 + self.devices));
        let tablet = &mut self.couple.phones[ANAS_TABLET].home;
        let mut home = pair_device(self.now, &Couple::relay_address(), tablet, MemoryStore::new(), random);
        home.set_pack_rule(RULE);
        self.couple.connect(ANAS_TABLET, self.now);
        self.couple.pump(self.now);
        home
    }

    /// Connects a home and lets everything happen that will.
    pub(crate) fn visit(&mut self, home: &mut Home<MemoryStore>) -> Visit {
        visit(VISITOR, home, &mut self.couple.relay, self.now)
    }

    /// Connects one of the couple's phones in the same way.
    pub(crate) fn connect(&mut self, phone: usize) -> Visit {
        let visit = visit(phone, &mut self.couple.phones[phone].home, &mut self.couple.relay, self.now);
        self.couple.connect(phone, self.now);
        visit
    }

    /// Ends a visit.
    pub(crate) fn leave(&mut self, home: &mut Home<MemoryStore>) {
        self.couple.relay.hang_up(VISITOR);
        home.handle_input(self.now, Input::Disconnected).expect("a lost connection");
    }

    /// Asserts that a home shows and has what Ana's phone has, signed and in place.
    #[track_caller]
    pub(crate) fn is_complete(&mut self, home: &mut Home<MemoryStore>) -> VerifyReport {
        self.couple.pump(self.now);
        let ana = &mut self.couple.phones[ANA].home;
        assert!(home.is_settled(), "everything is read");
        let report = home.verify(self.now).expect("a report");
        assert_eq!((report.broken, report.missing, report.forks), (0, 0, 0));
        let anas = ana.verify(self.now).expect("a report");
        assert_eq!((report.records, report.statements), (anas.records, anas.statements));
        assert_eq!(shown(home, self.now), shown(ana, self.now));
        report
    }
}

/// What went on during a visit.
#[derive(Default)]
pub(crate) struct Visit {
    pub(crate) heard: Vec<FromRelay>,
    pub(crate) said: Vec<Request>,
    pub(crate) events: Vec<Event>,
}

impl Visit {
    /// What somebody may want to know.
    pub(crate) fn alarms(&self) -> Vec<&Event> {
        let usual = |event: &&Event| matches!(event, Event::CaughtUp { .. } | Event::Arrived);
        self.events.iter().filter(|event| !usual(event)).collect()
    }

    /// Chunks that came.
    pub(crate) fn chunks(&self) -> usize {
        let chunk = |message: &&FromRelay| matches!(message, FromRelay::Response(_, Response::Chunk { .. }));
        self.heard.iter().filter(chunk).count()
    }

    /// Records that were appended.
    pub(crate) fn appended(&self) -> usize {
        self.said.iter().filter(|request| matches!(request, Request::Append { .. })).count()
    }

    /// Packs that were put.
    pub(crate) fn packs(&self) -> usize {
        self.said.iter().filter(|request| matches!(request, Request::PutPack { .. })).count()
    }
}

fn visit<S: Store>(number: usize, home: &mut Home<S>, relay: &mut MemoryRelay, now: Moment) -> Visit {
    let mut visit = Visit::default();
    home.handle_input(now, Input::Connected { exporter: [9; 32] }).expect("a connection");
    loop {
        let message = match home.poll_output() {
            Some(Output::Send(ToRelay::Request(id, request))) => {
                visit.said.push(request.clone());
                relay.answer(number, ToRelay::Request(id, request))
            }
            Some(Output::Event(event)) => {
                visit.events.push(event);
                continue;
            }
            Some(_) => continue,
            None => match relay.push(number) {
                Some(push) => push,
                None if home.poll_timeout_ms().is_some_and(|due| due <= now.elapsed_ms) => {
                    home.handle_input(now, Input::Tick).expect("the home goes on");
                    continue;
                }
                None => return visit,
            },
        };
        visit.heard.push(message.clone());
        home.handle_input(now, Input::Received(message)).expect("the home takes what the relay says");
    }
}

/// Everything a home shows, in one order.
pub(crate) fn shown<S: Store>(home: &mut Home<S>, now: Moment) -> Vec<EntryView> {
    let mut views = home.list(now, None).expect("a list");
    views.sort_by_key(EntryView::id);
    views
}

#[test]
fn a_new_device_has_everything_from_packs_and_the_newest_records() {
    let mut life = Life::new(40);
    let (_, _, space) = life.space();
    let mut home = life.next_device();
    let visit = life.visit(&mut home);
    assert!(visit.chunks() > 0);
    assert_eq!(visit.alarms(), Vec::<&Event>::new());
    let report = life.is_complete(&mut home);
    let held = life.couple.relay.held(&space).expect("the space's box");
    assert!((held.readable() as u64) < report.records / 2, "{} of {report:?} were never trimmed", held.readable());
    // What both partners' phones packed is there once.
    assert!(held.packs.len() <= 2, "{} packs", held.packs.len());
    // Nothing is fetched again.
    life.leave(&mut home);
    assert_eq!(life.visit(&mut home).chunks(), 0);
    life.is_complete(&mut home);
}

#[test]
fn partners_who_have_the_same_make_the_same_pack() {
    let mut life = Life::new(40);
    let (_, _, space) = life.space();
    let mut made = Vec::new();
    for phone in [ANA, BEN] {
        life.part();
        let held = life.couple.relay.held(&space).expect("the space's box");
        held.packs.clear();
        held.chunks.clear();
        let visit = life.connect(phone);
        assert_eq!(visit.packs(), 1, "it is missed at once");
        let held = life.couple.relay.held(&space).expect("the space's box");
        made.push((held.packs.clone(), held.chunks.clone()));
    }
    assert_eq!(made[0], made[1]);
}

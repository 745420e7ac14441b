//! One home: what a phone keeps, does and shows, over one store. Sans-IO; the client drives it with a clock and a socket, the
//! simulated world with hostile ones.
//!
//! Everything a person does is a *step*: it authors statements or document changes, derives the views they touch, and commits
//! all of it in one transaction before it returns. What arrives takes the same way.
//!
//! **Invariant**: a step that fails leaves the home as it was. Nothing reaches the transport that is not durable here.

mod acts;
mod agreements;
mod arrivals;
mod check_in;
mod derive;
mod documents;
mod entries;
mod error;
mod export;
mod forks;
mod incarnation;
mod notes;
mod pairing;
mod rebuild;
mod recover;
mod spare;
mod state;
mod step;
mod today;
mod views;

pub use acts::Fields;
pub use check_in::Answer;
pub use error::{ErrorClass, HomeError};
pub use export::{Export, QuarantineItem, VerifyReport};
pub use pairing::{BeginError, Identity, Invitation, Invitee, NewDevice};
pub use recover::Recovered;
pub use state::{HomeZone, SpaceState};
pub use today::{Card, Today};
pub use views::{AnswerEntry, EntryView, HistoryItem, Named, Partner, Revision, Status, Wording};

use crate::crypto::PrimitiveError;
use crate::crypto::certificate::Certificate;
use crate::crypto::epoch::EpochKey;
use crate::crypto::keys::{DeviceKeys, make_device_keys};
use crate::crypto::pairing::normalise_name;
use crate::crypto::random::{NoRandomness, Randomness, make_bytes};
use crate::id::{Day, Incarnation, MemberId, OwnerId};
use crate::shape::series::{check_zone, home_day};
use crate::storage::{Store, StoreError, Table, Work};
use crate::sync::{
    BoxState, Engine, Event, Input, Keyring, Now, Output, PackRule, RosterMember, SheafRule, bind_settled, encoded,
};
use amends_protocol::{ErrorCode, RelayAddress};
use documents::Documents;
use minicbor::{Decode, Encode};
use pairing::first_epoch;
use state::{HOME_VERSION, HomeState};
use std::collections::VecDeque;
use step::Step;

/// Milliseconds without an edit after which unflushed changes become records.
pub const FLUSH_IDLE_MS: u64 = 2_000;

/// Chains asked for in one refill, and holes named of each: more wait for the next day.
pub(crate) const REFILL_CHAINS_MAX: usize = 16;
pub(crate) const REFILL_HOLES_MAX: usize = 8;

const HOME_KEY: &[u8] = b"home";
const BOXES_KEY: &[u8] = b"boxes";

/// The moment something happens, as the driver's clocks tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The wall clock: what the phone claims the time is.
    pub wall: jiff::Timestamp,
    /// Milliseconds of a clock that never goes back.
    pub elapsed_ms: u64,
}

/// What the key vault keeps outside the database, so that a database restored from a backup is recognised: the incarnation and,
/// per box, the highest sequence number ever handed to the transport.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Counter {
    /// The database's incarnation.
    #[n(0)]
    pub incarnation: Incarnation,
    /// Highest sequence number by box.
    #[n(1)]
    pub seqs: Vec<u64>,
}

/// See the module's documentation.
pub struct Home<S> {
    store: S,
    random: Box<dyn Randomness + Send>,
    state: HomeState,
    boxes: Vec<BoxState>,
    /// Box states as they are on disk: cursors and acknowledgements alone are not worth a commit of their own.
    boxes_stored: Vec<BoxState>,
    ring: Keyring,
    keys: DeviceKeys,
    engine: Engine,
    outputs: VecDeque<Output>,
    /// The spare is to be written whatever it says.
    spare_due: bool,
    counter: Counter,
    flush_due_ms: Option<u64>,
    flush_next: bool,
    /// Documents that the last steps used, while there is a connection or a hand that types.
    documents: Documents,
    sheaf_rule: SheafRule,
}

impl<S: Store> Home<S> {
    /// Makes a member and their first device in an empty store. `zone` is the couple's if this member comes to invite.
    ///
    /// # Errors
    /// [`HomeError::HomeExists`], [`HomeError::BadName`], [`HomeError::BadZone`], or what the store says.
    pub fn create(
        store: S,
        mut random: Box<dyn Randomness + Send>,
        name: &str,
        zone: HomeZone,
    ) -> Result<Self, HomeError> {
        let name = normalise_name(name).map_err(|_| HomeError::BadName)?;
        check_zone(&zone.zone, zone.rollover_hour).map_err(|_| HomeError::BadZone)?;
        let keys = make_device_keys(&mut *random).map_err(|_| NoRandomness)?;
        let member = MemberId::derive(&keys.id());
        let certificate = Certificate::first(&keys).map_err(|_| PrimitiveError)?;
        let key = EpochKey::make(&mut *random)?;
        let owner = OwnerId::from(member);
        let certificates = vec![certificate.as_bytes().to_vec().into()];
        let roster = vec![RosterMember { member, name: String::new(), certificates }];
        let vault = BoxState::new(owner, first_epoch(&owner, &key)?, roster);
        let state = HomeState::new(&keys, member, name, make_bytes(&mut *random)?, zone);
        Self::found(store, random, keys, state, vec![vault])
    }

    /// Founds a home with the boxes it is to hold from the start.
    fn found(
        store: S,
        random: Box<dyn Randomness + Send>,
        keys: DeviceKeys,
        state: HomeState,
        boxes: Vec<BoxState>,
    ) -> Result<Self, HomeError> {
        if Self::is_in(&store)? {
            return Err(HomeError::HomeExists);
        }
        let mut home = Self::assemble(store, random, state, boxes, keys);
        home.write_state()?;
        home.ring.refresh(&home.boxes)?;
        Ok(home)
    }

    /// Whether there is a home in a store.
    ///
    /// # Errors
    /// What the store says.
    pub fn is_in(store: &S) -> Result<bool, HomeError> {
        Ok(store.read(Table::Meta, HOME_KEY)?.is_some())
    }

    /// Writes the small state outside of any step.
    fn write_state(&mut self) -> Result<(), HomeError> {
        let mut work = Work::new(&self.store);
        work.put(Table::Meta, HOME_KEY, encoded(&self.state));
        work.put(Table::Meta, BOXES_KEY, encoded(&self.boxes));
        spare::keep(&mut work, None, &self.state, &self.boxes);
        let transaction = work.into_transaction();
        self.store.commit(&transaction)?;
        self.boxes_stored.clone_from(&self.boxes);
        Ok(())
    }

    /// Opens the home in a store.
    ///
    /// # Errors
    /// [`HomeError::NoHome`], [`HomeError::NewerHome`], or what the store says, damage among it.
    pub fn open(store: S, random: Box<dyn Randomness + Send>) -> Result<Self, HomeError> {
        let damaged = || StoreError::Damaged { table: Some(Table::Meta) };
        let row = store.read(Table::Meta, HOME_KEY)?.ok_or(HomeError::NoHome)?;
        let state: HomeState = minicbor::decode(&row).map_err(|_| damaged())?;
        if state.version > HOME_VERSION {
            return Err(HomeError::NewerHome);
        }
        let boxes = store.read(Table::Meta, BOXES_KEY)?.ok_or_else(damaged)?;
        let boxes: Vec<BoxState> = minicbor::decode(&boxes).map_err(|_| damaged())?;
        let keys = DeviceKeys::from_secret(&state.device).map_err(|_| damaged())?;
        Ok(Self::assemble(store, random, state, boxes, keys))
    }

    fn assemble(
        store: S,
        random: Box<dyn Randomness + Send>,
        state: HomeState,
        boxes: Vec<BoxState>,
        keys: DeviceKeys,
    ) -> Self {
        let counter = Counter { incarnation: state.incarnation, seqs: Vec::new() };
        Self {
            store,
            random,
            state,
            boxes_stored: boxes.clone(),
            boxes,
            ring: Keyring::default(),
            keys,
            engine: Engine::default(),
            outputs: VecDeque::new(),
            spare_due: false,
            counter,
            flush_due_ms: None,
            flush_next: false,
            documents: Documents::default(),
            sheaf_rule: SheafRule::default(),
        }
    }

    /// What the key vault must keep.
    pub fn counter(&self) -> &Counter {
        &self.counter
    }

    /// The relay this home uses.
    pub fn relay(&self) -> Option<RelayAddress> {
        self.state.relay.as_ref()?.parse().ok()
    }

    /// The next thing for the driver to do.
    pub fn poll_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    /// When [`Input::Tick`] is wanted next, in elapsed milliseconds.
    pub fn poll_timeout_ms(&self) -> Option<u64> {
        [self.flush_due_ms, self.engine.poll_timeout_ms()].into_iter().flatten().min()
    }

    /// Whether the relay is reached and nothing more will be sent unasked.
    pub fn is_settled(&self) -> bool {
        self.outputs.is_empty()
            && self.engine.is_settled(&self.boxes)
            && self.boxes.iter().all(|state| state.closed || state.unflushed == 0)
    }

    /// Why the relay refuses this home's uploads, if it does.
    pub fn refusal(&self) -> Option<ErrorCode> {
        self.engine.refusal()
    }

    /// Takes what happened on the connection.
    ///
    /// # Errors
    /// What the store says; the connection should be dropped then, and nothing was lost.
    pub fn handle_input(&mut self, at: Moment, input: Input) -> Result<(), HomeError> {
        self.handle_inputs(at, vec![input])
    }

    /// Takes what happened on the connection, several things in one step: a backlog that comes record by record costs one
    /// commit for all that is there. The caller bounds how much that is.
    ///
    /// # Errors
    /// As [`Home::handle_input`]; then nothing of it was taken.
    pub fn handle_inputs(&mut self, at: Moment, inputs: Vec<Input>) -> Result<(), HomeError> {
        if inputs.is_empty() {
            return Ok(());
        }
        let tick = inputs.iter().any(|input| matches!(input, Input::Tick));
        if tick && self.flush_due_ms.is_some_and(|due| due <= at.elapsed_ms) {
            self.flush(at)?;
        }
        // Whoever waits for the next connection needs no documents at hand.
        if inputs.iter().any(|input| matches!(input, Input::Disconnected)) {
            self.documents = Documents::default();
        }
        let arrived = self.step(at, |step, engine| {
            let mut arrivals = Vec::new();
            for input in inputs {
                arrivals.extend(engine.handle_input(&mut step.lent(), input)?);
            }
            let arrived = !arrivals.is_empty();
            step.take_arrivals(arrivals)?;
            Ok(arrived)
        })?;
        self.outputs.extend(arrived.then_some(Output::Event(Event::Arrived)));
        Ok(())
    }

    /// Makes records of everything unflushed and hands them to the relay as soon as it is reached.
    ///
    /// # Errors
    /// What the store says.
    pub fn flush(&mut self, at: Moment) -> Result<(), HomeError> {
        self.flush_due_ms = None;
        self.step(at, |step, _| {
            step.flush_wanted = true;
            Ok(())
        })
    }

    /// Lets the next act leave at once, its record made in the same commit: one wait for the disk less than [`Home::flush`]
    /// after it.
    pub fn flush_with_next(&mut self) {
        self.flush_next = true;
    }

    /// When records are bound into sheaves, from now on and until the home is closed.
    pub fn set_sheaf_rule(&mut self, rule: SheafRule) {
        self.sheaf_rule = rule;
    }

    /// When records become packs, from now on and until the home is closed.
    pub fn set_pack_rule(&mut self, rule: PackRule) {
        self.engine.set_pack_rule(rule);
    }

    /// The day of the couple's home at a moment.
    ///
    /// # Errors
    /// [`HomeError::BadZone`] when the zone kept is unknown to this build.
    pub fn day(&self, at: Moment) -> Result<Day, HomeError> {
        let zone = self.state.zone();
        home_day(at.wall, &zone.zone, zone.rollover_hour).map_err(|_| HomeError::BadZone)
    }

    /// The same, for stamping what is written: a zone unknown to this build must not keep anybody from writing.
    fn stamp(&self, at: Moment) -> Day {
        self.day(at).or_else(|_| home_day(at.wall, "UTC", 0).map_err(|_| HomeError::BadZone)).unwrap_or(Day::MIN)
    }

    /// Runs one step and commits it. On failure the home is as it was.
    fn step<T>(
        &mut self,
        at: Moment,
        act: impl FnOnce(&mut Step<'_>, &mut Engine) -> Result<T, HomeError>,
    ) -> Result<T, HomeError> {
        let now = Now { elapsed_ms: at.elapsed_ms, day: self.stamp(at) };
        self.ring.refresh(&self.boxes)?;
        let flush_wanted = std::mem::take(&mut self.flush_next);
        let documents = std::mem::take(&mut self.documents);
        let Self { store, random, state, boxes, ring, engine, keys, sheaf_rule, .. } = self;
        let mut step = Step::new(now, Work::new(store), state.clone(), boxes.clone(), ring, &mut **random);
        step.flush_wanted = flush_wanted;
        step.documents = documents;
        let done = act(&mut step, engine).and_then(|value| {
            step.caught_up = engine.caught_up();
            step.derive()?;
            if step.flush_wanted {
                step.flush(keys)?;
            }
            engine.advance(&mut step.lent())?;
            bind_settled(&mut step.work, step.ring, &step.boxes, &step.home.member, *sheaf_rule)?;
            Ok(value)
        });
        let (mut work, next, boxes, documents) = step.finish();
        let value = match done {
            Ok(value) => value,
            Err(error) => {
                self.engine.rolled_back();
                self.drain_engine(at)?;
                return Err(error);
            }
        };
        if next != self.state {
            work.put(Table::Meta, HOME_KEY, encoded(&next));
        }
        // Cursors and acknowledgements alone are re-learnt at the price of bytes; a commit of their own is not worth it.
        if !work.is_empty() {
            if boxes != self.boxes_stored {
                work.put(Table::Meta, BOXES_KEY, encoded(&boxes));
            }
            let before = (!self.spare_due).then_some((&self.state, self.boxes.as_slice()));
            spare::keep(&mut work, before, &next, &boxes);
            let transaction = work.into_transaction();
            if let Err(error) = self.store.commit(&transaction) {
                self.engine.rolled_back();
                self.drain_engine(at)?;
                return Err(error.into());
            }
            self.boxes_stored.clone_from(&boxes);
            self.spare_due = false;
        }
        self.state = next;
        self.boxes = boxes;
        self.documents = documents;
        self.engine.committed();
        self.drain_engine(at)?;
        if self.boxes.iter().any(|state| state.unflushed > 0) {
            self.flush_due_ms = Some(at.elapsed_ms.saturating_add(FLUSH_IDLE_MS));
        }
        Ok(value)
    }

    /// Looks without changing anything.
    fn look<T>(&mut self, at: Moment, look: impl FnOnce(&Step<'_>) -> Result<T, HomeError>) -> Result<T, HomeError> {
        let now = Now { elapsed_ms: at.elapsed_ms, day: self.stamp(at) };
        self.ring.refresh(&self.boxes)?;
        let Self { store, random, state, boxes, ring, .. } = self;
        let step = Step::new(now, Work::new(store), state.clone(), boxes.clone(), ring, &mut **random);
        look(&step)
    }

    fn drain_engine(&mut self, at: Moment) -> Result<(), HomeError> {
        let mut reincarnate = false;
        while let Some(output) = self.engine.poll_output() {
            match output {
                Output::Count { index, seq } => {
                    let at = usize::from(index);
                    if self.counter.seqs.len() <= at {
                        self.counter.seqs.resize(at + 1, 0);
                    }
                    if let Some(counted) = self.counter.seqs.get_mut(at) {
                        *counted = seq.max(*counted);
                    }
                    self.outputs.push_back(Output::Count { index, seq });
                }
                Output::OwnRecordUnknown => reincarnate = true,
                output => self.outputs.push_back(output),
            }
        }
        if reincarnate { self.reincarnate(at) } else { Ok(()) }
    }

    /// Writes what is only in memory, cursors and acknowledgements, and lets the store rest. Called when a connection ends.
    ///
    /// # Errors
    /// What the store says.
    pub fn persist(&mut self) -> Result<(), HomeError> {
        if self.boxes != self.boxes_stored {
            let mut work = Work::new(&self.store);
            work.put(Table::Meta, BOXES_KEY, encoded(&self.boxes));
            let transaction = work.into_transaction();
            self.store.commit(&transaction)?;
            self.boxes_stored.clone_from(&self.boxes);
        }
        Ok(self.store.rest()?)
    }
}

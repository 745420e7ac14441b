//! Four phones that carry the plan out.

use super::pairing::{pair_device, pair_partners};
use super::plan::{Action, PHONES, Session};
use super::relay::MemoryRelay;
use amends_core::document::ScalarPosition;
use amends_core::home::{Answer, FLUSH_IDLE_MS, Home, HomeError, HomeZone, Moment};
use amends_core::id::{Day, EntryId};
use amends_core::storage::{MemoryStore, Store};
use amends_core::sync::{Input, Output};
use amends_protocol::{Pin, RelayAddress};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// A store of any kind.
pub type BoxedStore = Box<dyn Store + Send>;

/// A home on it.
pub type PhoneHome = Home<BoxedStore>;

/// What a person waits between two taps within a session: less than the flush waits.
const TAP_MS: u64 = 700;

/// One device.
pub struct Phone {
    /// What it knows.
    pub home: PhoneHome,
    online: bool,
}

/// Ana and Ben, with two devices each, and the relay between them.
pub struct Couple {
    /// Ana's phone and tablet, then Ben's.
    pub phones: Vec<Phone>,
    /// Where they meet.
    pub relay: MemoryRelay,
    elapsed_ms: u64,
    agreements: Vec<EntryId>,
    limits: Vec<EntryId>,
    appreciations: Vec<EntryId>,
    notes: Vec<EntryId>,
    journals: Vec<EntryId>,
}

/// A minute of a day, `elapsed_ms` after the phone's clock began to count.
pub fn moment(day: Day, minute: u32, elapsed_ms: u64) -> Moment {
    let seconds = i64::from(i32::from(day)) * 86_400 + i64::from(minute) * 60;
    Moment { wall: jiff::Timestamp::from_second(seconds).unwrap_or_default(), elapsed_ms }
}

impl Couple {
    /// Stores for four phones in memory.
    pub fn memory_stores() -> Vec<BoxedStore> {
        (0..PHONES).map(|_| Box::new(MemoryStore::new()) as BoxedStore).collect()
    }

    /// Pairs the two with each other and each with their tablet, in four empty stores.
    ///
    /// # Panics
    /// When there are fewer stores, or pairing fails.
    pub fn found(seed: u64, stores: Vec<BoxedStore>, first_day: Day) -> Self {
        let at = moment(first_day, 60 * 8, 0);
        let relay = Self::relay_address();
        let random = |phone: u64| Box::new(ChaCha20Rng::seed_from_u64(seed ^ (phone + 1) << 32));
        let zone = || HomeZone { zone: "Etc/UTC".to_owned(), rollover_hour: 4 };
        let mut stores = stores.into_iter();
        let mut next = || stores.next().expect("four stores");
        let create = |store, name, phone| Home::create(store, random(phone), name, zone()).expect("an empty store");
        let (ana, ana_tablet, ben, ben_tablet) = (next(), next(), next(), next());
        let (mut ana, mut ben) = (create(ana, "Ana", 0), create(ben, "Ben", 2));
        pair_partners(at, &relay, &mut ana, &mut ben);
        let phone = |home| Phone { home, online: false };
        let mut couple = Self {
            phones: vec![phone(ana), phone(ben)],
            relay: MemoryRelay::default(),
            elapsed_ms: 0,
            agreements: Vec::new(),
            limits: Vec::new(),
            appreciations: Vec::new(),
            notes: Vec::new(),
            journals: Vec::new(),
        };
        couple.meet(at);
        for (place, store, number) in [(0, ana_tablet, 1), (2, ben_tablet, 3)] {
            let tablet = pair_device(at, &relay, &mut couple.phones[place].home, store, random(number));
            couple.phones.iter_mut().for_each(|phone| phone.online = false);
            couple.phones.insert(place + 1, phone(tablet));
        }
        (0..PHONES).for_each(|number| couple.relay.hang_up(number));
        couple.phones.iter_mut().for_each(|phone| disconnect(phone, at));
        couple.meet(at);
        couple
    }

    /// The relay's address, as far as homes care.
    pub fn relay_address() -> RelayAddress {
        RelayAddress::from_host_port("relay.example:4433", Pin([7; 32])).expect("an address")
    }

    /// Carries out a session: the person's phone goes online, they act, and put it down. What they wrote leaves once they have
    /// been idle for long enough; the others' phones are told at once if they are online.
    ///
    /// # Panics
    /// When a home refuses what the plan says it allows.
    pub fn play(&mut self, session: &Session) {
        let at = |elapsed_ms| moment(session.day, session.minute, elapsed_ms);
        // A tablet is switched on when it is used; phones are always on.
        let number = session.phone;
        for phone in [0, 2, number] {
            self.connect(phone, at(self.elapsed_ms));
        }
        for action in &session.actions {
            self.elapsed_ms += TAP_MS;
            let now = at(self.elapsed_ms);
            if let Err(error) = self.act(number, now, session.day, action) {
                panic!("a home refused {action:?}: {error}");
            }
        }
        self.elapsed_ms += FLUSH_IDLE_MS;
        let now = at(self.elapsed_ms);
        self.phones[number].home.handle_input(now, Input::Tick).expect("the flush succeeds");
        self.pump(now);
        if !number.is_multiple_of(2) {
            self.hang_up(number, now);
        }
    }

    /// Brings every phone online and lets all say what they have to say.
    pub fn meet(&mut self, at: Moment) {
        (0..self.phones.len()).for_each(|phone| self.connect(phone, at));
    }

    /// The moment after everything that was played, on `day`.
    pub fn now(&self, day: Day) -> Moment {
        moment(day, 23 * 60, self.elapsed_ms)
    }

    /// Whether nobody who is online has anything more to say.
    pub fn is_settled(&self) -> bool {
        self.phones.iter().all(|phone| !phone.online || phone.home.is_settled())
    }

    /// The notes written so far, in the order of the plan.
    pub fn notes(&self) -> &[EntryId] {
        &self.notes
    }

    /// The appreciations written so far, in the order of the plan.
    pub fn appreciations(&self) -> &[EntryId] {
        &self.appreciations
    }

    /// Lets a phone reach the relay.
    pub fn connect(&mut self, number: usize, at: Moment) {
        let phone = &mut self.phones[number];
        if !phone.online {
            phone.online = true;
            phone.home.handle_input(at, Input::Connected { exporter: [9; 32] }).expect("the home takes a connection");
            self.pump(at);
        }
    }

    /// A phone leaves the relay.
    pub fn hang_up(&mut self, number: usize, at: Moment) {
        self.relay.hang_up(number);
        disconnect(&mut self.phones[number], at);
    }

    /// Carries messages to and fro until nobody has anything to say.
    pub fn pump(&mut self, at: Moment) {
        loop {
            let mut quiet = true;
            for (number, phone) in self.phones.iter_mut().enumerate().filter(|(_, phone)| phone.online) {
                quiet &= !exchange(number, &mut phone.home, &mut self.relay, at, &mut |_| {});
            }
            if quiet {
                break;
            }
        }
    }

    fn act(&mut self, number: usize, at: Moment, day: Day, action: &Action) -> Result<(), HomeError> {
        let home = &mut self.phones[number].home;
        let text = |text: &String| vec![("text".to_owned(), text.clone())];
        match action {
            Action::Answer(Some(fields)) => drop(home.answer(at, "check_in", day, Answer::Fields(fields))?),
            Action::Answer(None) => drop(home.answer(at, "check_in", day, Answer::Pass)?),
            Action::Appreciate(fields) => {
                self.appreciations.push(home.new_entry(at, "appreciation", fields, false)?);
            }
            Action::EditAppreciation(which, fields) => drop(home.edit(at, self.appreciations[*which], fields)?),
            Action::Propose(fields) => self.agreements.push(home.new_entry(at, "agreement", fields, false)?),
            Action::Amend(which, fields) => drop(home.propose(at, self.agreements[*which], fields, None, None)?),
            Action::Consent(which) => drop(home.consent(at, self.agreements[*which], None)?),
            Action::Comment(which, text) => drop(home.comment(at, self.agreements[*which], text, None)?),
            Action::Limit(fields) => self.limits.push(home.new_entry(at, "boundary", fields, false)?),
            Action::EditLimit(which, fields) => drop(home.edit(at, self.limits[*which], fields)?),
            Action::Acknowledge(which) => home.acknowledge(at, self.limits[*which], None)?,
            Action::Note(title) => {
                let fields = [("title".to_owned(), title.clone())];
                self.notes.push(home.new_entry(at, "note", &fields, false)?);
            }
            Action::Type { note, position, delete, insert } => {
                home.splice(at, self.notes[*note], ScalarPosition(*position), *delete, insert)?;
            }
            Action::Journal(words) => self.journals.push(home.new_entry(at, "journal_entry", &text(words), false)?),
            Action::EditJournal(which, words) => drop(home.edit(at, self.journals[*which], &text(words))?),
        }
        Ok(())
    }
}

/// Lets a home say what it has to say and hear what the relay answers and pushes. Tells whether anything was said; `heard` sees
/// every message of the relay.
///
/// # Panics
/// When the home fails: nothing here is hostile.
pub fn exchange<S: Store>(
    number: usize,
    home: &mut Home<S>,
    relay: &mut MemoryRelay,
    at: Moment,
    heard: &mut dyn FnMut(&amends_protocol::FromRelay),
) -> bool {
    let mut said = false;
    loop {
        let message = match home.poll_output() {
            Some(Output::Send(message)) => relay.answer(number, message),
            Some(_) => continue,
            None => match relay.push(number) {
                Some(push) => push,
                // A pack is taken in over several steps.
                None if home.poll_timeout_ms().is_some_and(|due| due <= at.elapsed_ms) => {
                    home.handle_input(at, Input::Tick).expect("the home goes on");
                    said = true;
                    continue;
                }
                None => return said,
            },
        };
        said = true;
        heard(&message);
        home.handle_input(at, Input::Received(message)).expect("the home takes what the relay says");
    }
}

fn disconnect(phone: &mut Phone, at: Moment) {
    phone.online = false;
    phone.home.handle_input(at, Input::Disconnected).expect("the home takes a lost connection");
    phone.home.persist().expect("cursors are kept");
}

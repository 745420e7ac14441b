//! Two phones and a relay that may be hostile.

mod hostile;
mod whole;

use super::{Noted, device, seeded};
use crate::crypto::certificate::{Certificate, MemberChain};
use crate::crypto::keys::DeviceKeys;
use crate::crypto::pairing::*;
use crate::crypto::stretch::Cost;
use crate::id::OwnerId;
use std::collections::{BTreeMap, VecDeque};

pub(super) const PIN: [u8; 32] = [0x77; 32];

pub(super) fn relay() -> RelayPlace {
    RelayPlace { address: "relay.example:4433".to_owned(), pin: PIN }
}

pub(in crate::crypto) fn chain_of(device: &DeviceKeys) -> MemberChain {
    let first = Certificate::first(device).unwrap();
    MemberChain::verify(first.member(), &[first.as_bytes()]).unwrap()
}

pub(super) fn space_offer() -> Offer {
    Offer::Space { zone: "Europe/Madrid".to_owned(), rollover_hour: 4 }
}

pub(super) enum Machine {
    Inviter(Box<Inviter>),
    Joiner(Box<Joiner>),
}

/// One phone, with the person who holds it.
pub(in crate::crypto) struct Phone {
    pub(super) machine: Machine,
    pub(super) device: DeviceKeys,
    pub(super) randomness: Noted,
    pub(super) elapsed_ms: u64,
    pub(super) gets: Vec<Step>,
    /// What the person types instead of what the other phone shows, first to last.
    pub(super) typing: VecDeque<String>,
    pub(super) asked: usize,
    pub(super) shown: Option<String>,
    pub(in crate::crypto) pending: Option<Pending>,
    pub(super) paired: Option<Outcome>,
    pub(super) failed: Option<PairingError>,
}

impl Phone {
    pub(super) fn new(machine: Machine, device_seed: u8, randomness: Noted) -> Self {
        Self {
            machine,
            device: device(device_seed),
            randomness,
            elapsed_ms: 0,
            gets: Vec::new(),
            typing: VecDeque::new(),
            asked: 0,
            shown: None,
            pending: None,
            paired: None,
            failed: None,
        }
    }

    pub(super) fn take(&mut self, input: Input<'_>) -> Vec<Output> {
        let mut means = Means { device: &self.device, elapsed_ms: self.elapsed_ms, randomness: &mut self.randomness };
        match &mut self.machine {
            Machine::Inviter(inviter) => inviter.handle(input, &mut means),
            Machine::Joiner(joiner) => joiner.handle(input, &mut means),
        }
    }

    pub(super) fn ended(&self) -> bool {
        self.failed.is_some() || self.paired.is_some() || self.pending.is_some()
    }
}

/// What the relay does with a step on its way to who asked for it.
pub(super) type Hostile<'a> = Box<dyn FnMut(Step, &[u8]) -> Option<Vec<u8>> + 'a>;

pub(in crate::crypto) struct World<'a> {
    pub(in crate::crypto) phones: [Phone; 2],
    pub(super) link: String,
    pub(super) words: String,
    pub(super) cells: BTreeMap<u8, Vec<u8>>,
    pub(super) burned: bool,
    pub(super) hostile: Hostile<'a>,
}

pub(in crate::crypto) const INVITER: usize = 0;
pub(in crate::crypto) const JOINER: usize = 1;

impl<'a> World<'a> {
    pub(super) fn new(inviter: Phone, joiner: Phone) -> Self {
        let hostile = Box::new(|_: Step, bytes: &[u8]| Some(bytes.to_vec()));
        Self {
            phones: [inviter, joiner],
            link: String::new(),
            words: String::new(),
            cells: BTreeMap::new(),
            burned: false,
            hostile,
        }
    }

    pub(super) fn hostile(mut self, hostile: impl FnMut(Step, &[u8]) -> Option<Vec<u8>> + 'a) -> Self {
        self.hostile = Box::new(hostile);
        self
    }

    pub(super) fn input(&mut self, who: usize, input: Input<'_>) {
        let outputs = self.phones[who].take(input);
        self.carry_out(who, outputs);
    }

    pub(super) fn carry_out(&mut self, who: usize, outputs: Vec<Output>) {
        for output in outputs {
            let phone = &mut self.phones[who];
            match output {
                Output::Put(step, bytes) => self.put(who, step, bytes),
                Output::Get(step) => phone.gets.push(step),
                Output::ShowCode(code) => phone.shown = Some(code.to_string()),
                Output::AskCode { .. } => phone.asked += 1,
                Output::Pending(pending) => phone.pending = Some(*pending),
                Output::Paired(outcome) => phone.paired = Some(*outcome),
                Output::Failed(error) => phone.failed = Some(error),
            }
        }
    }

    pub(super) fn put(&mut self, who: usize, step: Step, bytes: Vec<u8>) {
        let taken = self.cells.get(&(step as u8)).is_some_and(|cell| *cell != bytes);
        if step == Step::Abort || (taken && step == Step::M1) {
            self.burned = true;
        }
        if taken || (self.burned && step != Step::Abort) {
            return self.input(who, Input::Burned(step));
        }
        self.cells.insert(step as u8, bytes);
        self.input(who, Input::Stored(step));
    }

    /// Lets everything happen that can.
    pub(in crate::crypto) fn run(&mut self) {
        for who in [INVITER, JOINER] {
            self.input(who, Input::Start);
        }
        self.settle();
    }

    pub(super) fn settle(&mut self) {
        loop {
            let moved = [INVITER, JOINER].into_iter().filter(|who| self.deliver(*who) || self.type_code(*who)).count();
            if moved == 0 {
                break;
            }
        }
    }

    /// As [`World::settle`], with nobody typing.
    pub(super) fn settle_relay(&mut self) {
        while self.deliver(INVITER) || self.deliver(JOINER) {}
    }

    pub(super) fn deliver(&mut self, who: usize) -> bool {
        for index in 0..self.phones[who].gets.len() {
            let step = self.phones[who].gets[index];
            let cell = self.cells.get(&(step as u8)).filter(|_| !self.burned || step == Step::Abort);
            match cell.cloned() {
                Some(bytes) => {
                    self.phones[who].gets.remove(index);
                    if let Some(bytes) = (self.hostile)(step, &bytes) {
                        self.input(who, Input::Got(step, &bytes));
                    }
                }
                None if self.burned => {
                    self.phones[who].gets.remove(index);
                    self.input(who, Input::Burned(step));
                }
                None => continue,
            }
            return true;
        }
        false
    }

    pub(super) fn type_code(&mut self, who: usize) -> bool {
        let shown = self.phones[1 - who].shown.clone();
        let phone = &mut self.phones[who];
        if phone.asked == 0 || phone.ended() {
            return false;
        }
        let Some(code) = phone.typing.pop_front().or(shown) else {
            return false;
        };
        phone.asked -= 1;
        self.input(who, Input::TypedCode(&code));
        true
    }

    pub(super) fn wait(&mut self, ms: u64) {
        for who in [INVITER, JOINER] {
            self.phones[who].elapsed_ms += ms;
            self.input(who, Input::Tick);
        }
        self.settle();
    }

    pub(super) fn failures(&self) -> [Option<PairingError>; 2] {
        [self.phones[INVITER].failed, self.phones[JOINER].failed]
    }

    pub(super) fn ended_well(&self) -> bool {
        self.phones[INVITER].paired.is_some()
            && self.phones[JOINER].pending.is_some()
            && self.failures() == [None, None]
    }
}

pub(super) fn inviter(offer: Offer, words: bool, seed: u8) -> (Phone, Invited) {
    let keys = device(1);
    let mut randomness = Noted::new(seed);
    let mut means = Means { device: &keys, elapsed_ms: 0, randomness: &mut randomness };
    let home = MemberHome { chain: &chain_of(&keys), name: "Ana", in_space: false };
    let (inviter, invited) = Inviter::new(home, relay(), offer, words.then_some(Cost::NONE), &mut means).unwrap();
    (Phone::new(Machine::Inviter(Box::new(inviter)), 1, randomness), invited)
}

pub(super) fn try_joiner(
    invited: &Invited,
    words: bool,
    pin: [u8; 32],
    home: JoinerHome<'_>,
    seed: u8,
) -> Result<Phone, PairingError> {
    let keys = device(2);
    let mut randomness = Noted::new(seed);
    let means = Means { device: &keys, elapsed_ms: 0, randomness: &mut randomness };
    let joiner = if words {
        let words = invited.words.as_ref().unwrap().to_text().parse().unwrap();
        Joiner::from_words(&words, Cost::NONE, pin, home, &means)?
    } else {
        Joiner::from_link(&invited.link, home, &means)?
    };
    Ok(Phone::new(Machine::Joiner(Box::new(joiner)), 2, randomness))
}

pub(super) fn joiner(invited: &Invited, words: bool, own_device: bool, seed: u8) -> Phone {
    let chain = chain_of(&device(2));
    let member = JoinerHome::Member(MemberHome { chain: &chain, name: "Ben", in_space: false });
    try_joiner(invited, words, PIN, if own_device { JoinerHome::NewDevice } else { member }, seed).unwrap()
}

pub(super) fn grant() -> Offer {
    let space = space_between(40);
    let member = chain_of(&device(1)).member();
    let key = crate::crypto::epoch::EpochKey::make(&mut seeded(33)).unwrap();
    let parts = crate::crypto::epoch::EpochParts::first(&key).unwrap();
    let member_epoch = GrantedEpoch { parts, key };
    member_epoch.enter(&OwnerId::from(member)).unwrap();
    Offer::OwnDevice(Grant {
        member_epochs: vec![member_epoch],
        spaces: vec![GrantedSpace { roster: space.roster, epochs: vec![space.epoch] }],
    })
}

pub(super) fn space_between(seed: u8) -> PartnerPairing {
    let mut world = partners(false, seed);
    world.run();
    match world.phones[INVITER].paired.take() {
        Some(Outcome::Partner(pairing)) => *pairing,
        other => panic!("not paired: {other:?}"),
    }
}

pub(in crate::crypto) fn partners<'a>(words: bool, seed: u8) -> World<'a> {
    meet(space_offer(), words, seed)
}

pub(in crate::crypto) fn devices<'a>(words: bool, seed: u8) -> World<'a> {
    meet(grant(), words, seed)
}

fn meet<'a>(offer: Offer, words: bool, seed: u8) -> World<'a> {
    let own_device = matches!(offer, Offer::OwnDevice(_));
    let (inviter, invited) = inviter(offer, words, seed);
    let joiner = joiner(&invited, words, own_device, seed + 100);
    let words = invited.words.as_ref().map(|words| words.to_text().to_string());
    World { link: invited.link.to_string(), words: words.unwrap_or_default(), ..World::new(inviter, joiner) }
}

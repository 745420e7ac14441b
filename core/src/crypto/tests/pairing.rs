//! Two phones and a relay that may be hostile.

use super::{device, flipped, seeded};
use crate::crypto::certificate::{Certificate, MemberChain};
use crate::crypto::keys::DeviceKeys;
use crate::crypto::pairing::*;
use crate::crypto::stretch::Cost;
use crate::id::{MemberId, OwnerId};
use rand_chacha::ChaCha20Rng;
use std::collections::{BTreeMap, VecDeque};

pub(super) const PIN: [u8; 32] = [0x77; 32];

pub(super) fn relay() -> RelayPlace {
    RelayPlace {
        address: "relay.example:4433".to_owned(),
        pin: PIN,
    }
}

pub(super) fn chain_of(device: &DeviceKeys) -> MemberChain {
    let first = Certificate::first(device).unwrap();
    MemberChain::verify(first.member(), &[first.as_bytes()]).unwrap()
}

pub(super) fn space_offer() -> Offer {
    Offer::Space {
        zone: "Europe/Madrid".to_owned(),
        rollover_hour: 4,
    }
}

pub(super) enum Machine {
    Inviter(Inviter),
    Joiner(Joiner),
}

/// One phone, with the person who holds it.
pub(super) struct Phone {
    pub(super) machine: Machine,
    device: DeviceKeys,
    randomness: ChaCha20Rng,
    elapsed_ms: u64,
    gets: Vec<Step>,
    /// What the person types instead of what the other phone shows, first to last.
    pub(super) typing: VecDeque<String>,
    asked: usize,
    pub(super) shown: Option<String>,
    pub(super) pending: Option<Pending>,
    pub(super) paired: Option<Outcome>,
    pub(super) failed: Option<PairingError>,
}

impl Phone {
    fn new(machine: Machine, device_seed: u8, randomness: ChaCha20Rng) -> Self {
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

    fn take(&mut self, input: Input<'_>) -> Vec<Output> {
        let mut means = Means {
            device: &self.device,
            elapsed_ms: self.elapsed_ms,
            randomness: &mut self.randomness,
        };
        match &mut self.machine {
            Machine::Inviter(inviter) => inviter.handle(input, &mut means),
            Machine::Joiner(joiner) => joiner.handle(input, &mut means),
        }
    }

    fn ended(&self) -> bool {
        self.failed.is_some() || self.paired.is_some() || self.pending.is_some()
    }
}

/// What the relay does with a step on its way to who asked for it.
type Hostile<'a> = Box<dyn FnMut(Step, &[u8]) -> Option<Vec<u8>> + 'a>;

pub(super) struct World<'a> {
    pub(super) phones: [Phone; 2],
    pub(super) cells: BTreeMap<u8, Vec<u8>>,
    burned: bool,
    hostile: Hostile<'a>,
}

pub(super) const INVITER: usize = 0;
pub(super) const JOINER: usize = 1;

impl<'a> World<'a> {
    pub(super) fn new(inviter: Phone, joiner: Phone) -> Self {
        let hostile = Box::new(|_: Step, bytes: &[u8]| Some(bytes.to_vec()));
        Self {
            phones: [inviter, joiner],
            cells: BTreeMap::new(),
            burned: false,
            hostile,
        }
    }

    fn hostile(mut self, hostile: impl FnMut(Step, &[u8]) -> Option<Vec<u8>> + 'a) -> Self {
        self.hostile = Box::new(hostile);
        self
    }

    pub(super) fn input(&mut self, who: usize, input: Input<'_>) {
        let outputs = self.phones[who].take(input);
        self.carry_out(who, outputs);
    }

    fn carry_out(&mut self, who: usize, outputs: Vec<Output>) {
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

    fn put(&mut self, who: usize, step: Step, bytes: Vec<u8>) {
        let taken = self
            .cells
            .get(&(step as u8))
            .is_some_and(|cell| *cell != bytes);
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
    pub(super) fn run(&mut self) {
        for who in [INVITER, JOINER] {
            self.input(who, Input::Start);
        }
        self.settle();
    }

    pub(super) fn settle(&mut self) {
        loop {
            let moved = [INVITER, JOINER]
                .into_iter()
                .filter(|who| self.deliver(*who) || self.type_code(*who))
                .count();
            if moved == 0 {
                break;
            }
        }
    }

    fn deliver(&mut self, who: usize) -> bool {
        for index in 0..self.phones[who].gets.len() {
            let step = self.phones[who].gets[index];
            let cell = self
                .cells
                .get(&(step as u8))
                .filter(|_| !self.burned || step == Step::Abort);
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

    fn type_code(&mut self, who: usize) -> bool {
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

    fn wait(&mut self, ms: u64) {
        for who in [INVITER, JOINER] {
            self.phones[who].elapsed_ms += ms;
            self.input(who, Input::Tick);
        }
        self.settle();
    }

    fn failures(&self) -> [Option<PairingError>; 2] {
        [self.phones[INVITER].failed, self.phones[JOINER].failed]
    }

    fn ended_well(&self) -> bool {
        self.phones[INVITER].paired.is_some()
            && self.phones[JOINER].pending.is_some()
            && self.failures() == [None, None]
    }
}

fn inviter(offer: Offer, words: bool, seed: u8) -> (Phone, Invited) {
    let keys = device(1);
    let mut randomness = seeded(seed);
    let mut means = Means {
        device: &keys,
        elapsed_ms: 0,
        randomness: &mut randomness,
    };
    let home = MemberHome {
        chain: &chain_of(&keys),
        name: "Ana",
        in_space: false,
    };
    let (inviter, invited) = Inviter::new(
        home,
        relay(),
        offer,
        words.then_some(Cost::NONE),
        &mut means,
    )
    .unwrap();
    (
        Phone::new(Machine::Inviter(inviter), 1, randomness),
        invited,
    )
}

fn try_joiner(
    invited: &Invited,
    words: bool,
    pin: [u8; 32],
    home: JoinerHome<'_>,
    seed: u8,
) -> Result<Phone, PairingError> {
    let keys = device(2);
    let mut randomness = seeded(seed);
    let means = Means {
        device: &keys,
        elapsed_ms: 0,
        randomness: &mut randomness,
    };
    let joiner = if words {
        let words = invited.words.as_ref().unwrap().to_text().parse().unwrap();
        Joiner::from_words(&words, Cost::NONE, pin, home, &means)?
    } else {
        Joiner::from_link(&invited.link, home, &means).unwrap()?
    };
    Ok(Phone::new(Machine::Joiner(joiner), 2, randomness))
}

pub(super) fn joiner(invited: &Invited, words: bool, own_device: bool, seed: u8) -> Phone {
    let chain = chain_of(&device(2));
    let member = JoinerHome::Member(MemberHome {
        chain: &chain,
        name: "Ben",
        in_space: false,
    });
    try_joiner(
        invited,
        words,
        PIN,
        if own_device {
            JoinerHome::NewDevice
        } else {
            member
        },
        seed,
    )
    .unwrap()
}

fn grant() -> Offer {
    let space = space_between(40);
    let member = chain_of(&device(1)).member();
    let key = crate::crypto::epoch::EpochKey::make(&mut seeded(33)).unwrap();
    let parts = crate::crypto::epoch::EpochParts::first(&key).unwrap();
    let member_epoch = GrantedEpoch { parts, key };
    member_epoch.enter(&OwnerId::from(member)).unwrap();
    Offer::OwnDevice(Grant {
        member_epochs: vec![member_epoch],
        spaces: vec![GrantedSpace {
            roster: space.roster,
            epochs: vec![space.epoch],
        }],
    })
}

fn space_between(seed: u8) -> PartnerPairing {
    let mut world = partners(false, seed);
    world.run();
    match world.phones[INVITER].paired.take() {
        Some(Outcome::Partner(pairing)) => pairing,
        other => panic!("not paired: {other:?}"),
    }
}

pub(super) fn partners<'a>(words: bool, seed: u8) -> World<'a> {
    let (inviter, invited) = inviter(space_offer(), words, seed);
    World::new(inviter, joiner(&invited, words, false, seed + 100))
}

pub(super) fn devices<'a>(words: bool, seed: u8) -> World<'a> {
    let (inviter, invited) = inviter(grant(), words, seed);
    World::new(inviter, joiner(&invited, words, true, seed + 100))
}

#[test]
fn partners_end_in_the_same_space() {
    for words in [false, true] {
        let mut world = partners(words, 5);
        world.run();
        assert!(world.ended_well(), "{:?}", world.failures());
        let [inviter, joiner] = &world.phones;
        assert_ne!(inviter.shown, joiner.shown);
        let pending = joiner.pending.as_ref().unwrap();
        let (Some(Outcome::Partner(ours)), Outcome::Partner(theirs)) =
            (&inviter.paired, pending.outcome())
        else {
            panic!("no space");
        };
        assert_eq!(ours.transcript, theirs.transcript);
        assert_eq!(ours.roster.as_bytes(), theirs.roster.as_bytes());
        assert_eq!(ours.signatures, theirs.signatures);
        assert_eq!(
            ours.enter().unwrap().box_id(),
            theirs.enter().unwrap().box_id()
        );
        assert_eq!(ours.roster.inviter.member, chain_of(&device(1)).member());
        assert_eq!(ours.roster.joiner.name, "Ben");
        assert_eq!(
            (ours.roster.zone.as_str(), ours.roster.rollover_hour),
            ("Europe/Madrid", 4)
        );
        assert_eq!(ours.relay, relay());

        let again = Pending::from_bytes(&pending.to_bytes()).unwrap();
        assert!(again.is_confirmed_by_roster(&ours.transcript, ours.roster.as_bytes()));
        assert!(!again.is_confirmed_by_roster(&[0; 32], ours.roster.as_bytes()));
        assert!(!again.is_confirmed_by_roster(&ours.transcript, &[0xa0]));
        assert!(!again.is_confirmed_by_certificate(&[]));
        assert!(
            matches!(again.put_again(), Output::Put(Step::M4, m4) if m4 == world.cells[&(Step::M4 as u8)])
        );
    }
}

#[test]
fn a_new_device_receives_its_members_boxes() {
    for words in [false, true] {
        let mut world = devices(words, 6);
        world.run();
        assert!(world.ended_well(), "{:?}", world.failures());
        let [inviter, joiner] = &world.phones;
        let pending = joiner.pending.as_ref().unwrap();
        let (Some(Outcome::OwnDevice(ours)), Outcome::OwnDevice(theirs)) =
            (&inviter.paired, pending.outcome())
        else {
            panic!("no device");
        };
        assert_eq!(ours.certificate, theirs.certificate);
        assert_eq!(theirs.chain.member(), chain_of(&device(1)).member());
        assert!(theirs.chain.is_live(&device(2).id()));
        assert_eq!(theirs.inviter.party().unwrap().name, "Ana");
        assert_eq!(theirs.grant.member_epochs.len(), 1);
        let space = &theirs.grant.spaces[0];
        assert_eq!(space.roster.as_bytes(), space_between(40).roster.as_bytes());
        assert_eq!(
            space.epochs[0].key.as_bytes(),
            space_between(40).epoch.key.as_bytes()
        );
        let again = Pending::from_bytes(&pending.to_bytes()).unwrap();
        assert!(again.is_confirmed_by_certificate(ours.certificate.as_bytes()));
        assert!(!again.is_confirmed_by_roster(&ours.transcript, &[]));
    }
}

#[test]
fn the_relay_cannot_tell_a_partner_from_a_device() {
    let sizes = |mut world: World<'_>| {
        world.run();
        world
            .cells
            .into_iter()
            .map(|(step, bytes)| (step, bytes.len()))
            .collect::<Vec<_>>()
    };
    let partner = sizes(partners(true, 5));
    assert_eq!(partner, sizes(devices(true, 5)));
    assert_eq!(
        partner,
        [(0, 2048), (1, 2048), (2, 2048), (3, 2048), (4, 2048)]
    );
}

#[test]
fn a_wrong_code_on_either_phone_burns_both_sides() {
    for who in [INVITER, JOINER] {
        let mut world = partners(false, 7);
        world.phones[who].typing.push_back("000000".to_owned());
        world.run();
        assert_eq!(world.phones[who].failed, Some(PairingError::CodeMismatch));
        assert_eq!(
            world.phones[1 - who].failed,
            Some(PairingError::Aborted(AbortReason::CodeMismatch))
        );
        // Keys leave the inviter only behind the joiner's code, and nothing is kept without the inviter's.
        assert_eq!(world.cells.contains_key(&(Step::M3 as u8)), who == JOINER);
        assert!(world.phones[JOINER].pending.is_none());
    }
}

#[test]
fn what_is_no_code_is_asked_for_again() {
    let mut world = partners(false, 7);
    for who in [INVITER, JOINER] {
        world.phones[who]
            .typing
            .extend(["".to_owned(), "12345".to_owned()]);
    }
    world.run();
    assert!(world.ended_well());
}

#[test]
fn codes_are_taken_only_when_they_are_asked_for() {
    let mut world = partners(false, 7);
    for who in [INVITER, JOINER] {
        world.input(who, Input::TypedCode("000000"));
    }
    world.run();
    assert!(world.ended_well());
}

#[test]
fn wherever_a_message_is_lost_both_can_start_again() {
    for lost in [Step::M0, Step::M1, Step::M2, Step::M3, Step::M4] {
        let mut world =
            partners(true, 8).hostile(|step, bytes| (step != lost).then(|| bytes.to_vec()));
        world.run();
        assert_eq!(world.failures(), [None, None], "{lost:?}");
        assert!(world.phones[INVITER].paired.is_none());
        world.wait(LIFETIME_MS - 1);
        assert_eq!(world.failures(), [None, None], "{lost:?}");
        world.wait(1);
        assert!(world.phones[INVITER].failed.is_some(), "{lost:?}");
        // Only the last message leaves the joiner waiting for a word that never comes.
        assert_eq!(world.phones[JOINER].pending.is_some(), lost == Step::M4);
        assert_eq!(world.phones[JOINER].failed.is_some(), lost != Step::M4);
        let mut again = partners(true, 9);
        again.run();
        assert!(again.ended_well());
    }
}

#[test]
fn whoever_runs_out_of_time_first_tells_the_other() {
    for (who, lost) in [
        (INVITER, Step::M1),
        (INVITER, Step::M3),
        (JOINER, Step::M2),
        (JOINER, Step::M3),
    ] {
        let mut world =
            partners(false, 8).hostile(|step, bytes| (step != lost).then(|| bytes.to_vec()));
        world.run();
        world.phones[who].elapsed_ms = LIFETIME_MS;
        world.input(who, Input::TypedCode("000000"));
        world.settle();
        assert_eq!(world.phones[who].failed, Some(PairingError::Expired));
        let other = world.phones[1 - who].failed;
        // Before it has heard of the joiner, the inviter cannot tell it why.
        let told = if lost == Step::M1 {
            PairingError::Burned
        } else {
            PairingError::Aborted(AbortReason::Expired)
        };
        assert_eq!(other, Some(told), "{who} {lost:?}");
    }
}

#[test]
fn giving_up_ends_it_for_both() {
    for who in [INVITER, JOINER] {
        let mut world =
            partners(false, 8).hostile(|step, bytes| (step != Step::M3).then(|| bytes.to_vec()));
        world.run();
        world.input(who, Input::Cancel);
        world.settle();
        assert_eq!(world.phones[who].failed, Some(PairingError::Cancelled));
        assert_eq!(
            world.phones[1 - who].failed,
            Some(PairingError::Aborted(AbortReason::Cancelled))
        );
        // Ended is ended.
        world.input(who, Input::Start);
        assert_eq!(world.phones[who].take(Input::Cancel).len(), 0);
    }
    let mut world = partners(false, 8);
    world.input(INVITER, Input::Cancel);
    assert!(world.cells.is_empty());
}

#[test]
fn a_second_joiner_burns_the_invite_for_all() {
    let (inviter, invited) = inviter(space_offer(), false, 10);
    let mut second = joiner(&invited, false, false, 77);
    let mut world = World::new(inviter, joiner(&invited, false, false, 78));
    world.input(INVITER, Input::Start);
    world.input(JOINER, Input::Start);
    for output in second.take(Input::Start) {
        if let Output::Put(Step::M1, bytes) = output {
            world.put(JOINER, Step::M1, bytes);
        }
    }
    world.settle();
    assert_eq!(world.failures(), [Some(PairingError::Burned); 2]);
}

#[test]
fn every_changed_message_is_refused() {
    for target in [Step::M0, Step::M1, Step::M2, Step::M3, Step::M4] {
        let mut honest = partners(true, 11);
        honest.run();
        let bytes = honest.cells[&(target as u8)].clone();
        // Every byte of the keys and the head, then now and then one.
        let positions = (0..64)
            .chain((64..bytes.len()).step_by(97))
            .chain([bytes.len() - 1]);
        for position in positions {
            let mut world = partners(true, 11).hostile(|step, bytes| {
                let mut bytes = bytes.to_vec();
                if step == target {
                    bytes[position] ^= 1;
                }
                Some(bytes)
            });
            world.run();
            let who = if matches!(target, Step::M1 | Step::M4) {
                INVITER
            } else {
                JOINER
            };
            assert_eq!(
                world.phones[who].failed,
                Some(PairingError::NotAuthentic(target)),
                "{target:?} {position}"
            );
            assert!(world.phones[INVITER].paired.is_none());
        }
    }
}

#[test]
fn messages_of_another_pairing_or_another_step_are_refused() {
    let mut other = partners(true, 12);
    other.run();
    let steps = [Step::M0, Step::M1, Step::M2, Step::M3, Step::M4];
    for target in steps {
        let foreign = other.cells[&(target as u8)].clone();
        let mut world = partners(true, 13).hostile(move |step, bytes| {
            Some(if step == target {
                foreign.clone()
            } else {
                bytes.to_vec()
            })
        });
        world.run();
        let who = if matches!(target, Step::M1 | Step::M4) {
            INVITER
        } else {
            JOINER
        };
        assert_eq!(
            world.phones[who].failed,
            Some(PairingError::NotAuthentic(target))
        );
    }
    for (asked, given) in [
        (Step::M2, Step::M1),
        (Step::M3, Step::M2),
        (Step::M4, Step::M1),
    ] {
        let mut seen = BTreeMap::new();
        let mut world = partners(true, 13).hostile(move |step, bytes| {
            seen.insert(step as u8, bytes.to_vec());
            Some(if step == asked {
                seen[&(given as u8)].clone()
            } else {
                bytes.to_vec()
            })
        });
        world.run();
        assert!(
            world
                .failures()
                .contains(&Some(PairingError::NotAuthentic(asked))),
            "{asked:?}"
        );
    }
    for bytes in [vec![], vec![0; 47], vec![0; 20_000]] {
        let mut world = partners(true, 13).hostile(move |step, honest| {
            Some(if step == Step::M1 {
                bytes.clone()
            } else {
                honest.to_vec()
            })
        });
        world.run();
        assert_eq!(
            world.phones[INVITER].failed,
            Some(PairingError::NotAuthentic(Step::M1))
        );
    }
}

/// Somebody who carries the link replaces it by their own, and stands between the phones. Both sides of them are honest
/// machines; only the codes differ.
#[test]
fn who_knows_the_link_still_needs_the_code() {
    let (victim, invited) = inviter(space_offer(), false, 14);
    let mut towards_inviter = World::new(victim, joiner(&invited, false, false, 15));
    let (mallory, replaced) = inviter(space_offer(), false, 16);
    let mut towards_joiner = World::new(mallory, joiner(&replaced, false, false, 17));
    for world in [&mut towards_inviter, &mut towards_joiner] {
        world.phones[INVITER].asked = 0;
        world.input(INVITER, Input::Start);
        world.input(JOINER, Input::Start);
        while world.deliver(INVITER) || world.deliver(JOINER) {}
    }
    let real_code = towards_joiner.phones[JOINER].shown.clone().unwrap();
    towards_inviter.phones[INVITER].typing.push_back(real_code);
    towards_inviter.settle();
    assert_eq!(
        towards_inviter.phones[INVITER].failed,
        Some(PairingError::CodeMismatch)
    );
    assert!(!towards_inviter.cells.contains_key(&(Step::M3 as u8)));
}

#[test]
fn homes_take_only_the_invites_that_fit_and_leave_the_others_usable() {
    let chain = chain_of(&device(2));
    let member = |in_space| {
        JoinerHome::Member(MemberHome {
            chain: &chain,
            name: "Ben",
            in_space,
        })
    };
    let (_, partner) = inviter(space_offer(), true, 20);
    let (_, own) = inviter(grant(), true, 20);
    for (invited, home, error) in [
        (&partner, member(true), PairingError::AlreadyInSpace),
        (&partner, JoinerHome::NewDevice, PairingError::NoMember),
        (&own, member(false), PairingError::AlreadyMember),
    ] {
        assert_eq!(try_joiner(invited, false, PIN, home, 1).err(), Some(error));
        let (inviter, _) = inviter(
            if invited.link == own.link {
                grant()
            } else {
                space_offer()
            },
            true,
            20,
        );
        let mut world = World::new(inviter, try_joiner(invited, true, PIN, home, 1).unwrap());
        world.run();
        assert_eq!(world.failures(), [None, Some(error)]);
        assert!(!world.cells.contains_key(&(Step::Abort as u8)));
    }
    let keys = device(1);
    let mut randomness = seeded(1);
    let mut means = Means {
        device: &keys,
        elapsed_ms: 0,
        randomness: &mut randomness,
    };
    let home = MemberHome {
        chain: &chain_of(&keys),
        name: "Ana",
        in_space: true,
    };
    let refused = Inviter::new(home, relay(), space_offer(), None, &mut means);
    assert_eq!(refused.err(), Some(PairingError::AlreadyInSpace));
}

#[test]
fn words_at_another_relay_are_refused() {
    let (inviter, invited) = inviter(space_offer(), true, 21);
    let chain = chain_of(&device(2));
    let home = JoinerHome::Member(MemberHome {
        chain: &chain,
        name: "Ben",
        in_space: false,
    });
    let mut world = World::new(
        inviter,
        try_joiner(&invited, true, [1; 32], home, 1).unwrap(),
    );
    world.run();
    assert_eq!(world.failures(), [None, Some(PairingError::WrongPin)]);
    assert!(!world.cells.contains_key(&(Step::M1 as u8)));
}

#[test]
fn nobody_pairs_with_themself() {
    let (inviter, invited) = inviter(space_offer(), false, 22);
    let keys = device(1);
    let mut randomness = seeded(23);
    let means = Means {
        device: &keys,
        elapsed_ms: 0,
        randomness: &mut randomness,
    };
    let chain = chain_of(&keys);
    let home = JoinerHome::Member(MemberHome {
        chain: &chain,
        name: "Ana",
        in_space: false,
    });
    let joiner = Joiner::from_link(&invited.link, home, &means)
        .unwrap()
        .unwrap();
    let mut world = World::new(inviter, Phone::new(Machine::Joiner(joiner), 1, randomness));
    world.run();
    assert_eq!(
        world.failures(),
        [Some(PairingError::SameMember), Some(PairingError::Burned)]
    );
}

#[test]
fn a_pending_pairing_that_was_changed_does_not_come_back() {
    let mut world = partners(false, 24);
    world.run();
    let bytes = world.phones[JOINER].pending.as_ref().unwrap().to_bytes();
    let whole = Pending::from_bytes(&bytes).unwrap();
    for changed in flipped(&bytes).step_by(23) {
        if let Ok(other) = Pending::from_bytes(&changed) {
            // Where the relay is, and m4, are not signed; all else is.
            let (Outcome::Partner(other), Outcome::Partner(whole)) =
                (other.outcome(), whole.outcome())
            else {
                panic!()
            };
            assert_eq!(
                (other.transcript, &other.signatures),
                (whole.transcript, &whole.signatures)
            );
            assert_eq!(other.roster.as_bytes(), whole.roster.as_bytes());
            assert_eq!(other.epoch.key.as_bytes(), whole.epoch.key.as_bytes());
        }
    }
    assert!(
        (0..bytes.len())
            .step_by(17)
            .all(|length| Pending::from_bytes(&bytes[..length]).is_err())
    );
}

#[test]
fn links_are_refused_by_name() {
    let (_, invited) = inviter(space_offer(), false, 25);
    let link = invited.link.to_string();
    let invite = parse_link(&format!(" {link}\n")).unwrap();
    assert_eq!(
        (invite.purpose(), invite.relay()),
        (Purpose::Partner, &relay())
    );
    let refused = |link: &str| parse_link(link).unwrap_err();
    assert_eq!(refused("https://example.org"), LinkError::NotALink);
    assert_eq!(
        refused(&link.replace("pair/1#", "pair/2#")),
        LinkError::UnknownVersion
    );
    assert_eq!(refused(&"x".repeat(10_000)), LinkError::TooLong);
    let start = "amends://pair/1#".len();
    assert!((start..link.len()).all(|length| refused(&link[..length]) == LinkError::Damaged));
    for position in start..link.len() {
        let mut changed = link.clone().into_bytes();
        changed[position] = b'!';
        assert_eq!(
            refused(std::str::from_utf8(&changed).unwrap()),
            LinkError::Damaged
        );
    }
}

#[test]
fn debug_gives_nothing_away() {
    let mut world = partners(true, 26);
    world.run();
    let (inviter, invited) = inviter(grant(), true, 27);
    let Machine::Inviter(inviter) = &inviter.machine else {
        panic!()
    };
    let printed = format!(
        "{invited:?} {inviter:?} {:?} {:?} {:?} {:?}",
        world.phones[INVITER].paired,
        world.phones[JOINER].pending,
        Input::TypedCode("123456"),
        Output::AskCode {
            name: Some("Ana".to_owned())
        },
    );
    for secret in ["Ana", "Ben", "123456", "amends://", "relay.example"] {
        assert!(!printed.contains(secret), "{secret}: {printed}");
    }
    let Some(Outcome::Partner(pairing)) = &world.phones[INVITER].paired else {
        panic!()
    };
    let key = format!("{:?}", pairing.epoch.key.as_bytes());
    assert!(!printed.contains(key.trim_matches(['[', ']'])));
    let _: MemberId = pairing.roster.inviter.member;
}

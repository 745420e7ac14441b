//! The side that was invited.

use super::code::Code;
use super::content::{read_m2, read_m3, write_m1, write_m4};
use super::grant::Grant;
use super::invite::{Invite, Purpose, open_link};
use super::message::{Hashes, Secrets, commitment, signed_by_joiner};
use super::outcome::{Pending, Terms};
use super::{Bundle, FormError, Input, LIFETIME_MS, Means, MemberHome, Output, PairingError, Step};
use crate::crypto::hpke::PrivateKey;
use crate::crypto::random::{make_bytes, make_secret};
use crate::crypto::stretch::Cost;
use crate::crypto::words::{WordKeys, Words};
use crate::id::hash;
use zeroize::Zeroizing;

/// The home that joins.
#[derive(Debug, Clone, Copy)]
pub enum JoinerHome<'a> {
    /// It has a member, and takes a partner's invite.
    Member(MemberHome<'a>),
    /// It has only this phone's fresh keys, and takes an invite of the member it will belong to.
    NewDevice,
}

/// The joiner's machine.
#[derive(Debug)]
pub struct Joiner {
    bundle: Bundle,
    in_space: bool,
    rendezvous: [u8; 16],
    state: State,
}

#[derive(Debug)]
enum State {
    /// Not started, by link.
    Link(Box<Met>),
    /// By words; started or not.
    Words {
        keys: Box<WordKeys>,
        pin: [u8; 32],
        started: bool,
    },
    AwaitM2(Box<Met>, Box<Said>),
    AwaitM3(Box<Met>, Box<Talk>),
    AwaitCode(Box<Met>, Box<Talk>, Vec<u8>),
    Done,
}

/// The invite is known.
#[derive(Debug)]
struct Met {
    invite: Invite,
    secrets: Secrets,
}

/// m1 was sent.
#[derive(Debug)]
struct Said {
    key: PrivateKey,
    nonce: [u8; 32],
    hashes: Hashes,
}

/// m2 was heard.
#[derive(Debug)]
struct Talk {
    key: PrivateKey,
    inviter: Bundle,
    transcript: [u8; 32],
    inviters_code: Code,
}

impl Joiner {
    /// Joins by a link. The phone is to reach the relay that the link names, with the pin that it names:
    /// [`parse_link`](super::parse_link) tells both.
    ///
    /// # Errors
    /// [`PairingError::Link`], and what a home refuses: [`PairingError::AlreadyInSpace`], [`PairingError::NoMember`],
    /// [`PairingError::AlreadyMember`], [`PairingError::Name`].
    pub fn from_link(link: &str, home: JoinerHome<'_>, means: &Means<'_>) -> Result<Self, PairingError> {
        let (invite, secret) = open_link(link)?;
        let rendezvous = invite.rendezvous();
        let secrets = Secrets::new(rendezvous, secret)?;
        let mut joiner = Self::new(home, rendezvous, State::Done, means)?;
        joiner.check_home(&invite)?;
        joiner.state = State::Link(Box::new(Met { invite, secrets }));
        Ok(joiner)
    }

    /// Joins by eight words at a relay that was reached with `pin`. `cost` must be the inviter's, [`Cost::FULL`] but in tests.
    ///
    /// # Errors
    /// [`PairingError::Name`] and [`PairingError::Primitive`].
    pub fn from_words(
        words: &Words,
        cost: Cost,
        pin: [u8; 32],
        home: JoinerHome<'_>,
        means: &Means<'_>,
    ) -> Result<Self, PairingError> {
        let keys = Box::new(words.derive_keys(cost)?);
        Self::new(home, keys.rendezvous, State::Words { keys, pin, started: false }, means)
    }

    fn new(home: JoinerHome<'_>, rendezvous: [u8; 16], state: State, means: &Means<'_>) -> Result<Self, PairingError> {
        let device = means.device.public();
        let (bundle, in_space) = match home {
            JoinerHome::Member(home) => (Bundle::of_member(device, home.chain, home.name), home.in_space),
            JoinerHome::NewDevice => (Bundle::of_new_device(device), false),
        };
        let bundle = bundle.map_err(|error| error.at(Step::M1))?;
        Ok(Self { bundle, in_space, rendezvous, state })
    }

    /// Where the two meet.
    pub fn rendezvous(&self) -> [u8; 16] {
        self.rendezvous
    }

    /// Whether this home takes such an invite.
    fn check_home(&self, invite: &Invite) -> Result<(), PairingError> {
        match (invite.purpose(), self.bundle.party()) {
            (Purpose::Partner, None) => Err(PairingError::NoMember),
            (Purpose::Partner, Some(_)) if self.in_space => Err(PairingError::AlreadyInSpace),
            (Purpose::OwnDevice, Some(_)) => Err(PairingError::AlreadyMember),
            _ => Ok(()),
        }
    }

    /// Takes one input. After [`Output::Pending`] only the puts and gets behind it are left to do, after [`Output::Failed`]
    /// nothing.
    pub fn handle(&mut self, input: Input<'_>, means: &mut Means<'_>) -> Vec<Output> {
        let state = std::mem::replace(&mut self.state, State::Done);
        // What an abort needs, once the rendezvous has heard of us: a home that merely refuses leaves the invite usable.
        let heard = match &state {
            State::Done => return Vec::new(),
            State::Link(_) | State::Words { .. } => None,
            State::AwaitM2(met, _) | State::AwaitM3(met, _) | State::AwaitCode(met, ..) => Some(Heard::new(met)),
        };
        let result =
            if means.elapsed_ms >= LIFETIME_MS { Err(PairingError::Expired) } else { self.step(state, input, means) };
        result.unwrap_or_else(|error| {
            let abort = match error {
                PairingError::Burned | PairingError::Aborted(_) => None,
                _ => heard.and_then(|heard| heard.seal_abort(error, means)),
            };
            abort.into_iter().chain([Output::Failed(error)]).collect()
        })
    }

    fn step(&mut self, state: State, input: Input<'_>, means: &mut Means<'_>) -> Result<Vec<Output>, PairingError> {
        match (state, input) {
            (_, Input::Cancel) => Err(PairingError::Cancelled),
            (_, Input::Burned(Step::Abort)) => Err(PairingError::Burned),
            (state, Input::Got(Step::Abort, sealed)) => Err(state.open_abort(sealed)),
            (state, Input::Burned(_)) => {
                self.state = state;
                // Perhaps the other side says why.
                Ok(vec![Output::Get(Step::Abort)])
            }
            (State::Link(met), Input::Start) => self.speak(met, means),
            (State::Words { keys, pin, started: false }, Input::Start) => {
                self.state = State::Words { keys, pin, started: true };
                Ok(vec![Output::Get(Step::M0)])
            }
            (State::Words { keys, pin, started: true }, Input::Got(Step::M0, cell)) => {
                let met = self.open_m0(&keys, pin, cell)?;
                self.speak(Box::new(met), means)
            }
            (State::AwaitM2(met, said), Input::Got(Step::M2, m2)) => self.hear(met, *said, m2),
            (State::AwaitM3(met, talk), Input::Got(Step::M3, m3)) => {
                let name = talk.name();
                // Stays sealed until the inviter's code was typed.
                self.state = State::AwaitCode(met, talk, m3.to_vec());
                Ok(vec![Output::AskCode { name }])
            }
            (State::AwaitCode(met, talk, m3), Input::TypedCode(typed)) => match talk.inviters_code.matches(typed) {
                Some(true) => self.accept(&met, &talk, &m3, means),
                Some(false) => Err(PairingError::CodeMismatch),
                None => {
                    let name = talk.name();
                    self.state = State::AwaitCode(met, talk, m3);
                    Ok(vec![Output::AskCode { name }])
                }
            },
            (state, _) => {
                self.state = state;
                Ok(Vec::new())
            }
        }
    }

    fn open_m0(&self, keys: &WordKeys, pin: [u8; 32], cell: &[u8]) -> Result<Met, PairingError> {
        let m0 = Step::M0.authentic(Invite::open_cell(cell, keys))?;
        let invite = Invite::decode(&m0).map_err(|error| error.at(Step::M0))?;
        let invite = invite.ok_or(PairingError::UnknownVersion)?;
        if invite.relay().pin != pin {
            return Err(PairingError::WrongPin);
        }
        if invite.rendezvous() != keys.rendezvous {
            return Err(PairingError::Malformed(Step::M0));
        }
        self.check_home(&invite)?;
        Ok(Met { invite, secrets: Secrets::new(keys.rendezvous, keys.secret.clone())? })
    }

    /// m1: says who we are to whoever made the invite.
    fn speak(&mut self, met: Box<Met>, means: &mut Means<'_>) -> Result<Vec<Output>, PairingError> {
        let key: Zeroizing<[u8; 32]> = make_secret(means.randomness)?;
        let key = PrivateKey::from_bytes(&key)?;
        let nonce: [u8; 32] = make_bytes(means.randomness)?;
        let content = write_m1(&key.public(), &nonce, &self.bundle);
        let h0 = met.invite.hash();
        let m1 = met.secrets.seal(&met.invite.key, &[b"1", &h0], &content, means.randomness)?;
        let hashes = Hashes { h0, h1: hash(&[&m1]) };
        self.state = State::AwaitM2(met, Box::new(Said { key, nonce, hashes }));
        Ok(vec![Output::Put(Step::M1, m1), Output::Get(Step::Abort), Output::Get(Step::M2)])
    }

    /// m2: who the inviter is, which the invite committed to.
    fn hear(&mut self, met: Box<Met>, said: Said, m2: &[u8]) -> Result<Vec<Output>, PairingError> {
        let Said { key, nonce, hashes } = said;
        let info: [&[u8]; 3] = [b"2", &hashes.h0, &hashes.h1];
        let content = Step::M2.authentic(met.secrets.open(&key, &info, m2))?;
        let (inviters_nonce, bundle) = read_m2(&content).map_err(|error| error.at(Step::M2))?;
        if commitment(&inviters_nonce, &bundle) != met.invite.commitment {
            return Err(PairingError::NotAuthentic(Step::M2));
        }
        let inviter = Bundle::decode(&bundle).map_err(|error| error.at(Step::M2))?;
        let party = inviter.party().ok_or(PairingError::Malformed(Step::M2))?;
        if self.bundle.party().is_some_and(|own| own.member == party.member) {
            return Err(PairingError::SameMember);
        }
        let transcript = hashes.transcript((&inviters_nonce, &bundle), (&nonce, self.bundle.as_bytes()));
        let joiners_code = Code::derive_joiners(&met.secrets, &transcript)?;
        let inviters_code = Code::derive_inviters(&met.secrets, &transcript)?;
        self.state = State::AwaitM3(met, Box::new(Talk { key, inviter, transcript, inviters_code }));
        Ok(vec![Output::ShowCode(joiners_code), Output::Get(Step::M3)])
    }

    /// The inviter's code was typed: opens m3, and signs it if it is what it should be.
    fn accept(
        &mut self,
        met: &Met,
        talk: &Talk,
        m3: &[u8],
        means: &mut Means<'_>,
    ) -> Result<Vec<Output>, PairingError> {
        let content = Step::M3.authentic(met.secrets.open(&talk.key, &[b"3", &talk.transcript], m3))?;
        let (paper, by_inviter, epoch) = read_m3(&content).map_err(|error| error.at(Step::M3))?;
        let mut terms = Terms {
            purpose: met.invite.purpose(),
            relay: met.invite.relay().clone(),
            transcript: talk.transcript,
            inviter: talk.inviter.clone(),
            joiner: self.bundle.clone(),
            paper,
            epoch,
            by_inviter,
            by_joiner: [0; 64],
            countersignature: None,
        };
        terms.sign_as_joiner(means).map_err(|error| error.at(Step::M3))?;
        let info: [&[u8]; 2] = [b"4", &talk.transcript];
        let m4 = met.secrets.seal(&met.invite.key, &info, &write_m4(&terms), means.randomness)?;
        let pending = Pending::new(&terms, m4.clone()).map_err(|error| error.at(Step::M3))?;
        Ok(vec![Output::Pending(Box::new(pending)), Output::Put(Step::M4, m4)])
    }
}

impl Terms {
    /// Signs what the inviter wrote, once it is known to be what was agreed.
    fn sign_as_joiner(&mut self, means: &Means<'_>) -> Result<(), FormError> {
        match self.purpose {
            Purpose::Partner => {
                self.roster()?;
            }
            Purpose::OwnDevice => {
                let party = self.inviter.party().ok_or(FormError::Part)?;
                let (_, add) = Grant::decode(&self.paper, &party.member)?;
                self.countersignature = Some(add.countersignature(means.device)?);
            }
        }
        self.by_joiner = means.device.sign(&signed_by_joiner(&self.transcript, &self.paper))?;
        Ok(())
    }
}

impl State {
    fn open_abort(&self, sealed: &[u8]) -> PairingError {
        let (met, key) = match self {
            Self::AwaitM2(met, said) => (met, &said.key),
            Self::AwaitM3(met, talk) | Self::AwaitCode(met, talk, _) => (met, &talk.key),
            Self::Link(_) | Self::Words { .. } | Self::Done => return PairingError::Burned,
        };
        met.secrets.open_abort(key, &met.invite.hash(), sealed)
    }
}

/// What is needed to tell the inviter that it ended.
struct Heard {
    secrets: Secrets,
    key: [u8; 32],
    h0: [u8; 32],
}

impl Heard {
    fn new(met: &Met) -> Self {
        Self { secrets: met.secrets.clone(), key: met.invite.key, h0: met.invite.hash() }
    }

    fn seal_abort(&self, error: PairingError, means: &mut Means<'_>) -> Option<Output> {
        let sealed = self.secrets.seal_abort(&self.key, &self.h0, error.reason(), means.randomness);
        sealed.ok().map(|abort| Output::Put(Step::Abort, abort))
    }
}

impl Talk {
    fn name(&self) -> Option<String> {
        self.inviter.party().map(|party| party.name.clone())
    }
}

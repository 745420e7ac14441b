//! The side that invites.

use super::code::Code;
use super::content::{read_m1, read_m4, write_m2, write_m3};
use super::grant::{Grant, GrantedEpoch};
use super::invite::{Invite, Purpose, RelayPlace};
use super::message::{Hashes, Secrets, commitment, signed_by_inviter};
use super::outcome::Terms;
use super::roster::Roster;
use super::{Bundle, FormError, Input, LIFETIME_MS, Means, MemberHome, Output, PairingError, Step};
use crate::crypto::certificate::Certificate;
use crate::crypto::epoch::{EpochKey, EpochParts};
use crate::crypto::hpke::PrivateKey;
use crate::crypto::random::{make_bytes, make_secret};
use crate::crypto::stretch::Cost;
use crate::crypto::words::Words;
use crate::id::{OwnerId, SpaceId, hash};
use std::fmt;
use zeroize::Zeroizing;

/// What an invite offers.
#[derive(Debug)]
pub enum Offer {
    /// A space with a partner.
    Space {
        /// The couple's home zone, an IANA name of at most 64 bytes.
        zone: String,
        /// The hour at which their day ends, 0 to 23.
        rollover_hour: u8,
    },
    /// The member's boxes, to the member's next device.
    OwnDevice(Grant),
}

/// What the person who invites passes on, by a channel that they trust.
pub struct Invited {
    /// The link.
    pub link: Zeroizing<String>,
    /// The words, which stand for the same invite.
    pub words: Option<Words>,
}

impl fmt::Debug for Invited {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Invited(…)")
    }
}

/// The inviter's machine. Everything in it is fresh: a next try shares nothing with it.
#[derive(Debug)]
pub struct Inviter {
    invite: Invite,
    key: PrivateKey,
    secrets: Secrets,
    nonce: [u8; 32],
    bundle: Bundle,
    offer: Offer,
    state: State,
}

#[derive(Debug)]
enum State {
    /// Not started; with the M0 cell if the invite goes by words.
    New(Option<Vec<u8>>),
    AwaitM1,
    AwaitCode(Box<Talk>),
    AwaitM4(Box<Talk>, Box<Terms>),
    Done,
}

/// A joiner who answered.
#[derive(Debug)]
struct Talk {
    joiner: Bundle,
    joiner_key: [u8; 32],
    transcript: [u8; 32],
    joiners_code: Code,
}

impl Inviter {
    /// An invite made at `relay`. With `words` it can be passed on as eight words as well, whose derivation costs that much on
    /// either phone; the link then is as good as the words.
    ///
    /// # Errors
    /// [`PairingError::AlreadyInSpace`], [`PairingError::Name`], [`PairingError::TooLarge`] when the relay's address is, and
    /// [`PairingError::NoRandomness`].
    pub fn new(
        home: MemberHome<'_>,
        relay: RelayPlace,
        offer: Offer,
        words: Option<Cost>,
        means: &mut Means<'_>,
    ) -> Result<(Self, Invited), PairingError> {
        let purpose = match &offer {
            Offer::Space { .. } if home.in_space => return Err(PairingError::AlreadyInSpace),
            Offer::Space { .. } => Purpose::Partner,
            Offer::OwnDevice(_) => Purpose::OwnDevice,
        };
        let bundle = Bundle::of_member(means.device.public(), home.chain, home.name);
        let bundle = bundle.map_err(|error| error.at(Step::M2))?;
        let key: Zeroizing<[u8; 32]> = make_secret(means.randomness)?;
        let key = PrivateKey::from_bytes(&key)?;
        let nonce = make_bytes(means.randomness)?;
        let (secrets, words) = match words {
            None => {
                let rendezvous = make_bytes(means.randomness)?;
                (Secrets::new(rendezvous, make_secret(means.randomness)?)?, None)
            }
            Some(cost) => {
                let words = Words::make(means.randomness)?;
                let keys = words.derive_keys(cost)?;
                (Secrets::new(keys.rendezvous, keys.secret.clone())?, Some((words, keys)))
            }
        };
        let commitment = commitment(&nonce, bundle.as_bytes());
        let invite = Invite::new(purpose, relay, &secrets.rendezvous(), &key.public(), &commitment);
        let invite = invite.map_err(|_| PairingError::TooLarge)?;
        let cell = words.as_ref().map(|(_, keys)| invite.seal_cell(keys)).transpose()?;
        let invited = Invited { link: invite.to_link(&secrets), words: words.map(|(words, _)| words) };
        let state = State::New(cell);
        Ok((Self { invite, key, secrets, nonce, bundle, offer, state }, invited))
    }

    /// Where the two meet.
    pub fn rendezvous(&self) -> [u8; 16] {
        self.invite.rendezvous()
    }

    /// Takes one input. After [`Output::Paired`] or [`Output::Failed`] there is nothing more to do.
    pub fn handle(&mut self, input: Input<'_>, means: &mut Means<'_>) -> Vec<Output> {
        let state = std::mem::replace(&mut self.state, State::Done);
        if matches!(state, State::Done) {
            return Vec::new();
        }
        let heard = self.peer_key(&state);
        let result =
            if means.elapsed_ms >= LIFETIME_MS { Err(PairingError::Expired) } else { self.step(state, input, means) };
        result.unwrap_or_else(|error| self.fail(error, heard, means))
    }

    /// To whom an abort is sealed; before there is a joiner to ourselves, so that it looks like any other. None before the
    /// rendezvous knows of us.
    fn peer_key(&self, state: &State) -> Option<[u8; 32]> {
        match state {
            State::New(_) | State::Done => None,
            State::AwaitM1 => Some(self.key.public()),
            State::AwaitCode(talk) | State::AwaitM4(talk, _) => Some(talk.joiner_key),
        }
    }

    fn fail(&self, error: PairingError, peer: Option<[u8; 32]>, means: &mut Means<'_>) -> Vec<Output> {
        let mut outputs = Vec::new();
        if let (Some(peer), false) = (peer, matches!(error, PairingError::Burned | PairingError::Aborted(_))) {
            let sealed = self.secrets.seal_abort(&peer, &self.invite.hash(), error.reason(), means.randomness);
            outputs.extend(sealed.ok().map(|abort| Output::Put(Step::Abort, abort)));
        }
        outputs.push(Output::Failed(error));
        outputs
    }

    fn step(&mut self, state: State, input: Input<'_>, means: &mut Means<'_>) -> Result<Vec<Output>, PairingError> {
        match (state, input) {
            (_, Input::Cancel) => Err(PairingError::Cancelled),
            (_, Input::Burned(Step::Abort)) => Err(PairingError::Burned),
            (_, Input::Got(Step::Abort, sealed)) => {
                Err(self.secrets.open_abort(&self.key, &self.invite.hash(), sealed))
            }
            (state, Input::Burned(_)) => {
                self.state = state;
                // Perhaps the other side says why.
                Ok(vec![Output::Get(Step::Abort)])
            }
            (State::New(cell), Input::Start) => {
                self.state = State::AwaitM1;
                let cell = cell.map(|cell| Output::Put(Step::M0, cell));
                Ok(cell.into_iter().chain([Output::Get(Step::Abort), Output::Get(Step::M1)]).collect())
            }
            (State::AwaitM1, Input::Got(Step::M1, m1)) => self.meet(m1, means),
            (State::AwaitCode(talk), Input::TypedCode(typed)) => match talk.joiners_code.matches(typed) {
                Some(true) => self.hand_over(talk, means),
                Some(false) => Err(PairingError::CodeMismatch),
                None => {
                    let name = talk.name();
                    self.state = State::AwaitCode(talk);
                    Ok(vec![Output::AskCode { name }])
                }
            },
            (State::AwaitM4(_, terms), Input::Got(Step::M4, m4)) => self.conclude(*terms, m4),
            (state, _) => {
                self.state = state;
                Ok(Vec::new())
            }
        }
    }

    /// m1 is there: says who we are, as committed to, and asks for the joiner's code.
    fn meet(&mut self, m1: &[u8], means: &mut Means<'_>) -> Result<Vec<Output>, PairingError> {
        let h0 = self.invite.hash();
        let content = Step::M1.authentic(self.secrets.open(&self.key, &[b"1", &h0], m1))?;
        let (joiner_key, nonce, joiner) = read_m1(&content).map_err(|error| error.at(Step::M1))?;
        self.check_joiner(&joiner)?;
        let hashes = Hashes { h0, h1: hash(&[m1]) };
        let transcript = hashes.transcript((&self.nonce, self.bundle.as_bytes()), (&nonce, joiner.as_bytes()));

        let info: [&[u8]; 3] = [b"2", &hashes.h0, &hashes.h1];
        let m2 = self.secrets.seal(&joiner_key, &info, &write_m2(&self.nonce, &self.bundle), means.randomness)?;
        let joiners_code = Code::derive_joiners(&self.secrets, &transcript)?;
        let talk = Box::new(Talk { joiner, joiner_key, transcript, joiners_code });
        let name = talk.name();
        self.state = State::AwaitCode(talk);
        Ok(vec![Output::Put(Step::M2, m2), Output::AskCode { name }])
    }

    fn check_joiner(&self, joiner: &Bundle) -> Result<(), PairingError> {
        let own = self.bundle.party().ok_or(PairingError::NoMember)?;
        match (&self.offer, joiner.party()) {
            (Offer::Space { .. }, Some(party)) if party.member == own.member => Err(PairingError::SameMember),
            (Offer::Space { .. }, Some(_)) => Ok(()),
            (Offer::OwnDevice(_), None) if own.chain.standing(&joiner.device().id()).is_some() => {
                Err(PairingError::SameMember)
            }
            (Offer::OwnDevice(_), None) => Ok(()),
            _ => Err(PairingError::Malformed(Step::M1)),
        }
    }

    /// The joiner's code was typed: hands over the keys and shows our code.
    fn hand_over(&mut self, talk: Box<Talk>, means: &mut Means<'_>) -> Result<Vec<Output>, PairingError> {
        let (paper, epoch) = self.write_paper(&talk, means).map_err(|error| error.at(Step::M3))?;
        let by_inviter = means.device.sign(&signed_by_inviter(&talk.transcript, &paper))?;
        let code = Code::derive_inviters(&self.secrets, &talk.transcript)?;
        let terms = Terms {
            purpose: self.invite.purpose(),
            relay: self.invite.relay().clone(),
            transcript: talk.transcript,
            inviter: self.bundle.clone(),
            joiner: talk.joiner.clone(),
            paper,
            epoch,
            by_inviter,
            by_joiner: [0; 64],
            countersignature: None,
        };
        let info: [&[u8]; 2] = [b"3", &talk.transcript];
        let m3 = self.secrets.seal(&talk.joiner_key, &info, &write_m3(&terms), means.randomness)?;
        self.state = State::AwaitM4(talk, Box::new(terms));
        Ok(vec![Output::Put(Step::M3, m3), Output::Get(Step::M4), Output::ShowCode(code)])
    }

    /// The roster with a fresh epoch, or the grant with the new device's certificate.
    fn write_paper(
        &self,
        talk: &Talk,
        means: &mut Means<'_>,
    ) -> Result<(Zeroizing<Vec<u8>>, Option<GrantedEpoch>), FormError> {
        let own = self.bundle.party().ok_or(PairingError::NoMember)?;
        match &self.offer {
            Offer::Space { zone, rollover_hour } => {
                let partner = talk.joiner.party().ok_or(FormError::Part)?;
                let random = make_bytes(means.randomness).map_err(PairingError::from)?;
                let key = EpochKey::make(means.randomness).map_err(PairingError::from)?;
                let parts = EpochParts::first(&key)?;
                let owner = OwnerId::from(SpaceId::derive(&own.member, &partner.member, &random));
                let bundles = [&self.bundle, &talk.joiner];
                let roster = Roster::new(&random, bundles, zone, *rollover_hour, &parts.id(&owner));
                let roster = roster.ok_or(FormError::Part)??;
                Ok((Zeroizing::new(roster.as_bytes().to_vec()), Some(GrantedEpoch { parts, key })))
            }
            Offer::OwnDevice(grant) => {
                let add = Certificate::add(means.device, own.member, talk.joiner.device())?;
                Ok((grant.encode(&add)?, None))
            }
        }
    }

    /// m4 is there: both have signed.
    fn conclude(&mut self, mut terms: Terms, m4: &[u8]) -> Result<Vec<Output>, PairingError> {
        let content = self.secrets.open(&self.key, &[b"4", &terms.transcript], m4);
        let content = Step::M4.authentic(content)?;
        let outcome = read_m4(&content).map_err(FormError::from).and_then(|(by_joiner, countersignature)| {
            terms.by_joiner = by_joiner;
            terms.countersignature = countersignature;
            terms.conclude()
        });
        let outcome = outcome.map_err(|error| error.at(Step::M4))?;
        Ok(vec![Output::Paired(Box::new(outcome))])
    }
}

impl Talk {
    fn name(&self) -> Option<String> {
        self.joiner.party().map(|party| party.name.clone())
    }
}

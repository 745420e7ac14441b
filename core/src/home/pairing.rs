//! Pairing as the home sees it: what it brings to the two machines of [`crate::crypto::pairing`], and what it keeps of their
//! outcome.

use super::state::{HomeState, Secret, SpaceState};
use super::step::Step;
use super::{Home, HomeError, HomeZone, Moment};
use crate::crypto::PrimitiveError;
use crate::crypto::certificate::MemberChain;
use crate::crypto::epoch::{EpochKey, EpochParts};
use crate::crypto::keys::{DeviceKeys, make_device_keys};
use crate::crypto::pairing::{
    DevicePairing, Grant, GrantedEpoch, GrantedSpace, Invited, Inviter, Joiner, JoinerHome, Means, MemberHome, Offer,
    Outcome, PairingError, PartnerPairing, Pending, RelayPlace, Roster,
};
use crate::crypto::random::{NoRandomness, Randomness, make_bytes};
use crate::crypto::stretch::Cost;
use crate::crypto::words::Words;
use crate::id::{DeviceId, MemberId, OwnerId};
use crate::statement::{Content, Header, Kind, Statement, Subject};
use crate::storage::Store;
use crate::sync::{BoxIndex, BoxState, EpochState, MEMBER_BOX, RosterMember};
use amends_protocol::RelayAddress;

/// Whose phone this is.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Identity {
    /// The member.
    pub member: MemberId,
    /// This device.
    pub device: DeviceId,
    /// Their name.
    pub name: String,
}

/// Whom an invite is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Invitee {
    /// A partner: makes a space.
    Partner,
    /// One's own next device.
    OwnDevice,
}

/// Where a joiner was invited.
#[derive(Clone, Copy)]
pub enum Invitation<'a> {
    /// A link.
    Link(&'a str),
    /// Eight words, at a relay reached with this pin.
    Words {
        /// The words.
        words: &'a Words,
        /// What deriving from them costs.
        cost: Cost,
        /// The relay's pin.
        pin: [u8; 32],
    },
}

/// Why a pairing cannot begin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BeginError {
    /// This home or this invite does not allow it.
    #[error(transparent)]
    Pairing(#[from] PairingError),
    /// The home's own data.
    #[error(transparent)]
    Home(#[from] HomeError),
}

/// A phone that has no home yet and joins its member.
pub struct NewDevice {
    keys: DeviceKeys,
    random: Box<dyn Randomness + Send>,
}

impl NewDevice {
    /// Makes the phone's keys.
    ///
    /// # Errors
    /// [`HomeError::NoRandomness`].
    pub fn make(mut random: Box<dyn Randomness + Send>) -> Result<Self, HomeError> {
        let keys = make_device_keys(&mut *random).map_err(|_| NoRandomness)?;
        Ok(Self { keys, random })
    }

    /// Begins to join.
    ///
    /// # Errors
    /// [`BeginError`].
    pub fn join(&mut self, invitation: Invitation<'_>) -> Result<Joiner, BeginError> {
        let means = Means { device: &self.keys, elapsed_ms: 0, randomness: &mut *self.random };
        begin_join(invitation, JoinerHome::NewDevice, &means)
    }

    /// Lends a machine what it needs for one input.
    pub fn with_means<T>(&mut self, elapsed_ms: u64, act: impl FnOnce(&mut Means<'_>) -> T) -> T {
        act(&mut Means { device: &self.keys, elapsed_ms, randomness: &mut *self.random })
    }

    /// Founds the home of this device: with its member's boxes, its keys, and the pairing still to be confirmed.
    ///
    /// # Errors
    /// [`HomeError::HomeExists`], [`HomeError::WrongShape`] for a partner's pairing, or what the store says.
    pub fn found<S: Store>(self, store: S, pending: &Pending) -> Result<Home<S>, HomeError> {
        let Outcome::OwnDevice(pairing) = pending.outcome() else { return Err(HomeError::WrongShape) };
        let member = pairing.chain.member();
        let name = pairing.inviter.party().map(|party| party.name.clone()).unwrap_or_default();
        let vault_roster = vec![roster_member(member, "", &pairing.chain)];
        let vault = box_state(member.into(), &pairing.grant.member_epochs, vault_roster)?;
        let mut boxes = vec![vault];
        let mut space = None;
        for granted in &pairing.grant.spaces {
            let index = BoxIndex::try_from(boxes.len()).map_err(|_| HomeError::WrongShape)?;
            let state = space_state(member, &granted.roster, pairing.transcript, index, true)?;
            let mut roster = roster_of(&granted.roster);
            // The new device's own certificate is younger than the space's roster.
            for kept in roster.iter_mut().filter(|kept| kept.member == member) {
                *kept = roster_member(member, &name, &pairing.chain);
            }
            boxes.push(box_state(granted.roster.space().into(), &granted.epochs, roster)?);
            space = Some(state);
        }
        let home_zone = space.as_ref().map(|space| space.home_zone.clone()).unwrap_or_default();
        let mut random = self.random;
        let mut state = HomeState::new(&self.keys, member, name, make_bytes(&mut *random)?, home_zone);
        state.space = space;
        state.relay = Some(pairing.relay.address.clone());
        state.pending = Some(Secret::new(&pending.to_bytes()));
        Home::found(store, random, self.keys, state, boxes)
    }
}

impl<S: Store> Home<S> {
    /// Whose phone this is.
    pub fn identity(&self) -> Identity {
        Identity { member: self.state.member, device: self.keys.id(), name: self.state.name.clone() }
    }

    /// Lends a machine what it needs for one input.
    pub fn with_means<T>(&mut self, elapsed_ms: u64, act: impl FnOnce(&mut Means<'_>) -> T) -> T {
        act(&mut Means { device: &self.keys, elapsed_ms, randomness: &mut *self.random })
    }

    /// Begins to invite at a relay. With `words` the invite can be said as eight words too.
    ///
    /// # Errors
    /// [`BeginError`].
    pub fn invite(
        &mut self,
        invitee: Invitee,
        relay: &RelayAddress,
        words: Option<Cost>,
    ) -> Result<(Inviter, Invited), BeginError> {
        let offer = match invitee {
            Invitee::Partner => Offer::Space {
                zone: self.state.home_zone.zone.clone(),
                rollover_hour: self.state.home_zone.rollover_hour,
            },
            Invitee::OwnDevice => Offer::OwnDevice(self.grant()?),
        };
        let place = RelayPlace { address: relay.to_string(), pin: relay.pin.0 };
        let (chain, name, in_space) = self.member_home()?;
        let home = MemberHome { chain: &chain, name: &name, in_space };
        let mut means = Means { device: &self.keys, elapsed_ms: 0, randomness: &mut *self.random };
        Ok(Inviter::new(home, place, offer, words, &mut means)?)
    }

    /// Begins to join a partner.
    ///
    /// # Errors
    /// [`BeginError`].
    pub fn join(&mut self, invitation: Invitation<'_>) -> Result<Joiner, BeginError> {
        let (chain, name, in_space) = self.member_home()?;
        let home = JoinerHome::Member(MemberHome { chain: &chain, name: &name, in_space });
        let means = Means { device: &self.keys, elapsed_ms: 0, randomness: &mut *self.random };
        begin_join(invitation, home, &means)
    }

    fn member_home(&mut self) -> Result<(MemberChain, String, bool), HomeError> {
        self.ring.refresh(&self.boxes)?;
        let ring = self.ring.ring(MEMBER_BOX)?;
        let chain = ring.members().first().cloned().ok_or(HomeError::NoHome)?;
        let in_space = self.state.space.as_ref().is_some_and(|space| space.confirmed);
        Ok((chain, self.state.name.clone(), in_space))
    }

    /// Everything a next device of this member receives.
    fn grant(&self) -> Result<Grant, HomeError> {
        let epochs_of = |index: BoxIndex| -> Result<Vec<GrantedEpoch>, HomeError> {
            let state = self.boxes.get(usize::from(index)).ok_or(HomeError::NotPaired)?;
            state.epochs.iter().map(granted).collect()
        };
        let mut grant = Grant { member_epochs: epochs_of(MEMBER_BOX)?, spaces: Vec::new() };
        if let Some(space) = self.state.space.as_ref().filter(|space| space.confirmed) {
            let roster = Roster::decode(&space.roster).map_err(|_| PrimitiveError)?;
            grant.spaces.push(GrantedSpace { roster, epochs: epochs_of(space.index)? });
        }
        Ok(grant)
    }

    /// Keeps what a pairing ended in, on the inviter's side.
    ///
    /// # Errors
    /// What the store says.
    pub fn adopt(&mut self, at: Moment, outcome: &Outcome) -> Result<(), HomeError> {
        self.step(at, |step, _| match outcome {
            Outcome::Partner(pairing) => step.enter_space(pairing, true),
            Outcome::OwnDevice(pairing) => step.admit_device(pairing),
        })
    }

    /// Keeps a pairing on the joiner's side, until the inviter's first record confirms it.
    ///
    /// # Errors
    /// What the store says; [`HomeError::WrongShape`] for an own device's, which founds a home instead.
    pub fn adopt_pending(&mut self, at: Moment, pending: &Pending) -> Result<(), HomeError> {
        self.step(at, |step, _| {
            let Outcome::Partner(pairing) = pending.outcome() else { return Err(HomeError::WrongShape) };
            step.enter_space(pairing, false)?;
            step.home.pending = Some(Secret::new(&pending.to_bytes()));
            Ok(())
        })
    }

    /// Whether a pairing waits for the inviter's first record.
    pub fn is_pending(&self) -> bool {
        self.state.pending.is_some()
    }

    /// Whether this home itself was made by a pairing that waits for the inviter's first record: if that never comes, the phone
    /// joins again, and this home is put aside.
    pub fn is_unconfirmed_device(&self) -> bool {
        let pending = self.state.pending.as_ref().and_then(|pending| Pending::from_bytes(pending).ok());
        pending.is_some_and(|pending| matches!(pending.outcome(), Outcome::OwnDevice(_)))
    }

    /// Gives up a pairing that was never confirmed, so that both can start again.
    ///
    /// # Errors
    /// What the store says.
    pub fn discard_pending(&mut self, at: Moment) -> Result<(), HomeError> {
        self.step(at, |step, _| {
            step.home.pending = None;
            if step.home.space.as_ref().is_some_and(|space| !space.confirmed) {
                step.leave_space();
            }
            Ok(())
        })
    }
}

fn begin_join(invitation: Invitation<'_>, home: JoinerHome<'_>, means: &Means<'_>) -> Result<Joiner, BeginError> {
    Ok(match invitation {
        Invitation::Link(link) => Joiner::from_link(link, home, means)?,
        Invitation::Words { words, cost, pin } => Joiner::from_words(words, cost, pin, home, means)?,
    })
}

impl Step<'_> {
    /// Takes up a space. The inviter's first statement in it carries the transcript and the roster.
    fn enter_space(&mut self, pairing: &PartnerPairing, inviter: bool) -> Result<(), HomeError> {
        if self.home.space.as_ref().is_some_and(|space| space.confirmed) {
            return Err(HomeError::AlreadyPaired);
        }
        self.leave_space();
        let index = BoxIndex::try_from(self.boxes.len()).map_err(|_| HomeError::AlreadyPaired)?;
        let epochs = [pairing.epoch.clone()];
        let owner = OwnerId::from(pairing.roster.space());
        self.boxes.push(box_state(owner, &epochs, roster_of(&pairing.roster))?);
        let state = space_state(self.me(), &pairing.roster, pairing.transcript, index, inviter)?;
        self.home.space = Some(state);
        self.home.relay = Some(pairing.relay.address.clone());
        self.ring.refresh(&self.boxes)?;
        if inviter {
            self.say_roster(index, pairing.roster.as_bytes(), pairing.transcript)?;
        }
        Ok(())
    }

    /// Closes the box of a space that was never confirmed.
    fn leave_space(&mut self) {
        let space = self.home.space.take();
        if let Some(state) = space.and_then(|space| self.boxes.get_mut(usize::from(space.index))) {
            state.closed = true;
        }
    }

    /// Admits one's own next device: its certificate goes into every box, said in the member box so that it knows.
    fn admit_device(&mut self, pairing: &DevicePairing) -> Result<(), HomeError> {
        let certificates: Vec<Vec<u8>> = pairing.chain.certificates().map(<[u8]>::to_vec).collect();
        for (index, state) in (0..).zip(&mut self.boxes) {
            self.ring.ring_mut(index)?.learn(state, &certificates);
        }
        self.say_roster(MEMBER_BOX, pairing.certificate.as_bytes(), pairing.transcript)
    }

    fn say_roster(&mut self, index: BoxIndex, roster: &[u8], transcript: [u8; 32]) -> Result<(), HomeError> {
        let target = self.owner(index)?.into();
        let header = Header::new(Kind::ROSTER, Subject::Target(target), self.now.day);
        let content = Content { roster: Some(roster.to_vec()), transcript: Some(transcript), ..Content::default() };
        self.author(index, header, &content)?;
        self.flush_wanted = true;
        Ok(())
    }

    /// The inviter's word that a pairing is whole; and the certificate of an own device that another own device admitted.
    pub(super) fn take_roster(&mut self, index: BoxIndex, statement: &Statement) -> Result<(), HomeError> {
        let Ok(Some(content)) = statement.content() else { return Ok(()) };
        let (Some(roster), Some(transcript)) = (content.roster, content.transcript) else { return Ok(()) };
        if index == MEMBER_BOX {
            let certificates = [roster.clone()];
            for (index, state) in (0..).zip(&mut self.boxes) {
                self.ring.ring_mut(index)?.learn(state, &certificates);
            }
        }
        let Some(pending) = &self.home.pending else { return Ok(()) };
        let Ok(pending) = Pending::from_bytes(pending) else { return Ok(()) };
        let confirmed = if index == MEMBER_BOX {
            pending.is_confirmed_by_certificate(&roster)
        } else {
            statement.member != self.me() && pending.is_confirmed_by_roster(&transcript, &roster)
        };
        if confirmed {
            self.home.pending = None;
            if let Some(space) = &mut self.home.space {
                space.confirmed = true;
            }
        }
        Ok(())
    }
}

/// The first epoch of a box.
pub(super) fn first_epoch(owner: &OwnerId, key: &EpochKey) -> Result<EpochState, HomeError> {
    let parts = EpochParts::first(key).map_err(|_| PrimitiveError)?;
    Ok(EpochState { id: parts.id(owner), key: (*key.as_bytes()).into(), parts: parts.as_bytes().to_vec().into() })
}

fn granted(epoch: &EpochState) -> Result<GrantedEpoch, HomeError> {
    let parts = EpochParts::decode(&epoch.parts).map_err(|_| PrimitiveError)?;
    Ok(GrantedEpoch { parts, key: EpochKey::from_bytes(&epoch.key) })
}

fn box_state(owner: OwnerId, epochs: &[GrantedEpoch], roster: Vec<RosterMember>) -> Result<BoxState, HomeError> {
    let mut kept = epochs.iter().map(|epoch| EpochState {
        id: epoch.parts.id(&owner),
        key: (*epoch.key.as_bytes()).into(),
        parts: epoch.parts.as_bytes().to_vec().into(),
    });
    let first = kept.next().ok_or(HomeError::NotPaired)?;
    let mut state = BoxState::new(owner, first, roster);
    state.epochs.extend(kept);
    Ok(state)
}

fn roster_member(member: MemberId, name: &str, chain: &MemberChain) -> RosterMember {
    let certificates = chain.certificates().map(|bytes| bytes.to_vec().into()).collect();
    RosterMember { member, name: name.to_owned(), certificates }
}

fn roster_of(roster: &Roster) -> Vec<RosterMember> {
    let of = |member: &crate::crypto::pairing::RosterMember| roster_member(member.member, &member.name, &member.chain);
    vec![of(&roster.inviter), of(&roster.joiner)]
}

fn space_state(
    me: MemberId,
    roster: &Roster,
    transcript: [u8; 32],
    index: BoxIndex,
    confirmed: bool,
) -> Result<SpaceState, HomeError> {
    let partner = match (roster.inviter.member == me, roster.joiner.member == me) {
        (true, false) => &roster.joiner,
        (false, true) => &roster.inviter,
        _ => return Err(HomeError::NotPaired),
    };
    Ok(SpaceState {
        id: roster.space(),
        partner: partner.member,
        partner_name: partner.name.clone(),
        home_zone: HomeZone { zone: roster.zone.clone(), rollover_hour: roster.rollover_hour },
        transcript: transcript.into(),
        confirmed,
        index,
        roster: roster.as_bytes().to_vec().into(),
    })
}

impl HomeState {
    /// The space, once both are in it.
    pub(super) fn confirmed_space(&self) -> Option<&SpaceState> {
        self.space.as_ref().filter(|space| space.confirmed)
    }
}

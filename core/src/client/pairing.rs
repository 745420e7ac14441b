//! Pairing: meets another phone at a relay's rendezvous, lets two people compare codes, and keeps what comes of it.

mod meeting;

use super::clock::Clock;
use super::driver::{Ended, Until};
use super::error::ClientError;
use super::event::ClientEvent;
use super::link::LinkError;
use super::shared::Shared;
use super::vault::KeyVault;
use super::{Client, backoff::Backoff};
use crate::crypto::pairing::{self, Code, LIFETIME_MS, Means, Outcome, Pending, parse_link};
use crate::crypto::random::SystemRandomness;
use crate::crypto::stretch::Cost;
use crate::crypto::words::Words;
use crate::home::{HomeError, Invitation, Invitee, NewDevice};
use crate::id::SpaceId;
use amends_protocol::RelayAddress;
use meeting::{Machine, Meeting, Met};
use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};
use zeroize::Zeroizing;

/// How long the inviter's first record may take to leave before the inviter is let go; it leaves with the next sync then.
const CONFIRMING_MAX: Duration = Duration::from_secs(15);

/// The person in front of this phone.
pub trait Person: Send {
    /// Something to show.
    fn tell(&mut self, event: PairingEvent);

    /// What the person types after [`PairingEvent::TypeCode`]; none when they give up. Must be cancel-safe: it is dropped and
    /// asked for again while other things happen.
    fn type_code(&mut self) -> impl Future<Output = Option<String>> + Send;
}

/// What a person sees of a pairing.
#[derive(Debug)]
pub enum PairingEvent {
    /// The invite, to be passed on by a way that both trust.
    Invite {
        /// As a link.
        link: Zeroizing<String>,
        /// As eight words.
        words: Option<Zeroizing<String>>,
    },
    /// The code that the other person types.
    Check {
        /// Six digits.
        code: Code,
    },
    /// The person is to type what the other phone shows.
    TypeCode {
        /// What the other person calls themself; none for one's own new device.
        name: Option<String>,
    },
    /// It is done.
    Paired {
        /// The space; none while one's own devices are alone.
        space: Option<SpaceId>,
    },
    /// It is done, and kept here; but the other phone still waits for this phone's word, which could not leave now. It leaves
    /// with a later sync.
    Unsent {
        /// Why, as a stable code.
        code: &'static str,
    },
}

/// How a joiner was invited.
#[derive(Clone, Copy)]
pub enum Invited<'a> {
    /// By a link.
    Link(&'a str),
    /// By eight words, said at a relay.
    Words {
        /// The words.
        words: &'a str,
        /// The relay.
        relay: &'a RelayAddress,
    },
}

/// What a meeting needs of the phone it happens on.
trait Phone: Send {
    /// Lends keys and randomness for one input.
    fn with_means(&mut self, elapsed_ms: u64, act: &mut dyn FnMut(&mut Means<'_>)) -> Result<(), ClientError>;

    /// Makes durable what a joiner must keep before they sign.
    fn keep(&mut self, pending: &Pending) -> Result<(), ClientError>;
}

/// A phone with a home.
struct MemberPhone<'a> {
    shared: &'a Shared,
    space: Option<SpaceId>,
}

impl Phone for MemberPhone<'_> {
    fn with_means(&mut self, elapsed_ms: u64, act: &mut dyn FnMut(&mut Means<'_>)) -> Result<(), ClientError> {
        self.shared.home()?.with_means(elapsed_ms, |means| act(means));
        Ok(())
    }

    fn keep(&mut self, pending: &Pending) -> Result<(), ClientError> {
        self.space = space_of(pending.outcome());
        self.shared.with(|home, now| home.adopt_pending(now, pending))?;
        self.shared.wake.notify_one();
        Ok(())
    }
}

/// A phone that gets its home by being paired.
struct NewPhone<'a> {
    folder: &'a Path,
    clock: Clock,
    /// Used up when the home is founded.
    parts: Option<(NewDevice, Box<dyn KeyVault>)>,
    client: Option<Client>,
    space: Option<SpaceId>,
}

impl Phone for NewPhone<'_> {
    fn with_means(&mut self, elapsed_ms: u64, act: &mut dyn FnMut(&mut Means<'_>)) -> Result<(), ClientError> {
        let (device, _) = self.parts.as_mut().ok_or(ClientError::Stopped)?;
        device.with_means(elapsed_ms, |means| act(means));
        Ok(())
    }

    fn keep(&mut self, pending: &Pending) -> Result<(), ClientError> {
        let (device, vault) = self.parts.take().ok_or(ClientError::Stopped)?;
        self.space = space_of(pending.outcome());
        let client = Client::found(self.folder, vault, self.clock, true, |store| device.found(store, pending))?;
        self.client = Some(client);
        Ok(())
    }
}

impl Client {
    /// Invites a partner or one's own next device, at the relay named or else the home's.
    ///
    /// # Errors
    /// [`ClientError::Pairing`] when it ended without a pairing, [`ClientError::Link`] when the relay can't be reached,
    /// [`ClientError::NoRelay`].
    pub async fn invite(
        &self,
        invitee: Invitee,
        relay: Option<&RelayAddress>,
        person: &mut impl Person,
    ) -> Result<(), ClientError> {
        let relay = relay.map_or_else(|| self.shared.relay(), |relay| Ok(relay.clone()))?;
        let begun = Instant::now();
        let (inviter, invited) = self.shared.home()?.invite(invitee, &relay, Some(Cost::FULL))?;
        let words = invited.words.map(|words| words.to_text());
        let opening = PairingEvent::Invite { link: invited.link, words };
        let mut phone = MemberPhone { shared: &self.shared, space: None };
        let meeting = Meeting::new(Machine::Inviter(inviter), &mut phone, begun).opening(opening);
        let Met::Paired(outcome) = meeting.run(&relay, person).await? else { return Err(ClientError::Stopped) };
        self.act(|home, now| home.adopt(now, &outcome))?;
        person.tell(PairingEvent::Paired { space: space_of(&outcome) });
        // The other phone waits for our first record.
        if let Err(error) = self.sync(CONFIRMING_MAX).await {
            person.tell(PairingEvent::Unsent { code: error.code() });
        }
        Ok(())
    }

    /// Joins a partner.
    ///
    /// # Errors
    /// As [`Client::invite`]; [`ClientError::InviteLink`], [`ClientError::Words`], [`ClientError::NoInvite`]; and
    /// [`ClientError::PairingPending`] when all is signed and the inviter's confirmation did not arrive in time: a later sync
    /// finds it.
    pub async fn join(&self, invited: Invited<'_>, person: &mut impl Person) -> Result<(), ClientError> {
        let begun = Instant::now();
        let (relay, joiner) = begin(invited, |invitation| self.shared.home()?.join(invitation).map_err(Into::into))?;
        let mut phone = MemberPhone { shared: &self.shared, space: None };
        let meeting = Meeting::new(Machine::Joiner(joiner), &mut phone, begun);
        meeting.run(&relay, person).await?;
        let space = phone.space;
        self.confirmed(begun).await?;
        person.tell(PairingEvent::Paired { space });
        Ok(())
    }

    /// Joins as a member's next device: makes the home in `folder`, which must hold none, or one that was made so and never
    /// confirmed. That one is looked after once more, and then put aside.
    ///
    /// # Errors
    /// As [`Client::join`]. [`ClientError::PairingPending`] leaves a home that a later sync completes, or the next join
    /// replaces.
    pub async fn join_as_device(
        folder: &Path,
        mut vault: Box<dyn KeyVault>,
        clock: Clock,
        invited: Invited<'_>,
        person: &mut impl Person,
    ) -> Result<Self, ClientError> {
        if let Some(unconfirmed) = Self::glimpse(folder, &mut *vault)? {
            if !unconfirmed {
                return Err(HomeError::HomeExists.into());
            }
            let client = Self::open(folder, vault, clock)?;
            // Perhaps the confirmation is there by now. If nothing can be reached, the pairing will say so.
            let _ = client.sync(CONFIRMING_MAX).await;
            if !client.shared.home()?.is_unconfirmed_device() {
                return Err(HomeError::HomeExists.into());
            }
            vault = client.shared.into_keys()?;
        }
        let begun = Instant::now();
        let mut device = NewDevice::make(Box::new(SystemRandomness::new()))?;
        let (relay, joiner) = begin(invited, |invitation| device.join(invitation).map_err(Into::into))?;
        let mut phone = NewPhone { folder, clock, parts: Some((device, vault)), client: None, space: None };
        let meeting = Meeting::new(Machine::Joiner(joiner), &mut phone, begun);
        meeting.run(&relay, person).await?;
        let space = phone.space;
        let client = phone.client.ok_or(ClientError::Stopped)?;
        client.confirmed(begun).await?;
        person.tell(PairingEvent::Paired { space });
        Ok(client)
    }

    /// Stays connected until the inviter's first record was read, as long as the invite lives.
    async fn confirmed(&self, begun: Instant) -> Result<(), ClientError> {
        let over = begun + Duration::from_millis(LIFETIME_MS);
        let mut time_up = pin!(sleep_until(over));
        let mut events = self.events();
        let (mut backoff, mut randomness) = (Backoff::default(), SystemRandomness::new());
        // Beside a client that runs, its connection brings the record.
        let beside = async {
            while self.is_pending()? && events.next().await.is_some() {}
            Ok::<(), ClientError>(())
        };
        let turn = tokio::select! {
            turn = self.shared.turn.lock() => turn,
            found = beside => return found,
            () = &mut time_up => return Err(ClientError::PairingPending),
        };
        while self.is_pending()? {
            let until = Until::Reached(&|home| !home.is_pending());
            match self.shared.round(until, time_up.as_mut()).await {
                Ok(Ended::Stopped) => return Err(ClientError::PairingPending),
                Ok(_) => {}
                Err(ClientError::Link(LinkError::WrongPin)) => return Err(LinkError::WrongPin.into()),
                Err(ClientError::Link(error)) => {
                    self.shared.tell(ClientEvent::Offline { code: error.code() });
                    let again = Instant::now() + backoff.next(&mut randomness);
                    if again >= over {
                        return Err(ClientError::PairingPending);
                    }
                    sleep_until(again).await;
                }
                Err(error) => return Err(error),
            }
        }
        drop(turn);
        Ok(())
    }

    fn is_pending(&self) -> Result<bool, ClientError> {
        Ok(self.shared.home()?.is_pending())
    }
}

/// Reads the invite, and begins to join with it.
fn begin<T>(
    invited: Invited<'_>,
    join: impl FnOnce(Invitation<'_>) -> Result<T, ClientError>,
) -> Result<(RelayAddress, T), ClientError> {
    match invited {
        Invited::Link(link) => {
            let place = parse_link(link)?.relay().clone();
            let damaged = || ClientError::from(pairing::LinkError::Damaged);
            let relay: RelayAddress = place.address.parse().map_err(|_| damaged())?;
            if relay.pin.0 != place.pin {
                return Err(damaged());
            }
            Ok((relay, join(Invitation::Link(link))?))
        }
        Invited::Words { words, relay } => {
            let words: Words = words.parse()?;
            let invitation = Invitation::Words { words: &words, cost: Cost::FULL, pin: relay.pin.0 };
            Ok((relay.clone(), join(invitation)?))
        }
    }
}

fn space_of(outcome: &Outcome) -> Option<SpaceId> {
    match outcome {
        Outcome::Partner(pairing) => Some(pairing.roster.space()),
        Outcome::OwnDevice(pairing) => pairing.grant.spaces.first().map(|space| space.roster.space()),
    }
}

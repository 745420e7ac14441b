//! Two phones meet: the real machines, over the relay model's rendezvous, with people who type what the other phone shows.

use super::dice::Dice;
use super::meeting::{Crash, Meeting, Mishaps};
use super::phone::{Phone, PhoneHome};
use super::relay::Relay;
use amends_core::crypto::pairing::{Input, Inviter, Joiner, Outcome, Output, Pending};
use amends_core::crypto::stretch::Cost;
use amends_core::crypto::words::Words;
use amends_core::home::{Invitation, Invitee, Moment, NewDevice};
use amends_protocol::{Pin, RelayAddress, RendezvousId};

/// Tries that may go wrong before one goes well.
const UNLUCKY_TRIES: usize = 3;

/// The relay's address in every world.
pub fn relay_address() -> RelayAddress {
    let address = format!("amends-relay://relay.example:4433/#{}", Pin([7; 32]));
    address.parse().expect("the address is well-formed")
}

/// Who takes part, with its machine.
#[expect(clippy::large_enum_variant, reason = "two live at a time")]
pub(super) enum Party<'a> {
    /// The inviter.
    Inviter(&'a mut PhoneHome, Inviter),
    /// A partner, who joins at a moment.
    Partner(&'a mut PhoneHome, Joiner, Moment),
    /// A member's next device.
    NewDevice(&'a mut NewDevice, Joiner),
}

impl Party<'_> {
    /// Gives the machine an input, so long after it began.
    pub(super) fn take(&mut self, elapsed_ms: u64, input: Input<'_>) -> Vec<Output> {
        match self {
            Self::Inviter(home, machine) => home.with_means(elapsed_ms, |means| machine.handle(input, means)),
            Self::Partner(home, machine, _) => home.with_means(elapsed_ms, |means| machine.handle(input, means)),
            Self::NewDevice(device, machine) => device.with_means(elapsed_ms, |means| machine.handle(input, means)),
        }
    }

    /// Makes durable what a joiner must keep before they sign. A new device founds its home later: it lives through the meeting.
    pub(super) fn keep(&mut self, pending: &Pending) -> Result<(), String> {
        match self {
            Self::Partner(home, _, at) => home.adopt_pending(*at, pending).map_err(|error| error.to_string()),
            Self::Inviter(..) | Self::NewDevice(..) => Ok(()),
        }
    }

    /// Where they meet.
    pub(super) fn rendezvous(&self) -> RendezvousId {
        RendezvousId(match self {
            Self::Inviter(_, machine) => machine.rendezvous(),
            Self::Partner(_, machine, _) | Self::NewDevice(_, machine) => machine.rendezvous(),
        })
    }
}

/// Pairs two partners' phones, by link or by words. With `unlucky` dice the first tries lose, repeat and delay messages, and
/// phones die in them: then nobody believes to be paired alone, and both can start again.
///
/// # Errors
/// What kept them from it in the end, or what is wrong after a try that failed. Gives how many did.
pub fn pair_partners(
    relay: &mut Relay,
    inviter: &mut Phone,
    joiner: &mut Phone,
    by_words: bool,
    mut unlucky: Option<Dice>,
) -> Result<(Outcome, usize), String> {
    for failed in 0..UNLUCKY_TRIES {
        let Some(dice) = &mut unlucky else { break };
        let mishaps = Mishaps::unlucky(dice.fork());
        let crash = mishaps.crash;
        let tried = try_to_pair(relay, inviter, joiner, by_words, mishaps)?;
        if let Some(Crash { who, .. }) = crash {
            let phone = if who == 0 { &mut *inviter } else { &mut *joiner };
            phone.die();
            phone.start(None).map_err(|error| format!("{} does not start again: {error}", phone.name))?;
        }
        let pending = joiner.home.as_ref().is_some_and(|home| home.is_pending());
        match tried {
            Some(_) if !pending => return Err("paired with a phone that kept nothing".to_owned()),
            Some(outcome) => return Ok((outcome, failed)),
            None => {}
        }
        for phone in [&mut *inviter, &mut *joiner] {
            if status_of(phone)?.is_some() {
                return Err(format!("{} believes to be paired, alone", phone.name));
            }
        }
        // Some give a pairing up that is not confirmed, others just begin another.
        if let (Some(home), true) = (&mut joiner.home, dice.hits(1, 2)) {
            let at = Moment { wall: jiff::Timestamp::UNIX_EPOCH, elapsed_ms: 0 };
            home.discard_pending(at).map_err(|error| error.to_string())?;
        }
    }
    let outcome = try_to_pair(relay, inviter, joiner, by_words, Mishaps::none())?.ok_or("never paired")?;
    Ok((outcome, if unlucky.is_some() { UNLUCKY_TRIES } else { 0 }))
}

/// The space a phone says it is in.
///
/// # Errors
/// What the home says.
pub fn status_of(phone: &mut Phone) -> Result<Option<amends_core::id::SpaceId>, String> {
    let moment = phone.moment();
    let home = phone.home.as_mut().ok_or("a phone is off")?;
    Ok(home.status(moment).map_err(|error| error.to_string())?.space)
}

/// One try. None when the inviter did not end paired.
fn try_to_pair(
    relay: &mut Relay,
    inviter: &mut Phone,
    joiner: &mut Phone,
    by_words: bool,
    mishaps: Mishaps,
) -> Result<Option<Outcome>, String> {
    let (at, joined_at) = (inviter.moment(), joiner.moment());
    let home = inviter.home.as_mut().ok_or("the inviter's phone is off")?;
    let cost = by_words.then_some(Cost::NONE);
    let (machine, invited) = home.invite(Invitee::Partner, &relay_address(), cost).map_err(|e| e.to_string())?;
    let invitation = invitation(&invited.link, invited.words.as_ref());
    let partner = joiner.home.as_mut().ok_or("the joiner's phone is off")?;
    let joined = partner.join(invitation).map_err(|e| e.to_string())?;
    let parties = [Party::Inviter(home, machine), Party::Partner(partner, joined, joined_at)];
    let met = Meeting::new(relay, parties, mishaps).run()?;
    if let Some(outcome) = &met.outcome {
        home.adopt(at, outcome).map_err(|e| e.to_string())?;
    }
    Ok(met.outcome)
}

/// Makes an empty phone a member's next device, over connections that may break.
///
/// # Errors
/// What kept them from it.
pub fn add_device(
    relay: &mut Relay,
    inviter: &mut Phone,
    next: &mut Phone,
    by_words: bool,
    mishaps: Mishaps,
) -> Result<(), String> {
    let at = inviter.moment();
    let home = inviter.home.as_mut().ok_or("the inviter's phone is off")?;
    let cost = by_words.then_some(Cost::NONE);
    let (machine, invited) = home.invite(Invitee::OwnDevice, &relay_address(), cost).map_err(|e| e.to_string())?;
    let mut device = NewDevice::make(next.randomness()).map_err(|e| e.to_string())?;
    let joined = device.join(invitation(&invited.link, invited.words.as_ref())).map_err(|e| e.to_string())?;
    let parties = [Party::Inviter(home, machine), Party::NewDevice(&mut device, joined)];
    let met = Meeting::new(relay, parties, mishaps).run()?;
    let (outcome, pending) = (met.outcome.ok_or("never paired")?, met.pending.ok_or("never pending")?);
    home.adopt(at, &outcome).map_err(|e| e.to_string())?;
    let home = device.found(next.sealed_disk(), &pending).map_err(|e| e.to_string())?;
    next.runs(home);
    Ok(())
}

fn invitation<'a>(link: &'a str, words: Option<&'a Words>) -> Invitation<'a> {
    match words {
        Some(words) => Invitation::Words { words, cost: Cost::NONE, pin: [7; 32] },
        None => Invitation::Link(link),
    }
}

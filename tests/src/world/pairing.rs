//! Two phones meet: the real machines, over the relay model's rendezvous, with people who type what the other phone shows.

use super::phone::{Phone, PhoneHome};
use super::relay::{ConnectionId, Mail, Relay};
use amends_core::crypto::pairing::{Input, Inviter, Joiner, Outcome, Output, Pending, Step};
use amends_core::crypto::stretch::Cost;
use amends_core::crypto::words::Words;
use amends_core::home::{Invitation, Invitee, NewDevice};
use amends_protocol::{
    FromRelay, Pin, RelayAddress, RendezvousId, RendezvousStep, Request, RequestId, Response, ToRelay,
};
use std::collections::{BTreeMap, VecDeque};

/// The relay's address in every world.
pub fn relay_address() -> RelayAddress {
    let address = format!("amends-relay://relay.example:4433/#{}", Pin([7; 32]));
    address.parse().expect("the address is well-formed")
}

/// Who takes part, with its machine.
#[expect(clippy::large_enum_variant, reason = "two live at a time")]
enum Party<'a> {
    Inviter(&'a mut PhoneHome, Inviter),
    Partner(&'a mut PhoneHome, Joiner),
    NewDevice(&'a mut NewDevice, Joiner),
}

impl Party<'_> {
    fn take(&mut self, input: Input<'_>) -> Vec<Output> {
        match self {
            Self::Inviter(home, machine) => home.with_means(0, |means| machine.handle(input, means)),
            Self::Partner(home, machine) => home.with_means(0, |means| machine.handle(input, means)),
            Self::NewDevice(device, machine) => device.with_means(0, |means| machine.handle(input, means)),
        }
    }

    fn rendezvous(&self) -> RendezvousId {
        RendezvousId(match self {
            Self::Inviter(_, machine) => machine.rendezvous(),
            Self::Partner(_, machine) | Self::NewDevice(_, machine) => machine.rendezvous(),
        })
    }
}

#[derive(Default)]
struct Seat {
    connection: ConnectionId,
    asked: BTreeMap<RequestId, Step>,
    shown: Option<String>,
    typing: bool,
}

/// Everything a meeting gave.
struct Met {
    outcome: Outcome,
    pending: Pending,
}

/// Pairs two partners' phones, by link or by words.
///
/// # Errors
/// What kept them from it.
pub fn pair_partners(
    relay: &mut Relay,
    inviter: &mut Phone,
    joiner: &mut Phone,
    by_words: bool,
) -> Result<Outcome, String> {
    let (at, joined_at) = (inviter.moment(), joiner.moment());
    let home = inviter.home.as_mut().ok_or("the inviter's phone is off")?;
    let cost = by_words.then_some(Cost::NONE);
    let (machine, invited) = home.invite(Invitee::Partner, &relay_address(), cost).map_err(|e| e.to_string())?;
    let invitation = invitation(&invited.link, invited.words.as_ref());
    let partner = joiner.home.as_mut().ok_or("the joiner's phone is off")?;
    let joined = partner.join(invitation).map_err(|e| e.to_string())?;
    let met = meet(relay, [Party::Inviter(home, machine), Party::Partner(partner, joined)])?;
    home.adopt(at, &met.outcome).map_err(|e| e.to_string())?;
    partner.adopt_pending(joined_at, &met.pending).map_err(|e| e.to_string())?;
    Ok(met.outcome)
}

/// Makes an empty phone a member's next device.
///
/// # Errors
/// What kept them from it.
pub fn add_device(relay: &mut Relay, inviter: &mut Phone, next: &mut Phone, by_words: bool) -> Result<(), String> {
    let at = inviter.moment();
    let home = inviter.home.as_mut().ok_or("the inviter's phone is off")?;
    let cost = by_words.then_some(Cost::NONE);
    let (machine, invited) = home.invite(Invitee::OwnDevice, &relay_address(), cost).map_err(|e| e.to_string())?;
    let mut device = NewDevice::make(next.randomness()).map_err(|e| e.to_string())?;
    let joined = device.join(invitation(&invited.link, invited.words.as_ref())).map_err(|e| e.to_string())?;
    let met = meet(relay, [Party::Inviter(home, machine), Party::NewDevice(&mut device, joined)])?;
    home.adopt(at, &met.outcome).map_err(|e| e.to_string())?;
    let home = device.found(next.sealed_disk(), &met.pending).map_err(|e| e.to_string())?;
    next.runs(home);
    Ok(())
}

fn invitation<'a>(link: &'a str, words: Option<&'a Words>) -> Invitation<'a> {
    match words {
        Some(words) => Invitation::Words { words, cost: Cost::NONE, pin: [7; 32] },
        None => Invitation::Link(link),
    }
}

fn meet(relay: &mut Relay, mut parties: [Party<'_>; 2]) -> Result<Met, String> {
    let mut seats = [Seat::default(), Seat::default()];
    let mut inputs: VecDeque<(usize, Said)> = VecDeque::new();
    for (who, seat) in seats.iter_mut().enumerate() {
        seat.connection = relay.connect().0;
        inputs.push_back((who, Said::Start));
    }
    let (mut outcome, mut pending) = (None, None);
    let mut next_request = 0;
    while let Some((who, said)) = inputs.pop_front().or_else(|| typed(&mut seats)) {
        let outputs = parties[who].take(said.as_input());
        for output in outputs {
            match output {
                Output::Put(step, body) => {
                    let request =
                        Request::RendezvousPut { rendezvous: parties[who].rendezvous(), step: on_wire(step), body };
                    ask(relay, &mut seats, who, &mut next_request, step, request, &mut inputs);
                }
                Output::Get(step) => {
                    let request = Request::RendezvousGet { rendezvous: parties[who].rendezvous(), step: on_wire(step) };
                    ask(relay, &mut seats, who, &mut next_request, step, request, &mut inputs);
                }
                Output::ShowCode(code) => seats[who].shown = Some(code.to_string()),
                Output::AskCode { .. } => seats[who].typing = true,
                Output::Pending(kept) => pending = Some(*kept),
                Output::Paired(paired) => outcome = Some(*paired),
                Output::Failed(error) => return Err(format!("pairing failed: {error}")),
            }
        }
    }
    for seat in &seats {
        relay.disconnect(seat.connection);
    }
    let (outcome, pending) = (outcome.ok_or("never paired")?, pending.ok_or("never pending")?);
    Ok(Met { outcome, pending })
}

/// An input, owned.
enum Said {
    Start,
    Got(Step, Vec<u8>),
    Stored(Step),
    Burned(Step),
    Typed(String),
}

impl Said {
    fn as_input(&self) -> Input<'_> {
        match self {
            Self::Start => Input::Start,
            Self::Got(step, bytes) => Input::Got(*step, bytes),
            Self::Stored(step) => Input::Stored(*step),
            Self::Burned(step) => Input::Burned(*step),
            Self::Typed(code) => Input::TypedCode(code),
        }
    }
}

fn typed(seats: &mut [Seat; 2]) -> Option<(usize, Said)> {
    for who in 0..2 {
        let code = seats[1 - who].shown.clone();
        if let (true, Some(code)) = (seats[who].typing, code) {
            seats[who].typing = false;
            return Some((who, Said::Typed(code)));
        }
    }
    None
}

fn ask(
    relay: &mut Relay,
    seats: &mut [Seat; 2],
    who: usize,
    next_request: &mut u64,
    step: Step,
    request: Request,
    inputs: &mut VecDeque<(usize, Said)>,
) {
    *next_request += 1;
    let id = RequestId(*next_request);
    seats[who].asked.insert(id, step);
    let mail = relay.handle(seats[who].connection, ToRelay::Request(id, request));
    inputs.extend(mail.into_iter().filter_map(|mail| deliver(seats, mail)));
}

fn deliver(seats: &mut [Seat; 2], (connection, message): Mail) -> Option<(usize, Said)> {
    let who = seats.iter().position(|seat| seat.connection == connection)?;
    let FromRelay::Response(id, response) = message else { return None };
    let step = seats[who].asked.remove(&id)?;
    let said = match response {
        Response::RendezvousStored => Said::Stored(step),
        Response::RendezvousBody { body } => Said::Got(step, body),
        _ => Said::Burned(step),
    };
    Some((who, said))
}

fn on_wire(step: Step) -> RendezvousStep {
    match step {
        Step::M0 => RendezvousStep::M0,
        Step::M1 => RendezvousStep::M1,
        Step::M2 => RendezvousStep::M2,
        Step::M3 => RendezvousStep::M3,
        Step::M4 => RendezvousStep::M4,
        Step::Abort => RendezvousStep::Abort,
    }
}

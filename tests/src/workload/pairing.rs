//! Two phones side by side: each person types what the other phone shows.

use amends_core::crypto::pairing::{Input, Outcome, Output, Pending, Step};
use amends_core::crypto::random::Randomness;
use amends_core::home::{Home, Invitation, Invitee, Moment, NewDevice};
use amends_core::storage::Store;
use amends_protocol::RelayAddress;
use std::collections::BTreeMap;

/// One phone's side of a ceremony.
type Machine<'a> = &'a mut dyn FnMut(Input<'_>) -> Vec<Output>;

/// What became of one side, and what it still waits for.
#[derive(Default)]
struct Side {
    gets: Vec<Step>,
    shown: Option<String>,
    asked: bool,
    pending: Option<Box<Pending>>,
    paired: Option<Box<Outcome>>,
}

/// Pairs two partners whose homes will meet at `relay`. The joiner waits for the inviter's first record afterwards.
///
/// # Panics
/// When the ceremony fails: no phone here is hostile.
pub fn pair_partners<S: Store>(at: Moment, relay: &RelayAddress, inviter: &mut Home<S>, joiner: &mut Home<S>) {
    let (mut inviting, invited) = inviter.invite(Invitee::Partner, relay, None).expect("an unpaired home invites");
    let mut joining = joiner.join(Invitation::Link(&invited.link)).expect("an unpaired home joins");
    let (outcome, pending) =
        meet(&mut |input| inviter.with_means(0, |means| inviting.handle(input, means)), &mut |input| {
            joiner.with_means(0, |means| joining.handle(input, means))
        });
    inviter.adopt(at, &outcome).expect("the inviter keeps the pairing");
    joiner.adopt_pending(at, &pending).expect("the joiner keeps the pairing");
}

/// Makes a member's next device, with its home in `store`.
///
/// # Panics
/// When the ceremony fails: no phone here is hostile.
pub fn pair_device<S: Store, T: Store>(
    at: Moment,
    relay: &RelayAddress,
    inviter: &mut Home<S>,
    store: T,
    random: Box<dyn Randomness + Send>,
) -> Home<T> {
    let (mut inviting, invited) = inviter.invite(Invitee::OwnDevice, relay, None).expect("a home invites its device");
    let mut device = NewDevice::make(random).expect("keys are made");
    let mut joining = device.join(Invitation::Link(&invited.link)).expect("a new device joins");
    let (outcome, pending) =
        meet(&mut |input| inviter.with_means(0, |means| inviting.handle(input, means)), &mut |input| {
            device.with_means(0, |means| joining.handle(input, means))
        });
    inviter.adopt(at, &outcome).expect("the inviter keeps the pairing");
    device.found(store, &pending).expect("the new home is founded")
}

fn meet(inviter: Machine<'_>, joiner: Machine<'_>) -> (Box<Outcome>, Box<Pending>) {
    let mut sides = [Side::default(), Side::default()];
    let mut cells: BTreeMap<u8, Vec<u8>> = BTreeMap::new();
    run([inviter, joiner], &mut sides, &mut cells);
    let [inviter, joiner] = sides;
    (inviter.paired.expect("the inviter paired"), joiner.pending.expect("the joiner paired"))
}

fn run(mut machines: [Machine<'_>; 2], sides: &mut [Side; 2], cells: &mut BTreeMap<u8, Vec<u8>>) {
    let mut outputs: Vec<(usize, Output)> = Vec::new();
    for (who, machine) in machines.iter_mut().enumerate() {
        outputs.extend(machine(Input::Start).into_iter().map(|output| (who, output)));
    }
    loop {
        while !outputs.is_empty() {
            let (who, output) = outputs.remove(0);
            let more = match output {
                Output::Put(step, bytes) => {
                    cells.insert(step as u8, bytes);
                    machines[who](Input::Stored(step))
                }
                Output::Get(step) => {
                    sides[who].gets.push(step);
                    Vec::new()
                }
                Output::ShowCode(code) => {
                    sides[who].shown = Some(code.to_string());
                    Vec::new()
                }
                Output::AskCode { .. } => {
                    sides[who].asked = true;
                    Vec::new()
                }
                Output::Pending(pending) => {
                    sides[who].pending = Some(pending);
                    Vec::new()
                }
                Output::Paired(outcome) => {
                    sides[who].paired = Some(outcome);
                    Vec::new()
                }
                Output::Failed(error) => panic!("a pairing between friends failed: {error}"),
            };
            outputs.extend(more.into_iter().map(|output| (who, output)));
        }
        for who in 0..2 {
            let got = sides[who].gets.iter().position(|step| cells.contains_key(&(*step as u8)));
            if let Some(at) = got {
                let step = sides[who].gets.remove(at);
                let bytes = cells.get(&(step as u8)).cloned().unwrap_or_default();
                outputs.extend(machines[who](Input::Got(step, &bytes)).into_iter().map(|output| (who, output)));
            }
            let shown = sides[1 - who].shown.clone();
            if let (true, Some(code)) = (sides[who].asked, shown) {
                sides[who].asked = false;
                outputs.extend(machines[who](Input::TypedCode(&code)).into_iter().map(|output| (who, output)));
            }
        }
        if outputs.is_empty() {
            break;
        }
    }
}

//! Two pairing machines at the relay model's rendezvous, with people who type what the other phone shows; and everything that can
//! go wrong on the way: requests and answers lost with their connection, requests that come twice, a phone that dies.

use super::dice::Dice;
use super::pairing::Party;
use super::relay::{ConnectionId, Mail, Relay};
use amends_core::crypto::pairing::{Input, LIFETIME_MS, Outcome, Output, Pending, Step};
use amends_protocol::{FromRelay, RendezvousStep, Request, RequestId, Response, ToRelay};
use std::collections::{BTreeMap, VecDeque};

/// Messages of a meeting: more of them never end.
const MESSAGES_MAX: usize = 10_000;

/// A phone dies in a meeting.
#[derive(Debug, Clone, Copy)]
pub struct Crash {
    /// 0 the inviter's, 1 the joiner's.
    pub who: usize,
    /// After so many things that its machine wanted done.
    pub after: usize,
}

/// What goes wrong in a meeting.
pub struct Mishaps {
    /// None: nothing does.
    dice: Option<Dice>,
    /// Which phone dies, if one does.
    pub crash: Option<Crash>,
}

impl Mishaps {
    /// Nothing.
    pub fn none() -> Self {
        Self { dice: None, crash: None }
    }

    /// Connections that break, and no more.
    pub fn broken_connections(dice: Dice) -> Self {
        Self { dice: Some(dice), crash: None }
    }

    /// Connections that break, and often a phone that dies.
    pub fn unlucky(mut dice: Dice) -> Self {
        let crash = dice.hits(2, 3).then(|| Crash { who: dice.below(2), after: dice.below(10) });
        Self { dice: Some(dice), crash }
    }

    fn hits(&mut self) -> bool {
        self.dice.as_mut().is_some_and(|dice| dice.hits(1, 5))
    }
}

/// What came of a meeting.
#[derive(Default)]
pub(super) struct Met {
    /// For the inviter: both have signed.
    pub(super) outcome: Option<Outcome>,
    /// For the joiner: what is kept until the inviter's first word.
    pub(super) pending: Option<Pending>,
}

#[derive(Default)]
struct Seat {
    connection: ConnectionId,
    /// What was asked and not answered, to be asked again on the next connection.
    asked: BTreeMap<RequestId, (Step, Request)>,
    /// Its connection broke.
    broken: bool,
    shown: Option<String>,
    typing: bool,
    /// Its machine wants to hear no more, or its phone is dead.
    over: bool,
    /// What its machine wanted done so far.
    wanted: usize,
}

/// See the module's documentation.
pub(super) struct Meeting<'a, 'r> {
    relay: &'r mut Relay,
    parties: [Party<'a>; 2],
    seats: [Seat; 2],
    mishaps: Mishaps,
    inputs: VecDeque<(usize, Said)>,
    requests: u64,
    met: Met,
}

/// An input, owned.
enum Said {
    Start,
    Got(Step, Vec<u8>),
    Stored(Step),
    Burned(Step),
    Typed(String),
    TimeIsUp,
}

impl Said {
    fn as_input(&self) -> Input<'_> {
        match self {
            Self::Start => Input::Start,
            Self::Got(step, bytes) => Input::Got(*step, bytes),
            Self::Stored(step) => Input::Stored(*step),
            Self::Burned(step) => Input::Burned(*step),
            Self::Typed(code) => Input::TypedCode(code),
            Self::TimeIsUp => Input::Tick,
        }
    }
}

impl<'a, 'r> Meeting<'a, 'r> {
    pub(super) fn new(relay: &'r mut Relay, parties: [Party<'a>; 2], mishaps: Mishaps) -> Self {
        let mut seats = [Seat::default(), Seat::default()];
        for seat in &mut seats {
            seat.connection = relay.connect().0;
        }
        let inputs = [(0, Said::Start), (1, Said::Start)].into();
        Self { relay, parties, seats, mishaps, inputs, requests: 0, met: Met::default() }
    }

    /// Lets both meet until neither has anything to say; whoever waits then runs out of time.
    ///
    /// # Errors
    /// A pairing that fails though nothing went wrong, or a home that cannot keep what it must.
    pub(super) fn run(mut self) -> Result<Met, String> {
        for _ in 0..MESSAGES_MAX {
            let Some((who, said)) = self.next() else {
                for seat in &self.seats {
                    self.relay.disconnect(seat.connection);
                }
                return Ok(self.met);
            };
            if self.seats[who].over {
                continue;
            }
            let elapsed_ms = if matches!(said, Said::TimeIsUp) { LIFETIME_MS } else { 0 };
            for output in self.parties[who].take(elapsed_ms, said.as_input()) {
                self.carry_out(who, output)?;
            }
        }
        Err("a pairing never ends".to_owned())
    }

    fn next(&mut self) -> Option<(usize, Said)> {
        loop {
            if let Some(next) = self.inputs.pop_front().or_else(|| self.typed()) {
                return Some(next);
            }
            if let Some(who) = self.seats.iter().position(|seat| seat.broken) {
                self.reconnect(who);
            } else {
                let waits = self.seats.iter().position(|seat| !seat.over);
                return waits.map(|who| (who, Said::TimeIsUp));
            }
        }
    }

    fn carry_out(&mut self, who: usize, output: Output) -> Result<(), String> {
        let seat = &mut self.seats[who];
        if self.mishaps.crash.is_some_and(|crash| crash.who == who && crash.after <= seat.wanted) {
            *seat = Seat { over: true, connection: seat.connection, wanted: seat.wanted, ..Seat::default() };
            return Ok(());
        }
        seat.wanted += 1;
        let rendezvous = self.parties[who].rendezvous();
        match output {
            Output::Put(step, body) => {
                self.ask(who, step, Request::RendezvousPut { rendezvous, step: on_wire(step), body });
            }
            Output::Get(step) => self.ask(who, step, Request::RendezvousGet { rendezvous, step: on_wire(step) }),
            Output::ShowCode(code) => seat.shown = Some(code.to_string()),
            Output::AskCode { .. } => seat.typing = true,
            Output::Pending(kept) => {
                self.parties[who].keep(&kept)?;
                self.met.pending = Some(*kept);
                self.seats[who].over = true;
            }
            Output::Paired(paired) => {
                self.met.outcome = Some(*paired);
                self.seats[who].over = true;
            }
            Output::Failed(error) if self.mishaps.dice.is_none() => return Err(format!("pairing failed: {error}")),
            Output::Failed(_) => seat.over = true,
        }
        Ok(())
    }

    fn ask(&mut self, who: usize, step: Step, request: Request) {
        self.requests += 1;
        let id = RequestId(self.requests);
        self.seats[who].asked.insert(id, (step, request.clone()));
        // A broken connection carries nothing more.
        if self.seats[who].broken || self.mishaps.hits() {
            self.seats[who].broken = true;
            return;
        }
        self.send(who, id, request.clone());
        if self.mishaps.hits() {
            self.send(who, RequestId(u64::MAX - self.requests), request);
        }
    }

    fn send(&mut self, who: usize, id: RequestId, request: Request) {
        let mail = self.relay.handle(self.seats[who].connection, ToRelay::Request(id, request));
        mail.into_iter().for_each(|mail| self.deliver(mail));
    }

    fn deliver(&mut self, (connection, message): Mail) {
        let Some(who) = self.seats.iter().position(|seat| seat.connection == connection) else { return };
        let FromRelay::Response(id, response) = message else { return };
        let seat = &mut self.seats[who];
        if seat.broken || self.mishaps.hits() {
            seat.broken = true;
            return;
        }
        let Some((step, _)) = seat.asked.remove(&id) else { return };
        let said = match response {
            Response::RendezvousStored => Said::Stored(step),
            Response::RendezvousBody { body } => Said::Got(step, body),
            _ => Said::Burned(step),
        };
        self.inputs.push_back((who, said));
    }

    /// On the next connection everything is asked again that was not answered.
    fn reconnect(&mut self, who: usize) {
        let seat = &mut self.seats[who];
        self.relay.disconnect(seat.connection);
        seat.connection = self.relay.connect().0;
        seat.broken = false;
        for (_, (step, request)) in std::mem::take(&mut seat.asked) {
            self.ask(who, step, request);
        }
    }

    fn typed(&mut self) -> Option<(usize, Said)> {
        for who in 0..2 {
            let code = self.seats[1 - who].shown.clone();
            if let (true, Some(code)) = (self.seats[who].typing, code) {
                self.seats[who].typing = false;
                return Some((who, Said::Typed(code)));
            }
        }
        None
    }
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

//! Drives a pairing machine: carries its steps to and from the relay's rendezvous, and its codes to and from a person.

use super::{PairingEvent, Person, Phone};
use crate::client::backoff::Backoff;
use crate::client::driver::CONNECT_MAX;
use crate::client::error::ClientError;
use crate::client::link::{Link, LinkError, connect};
use crate::crypto::pairing::{Input, Inviter, Joiner, LIFETIME_MS, Means, Outcome, Output, PairingError, Step};
use crate::crypto::random::SystemRandomness;
use amends_protocol::{
    ErrorCode, FromRelay, RelayAddress, RelayError, RendezvousId, RendezvousStep, Request, RequestId, Response, ToRelay,
};
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// How long the last words of a pairing that failed may take to reach the relay.
const FAREWELL_MAX: Duration = Duration::from_secs(5);

/// Either machine. There is one at a time, so that their sizes differ costs nothing.
#[expect(clippy::large_enum_variant, reason = "one lives at a time")]
pub(super) enum Machine {
    Inviter(Inviter),
    Joiner(Joiner),
}

impl Machine {
    fn rendezvous(&self) -> RendezvousId {
        RendezvousId(match self {
            Self::Inviter(inviter) => inviter.rendezvous(),
            Self::Joiner(joiner) => joiner.rendezvous(),
        })
    }

    fn handle(&mut self, input: Input<'_>, means: &mut Means<'_>) -> Vec<Output> {
        match self {
            Self::Inviter(inviter) => inviter.handle(input, means),
            Self::Joiner(joiner) => joiner.handle(input, means),
        }
    }
}

/// How a meeting ended that did not fail.
pub(super) enum Met {
    /// For the inviter: both have signed.
    Paired(Box<Outcome>),
    /// For the joiner: kept, and waiting for the inviter's first word.
    Pending,
}

/// What the relay was asked and has not answered. Asked again on the next connection.
enum Asked {
    Put(Step, Vec<u8>),
    Get(Step),
}

enum End {
    Met(Met),
    Failed(PairingError),
}

/// One try to pair.
pub(super) struct Meeting<'a> {
    machine: Machine,
    phone: &'a mut dyn Phone,
    begun: Instant,
    asked: BTreeMap<u64, Asked>,
    next_request: u64,
    outputs: VecDeque<Output>,
    opening: Option<PairingEvent>,
    awaits_code: bool,
    end: Option<End>,
    farewell: Option<Instant>,
}

impl<'a> Meeting<'a> {
    /// `begun` is when the machine was made.
    pub(super) fn new(machine: Machine, phone: &'a mut dyn Phone, begun: Instant) -> Self {
        Self {
            machine,
            phone,
            begun,
            asked: BTreeMap::new(),
            next_request: 1,
            outputs: VecDeque::new(),
            opening: None,
            awaits_code: false,
            end: None,
            farewell: None,
        }
    }

    /// With something to tell the person as soon as the relay was reached and knows of the invite.
    pub(super) fn opening(mut self, event: PairingEvent) -> Self {
        self.opening = Some(event);
        self
    }

    /// Meets at `relay` until the pairing ended, one way or the other.
    ///
    /// A connection that is lost is made again while the invite lives; one that can't be made at first is an error.
    pub(super) async fn run(mut self, relay: &RelayAddress, person: &mut impl Person) -> Result<Met, ClientError> {
        let mut link = connect(relay, CONNECT_MAX).await?;
        self.handle(Input::Start)?;
        let (mut backoff, mut randomness) = (Backoff::default(), SystemRandomness::new());
        loop {
            match self.converse(&mut link, person).await {
                Ok(()) => {
                    link.close().await;
                    break;
                }
                Err(ClientError::Link(_)) if self.farewell.is_none() => {
                    match self.reconnect(relay, || backoff.next(&mut randomness)).await? {
                        Some(new) => link = new,
                        None => break,
                    }
                }
                Err(ClientError::Link(_)) => break,
                Err(error) => return Err(error),
            }
        }
        match self.end {
            Some(End::Met(met)) => Ok(met),
            Some(End::Failed(error)) => Err(error.into()),
            None => Err(ClientError::Stopped),
        }
    }

    /// A new link, or none once the invite is over.
    async fn reconnect(
        &mut self,
        relay: &RelayAddress,
        mut wait: impl FnMut() -> Duration,
    ) -> Result<Option<Link>, ClientError> {
        loop {
            let again = Instant::now() + wait();
            tokio::select! {
                biased;
                () = sleep_until(self.over()) => {
                    self.handle(Input::Tick)?;
                    self.note_end()?;
                    return Ok(None);
                }
                () = sleep_until(again) => {}
            }
            match connect(relay, CONNECT_MAX).await {
                Ok(link) => return Ok(Some(link)),
                Err(error @ (LinkError::WrongPin | LinkError::OtherProtocol)) => return Err(error.into()),
                Err(_) => {}
            }
        }
    }

    fn over(&self) -> Instant {
        self.begun + Duration::from_millis(LIFETIME_MS)
    }

    fn handle(&mut self, input: Input<'_>) -> Result<(), ClientError> {
        let elapsed_ms = u64::try_from(self.begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.handle_at(input, elapsed_ms)
    }

    fn handle_at(&mut self, input: Input<'_>, elapsed_ms: u64) -> Result<(), ClientError> {
        // A machine that has ended wants to hear no more.
        if self.end.is_some() {
            return Ok(());
        }
        let Self { machine, phone, outputs, .. } = self;
        phone.with_means(elapsed_ms, &mut |means| outputs.extend(machine.handle(input, means)))
    }

    /// Talks on one link until the pairing ended.
    async fn converse(&mut self, link: &mut Link, person: &mut impl Person) -> Result<(), ClientError> {
        for (id, asked) in std::mem::take(&mut self.asked) {
            self.send(link, id, asked)?;
        }
        loop {
            while let Some(output) = self.outputs.pop_front() {
                self.carry_out(output, link, person)?;
            }
            let owed = self.asked.values().any(|asked| matches!(asked, Asked::Put(..)));
            if !owed {
                self.opening.take().into_iter().for_each(|event| person.tell(event));
            }
            if self.end.is_some() && !owed {
                return Ok(());
            }
            let tick = self.farewell.unwrap_or(self.over());
            tokio::select! {
                biased;
                messages = link.receive() => {
                    for message in messages? {
                        self.hear(message)?;
                    }
                }
                typed = person.type_code(), if self.awaits_code && self.end.is_none() => {
                    self.awaits_code = false;
                    self.handle(typed.as_deref().map_or(Input::Cancel, Input::TypedCode))?;
                }
                () = sleep_until(tick) => {
                    if self.end.is_some() {
                        return Ok(());
                    }
                    self.handle(Input::Tick)?;
                }
            }
        }
    }

    fn carry_out(&mut self, output: Output, link: &mut Link, person: &mut impl Person) -> Result<(), ClientError> {
        match output {
            Output::Put(step, body) => self.ask(link, Asked::Put(step, body))?,
            Output::Get(step) => {
                let known = |asked: &Asked| matches!(asked, Asked::Get(known) if *known == step);
                if !self.asked.values().any(known) {
                    self.ask(link, Asked::Get(step))?;
                }
            }
            Output::ShowCode(code) => person.tell(PairingEvent::Check { code }),
            Output::AskCode { name } => {
                self.awaits_code = true;
                person.tell(PairingEvent::TypeCode { name });
            }
            Output::Pending(_) | Output::Paired(_) | Output::Failed(_) => self.ended(output)?,
        }
        Ok(())
    }

    fn ended(&mut self, output: Output) -> Result<(), ClientError> {
        self.end = Some(match output {
            Output::Pending(pending) => {
                self.phone.keep(&pending)?;
                End::Met(Met::Pending)
            }
            Output::Paired(outcome) => End::Met(Met::Paired(outcome)),
            Output::Failed(error) => {
                self.farewell = Some(Instant::now() + FAREWELL_MAX);
                End::Failed(error)
            }
            _ => return Ok(()),
        });
        Ok(())
    }

    /// Takes the machine's end out of its outputs when there is no link for the rest.
    fn note_end(&mut self) -> Result<(), ClientError> {
        while let Some(output) = self.outputs.pop_front() {
            self.ended(output)?;
        }
        Ok(())
    }

    fn ask(&mut self, link: &mut Link, asked: Asked) -> Result<(), ClientError> {
        let id = self.next_request;
        self.next_request += 1;
        self.send(link, id, asked)
    }

    fn send(&mut self, link: &mut Link, id: u64, asked: Asked) -> Result<(), ClientError> {
        let rendezvous = self.machine.rendezvous();
        let request = match &asked {
            Asked::Put(step, body) => Request::RendezvousPut { rendezvous, step: cell(*step), body: body.clone() },
            Asked::Get(step) => Request::RendezvousGet { rendezvous, step: cell(*step) },
        };
        self.asked.insert(id, asked);
        let queued = link.queue(&ToRelay::Request(RequestId(id), request));
        queued.map_err(|_| ClientError::Refused(ErrorCode::RendezvousTooLarge))
    }

    fn hear(&mut self, message: FromRelay) -> Result<(), ClientError> {
        let FromRelay::Response(RequestId(id), response) = message else { return Ok(()) };
        let Some(asked) = self.asked.remove(&id) else { return Ok(()) };
        match (asked, response) {
            (Asked::Put(step, _), Response::RendezvousStored) => self.handle(Input::Stored(step)),
            (Asked::Get(step), Response::RendezvousBody { body }) => self.handle(Input::Got(step, &body)),
            (asked, Response::Error(error)) => self.refused(&asked, error),
            _ => Err(LinkError::Malformed.into()),
        }
    }

    fn refused(&mut self, asked: &Asked, error: RelayError) -> Result<(), ClientError> {
        let (Asked::Put(step, _) | Asked::Get(step)) = asked;
        match error.code {
            // The words are wrong, or the invite is over.
            ErrorCode::RendezvousUnknown if *step == Step::M0 => Err(ClientError::NoInvite),
            // The relay's clock counts as much as this phone's.
            ErrorCode::RendezvousExpired => self.handle_at(Input::Tick, LIFETIME_MS),
            ErrorCode::RendezvousBurned | ErrorCode::RendezvousUnknown => self.handle(Input::Burned(*step)),
            code => Err(ClientError::Refused(code)),
        }
    }
}

fn cell(step: Step) -> RendezvousStep {
    match step {
        Step::M0 => RendezvousStep::M0,
        Step::M1 => RendezvousStep::M1,
        Step::M2 => RendezvousStep::M2,
        Step::M3 => RendezvousStep::M3,
        Step::M4 => RendezvousStep::M4,
        Step::Abort => RendezvousStep::Abort,
    }
}

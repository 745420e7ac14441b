//! Where two pairing phones meet: a few write-once steps under a random id, for ten minutes, in memory.
//!
//! Not in the store, on purpose. A pairing that a restart interrupts is started again, which costs its two people a
//! minute; and messages that are on no disk cannot be found on one later. The protocol's memory bounds make this cheap.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use amends_protocol::limits::{
    RENDEZVOUS_BODY_BYTES_MAX, RENDEZVOUS_REMEMBERED_S, RENDEZVOUS_WAITS_PER_CONNECTION_MAX,
};
use amends_protocol::{ErrorCode, RelayError, RendezvousId, RendezvousStep, RequestId};

use crate::clock::Clock;
use crate::limits::Limits;

/// Connections that may take part in one rendezvous: two phones and their reconnections.
const PARTICIPANTS_MAX: usize = 16;

const REMEMBERED: Duration = Duration::from_secs(RENDEZVOUS_REMEMBERED_S);

/// A connection, as far as rendezvous need one.
pub(crate) trait Peer {
    /// Tells connections apart.
    fn id(&self) -> u64;
    /// Answers a waiting get.
    fn answer(&self, request: RequestId, outcome: Result<Vec<u8>, RelayError>);
    /// Tells that a rendezvous it took part in has burned.
    fn burned(&self, rendezvous: RendezvousId);
}

struct Waiting<P> {
    peer: Arc<P>,
    request: RequestId,
    step: RendezvousStep,
}

enum State<P> {
    Open {
        steps: [Option<Vec<u8>>; RendezvousStep::ALL.len()],
        waiting: Vec<Waiting<P>>,
        participants: Vec<Arc<P>>,
    },
    /// Burned; by a sealed abort if there is one.
    Burned {
        abort: Option<Vec<u8>>,
    },
    Expired,
}

struct Slot<P> {
    state: State<P>,
    /// When it was opened or, once it has ended, when it ended.
    since: Duration,
}

struct Table<P> {
    slots: HashMap<RendezvousId, Slot<P>>,
    bytes: usize,
    lifetime: Duration,
}

pub(crate) struct Rendezvous<P> {
    clock: Arc<dyn Clock>,
    slots_max: usize,
    bytes_max: usize,
    table: Mutex<Table<P>>,
}

/// What became of a get.
pub(crate) enum Get {
    Now(Vec<u8>),
    Later,
}

impl<P: Peer> Rendezvous<P> {
    pub(crate) fn new(limits: &Limits, clock: Arc<dyn Clock>) -> Self {
        let lifetime = Duration::from_secs(limits.rendezvous_lifetime_s);
        Self {
            clock,
            slots_max: limits.rendezvous_max,
            bytes_max: limits.rendezvous_bytes_max,
            table: Mutex::new(Table { slots: HashMap::new(), bytes: 0, lifetime }),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.lock().slots.len()
    }

    /// Writes a step. `admit` is asked if that opens the rendezvous.
    pub(crate) fn put(
        &self,
        peer: &Arc<P>,
        id: RendezvousId,
        step: RendezvousStep,
        body: Vec<u8>,
        admit: impl FnOnce() -> Result<(), u32>,
    ) -> Result<(), RelayError> {
        if body.len() > RENDEZVOUS_BODY_BYTES_MAX {
            let limit = RENDEZVOUS_BODY_BYTES_MAX as u64;
            return Err(RelayError::with_limit(ErrorCode::RendezvousTooLarge, limit));
        }
        let now = self.clock.elapsed();
        let mut table = self.lock();
        if table.bytes.saturating_add(body.len()) > self.bytes_max {
            return Err(ErrorCode::RendezvousFull.into());
        }
        let slot = self.open(&mut table, id, now, admit)?;
        let (steps, waiting) = slot.take_part(peer)?;
        let Some(place) = steps.get_mut(usize::from(step.number())) else {
            return Err(ErrorCode::Internal.into());
        };
        match place {
            Some(known) if *known == body => return Ok(()),
            Some(_) => {
                table.burn(id, None, now, peer.id());
                return Err(ErrorCode::RendezvousBurned.into());
            }
            None => {}
        }
        if step == RendezvousStep::Abort {
            table.burn(id, Some(body), now, peer.id());
            return Ok(());
        }
        let length = body.len();
        let (ready, later): (Vec<_>, Vec<_>) = waiting.drain(..).partition(|waiting| waiting.step == step);
        *waiting = later;
        for waiting in ready {
            waiting.peer.answer(waiting.request, Ok(body.clone()));
        }
        *place = Some(body);
        table.bytes += length;
        Ok(())
    }

    /// Reads a step, or waits for it. `admit` is asked if that opens the rendezvous.
    pub(crate) fn get(
        &self,
        peer: &Arc<P>,
        request: RequestId,
        (id, step): (RendezvousId, RendezvousStep),
        admit: impl FnOnce() -> Result<(), u32>,
    ) -> Result<Get, RelayError> {
        let now = self.clock.elapsed();
        let mut table = self.lock();
        table.expire(id, now);
        // M0 is what a joiner with words looks for first. If nobody has put it, the words are wrong or too old, and
        // waiting would only hide that. Every other step may be waited for before anything is there.
        if step == RendezvousStep::M0 && !table.slots.contains_key(&id) {
            return Err(ErrorCode::RendezvousUnknown.into());
        }
        let slot = self.open(&mut table, id, now, admit)?;
        if let (State::Burned { abort: Some(abort) }, RendezvousStep::Abort) = (&slot.state, step) {
            return Ok(Get::Now(abort.clone()));
        }
        let (steps, waiting) = slot.take_part(peer)?;
        if let Some(Some(body)) = steps.get(usize::from(step.number())) {
            return Ok(Get::Now(body.clone()));
        }
        let own = waiting.iter().filter(|waiting| waiting.peer.id() == peer.id()).count();
        if own >= RENDEZVOUS_WAITS_PER_CONNECTION_MAX {
            return Err(ErrorCode::RendezvousFull.into());
        }
        waiting.push(Waiting { peer: Arc::clone(peer), request, step });
        Ok(Get::Later)
    }

    /// Forgets a connection that has ended.
    pub(crate) fn leave(&self, peer: u64, visited: &[RendezvousId]) {
        let mut table = self.lock();
        for id in visited {
            if let Some(Slot { state: State::Open { waiting, participants, .. }, .. }) = table.slots.get_mut(id) {
                waiting.retain(|waiting| waiting.peer.id() != peer);
                participants.retain(|participant| participant.id() != peer);
            }
        }
    }

    /// Ends what is over, and forgets what has been over for long enough.
    pub(crate) fn sweep(&self) {
        let now = self.clock.elapsed();
        let mut table = self.lock();
        let ids: Vec<RendezvousId> = table.slots.keys().copied().collect();
        for id in ids {
            table.expire(id, now);
        }
    }

    /// The slot, opened if it wasn't there.
    fn open<'a>(
        &self,
        table: &'a mut Table<P>,
        id: RendezvousId,
        now: Duration,
        admit: impl FnOnce() -> Result<(), u32>,
    ) -> Result<&'a mut Slot<P>, RelayError> {
        table.expire(id, now);
        if !table.slots.contains_key(&id) {
            if table.slots.len() >= self.slots_max {
                let patience_s = u32::try_from(table.lifetime.as_secs()).unwrap_or(u32::MAX);
                return Err(RelayError::with_retry(ErrorCode::RendezvousFull, patience_s));
            }
            admit().map_err(|seconds| RelayError::with_retry(ErrorCode::RendezvousFull, seconds))?;
        }
        Ok(table.slots.entry(id).or_insert_with(|| Slot {
            state: State::Open { steps: Default::default(), waiting: Vec::new(), participants: Vec::new() },
            since: now,
        }))
    }

    fn lock(&self) -> MutexGuard<'_, Table<P>> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

type Steps = [Option<Vec<u8>>; RendezvousStep::ALL.len()];

impl<P: Peer> Slot<P> {
    /// The open slot's steps and waiting gets, the peer noted as one who took part.
    fn take_part(&mut self, peer: &Arc<P>) -> Result<(&mut Steps, &mut Vec<Waiting<P>>), RelayError> {
        match &mut self.state {
            State::Burned { .. } => Err(ErrorCode::RendezvousBurned.into()),
            State::Expired => Err(ErrorCode::RendezvousExpired.into()),
            State::Open { steps, waiting, participants } => {
                if participants.iter().all(|participant| participant.id() != peer.id()) {
                    if participants.len() >= PARTICIPANTS_MAX {
                        return Err(ErrorCode::RendezvousFull.into());
                    }
                    participants.push(Arc::clone(peer));
                }
                Ok((steps, waiting))
            }
        }
    }
}

impl<P: Peer> Table<P> {
    /// Ends an open slot: its steps are dropped, whoever waits gets `error`. Returns the participants.
    fn end(&mut self, id: RendezvousId, state: State<P>, now: Duration, error: ErrorCode) -> Vec<Arc<P>> {
        let Some(slot) = self.slots.get_mut(&id) else {
            return Vec::new();
        };
        let abort = match &state {
            State::Burned { abort } => abort.clone(),
            _ => None,
        };
        slot.since = now;
        let ended = std::mem::replace(&mut slot.state, state);
        self.bytes += abort.as_ref().map_or(0, Vec::len);
        let State::Open { steps, waiting, participants } = ended else {
            return Vec::new();
        };
        self.bytes -= steps.iter().flatten().map(Vec::len).sum::<usize>();
        for waiting in waiting {
            let outcome = match &abort {
                Some(abort) if waiting.step == RendezvousStep::Abort => Ok(abort.clone()),
                _ => Err(error.into()),
            };
            waiting.peer.answer(waiting.request, outcome);
        }
        participants
    }

    fn burn(&mut self, id: RendezvousId, abort: Option<Vec<u8>>, now: Duration, by: u64) {
        let participants = self.end(id, State::Burned { abort }, now, ErrorCode::RendezvousBurned);
        for participant in participants.iter().filter(|participant| participant.id() != by) {
            participant.burned(id);
        }
    }

    fn expire(&mut self, id: RendezvousId, now: Duration) {
        let Some(slot) = self.slots.get(&id) else {
            return;
        };
        let age = now.saturating_sub(slot.since);
        match &slot.state {
            State::Open { .. } if age >= self.lifetime => {
                self.end(id, State::Expired, now, ErrorCode::RendezvousExpired);
            }
            State::Open { .. } => {}
            ended if age >= REMEMBERED => {
                let abort_bytes = match ended {
                    State::Burned { abort: Some(abort) } => abort.len(),
                    _ => 0,
                };
                self.bytes -= abort_bytes;
                self.slots.remove(&id);
            }
            _ => {}
        }
    }
}

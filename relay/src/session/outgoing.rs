//! What waits to be sent on one connection. Everything that will take room is reserved before it is asked for, so that a
//! phone that doesn't read stops its own requests and ends its own subscriptions, and costs nobody else memory.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use amends_protocol::limits::{CHUNK_BYTES_MAX, PACK_LIST_BYTES_MAX, PAGE_BYTES_MAX, RECORDS_PER_PAGE_MAX};
use amends_protocol::{ErrorCode, FromRelay, Push, RelayError, RendezvousId, RequestId, Response, encode_frame};
use tokio::sync::{Notify, OwnedSemaphorePermit};

use crate::metrics::Metrics;
use crate::rendezvous::Peer;

/// Bytes queued or reserved on one connection before its next request waits: twice the largest answer.
const OUTGOING_BYTES_MAX: usize = 768 * 1024;

/// Bytes queued before a new record ends the subscription instead: some room above what requests may reserve.
const PUSH_BYTES_MAX: usize = OUTGOING_BYTES_MAX + 256 * 1024;

/// Requests of one connection that may be unanswered, waiting gets aside; the next one waits.
const REQUESTS_IN_FLIGHT_MAX: usize = 64;

/// What a page of records takes.
pub(crate) const PAGE_COST_BYTES: usize = PAGE_BYTES_MAX + RECORDS_PER_PAGE_MAX as usize * 20 + SMALL_COST_BYTES;

/// What a chunk takes.
pub(crate) const CHUNK_COST_BYTES: usize = CHUNK_BYTES_MAX + SMALL_COST_BYTES;

/// What a list of packs takes.
pub(crate) const PACK_LIST_COST_BYTES: usize = PACK_LIST_BYTES_MAX + SMALL_COST_BYTES;

/// What any other answer takes.
pub(crate) const SMALL_COST_BYTES: usize = 256;

#[derive(Default)]
struct State {
    frames: VecDeque<Vec<u8>>,
    queued_bytes: usize,
    reserved_bytes: usize,
    in_flight: usize,
    finishing: bool,
    closed: bool,
    /// A backlog's page found no room.
    page_waits: bool,
}

impl State {
    /// Gives reserved room back. Says whether a page waits for it.
    fn give_back(&mut self, cost: usize) -> bool {
        self.reserved_bytes = self.reserved_bytes.saturating_sub(cost);
        std::mem::take(&mut self.page_waits)
    }
}

pub(crate) struct Outgoing {
    id: u64,
    metrics: Arc<Metrics>,
    total_max: u64,
    state: Mutex<State>,
    /// A frame is there, or the last answer has been given, or a page that found no room may find it now.
    ready: Notify,
    /// A frame has left.
    room: Notify,
}

impl Outgoing {
    pub(crate) fn new(id: u64, metrics: Arc<Metrics>, total_max: usize) -> Self {
        Self {
            id,
            metrics,
            total_max: total_max as u64,
            state: Mutex::default(),
            ready: Notify::new(),
            room: Notify::new(),
        }
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    /// Reserves room for a page, if there is some; else [`Outgoing::ready`] tells when to try again.
    pub(crate) fn reserve(&self, cost: usize) -> bool {
        let mut state = self.lock();
        let fits = state.queued_bytes + state.reserved_bytes + cost <= OUTGOING_BYTES_MAX;
        if fits && !state.closed {
            state.reserved_bytes += cost;
        }
        state.page_waits |= !fits;
        fits && !state.closed
    }

    pub(crate) fn release(&self, cost: usize) {
        let page_waits = self.lock().give_back(cost);
        self.room.notify_one();
        if page_waits {
            self.ready.notify_one();
        }
    }

    /// Waits until another request fits, and takes its place.
    pub(crate) async fn place(self: &Arc<Self>, request: RequestId, cost: usize) -> Place {
        loop {
            {
                let mut state = self.lock();
                let fits = state.queued_bytes + state.reserved_bytes + cost <= OUTGOING_BYTES_MAX
                    && state.in_flight < REQUESTS_IN_FLIGHT_MAX;
                // A closed queue takes everything: it keeps nothing.
                if fits || state.closed {
                    state.reserved_bytes += cost;
                    state.in_flight += 1;
                    return Place { out: Arc::clone(self), request, cost, permit: None, answered: false };
                }
            }
            self.room.notified().await;
        }
    }

    /// Whether all connections together have more queued than they should.
    pub(crate) fn is_overfull_in_all(&self) -> bool {
        self.metrics.outgoing_bytes.value() > self.total_max
    }

    /// Queues a push regardless of room: for those that are small and few.
    pub(crate) fn push(&self, push: &Push) {
        if let Ok(frame) = encode_frame(&FromRelay::Push(push.clone())) {
            self.enqueue(frame);
        }
    }

    /// Queues a frame if the phone keeps up.
    pub(crate) fn push_if_room(&self, frame: &[u8]) -> bool {
        let fits = {
            let state = self.lock();
            state.queued_bytes + state.reserved_bytes + frame.len() <= PUSH_BYTES_MAX
        };
        let fits = fits && !self.is_overfull_in_all();
        if fits {
            self.enqueue(frame.to_vec());
        }
        fits
    }

    /// Queues an error about a request that has no place.
    pub(crate) fn refuse(&self, request: RequestId, error: RelayError) {
        self.metrics.error(error.code);
        self.respond(request, Response::Error(error));
    }

    fn respond(&self, request: RequestId, response: Response) {
        let frame = encode_frame(&FromRelay::Response(request, response)).or_else(|_| {
            // No answer is that large, by the limits of what goes into it.
            encode_frame(&FromRelay::Response(request, Response::Error(ErrorCode::Internal.into())))
        });
        if let Ok(frame) = frame {
            self.enqueue(frame);
        }
    }

    fn enqueue(&self, frame: Vec<u8>) {
        let mut state = self.lock();
        if state.closed {
            return;
        }
        self.metrics.outgoing_bytes.add(frame.len() as u64);
        state.queued_bytes += frame.len();
        state.frames.push_back(frame);
        drop(state);
        self.ready.notify_one();
    }

    /// The next frame to send; `None` if there is none now.
    pub(crate) fn take_frame(&self) -> Option<Vec<u8>> {
        let mut state = self.lock();
        let frame = state.frames.pop_front();
        if frame.is_none() && state.frames.capacity() > 0 {
            // An idle phone keeps no queue.
            state.frames = VecDeque::new();
        }
        frame
    }

    /// A frame has been handed to QUIC.
    pub(crate) fn sent(&self, bytes: usize) {
        let mut state = self.lock();
        state.queued_bytes = state.queued_bytes.saturating_sub(bytes);
        drop(state);
        self.metrics.outgoing_bytes.subtract(bytes as u64);
        self.metrics.sent_bytes.add(bytes as u64);
        self.room.notify_one();
    }

    /// Waits for a frame, or for room that a page waits for.
    pub(crate) async fn ready(&self) {
        self.ready.notified().await;
    }

    /// No request comes any more: the writer ends with the last answer.
    pub(crate) fn finish(&self) {
        self.lock().finishing = true;
        self.ready.notify_one();
    }

    /// Whether no request comes any more and every one has its answer on its way.
    pub(crate) fn is_finished(&self) -> bool {
        let state = self.lock();
        state.finishing && state.frames.is_empty() && state.in_flight == 0
    }

    /// Keeps nothing from now on: the connection has ended.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        state.frames = VecDeque::new();
        let queued = std::mem::take(&mut state.queued_bytes);
        drop(state);
        self.metrics.outgoing_bytes.subtract(queued as u64);
        self.room.notify_one();
        self.ready.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Peer for Outgoing {
    fn id(&self) -> u64 {
        self.id
    }

    fn answer(&self, request: RequestId, outcome: Result<Vec<u8>, RelayError>) {
        match outcome {
            Ok(body) => self.respond(request, Response::RendezvousBody { body }),
            Err(error) => self.refuse(request, error),
        }
    }

    fn burned(&self, rendezvous: RendezvousId) {
        self.push(&Push::RendezvousBurned { rendezvous });
    }
}

/// The place of one request: its answer's room, and its own bytes' share of what the relay receives at once. A place that
/// is dropped answers too, so that no phone waits for ever.
pub(crate) struct Place {
    out: Arc<Outgoing>,
    request: RequestId,
    cost: usize,
    permit: Option<OwnedSemaphorePermit>,
    answered: bool,
}

impl Place {
    /// Keeps the request's share of the inbound budget until it is answered.
    pub(crate) fn hold(mut self, permit: Option<OwnedSemaphorePermit>) -> Self {
        self.permit = permit;
        self
    }

    pub(crate) fn request(&self) -> RequestId {
        self.request
    }

    pub(crate) fn answer(mut self, outcome: Result<Response, RelayError>) {
        self.answered = true;
        match outcome {
            Ok(response) => self.out.respond(self.request, response),
            Err(error) => self.out.refuse(self.request, error),
        }
    }

    /// Gives the place back without an answer: somebody else will answer.
    pub(crate) fn leave(mut self) {
        self.answered = true;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if !self.answered {
            self.out.refuse(self.request, ErrorCode::Internal.into());
        }
        let mut state = self.out.lock();
        let page_waits = state.give_back(self.cost);
        state.in_flight = state.in_flight.saturating_sub(1);
        let is_last = state.in_flight == 0 && state.frames.is_empty();
        drop(state);
        self.out.room.notify_one();
        if is_last || page_waits {
            // Who waits for the last answer to have left, or with a page for room, looks again.
            self.out.ready.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer is queued before its place is given back: a phone that is quick subscribes in between, and nothing may be
    /// sent afterwards that would make anybody look for room again.
    #[tokio::test]
    async fn a_page_that_found_no_room_is_told_when_there_is_some() {
        let out = Arc::new(Outgoing::new(1, Arc::default(), usize::MAX));
        let place = out.place(RequestId(1), PAGE_COST_BYTES).await;
        assert!(out.reserve(PAGE_COST_BYTES));
        assert!(!out.reserve(PAGE_COST_BYTES));
        place.leave();
        out.ready().await;
        assert!(out.reserve(PAGE_COST_BYTES));
        assert!(!out.reserve(PAGE_COST_BYTES));
        out.release(PAGE_COST_BYTES);
        out.ready().await;
        assert!(out.reserve(PAGE_COST_BYTES));
    }
}

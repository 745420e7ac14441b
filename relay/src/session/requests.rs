//! What each request does: checked here, done by the store, answered through the connection's queue.

use std::sync::{Arc, PoisonError};

use amends_protocol::limits::{
    BOXES_PER_CONNECTION_MAX, CHUNK_BYTES_MAX, CHUNKS_PER_PACK_MAX, HASHES_PER_TRIM_MAX, MANIFEST_BYTES_MAX,
    RECORD_BYTES_MAX, RECORD_VERSION, REPLACES_PER_PACK_MAX,
};
use amends_protocol::{
    BoxId, Cursor, DecodeErrorKind, ErrorCode, RelayError, RendezvousId, RendezvousStep, Request, RequestId, Response,
    ToRelay, box_access_message, decode_item,
};
use ring::signature::{ED25519, UnparsedPublicKey};
use tokio::sync::OwnedSemaphorePermit;

use super::outgoing::{CHUNK_COST_BYTES, PACK_LIST_COST_BYTES, PAGE_COST_BYTES, Place, SMALL_COST_BYTES};
use super::{REFUSALS_MAX, Reader, Session};
use crate::rates::Rate;
use crate::rendezvous::Get;
use crate::store::{Admission, Appended, BoxState, NewPack, Page, Reply};

/// Rendezvous that one connection may take part in: an invite or two, and some mistyped words.
const RENDEZVOUS_PER_CONNECTION_MAX: usize = 32;

/// Seconds after which a relay whose phones all read slowly is worth another try.
const OVERFULL_RETRY_S: u32 = 2;

type Outcome = Result<Response, RelayError>;

impl Session {
    /// Handles one frame's item. An error closes the connection.
    pub(super) async fn handle(
        self: &Arc<Self>,
        reader: &mut Reader,
        item: Vec<u8>,
        permit: Option<OwnedSemaphorePermit>,
    ) -> Result<(), ErrorCode> {
        let (id, request) = match decode_item::<ToRelay>(&item) {
            Ok(ToRelay::Request(id, request)) => (id, request),
            Err(error) => {
                let code = match error.kind {
                    DecodeErrorKind::UnknownMessage(_) => ErrorCode::UnknownMessage,
                    _ => ErrorCode::Malformed,
                };
                self.out.refuse(error.request.unwrap_or(RequestId::UNREADABLE), code.into());
                // Without an id nobody can be told what to do differently.
                return if error.request.is_some() { self.count_refusal(reader) } else { Err(code) };
            }
        };
        self.core.metrics.requests.add(1);
        if let Err(seconds) = self.take_rates(item.len()) {
            self.out.refuse(id, RelayError::with_retry(ErrorCode::RateLimited, seconds));
            return self.count_refusal(reader);
        }
        drop(item);
        let cost = cost(&request);
        let place = self.out.place(id, cost).await.hold(permit);
        if cost > SMALL_COST_BYTES && self.out.is_overfull_in_all() {
            place.answer(Err(RelayError::with_retry(ErrorCode::RateLimited, OVERFULL_RETRY_S)));
            return Ok(());
        }
        self.dispatch(reader, place, request);
        Ok(())
    }

    fn take_rates(&self, bytes: usize) -> Result<(), u32> {
        let rates = &self.core.rates;
        rates.take(self.address, Rate::Requests, 1)?;
        rates.take(self.address, Rate::Bytes, u32::try_from(bytes).unwrap_or(u32::MAX))
    }

    fn count_refusal(&self, reader: &mut Reader) -> Result<(), ErrorCode> {
        reader.refusals += 1;
        if reader.refusals > REFUSALS_MAX { Err(ErrorCode::RateLimited) } else { Ok(()) }
    }

    fn dispatch(self: &Arc<Self>, reader: &mut Reader, place: Place, request: Request) {
        let is_opened = request.box_id().is_none_or(|box_id| reader.opened.contains(box_id));
        if !is_opened && !matches!(request, Request::OpenBox { .. }) {
            return place.answer(Err(ErrorCode::NotOpened.into()));
        }
        match request {
            Request::OpenBox { box_id, signature } => self.open_box(reader, place, box_id, &signature),
            Request::Subscribe { box_id, after } => self.subscribe(place, box_id, after),
            Request::Unsubscribe { box_id } => {
                self.unsubscribe(&box_id);
                place.answer(Ok(Response::Unsubscribed));
            }
            Request::RendezvousPut { rendezvous, step, body } => {
                let outcome = self.rendezvous_put(reader, rendezvous, step, body);
                place.answer(outcome);
            }
            Request::RendezvousGet { rendezvous, step } => self.rendezvous_get(reader, place, rendezvous, step),
            Request::Ping => place.answer(Ok(Response::Pong)),
            stored => self.ask_store(place, stored),
        }
    }

    fn open_box(&self, reader: &mut Reader, place: Place, box_id: BoxId, signature: &[u8; 64]) {
        let message = box_access_message(&self.exporter, &box_id);
        if UnparsedPublicKey::new(&ED25519, box_id.0).verify(&message, signature).is_err() {
            return place.answer(Err(ErrorCode::BadSignature.into()));
        }
        if !reader.opened.contains(&box_id) {
            if reader.opened.len() >= BOXES_PER_CONNECTION_MAX {
                let limit = BOXES_PER_CONNECTION_MAX as u64;
                return place.answer(Err(RelayError::with_limit(ErrorCode::TooManyOpenBoxes, limit)));
            }
            reader.opened.push(box_id);
        }
        let reply = answer_with(place, |state: BoxState| Response::BoxOpened {
            generation: state.generation,
            first: state.first,
            last: state.last,
            packs: state.packs,
        });
        self.core.store.open_box(box_id, reply);
    }

    fn subscribe(self: &Arc<Self>, place: Place, box_id: BoxId, after: Cursor) {
        // A second subscription takes the first one's place.
        self.unsubscribe(&box_id);
        let subscription = self.core.mailboxes.subscribe(&self.out, box_id, after);
        self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(&subscription));
        // The answer first: pushes follow it.
        place.answer(Ok(Response::Subscribed));
        subscription.advance(&self.core);
    }

    fn unsubscribe(&self, box_id: &BoxId) {
        let ended = {
            let mut subscriptions = self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner);
            let ended: Vec<_> = subscriptions.extract_if(.., |subscription| subscription.box_id() == box_id).collect();
            subscriptions.retain(|subscription| !subscription.has_ended());
            ended
        };
        for subscription in ended {
            self.core.mailboxes.unsubscribe(&subscription);
        }
    }

    fn rendezvous_put(&self, reader: &mut Reader, id: RendezvousId, step: RendezvousStep, body: Vec<u8>) -> Outcome {
        visit(reader, id)?;
        let admit = || self.core.rates.take(self.address, Rate::Rendezvous, 1);
        self.core.rendezvous.put(&self.out, id, step, body, admit)?;
        Ok(Response::RendezvousStored)
    }

    fn rendezvous_get(&self, reader: &mut Reader, place: Place, id: RendezvousId, step: RendezvousStep) {
        if let Err(error) = visit(reader, id) {
            return place.answer(Err(error));
        }
        let admit = || self.core.rates.take(self.address, Rate::Rendezvous, 1);
        match self.core.rendezvous.get(&self.out, place.request(), (id, step), admit) {
            Ok(Get::Now(body)) => place.answer(Ok(Response::RendezvousBody { body })),
            Ok(Get::Later) => place.leave(),
            Err(error) => place.answer(Err(error)),
        }
    }

    fn ask_store(self: &Arc<Self>, place: Place, request: Request) {
        let store = &self.core.store;
        let admission = || Arc::clone(self) as Arc<dyn Admission>;
        if let Err(error) = check(&request) {
            return place.answer(Err(error));
        }
        match request {
            Request::Append { box_id, record } => self.append(place, box_id, record.into()),
            Request::Read { box_id, after, limit } => {
                let reply =
                    answer_with(place, |page: Page| Response::Records { records: page.records, more: page.more });
                store.read(box_id, after, limit, reply);
            }
            Request::PutChunk { box_id, chunk } => {
                let reply = answer_with(place, |hash| Response::ChunkStored { hash });
                store.put_chunk(box_id, chunk, admission(), reply);
            }
            Request::GetChunk { box_id, hash } => {
                store.chunk(box_id, hash, answer_with(place, |chunk| Response::Chunk { chunk }));
            }
            Request::PutPack { box_id, manifest, chunks, replaces } => {
                let reply = answer_with(place, |pack| Response::PackStored { pack });
                store.put_pack(box_id, NewPack { manifest, chunks, replaces }, reply);
            }
            Request::Packs { box_id } => {
                store.packs(box_id, answer_with(place, |packs| Response::PackList { packs }));
            }
            Request::Trim { box_id, records } => {
                store.trim(box_id, records, answer_with(place, |records| Response::Trimmed { records }));
            }
            Request::Restore { box_id, records } => {
                store.restore(box_id, records, answer_with(place, |records| Response::Restored { records }));
            }
            Request::DeleteBox { box_id } => self.delete_box(place, box_id),
            // Handled before; an answer all the same.
            _ => place.answer(Err(ErrorCode::Internal.into())),
        }
    }

    fn append(self: &Arc<Self>, place: Place, box_id: BoxId, record: Arc<[u8]>) {
        let core = Arc::clone(&self.core);
        let pushed = Arc::clone(&record);
        let reply: Reply<Appended> = Box::new(move |outcome| {
            let appended = match outcome {
                Ok(appended) => appended,
                Err(error) => return place.answer(Err(error.into())),
            };
            let Appended { cursor, duplicate } = appended;
            let counter = if duplicate { &core.metrics.duplicates } else { &core.metrics.appends };
            counter.add(1);
            // The answer first, so that a phone knows its own record when it is pushed.
            place.answer(Ok(Response::Appended { cursor, duplicate }));
            if !duplicate {
                core.mailboxes.appended(box_id, cursor, &pushed);
            }
        });
        self.core.store.append(box_id, record, Arc::clone(self) as Arc<dyn Admission>, reply);
    }

    fn delete_box(&self, place: Place, box_id: BoxId) {
        let core = Arc::clone(&self.core);
        let reply: Reply<()> = Box::new(move |outcome| {
            let deleted = outcome.is_ok();
            place.answer(outcome.map(|()| Response::BoxDeleted).map_err(RelayError::from));
            if deleted {
                core.mailboxes.deleted(&box_id);
            }
        });
        self.core.store.delete_box(box_id, reply);
    }
}

/// Answers a request with what the store says.
fn answer_with<T: 'static>(place: Place, response: impl FnOnce(T) -> Response + Send + 'static) -> Reply<T> {
    Box::new(move |outcome| place.answer(outcome.map(response).map_err(RelayError::from)))
}

/// Room that the answer may take.
fn cost(request: &Request) -> usize {
    match request {
        Request::Read { .. } => PAGE_COST_BYTES,
        Request::GetChunk { .. } => CHUNK_COST_BYTES,
        Request::Packs { .. } => PACK_LIST_COST_BYTES,
        _ => SMALL_COST_BYTES,
    }
}

/// Sizes, before the store is asked.
fn check(request: &Request) -> Result<(), RelayError> {
    let at_most = |count: usize, max: usize, code: ErrorCode| {
        if count <= max { Ok(()) } else { Err(RelayError::with_limit(code, max as u64)) }
    };
    match request {
        Request::Append { record, .. } => {
            at_most(record.len(), RECORD_BYTES_MAX, ErrorCode::RecordTooLarge)?;
            match record.first() {
                None => Err(ErrorCode::RecordEmpty.into()),
                Some(&RECORD_VERSION) => Ok(()),
                Some(_) => Err(ErrorCode::RecordVersion.into()),
            }
        }
        Request::PutChunk { chunk, .. } => {
            // An empty chunk is no chunk.
            let size = if chunk.is_empty() { usize::MAX } else { chunk.len() };
            at_most(size, CHUNK_BYTES_MAX, ErrorCode::ChunkTooLarge)
        }
        Request::PutPack { manifest, chunks, replaces, .. } => {
            at_most(manifest.len(), MANIFEST_BYTES_MAX, ErrorCode::PackTooLarge)?;
            at_most(chunks.len(), CHUNKS_PER_PACK_MAX, ErrorCode::PackTooLarge)?;
            at_most(replaces.len(), REPLACES_PER_PACK_MAX, ErrorCode::TooManyItems)
        }
        Request::Trim { records, .. } | Request::Restore { records, .. } => {
            at_most(records.len(), HASHES_PER_TRIM_MAX, ErrorCode::TooManyItems)
        }
        _ => Ok(()),
    }
}

/// Notes a rendezvous, to be left when the connection ends.
fn visit(reader: &mut Reader, id: RendezvousId) -> Result<(), RelayError> {
    if !reader.rendezvous.contains(&id) {
        if reader.rendezvous.len() >= RENDEZVOUS_PER_CONNECTION_MAX {
            return Err(RelayError::with_limit(ErrorCode::RendezvousFull, RENDEZVOUS_PER_CONNECTION_MAX as u64));
        }
        reader.rendezvous.push(id);
    }
    Ok(())
}

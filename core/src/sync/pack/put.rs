//! Putting a pack: chunks that the relay lacks, then the pack itself in the place of those it covers.

use super::PackWork;
use super::coverage::Coverage;
use super::trim::Trimming;
use crate::sync::engine::{Engine, Lent};
use crate::sync::rows::BoxIndex;
use crate::sync::session::InFlight;
use crate::sync::{Event, Output, SyncError};
use amends_protocol::{BoxId, ChunkHash, ErrorCode, PackId, RelayError, Request};
use std::collections::VecDeque;

/// Chunks on their way at once: 1 MiB.
const CHUNKS_UNDER_WAY_MAX: usize = 4;

/// A pack on its way to the relay.
#[derive(Debug)]
pub(super) struct Putting {
    pub(super) id: PackId,
    /// Sealed.
    pub(super) manifest: Vec<u8>,
    /// All of its chunks.
    pub(super) chunks: Vec<ChunkHash>,
    /// Chunks that were not handed to the relay yet.
    pub(super) fresh: VecDeque<Vec<u8>>,
    /// Chunks that were, and are not acknowledged.
    pub(super) under_way: usize,
    /// The pack itself was handed to the relay.
    pub(super) put: bool,
    /// Packs that have nothing else.
    pub(super) replaces: Vec<PackId>,
    /// Whether the relay lists it already.
    pub(super) listed: bool,
    pub(super) covers: Coverage,
    /// How often words had been dropped when it was made.
    pub(super) dropped: u64,
}

impl Engine {
    /// Hands on what there is room for; the pack itself once every chunk is durable.
    pub(super) fn put_more(&mut self, lent: &mut Lent<'_, '_>, index: BoxIndex) -> Result<(), SyncError> {
        let at = usize::from(index);
        let box_id = BoxId(*lent.ring.ring(index)?.epoch()?.box_id());
        let (Some(state), Some(session)) = (lent.boxes.get(at), self.sessions.get_mut(at)) else { return Ok(()) };
        let PackWork::Putting(putting) = &mut session.packs.work else { return Ok(()) };
        if putting.dropped != state.packs.dropped {
            // Words in it were taken back meanwhile.
            session.packs.again();
            return Ok(());
        }
        if putting.listed && putting.replaces.is_empty() {
            let id = putting.id;
            return self.pack_stored(lent, index, id);
        }
        let mut requests = Vec::new();
        while putting.under_way < CHUNKS_UNDER_WAY_MAX {
            let Some(chunk) = putting.fresh.pop_front() else { break };
            putting.under_way += 1;
            requests.push((Request::PutChunk { box_id, chunk }, InFlight::PutChunk(index)));
        }
        if putting.under_way == 0 && !putting.put {
            putting.put = true;
            let (manifest, chunks) = (putting.manifest.clone(), putting.chunks.clone());
            let replaces = putting.replaces.clone();
            requests.push((Request::PutPack { box_id, manifest, chunks, replaces }, InFlight::PutPack(index)));
        }
        for (request, flight) in requests {
            self.request(request, flight);
        }
        Ok(())
    }

    /// A chunk is durable.
    pub(in crate::sync) fn chunk_stored(&mut self, index: BoxIndex) {
        let session = self.sessions.get_mut(usize::from(index));
        if let Some(PackWork::Putting(putting)) = session.map(|session| &mut session.packs.work) {
            putting.under_way = putting.under_way.saturating_sub(1);
        }
    }

    /// The relay will not have a chunk or the pack: now, or on this connection.
    pub(in crate::sync) fn put_refused(&mut self, index: BoxIndex, error: &RelayError, now_ms: u64) {
        let Some(session) = self.sessions.get_mut(usize::from(index)) else { return };
        // What comes back of a pack that was given up says nothing of the next one.
        let PackWork::Putting(_) = session.packs.work else { return };
        session.packs.again();
        if let Some(seconds) = error.retry_after_s {
            session.paused_until_ms = Some(now_ms.saturating_add(u64::from(seconds) * 1000));
            session.packs.work = PackWork::Waiting;
        } else if error.code != ErrorCode::ChunkMissing {
            session.packs.given_up = true;
            self.staged.push(Output::Event(Event::Refused { index, code: error.code }));
        }
    }

    /// The pack is durable: what it covers may be trimmed.
    pub(in crate::sync) fn pack_stored(
        &mut self,
        lent: &mut Lent<'_, '_>,
        index: BoxIndex,
        id: PackId,
    ) -> Result<(), SyncError> {
        let at = usize::from(index);
        let (Some(state), Some(session)) = (lent.boxes.get_mut(at), self.sessions.get_mut(at)) else { return Ok(()) };
        let putting = match std::mem::take(&mut session.packs.work) {
            PackWork::Putting(putting) if putting.id == id => putting,
            PackWork::Putting(_) => {
                session.packs.again();
                return Ok(());
            }
            other => {
                session.packs.work = other;
                return Ok(());
            }
        };
        session.packs.at_relay = true;
        state.packs.wanted = false;
        state.packs.packed = putting.dropped;
        state.packs.longest = state.packs.longest.max(putting.covers.count());
        session.packs.work = PackWork::Trimming(Trimming::new(state, &lent.me, &self.rule, putting.covers));
        self.trim_more(lent, index)
    }
}

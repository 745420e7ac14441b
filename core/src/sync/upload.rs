//! The outgoing half of the engine: records handed to the relay until it acknowledged them, and what it hides or shows again
//! around a redaction.

use super::engine::{Engine, Lent};
use super::rows::{BoxIndex, MEMBER_BOX};
use super::session::InFlight;
use super::state::BoxState;
use super::{Event, Output, SyncError};
use crate::id::hash;
use amends_protocol::{BoxId, Cursor, RecordHash, RelayError, Request};

/// Appends under way in one box: enough to fill the relay's group commit, few enough to resend cheaply.
const APPENDS_IN_FLIGHT_MAX: usize = 64;
/// Hashes of own records remembered, so that their echo through the subscription is not opened again.
const ECHOES_MAX: usize = 1024;

/// A record that was handed to the relay.
#[derive(Debug, Clone, Copy)]
pub(super) struct Handed {
    pub(super) index: BoxIndex,
    pub(super) chain: u16,
    pub(super) seq: u64,
    pub(super) hash: [u8; 32],
}

impl Engine {
    pub(super) fn upload(&mut self, lent: &Lent<'_, '_>, index: BoxIndex) -> Result<(), SyncError> {
        let at = usize::from(index);
        let (Some(state), Some(session)) = (lent.boxes.get(at), self.sessions.get(at)) else { return Ok(()) };
        if session.refused.is_some() || session.is_paused(lent.now.elapsed_ms) {
            return Ok(());
        }
        let mut room = APPENDS_IN_FLIGHT_MAX.saturating_sub(session.appends);
        let ring = lent.ring.ring(index)?;
        let box_id = BoxId(*ring.epoch()?.box_id());
        self.trim_redacted(lent, state, index)?;
        for (number, chain) in (0u16..).zip(&state.chains) {
            for seq in chain.upload.iter() {
                if room == 0 {
                    return Ok(());
                }
                let under_way = |flight: &InFlight| matches!(flight, InFlight::Append { index: i, chain: c, seq: s, .. } if (*i, *c, *s) == (index, number, seq));
                if self.in_flight.values().any(under_way) {
                    continue;
                }
                // Order within a chain is kept: what waits for the vault holds back what follows.
                if waits_for_vault(lent.boxes, state, number, seq) {
                    break;
                }
                let sealed = super::seal::sealed_records(lent.work, ring, index, number, seq)?;
                for record in sealed {
                    self.count(index, state, number, seq);
                    let digest = hash(&[&record]);
                    self.remember_echo(digest);
                    let flight = InFlight::Append { index, chain: number, seq, hash: digest };
                    self.request(Request::Append { box_id, record }, flight);
                    if let Some(session) = self.sessions.get_mut(at) {
                        session.appends += 1;
                    }
                    room = room.saturating_sub(1);
                }
            }
        }
        Ok(())
    }

    /// Hides records that held words taken back, once their shorter form is durable at the relay. Where the words came back
    /// meanwhile, being owed to both, the form that has them stays.
    fn trim_redacted(&mut self, lent: &Lent<'_, '_>, state: &BoxState, index: BoxIndex) -> Result<(), SyncError> {
        let ring = lent.ring.ring(index)?;
        let box_id = BoxId(*ring.epoch()?.box_id());
        for trim in &state.trims {
            let (chain, seq) = (trim.chain, trim.seq);
            let flight = InFlight::Trim { index, chain, seq };
            let uploaded = state.chain(chain).is_some_and(|chain| !chain.upload.contains(seq));
            if uploaded && !self.in_flight.values().any(|known| *known == flight) {
                let sealed = super::seal::sealed_records(lent.work, ring, index, chain, seq)?;
                let present: Vec<[u8; 32]> = sealed.iter().map(|sealed| hash(&[sealed])).collect();
                let gone = trim.hashes.iter().map(|hash| **hash).filter(|hash| !present.contains(hash));
                let records = gone.map(RecordHash).collect();
                self.request(Request::Trim { box_id, records }, flight);
            }
        }
        Ok(())
    }

    /// Whether the relay has a record in the form that it has now, not only as it was before words were dropped out of it.
    fn is_present_form(lent: &Lent<'_, '_>, handed: &Handed) -> Result<bool, SyncError> {
        let Handed { index, chain, seq, hash: digest } = *handed;
        let state = lent.boxes.get(usize::from(index));
        if !state.is_some_and(|state| state.trims.iter().any(|trim| (trim.chain, trim.seq) == (chain, seq))) {
            return Ok(true);
        }
        let sealed = super::seal::sealed_records(lent.work, lent.ring.ring(index)?, index, chain, seq)?;
        Ok(sealed.is_empty() || sealed.iter().any(|sealed| hash(&[sealed]) == digest))
    }

    /// Before a record of our own chain is handed to the transport, the key vault must know its number.
    fn count(&mut self, index: BoxIndex, state: &BoxState, chain: u16, seq: u64) {
        if state.own != Some(chain) || self.counted.get(&index).is_some_and(|counted| *counted >= seq) {
            return;
        }
        let head = state.chain(chain).map_or(seq, |chain| chain.head_seq);
        self.counted.insert(index, head);
        self.staged.push(Output::Count { index, seq: head });
    }

    fn remember_echo(&mut self, hash: [u8; 32]) {
        if self.echoes.len() == ECHOES_MAX {
            self.echoes.pop_front();
        }
        self.echoes.push_back(hash);
    }

    /// The relay has a record.
    pub(super) fn appended(
        &mut self,
        lent: &mut Lent<'_, '_>,
        handed: Handed,
        duplicate: bool,
        cursor: Cursor,
    ) -> Result<(), SyncError> {
        let Handed { index, chain, seq, hash } = handed;
        self.append_ended(index);
        if duplicate {
            self.restore(lent, index, chain, seq)?;
        }
        let present = Self::is_present_form(lent, &handed)?;
        if let Some(state) = lent.boxes.get_mut(usize::from(index)) {
            let place = state.chain(chain).map(|chain| (chain.incarnation, seq));
            state.remember(cursor, hash, place);
            if let Some(chain) = state.chain_mut(chain).filter(|_| present) {
                chain.upload.remove(seq);
                chain.restore.remove(seq);
            }
            state.waits.retain(|wait| (wait.chain, wait.seq) != (chain, seq));
        }
        Ok(())
    }

    /// Shows what the relay hid again, where another phone asked for it: words of a proposal whose redaction turned out to be
    /// void.
    fn restore(&mut self, lent: &Lent<'_, '_>, index: BoxIndex, chain: u16, seq: u64) -> Result<(), SyncError> {
        let kept = lent.boxes.get(usize::from(index)).and_then(|state| state.chain(chain));
        if !kept.is_some_and(|chain| chain.restore.contains(seq)) {
            return Ok(());
        }
        let ring = lent.ring.ring(index)?;
        let box_id = BoxId(*ring.epoch()?.box_id());
        let hashes = super::seal::sealed_hashes(lent.work, ring, index, chain, seq)?;
        let records = hashes.into_iter().map(RecordHash).collect();
        self.request(Request::Restore { box_id, records }, InFlight::Restore(index));
        Ok(())
    }

    fn append_ended(&mut self, index: BoxIndex) {
        if let Some(session) = self.sessions.get_mut(usize::from(index)) {
            session.appends = session.appends.saturating_sub(1);
        }
    }

    /// The relay takes a record later, or not on this connection.
    pub(super) fn append_refused(&mut self, index: BoxIndex, error: &RelayError, now_ms: u64) {
        self.append_ended(index);
        let Some(session) = self.sessions.get_mut(usize::from(index)) else { return };
        match error.retry_after_s {
            Some(seconds) => {
                let until = now_ms.saturating_add(u64::from(seconds) * 1000);
                if session.paused_until_ms.replace(until).is_none() {
                    self.staged.push(Output::Event(Event::Refused { index, code: error.code }));
                }
            }
            None => {
                if session.refused.replace(error.code).is_none() {
                    self.staged.push(Output::Event(Event::Refused { index, code: error.code }));
                }
            }
        }
    }
}

fn waits_for_vault(boxes: &[BoxState], state: &BoxState, chain: u16, seq: u64) -> bool {
    let Some(wait) = state.waits.iter().find(|wait| (wait.chain, wait.seq) == (chain, seq)) else { return false };
    let vault = boxes.get(usize::from(MEMBER_BOX)).and_then(|vault| vault.chain(wait.vault_chain));
    vault.is_none_or(|chain| chain.upload.contains(wait.vault_seq))
}

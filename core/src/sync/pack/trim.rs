//! Trimming: the relay hides records of one's own member that a durable pack of this phone holds.

use super::coverage::{Coverage, length, up_to, without};
use super::{PackRule, PackWork};
use crate::id::MemberId;
use crate::sync::engine::{Engine, Lent};
use crate::sync::rows::BoxIndex;
use crate::sync::seal::{forget_sealed, read_record, sealed_hashes};
use crate::sync::session::InFlight;
use crate::sync::state::{BoxState, Chain};
use crate::sync::{Event, Output, SyncError};
use amends_protocol::{BoxId, ErrorCode, RecordHash, Request, limits};
use std::collections::VecDeque;

/// Places looked at for one request: what a step can do at once.
const PLACES_MAX: u64 = 512;
/// Hashes that one record may have at the relay: several forms of it.
const FORMS_MAX: usize = 8;

/// What is left to trim.
#[derive(Debug)]
pub(super) struct Trimming {
    covers: Coverage,
    /// Chains, and up to where.
    left: VecDeque<(u16, u64)>,
    /// What the request under way hides, and what it leaves.
    batch: Option<(Vec<u64>, Vec<u64>)>,
}

impl Trimming {
    pub(super) fn new(state: &BoxState, me: &MemberId, rule: &PackRule, covers: Coverage) -> Self {
        let left = targets(state, me, rule).into_iter().filter_map(|(number, target)| {
            let packed = covers.chain(&state.chain(number)?.id()).last().map_or(0, |(_, last)| *last);
            // What came behind the pack is for the next one.
            Some((number, target.min(packed)))
        });
        Self { left: left.collect(), covers, batch: None }
    }
}

/// Up to where the chains of one's own member may be trimmed: the newest records of each device stay, those of a chain that
/// another incarnation of its device follows need not.
fn targets(state: &BoxState, me: &MemberId, rule: &PackRule) -> Vec<(u16, u64)> {
    let target = |chain: &Chain| match is_outgrown(state, chain) {
        true => chain.head_seq,
        false => chain.head_seq.saturating_sub(rule.keep),
    };
    let own = (0u16..).zip(&state.chains).filter(|(_, chain)| chain.member == *me);
    own.map(|(number, chain)| (number, target(chain))).filter(|(_, target)| *target > 0).collect()
}

/// Whether a later incarnation of the same device names it: a new one begins with all that it has seen.
fn is_outgrown(state: &BoxState, chain: &Chain) -> bool {
    let names = |seen: &crate::sync::SeenHead| (seen.device, seen.incarnation) == (chain.device, chain.incarnation);
    let others =
        state.chains.iter().filter(|other| other.device == chain.device && other.incarnation != chain.incarnation);
    others.flat_map(|other| &other.seen).any(names)
}

/// How many records of one's own member a pack would let this phone trim.
pub(in crate::sync) fn trimmable(state: &BoxState, me: &MemberId, rule: &PackRule) -> u64 {
    let of = |(number, target): (u16, u64)| {
        let Some(chain) = state.chain(number) else { return 0 };
        let sent = without(&up_to(&chain.held(), target), &chain.upload.stretches().collect::<Vec<_>>());
        length(&without(&sent, &[(1, chain.trimmed)]))
    };
    targets(state, me, rule).into_iter().map(of).sum()
}

impl Engine {
    /// Asks for the next records to be hidden.
    pub(super) fn trim_more(&mut self, lent: &mut Lent<'_, '_>, index: BoxIndex) -> Result<(), SyncError> {
        let at = usize::from(index);
        let ring = lent.ring.ring(index)?;
        let box_id = BoxId(*ring.epoch()?.box_id());
        let (Some(state), Some(session)) = (lent.boxes.get_mut(at), self.sessions.get_mut(at)) else { return Ok(()) };
        let PackWork::Trimming(trimming) = &mut session.packs.work else { return Ok(()) };
        if trimming.batch.is_some() {
            return Ok(());
        }
        while let Some((number, target)) = trimming.left.front().copied() {
            let Some(chain) = state.chain_mut(number).filter(|chain| chain.trimmed < target) else {
                trimming.left.pop_front();
                continue;
            };
            let upto = target.min(chain.trimmed.saturating_add(PLACES_MAX));
            let (mut hidden, mut left, mut records) = (Vec::new(), Vec::new(), Vec::new());
            let mut reached = chain.trimmed;
            for seq in chain.trimmed + 1..=upto {
                if records.len() + FORMS_MAX > limits::HASHES_PER_TRIM_MAX {
                    break;
                }
                reached = seq;
                let covered = trimming.covers.lacks(&chain.id(), &[(seq, seq)]).is_empty();
                // Of a forked place the pack has one record only.
                let whole = covered
                    && !chain.upload.contains(seq)
                    && read_record(lent.work, ring, index, number, seq, 1)?.is_none();
                if whole {
                    let hashes = sealed_hashes(lent.work, ring, index, number, seq)?;
                    records.extend(hashes.into_iter().take(FORMS_MAX).map(RecordHash));
                    hidden.push(seq);
                } else {
                    left.push(seq);
                }
            }
            if hidden.is_empty() {
                examined(chain, reached, &[], &left);
                continue;
            }
            trimming.batch = Some((hidden, left));
            let flight = InFlight::TrimPacked { index, chain: number, upto: reached };
            self.request(Request::Trim { box_id, records }, flight);
            return Ok(());
        }
        session.packs.work = PackWork::Idle;
        if session.refused == Some(ErrorCode::BoxFull) {
            session.refused = None;
        }
        Ok(())
    }

    /// Records are hidden at the relay.
    pub(in crate::sync) fn trimmed(
        &mut self,
        lent: &mut Lent<'_, '_>,
        index: BoxIndex,
        number: u16,
        upto: u64,
    ) -> Result<(), SyncError> {
        let at = usize::from(index);
        let (Some(state), Some(session)) = (lent.boxes.get_mut(at), self.sessions.get_mut(at)) else { return Ok(()) };
        let PackWork::Trimming(trimming) = &mut session.packs.work else { return Ok(()) };
        let (hidden, left) = trimming.batch.take().unwrap_or_default();
        let Some(chain) = state.chain_mut(number) else { return Ok(()) };
        examined(chain, upto, &hidden, &left);
        for seq in hidden {
            forget_sealed(lent.work, lent.ring.ring(index)?, index, number, seq)?;
        }
        Ok(())
    }

    /// The relay hides nothing now.
    pub(in crate::sync) fn trim_refused(&mut self, index: BoxIndex, code: ErrorCode) {
        let Some(session) = self.sessions.get_mut(usize::from(index)) else { return };
        session.packs.work = PackWork::Idle;
        session.packs.given_up = true;
        self.staged.push(Output::Event(Event::Refused { index, code }));
    }
}

/// Everything of a chain up to a place was trimmed or is left to the relay.
fn examined(chain: &mut Chain, upto: u64, hidden: &[u64], left: &[u64]) {
    chain.trimmed = upto;
    hidden.iter().for_each(|seq| chain.untrimmed.remove(*seq));
    left.iter().for_each(|seq| chain.untrimmed.insert(*seq, *seq));
}

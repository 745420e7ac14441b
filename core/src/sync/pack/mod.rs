//! Packs in the engine (SPEC sections 8 and 11): made, put, and what they cover trimmed; listed, fetched and loaded.
//!
//! A pack is made from this phone's rows, and records are fed into them as if they came one by one: nothing of what a phone has
//! is ever given up for a pack. What is persistent of all this is a few numbers in [`PackState`] and in each chain; what is
//! under way lives with the connection, is dropped with it, and does no harm when it is done again.

mod coverage;
mod fetch;
mod intake;
mod list;
mod make;
mod put;
mod trim;

pub(super) use coverage::Coverage;
pub(super) use trim::trimmable;

use super::session::Session;
use super::state::BoxState;
use crate::id::{DeviceId, Incarnation};
use amends_protocol::{ErrorCode, PackId};
use fetch::{Fetching, Taking};
use list::Listed;
use minicbor::{Decode, Encode};
use put::Putting;
use trim::Trimming;

/// When records become packs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PackRule {
    /// So many records of one's own member that could be trimmed make a pack worth while.
    pub after: u64,
    /// So many newest records of each chain stay readable beside it.
    pub keep: u64,
}

impl Default for PackRule {
    fn default() -> Self {
        Self { after: 512, keep: 256 }
    }
}

impl PackRule {
    /// Up to so many records are appended again, one by one, to a relay that lost them.
    pub(super) fn refill_whole_max(&self) -> u64 {
        self.keep.saturating_mul(4)
    }
}

/// What is remembered of one box's packs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PackState {
    /// A pack is to be made at the next opportunity, however few records would be trimmed.
    #[n(0)]
    pub wanted: bool,
    /// How often words were dropped out of a record.
    #[n(1)]
    pub dropped: u64,
    /// What `dropped` was when no pack at the relay could hold words dropped before.
    #[n(2)]
    pub packed: u64,
    /// Records in the longest pack that was at the relay, as far as this phone knows for sure.
    #[n(3)]
    pub longest: u64,
    /// The day on which the relay's packs were last looked at.
    #[n(4)]
    pub checked: Option<i64>,
    /// Records that packs claim to hold, that are missing here, and that could not be had from them: some of them.
    #[n(5)]
    pub lacking: Vec<Lacking>,
    /// The day on which they were last asked for.
    #[n(6)]
    pub asked: Option<i64>,
}

/// A stretch of a chain, of which perhaps nothing else is known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Lacking {
    /// The device.
    #[n(0)]
    pub device: DeviceId,
    /// Its incarnation.
    #[n(1)]
    pub incarnation: Incarnation,
    /// First and last sequence number.
    #[n(2)]
    pub seqs: (u64, u64),
}

impl BoxState {
    /// Words were dropped out of a kept record: packs that hold them must be replaced.
    pub fn words_dropped(&mut self) {
        self.packs.dropped = self.packs.dropped.saturating_add(1);
    }

    /// Whether records are known to be missing here.
    pub(super) fn has_gaps(&self) -> bool {
        !self.packs.lacking.is_empty()
            || self.chains.iter().any(|chain| !chain.holes.is_empty() || chain.missing_from > chain.head_seq)
    }

    /// Whether there ever was a pack to be missed.
    fn knows_packs(&self) -> bool {
        self.packs.longest > 0 || self.chains.iter().any(|chain| chain.trimmed > 0)
    }
}

/// The packs of one box on this connection.
#[derive(Debug, Default)]
pub(super) struct PackSession {
    /// Whether the relay has any, as far as its opening and what was put since tell.
    pub(super) at_relay: bool,
    /// What the relay listed last.
    pub(super) listed: Option<Vec<Listed>>,
    /// The newest record known is not where it was, and a pack may be the reason.
    pub(super) anchor_gone: bool,
    work: PackWork,
    /// Which packs were fetched, and whether whole.
    tried: Vec<(PackId, bool)>,
    /// How often making one had to begin anew.
    attempts: u8,
    /// The relay will not have it on this connection.
    given_up: bool,
}

/// One thing at a time.
#[derive(Debug, Default)]
enum PackWork {
    #[default]
    Idle,
    /// The relay asked for patience.
    Waiting,
    Listing,
    Fetching(Fetching),
    Taking(Taking),
    Putting(Putting),
    Trimming(Trimming),
}

/// How often making a pack begins anew on one connection.
const ATTEMPTS_MAX: u8 = 4;

impl PackSession {
    /// Whether nothing is under way.
    pub(super) fn is_idle(&self) -> bool {
        matches!(self.work, PackWork::Idle)
    }

    /// Whether the next tick has something to do.
    pub(super) fn is_busy(&self) -> bool {
        matches!(self.work, PackWork::Taking(_))
    }

    /// Begins anew, or gives up.
    fn again(&mut self) {
        self.work = PackWork::Idle;
        self.attempts += 1;
        self.given_up |= self.attempts >= ATTEMPTS_MAX;
    }
}

/// Whether a box of which nothing is under way has a pack to make, to replace or to look after.
fn is_due(state: &BoxState, session: &Session, me: &crate::id::MemberId, rule: &PackRule, today: i64) -> bool {
    if session.packs.given_up || !session.packs.is_idle() {
        return false;
    }
    let trimmable = trimmable(state, me, rule);
    // Records that are missing may still come, and then belong into it; but nobody is to keep a box from being packed.
    let enough = if state.has_gaps() { rule.after.saturating_mul(2) } else { rule.after };
    let full = session.refused == Some(ErrorCode::BoxFull);
    (trimmable > 0 && (full || trimmable >= enough))
        || state.packs.wanted
        || state.packs.dropped != state.packs.packed
        || (state.knows_packs() && session.packs.listed.is_none() && state.packs.checked != Some(today))
}

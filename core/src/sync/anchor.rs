//! Whether the relay still has what it had. A relay that was restored from a backup, lost a box or let it expire is filled again
//! by every phone that knows the box.
//!
//! The generation tells when a box is another one. Within a generation the newest record known to be there, with its cursor, is
//! looked for on every connection: a box that went back and grew again has other cursors, and without that look its lost records
//! would be missed by nobody. A record may be gone because its member trimmed it, which a pack then covers.

use super::pack::{Coverage, PackRule};
use super::state::{BoxState, Chain, Ranges};
use crate::id::Incarnation;
use amends_protocol::{Cursor, Generation, StoredRecord};
use minicbor::bytes::ByteArray;
use minicbor::{Decode, Encode};

/// The newest record known to be in the relay's box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Anchor {
    /// Its cursor.
    #[n(0)]
    pub cursor: u64,
    /// SHA-256 of its sealed bytes.
    #[n(1)]
    pub hash: ByteArray<32>,
    /// Its incarnation and sequence number, where it could be opened: whether a pack covers it.
    #[n(2)]
    pub place: Option<(Incarnation, u64)>,
}

/// What became of the relay's box since the last connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// Nothing that its opening tells.
    Same,
    /// Not there any more, or made anew.
    Lost,
    /// Shorter than it was.
    WentBack,
}

/// What a page of records says about the anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Look {
    /// Not reached yet.
    NotYet,
    /// There, where it was.
    There,
    /// Gone, or something else stands there.
    Gone,
}

impl BoxState {
    /// Takes in what a relay says on opening the box.
    pub(super) fn opened(&mut self, generation: Generation, last: Cursor, rule: &PackRule) -> Standing {
        let known = self.generation.as_ref().map(|known| Generation(**known));
        let newest = self.anchor.map_or(0, |anchor| anchor.cursor).max(self.cursor);
        let standing = match known {
            Some(known) if known != generation => Standing::Lost,
            _ if last.0 < newest => Standing::WentBack,
            _ => Standing::Same,
        };
        // A box that was made on an earlier connection, by this phone or while it listened, was never seen being opened: nothing
        // tells whether it is still the same one.
        if standing != Standing::Same || known.is_none() {
            self.refill(rule);
        }
        if std::mem::take(&mut self.reread) {
            self.cursor = 0;
        }
        self.generation = (generation != Generation::NONE).then(|| ByteArray::from(generation.0));
        standing
    }

    /// Hands everything to the relay again, and reads it from the start: what came behind the point that it went back to may
    /// stand at cursors that were read before. Of a long history only the newest records go as they are, and a pack takes the
    /// rest: what a relay takes as records is not to be the limit.
    pub(super) fn refill(&mut self, rule: &PackRule) {
        self.cursor = 0;
        self.anchor = None;
        let whole = self.chains.iter().map(Chain::held_count).sum::<u64>() <= rule.refill_whole_max();
        for chain in &mut self.chains {
            chain.trimmed = 0;
            chain.untrimmed = Ranges::default();
            let newest = if whole { 1 } else { chain.head_seq.saturating_sub(rule.keep).saturating_add(1) };
            for (first, last) in chain.held() {
                chain.upload.insert(first.max(newest), last);
            }
        }
        self.packs.longest = 0;
        self.packs.wanted |= !whole;
    }

    /// As [`BoxState::refill`] does, but only what none of the packs that the relay has covers.
    pub(super) fn refill_beside(&mut self, packs: &Coverage) {
        self.cursor = 0;
        self.anchor = None;
        for chain in &mut self.chains {
            for (first, last) in packs.lacks(&chain.id(), &chain.held()) {
                chain.upload.insert(first, last);
            }
        }
    }

    /// A record is in the relay's box.
    pub(super) fn remember(&mut self, cursor: Cursor, hash: [u8; 32], place: Option<(Incarnation, u64)>) {
        if self.anchor.is_none_or(|anchor| anchor.cursor < cursor.0) {
            self.anchor = Some(Anchor { cursor: cursor.0, hash: hash.into(), place });
        }
    }

    /// A record that arrived was opened: if it is the newest one known, it has a place.
    pub(super) fn opened_at(&mut self, hash: &[u8; 32], place: (Incarnation, u64)) {
        if let Some(anchor) = self.anchor.as_mut().filter(|anchor| *anchor.hash == *hash) {
            anchor.place = Some(place);
        }
    }

    /// After which cursor to read, so that the anchor is among what comes.
    pub(super) fn read_from(&self) -> u64 {
        let before = self.anchor.map_or(u64::MAX, |anchor| anchor.cursor.saturating_sub(1));
        self.cursor.min(before)
    }
}

impl Anchor {
    /// Looks for it in a page of records, after which there is `more`.
    pub(super) fn look(&self, records: &[StoredRecord], more: bool) -> Look {
        match records.iter().find(|record| record.cursor.0 >= self.cursor) {
            Some(found) => {
                let same = found.cursor.0 == self.cursor && crate::id::hash(&[&found.record]) == *self.hash;
                if same { Look::There } else { Look::Gone }
            }
            None if more => Look::NotYet,
            None => Look::Gone,
        }
    }
}

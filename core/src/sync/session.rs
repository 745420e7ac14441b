//! What the engine knows of its connection: how far each box has come, and what was asked and not yet answered. All of it is
//! dropped with the connection.

use super::anchor::Anchor;
use super::pack::PackSession;
use super::rows::BoxIndex;
use amends_protocol::{ChunkHash, ErrorCode};

/// How far one box has come on this connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Phase {
    #[default]
    Closed,
    Opening,
    /// Packs are listed, fetched or loaded, before the box is read or once it is.
    Packs,
    Reading,
    Subscribing,
    Live,
}

/// One box on this connection.
#[derive(Debug, Default)]
pub(super) struct Session {
    pub(super) phase: Phase,
    /// Appends under way.
    pub(super) appends: usize,
    /// Looked for in what is read.
    pub(super) sought: Option<Anchor>,
    /// Uploads stop for this connection after the relay refused one for want of room.
    pub(super) refused: Option<ErrorCode>,
    /// Uploads pause until then (elapsed ms) when the relay asks for patience.
    pub(super) paused_until_ms: Option<u64>,
    /// Its packs.
    pub(super) packs: PackSession,
}

impl Session {
    /// Whether uploads wait because the relay asked for patience.
    pub(super) fn is_paused(&self, now_ms: u64) -> bool {
        self.paused_until_ms.is_some_and(|until| until > now_ms)
    }
}

/// What was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum InFlight {
    Open(BoxIndex),
    Read(BoxIndex),
    Subscribe(BoxIndex),
    Append {
        index: BoxIndex,
        chain: u16,
        seq: u64,
        hash: [u8; 32],
    },
    /// Hides what held words that were taken back.
    Trim {
        index: BoxIndex,
        chain: u16,
        seq: u64,
    },
    Restore(BoxIndex),
    Packs(BoxIndex),
    Chunk {
        index: BoxIndex,
        hash: ChunkHash,
    },
    PutChunk(BoxIndex),
    PutPack(BoxIndex),
    /// Hides what a pack holds: records of a chain up to a place.
    TrimPacked {
        index: BoxIndex,
        chain: u16,
        upto: u64,
    },
}

impl InFlight {
    pub(super) fn index(&self) -> BoxIndex {
        match self {
            Self::Open(index)
            | Self::Read(index)
            | Self::Subscribe(index)
            | Self::Restore(index)
            | Self::Packs(index)
            | Self::PutChunk(index)
            | Self::PutPack(index) => *index,
            Self::Append { index, .. }
            | Self::Trim { index, .. }
            | Self::Chunk { index, .. }
            | Self::TrimPacked { index, .. } => *index,
        }
    }
}

//! The sans-IO engine: flush, outbox, cursors, gaps, forks, quarantine.
//!
//! Nothing here knows what a statement means. The engine turns unflushed changes into signed records, hands sealed records to
//! the relay until it acknowledged them, and turns what arrives into verified [`Arrival`]s. Chains, holes and cursors never
//! gate: what can be verified is taken at once, and what is missing is asked for.
//!
//! **Invariant**: no socket, clock, randomness or file. Time comes with each input, rows go through the lent
//! [`Work`](crate::storage::Work), randomness through [`Randomness`](crate::crypto::random::Randomness).

mod anchor;
mod engine;
mod flush;
mod keyring;
mod open;
mod pack;
mod read;
mod receive;
mod recover;
mod rows;
mod seal;
mod session;
mod sheaf;
mod state;
mod upload;

pub use anchor::Anchor;
pub use engine::{Engine, Lent};
pub use flush::{Flushed, FlushedItem, Signer, flush};
pub use keyring::{BoxRing, Keyring};
pub use pack::{Lacking, PackRule, PackState};
pub use receive::{item_hashes, set_aside};
pub use recover::Found;
pub(crate) use recover::{Own, Sounded, make_sound};
pub use rows::{
    BoxIndex, ForkRow, Locator, MEMBER_BOX, QuarantineRow, RecordRow, SEQ_MAX, UnflushedRow, WaitingRow, encoded,
    keyed, record_key, unflushed_key, whole,
};
pub use seal::{drop_items, read_record, sealed_hashes};
pub use sheaf::{SheafRule, bind_settled, bound_records};
pub use state::{BoxState, Chain, EpochState, Ranges, RosterMember, SeenHead, Trim, Wait};

use crate::crypto::PrimitiveError;
use crate::crypto::record::RecordError;
use crate::crypto::seal::SealError;
use crate::id::{ChangeHash, Day, EntryId, Incarnation, MemberId};
use crate::statement::Statement;
use crate::storage::StoreError;
use amends_protocol::{ErrorCode, FromRelay, ToRelay};

/// The moment an input happened, as the driver knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Milliseconds of a clock that never goes back, from an arbitrary start: for patience and back-off.
    pub elapsed_ms: u64,
    /// The day this phone's wall clock claims: shown to people, never compared for order.
    pub day: Day,
}

/// Why a step of the engine failed. Bytes from outside are never the reason.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SyncError {
    /// The store failed, or something kept in it is damaged.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record of our own could not be made.
    #[error("a record could not be signed")]
    Sign(#[from] RecordError),
    /// A record of our own could not be sealed.
    #[error("a record could not be sealed")]
    Seal(#[from] SealError),
    /// The cryptographic library failed.
    #[error(transparent)]
    Primitive(#[from] PrimitiveError),
    /// A box has no key.
    #[error("a box has no epoch key")]
    NoEpoch,
}

/// What the driver tells the engine.
#[derive(Debug)]
pub enum Input {
    /// A connection to the relay stands; `exporter` is its TLS exporter value.
    Connected {
        /// 32 bytes that both ends of this TLS connection derive and nobody else knows.
        exporter: [u8; 32],
    },
    /// The relay said something.
    Received(FromRelay),
    /// The connection is gone.
    Disconnected,
    /// The time of [`Engine::poll_timeout_ms`] has come.
    Tick,
}

/// What the engine wants done, in order.
#[derive(Debug)]
pub enum Output {
    /// Hand to the transport.
    Send(ToRelay),
    /// The key vault must keep this before any later [`Output::Send`] leaves: records up to `seq` of this home's chain in box
    /// `index` are about to be handed to the transport.
    Count {
        /// Which box.
        index: BoxIndex,
        /// Highest sequence number.
        seq: u64,
    },
    /// A record of this very device and incarnation arrived that this home never wrote: the home was restored from a backup or
    /// copied, and must start a new incarnation before its next write.
    OwnRecordUnknown,
    /// Something a person or the app may want to know.
    Event(Event),
    /// What the relay said could not be kept: give the connection up and make another.
    Reconnect,
}

/// What happened, in codes; never text, ids or keys.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Something that this home did not have was taken in: views may have changed.
    Arrived,
    /// A box is read to its end.
    CaughtUp {
        /// Which box.
        index: BoxIndex,
    },
    /// The relay no longer had the box: it is being filled again.
    RelayLostBox {
        /// Which box.
        index: BoxIndex,
    },
    /// The relay's box went back in time: it is being filled again.
    RelayWentBack {
        /// Which box.
        index: BoxIndex,
    },
    /// The relay will not do something; edits stay in the outbox.
    Refused {
        /// Which box.
        index: BoxIndex,
        /// Why.
        code: ErrorCode,
    },
    /// Something that arrived was set aside.
    Quarantined {
        /// Which box.
        index: BoxIndex,
        /// A stable snake_case code.
        reason: &'static str,
    },
    /// Two records stand at one place of one chain.
    Forked {
        /// Which box.
        index: BoxIndex,
    },
    /// Records that another phone has seen never arrived here; they are asked for.
    Missing {
        /// Which box.
        index: BoxIndex,
    },
    /// The relay's packs hold less than one that this phone knew: a longer one is made.
    ShorterHistory {
        /// Which box.
        index: BoxIndex,
    },
    /// A pack could not be made, or not all of one could be read: nothing else depends on it.
    Pack {
        /// Which box.
        index: BoxIndex,
        /// A stable snake_case code.
        reason: &'static str,
    },
    /// The relay shuts down in good order.
    RelayGoingAway,
}

/// Something that arrived, is authentic, and is kept.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// Which box.
    pub index: BoxIndex,
    /// Whose.
    pub member: MemberId,
    /// What.
    pub what: Arrived,
}

/// See [`Arrival`].
#[derive(Debug, Clone)]
pub enum Arrived {
    /// A statement, structurally sound; whether its author may say it is the shapes' to decide.
    Statement {
        /// Where it is kept.
        locator: Locator,
        /// The statement.
        statement: Box<Statement>,
    },
    /// A change of a document, inspected, by the actor it should be by.
    Change {
        /// Where it is kept.
        locator: Locator,
        /// The document.
        document: EntryId,
        /// Its hash.
        hash: ChangeHash,
        /// The uncompressed chunk.
        bytes: Vec<u8>,
    },
    /// Another member's phone has seen records of chain `chain` up to `seq`, from `after` on.
    Seen {
        /// Chain seen.
        chain: u16,
        /// Already known to be seen.
        after: u64,
        /// Seen now.
        seq: u64,
    },
}

/// A missing stretch of somebody's records, as a refill statement names it.
pub type Missing = (crate::id::DeviceId, Incarnation, u64, u64);

//! What is looked at before Automerge sees a byte that came from elsewhere.
//!
//! Automerge inflates without a bound, walks every operation that a change claims, trusts counters, and panics on
//! operations that speak of what is not there. It also forgets how a change was written: it keeps the operations and
//! writes them again when it saves, so that a change written in any but its own form gets another hash and makes every
//! later save unreadable. So this guard reads chunks by itself, within bounds, and lets through nothing but the form
//! that Automerge writes. Whether the operations make sense in a document is [`super::index`]'s question.

mod change;
mod column;
mod reader;
mod save;

pub use change::{ChangeFacts, inspect_change};
pub(super) use change::{Key, OpId, Operation, RawChange, Value};
pub(super) use save::inspect_save;

/// Bytes of a change's chunk.
pub const CHANGE_BYTES_MAX: usize = 128 * 1024;
/// Operations in one change. A few bytes can claim any number; what is typed or removed here is cut into changes below
/// this.
pub const CHANGE_OPERATIONS_MAX: u64 = 20_000;
/// The highest operation counter: all operations behind one another in one document.
pub const COUNTER_MAX: u64 = 1_000_000;
/// Bytes of a document's save.
pub const SAVE_BYTES_MAX: usize = 64 * 1024 * 1024;

/// Why a chunk is not let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum GuardError {
    /// Longer than [`CHANGE_BYTES_MAX`] or [`SAVE_BYTES_MAX`].
    #[error("too many bytes")]
    TooLarge,
    /// No Automerge chunk, or of another type.
    #[error("not a chunk of the expected type")]
    OtherChunk,
    /// A compressed chunk or column.
    #[error("compressed")]
    Compressed,
    /// The checksum is not that of the bytes.
    #[error("wrong checksum")]
    Checksum,
    /// Cut off, overlong, or inconsistent in itself.
    #[error("malformed")]
    Malformed,
    /// Readable, but not as Automerge writes it.
    #[error("not in canonical form")]
    NotCanonical,
    /// A column, an extra field or a kind of operation that this version does not know.
    #[error("made by something newer, or by something else")]
    Unknown,
    /// More than [`CHANGE_OPERATIONS_MAX`] operations, or none.
    #[error("too many operations, or none")]
    Operations,
    /// A counter beyond [`COUNTER_MAX`].
    #[error("a counter is out of bounds")]
    Counter,
    /// An actor that is not 16 bytes, or is named twice, out of order or in vain.
    #[error("actors are not as they should be")]
    Actors,
    /// Carries a time or a message.
    #[error("carries a time or a message")]
    Remark,
}

impl GuardError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            GuardError::TooLarge => "change_too_large",
            GuardError::OtherChunk => "change_other_chunk",
            GuardError::Compressed => "change_compressed",
            GuardError::Checksum => "change_checksum",
            GuardError::Malformed => "change_malformed",
            GuardError::NotCanonical => "change_not_canonical",
            GuardError::Unknown => "change_unknown",
            GuardError::Operations => "change_operations",
            GuardError::Counter => "change_counter",
            GuardError::Actors => "change_actors",
            GuardError::Remark => "change_remark",
        }
    }
}

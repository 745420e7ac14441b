//! Numbered errors: stable on the wire, stable as names, open for later ones.

use std::fmt;

macro_rules! error_codes {
    ($($(#[$doc:meta])* $variant:ident = $number:literal, $name:literal;)*) => {
        /// Why the relay refused. The numbers and names never change; a number that this version doesn't know decodes as
        /// [`ErrorCode::Other`]. The same numbers are the application error codes with which a relay closes a connection.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorCode {
            $($(#[$doc])* $variant,)*
            /// A later version's code. Treat it as final for this request, not for the connection.
            Other(u16),
        }

        impl ErrorCode {
            /// Every code known to this version, in order of its number.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> u16 {
                match self {
                    $(Self::$variant => $number,)*
                    Self::Other(number) => number,
                }
            }

            /// The code of a number, `Other` if this version doesn't know it.
            #[must_use]
            pub const fn from_number(number: u16) -> Self {
                match number {
                    $($number => Self::$variant,)*
                    other => Self::Other(other),
                }
            }

            /// The stable snake_case name; `other` for unknown numbers.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                    Self::Other(_) => "other",
                }
            }
        }
    };
}

error_codes! {
    /// The CBOR item is not a message of this protocol. The connection goes on if the request id could be read.
    Malformed = 1, "malformed";
    /// The frame's length is above what this connection may send. The connection is closed.
    FrameTooLarge = 2, "frame_too_large";
    /// The frame's version byte is unknown. The connection is closed.
    UnknownVersion = 3, "unknown_version";
    /// The message type is unknown; nothing was done.
    UnknownMessage = 4, "unknown_message";
    /// The box was not opened on this connection.
    NotOpened = 5, "not_opened";
    /// The signature over the box access message is wrong.
    BadSignature = 6, "bad_signature";
    /// The record is longer than `limit` bytes.
    RecordTooLarge = 7, "record_too_large";
    /// The record has no bytes.
    RecordEmpty = 8, "record_empty";
    /// The record's first byte is not a version that the relay keeps.
    RecordVersion = 9, "record_version";
    /// The box would hold more than `limit` bytes: pack and trim, then try again.
    BoxFull = 10, "box_full";
    /// The pack (manifest, number of chunks or list of packs) is above `limit`.
    PackTooLarge = 11, "pack_too_large";
    /// The pack names a chunk that the box doesn't have: put it first.
    ChunkMissing = 12, "chunk_missing";
    /// The box has no readable chunk of that hash.
    ChunkNotFound = 13, "chunk_not_found";
    /// The chunk is empty or longer than `limit` bytes.
    ChunkTooLarge = 14, "chunk_too_large";
    /// Too many boxes were made from this address lately.
    TooManyBoxes = 15, "too_many_boxes";
    /// This connection has opened `limit` boxes.
    TooManyOpenBoxes = 16, "too_many_open_boxes";
    /// The relay, or this address at it, has too many connections.
    TooManyConnections = 17, "too_many_connections";
    /// Too many requests or bytes from this address: wait `retry_after_s`.
    RateLimited = 18, "rate_limited";
    /// A list in the request is longer than `limit`.
    TooManyItems = 19, "too_many_items";
    /// No more rendezvous can be opened at the relay, or from this address, for now; or too many waiting gets.
    RendezvousFull = 20, "rendezvous_full";
    /// The rendezvous was written twice or aborted: start the pairing again.
    RendezvousBurned = 21, "rendezvous_burned";
    /// The rendezvous's time is over: start the pairing again.
    RendezvousExpired = 22, "rendezvous_expired";
    /// The body is longer than `limit` bytes.
    RendezvousTooLarge = 23, "rendezvous_too_large";
    /// Nobody has opened that rendezvous here.
    RendezvousUnknown = 24, "rendezvous_unknown";
    /// The relay's disk is full. Nothing was stored.
    StoreFull = 25, "store_full";
    /// The relay's data about this box are damaged.
    StoreDamaged = 26, "store_damaged";
    /// The relay is going down: connect again later.
    ShuttingDown = 27, "shutting_down";
    /// A bug in the relay.
    Internal = 28, "internal";
    /// The connection did not read, or did not finish a frame, in time. The connection is closed.
    TooSlow = 29, "too_slow";
    /// More frames or streams than the protocol has use for. The connection is closed.
    ProtocolViolation = 30, "protocol_violation";
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(number) => write!(f, "other ({number})"),
            known => f.write_str(known.name()),
        }
    }
}

/// An error answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the relay answered {code}")]
pub struct RelayError {
    /// Why.
    pub code: ErrorCode,
    /// Seconds after which trying again makes sense.
    pub retry_after_s: Option<u32>,
    /// The limit in force, in the unit that the code's description names.
    pub limit: Option<u64>,
}

impl RelayError {
    /// An error with nothing but its code.
    #[must_use]
    pub const fn new(code: ErrorCode) -> Self {
        Self { code, retry_after_s: None, limit: None }
    }

    /// With the limit that was in force.
    #[must_use]
    pub const fn with_limit(code: ErrorCode, limit: u64) -> Self {
        Self { code, retry_after_s: None, limit: Some(limit) }
    }

    /// With the seconds to wait.
    #[must_use]
    pub const fn with_retry(code: ErrorCode, retry_after_s: u32) -> Self {
        Self { code, retry_after_s: Some(retry_after_s), limit: None }
    }
}

impl From<ErrorCode> for RelayError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn numbers_and_names_are_unique_and_reversible() {
        let numbers: BTreeSet<u16> = ErrorCode::ALL.iter().map(|code| code.number()).collect();
        let names: BTreeSet<&str> = ErrorCode::ALL.iter().map(|code| code.name()).collect();
        assert_eq!(numbers.len(), ErrorCode::ALL.len());
        assert_eq!(names.len(), ErrorCode::ALL.len());
        for code in ErrorCode::ALL {
            assert_eq!(ErrorCode::from_number(code.number()), *code);
        }
        assert_eq!(ErrorCode::from_number(65_000), ErrorCode::Other(65_000));
        assert!(!numbers.contains(&0), "0 closes a connection without an error");
    }
}

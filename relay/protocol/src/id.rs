//! Newtypes for everything that names something on the wire. Their `Debug` hides the bytes: ids link boxes to people's
//! traffic, so they must not slip into a log through `{:?}`.

use std::fmt;

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident, $len:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl From<[u8; $len]> for $name {
            fn from(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }
        }
    };
}

opaque_id!(
    /// A box, named by the Ed25519 public key of its access key: the id certifies itself, so a relay keeps no table of
    /// keys and a box needs no registration.
    BoxId, 32
);
opaque_id!(
    /// SHA-256 of a sealed record's bytes.
    RecordHash, 32
);
opaque_id!(
    /// SHA-256 of a pack chunk's bytes.
    ChunkHash, 32
);
opaque_id!(
    /// SHA-256 of a pack's manifest bytes.
    PackId, 32
);
opaque_id!(
    /// Drawn at random by the relay when it makes a box. Another one than last time tells a phone that the relay lost,
    /// expired or deleted the box, that its cursors mean nothing any more, and that it should refill the box. A box that
    /// doesn't exist has [`Generation::NONE`].
    Generation, 16
);
opaque_id!(
    /// Where two pairing devices meet for a few minutes.
    RendezvousId, 16
);

impl Generation {
    /// The generation of a box that the relay doesn't have.
    pub const NONE: Self = Self([0; 16]);
}

/// A position in one box. 0 is before everything; every append gets a greater one than all before it in the box's
/// generation. Gaps are normal.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cursor(pub u64);

impl Cursor {
    /// Before everything.
    pub const START: Self = Self(0);
}

/// Chosen by the client, unique among its unanswered requests on a connection. 0 is not used by clients: the relay
/// answers with it when it could not read the id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequestId(pub u64);

impl RequestId {
    /// In an error answer: about a frame whose request id could not be read.
    pub const UNREADABLE: Self = Self(0);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_bytes() {
        assert_eq!(format!("{:?}", BoxId([7; 32])), "BoxId(…)");
        assert_eq!(format!("{:?}", Generation::NONE), "Generation(…)");
    }
}

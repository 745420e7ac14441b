//! What the relay says unasked.

use std::fmt;

use super::{Count, DecodeErrorKind, KEY_TYPE, StoredRecord};
use crate::cbor::{Fields, Writer};
use crate::id::{BoxId, RendezvousId};

/// A message without a request id. A phone ignores pushes of types it doesn't know.
#[derive(Clone, PartialEq, Eq)]
pub enum Push {
    /// Records of a subscribed box, in the order of their cursors, each once per subscription.
    Records {
        /// The box.
        box_id: BoxId,
        /// The records.
        records: Vec<StoredRecord>,
    },
    /// The subscription to the box has ended: this connection read too slowly, or the box was deleted. Open the box
    /// again, read from your own cursor, subscribe again.
    Lagged {
        /// The box.
        box_id: BoxId,
    },
    /// A rendezvous that this connection took part in has burned.
    RendezvousBurned {
        /// The rendezvous.
        rendezvous: RendezvousId,
    },
    /// The relay is going down. What it acknowledged stays; connect again later.
    GoingAway,
}

impl Push {
    /// Message types from here on are pushes.
    const FIRST_KIND: u64 = 129;

    /// Whether a message of this type is a push: responses are below.
    pub(crate) const fn is_push(kind: u64) -> bool {
        kind >= Self::FIRST_KIND
    }

    pub(crate) const fn kind(&self) -> u64 {
        match self {
            Self::Records { .. } => 129,
            Self::Lagged { .. } => 130,
            Self::RendezvousBurned { .. } => 131,
            Self::GoingAway => 132,
        }
    }

    pub(crate) fn payload_bytes(&self) -> usize {
        match self {
            Self::Records { records, .. } => StoredRecord::payload_bytes(records),
            _ => 0,
        }
    }

    pub(crate) fn encode(&self, writer: &mut Writer) {
        let own_entries = match self {
            Self::Records { .. } => 2,
            Self::Lagged { .. } | Self::RendezvousBurned { .. } => 1,
            Self::GoingAway => 0,
        };
        writer.map(1 + own_entries).key_u64(KEY_TYPE, self.kind());
        match self {
            Self::Records { box_id, records } => {
                writer.key_bytes(2, &box_id.0);
                StoredRecord::encode_all(records, 3, writer);
            }
            Self::Lagged { box_id } => {
                writer.key_bytes(2, &box_id.0);
            }
            Self::RendezvousBurned { rendezvous } => {
                writer.key_bytes(2, &rendezvous.0);
            }
            Self::GoingAway => {}
        }
    }

    pub(crate) fn decode(fields: &Fields<'_>, kind: u64) -> Result<Self, DecodeErrorKind> {
        Ok(match kind {
            129 => Self::Records { box_id: BoxId(fields.fixed(2)?), records: StoredRecord::decode_all(fields, 3)? },
            130 => Self::Lagged { box_id: BoxId(fields.fixed(2)?) },
            131 => Self::RendezvousBurned { rendezvous: RendezvousId(fields.fixed(2)?) },
            132 => Self::GoingAway,
            other => return Err(DecodeErrorKind::UnknownMessage(other)),
        })
    }
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Records { records, .. } => f.debug_struct("Records").field("records", &Count(records.len())).finish(),
            Self::Lagged { .. } => f.write_str("Lagged { … }"),
            Self::RendezvousBurned { .. } => f.write_str("RendezvousBurned { … }"),
            Self::GoingAway => f.write_str("GoingAway"),
        }
    }
}

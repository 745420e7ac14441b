//! What the relay answers.

use std::fmt;

use super::{Bytes, Count, DecodeErrorKind, KEY_REQUEST, KEY_TYPE, Pack, StoredRecord};
use crate::cbor::{Fields, Malformed, Writer};
use crate::error_code::{ErrorCode, RelayError};
use crate::id::{ChunkHash, Cursor, Generation, PackId, RequestId};

/// An answer: the one that belongs to the request, or [`Response::Error`].
#[derive(Clone, PartialEq, Eq)]
pub enum Response {
    /// To `OpenBox`.
    BoxOpened {
        /// Which making of the box this is; [`Generation::NONE`] if the relay doesn't have it.
        generation: Generation,
        /// The position just before the oldest readable record: reading after it misses nothing that can be read.
        /// Equal to `last` if no record is readable. A phone whose own cursor is smaller may have missed trimmed
        /// records and finds their content in packs.
        first: Cursor,
        /// The cursor of the newest record ever appended in this generation, readable or not; 0 if there was none.
        last: Cursor,
        /// How many packs the box has.
        packs: u32,
    },
    /// To `Append`, once durable.
    Appended {
        /// The record's position.
        cursor: Cursor,
        /// The box already had these bytes, readable or hidden; nothing was written.
        duplicate: bool,
    },
    /// To `Read`.
    Records {
        /// Readable records in the order of their cursors.
        records: Vec<StoredRecord>,
        /// There are more after the last one.
        more: bool,
    },
    /// To `Subscribe`: pushes follow.
    Subscribed,
    /// To `Unsubscribe`: no push for the box follows, even if there was no subscription.
    Unsubscribed,
    /// To `PutChunk`, once durable.
    ChunkStored {
        /// Its hash.
        hash: ChunkHash,
    },
    /// To `GetChunk`.
    Chunk {
        /// The sealed chunk.
        chunk: Vec<u8>,
    },
    /// To `PutPack`, once durable.
    PackStored {
        /// Its id.
        pack: PackId,
    },
    /// To `Packs`.
    PackList {
        /// Oldest first.
        packs: Vec<Pack>,
    },
    /// To `Trim`, once durable.
    Trimmed {
        /// How many were readable until now.
        records: u32,
    },
    /// To `Restore`, once durable.
    Restored {
        /// How many were hidden until now.
        records: u32,
    },
    /// To `DeleteBox`, once durable, even if there was none.
    BoxDeleted,
    /// To `RendezvousPut`.
    RendezvousStored,
    /// To `RendezvousGet`.
    RendezvousBody {
        /// The sealed message.
        body: Vec<u8>,
    },
    /// To `Ping`.
    Pong,
    /// To anything that was refused.
    Error(RelayError),
}

impl Response {
    /// The message type on the wire: the request's plus 64; 127 for an error.
    pub(crate) const fn kind(&self) -> u64 {
        match self {
            Self::BoxOpened { .. } => 65,
            Self::Appended { .. } => 66,
            Self::Records { .. } => 67,
            Self::Subscribed => 68,
            Self::Unsubscribed => 69,
            Self::ChunkStored { .. } => 70,
            Self::Chunk { .. } => 71,
            Self::PackStored { .. } => 72,
            Self::PackList { .. } => 73,
            Self::Trimmed { .. } => 74,
            Self::Restored { .. } => 75,
            Self::BoxDeleted => 76,
            Self::RendezvousStored => 77,
            Self::RendezvousBody { .. } => 78,
            Self::Pong => 79,
            Self::Error(_) => 127,
        }
    }

    pub(crate) fn payload_bytes(&self) -> usize {
        match self {
            Self::Records { records, .. } => StoredRecord::payload_bytes(records),
            Self::Chunk { chunk: bytes } | Self::RendezvousBody { body: bytes } => bytes.len(),
            Self::PackList { packs } => Pack::payload_bytes(packs),
            _ => 0,
        }
    }

    pub(crate) fn encode(&self, id: RequestId, writer: &mut Writer) {
        let own_entries = match self {
            Self::BoxOpened { .. } => 4,
            Self::Appended { .. } | Self::Records { .. } => 2,
            Self::ChunkStored { .. }
            | Self::Chunk { .. }
            | Self::PackStored { .. }
            | Self::PackList { .. }
            | Self::Trimmed { .. }
            | Self::Restored { .. }
            | Self::RendezvousBody { .. } => 1,
            Self::Error(error) => 1 + u64::from(error.retry_after_s.is_some()) + u64::from(error.limit.is_some()),
            Self::Subscribed | Self::Unsubscribed | Self::BoxDeleted | Self::RendezvousStored | Self::Pong => 0,
        };
        writer.map(2 + own_entries).key_u64(KEY_TYPE, self.kind()).key_u64(KEY_REQUEST, id.0);
        match self {
            Self::BoxOpened { generation, first, last, packs } => {
                writer.key_bytes(2, &generation.0).key_u64(3, first.0).key_u64(4, last.0);
                writer.key_u64(5, u64::from(*packs));
            }
            Self::Appended { cursor, duplicate } => {
                writer.key_u64(2, cursor.0).key_bool(3, *duplicate);
            }
            Self::Records { records, more } => {
                StoredRecord::encode_all(records, 2, writer);
                writer.key_bool(3, *more);
            }
            Self::ChunkStored { hash } => {
                writer.key_bytes(2, &hash.0);
            }
            Self::PackStored { pack } => {
                writer.key_bytes(2, &pack.0);
            }
            Self::Chunk { chunk: bytes } | Self::RendezvousBody { body: bytes } => {
                writer.key_bytes(2, bytes);
            }
            Self::PackList { packs } => Pack::encode_all(packs, 2, writer),
            Self::Trimmed { records } | Self::Restored { records } => {
                writer.key_u64(2, u64::from(*records));
            }
            Self::Error(error) => encode_error(error, writer),
            Self::Subscribed | Self::Unsubscribed | Self::BoxDeleted | Self::RendezvousStored | Self::Pong => {}
        }
    }

    pub(crate) fn decode(fields: &Fields<'_>, kind: u64) -> Result<Self, DecodeErrorKind> {
        Ok(match kind {
            65 => Self::BoxOpened {
                generation: Generation(fields.fixed(2)?),
                first: Cursor(fields.u64(3)?),
                last: Cursor(fields.u64(4)?),
                packs: fields.u32(5)?,
            },
            66 => Self::Appended { cursor: Cursor(fields.u64(2)?), duplicate: fields.bool(3)? },
            67 => Self::Records { records: StoredRecord::decode_all(fields, 2)?, more: fields.bool(3)? },
            68 => Self::Subscribed,
            69 => Self::Unsubscribed,
            70 => Self::ChunkStored { hash: ChunkHash(fields.fixed(2)?) },
            71 => Self::Chunk { chunk: fields.bytes(2)? },
            72 => Self::PackStored { pack: PackId(fields.fixed(2)?) },
            73 => Self::PackList { packs: Pack::decode_all(fields, 2)? },
            74 => Self::Trimmed { records: fields.u32(2)? },
            75 => Self::Restored { records: fields.u32(2)? },
            76 => Self::BoxDeleted,
            77 => Self::RendezvousStored,
            78 => Self::RendezvousBody { body: fields.bytes(2)? },
            79 => Self::Pong,
            127 => Self::Error(decode_error(fields)?),
            other => return Err(DecodeErrorKind::UnknownMessage(other)),
        })
    }
}

fn encode_error(error: &RelayError, writer: &mut Writer) {
    writer.key_u64(2, u64::from(error.code.number()));
    if let Some(seconds) = error.retry_after_s {
        writer.key_u64(3, u64::from(seconds));
    }
    if let Some(limit) = error.limit {
        writer.key_u64(4, limit);
    }
}

fn decode_error(fields: &Fields<'_>) -> Result<RelayError, Malformed> {
    let number = u16::try_from(fields.u64(2)?).map_err(|_| "an error code is too large")?;
    let retry_after_s = match fields.optional_u64(3)? {
        Some(seconds) => Some(u32::try_from(seconds).map_err(|_| "a time is too large")?),
        None => None,
    };
    Ok(RelayError { code: ErrorCode::from_number(number), retry_after_s, limit: fields.optional_u64(4)? })
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BoxOpened { generation, first, last, packs } => f
                .debug_struct("BoxOpened")
                .field("generation", generation)
                .field("first", first)
                .field("last", last)
                .field("packs", packs)
                .finish(),
            Self::Appended { cursor, duplicate } => {
                f.debug_struct("Appended").field("cursor", cursor).field("duplicate", duplicate).finish()
            }
            Self::Records { records, more } => {
                f.debug_struct("Records").field("records", &Count(records.len())).field("more", more).finish()
            }
            Self::Subscribed => f.write_str("Subscribed"),
            Self::Unsubscribed => f.write_str("Unsubscribed"),
            Self::ChunkStored { .. } => f.write_str("ChunkStored { … }"),
            Self::Chunk { chunk } => f.debug_struct("Chunk").field("chunk", &Bytes(chunk.len())).finish(),
            Self::PackStored { .. } => f.write_str("PackStored { … }"),
            Self::PackList { packs } => f.debug_struct("PackList").field("packs", &Count(packs.len())).finish(),
            Self::Trimmed { records } => f.debug_struct("Trimmed").field("records", records).finish(),
            Self::Restored { records } => f.debug_struct("Restored").field("records", records).finish(),
            Self::BoxDeleted => f.write_str("BoxDeleted"),
            Self::RendezvousStored => f.write_str("RendezvousStored"),
            Self::RendezvousBody { body } => {
                f.debug_struct("RendezvousBody").field("body", &Bytes(body.len())).finish()
            }
            Self::Pong => f.write_str("Pong"),
            Self::Error(error) => f.debug_tuple("Error").field(error).finish(),
        }
    }
}

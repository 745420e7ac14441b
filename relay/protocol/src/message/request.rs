//! What a phone asks of the relay.

use std::fmt;

use super::{Bytes, Count, DecodeErrorKind, KEY_REQUEST, KEY_TYPE};
use crate::cbor::{Fields, Malformed, Writer};
use crate::id::{BoxId, ChunkHash, Cursor, PackId, RecordHash, RendezvousId, RequestId};

/// A step of pairing. The relay only knows that each is written once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RendezvousStep {
    /// The invite's body, put only when the invite travels as words.
    M0,
    /// The joiner's first message.
    M1,
    /// The inviter's answer.
    M2,
    /// The space's secrets, after the joiner's code matched.
    M3,
    /// The joiner's signature.
    M4,
    /// A sealed "stop": burns the rendezvous for every other step.
    Abort,
}

impl RendezvousStep {
    /// Every step, in order of its number.
    pub const ALL: [Self; 6] = [Self::M0, Self::M1, Self::M2, Self::M3, Self::M4, Self::Abort];

    /// The number on the wire.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::M0 => 0,
            Self::M1 => 1,
            Self::M2 => 2,
            Self::M3 => 3,
            Self::M4 => 4,
            Self::Abort => 5,
        }
    }

    fn from_number(number: u64) -> Result<Self, Malformed> {
        Self::ALL.into_iter().find(|step| u64::from(step.number()) == number).ok_or("an unknown rendezvous step")
    }
}

/// A request. Everything that names a box needs [`Request::OpenBox`] for it first, on the same connection.
#[derive(Clone, PartialEq, Eq)]
pub enum Request {
    /// Proves that this connection holds the box's access key. Makes nothing.
    OpenBox {
        /// The box.
        box_id: BoxId,
        /// Ed25519 by the box's key over [`box_access_message`](crate::box_access_message).
        signature: [u8; 64],
    },
    /// Adds a record to the end of the box; the box is made if need be. The same bytes again are a duplicate and get
    /// the first one's cursor.
    Append {
        /// The box.
        box_id: BoxId,
        /// The sealed record.
        record: Vec<u8>,
    },
    /// One page of readable records after a cursor.
    Read {
        /// The box.
        box_id: BoxId,
        /// Records with a greater cursor.
        after: Cursor,
        /// At most this many; the relay may send fewer.
        limit: u32,
    },
    /// All readable records after a cursor, then every new one, as pushes.
    Subscribe {
        /// The box.
        box_id: BoxId,
        /// Records with a greater cursor.
        after: Cursor,
    },
    /// Ends the subscription of this connection to the box.
    Unsubscribe {
        /// The box.
        box_id: BoxId,
    },
    /// Stores a chunk for a later pack.
    PutChunk {
        /// The box.
        box_id: BoxId,
        /// The sealed chunk.
        chunk: Vec<u8>,
    },
    /// Fetches a chunk.
    GetChunk {
        /// The box.
        box_id: BoxId,
        /// Its hash.
        hash: ChunkHash,
    },
    /// Makes a pack of chunks that are already there, and hides the packs it replaces, at once.
    PutPack {
        /// The box.
        box_id: BoxId,
        /// The sealed manifest; its hash is the pack's id.
        manifest: Vec<u8>,
        /// The chunks, in order.
        chunks: Vec<ChunkHash>,
        /// Packs that this one makes superfluous; unknown ones are ignored.
        replaces: Vec<PackId>,
    },
    /// Lists the box's packs, oldest first.
    Packs {
        /// The box.
        box_id: BoxId,
    },
    /// Hides records; they are gone 30 days later.
    Trim {
        /// The box.
        box_id: BoxId,
        /// The records' hashes; unknown ones are ignored.
        records: Vec<RecordHash>,
    },
    /// Makes hidden records readable again, at their old cursors.
    Restore {
        /// The box.
        box_id: BoxId,
        /// The records' hashes; unknown ones are ignored.
        records: Vec<RecordHash>,
    },
    /// Deletes the box and all in it, hidden data included, at once.
    DeleteBox {
        /// The box.
        box_id: BoxId,
    },
    /// Writes a step of a rendezvous, once.
    RendezvousPut {
        /// The rendezvous.
        rendezvous: RendezvousId,
        /// The step.
        step: RendezvousStep,
        /// Its sealed message.
        body: Vec<u8>,
    },
    /// Reads a step of a rendezvous: answered when it is there, or when it never will be.
    RendezvousGet {
        /// The rendezvous.
        rendezvous: RendezvousId,
        /// The step.
        step: RendezvousStep,
    },
    /// Asks whether anybody is there.
    Ping,
}

impl Request {
    /// The message type on the wire.
    pub(crate) const fn kind(&self) -> u64 {
        match self {
            Self::OpenBox { .. } => 1,
            Self::Append { .. } => 2,
            Self::Read { .. } => 3,
            Self::Subscribe { .. } => 4,
            Self::Unsubscribe { .. } => 5,
            Self::PutChunk { .. } => 6,
            Self::GetChunk { .. } => 7,
            Self::PutPack { .. } => 8,
            Self::Packs { .. } => 9,
            Self::Trim { .. } => 10,
            Self::Restore { .. } => 11,
            Self::DeleteBox { .. } => 12,
            Self::RendezvousPut { .. } => 13,
            Self::RendezvousGet { .. } => 14,
            Self::Ping => 15,
        }
    }

    /// The box that the request is about, if it is about one.
    #[must_use]
    pub const fn box_id(&self) -> Option<&BoxId> {
        match self {
            Self::OpenBox { box_id, .. }
            | Self::Append { box_id, .. }
            | Self::Read { box_id, .. }
            | Self::Subscribe { box_id, .. }
            | Self::Unsubscribe { box_id }
            | Self::PutChunk { box_id, .. }
            | Self::GetChunk { box_id, .. }
            | Self::PutPack { box_id, .. }
            | Self::Packs { box_id }
            | Self::Trim { box_id, .. }
            | Self::Restore { box_id, .. }
            | Self::DeleteBox { box_id } => Some(box_id),
            Self::RendezvousPut { .. } | Self::RendezvousGet { .. } | Self::Ping => None,
        }
    }

    pub(crate) fn payload_bytes(&self) -> usize {
        match self {
            Self::Append { record: bytes, .. }
            | Self::PutChunk { chunk: bytes, .. }
            | Self::RendezvousPut { body: bytes, .. } => bytes.len(),
            Self::PutPack { manifest, chunks, replaces, .. } => manifest.len() + (chunks.len() + replaces.len()) * 34,
            Self::Trim { records, .. } | Self::Restore { records, .. } => records.len() * 34,
            _ => 0,
        }
    }

    pub(crate) fn encode(&self, id: RequestId, writer: &mut Writer) {
        let own_entries = match self {
            Self::Ping => 0,
            Self::Unsubscribe { .. } | Self::Packs { .. } | Self::DeleteBox { .. } => 1,
            Self::Read { .. } | Self::RendezvousPut { .. } => 3,
            Self::PutPack { .. } => 4,
            _ => 2,
        };
        writer.map(2 + own_entries).key_u64(KEY_TYPE, self.kind()).key_u64(KEY_REQUEST, id.0);
        if let Some(box_id) = self.box_id() {
            writer.key_bytes(2, &box_id.0);
        }
        match self {
            Self::OpenBox { signature, .. } => writer.key_bytes(3, signature),
            Self::Append { record: bytes, .. } | Self::PutChunk { chunk: bytes, .. } => writer.key_bytes(3, bytes),
            Self::Read { after, limit, .. } => writer.key_u64(3, after.0).key_u64(4, u64::from(*limit)),
            Self::Subscribe { after, .. } => writer.key_u64(3, after.0),
            Self::GetChunk { hash, .. } => writer.key_bytes(3, &hash.0),
            Self::PutPack { manifest, chunks, replaces, .. } => writer
                .key_bytes(3, manifest)
                .key_list(4, chunks.iter().map(|hash| hash.0.as_slice()))
                .key_list(5, replaces.iter().map(|pack| pack.0.as_slice())),
            Self::Trim { records, .. } | Self::Restore { records, .. } => {
                writer.key_list(3, records.iter().map(|hash| hash.0.as_slice()))
            }
            Self::RendezvousPut { rendezvous, step, body } => {
                writer.key_bytes(2, &rendezvous.0).key_u64(3, u64::from(step.number())).key_bytes(4, body)
            }
            Self::RendezvousGet { rendezvous, step } => {
                writer.key_bytes(2, &rendezvous.0).key_u64(3, u64::from(step.number()))
            }
            Self::Unsubscribe { .. } | Self::Packs { .. } | Self::DeleteBox { .. } | Self::Ping => writer,
        };
    }

    pub(crate) fn decode(fields: &Fields<'_>, kind: u64) -> Result<Self, DecodeErrorKind> {
        let box_id = || fields.fixed(2).map(BoxId);
        let rendezvous = || fields.fixed(2).map(RendezvousId);
        let step = || fields.u64(3).and_then(RendezvousStep::from_number);
        Ok(match kind {
            1 => Self::OpenBox { box_id: box_id()?, signature: fields.fixed(3)? },
            2 => Self::Append { box_id: box_id()?, record: fields.bytes(3)? },
            3 => Self::Read { box_id: box_id()?, after: Cursor(fields.u64(3)?), limit: fields.u32(4)? },
            4 => Self::Subscribe { box_id: box_id()?, after: Cursor(fields.u64(3)?) },
            5 => Self::Unsubscribe { box_id: box_id()? },
            6 => Self::PutChunk { box_id: box_id()?, chunk: fields.bytes(3)? },
            7 => Self::GetChunk { box_id: box_id()?, hash: ChunkHash(fields.fixed(3)?) },
            8 => Self::PutPack {
                box_id: box_id()?,
                manifest: fields.bytes(3)?,
                chunks: fields.fixed_list(4)?,
                replaces: fields.fixed_list(5)?,
            },
            9 => Self::Packs { box_id: box_id()? },
            10 => Self::Trim { box_id: box_id()?, records: fields.fixed_list(3)? },
            11 => Self::Restore { box_id: box_id()?, records: fields.fixed_list(3)? },
            12 => Self::DeleteBox { box_id: box_id()? },
            13 => Self::RendezvousPut { rendezvous: rendezvous()?, step: step()?, body: fields.bytes(4)? },
            14 => Self::RendezvousGet { rendezvous: rendezvous()?, step: step()? },
            15 => Self::Ping,
            other => return Err(DecodeErrorKind::UnknownMessage(other)),
        })
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenBox { .. } => f.write_str("OpenBox { … }"),
            Self::Append { record, .. } => f.debug_struct("Append").field("record", &Bytes(record.len())).finish(),
            Self::Read { after, limit, .. } => {
                f.debug_struct("Read").field("after", after).field("limit", limit).finish()
            }
            Self::Subscribe { after, .. } => f.debug_struct("Subscribe").field("after", after).finish(),
            Self::Unsubscribe { .. } => f.write_str("Unsubscribe { … }"),
            Self::PutChunk { chunk, .. } => f.debug_struct("PutChunk").field("chunk", &Bytes(chunk.len())).finish(),
            Self::GetChunk { .. } => f.write_str("GetChunk { … }"),
            Self::PutPack { manifest, chunks, replaces, .. } => f
                .debug_struct("PutPack")
                .field("manifest", &Bytes(manifest.len()))
                .field("chunks", &Count(chunks.len()))
                .field("replaces", &Count(replaces.len()))
                .finish(),
            Self::Packs { .. } => f.write_str("Packs { … }"),
            Self::Trim { records, .. } => f.debug_struct("Trim").field("records", &Count(records.len())).finish(),
            Self::Restore { records, .. } => f.debug_struct("Restore").field("records", &Count(records.len())).finish(),
            Self::DeleteBox { .. } => f.write_str("DeleteBox { … }"),
            Self::RendezvousPut { step, body, .. } => {
                f.debug_struct("RendezvousPut").field("step", step).field("body", &Bytes(body.len())).finish()
            }
            Self::RendezvousGet { step, .. } => f.debug_struct("RendezvousGet").field("step", step).finish(),
            Self::Ping => f.write_str("Ping"),
        }
    }
}

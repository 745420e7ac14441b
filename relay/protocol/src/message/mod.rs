//! The messages: what a phone asks, what the relay answers, what it says unasked (SPEC sections 4 to 9).

mod push;
mod request;
mod response;

use std::fmt;

use crate::cbor::{Fields, Malformed, Writer};
use crate::id::{ChunkHash, Cursor, PackId, RequestId};

pub use push::Push;
pub use request::{RendezvousStep, Request};
pub use response::Response;

/// Key of the message type in every message.
pub(crate) const KEY_TYPE: u64 = 0;

/// Key of the request id in requests and responses.
pub(crate) const KEY_REQUEST: u64 = 1;

/// Bytes that a message's envelope (frame, map, keys, ids, numbers) takes at most: a hint for allocating, no limit.
const ENVELOPE_BYTES: usize = 160;

/// Bytes that a record or hash in a list takes beside its own: a hint likewise.
const ELEMENT_BYTES: usize = 24;

/// What a phone says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ToRelay {
    /// A request with the id that its answer will carry.
    Request(RequestId, Request),
}

/// What a relay says.
// The variants differ in size by what an answer carries; boxing the larger would cost an allocation per answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FromRelay {
    /// The answer to a request.
    Response(RequestId, Response),
    /// Something unasked.
    Push(Push),
}

/// A record as the relay keeps it.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredRecord {
    /// Its position in the box.
    pub cursor: Cursor,
    /// The sealed bytes.
    pub record: Vec<u8>,
}

/// A pack as the relay lists it.
#[derive(Clone, PartialEq, Eq)]
pub struct Pack {
    /// SHA-256 of the manifest.
    pub id: PackId,
    /// The sealed manifest, opaque to the relay.
    pub manifest: Vec<u8>,
    /// The chunks, in the order the pack names them.
    pub chunks: Vec<ChunkHash>,
}

/// A message that fits a frame: [`ToRelay`] or [`FromRelay`], nothing else.
pub trait Message: Sized + sealed::Sealed {
    /// Writes the CBOR item to the end of `out`.
    #[doc(hidden)]
    fn encode_item(&self, out: Vec<u8>) -> Vec<u8>;

    /// About how many bytes the item takes.
    #[doc(hidden)]
    fn size_hint(&self) -> usize;

    /// Reads the CBOR item.
    #[doc(hidden)]
    fn decode_item(item: &[u8]) -> Result<Self, DecodeError>;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::ToRelay {}
    impl Sealed for super::FromRelay {}
}

/// An item that is not a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct DecodeError {
    /// What is wrong.
    pub kind: DecodeErrorKind,
    /// The request id, if the item was well-formed enough to have one.
    pub request: Option<RequestId>,
}

/// What is wrong with an item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// Not a map of this protocol, or a value is missing or of the wrong kind.
    #[error("the message is malformed: {0}")]
    Malformed(&'static str),
    /// Well-formed, but of a type this version doesn't know. A phone ignores such pushes; a relay answers with
    /// [`ErrorCode::UnknownMessage`](crate::ErrorCode::UnknownMessage).
    #[error("message type {0} is unknown")]
    UnknownMessage(u64),
}

impl From<Malformed> for DecodeErrorKind {
    fn from(why: Malformed) -> Self {
        Self::Malformed(why)
    }
}

/// Parses the envelope, then hands fields and type to `body`; any error gets the request id attached.
fn decode<T>(
    item: &[u8],
    body: impl FnOnce(&Fields<'_>, u64, Option<RequestId>) -> Result<T, DecodeErrorKind>,
) -> Result<T, DecodeError> {
    let fields = Fields::parse(item).map_err(|why| DecodeError { kind: why.into(), request: None })?;
    let request = fields.optional_u64(KEY_REQUEST as usize).ok().flatten().map(RequestId);
    let kind = fields.u64(KEY_TYPE as usize).map_err(|why| DecodeError { kind: why.into(), request })?;
    body(&fields, kind, request).map_err(|kind| DecodeError { kind, request })
}

const NO_REQUEST_ID: DecodeErrorKind = DecodeErrorKind::Malformed("the request id is missing");

impl Message for ToRelay {
    fn encode_item(&self, out: Vec<u8>) -> Vec<u8> {
        let Self::Request(id, request) = self;
        let mut writer = Writer::new(out);
        request.encode(*id, &mut writer);
        writer.finish()
    }

    fn size_hint(&self) -> usize {
        let Self::Request(_, request) = self;
        ENVELOPE_BYTES + request.payload_bytes()
    }

    fn decode_item(item: &[u8]) -> Result<Self, DecodeError> {
        decode(item, |fields, kind, id| {
            let request = Request::decode(fields, kind)?;
            Ok(Self::Request(id.ok_or(NO_REQUEST_ID)?, request))
        })
    }
}

impl Message for FromRelay {
    fn encode_item(&self, out: Vec<u8>) -> Vec<u8> {
        let mut writer = Writer::new(out);
        match self {
            Self::Response(id, response) => response.encode(*id, &mut writer),
            Self::Push(push) => push.encode(&mut writer),
        }
        writer.finish()
    }

    fn size_hint(&self) -> usize {
        ENVELOPE_BYTES
            + match self {
                Self::Response(_, response) => response.payload_bytes(),
                Self::Push(push) => push.payload_bytes(),
            }
    }

    fn decode_item(item: &[u8]) -> Result<Self, DecodeError> {
        decode(item, |fields, kind, id| {
            if Push::is_push(kind) {
                return Push::decode(fields, kind).map(Self::Push);
            }
            let response = Response::decode(fields, kind)?;
            Ok(Self::Response(id.ok_or(NO_REQUEST_ID)?, response))
        })
    }
}

impl StoredRecord {
    pub(crate) fn encode_all(records: &[Self], key: u64, writer: &mut Writer) {
        writer.u64(key).array(records.len());
        for stored in records {
            writer.map(2).key_u64(0, stored.cursor.0).key_bytes(1, &stored.record);
        }
    }

    pub(crate) fn decode_all(fields: &Fields<'_>, key: usize) -> Result<Vec<Self>, Malformed> {
        fields.list(key, |element| {
            let fields = Fields::parse(element)?;
            Ok(Self { cursor: Cursor(fields.u64(0)?), record: fields.bytes(1)? })
        })
    }

    pub(crate) fn payload_bytes(records: &[Self]) -> usize {
        records.iter().map(|stored| stored.record.len() + ELEMENT_BYTES).sum()
    }
}

impl Pack {
    pub(crate) fn encode_all(packs: &[Self], key: u64, writer: &mut Writer) {
        writer.u64(key).array(packs.len());
        for pack in packs {
            writer.map(3).key_bytes(0, &pack.id.0).key_bytes(1, &pack.manifest);
            writer.key_list(2, pack.chunks.iter().map(|hash| hash.0.as_slice()));
        }
    }

    pub(crate) fn decode_all(fields: &Fields<'_>, key: usize) -> Result<Vec<Self>, Malformed> {
        fields.list(key, |element| {
            let fields = Fields::parse(element)?;
            Ok(Self { id: PackId(fields.fixed(0)?), manifest: fields.bytes(1)?, chunks: fields.fixed_list(2)? })
        })
    }

    pub(crate) fn payload_bytes(packs: &[Self]) -> usize {
        packs.iter().map(|pack| pack.manifest.len() + (pack.chunks.len() + 3) * 34 + ELEMENT_BYTES).sum()
    }
}

/// Stands for bytes in `Debug`: their number, since sealed bytes in a log help nobody and ids link people.
pub(crate) struct Bytes(pub(crate) usize);

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} bytes>", self.0)
    }
}

/// Stands for a list in `Debug`.
pub(crate) struct Count(pub(crate) usize);

impl fmt::Debug for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} items>", self.0)
    }
}

impl fmt::Debug for StoredRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoredRecord").field("cursor", &self.cursor).field("record", &Bytes(self.record.len())).finish()
    }
}

impl fmt::Debug for Pack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pack")
            .field("id", &self.id)
            .field("manifest", &Bytes(self.manifest.len()))
            .field("chunks", &Count(self.chunks.len()))
            .finish()
    }
}

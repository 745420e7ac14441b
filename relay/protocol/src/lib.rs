//! What Amends phones and their relay say to each other: frames, messages, limits and error codes.
//!
//! This crate is a leaf: it does no IO, reads no clock, draws no randomness and knows no cryptography. Both the phone's
//! engine and the relay speak through it, and `SPEC.md` beside it describes the same bytes for other languages.
//!
//! ```
//! use amends_protocol::{FrameDecoder, Request, RequestId, ToRelay, decode_item, encode_frame};
//!
//! let said = ToRelay::Request(RequestId(1), Request::Ping);
//! let bytes = encode_frame(&said)?;
//!
//! let mut decoder = FrameDecoder::new();
//! let mut input = bytes.as_slice();
//! let item = decoder.next_frame(&mut input)?.expect("one whole frame was fed");
//! assert_eq!(decode_item::<ToRelay>(&item)?, said);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod access;
mod address;
mod base64url;
mod cbor;
mod error_code;
mod frame;
mod id;
pub mod limits;
mod message;

pub use access::{ALPN, EXPORTER_BYTES, EXPORTER_CONTEXT, EXPORTER_LABEL, box_access_message};
pub use address::{Pin, RelayAddress, RelayAddressError, RelayHost};
pub use error_code::{ErrorCode, RelayError};
pub use frame::{EncodeError, FRAME_VERSION, FrameDecoder, FrameError, decode_item, encode_frame};
pub use id::{BoxId, ChunkHash, Cursor, Generation, PackId, RecordHash, RendezvousId, RequestId};
pub use message::{
    DecodeError, DecodeErrorKind, FromRelay, Message, Pack, Push, RendezvousStep, Request, Response, StoredRecord,
    ToRelay,
};

//! Keys, certificates, records, pairing, packs: the only room that touches key bytes.
//!
//! Everything here is deterministic but for the [`Randomness`](random::Randomness) it is lent, and nothing here reads a clock,
//! a file or a socket. Functions named `derive_*` depend on their arguments alone, those named `make_*` draw randomness. What
//! comes from outside is bounded before it is believed, and refused with a typed error; nothing in this room panics.
//!
//! Secrets are erased from memory when they are dropped, as far as this code holds them; `ring` makes short-lived copies of
//! its own that it does not erase. No secret is ever printed: `Debug` names the type only.

#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::unreachable,
        clippy::indexing_slicing,
        clippy::string_slice,
        clippy::missing_errors_doc
    )
)]

pub mod certificate;
pub mod epoch;
pub mod keys;
pub mod pack;
pub mod pairing;
pub mod random;
pub mod record;
pub mod seal;
pub mod storage;
pub mod stretch;
pub mod words;

mod cbor;
mod hpke;
mod primitive;

pub use cbor::CborError;
pub use primitive::PrimitiveError;

#[cfg(test)]
mod tests;

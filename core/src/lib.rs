//! Everything an Amends phone knows: signed statements, merging documents, sealed records and their sync.
//!
//! A [`home::Home`] is one phone's side of things over one store. It is sans-IO: whoever drives it brings the clock, the
//! randomness and the connection. Apps use the [`client`], which brings the real ones.
//!
//! ```
//! use amends_core::crypto::random::SystemRandomness;
//! use amends_core::home::{Home, HomeZone, Moment};
//! use amends_core::storage::MemoryStore;
//!
//! let at = Moment { wall: "2026-03-10T20:00:00Z".parse()?, elapsed_ms: 0 };
//! let random = Box::new(SystemRandomness::new());
//! let mut home = Home::create(MemoryStore::new(), random, "Ana", HomeZone::default())?;
//!
//! // Everything of one's own works before there is a partner: a journal entry stays in the vault.
//! let words = [("text".to_owned(), "I want to say it before it grows.".to_owned())];
//! let entry = home.new_entry(at, "journal_entry", &words, false)?;
//! assert_eq!(home.show(at, entry)?.id(), entry);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Formats are in `SPEC.md` beside this crate. Rooms stack downward only: `client` → `home` → `practice`, `shape` → `statement`,
//! `document`; `home` → `sync` → `crypto`, `storage`; everything → [`id`].

pub mod id;

mod cbor;
mod text;

#[cfg(feature = "client")]
pub mod client;
pub mod crypto;
pub mod document;
pub mod home;
pub mod practice;
pub mod shape;
pub mod statement;
pub mod storage;
pub mod sync;

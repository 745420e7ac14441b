//! Everything an Amends phone knows: signed statements, merging documents, sealed records and their sync.

pub mod id;

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

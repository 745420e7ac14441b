//! The store-and-forward relay of Amends: keeps sealed records it cannot read.
//!
//! The binary `amends-relay` is a thin command line over this library. [`Relay::start`] takes a data folder and listens;
//! [`Relay::serve`] accepts phones until its shutdown future completes. What goes over the wire is in
//! [`amends_protocol`] and its `SPEC.md`.
//!
//! It knows boxes, records and packs as opaque bytes, and no phone's keys but the public one that is a box's id. It links
//! neither the phone's core nor any record cryptography.
#![forbid(unsafe_code)]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod answers;
mod clock;
mod config;
mod core;
mod endpoint;
mod folder;
mod health;
mod limits;
mod mailbox;
mod metrics;
mod queue;
mod rates;
mod rendezvous;
mod server;
mod session;
pub mod store;

pub use clock::{Clock, SystemClock};
pub use config::{Config, ConfigError, LogLevel};
pub use endpoint::BindError;
pub use folder::{DataFolder, FolderError, Identity};
pub use limits::Limits;
pub use server::{Control, Options, Relay, StartError};

//! A real relay over loopback against a small client: every operation, every limit, and what goes wrong. One binary, so
//! that it links once.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

#[path = "../common/mod.rs"]
mod common;

mod access;
mod allowances;
mod boxes;
mod faults;
mod floods;
mod frames;
mod model;
mod packs;
mod process;
mod rendezvous;
mod subscriptions;
mod time;

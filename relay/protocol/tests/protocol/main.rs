//! Golden vectors, the worked bytes of SPEC.md, hostile bytes and round trips. One binary: it links once.

#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

mod hostile;
mod properties;
mod samples;
mod vectors;

//! The lists that the build script writes from `core/practices/*.toml`.

use super::*;

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

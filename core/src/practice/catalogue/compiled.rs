//! The lists that the build script writes from `core/practices/*.toml`.

use super::*;
use crate::shape::By;
use crate::shape::acts::alternatives::Alternatives;
use crate::shape::acts::states::{Condition, State, Who};
use crate::shape::acts::{self, On, Rank};
use crate::shape::series::{occurrence, schedule};

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

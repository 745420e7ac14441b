//! The catalogue, typed entries, derived states and views.

pub mod catalogue;

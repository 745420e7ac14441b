//! The catalogue, typed entries, derived states and views.

pub mod catalogue;
pub mod words;

pub use catalogue::{Field, FieldError, FieldKind, Practice, Safety, Schedule, Shape, Writers};

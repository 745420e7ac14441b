//! What people do with an entry, and what the day and a document add to it. The rules themselves are the shapes': the catalogue
//! only fills in their tables.

use super::Field;
use crate::shape::acts;
use crate::shape::series::{occurrence, schedule};
use serde::Serialize;

/// Something a person may say about an entry, as a statement of their own, and what it says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Act {
    /// Whose it is, what it is about and what it leads to.
    #[serde(flatten)]
    pub rule: acts::Act,
    /// What it says.
    pub fields: &'static [Field],
}

/// Where a series keeps its schedule, and what is said of its occurrences.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Series {
    /// The numbers of the fields that make its schedule; 0 for what it does not have.
    pub schedule: schedule::Fields,
    /// The acts on an occurrence.
    pub acts: occurrence::Acts,
}

/// What a day adds to the display. It never changes what holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Label {
    /// Its code.
    pub id: &'static str,
    /// The field with the day.
    pub field: &'static str,
    /// When it is shown.
    pub when: When,
}

/// When a label is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum When {
    /// On the day.
    On,
    /// From the day after.
    After,
}

/// Something written together beside an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Document {
    /// Which it is.
    pub part: &'static str,
    /// How it merges.
    pub schema: Schema,
    /// Practices whose entries may be placed in a list by their id.
    pub holds: &'static [&'static str],
    /// What an item of a list has.
    pub fields: &'static [Field],
}

/// How a document merges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schema {
    /// One text that both type in.
    Note,
    /// Items that both add and order.
    List,
}

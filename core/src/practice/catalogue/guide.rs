//! Guides: ordered steps through a practice. Where two people are in one is shared; a guide never stops anybody from writing.

use serde::Serialize;

/// Ordered steps through a practice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Guide {
    /// Its code.
    pub id: &'static str,
    /// What it leads through.
    pub practice: &'static str,
    /// The rows of the list of practices that it serves.
    pub rows: &'static [u8],
    /// In order.
    pub steps: &'static [Step],
    /// The test that shows it.
    pub test: &'static str,
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Step {
    /// Its code, unique in its guide.
    pub id: &'static str,
    /// Whose turn it is.
    pub turn: Turn,
    /// What is written in it, if anything.
    pub writes: &'static [Writes],
    /// What must be there before it opens, all of it.
    pub gates: &'static [Gate],
    /// What may be pointed out, softly, while it is written.
    pub hints: &'static [&'static str],
}

/// Whose turn a step is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Turn {
    /// Each, for themselves.
    Each,
    /// Whoever speaks.
    Speaker,
    /// Whoever listens.
    Listener,
    /// Both, together.
    Both,
    /// One of them, whoever it is.
    Either,
}

/// Where what a step asks for is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Writes {
    /// A field of the entry, or of one's side of it.
    Field(&'static str),
    /// A document beside the entry.
    Document(&'static str),
    /// An act on the entry.
    Act(&'static str),
    /// An entry of its own, about this one.
    New(&'static str),
}

/// What must be there before a step opens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Gate {
    /// An earlier step.
    pub step: &'static str,
    /// Who.
    pub who: Person,
    /// Did what.
    pub what: What,
}

/// Whom a gate waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Person {
    /// Both.
    Both,
    /// One of them.
    Any,
    /// Whoever spoke.
    Speaker,
    /// Whoever listened.
    Listener,
}

/// What a gate waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum What {
    /// That the step is done.
    Done,
    /// That what was written in it is confirmed.
    Confirmed,
}

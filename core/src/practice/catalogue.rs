//! What people can do together, and what each practice's entries hold. Compiled in from `core/practices/*.toml`.
//!
//! A statement carries a practice's id and version and its fields by number; names are for edges. Numbers and types of
//! fields never change, they are only added to, so that what was signed stays what it was.
//!
//! What is declared with `ready = false`, a practice or a part of one, is known to [`declared`] alone: nobody is offered what
//! phones cannot do yet.

mod compiled;
mod content;
mod field;
mod guide;
mod listing;
mod table;

pub use content::{Card, Duty, HelpEntry, HelpKind, Hint, Region, Row, Template};
pub use field::{Field, FieldError, FieldKind, Side, Steps};
pub use guide::{Gate, Guide, Person, Step, Turn, What, Writes};
pub use listing::{Listed, Listing, Transition, listing};
pub use table::{Act, Document, Label, Schema, Series, When};

use crate::shape::acts::Table;
use crate::shape::acts::alternatives::Alternatives;
use crate::shape::acts::states::State;
use crate::shape::ask;
use crate::statement::Value;
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Every practice that this version can do.
pub fn all() -> &'static [Practice] {
    compiled::READY_PRACTICES
}

/// The practice with this id, if this version can do it.
pub fn find(id: &str) -> Option<&'static Practice> {
    all().iter().find(|practice| practice.id == id)
}

/// The acts that people may do on an entry of any practice.
pub fn common_acts() -> &'static [Act] {
    compiled::READY_COMMON_ACTS
}

/// Every guide that this version can lead through.
pub fn guides() -> &'static [Guide] {
    compiled::READY_GUIDES
}

/// What people can do that is no practice, with the rows that it serves.
pub fn operations() -> &'static [Duty] {
    compiled::READY_OPERATIONS
}

/// What holds for everything, with the rows that it serves.
pub fn guarantees() -> &'static [Duty] {
    compiled::READY_GUARANTEES
}

/// The whole catalogue, also what is declared with `ready = false` because phones cannot do it yet.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub struct Declared {
    /// Practices, with all that belongs to them.
    pub practices: &'static [Practice],
    /// Acts on an entry of any practice.
    pub common_acts: &'static [Act],
    /// Guides.
    pub guides: &'static [Guide],
    /// What people can do that is no practice.
    pub operations: &'static [Duty],
    /// What holds for everything.
    pub guarantees: &'static [Duty],
}

/// The whole catalogue: what texts are written for. Nobody is offered what is here and not in [`all`].
pub fn declared() -> Declared {
    Declared {
        practices: compiled::PRACTICES,
        common_acts: compiled::COMMON_ACTS,
        guides: compiled::GUIDES,
        operations: compiled::OPERATIONS,
        guarantees: compiled::GUARANTEES,
    }
}

/// The list of practices that the product was drawn from, in our words.
pub fn rows() -> &'static [Row] {
    compiled::ROWS
}

/// Beginnings of entries, offered when one is made.
pub fn templates() -> &'static [Template] {
    compiled::TEMPLATES
}

/// Questions and exercises.
pub fn cards() -> &'static [Card] {
    compiled::CARDS
}

/// What may be pointed out, softly, in what is being written.
pub fn hints() -> &'static [Hint] {
    compiled::HINTS
}

/// Where people find help, by region.
pub fn help() -> &'static [Region] {
    compiled::HELP
}

/// One practice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Practice {
    /// What statements call it.
    pub id: &'static str,
    /// Of its prompts and fields, from 1.
    pub version: u32,
    /// The file it is declared in, without its ending.
    pub family: &'static str,
    /// How its entries merge.
    pub shape: Shape,
    /// What its entries hold, in the order in which they are asked for.
    pub fields: &'static [Field],
    /// What each, or the other, says on a side of their own.
    pub side: Option<Side>,
    /// What people may do with an entry.
    #[serde(skip)]
    pub acts: &'static [Act],
    /// Its acts and those that every practice has, as the shapes take them.
    #[serde(skip)]
    pub table: Table,
    /// Of an ask: the state that it begins in.
    #[serde(skip)]
    pub initial: Option<&'static str>,
    /// Of an ask with alternatives: what they are made of.
    #[serde(skip)]
    pub alternatives: Option<Alternatives>,
    /// Of a series: where its schedule is, and what is said of an occurrence.
    #[serde(skip)]
    pub series: Option<Series>,
    /// States that follow from acts, sides and acknowledgements: the first whose conditions hold.
    #[serde(skip)]
    pub states: &'static [State],
    /// What a day adds to the display, and only to that.
    pub labels: &'static [Label],
    /// What is written together beside an entry.
    pub documents: &'static [Document],
    /// Who writes in an entry.
    pub writers: Writers,
    /// An entry starts in its author's vault.
    pub private_first: bool,
    /// The other may acknowledge one exact wording.
    pub acknowledged: bool,
    /// Every space has one without asking anybody; its id follows from the space and the practice.
    pub built_in: bool,
    /// How often it comes back, until people agree on something else.
    pub schedule: Option<Schedule>,
    /// The guide that leads through it.
    pub guide: Option<&'static str>,
    /// What screens must mind.
    pub safety: &'static [Safety],
    /// The rows of the list of practices that it serves.
    pub rows: &'static [u8],
    /// The test that takes it through its life.
    pub test: &'static str,
}

/// How entries merge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Shape {
    /// One person wrote it.
    OwnEntry,
    /// Each has a side of their own.
    TwoSides,
    /// Both type in one text.
    CoText,
    /// Immutable revisions, and each one's consent.
    Revisions,
    /// Both answer before either reads.
    SealedPair,
    /// A request with an answer.
    Ask,
    /// Items that both add and order.
    List,
    /// A repeating thing.
    Series,
    /// One's own, never shared.
    Vault,
}

/// Who writes in an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Writers {
    /// Whoever made it.
    Author,
    /// Both.
    Both,
    /// Each in a place of their own.
    Each,
}

/// A built-in series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Schedule {
    /// Once a day, in the couple's home zone.
    Daily,
    /// Once a week, in the couple's home zone.
    Weekly,
}

/// What screens of a practice must mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Safety {
    /// Never a field that asks for proof.
    NoProofFields,
    /// A date of review must be given.
    ReviewRequired,
    /// The way to help is on the screen.
    SafetyLink,
    /// Nothing ever asks for it.
    NeverPrompted,
}

impl Practice {
    /// Of an ask: its table of transitions.
    pub fn ask(&self) -> Option<ask::Table> {
        self.initial.map(|initial| ask::Table { acts: self.table, initial })
    }

    /// The act with this code, of the practice or of those that every practice has.
    pub fn act(&self, code: &str) -> Option<&'static Act> {
        self.acts.iter().chain(common_acts()).find(|act| act.rule.code == code)
    }

    /// The field of this name.
    pub fn field(&self, name: &str) -> Option<&'static Field> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// An entry's fields from what a person gave, by name. Text is put in the form it is signed in; what is empty then is
    /// not there.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn parse_fields<N: AsRef<str>, V: AsRef<str>>(
        &self,
        given: &[(N, V)],
    ) -> Result<BTreeMap<u32, Value>, FieldError> {
        self.parse_onto(BTreeMap::new(), given)
    }

    /// As [`Practice::parse_fields`], over an entry's fields: what is not given stays, also fields that this version does
    /// not know, and what is given empty goes.
    ///
    /// # Errors
    /// [`FieldError`].
    pub fn parse_onto<N: AsRef<str>, V: AsRef<str>>(
        &self,
        mut fields: BTreeMap<u32, Value>,
        given: &[(N, V)],
    ) -> Result<BTreeMap<u32, Value>, FieldError> {
        for (field, value) in self.parse_changes(given)? {
            match value {
                Some(value) => fields.insert(field.number, value),
                None => fields.remove(&field.number),
            };
        }
        if let Some(missing) = self.fields.iter().find(|field| field.required && !fields.contains_key(&field.number)) {
            return Err(FieldError::Missing { field: missing.name });
        }
        // What is written together may begin empty.
        if fields.is_empty() && self.shape != Shape::CoText { Err(FieldError::Nothing) } else { Ok(fields) }
    }

    /// What a person gave, field by field; none for what is given empty.
    ///
    /// # Errors
    /// [`FieldError`], but not for what is missing.
    pub fn parse_changes<N: AsRef<str>, V: AsRef<str>>(
        &self,
        given: &[(N, V)],
    ) -> Result<Vec<(&'static Field, Option<Value>)>, FieldError> {
        let mut changes: Vec<(&'static Field, Option<Value>)> = Vec::new();
        for (name, value) in given {
            let name = name.as_ref();
            let field = self.field(name).ok_or_else(|| FieldError::Unknown { field: name.into() })?;
            if changes.iter().any(|(other, _)| other.number == field.number) {
                return Err(FieldError::Repeated { field: field.name });
            }
            changes.push((field, field.parse(value.as_ref())?));
        }
        Ok(changes)
    }

    /// An entry's fields for people: by name, dates as text, in the order of the catalogue. Fields that this version
    /// does not know come last, as `field_7`.
    pub fn named_fields<'a>(&self, fields: &'a BTreeMap<u32, Value>) -> Vec<(Cow<'static, str>, Cow<'a, Value>)> {
        let known = self.fields.iter().filter_map(|field| {
            let value = fields.get(&field.number)?;
            Some((Cow::Borrowed(field.name), field.shown(value)))
        });
        let unknown = fields.iter().filter(|(number, _)| self.fields.iter().all(|field| field.number != **number));
        let unknown = unknown.map(|(number, value)| (Cow::Owned(format!("field_{number}")), Cow::Borrowed(value)));
        known.chain(unknown).collect()
    }
}

#[cfg(test)]
mod tests;

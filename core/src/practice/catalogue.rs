//! What people can do together, and what each practice's entries hold. Compiled in from `core/practices/*.toml`.
//!
//! A statement carries a practice's id and version and its fields by number; names are for edges. Numbers and types of
//! fields never change, they are only added to, so that what was signed stays what it was.

use crate::id::Day;
use crate::statement::{Value, normalise};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;

include!(concat!(env!("OUT_DIR"), "/catalogue.rs"));

/// Every practice that this version knows.
pub fn all() -> &'static [Practice] {
    ALL
}

/// The practice with this id.
pub fn find(id: &str) -> Option<&'static Practice> {
    ALL.iter().find(|practice| practice.id == id)
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
    /// Who writes in an entry.
    pub writers: Writers,
    /// An entry starts in its author's vault.
    pub private_first: bool,
    /// The other may acknowledge one exact wording.
    pub acknowledged: bool,
    /// The series that every space has of it without asking anybody.
    pub schedule: Option<Schedule>,
    /// The steps of its guide, as codes, in order.
    pub guide: &'static [&'static str],
    /// What screens must mind.
    pub safety: &'static [Safety],
    /// The rows of the list of practices that it serves.
    pub rows: &'static [u8],
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
}

/// One field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Field {
    /// What statements call it.
    pub number: u32,
    /// What edges call it.
    pub name: &'static str,
    /// What it holds.
    #[serde(flatten)]
    pub kind: FieldKind,
    /// An entry without it is none.
    pub required: bool,
}

/// What a field holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FieldKind {
    /// Text.
    Text {
        /// Unicode scalar values that it may have.
        limit: usize,
    },
    /// A whole number.
    Uint {
        /// The smallest.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// Yes or no: `true` or `false`.
    Bool,
    /// Several texts, one a line.
    List {
        /// How many.
        items: usize,
        /// Unicode scalar values that each may have.
        limit: usize,
    },
    /// One of some codes.
    Choice {
        /// The codes.
        choices: &'static [&'static str],
    },
    /// A civil day between 1970-01-01 and 2199-12-31, as `2026-02-28`; in statements the days since 1970-01-01.
    Date,
}

/// Why fields are not those of an entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FieldError {
    /// The practice has no field of this name.
    #[error("there is no field {field}")]
    Unknown {
        /// The name given.
        field: String,
    },
    /// A field is given twice.
    #[error("{field} is given twice")]
    Repeated {
        /// The field's name.
        field: &'static str,
    },
    /// Text is too long.
    #[error("{field} may have {most} characters")]
    TooLong {
        /// The field's name.
        field: &'static str,
        /// Unicode scalar values that it, or each of its items, may have.
        most: usize,
    },
    /// A list has too many items.
    #[error("{field} may have {most} items")]
    TooMany {
        /// The field's name.
        field: &'static str,
        /// How many it may have.
        most: usize,
    },
    /// No whole number, or out of bounds.
    #[error("{field} is a whole number from {min} to {max}")]
    NotANumber {
        /// The field's name.
        field: &'static str,
        /// The smallest.
        min: u64,
        /// The greatest.
        max: u64,
    },
    /// Neither `true` nor `false`.
    #[error("{field} is true or false")]
    NotABool {
        /// The field's name.
        field: &'static str,
    },
    /// No date, or out of bounds.
    #[error("{field} is a date between 1970-01-01 and 2199-12-31")]
    NotADate {
        /// The field's name.
        field: &'static str,
    },
    /// None of the codes.
    #[error("{field} is one of {}", choices.join(", "))]
    NotAChoice {
        /// The field's name.
        field: &'static str,
        /// The codes.
        choices: &'static [&'static str],
    },
    /// A field that an entry must have is missing.
    #[error("{field} is missing")]
    Missing {
        /// The field's name.
        field: &'static str,
    },
    /// No field is left.
    #[error("there is nothing in it")]
    Nothing,
}

impl FieldError {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            FieldError::Unknown { .. } => "unknown_field",
            FieldError::Repeated { .. } => "field_repeated",
            FieldError::TooLong { .. } => "too_long",
            FieldError::TooMany { .. } => "too_many",
            FieldError::NotANumber { .. } => "not_a_number",
            FieldError::NotABool { .. } => "not_a_bool",
            FieldError::NotADate { .. } => "bad_date",
            FieldError::NotAChoice { .. } => "not_a_choice",
            FieldError::Missing { .. } => "missing_field",
            FieldError::Nothing => "no_fields",
        }
    }
}

impl Practice {
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

impl Field {
    fn parse(&self, given: &str) -> Result<Option<Value>, FieldError> {
        let field = self.name;
        let given = normalise(given);
        let word = given.trim();
        if word.is_empty() {
            return Ok(None);
        }
        let value = match self.kind {
            FieldKind::Text { limit } => {
                if given.chars().count() > limit {
                    return Err(FieldError::TooLong { field, most: limit });
                }
                Value::Text(given)
            }
            FieldKind::Uint { min, max } => match word.parse() {
                Ok(number) if (min..=max).contains(&number) => Value::Uint(number),
                _ => return Err(FieldError::NotANumber { field, min, max }),
            },
            FieldKind::Bool => Value::Bool(word.parse().map_err(|_| FieldError::NotABool { field })?),
            FieldKind::List { items, limit } => {
                let lines = given.lines().map(str::trim).filter(|line| !line.is_empty());
                let list: Vec<String> = lines.map(String::from).collect();
                if list.len() > items {
                    return Err(FieldError::TooMany { field, most: items });
                }
                if list.iter().any(|item| item.chars().count() > limit) {
                    return Err(FieldError::TooLong { field, most: limit });
                }
                Value::List(list)
            }
            FieldKind::Choice { choices } => {
                if !choices.contains(&word) {
                    return Err(FieldError::NotAChoice { field, choices });
                }
                Value::Text(word.into())
            }
            FieldKind::Date => {
                let day: Day = word.parse().map_err(|_| FieldError::NotADate { field })?;
                Value::Uint(u64::from(i32::from(day).unsigned_abs()))
            }
        };
        Ok(Some(value))
    }

    fn shown<'a>(&self, value: &'a Value) -> Cow<'a, Value> {
        let date = match (&self.kind, value) {
            (FieldKind::Date, Value::Uint(days)) => i64::try_from(*days).ok().and_then(|days| Day::new(days).ok()),
            _ => None,
        };
        date.map_or(Cow::Borrowed(value), |day| Cow::Owned(Value::Text(day.to_string())))
    }
}

#[cfg(test)]
mod tests;

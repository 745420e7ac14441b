//! Fields: what an entry, a side, an act or an item of a list holds, and how it is read from what a person gives.

use crate::id::{Day, EntryId, StatementId};
use crate::shape::By;
use crate::shape::series::check_zone;
use crate::shape::series::rule::{Rule, RuleTextError};
use crate::statement::{Value, normalise};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::civil::Time;
use serde::Serialize;
use std::borrow::Cow;

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
    /// What may be pointed out, softly, while it is written.
    pub hints: &'static [&'static str],
}

/// What is said on a side of an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Side {
    /// Who has one: each, or whoever did not make the entry.
    pub by: By,
    /// What it holds. Numbers count for themselves; names differ from those of the entry's own fields.
    pub fields: &'static [Field],
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
    /// A time on the wall, as `19:30`, also in statements.
    Time,
    /// A day and a time on the wall, as `2026-02-28 19:30`; in statements the minutes since the beginning of 1970-01-01.
    Moment,
    /// A zone of the IANA database, as `Europe/Berlin`.
    Zone,
    /// A rule by which something comes back, as [`crate::shape::series::rule`] reads it. Whether it ever occurs depends on
    /// where it begins, and is seen with the rest of the schedule.
    Rule,
    /// Several steps, one a line. Each keeps the id it was given in the revision that introduced it, see [`Steps`].
    Steps {
        /// How many.
        items: usize,
        /// Unicode scalar values that each may have.
        limit: usize,
    },
    /// Exact wordings of other entries, one a line, as `ID@HASH`.
    Wordings {
        /// How many.
        items: usize,
    },
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
    /// No time on the wall.
    #[error("{field} is a time from 00:00 to 23:59")]
    NotATime {
        /// The field's name.
        field: &'static str,
    },
    /// No day and time on the wall.
    #[error("{field} is a day and a time such as 2026-02-28 19:30")]
    NotAMoment {
        /// The field's name.
        field: &'static str,
    },
    /// No zone of the database.
    #[error("{field} is a zone such as Europe/Berlin")]
    NotAZone {
        /// The field's name.
        field: &'static str,
    },
    /// No rule.
    #[error("{field} is a rule such as FREQ=WEEKLY;BYDAY=SU")]
    NotARule {
        /// The field's name.
        field: &'static str,
    },
    /// No exact wording.
    #[error("{field} names wordings as ID@HASH")]
    NotAWording {
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
            FieldError::NotATime { .. } => "bad_time",
            FieldError::NotAMoment { .. } => "bad_moment",
            FieldError::NotAZone { .. } => "bad_zone",
            FieldError::NotARule { .. } => "bad_rule",
            FieldError::NotAWording { .. } => "bad_wording",
            FieldError::NotAChoice { .. } => "not_a_choice",
            FieldError::Missing { .. } => "missing_field",
            FieldError::Nothing => "no_fields",
        }
    }

    /// What its text needs to know, by name.
    pub fn arguments(&self) -> Vec<(&'static str, u64)> {
        match self {
            FieldError::TooLong { most, .. } | FieldError::TooMany { most, .. } => {
                vec![("most", u64::try_from(*most).unwrap_or(u64::MAX))]
            }
            FieldError::NotANumber { min, max, .. } => vec![("min", *min), ("max", *max)],
            _ => Vec::new(),
        }
    }
}

impl Field {
    pub(super) fn parse(&self, given: &str) -> Result<Option<Value>, FieldError> {
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
            FieldKind::List { items, limit } => Value::List(lines(field, &given, items, limit, |line| line)?),
            FieldKind::Steps { items, limit } => Value::List(lines(field, &given, items, limit, Steps::words)?),
            FieldKind::Wordings { items } => {
                let list = lines(field, &given, items, usize::MAX, |line| line)?;
                if list.iter().any(|line| !is_wording(line)) {
                    return Err(FieldError::NotAWording { field });
                }
                Value::List(list)
            }
            FieldKind::Time => Value::Text(clock(minutes(word).ok_or(FieldError::NotATime { field })?)),
            FieldKind::Moment => {
                let (day, time) = word.split_once([' ', 'T']).ok_or(FieldError::NotAMoment { field })?;
                let day: Day = day.parse().map_err(|_| FieldError::NotAMoment { field })?;
                let minutes = minutes(time).ok_or(FieldError::NotAMoment { field })?;
                Value::Uint(u64::from(i32::from(day).unsigned_abs()) * DAY_MINUTES + minutes)
            }
            FieldKind::Zone => {
                check_zone(word, 0).map_err(|_| FieldError::NotAZone { field })?;
                Value::Text(word.into())
            }
            FieldKind::Rule => match Rule::parse(word, Day::MIN) {
                Ok(_) | Err(RuleTextError::Never) => Value::Text(word.into()),
                Err(_) => return Err(FieldError::NotARule { field }),
            },
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

    pub(super) fn shown<'a>(&self, value: &'a Value) -> Cow<'a, Value> {
        let text = match (&self.kind, value) {
            (FieldKind::Date, Value::Uint(days)) => {
                i64::try_from(*days).ok().and_then(|days| Day::new(days).ok()).map(|day| day.to_string())
            }
            (FieldKind::Moment, Value::Uint(minutes)) => {
                let day = i64::try_from(minutes / DAY_MINUTES).ok().and_then(|days| Day::new(days).ok());
                day.map(|day| format!("{day} {}", clock(minutes % DAY_MINUTES)))
            }
            _ => None,
        };
        text.map_or(Cow::Borrowed(value), |text| Cow::Owned(Value::Text(text)))
    }
}

const DAY_MINUTES: u64 = 24 * 60;

/// Minutes since midnight, from `19:30`.
fn minutes(word: &str) -> Option<u64> {
    let time: Time = word.parse().ok()?;
    let whole = time.second() == 0 && time.subsec_nanosecond() == 0;
    whole.then(|| u64::from(time.hour().unsigned_abs()) * 60 + u64::from(time.minute().unsigned_abs()))
}

fn clock(minutes: u64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// What is written on each line that is not empty.
fn lines(
    field: &'static str,
    given: &str,
    items: usize,
    limit: usize,
    words: impl Fn(&str) -> &str,
) -> Result<Vec<String>, FieldError> {
    let list: Vec<String> = given.lines().map(str::trim).filter(|line| !line.is_empty()).map(String::from).collect();
    if list.len() > items {
        return Err(FieldError::TooMany { field, most: items });
    }
    match list.iter().find(|line| words(line).chars().count() > limit) {
        None => Ok(list),
        Some(_) => Err(FieldError::TooLong { field, most: limit }),
    }
}

/// An entry and one of its wordings.
fn is_wording(line: &str) -> bool {
    line.split_once('@')
        .is_some_and(|(entry, hash)| entry.parse::<EntryId>().is_ok() && hash.parse::<StatementId>().is_ok())
}

/// Steps that keep their ids from revision to revision: a line is an id as base64url and the words after a space.
#[derive(Debug, Clone, Copy)]
pub struct Steps;

impl Steps {
    /// The step's id, if it was given one.
    pub fn id(line: &str) -> Option<[u8; 32]> {
        let (id, _) = line.split_once(' ')?;
        URL_SAFE_NO_PAD.decode(id).ok()?.try_into().ok()
    }

    /// What the step says.
    pub fn words(line: &str) -> &str {
        match line.split_once(' ') {
            Some((_, words)) if Self::id(line).is_some() => words.trim_start(),
            _ => line,
        }
    }

    /// The line with an id: its own, or a new one made from the 32 random bytes that are lent.
    pub fn named(line: &str, fresh: impl FnOnce() -> [u8; 32]) -> String {
        match Self::id(line) {
            Some(_) => line.to_owned(),
            None => format!("{} {line}", URL_SAFE_NO_PAD.encode(fresh())),
        }
    }
}

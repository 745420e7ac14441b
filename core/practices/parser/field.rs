// Fields: what an entry, a side, an act or an item of a list holds.

use super::{BODY_BYTES, Fault, Known, always, code, is_code, refused};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write;
use std::ops::Range;
use toml::Spanned;

/// Bytes that a scalar value takes at most.
const SCALAR_BYTES: usize = 4;
/// Bytes that a value takes beside its text.
const ENCODED: usize = 16;
/// Bytes of a step's id as text, and of an entry and one wording of it.
const STEP_ID: usize = 44;
const WORDING: usize = 129;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Field {
    number: Spanned<u32>,
    pub(super) name: Spanned<String>,
    #[serde(rename = "type")]
    kind: Spanned<String>,
    limit: Option<Spanned<usize>>,
    items: Option<Spanned<usize>>,
    min: Option<Spanned<u64>>,
    max: Option<Spanned<u64>>,
    pub(super) choices: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) hints: Vec<Spanned<String>>,
    /// Left out when phones can do it; `false` while they cannot.
    #[serde(default = "always")]
    pub(super) ready: bool,
    pub(super) part: Option<Spanned<String>>,
    pub(super) by: Option<Spanned<String>>,
}

impl Field {
    pub(super) fn number(&self) -> u32 {
        *self.number.get_ref()
    }

    pub(super) fn has_number(&self, number: u32) -> bool {
        *self.number.get_ref() == number
    }
}

/// Some fields as Rust, with a number and a name of their own each, that one statement can hold.
pub(super) fn written<'a>(
    fields: impl IntoIterator<Item = &'a Spanned<Field>>,
    whole: &Range<usize>,
    known: &Known,
) -> Result<String, Fault> {
    let (mut numbers, mut names, mut bytes, mut out) = (BTreeSet::new(), BTreeSet::new(), 0, String::new());
    for field in fields {
        let (span, field) = (field.span(), field.get_ref());
        code(&field.name)?;
        if *field.number.get_ref() == 0 || !numbers.insert(*field.number.get_ref()) {
            return Err((field.number.span(), "a field has a number of its own, from 1".into()));
        }
        if !names.insert(field.name.get_ref()) {
            return Err((field.name.span(), "a second field with this name".into()));
        }
        for hint in &field.hints {
            if !known.hints.contains(hint.get_ref()) {
                return Err((hint.span(), "there is no such hint".into()));
            }
        }
        let hints: Vec<_> = field.hints.iter().map(Spanned::get_ref).collect();
        let (kind, most) = kind(field, &span)?;
        bytes += most;
        let (number, name, required) = (field.number.get_ref(), field.name.get_ref(), field.required);
        write!(
            out,
            "Field {{ number: {number}, name: {name:?}, kind: {kind}, required: {required}, hints: &{hints:?} }}, "
        )
        .map_err(|error| (span, error.to_string()))?;
    }
    if bytes > BODY_BYTES {
        return Err((whole.clone(), format!("the fields may have {bytes} bytes, a statement {BODY_BYTES}")));
    }
    Ok(out)
}

/// A field's type as Rust, and how many bytes its value has at most.
fn kind(field: &Field, span: &Range<usize>) -> Result<(String, usize), Fault> {
    allowed(field, span)?;
    let positive = |value: &Option<Spanned<usize>>| match value {
        Some(value) if *value.get_ref() == 0 => Err((value.span(), "more than 0".to_owned())),
        Some(value) => Ok(*value.get_ref()),
        None => Ok(0),
    };
    let limit = positive(&field.limit)?;
    let items = positive(&field.items)?;
    let bytes = limit.saturating_mul(SCALAR_BYTES).saturating_add(ENCODED);
    Ok(match field.kind.get_ref().as_str() {
        "text" => (format!("FieldKind::Text {{ limit: {limit} }}"), bytes),
        "list" => (format!("FieldKind::List {{ items: {items}, limit: {limit} }}"), bytes.saturating_mul(items)),
        "steps" => {
            let bytes = bytes.saturating_add(STEP_ID).saturating_mul(items);
            (format!("FieldKind::Steps {{ items: {items}, limit: {limit} }}"), bytes)
        }
        "wordings" => (format!("FieldKind::Wordings {{ items: {items} }}"), (WORDING + ENCODED).saturating_mul(items)),
        "uint" => {
            refused::check_number(&field.name)?;
            let bound = |value: &Option<Spanned<u64>>| value.as_ref().map_or(0, |value| *value.get_ref());
            let (min, max) = (bound(&field.min), bound(&field.max));
            if min > max {
                return Err((span.clone(), "`min` is above `max`".into()));
            }
            (format!("FieldKind::Uint {{ min: {min}, max: {max} }}"), ENCODED)
        }
        "choice" => choice(field, span)?,
        "bool" => ("FieldKind::Bool".into(), ENCODED),
        "time" => ("FieldKind::Time".into(), ENCODED),
        "moment" => ("FieldKind::Moment".into(), ENCODED),
        "zone" => ("FieldKind::Zone".into(), 8 * ENCODED),
        "rule" => ("FieldKind::Rule".into(), 32 * ENCODED),
        _ => ("FieldKind::Date".into(), ENCODED),
    })
}

/// Whether exactly what the type needs is given with it.
fn allowed(field: &Field, span: &Range<usize>) -> Result<(), Fault> {
    let allowed: &[&str] = match field.kind.get_ref().as_str() {
        "text" => &["limit"],
        "uint" => &["min", "max"],
        "list" | "steps" => &["items", "limit"],
        "wordings" => &["items"],
        "choice" => &["choices"],
        "bool" | "date" | "time" | "moment" | "zone" | "rule" => &[],
        _ => {
            let types = "a type is text, uint, bool, list, choice, date, time, moment, zone, rule, steps or wordings";
            return Err((field.kind.span(), types.into()));
        }
    };
    let given = [
        ("limit", field.limit.as_ref().map(Spanned::span)),
        ("items", field.items.as_ref().map(Spanned::span)),
        ("min", field.min.as_ref().map(Spanned::span)),
        ("max", field.max.as_ref().map(Spanned::span)),
        ("choices", field.choices.as_ref().map(Spanned::span)),
    ];
    for (name, at) in given {
        match at {
            Some(at) if !allowed.contains(&name) => {
                return Err((at, format!("`{}` has no `{name}`", field.kind.get_ref())));
            }
            None if allowed.contains(&name) => {
                return Err((span.clone(), format!("`{}` needs `{name}`", field.kind.get_ref())));
            }
            _ => {}
        }
    }
    Ok(())
}

fn choice(field: &Field, span: &Range<usize>) -> Result<(String, usize), Fault> {
    let choices = field.choices.as_ref().map(Spanned::get_ref).map_or(&[][..], Vec::as_slice);
    let at = field.choices.as_ref().map_or(span.clone(), Spanned::span);
    let distinct: BTreeSet<_> = choices.iter().collect();
    if choices.len() < 2 || distinct.len() < choices.len() || !choices.iter().all(|choice| is_code(choice)) {
        return Err((at, "choices are two or more different codes".into()));
    }
    for choice in choices {
        refused::check(&Spanned::new(at.clone(), choice.clone()))?;
    }
    let longest = choices.iter().map(String::len).max().unwrap_or(0);
    Ok((format!("FieldKind::Choice {{ choices: &{choices:?} }}"), longest + ENCODED))
}

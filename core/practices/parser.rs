// Reads and checks the practices. Compiled into the build script, and into the tests of the catalogue, which give it
// bad input.
//
// A practice's id, and a field's number and type, are part of what people sign: they never change, they are only added
// to.

use serde::Deserialize;
use std::collections::BTreeSet;
use std::fmt::Write;
use toml::Spanned;

/// Rows of the list of practices that the product was drawn from.
const ROWS: std::ops::RangeInclusive<u8> = 1..=79;
/// Bytes that a statement's body may have, less what is not fields (the specification, 3.2).
const BODY_BYTES: usize = 127 * 1024;
/// Bytes that a scalar value takes at most.
const SCALAR_BYTES: usize = 4;

const SHAPES: [&str; 9] =
    ["own_entry", "two_sides", "co_text", "revisions", "sealed_pair", "ask", "list", "series", "vault"];
const WRITERS: [&str; 3] = ["author", "both", "each"];
const SCHEDULES: [&str; 1] = ["daily"];
const SAFETY: [&str; 3] = ["no_proof_fields", "review_required", "safety_link"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    practice: Vec<Spanned<Practice>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Practice {
    id: Spanned<String>,
    version: Spanned<u32>,
    shape: Spanned<String>,
    writers: Spanned<String>,
    #[serde(default)]
    private_first: bool,
    #[serde(default)]
    acknowledged: bool,
    schedule: Option<Spanned<String>>,
    #[serde(default)]
    guide: Vec<Spanned<String>>,
    #[serde(default)]
    safety: Vec<Spanned<String>>,
    rows: Spanned<Vec<u8>>,
    #[serde(default)]
    field: Vec<Spanned<Field>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    number: Spanned<u32>,
    name: Spanned<String>,
    #[serde(rename = "type")]
    kind: Spanned<String>,
    limit: Option<Spanned<usize>>,
    items: Option<Spanned<usize>>,
    min: Option<Spanned<u64>>,
    max: Option<Spanned<u64>>,
    choices: Option<Spanned<Vec<String>>>,
    #[serde(default)]
    required: bool,
}

/// Where in a file something is wrong.
type Fault = (std::ops::Range<usize>, String);

/// Checks the files, each a family's name and its content, and writes the catalogue as Rust.
///
/// # Errors
/// What is wrong, with file and line.
pub(crate) fn compile(files: &[(String, String)]) -> Result<String, String> {
    let mut ids = BTreeSet::new();
    let mut out = String::from("pub(super) static ALL: &[Practice] = &[\n");
    for (family, text) in files {
        let practices = family_practices(family, text, &mut ids).map_err(|(span, message)| {
            let line = text.get(..span.start).unwrap_or(text).matches('\n').count() + 1;
            format!("core/practices/{family}.toml:{line}: {message}")
        })?;
        out.push_str(&practices);
    }
    out.push_str("];\n");
    Ok(out)
}

fn family_practices(family: &str, text: &str, ids: &mut BTreeSet<String>) -> Result<String, Fault> {
    let file: File =
        toml::from_str(text).map_err(|error| (error.span().unwrap_or(0..0), error.message().replace('\n', " ")))?;
    let mut out = String::new();
    for practice in &file.practice {
        if !ids.insert(practice.get_ref().id.get_ref().clone()) {
            return Err((practice.get_ref().id.span(), "a second practice with this id".into()));
        }
        write_practice(&mut out, family, practice)?;
    }
    Ok(out)
}

fn write_practice(out: &mut String, family: &str, practice: &Spanned<Practice>) -> Result<(), Fault> {
    let (span, practice) = (practice.span(), practice.get_ref());
    code(&practice.id)?;
    if *practice.version.get_ref() == 0 {
        return Err((practice.version.span(), "versions count from 1".into()));
    }
    let shape = one_of(&practice.shape, &SHAPES)?;
    let writers = one_of(&practice.writers, &WRITERS)?;
    if (shape == "vault" || shape == "own_entry") && writers != "author" {
        return Err((practice.writers.span(), format!("`{shape}` has one writer: `author`")));
    }
    let schedule = match &practice.schedule {
        None => "None".into(),
        Some(schedule) if shape != "sealed_pair" => {
            return Err((schedule.span(), "only a `sealed_pair` has a built-in series".into()));
        }
        Some(schedule) => format!("Some(Schedule::{})", camel(one_of(schedule, &SCHEDULES)?)),
    };
    let mut guide = Vec::new();
    for step in &practice.guide {
        guide.push(code(step)?);
    }
    let mut safety = Vec::new();
    for flag in &practice.safety {
        safety.push(format!("Safety::{}", camel(one_of(flag, &SAFETY)?)));
    }
    let rows = practice.rows.get_ref();
    if rows.is_empty() || !rows.is_sorted_by(|a, b| a < b) || rows.iter().any(|row| !ROWS.contains(row)) {
        return Err((practice.rows.span(), "rows are those of the list of practices, 1 to 79, ascending".into()));
    }
    let fields = fields(&practice.field, &span)?;
    writeln!(
        out,
        "    Practice {{ id: {:?}, version: {}, family: {family:?}, shape: Shape::{}, fields: &[{fields}], \
         writers: Writers::{}, private_first: {}, acknowledged: {}, schedule: {schedule}, guide: &{guide:?}, \
         safety: &[{}], rows: &{rows:?} }},",
        practice.id.get_ref(),
        practice.version.get_ref(),
        camel(shape),
        camel(writers),
        practice.private_first,
        practice.acknowledged,
        safety.join(", "),
    )
    .map_err(|error| (span, error.to_string()))
}

fn fields(fields: &[Spanned<Field>], practice: &std::ops::Range<usize>) -> Result<String, Fault> {
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
        let (kind, most) = kind(field, &span)?;
        bytes += most;
        let (number, name, required) = (field.number.get_ref(), field.name.get_ref(), field.required);
        write!(out, "Field {{ number: {number}, name: {name:?}, kind: {kind}, required: {required} }}, ")
            .map_err(|error| (span, error.to_string()))?;
    }
    if fields.is_empty() {
        return Err((practice.clone(), "a practice has fields".into()));
    }
    if bytes > BODY_BYTES {
        return Err((practice.clone(), format!("the fields may have {bytes} bytes, a statement {BODY_BYTES}")));
    }
    Ok(out)
}

/// A field's type as Rust, and how many bytes its value has at most.
fn kind(field: &Field, span: &std::ops::Range<usize>) -> Result<(String, usize), Fault> {
    const ENCODED: usize = 16;
    let allowed: &[&str] = match field.kind.get_ref().as_str() {
        "text" => &["limit"],
        "uint" => &["min", "max"],
        "list" => &["items", "limit"],
        "choice" => &["choices"],
        "bool" | "date" => &[],
        _ => return Err((field.kind.span(), "a type is text, uint, bool, list, choice or date".into())),
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
    let positive = |value: &Option<Spanned<usize>>| match value {
        Some(value) if *value.get_ref() == 0 => Err((value.span(), "more than 0".into())),
        Some(value) => Ok(*value.get_ref()),
        None => Ok(0),
    };
    let limit = positive(&field.limit)?;
    let items = positive(&field.items)?;
    let bytes = limit.saturating_mul(SCALAR_BYTES).saturating_add(ENCODED);
    Ok(match field.kind.get_ref().as_str() {
        "text" => (format!("FieldKind::Text {{ limit: {limit} }}"), bytes),
        "list" => (format!("FieldKind::List {{ items: {items}, limit: {limit} }}"), bytes.saturating_mul(items)),
        "uint" => {
            let bound = |value: &Option<Spanned<u64>>| value.as_ref().map_or(0, |value| *value.get_ref());
            let (min, max) = (bound(&field.min), bound(&field.max));
            if min > max {
                return Err((span.clone(), "`min` is above `max`".into()));
            }
            (format!("FieldKind::Uint {{ min: {min}, max: {max} }}"), ENCODED)
        }
        "choice" => {
            let choices = field.choices.as_ref().map(Spanned::get_ref).map_or(&[][..], Vec::as_slice);
            let distinct: BTreeSet<_> = choices.iter().collect();
            if choices.len() < 2 || distinct.len() < choices.len() || !choices.iter().all(|choice| is_code(choice)) {
                let at = field.choices.as_ref().map_or(span.clone(), Spanned::span);
                return Err((at, "choices are two or more different codes".into()));
            }
            let longest = choices.iter().map(String::len).max().unwrap_or(0);
            (format!("FieldKind::Choice {{ choices: &{choices:?} }}"), longest + ENCODED)
        }
        "bool" => ("FieldKind::Bool".into(), ENCODED),
        _ => ("FieldKind::Date".into(), ENCODED),
    })
}

fn one_of<'a>(value: &'a Spanned<String>, known: &[&str]) -> Result<&'a str, Fault> {
    if known.contains(&value.get_ref().as_str()) {
        Ok(value.get_ref())
    } else {
        Err((value.span(), format!("one of {}", known.join(", "))))
    }
}

/// Codes are what texts in every language are found by: lower case, digits, underscores.
fn code(value: &Spanned<String>) -> Result<&str, Fault> {
    if is_code(value.get_ref()) {
        Ok(value.get_ref())
    } else {
        Err((value.span(), "a code has lower-case letters, digits and underscores, and begins with a letter".into()))
    }
}

fn is_code(value: &str) -> bool {
    value.starts_with(|first: char| first.is_ascii_lowercase())
        && value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

fn camel(code: &str) -> String {
    let word = |word: &str| word.get(..1).unwrap_or("").to_uppercase() + word.get(1..).unwrap_or("");
    code.split('_').map(word).collect()
}

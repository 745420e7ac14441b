// Reads and checks the practices, and writes them as Rust. Compiled into the build script, and into the tests of the
// catalogue, which give it bad input.
//
// A practice's id, and a field's number and type, are part of what people sign: they never change, they are only added
// to. Whatever is wrong is named with its file and line.

mod act;
mod content;
mod field;
mod guide;
mod practice;
mod refused;

use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use toml::Spanned;

/// Rows of the list of practices that the product was drawn from.
const ROWS: std::ops::RangeInclusive<u8> = 1..=79;
/// Bytes that a statement's body may have, less what is not fields (the specification, 3.2).
const BODY_BYTES: usize = 127 * 1024;
/// Bytes that a code in a statement may have.
const CODE_BYTES: usize = 64;

/// Where in a file something is wrong, and what.
type Fault = (Range<usize>, String);

/// What the files of one folder may declare. A file that declares practices is a family, and its name is the family's.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    practice: Vec<Spanned<practice::Practice>>,
    #[serde(default)]
    act: Vec<Spanned<act::Act>>,
    #[serde(default)]
    guide: Vec<Spanned<guide::Guide>>,
    #[serde(default)]
    operation: Vec<Spanned<content::Duty>>,
    #[serde(default)]
    guarantee: Vec<Spanned<content::Duty>>,
    #[serde(default)]
    row: Vec<Spanned<content::Row>>,
    #[serde(default)]
    template: Vec<Spanned<content::Template>>,
    #[serde(default)]
    card: Vec<Spanned<content::Card>>,
    #[serde(default)]
    hint: Vec<Spanned<content::Hint>>,
    #[serde(default)]
    region: Vec<Spanned<content::Region>>,
}

/// How much of a practice is written: everything, or what phones can do.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Extent {
    Whole,
    Ready,
}

impl Extent {
    fn has(self, ready: bool) -> bool {
        self == Self::Whole || ready
    }
}

fn always() -> bool {
    true
}

/// What names in one file may refer to in another.
#[derive(Default)]
struct Known {
    practices: BTreeMap<String, Summary>,
    /// Acts that every practice has, as the shapes know them, and whether they are ready.
    acts: BTreeMap<String, (String, bool)>,
    guides: BTreeSet<String>,
    ready_guides: BTreeSet<String>,
    hints: BTreeSet<String>,
}

/// What others may name in a practice.
#[derive(Default)]
struct Summary {
    fields: BTreeMap<String, Vec<String>>,
    parts: BTreeSet<String>,
    acts: BTreeSet<String>,
}

/// The lists that the catalogue is written as, and the type of each.
const LISTS: [(&str, &str); 15] = [
    ("PRACTICES", "Practice"),
    ("READY_PRACTICES", "Practice"),
    ("COMMON_ACTS", "Act"),
    ("READY_COMMON_ACTS", "Act"),
    ("GUIDES", "Guide"),
    ("READY_GUIDES", "Guide"),
    ("OPERATIONS", "Duty"),
    ("READY_OPERATIONS", "Duty"),
    ("GUARANTEES", "Duty"),
    ("READY_GUARANTEES", "Duty"),
    ("ROWS", "Row"),
    ("TEMPLATES", "Template"),
    ("CARDS", "Card"),
    ("HINTS", "Hint"),
    ("HELP", "Region"),
];

/// The lists while they are written.
#[derive(Default)]
struct Out(BTreeMap<&'static str, String>);

impl Out {
    fn list(&mut self, name: &'static str) -> &mut String {
        self.0.entry(name).or_default()
    }

    /// A line of a list, and of the list of what is ready if it is.
    fn line(&mut self, whole: &'static str, part: &'static str, ready: bool, item: &str) {
        for list in [(whole, true), (part, ready)].into_iter().filter_map(|(list, wanted)| wanted.then_some(list)) {
            let text = self.list(list);
            text.push_str("    ");
            text.push_str(item);
            text.push_str(",\n");
        }
    }

    fn written(self) -> String {
        let list = |(name, kind): &(&str, &str)| {
            let items = self.0.get(name).map_or("", String::as_str);
            format!("pub(super) static {name}: &[{kind}] = &[\n{items}];\n")
        };
        LISTS.iter().map(list).collect()
    }
}

/// Checks the files, each a name without its ending and its content, and writes the catalogue as Rust.
///
/// # Errors
/// What is wrong, with file and line.
pub(crate) fn compile(files: &[(String, String)]) -> Result<String, String> {
    let mut read = Vec::new();
    let mut known = Known::default();
    for (name, text) in files {
        let file = toml::from_str::<File>(text)
            .map_err(|error| at(name, text, (error.span().unwrap_or(0..0), error.message().replace('\n', " "))))?;
        learn(&mut known, &file).map_err(|fault| at(name, text, fault))?;
        read.push((name, text, file));
    }
    let mut out = Out::default();
    for (name, text, file) in &read {
        write(&mut out, name, file, &known).map_err(|fault| at(name, text, fault))?;
    }
    Ok(out.written())
}

fn at(name: &str, text: &str, (span, message): Fault) -> String {
    let line = text.get(..span.start).unwrap_or(text).matches('\n').count() + 1;
    format!("core/practices/{name}.toml:{line}: {message}")
}

/// Takes in what others may refer to; ids are unique in the whole folder.
fn learn(known: &mut Known, file: &File) -> Result<(), Fault> {
    for practice in &file.practice {
        let practice = practice.get_ref();
        let id = practice.id.get_ref().clone();
        if known.practices.insert(id, practice.summary()).is_some() {
            return Err((practice.id.span(), "a second practice with this id".into()));
        }
    }
    for act in &file.act {
        let (rule, _) = act::written(act, None, known)?;
        let act = act.get_ref();
        if known.acts.insert(act.id.get_ref().clone(), (rule, act.ready)).is_some() {
            return Err((act.id.span(), "a second act with this id".into()));
        }
    }
    for guide in &file.guide {
        let guide = guide.get_ref();
        unique(&mut known.guides, &guide.id, "guide")?;
        if guide.ready {
            known.ready_guides.insert(guide.id.get_ref().clone());
        }
    }
    for hint in &file.hint {
        unique(&mut known.hints, &hint.get_ref().id, "hint")?;
    }
    Ok(())
}

fn write(out: &mut Out, name: &str, file: &File, known: &Known) -> Result<(), Fault> {
    for practice in &file.practice {
        let whole = practice::written(name, practice, known, Extent::Whole)?;
        out.list("PRACTICES").push_str(&whole);
        if practice.get_ref().ready {
            let ready = practice::written(name, practice, known, Extent::Ready)?;
            out.list("READY_PRACTICES").push_str(&ready);
        }
    }
    for act in &file.act {
        let (_, written) = act::written(act, None, known)?;
        out.line("COMMON_ACTS", "READY_COMMON_ACTS", act.get_ref().ready, &written);
    }
    for guide in &file.guide {
        let written = guide::written(guide, known)?;
        out.line("GUIDES", "READY_GUIDES", guide.get_ref().ready, &written);
    }
    content::write(out, file, known)
}

fn unique(ids: &mut BTreeSet<String>, id: &Spanned<String>, what: &str) -> Result<(), Fault> {
    code(id)?;
    if ids.insert(id.get_ref().clone()) { Ok(()) } else { Err((id.span(), format!("a second {what} with this id"))) }
}

fn rows(rows: &Spanned<Vec<u8>>) -> Result<&[u8], Fault> {
    let numbers = rows.get_ref();
    if numbers.is_empty() || !numbers.is_sorted_by(|a, b| a < b) || numbers.iter().any(|row| !ROWS.contains(row)) {
        return Err((rows.span(), "rows are those of the list of practices, 1 to 79, ascending".into()));
    }
    Ok(numbers)
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
    if !is_code(value.get_ref()) {
        let rule = "a code has lower-case letters, digits and underscores, begins with a letter and is short";
        return Err((value.span(), rule.into()));
    }
    refused::check(value)?;
    Ok(value.get_ref())
}

fn is_code(value: &str) -> bool {
    value.len() <= CODE_BYTES
        && value.starts_with(|first: char| first.is_ascii_lowercase())
        && value.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}

/// `Some(value)` or `None`, as Rust.
fn option(value: Option<String>) -> String {
    value.map_or("None".into(), |value| format!("Some({value})"))
}

fn camel(code: &str) -> String {
    let word = |word: &str| word.get(..1).unwrap_or("").to_uppercase() + word.get(1..).unwrap_or("");
    code.split('_').map(word).collect()
}

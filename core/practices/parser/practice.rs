// One practice of a family.

use super::act::{Act, Alternatives, Document, Label, State};
use super::field::Field;
use super::{Extent, Fault, Known, Summary, act, always, camel, code, field, one_of, option, rows};
use serde::Deserialize;
use std::ops::Range;
use toml::Spanned;

pub(super) const SHAPES: [&str; 9] =
    ["own_entry", "two_sides", "co_text", "revisions", "sealed_pair", "ask", "list", "series", "vault"];
const WRITERS: [&str; 3] = ["author", "both", "each"];
const SCHEDULES: [&str; 2] = ["daily", "weekly"];
const SAFETY: [&str; 4] = ["no_proof_fields", "review_required", "safety_link", "never_prompted"];
const PARTS: [&str; 2] = ["main", "side"];
const SIDES: [&str; 2] = ["each", "other"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Practice {
    pub(super) id: Spanned<String>,
    version: Spanned<u32>,
    pub(super) shape: Spanned<String>,
    writers: Spanned<String>,
    /// Left out when phones can do it; `false` while they cannot.
    #[serde(default = "always")]
    pub(super) ready: bool,
    #[serde(default)]
    private_first: bool,
    #[serde(default)]
    pub(super) acknowledged: bool,
    #[serde(default)]
    built_in: Option<Spanned<bool>>,
    schedule: Option<Spanned<String>>,
    guide: Option<Spanned<String>>,
    #[serde(default)]
    safety: Vec<Spanned<String>>,
    rows: Spanned<Vec<u8>>,
    test: Spanned<String>,
    #[serde(default)]
    pub(super) field: Vec<Spanned<Field>>,
    #[serde(default)]
    pub(super) act: Vec<Spanned<Act>>,
    #[serde(default)]
    pub(super) state: Vec<Spanned<State>>,
    pub(super) alternatives: Option<Spanned<Alternatives>>,
    #[serde(default)]
    pub(super) label: Vec<Spanned<Label>>,
    #[serde(default)]
    pub(super) document: Vec<Spanned<Document>>,
}

impl Practice {
    /// What others may name in it.
    pub(super) fn summary(&self) -> Summary {
        let choices = |field: &Field| field.choices.as_ref().map_or_else(Vec::new, |choices| choices.get_ref().clone());
        let field = |field: &Spanned<Field>| (field.get_ref().name.get_ref().clone(), choices(field.get_ref()));
        Summary {
            fields: self.field.iter().map(field).collect(),
            parts: self.document.iter().map(|document| document.get_ref().part.get_ref().clone()).collect(),
            acts: self.act.iter().map(|act| act.get_ref().id.get_ref().clone()).collect(),
        }
    }

    pub(super) fn has_sides(&self) -> bool {
        self.field.iter().any(|field| is_side(field.get_ref()))
    }

    pub(super) fn is(&self, shape: &str) -> bool {
        self.shape.get_ref() == shape
    }
}

fn is_side(field: &Field) -> bool {
    field.part.as_ref().is_some_and(|part| part.get_ref() == "side")
}

/// The practice as Rust.
pub(super) fn written(family: &str, whole: &Spanned<Practice>, known: &Known, extent: Extent) -> Result<String, Fault> {
    let (span, practice) = (whole.span(), whole.get_ref());
    let id = code(&practice.id)?;
    if *practice.version.get_ref() == 0 {
        return Err((practice.version.span(), "versions count from 1".into()));
    }
    let shape = one_of(&practice.shape, &SHAPES)?;
    let writers = one_of(&practice.writers, &WRITERS)?;
    if ["vault", "own_entry", "ask"].contains(&shape) && writers != "author" {
        return Err((practice.writers.span(), format!("`{shape}` has one writer: `author`")));
    }
    let (schedule, built_in) = (schedule(practice)?, built_in(practice)?);
    if let Some(guide) = &practice.guide
        && !known.guides.contains(guide.get_ref())
    {
        return Err((guide.span(), "there is no such guide".into()));
    }
    let mut safety = Vec::new();
    for flag in &practice.safety {
        safety.push(format!("Safety::{}", camel(one_of(flag, &SAFETY)?)));
    }
    if *practice.test.get_ref() != format!("life_of_{id}") {
        return Err((practice.test.span(), format!("the test of a practice is its life: `life_of_{id}`")));
    }
    let rows = rows(&practice.rows)?;
    let (fields, side) = fields(practice, &span, known, extent)?;
    let tables = act::tables(practice, &span, known, extent)?;
    let guide = practice.guide.as_ref().map(Spanned::get_ref);
    let guide = guide.filter(|guide| extent.has(known.ready_guides.contains(*guide)));
    Ok(format!(
        "    Practice {{ id: {id:?}, version: {}, family: {family:?}, shape: Shape::{}, fields: &[{fields}], \
         side: {side}, {tables}, writers: Writers::{}, private_first: {}, acknowledged: {}, built_in: {built_in}, \
         schedule: {schedule}, guide: {}, safety: &[{}], rows: &{rows:?}, test: {:?} }},\n",
        practice.version.get_ref(),
        camel(shape),
        camel(writers),
        practice.private_first,
        practice.acknowledged,
        option(guide.map(|guide| format!("{guide:?}"))),
        safety.join(", "),
        practice.test.get_ref(),
    ))
}

fn schedule(practice: &Practice) -> Result<String, Fault> {
    let Some(schedule) = &practice.schedule else { return Ok("None".into()) };
    if !practice.is("sealed_pair") && !practice.is("series") {
        return Err((schedule.span(), "only a `sealed_pair` or a `series` comes back".into()));
    }
    Ok(format!("Some(Schedule::{})", camel(one_of(schedule, &SCHEDULES)?)))
}

/// A sealed pair with a schedule is built in; a list or a series says whether it is.
fn built_in(practice: &Practice) -> Result<bool, Fault> {
    match &practice.built_in {
        Some(built_in) if !practice.is("list") && !practice.is("series") => {
            Err((built_in.span(), "only a `list` or a `series` says whether every space has one".into()))
        }
        Some(built_in) => Ok(*built_in.get_ref()),
        None => Ok(practice.is("sealed_pair") && practice.schedule.is_some()),
    }
}

/// The fields of the entry, and those of its sides with who has one.
fn fields(practice: &Practice, span: &Range<usize>, known: &Known, extent: Extent) -> Result<(String, String), Fault> {
    let mut by: Option<&Spanned<String>> = None;
    for field in &practice.field {
        let field = field.get_ref();
        if let Some(part) = &field.part {
            one_of(part, &PARTS)?;
        }
        match (&field.by, is_side(field)) {
            (Some(who), true) => {
                one_of(who, &SIDES)?;
                if by.is_some_and(|other| other.get_ref() != who.get_ref()) {
                    return Err((who.span(), "the fields of a side are written by the same".into()));
                }
                by = Some(who);
            }
            (Some(who), false) => return Err((who.span(), "only a field of a side says by whom".into())),
            (None, true) => return Err((field.name.span(), "a field of a side says by whom".into())),
            (None, false) => {}
        }
    }
    if practice.is("two_sides") && by.is_none_or(|by| by.get_ref() != "each") {
        return Err((practice.shape.span(), "`two_sides` has fields on a side that each has".into()));
    }
    if practice.is("vault") && by.is_some() {
        return Err((practice.shape.span(), "`vault` has one side only".into()));
    }
    if practice.field.is_empty() && practice.document.is_empty() {
        return Err((span.clone(), "a practice has fields".into()));
    }
    let there = |field: &&Spanned<Field>| extent.has(field.get_ref().ready);
    let of = |side: bool| practice.field.iter().filter(move |field| is_side(field.get_ref()) == side).filter(there);
    let mut names = std::collections::BTreeSet::new();
    if let Some(twice) = practice.field.iter().find(|field| !names.insert(field.get_ref().name.get_ref())) {
        return Err((twice.get_ref().name.span(), "a second field with this name".into()));
    }
    let main = field::written(of(false), span, known)?;
    let side = match by {
        None => "None".into(),
        Some(_) if of(true).next().is_none() => "None".into(),
        Some(by) => {
            let fields = field::written(of(true), span, known)?;
            format!("Some(Side {{ by: By::{}, fields: &[{fields}] }})", camel(by.get_ref()))
        }
    };
    Ok((main, side))
}

// What people do with an entry, the states that follow from it, what the day adds to them, and the documents beside an
// entry.

use super::field::{Field, written as fields};
use super::practice::Practice;
use super::{Extent, Fault, Known, always, camel, code, one_of, option};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::ops::Range;
use toml::Spanned;

const BY: [&str; 3] = ["author", "other", "each"];
const ON: [&str; 7] = ["entry", "wording", "revision", "alternative", "step", "item", "occurrence"];
const RANKS: [&str; 5] = ["ask", "counter", "answer", "decline", "withdraw"];
const SCHEMAS: [&str; 2] = ["note", "list"];
const DAYS: [&str; 2] = ["on", "after"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Act {
    pub(super) id: Spanned<String>,
    /// Left out when phones can do it; `false` while they cannot.
    #[serde(default = "always")]
    pub(super) ready: bool,
    by: Spanned<String>,
    #[serde(default)]
    group: Option<Spanned<String>>,
    on: Spanned<String>,
    from: Option<Spanned<Vec<String>>>,
    to: Option<Spanned<String>>,
    rank: Option<Spanned<String>>,
    #[serde(default)]
    field: Vec<Spanned<Field>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    id: Spanned<String>,
    /// Left out when phones can do it; `false` while they cannot.
    #[serde(default = "always")]
    ready: bool,
    #[serde(default)]
    when: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Label {
    id: Spanned<String>,
    /// Left out when phones can do it; `false` while they cannot.
    #[serde(default = "always")]
    ready: bool,
    field: Spanned<String>,
    when: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Document {
    pub(super) part: Spanned<String>,
    /// Left out when phones can do it; `false` while they cannot.
    #[serde(default = "always")]
    ready: bool,
    schema: Spanned<String>,
    #[serde(default)]
    holds: Vec<Spanned<String>>,
    #[serde(default)]
    field: Vec<Spanned<Field>>,
}

/// An act as Rust; `practice` is none for those that every practice has.
pub(super) fn written(act: &Spanned<Act>, practice: Option<&Practice>, known: &Known) -> Result<String, Fault> {
    let (span, act) = (act.span(), act.get_ref());
    let id = code(&act.id)?;
    if practice.is_some() && known.acts.contains(id) {
        return Err((act.id.span(), "every practice has an act with this id".into()));
    }
    let by = camel(one_of(&act.by, &BY)?);
    let on = one_of(&act.on, &ON)?;
    if let Some(practice) = practice {
        check_subject(act, on, practice)?;
    }
    let group = act.group.as_ref().map(code).transpose()?.map(|group| format!("{group:?}"));
    let is_ask = practice.is_some_and(|practice| practice.is("ask"));
    for field in act.field.iter().map(Spanned::get_ref) {
        if let Some(at) = field.part.as_ref().or(field.by.as_ref()) {
            return Err((at.span(), "an act's field has no part and no side".into()));
        }
    }
    let (from, to, rank) = if is_ask { moves(act, &span, practice)? } else { no_moves(act)? };
    let fields = fields(&act.field, &span, known)?;
    Ok(format!(
        "Act {{ id: {id:?}, by: By::{by}, group: {}, on: On::{}, from: &[{from}], to: {to}, rank: {rank}, \
         fields: &[{fields}] }}",
        option(group),
        camel(on),
    ))
}

/// Whether there is what an act names.
fn check_subject(act: &Act, on: &str, practice: &Practice) -> Result<(), Fault> {
    let lists = || practice.document.iter().any(|document| document.get_ref().schema.get_ref() == "list");
    let offers = |other: &Spanned<Act>| other.get_ref().group.as_ref().is_some_and(|group| group.get_ref() == "offer");
    let there = match on {
        "wording" => ["own_entry", "two_sides", "ask", "vault"].iter().any(|shape| practice.is(shape)),
        "revision" | "step" => practice.is("revisions"),
        "alternative" => practice.act.iter().any(offers),
        "item" => lists(),
        "occurrence" => practice.is("series"),
        _ => true,
    };
    if there { Ok(()) } else { Err((act.on.span(), format!("a `{}` has no {on}", practice.shape.get_ref()))) }
}

fn no_moves(act: &Act) -> Result<(String, String, String), Fault> {
    let given = [
        act.from.as_ref().map(Spanned::span),
        act.to.as_ref().map(Spanned::span),
        act.rank.as_ref().map(Spanned::span),
    ];
    match given.into_iter().flatten().next() {
        Some(at) => Err((at, "only an `ask` goes from state to state".into())),
        None => Ok((String::new(), "None".into(), "None".into())),
    }
}

/// From which states an act of an ask leads where, and how it ranks among concurrent ones.
fn moves(act: &Act, span: &Range<usize>, practice: Option<&Practice>) -> Result<(String, String, String), Fault> {
    let known: Vec<&str> = practice.into_iter().flat_map(|practice| &practice.state).map(state_id).collect();
    let Some(from) = &act.from else {
        return Err((span.clone(), "an act of an `ask` says from which states".into()));
    };
    let states = from.get_ref();
    let all = states.iter().map(String::as_str).eq(["*"]);
    if states.is_empty() || !(all || states.iter().all(|state| known.contains(&state.as_str()))) {
        return Err((from.span(), "states of this practice, or \"*\" for all of them".into()));
    }
    if let Some(to) = &act.to
        && !known.contains(&to.get_ref().as_str())
    {
        return Err((to.span(), "a state of this practice".into()));
    }
    let rank = match (&act.rank, &act.to) {
        (None, Some(to)) => return Err((to.span(), "an act that leads to a state has a rank".into())),
        (Some(rank), None) => return Err((rank.span(), "an act that leads nowhere has no rank".into())),
        (Some(rank), Some(_)) => Some(format!("Rank::{}", camel(one_of(rank, &RANKS)?))),
        (None, None) => None,
    };
    let from: Vec<_> = states.iter().map(|state| format!("{state:?}")).collect();
    let to = act.to.as_ref().map(|to| format!("{:?}", to.get_ref()));
    Ok((from.join(", "), option(to), option(rank)))
}

fn state_id(state: &Spanned<State>) -> &str {
    state.get_ref().id.get_ref()
}

/// Everything but the fields of a practice, as members of the Rust literal.
pub(super) fn tables(practice: &Practice, span: &Range<usize>, known: &Known, extent: Extent) -> Result<String, Fault> {
    let (mut ids, mut acts) = (BTreeSet::new(), Vec::new());
    for act in &practice.act {
        if !ids.insert(act.get_ref().id.get_ref()) {
            return Err((act.get_ref().id.span(), "a second act with this id".into()));
        }
        let written = written(act, Some(practice), known)?;
        if extent.has(act.get_ref().ready) {
            acts.push(written);
        }
    }
    let states = if practice.is("ask") { ask_states(practice, span)? } else { states(practice, known, extent)? };
    let (mut labels, mut documents) = (Vec::new(), Vec::new());
    for label in practice.label.iter().map(Spanned::get_ref) {
        let id = code(&label.id)?;
        if !practice.summary().fields.contains_key(label.field.get_ref()) {
            return Err((label.field.span(), "there is no such field".into()));
        }
        let when = camel(one_of(&label.when, &DAYS)?);
        if extent.has(label.ready) {
            labels.push(format!("Label {{ id: {id:?}, field: {:?}, when: When::{when} }}", label.field.get_ref()));
        }
    }
    let mut parts = BTreeSet::new();
    for document in &practice.document {
        if !parts.insert(document.get_ref().part.get_ref()) {
            return Err((document.get_ref().part.span(), "a second document with this name".into()));
        }
        let written = document_written(document, practice, known)?;
        if extent.has(document.get_ref().ready) {
            documents.push(written);
        }
    }
    let (acts, labels, documents) = (acts.join(", "), labels.join(", "), documents.join(", "));
    Ok(format!("acts: &[{acts}], states: &[{states}], labels: &[{labels}], documents: &[{documents}]"))
}

fn document_written(document: &Spanned<Document>, practice: &Practice, known: &Known) -> Result<String, Fault> {
    let (span, document) = (document.span(), document.get_ref());
    let part = code(&document.part)?;
    let schema = one_of(&document.schema, &SCHEMAS)?;
    if schema == "note" && !(document.field.is_empty() && document.holds.is_empty()) {
        return Err((document.schema.span(), "a `note` is text: it has no items".into()));
    }
    if practice.is("co_text") && schema != "note" {
        return Err((document.schema.span(), "`co_text` is a `note`".into()));
    }
    let mut holds = Vec::new();
    for held in &document.holds {
        if !known.practices.contains_key(held.get_ref()) {
            return Err((held.span(), "there is no such practice".into()));
        }
        holds.push(held.get_ref());
    }
    let fields = fields(&document.field, &span, known)?;
    Ok(format!(
        "Document {{ part: {part:?}, schema: Schema::{}, holds: &{holds:?}, fields: &[{fields}] }}",
        camel(schema)
    ))
}

/// The states of an ask: the first is the one it begins in, and each can be reached.
fn ask_states(practice: &Practice, span: &Range<usize>) -> Result<String, Fault> {
    let (mut out, mut ids) = (Vec::new(), BTreeSet::new());
    let leads_to =
        |id: &str| practice.act.iter().any(|act| act.get_ref().to.as_ref().is_some_and(|to| to.get_ref() == id));
    for (index, state) in practice.state.iter().enumerate() {
        let id = code(&state.get_ref().id)?;
        if !ids.insert(id) {
            return Err((state.get_ref().id.span(), "a second state with this id".into()));
        }
        let mut when = Vec::new();
        for condition in &state.get_ref().when {
            when.push(format!("Condition::{}", camel(one_of(condition, &["mutual", "picked"])?)));
        }
        if index > 0 && when.is_empty() && !leads_to(id) {
            return Err((state.get_ref().id.span(), "nothing leads to this state".into()));
        }
        out.push(format!("State {{ id: {id:?}, when: &[{}] }}", when.join(", ")));
    }
    if out.is_empty() {
        return Err((span.clone(), "an `ask` has states".into()));
    }
    let withdraws = |act: &&Spanned<Act>| {
        let act = act.get_ref();
        let is = |value: &Option<Spanned<String>>, wanted: &str| value.as_ref().is_some_and(|v| v.get_ref() == wanted);
        let always = act.from.as_ref().is_some_and(|from| from.get_ref().iter().eq(["*"]));
        is(&act.rank, "withdraw") && act.by.get_ref() == "author" && always && act.field.iter().all(optional)
    };
    if practice.act.iter().filter(withdraws).count() != 1 {
        return Err((span.clone(), "who asks can withdraw in every state: one act by the author, from \"*\"".into()));
    }
    Ok(out.join(", "))
}

fn optional(field: &Spanned<Field>) -> bool {
    !field.get_ref().required
}

/// The states of anything else: the first whose conditions hold. What a shape says of every entry comes first.
fn states(practice: &Practice, known: &Known, extent: Extent) -> Result<String, Fault> {
    let mut out = Vec::new();
    let mut add = |id: &str, when: &[String]| {
        let when: Vec<_> = when.iter().map(|condition| format!("Condition::{condition}")).collect();
        out.push(format!("State {{ id: {id:?}, when: &[{}] }}", when.join(", ")));
    };
    let one = |condition: &str| vec![condition.to_owned()];
    let is_own = ["own_entry", "two_sides", "vault"].iter().any(|shape| practice.is(shape));
    if is_own {
        add("redacted", &one("Redacted"));
    }
    if is_own && !practice.is("vault") {
        add("private", &one("Private"));
    }
    for (index, state) in practice.state.iter().map(Spanned::get_ref).enumerate() {
        let id = code(&state.id)?;
        let last = index + 1 == practice.state.len();
        if last != state.when.is_empty() {
            return Err((state.id.span(), "every state but the last has conditions, and the last has none".into()));
        }
        let mut when = Vec::new();
        for condition in &state.when {
            when.push(condition_written(condition, practice, known)?);
        }
        if extent.has(state.ready) {
            add(id, &when);
        }
    }
    if !practice.state.iter().any(|state| extent.has(state.get_ref().ready)) {
        if practice.acknowledged {
            add("acknowledged", &one("Acknowledged"));
            add("changed_since_acknowledged", &one("AcknowledgedEarlier"));
        }
        match practice.shape.get_ref().as_str() {
            "own_entry" => add("shared", &[]),
            "vault" => add("private", &[]),
            "two_sides" => {
                add("both_shared", &["SideAuthor".into(), "SideOther".into()]);
                add("one_side_shared", &[]);
            }
            _ => {}
        }
    }
    Ok(out.join(", "))
}

fn condition_written(condition: &Spanned<String>, practice: &Practice, known: &Known) -> Result<String, Fault> {
    let wrong = |message: &str| Err((condition.span(), message.to_owned()));
    let text = condition.get_ref().as_str();
    match text {
        "acknowledged" | "acknowledged_earlier" if practice.acknowledged => return Ok(camel(text)),
        "acknowledged" | "acknowledged_earlier" => return wrong("this practice is not acknowledged"),
        "side:author" | "side:other" if practice.has_sides() => return Ok(camel(&text.replace(':', "_"))),
        "side:author" | "side:other" => return wrong("this practice has no sides"),
        "moved" if practice.is("series") => return Ok("Moved".into()),
        "moved" => return wrong("only an occurrence of a `series` is moved"),
        _ => {}
    }
    let Some((who, name)) = text.split_once(':') else {
        return wrong(
            "a condition is `author:act`, `other:`, `any:`, `both:`, `none:act`, `about:practice`, \
                      `acknowledged`, `acknowledged_earlier`, `side:author` or `side:other`",
        );
    };
    if who == "about" {
        if !known.practices.contains_key(name) {
            return wrong("there is no such practice");
        }
        return Ok(format!("About({name:?})"));
    }
    if !["author", "other", "any", "both", "none"].contains(&who) {
        return wrong("who a condition is about is author, other, any, both, none or about");
    }
    let Some(act) = practice.act.iter().map(Spanned::get_ref).find(|act| act.id.get_ref() == name) else {
        return wrong("there is no such act");
    };
    let by = act.by.get_ref().as_str();
    if (["author", "other"].contains(&who) && by != "each" && by != who) || (who == "both" && by != "each") {
        return wrong("whom this act is open to cannot meet that");
    }
    Ok(format!("{}({name:?})", camel(who)))
}

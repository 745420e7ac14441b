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
const RATINGS: [&str; 3] = ["works", "could", "cant"];
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
    /// Of an ask: the state that it is a kind of.
    of: Option<Spanned<String>>,
    /// Left out when phones can do it; `false` while they cannot.
    #[serde(default = "always")]
    ready: bool,
    #[serde(default)]
    when: Vec<Spanned<String>>,
}

/// Where the acts of an ask keep what alternatives are made of.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alternatives {
    rate: Spanned<String>,
    rating: Spanned<u32>,
    slot: Option<Spanned<u32>>,
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

/// An act as the shapes know it, and with its fields, as Rust; `practice` is none for those that every practice has.
pub(super) fn written(
    act: &Spanned<Act>,
    practice: Option<&Practice>,
    known: &Known,
) -> Result<(String, String), Fault> {
    let (span, act) = (act.span(), act.get_ref());
    let code = code(&act.id)?;
    if practice.is_some() && known.acts.contains_key(code) {
        return Err((act.id.span(), "every practice has an act with this id".into()));
    }
    let by = camel(one_of(&act.by, &BY)?);
    let on = one_of(&act.on, &ON)?;
    if let Some(practice) = practice {
        check_subject(act, on, practice)?;
    }
    let group = act.group.as_ref().map(super::code).transpose()?.map(|group| format!("{group:?}"));
    for field in act.field.iter().map(Spanned::get_ref) {
        if let Some(at) = field.part.as_ref().or(field.by.as_ref()) {
            return Err((at.span(), "an act's field has no part and no side".into()));
        }
    }
    let is_ask = practice.is_some_and(|practice| practice.is("ask"));
    let step = if is_ask { step(act, practice)? } else { no_step(act)? };
    let fields = fields(&act.field, &span, known)?;
    let rule = format!(
        "acts::Act {{ code: {code:?}, by: By::{by}, group: {}, on: On::{}, step: {step} }}",
        option(group),
        camel(on),
    );
    Ok((rule.clone(), format!("Act {{ rule: {rule}, fields: &[{fields}] }}")))
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

fn no_step(act: &Act) -> Result<String, Fault> {
    let given = [
        act.from.as_ref().map(Spanned::span),
        act.to.as_ref().map(Spanned::span),
        act.rank.as_ref().map(Spanned::span),
    ];
    match given.into_iter().flatten().next() {
        Some(at) => Err((at, "only an `ask` goes from state to state".into())),
        None => Ok("None".into()),
    }
}

/// From which states an act of an ask leads where, and what it weighs; an act that leads nowhere has none of the three.
fn step(act: &Act, practice: Option<&Practice>) -> Result<String, Fault> {
    let all = practice.into_iter().flat_map(|practice| &practice.state);
    let known: Vec<&str> = all.filter(|state| state.get_ref().of.is_none()).map(state_id).collect();
    let (from, to, rank) = match (&act.from, &act.to, &act.rank) {
        (None, None, None) => return Ok("None".into()),
        (Some(from), Some(to), Some(rank)) => (from, to, rank),
        _ => return Err((act.id.span(), "a step of an `ask` has `from`, `to` and `rank`; any other act none".into())),
    };
    let states = from.get_ref();
    let any = states.iter().map(String::as_str).eq(["*"]);
    if states.is_empty() || !(any || states.iter().all(|state| known.contains(&state.as_str()))) {
        return Err((from.span(), "states of this practice, or \"*\" for all of them".into()));
    }
    if !known.contains(&to.get_ref().as_str()) {
        return Err((to.span(), "a state of this practice".into()));
    }
    let rank = camel(one_of(rank, &RANKS)?);
    let from: Vec<_> = states.iter().map(|state| format!("{state:?}")).collect();
    Ok(format!("Some(acts::Step {{ from: &[{}], to: {:?}, rank: Rank::{rank} }})", from.join(", "), to.get_ref()))
}

fn state_id(state: &Spanned<State>) -> &str {
    state.get_ref().id.get_ref()
}

/// Everything but the fields of a practice, as members of the Rust literal.
pub(super) fn tables(practice: &Practice, span: &Range<usize>, known: &Known, extent: Extent) -> Result<String, Fault> {
    let (mut ids, mut acts, mut rules) = (BTreeSet::new(), Vec::new(), Vec::new());
    for act in &practice.act {
        if !ids.insert(act.get_ref().id.get_ref()) {
            return Err((act.get_ref().id.span(), "a second act with this id".into()));
        }
        let (rule, written) = written(act, Some(practice), known)?;
        if extent.has(act.get_ref().ready) {
            acts.push(written);
            rules.push(rule);
        }
    }
    rules.extend(known.acts.values().filter(|(_, ready)| extent.has(*ready)).map(|(rule, _)| rule.clone()));
    let (initial, alternatives) = (initial(practice), alternatives(practice)?);
    let series = series(practice)?;
    let states = if practice.is("ask") { ask_states(practice, span)? } else { states(practice, extent)? };
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
    Ok(format!(
        "acts: &[{acts}], table: acts::Table {{ practice: {:?}, acts: &[{}] }}, initial: {initial}, \
         alternatives: {alternatives}, series: {series}, states: &[{states}], labels: &[{labels}], documents: &[{documents}]",
        practice.id.get_ref(),
        rules.join(", "),
    ))
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

/// The state that an ask begins in: the first.
fn initial(practice: &Practice) -> String {
    option(practice.state.first().filter(|_| practice.is("ask")).map(|first| format!("{:?}", state_id(first))))
}

/// What alternatives are made of: an act that rates with three words, and the field by which offers are early or late.
fn alternatives(practice: &Practice) -> Result<String, Fault> {
    let Some(given) = &practice.alternatives else { return Ok("None".into()) };
    let Alternatives { rate, rating, slot } = given.get_ref();
    let acts = || practice.act.iter().map(Spanned::get_ref);
    let Some(rates) = acts().find(|act| act.id.get_ref() == rate.get_ref() && act.on.get_ref() == "alternative") else {
        return Err((rate.span(), "an act of this practice on an alternative".into()));
    };
    let words = |field: &Field| field.choices.as_ref().is_some_and(|all| all.get_ref().iter().eq(&RATINGS));
    if !rates.field.iter().any(|field| field.get_ref().has_number(*rating.get_ref()) && words(field.get_ref())) {
        return Err((rating.span(), format!("the number of a field of that act, a choice of {}", RATINGS.join(", "))));
    }
    let offers = acts().filter(|act| act.group.as_ref().is_some_and(|group| group.get_ref() == "offer"));
    let mut offered = offers.flat_map(|act| &act.field);
    if let Some(slot) = slot
        && !offered.any(|field| field.get_ref().has_number(*slot.get_ref()))
    {
        return Err((slot.span(), "the number of a field of the act that offers".into()));
    }
    Ok(format!(
        "Some(Alternatives {{ rate: {:?}, rating: {}, slot: {} }})",
        rate.get_ref(),
        rating.get_ref(),
        option(slot.as_ref().map(|slot| slot.get_ref().to_string())),
    ))
}

/// Where a series keeps its schedule and what is said of an occurrence: in fields and acts with these names.
fn series(practice: &Practice) -> Result<String, Fault> {
    if !practice.is("series") {
        return Ok("None".into());
    }
    let number = |name: &str| {
        let named = practice.field.iter().map(Spanned::get_ref).find(|field| field.name.get_ref() == name);
        named.map(Field::number)
    };
    let act = |name: &str| practice.act.iter().map(Spanned::get_ref).find(|act| act.id.get_ref() == name);
    let (Some(start), Some(rule)) = (number("start"), number("rule")) else {
        return Err((practice.shape.span(), "a `series` has the fields `start` and `rule`".into()));
    };
    let days = act("move").into_iter().flat_map(|act| &act.field).map(Spanned::get_ref);
    let day = days.filter(|field| field.name.get_ref() == "day").map(Field::number).next();
    let (Some(day), Some(_), Some(_)) = (day, act("skip"), act("happened")) else {
        let acts = "a `series` has the acts `move`, with a field `day`, `skip` and `happened`";
        return Err((practice.shape.span(), acts.into()));
    };
    // No field has the number 0: what a practice does not have is never there.
    let of = |name| number(name).unwrap_or(0);
    Ok(format!(
        "Some(Series {{ schedule: schedule::Fields {{ start: {start}, rule: {rule}, time: {}, zone: {}, duration: {}, \
         protected: {}, rotates: {} }}, acts: occurrence::Acts {{ move_to: \"move\", date: {day}, skip: \"skip\", \
         happened: \"happened\" }} }})",
        of("time"),
        of("zone"),
        of("length_minutes"),
        of("protected"),
        of("rotates"),
    ))
}

/// The states of an ask: the first is the one it begins in, each can be reached, and those that are a kind of another come
/// before it.
fn ask_states(practice: &Practice, span: &Range<usize>) -> Result<String, Fault> {
    let (mut kinds, mut plain, mut ids) = (Vec::new(), Vec::new(), BTreeSet::new());
    let leads_to =
        |id: &str| practice.act.iter().any(|act| act.get_ref().to.as_ref().is_some_and(|to| to.get_ref() == id));
    for state in practice.state.iter().map(Spanned::get_ref) {
        let id = code(&state.id)?;
        if !ids.insert(id) {
            return Err((state.id.span(), "a second state with this id".into()));
        }
        if let Some(of) = &state.of {
            if !ids.contains(of.get_ref().as_str()) || state.when.is_empty() {
                return Err((of.span(), "a state before this one, of which it is a kind when something holds".into()));
            }
            let mut when = vec![format!("Condition::Step({:?})", of.get_ref())];
            for condition in &state.when {
                when.push(format!("Condition::{}", camel(one_of(condition, &["mutually_acceptable", "picked"])?)));
            }
            kinds.push(format!("State {{ id: {id:?}, when: &[{}] }}", when.join(", ")));
        } else if let Some(condition) = state.when.first() {
            return Err((condition.span(), "only a state that is `of` another has conditions".into()));
        } else if ids.len() > 1 {
            if !leads_to(id) {
                return Err((state.id.span(), "nothing leads to this state".into()));
            }
            plain.push(format!("State {{ id: {id:?}, when: &[Condition::Step({id:?})] }}"));
        }
    }
    let Some(first) = practice.state.first() else {
        return Err((span.clone(), "an `ask` has states".into()));
    };
    let withdraws = |act: &&Spanned<Act>| {
        let act = act.get_ref();
        let is = |value: &Option<Spanned<String>>, wanted: &str| value.as_ref().is_some_and(|v| v.get_ref() == wanted);
        let always = act.from.as_ref().is_some_and(|from| from.get_ref().iter().eq(["*"]));
        let whole = act.on.get_ref() == "entry" && act.field.iter().all(|field| !field.get_ref().required);
        is(&act.rank, "withdraw") && act.by.get_ref() == "author" && always && whole
    };
    if practice.act.iter().filter(withdraws).count() != 1 {
        return Err((span.clone(), "who asks can withdraw in every state: one act by the author, from \"*\"".into()));
    }
    let private = "State { id: \"private\", when: &[Condition::Private] }".to_owned();
    let last = format!("State {{ id: {:?}, when: &[] }}", state_id(first));
    Ok([vec![private], kinds, plain, vec![last]].concat().join(", "))
}

/// The states of anything else: the first whose conditions hold. What a shape says of every entry comes first.
fn states(practice: &Practice, extent: Extent) -> Result<String, Fault> {
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
            when.push(condition_written(condition, practice)?);
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
                add("both_shared", &["Side(Who::Both)".into()]);
                add("one_side_shared", &[]);
            }
            _ => {}
        }
    }
    Ok(out.join(", "))
}

fn condition_written(condition: &Spanned<String>, practice: &Practice) -> Result<String, Fault> {
    let wrong = |message: &str| Err((condition.span(), message.to_owned()));
    let text = condition.get_ref().as_str();
    match text {
        "acknowledged" | "acknowledged_earlier" if practice.acknowledged => return Ok(camel(text)),
        "acknowledged" | "acknowledged_earlier" => return wrong("this practice is not acknowledged"),
        "lifted" if practice.is("own_entry") => return Ok("Lifted".into()),
        "lifted" => return wrong("only an `own_entry` is lifted"),
        _ => {}
    }
    let Some((who, name)) = text.split_once(':') else {
        return wrong(
            "a condition is `author:act`, `other:act`, `any:act`, `both:act`, `none:act`, each also with \
                      `@earlier`, `side:author`, `side:other`, `side:both`, `acknowledged`, `acknowledged_earlier` or \
                      `lifted`",
        );
    };
    if who == "side" {
        let whose = ["author", "other", "any", "both", "none"].contains(&name);
        if !whose || !practice.has_sides() {
            return wrong("this practice has no such side");
        }
        return Ok(format!("Side(Who::{})", camel(name)));
    }
    if !["author", "other", "any", "both", "none"].contains(&who) {
        return wrong("whom a condition is about is author, other, any, both, none or side");
    }
    let (name, kind) = match name.strip_suffix("@earlier") {
        Some(name) => (name, "Earlier"),
        None => (name, "Act"),
    };
    let Some(act) = practice.act.iter().map(Spanned::get_ref).find(|act| act.id.get_ref() == name) else {
        return wrong("there is no such act");
    };
    if kind == "Earlier" && act.on.get_ref() != "wording" {
        return wrong("only an act on a wording can be on an earlier one");
    }
    let by = act.by.get_ref().as_str();
    if (["author", "other"].contains(&who) && by != "each" && by != who) || (who == "both" && by != "each") {
        return wrong("whom this act is open to cannot meet that");
    }
    Ok(format!("{kind}(Who::{}, {name:?})", camel(who)))
}

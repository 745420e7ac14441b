// Guides: ordered steps through a practice. A step is open when what its gate names is done.

use super::{Fault, Known, Summary, always, camel, code, one_of, rows};
use serde::Deserialize;
use toml::Spanned;

const TURNS: [&str; 5] = ["each", "speaker", "listener", "both", "either"];
const WHO: [&str; 4] = ["both", "any", "speaker", "listener"];
const WHAT: [&str; 2] = ["done", "confirmed"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Guide {
    pub(super) id: Spanned<String>,
    /// Left out when phones can do it; `false` while they cannot.
    #[serde(default = "always")]
    pub(super) ready: bool,
    practice: Spanned<String>,
    rows: Spanned<Vec<u8>>,
    #[serde(default)]
    step: Vec<Spanned<Step>>,
    test: Spanned<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    id: Spanned<String>,
    turn: Spanned<String>,
    #[serde(default)]
    writes: Vec<Spanned<String>>,
    #[serde(default)]
    gate: Vec<Spanned<String>>,
    #[serde(default)]
    hints: Vec<Spanned<String>>,
}

/// A guide as Rust.
pub(super) fn written(guide: &Spanned<Guide>, known: &Known) -> Result<String, Fault> {
    let (span, guide) = (guide.span(), guide.get_ref());
    let id = guide.id.get_ref();
    let Some(practice) = known.practices.get(guide.practice.get_ref()) else {
        return Err((guide.practice.span(), "there is no such practice".into()));
    };
    code(&guide.test)?;
    if guide.step.is_empty() {
        return Err((span, "a guide has steps".into()));
    }
    let (mut before, mut steps) = (Vec::new(), Vec::new());
    for step in guide.step.iter().map(Spanned::get_ref) {
        let name = code(&step.id)?;
        if before.contains(&name) {
            return Err((step.id.span(), "a second step with this id".into()));
        }
        steps.push(step_written(step, &before, practice, known)?);
        before.push(name);
    }
    Ok(format!(
        "Guide {{ id: {id:?}, practice: {:?}, rows: &{:?}, steps: &[{}], test: {:?} }}",
        guide.practice.get_ref(),
        rows(&guide.rows)?,
        steps.join(", "),
        guide.test.get_ref(),
    ))
}

fn step_written(step: &Step, before: &[&str], practice: &Summary, known: &Known) -> Result<String, Fault> {
    let turn = camel(one_of(&step.turn, &TURNS)?);
    let mut writes = Vec::new();
    for target in &step.writes {
        let text = target.get_ref().as_str();
        writes.push(match text.split_once(':') {
            None if practice.fields.contains_key(text) => format!("Writes::Field({text:?})"),
            Some(("document", part)) if practice.parts.contains(part) => format!("Writes::Document({part:?})"),
            Some(("act", act)) if practice.acts.contains(act) => format!("Writes::Act({act:?})"),
            Some(("new", other)) if known.practices.contains_key(other) => format!("Writes::New({other:?})"),
            _ => {
                let rule = "a step writes a field of its practice, `document:part`, `act:id` or `new:practice`";
                return Err((target.span(), rule.into()));
            }
        });
    }
    let mut gates = Vec::new();
    for gate in &step.gate {
        gates.push(gate_written(gate, before)?);
    }
    for hint in &step.hints {
        if !known.hints.contains(hint.get_ref()) {
            return Err((hint.span(), "there is no such hint".into()));
        }
    }
    let hints: Vec<_> = step.hints.iter().map(Spanned::get_ref).collect();
    Ok(format!(
        "Step {{ id: {:?}, turn: Turn::{turn}, writes: &[{}], gates: &[{}], hints: &{hints:?} }}",
        step.id.get_ref(),
        writes.join(", "),
        gates.join(", "),
    ))
}

/// `step/who:what`: an earlier step, and who has done or confirmed it.
fn gate_written(gate: &Spanned<String>, before: &[&str]) -> Result<String, Fault> {
    let parts = gate.get_ref().split_once('/').and_then(|(step, rest)| Some((step, rest.split_once(':')?)));
    let Some((step, (who, what))) = parts else {
        return Err((gate.span(), "a gate is `step/who:what`".into()));
    };
    if !before.contains(&step) {
        return Err((gate.span(), "a gate names an earlier step".into()));
    }
    if !WHO.contains(&who) || !WHAT.contains(&what) {
        return Err((gate.span(), format!("who is one of {}, what is one of {}", WHO.join(", "), WHAT.join(", "))));
    }
    Ok(format!("Gate {{ step: {step:?}, who: Person::{}, what: What::{} }}", camel(who), camel(what)))
}

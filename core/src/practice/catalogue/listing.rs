//! The catalogue as programs read it: every practice with its states and transitions, and what else serves the rows.

use super::{Act, Duty, Field, Guide, Practice, Row, Shape, all, common_acts, guarantees, guides, operations, rows};
use crate::shape::By;
use crate::shape::acts::COMMON;
use crate::shape::acts::states::Condition;
use crate::shape::revisions::AgreementState;
use crate::shape::sealed_pair::SealedState;
use serde::Serialize;

/// Everything that this version can do.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Listing {
    /// Practices.
    pub practices: Vec<Listed>,
    /// Acts that people may do on an entry of any practice.
    pub common: Vec<Transition>,
    /// What people can do that is no practice.
    pub operations: &'static [Duty],
    /// What holds for everything.
    pub guarantees: &'static [Duty],
    /// Ways through a practice.
    pub guides: &'static [Guide],
    /// The rows that all of these serve.
    pub rows: &'static [Row],
}

/// One practice with what its shape adds.
#[derive(Debug, Clone, Serialize)]
#[non_exhaustive]
pub struct Listed {
    /// As declared.
    #[serde(flatten)]
    pub practice: &'static Practice,
    /// Codes of the states that an entry can be in.
    pub states: Vec<&'static str>,
    /// What people may do with an entry.
    pub transitions: Vec<Transition>,
}

/// Something that a person may do with an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Transition {
    /// Its code.
    pub id: &'static str,
    /// Who may do it.
    pub role: By,
    /// In which states; `*` is all.
    pub from: &'static [&'static str],
    /// What it says.
    pub fields: &'static [Field],
}

/// What a program can learn about this version.
pub fn listing() -> Listing {
    let listed =
        |practice| Listed { practice, states: Practice::state_codes(practice), transitions: transitions(practice) };
    Listing {
        practices: all().iter().map(listed).collect(),
        common: common(),
        operations: operations(),
        guarantees: guarantees(),
        guides: guides(),
        rows: rows(),
    }
}

impl Practice {
    /// Codes of the states that its entries can be in: those of its shape, then those that are declared.
    pub fn state_codes(&self) -> Vec<&'static str> {
        let of_shape: &[&str] = match self.shape {
            Shape::Revisions | Shape::Series => &AGREEMENT,
            Shape::SealedPair => &SEALED,
            Shape::CoText | Shape::List if self.states.is_empty() => &["open"],
            _ => &[],
        };
        let mut codes: Vec<&'static str> = of_shape.to_vec();
        for state in self.states {
            if !codes.contains(&state.id) {
                codes.push(state.id);
            }
        }
        codes
    }
}

const AGREEMENT: [&str; 9] = {
    use AgreementState::*;
    [
        CrossedConsent.code(),
        Competing.code(),
        AmendmentPending.code(),
        InForce.code(),
        Retired.code(),
        NeedsReconsent.code(),
        Proposed.code(),
        Withdrawn.code(),
        Draft.code(),
    ]
};

const SEALED: [&str; 7] = {
    use SealedState::*;
    [
        Upcoming.code(),
        MineSealed.code(),
        TheirsSealed.code(),
        BothSealed.code(),
        Open.code(),
        Passed.code(),
        Unopened.code(),
    ]
};

/// What the statements of a shape let people do with every entry of it, beside the acts that are declared.
fn transitions(practice: &Practice) -> Vec<Transition> {
    use By::{Author, Each, Other};
    let mut of_shape: Vec<(&'static str, By)> = match practice.shape {
        Shape::OwnEntry | Shape::Ask => vec![("edit", Author), ("redact", Author)],
        Shape::TwoSides => vec![("edit", Author), ("redact", Each)],
        Shape::Vault => vec![("edit", Author), ("redact", Author), ("share", Author)],
        Shape::Revisions | Shape::Series => ["propose", "consent", "decline", "comment", "withdraw", "retire"]
            .into_iter()
            .map(|id| (id, Each))
            .collect(),
        Shape::SealedPair => ["answer", "take_back", "share_anyway"].into_iter().map(|id| (id, Each)).collect(),
        Shape::CoText => vec![("type", Each)],
        Shape::List => ["add", "change", "move", "remove"].into_iter().map(|id| (id, Each)).collect(),
    };
    if practice.acknowledged {
        of_shape.push(("acknowledge", Other));
    }
    if practice.states.iter().any(|state| state.when.contains(&Condition::Lifted)) {
        of_shape.push(("retire", Author));
    }
    let fields = |id: &str| if ["edit", "propose", "answer"].contains(&id) { practice.fields } else { &[] };
    let of_shape = of_shape.into_iter().map(|(id, role)| Transition { id, role, from: ANY, fields: fields(id) });
    let side = practice.side.as_ref();
    let side = side.map(|side| Transition { id: "side", role: side.by, from: ANY, fields: side.fields });
    of_shape.chain(side).chain(practice.acts.iter().map(transition)).collect()
}

/// What people may do with an entry of any practice.
fn common() -> Vec<Transition> {
    let of_shapes = COMMON.into_iter().flatten();
    let of_shapes = of_shapes.map(|rule| Transition { id: rule.code, role: rule.by, from: ANY, fields: &[] });
    of_shapes.chain(common_acts().iter().map(transition)).collect()
}

fn transition(act: &Act) -> Transition {
    let from = act.rule.step.map_or(ANY, |step| step.from);
    Transition { id: act.rule.code, role: act.rule.by, from, fields: act.fields }
}

const ANY: &[&str] = &["*"];

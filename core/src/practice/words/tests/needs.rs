//! Which texts there must be: everything that the catalogue declares and every code that an edge can show.

use super::super::GENERAL;
use super::codes;
use crate::practice::catalogue::{self, Field, FieldKind, Practice};
use crate::shape::acts::COMMON;

/// A text that something asks for: its own key, or one of those that are shared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) keys: Vec<String>,
}

impl Need {
    pub(super) fn of<K: Into<String>>(keys: impl IntoIterator<Item = K>) -> Self {
        Self { keys: keys.into_iter().map(Into::into).collect() }
    }

    fn shared(kind: &str, practice: &str, rest: &str) -> Self {
        Self::of([format!("{kind}-{practice}-{rest}"), format!("{kind}-{rest}")])
    }
}

pub(super) fn all() -> Vec<Need> {
    let declared = catalogue::declared();
    let mut needs: Vec<Need> = declared.practices.iter().flat_map(of_practice).collect();
    needs.extend(declared.practices.iter().map(|practice| Need::of([format!("family-{}", practice.family)])));
    for act in declared.common_acts {
        needs.push(Need::of([format!("act-{}", act.rule.code)]));
        needs.extend(act.fields.iter().flat_map(|field| of_field("every", field)));
    }
    needs.extend(COMMON.into_iter().flatten().map(|act| Need::of([format!("act-{}", act.code)])));
    for guide in declared.guides {
        needs.push(Need::of([format!("guide-{}", guide.id)]));
        needs.extend(guide.steps.iter().map(|step| Need::of([format!("guide-{}-{}", guide.id, step.id)])));
    }
    for template in catalogue::templates() {
        needs.push(Need::of([format!("template-{}", template.id)]));
        needs.push(Need::of([format!("template-{}-text", template.id)]));
    }
    needs.extend(catalogue::cards().iter().map(|card| Need::of([format!("card-{}", card.id)])));
    needs.extend(catalogue::hints().iter().map(|hint| Need::of([format!("hint-{}", hint.id)])));
    needs.extend(catalogue::help().iter().map(|region| Need::of([format!("region-{}", region.id)])));
    needs.extend(codes::errors().into_iter().map(|code| Need::of([format!("error-{code}")])));
    needs.extend(codes::states().into_iter().map(|code| Need::of([format!("state-{code}")])));
    needs.extend(GENERAL.iter().map(|key| Need::of([*key])));
    needs
}

fn of_practice(practice: &Practice) -> Vec<Need> {
    let id = practice.id;
    let mut needs = vec![Need::of([format!("practice-{id}")]), Need::of([format!("practice-{id}-intro")])];
    let side = practice.side.iter().flat_map(|side| side.fields);
    let acts = practice.acts.iter().flat_map(|act| act.fields);
    let documents = practice.documents.iter().flat_map(|document| document.fields);
    let fields = practice.fields.iter().chain(side).chain(acts).chain(documents);
    needs.extend(fields.flat_map(|field| of_field(id, field)));
    needs.extend(practice.acts.iter().map(|act| Need::shared("act", id, act.rule.code)));
    needs.extend(practice.state_codes().into_iter().map(|state| Need::shared("state", id, state)));
    needs.extend(practice.labels.iter().map(|label| Need::shared("state", id, label.id)));
    needs.extend(practice.documents.iter().map(|document| Need::shared("document", id, document.part)));
    needs
}

/// A field and its choices. Cards, templates and guides that a field chooses among have texts of their own.
fn of_field(practice: &str, field: &Field) -> Vec<Need> {
    let mut needs = vec![Need::shared("field", practice, field.name)];
    if let FieldKind::Choice { choices } = &field.kind {
        let own = |choice: &&str| match field.name {
            "card" | "template" => Need::of([format!("{}-{choice}", field.name)]),
            name => Need::shared("choice", practice, &format!("{name}-{choice}")),
        };
        needs.extend(choices.iter().map(own));
    }
    needs
}

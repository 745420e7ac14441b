//! A request with an answer: for a talk, for other terms, for an answer to a question, for time.
//!
//! # Merge rule
//! What somebody asks is an entry of theirs; what follows are *steps*, acts that name the steps their author knew of. The steps
//! so form a graph, and where the request is follows from the graph alone:
//!
//! - A step is *effective* if it is its member's to take and leads on from the state that its own past comes to. Whoever takes
//!   another's step, or one that their own past does not allow, has said nothing.
//! - The state is that to which the weightiest effective step leads of those that no other effective step knew of: taking the
//!   question back weighs more than declining, then come answering, offering something else, asking. Of equals all are kept and
//!   the one with the smallest id is shown first.
//!
//! So whoever asked takes the question back from any state, offline, and whatever the other does at the same time; only they
//! themselves can ask again. Taking the words of the question back takes the question back as well. An answer that was given all the same stays to be read, and says that the question was withdrawn.
//! Nothing here knows a clock: no answer is no answer.
//!
//! A member's steps cannot crowd out the other's: of each one's at most [`STEPS_MAX`] count, and as many more that take the
//! question back.

mod draft;
mod fold;

pub use draft::step;
pub use fold::STEPS_MAX;

use super::acts::{self, Act, On, Rank, Said, Verdict};
use super::{By, Voices, own_entry};
use crate::id::{MemberId, StatementId};
use crate::statement::StatementSet;
use fold::{Fold, Outcome};
use std::collections::BTreeSet;

/// The steps of one practice, and where a request begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Table {
    /// Its acts; those with a [`acts::Step`] are the steps.
    pub acts: acts::Table,
    /// The state of a request about which nothing was said.
    pub initial: &'static str,
}

/// Who takes a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Who asked.
    Asker,
    /// Who is asked.
    Askee,
}

/// What an act comes to in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// The state it leads to.
    To(&'static str),
    /// The state does not lead on in this way.
    NotNow,
    /// It is the other's to do.
    NotYours,
}

/// What is wrong with a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TableFlaw {
    /// This code is there twice, or everything has it.
    Code(&'static str),
    /// A step leads on from a state that nothing leads to.
    UnknownState(&'static str),
    /// Nothing takes the question back.
    NoWithdrawal,
    /// This step takes the question back, and is not its asker's alone, or needs a state or a subject.
    BoundWithdrawal(&'static str),
    /// This step of the other's leads on from where the question was taken back.
    Revives(&'static str),
}

impl Table {
    /// Every state, in alphabetical order.
    pub fn states(&self) -> BTreeSet<&'static str> {
        self.acts.acts.iter().filter_map(|act| act.step).map(|step| step.to).chain([self.initial]).collect()
    }

    /// The total transition table. An act that is no step leaves the state as it is.
    pub fn judge(&self, state: &str, role: Role, act: &Act) -> Judgement {
        match (act.by, role) {
            (By::Author, Role::Askee) | (By::Other, Role::Asker) => return Judgement::NotYours,
            _ => {}
        }
        let known = self.states().get(state).copied();
        match (act.step, known) {
            (_, None) => Judgement::NotNow,
            (None, Some(state)) => Judgement::To(state),
            (Some(step), Some(state)) if step.from.iter().any(|from| *from == "*" || *from == state) => {
                Judgement::To(step.to)
            }
            _ => Judgement::NotNow,
        }
    }

    /// What is wrong with it: a sound table has none. The catalogue's tests ask this of every practice.
    pub fn flaws(&self) -> Vec<TableFlaw> {
        let mut flaws: Vec<TableFlaw> = self.acts.flaws().into_iter().map(TableFlaw::Code).collect();
        let states = self.states();
        let steps = || self.acts.acts.iter().filter_map(|act| Some((act, act.step?)));
        let unknown = |from: &&&'static str| **from != "*" && !states.contains(**from);
        flaws.extend(
            steps().flat_map(|(_, step)| step.from.iter().filter(unknown)).map(|from| TableFlaw::UnknownState(from)),
        );
        let withdrawals = || steps().filter(|(_, step)| step.rank == Rank::Withdraw);
        if withdrawals().next().is_none() {
            flaws.push(TableFlaw::NoWithdrawal);
        }
        let bound =
            |(act, step): &(&Act, acts::Step)| act.by != By::Author || !step.from.contains(&"*") || act.on.is_named();
        flaws.extend(withdrawals().filter(bound).map(|(act, _)| TableFlaw::BoundWithdrawal(act.code)));
        let withdrawn: BTreeSet<&str> = withdrawals().map(|(_, step)| step.to).collect();
        let revives = |(act, step): &(&Act, acts::Step)| {
            act.by != By::Author && step.from.iter().any(|from| *from == "*" || withdrawn.contains(from))
        };
        flaws.extend(steps().filter(revives).map(|(act, _)| TableFlaw::Revives(act.code)));
        flaws
    }
}

/// One step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepView {
    /// What was said.
    pub said: Said,
    /// Whether it counted when it was taken. What did not is listed and changes nothing.
    pub effective: bool,
    /// Whether the state follows from it.
    pub leading: bool,
    /// Whether it answers a question that was taken back.
    pub question_withdrawn: bool,
    /// Whether it is about a wording that does not stand any more.
    pub earlier_wording: bool,
}

/// What is shown of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AskView {
    /// Who asked.
    pub asker: MemberId,
    /// Where it is.
    pub state: &'static str,
    /// Every step, in view order.
    pub steps: Vec<StepView>,
    /// Whether something here was made with a newer version.
    pub newer: bool,
}

impl AskView {
    /// The steps that the state follows from, the one to show first in front.
    pub fn leading(&self) -> Vec<&StepView> {
        let mut leading: Vec<&StepView> = self.steps.iter().filter(|step| step.leading).collect();
        leading.sort_by_key(|step| step.said.id);
        leading
    }
}

/// What is shown; `None` until the statement that asked is here.
pub fn view(set: &StatementSet, voices: &Voices, table: &Table) -> Option<AskView> {
    let asker = voices.author()?;
    let acts = acts::view(set, voices, &table.acts);
    let fold = Fold::new(table, asker, &acts);
    let outcome = outcome(set, table, &fold);
    let standing: BTreeSet<StatementId> =
        own_entry::view(set).iter().flat_map(|own| own.standing()).map(|wording| wording.hash).collect();
    let withdrawn = outcome.rank == Some(Rank::Withdraw);
    let step = |said: &Said| {
        let (act, rank) = (said.act?, said.act?.step?.rank);
        let effective = fold.is_effective(&said.id);
        Some(StepView {
            effective,
            leading: outcome.leading.contains(&said.id),
            question_withdrawn: withdrawn && effective && rank == Rank::Answer,
            earlier_wording: act.on == On::Wording && !standing.is_subset(&said.subjects),
            said: said.clone(),
        })
    };
    Some(AskView { asker, state: outcome.state, steps: acts.said.iter().filter_map(step).collect(), newer: acts.newer })
}

/// Where a request is: where its steps lead, unless the question was taken back with its words.
fn outcome(set: &StatementSet, table: &Table, fold: &Fold<'_>) -> Outcome {
    let redacted = own_entry::view(set).is_some_and(|own| own.state == own_entry::OwnEntryState::Redacted);
    let withdrawals = table.acts.acts.iter().filter_map(|act| act.step).filter(|step| step.rank == Rank::Withdraw);
    match withdrawals.map(|step| step.to).next() {
        Some(state) if redacted => Outcome { state, rank: Some(Rank::Withdraw), leading: BTreeSet::new() },
        _ => fold.outcome(),
    }
}

/// Acts that say nothing: those that are not their members' to do, and steps that their own past does not lead to. By id; none
/// until the statement that asked is here.
pub fn refused(set: &StatementSet, voices: &Voices, table: &Table) -> Vec<StatementId> {
    let Some(asker) = voices.author() else { return Vec::new() };
    let acts = acts::view(set, voices, &table.acts);
    let fold = Fold::new(table, asker, &acts);
    let idle = |said: &&Said| said.act.is_some_and(|act| act.step.is_some()) && !fold.is_effective(&said.id);
    let refused = acts.said.iter().filter(|said| said.verdict == Verdict::Refused || idle(said));
    let ids: BTreeSet<StatementId> = refused.map(|said| said.id).collect();
    ids.into_iter().collect()
}

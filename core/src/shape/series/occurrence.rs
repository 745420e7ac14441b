//! One occurrence: whether both moved it, who says that it happened or that life happened.
//!
//! # Merge rule
//! An occurrence is an id that every phone computes alike. Moving it needs both: each says by an act of their own to which day,
//! and it is moved once all that stands says the same. Until then it is where its rule puts it, and what each proposed is shown.
//! Whether it happened is each one's to say; nothing follows from silence.

use super::super::Voices;
use super::super::acts::ActsView;
use super::schedule;
use crate::id::{Day, MemberId, StatementId};
use std::collections::BTreeSet;

/// The practice's acts on occurrences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Acts {
    /// Proposes another day, or accepts the one that was proposed. One register.
    pub move_to: &'static str,
    /// The number of its field that holds the day.
    pub date: u32,
    /// Says that it was left out.
    pub skip: &'static str,
    /// Says that it took place.
    pub happened: &'static str,
}

/// A day that somebody proposed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Proposed {
    /// The day.
    pub day: Day,
    /// Who.
    pub member: MemberId,
    /// Their act.
    pub id: StatementId,
}

/// What is shown of an occurrence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OccurrenceView {
    /// Where its rule puts it: this never changes, and its id is made from it.
    pub original: Day,
    /// Where it is.
    pub day: Day,
    /// The days that stand as proposed, by day; none once it was moved.
    pub proposed: Vec<Proposed>,
    /// Who says that it was left out.
    pub skipped: BTreeSet<MemberId>,
    /// Who says that it took place.
    pub happened: BTreeSet<MemberId>,
}

/// What is shown of the occurrence on a day.
pub fn view(acts: &ActsView, voices: &Voices, of: &Acts, original: Day) -> OccurrenceView {
    let moves = acts.standing_as(of.move_to).filter_map(|said| {
        let day = schedule::day(said.fields.get(&of.date))?;
        Some(Proposed { day, member: said.member, id: said.id })
    });
    let mut proposed: Vec<Proposed> = moves.collect();
    proposed.sort_unstable();
    let days: BTreeSet<Day> = proposed.iter().map(|one| one.day).collect();
    let both = voices.members().len() == 2
        && voices.members().iter().all(|member| proposed.iter().any(|one| one.member == *member));
    let moved = days.first().filter(|_| both && days.len() == 1).copied();
    if moved.is_some() {
        proposed.clear();
    }
    let who = |act| acts.standing_as(act).map(|said| said.member).collect();
    OccurrenceView {
        original,
        day: moved.unwrap_or(original),
        proposed,
        skipped: who(of.skip),
        happened: who(of.happened),
    }
}

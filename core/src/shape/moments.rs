//! "The same moment?": two entries that each made of one thing, tied together without becoming one. Symmetric, and either may
//! undo it.
//!
//! # Merge rule
//! A tie is an act on the entry whose id is less, about the other entry: so both phones write to one place, from whichever side
//! they come. A member's latest word about a pair replaces their earlier one. The two are the same moment while somebody says so
//! whom nobody contradicted knowing it: who unties must have seen the tie, so that a tie made anew elsewhere at the same time
//! stays, and who ties again has seen the untying.

use super::acts::{self, Act, ActsView, On, Table, Wish};
use super::{By, RuleError, Voices};
use crate::id::{Day, EntryId, MemberId};
use crate::statement::{Header, StatementSet, Subject};
use std::collections::BTreeSet;

/// The register that ties belong to.
pub const GROUP: &str = "moment";
const SAME: &str = "same_moment";
const OTHER: &str = "other_moment";

const fn tie(code: &'static str) -> Act {
    Act { code, by: By::Each, group: Some(GROUP), on: On::Entry, step: None }
}

/// The acts that tie and untie. Everything has them.
pub const ACTS: [Act; 2] = [tie(SAME), tie(OTHER)];

/// The two ends of a tie: where its acts are kept, and what they are about. `None` for a thing and itself.
pub fn ends(one: EntryId, other: EntryId) -> Option<(EntryId, EntryId)> {
    (one != other).then(|| (one.min(other), one.max(other)))
}

/// The entries that the one whose acts these are is tied to, among those with greater ids.
pub fn tied(acts: &ActsView) -> BTreeSet<EntryId> {
    let contradicted = |id| acts.standing_as(OTHER).any(|said| said.saw.contains(&id));
    let ties = acts.standing_as(SAME).filter(|said| !contradicted(said.id));
    ties.filter_map(|said| said.about.first().filter(|_| said.about.len() == 1)).copied().collect()
}

/// The header for tying two entries, or untying them. `set` holds the statements about the first of [`ends`].
///
/// # Errors
/// [`RuleError::NotFound`] for an entry and itself, for what is tied or untied already, for a stranger;
/// [`RuleError::TooMany`].
pub fn tie_or_untie(
    set: &StatementSet,
    voices: &Voices,
    table: &Table,
    me: MemberId,
    day: Day,
    (one, other): (EntryId, EntryId),
    same: bool,
) -> Result<Header, RuleError> {
    let (target, about) = ends(one, other).ok_or(RuleError::NotFound)?;
    if tied(&acts::view(set, voices, table)).contains(&about) == same {
        return Err(RuleError::NotFound);
    }
    let wish = Wish { about: [about].into(), ..Wish::new(if same { SAME } else { OTHER }) };
    acts::act(set, voices, table, me, (Subject::Target(target), day), &wish)
}

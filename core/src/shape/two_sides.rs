//! My side, your side: what each member says of one thing in words of their own. A facet that any entry may have, beside
//! whatever else it is: how each sees a promise, why an agreement matters to each.
//!
//! # Merge rule
//! A side is its member's alone: a new one replaces the earlier ones that it names, and nothing the other says touches it. Two
//! sides never conflict; they stand side by side, and two that one member wrote on two phones at once are both shown until the
//! next names both. Where only the other's view is asked for ([`By::Other`]), a side of the author says nothing.

use super::{By, RuleError, Voices, fitting};
use crate::id::{Day, EntryId, MemberId, StatementId};
use crate::statement::{Header, Kind, Statement, StatementSet, Subject, Value};
use std::collections::BTreeMap;

/// What one member said on their side, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Its statement.
    pub hash: StatementId,
    /// Whose side.
    pub member: MemberId,
    /// The day they claim.
    pub day: Day,
    /// Whether nothing they said later replaced it.
    pub current: bool,
    /// Whether its words were taken back.
    pub redacted: bool,
    /// The practice and its version.
    pub practice: Option<(String, u32)>,
    /// Fields by number, when the words are here.
    pub fields: Option<BTreeMap<u32, Value>>,
}

impl Side {
    /// Whether it is what its member says now.
    pub fn stands(&self) -> bool {
        self.current && !self.redacted
    }
}

/// Every side that was ever said, in view order.
pub fn view(set: &StatementSet, voices: &Voices, by: By) -> Vec<Side> {
    set.ordered()
        .into_iter()
        .filter(|said| is_side(said) && voices.may(by, said.member).is_ok())
        .map(side(set))
        .collect()
}

/// Sides of those who have none here. By id.
pub fn refused(set: &StatementSet, voices: &Voices, by: By) -> Vec<StatementId> {
    set.of_kind(Kind::SIDE).filter(|said| voices.may(by, said.member).is_err()).map(|said| said.id).collect()
}

/// The header for saying one's side, first or anew. It names what it replaces, and every redaction, so that the new words are
/// not covered by it.
///
/// # Errors
/// [`RuleError::Yours`] where only the other has a side, [`RuleError::NotYours`], [`RuleError::NotFound`],
/// [`RuleError::TooMany`].
pub fn write(
    set: &StatementSet,
    voices: &Voices,
    by: By,
    me: MemberId,
    target: EntryId,
    day: Day,
) -> Result<Header, RuleError> {
    voices.may(by, me)?;
    let standing = set.current(me, Kind::SIDE).map(|said| said.id);
    fitting(Header::new(Kind::SIDE, Subject::Target(target), day).over(standing).over(set.redactions(me)))
}

/// The header for taking back for good what one said aside of an entry: one's sides, comments, and acts with words. Whoever made
/// the entry takes its words back too, and whoever proposed in an agreement goes through
/// [`super::revisions::Agreement::redact`], which withdraws as well.
///
/// # Errors
/// [`RuleError::NotFound`] when one never said anything here, [`RuleError::Redacted`] when nothing is left to take back.
pub fn redact(set: &StatementSet, me: MemberId, target: EntryId, day: Day) -> Result<Header, RuleError> {
    let mine = |said: &&Statement| said.member == me && said.header.kind.is_known() && said.has_words();
    let mut words = set.iter().filter(mine).peekable();
    words.peek().ok_or(RuleError::NotFound)?;
    if words.all(|said| set.is_redacted(said)) {
        return Err(RuleError::Redacted);
    }
    Ok(Header::new(Kind::REDACT, Subject::Target(target), day))
}

fn is_side(said: &Statement) -> bool {
    said.header.kind == Kind::SIDE
}

fn side(set: &StatementSet) -> impl Fn(&Statement) -> Side {
    |said| {
        let redacted = set.is_redacted(said);
        let content = said.content().ok().flatten().filter(|_| !redacted);
        Side {
            hash: said.id,
            member: said.member,
            day: said.header.day,
            current: set.is_current(said),
            redacted,
            practice: content.as_ref().and_then(|content| content.practice.clone().zip(content.version)),
            fields: content.and_then(|content| content.fields),
        }
    }
}

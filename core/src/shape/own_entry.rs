//! Something one person wrote: a boundary, an appreciation, a journal entry.
//!
//! # Merge rule
//! Only the author's words count, and ownership proves itself: the entry's id is made from the author and fresh randomness. An
//! edit words the whole entry anew and names the wordings it replaces; two concurrent edits from one's own two phones are both
//! shown until the next edit names both. The other member can acknowledge a wording, nothing else. In the vault there is no other
//! member: the same rules under another key, in a box the partner never has.

use super::{RuleError, fitting};
use crate::id::{Day, EntryId, MemberId, StatementId};
use crate::statement::{Header, Kind, Role, Statement, StatementSet, Subject, Value};
use std::collections::BTreeMap;

/// How an entry stands with the other member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OwnEntryState {
    /// There for the other to read, or in the vault.
    Shared,
    /// The other acknowledged the wording that stands.
    Acknowledged,
    /// The other acknowledged an earlier wording.
    ChangedSinceAcknowledged,
    /// The author took the words back.
    Redacted,
}

impl OwnEntryState {
    /// The stable name.
    pub fn code(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::Acknowledged => "acknowledged",
            Self::ChangedSinceAcknowledged => "changed_since_acknowledged",
            Self::Redacted => "redacted",
        }
    }
}

/// One wording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wording {
    /// Its statement.
    pub hash: StatementId,
    /// The day the author claims.
    pub day: Day,
    /// Whether no later wording replaced it.
    pub current: bool,
    /// Whether its words were taken back.
    pub redacted: bool,
    /// The practice and its version.
    pub practice: Option<(String, u32)>,
    /// Fields by number, when the words are here.
    pub fields: Option<BTreeMap<u32, Value>>,
    /// Whether the other member acknowledged exactly this wording.
    pub acknowledged: bool,
}

/// What is shown of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnEntryView {
    /// Who wrote it.
    pub author: MemberId,
    /// How it stands.
    pub state: OwnEntryState,
    /// Every wording, in view order; more than one may be current.
    pub wordings: Vec<Wording>,
    /// Whether its author said that it is over, and has not worded it anew since.
    pub lifted: bool,
}

impl OwnEntryView {
    /// The wordings that stand and are not taken back.
    pub fn standing(&self) -> impl Iterator<Item = &Wording> {
        self.wordings.iter().filter(|wording| wording.current && !wording.redacted)
    }
}

/// The author of an entry, once the statement that made it is here: the one whose fresh randomness the entry's id is made from.
pub fn author(set: &StatementSet) -> Option<MemberId> {
    let proves = |create: &&Statement| matches!(create.header.subject, Subject::Fresh(_));
    set.of_kind(Kind::CREATE).find(proves).map(|create| create.member)
}

/// What is shown; `None` until the statement that made the entry is here.
pub fn view(set: &StatementSet) -> Option<OwnEntryView> {
    let author = author(set)?;
    let wordings: Vec<Wording> = set
        .ordered()
        .into_iter()
        .filter(|statement| is_wording(statement, author))
        .map(|statement| wording(set, statement, author))
        .collect();
    let lifted = set.current(author, Kind::RETIRE).next().is_some();
    let shown: Vec<&Wording> = wordings.iter().filter(|wording| wording.current && !wording.redacted).collect();
    let state = if shown.is_empty() && wordings.iter().any(|wording| wording.redacted) {
        OwnEntryState::Redacted
    } else if !shown.is_empty() && shown.iter().all(|wording| wording.acknowledged) {
        OwnEntryState::Acknowledged
    } else if wordings.iter().any(|wording| wording.acknowledged) {
        OwnEntryState::ChangedSinceAcknowledged
    } else {
        OwnEntryState::Shared
    };
    Some(OwnEntryView { author, state, wordings, lifted })
}

/// Statements that say what their member may not say, and so say nothing: another's edits and endings, another's redactions
/// unless they have words of their own here, an author's acknowledgement of themselves, an acknowledgement of what is no wording. By id; none until the statement that made the entry is
/// here.
pub fn refused(set: &StatementSet) -> Vec<StatementId> {
    let Some(author) = author(set) else { return Vec::new() };
    let no_wording = |id: StatementId| set.get(&id).is_some_and(|named| !is_wording(named, author));
    let says_nothing = |statement: &&Statement| match statement.header.kind {
        Kind::CREATE | Kind::EDIT | Kind::RETIRE => statement.member != author,
        Kind::REDACT => statement.member != author && !set.iter().any(|said| is_aside(said, statement.member)),
        Kind::ACKNOWLEDGE => statement.member == author || statement.header.named(Role::SUBJECT).any(no_wording),
        _ => false,
    };
    set.iter().filter(says_nothing).map(|statement| statement.id).collect()
}

/// Whether a statement has words on an entry that need not be its author's.
fn is_aside(statement: &Statement, member: MemberId) -> bool {
    let aside = matches!(statement.header.kind, Kind::COMMENT | Kind::SIDE | Kind::ACT);
    aside && statement.member == member && statement.has_words()
}

pub(super) fn is_wording(statement: &Statement, author: MemberId) -> bool {
    statement.member == author && matches!(statement.header.kind, Kind::CREATE | Kind::EDIT)
}

fn wording(set: &StatementSet, statement: &Statement, author: MemberId) -> Wording {
    let redacted = set.is_redacted(statement);
    let content = statement.content().ok().flatten().filter(|_| !redacted);
    let acknowledged = set.of_kind(Kind::ACKNOWLEDGE).any(|acknowledge| {
        acknowledge.member != author && acknowledge.header.named(Role::SUBJECT).any(|id| id == statement.id)
    });
    Wording {
        hash: statement.id,
        day: statement.header.day,
        current: set.is_current(statement),
        redacted,
        practice: content.as_ref().and_then(|content| content.practice.clone().zip(content.version)),
        fields: content.and_then(|content| content.fields),
        acknowledged,
    }
}

/// The header for wording one's own entry anew. It names every wording and ending that stands, and every redaction, so that the
/// new words are not covered by it.
///
/// # Errors
/// [`RuleError::NotFound`], [`RuleError::NotYours`], [`RuleError::TooMany`]; [`RuleError::NotReadable`] when words that would be
/// replaced cannot be read here.
pub fn edit(set: &StatementSet, me: MemberId, target: EntryId, day: Day) -> Result<Header, RuleError> {
    own(set, me)?;
    let replaced = |statement: &&Statement| is_wording(statement, me) || is_ending(statement, me);
    let standing = || set.iter().filter(replaced).filter(|statement| set.is_current(statement));
    // An entry is worded anew as a whole: what this phone cannot show would be lost unseen.
    let unreadable = |wording: &Statement| !set.is_redacted(wording) && !wording.is_readable();
    if standing().any(|statement| is_wording(statement, me) && unreadable(statement)) {
        return Err(RuleError::NotReadable);
    }
    let standing = standing();
    let header = Header::new(Kind::EDIT, Subject::Target(target), day).over(standing.map(|statement| statement.id));
    fitting(header.over(set.redactions(me)))
}

/// The header for taking one's words back for good.
///
/// # Errors
/// [`RuleError::NotFound`], [`RuleError::NotYours`], [`RuleError::Redacted`] when nothing is left to take back.
pub fn redact(set: &StatementSet, me: MemberId, target: EntryId, day: Day) -> Result<Header, RuleError> {
    own(set, me)?;
    if set.iter().filter(|statement| is_wording(statement, me)).all(|statement| set.is_redacted(statement)) {
        return Err(RuleError::Redacted);
    }
    Ok(Header::new(Kind::REDACT, Subject::Target(target), day))
}

/// The header for saying that one's own entry is over: a boundary is lifted, a worry has faded. Its words stay to be read.
///
/// # Errors
/// [`RuleError::NotFound`], [`RuleError::NotYours`].
pub fn lift(set: &StatementSet, me: MemberId, target: EntryId, day: Day) -> Result<Header, RuleError> {
    own(set, me)?;
    Ok(Header::new(Kind::RETIRE, Subject::Target(target), day))
}

/// The header for acknowledging the other's wording: the one named, or the only one that stands.
///
/// # Errors
/// [`RuleError::NotFound`], [`RuleError::Yours`], [`RuleError::Redacted`], [`RuleError::AmbiguousRevision`];
/// [`RuleError::NotReadable`] when the words are not here yet, or this version cannot show them.
pub fn acknowledge(
    set: &StatementSet,
    me: MemberId,
    target: EntryId,
    day: Day,
    wording: Option<&StatementId>,
) -> Result<Header, RuleError> {
    let author = author(set).ok_or(RuleError::NotFound)?;
    if author == me {
        return Err(RuleError::Yours);
    }
    let wordings: Vec<&Statement> = set.iter().filter(|statement| is_wording(statement, author)).collect();
    let named: Vec<&Statement> = match wording {
        Some(id) => wordings.into_iter().filter(|statement| statement.id == *id).collect(),
        None => wordings.into_iter().filter(|statement| set.is_current(statement)).collect(),
    };
    match named.as_slice() {
        [one] if set.is_redacted(one) => Err(RuleError::Redacted),
        [one] if !one.is_readable() => Err(RuleError::NotReadable),
        [one] => Ok(Header::new(Kind::ACKNOWLEDGE, Subject::Target(target), day).naming(Role::SUBJECT, one.id)),
        [] => Err(RuleError::NotFound),
        _ => Err(RuleError::AmbiguousRevision),
    }
}

fn is_ending(statement: &Statement, author: MemberId) -> bool {
    statement.member == author && statement.header.kind == Kind::RETIRE
}

fn own(set: &StatementSet, me: MemberId) -> Result<(), RuleError> {
    match author(set) {
        None => Err(RuleError::NotFound),
        Some(author) if author != me => Err(RuleError::NotYours),
        Some(_) => Ok(()),
    }
}

//! What one person does about a thing: a tick, a rating, "kept", "I'm in", a mark. The practice's catalogue says which acts there
//! are, whose they are and what they are about; this room takes that table and gives back what was said.
//!
//! # Merge rule
//! An act is its member's alone. Acts of one *group* about the same things are a register: a new one names those of its own
//! member that it replaces, and two that one member did on two phones at once both stand until the next names both. Acts without
//! a group are a log: each stands. Nothing the other does touches either. What an act comes to is derived ([`states`]), never
//! stored: it is a function of the set of statements.
//!
//! An act that this version does not know is kept and shown as newer; it changes nothing here. One that its member may not do,
//! or that is about nothing it can be about, says nothing.

pub mod alternatives;
pub mod states;

use super::{By, RuleError, Voices, own_entry};
use crate::id::{Day, EntryId, MemberId, StatementId};
use crate::statement::{Header, Kind, NAMED_MAX, Role, Statement, StatementSet, Subject, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What an act is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// The entry as a whole.
    Entry,
    /// An exact wording of the entry's author.
    Wording,
    /// A revision of an agreement.
    Revision,
    /// An alternative: an act of the group [`OFFER`].
    Alternative,
    /// A step of a revision's content, by the id it was given there.
    Step,
    /// An item of a list.
    Item,
    /// An occurrence of a series.
    Occurrence,
}

impl On {
    /// Whether it is something in particular, so that an act must name it.
    pub fn is_named(self) -> bool {
        !matches!(self, Self::Entry | Self::Occurrence)
    }
}

/// The group of acts that are alternatives others may be about. Each offers something of its own and replaces nothing.
pub const OFFER: &str = "offer";
/// The group of acts that choose one alternative: one register, whichever is chosen.
pub const PICK: &str = "pick";

/// How much a step of a request weighs against those that its author did not know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rank {
    /// Asks, again or otherwise.
    Ask,
    /// Answers with something else.
    Counter,
    /// Answers.
    Answer,
    /// Says no.
    Decline,
    /// Takes the question back.
    Withdraw,
}

/// What an act does to a request: see [`super::ask`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Step {
    /// The states it leads on from; `*` is every state.
    pub from: &'static [&'static str],
    /// The state it leads to.
    pub to: &'static str,
    /// What it weighs.
    pub rank: Rank,
}

/// One act of a practice, as its catalogue declares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Act {
    /// What statements call it.
    pub code: &'static str,
    /// Whose it is.
    pub by: By,
    /// The register it belongs to; none for a log.
    pub group: Option<&'static str>,
    /// What it is about.
    pub on: On,
    /// What it does to a request; none for acts that are no step of one.
    pub step: Option<Step>,
}

/// The acts of one practice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Table {
    /// The practice that statements name.
    pub practice: &'static str,
    /// Its acts.
    pub acts: &'static [Act],
}

/// Acts that everything has, whatever its practice: see [`super::scope`] and [`super::moments`].
pub const COMMON: [&[Act]; 2] = [&super::scope::ACTS, &super::moments::ACTS];

impl Table {
    /// The act with this code, of the practice or of those that everything has.
    pub fn find(&self, code: &str) -> Option<Act> {
        let common = COMMON.into_iter().flatten();
        self.acts.iter().chain(common).find(|act| act.code == code).copied()
    }

    /// What is wrong with the table, as the codes of the acts it is wrong with: a code twice, or one that everything has.
    pub fn flaws(&self) -> Vec<&'static str> {
        let mut codes: BTreeSet<&str> = COMMON.into_iter().flatten().map(|act| act.code).collect();
        self.acts.iter().map(|act| act.code).filter(|code| !codes.insert(code)).collect()
    }
}

/// Whether an act counts, and why not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It does.
    Counts,
    /// This version does not know it.
    Newer,
    /// Its body is not here, or was taken back.
    Unreadable,
    /// It is not its member's to do, or is about nothing it can be about.
    Refused,
}

/// One act that somebody did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its statement.
    pub id: StatementId,
    /// Who.
    pub member: MemberId,
    /// The day they claim.
    pub day: Day,
    /// What the practice calls it; `None` unless it counts.
    pub act: Option<Act>,
    /// Its code as it was signed; `None` when it cannot be read.
    pub code: Option<String>,
    /// What it is about in particular.
    pub subjects: BTreeSet<StatementId>,
    /// Entries it is about.
    pub about: BTreeSet<EntryId>,
    /// Statements its author knew of.
    pub saw: BTreeSet<StatementId>,
    /// Statements that it replaces.
    pub over: BTreeSet<StatementId>,
    /// Document heads its author knew of.
    pub heads: BTreeSet<StatementId>,
    /// Whether no later act of the same member replaced it.
    pub current: bool,
    /// Whether its words were taken back.
    pub redacted: bool,
    /// Whether it counts.
    pub verdict: Verdict,
    /// Its fields by number, when it is here.
    pub fields: BTreeMap<u32, Value>,
}

impl Said {
    /// Whether it counts and is what its member says now.
    pub fn stands(&self) -> bool {
        self.current && self.act.is_some()
    }

    /// Whether it is this act, counts, and is what its member says now.
    pub fn stands_as(&self, code: &str) -> bool {
        self.current && self.act.is_some_and(|act| act.code == code)
    }
}

/// Every act about one target.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ActsView {
    /// In view order.
    pub said: Vec<Said>,
    /// Whether something here was made with a newer version: what is shown may not be all there is to it, and nothing can be
    /// agreed to over it.
    pub newer: bool,
}

impl ActsView {
    /// The acts that stand, in view order.
    pub fn standing(&self) -> impl Iterator<Item = &Said> {
        self.said.iter().filter(|said| said.stands())
    }

    /// The acts with this code that stand.
    pub fn standing_as<'a>(&'a self, code: &'a str) -> impl Iterator<Item = &'a Said> {
        self.said.iter().filter(move |said| said.stands_as(code))
    }
}

/// Every act, in view order, and what became of it.
pub fn view(set: &StatementSet, voices: &Voices, table: &Table) -> ActsView {
    let acts = set.ordered().into_iter().filter(|said| said.header.kind == Kind::ACT);
    let said: Vec<Said> = acts.map(|act| said(set, voices, table, act)).collect();
    let newer = said.iter().any(|said| said.verdict == Verdict::Newer) || set.iter().any(|s| !s.header.kind.is_known());
    ActsView { said, newer }
}

/// Acts that say nothing because their members may not do them. By id.
pub fn refused(set: &StatementSet, voices: &Voices, table: &Table) -> Vec<StatementId> {
    let judged = set.of_kind(Kind::ACT).map(|act| said(set, voices, table, act));
    judged.filter(|said| said.verdict == Verdict::Refused).map(|said| said.id).collect()
}

fn said(set: &StatementSet, voices: &Voices, table: &Table, statement: &Statement) -> Said {
    let redacted = set.is_redacted(statement);
    let content = statement.content().ok().flatten().filter(|_| !redacted);
    let found = content.as_ref().and_then(|content| content.act.as_deref()).and_then(|code| table.find(code));
    let of_practice = |content: &crate::statement::Content| content.practice.as_deref() == Some(table.practice);
    let verdict = match (&content, found) {
        (None, _) => Verdict::Unreadable,
        (Some(content), _) if !of_practice(content) => Verdict::Refused,
        (Some(_), None) => Verdict::Newer,
        (Some(_), Some(act)) if may(set, voices, table, act, statement) => Verdict::Counts,
        _ => Verdict::Refused,
    };
    let named = |role| statement.header.named(role).collect::<BTreeSet<StatementId>>();
    Said {
        id: statement.id,
        member: statement.member,
        day: statement.header.day,
        act: found.filter(|_| verdict == Verdict::Counts),
        code: content.as_ref().and_then(|content| content.act.clone()),
        subjects: named(Role::SUBJECT),
        about: statement.header.named(Role::ABOUT).map(|id| EntryId(id.0)).collect(),
        saw: named(Role::SAW),
        over: statement.header.over.iter().copied().collect(),
        heads: named(Role::HEAD),
        current: set.is_current(statement),
        redacted,
        verdict,
        fields: content.and_then(|content| content.fields).unwrap_or_default(),
    }
}

fn may(set: &StatementSet, voices: &Voices, table: &Table, act: Act, statement: &Statement) -> bool {
    let mut subjects = statement.header.named(Role::SUBJECT).peekable();
    voices.may(act.by, statement.member).is_ok()
        && (!act.on.is_named() || subjects.peek().is_some())
        && subjects.all(|id| set.get(&id).is_none_or(|named| fits(set, voices, table, act.on, named)))
}

/// Whether a statement that is here can be what an act is about. What has not arrived may be anything.
fn fits(set: &StatementSet, voices: &Voices, table: &Table, on: On, named: &Statement) -> bool {
    match on {
        On::Wording => voices.author().is_some_and(|author| own_entry::is_wording(named, author)),
        On::Revision => named.header.kind == Kind::PROPOSE,
        On::Alternative => named.header.kind == Kind::ACT && (set.is_redacted(named) || is_offer(table, named)),
        On::Entry | On::Step | On::Item | On::Occurrence => true,
    }
}

/// Whether an act that is here is an alternative. One whose body is not here may be.
fn is_offer(table: &Table, named: &Statement) -> bool {
    let content = named.content().ok().flatten();
    let code = content.and_then(|content| content.act);
    code.is_none_or(|code| table.find(&code).is_some_and(|act| act.group == Some(OFFER)))
}

/// What one wants to do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish<'a> {
    /// The act's code.
    pub act: &'a str,
    /// What it is about in particular.
    pub subjects: BTreeSet<StatementId>,
    /// Entries it is about.
    pub about: BTreeSet<EntryId>,
    /// Document heads one has read.
    pub heads: BTreeSet<StatementId>,
    /// Acts of one's own that it corrects, besides those that its group replaces.
    pub instead_of: BTreeSet<StatementId>,
}

impl<'a> Wish<'a> {
    /// An act about the entry or occurrence as a whole.
    pub fn new(act: &'a str) -> Self {
        Self { act, ..Self::default() }
    }

    /// About something in particular.
    #[must_use]
    pub fn on(mut self, subject: StatementId) -> Self {
        self.subjects.insert(subject);
        self
    }
}

/// The header for doing something. It names the acts of one's own that it replaces, what the other did in the same matter, and
/// every redaction, so that its words are not covered by it. Steps of a request are made by [`super::ask::step`].
///
/// # Errors
/// [`RuleError::NoSuchAct`]; [`RuleError::NotYours`] or [`RuleError::Yours`]; [`RuleError::NotFound`] when what it is about is
/// not here, [`RuleError::NeedsSubject`] when it names nothing or what it cannot be about, [`RuleError::Redacted`] when the
/// words it is about were taken back; [`RuleError::TooMany`].
pub fn act(
    set: &StatementSet,
    voices: &Voices,
    table: &Table,
    me: MemberId,
    (subject, day): (Subject, Day),
    wish: &Wish<'_>,
) -> Result<Header, RuleError> {
    let act = table.find(wish.act).ok_or(RuleError::NoSuchAct)?;
    voices.may(act.by, me)?;
    about_something(set, voices, table, act, &wish.subjects)?;
    let acts = view(set, voices, table);
    let mine = |id: &StatementId| set.get(id).is_some_and(|said| said.member == me && said.header.kind == Kind::ACT);
    if !wish.instead_of.iter().all(mine) {
        return Err(RuleError::NotFound);
    }
    let same = |said: &&Said| same_matter(said, act, wish);
    let replaced = |said: &&Said| said.member == me && (same(said) || wish.instead_of.contains(&said.id));
    let over = acts.said.iter().filter(|said| said.current).filter(replaced).map(|said| said.id);
    let header = named(Header::new(Kind::ACT, subject, day), wish).over(over).over(set.redactions(me));
    if header.refs.len() > NAMED_MAX || header.over.len() > NAMED_MAX {
        return Err(RuleError::TooMany);
    }
    // What does not fit is merely not shown as known.
    let room = NAMED_MAX - header.refs.len();
    let theirs = acts.standing().filter(|said| said.member != me).filter(same).take(room);
    Ok(theirs.fold(header, |header, said| header.naming(Role::SAW, said.id)))
}

/// Refuses an act about nothing, or about what it cannot be about.
pub(super) fn about_something(
    set: &StatementSet,
    voices: &Voices,
    table: &Table,
    act: Act,
    subjects: &BTreeSet<StatementId>,
) -> Result<(), RuleError> {
    if act.on.is_named() && subjects.is_empty() {
        return Err(RuleError::NeedsSubject);
    }
    for id in subjects {
        match set.get(id) {
            Some(named) if !fits(set, voices, table, act.on, named) => return Err(RuleError::NeedsSubject),
            Some(named) if act.on.is_statement() && set.is_redacted(named) => return Err(RuleError::Redacted),
            Some(named) if act.on.is_statement() && named.body.is_none() => return Err(RuleError::NotReadable),
            None if act.on.is_statement() => return Err(RuleError::NotFound),
            _ => {}
        }
    }
    Ok(())
}

impl On {
    /// Whether what it names is a statement about the same target.
    fn is_statement(self) -> bool {
        matches!(self, Self::Wording | Self::Revision | Self::Alternative)
    }
}

/// Names what a wish is about.
pub(super) fn named(header: Header, wish: &Wish<'_>) -> Header {
    let header = wish.subjects.iter().fold(header, |header, id| header.naming(Role::SUBJECT, *id));
    let header = wish.about.iter().fold(header, |header, id| header.naming(Role::ABOUT, StatementId(id.0)));
    wish.heads.iter().fold(header, |header, id| header.naming(Role::HEAD, *id))
}

/// Whether an act is of the register that a wish writes.
fn same_matter(said: &Said, act: Act, wish: &Wish<'_>) -> bool {
    let register = act.group.filter(|group| *group != OFFER);
    register.is_some()
        && said.act.is_some_and(|other| other.group == register)
        && (register == Some(PICK) || (said.subjects == wish.subjects && said.about == wish.about))
}

//! Both answer, then both see.
//!
//! # Merge rule
//! An answer is a commitment to words that stay in the author's vault, and an opening that brings the words. An opening names
//! its own commitment and exactly one of the partner's; **an answer is shown once an opening by the other names it**. So nobody
//! can read the other's answer and then answer anew: the reader's own opening has fixed which answer of theirs counts, and the
//! other's opening names that one and no later one. Before any opening of the other names it, an author may replace or take back
//! their commitment. A pass is a sealed answer without fields. No clock and no silence opens anything.
//!
//! An opening binds the other only by the words it brings. One without its words (taken back, or never sent) names a commitment of
//! the other only if the other answered it by opening that commitment.

use super::{RuleError, fitting};
use crate::id::{Day, EntryId, MemberId, SeriesId, StatementId};
use crate::statement::{self, Body, Header, Kind, Role, Statement, StatementSet, Subject, Value};
use std::collections::{BTreeMap, BTreeSet};

/// How a pair of answers stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SealedState {
    /// Nobody has answered, as far as may be shown.
    Upcoming,
    /// One's own answer is sealed.
    MineSealed,
    /// The other's answer is sealed and waits.
    TheirsSealed,
    /// Both are sealed and will open.
    BothSealed,
    /// Both are open.
    Open,
    /// Both are open, and both passed.
    Passed,
    /// The day is over and the other has not answered: it stays sealed.
    Unopened,
}

impl SealedState {
    /// The stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Upcoming => "upcoming",
            Self::MineSealed => "mine_sealed",
            Self::TheirsSealed => "theirs_sealed",
            Self::BothSealed => "both_sealed",
            Self::Open => "open",
            Self::Passed => "passed",
            Self::Unopened => "unopened",
        }
    }
}

/// One answer that may be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerView {
    /// Whose.
    pub member: MemberId,
    /// Its commitment.
    pub commitment: StatementId,
    /// The day its author claims.
    pub day: Day,
    /// Whether it is a pass.
    pub passed: bool,
    /// Its fields by number; `None` for a pass or when the author took the words back.
    pub fields: Option<BTreeMap<u32, Value>>,
    /// Whether the author took the words back. Whether they were a pass is not told then.
    pub redacted: bool,
    /// Whether the other may read it too.
    pub open: bool,
    /// Whether its author opened it without waiting for the other.
    pub shared_anyway: bool,
    /// Whether it was sealed after the other's answer could be read.
    pub answered_after_reading: bool,
}

/// What one person is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedView {
    /// How the pair stands.
    pub state: SealedState,
    /// Answers that may be read here: one's own, and the other's once it is open.
    pub answers: Vec<AnswerView>,
    /// Members of whom openings name two commitments.
    pub answered_twice: Vec<MemberId>,
    /// Whether an answer of one's own is due to open and its words are not on this phone.
    pub could_not_be_opened: bool,
}

/// An opening to author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// One's own commitment.
    pub own: StatementId,
    /// The partner's commitment it names.
    pub partner: StatementId,
    /// The commitment's body.
    pub body: Body,
    /// One's own redactions on the occurrence, for the header to name: they came before these words.
    pub over: Vec<StatementId>,
}

/// An opening or sharing that speaks of a commitment of its own member.
struct Opening<'a> {
    statement: &'a Statement,
    /// What it opens.
    own: &'a Statement,
    /// The words, unless they are not here or were taken back.
    words: Option<&'a Body>,
    /// Whether the words are not here because they were taken back.
    redacted: bool,
    /// The commitment of the other member that it names.
    partner: Option<&'a Statement>,
}

impl<'a> Opening<'a> {
    /// Reads an opening; one that brings other words than its commitment bound says nothing.
    fn read(set: &'a StatementSet, statement: &'a Statement) -> Option<Self> {
        let commitment = |role| {
            let id = statement.header.named(role).next()?;
            set.get(&id).filter(|commitment| commitment.header.kind == Kind::COMMIT)
        };
        let own = commitment(Role::OWN_COMMITMENT).filter(|own| own.member == statement.member)?;
        let words = statement.body.as_ref();
        if words.is_some_and(|body| !is_bound(body, own)) {
            return None;
        }
        let opens = statement.header.kind == Kind::OPEN;
        let partner =
            commitment(Role::PARTNER_COMMITMENT).filter(|partner| opens && partner.member != statement.member);
        // An opening of nobody else's answer is none.
        if opens && partner.is_none() {
            return None;
        }
        let redacted = set.is_redacted(statement);
        Some(Self { statement, own, words: words.filter(|_| !redacted), redacted, partner })
    }

    fn is_sharing(&self) -> bool {
        self.statement.header.kind == Kind::SHARE_ANYWAY
    }

    fn member(&self) -> MemberId {
        self.statement.member
    }
}

/// Whether a body is the very one that a commitment bound.
fn is_bound(body: &Body, commitment: &Statement) -> bool {
    body.hash(&commitment.owner, &commitment.member, Kind::COMMIT, &commitment.target) == commitment.body_hash
}

/// The commitment's body among one's own answers from the vault.
fn kept<'b>(own: &'b [Body], commitment: &Statement) -> Option<&'b Body> {
    own.iter().find(|body| is_bound(body, commitment))
}

/// Commitments and openings of one occurrence, sorted out.
struct Pair<'a> {
    set: &'a StatementSet,
    openings: Vec<Opening<'a>>,
    /// Commitments named by an opening of the other member.
    named: BTreeSet<StatementId>,
}

impl<'a> Pair<'a> {
    fn new(set: &'a StatementSet) -> Self {
        let kinds = |statement: &&Statement| matches!(statement.header.kind, Kind::OPEN | Kind::SHARE_ANYWAY);
        let openings: Vec<Opening<'_>> =
            set.iter().filter(kinds).filter_map(|statement| Opening::read(set, statement)).collect();
        let opened: BTreeSet<StatementId> =
            openings.iter().filter(|opening| !opening.is_sharing()).map(|opening| opening.own.id).collect();
        let named = openings.iter().filter_map(|opening| {
            let partner = opening.partner?.id;
            (opening.words.is_some() || opened.contains(&partner)).then_some(partner)
        });
        let named = named.collect();
        Self { set, openings, named }
    }

    fn commitments(&self, mine: bool, me: MemberId) -> impl Iterator<Item = &'a Statement> + '_ {
        self.set.of_kind(Kind::COMMIT).filter(move |commitment| (commitment.member == me) == mine)
    }

    /// Neither replaced nor taken back; or shared, or named by the other's opening, which no later act undoes.
    fn is_active(&self, commitment: &Statement) -> bool {
        if self.named.contains(&commitment.id) || self.is_shared(commitment.id) {
            return true;
        }
        let taken_back = self.set.of_kind(Kind::TAKE_BACK).any(|take_back| {
            take_back.member == commitment.member
                && take_back.header.named(Role::OWN_COMMITMENT).any(|id| id == commitment.id)
        });
        let replaced = self
            .set
            .of_kind(Kind::COMMIT)
            .any(|later| later.member == commitment.member && later.header.over.contains(&commitment.id));
        !taken_back && !replaced && !self.set.is_redacted(commitment)
    }

    fn active(&self, mine: bool, me: MemberId) -> Vec<&'a Statement> {
        self.commitments(mine, me).filter(|commitment| self.is_active(commitment)).collect()
    }

    /// The openings and sharings of a commitment that bring its words, or brought them until they were taken back.
    fn openings_of(&self, commitment: StatementId) -> impl Iterator<Item = &Opening<'a>> {
        let brought = |opening: &Opening<'_>| opening.words.is_some() || opening.redacted;
        self.openings.iter().filter(move |opening| opening.own.id == commitment && brought(opening))
    }

    /// Whether its words are out, in answer to the other's or shared.
    fn is_opened(&self, commitment: StatementId) -> bool {
        self.openings_of(commitment).next().is_some()
    }

    fn is_shared(&self, commitment: StatementId) -> bool {
        self.openings_of(commitment).any(Opening::is_sharing)
    }

    fn words_of(&self, commitment: StatementId) -> Option<&'a Body> {
        self.openings_of(commitment).find_map(|opening| opening.words)
    }

    /// Whether both may read a commitment's words, unless they were taken back since.
    fn is_open(&self, commitment: StatementId) -> bool {
        self.is_shared(commitment) || (self.named.contains(&commitment) && self.is_opened(commitment))
    }
}

/// What `me` is shown. `own` are one's own answers' bodies from the vault; `hint` whether a waiting answer may be shown;
/// `past` whether the day is over.
pub fn view(set: &StatementSet, me: MemberId, own: &[Body], hint: bool, past: bool) -> SealedView {
    let pair = Pair::new(set);
    let mine = pair.active(true, me);
    let theirs = pair.active(false, me);
    let mut answers = Vec::new();
    let mut could_not_be_opened = false;
    for commitment in &mine {
        let body = kept(own, commitment).or_else(|| pair.words_of(commitment.id));
        let due = !pair.is_opened(commitment.id) && (pair.named.contains(&commitment.id) || !theirs.is_empty());
        could_not_be_opened |= body.is_none() && due;
        answers.push(answer(&pair, commitment, body));
    }
    for commitment in pair.commitments(false, me).filter(|commitment| pair.is_open(commitment.id)) {
        answers.push(answer(&pair, commitment, pair.words_of(commitment.id)));
    }
    let mine_open = mine.iter().any(|commitment| pair.is_open(commitment.id));
    let theirs_open = answers.iter().any(|answer| answer.member != me);
    let waits = theirs.iter().any(|commitment| !set.is_redacted(commitment));
    let state = match (mine.is_empty(), !waits) {
        _ if theirs_open && (mine_open || mine.is_empty()) => {
            if answers.iter().all(|answer| answer.passed) {
                SealedState::Passed
            } else {
                SealedState::Open
            }
        }
        (false, false) => SealedState::BothSealed,
        (false, true) if past => SealedState::Unopened,
        (false, true) => SealedState::MineSealed,
        (true, false) if hint => SealedState::TheirsSealed,
        _ => SealedState::Upcoming,
    };
    let twice = |member: &MemberId| {
        let named = pair.named.iter().filter_map(|id| set.get(id)).filter(|commitment| commitment.member == *member);
        named.count() > 1
    };
    let members: BTreeSet<MemberId> = set.of_kind(Kind::COMMIT).map(|commitment| commitment.member).collect();
    let answered_twice = members.into_iter().filter(twice).collect();
    SealedView { state, answers, answered_twice, could_not_be_opened }
}

fn answer(pair: &Pair<'_>, commitment: &Statement, body: Option<&Body>) -> AnswerView {
    let opening_redacted = pair.openings_of(commitment.id).any(|opening| opening.redacted);
    let taken_back = pair.set.is_redacted(commitment) || opening_redacted;
    let readable = |body| statement::read(&commitment.owner, Kind::COMMIT, body).ok();
    let content = body.and_then(readable).filter(|_| !taken_back);
    let after_reading = commitment.header.named(Role::SAW).any(|saw| {
        pair.set.get(&saw).is_some_and(|saw| saw.header.kind == Kind::SHARE_ANYWAY && saw.member != commitment.member)
    });
    AnswerView {
        member: commitment.member,
        commitment: commitment.id,
        day: commitment.header.day,
        passed: content.as_ref().is_some_and(|content| content.fields.is_none()),
        fields: content.and_then(|content| content.fields),
        redacted: taken_back,
        open: pair.is_open(commitment.id),
        shared_anyway: pair.is_shared(commitment.id),
        answered_after_reading: after_reading,
    }
}

/// The opening that this phone owes now, if any. `own` are one's own answers' bodies from the vault.
///
/// An opening of the partner that names a commitment of one's own is answered by opening that one, naming what theirs opened. Else
/// a member who has not opened opens their smallest commitment, naming the one the partner shared, else the smallest of those not
/// replaced, taken back or redacted; smallest by body hash. While the partner's opening names something that has not arrived, nothing is
/// opened: it is the answer that counts.
pub fn opening_due(set: &StatementSet, me: MemberId, own: &[Body]) -> Option<Due> {
    let pair = Pair::new(set);
    let by_hash = |commitment: &&Statement| commitment.body_hash;
    let theirs = || pair.openings.iter().filter(|opening| opening.member() != me && opening.words.is_some());
    let due = |commitment: &Statement, partner: &Statement| {
        let body = kept(own, commitment)?.clone();
        Some(Due { own: commitment.id, partner: partner.id, body, over: set.redactions(me).collect() })
    };
    let open = |commitment: &&Statement| !set.is_redacted(commitment) && kept(own, commitment).is_some();
    let named: BTreeSet<StatementId> = theirs().filter_map(|opening| opening.partner).map(|mine| mine.id).collect();
    if !named.is_empty() {
        let opens = |opening: &Statement, id| {
            opening.member == me && opening.header.named(Role::OWN_COMMITMENT).any(|own| own == id)
        };
        let opened = |id: StatementId| set.of_kind(Kind::OPEN).any(|opening| opens(opening, id));
        let unopened = named.iter().filter(|id| !opened(**id)).filter_map(|id| set.get(id));
        let mine = unopened.filter(open).min_by_key(by_hash)?;
        let naming = theirs().filter(|opening| opening.partner.is_some_and(|partner| partner.id == mine.id));
        return due(mine, naming.map(|opening| opening.own).min_by_key(by_hash)?);
    }
    // One's own opening counts as soon as it is known, whatever else has arrived.
    let opened_before = set.of_kind(Kind::OPEN).any(|opening| opening.member == me);
    if opened_before || names_the_unknown(set, me) {
        return None;
    }
    let mine = pair.active(true, me).into_iter().filter(open).min_by_key(by_hash)?;
    let shared = theirs().filter(|opening| opening.is_sharing()).map(|opening| opening.own).min_by_key(by_hash);
    // Words taken back before they could be read here are owed nothing.
    let readable = |commitment: &&Statement| !set.is_redacted(commitment);
    due(mine, shared.or_else(|| pair.active(false, me).into_iter().filter(readable).min_by_key(by_hash))?)
}

/// Whether an opening of the partner that brings its words names a commitment that is not here.
fn names_the_unknown(set: &StatementSet, me: MemberId) -> bool {
    let bound = |opening: &Statement| {
        let own = opening.header.named(Role::OWN_COMMITMENT).next().and_then(|id| set.get(&id));
        own.zip(opening.body.as_ref()).is_some_and(|(own, body)| own.member == opening.member && is_bound(body, own))
    };
    set.of_kind(Kind::OPEN)
        .filter(|opening| opening.member != me && bound(opening))
        .any(|opening| opening.header.named(Role::PARTNER_COMMITMENT).any(|id| set.get(&id).is_none()))
}

/// The header for sealing an answer, which replaces an earlier one of one's own.
///
/// # Errors
/// [`RuleError::AlreadyOpen`] once an answer of one's own is open or the partner's opening names it, [`RuleError::TooMany`].
pub fn commit(set: &StatementSet, me: MemberId, series: SeriesId, date: Day, day: Day) -> Result<Header, RuleError> {
    let pair = Pair::new(set);
    refuse_open(&pair, me)?;
    let replaced = pair.active(true, me).into_iter().map(|commitment| commitment.id);
    let header = Header::new(Kind::COMMIT, Subject::Occurrence { series, day: date }, day).over(replaced);
    // Only what brought its words could be read.
    let read = pair.openings.iter().filter(|opening| {
        opening.member() != me && opening.is_sharing() && (opening.statement.is_readable() || opening.redacted)
    });
    let header = read.fold(header, |header, opening| header.naming(Role::SAW, opening.statement.id));
    fitting(header.over(set.redactions(me)))
}

/// Headers for taking one's sealed answers back.
///
/// # Errors
/// [`RuleError::AlreadyOpen`], [`RuleError::NotFound`] without a sealed answer.
pub fn take_back(set: &StatementSet, me: MemberId, day: Day) -> Result<Vec<Header>, RuleError> {
    let pair = Pair::new(set);
    refuse_open(&pair, me)?;
    let sealed = pair.active(true, me);
    if sealed.is_empty() {
        return Err(RuleError::NotFound);
    }
    let header = |commitment: &Statement| {
        Header::new(Kind::TAKE_BACK, commitment.header.subject, day).naming(Role::OWN_COMMITMENT, commitment.id)
    };
    Ok(sealed.into_iter().map(header).collect())
}

/// The header and body for opening one's answer without waiting for the other.
///
/// # Errors
/// [`RuleError::AlreadyOpen`], [`RuleError::NotFound`] without a sealed answer, [`RuleError::NotReadable`] when its words are
/// not on this phone, [`RuleError::TooMany`].
pub fn share_anyway(set: &StatementSet, me: MemberId, own: &[Body], day: Day) -> Result<(Header, Body), RuleError> {
    let pair = Pair::new(set);
    refuse_open(&pair, me)?;
    let sealed = pair.active(true, me);
    if sealed.is_empty() {
        return Err(RuleError::NotFound);
    }
    let readable = sealed.into_iter().filter_map(|commitment| Some((commitment, kept(own, commitment)?)));
    let (commitment, body) =
        readable.min_by_key(|(commitment, _)| commitment.body_hash).ok_or(RuleError::NotReadable)?;
    let header =
        Header::new(Kind::SHARE_ANYWAY, commitment.header.subject, day).naming(Role::OWN_COMMITMENT, commitment.id);
    Ok((fitting(header.over(set.redactions(me)))?, body.clone()))
}

/// The header for taking the words of one's opened answers back for good. Sealed ones are taken back by [`take_back`].
///
/// # Errors
/// [`RuleError::NotFound`] without words of one's own that the other may read, [`RuleError::Redacted`] when they were taken back
/// already.
pub fn redact(set: &StatementSet, me: MemberId, target: EntryId, day: Day) -> Result<Header, RuleError> {
    let pair = Pair::new(set);
    let mut mine = pair.openings.iter().filter(|opening| opening.member() == me).peekable();
    if mine.peek().is_none() {
        return Err(RuleError::NotFound);
    }
    if mine.all(|opening| opening.redacted) {
        return Err(RuleError::Redacted);
    }
    Ok(Header::new(Kind::REDACT, Subject::Target(target), day))
}

fn refuse_open(pair: &Pair<'_>, me: MemberId) -> Result<(), RuleError> {
    let mine_named = pair.commitments(true, me).any(|commitment| pair.named.contains(&commitment.id));
    let opens = |statement: &Statement| matches!(statement.header.kind, Kind::OPEN | Kind::SHARE_ANYWAY);
    let opened = pair.set.iter().any(|statement| statement.member == me && opens(statement));
    if mine_named || opened { Err(RuleError::AlreadyOpen) } else { Ok(()) }
}

//! Both answer, then both see.
//!
//! # Merge rule
//! An answer is a commitment to words that stay in the author's vault, and an opening that brings the words. An opening names
//! its own commitment and exactly one of the partner's; **an answer is shown once an opening by the other names it**. So nobody
//! can read the other's answer and then answer anew: the reader's own opening has fixed which answer of theirs counts, and the
//! other's opening names that one and no later one. Before any opening of the other names it, an author may replace or take back
//! their commitment. A pass is a sealed answer without fields. No clock and no silence opens anything.

use super::RuleError;
use crate::id::{Day, MemberId, SeriesId, StatementId};
use crate::statement::{Body, Header, Kind, Role, Statement, StatementSet, Subject, Value};
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
    pub fn code(self) -> &'static str {
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
    /// Whether an answer of one's own cannot be opened, because its words are on no phone one still has.
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
}

/// Commitments and openings of one occurrence, sorted out.
struct Pair<'a> {
    set: &'a StatementSet,
    /// Authentic openings and sharings: (statement, own commitment).
    openings: Vec<(&'a Statement, StatementId)>,
    /// Commitments named by an authentic opening of the other member.
    named: BTreeSet<StatementId>,
}

impl<'a> Pair<'a> {
    fn new(set: &'a StatementSet) -> Self {
        let authentic = |statement: &'a Statement| {
            let own = statement.header.named(Role::OWN_COMMITMENT).next()?;
            is_opening_of(statement, set.get(&own)?).then_some((statement, own))
        };
        let kinds = |statement: &&Statement| matches!(statement.header.kind, Kind::OPEN | Kind::SHARE_ANYWAY);
        let openings: Vec<_> = set.iter().filter(kinds).filter_map(authentic).collect();
        let named = openings.iter().filter_map(|(opening, _)| {
            let partner = opening.header.named(Role::PARTNER_COMMITMENT).next()?;
            let commitment = set.get(&partner)?;
            let fits = commitment.header.kind == Kind::COMMIT && commitment.member != opening.member;
            fits.then_some(partner)
        });
        let named = named.collect();
        Self { set, openings, named }
    }

    fn commitments(&self, mine: bool, me: MemberId) -> impl Iterator<Item = &'a Statement> + '_ {
        self.set.of_kind(Kind::COMMIT).filter(move |commitment| (commitment.member == me) == mine)
    }

    /// Neither replaced nor taken back; or shared, or named by the other's opening, which no later act undoes.
    fn is_active(&self, commitment: &Statement) -> bool {
        if self.named.contains(&commitment.id) || self.shared_anyway(&commitment.id).is_some() {
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
        !taken_back && !replaced
    }

    fn active(&self, mine: bool, me: MemberId) -> Vec<&'a Statement> {
        self.commitments(mine, me).filter(|commitment| self.is_active(commitment)).collect()
    }

    fn opening_of(&self, commitment: &StatementId) -> Option<&'a Statement> {
        self.openings.iter().find(|(_, own)| own == commitment).map(|(opening, _)| *opening)
    }

    fn shared_anyway(&self, commitment: &StatementId) -> Option<&'a Statement> {
        let shared = |(opening, own): &&(&Statement, StatementId)| {
            own == commitment && opening.header.kind == Kind::SHARE_ANYWAY
        };
        self.openings.iter().find(shared).map(|(opening, _)| *opening)
    }

    /// Whether everybody may read a commitment's words.
    fn is_open(&self, commitment: &StatementId) -> bool {
        self.shared_anyway(commitment).is_some()
            || (self.named.contains(commitment) && self.opening_of(commitment).is_some())
    }
}

/// Whether an opening brings the very body that the commitment bound, said by the same member of the same occurrence.
fn is_opening_of(opening: &Statement, commitment: &Statement) -> bool {
    let hash = match &opening.body {
        Some(body) => body.hash(&commitment.owner, &commitment.member, Kind::COMMIT, &commitment.target),
        // An opening whose words were taken back later stays an opening; it was checked when it came.
        None => return commitment.member == opening.member && commitment.header.kind == Kind::COMMIT,
    };
    commitment.header.kind == Kind::COMMIT && commitment.member == opening.member && hash == commitment.body_hash
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
        let opening = pair.opening_of(&commitment.id);
        let body = own.iter().find(|body| commitment.body_hash == hash_of(body, commitment));
        could_not_be_opened |= body.is_none() && opening.is_none();
        let body = body.or_else(|| opening.and_then(|opening| opening.body.as_ref()));
        answers.push(answer(&pair, commitment, body));
    }
    for commitment in pair.commitments(false, me).filter(|commitment| pair.is_open(&commitment.id)) {
        let opening = pair.opening_of(&commitment.id);
        answers.push(answer(&pair, commitment, opening.and_then(|opening| opening.body.as_ref())));
    }
    let mine_open = mine.iter().any(|commitment| pair.is_open(&commitment.id));
    let theirs_open = answers.iter().any(|answer| answer.member != me);
    let state = match (mine.is_empty(), theirs.is_empty()) {
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
    let twice = |member: MemberId| {
        let named = pair.named.iter().filter_map(|id| set.get(id)).filter(|commitment| commitment.member == member);
        named.count() > 1
    };
    let members: BTreeSet<MemberId> = set.of_kind(Kind::COMMIT).map(|commitment| commitment.member).collect();
    let answered_twice = members.into_iter().filter(|member| twice(*member)).collect();
    SealedView { state, answers, answered_twice, could_not_be_opened }
}

fn hash_of(body: &Body, commitment: &Statement) -> crate::id::BodyHash {
    body.hash(&commitment.owner, &commitment.member, Kind::COMMIT, &commitment.target)
}

fn answer(pair: &Pair<'_>, commitment: &Statement, body: Option<&Body>) -> AnswerView {
    let taken_back = pair.set.is_redacted(commitment);
    let content = body.and_then(|body| body.content().ok()).filter(|_| !taken_back);
    let after_reading = commitment.header.named(Role::SAW).any(|saw| {
        pair.set.get(&saw).is_some_and(|saw| saw.header.kind == Kind::SHARE_ANYWAY && saw.member != commitment.member)
    });
    AnswerView {
        member: commitment.member,
        commitment: commitment.id,
        day: commitment.header.day,
        passed: content.as_ref().is_some_and(|content| content.fields.is_none()),
        fields: content.and_then(|content| content.fields),
        open: pair.is_open(&commitment.id),
        shared_anyway: pair.shared_anyway(&commitment.id).is_some(),
        answered_after_reading: after_reading,
    }
}

/// The opening that this phone owes now, if any. `own` are one's own answers' bodies from the vault.
///
/// The partner's commitment it names is the one a received opening opened, else the smallest by body hash among those not
/// replaced. A member who has opened once opens again only a different commitment that the partner's opening names.
pub fn opening_due(set: &StatementSet, me: MemberId, own: &[Body]) -> Option<Due> {
    let pair = Pair::new(set);
    let body_of = |commitment: &Statement| own.iter().find(|body| commitment.body_hash == hash_of(body, commitment));
    let theirs: Vec<&(&Statement, StatementId)> =
        pair.openings.iter().filter(|(opening, _)| opening.member != me && opening.header.kind == Kind::OPEN).collect();
    let named_by_them = theirs.iter().filter_map(|(opening, _)| opening.header.named(Role::PARTNER_COMMITMENT).next());
    let named: Option<&Statement> = named_by_them
        .filter_map(|id| set.get(&id))
        .filter(|commitment| commitment.member == me && pair.opening_of(&commitment.id).is_none())
        .min_by_key(|commitment| commitment.body_hash);
    let opened_before = pair.openings.iter().any(|(opening, _)| opening.member == me);
    let commitment = match named {
        Some(named) => named,
        None if opened_before => return None,
        None => {
            let sealed = pair.active(true, me).into_iter().filter(|commitment| body_of(commitment).is_some());
            sealed.min_by_key(|commitment| commitment.body_hash)?
        }
    };
    let partner = match theirs.iter().map(|(_, own)| *own).min() {
        Some(opened) => opened,
        None => pair.active(false, me).into_iter().min_by_key(|commitment| commitment.body_hash)?.id,
    };
    Some(Due { own: commitment.id, partner, body: body_of(commitment)?.clone() })
}

/// The header for sealing an answer, which replaces an earlier one of one's own.
///
/// # Errors
/// [`RuleError::AlreadyOpen`] once an answer of one's own is open or the partner's opening names it.
pub fn commit(set: &StatementSet, me: MemberId, series: SeriesId, date: Day, day: Day) -> Result<Header, RuleError> {
    let pair = Pair::new(set);
    refuse_open(&pair, me)?;
    let replaced = pair.active(true, me).into_iter().map(|commitment| commitment.id);
    let header = Header::new(Kind::COMMIT, Subject::Occurrence { series, day: date }, day).over(replaced);
    let read =
        pair.openings.iter().filter(|(opening, _)| opening.member != me && opening.header.kind == Kind::SHARE_ANYWAY);
    Ok(read.fold(header, |header, (opening, _)| header.naming(Role::SAW, opening.id)))
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
/// not on this phone.
pub fn share_anyway(set: &StatementSet, me: MemberId, own: &[Body], day: Day) -> Result<(Header, Body), RuleError> {
    let pair = Pair::new(set);
    refuse_open(&pair, me)?;
    let commitment =
        pair.active(true, me).into_iter().min_by_key(|commitment| commitment.body_hash).ok_or(RuleError::NotFound)?;
    let body = own.iter().find(|body| commitment.body_hash == hash_of(body, commitment));
    let header =
        Header::new(Kind::SHARE_ANYWAY, commitment.header.subject, day).naming(Role::OWN_COMMITMENT, commitment.id);
    Ok((header, body.ok_or(RuleError::NotReadable)?.clone()))
}

fn refuse_open(pair: &Pair<'_>, me: MemberId) -> Result<(), RuleError> {
    let mine_named = pair.commitments(true, me).any(|commitment| pair.named.contains(&commitment.id));
    let opened = pair.openings.iter().any(|(opening, _)| opening.member == me);
    if mine_named || opened { Err(RuleError::AlreadyOpen) } else { Ok(()) }
}

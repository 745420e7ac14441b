//! Taking a step: what the act must name, and when it cannot be taken.

use super::super::acts::{self, On, Rank, Wish};
use super::super::{RuleError, Voices, fitting, own_entry};
use super::fold::Fold;
use super::{Judgement, Role, Table};
use crate::id::{Day, EntryId, MemberId, StatementId};
use crate::statement::{Header, Kind, NAMED_MAX, Role as Named, StatementSet, Subject};
use std::collections::BTreeSet;

/// The header for an act about a request: a step, or any other act of the practice. A step names one's own steps that stand, which
/// it replaces, and every step that nobody has answered yet. A step about the question's wording that names none is about what
/// stands.
///
/// Taking the question back is possible from every state and however much was said: what one header cannot name is outweighed
/// all the same.
///
/// # Errors
/// [`RuleError::NotNow`]; [`RuleError::NotFound`] until the statement that asked is here; [`RuleError::TooMany`] when so much was
/// said that one statement cannot answer it, or one said as much as may be; those of [`acts::act`].
pub fn step(
    set: &StatementSet,
    voices: &Voices,
    table: &Table,
    me: MemberId,
    (target, day): (EntryId, Day),
    wish: &Wish<'_>,
) -> Result<Header, RuleError> {
    let act = table.acts.find(wish.act).ok_or(RuleError::NoSuchAct)?;
    let subject = Subject::Target(target);
    let Some(taken) = act.step else {
        return acts::act(set, voices, &table.acts, me, (subject, day), wish);
    };
    let asker = voices.author().ok_or(RuleError::NotFound)?;
    voices.may(act.by, me)?;
    let mut wish = wish.clone();
    if act.on == On::Wording && wish.subjects.is_empty() {
        wish.subjects = standing(set)?;
    }
    acts::about_something(set, voices, &table.acts, act, &wish.subjects)?;

    let acts = acts::view(set, voices, &table.acts);
    let fold = Fold::new(table, asker, &acts);
    let role = if me == asker { Role::Asker } else { Role::Askee };
    let leads_on = |state| matches!(table.judge(state, role, &act), Judgement::To(_));
    if !leads_on(super::outcome(set, table, &fold).state) {
        return Err(RuleError::NotNow);
    }
    let withdraws = taken.rank == Rank::Withdraw;
    let own: BTreeSet<StatementId> = fold.standing_of(me).map(|said| said.id).collect();
    let header = acts::named(Header::new(Kind::ACT, subject, day), &wish);
    let mut header = header.over(set.redactions(me)).over(own.iter().copied());
    if withdraws {
        header.over.truncate(NAMED_MAX);
    }
    let room = NAMED_MAX.saturating_sub(header.refs.len());
    let replaced: BTreeSet<StatementId> = header.over.iter().copied().collect();
    let tips = fold.tips().into_iter().map(|said| said.id).filter(|id| !replaced.contains(id));
    header = tips.take(room).fold(header, |header, id| header.naming(Named::SAW, id));
    if !withdraws {
        let known: Vec<StatementId> = header.named(Named::SAW).chain(header.over.iter().copied()).collect();
        let past = fold.past(&known);
        let outweighed = fold.rank_beyond(&past) > Some(taken.rank);
        if fold.is_full(me) || outweighed || !leads_on(fold.state_of(&past).state) {
            return Err(RuleError::TooMany);
        }
    }
    fitting(header)
}

/// The wordings of the question that stand and can be read.
fn standing(set: &StatementSet) -> Result<BTreeSet<StatementId>, RuleError> {
    let own = own_entry::view(set).ok_or(RuleError::NotFound)?;
    if own.state == own_entry::OwnEntryState::Redacted {
        return Err(RuleError::Redacted);
    }
    if own.standing().any(|wording| wording.fields.is_none()) {
        return Err(RuleError::NotReadable);
    }
    Ok(own.standing().map(|wording| wording.hash).collect())
}

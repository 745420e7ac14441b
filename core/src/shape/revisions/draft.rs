//! What a person may do with an agreement, as statements to author. Each act is refused with a reason or drafted whole; the
//! caller authors every draft in one step.

use super::Agreement;
use crate::id::{Day, EntryId, StatementId};
use crate::shape::RuleError;
use crate::statement::{Header, Kind, Role, Subject};

/// Most revisions one withdrawal names; more go into another.
const NAMED_MAX: usize = 60;

impl Agreement<'_> {
    /// Headers to author for a proposal on an agreement that exists, the proposal last. Without `parents` it amends one's own
    /// unagreed head, else the revision in force, else the only head.
    ///
    /// # Errors
    /// [`RuleError::AmbiguousRevision`] without a single one of those, [`RuleError::NotFound`] for an unknown parent.
    pub fn propose(
        &self,
        target: EntryId,
        day: Day,
        parents: Option<&[StatementId]>,
    ) -> Result<Vec<Header>, RuleError> {
        let parents: Vec<usize> = match parents {
            Some(ids) => ids.iter().map(|id| self.find(id)).collect::<Result<_, _>>()?,
            None => self.default_parent()?.into_iter().collect(),
        };
        let me = self.parties.me;
        let above = |at: usize| parents.iter().any(|parent| *parent == at || self.graph.is_above(at, *parent));
        // Unagreed words of one's own that this replaces; text in force holds until both accept the new one.
        let replaced = |at: usize| above(at) && !self.derived.agreed.contains(&at);
        let mut headers = self.withdraw_where(target, day, |at| replaced(at) || self.is_beside(at));
        let mut header = Header::new(Kind::PROPOSE, Subject::Target(target), day);
        for parent in &parents {
            if let Some(revision) = self.graph.revisions.get(*parent) {
                header = header.naming(Role::PARENT, revision.id);
            }
        }
        headers.push(header.over(self.unanswered(self.general_withdrawals(me))));
        Ok(headers)
    }

    fn default_parent(&self) -> Result<Option<usize>, RuleError> {
        let me = self.parties.me;
        let mine = |at: &&usize| {
            self.graph.stands(me, **at)
                && !self.graph.stands(self.parties.partner, **at)
                && self.graph.revisions.get(**at).is_some_and(|revision| revision.member == me)
        };
        let own: Vec<usize> = self.derived.heads.iter().filter(mine).copied().collect();
        match (own.as_slice(), self.derived.in_force, self.derived.heads.as_slice()) {
            ([own], _, _) => Ok(Some(*own)),
            ([], Some(in_force), _) => Ok(Some(in_force)),
            ([], None, [head]) => Ok(Some(*head)),
            ([], None, []) if self.graph.revisions.len() == 1 => Ok(Some(0)),
            _ => Err(RuleError::AmbiguousRevision),
        }
    }

    /// Headers to author for consenting, the consent last. Without `revision` there must be exactly one that the other stands
    /// on and one could consent to.
    ///
    /// # Errors
    /// [`RuleError::AmbiguousRevision`], [`RuleError::NotFound`], [`RuleError::AlreadyConsented`]; [`RuleError::NotReadable`]
    /// when the words are not here or made with a newer version; [`RuleError::MustMerge`] when the revision does not build on
    /// the one in force: write one that builds on both.
    pub fn consent(&self, target: EntryId, day: Day, revision: Option<&StatementId>) -> Result<Vec<Header>, RuleError> {
        let me = self.parties.me;
        let at = self.subject(revision)?;
        if self.graph.stands(me, at) {
            return Err(RuleError::AlreadyConsented);
        }
        let revision = self.graph.revisions.get(at).ok_or(RuleError::NotFound)?;
        if !self.graph.is_rooted(at) || !self.readable.get(at).copied().unwrap_or(false) {
            return Err(RuleError::NotReadable);
        }
        if self.derived.in_force.is_some_and(|in_force| in_force != at && !self.graph.is_above(in_force, at)) {
            return Err(RuleError::MustMerge);
        }
        let mut headers = self.withdraw_where(target, day, |other| other != at && self.is_beside(other));
        let answered = self.unanswered(self.graph.withdrawals(me, at).map(|w| w.id).collect());
        let header = Header::new(Kind::CONSENT, Subject::Target(target), day);
        headers.push(header.naming(Role::SUBJECT, revision.id).over(answered));
        Ok(headers)
    }

    /// The header for declining a revision, found as for consenting.
    ///
    /// # Errors
    /// [`RuleError::AmbiguousRevision`], [`RuleError::NotFound`].
    pub fn decline(&self, target: EntryId, day: Day, revision: Option<&StatementId>) -> Result<Header, RuleError> {
        let at = self.subject(revision)?;
        let revision = self.graph.revisions.get(at).ok_or(RuleError::NotFound)?;
        Ok(Header::new(Kind::DECLINE, Subject::Target(target), day).naming(Role::SUBJECT, revision.id))
    }

    /// The header for a comment, on a revision or on the whole agreement.
    ///
    /// # Errors
    /// [`RuleError::NotFound`] for an unknown revision.
    pub fn comment(&self, target: EntryId, day: Day, revision: Option<&StatementId>) -> Result<Header, RuleError> {
        let header = Header::new(Kind::COMMENT, Subject::Target(target), day);
        match revision {
            None => Ok(header),
            Some(id) => self.find(id).map(|_| header.naming(Role::SUBJECT, *id)),
        }
    }

    /// Headers for withdrawing: from one revision, or from the whole agreement. Possible in every state. Withdrawing from the
    /// revision in force includes the older ones one agreed to, so that no single person's act puts older words back in force.
    ///
    /// # Errors
    /// [`RuleError::NotFound`] for an unknown revision.
    pub fn withdraw(
        &self,
        target: EntryId,
        day: Day,
        revision: Option<&StatementId>,
    ) -> Result<Vec<Header>, RuleError> {
        let me = self.parties.me;
        let Some(id) = revision else {
            let header = Header::new(Kind::WITHDRAW, Subject::Target(target), day);
            return Ok(vec![header.over(self.unanswered(self.general_withdrawals(me)))]);
        };
        let at = self.find(id)?;
        let mut named = vec![at];
        if self.derived.in_force == Some(at) {
            let older = (0..self.graph.revisions.len()).filter(|other| self.graph.is_above(*other, at));
            named.extend(older.filter(|other| self.graph.stands(me, *other)));
        }
        Ok(self.withdrawals_of(target, day, &named))
    }

    /// The header for ending the agreement.
    pub fn retire(&self, target: EntryId, day: Day) -> Header {
        let over = self.unanswered(self.general_withdrawals(self.parties.me));
        Header::new(Kind::RETIRE, Subject::Target(target), day).over(over)
    }

    fn find(&self, id: &StatementId) -> Result<usize, RuleError> {
        self.graph.number(id).ok_or(RuleError::NotFound)
    }

    /// The revision an answer is about: the one named, or the only head the other stands on and one does not.
    fn subject(&self, revision: Option<&StatementId>) -> Result<usize, RuleError> {
        if let Some(id) = revision {
            return self.find(id);
        }
        let open = |at: &&usize| !self.graph.stands(self.parties.me, **at);
        let open: Vec<usize> = self.derived.heads.iter().filter(open).copied().collect();
        match open.as_slice() {
            [one] => Ok(*one),
            [] if self.derived.heads.len() == 1 => Err(RuleError::AlreadyConsented),
            [] => Err(RuleError::NotFound),
            _ => Err(RuleError::AmbiguousRevision),
        }
    }

    /// Whether one stands on a revision that does not go with the one in force: it could no longer be agreed, and must not come
    /// back through an old phone.
    fn is_beside(&self, at: usize) -> bool {
        self.derived.in_force.is_some_and(|in_force| !self.graph.comparable(in_force, at))
    }

    fn withdraw_where(&self, target: EntryId, day: Day, covers: impl Fn(usize) -> bool) -> Vec<Header> {
        let stood = (0..self.graph.revisions.len()).filter(|at| self.graph.stands(self.parties.me, *at));
        let named: Vec<usize> = stood.filter(|at| covers(*at)).collect();
        self.withdrawals_of(target, day, &named)
    }

    fn withdrawals_of(&self, target: EntryId, day: Day, named: &[usize]) -> Vec<Header> {
        let chunks = named.chunks(NAMED_MAX);
        let header = |chunk: &[usize]| {
            chunk
                .iter()
                .filter_map(|at| self.graph.revisions.get(*at))
                .fold(Header::new(Kind::WITHDRAW, Subject::Target(target), day), |header, revision| {
                    header.naming(Role::SUBJECT, revision.id)
                })
        };
        chunks.map(header).collect()
    }

    /// One's own withdrawals of the whole agreement.
    fn general_withdrawals(&self, me: crate::id::MemberId) -> Vec<StatementId> {
        let general = self.set.iter().filter(|statement| {
            statement.member == me
                && match statement.header.kind {
                    Kind::RETIRE => true,
                    Kind::WITHDRAW => statement.header.named(Role::SUBJECT).next().is_none(),
                    _ => false,
                }
        });
        general.map(|statement| statement.id).collect()
    }

    /// Those of `ids` that none of the others names already: naming these names all.
    fn unanswered(&self, ids: Vec<StatementId>) -> Vec<StatementId> {
        let reached = |id: &StatementId| {
            let others = ids.iter().filter(|other| *other != id).filter_map(|other| self.set.get(other));
            others.into_iter().any(|other| self.graph.over(other).contains(id))
        };
        ids.iter().filter(|id| !reached(id)).copied().collect()
    }
}

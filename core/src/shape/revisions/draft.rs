//! What a person may do with an agreement, as statements to author. Each act is refused with a reason or drafted whole; the
//! caller authors every draft in one step.

use super::Agreement;
use super::graph::{Marks, is_marked};
use crate::id::{Day, EntryId, StatementId};
use crate::shape::{RuleError, fitting};
use crate::statement::{Header, Kind, NAMED_MAX, Role, Subject};

impl Agreement<'_> {
    /// Headers to author for a proposal on an agreement that exists, the proposal last. Without `parents` it amends one's own
    /// unagreed head, else the revision in force, else the only head; while two texts are crossed, the parents must be named,
    /// since amending one of them would let the other through.
    ///
    /// # Errors
    /// [`RuleError::AmbiguousRevision`] without a single one of those, [`RuleError::NotFound`] for an unknown parent,
    /// [`RuleError::NotReadable`] for one whose ancestors are not here yet, [`RuleError::TooMany`] beyond what a header can name.
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
        if parents.iter().any(|parent| !self.graph.is_rooted(*parent)) {
            return Err(RuleError::NotReadable);
        }
        // Unagreed words of one's own that this replaces; what both stand on holds until both accept the new words.
        let above = self.graph.above(&parents);
        let replaced = |at: usize| (parents.contains(&at) || is_marked(&above, at)) && !self.theirs().stands(at);
        let beside = self.beside();
        let mut headers = self.withdraw_where(target, day, |at| replaced(at) || is_marked(&beside, at));
        let named = parents.iter().filter_map(|parent| self.id(*parent));
        let header = named.fold(Header::new(Kind::PROPOSE, Subject::Target(target), day), |header, parent| {
            header.naming(Role::PARENT, parent)
        });
        // That the other withdrew is known here: this is proposed anew, not what they withdrew from.
        let known = self.theirs().naming(self.theirs().open_general().map(|said| said.id).collect(), NAMED_MAX);
        let header = known.into_iter().fold(header, |header, withdrawal| header.naming(Role::SAW, withdrawal));
        let answered = self.mine().general().map(|said| said.id).collect();
        headers.push(self.worded(self.answering(header, answered))?);
        Ok(headers)
    }

    fn default_parent(&self) -> Result<Option<usize>, RuleError> {
        if !self.derived.crossed.is_empty() {
            return Err(RuleError::AmbiguousRevision);
        }
        let me = self.parties.me;
        let mine = |at: &&usize| {
            self.mine().stands(**at)
                && !self.theirs().stands(**at)
                && self.graph.revisions.get(**at).is_some_and(|revision| revision.member == me)
        };
        let own: Vec<usize> = self.derived.heads.iter().filter(mine).copied().collect();
        match (own.as_slice(), self.derived.in_force, self.derived.heads.as_slice()) {
            ([own], _, _) => Ok(Some(*own)),
            ([], Some(in_force), _) => Ok(Some(in_force)),
            ([], None, [head]) => Ok(Some(*head)),
            // Nobody stands on anything: the newest words are the only ones nothing builds on.
            ([], None, []) => {
                let last: Vec<usize> = self.graph.order().filter(|at| self.graph.is_last(*at)).collect();
                match last.as_slice() {
                    [last] => Ok(Some(*last)),
                    _ => Err(RuleError::AmbiguousRevision),
                }
            }
            _ => Err(RuleError::AmbiguousRevision),
        }
    }

    /// Headers to author for consenting, the consent last. Without `revision` there must be exactly one that the other stands
    /// on and one could consent to.
    ///
    /// # Errors
    /// [`RuleError::AmbiguousRevision`], [`RuleError::NotFound`], [`RuleError::AlreadyConsented`]; [`RuleError::NotReadable`]
    /// when the words are not here or cannot be shown, [`RuleError::NewerVersion`] when they were made with a newer version of the app,
    /// [`RuleError::Redacted`] when they were taken back;
    /// [`RuleError::MustMerge`] when the revision does not build on the one in force: write one that builds on both;
    /// [`RuleError::TooMany`] beyond what a header can name.
    pub fn consent(&self, target: EntryId, day: Day, revision: Option<&StatementId>) -> Result<Vec<Header>, RuleError> {
        let at = self.subject(revision)?;
        if self.mine().stands(at) {
            return Err(RuleError::AlreadyConsented);
        }
        let revision = self.graph.revisions.get(at).ok_or(RuleError::NotFound)?;
        if self.set.is_redacted(revision) {
            return Err(RuleError::Redacted);
        }
        let shown = is_marked(&self.worded, at) && !is_marked(&self.unreadable, at);
        if !self.graph.is_rooted(at) || !shown {
            return Err(RuleError::NotReadable);
        }
        if is_marked(&self.newer, at) {
            return Err(RuleError::NewerVersion);
        }
        let builds_on = |in_force: usize| in_force == at || is_marked(&self.graph.below(in_force), at);
        if !self.derived.in_force.is_none_or(builds_on) {
            return Err(RuleError::MustMerge);
        }
        let beside = self.beside();
        let mut headers = self.withdraw_where(target, day, |other| other != at && is_marked(&beside, other));
        let answered = self.mine().covering(revision.id).map(|said| said.id).collect();
        let header = Header::new(Kind::CONSENT, Subject::Target(target), day).naming(Role::SUBJECT, revision.id);
        headers.push(fitting(self.answering(header, answered))?);
        Ok(headers)
    }

    /// The header for declining a revision, found as for consenting.
    ///
    /// # Errors
    /// [`RuleError::AmbiguousRevision`], [`RuleError::NotFound`], [`RuleError::AlreadyConsented`], [`RuleError::TooMany`].
    pub fn decline(&self, target: EntryId, day: Day, revision: Option<&StatementId>) -> Result<Header, RuleError> {
        let revision = self.id(self.subject(revision)?).ok_or(RuleError::NotFound)?;
        self.worded(Header::new(Kind::DECLINE, Subject::Target(target), day).naming(Role::SUBJECT, revision))
    }

    /// The header for a comment. Without `revision` it is about the only head, else the revision in force, else the whole
    /// agreement.
    ///
    /// # Errors
    /// [`RuleError::AmbiguousRevision`] with several heads, [`RuleError::NotFound`] for an unknown revision,
    /// [`RuleError::TooMany`].
    pub fn comment(&self, target: EntryId, day: Day, revision: Option<&StatementId>) -> Result<Header, RuleError> {
        let at = match (revision, self.derived.heads.as_slice()) {
            (Some(id), _) => Some(self.find(id)?),
            (None, [head]) => Some(*head),
            (None, []) => self.derived.in_force,
            (None, _) => return Err(RuleError::AmbiguousRevision),
        };
        let header = Header::new(Kind::COMMENT, Subject::Target(target), day);
        let subject = at.and_then(|at| self.id(at));
        self.worded(subject.into_iter().fold(header, |header, id| header.naming(Role::SUBJECT, id)))
    }

    /// Headers for withdrawing: from one revision, or from the whole agreement. Possible in every state. Withdrawing from the
    /// revision in force includes every older one, also those to which another phone of one's own may be consenting right now,
    /// so that no single person's act puts older words back in force.
    ///
    /// # Errors
    /// [`RuleError::NotFound`] for an unknown revision.
    pub fn withdraw(
        &self,
        target: EntryId,
        day: Day,
        revision: Option<&StatementId>,
    ) -> Result<Vec<Header>, RuleError> {
        let Some(id) = revision else { return Ok(vec![self.general(Kind::WITHDRAW, target, day)]) };
        let at = self.find(id)?;
        let mut named = vec![at];
        if self.derived.in_force == Some(at) {
            let above = self.graph.above(&[at]);
            // Nearest first: should only part of it arrive for now, what comes back is as old as can be.
            named.extend(self.graph.order().rev().filter(|other| is_marked(&above, *other)));
        }
        Ok(self.withdrawals_of(target, day, &named))
    }

    /// The header for ending the agreement. Possible in every state.
    pub fn retire(&self, target: EntryId, day: Day) -> Header {
        self.general(Kind::RETIRE, target, day)
    }

    /// Headers for taking back one's own words: comments, notes, and proposals the other never consented to; the redaction last.
    /// Before it one withdraws from those proposals: should a consent of the other turn up that was on its way, the words stay, as
    /// they are half theirs, but one does not stand on them again.
    ///
    /// # Errors
    /// [`RuleError::NotYours`] without words of one's own, [`RuleError::NotRedactable`] when the other consented to all of them:
    /// agreed and half-agreed words belong to both.
    pub fn redact(&self, target: EntryId, day: Day) -> Result<Vec<Header>, RuleError> {
        let worded = |kind| matches!(kind, Kind::PROPOSE | Kind::COMMENT | Kind::DECLINE);
        let mine = self.set.iter().filter(|said| said.member == self.parties.me && worded(said.header.kind));
        let mut left = mine.filter(|said| said.body.is_some() && !self.set.is_redacted(said)).peekable();
        if left.peek().is_none() {
            return Err(RuleError::NotYours);
        }
        if left.all(|said| self.set.is_half_agreed(said)) {
            return Err(RuleError::NotRedactable);
        }
        let covered = |at: usize| {
            let revision = self.graph.revisions.get(at);
            revision.is_some_and(|said| said.member == self.parties.me && !self.set.is_half_agreed(said))
        };
        let mut headers = self.withdraw_where(target, day, covered);
        headers.push(Header::new(Kind::REDACT, Subject::Target(target), day));
        Ok(headers)
    }

    fn find(&self, id: &StatementId) -> Result<usize, RuleError> {
        self.graph.number(id).ok_or(RuleError::NotFound)
    }

    /// The revision an answer is about: the one named, or the only head the other stands on and one does not.
    fn subject(&self, revision: Option<&StatementId>) -> Result<usize, RuleError> {
        if let Some(id) = revision {
            return self.find(id);
        }
        let open: Vec<usize> = self.derived.heads.iter().filter(|at| !self.mine().stands(**at)).copied().collect();
        match open.as_slice() {
            [one] => Ok(*one),
            [] if self.derived.heads.is_empty() && self.derived.in_force.is_none() => Err(RuleError::NotFound),
            [] => Err(RuleError::AlreadyConsented),
            _ => Err(RuleError::AmbiguousRevision),
        }
    }

    /// Revisions that do not go with the one in force: they could no longer be agreed, and must not come back through an old
    /// phone. Those whose ancestors are not all here may well build on it.
    fn beside(&self) -> Marks {
        let Some(in_force) = self.derived.in_force else { return Marks::new() };
        let (above, below) = (self.graph.above(&[in_force]), self.graph.below(in_force));
        let beside =
            |at| self.graph.is_rooted(at) && at != in_force && !is_marked(&above, at) && !is_marked(&below, at);
        self.graph.numbers().map(beside).collect()
    }

    fn withdraw_where(&self, target: EntryId, day: Day, covers: impl Fn(usize) -> bool) -> Vec<Header> {
        let named: Vec<usize> = self.graph.numbers().filter(|at| self.mine().stands(*at) && covers(*at)).collect();
        self.withdrawals_of(target, day, &named)
    }

    fn withdrawals_of(&self, target: EntryId, day: Day, named: &[usize]) -> Vec<Header> {
        let header = |chunk: &[usize]| {
            let ids = chunk.iter().filter_map(|at| self.id(*at));
            ids.fold(Header::new(Kind::WITHDRAW, Subject::Target(target), day), |header, id| {
                header.naming(Role::SUBJECT, id)
            })
        };
        named.chunks(NAMED_MAX).map(header).collect()
    }

    /// A withdrawal of everything. It names earlier ones, so that whoever answers it answers them; as this is not needed for it to
    /// count, nothing keeps a person from saying it.
    fn general(&self, kind: Kind, target: EntryId, day: Day) -> Header {
        let mut earlier = self.mine().naming(self.mine().general().map(|said| said.id).collect(), NAMED_MAX);
        earlier.truncate(NAMED_MAX);
        Header::new(kind, Subject::Target(target), day).over(earlier)
    }

    fn answering(&self, header: Header, withdrawals: Vec<StatementId>) -> Header {
        let answered = self.mine().naming(withdrawals, NAMED_MAX);
        header.over(answered)
    }

    /// A header whose body has words: it names one's redactions here, which would cover them otherwise.
    fn worded(&self, header: Header) -> Result<Header, RuleError> {
        fitting(header.over(self.set.redactions(self.parties.me)))
    }
}

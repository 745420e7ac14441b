//! What a person does with agreements.

use super::acts::{Fields, practice};
use super::step::Step;
use super::{Home, HomeError, Moment};
use crate::id::{EntryId, StatementId};
use crate::practice::{Shape, catalogue};
use crate::shape::RuleError;
use crate::shape::revisions::{Agreement, Parties};
use crate::statement::{Content, Header, Kind, Role, StatementSet, Subject, Value};
use crate::storage::Store;
use crate::sync::{BoxIndex, MEMBER_BOX};
use std::collections::BTreeMap;

/// Whether this version knows a practice at a version.
pub(super) fn knows(practice: &str, version: u32) -> bool {
    catalogue::find(practice).is_some_and(|practice| version <= practice.version)
}

impl<S: Store> Home<S> {
    /// Proposes a new revision, and gives its hash. Fields not named stay as its parents have them. A draft in the vault is proposed under its own new agreement; the text of a
    /// shared note can be taken as the agreement's.
    ///
    /// # Errors
    /// [`HomeError::Rule`] as [`Agreement::propose`], [`HomeError::Field`], [`HomeError::NotFound`].
    pub fn propose(
        &mut self,
        at: Moment,
        entry: EntryId,
        fields: Fields<'_>,
        from_note: Option<EntryId>,
        parents: Option<&[StatementId]>,
    ) -> Result<StatementId, HomeError> {
        self.step(at, |step, _| {
            let mut fields = fields.to_vec();
            if let Some(note) = from_note {
                let text = step.note_text(&note)?;
                fields.retain(|(name, _)| name != "text");
                fields.push(("text".to_owned(), text));
            }
            let (index, row, set) = step.entry(&entry)?;
            let practice = practice(row.practice.as_deref().ok_or(HomeError::UnknownPractice)?)?;
            if practice.shape != Shape::Revisions {
                return Err(HomeError::WrongShape);
            }
            if index == MEMBER_BOX {
                let merged = super::acts::merged_fields(practice, &set, &fields)?;
                let header = Header::new(Kind::PROPOSE, Subject::Fresh(step.fresh_bytes()?), step.now.day);
                let content = Content::of(practice.id, practice.version, merged);
                return Ok(step.author(step.space_index()?, header, &content)?.id);
            }
            let parties = step.parties()?;
            let headers = Agreement::new(&set, parties, knows).propose(entry, step.now.day, parents)?;
            let parents = headers.last().into_iter().flat_map(|header| header.named(Role::PARENT));
            let fields = practice.parse_onto(common_fields(&set, parents), &fields)?;
            step.author_all(index, headers, &Content::of(practice.id, practice.version, fields))
        })
    }

    /// Consents to a revision.
    ///
    /// # Errors
    /// [`HomeError::Rule`] as [`Agreement::consent`], [`HomeError::NotFound`].
    pub fn consent(
        &mut self,
        at: Moment,
        entry: EntryId,
        revision: Option<StatementId>,
    ) -> Result<StatementId, HomeError> {
        self.agreement_act(at, entry, |agreement, step| {
            Ok((agreement.consent(entry, step.now.day, revision.as_ref())?, Content::default()))
        })
    }

    /// Declines a revision, with a note or without a reason.
    ///
    /// # Errors
    /// As [`Home::consent`].
    pub fn decline(
        &mut self,
        at: Moment,
        entry: EntryId,
        revision: Option<StatementId>,
        note: Option<&str>,
    ) -> Result<StatementId, HomeError> {
        self.agreement_act(at, entry, |agreement, step| {
            let header = agreement.decline(entry, step.now.day, revision.as_ref())?;
            Ok((vec![header], note.map(Content::text).unwrap_or_default()))
        })
    }

    /// Comments on a revision or on the agreement.
    ///
    /// # Errors
    /// As [`Home::consent`].
    pub fn comment(
        &mut self,
        at: Moment,
        entry: EntryId,
        text: &str,
        revision: Option<StatementId>,
    ) -> Result<StatementId, HomeError> {
        self.agreement_act(at, entry, |agreement, step| {
            Ok((vec![agreement.comment(entry, step.now.day, revision.as_ref())?], Content::text(text)))
        })
    }

    /// Withdraws from one revision or from the whole agreement. Possible in every state, offline, without anybody's approval.
    ///
    /// # Errors
    /// [`HomeError::NotFound`] for an unknown agreement or revision.
    pub fn withdraw(
        &mut self,
        at: Moment,
        entry: EntryId,
        revision: Option<StatementId>,
    ) -> Result<StatementId, HomeError> {
        self.agreement_act(at, entry, |agreement, step| {
            Ok((agreement.withdraw(entry, step.now.day, revision.as_ref())?, Content::default()))
        })
    }

    /// Asks to end an agreement: it is no longer in force from this moment.
    ///
    /// # Errors
    /// [`HomeError::NotFound`].
    pub fn retire(&mut self, at: Moment, entry: EntryId) -> Result<StatementId, HomeError> {
        self.agreement_act(at, entry, |agreement, step| {
            Ok((vec![agreement.retire(entry, step.now.day)], Content::default()))
        })
    }

    fn agreement_act(
        &mut self,
        at: Moment,
        entry: EntryId,
        act: impl FnOnce(&Agreement<'_>, &Step<'_>) -> Result<(Vec<Header>, Content), RuleError>,
    ) -> Result<StatementId, HomeError> {
        self.step(at, |step, _| {
            let (index, set) = step.agreement(&entry)?;
            let (headers, content) = act(&Agreement::new(&set, step.parties()?, knows), step)?;
            step.author_all(index, headers, &content)
        })
    }
}

/// The fields that every parent has alike: what an amendment does not name stays as it was agreed, and of two wordings that
/// differ nothing is taken but what both say.
fn common_fields(set: &StatementSet, parents: impl Iterator<Item = StatementId>) -> BTreeMap<u32, Value> {
    let fields_of = |id: StatementId| {
        let parent = set.get(&id).filter(|parent| !set.is_redacted(parent))?;
        parent.content().ok().flatten()?.fields
    };
    let common = parents.map(|id| fields_of(id).unwrap_or_default()).reduce(|mut common, other| {
        common.retain(|number, value| other.get(number) == Some(value));
        common
    });
    common.unwrap_or_default()
}

impl Step<'_> {
    /// The space's two members.
    ///
    /// # Errors
    /// [`HomeError::NotPaired`].
    pub(super) fn parties(&self) -> Result<Parties, HomeError> {
        let space = self.home.space.as_ref().ok_or(HomeError::NotPaired)?;
        Ok(Parties { me: self.me(), partner: space.partner })
    }

    fn agreement(&self, entry: &EntryId) -> Result<(BoxIndex, StatementSet), HomeError> {
        let (index, row, set) = self.entry(entry)?;
        let practice = row.practice.as_deref().map(catalogue::find);
        let agreement = match practice {
            Some(Some(practice)) => practice.shape == Shape::Revisions,
            // Of a practice that only a newer version knows: what it is shows in what made it. One can withdraw all the same.
            Some(None) => set.of_kind(Kind::PROPOSE).next().is_some(),
            // Until its first proposal is here, an agreement is known by answers to it alone.
            None => true,
        };
        if index == MEMBER_BOX || !agreement {
            return Err(HomeError::WrongShape);
        }
        Ok((index, set))
    }

    /// Authors headers in order; the last one says what the act is and carries the content.
    pub(super) fn author_all(
        &mut self,
        index: BoxIndex,
        headers: Vec<Header>,
        content: &Content,
    ) -> Result<StatementId, HomeError> {
        let mut last = Err(HomeError::NotFound("revision"));
        let count = headers.len();
        for (at, header) in headers.into_iter().enumerate() {
            let empty = Content::default();
            let content = if at + 1 == count { content } else { &empty };
            last = self.author(index, header, content).map(|statement| statement.id);
            if last.is_err() {
                break;
            }
        }
        last
    }
}

//! Sealed check-ins: the answer goes into the vault, its commitment into the space.

use super::acts::{Fields, practice};
use super::step::Step;
use super::{Home, HomeError, Moment};
use crate::crypto::random::make_bytes;
use crate::id::{Day, EntryId, SeriesId};
use crate::practice::Shape;
use crate::shape::sealed_pair;
use crate::statement::{Body, Content, Header, Kind, Role, StatementSet, Subject};
use crate::storage::Store;
use crate::sync::{BoxIndex, MEMBER_BOX};

/// An answer to a sealed check-in.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'a> {
    /// Words, by field.
    Fields(Fields<'a>),
    /// Not today. As sealed as any answer: nobody can tell it from one before it opens.
    Pass,
}

impl<S: Store> Home<S> {
    /// Seals an answer for a day. It opens once both have answered, on both phones, and not before.
    ///
    /// # Errors
    /// [`HomeError::Rule`] once an answer is open, [`HomeError::Field`], [`HomeError::WrongShape`], [`HomeError::NotPaired`].
    pub fn answer(
        &mut self,
        at: Moment,
        practice_id: &str,
        date: Day,
        answer: Answer<'_>,
    ) -> Result<EntryId, HomeError> {
        let practice = practice(practice_id)?;
        self.step(at, |step, _| {
            let (index, series, target, set) = step.occurrence(practice_id, date)?;
            let fields = match answer {
                Answer::Fields(fields) => Some(practice.parse_fields(fields)?),
                Answer::Pass => None,
            };
            let content = Content {
                practice: Some(practice.id.to_owned()),
                version: Some(practice.version),
                fields,
                ..Content::default()
            };
            let header = sealed_pair::commit(&set, step.me(), series, date, step.now.day)?;
            let body = Body { nonce: make_bytes(step.random)?, content: content.encode() };
            let commitment = step.author_body(index, header, body.clone(), false)?;
            let space = step.home.space.as_ref().map(|space| space.id);
            let kept = Content { commitment: Some(body.to_bytes()), space, ..Content::default() };
            let header = Header::new(Kind::SEALED_ANSWER, Subject::Target(target), step.now.day)
                .naming(Role::OWN_COMMITMENT, commitment.id)
                .over(step.set_of(MEMBER_BOX, &target)?.redactions(step.me()));
            step.author(MEMBER_BOX, header, &kept)?;
            Ok(target)
        })
    }

    /// Takes a sealed answer back. Its words stay in one's own vault.
    ///
    /// # Errors
    /// [`HomeError::Rule`] once it is open, or without one.
    pub fn take_back(&mut self, at: Moment, practice_id: &str, date: Day) -> Result<(), HomeError> {
        self.step(at, |step, _| {
            let (index, _, _, set) = step.occurrence(practice_id, date)?;
            for header in sealed_pair::take_back(&set, step.me(), step.now.day)? {
                step.author(index, header, &Content::default())?;
            }
            Ok(())
        })
    }

    /// Opens one's answer without waiting for the other's.
    ///
    /// # Errors
    /// [`HomeError::Rule`] once it is open, or without one.
    pub fn share_anyway(&mut self, at: Moment, practice_id: &str, date: Day) -> Result<(), HomeError> {
        self.step(at, |step, _| {
            let (index, _, target, set) = step.occurrence(practice_id, date)?;
            let own: Vec<Body> = step.own_answers(&target)?.into_iter().map(|(_, body)| body).collect();
            let (header, body) = sealed_pair::share_anyway(&set, step.me(), &own, step.now.day)?;
            step.author_body(index, header, body, true).map(drop)
        })
    }
}

impl Step<'_> {
    /// The occurrence of a sealed practice's built-in series on a day.
    ///
    /// # Errors
    /// [`HomeError::UnknownPractice`], [`HomeError::WrongShape`], [`HomeError::NotPaired`].
    pub(super) fn occurrence(
        &self,
        practice_id: &str,
        date: Day,
    ) -> Result<(BoxIndex, SeriesId, EntryId, StatementSet), HomeError> {
        if practice(practice_id)?.shape != Shape::SealedPair {
            return Err(HomeError::WrongShape);
        }
        let index = self.space_index()?;
        let owner = self.owner(index)?;
        let series = SeriesId::built_in(&owner, practice_id);
        let target = EntryId::occurrence(&owner, &series, date);
        let set = self.set_of(index, &target)?;
        Ok((index, series, target, set))
    }
}

//! What a person does with entries of their own: write, edit, take back, acknowledge, copy out of the vault, set.

use super::entries::EntryRow;
use super::step::Step;
use super::{Home, HomeError, Moment};
use crate::id::{EntryId, StatementId};
use crate::practice::{Practice, Shape, catalogue};
use crate::shape::revisions::Agreement;
use crate::shape::{RuleError, own_entry, sealed_pair, settings};
use crate::statement::{Content, Header, Kind, Role, StatementSet, Subject, Value};
use crate::storage::Store;
use crate::sync::{BoxIndex, MEMBER_BOX};
use amends_protocol::RelayAddress;
use std::collections::BTreeMap;

/// Fields of a practice by name, as a person or program gives them.
pub type Fields<'a> = &'a [(String, String)];

/// Looks a practice up.
pub(super) fn practice(id: &str) -> Result<&'static Practice, HomeError> {
    catalogue::find(id).ok_or(HomeError::UnknownPractice)
}

/// A practice's content from named fields.
pub(super) fn content(practice: &Practice, fields: Fields<'_>) -> Result<Content, HomeError> {
    Ok(Content::of(practice.id, practice.version, practice.parse_fields(fields)?))
}

impl<S: Store> Home<S> {
    /// Writes a new entry: an own entry is shared at once, a journal entry and any draft stay in the vault, an agreement is
    /// proposed, a note begins as an empty shared text.
    ///
    /// # Errors
    /// [`HomeError::UnknownPractice`], [`HomeError::Field`], [`HomeError::NotPaired`] for what needs a partner,
    /// [`HomeError::WrongShape`] for what is answered instead.
    pub fn new_entry(
        &mut self,
        at: Moment,
        practice_id: &str,
        fields: Fields<'_>,
        draft: bool,
    ) -> Result<EntryId, HomeError> {
        let practice = practice(practice_id)?;
        self.step(at, |step, _| {
            let content = content(practice, fields)?;
            match practice.shape {
                Shape::SealedPair => Err(HomeError::WrongShape),
                Shape::Vault => step.create(MEMBER_BOX, content, None),
                _ if draft => step.create(MEMBER_BOX, content, None),
                Shape::OwnEntry => step.create(step.space_index()?, content, None),
                Shape::Revisions => {
                    let index = step.space_index()?;
                    let subject = Subject::Fresh(step.fresh_bytes()?);
                    let header = Header::new(Kind::PROPOSE, subject, step.now.day);
                    Ok(step.author(index, header, &content)?.target)
                }
                Shape::CoText => step.create_note(step.space_index()?, practice, content),
                _ => Err(HomeError::WrongShape),
            }
        })
    }

    /// Words one's own entry anew; fields not named stay as they are.
    ///
    /// # Errors
    /// [`HomeError::Rule`] when it is not one's own, [`HomeError::NotFound`], [`HomeError::Field`].
    pub fn edit(&mut self, at: Moment, entry: EntryId, fields: Fields<'_>) -> Result<StatementId, HomeError> {
        self.step(at, |step, _| {
            let (index, row, set) = step.entry(&entry)?;
            let practice = practice(row.practice.as_deref().ok_or(HomeError::UnknownPractice)?)?;
            if practice.shape == Shape::CoText && index != MEMBER_BOX {
                return step.set_note_fields(index, entry, practice, fields);
            }
            let header = own_entry::edit(&set, step.me(), entry, step.now.day)?;
            let merged = merged_fields(practice, &set, fields)?;
            Ok(step.author(index, header, &Content::of(practice.id, practice.version, merged))?.id)
        })
    }

    /// Takes one's words on an entry back for good. Of a check-in, those of one's opened answer, in one's own vault too; a sealed
    /// one is taken back with [`Home::take_back`].
    ///
    /// # Errors
    /// [`HomeError::Rule`]: not one's own, already taken back, still sealed, or words written together.
    pub fn redact(&mut self, at: Moment, entry: EntryId) -> Result<(), HomeError> {
        self.step(at, |step, _| {
            let (index, row, set) = step.entry(&entry)?;
            let shape = row.practice.as_deref().and_then(catalogue::find).map(|practice| practice.shape);
            let headers = match shape {
                Some(Shape::CoText) if index != MEMBER_BOX => return Err(RuleError::NotRedactable.into()),
                Some(Shape::Revisions) if index != MEMBER_BOX => {
                    Agreement::new(&set, step.parties()?, super::agreements::knows).redact(entry, step.now.day)?
                }
                Some(Shape::SealedPair) if index != MEMBER_BOX => {
                    vec![sealed_pair::redact(&set, step.me(), entry, step.now.day)?]
                }
                _ => vec![own_entry::redact(&set, step.me(), entry, step.now.day)?],
            };
            step.author_all(index, headers, &Content::default())?;
            step.flush_wanted = true;
            Ok(())
        })
    }

    /// Acknowledges the other's boundary, in the wording named or the only one that stands.
    ///
    /// # Errors
    /// [`HomeError::Rule`], [`HomeError::NotFound`].
    pub fn acknowledge(&mut self, at: Moment, entry: EntryId, wording: Option<StatementId>) -> Result<(), HomeError> {
        self.step(at, |step, _| {
            let (index, row, set) = step.entry(&entry)?;
            let practice = row.practice.as_deref().and_then(catalogue::find);
            if practice.is_none_or(|practice| practice.shape != Shape::OwnEntry) {
                return Err(HomeError::WrongShape);
            }
            let header = own_entry::acknowledge(&set, step.me(), entry, step.now.day, wording.as_ref())?;
            step.author(index, header, &Content::default()).map(drop)
        })
    }

    /// Copies words out of the vault into a shared entry: exactly the fields given, and nothing that points back.
    ///
    /// # Errors
    /// [`HomeError::NotFound`] when the vault has no such entry, else as [`Home::new_entry`].
    pub fn share(
        &mut self,
        at: Moment,
        vault: EntryId,
        practice_id: &str,
        fields: Fields<'_>,
    ) -> Result<EntryId, HomeError> {
        let in_vault =
            self.look(at, |step| Ok(super::entries::read_entry(&step.work, MEMBER_BOX, &vault)?.is_some()))?;
        if !in_vault {
            return Err(HomeError::NotFound("vault entry"));
        }
        if practice(practice_id)?.shape == Shape::Vault {
            return Err(HomeError::WrongShape);
        }
        self.new_entry(at, practice_id, fields, false)
    }

    /// Whether one's partner may be shown that one's answer waits, and one theirs: off for both as soon as either says so.
    ///
    /// # Errors
    /// [`HomeError::NotPaired`].
    pub fn set_waiting_hint(&mut self, at: Moment, on: bool) -> Result<(), HomeError> {
        self.step(at, |step, _| {
            let index = step.space_index()?;
            let target = EntryId::from(step.owner(index)?);
            let set = step.set_of(index, &target)?;
            let over: Vec<StatementId> = settings::current(&set, step.me()).map(|statement| statement.id).collect();
            let header = Header::new(Kind::SETTING, Subject::Target(target), step.now.day).over(over);
            let fields = BTreeMap::from([(settings::WAITING_HINT, Value::Bool(on))]);
            step.author(index, header, &Content { fields: Some(fields), ..Content::default() }).map(drop)
        })
    }

    /// Uses another relay from now on. What is known here is handed to it again.
    ///
    /// # Errors
    /// What the store says.
    pub fn set_relay(&mut self, at: Moment, relay: &RelayAddress) -> Result<(), HomeError> {
        self.step(at, |step, engine| {
            let address = relay.to_string();
            if step.home.relay.as_deref() == Some(address.as_str()) {
                return Ok(());
            }
            step.home.relay = Some(address);
            for state in &mut step.boxes {
                state.generation = None;
                state.anchor = None;
                state.cursor = 0;
                for chain in &mut state.chains {
                    for (first, last) in chain.held() {
                        chain.upload.insert(first, last);
                    }
                }
            }
            engine.give_up();
            Ok(())
        })
    }
}

/// The fields of the wording that stands, with those given written over them.
pub(super) fn merged_fields(
    practice: &Practice,
    set: &StatementSet,
    fields: Fields<'_>,
) -> Result<BTreeMap<u32, Value>, HomeError> {
    let view = own_entry::view(set).ok_or(HomeError::NotFound("entry"))?;
    let standing = view.wordings.into_iter().rev().find(|wording| wording.current && wording.fields.is_some());
    let standing = standing.and_then(|wording| wording.fields).unwrap_or_default();
    Ok(practice.parse_onto(standing, fields)?)
}

impl Step<'_> {
    /// An entry with its box and statements.
    ///
    /// # Errors
    /// [`HomeError::NotFound`].
    pub(super) fn entry(&self, entry: &EntryId) -> Result<(BoxIndex, EntryRow, StatementSet), HomeError> {
        let (index, row) = self.find(entry)?.ok_or(HomeError::NotFound("entry"))?;
        let set = self.load(index, &row)?.set;
        Ok((index, row, set))
    }

    /// The statements about a target, none if nothing was said.
    pub(super) fn set_of(&self, index: BoxIndex, target: &EntryId) -> Result<StatementSet, HomeError> {
        let row = super::entries::read_entry(&self.work, index, target)?.unwrap_or_default();
        Ok(self.load(index, &row)?.set)
    }

    /// Authors the statement that makes an entry.
    pub(super) fn create(
        &mut self,
        index: BoxIndex,
        content: Content,
        about: Option<EntryId>,
    ) -> Result<EntryId, HomeError> {
        let subject = Subject::Fresh(self.fresh_bytes()?);
        let mut header = Header::new(Kind::CREATE, subject, self.now.day);
        if let Some(about) = about {
            header = header.naming(Role::ABOUT, StatementId(about.0));
        }
        Ok(self.author(index, header, &content)?.target)
    }
}

//! Notes two people type together.

use super::acts::{Fields, practice};
use super::entries::{read_document, read_entry, write_entry};
use super::step::Step;
use super::{Home, HomeError, Moment};
use crate::crypto::keys::DeviceKeys;
use crate::document::{Actor, Document, Field, NewChange, ScalarPosition};
use crate::id::EntryId;
use crate::practice::{Practice, Shape};
use crate::statement::{Content, Value};
use crate::storage::Store;
use crate::sync::{BoxIndex, MEMBER_BOX};
use std::collections::BTreeMap;

impl<S: Store> Home<S> {
    /// Types in a note: at `position`, in Unicode scalar values, takes `delete` of them out and puts `insert` in.
    ///
    /// # Errors
    /// [`HomeError::Document`] for a place the text does not have or a place inside a character, [`HomeError::NotFound`].
    pub fn splice(
        &mut self,
        at: Moment,
        note: EntryId,
        position: ScalarPosition,
        delete: usize,
        insert: &str,
    ) -> Result<(), HomeError> {
        self.step(at, |step, _| {
            let (index, row) = step.find(&note)?.ok_or(HomeError::NotFound("note"))?;
            let shape = practice(row.practice.as_deref().ok_or(HomeError::UnknownPractice)?)?.shape;
            if shape != Shape::CoText || index == MEMBER_BOX {
                return Err(HomeError::WrongShape);
            }
            step.change_document(index, note, |document, actor| Ok(document.splice(actor, position, delete, insert)?))
        })
    }
}

impl Step<'_> {
    /// Makes a shared note: a statement says that it is there, its document holds title and text.
    pub(super) fn create_note(
        &mut self,
        index: BoxIndex,
        practice: &Practice,
        content: Content,
    ) -> Result<EntryId, HomeError> {
        let title = content.fields.as_ref().and_then(|fields| fields.values().next().cloned());
        // What either may change lives in the document alone.
        let entry = self.create(index, Content::of(practice.id, practice.version, BTreeMap::new()), None)?;
        if let Some(Value::Text(title)) = title {
            self.change_document(index, entry, |document, actor| {
                Ok(document.set(actor, Field::Title, &title)?.into_iter().collect())
            })?;
        }
        Ok(entry)
    }

    /// Changes a note's title.
    pub(super) fn set_note_fields(
        &mut self,
        index: BoxIndex,
        note: EntryId,
        practice: &Practice,
        fields: Fields<'_>,
    ) -> Result<crate::id::StatementId, HomeError> {
        for (_, value) in practice.parse_changes(fields)? {
            let title = value.map_or_else(String::new, |value| match value {
                Value::Text(title) => title,
                _ => String::new(),
            });
            self.change_document(index, note, |document, actor| {
                Ok(document.set(actor, Field::Title, &title)?.into_iter().collect())
            })?;
        }
        Ok(crate::id::StatementId(note.0))
    }

    /// Makes a change of one's own in a document and queues it.
    pub(super) fn change_document(
        &mut self,
        index: BoxIndex,
        entry: EntryId,
        change: impl FnOnce(&mut Document, Actor) -> Result<Vec<NewChange>, HomeError>,
    ) -> Result<(), HomeError> {
        let mut row = read_document(&self.work, index, &entry)?.unwrap_or_default();
        let mut document = self.take_document((index, entry), &row)?;
        let keys = DeviceKeys::from_secret(&self.home.device).map_err(|_| crate::crypto::PrimitiveError)?;
        let actor = Actor::derive(&keys.id(), &self.home.incarnation, &entry);
        let mut bytes = row.save.as_ref().map_or(0, |save| save.len());
        for change in change(&mut document, actor)? {
            bytes += change.bytes.len();
            row.tail.push(self.author_change(index, entry, &change)?);
        }
        let title = document.shown_title();
        self.put_document((index, entry), &row, document, title, bytes);
        let mut entry_row = read_entry(&self.work, index, &entry)?.unwrap_or_default();
        if !entry_row.document {
            entry_row.document = true;
            write_entry(&mut self.work, index, &entry, &entry_row);
        }
        Ok(())
    }

    /// A shared note's text as it is shown.
    pub(super) fn note_text(&self, note: &EntryId) -> Result<String, HomeError> {
        let (index, row) = self.find(note)?.ok_or(HomeError::NotFound("note"))?;
        if practice(row.practice.as_deref().ok_or(HomeError::UnknownPractice)?)?.shape != Shape::CoText {
            return Err(HomeError::WrongShape);
        }
        Ok(self.note(index, note)?.text().text)
    }
}

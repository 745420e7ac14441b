//! Notes two people type together.

use super::acts::{Fields, practice};
use super::entries::{DocumentRow, read_document, read_entry, write_document, write_entry};
use super::step::Step;
use super::{Home, HomeError, Moment};
use crate::crypto::keys::DeviceKeys;
use crate::document::{Actor, Document, Field, NewChange, ScalarPosition, Schema};
use crate::id::EntryId;
use crate::practice::{Practice, Shape};
use crate::statement::{Content, Value};
use crate::storage::Store;
use crate::sync::{BoxIndex, Locator, MEMBER_BOX};
use std::collections::BTreeMap;

/// Changes a document's tail may hold before they are folded into its save, so that loads stay flat.
const TAIL_MAX: usize = 100;

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
        let mut document = self.load_document(index, &row)?;
        let keys = DeviceKeys::from_secret(&self.home.device).map_err(|_| crate::crypto::PrimitiveError)?;
        let actor = Actor::derive(&keys.id(), &self.home.incarnation, &entry);
        for change in change(&mut document, actor)? {
            row.tail.push(self.author_change(index, entry, &change)?);
        }
        self.titles.insert((index, entry), document.shown_title());
        write_document(&mut self.work, index, &entry, &row);
        let mut entry_row = read_entry(&self.work, index, &entry)?.unwrap_or_default();
        if !entry_row.document {
            entry_row.document = true;
            write_entry(&mut self.work, index, &entry, &entry_row);
        }
        Ok(())
    }

    /// Folds a long tail into the save, unless changes in it wait for others or for the next flush.
    pub(super) fn fold(&mut self, row: &mut DocumentRow, document: &mut Document) -> Result<(), HomeError> {
        let unflushed = row.tail.iter().any(|locator| matches!(locator, Locator::Unflushed { .. }));
        if row.tail.len() > TAIL_MAX && !unflushed && document.missing().is_empty() {
            row.save = Some(document.save()?.into());
            row.tail.clear();
        }
        Ok(())
    }

    /// The same for a document of which changes have just left.
    pub(super) fn fold_long(&mut self, index: BoxIndex, entry: &EntryId) -> Result<(), HomeError> {
        let Some(mut row) = read_document(&self.work, index, entry)? else { return Ok(()) };
        if row.tail.len() > TAIL_MAX {
            let mut document = self.load_document(index, &row)?;
            self.fold(&mut row, &mut document)?;
            write_document(&mut self.work, index, entry, &row);
        }
        Ok(())
    }

    /// The document of a row.
    pub(super) fn load_document(&self, index: BoxIndex, row: &DocumentRow) -> Result<Document, HomeError> {
        let mut changes = Vec::with_capacity(row.tail.len());
        for locator in &row.tail {
            changes.extend(self.change(index, locator)?);
        }
        let save = row.save.as_ref().map_or(&[][..], |save| save.as_slice());
        Ok(Document::load(Schema::Note, save, changes)?.0)
    }

    /// A note's document.
    pub(super) fn note(&self, index: BoxIndex, note: &EntryId) -> Result<Document, HomeError> {
        let row = read_document(&self.work, index, note)?.unwrap_or_default();
        self.load_document(index, &row)
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

//! Reading a document, and writing in it on this device.

use super::position::{ScalarPosition, Shown, held_position, typed};
use super::{Actor, COUNTER_MAX, Document, DocumentError, NOTE_TEXT_MAX, NOTE_TITLE_MAX, Schema, inspect_change};
use crate::id::ChangeHash;
use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{AutomergeError, ObjId, ROOT, ReadDoc};
use std::panic::{AssertUnwindSafe, catch_unwind};

mod list;

pub use list::Item;

const TITLE: &str = "title";
const TEXT: &str = "text";

/// What the pieces of a large edit are cut by, so that each fits into a change: bytes that one deleted or inserted
/// character takes at most.
const DELETE_BYTES_MAX: usize = 16;
const INSERT_BYTES_MAX: usize = 6;
const PIECE_BYTES: usize = 112 * 1024;

/// A field that either may change for both.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Field {
    /// A note's title.
    Title,
}

/// One of the values that a field has: more than one when they were written at the same time.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct FieldValue {
    /// What it says.
    pub text: Shown,
    /// Who wrote it.
    pub actor: Actor,
    /// The change that wrote it.
    pub change: ChangeHash,
}

/// A change made on this device: to be put into a record, and kept until a save holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct NewChange {
    /// Its hash, to be signed.
    pub hash: ChangeHash,
    /// Its place among its actor's changes of this document.
    pub seq: u64,
    /// The uncompressed change chunk.
    pub bytes: Vec<u8>,
}

impl Document {
    /// A note's text as it is shown.
    pub fn text(&self) -> Shown {
        Shown::new(self.held_text().map(|(_, text)| text).unwrap_or_default())
    }

    /// A note's title: the value to show first, then those written at the same time. Empty when nobody wrote one.
    pub fn title(&self) -> Vec<FieldValue> {
        self.values(TITLE)
    }

    /// The values at a key of the root map, the one to show first in front.
    fn values(&self, key: &str) -> Vec<FieldValue> {
        let values = self.automerge.get_all(ROOT, key).unwrap_or_default();
        let value = |(value, id): (automerge::Value<'_>, ObjId)| {
            let change = ChangeHash(self.automerge.hash_for_opid(&id)?.0);
            let ObjId::Id(_, actor, _) = id else { return None };
            let actor = Actor(actor.to_bytes().try_into().ok()?);
            Some(FieldValue { text: Shown::new(value.into_string().ok()?), actor, change })
        };
        let mut values: Vec<_> = values.into_iter().filter_map(value).collect();
        values.reverse();
        values
    }

    /// The one title to show, empty when nobody wrote one.
    pub fn shown_title(&self) -> String {
        self.title().into_iter().next().map(|title| title.text.text).unwrap_or_default()
    }

    /// Writes in a note's text: removes `delete` scalar values from `position` on, and puts `insert` in their place,
    /// without characters that are never shown. Places are those of [`Document::text`]. Large edits make several
    /// changes, most make one; what changes nothing makes none.
    ///
    /// # Errors
    /// [`DocumentError::OutOfRange`], [`DocumentError::SplitsGrapheme`], [`DocumentError::TooLong`],
    /// [`DocumentError::Full`]; nothing was changed.
    pub fn splice(
        &mut self,
        actor: Actor,
        position: ScalarPosition,
        delete: usize,
        insert: &str,
    ) -> Result<Vec<NewChange>, DocumentError> {
        let (object, held) = self.held_text()?;
        let insert = typed(insert);
        let inserted = insert.chars().count();
        let end = ScalarPosition(position.0.saturating_add(delete));
        let (first, last) = (held_position(&held, position), held_position(&held, end));
        let shown = Shown::new(held);
        let length = shown.text.chars().count();
        if position.0 > length || end.0 > length {
            return Err(DocumentError::OutOfRange { length });
        }
        shown.offset(position)?;
        shown.offset(end)?;
        if inserted > delete && length - delete + inserted > NOTE_TEXT_MAX {
            return Err(DocumentError::TooLong { most: NOTE_TEXT_MAX });
        }
        let mut removed = last - first;
        self.has_room(removed + inserted)?;

        let mut changes = Vec::new();
        let mut at = first;
        let mut rest = insert.as_str();
        while removed > 0 || !rest.is_empty() {
            let delete = removed.min(PIECE_BYTES / DELETE_BYTES_MAX);
            let room = (PIECE_BYTES - delete * DELETE_BYTES_MAX) / INSERT_BYTES_MAX;
            // Nothing is inserted before all is removed: what was there should not be seen behind what replaces it.
            let room = if delete < removed { 0 } else { room };
            let cut = rest.char_indices().nth(room).map_or(rest.len(), |(offset, _)| offset);
            let (piece, behind) = rest.split_at(cut);
            let delete_signed = isize::try_from(delete).map_err(|_| DocumentError::Broken)?;
            changes.push(self.write(actor, |writing| writing.splice_text(&object, at, delete_signed, piece))?);
            removed -= delete;
            at += piece.chars().count();
            rest = behind;
        }
        Ok(changes)
    }

    /// Writes a field, in the place of all values that it has here. Line feeds become spaces; characters that are never
    /// shown are left out. What changes nothing makes no change.
    ///
    /// # Errors
    /// [`DocumentError::TooLong`], [`DocumentError::Full`], [`DocumentError::UnknownField`]; nothing was changed.
    pub fn set(&mut self, actor: Actor, field: Field, value: &str) -> Result<Option<NewChange>, DocumentError> {
        let (Schema::Note, Field::Title) = (self.schema, field) else { return Err(DocumentError::UnknownField) };
        let value = typed(value).replace('\n', " ");
        if value.chars().count() > NOTE_TITLE_MAX {
            return Err(DocumentError::TooLong { most: NOTE_TITLE_MAX });
        }
        let unchanged = match self.title().as_slice() {
            [] => value.is_empty(),
            [only] => only.text == Shown { text: value.clone(), stripped: false },
            _ => false,
        };
        if unchanged {
            return Ok(None);
        }
        self.has_room(1)?;
        self.write(actor, |writing| writing.put(ROOT, TITLE, value)).map(Some)
    }

    fn held_text(&self) -> Result<(ObjId, String), DocumentError> {
        if self.schema != Schema::Note {
            return Err(DocumentError::UnknownField);
        }
        let found = self.automerge.get(ROOT, TEXT).ok().flatten().ok_or(DocumentError::Broken)?;
        let text = self.automerge.text(&found.1).map_err(|_| DocumentError::Broken)?;
        Ok((found.1, text))
    }

    /// The characters of the text with what inserted each.
    pub(super) fn characters(&self) -> Vec<(ObjId, String)> {
        let Ok((object, text)) = self.held_text() else { return Vec::new() };
        let one = |at: usize| {
            let (value, id) = self.automerge.get(&object, at).ok()??;
            Some((id, value.into_string().ok()?))
        };
        (0..text.chars().count()).filter_map(one).collect()
    }

    fn has_room(&self, operations: usize) -> Result<(), DocumentError> {
        let heads = self.automerge.get_heads();
        let last = heads.iter().filter_map(|head| self.automerge.get_change_meta_by_hash(head)).map(|head| head.max_op);
        // One more, as the guard counts the place behind the last.
        let after = last.max().unwrap_or(0).saturating_add(operations as u64 + 1);
        if after > COUNTER_MAX { Err(DocumentError::Full) } else { Ok(()) }
    }

    /// Makes one change. When Automerge or the guard won't have it, the document is as it was.
    fn write(
        &mut self,
        actor: Actor,
        writing: impl FnOnce(&mut Transaction<'_>) -> Result<(), AutomergeError>,
    ) -> Result<NewChange, DocumentError> {
        let before = self.automerge.clone();
        let automerge = &mut self.automerge;
        let written = catch_unwind(AssertUnwindSafe(|| {
            automerge.set_actor(actor.id());
            let mut transaction = automerge.transaction();
            writing(&mut transaction).ok()?;
            let (hash, _) = transaction.commit_with(CommitOptions::default().with_time(0));
            Some(automerge.get_change_by_hash(&hash?)?.raw_bytes().to_vec())
        }));
        if let Ok(Some(bytes)) = written
            && let Ok(facts) = inspect_change(&bytes)
            && self.index_own(&bytes).is_ok()
        {
            return Ok(NewChange { hash: facts.hash, seq: facts.seq, bytes });
        }
        self.automerge = before;
        Err(DocumentError::Broken)
    }
}

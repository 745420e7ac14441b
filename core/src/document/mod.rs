//! Documents: what two people write together. Automerge stays inside this room.
//!
//! A document grows by *changes*, each signed inside a record by the device that made it. Changes may arrive in any
//! order, in any parts and more than once: the same changes give the same document everywhere. What arrives is looked
//! at byte by byte before Automerge reads it, and one bad change never holds up another.
//!
//! ```
//! use amends_core::document::{Actor, Document, Outcome, ScalarPosition, Schema};
//!
//! let mut mine = Document::new(Schema::Note)?;
//! let mut yours = Document::new(Schema::Note)?;
//! let tea = mine.splice(Actor([1; 16]), ScalarPosition(0), 0, "tea")?;
//! let milk = yours.splice(Actor([2; 16]), ScalarPosition(0), 0, "milk")?;
//!
//! // The phones meet.
//! let applied = yours.apply(tea.into_iter().map(|change| change.bytes));
//! assert_eq!(applied.outcomes, [Outcome::Applied]);
//! mine.apply(milk.into_iter().map(|change| change.bytes));
//! assert_eq!(mine.text(), yours.text());
//! assert_eq!(mine.text().text.len(), "teamilk".len());
//! # Ok::<(), amends_core::document::DocumentError>(())
//! ```

use crate::id::{ChangeHash, DeviceId, EntryId, Incarnation, hash};
use automerge::{ActorId, Automerge, LoadOptions, ReadDoc, SaveOptions, TextEncoding};
use std::panic::{AssertUnwindSafe, catch_unwind};

mod apply;
mod aside;
mod edit;
mod guard;
mod index;
mod position;
mod schema;
#[cfg(test)]
mod tests;

pub use apply::{ApplyOutcome, Outcome};
pub use aside::Displaced;
pub use edit::{Field, FieldValue, Item, NewChange};
pub use guard::{
    CHANGE_BYTES_MAX, CHANGE_OPERATIONS_MAX, COUNTER_MAX, ChangeFacts, GuardError, SAVE_BYTES_MAX, inspect_change,
};
pub use index::Refusal;
pub use position::{ScalarPosition, Shown, Utf16Position};
pub use schema::Schema;
pub use schema::list::{ItemId, LIST_FIELD_MAX, LIST_ITEMS_MAX, ORDER_MAX};

use apply::Waiting;
use aside::Aside;
use index::Index;

/// Unicode scalar values in a note's title.
pub const NOTE_TITLE_MAX: usize = 200;
/// Unicode scalar values in a note's text, for what is typed here. What others typed at the same time may add to it.
pub const NOTE_TEXT_MAX: usize = 200_000;

/// One device's hand in one document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Actor(pub [u8; 16]);

impl Actor {
    /// Length in bytes.
    pub const LEN: usize = 16;

    /// The only actor that a device's incarnation may write `document` with.
    pub fn derive(device: &DeviceId, incarnation: &Incarnation, document: &EntryId) -> Self {
        let hash = hash(&[b"amends/actor/1", &device.0, &incarnation.0, &document.0]);
        let mut actor = [0; Self::LEN];
        actor.copy_from_slice(&hash[..Self::LEN]);
        Self(actor)
    }

    fn id(&self) -> ActorId {
        ActorId::from(self.0)
    }
}

/// Why something can't be done to a document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DocumentError {
    /// A place or a part that the text does not have.
    #[error("the text has {length} characters")]
    OutOfRange {
        /// Scalar values in the text that is shown.
        length: usize,
    },
    /// A place between the parts of what reads as one character.
    #[error("a place inside a character")]
    SplitsGrapheme,
    /// The field would be longer than it may be.
    #[error("longer than {most} characters")]
    TooLong {
        /// Scalar values that the field may have.
        most: usize,
    },
    /// The document had as many edits as it may have.
    #[error("this document is full: go on in a new one")]
    Full,
    /// The list has no such item.
    #[error("no such item")]
    UnknownItem,
    /// The schema has no such field, or not of this kind.
    #[error("no such field")]
    UnknownField,
    /// What was stored or fetched as a save is none, or none of this kind of document.
    #[error("not a document that can be read: {0}")]
    Unreadable(#[source] Refusal),
    /// Automerge contradicts what this room knows of it.
    #[error("the document can't be changed")]
    Broken,
}

impl DocumentError {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            DocumentError::OutOfRange { .. } => "position_out_of_range",
            DocumentError::SplitsGrapheme => "splits_grapheme",
            DocumentError::TooLong { .. } => "too_long",
            DocumentError::Full => "document_full",
            DocumentError::UnknownItem => "no_such_item",
            DocumentError::UnknownField => "unknown_field",
            DocumentError::Unreadable(_) => "document_unreadable",
            DocumentError::Broken => "document_broken",
        }
    }
}

/// A document and the changes that wait for others.
pub struct Document {
    schema: Schema,
    automerge: Automerge,
    /// Built when it is first needed: reading a document needs none.
    index: Option<Index>,
    waiting: Waiting,
    aside: Aside,
}

impl Document {
    /// The document of `schema` that nobody has written in yet: the same on every phone.
    ///
    /// # Errors
    /// [`DocumentError::Broken`], never with the Automerge that this was tested with.
    pub fn new(schema: Schema) -> Result<Self, DocumentError> {
        Self::from_automerge(schema, schema.automerge()?)
    }

    /// A document from what this phone stored: a save (empty: none yet) and changes that came after it, in any order.
    /// What becomes of the changes is in the outcomes.
    ///
    /// A save that came from elsewhere is not loaded but taken apart with [`changes_in`] and applied.
    ///
    /// # Errors
    /// [`DocumentError::Unreadable`] when `save` is not the save of such a document.
    pub fn load(
        schema: Schema,
        save: &[u8],
        changes: impl IntoIterator<Item = Vec<u8>>,
    ) -> Result<(Self, ApplyOutcome), DocumentError> {
        let mut document =
            if save.is_empty() { Self::new(schema)? } else { Self::from_automerge(schema, load(save)?)? };
        let outcome = document.apply(changes);
        Ok((document, outcome))
    }

    fn from_automerge(schema: Schema, automerge: Automerge) -> Result<Self, DocumentError> {
        let root = schema.first_change()?;
        if automerge.get_change_by_hash(&automerge::ChangeHash(root.hash.0)).is_none() {
            return Err(DocumentError::Unreadable(Refusal::Schema));
        }
        Ok(Self { schema, automerge, index: None, waiting: Waiting::default(), aside: Aside::default() })
    }

    /// Its kind.
    pub fn schema(&self) -> Schema {
        self.schema
    }

    /// The changes that no other change here was made on, ascending.
    pub fn heads(&self) -> Vec<ChangeHash> {
        let mut heads: Vec<_> = self.automerge.get_heads().into_iter().map(|head| ChangeHash(head.0)).collect();
        heads.sort_unstable();
        heads
    }

    /// Whether a change is part of the document.
    pub fn contains(&self, change: &ChangeHash) -> bool {
        self.automerge.get_change_meta_by_hash(&automerge::ChangeHash(change.0)).is_some()
    }

    /// The changes that waiting changes were made on and that are not here, ascending.
    pub fn missing(&self) -> Vec<ChangeHash> {
        self.waiting.missing(|hash| self.contains(hash))
    }

    /// The sequence number of `actor`'s next change.
    pub fn next_seq(&self, actor: &Actor) -> u64 {
        match &self.index {
            Some(index) => index.seq(actor) + 1,
            None => {
                let id = actor.id();
                let changes = self.automerge.get_changes_meta(&[]);
                changes.iter().filter(|change| *change.actor == id).count() as u64 + 1
            }
        }
    }

    /// The facts of every change that is part of the document but for the schema's first, each behind those it was made
    /// on.
    ///
    /// # Errors
    /// [`DocumentError::Broken`].
    pub fn changes(&self) -> Result<Vec<ChangeFacts>, DocumentError> {
        let root = self.schema.first_change()?.hash;
        let changes = self.automerge.get_changes(&[]);
        let facts = changes.iter().map(|change| inspect_change(change.raw_bytes()));
        let facts: Result<Vec<_>, _> = facts.collect();
        let mut facts = facts.map_err(|_| DocumentError::Broken)?;
        facts.retain(|facts| facts.hash != root);
        Ok(facts)
    }

    /// All that is part of the document, without what waits. Loads again: that was tried before this returns.
    ///
    /// # Errors
    /// [`DocumentError::Broken`]: keep the changes.
    pub fn save(&self) -> Result<Vec<u8>, DocumentError> {
        let options = SaveOptions { deflate: false, retain_orphans: false };
        let save = catch_unwind(AssertUnwindSafe(|| self.automerge.save_with_options(options)));
        let save = save.map_err(|_| DocumentError::Broken)?;
        let loaded = load(&save).map_err(|_| DocumentError::Broken)?;
        if loaded.get_heads() != self.automerge.get_heads() {
            return Err(DocumentError::Broken);
        }
        Ok(save)
    }
}

/// The hash that Automerge gives an uncompressed chunk: SHA-256 of what stands behind its magic bytes and checksum. Bytes too
/// short to be a chunk hash to something that no change has.
pub fn change_hash(chunk: &[u8]) -> ChangeHash {
    const BEFORE: usize = 8;
    ChangeHash(hash(&[chunk.get(BEFORE..).unwrap_or_default()]))
}

/// Takes a save apart into its changes but for the schema's first, each behind those it was made on.
///
/// # Errors
/// [`DocumentError::Unreadable`].
pub fn changes_in(schema: Schema, save: &[u8]) -> Result<Vec<Vec<u8>>, DocumentError> {
    let root = schema.first_change()?.hash;
    let changes = catch_unwind(AssertUnwindSafe(|| load(save).map(|document| document.get_changes(&[]))));
    let mut changes = changes.map_err(|_| DocumentError::Unreadable(Refusal::Inapplicable))??;
    changes.retain(|change| change.hash().0 != root.0);
    Ok(changes.into_iter().map(|change| change.raw_bytes().to_vec()).collect())
}

/// Loads a save within bounds, with every hash compared.
fn load(save: &[u8]) -> Result<Automerge, DocumentError> {
    guard::inspect_save(save).map_err(|error| DocumentError::Unreadable(error.into()))?;
    let options = || LoadOptions::new().text_encoding(TextEncoding::UnicodeCodePoint);
    // The guard bounds what a save costs, not whether it makes sense: Automerge may still panic on one that does not.
    match catch_unwind(AssertUnwindSafe(|| Automerge::load_with_options(save, options()))) {
        Ok(Ok(automerge)) => Ok(automerge),
        _ => Err(DocumentError::Unreadable(Refusal::Inapplicable)),
    }
}

//! Kinds of documents, and the first change of each.

use super::{ChangeFacts, DocumentError, inspect_change};
use automerge::{Automerge, Change, TextEncoding};

pub(super) mod list;

/// What a document is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Schema {
    /// A title, of which the newest is shown and those written at the same time are kept, and a text.
    Note,
    /// Items that both add, word, order and remove.
    List,
}

impl Schema {
    /// The bytes of the first change, which are the same on every phone, so that two phones that open the same document
    /// offline share a root (SPEC section 10). It makes a note's text, and says of a list that it is one. Nobody's actor
    /// made it.
    pub(super) fn root(self) -> &'static [u8] {
        match self {
            Schema::Note => &NOTE_ROOT,
            Schema::List => &list::ROOT,
        }
    }

    pub(super) fn first_change(self) -> Result<ChangeFacts, DocumentError> {
        inspect_change(self.root()).map_err(|_| DocumentError::Broken)
    }

    /// The document that holds the first change only.
    pub(super) fn automerge(self) -> Result<Automerge, DocumentError> {
        let change = Change::try_from(self.root()).map_err(|_| DocumentError::Broken)?;
        let mut automerge = Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint);
        automerge.apply_changes([change]).map_err(|_| DocumentError::Broken)?;
        Ok(automerge)
    }
}

#[rustfmt::skip]
const NOTE_ROOT: [u8; 57] = [
    0x85, 0x6f, 0x4a, 0x83, 0x8a, 0x78, 0x11, 0x18, 0x01, 0x2f, 0x00, 0x10, 0x24, 0xe1, 0x40, 0x78,
    0x1c, 0x1e, 0x1a, 0xd6, 0x53, 0xc8, 0x8c, 0x72, 0x6f, 0xb5, 0x33, 0xc5, 0x01, 0x01, 0x00, 0x00,
    0x00, 0x05, 0x15, 0x06, 0x34, 0x01, 0x42, 0x02, 0x56, 0x02, 0x70, 0x02, 0x7f, 0x04, 0x74, 0x65,
    0x78, 0x74, 0x01, 0x7f, 0x04, 0x7f, 0x00, 0x7f, 0x00,
];

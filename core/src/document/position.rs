//! Places in a text, in the two units that edges count in. This is the one place where they are converted.
//!
//! Places are those of the text as it is shown. What a document holds may have characters in between that are never
//! shown; [`Shown`] knows where they are.

use super::DocumentError;
use crate::text::is_hidden;
use unicode_segmentation::GraphemeCursor;

/// A place between characters, counted in Unicode scalar values from the start of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScalarPosition(pub usize);

/// A place between characters, counted in UTF-16 code units from the start of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Utf16Position(pub usize);

impl Utf16Position {
    /// The same place in `text`, counted in scalar values.
    ///
    /// # Errors
    /// [`DocumentError::OutOfRange`] behind the end, [`DocumentError::SplitsGrapheme`] between the halves of a
    /// surrogate pair.
    pub fn to_scalar(self, text: &str) -> Result<ScalarPosition, DocumentError> {
        let mut units = 0;
        let mut scalars = 0;
        for character in text.chars() {
            if units >= self.0 {
                break;
            }
            units += character.len_utf16();
            scalars += 1;
        }
        if units > self.0 {
            Err(DocumentError::SplitsGrapheme)
        } else if units < self.0 {
            Err(DocumentError::OutOfRange { length: scalars })
        } else {
            Ok(ScalarPosition(scalars))
        }
    }
}

impl ScalarPosition {
    /// The same place in `text`, counted in UTF-16 code units.
    ///
    /// # Errors
    /// [`DocumentError::OutOfRange`] behind the end.
    pub fn to_utf16(self, text: &str) -> Result<Utf16Position, DocumentError> {
        let (scalars, units) =
            text.chars().take(self.0).fold((0, 0), |(n, units), character| (n + 1, units + character.len_utf16()));
        if scalars < self.0 { Err(DocumentError::OutOfRange { length: scalars }) } else { Ok(Utf16Position(units)) }
    }
}

/// What `text` becomes when it is typed into a document: carriage returns become line feeds, tabs spaces, and what is
/// never shown is left out.
pub(super) fn typed(text: &str) -> String {
    visible(&text.replace("\r\n", "\n").replace('\r', "\n").replace('\t', " "))
}

fn visible(text: &str) -> String {
    text.chars().filter(|character| !is_hidden(*character)).collect()
}

/// A text as it is shown, without the characters that are never shown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Shown {
    /// What is shown.
    pub text: String,
    /// Characters were left out: whoever wrote them used another app.
    pub stripped: bool,
}

impl Shown {
    pub(super) fn new(held: String) -> Self {
        if held.chars().any(is_hidden) {
            Self { text: visible(&held), stripped: true }
        } else {
            Self { text: held, stripped: false }
        }
    }

    /// The byte offset of a place.
    ///
    /// # Errors
    /// [`DocumentError::OutOfRange`], [`DocumentError::SplitsGrapheme`].
    pub(super) fn offset(&self, position: ScalarPosition) -> Result<usize, DocumentError> {
        let offset = match self.text.char_indices().nth(position.0) {
            Some((offset, _)) => offset,
            None => {
                let length = self.text.chars().count();
                if position.0 > length {
                    return Err(DocumentError::OutOfRange { length });
                }
                self.text.len()
            }
        };
        let between = GraphemeCursor::new(offset, self.text.len(), true).is_boundary(&self.text, 0);
        if between == Ok(true) { Ok(offset) } else { Err(DocumentError::SplitsGrapheme) }
    }
}

/// Where in `held` the place is that is shown at `position`: behind what is hidden before it.
pub(super) fn held_position(held: &str, position: ScalarPosition) -> usize {
    let mut shown = 0;
    for (at, character) in held.chars().enumerate() {
        if shown == position.0 {
            return at;
        }
        if !is_hidden(character) {
            shown += 1;
        }
    }
    held.chars().count()
}

//! What a change of a list may do: put texts at its items' keys, over what stood at the same key, and take them away.

use super::{Check, DELETE, Kind, PUT, Refusal};
use crate::document::guard::{Key, Operation, Value};
use crate::document::schema::list::parse_key;
use crate::id::hash;

/// Names a key, so that an operation on one never speaks of a value at another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Slot([u8; 16]);

impl Slot {
    fn of(key: &str) -> Self {
        let mut slot = [0; 16];
        slot.copy_from_slice(&hash(&[key.as_bytes()])[..16]);
        Self(slot)
    }
}

impl Check<'_> {
    pub(super) fn list(&mut self, operation: &Operation<'_>) -> Result<(), Refusal> {
        let (None, Key::Map(key), false) = (operation.object, operation.key, operation.insert) else {
            return Err(Refusal::Schema);
        };
        let (_, part) = parse_key(key).ok_or(Refusal::Schema)?;
        let put = Kind::Put(Slot::of(key));
        let kind = match (operation.action, operation.value) {
            (PUT, Value::Text(text)) if part.admits(text) => put,
            (DELETE, Value::Null) if !operation.predecessors.is_empty() => Kind::Delete,
            _ => return Err(Refusal::Schema),
        };
        self.replaces(&operation.predecessors, put)?;
        self.take(kind);
        Ok(())
    }
}

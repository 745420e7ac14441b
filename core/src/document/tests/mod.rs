//! Documents as other rooms see them, and as hostile devices would like them to be.

mod editing;
mod forge;
mod forks;
mod hostile;
mod hostile_lists;
mod lists;
mod merging;

use super::*;

pub(super) const ANNA: Actor = Actor([0xa1; 16]);
pub(super) const BEN: Actor = Actor([0xb2; 16]);

pub(super) fn note() -> Document {
    Document::new(Schema::Note).expect("a new note")
}

/// Types at a place, as one change.
pub(super) fn type_at(document: &mut Document, actor: Actor, at: usize, delete: usize, insert: &str) -> Vec<u8> {
    let mut changes = document.splice(actor, ScalarPosition(at), delete, insert).expect("types");
    assert_eq!(changes.len(), 1);
    changes.remove(0).bytes
}

pub(super) fn applied(document: &mut Document, changes: impl IntoIterator<Item = Vec<u8>>) {
    let outcome = document.apply(changes);
    assert!(outcome.outcomes.iter().all(|outcome| *outcome == Outcome::Applied), "{outcome:?}");
}

#[test]
fn the_first_change_of_a_note_is_a_constant() {
    use automerge::transaction::{CommitOptions, Transactable};

    let actor = &hash(&[b"amends/actor/0", b"note"])[..Actor::LEN];
    let mut automerge = Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint);
    automerge.set_actor(ActorId::from(actor));
    let mut transaction = automerge.transaction();
    transaction.put_object(automerge::ROOT, "text", automerge::ObjType::Text).expect("puts");
    transaction.commit_with(CommitOptions::default().with_time(0));
    let change = automerge.get_last_local_change().expect("is there");
    assert_eq!(change.raw_bytes(), Schema::Note.root());
    let heads: Vec<_> = note().heads().iter().map(ToString::to_string).collect();
    assert_eq!(heads, ["8a78111801fd8f22d9bfb8c84c9e4de929edb9d8c54fd028bc2cd907b9353d6d"]);
}

#[test]
fn an_actor_is_bound_to_device_incarnation_and_document() {
    let derive = |device, incarnation, document| {
        Actor::derive(&DeviceId([device; 32]), &Incarnation([incarnation; 8]), &EntryId([document; 32]))
    };
    assert_eq!(derive(1, 2, 3), derive(1, 2, 3));
    assert_ne!(derive(1, 2, 3), derive(9, 2, 3));
    assert_ne!(derive(1, 2, 3), derive(1, 9, 3));
    assert_ne!(derive(1, 2, 3), derive(1, 2, 9));
}

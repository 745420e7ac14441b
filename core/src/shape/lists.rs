//! An agenda, a parking lot, a board: items that both add, word and order in a document, and what each says of them.
//!
//! # Merge rule
//! Membership, words and order merge in the document, where adding and editing win over a removal. "Talked about", "let go", "not
//! for me now" are acts, each one's own, that name the item and the heads of the document that their author had read. Such an act
//! holds as long as nobody added, edited or removed the item beyond those heads: so an item that one closes while the other edits
//! it stays open, and what was said of it is shown as said of an earlier wording.

use super::acts::{ActsView, Said, Wish};
use crate::document::{Document, Item, ItemId};
use crate::id::{ChangeHash, EntryId, StatementId};

/// One item, and what was said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ItemView {
    /// The item as the document has it.
    pub item: Item,
    /// What statements about it name.
    pub subject: StatementId,
    /// The acts about it that hold, to derive its state from.
    pub acts: ActsView,
    /// Acts that stand, and were said before the item was changed in a way their author did not know of.
    pub earlier: Vec<Said>,
}

/// The items of a list, in its order, with what was said of each. `entry` is the list's.
pub fn view(document: &Document, entry: &EntryId, acts: &ActsView) -> Vec<ItemView> {
    let items = document.items().into_iter();
    items
        .map(|item| {
            let subject = item.id.subject(entry);
            let about = acts.said.iter().filter(|said| said.subjects.contains(&subject)).cloned();
            let (said, earlier) = about.partition(|said| !said.stands() || holds(document, &item.id, said));
            ItemView { item, subject, acts: ActsView { said, newer: acts.newer }, earlier }
        })
        .collect()
}

/// An act about an item as it is now.
pub fn about<'a>(document: &Document, entry: &EntryId, item: &ItemId, act: &'a str) -> Wish<'a> {
    let heads = document.heads().into_iter().map(|head| StatementId(head.0)).collect();
    Wish { heads, ..Wish::new(act).on(item.subject(entry)) }
}

fn holds(document: &Document, item: &ItemId, said: &Said) -> bool {
    let heads: Vec<ChangeHash> = said.heads.iter().map(|head| ChangeHash(head.0)).collect();
    !document.is_touched(item, &heads)
}

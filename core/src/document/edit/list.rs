//! Reading a list, and changing it on this device.
//!
//! # Merge rule
//! Add and edit win over a removal that did not know of them: the item stays, marked as restored until the next edit. Every field
//! is a register of its own whose concurrent values are all kept. The order is a place per item, so moving one item moves no
//! other; items at one place are ordered by id.

use super::{FieldValue, NewChange};
use crate::document::position::typed;
use crate::document::schema::list::{ItemId, LIST_FIELD_MAX, LIST_ITEMS_MAX, Part, between, key, parse_key, spread};
use crate::document::{Actor, Document, DocumentError, Schema};
use crate::id::ChangeHash;
use automerge::transaction::{Transactable, Transaction};
use automerge::{AutomergeError, ROOT, ReadDoc};
use std::collections::{BTreeMap, BTreeSet};

/// Items whose places one change writes, and bytes of such a place: so many fit into a change.
const LAID_OUT_MAX: usize = LIST_ITEMS_MAX + 200;
const LAID_OUT_BYTES_MAX: usize = 40;

/// One item of a list, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Item {
    /// Which.
    pub id: ItemId,
    /// Whether it was removed, and stays because it was added or edited meanwhile; until the next edit.
    pub restored: bool,
    /// Its fields by number: the value to show first, then those written at the same time.
    pub fields: BTreeMap<u32, Vec<FieldValue>>,
    /// Its place in the order; empty for one that was never given any.
    order: String,
}

/// What a change does to one key.
enum Write {
    Put(String),
    Clear,
}

impl Document {
    /// The items of a list, in its order.
    pub fn items(&self) -> Vec<Item> {
        let mut parts: BTreeMap<ItemId, BTreeMap<Part, String>> = BTreeMap::new();
        for key in self.automerge.keys(ROOT) {
            if let Some((item, part)) = parse_key(&key) {
                parts.entry(item).or_default().insert(part, key);
            }
        }
        let alive = parts.into_iter().filter(|(_, parts)| parts.contains_key(&Part::Alive));
        let mut items: Vec<Item> = alive.map(|(id, parts)| self.item(id, &parts)).collect();
        items.sort_by(|one, other| (&one.order, one.id).cmp(&(&other.order, other.id)));
        items
    }

    fn item(&self, id: ItemId, parts: &BTreeMap<Part, String>) -> Item {
        let mut fields = BTreeMap::new();
        for (part, key) in parts {
            if let Part::Field(number) = part {
                fields.insert(*number, self.values(key));
            }
        }
        let order = parts.get(&Part::Order).and_then(|key| self.values(key).into_iter().next());
        let order = order.map(|order| order.text.text).unwrap_or_default();
        Item { id, restored: parts.contains_key(&Part::Gone), fields, order }
    }

    /// Puts an item into the list, behind another one or in front, with fields. One that is there already keeps its place; one that
    /// was removed is there again.
    ///
    /// # Errors
    /// [`DocumentError::UnknownField`] in a document that is no list, [`DocumentError::UnknownItem`] behind an item that is not there,
    /// [`DocumentError::TooLong`], [`DocumentError::Full`]; nothing was changed.
    pub fn add_item(
        &mut self,
        actor: Actor,
        id: ItemId,
        behind: Option<ItemId>,
        fields: &BTreeMap<u32, String>,
    ) -> Result<Option<NewChange>, DocumentError> {
        let items = self.listed()?;
        let mut writes = self.worded(&id, fields)?;
        let there = items.iter().any(|item| item.id == id);
        if there && writes.is_empty() {
            return Ok(None);
        }
        if !there {
            if items.len() >= LIST_ITEMS_MAX {
                return Err(DocumentError::Full);
            }
            writes.extend(placed(&items, id, behind)?);
        }
        self.revive(&id, &mut writes);
        self.write_keys(actor, writes).map(Some)
    }

    /// Writes a field of an item, in the place of all values that it has here; an empty text takes them away. An item that somebody
    /// removes meanwhile stays.
    ///
    /// # Errors
    /// [`DocumentError::UnknownField`], [`DocumentError::UnknownItem`] when there is no such item, [`DocumentError::TooLong`],
    /// [`DocumentError::Full`]; nothing was changed.
    pub fn edit_item(
        &mut self,
        actor: Actor,
        id: ItemId,
        number: u32,
        value: &str,
    ) -> Result<Option<NewChange>, DocumentError> {
        let items = self.listed()?;
        let item = find(&items, id)?;
        let mut writes = self.worded(&id, &[(number, value.to_owned())].into())?;
        // Saying the same of an item that was restored is taking it up again.
        if writes.is_empty() && !item.restored {
            return Ok(None);
        }
        self.revive(&id, &mut writes);
        self.write_keys(actor, writes).map(Some)
    }

    /// Takes an item out of the list.
    ///
    /// # Errors
    /// [`DocumentError::UnknownField`], [`DocumentError::UnknownItem`] when there is no such item, [`DocumentError::Full`].
    pub fn remove_item(&mut self, actor: Actor, id: ItemId) -> Result<NewChange, DocumentError> {
        find(&self.listed()?, id)?;
        let gone = key(&id, Part::Gone);
        let mark = self.mark(&gone);
        self.write_keys(actor, [(key(&id, Part::Alive), Write::Clear), (gone, Write::Put(mark))].into())
    }

    /// Moves an item behind another one, or to the front. Somebody who removes it meanwhile removes it.
    ///
    /// # Errors
    /// [`DocumentError::UnknownField`], [`DocumentError::UnknownItem`] when there is no such item, [`DocumentError::Full`].
    pub fn move_item(
        &mut self,
        actor: Actor,
        id: ItemId,
        behind: Option<ItemId>,
    ) -> Result<Option<NewChange>, DocumentError> {
        let items = self.listed()?;
        find(&items, id)?;
        let others: Vec<Item> = items.iter().filter(|item| item.id != id).cloned().collect();
        let at = items.iter().position(|item| item.id == id);
        let before = at.and_then(|at| at.checked_sub(1)).and_then(|at| items.get(at)).map(|item| item.id);
        if behind == Some(id) || behind == before {
            return Ok(None);
        }
        self.write_keys(actor, placed(&others, id, behind)?).map(Some)
    }

    /// Whether an item was added, edited or removed by a change that who knew of `heads` did not know of. Moving it does not count.
    pub fn is_touched(&self, id: &ItemId, heads: &[ChangeHash]) -> bool {
        let heads: Vec<automerge::ChangeHash> =
            heads.iter().filter(|head| self.contains(head)).map(|head| automerge::ChangeHash(head.0)).collect();
        let outside = self.automerge.get_changes_meta(&heads);
        let outside: BTreeSet<ChangeHash> = outside.iter().map(|change| ChangeHash(change.hash.0)).collect();
        let keys: Vec<String> = self.automerge.keys(ROOT).collect();
        let touching = |key: &&String| parse_key(key).is_some_and(|(item, part)| item == *id && part != Part::Order);
        keys.iter().filter(touching).flat_map(|key| self.values(key)).any(|value| outside.contains(&value.change))
    }

    fn listed(&self) -> Result<Vec<Item>, DocumentError> {
        if self.schema == Schema::List { Ok(self.items()) } else { Err(DocumentError::UnknownField) }
    }

    /// What has to be written for fields to be as given.
    fn worded(&self, id: &ItemId, fields: &BTreeMap<u32, String>) -> Result<BTreeMap<String, Write>, DocumentError> {
        let mut writes = BTreeMap::new();
        for (number, value) in fields {
            if *number == 0 {
                return Err(DocumentError::UnknownField);
            }
            let value = typed(value);
            if value.chars().count() > LIST_FIELD_MAX {
                return Err(DocumentError::TooLong { most: LIST_FIELD_MAX });
            }
            let key = key(id, Part::Field(*number));
            let values = self.values(&key);
            match values.as_slice() {
                [] if value.is_empty() => {}
                [only] if only.text.text == value && !only.text.stripped => {}
                _ if value.is_empty() => drop(writes.insert(key, Write::Clear)),
                _ => drop(writes.insert(key, Write::Put(value))),
            }
        }
        Ok(writes)
    }

    /// Adds what makes an item be there whatever others do at the same time.
    fn revive(&self, id: &ItemId, writes: &mut BTreeMap<String, Write>) {
        let alive = key(id, Part::Alive);
        let mark = self.mark(&alive);
        writes.insert(alive, Write::Put(mark));
        writes.insert(key(id, Part::Gone), Write::Clear);
    }

    /// A mark that does not stand at a key yet: Automerge would not write what stands there already.
    fn mark(&self, key: &str) -> String {
        let heads = self.automerge.get_heads();
        let last = heads.iter().filter_map(|head| self.automerge.get_change_meta_by_hash(head)).map(|head| head.max_op);
        let stands: BTreeSet<String> = self.values(key).into_iter().map(|value| value.text.text).collect();
        let marks = (last.max().unwrap_or(0) + 1..).map(|mark| mark.to_string());
        marks.into_iter().find(|mark| !stands.contains(mark)).unwrap_or_default()
    }

    fn write_keys(&mut self, actor: Actor, mut writes: BTreeMap<String, Write>) -> Result<NewChange, DocumentError> {
        writes.retain(|key, write| matches!(write, Write::Put(_)) || !self.values(key).is_empty());
        self.has_room(writes.len())?;
        self.write(actor, |writing| write_all(writing, writes))
    }
}

fn write_all(writing: &mut Transaction<'_>, writes: BTreeMap<String, Write>) -> Result<(), AutomergeError> {
    for (key, write) in writes {
        match write {
            Write::Put(value) => writing.put(ROOT, key, value)?,
            Write::Clear => writing.delete(ROOT, key)?,
        }
    }
    Ok(())
}

fn find(items: &[Item], id: ItemId) -> Result<&Item, DocumentError> {
    items.iter().find(|item| item.id == id).ok_or(DocumentError::UnknownItem)
}

/// The places to write so that an item comes behind another among `others`. Items that were at the place of the one before it are
/// moved on with it, and where places have become too long all are laid out anew.
fn placed(others: &[Item], id: ItemId, behind: Option<ItemId>) -> Result<BTreeMap<String, Write>, DocumentError> {
    let at = match behind {
        None => 0,
        Some(behind) => {
            let at = others.iter().position(|item| item.id == behind);
            at.ok_or(DocumentError::UnknownItem)? + 1
        }
    };
    let (ahead, rest) = others.split_at_checked(at).ok_or(DocumentError::Broken)?;
    let mut before = ahead.last().map(|item| item.order.clone()).unwrap_or_default();
    let tied = rest.iter().take_while(|item| item.order == before);
    let mut moved: Vec<ItemId> = [id].into_iter().chain(tied.map(|item| item.id)).collect();
    let after = rest.get(moved.len() - 1).map(|item| item.order.as_str());
    // More than people put there: the item comes behind all that are at that place.
    moved.truncate(if moved.len() > LAID_OUT_MAX { 1 } else { LAID_OUT_MAX });
    let mut writes = BTreeMap::new();
    for id in &moved {
        let Some(order) = between(&before, after).filter(|order| order.len() <= LAID_OUT_BYTES_MAX) else {
            return laid_out(ahead, moved.first().copied(), rest);
        };
        writes.extend([put(id, order.clone())]);
        before = order;
    }
    Ok(writes)
}

/// Places for a whole list anew.
fn laid_out(ahead: &[Item], id: Option<ItemId>, rest: &[Item]) -> Result<BTreeMap<String, Write>, DocumentError> {
    let ids = |items: &[Item]| items.iter().map(|item| item.id).collect::<Vec<_>>();
    let all: Vec<ItemId> = ids(ahead).into_iter().chain(id).chain(ids(rest)).collect();
    if all.len() > LAID_OUT_MAX {
        return Err(DocumentError::Full);
    }
    let places = spread(all.len());
    Ok(all.iter().zip(places).map(|(id, order)| put(id, order)).collect())
}

fn put(id: &ItemId, order: String) -> (String, Write) {
    (key(id, Part::Order), Write::Put(order))
}

//! What follows when part of a document gives way to other changes: a device wrote one place twice.

use super::HomeError;
use super::entries::DocumentRow;
use super::step::Step;
use crate::crypto::PrimitiveError;
use crate::crypto::keys::DeviceKeys;
use crate::document::{Actor, Document, ScalarPosition, change_hash};
use crate::id::{EntryId, Incarnation};
use crate::sync::{BoxIndex, Locator};
use std::collections::{BTreeMap, BTreeSet};

impl Step<'_> {
    /// Lets a row hold what its document holds, after part of it gave way. What waits for the next flush stays in the tail.
    pub(super) fn hold_anew(
        &mut self,
        index: BoxIndex,
        row: &mut DocumentRow,
        document: &Document,
    ) -> Result<(), HomeError> {
        let (mut unflushed, mut tail) = (BTreeSet::new(), Vec::new());
        for locator in &row.tail {
            let Some(bytes) = self.change(index, locator)? else { continue };
            let hash = change_hash(&bytes);
            let fresh = matches!(locator, Locator::Unflushed { .. });
            if fresh {
                unflushed.insert(hash);
            }
            if (fresh || !document.contains(&hash)) && !document.is_aside(&hash) {
                tail.push(*locator);
            }
        }
        row.save = Some(document.without(&unflushed)?.save()?.into());
        row.tail = tail;
        Ok(())
    }

    /// Words of this device that gave way, or stood on what did, are typed again at the end of the note, so that they stay in view.
    /// Those of others are put back on their phones.
    pub(super) fn put_back(
        &mut self,
        (index, note): (BoxIndex, EntryId),
        mut words: BTreeMap<Actor, String>,
    ) -> Result<(), HomeError> {
        if words.is_empty() {
            return Ok(());
        }
        let keys = DeviceKeys::from_secret(&self.home.device).map_err(|_| PrimitiveError)?;
        let chains = self.boxes.get(usize::from(index)).into_iter().flat_map(|state| &state.chains);
        let mut lives: BTreeSet<Incarnation> =
            chains.filter(|chain| chain.device == keys.id()).map(|chain| chain.incarnation).collect();
        lives.insert(self.home.incarnation);
        let own = lives.into_iter().filter_map(|life| words.remove(&Actor::derive(&keys.id(), &life, &note)));
        let words = own.collect::<Vec<_>>().join("\n");
        if words.is_empty() {
            return Ok(());
        }
        self.change_document(index, note, |document, actor| {
            let text = document.text().text;
            let end = ScalarPosition(text.chars().count());
            let words = if text.is_empty() || text.ends_with('\n') { words } else { format!("\n{words}") };
            // A note that is full keeps them in the change that was set aside.
            Ok(document.splice(actor, end, 0, &words).unwrap_or_default())
        })
    }
}

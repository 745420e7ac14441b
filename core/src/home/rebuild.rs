//! Entries, documents and the cards of *Today*, made anew from the records: what every step keeps current is a cache, and this
//! is what it must equal.

use super::entries::{read_entry, write_entry};
use super::step::{Step, read_unflushed};
use super::{Home, HomeError, Moment};
use crate::document::{change_hash, inspect_change};
use crate::id::{ChangeHash, EntryId};
use crate::statement;
use crate::storage::{Row, Store, Table};
use crate::sync::{Arrival, Arrived, BoxIndex, Locator, unflushed_key, whole};
use std::collections::BTreeMap;

/// Rows read at once.
const PAGE: usize = 512;
/// Twins looked for at one place of a chain.
const TWINS_MAX: u8 = 4;

impl<S: Store> Home<S> {
    /// Makes everything that is derived anew, from the records and what waits for the next flush. For a phone whose caches were
    /// damaged, and to show that they say what the records say.
    ///
    /// # Errors
    /// What the store says.
    pub fn rebuild(&mut self, at: Moment) -> Result<(), HomeError> {
        self.step(at, |step, _| step.rebuild())
    }
}

impl Step<'_> {
    /// See [`Home::rebuild`].
    pub(super) fn rebuild(&mut self) -> Result<(), HomeError> {
        // An entry whose words were taken back keeps its name where it was known.
        let named = self.practices()?;
        for table in [Table::Entries, Table::Documents, Table::Views] {
            self.clear(table)?;
        }
        self.forget_today();
        for index in 0..BoxIndex::try_from(self.boxes.len()).unwrap_or(BoxIndex::MAX) {
            let arrivals = self.kept(index)?;
            self.take_again(arrivals)?;
        }
        for ((index, entry), practice) in named {
            let Some(mut row) = read_entry(&self.work, index, &entry)? else { continue };
            row.practice = row.practice.or(Some(practice));
            write_entry(&mut self.work, index, &entry, &row);
        }
        Ok(())
    }

    fn practices(&self) -> Result<BTreeMap<(BoxIndex, EntryId), String>, HomeError> {
        let mut named = BTreeMap::new();
        for index in 0..BoxIndex::try_from(self.boxes.len()).unwrap_or(BoxIndex::MAX) {
            // Rows that cannot be read are what a rebuild is for.
            for (entry, row) in self.entries(index).unwrap_or_default() {
                named.extend(row.practice.map(|practice| ((index, entry), practice)));
            }
        }
        Ok(named)
    }

    fn clear(&mut self, table: Table) -> Result<(), HomeError> {
        loop {
            let rows = self.work.range(table, &[], &[0xff; 64], PAGE)?;
            if rows.is_empty() {
                return Ok(());
            }
            rows.into_iter().for_each(|(key, _)| self.work.delete(table, key));
        }
    }

    /// Everything sound in a box, as if it arrived now: records in the order of their chains, then what is unflushed.
    fn kept(&self, index: BoxIndex) -> Result<Vec<Arrival>, HomeError> {
        let mut arrivals = Vec::new();
        let Some(state) = self.boxes.get(usize::from(index)) else { return Ok(arrivals) };
        let me = self.me();
        for (number, chain) in (0u16..).zip(&state.chains) {
            for seq in chain.held().into_iter().flat_map(|(first, last)| first..=last) {
                for twin in 0..TWINS_MAX {
                    let ring = self.ring.ring(index)?;
                    let kept = crate::sync::read_record(&self.work, ring, index, number, seq, twin)?;
                    let Some((_, record)) = kept else { break };
                    let headers = record.core.headers.len();
                    for item in 0..u16::try_from(record.items.len()).unwrap_or(u16::MAX) {
                        let locator = Locator::Record { chain: number, seq, twin, item };
                        let what = match usize::from(item).checked_sub(headers) {
                            None => self.sound_statement(index, locator)?,
                            Some(at) => match (record.core.documents.get(at), self.change(index, &locator)?) {
                                (Some(document), Some(bytes)) => {
                                    let own = |actor| state.is_own_actor(number, document, &actor);
                                    let fits = inspect_change(&bytes).is_ok_and(|facts| own(facts.actor));
                                    let hash = ChangeHash(change_hash(&bytes).0);
                                    fits.then_some(Arrived::Change { locator, document: *document, hash, bytes })
                                }
                                _ => None,
                            },
                        };
                        arrivals.extend(what.map(|what| Arrival { index, member: chain.member, what }));
                    }
                }
            }
        }
        for (key, _) in self.unflushed(index)? {
            let Some(number) = key.get(1..).and_then(|n| n.try_into().ok()).map(u64::from_be_bytes) else { continue };
            let locator = Locator::Unflushed { number };
            let row = read_unflushed(&self.work, index, number)?;
            let what = match row.and_then(|row| row.change.map(|(document, bytes)| (row.hash, document, bytes))) {
                None => self.sound_statement(index, locator)?,
                Some((hash, document, bytes)) => {
                    Some(Arrived::Change { locator, document, hash: ChangeHash(*hash), bytes: bytes.into() })
                }
            };
            arrivals.extend(what.map(|what| Arrival { index, member: me, what }));
        }
        Ok(arrivals)
    }

    fn unflushed(&self, index: BoxIndex) -> Result<Vec<Row>, HomeError> {
        let (from, to) = whole(index);
        debug_assert!(unflushed_key(index, 0) >= from);
        Ok(self.work.range(Table::Unflushed, &from, &to, usize::MAX)?)
    }

    /// The statement at a place, unless it was set aside when it came.
    fn sound_statement(&self, index: BoxIndex, locator: Locator) -> Result<Option<Arrived>, HomeError> {
        // What cannot be read was set aside when it came.
        let Ok(Some(statement)) = self.statement(index, &locator) else { return Ok(None) };
        let sound = statement::check_header(&statement).is_ok();
        Ok(sound.then(|| Arrived::Statement { locator, statement: Box::new(statement) }))
    }
}

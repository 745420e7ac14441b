//! What arrived, taken into entries and documents; and what own commitments have become due to be opened.

use super::HomeError;
use super::entries::{DocumentRow, read_document, write_document};
use super::step::Step;
use crate::crypto::PrimitiveError;
use crate::crypto::keys::DeviceKeys;
use crate::document::{Actor, Document, Outcome, Refusal, ScalarPosition, change_hash};
use crate::id::{ChangeHash, EntryId, Incarnation};
use crate::statement::Kind;
use crate::sync::{
    Arrival, Arrived, BoxIndex, Chain, Locator, Missing, QuarantineRow, SEQ_MAX, read_record, set_aside,
};
use std::collections::{BTreeMap, BTreeSet};

/// Changes that arrived for one document.
type Changes = Vec<(Locator, ChangeHash, Vec<u8>)>;

impl Step<'_> {
    /// Takes verified arrivals in.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn take_arrivals(&mut self, arrivals: Vec<Arrival>) -> Result<(), HomeError> {
        let mut changes: BTreeMap<(BoxIndex, EntryId), Changes> = BTreeMap::new();
        for Arrival { index, what, .. } in arrivals {
            match what {
                Arrived::Statement { locator, statement } => {
                    if statement.header.kind == Kind::ROSTER {
                        self.take_roster(index, &statement)?;
                    }
                    if statement.header.kind == Kind::REFILL {
                        self.take_refill(index, &statement);
                    }
                    self.add_statement(index, locator, *statement)?;
                }
                Arrived::Change { locator, document, hash, bytes } => {
                    changes.entry((index, document)).or_default().push((locator, hash, bytes));
                }
                Arrived::Seen { chain, after, seq } => self.take_seen(index, chain, after, seq)?,
            }
        }
        for ((index, document), changes) in changes {
            self.take_changes(index, document, changes)?;
        }
        Ok(())
    }

    /// Takes in what was taken in before: what asked for something then does not ask again.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn take_again(&mut self, arrivals: Vec<Arrival>) -> Result<(), HomeError> {
        let mut changes: BTreeMap<(BoxIndex, EntryId), Changes> = BTreeMap::new();
        for Arrival { index, what, .. } in arrivals {
            match what {
                Arrived::Statement { locator, statement } => self.add_statement(index, locator, *statement)?,
                Arrived::Change { locator, document, hash, bytes } => {
                    changes.entry((index, document)).or_default().push((locator, hash, bytes));
                }
                Arrived::Seen { .. } => {}
            }
        }
        changes.into_iter().try_for_each(|((index, document), changes)| self.take_changes(index, document, changes))
    }

    fn take_changes(&mut self, index: BoxIndex, document: EntryId, changes: Changes) -> Result<(), HomeError> {
        let mut row = read_document(&self.work, index, &document)?.unwrap_or_default();
        let mut loaded = self.load_document(index, &row)?;
        let applied = loaded.apply(changes.iter().map(|(_, _, bytes)| bytes.clone()));
        for ((locator, hash, bytes), outcome) in changes.into_iter().zip(applied.outcomes) {
            match outcome {
                Outcome::Applied | Outcome::Waiting => row.tail.push(locator),
                Outcome::Known => {}
                Outcome::Refused(refusal) => self.set_change_aside(index, refusal, hash, bytes)?,
            }
        }
        for (hash, refusal, bytes) in loaded.aside() {
            self.set_change_aside(index, refusal, hash, bytes.to_vec())?;
        }
        row.aside = loaded.aside().map(|(_, _, bytes)| bytes.to_vec().into()).collect();
        let displaced = applied.displaced;
        if !displaced.changes.is_empty() {
            self.keep_anew(index, &mut row, &loaded)?;
        }
        self.titles.insert((index, document), loaded.shown_title());
        self.fold(&mut row, &mut loaded)?;
        write_document(&mut self.work, index, &document, &row);
        self.touched.insert((index, document));
        self.put_back(index, document, displaced.words)
    }

    fn set_change_aside(
        &mut self,
        index: BoxIndex,
        refusal: Refusal,
        hash: ChangeHash,
        bytes: Vec<u8>,
    ) -> Result<(), HomeError> {
        let (reason, day) = (refusal.code().to_owned(), self.now.day);
        let row = QuarantineRow { index, reason, bytes: bytes.into(), statement: None, change: Some(hash), day };
        Ok(set_aside(&mut self.work, &row)?)
    }

    /// Lets a row hold what its document holds, after part of it gave way. What waits for the next flush stays in the tail.
    fn keep_anew(&mut self, index: BoxIndex, row: &mut DocumentRow, document: &Document) -> Result<(), HomeError> {
        let mut unflushed = BTreeSet::new();
        let mut tail = Vec::new();
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
    fn put_back(
        &mut self,
        index: BoxIndex,
        document: EntryId,
        mut words: BTreeMap<Actor, String>,
    ) -> Result<(), HomeError> {
        let keys = DeviceKeys::from_secret(&self.home.device).map_err(|_| PrimitiveError)?;
        let chains = self.boxes.get(usize::from(index)).into_iter().flat_map(|state| &state.chains);
        let lives: BTreeSet<Incarnation> =
            chains.filter(|chain| chain.device == keys.id()).map(|chain| chain.incarnation).collect();
        let lives = lives.into_iter().chain([self.home.incarnation]);
        let own = lives.filter_map(|life| words.remove(&Actor::derive(&keys.id(), &life, &document)));
        let words = own.collect::<Vec<_>>().join("\n");
        if words.is_empty() {
            return Ok(());
        }
        self.change_document(index, document, |document, actor| {
            let text = document.text().text;
            let end = ScalarPosition(text.chars().count());
            let words = if text.is_empty() || text.ends_with('\n') { words } else { format!("\n{words}") };
            // A note that is full keeps them in the change that was set aside.
            Ok(document.splice(actor, end, 0, &words).unwrap_or_default())
        })
    }

    /// The partner's phones saw more of our records: what those say may have become settled.
    fn take_seen(&mut self, index: BoxIndex, chain: u16, after: u64, seq: u64) -> Result<(), HomeError> {
        let owner = self.owner(index)?;
        let me = self.me();
        for seq in after.saturating_add(1)..=seq {
            let record = read_record(&self.work, self.ring.ring(index)?, index, chain, seq, 0)?;
            let Some((_, record)) = record else { continue };
            for header in &record.core.headers {
                let Ok(header) = crate::statement::Header::decode(header) else { continue };
                if matches!(header.kind, Kind::CONSENT | Kind::PROPOSE) {
                    self.touched.insert((index, header.subject.target(&owner, &me)));
                }
            }
        }
        Ok(())
    }

    /// Somebody asks for records they lack: whoever has them uploads them again. The relay keeps one copy, whoever asks.
    fn take_refill(&mut self, index: BoxIndex, statement: &crate::statement::Statement) {
        let Ok(Some(content)) = statement.content() else { return };
        let Some(state) = self.boxes.get_mut(usize::from(index)) else { return };
        for (device, incarnation, first, last) in content.missing.unwrap_or_default() {
            let Some(number) = state.chain_index(&device, &incarnation) else { continue };
            let Some(chain) = state.chain_mut(number) else { continue };
            for (from, to) in chain.held() {
                chain.upload.insert(from.max(first), to.min(last));
                chain.restore.insert(from.max(first), to.min(last));
            }
        }
    }

    /// Asks the others for records that somebody saw and that never arrived here, and for words that were dropped here and are owed
    /// to both: once a day for the same gap.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn ask_for_missing(&mut self) -> Result<(), HomeError> {
        let today = i64::from(i32::from(self.now.day));
        for at in 0..self.boxes.len() {
            let Ok(index) = BoxIndex::try_from(at) else { break };
            let Some(state) = self.boxes.get_mut(at) else { break };
            let asking = state.chains.iter_mut().take(super::REFILL_CHAINS_MAX);
            let missing: Vec<Missing> = asking.flat_map(|chain| missing_of(chain, today)).collect();
            if !missing.is_empty() {
                state.reread = true;
                self.author_refill(index, missing)?;
            }
        }
        Ok(())
    }
}

/// What is to be asked for of a chain today, and was not yet.
fn missing_of(chain: &mut Chain, today: i64) -> Vec<Missing> {
    let Chain { device, incarnation, head_seq, missing_from, .. } = *chain;
    let place = |(first, last)| (device, incarnation, first, last);
    let mut missing = Vec::new();
    let beyond = (missing_from > head_seq).then_some((missing_from, SEQ_MAX));
    let first = chain.holes.stretches().next().or(beyond).map(|(first, _)| (first, today));
    if first.is_some() && chain.asked != first {
        chain.asked = first;
        missing.extend(chain.holes.stretches().take(super::REFILL_HOLES_MAX).chain(beyond).map(place));
    }
    let owed = (!chain.owed.is_empty()).then(|| (chain.owed.len(), today));
    if owed.is_some() && chain.asked_owed != owed {
        chain.asked_owed = owed;
        missing.extend(chain.owed.stretches().take(super::REFILL_HOLES_MAX).map(place));
    }
    missing
}

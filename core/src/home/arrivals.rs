//! What arrived, taken into entries and documents; and what own commitments have become due to be opened.

use super::HomeError;
use super::entries::{read_document, write_document};
use super::step::Step;
use crate::document::Outcome;
use crate::id::{ChangeHash, EntryId};
use crate::statement::Kind;
use crate::sync::{Arrival, Arrived, BoxIndex, Locator, QuarantineRow, read_record, set_aside};
use std::collections::BTreeMap;

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
                Outcome::Refused(refusal) => {
                    let row = QuarantineRow {
                        index,
                        reason: refusal.code().to_owned(),
                        bytes: bytes.into(),
                        statement: None,
                        change: Some(hash),
                        day: self.now.day,
                    };
                    set_aside(&mut self.work, &row)?;
                }
            }
        }
        self.titles.insert((index, document), loaded.shown_title());
        self.fold(&mut row, &mut loaded)?;
        write_document(&mut self.work, index, &document, &row);
        self.touched.insert((index, document));
        Ok(())
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
            chain.show_again(first, last);
        }
    }

    /// Asks the others for records that somebody saw and that never arrived here: once a day for the same gap, and only where
    /// everything that the relay has was read.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn ask_for_missing(&mut self) -> Result<(), HomeError> {
        let today = i64::from(i32::from(self.now.day));
        for at in 0..self.boxes.len() {
            let Ok(index) = BoxIndex::try_from(at) else { break };
            let Some(state) = self.boxes.get_mut(at) else { break };
            if !self.caught_up.contains(&index) {
                continue;
            }
            self.touched.extend(state.owed.drain(..).map(|entry| (index, entry)));
            let mut missing = Vec::new();
            for chain in state.chains.iter_mut().take(super::REFILL_CHAINS_MAX) {
                let first = match chain.holes.stretches().next() {
                    Some((first, _)) => first,
                    None if chain.missing_from > chain.head_seq => chain.missing_from,
                    None => continue,
                };
                if chain.asked != Some((first, today)) {
                    chain.asked = Some((first, today));
                    let holes = chain.holes.stretches().take(super::REFILL_HOLES_MAX);
                    missing.extend(holes.map(|(first, last)| (chain.device, chain.incarnation, first, last)));
                    if chain.missing_from > chain.head_seq {
                        missing.push((chain.device, chain.incarnation, chain.missing_from, crate::sync::SEQ_MAX));
                    }
                }
            }
            if !missing.is_empty() {
                state.reread = true;
                self.author_refill(index, missing)?;
            }
        }
        Ok(())
    }
}

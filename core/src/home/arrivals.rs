//! What arrived, taken into entries and documents; and what own commitments have become due to be opened.

use super::HomeError;
use super::documents::Changes;
use super::step::Step;
use crate::id::EntryId;
use crate::statement::Kind;
use crate::sync::{Arrival, Arrived, BoxIndex, Chain, Lacking, Missing, SEQ_MAX, read_record};
use std::collections::BTreeMap;

/// Stretches that one statement names (SPEC 3.2).
const MISSING_MAX: usize = 256;

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
        self.take_changes(changes)
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
        self.take_changes(changes)
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

    /// Asks the others for records that somebody saw and that never arrived here, and for words that were dropped here and are owed
    /// to both: once a day for the same gap, and only where everything that the relay has was read.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn ask_for_missing(&mut self) -> Result<(), HomeError> {
        let today = i64::from(i32::from(self.now.day));
        for at in 0..self.boxes.len() {
            let Ok(index) = BoxIndex::try_from(at) else { break };
            let Some(state) = self.boxes.get_mut(at) else { break };
            if !self.caught_up.contains(&index) {
                // What was not read yet may have everything.
                continue;
            }
            let asking = state.chains.iter_mut().take(super::REFILL_CHAINS_MAX);
            let mut missing: Vec<Missing> = asking.flat_map(|chain| missing_of(chain, today)).collect();
            if !state.packs.lacking.is_empty() && state.packs.asked != Some(today) {
                state.packs.asked = Some(today);
                let place = |lacking: &Lacking| (lacking.device, lacking.incarnation, lacking.seqs.0, lacking.seqs.1);
                missing.extend(state.packs.lacking.iter().map(place));
            }
            missing.truncate(MISSING_MAX);
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

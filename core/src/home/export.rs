//! One's own copy of everything, the proof of who said what, and what was set aside.

use super::step::Step;
use super::views::{EntryView, HistoryItem};
use super::{Home, HomeError, Identity, Moment};
use crate::crypto::record::Place;
use crate::id::{Day, RecordId, SpaceId};
use crate::storage::{Store, StoreError, Table};
use crate::sync::{BoxIndex, QuarantineRow, read_record};

/// Everything one may read, in the clear.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Export {
    /// Version of this file's form.
    pub version: u16,
    /// Whose copy it is.
    #[serde(flatten)]
    pub identity: Identity,
    /// The space, once there is one.
    pub space: Option<SpaceId>,
    /// Every entry with its history.
    pub entries: Vec<ExportedEntry>,
}

/// One entry of an export.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ExportedEntry {
    /// As it is shown.
    #[serde(flatten)]
    pub view: EntryView,
    /// Every statement about it.
    pub history: Vec<HistoryItem>,
}

/// What checking every signature and chain found.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
pub struct VerifyReport {
    /// Records whose signature and place in their chain hold.
    pub records: u64,
    /// Statements in them.
    pub statements: u64,
    /// Chains.
    pub chains: u64,
    /// Records that never arrived, in the middle of a chain.
    pub missing: u64,
    /// Places of a chain with more than one record.
    pub forks: u64,
    /// Records that do not verify: the database was changed, or is damaged.
    pub broken: u64,
}

/// One thing set aside.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct QuarantineItem {
    /// Why, as a code.
    pub reason: String,
    /// The day it came, by this phone's clock.
    pub day: Day,
    /// `vault` or `space`.
    pub r#box: &'static str,
    /// How many bytes.
    pub bytes: usize,
    /// The bytes in hexadecimal, for whoever examines them.
    #[serde(skip)]
    pub content: Vec<u8>,
}

impl<S: Store> Home<S> {
    /// Everything one may read.
    ///
    /// # Errors
    /// What the store says.
    pub fn export(&mut self, at: Moment) -> Result<Export, HomeError> {
        let identity = self.identity();
        let space = self.state.confirmed_space().map(|space| space.id);
        let mut entries = Vec::new();
        for view in self.list(at, None)? {
            let history = self.history(at, view.id())?;
            entries.push(ExportedEntry { view, history });
        }
        Ok(Export { version: 1, identity, space, entries })
    }

    /// Verifies every record kept: signature, place in its chain, hashes of its items.
    ///
    /// # Errors
    /// What the store says; a record that does not verify is counted, not an error.
    pub fn verify(&mut self, at: Moment) -> Result<VerifyReport, HomeError> {
        self.look(at, |step| {
            let mut report = VerifyReport::default();
            for index in 0..u8::try_from(step.boxes.len()).unwrap_or(u8::MAX) {
                step.verify_box(index, &mut report)?;
            }
            Ok(report)
        })
    }

    /// What was set aside, with the bytes.
    ///
    /// # Errors
    /// What the store says.
    pub fn quarantine(&mut self, at: Moment) -> Result<Vec<QuarantineItem>, HomeError> {
        let damaged = || StoreError::Damaged { table: Some(Table::Quarantine) };
        self.look(at, |step| {
            let rows = step.work.range(Table::Quarantine, &[], &[], usize::MAX)?;
            let item = |(_, row): (Vec<u8>, Vec<u8>)| {
                let row: QuarantineRow = minicbor::decode(&row).map_err(|_| damaged())?;
                let content: Vec<u8> = row.bytes.into();
                let r#box = if row.index == crate::sync::MEMBER_BOX { "vault" } else { "space" };
                Ok(QuarantineItem { reason: row.reason, day: row.day, r#box, bytes: content.len(), content })
            };
            rows.into_iter().map(item).collect()
        })
    }
}

impl Step<'_> {
    fn verify_box(&self, index: BoxIndex, report: &mut VerifyReport) -> Result<(), HomeError> {
        let ring = self.ring.ring(index)?;
        let Some(state) = self.boxes.get(usize::from(index)) else { return Ok(()) };
        for (number, chain) in (0u16..).zip(&state.chains) {
            report.chains += 1;
            let signer = ring.members().iter().find_map(|member| member.device(&chain.device));
            let mut before: Vec<RecordId> = vec![Place::START];
            for seq in 1..=chain.head_seq {
                let mut here = Vec::new();
                for twin in 0..u8::MAX {
                    let Some((row, record)) = read_record(&self.work, ring, index, number, seq, twin)? else { break };
                    report.statements += record.core.headers.len() as u64;
                    let hashes = crate::sync::item_hashes(&state.owner, &chain.member, &record);
                    let holds = signer.is_some_and(|signer| {
                        before.iter().any(|prev| {
                            record.verify(&state.owner, &signer, prev, |at, _| hashes.get(at).copied()) == Ok(row.id)
                        })
                    });
                    // Behind a gap the place cannot be checked, and what is kept was verified when it came.
                    if holds || before.is_empty() {
                        report.records += 1
                    } else {
                        report.broken += 1
                    }
                    here.push(row.id);
                }
                report.missing += u64::from(here.is_empty());
                report.forks += u64::from(here.len() > 1);
                before = here;
            }
        }
        Ok(())
    }
}

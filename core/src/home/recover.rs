//! A damaged home, made sound again from the rows that are left (SPEC section 12.1): states from rows, caches from records, and
//! another incarnation before anything is written, so that no place in a chain is used twice.

use super::entries::{DocumentRow, EntryRow};
use super::spare;
use super::step::Step;
use super::{Counter, Home, HomeError, Moment, Randomness};
use crate::storage::{Store, Table, Work};
use crate::sync::{BoxIndex, Found, MEMBER_BOX, Output, Own, Sounded, make_sound};

/// What a recovery found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize)]
pub struct Recovered {
    /// Records that are there.
    pub records: u64,
    /// Records known to be missing, which the relay or the partner may have.
    pub records_missing: u64,
    /// Edits that wait to be sent.
    pub edits: u64,
    /// Own records and edits that are gone and were perhaps never sent.
    pub unsent_lost: u64,
    /// Whether anything had to be mended.
    pub mended: bool,
}

impl Recovered {
    fn add(&mut self, found: Found) {
        self.records += found.records;
        self.records_missing += found.missing;
        self.edits += found.edits;
        self.unsent_lost += found.unsent_lost;
        self.mended |= found.contradicted;
    }
}

impl<S: Store> Home<S> {
    /// Opens what is left of a home in a store of which every row can be read, and makes it sound. `counter` is what the key
    /// vault kept.
    ///
    /// # Errors
    /// [`HomeError::KeysLost`], [`HomeError::NewerHome`], or what the store says; then the store is as it was.
    pub fn recover(
        store: S,
        random: Box<dyn Randomness + Send>,
        at: Moment,
        counter: Option<&Counter>,
    ) -> Result<(Self, Recovered), HomeError> {
        let spare::Kept { home, boxes, keys, contradicted } = spare::read(&store)?;
        let mut recovered = Recovered { mended: contradicted || !are_caches_legible(&store)?, ..Recovered::default() };
        let mut home = Self::assemble(store, random, home, boxes, keys);
        // Whatever the rows say is to be written.
        home.boxes_stored.clear();
        home.spare_due = true;
        let counter = counter.filter(|counter| counter.incarnation == home.state.incarnation);
        home.step(at, |step, _| step.recover(counter, &mut recovered))?;
        home.counter = Counter { incarnation: home.state.incarnation, seqs: Vec::new() };
        home.outputs.push_back(Output::Count { index: MEMBER_BOX, seq: 0 });
        Ok((home, recovered))
    }

    /// Gives the store back.
    pub fn into_store(self) -> S {
        self.store
    }
}

/// Whether the caches say anything: a cache that was written whole can be read, unless it is ours that is wrong.
fn are_caches_legible(store: &dyn Store) -> Result<bool, HomeError> {
    let work = Work::new(store);
    let entries = work.range(Table::Entries, &[], &[], usize::MAX)?;
    let documents = work.range(Table::Documents, &[], &[], usize::MAX)?;
    let today = work.read(Table::Views, super::today::TODAY_KEY)?;
    Ok(entries.iter().all(|(_, row)| minicbor::decode::<EntryRow>(row).is_ok())
        && documents.iter().all(|(_, row)| minicbor::decode::<DocumentRow>(row).is_ok())
        && today.is_none_or(|row| minicbor::decode::<super::today::TodayRow>(&row).is_ok()))
}

impl Step<'_> {
    fn recover(&mut self, counter: Option<&Counter>, recovered: &mut Recovered) -> Result<(), HomeError> {
        let device = super::DeviceKeys::from_secret(&self.home.device).map_err(|_| super::PrimitiveError)?.id();
        let mut vault = Sounded::default();
        for at in 0..self.boxes.len() {
            let Ok(index) = BoxIndex::try_from(at) else { break };
            let counted = counter.map(|counter| counter.seqs.get(at).copied().unwrap_or(0));
            let own = Own { member: self.me(), device, incarnation: self.home.incarnation, counted };
            let Some(state) = self.boxes.get_mut(at) else { break };
            let (found, sounded) = make_sound(&mut self.work, self.ring.ring(index)?, index, state, &own, &vault)?;
            recovered.add(found);
            if index == MEMBER_BOX {
                vault = sounded;
            }
        }
        self.rebuild()?;
        self.begin_incarnation()
    }
}

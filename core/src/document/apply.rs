//! Applying changes from other devices.

use super::aside::{Aside, Displaced};
use super::guard::RawChange;
use super::index::{Fitting, Index, Unfit};
use super::{ChangeFacts, Document, Refusal, Schema, inspect_change};
use crate::id::ChangeHash;
use automerge::{Automerge, Change};
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Changes that wait in memory, and their bytes. Those beyond are refused for now; the store has them.
const WAITING_MAX: usize = 4096;
const WAITING_BYTES_MAX: usize = 8 * 1024 * 1024;

/// What became of one change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// It is part of the document now.
    Applied,
    /// It was part of the document before.
    Known,
    /// It waits for changes that are not here. Keep it with the document.
    Waiting,
    /// It will not become part of the document. Quarantine it.
    Refused(Refusal),
}

/// What became of changes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ApplyOutcome {
    /// Of those given, in the order given.
    pub outcomes: Vec<Outcome>,
    /// Of those that waited from before and wait no longer.
    pub released: Vec<(ChangeHash, Outcome)>,
    /// What was part of the document and is not any more.
    pub displaced: Displaced,
}

/// Changes that were made on changes that are not here.
#[derive(Default)]
pub(super) struct Waiting {
    pub(super) changes: BTreeMap<ChangeHash, (ChangeFacts, Vec<u8>)>,
    bytes: usize,
}

impl Waiting {
    pub(super) fn missing(&self, known: impl Fn(&ChangeHash) -> bool) -> Vec<ChangeHash> {
        let deps = self.changes.values().flat_map(|(facts, _)| &facts.deps);
        let missing = deps.filter(|dep| !self.changes.contains_key(dep) && !known(dep));
        missing.copied().collect::<BTreeSet<_>>().into_iter().collect()
    }

    pub(super) fn insert(&mut self, facts: ChangeFacts, bytes: Vec<u8>) {
        self.bytes += bytes.len();
        self.changes.insert(facts.hash, (facts, bytes));
    }

    fn remove(&mut self, hash: &ChangeHash) -> Option<(ChangeFacts, Vec<u8>)> {
        let removed = self.changes.remove(hash)?;
        self.bytes -= removed.1.len();
        Some(removed)
    }

    /// Takes out what is there to be judged, each behind those it was made on, and twins in the order in which they count.
    pub(super) fn take_ready(&mut self, index: &Index, aside: &Aside) -> Vec<Vec<u8>> {
        let mut unmet: BTreeMap<ChangeHash, usize> = BTreeMap::new();
        let mut dependents: BTreeMap<ChangeHash, Vec<ChangeHash>> = BTreeMap::new();
        let mut ready = Vec::new();
        for (hash, (facts, _)) in &self.changes {
            let deps = facts.deps.iter().filter(|dep| !index.contains(dep) && !aside.contains(dep));
            let mut count = 0;
            for dep in deps {
                dependents.entry(*dep).or_default().push(*hash);
                count += 1;
            }
            if count == 0 {
                ready.push(*hash);
            } else {
                unmet.insert(*hash, count);
            }
        }
        let mut taken = Vec::new();
        while let Some(hash) = ready.pop() {
            if let Some((facts, bytes)) = self.remove(&hash) {
                taken.push((facts.start_op, facts.hash, bytes));
            }
            for dependent in dependents.remove(&hash).unwrap_or_default() {
                if let Some(count) = unmet.get_mut(&dependent) {
                    *count -= 1;
                    if *count == 0 {
                        ready.push(dependent);
                    }
                }
            }
        }
        // What a change was made on begins lower than it does.
        taken.sort_unstable_by_key(|(start_op, hash, _)| (*start_op, *hash));
        taken.into_iter().map(|(_, _, bytes)| bytes).collect()
    }
}

impl Document {
    /// Takes in changes in any order. Duplicates are fine, and what is wrong with one does not concern the others. The
    /// caller has checked that each was made by the actor of the device that signed it.
    pub fn apply(&mut self, changes: impl IntoIterator<Item = Vec<u8>>) -> ApplyOutcome {
        let mut given = Vec::new();
        let mut results: BTreeMap<ChangeHash, Outcome> = BTreeMap::new();
        let index = match self.indexed() {
            Ok(index) => index,
            Err(refusal) => {
                let outcomes = changes.into_iter().map(|_| Outcome::Refused(refusal)).collect();
                return ApplyOutcome { outcomes, ..ApplyOutcome::default() };
            }
        };
        let mut waited: BTreeSet<ChangeHash> = self.waiting.changes.keys().copied().collect();
        for bytes in changes {
            let facts = match inspect_change(&bytes) {
                Ok(facts) => facts,
                Err(error) => {
                    given.push(Err(Outcome::Refused(error.into())));
                    continue;
                }
            };
            given.push(Ok(facts.hash));
            waited.remove(&facts.hash);
            if index.contains(&facts.hash) {
                results.entry(facts.hash).or_insert(Outcome::Known);
            } else if let Some(refusal) = self.aside.refusal(&facts.hash) {
                results.insert(facts.hash, Outcome::Refused(refusal));
            } else if !self.waiting.changes.contains_key(&facts.hash) {
                let here =
                    |dep| index.contains(dep) || self.waiting.changes.contains_key(dep) || self.aside.contains(dep);
                let ready = facts.deps.iter().all(here);
                let full = self.waiting.changes.len() >= WAITING_MAX || self.waiting.bytes >= WAITING_BYTES_MAX;
                if full && !ready {
                    results.insert(facts.hash, Outcome::Refused(Refusal::TooManyWaiting));
                } else {
                    self.waiting.insert(facts, bytes);
                }
            }
        }
        let ready = self.waiting.take_ready(&index, &self.aside);
        let mut displacing = Vec::new();
        results.extend(self.apply_ready(index, ready, &mut displacing));
        let mut displaced = Displaced::default();
        if !displacing.is_empty() {
            displaced = self.make_anew(displacing);
            for hash in given.iter().flatten().chain(&waited) {
                let now = match self.aside.refusal(hash) {
                    Some(refusal) => Outcome::Refused(refusal),
                    None if self.contains(hash) => Outcome::Applied,
                    None if self.waiting.changes.contains_key(hash) => Outcome::Waiting,
                    None => continue,
                };
                if results.get(hash) != Some(&Outcome::Known) || now != Outcome::Applied {
                    results.insert(*hash, now);
                }
            }
        }
        let outcome = |hash: &ChangeHash| results.get(hash).copied().unwrap_or(Outcome::Waiting);
        let released = waited.iter().filter_map(|hash| results.get(hash).map(|outcome| (*hash, *outcome))).collect();
        let outcomes = given.iter().map(|given| given.as_ref().map_or_else(|outcome| *outcome, outcome)).collect();
        ApplyOutcome { outcomes, released, displaced }
    }
}

/// Merging, and what to do when Automerge fails all the same.
impl Document {
    /// Applies changes whose dependencies are here or before them. Those that others must make room for are left to the caller.
    pub(super) fn apply_ready(
        &mut self,
        mut index: Index,
        ready: Vec<Vec<u8>>,
        displacing: &mut Vec<Vec<u8>>,
    ) -> Vec<(ChangeHash, Outcome)> {
        let mut results = Vec::new();
        let mut accepted = Vec::new();
        for bytes in ready {
            match self.fits(&index, &bytes) {
                Some(Ok(fitting)) => {
                    results.push((fitting.hash(), Outcome::Applied));
                    index.insert(fitting);
                    accepted.push(bytes);
                }
                Some(Err((_, Unfit::Displaces))) => displacing.push(bytes),
                Some(Err((hash, Unfit::Refused(refusal)))) => {
                    if refusal == Refusal::SequenceTaken {
                        self.aside.insert(hash, refusal, bytes);
                    }
                    results.push((hash, Outcome::Refused(refusal)));
                }
                // It was made on a change that was refused, or that something must be made anew for, just now.
                None => match self.aside.take_behind(bytes) {
                    Ok(hash) => results.push((hash, Outcome::Refused(Refusal::SetAside))),
                    Err(bytes) => self.wait_again(bytes),
                },
            }
        }
        if self.merge(&accepted) {
            self.index = Some(index);
            return results;
        }
        // A second line of defence: no change that the index lets through is known to get here.
        results.retain(|(_, outcome)| *outcome != Outcome::Applied);
        for bytes in accepted {
            results.extend(self.apply_alone(bytes));
        }
        results
    }

    /// Applies one change as if no other had come with it.
    fn apply_alone(&mut self, bytes: Vec<u8>) -> Option<(ChangeHash, Outcome)> {
        let hash = inspect_change(&bytes).ok()?.hash;
        let mut index = match self.indexed() {
            Ok(index) => index,
            Err(refusal) => return Some((hash, Outcome::Refused(refusal))),
        };
        let outcome = match self.fits(&index, &bytes) {
            Some(Ok(fitting)) => {
                index.insert(fitting);
                if !self.merge(std::slice::from_ref(&bytes)) {
                    // The index now holds a change that the document does not; the next one builds it anew.
                    return Some((hash, Outcome::Refused(Refusal::Inapplicable)));
                }
                Outcome::Applied
            }
            Some(Err((_, Unfit::Refused(refusal)))) => Outcome::Refused(refusal),
            Some(Err((_, Unfit::Displaces))) => Outcome::Refused(Refusal::SequenceTaken),
            None => {
                self.wait_again(bytes);
                Outcome::Waiting
            }
        };
        self.index = Some(index);
        Some((hash, outcome))
    }

    /// None when something that it was made on is not here.
    fn fits(&self, index: &Index, bytes: &[u8]) -> Option<Result<Fitting, (ChangeHash, Unfit)>> {
        let change = RawChange::parse(bytes).ok()?;
        if !change.facts.deps.iter().all(|dep| index.contains(dep)) {
            return None;
        }
        Some(index.check(&change, self.schema).map_err(|unfit| (change.facts.hash, unfit)))
    }

    fn wait_again(&mut self, bytes: Vec<u8>) {
        if let Ok(facts) = inspect_change(&bytes) {
            self.waiting.insert(facts, bytes);
        }
    }

    /// Hands changes to Automerge. When it fails, false, and the document is as it was.
    fn merge(&mut self, changes: &[Vec<u8>]) -> bool {
        let parsed: Result<Vec<Change>, _> = changes.iter().map(|bytes| Change::try_from(bytes.as_slice())).collect();
        let Ok(parsed) = parsed else { return false };
        let Some(last) = parsed.last().map(Change::hash) else { return true };
        // A hundredth of what applying takes.
        let before = self.automerge.clone();
        let automerge = &mut self.automerge;
        let applied = catch_unwind(AssertUnwindSafe(|| automerge.apply_changes(parsed)));
        let whole = matches!(applied, Ok(Ok(()))) && self.automerge.get_change_meta_by_hash(&last).is_some();
        if !whole {
            self.automerge = before;
        }
        whole
    }

    /// Takes the index out, building it when it is needed for the first time. The caller puts it back.
    pub(super) fn indexed(&mut self) -> Result<Index, Refusal> {
        match self.index.take() {
            Some(index) => Ok(index),
            None => build(&self.automerge, self.schema),
        }
    }

    /// Takes a change of one's own into the index, if there is one.
    pub(super) fn index_own(&mut self, bytes: &[u8]) -> Result<(), Refusal> {
        if let Some(index) = &mut self.index {
            let fitting = fitting(index, &RawChange::parse(bytes)?, self.schema)?;
            index.insert(fitting);
        }
        Ok(())
    }
}

/// A change that must fit, being one's own or part of the document already.
fn fitting(index: &Index, change: &RawChange<'_>, schema: Schema) -> Result<Fitting, Refusal> {
    index.check(change, schema).map_err(|unfit| match unfit {
        Unfit::Refused(refusal) => refusal,
        Unfit::Displaces => Refusal::SequenceTaken,
    })
}

fn build(automerge: &Automerge, schema: Schema) -> Result<Index, Refusal> {
    let root = schema.first_change().map_err(|_| Refusal::Inapplicable)?;
    let mut index = Index::root(schema, &root);
    for change in automerge.get_changes(&[]) {
        if change.hash().0 != root.hash.0 {
            let fitting = fitting(&index, &RawChange::parse(change.raw_bytes())?, schema)?;
            index.insert(fitting);
        }
    }
    Ok(index)
}

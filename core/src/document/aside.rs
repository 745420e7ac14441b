//! Changes that do not count because another with their actor and sequence number does, or because they were made on one of those.
//! Only a device whose key is used twice makes such. They are kept: as evidence, and because a change that comes later may let
//! them count again.

use super::{Actor, ChangeFacts, Document, DocumentError, Refusal, inspect_change};
use crate::id::ChangeHash;
use std::collections::{BTreeMap, BTreeSet};

/// Changes kept aside for one document, and their bytes. Those beyond stay in their records alone.
const ASIDE_MAX: usize = 4096;
const ASIDE_BYTES_MAX: usize = 8 * 1024 * 1024;

/// Changes that were part of a document, if only for the time of a call, and gave way to another.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Displaced {
    /// Which.
    pub changes: Vec<ChangeHash>,
    /// The words of them that could be seen, by whose hand they were, in the order of the text.
    pub words: BTreeMap<Actor, String>,
}

/// See the module's documentation.
#[derive(Default)]
pub(super) struct Aside {
    changes: BTreeMap<ChangeHash, (Refusal, Vec<u8>)>,
    bytes: usize,
}

impl Aside {
    pub(super) fn contains(&self, hash: &ChangeHash) -> bool {
        self.changes.contains_key(hash)
    }

    /// Why a change is set aside, if it is.
    pub(super) fn refusal(&self, hash: &ChangeHash) -> Option<Refusal> {
        self.changes.get(hash).map(|(refusal, _)| *refusal)
    }

    pub(super) fn insert(&mut self, hash: ChangeHash, refusal: Refusal, bytes: Vec<u8>) {
        if self.changes.len() < ASIDE_MAX && self.bytes < ASIDE_BYTES_MAX {
            self.bytes += bytes.len();
            self.changes.insert(hash, (refusal, bytes));
        }
    }

    /// Sets a change aside if something it was made on is, and gives it back otherwise.
    pub(super) fn take_behind(&mut self, bytes: Vec<u8>) -> Result<ChangeHash, Vec<u8>> {
        match inspect_change(&bytes) {
            Ok(facts) if facts.deps.iter().any(|dep| self.contains(dep)) => {
                self.insert(facts.hash, Refusal::SetAside, bytes);
                Ok(facts.hash)
            }
            _ => Err(bytes),
        }
    }
}

impl Document {
    /// The changes that are set aside, with the reason and their bytes: to be kept with the document and given to it again when it
    /// is loaded.
    pub fn aside(&self) -> impl Iterator<Item = (ChangeHash, Refusal, &[u8])> {
        self.aside.changes.iter().map(|(hash, (refusal, bytes))| (*hash, *refusal, bytes.as_slice()))
    }

    /// Whether a change is set aside.
    pub fn is_aside(&self, change: &ChangeHash) -> bool {
        self.aside.contains(change)
    }

    /// The same document without some changes, on which nothing else of it was made.
    ///
    /// # Errors
    /// [`DocumentError::Broken`].
    pub fn without(&self, changes: &BTreeSet<ChangeHash>) -> Result<Self, DocumentError> {
        let mut without = Self::new(self.schema)?;
        let held = self
            .automerge
            .get_changes(&[])
            .into_iter()
            .filter(|change| !changes.contains(&ChangeHash(change.hash().0)));
        without.apply(held.map(|change| change.raw_bytes().to_vec()));
        Ok(without)
    }

    /// Judges everything that is here again, together with what displaces some of it. As changes are judged in an order of their
    /// own, the document depends on nothing but which there are.
    pub(super) fn make_anew(&mut self, displacing: Vec<Vec<u8>>) -> Displaced {
        let Ok(mut anew) = Self::new(self.schema) else { return Displaced::default() };
        let held = self.automerge.get_changes(&[]).into_iter().map(|change| change.raw_bytes().to_vec());
        let waiting = std::mem::take(&mut self.waiting).changes.into_values().map(|(_, bytes)| bytes);
        let aside = std::mem::take(&mut self.aside).changes.into_values().map(|(_, bytes)| bytes);
        let all: Vec<(ChangeFacts, Vec<u8>)> = held
            .chain(waiting)
            .chain(aside)
            .chain(displacing)
            .filter_map(|bytes| Some((inspect_change(&bytes).ok()?, bytes)))
            .collect();
        for (facts, bytes) in all {
            if !anew.contains(&facts.hash) {
                anew.waiting.insert(facts, bytes);
            }
        }
        if let Ok(index) = anew.indexed() {
            let ready = anew.waiting.take_ready(&index, &anew.aside);
            anew.apply_ready(index, ready, &mut Vec::new());
        }
        let gone = |facts: &ChangeFacts| !anew.contains(&facts.hash);
        let gone: Vec<ChangeFacts> = self.changes().unwrap_or_default().into_iter().filter(gone).collect();
        let displaced =
            Displaced { words: self.words_of(&gone), changes: gone.iter().map(|facts| facts.hash).collect() };
        *self = anew;
        displaced
    }

    /// What can be seen of what some changes inserted, in the order of the text, a line for each run.
    fn words_of(&self, changes: &[ChangeFacts]) -> BTreeMap<Actor, String> {
        let hands: BTreeMap<ChangeHash, Actor> = changes.iter().map(|facts| (facts.hash, facts.actor)).collect();
        let mut words: BTreeMap<Actor, String> = BTreeMap::new();
        let mut last = None;
        for (id, character) in self.characters() {
            let change = self.automerge.hash_for_opid(&id).map(|hash| ChangeHash(hash.0));
            let hand = change.and_then(|change| hands.get(&change)).copied();
            if let Some(hand) = hand {
                let words = words.entry(hand).or_default();
                if last != Some(hand) && !words.is_empty() {
                    words.push('\n');
                }
                words.push_str(&character);
            }
            last = hand;
        }
        words
    }
}

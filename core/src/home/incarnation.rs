//! Incarnations: one life of a database. A database that was restored from a backup or copied starts another before its first
//! write, so that no place in a chain and no place among an actor's changes is ever used twice.

use super::entries::{read_document, write_document};
use super::step::Step;
use super::{Counter, Home, HomeError, Moment};
use crate::crypto::random::make_bytes;
use crate::document::ScalarPosition;
use crate::id::{EntryId, Incarnation};
use crate::storage::{Store, Table};
use crate::sync::{BoxIndex, Locator, MEMBER_BOX, Output, UnflushedRow, unflushed_key, whole};
use std::collections::BTreeSet;

impl<S: Store> Home<S> {
    /// Compares the database with what the key vault counted, and starts a new incarnation where they are not level.
    ///
    /// # Errors
    /// What the store says.
    pub fn level_with(&mut self, at: Moment, counter: Option<&Counter>) -> Result<(), HomeError> {
        let Some(counter) = counter else {
            // A key vault that forgot cannot vouch for this database.
            let wrote = (0..self.boxes.len()).any(|at| self.own_head(at) > 0);
            return if wrote { self.reincarnate(at) } else { Ok(()) };
        };
        let behind = counter.incarnation != self.state.incarnation
            || counter.seqs.iter().enumerate().any(|(at, counted)| *counted > self.own_head(at));
        if behind {
            return self.reincarnate(at);
        }
        self.counter = counter.clone();
        Ok(())
    }

    fn own_head(&self, at: usize) -> u64 {
        let state = self.boxes.get(at);
        state.and_then(|state| state.chain(state.own?)).map_or(0, |chain| chain.head_seq)
    }

    /// Starts a new incarnation. Statements that wait for the next flush are free of it; so are changes of documents by an actor
    /// whose incarnation the others know, others are made anew.
    pub(super) fn reincarnate(&mut self, at: Moment) -> Result<(), HomeError> {
        self.step(at, |step, _| step.begin_incarnation())?;
        self.counter = Counter { incarnation: self.state.incarnation, seqs: Vec::new() };
        // The key vault is to know at once: else the next start would take this incarnation for a restored one as well.
        self.outputs.push_back(Output::Count { index: MEMBER_BOX, seq: 0 });
        Ok(())
    }
}

impl Step<'_> {
    /// See [`Home::reincarnate`].
    pub(super) fn begin_incarnation(&mut self) -> Result<(), HomeError> {
        self.home.incarnation = Incarnation(make_bytes(self.random)?);
        self.remake_changes()?;
        self.boxes.iter_mut().for_each(|state| state.own = None);
        Ok(())
    }

    /// Makes unflushed changes of documents anew, as one edit each, by the actor of the new incarnation, where nobody knows the
    /// old one's. Where somebody does, the database may lack what it sent already: the same change again says nothing twice, a
    /// change made anew would.
    fn remake_changes(&mut self) -> Result<(), HomeError> {
        for index in 0..BoxIndex::try_from(self.boxes.len()).unwrap_or(BoxIndex::MAX) {
            if self.boxes.get(usize::from(index)).is_some_and(|state| state.own.is_some()) {
                continue;
            }
            let (from, to) = whole(index);
            let (mut documents, mut old) = (BTreeSet::new(), Vec::new());
            for (key, row) in self.work.range(Table::Unflushed, &from, &to, usize::MAX)? {
                let Ok(row) = minicbor::decode::<UnflushedRow>(&row) else { continue };
                let Some((document, _)) = row.change else { continue };
                documents.insert(document);
                let number = key.get(1..).and_then(|n| n.try_into().ok()).map(u64::from_be_bytes);
                if let (Some(number), Some(state)) = (number, self.boxes.get_mut(usize::from(index))) {
                    state.unflushed = state.unflushed.saturating_sub(1);
                    old.push(number);
                }
            }
            for document in documents {
                self.remake_document(index, document)?;
            }
            for number in old {
                self.work.delete(Table::Unflushed, unflushed_key(index, number));
            }
        }
        Ok(())
    }

    fn remake_document(&mut self, index: BoxIndex, document: EntryId) -> Result<(), HomeError> {
        let mut row = read_document(&self.work, index, &document)?.unwrap_or_default();
        let with = self.load_document(index, &row)?;
        let (text, title) = (with.text().text, with.title().into_iter().next().map(|title| title.text.text));
        row.tail.retain(|locator| !matches!(locator, Locator::Unflushed { .. }));
        write_document(&mut self.work, index, &document, &row);
        self.change_document(index, document, |document, actor| {
            let mut changes = Vec::new();
            if let Some(title) = title.filter(|title| document.title().first().map(|t| &t.text.text) != Some(title)) {
                changes.extend(document.set(actor, crate::document::Field::Title, &title)?);
            }
            let before = document.text().text;
            if before != text {
                let (at, delete, insert) = difference(&before, &text);
                changes.extend(document.splice(actor, ScalarPosition(at), delete, &insert)?);
            }
            Ok(changes)
        })
    }
}

/// The one edit that makes `before` into `after`, in scalar values, at grapheme boundaries of both.
fn difference(before: &str, after: &str) -> (usize, usize, String) {
    use unicode_segmentation::UnicodeSegmentation;
    let (old, new): (Vec<&str>, Vec<&str>) = (before.graphemes(true).collect(), after.graphemes(true).collect());
    let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let tail = old.iter().skip(same).rev().zip(new.iter().skip(same).rev()).take_while(|(a, b)| a == b).count();
    let scalars = |parts: &[&str]| parts.iter().map(|part| part.chars().count()).sum();
    let middle = |parts: &[&str]| parts.get(same..parts.len() - tail).unwrap_or_default().concat();
    (scalars(old.get(..same).unwrap_or_default()), middle(&old).chars().count(), middle(&new))
}

#[cfg(test)]
mod tests {
    use super::difference;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_difference_makes_one_text_into_the_other(before in "[ab\u{1F469}\u{200D}e\u{301}]{0,12}", after in "[ab\u{1F469}\u{200D}e\u{301}]{0,12}") {
            let (at, delete, insert) = difference(&before, &after);
            let mut made: Vec<char> = before.chars().collect();
            made.splice(at..at + delete, insert.chars());
            prop_assert_eq!(made.into_iter().collect::<String>(), after);
        }
    }
}

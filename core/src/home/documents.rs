//! Documents in hand: loaded from their rows, changed by what arrives, folded, and a few of them kept from one step to the next.
//!
//! Loading a note costs more than applying a page of changes to it, and a backlog comes in pages. So the notes used last stay
//! in memory, each known to be what its row says; a step that fails takes them with it.

use super::HomeError;
use super::entries::{DocumentRow, read_document, write_document};
use super::step::Step;
use crate::document::{Displaced, Document, DocumentError, Outcome, Refusal, Schema};
use crate::id::{ChangeHash, EntryId, hash};
use crate::sync::{BoxIndex, Locator, QuarantineRow, encoded, set_aside};
use std::collections::BTreeMap;
use std::num::NonZero;
use std::thread;

/// Changes a document's tail may hold before they are folded into its save, so that loads stay flat.
const TAIL_MAX: usize = 100;
/// Documents kept from step to step.
const KEPT_MAX: usize = 32;
/// Bytes of save and changes above which a document is not kept: in memory it takes many times as much.
const KEPT_BYTES_MAX: usize = 64 * 1024;
/// Changes that are worth a thread of their own, which costs about as much as applying one.
const WORTH_A_THREAD: usize = 16;

/// Box and entry.
type Place = (BoxIndex, EntryId);

/// Changes that arrived for one document.
pub(super) type Changes = Vec<(Locator, ChangeHash, Vec<u8>)>;

/// Documents that the last steps used.
#[derive(Default)]
pub(crate) struct Documents {
    kept: BTreeMap<Place, Kept>,
    /// Counts uses.
    clock: u64,
}

struct Kept {
    /// Hash of the row that the document was made of, or that was made of it.
    row: [u8; 32],
    document: Document,
    used: u64,
}

impl Documents {
    /// The document of a row, if it is at hand and the row is still the one it belongs to.
    fn take(&mut self, place: Place, row: &DocumentRow) -> Option<Document> {
        let kept = self.kept.remove(&place)?;
        (kept.row == row_hash(row)).then_some(kept.document)
    }

    fn keep(&mut self, place: Place, row: &DocumentRow, document: Document, bytes: usize) {
        if bytes > KEPT_BYTES_MAX {
            return;
        }
        self.clock += 1;
        self.kept.insert(place, Kept { row: row_hash(row), document, used: self.clock });
        if self.kept.len() > KEPT_MAX {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.used).map(|(place, _)| *place);
            oldest.and_then(|place| self.kept.remove(&place));
        }
    }

    /// A row names the places of the same changes anew.
    pub(super) fn renamed(&mut self, place: Place, before: &DocumentRow, now: &DocumentRow) {
        if let Some(kept) = self.kept.get_mut(&place).filter(|kept| kept.row == row_hash(before)) {
            kept.row = row_hash(now);
        }
    }
}

fn row_hash(row: &DocumentRow) -> [u8; 32] {
    hash(&[&encoded(row)])
}

/// A document and the changes that arrived for it.
struct Arrived {
    place: Place,
    row: DocumentRow,
    /// Unless it must be loaded.
    document: Option<Document>,
    /// The changes of the row's tail, for loading it.
    tail: Vec<Vec<u8>>,
    changes: Changes,
}

/// The same, the changes applied.
struct Taken {
    place: Place,
    row: DocumentRow,
    document: Document,
    refused: Vec<(ChangeHash, Vec<u8>, Refusal)>,
    displaced: Displaced,
    title: String,
    bytes: usize,
}

impl Arrived {
    fn apply(self) -> Result<Taken, DocumentError> {
        let Self { place, mut row, document, tail, changes } = self;
        let mut document = match document {
            Some(document) => document,
            None => load(&row, tail)?,
        };
        let mut refused = Vec::new();
        let mut bytes = row.save.as_ref().map_or(0, |save| save.len());
        let applied = document.apply(changes.iter().map(|(_, _, bytes)| bytes.clone()));
        for ((locator, hash, change), outcome) in changes.into_iter().zip(applied.outcomes) {
            bytes += change.len();
            match outcome {
                Outcome::Applied | Outcome::Waiting => row.tail.push(locator),
                Outcome::Known => {}
                Outcome::Refused(refusal) => refused.push((hash, change, refusal)),
            }
        }
        refused.extend(document.aside().map(|(hash, refusal, change)| (hash, change.to_vec(), refusal)));
        row.aside = document.aside().map(|(_, _, change)| change.to_vec().into()).collect();
        fold(&mut row, &document)?;
        let title = document.shown_title();
        Ok(Taken { place, row, document, refused, displaced: applied.displaced, title, bytes })
    }
}

/// Applies changes to their documents, on two threads when there are many.
fn apply_all(mut arrived: Vec<Arrived>) -> Vec<Result<Taken, DocumentError>> {
    let cost = |one: &Arrived| one.tail.len() + one.changes.len();
    let total: usize = arrived.iter().map(cost).sum();
    let mut half = 0;
    let at = arrived.iter().position(|one| {
        half += cost(one);
        half * 2 >= total
    });
    let beside = arrived.split_off(at.map_or(0, |at| at + 1).min(arrived.len()));
    let alone = thread::available_parallelism().is_ok_and(|cores| cores == NonZero::<usize>::MIN);
    if alone || beside.iter().map(cost).sum::<usize>() < WORTH_A_THREAD {
        return arrived.into_iter().chain(beside).map(Arrived::apply).collect();
    }
    let apply = |all: Vec<Arrived>| all.into_iter().map(Arrived::apply).collect::<Vec<_>>();
    thread::scope(|scope| {
        let beside = scope.spawn(|| apply(beside));
        let mut taken = apply(arrived);
        // What a document may panic on is caught where it happens.
        taken.extend(beside.join().unwrap_or_else(|_| vec![Err(DocumentError::Broken)]));
        taken
    })
}

/// Folds a long tail into the save, unless changes in it wait for others or for the next flush: what has left in no record
/// may have to be made anew under another incarnation.
fn fold(row: &mut DocumentRow, document: &Document) -> Result<(), DocumentError> {
    let unflushed = row.tail.iter().any(|locator| matches!(locator, Locator::Unflushed { .. }));
    if row.tail.len() > TAIL_MAX && !unflushed && document.missing().is_empty() {
        row.save = Some(document.save()?.into());
        row.tail.clear();
    }
    Ok(())
}

fn load(row: &DocumentRow, tail: Vec<Vec<u8>>) -> Result<Document, DocumentError> {
    let save = row.save.as_ref().map_or(&[][..], |save| save.as_slice());
    let aside = row.aside.iter().map(|change| change.to_vec());
    Ok(Document::load(Schema::Note, save, aside.chain(tail))?.0)
}

impl Step<'_> {
    /// Takes in changes that arrived, whatever documents they are of.
    ///
    /// # Errors
    /// What the store says.
    pub(super) fn take_changes(&mut self, changes: BTreeMap<Place, Changes>) -> Result<(), HomeError> {
        let mut arrived = Vec::with_capacity(changes.len());
        for (place, changes) in changes {
            let row = read_document(&self.work, place.0, &place.1)?.unwrap_or_default();
            let document = self.documents.take(place, &row);
            let tail = if document.is_none() { self.tail(place.0, &row)? } else { Vec::new() };
            arrived.push(Arrived { place, row, document, tail, changes });
        }
        for taken in apply_all(arrived) {
            let Taken { place, mut row, document, refused, displaced, title, bytes } = taken?;
            for (hash, change, refusal) in refused {
                let row = QuarantineRow {
                    index: place.0,
                    reason: refusal.code().to_owned(),
                    bytes: change.into(),
                    statement: None,
                    change: Some(hash),
                    day: self.now.day,
                };
                set_aside(&mut self.work, &row)?;
            }
            if !displaced.changes.is_empty() {
                self.hold_anew(place.0, &mut row, &document)?;
            }
            self.put_document(place, &row, document, title, bytes);
            self.touched.insert(place);
            self.put_back(place, displaced.words)?;
        }
        Ok(())
    }

    /// The document of a row, to be changed: put it back with [`Step::put_document`].
    pub(super) fn take_document(&mut self, place: Place, row: &DocumentRow) -> Result<Document, HomeError> {
        match self.documents.take(place, row) {
            Some(document) => Ok(document),
            None => self.load_document(place.0, row),
        }
    }

    /// Writes a document's row; `bytes` is about what it and its changes take.
    pub(super) fn put_document(
        &mut self,
        place: Place,
        row: &DocumentRow,
        document: Document,
        title: String,
        bytes: usize,
    ) {
        self.titles.insert(place, title);
        write_document(&mut self.work, place.0, &place.1, row);
        self.documents.keep(place, row, document, bytes);
    }

    /// Folds a document of which changes have just left.
    pub(super) fn fold_long(&mut self, index: BoxIndex, entry: &EntryId) -> Result<(), HomeError> {
        let Some(mut row) = read_document(&self.work, index, entry)? else { return Ok(()) };
        if row.tail.len() > TAIL_MAX {
            let document = self.take_document((index, *entry), &row)?;
            fold(&mut row, &document)?;
            let (title, bytes) = (document.shown_title(), row.save.as_ref().map_or(0, |save| save.len()));
            self.put_document((index, *entry), &row, document, title, bytes);
        }
        Ok(())
    }

    fn tail(&self, index: BoxIndex, row: &DocumentRow) -> Result<Vec<Vec<u8>>, HomeError> {
        let mut changes = Vec::with_capacity(row.tail.len());
        for locator in &row.tail {
            changes.extend(self.change(index, locator)?);
        }
        Ok(changes)
    }

    /// The document of a row.
    pub(super) fn load_document(&self, index: BoxIndex, row: &DocumentRow) -> Result<Document, HomeError> {
        Ok(load(row, self.tail(index, row)?)?)
    }

    /// A note's document.
    pub(super) fn note(&self, index: BoxIndex, note: &EntryId) -> Result<Document, HomeError> {
        let row = read_document(&self.work, index, note)?.unwrap_or_default();
        self.load_document(index, &row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Actor, ScalarPosition};

    fn row(seq: u64) -> DocumentRow {
        DocumentRow { tail: vec![Locator::Record { chain: 0, seq, twin: 0, item: 0 }], ..DocumentRow::default() }
    }

    fn place(number: u8) -> Place {
        (0, EntryId([number; 32]))
    }

    fn typed(words: &str) -> (Document, Vec<u8>) {
        let mut document = Document::new(Schema::Note).expect("a note");
        let change = document.splice(Actor([1; 16]), ScalarPosition(0), 0, words).expect("typed").remove(0);
        (document, change.bytes)
    }

    #[test]
    fn a_document_is_at_hand_only_for_the_row_it_belongs_to() {
        let mut documents = Documents::default();
        documents.keep(place(1), &row(1), typed("tea").0, 10);
        assert!(documents.take(place(2), &row(1)).is_none());
        assert!(documents.take(place(1), &row(2)).is_none(), "another row");
        assert!(documents.take(place(1), &row(1)).is_none(), "what did not fit its row is gone");

        documents.keep(place(1), &row(1), typed("tea").0, 10);
        documents.renamed(place(1), &row(7), &row(8));
        documents.renamed(place(1), &row(1), &row(2));
        assert_eq!(documents.take(place(1), &row(2)).map(|document| document.text().text), Some("tea".to_owned()));
    }

    #[test]
    fn few_and_short_documents_are_kept() {
        let mut documents = Documents::default();
        documents.keep(place(0), &row(1), typed("tea").0, KEPT_BYTES_MAX + 1);
        assert!(documents.kept.is_empty());
        for number in 0..=KEPT_MAX {
            documents.keep(place(u8::try_from(number).expect("a few")), &row(1), typed("tea").0, 10);
        }
        assert_eq!(documents.kept.len(), KEPT_MAX);
        assert!(documents.take(place(0), &row(1)).is_none(), "the one used longest ago went");
        assert!(documents.take(place(1), &row(1)).is_some());
    }

    #[test]
    fn many_documents_are_applied_as_one_by_one_and_a_bad_one_alone_fails() {
        let arrived = |number: u8| {
            let (_, change) = typed(&format!("words {number}"));
            let locator = Locator::Record { chain: 0, seq: number.into(), twin: 0, item: 0 };
            let save = (number == 7).then(|| b"no save".to_vec().into());
            let changes = vec![(locator, crate::document::change_hash(&change), change)];
            let row = DocumentRow { save, ..DocumentRow::default() };
            Arrived { place: place(number), row, document: None, tail: Vec::new(), changes }
        };
        let taken = apply_all((0..60).map(arrived).collect());
        assert_eq!(taken.len(), 60);
        for (number, taken) in (0u8..).zip(taken) {
            match taken {
                Err(_) => assert_eq!(number, 7),
                Ok(taken) => {
                    assert_eq!(taken.place, place(number));
                    assert_eq!(taken.document.text().text, format!("words {number}"));
                    assert_eq!(taken.row.tail.len(), 1);
                }
            }
        }
    }
}

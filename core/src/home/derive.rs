//! What follows from statements: forgotten words, due openings, the cards of *Today*. Runs at the end of every step over the
//! entries it touched, before the commit.

use super::HomeError;
use super::entries::{EntryRow, read_entry, write_entry};
use super::step::{Step, read_unflushed};
use crate::crypto::random::make_bytes;
use crate::id::{EntryId, SeriesId, StatementId, hash};
use crate::practice::{Shape, catalogue};
use crate::shape::sealed_pair;
use crate::statement::{Body, Content, Header, Kind, Role, Statement, StatementSet, Subject};
use crate::storage::Table;
use crate::sync::{BoxIndex, Locator, MEMBER_BOX, Trim, drop_items, encoded, keyed, sealed_hashes, unflushed_key};
use minicbor::bytes::ByteArray;

/// Rounds in which deriving may author statements that touch more entries: an opening touches its own occurrence once.
const ROUNDS_MAX: usize = 4;

/// An entry's statements with the places they are kept.
pub(crate) struct Loaded {
    pub(crate) set: StatementSet,
    pub(crate) places: Vec<(Locator, StatementId)>,
}

impl Step<'_> {
    /// Derives everything that this step's statements change.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn derive(&mut self) -> Result<(), HomeError> {
        for _ in 0..ROUNDS_MAX {
            self.ask_for_missing()?;
            let touched = std::mem::take(&mut self.touched);
            if touched.is_empty() {
                break;
            }
            for (index, entry) in touched {
                self.derive_entry(index, entry)?;
            }
        }
        self.store_today();
        Ok(())
    }

    fn derive_entry(&mut self, index: BoxIndex, entry: EntryId) -> Result<(), HomeError> {
        let Some(mut row) = read_entry(&self.work, index, &entry)? else { return Ok(()) };
        let loaded = self.load(index, &row)?;
        self.forget(index, &loaded)?;
        let practice = match self.series_practice(index, &loaded.set)? {
            Some(series) => Some(series),
            None => makers_practice(&loaded.set),
        };
        if practice != row.practice {
            row.practice = practice;
            write_entry(&mut self.work, index, &entry, &row);
        }
        let shape = row.practice.as_deref().and_then(catalogue::find).map(|practice| practice.shape);
        if shape == Some(Shape::SealedPair) && index != MEMBER_BOX {
            self.open_if_due(index, &entry, &loaded.set)?;
            self.redact_kept_answers(&entry, &loaded.set)?;
        }
        self.note_owed_words(index, &loaded);
        if index != MEMBER_BOX && loaded.set.of_kind(Kind::SETTING).next().is_some() {
            // Whether a waiting answer may be shown is said about the space, and seen on the cards of check-ins.
            let dated = self.dated_cards(index)?;
            self.touched.extend(dated.into_iter().map(|entry| (index, entry)));
        }
        self.update_card(index, &entry, &row, &loaded)
    }

    pub(crate) fn load(&self, index: BoxIndex, row: &EntryRow) -> Result<Loaded, HomeError> {
        let mut loaded = Loaded { set: StatementSet::default(), places: Vec::with_capacity(row.statements.len()) };
        for locator in &row.statements {
            if let Some(statement) = self.statement(index, locator)? {
                loaded.places.push((*locator, statement.id));
                loaded.set.insert(statement);
            }
        }
        Ok(loaded)
    }

    /// The practice of an occurrence whose answers are all still sealed: which built-in series it belongs to.
    fn series_practice(&self, index: BoxIndex, set: &StatementSet) -> Result<Option<String>, HomeError> {
        let owner = self.owner(index)?;
        let series = set.iter().find_map(|statement| match statement.header.subject {
            Subject::Occurrence { series, .. } => Some(series),
            _ => None,
        });
        let Some(series) = series else { return Ok(None) };
        let built_in = catalogue::all().iter().find(|practice| SeriesId::built_in(&owner, practice.id) == series);
        Ok(built_in.map(|practice| practice.id.to_owned()))
    }

    /// Drops words that were taken back, here at once and at the relay as soon as it is reached.
    fn forget(&mut self, index: BoxIndex, loaded: &Loaded) -> Result<(), HomeError> {
        let me = self.me();
        for statement in loaded.set.to_forget() {
            // A body that this version could not show was set aside as well.
            if let (Some(body), Err(_)) = (&statement.body, statement.content()) {
                self.work.delete(Table::Quarantine, keyed(index, &hash(&[&body.to_bytes()])));
                self.work.scrub();
            }
            let places: Vec<Locator> =
                loaded.places.iter().filter(|(_, id)| *id == statement.id).map(|(locator, _)| *locator).collect();
            for locator in places {
                self.drop_fresh(index, &locator);
                match locator {
                    Locator::Unflushed { number } => {
                        if let Some(mut row) = read_unflushed(&self.work, index, number)? {
                            row.body = None;
                            self.work.put(Table::Unflushed, unflushed_key(index, number), encoded(&row));
                            self.work.scrub();
                        }
                    }
                    Locator::Record { chain, seq, twin, item } => {
                        let ring = self.ring.ring(index)?;
                        let hashes = sealed_hashes(&self.work, ring, index, chain, seq)?;
                        let items = [(item, statement.body_hash.0)];
                        drop_items(&mut self.work, ring, index, (chain, seq, twin), &items)?;
                        let Some(state) = self.boxes.get_mut(usize::from(index)) else { continue };
                        state.words_dropped();
                        let Some(kept) = state.chain_mut(chain) else { continue };
                        if kept.member == me {
                            kept.upload.insert(seq, seq);
                            add_trim(&mut state.trims, chain, seq, hashes);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Opens one's own sealed answer once the partner's commitment is there (never before).
    fn open_if_due(&mut self, index: BoxIndex, entry: &EntryId, set: &StatementSet) -> Result<(), HomeError> {
        let answers = self.own_answers(entry)?;
        let bodies: Vec<Body> = answers.into_iter().map(|(_, body)| body).collect();
        let Some(due) = sealed_pair::opening_due(set, self.me(), &bodies) else { return Ok(()) };
        let Some(own) = set.get(&due.own) else { return Ok(()) };
        let header = Header::new(Kind::OPEN, own.header.subject, self.now.day)
            .naming(Role::OWN_COMMITMENT, due.own)
            .naming(Role::PARTNER_COMMITMENT, due.partner)
            .over(due.over);
        self.author_body(index, header, due.body, true)?;
        self.flush_wanted = true;
        Ok(())
    }

    /// Words taken back in the space go from one's own vault as well, on every phone of one's own. The phone that took them back
    /// says so in both boxes in one commit; should the vault's record have been lost, whichever phone notices says it again.
    fn redact_kept_answers(&mut self, entry: &EntryId, set: &StatementSet) -> Result<(), HomeError> {
        let answers = self.own_answers(entry)?;
        let taken_back = |(kept, _): &(Statement, Body)| {
            let commitment = kept.header.named(Role::OWN_COMMITMENT).next().and_then(|id| set.get(&id));
            commitment.is_some_and(|commitment| set.is_redacted(commitment))
        };
        // A redaction covers all that is kept of the occurrence: an answer that still counts is not to go with it.
        if answers.is_empty() || !answers.iter().all(taken_back) {
            return Ok(());
        }
        let header = Header::new(Kind::REDACT, Subject::Target(*entry), self.now.day);
        self.author(MEMBER_BOX, header, &Content::default())?;
        self.flush_wanted = true;
        Ok(())
    }

    /// One's own sealed answers to an occurrence, from the vault, oldest first: the statement that keeps it and the
    /// commitment's body.
    pub(crate) fn own_answers(&self, entry: &EntryId) -> Result<Vec<(Statement, Body)>, HomeError> {
        let Some(row) = read_entry(&self.work, MEMBER_BOX, entry)? else { return Ok(Vec::new()) };
        let mut answers = Vec::new();
        for locator in &row.statements {
            let Some(statement) = self.statement(MEMBER_BOX, locator)? else { continue };
            if statement.header.kind != Kind::SEALED_ANSWER {
                continue;
            }
            let Ok(Some(Content { commitment: Some(bytes), .. })) = statement.content() else { continue };
            if let Ok(body) = Body::from_bytes(&bytes) {
                answers.push((statement, body));
            }
        }
        Ok(answers)
    }

    /// A proposal whose redaction turned out to be void belongs to both: a phone that dropped its words asks for them again, until
    /// they are back.
    fn note_owed_words(&mut self, index: BoxIndex, loaded: &Loaded) {
        let Some(state) = self.boxes.get_mut(usize::from(index)) else { return };
        let places = |owed: bool| {
            let of = move |id: &StatementId| {
                let said = loaded.set.get(id).filter(|said| said.header.kind == Kind::PROPOSE);
                said.is_some_and(|said| (said.body.is_none() && loaded.set.is_half_agreed(said)) == owed)
            };
            loaded.places.iter().filter(move |(_, id)| of(id)).map(|(locator, _)| *locator)
        };
        for (locator, owed) in places(false).map(|at| (at, false)).chain(places(true).map(|at| (at, true))) {
            let Locator::Record { chain, seq, .. } = locator else { continue };
            let Some(chain) = state.chain_mut(chain) else { continue };
            if owed { chain.owed.insert(seq, seq) } else { chain.owed.remove(seq) }
        }
    }

    /// Asks for records by their place.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) fn author_refill(
        &mut self,
        index: BoxIndex,
        missing: Vec<crate::sync::Missing>,
    ) -> Result<(), HomeError> {
        let owner = self.owner(index)?;
        let header = Header::new(Kind::REFILL, Subject::Target(owner.into()), self.now.day);
        let content = Content { missing: Some(missing), ..Content::default() };
        let body = Body { nonce: make_bytes(self.random)?, content: content.encode() };
        self.author_body(index, header, body, true)?;
        self.flush_wanted = true;
        Ok(())
    }
}

/// The practice as whoever made the entry names it, whatever others say of it and whatever came first: in the statement that
/// made it, else in later words of theirs. Words taken back name nothing any more, so that every phone shows the same, whether
/// or not it ever had them.
fn makers_practice(set: &StatementSet) -> Option<String> {
    let makes = |statement: &&Statement| matches!(statement.header.subject, Subject::Fresh(_));
    let maker = set.iter().find(makes)?;
    let practice = |statement: &Statement| {
        let kept = statement.content().ok().flatten().filter(|_| !set.is_redacted(statement));
        kept?.practice
    };
    let later = || set.ordered().into_iter().filter(|later| later.member == maker.member).find_map(practice);
    practice(maker).or_else(later)
}

fn add_trim(trims: &mut Vec<Trim>, chain: u16, seq: u64, hashes: Vec<[u8; 32]>) {
    let hashes = hashes.into_iter().map(ByteArray::from);
    match trims.iter_mut().find(|trim| (trim.chain, trim.seq) == (chain, seq)) {
        Some(trim) => trim.hashes.extend(hashes),
        None => trims.push(Trim { chain, seq, hashes: hashes.collect() }),
    }
}

//! One step of a home: everything an input or a person's act changes, gathered and committed at once.
//!
//! A step works on copies of the small state and on a [`Work`] over the store. When the commit fails nothing happened; when it
//! returns, rows, view cache and state changed together.

use super::HomeError;
use super::documents::Documents;
use super::entries::{EntryRow, read_document, read_entry, write_document, write_entry};
use super::state::HomeState;
use super::today::TodayRow;
use crate::crypto::keys::DeviceKeys;
use crate::crypto::random::{Randomness, make_bytes};
use crate::crypto::record::{Item, SignedRecord};
use crate::document::NewChange;
use crate::id::{BodyHash, EntryId, MemberId, OwnerId};
use crate::statement::{self, Body, Content, Header, Kind, Statement};
use crate::storage::{StoreError, Table, Work};
use crate::sync::{
    BoxIndex, BoxState, Flushed, FlushedItem, Keyring, Lent, Locator, MEMBER_BOX, Now, Signer, UnflushedRow, encoded,
    flush, read_record, unflushed_key,
};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

/// See the module's documentation.
pub(crate) struct Step<'h> {
    pub(crate) now: Now,
    pub(crate) work: Work<'h>,
    pub(crate) home: HomeState,
    pub(crate) boxes: Vec<BoxState>,
    pub(crate) ring: &'h mut Keyring,
    pub(crate) random: &'h mut dyn Randomness,
    /// Entries whose view must be derived anew before the commit.
    pub(crate) touched: BTreeSet<(BoxIndex, EntryId)>,
    /// Whether what this step authored must leave at once.
    pub(crate) flush_wanted: bool,
    /// Boxes of which everything that the relay has was read.
    pub(crate) caught_up: BTreeSet<BoxIndex>,
    /// The cards of *Today*, once this step needed them.
    pub(crate) today: Option<TodayRow>,
    /// Statements of this step by place, so that deriving views does not read back what was just written.
    fresh: BTreeMap<(BoxIndex, Locator), Statement>,
    /// Titles of notes that this step had before it, so that their cards need not load them again.
    pub(crate) titles: BTreeMap<(BoxIndex, EntryId), String>,
    /// Documents at hand.
    pub(crate) documents: Documents,
    /// The record that a change was last taken from: a session's changes lie in one.
    last: RefCell<Option<(RecordPlace, SignedRecord)>>,
}

/// Box, chain, sequence number and twin.
type RecordPlace = (BoxIndex, u16, u64, u8);

impl<'h> Step<'h> {
    pub(crate) fn new(
        now: Now,
        work: Work<'h>,
        home: HomeState,
        boxes: Vec<BoxState>,
        ring: &'h mut Keyring,
        random: &'h mut dyn Randomness,
    ) -> Self {
        Self {
            now,
            work,
            home,
            boxes,
            ring,
            random,
            touched: BTreeSet::new(),
            flush_wanted: false,
            caught_up: BTreeSet::new(),
            today: None,
            fresh: BTreeMap::new(),
            titles: BTreeMap::new(),
            documents: Documents::default(),
            last: RefCell::new(None),
        }
    }

    /// What the engine is lent.
    pub(crate) fn lent(&mut self) -> Lent<'_, 'h> {
        let me = self.me();
        Lent { now: self.now, me, boxes: &mut self.boxes, ring: self.ring, work: &mut self.work }
    }

    /// What is to be committed, and what may be kept at hand when it is.
    pub(crate) fn finish(self) -> (Work<'h>, HomeState, Vec<BoxState>, Documents) {
        (self.work, self.home, self.boxes, self.documents)
    }

    pub(crate) fn drop_fresh(&mut self, index: BoxIndex, locator: &Locator) {
        self.fresh.remove(&(index, *locator));
        *self.last.borrow_mut() = None;
    }

    /// The box of the space.
    ///
    /// # Errors
    /// [`HomeError::NotPaired`] before pairing.
    pub(crate) fn space_index(&self) -> Result<BoxIndex, HomeError> {
        self.home.confirmed_space().map(|space| space.index).ok_or(HomeError::NotPaired)
    }

    pub(crate) fn owner(&self, index: BoxIndex) -> Result<OwnerId, HomeError> {
        self.boxes.get(usize::from(index)).map(|state| state.owner).ok_or(HomeError::NotPaired)
    }

    /// The member whose phone this is.
    pub(crate) fn me(&self) -> MemberId {
        self.home.member
    }

    /// 16 fresh bytes for a new entry.
    pub(crate) fn fresh_bytes(&mut self) -> Result<[u8; 16], HomeError> {
        Ok(make_bytes(self.random)?)
    }

    /// Authors a statement of one's own: its body gets a nonce, and it waits for the next flush.
    ///
    /// # Errors
    /// [`HomeError::Refused`] when the statement is not structurally sound: a text too long, a field beyond its limit.
    pub(crate) fn author(
        &mut self,
        index: BoxIndex,
        header: Header,
        content: &Content,
    ) -> Result<Statement, HomeError> {
        let body = Body { nonce: make_bytes(self.random)?, content: content.encode() };
        self.author_body(index, header, body, true)
    }

    /// Authors a statement with a body made elsewhere. A withheld body stays out of the record: only its hash is signed.
    ///
    /// # Errors
    /// As [`Step::author`].
    pub(crate) fn author_body(
        &mut self,
        index: BoxIndex,
        header: Header,
        body: Body,
        present: bool,
    ) -> Result<Statement, HomeError> {
        let mut statement = Statement::author(self.owner(index)?, self.me(), header, body);
        statement::check(&statement)?;
        let body = statement.body.as_ref().filter(|_| present).map(|body| body.to_bytes().into());
        let row = UnflushedRow {
            header: Some(statement.header_bytes.clone().into()),
            body,
            hash: statement.body_hash.0.into(),
            change: None,
        };
        if !present {
            statement.body = None;
        }
        let locator = self.queue(index, &row)?;
        self.add_statement(index, locator, statement.clone())?;
        Ok(statement)
    }

    /// Queues a change of a document made on this phone.
    pub(crate) fn author_change(
        &mut self,
        index: BoxIndex,
        document: EntryId,
        change: &NewChange,
    ) -> Result<Locator, HomeError> {
        let row = UnflushedRow {
            header: None,
            body: None,
            hash: change.hash.0.into(),
            change: Some((document, change.bytes.clone().into())),
        };
        let locator = self.queue(index, &row)?;
        self.touched.insert((index, document));
        Ok(locator)
    }

    fn queue(&mut self, index: BoxIndex, row: &UnflushedRow) -> Result<Locator, HomeError> {
        let state = self.boxes.get_mut(usize::from(index)).ok_or(HomeError::NotPaired)?;
        let number = state.unflushed_next;
        state.unflushed_next += 1;
        state.unflushed += 1;
        self.work.put(Table::Unflushed, unflushed_key(index, number), encoded(row));
        Ok(Locator::Unflushed { number })
    }

    /// Takes a statement, one's own or arrived, into its entry.
    pub(crate) fn add_statement(
        &mut self,
        index: BoxIndex,
        locator: Locator,
        statement: Statement,
    ) -> Result<(), HomeError> {
        let target = statement.target;
        let mut row = read_entry(&self.work, index, &target)?.unwrap_or_default();
        if !row.statements.contains(&locator) {
            row.statements.push(locator);
        }
        write_entry(&mut self.work, index, &target, &row);
        // An answer kept in the vault may be due in the space, or taken back there.
        if statement.header.kind == Kind::SEALED_ANSWER
            && let Ok(space) = self.space_index()
        {
            self.touched.insert((space, target));
        }
        self.fresh.insert((index, locator), statement);
        self.touched.insert((index, target));
        Ok(())
    }

    /// The statement at a place.
    pub(crate) fn statement(&self, index: BoxIndex, locator: &Locator) -> Result<Option<Statement>, HomeError> {
        if let Some(statement) = self.fresh.get(&(index, *locator)) {
            return Ok(Some(statement.clone()));
        }
        load_statement(&self.work, self.ring, self.boxes.get(usize::from(index)), index, self.me(), locator)
    }

    /// Turns everything unflushed into records, and lets entries and documents point there.
    pub(crate) fn flush(&mut self, keys: &DeviceKeys) -> Result<bool, HomeError> {
        self.ring.refresh(&self.boxes)?;
        let signer = Signer { keys, incarnation: self.home.incarnation, member: self.home.member };
        let flushed = flush(&signer, &mut self.boxes, self.ring, &mut self.work)?;
        let mut typed = BTreeSet::new();
        for moved in &flushed {
            self.relocate(moved)?;
            if let FlushedItem::Change(document, _) = &moved.what {
                typed.insert((moved.index, *document));
            }
        }
        typed.into_iter().try_for_each(|(index, document)| self.fold_long(index, &document))?;
        Ok(!flushed.is_empty())
    }

    fn relocate(&mut self, moved: &Flushed) -> Result<(), HomeError> {
        let Flushed { index, number, locator, what } = moved;
        let before = Locator::Unflushed { number: *number };
        match what {
            FlushedItem::Header(header) => {
                let damaged = StoreError::Damaged { table: Some(Table::Unflushed) };
                let header = Header::decode(header).map_err(|_| damaged)?;
                let target = header.subject.target(&self.owner(*index)?, &self.me());
                if let Some(mut row) = read_entry(&self.work, *index, &target)? {
                    row.statements.iter_mut().filter(|known| **known == before).for_each(|known| *known = *locator);
                    write_entry(&mut self.work, *index, &target, &row);
                }
                if let Some(statement) = self.fresh.remove(&(*index, before)) {
                    self.fresh.insert((*index, *locator), statement);
                }
            }
            FlushedItem::Change(document, _) => {
                if let Some(mut row) = read_document(&self.work, *index, document)? {
                    let unmoved = row.clone();
                    row.tail.iter_mut().filter(|known| **known == before).for_each(|known| *known = *locator);
                    self.documents.renamed((*index, *document), &unmoved, &row);
                    write_document(&mut self.work, *index, document, &row);
                }
            }
        }
        Ok(())
    }

    /// The bytes of a change at a place, if it is there.
    pub(crate) fn change(&self, index: BoxIndex, locator: &Locator) -> Result<Option<Vec<u8>>, HomeError> {
        match *locator {
            Locator::Unflushed { number } => {
                let Some(row) = read_unflushed(&self.work, index, number)? else { return Ok(None) };
                Ok(row.change.map(|(_, bytes)| bytes.into()))
            }
            Locator::Record { chain, seq, twin, item } => {
                let place = (index, chain, seq, twin);
                let mut last = self.last.borrow_mut();
                if last.as_ref().is_none_or(|(known, _)| *known != place) {
                    let read = read_record(&self.work, self.ring.ring(index)?, index, chain, seq, twin)?;
                    *last = read.map(|(_, record)| (place, record));
                }
                let item = last.as_ref().and_then(|(_, record)| record.items.get(usize::from(item)));
                Ok(match item {
                    Some(Item::Present(bytes)) => Some(bytes.clone()),
                    _ => None,
                })
            }
        }
    }

    /// Whether a partner's phone has seen the statement at a place.
    pub(crate) fn seen_by_other(&self, index: BoxIndex, locator: &Locator) -> bool {
        let Locator::Record { chain, seq, .. } = *locator else { return false };
        let me = self.me();
        self.boxes.get(usize::from(index)).is_some_and(|state| state.seen_by_other(&me, chain, seq))
    }

    /// Where an entry is: the space first, then the vault.
    pub(crate) fn find(&self, entry: &EntryId) -> Result<Option<(BoxIndex, EntryRow)>, HomeError> {
        for index in (MEMBER_BOX..u8::try_from(self.boxes.len()).unwrap_or(u8::MAX)).rev() {
            if let Some(row) = read_entry(&self.work, index, entry)? {
                return Ok(Some((index, row)));
            }
        }
        Ok(None)
    }
}

pub(crate) fn read_unflushed(
    work: &Work<'_>,
    index: BoxIndex,
    number: u64,
) -> Result<Option<UnflushedRow>, StoreError> {
    let Some(row) = work.read(Table::Unflushed, &unflushed_key(index, number))? else { return Ok(None) };
    minicbor::decode(&row).map(Some).map_err(|_| StoreError::Damaged { table: Some(Table::Unflushed) })
}

/// Reads the statement at a place from its row.
pub(crate) fn load_statement(
    work: &Work<'_>,
    ring: &Keyring,
    state: Option<&BoxState>,
    index: BoxIndex,
    me: MemberId,
    locator: &Locator,
) -> Result<Option<Statement>, HomeError> {
    let Some(state) = state else { return Ok(None) };
    let (header, member, item) = match *locator {
        Locator::Unflushed { number } => {
            let Some(row) = read_unflushed(work, index, number)? else { return Ok(None) };
            let Some(header) = row.header else { return Ok(None) };
            let item = match row.body {
                Some(body) => statement::Item::Present(body.into()),
                None => statement::Item::Absent(BodyHash(*row.hash)),
            };
            (Vec::from(header), me, item)
        }
        Locator::Record { chain, seq, twin, item } => {
            let Some(member) = state.chain(chain).map(|chain| chain.member) else { return Ok(None) };
            let Some((_, record)) = read_record(work, ring.ring(index)?, index, chain, seq, twin)? else {
                return Ok(None);
            };
            let at = usize::from(item);
            let Some(header) = record.core.headers.get(at).cloned() else { return Ok(None) };
            let item = match record.items.into_iter().nth(at) {
                Some(Item::Present(bytes)) => statement::Item::Present(bytes),
                Some(Item::Absent(hash)) => statement::Item::Absent(BodyHash(hash)),
                None => return Ok(None),
            };
            (header, member, item)
        }
    };
    let damaged = StoreError::Damaged { table: Some(Table::Records) };
    Ok(Some(Statement::from_parts(state.owner, member, header, item).map_err(|_| damaged)?))
}

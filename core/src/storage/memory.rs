//! A store in memory, for simulated worlds. It can fail on purpose, as a [`FaultPlan`] says, and does nothing else by
//! chance.

use super::{Operation, Row, Store, StoreError, Table, Transaction};
use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::ops::Bound;

type Rows = BTreeMap<(Table, Vec<u8>), Vec<u8>>;

/// How one commit goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The process dies in the commit; after a restart nothing of the transaction is there.
    CrashBefore,
    /// The process dies in the commit; after a restart the transaction is there, although its commit never returned.
    CrashAfter,
    /// No space is left: the commit fails, the process lives.
    Full,
    /// The process dies and only the first half of the operations stays. No sound store does this: it is for harnesses
    /// that must show that they would notice.
    Torn,
    /// The commit is acknowledged and lost at the next crash or restart. No sound store does this either.
    Forgotten,
}

/// Which commits fail, counted from 1. Inert by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FaultPlan {
    faults: BTreeMap<u64, Fault>,
}

impl FaultPlan {
    /// Adds a fault at the `commit`th commit from when the plan is injected, counted from 1.
    #[must_use]
    pub fn at(mut self, commit: u64, fault: Fault) -> Self {
        self.faults.insert(commit, fault);
        self
    }
}

/// What a backup of the store holds.
#[derive(Clone)]
pub struct Snapshot(Rows);

/// Ordered rows in memory.
#[derive(Default)]
pub struct MemoryStore {
    rows: Rows,
    /// What a restart finds instead of `rows`, once a commit was only pretended to be durable.
    durable: Option<Rows>,
    plan: FaultPlan,
    commits: u64,
    crashed: bool,
}

impl MemoryStore {
    /// An empty store without faults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Counts commits from here on and fails those that `plan` names.
    pub fn inject(&mut self, plan: FaultPlan) {
        self.plan = plan;
        self.commits = 0;
    }

    /// Commits tried since the plan was injected.
    pub fn commits(&self) -> u64 {
        self.commits
    }

    /// Whether the process that used this store has died: everything is refused until [`MemoryStore::restart`].
    pub fn is_crashed(&self) -> bool {
        self.crashed
    }

    /// The process dies between two commits.
    pub fn crash(&mut self) {
        self.crashed = true;
    }

    /// The next process opens the store. Faults that lie ahead stay planned.
    pub fn restart(&mut self) {
        self.crashed = false;
        if let Some(durable) = self.durable.take() {
            self.rows = durable;
        }
    }

    /// A backup.
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(self.rows.clone())
    }

    /// Puts a backup in the place of everything.
    pub fn restore(&mut self, snapshot: &Snapshot) {
        self.rows = snapshot.0.clone();
        self.durable = None;
        self.crashed = false;
    }

    /// Flips one bit of a stored value. False when there is no such row or bit.
    pub fn flip(&mut self, table: Table, key: &[u8], bit: usize) -> bool {
        let byte = self.rows.get_mut(&(table, key.to_vec())).and_then(|value| value.get_mut(bit / 8));
        byte.map(|byte| *byte ^= 1 << (bit % 8)).is_some()
    }

    /// Every row as it is stored, for a harness that looks for what must not be there.
    pub fn rows(&self) -> impl Iterator<Item = (Table, &[u8], &[u8])> {
        self.rows.iter().map(|((table, key), value)| (*table, key.as_slice(), value.as_slice()))
    }

    fn alive(&self) -> Result<(), StoreError> {
        if self.crashed { Err(StoreError::Io(ErrorKind::NotConnected)) } else { Ok(()) }
    }

    fn apply(&mut self, operations: &[Operation]) {
        for operation in operations {
            match operation {
                Operation::Put { table, key, value } => self.rows.insert((*table, key.clone()), value.clone()),
                Operation::Delete { table, key } => self.rows.remove(&(*table, key.clone())),
            };
        }
    }
}

impl Store for MemoryStore {
    fn read(&self, table: Table, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.alive()?;
        Ok(self.rows.get(&(table, key.to_vec())).cloned())
    }

    fn range(&self, table: Table, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.alive()?;
        let rows = self.rows.range((Bound::Included((table, from.to_vec())), Bound::Unbounded));
        let inside = rows.take_while(|((at, key), _)| *at == table && (to.is_empty() || key.as_slice() < to));
        Ok(inside.take(limit).map(|((_, key), value)| (key.clone(), value.clone())).collect())
    }

    fn commit(&mut self, transaction: &Transaction) -> Result<(), StoreError> {
        self.alive()?;
        self.commits += 1;
        let operations = transaction.operations();
        let stays = match self.plan.faults.get(&self.commits) {
            None => {
                self.apply(operations);
                if let Some(durable) = &mut self.durable {
                    // A lost commit stays lost; those behind it are durable.
                    let mut behind = MemoryStore { rows: std::mem::take(durable), ..Self::default() };
                    behind.apply(operations);
                    *durable = behind.rows;
                }
                return Ok(());
            }
            Some(Fault::Full) => return Err(StoreError::Full),
            Some(Fault::Forgotten) => {
                self.durable.get_or_insert_with(|| self.rows.clone());
                self.apply(operations);
                return Ok(());
            }
            Some(Fault::CrashBefore) => 0,
            Some(Fault::CrashAfter) => operations.len(),
            Some(Fault::Torn) => operations.len() / 2,
        };
        self.restart();
        self.apply(operations.get(..stays).unwrap_or_default());
        self.crashed = true;
        self.alive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::suite::{TestCipher, behaves, equals_a_map, put};
    use super::super::{Sealed, Store, StoreError, Table, Transaction};
    use super::{Fault, FaultPlan, MemoryStore};
    use std::io::ErrorKind;

    #[test]
    fn memory_behaves_as_a_store() {
        behaves(MemoryStore::new());
        behaves(Sealed::new(MemoryStore::new(), TestCipher::new()));
        let restarted = |mut store: MemoryStore| {
            store.crash();
            store.restart();
            store
        };
        equals_a_map(MemoryStore::new, restarted);
    }

    fn two_rows() -> Transaction {
        let mut transaction = put(Table::Meta, b"a", b"1");
        transaction.put(Table::Meta, *b"b", *b"2");
        transaction
    }

    fn after(fault: Fault) -> (Result<(), StoreError>, MemoryStore) {
        let mut store = MemoryStore::new();
        store.inject(FaultPlan::default().at(2, fault));
        assert_eq!(store.commit(&put(Table::Meta, b"0", b"0")), Ok(()));
        let result = store.commit(&two_rows());
        (result, store)
    }

    fn count(store: &MemoryStore) -> usize {
        store.range(Table::Meta, &[], &[], 9).expect("reads").len()
    }

    #[test]
    fn a_crash_leaves_before_or_after_and_a_dead_process_reads_nothing() {
        for (fault, rows) in [(Fault::CrashBefore, 1), (Fault::CrashAfter, 3), (Fault::Torn, 2)] {
            let (result, mut store) = after(fault);
            let dead = StoreError::Io(ErrorKind::NotConnected);
            assert_eq!(result, Err(dead.clone()));
            assert!(store.is_crashed());
            assert_eq!(store.read(Table::Meta, b"a"), Err(dead.clone()));
            assert_eq!(store.commit(&two_rows()), Err(dead));
            store.restart();
            assert_eq!(count(&store), rows, "{fault:?}");
            assert_eq!(store.commit(&two_rows()), Ok(()));
        }
    }

    #[test]
    fn a_full_disk_changes_nothing_and_the_next_try_may_succeed() {
        let (result, mut store) = after(Fault::Full);
        assert_eq!(result, Err(StoreError::Full));
        assert_eq!(count(&store), 1);
        assert_eq!(store.commit(&two_rows()), Ok(()));
        assert_eq!(store.commits(), 3);
    }

    #[test]
    fn a_forgotten_commit_is_there_until_the_process_ends() {
        let (result, mut store) = after(Fault::Forgotten);
        assert_eq!(result, Ok(()));
        assert_eq!(count(&store), 3);
        assert_eq!(store.commit(&put(Table::Meta, b"c", b"3")), Ok(()));
        store.crash();
        store.restart();
        assert_eq!(count(&store), 2);
        assert_eq!(store.read(Table::Meta, b"a"), Ok(None));
        assert_eq!(store.read(Table::Meta, b"c"), Ok(Some(b"3".to_vec())));
    }

    #[test]
    fn a_backup_brings_back_what_was() {
        let mut store = MemoryStore::new();
        store.commit(&two_rows()).expect("commits");
        let backup = store.snapshot();
        store.commit(&put(Table::Meta, b"c", b"3")).expect("commits");
        store.crash();
        store.restore(&backup);
        assert_eq!(count(&store), 2);
    }

    #[test]
    fn a_flipped_bit_is_damage_once_sealed() {
        let mut store = Sealed::new(MemoryStore::new(), TestCipher::new());
        store.commit(&two_rows()).expect("commits");
        assert!(!store.inner_mut().flip(Table::Meta, b"a", 9999));
        assert!(store.inner_mut().flip(Table::Meta, b"a", 100));
        let damaged = StoreError::Damaged { table: Some(Table::Meta) };
        assert_eq!(store.read(Table::Meta, b"a"), Err(damaged.clone()));
        assert_eq!(store.range(Table::Meta, &[], &[], 9), Err(damaged.clone()));
        assert_eq!(store.check(), Err(damaged.clone()));
        let each = store.range_each(Table::Meta, &[], &[], 9).expect("reads");
        assert_eq!(each, [(b"a".to_vec(), Err(damaged)), (b"b".to_vec(), Ok(b"2".to_vec()))]);
    }

    #[test]
    fn a_sealed_row_opens_only_in_its_place() {
        let mut store = Sealed::new(MemoryStore::new(), TestCipher::new());
        store.commit(&two_rows()).expect("commits");
        let stored: Vec<u8> = store.inner().read(Table::Meta, b"a").expect("reads").expect("is there");
        assert!(!stored.contains(&b'1') || stored.len() > 1);
        store.inner_mut().commit(&put(Table::Meta, b"b", &stored)).expect("commits");
        store.inner_mut().commit(&put(Table::Views, b"a", &stored)).expect("commits");
        assert_eq!(store.read(Table::Meta, b"a"), Ok(Some(b"1".to_vec())));
        assert!(store.read(Table::Meta, b"b").is_err());
        assert!(store.read(Table::Views, b"a").is_err());
    }
}

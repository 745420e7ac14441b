//! What every store must do, run on each of them; and what only tests need.

use super::*;
use proptest::prelude::*;
use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use std::collections::BTreeMap;

/// Seals with a fixed key and counted nonces. Only for tests: a restart repeats nonces.
pub(super) struct TestCipher {
    key: LessSafeKey,
    sealed: u64,
    /// Out of randomness.
    pub(super) dry: bool,
}

impl TestCipher {
    pub(super) fn new() -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, &[7; 32]).expect("a key of 32 bytes");
        Self { key: LessSafeKey::new(key), sealed: 0, dry: false }
    }

    fn aad(table: u8, key: &[u8]) -> Aad<Vec<u8>> {
        Aad::from([&[table], key].concat())
    }
}

impl RowCipher for TestCipher {
    fn seal(&mut self, table: u8, key: &[u8], plain: &[u8]) -> Result<Vec<u8>, RowUnsealed> {
        if self.dry {
            return Err(RowUnsealed);
        }
        self.sealed += 1;
        let mut nonce = [0; 12];
        nonce[..8].copy_from_slice(&self.sealed.to_le_bytes());
        let mut sealed = plain.to_vec();
        let nonce_of_row = Nonce::assume_unique_for_key(nonce);
        self.key.seal_in_place_append_tag(nonce_of_row, Self::aad(table, key), &mut sealed).expect("a short row");
        Ok([&nonce, sealed.as_slice()].concat())
    }

    fn open(&self, table: u8, key: &[u8], sealed: &[u8]) -> Result<Vec<u8>, RowUnreadable> {
        let (nonce, sealed) = sealed.split_first_chunk::<12>().ok_or(RowUnreadable)?;
        let mut plain = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let length = self.key.open_in_place(nonce, Self::aad(table, key), &mut plain).map_err(|_| RowUnreadable)?.len();
        plain.truncate(length);
        Ok(plain)
    }
}

pub(super) fn put(table: Table, key: &[u8], value: &[u8]) -> Transaction {
    let mut transaction = Transaction::new();
    transaction.put(table, key, value);
    transaction
}

/// What an empty store must do.
pub(super) fn behaves(mut store: impl Store) {
    let row = |key: &[u8], value: &[u8]| (key.to_vec(), value.to_vec());
    assert_eq!(store.read(Table::Meta, b"a"), Ok(None));
    assert_eq!(store.range(Table::Meta, &[], &[], 10), Ok(vec![]));
    assert_eq!(store.commit(&Transaction::new()), Ok(()));

    // Order within a transaction counts; tables do not mix; a key may be a prefix of another, empty, or hold zeros.
    let mut first = Transaction::new();
    first.put(Table::Meta, *b"a", *b"1").put(Table::Meta, *b"a\0", *b"2").put(Table::Meta, *b"b", *b"3");
    first.put(Table::Records, *b"a", *b"other").put(Table::Meta, [], []).put(Table::Meta, [0xff; 3], vec![9; 300_000]);
    first.put(Table::Meta, *b"gone", *b"x").delete(Table::Meta, *b"gone");
    first.delete(Table::Meta, *b"back").put(Table::Meta, *b"back", *b"y");
    store.commit(&first).expect("commits");
    assert_eq!(store.read(Table::Meta, b"a"), Ok(Some(b"1".to_vec())));
    assert_eq!(store.read(Table::Meta, b""), Ok(Some(vec![])));
    assert_eq!(store.read(Table::Meta, b"gone"), Ok(None));
    assert_eq!(store.read(Table::Meta, b"back"), Ok(Some(b"y".to_vec())));
    assert_eq!(store.read(Table::Records, b"a"), Ok(Some(b"other".to_vec())));
    assert_eq!(store.read(Table::Entries, b"a"), Ok(None));
    assert_eq!(store.read(Table::Meta, &[0xff; 3]), Ok(Some(vec![9; 300_000])));

    // From is inside, to is not, empty means the end; ascending; no more than the limit.
    assert_eq!(store.range(Table::Meta, b"a", b"b", 10), Ok(vec![row(b"a", b"1"), row(b"a\0", b"2")]));
    assert_eq!(store.range(Table::Meta, b"a\0", &[], 2), Ok(vec![row(b"a\0", b"2"), row(b"b", b"3")]));
    assert_eq!(
        store.range(Table::Meta, &[0xff], &prefix_end(&[0xff]), 9),
        Ok(vec![row(&[0xff; 3], &vec![9; 300_000])])
    );
    assert_eq!(store.range(Table::Meta, b"b", b"a", 10), Ok(vec![]));
    assert_eq!(store.range(Table::Meta, &[], &[], 0), Ok(vec![]));

    // Overwriting, deleting, deleting what is not there, scrubbing.
    store.commit(&put(Table::Meta, b"a", b"new")).expect("commits");
    assert_eq!(store.read(Table::Meta, b"a"), Ok(Some(b"new".to_vec())));
    let mut gone = Transaction::new();
    gone.delete(Table::Meta, *b"a").delete(Table::Meta, *b"never").scrub();
    store.commit(&gone).expect("commits");
    assert_eq!(store.read(Table::Meta, b"a"), Ok(None));
    assert_eq!(store.check(), Ok(()));
}

#[derive(Debug, Clone)]
enum Step {
    Commit(Vec<(u8, Vec<u8>, Option<Vec<u8>>)>, bool),
    Reopen,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let key = prop::collection::vec(0_u8..3, 0..3);
    let value = prop::option::of(prop::collection::vec(any::<u8>(), 0..2000));
    let commit = prop::collection::vec((0_u8..3, key, value), 0..8);
    let step = prop_oneof![9 => (commit, prop::bool::weighted(0.1)).prop_map(|(rows, scrub)| Step::Commit(rows, scrub)),
                           1 => Just(Step::Reopen)];
    prop::collection::vec(step, 1..25)
}

/// Runs any steps on a store and on a map, and compares all that can be read.
pub(super) fn equals_a_map<S: Store>(open: impl Fn() -> S, restart: impl Fn(S) -> S) {
    let config = ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(steps in steps())| {
        let mut store = open();
        let mut model = BTreeMap::new();
        for step in steps {
            match step {
                Step::Commit(rows, scrub) => {
                    let mut transaction = Transaction::new();
                    for (number, key, value) in rows {
                        let table = Table::ALL[usize::from(number)];
                        match value {
                            Some(value) => {
                                transaction.put(table, key.as_slice(), value.as_slice());
                                model.insert((table, key), value);
                            }
                            None => {
                                transaction.delete(table, key.as_slice());
                                model.remove(&(table, key));
                            }
                        }
                    }
                    if scrub {
                        transaction.scrub();
                    }
                    prop_assert_eq!(store.commit(&transaction), Ok(()));
                }
                Step::Reopen => store = restart(store),
            }
            for table in Table::ALL {
                let expected: Vec<Row> = model.iter().filter(|((at, _), _)| *at == table)
                    .map(|((_, key), value)| (key.clone(), value.clone())).collect();
                prop_assert_eq!(store.range(table, &[], &[], usize::MAX), Ok(expected));
            }
        }
    });
}

#[test]
fn a_prefix_ends_before_the_next_key_without_it() {
    assert_eq!(prefix_end(b"ab"), b"ac");
    assert_eq!(prefix_end(&[1, 0xff]), [2]);
    assert_eq!(prefix_end(&[0xff, 0xff]), [0_u8; 0]);
    assert_eq!(prefix_end(b""), [0_u8; 0]);
}

#[test]
fn what_cannot_be_sealed_is_not_stored() {
    let mut cipher = TestCipher::new();
    cipher.dry = true;
    let mut store = Sealed::new(MemoryStore::new(), cipher);
    assert_eq!(store.commit(&put(Table::Meta, b"a", b"words")), Err(StoreError::Unsealed));
    assert_eq!(store.inner().rows().count(), 0);
}

#[test]
fn tables_keep_their_numbers() {
    for (number, table) in (0_u8..).zip(Table::ALL) {
        assert_eq!(table as u8, number);
        assert_eq!(Table::from_number(number), Some(table));
    }
    assert_eq!(Table::from_number(u8::MAX), None);
}

#[test]
fn logs_show_no_key_and_no_value() {
    let shown = format!("{:?}", put(Table::Meta, b"canary key", b"canary value"));
    assert!(shown.contains("Meta") && !shown.contains("canary"), "{shown}");
}

//! Bit flips and overwritten pages in the store's file: reported, never a panic, and salvaged.

use super::suite::{TestCipher, put};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

const ROWS: u32 = 600;
const PAGE: usize = 4096;

fn numbered(number: u32) -> (Table, Vec<u8>, Vec<u8>) {
    let key = crate::id::hash(&[b"row", &number.to_be_bytes()]);
    let length = if number.is_multiple_of(40) { 9000 } else { 40 + (number as usize * 37) % 900 };
    (Table::ALL[number as usize % 3], key.to_vec(), key.iter().copied().cycle().take(length).collect())
}

/// The bytes of a sound store with `ROWS` rows, its log folded in.
fn sound() -> Vec<u8> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let mut store = Sealed::new(SqliteStore::open(&path).expect("opens"), TestCipher::new());
    for number in 0..ROWS {
        let (table, key, value) = numbered(number);
        store.commit(&put(table, &key, &value)).expect("commits");
    }
    store.into_parts().0.close().expect("closes");
    fs::read(path).expect("reads")
}

fn written(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join(Home::STORE);
    fs::write(&path, bytes).expect("writes");
    path
}

/// What can still be read, asserting that none of it is wrong.
fn readable(store: &impl Store) -> BTreeMap<u32, Result<bool, StoreError>> {
    (0..ROWS)
        .map(|number| {
            let (table, key, value) = numbered(number);
            let found = store.read(table, &key).map(|found| found.map(|found| assert!(found == value)).is_some());
            (number, found)
        })
        .collect()
}

#[test]
fn any_flipped_bits_are_damage_or_harmless_and_never_a_panic() {
    let sound = sound();
    let config = ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() };
    proptest!(config, |(flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..4),
                        header in any::<bool>())| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut bytes = sound.clone();
        let flipped = flips.len();
        for (at, bit) in flips {
            let at = at.index(if header { 2 * PAGE } else { bytes.len() });
            bytes[at] ^= 1 << bit;
        }
        let path = written(folder.path(), &bytes);
        match SqliteStore::open(&path) {
            Err(error) => prop_assert!(!matches!(error, StoreError::Full | StoreError::InUse), "{error:?}"),
            Ok(store) => {
                let mut store = Sealed::new(store, TestCipher::new());
                let read = readable(&store);
                if read.values().any(|found| *found != Ok(true)) {
                    prop_assert!(store.check().is_err(), "a lost row must not pass the check");
                }
                let _ = store.commit(&put(Table::Views, b"new", b"row"));
            }
        }
        if !matches!(SqliteStore::open(&path).map(|_| ()), Err(StoreError::Newer { .. })) {
            let report = salvage(&path).expect("salvages");
            prop_assert!(report.kept.exists());
            let store = Sealed::new(SqliteStore::open(&path).expect("opens"), TestCipher::new());
            let saved = readable(&store).into_values().filter(|found| *found == Ok(true)).count();
            prop_assert!(saved + 40 * flipped >= ROWS as usize, "only {saved} of {ROWS} rows saved");
        }
    });
}

#[test]
fn salvage_loses_only_the_rows_of_the_broken_pages() {
    let sound = sound();
    let folder = tempfile::tempdir().expect("a folder");
    let report = salvage(&written(folder.path(), &sound)).expect("salvages");
    assert_eq!((report.rows, report.complete), (u64::from(ROWS), true));
    let pages = sound.len() / PAGE;
    // The first page, the tree's root, and some others.
    for broken in [vec![0], vec![1], vec![7], vec![pages - 1], vec![0, 20, 21, 60]] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut bytes = sound.clone();
        for page in &broken {
            bytes[page * PAGE..(page + 1) * PAGE].fill(0x5a);
        }
        let home = Home::open(folder.path()).expect("opens");
        written(folder.path(), &bytes);
        let report = home.salvage().expect("salvages");
        assert!(!report.complete);
        assert_eq!(fs::read(&report.kept).expect("reads"), bytes, "the damaged file is kept as it was");
        let store = Sealed::new(home.store().expect("opens"), TestCipher::new());
        assert_eq!(store.check(), Ok(()));
        let saved = readable(&store).into_values().filter(|found| *found == Ok(true)).count();
        assert_eq!(saved as u64, report.rows);
        // A page of this store holds at most 40 rows; an overflow page belongs to one.
        assert!(saved + 40 * broken.len() >= ROWS as usize, "{saved} rows saved without pages {broken:?}");
    }
}

#[test]
fn salvage_reads_the_log_too_and_keeps_every_damaged_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::open(folder.path()).expect("opens");
    for round in 1..3_u8 {
        let mut store = home.store().expect("opens");
        store.commit(&put(Table::Meta, &[round], b"in the log only")).expect("commits");
        // A kill: the log stays. Forgetting the connection would keep its lock, so the files are put back after it
        // closed.
        let names = ["amends.db", "amends.db-wal"].map(|name| folder.path().join(name));
        let [database, log] = names.clone().map(|name| fs::read(name).expect("reads"));
        drop(store);
        fs::write(&names[0], database).expect("writes");
        fs::write(&names[1], log).expect("writes");
        let report = home.salvage().expect("salvages");
        assert!(report.complete);
        assert_eq!(report.rows, u64::from(round));
        assert!(report.kept.to_string_lossy().ends_with(&format!(".aside-{round}")));
        let kept_log = PathBuf::from(format!("{}-wal", report.kept.display()));
        assert!(kept_log.exists());
    }
    assert_eq!(home.store().expect("opens").range(Table::Meta, &[], &[], 9).map(|rows| rows.len()), Ok(2));
}

#[test]
fn a_salvage_killed_in_the_exchange_is_completed_by_the_next_opening() {
    let folder = tempfile::tempdir().expect("a folder");
    let home = Home::open(folder.path()).expect("opens");
    let whole = folder.path().join("amends.db.salvaged");
    let mut store = SqliteStore::open(&whole).expect("opens");
    store.commit(&put(Table::Meta, b"a", b"saved")).expect("commits");
    store.close().expect("closes");
    fs::write(home.store_path(), b"damaged").expect("writes");
    fs::write(folder.path().join("amends.db-wal"), b"damaged log").expect("writes");
    assert_eq!(home.store().expect("opens").read(Table::Meta, b"a"), Ok(Some(b"saved".to_vec())));
    assert_eq!(fs::read(folder.path().join("amends.db.aside-1")).expect("reads"), b"damaged");
    assert_eq!(fs::read(folder.path().join("amends.db.aside-1-wal")).expect("reads"), b"damaged log");
}

//! The SQLite store and homes: files, kills, damage, scrubbing, salvage.

use super::suite::{TestCipher, behaves, equals_a_map, put};
use super::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

fn folder() -> TempDir {
    tempfile::tempdir().expect("a temporary folder")
}

fn in_folder(folder: &TempDir) -> PathBuf {
    folder.path().join("store.db")
}

/// Everything that the files of a folder hold.
fn all_bytes(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).expect("reads").map(|entry| entry.expect("reads").path());
    files.flat_map(|file| fs::read(file).expect("reads")).collect()
}

fn occurs(canary: &[u8], folder: &Path) -> bool {
    all_bytes(folder).windows(canary.len()).any(|window| window == canary)
}

/// What a kill leaves: the files as they are now, in another folder.
fn killed(folder: &TempDir) -> TempDir {
    let copy = self::folder();
    for entry in fs::read_dir(folder.path()).expect("reads") {
        let entry = entry.expect("reads");
        fs::copy(entry.path(), copy.path().join(entry.file_name())).expect("copies");
    }
    copy
}

/// Rows as they are in a home: keys are hashes, values of any size.
fn numbered(number: u32) -> (Vec<u8>, Vec<u8>) {
    let key = crate::id::hash(&[b"row", &number.to_be_bytes()]);
    let length = if number.is_multiple_of(40) { 9000 } else { 40 + (number as usize * 37) % 900 };
    (key.to_vec(), key.iter().copied().cycle().take(length).collect())
}

fn fill(store: &mut impl Store, rows: u32) {
    for numbers in (0..rows).collect::<Vec<_>>().chunks(50) {
        let mut transaction = Transaction::new();
        for number in numbers {
            let (key, value) = numbered(*number);
            transaction.put(Table::ALL[*number as usize % 3], key, value);
        }
        store.commit(&transaction).expect("commits");
    }
}

#[test]
fn sqlite_behaves_as_a_store() {
    let here = folder();
    behaves(SqliteStore::open(&in_folder(&here)).expect("opens"));
    let here = folder();
    behaves(Sealed::new(SqliteStore::open(&in_folder(&here)).expect("opens"), TestCipher::new()));
    let number = std::cell::Cell::new(0);
    let here = folder();
    let path = |number: u32| here.path().join(number.to_string());
    let open = || {
        number.set(number.get() + 1);
        SqliteStore::open(&path(number.get())).expect("opens")
    };
    equals_a_map(open, |store| {
        drop(store);
        SqliteStore::open(&path(number.get())).expect("opens")
    });
}

#[test]
fn what_was_committed_survives_a_kill_at_once() {
    let here = folder();
    let mut store = SqliteStore::open(&in_folder(&here)).expect("opens");
    for number in 0..300 {
        let (key, value) = numbered(number);
        store.commit(&put(Table::Records, &key, &value)).expect("commits");
        if number % 29 == 0 {
            let there = killed(&here);
            let reopened = SqliteStore::open(&in_folder(&there)).expect("opens");
            assert_eq!(reopened.read(Table::Records, &key), Ok(Some(value)));
            assert_eq!(reopened.check(), Ok(()));
        }
    }
}

#[test]
fn a_store_that_rests_keeps_everything_and_no_log() {
    let here = folder();
    let mut store = SqliteStore::open(&in_folder(&here)).expect("opens");
    assert_eq!(store.rest(), Ok(()), "nothing was written yet");
    for round in 0..3_u32 {
        for number in 0..50 {
            let (key, value) = numbered(number + 50 * round);
            store.commit(&put(Table::Records, &key, &value)).expect("commits");
        }
        let log = || fs::metadata(here.path().join("store.db-wal")).map(|log| log.len()).unwrap_or(0);
        assert!(log() > 0);
        store.rest().expect("rests");
        assert_eq!(log(), 0);
        let reopened = SqliteStore::open(&in_folder(&killed(&here))).expect("opens");
        assert_eq!(reopened.check(), Ok(()));
        for number in 0..50 * (round + 1) {
            let (key, value) = numbered(number);
            assert_eq!(reopened.read(Table::Records, &key), Ok(Some(value)));
        }
    }
}

#[test]
fn a_torn_write_of_the_log_leaves_whole_transactions() {
    let here = folder();
    let mut store = SqliteStore::open(&in_folder(&here)).expect("opens");
    for number in 0..5_u8 {
        let mut transaction = Transaction::new();
        for row in 0..20 {
            transaction.put(Table::Meta, [row], vec![number; 500]);
        }
        store.commit(&transaction).expect("commits");
    }
    let log = fs::metadata(here.path().join("store.db-wal")).expect("a log").len();
    for cut in (0..log).step_by(997) {
        let there = killed(&here);
        let file = fs::File::options().write(true).open(there.path().join("store.db-wal")).expect("opens");
        file.set_len(cut).expect("cuts");
        let Ok(reopened) = SqliteStore::open(&in_folder(&there)) else { panic!("a cut log must open, cut at {cut}") };
        let rows = reopened.range(Table::Meta, &[], &[], 100).expect("reads");
        let mut values: Vec<_> = rows.into_iter().map(|(_, value)| value).collect();
        assert!(values.is_empty() || values.len() == 20);
        values.dedup();
        assert!(values.len() <= 1, "half a transaction, cut at {cut}");
    }
}

#[test]
fn a_full_disk_changes_nothing_and_later_commits_succeed() {
    let here = folder();
    let mut store = SqliteStore::open(&in_folder(&here)).expect("opens");
    store.commit(&put(Table::Meta, b"before", b"1")).expect("commits");
    store.limit_pages(8);
    let mut large = put(Table::Meta, b"before", b"2");
    large.put(Table::Meta, *b"large", vec![1; 100_000]);
    assert_eq!(store.commit(&large), Err(StoreError::Full));
    assert_eq!(store.read(Table::Meta, b"before"), Ok(Some(b"1".to_vec())));
    assert_eq!(store.read(Table::Meta, b"large"), Ok(None));
    store.commit(&put(Table::Meta, b"small", b"3")).expect("commits");
    store.limit_pages(1000);
    store.commit(&large).expect("commits");
    assert_eq!(store.read(Table::Meta, b"before"), Ok(Some(b"2".to_vec())));
}

#[test]
fn newer_formats_and_other_files_are_refused() {
    let here = folder();
    drop(SqliteStore::open(&in_folder(&here)).expect("opens"));
    let set = |sql: &str| {
        rusqlite::Connection::open(in_folder(&here)).expect("opens").execute_batch(sql).expect("runs");
        SqliteStore::open(&in_folder(&here)).map(|_| ())
    };
    assert_eq!(set("PRAGMA user_version = 7"), Err(StoreError::Newer { found: 7, known: 1 }));
    assert_eq!(salvage(&in_folder(&here)), Err(StoreError::Newer { found: 7, known: 1 }));
    assert_eq!(set("PRAGMA user_version = 1"), Ok(()));
    assert_eq!(set("PRAGMA application_id = 1"), Err(StoreError::Damaged { table: None }));
    assert_eq!(set("PRAGMA user_version = 0"), Err(StoreError::Damaged { table: None }));
    fs::write(in_folder(&here), b"no database, but long enough to be looked at".repeat(300)).expect("writes");
    assert_eq!(SqliteStore::open(&in_folder(&here)).map(|_| ()), Err(StoreError::Damaged { table: None }));
    let missing = here.path().join("no folder").join("store.db");
    assert_eq!(SqliteStore::open(&missing).map(|_| ()), Err(StoreError::Io(std::io::ErrorKind::NotFound)));
}

#[test]
fn one_process_per_home_and_nobody_else_may_read_it() {
    let here = folder();
    let path = here.path().join("a").join("home");
    let home = Home::open(&path).expect("opens");
    assert_eq!(Home::open(&path).map(|_| ()), Err(StoreError::InUse));
    let mut store = home.store().expect("opens");
    store.commit(&put(Table::Meta, b"a", b"1")).expect("commits");
    assert_eq!(home.store().map(|_| ()), Err(StoreError::InUse));
    let mode = |path: &Path| fs::metadata(path).expect("is there").permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    let files: Vec<_> = fs::read_dir(&path).expect("reads").map(|file| file.expect("reads").path()).collect();
    assert_eq!(files.len(), 3, "lock, database, log: {files:?}");
    assert!(files.iter().all(|file| mode(file) == 0o600));
    drop((store, home));
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("sets");
    let home = Home::open(&path).expect("opens");
    assert_eq!(mode(home.folder()), 0o700);
    assert_eq!(home.store().expect("opens").read(Table::Meta, b"a"), Ok(Some(b"1".to_vec())));
}

#[test]
fn scrubbed_bytes_are_in_no_file() {
    const CANARY: &[u8] = b"the canary sings of what was said";
    // Among few rows and many, small and large, so that pages split and join in between.
    for (rows, repeat) in [(0, 1), (10, 1), (2000, 1), (2000, 12), (50, 3000)] {
        let here = folder();
        let mut store = SqliteStore::open(&in_folder(&here)).expect("opens");
        let words = CANARY.repeat(repeat);
        let mut said = put(Table::Records, &[0x80; 32], &words);
        said.put(Table::Entries, [0x80; 32], words.as_slice());
        store.commit(&said).expect("commits");
        fill(&mut store, rows);
        assert!(occurs(CANARY, here.path()), "the search finds what is there");
        let mut removal = put(Table::Entries, &[0x80; 32], b"redacted");
        removal.delete(Table::Records, [0x80; 32]).scrub();
        store.commit(&removal).expect("commits");
        assert!(!occurs(CANARY, here.path()), "{rows} rows, {repeat} times");
        assert_eq!(store.check(), Ok(()));
    }
}

#[test]
fn a_scrub_cut_short_by_a_kill_is_made_up_for() {
    const CANARY: &[u8] = b"the canary sings of what was said";
    let here = folder();
    let mut store = SqliteStore::open(&in_folder(&here)).expect("opens");
    store.commit(&put(Table::Records, b"a", CANARY)).expect("commits");
    let mut removal = Transaction::new();
    removal.delete(Table::Records, *b"a").scrub();
    store.forget_to_scrub(&removal).expect("commits");
    let there = killed(&here);
    assert!(occurs(CANARY, there.path()), "the log still holds it");
    let mut store = SqliteStore::open(&in_folder(&there)).expect("opens");
    store.commit(&put(Table::Meta, b"next", b"1")).expect("commits");
    assert!(!occurs(CANARY, there.path()));
}

#[test]
fn a_sealed_store_holds_no_plain_words() {
    const CANARY: &[u8] = b"the canary sings of what was said";
    for sealed in [false, true] {
        let here = folder();
        let store = SqliteStore::open(&in_folder(&here)).expect("opens");
        let words = put(Table::Entries, b"a", CANARY);
        if sealed {
            Sealed::new(store, TestCipher::new()).commit(&words).expect("commits");
        } else {
            let mut store = store;
            store.commit(&words).expect("commits");
        }
        assert_eq!(occurs(CANARY, here.path()), !sealed);
    }
}

/// Pages split, join and are rewritten while rows come and go; no copy of a row may be left behind anywhere.
#[test]
fn no_copy_of_a_scrubbed_row_is_left_in_the_tree() {
    let mut random = 7_u32;
    let mut draw = |below: u32| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (random >> 8) % below
    };
    for _ in 0..5 {
        let here = folder();
        let mut store = SqliteStore::open(&in_folder(&here)).expect("opens");
        let mut live = std::collections::BTreeMap::new();
        let mut removed = Vec::new();
        let largest = [80, 400, 1500, 9000][draw(4) as usize];
        for number in 0..400_u32 {
            let mut transaction = Transaction::new();
            for _ in 0..1 + draw(6) {
                let key = crate::id::hash(&[&draw(120).to_be_bytes()]).to_vec();
                let words = crate::id::hash(&[&number.to_be_bytes(), &draw(u32::MAX).to_be_bytes()]);
                removed.extend(live.remove(&key));
                if draw(3) == 0 {
                    transaction.delete(Table::Entries, key);
                } else {
                    let value: Vec<u8> = words.iter().copied().cycle().take(32 + draw(largest) as usize).collect();
                    transaction.put(Table::Entries, key.as_slice(), value);
                    live.insert(key, words);
                }
            }
            if number % 20 == 19 {
                transaction.scrub();
            }
            store.commit(&transaction).expect("commits");
            if transaction.is_scrub() {
                let bytes: std::collections::HashSet<[u8; 16]> =
                    all_bytes(here.path()).windows(16).filter_map(|window| window.try_into().ok()).collect();
                let found = |words: &[u8; 32]| words.first_chunk::<16>().is_some_and(|half| bytes.contains(half));
                assert!(live.values().all(found), "the search finds what is there");
                assert_eq!(removed.iter().filter(|words| found(words)).count(), 0, "values up to {largest} bytes");
            }
        }
    }
}

use super::counter::CounterFile;
use super::*;
use crate::crypto::random::SystemRandomness;
use crate::crypto::stretch::Cost;
use crate::id::Incarnation;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use zeroize::Zeroizing;

fn counter(seqs: &[u64]) -> Counter {
    Counter { incarnation: Incarnation([7; 8]), seqs: seqs.to_vec() }
}

fn home() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    (folder, home)
}

fn with_passphrase(home: &Path, passphrase: &str) -> FileKeyVault {
    FileKeyVault::with_passphrase(home, Zeroizing::new(passphrase.to_owned()), Cost::NONE).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_files_stand_beside_the_home_for_their_owner_only() {
    let (folder, home) = home();
    let mut vault = FileKeyVault::new(&home.join(""));
    assert!(vault.warning().is_some_and(|warning| warning.contains("hardware")));
    vault.make_storage_key(&mut SystemRandomness::new()).unwrap();
    vault.keep_counter(&counter(&[1])).unwrap();
    let mut guarded = with_passphrase(&folder.path().join("other"), "a passphrase");
    guarded.make_storage_key(&mut SystemRandomness::new()).unwrap();
    assert_eq!(guarded.warning(), None);
    assert_eq!(names(folder.path()), ["home.counter", "home.key", "other.passphrase"]);
    for name in names(folder.path()) {
        assert_eq!(fs::metadata(folder.path().join(&name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
}

#[test]
fn the_key_is_the_same_the_next_time_and_made_only_once() {
    let (_folder, home) = home();
    let mut random = SystemRandomness::new();
    assert!(FileKeyVault::new(&home).storage_key().unwrap().is_none());
    let made = FileKeyVault::new(&home).make_storage_key(&mut random).unwrap();
    let found = FileKeyVault::new(&home).storage_key().unwrap().unwrap();
    assert_eq!(made.as_bytes(), found.as_bytes());
    assert_eq!(FileKeyVault::new(&home).make_storage_key(&mut random).unwrap_err(), VaultError::KeyExists);
    assert_eq!(with_passphrase(&home, "p").make_storage_key(&mut random).unwrap_err(), VaultError::KeyExists);
    assert_eq!(with_passphrase(&home, "p").storage_key().unwrap_err(), VaultError::NoPassphrase);
}

#[test]
fn only_the_passphrase_opens_what_a_passphrase_guards() {
    let (_folder, home) = home();
    let made = with_passphrase(&home, "käse brot").make_storage_key(&mut SystemRandomness::new()).unwrap();
    // The same words, typed with a combining letter.
    let found = with_passphrase(&home, "ka\u{308}se brot").storage_key().unwrap().unwrap();
    assert_eq!(made.as_bytes(), found.as_bytes());
    assert_eq!(with_passphrase(&home, "kase brot").storage_key().unwrap_err(), VaultError::WrongPassphrase);
    assert_eq!(FileKeyVault::new(&home).storage_key().unwrap_err(), VaultError::PassphraseNeeded);
    let empty = FileKeyVault::with_passphrase(&home, Zeroizing::default(), Cost::NONE);
    assert_eq!(empty.err(), Some(VaultError::PassphraseEmpty));
}

#[test]
fn damaged_key_files_are_reported_and_loose_permissions_tightened() {
    let (_folder, home) = home();
    let key = home.with_extension("key");
    for damaged in [&b""[..], &[1; 31], &[1; 33], &[1; 10_000]] {
        fs::write(&key, damaged).unwrap();
        assert_eq!(FileKeyVault::new(&home).storage_key().unwrap_err(), VaultError::Damaged);
    }
    fs::write(&key, [1; 32]).unwrap();
    fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
    FileKeyVault::new(&home).storage_key().unwrap().unwrap();
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    fs::remove_file(&key).unwrap();
    fs::write(home.with_extension("passphrase"), [0xff; 300]).unwrap();
    assert_eq!(with_passphrase(&home, "p").storage_key().unwrap_err(), VaultError::Damaged);
}

#[test]
fn the_counter_last_kept_is_the_one_found() {
    let (folder, home) = home();
    assert_eq!(FileKeyVault::new(&home).counter().unwrap(), None);
    let mut vault = FileKeyVault::new(&home);
    for seq in 0..20 {
        vault.keep_counter(&counter(&[seq, 2 * seq])).unwrap();
        assert_eq!(FileKeyVault::new(&home).counter().unwrap(), Some(counter(&[seq, 2 * seq])));
    }
    let mut reopened = FileKeyVault::new(&home);
    reopened.keep_counter(&counter(&[20])).unwrap();
    assert_eq!(reopened.counter().unwrap(), Some(counter(&[20])));
    assert_eq!(names(folder.path()), ["home.counter"]);
}

/// Whatever a crash leaves of the slot that was being written, the one before stands.
#[test]
fn a_torn_write_leaves_the_counter_before_it() {
    let (_folder, home) = home();
    let path = home.with_extension("counter");
    let mut file = CounterFile::new(path.clone());
    for seq in 1..=5 {
        file.write(&counter(&[seq])).unwrap();
    }
    let before = fs::read(&path).unwrap();
    file.write(&counter(&[6])).unwrap();
    let after = fs::read(&path).unwrap();
    assert_eq!(before.len(), after.len());
    for torn in (0..=before.len()).step_by(97).chain([before.len()]) {
        let mixed = [&after[..torn], &before[torn..]].concat();
        fs::write(&path, &mixed).unwrap();
        let found = CounterFile::new(path.clone()).read().unwrap().unwrap();
        let expected = if mixed == after { 6 } else { 5 };
        assert_eq!(found, counter(&[expected]), "torn at {torn}");
    }
}

#[test]
fn a_damaged_counter_is_reported_and_can_be_written_anew() {
    let (_folder, home) = home();
    let path = home.with_extension("counter");
    for damaged in [vec![], vec![0; 8192], vec![0xff; 8192], vec![1; 50_000]] {
        fs::write(&path, damaged).unwrap();
        assert_eq!(FileKeyVault::new(&home).counter(), Err(VaultError::Damaged));
        let mut vault = FileKeyVault::new(&home);
        vault.keep_counter(&counter(&[3])).unwrap();
        assert_eq!(FileKeyVault::new(&home).counter().unwrap(), Some(counter(&[3])));
    }
}

#[test]
fn what_a_dead_process_left_behind_is_replaced() {
    let (folder, home) = home();
    fs::write(folder.path().join("home.key.new"), "half a ke").unwrap();
    fs::set_permissions(folder.path().join("home.key.new"), fs::Permissions::from_mode(0o666)).unwrap();
    FileKeyVault::new(&home).make_storage_key(&mut SystemRandomness::new()).unwrap();
    assert_eq!(names(folder.path()), ["home.key"]);
    let mode = fs::metadata(home.with_extension("key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_vault_that_cannot_write_says_so() {
    let nowhere = Path::new("/nonexistent-folder/home");
    let mut vault = FileKeyVault::new(nowhere);
    assert_eq!(vault.keep_counter(&counter(&[1])).unwrap_err().code(), "vault_failed");
    assert_eq!(vault.make_storage_key(&mut SystemRandomness::new()).unwrap_err().code(), "vault_failed");
}

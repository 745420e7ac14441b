use super::{cut, flipped, seeded};
use crate::crypto::cbor::CborError;
use crate::crypto::storage::{ROW_OVERHEAD, StorageError, StorageKey};
use crate::crypto::stretch::Cost;
use proptest::prelude::*;

fn key(seed: u8) -> StorageKey {
    StorageKey::make(&mut seeded(seed)).unwrap()
}

#[test]
fn a_row_opens_at_its_place_only() {
    let sealed = key(1).seal_row(3, b"row", b"text", &mut seeded(9)).unwrap();
    assert_eq!(sealed.len(), 4 + ROW_OVERHEAD);
    let again = StorageKey::from_bytes(key(1).as_bytes()).unwrap();
    assert_eq!(again.open_row(3, b"row", &sealed), Ok(b"text".to_vec()));
    for refused in
        [key(1).open_row(4, b"row", &sealed), key(1).open_row(3, b"rov", &sealed), key(2).open_row(3, b"row", &sealed)]
    {
        assert_eq!(refused, Err(StorageError::NotAuthentic));
    }
    for bytes in flipped(&sealed) {
        assert_eq!(key(1).open_row(3, b"row", &bytes), Err(StorageError::NotAuthentic));
    }
    for bytes in cut(&sealed) {
        let error = if bytes.len() < ROW_OVERHEAD { StorageError::Damaged } else { StorageError::NotAuthentic };
        assert_eq!(key(1).open_row(3, b"row", bytes), Err(error));
    }
}

#[test]
fn the_same_text_never_looks_the_same() {
    let mut randomness = seeded(9);
    let mut seal = || key(1).seal_row(0, b"", b"text", &mut randomness).unwrap();
    assert_ne!(seal(), seal());
}

#[test]
fn a_passphrase_gives_its_key_back_and_another_none() {
    let (key, slot) = StorageKey::make_from_passphrase("Grüße  an\u{212b}", Cost::NONE, &mut seeded(9)).unwrap();
    let open = |passphrase| StorageKey::from_passphrase(passphrase, &slot);
    // Composed or not, as another keyboard writes it.
    for passphrase in ["Grüße  an\u{212b}", "Gru\u{308}ße  anÅ"] {
        assert_eq!(open(passphrase).unwrap().as_bytes(), key.as_bytes());
    }
    assert_eq!(open("Grüße anÅ").unwrap_err(), StorageError::WrongPassphrase);
    assert_eq!(format!("{key:?}"), "StorageKey(…)");
    for bytes in flipped(&slot) {
        // A flipped cost may be one that is never to be paid; all others must fail, whatever they cost.
        let opened = StorageKey::from_passphrase("Grüße  anÅ", &bytes);
        assert!(opened.is_err());
    }
    assert!(cut(&slot).all(|bytes| StorageKey::from_passphrase("x", bytes).is_err()));
}

#[test]
fn a_cost_that_would_hang_a_phone_is_refused() {
    let slot = |memory: u64| {
        let mut writer = crate::crypto::cbor::Writer::default();
        writer.map(5).uint(0).bytes(&[0; 16]).uint(1).uint(memory).uint(2).uint(1).uint(3).uint(1);
        writer.uint(4).bytes(&[0; 32]);
        writer.finish()
    };
    let open = |memory| StorageKey::from_passphrase("x", &slot(memory)).unwrap_err();
    assert_eq!(open(1024 * 1024 + 1), StorageError::Cost);
    assert_eq!(open(u64::MAX), StorageError::Cost);
    assert_eq!(open(0), StorageError::Cost);
    assert_eq!(open(8), StorageError::WrongPassphrase);
    assert_eq!(StorageKey::from_passphrase("x", &[0; 2000]).unwrap_err(), StorageError::Slot(CborError::TooLong));
}

proptest! {
    #[test]
    fn rows_round_trip(table: u8, row: Vec<u8>, text: Vec<u8>) {
        let sealed = key(1).seal_row(table, &row, &text, &mut seeded(9)).unwrap();
        prop_assert_eq!(key(1).open_row(table, &row, &sealed), Ok(text));
    }
}

/// What a small row costs: `cargo test --release -p amends-core --lib small_row -- --ignored --nocapture`.
#[test]
#[ignore = "measures; asserts nothing"]
#[allow(clippy::print_stdout)]
fn small_row_cost() {
    let (key, mut system) = (key(1), crate::crypto::random::SystemRandomness::new());
    let text = [7; 200];
    let rounds = 100_000;
    let start = std::time::Instant::now();
    let mut sealed = Vec::new();
    for _ in 0..rounds {
        sealed = key.seal_row(1, b"0123456789abcdef", &text, &mut system).unwrap();
    }
    let sealing = start.elapsed() / rounds;
    let start = std::time::Instant::now();
    for _ in 0..rounds {
        std::hint::black_box(key.open_row(1, b"0123456789abcdef", &sealed).unwrap());
    }
    println!("200-byte row: sealed in {sealing:?}, opened in {:?}", start.elapsed() / rounds);
}

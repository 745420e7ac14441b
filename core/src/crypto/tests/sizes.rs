//! The sizes that the relay sees.

use super::records::{core, epoch, place};
use super::{device, item_hash, seeded};
use crate::crypto::cbor::Writer;
use crate::crypto::record::*;
use crate::crypto::seal::*;
use crate::id::*;

#[test]
fn sizes_step_as_the_format_says() {
    let epoch = epoch(9);
    let size = |length: usize| {
        // Bytes that no deflater shortens.
        let mut payload = vec![0; length];
        rand_core::Rng::fill_bytes(&mut seeded(1), &mut payload);
        seal(&epoch, Kind::Record, &payload).map(|sealed| sealed.len())
    };
    const BESIDE: usize = 65 + 5 + 16;
    for full in [512, 1024, 2048, 4096, 8192, 16384] {
        assert_eq!(size(full - BESIDE), Ok(full));
        assert_ne!(size(full - BESIDE + 1), Ok(full));
    }
    assert_eq!(size(16384 - BESIDE + 1), Ok(16384 + 1024));
    assert_eq!(size(40_000), Ok(40_960));
    assert_eq!(size(SEALED_MAX - BESIDE), Ok(SEALED_MAX));
    assert_eq!(size(SEALED_MAX - BESIDE + 1), Err(SealError::TooLarge));
}

#[test]
fn the_record_before_travels_only_where_it_costs_nothing() {
    let epoch = epoch(9);
    let prev = RecordId([5; 32]);
    let with_body = |length: usize| {
        let mut body = vec![0; length];
        rand_core::Rng::fill_bytes(&mut seeded(2), &mut body);
        let core = Core { seen: vec![], ..core(vec![vec![0xa0]], 0) };
        let (record, _) =
            SignedRecord::sign(&device(7), &place(5), core, vec![Item::Present(body)], vec![], item_hash).unwrap();
        let sealed = seal_record(&epoch, &record, &prev).unwrap();
        (sealed.len(), open_record(&epoch, &sealed).unwrap().prev)
    };
    assert_eq!(with_body(200), (512, Some(prev)));
    assert_eq!(with_body(300), (512, None));
    assert_eq!(with_body(400), (1024, Some(prev)));
}

/// A header's CBOR as SPEC 3.1 has it: kind, occurrence, refs, day.
fn header(kind: u64, refs: &[(u64, [u8; 32])]) -> Vec<u8> {
    let mut writer = Writer::default();
    writer.map(if refs.is_empty() { 3 } else { 4 }).uint(0).uint(kind);
    writer.uint(3).array(2).bytes(&hash(&[b"series"])).uint(24_107);
    if !refs.is_empty() {
        writer.uint(4).array(2 * refs.len());
        for (role, id) in refs {
            writer.uint(*role).bytes(id);
        }
    }
    writer.uint(6).uint(24_107);
    writer.finish()
}

fn answer_body() -> Vec<u8> {
    let mut writer = Writer::default();
    writer.map(3).uint(0).text("check_in").uint(1).uint(1);
    writer.uint(2).map(1).uint(4).text(&"How was your day? I saw the first snow!".repeat(2)[..40]);
    [&hash(&[b"nonce"])[..], &writer.finish()].concat()
}

fn sealed_size_of(header: Vec<u8>, item: Item) -> usize {
    let (record, _) =
        SignedRecord::sign(&device(7), &place(5), core(vec![header], 0), vec![item], vec![], item_hash).unwrap();
    seal_record(&epoch(9), &record, &RecordId([5; 32])).unwrap().len()
}

#[test]
fn an_opening_and_a_commitment_fit_the_smallest_size() {
    let own = (4, hash(&[b"own"]));
    let partners = (5, hash(&[b"partner's"]));
    assert_eq!(sealed_size_of(header(12, &[own, partners]), Item::Present(answer_body())), SEALED_MIN);
    assert_eq!(sealed_size_of(header(11, &[]), Item::Absent([1; 32])), SEALED_MIN);
    assert_eq!(sealed_size_of(header(11, &[(3, hash(&[b"saw"]))]), Item::Absent([1; 32])), SEALED_MIN);
}

/// What one record costs: `cargo test --release -p amends-core --lib record_cost -- --ignored --nocapture`.
#[test]
#[ignore = "measures; asserts nothing"]
#[allow(clippy::print_stdout)]
fn record_cost() {
    let (keys, epoch, prev) = (device(7), epoch(9), RecordId([5; 32]));
    let rounds = 2000;
    let core = core(vec![header(12, &[(4, [1; 32]), (5, [2; 32])])], 0);
    let item = || vec![Item::Present(answer_body())];
    let start = std::time::Instant::now();
    let mut sealed = Vec::new();
    for _ in 0..rounds {
        let (record, _) = SignedRecord::sign(&keys, &place(5), core.clone(), item(), vec![], item_hash).unwrap();
        sealed = seal_record(&epoch, &record, &prev).unwrap();
    }
    let sealing = start.elapsed() / rounds;
    let public = keys.public();
    let start = std::time::Instant::now();
    for _ in 0..rounds {
        let record = open_record(&epoch, &sealed).unwrap();
        std::hint::black_box(record.verify(&OwnerId([1; 32]), &public, &prev, item_hash).unwrap());
    }
    println!(
        "a 512-byte record: signed and sealed in {sealing:?}, opened and verified in {:?}",
        start.elapsed() / rounds
    );
}

//! Packs that are damaged, foreign, false or newer. Records are read all the same, and what a pack does not bring is asked for.

use super::life::{ANA, BEN, Life};
use amends_core::crypto::pack::{ChunkHash, Manifest, SegmentEntry};
use amends_core::home::Home;
use amends_core::id::hash;
use amends_core::storage::MemoryStore;
use amends_core::sync::Event;
use amends_protocol::{ChunkHash as RelayChunk, Pack, PackId};

/// A new device's first visit, after which it has what can be had without the packs, and what the couple's phones then hand on.
fn start(life: &mut Life) -> (Home<MemoryStore>, Vec<Event>) {
    let mut home = life.next_device();
    let visit = life.visit(&mut home);
    assert!(home.is_settled(), "records are read whatever the packs are like");
    (home, visit.events)
}

/// What is missing was asked for; the others answer, and it is read on another day.
fn recovers(life: &mut Life, home: &mut Home<MemoryStore>) {
    life.couple.pump(life.now);
    for _ in 0..3 {
        life.leave(home);
        life.sleep();
        life.visit(home);
        life.couple.pump(life.now);
    }
    life.leave(home);
    life.visit(home);
    life.is_complete(home);
}

fn complains(events: &[Event]) -> bool {
    events.iter().any(|event| matches!(event, Event::Pack { index: 1, .. }))
}

#[test]
fn flipped_chunks_bring_nothing_and_lose_nothing() {
    let mut life = Life::new(20);
    let (_, _, space) = life.space();
    for chunk in life.couple.relay.held(&space).expect("a box").chunks.values_mut() {
        let at = chunk.len() / 2;
        chunk[at] ^= 1;
    }
    let (mut home, events) = start(&mut life);
    assert!(complains(&events), "{events:?}");
    recovers(&mut life, &mut home);
}

#[test]
fn missing_and_foreign_chunks_bring_nothing_and_lose_nothing() {
    for foreign in [false, true] {
        let mut life = Life::new(20);
        let (_, _, space) = life.space();
        let vault = *life.couple.relay.boxes().find(|id| **id != space).expect("another box");
        let other = life.couple.relay.held(&vault).expect("a box").chunks.values().next().cloned();
        let held = life.couple.relay.held(&space).expect("a box");
        if foreign {
            let other = other.unwrap_or_else(|| vec![1; 512]);
            held.chunks.values_mut().for_each(|chunk| chunk.clone_from(&other));
        } else {
            held.chunks.clear();
        }
        let (mut home, events) = start(&mut life);
        assert!(complains(&events), "{events:?}");
        recovers(&mut life, &mut home);
    }
}

#[test]
fn packs_that_are_noise_or_claim_too_much_stand_beside_a_good_one_in_vain() {
    let mut life = Life::new(20);
    let (epoch, _, space) = life.space();
    let held = life.couple.relay.held(&space).expect("a box");
    let good = Manifest::open(&epoch, &held.packs[0].manifest).expect("a manifest");
    let noise = vec![7; 600];
    let chunks = vec![ChunkHash::of(&noise)];
    let entry = |first_seq, last_seq| SegmentEntry {
        chain: good.segments[0].chain,
        first_seq,
        last_seq,
        chunks: chunks.clone(),
    };
    let sealed = |segments| {
        let manifest = Manifest { segments, certificates: vec![vec![0; 40]] };
        manifest.seal(&epoch).expect("a manifest")
    };
    let chunk = RelayChunk(hash(&[&noise]));
    let manifests = [
        noise.clone(),
        sealed(vec![entry(1, 8000)]),
        sealed(vec![entry(5, 1)]),
        sealed(vec![entry(1, u64::MAX)]),
        sealed(vec![entry(0, 3)]),
    ];
    for manifest in manifests {
        let pack = Pack { id: PackId(hash(&[&manifest])), manifest, chunks: vec![chunk] };
        held.packs.insert(0, pack.clone());
        held.packs.push(pack);
    }
    held.chunks.insert(chunk, noise);
    let (mut home, events) = start(&mut life);
    assert!(complains(&events), "{events:?}");
    // The good one brought everything.
    life.is_complete(&mut home);
    // And packing goes on.
    for number in 0..60 {
        for phone in [ANA, BEN] {
            let fields = [("text".to_owned(), format!("thing {number}"))];
            let phone = &mut life.couple.phones[phone].home;
            phone.new_entry(life.now, "appreciation", &fields, false).expect("an entry");
            phone.flush(life.now).expect("a flush");
        }
        life.couple.pump(life.now);
    }
    assert!(life.couple.is_settled());
    life.leave(&mut home);
    life.visit(&mut home);
    life.is_complete(&mut home);
}

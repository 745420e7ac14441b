//! The simulated world, and that it notices.

use amends_core::document::ScalarPosition;
use amends_core::home::{Answer, EntryView, Fields};
use amends_tests::world::phone::Side;
use amends_tests::world::runs::{Failure, Play, STEPS};
use amends_tests::world::{Bug, World};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

#[path = "world/agreements.rs"]
mod agreements;
#[path = "world/check_ins.rs"]
mod check_ins;
#[path = "world/forks.rs"]
mod forks;
#[path = "world/newer.rs"]
mod newer;
#[path = "world/redactions.rs"]
mod redactions;

fn fields(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn two_phones_pair_write_and_see_the_same() {
    for second in [&[][..], &[Side::A, Side::B]] {
        let mut world = World::new(1, second, None).expect("pairs");
        smoke(&mut world);
    }
}

fn smoke(world: &mut World) {
    let at = world.phones[0].moment();
    let day = world.phones[0].home.as_ref().expect("runs").day(at).expect("has a day");
    let words = fields(&[("text", "We say where we are")]);
    let title = fields(&[("title", "Sunday")]);
    let words: Fields<'_> = &words;
    let a = world.phones[0].home.as_mut().expect("runs");
    let agreement = a.new_entry(at, "agreement", words, false).expect("proposes");
    let note = a.new_entry(at, "note", &title, false).expect("begins");
    a.splice(at, note, ScalarPosition(0), 0, "bread").expect("types");
    let occurrence = a.answer(at, "check_in", day, Answer::Fields(&fields(&[("mood", "amber")]))).expect("answers");
    world.drive(0).expect("drives");
    world.settle().expect("settles");
    let at = world.phones[1].moment();
    let b = world.phones[1].home.as_mut().expect("runs");
    let EntryView::SealedPair { state, answers, .. } = b.show(at, occurrence).expect("is there") else {
        panic!("a pair")
    };
    assert_eq!((state, answers.len()), ("theirs_sealed", 0));
    b.consent(at, agreement, None).expect("consents");
    b.splice(at, note, ScalarPosition(5), 0, " and 👩‍👩‍👧").expect("types");
    b.answer(at, "check_in", day, Answer::Pass).expect("passes");
    world.drive(1).expect("drives");
    world.settle().expect("settles");
    for phone in &mut world.phones {
        let at = phone.moment();
        let home = phone.home.as_mut().expect("runs");
        let EntryView::Revisions { state, .. } = home.show(at, agreement).expect("is there") else {
            panic!("an agreement")
        };
        assert_eq!(state, "in_force", "{}", phone.name);
        let EntryView::CoText { text, title, .. } = home.show(at, note).expect("is there") else { panic!("a note") };
        assert_eq!((text.as_str(), title.as_str()), ("bread and 👩‍👩‍👧", "Sunday"), "{}", phone.name);
        let EntryView::SealedPair { state, answers, .. } = home.show(at, occurrence).expect("is there") else {
            panic!("a pair")
        };
        assert_eq!((state, answers.len()), ("open", 2), "{}", phone.name);
    }
}

/// Seeds that every test run plays.
const SEEDS: u64 = 500;
/// Seeds among which each planted bug must show.
const SEEDS_PER_BUG: u64 = 400;

/// Plays seeds on every core until `stop` says so; gives what each brought.
fn play<T: Send>(seeds: u64, run: impl Fn(u64) -> T + Sync, stop: impl Fn(&T) -> bool + Sync) -> Vec<T> {
    let (next, brought) = (AtomicU64::new(0), Mutex::new(Vec::new()));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= seeds {
                        break;
                    }
                    let result = run(seed);
                    if stop(&result) {
                        next.store(seeds, Ordering::Relaxed);
                    }
                    brought.lock().expect("no thread died").push(result);
                }
            });
        }
    });
    brought.into_inner().expect("no thread died")
}

#[test]
fn every_seed_holds() {
    let run = |seed| Play { seed, steps: STEPS, bug: None }.run_and_shorten();
    let brought = play(SEEDS, run, Result::is_err);
    let mut reasons = BTreeSet::new();
    let (mut seen_words, mut unseen_consents, mut failed_pairings) = (0, 0, 0);
    let (mut packed, mut fetched, mut trimmed) = (0, 0, 0);
    for result in brought {
        match result {
            Ok(held) => {
                reasons.extend(held.set_aside);
                seen_words += held.seen_words;
                unseen_consents += held.unseen_consents;
                failed_pairings += held.failed_pairings;
                packed += usize::from(held.packing.put > 0);
                fetched += usize::from(held.packing.fetched > 0);
                trimmed += usize::from(held.packing.trimmed > 0);
            }
            Err(Failure { seed, what, trace }) => {
                panic!("seed {seed}: {what}\n{}\nagain: cargo xtask simulate --seeds 1 --from {seed}", trace.join("\n"))
            }
        }
    }
    // Packs are a part of most lives, and trimmed behind.
    let most = usize::try_from(SEEDS / 2).expect("few seeds");
    assert!(packed > most && fetched > most && trimmed > most, "{packed} packed, {fetched} fetched, {trimmed} trimmed");
    // The searches for what must not be there find what is.
    assert!(seen_words > 0, "no word was ever found in the space's box");
    assert!(unseen_consents > 0, "C9: no consent ever came before its words");
    assert!(failed_pairings > 0, "no pairing ever failed, whatever was lost and whoever died in it");
    for reason in ["not_authentic", "text_not_normal", "text_too_long", "foreign_actor"] {
        assert!(reasons.contains(reason), "no foe was ever refused for {reason}: {reasons:?}");
    }
}

#[test]
fn every_planted_bug_is_caught() {
    for bug in Bug::ALL {
        let run = |seed| Play { seed, steps: STEPS, bug: Some(*bug) }.run().is_err();
        let caught = play(SEEDS_PER_BUG, run, |caught| *caught).into_iter().any(|caught| caught);
        assert!(caught, "{} is not caught by {SEEDS_PER_BUG} seeds", bug.name());
    }
}

//! A device whose key is used twice: two changes with one actor and sequence number. Every phone comes to the same document,
//! whatever it met first, and no change is thrown away.

use super::merging::state;
use super::*;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeSet;

/// Two phones that believe to be the same device, and two others.
const HANDS: [Actor; 4] = [Actor([0x40; 16]), Actor([0x40; 16]), Actor([0x20; 16]), Actor([0x90; 16])];

#[derive(Debug, Clone)]
enum Act {
    Type {
        phone: usize,
        at: Index,
        delete: usize,
        insert: String,
    },
    Title {
        phone: usize,
        title: String,
    },
    /// Some of what another phone has made or heard arrives.
    Hear {
        phone: usize,
        from: usize,
        mask: u64,
    },
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let phone = 0_usize..4;
    let act = prop_oneof![
        6 => (phone.clone(), any::<Index>(), 0_usize..3, "[a-cé🎈 \n]{0,6}")
            .prop_map(|(phone, at, delete, insert)| Act::Type { phone, at, delete, insert }),
        1 => (phone.clone(), "[A-C]{0,3}").prop_map(|(phone, title)| Act::Title { phone, title }),
        3 => (phone.clone(), phone, any::<u64>()).prop_map(|(phone, from, mask)| Act::Hear { phone, from, mask }),
    ];
    prop::collection::vec(act, 1..40)
}

/// All changes of a history.
fn history(acts: Vec<Act>) -> Vec<Vec<u8>> {
    let mut phones: Vec<(Document, Vec<Vec<u8>>)> = HANDS.iter().map(|_| (note(), Vec::new())).collect();
    for act in acts {
        match act {
            Act::Type { phone, at, delete, insert } => {
                let (document, has) = &mut phones[phone];
                let length = document.text().text.chars().count();
                let at = at.index(length + 1);
                let changes = document.splice(HANDS[phone], ScalarPosition(at), delete.min(length - at), &insert);
                has.extend(changes.expect("types").into_iter().map(|change| change.bytes));
            }
            Act::Title { phone, title } => {
                let (document, has) = &mut phones[phone];
                let change = document.set(HANDS[phone], Field::Title, &title).expect("sets");
                has.extend(change.map(|change| change.bytes));
            }
            Act::Hear { phone, from, mask } => {
                let theirs = phones[from].1.clone();
                let heard = theirs.into_iter().enumerate().filter(|(at, _)| mask & (1 << (at % 64)) != 0);
                let heard: Vec<Vec<u8>> = heard.map(|(_, bytes)| bytes).collect();
                let (document, has) = &mut phones[phone];
                document.apply(heard.clone());
                has.extend(heard);
            }
        }
    }
    let all: BTreeSet<Vec<u8>> = phones.into_iter().flat_map(|(_, has)| has).collect();
    all.into_iter().collect()
}

fn aside(document: &Document) -> BTreeSet<ChangeHash> {
    document.aside().map(|(hash, ..)| hash).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// Any order, duplication and partition of deliveries gives the same document, through saves and all; every change is part of
    /// it or kept aside; and a document never has two changes of one place.
    #[test]
    fn forked_histories_converge(acts in acts(), order: u64, cut in 1_usize..7, saved in any::<Index>()) {
        let changes = history(acts);
        let mut straight = note();
        straight.apply(changes.clone());
        prop_assert!(straight.missing().is_empty());

        let mut shuffled = changes.clone();
        shuffled.extend(changes.iter().step_by(3).cloned());
        shuffled.sort_by_key(|bytes| hash(&[&order.to_be_bytes(), bytes]));
        let mut piecewise = note();
        let parts: Vec<&[Vec<u8>]> = shuffled.chunks(cut).collect();
        for (at, part) in parts.iter().enumerate() {
            let before: BTreeSet<ChangeHash> = piecewise.changes().expect("reads").iter().map(|facts| facts.hash).collect();
            let outcome = piecewise.apply(part.to_vec());
            for (bytes, outcome) in part.iter().zip(&outcome.outcomes) {
                let hash = change_hash(bytes);
                match outcome {
                    Outcome::Applied | Outcome::Known => prop_assert!(piecewise.contains(&hash)),
                    Outcome::Refused(Refusal::SequenceTaken | Refusal::SetAside) => prop_assert!(piecewise.is_aside(&hash)),
                    Outcome::Waiting => prop_assert!(!piecewise.contains(&hash) && !piecewise.is_aside(&hash)),
                    Outcome::Refused(other) => prop_assert!(false, "{other}"),
                }
            }
            let after: BTreeSet<ChangeHash> = piecewise.changes().expect("reads").iter().map(|facts| facts.hash).collect();
            let told: BTreeSet<ChangeHash> = outcome.displaced.changes.iter().copied().collect();
            prop_assert!(before.difference(&after).all(|gone| told.contains(gone)));
            prop_assert!(told.is_disjoint(&after));
            if saved.index(parts.len()) == at {
                // The phone is put down and taken up again.
                let save = piecewise.save().expect("saves");
                let waits = shuffled.iter().take(cut * (at + 1)).cloned();
                let kept: Vec<Vec<u8>> = piecewise.aside().map(|(_, _, bytes)| bytes.to_vec()).chain(waits).collect();
                piecewise = Document::load(Schema::Note, &save, kept).expect("loads").0;
            }
        }
        prop_assert_eq!(state(&piecewise), state(&straight));
        prop_assert_eq!(aside(&piecewise), aside(&straight));

        let facts = straight.changes().expect("reads");
        let places: BTreeSet<(Actor, u64)> = facts.iter().map(|facts| (facts.actor, facts.seq)).collect();
        prop_assert_eq!(places.len(), facts.len());
        let mut kept = aside(&straight);
        kept.extend(facts.iter().map(|facts| facts.hash));
        prop_assert_eq!(kept, changes.iter().map(|bytes| change_hash(bytes)).collect::<BTreeSet<_>>(), "nothing is thrown away");
    }
}

/// Of two changes with one sequence number the lower counts, whichever came first; what stood on the other is kept aside with it, and
/// whose visible words those were is told.
#[test]
fn of_two_changes_at_one_place_every_phone_keeps_the_same() {
    let (mut one, mut other) = (note(), note());
    let first = type_at(&mut one, HANDS[0], 0, 0, "one");
    let second = type_at(&mut other, HANDS[1], 0, 0, "other");
    let on_first = type_at(&mut one, BEN, 3, 0, " by Ben");
    let on_second = type_at(&mut other, BEN, 5, 0, " by Ben too");
    let (mut early, mut late) = (note(), note());
    applied(&mut early, [first.clone(), on_first.clone()]);
    applied(&mut late, [second.clone(), on_second.clone()]);
    let lower = change_hash(&first) < change_hash(&second);
    let told = if lower { late.apply([first.clone()]) } else { early.apply([second.clone()]) };
    let (words, ben) = if lower { ("other", " by Ben too") } else { ("one", " by Ben") };
    assert_eq!(told.outcomes, [Outcome::Applied]);
    assert_eq!(told.displaced.changes.len(), 2);
    assert_eq!(told.displaced.words.get(&HANDS[0]).map(String::as_str), Some(words));
    assert_eq!(told.displaced.words.get(&BEN).map(String::as_str), Some(ben));
    early.apply([second.clone(), on_second.clone()]);
    late.apply([first.clone(), on_first.clone()]);
    assert_eq!(early.text(), late.text());
    assert_eq!(early.text().text, if lower { "one by Ben" } else { "other by Ben too" });
    let reasons: BTreeSet<&str> = early.aside().map(|(_, refusal, _)| refusal.code()).collect();
    assert_eq!(reasons, BTreeSet::from(["change_sequence_taken", "change_set_aside"]));
    // And typing goes on, by the same hands.
    let more = type_at(&mut early, BEN, 0, 0, "more: ");
    let outcome = late.apply([more]);
    assert_eq!((outcome.outcomes, early.text()), (vec![Outcome::Applied], late.text()));
}

use super::*;
use proptest::prelude::*;
use proptest::sample::Index;

/// What a device does in a random history.
#[derive(Debug, Clone)]
pub(super) enum Act {
    Type {
        device: usize,
        at: Index,
        delete: usize,
        insert: String,
    },
    Title {
        device: usize,
        title: String,
    },
    /// Takes what another device has.
    Meet {
        device: usize,
        other: usize,
    },
}

pub(super) fn acts() -> impl Strategy<Value = Vec<Act>> {
    let device = 0_usize..3;
    let act = prop_oneof![
        6 => (device.clone(), any::<Index>(), 0_usize..6, "[a-cé🎈 \n]{0,6}")
            .prop_map(|(device, at, delete, insert)| Act::Type { device, at, delete, insert }),
        1 => (device.clone(), "[A-C]{0,3}").prop_map(|(device, title)| Act::Title { device, title }),
        2 => (device.clone(), device).prop_map(|(device, other)| Act::Meet { device, other }),
    ];
    prop::collection::vec(act, 1..60)
}

pub(super) struct Device {
    actor: Actor,
    document: Document,
    has: Vec<Vec<u8>>,
}

/// All changes of a history in which three devices write and now and then meet.
fn history(acts: Vec<Act>) -> Vec<Vec<u8>> {
    let mut devices: Vec<Device> =
        (1..4).map(|n| Device { actor: Actor([n * 60; 16]), document: note(), has: Vec::new() }).collect();
    for act in acts {
        match act {
            Act::Type { device, at, delete, insert } => {
                let device = &mut devices[device];
                let length = device.document.text().text.chars().count();
                let at = at.index(length + 1);
                let delete = delete.min(length - at);
                let changes = device.document.splice(device.actor, ScalarPosition(at), delete, &insert);
                device.has.extend(changes.expect("types").into_iter().map(|change| change.bytes));
            }
            Act::Title { device, title } => {
                let device = &mut devices[device];
                let change = device.document.set(device.actor, Field::Title, &title).expect("sets");
                device.has.extend(change.map(|change| change.bytes));
            }
            Act::Meet { device, other } => {
                let theirs = devices[other].has.clone();
                let device = &mut devices[device];
                for (bytes, outcome) in theirs.iter().zip(device.document.apply(theirs.clone()).outcomes) {
                    if outcome == Outcome::Applied {
                        device.has.push(bytes.clone());
                    } else {
                        assert_eq!(outcome, Outcome::Known);
                    }
                }
            }
        }
    }
    let mut all: Vec<_> = devices.into_iter().flat_map(|device| device.has).collect();
    all.sort();
    all.dedup();
    all
}

pub(super) fn state(document: &Document) -> (Shown, Vec<FieldValue>, Vec<ChangeHash>, Vec<ChangeHash>) {
    (document.text(), document.title(), document.heads(), document.missing())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Any order, duplication and partition of deliveries gives the same document, and saves that load to it.
    #[test]
    fn deliveries_converge(acts in acts(), order in any::<u64>(), cut in 1_usize..7) {
        let changes = history(acts);
        let mut straight = note();
        let outcome = straight.apply(changes.clone());
        prop_assert!(outcome.outcomes.iter().all(|outcome| *outcome == Outcome::Applied), "{outcome:?}");

        let mut shuffled = changes.clone();
        shuffled.extend(changes.iter().step_by(3).cloned());
        shuffled.sort_by_key(|bytes| hash(&[&order.to_be_bytes(), bytes]));
        let mut piecewise = note();
        for part in shuffled.chunks(cut) {
            let outcome = piecewise.apply(part.to_vec());
            prop_assert!(!outcome.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Refused(_))), "{outcome:?}");
        }
        prop_assert_eq!(state(&piecewise), state(&straight));
        prop_assert!(straight.missing().is_empty());

        let save = piecewise.save().expect("saves");
        let (loaded, outcome) = Document::load(Schema::Note, &save, changes.clone()).expect("loads");
        prop_assert!(outcome.outcomes.iter().all(|outcome| *outcome == Outcome::Known));
        prop_assert_eq!(state(&loaded), state(&straight));
        let apart = changes_in(Schema::Note, &save).expect("reads");
        prop_assert_eq!(apart.len(), changes.len());
        prop_assert!(apart.iter().all(|bytes| changes.contains(bytes)), "a save holds the very bytes");
    }

    /// What two people type at the same time is all there, in the order in which each typed it.
    #[test]
    fn concurrent_typing_keeps_both_peoples_characters(
        start in "[x]{0,8}", mine in "[a-m]{1,12}", yours in "[n-w]{1,12}",
        at in any::<Index>(), there in any::<Index>(),
    ) {
        let (mut first, mut second) = (note(), note());
        if !start.is_empty() {
            let typed = type_at(&mut first, ANNA, 0, 0, &start);
            applied(&mut second, [typed]);
        }
        let a = type_at(&mut first, ANNA, at.index(start.len() + 1), 0, &mine);
        let b = type_at(&mut second, BEN, there.index(start.len() + 1), 0, &yours);
        applied(&mut first, [b]);
        applied(&mut second, [a]);
        prop_assert_eq!(state(&first), state(&second));
        let text = first.text().text;
        for (whose, typed) in [("abcdefghijklm", &mine), ("nopqrstuvw", &yours), ("x", &start)] {
            let kept: String = text.chars().filter(|character| whose.contains(*character)).collect();
            prop_assert_eq!(&kept, typed);
        }
        let together = [mine.as_str(), yours.as_str()].iter().all(|typed| text.contains(*typed));
        prop_assert!(together, "runs are not interleaved: {text}");
    }
}

#[test]
fn changes_wait_for_those_they_were_made_on_and_nothing_else_waits() {
    let mut author = note();
    let first = type_at(&mut author, ANNA, 0, 0, "one");
    let second = type_at(&mut author, ANNA, 3, 0, " two");
    let third = type_at(&mut author, ANNA, 7, 0, " three");
    let mut other = note();
    let apart = type_at(&mut note(), BEN, 0, 0, "apart");
    let outcome = other.apply([third.clone(), second.clone(), apart]);
    assert_eq!(outcome.outcomes, [Outcome::Waiting, Outcome::Waiting, Outcome::Applied]);
    assert_eq!(other.text().text, "apart");
    let facts = inspect_change(&first).expect("reads");
    assert_eq!(other.missing(), [facts.hash]);
    assert_eq!(other.apply([third.clone()]).outcomes, [Outcome::Waiting]);
    let outcome = other.apply([first]);
    assert_eq!(outcome.outcomes, [Outcome::Applied]);
    let mut released: Vec<_> = [second, third].iter().map(|b| inspect_change(b).expect("reads").hash).collect();
    released.sort();
    assert_eq!(outcome.released, released.iter().map(|hash| (*hash, Outcome::Applied)).collect::<Vec<_>>());
    assert!(other.missing().is_empty());
}

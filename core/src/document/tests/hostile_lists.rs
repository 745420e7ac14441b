//! Changes of lists that no honest device makes: refused, each alone, whatever they are, and alike in every order.

use super::forge::chunk;
use super::lists::{add, edit, item, list, remove, titled};
use super::*;
use automerge::ReadDoc;
use automerge::transaction::{CommitOptions, Transactable, Transaction};
use automerge::{AutomergeError, ObjType, ROOT};
use proptest::prelude::*;

const MALLORY: Actor = Actor([0xc3; 16]);

/// A change made with Automerge, past this room's own rules.
pub(super) fn forged(
    document: &mut Document,
    actor: Actor,
    write: impl FnOnce(&mut Transaction<'_>) -> Result<(), AutomergeError>,
) -> Vec<u8> {
    document.automerge.set_actor(ActorId::from(actor.0));
    let mut transaction = document.automerge.transaction();
    write(&mut transaction).expect("writes");
    let hash = transaction.commit_with(CommitOptions::default().with_time(0)).0.expect("a change");
    document.index = None;
    document.automerge.get_change_by_hash(&hash).expect("is there").raw_bytes().to_vec()
}

/// Applies a bad change between good ones: it alone is refused, and the list is as sound as before.
fn refusal(bytes: Vec<u8>) -> Refusal {
    let mut document = list();
    let (before, after) = (add(&mut list(), ANNA, 1, None, "before"), add(&mut list(), BEN, 2, None, "after"));
    let outcome = document.apply([before, bytes, after]);
    assert_eq!((outcome.outcomes[0], outcome.outcomes[2]), (Outcome::Applied, Outcome::Applied));
    assert_eq!(document.items().len(), 2);
    assert!(document.save().is_ok());
    match outcome.outcomes[1] {
        Outcome::Refused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

fn put(key: &str, value: &str) -> Vec<u8> {
    forged(&mut list(), MALLORY, |writing| writing.put(ROOT, key, value))
}

#[test]
fn only_keys_of_a_list_are_written() {
    let id = item(1).text();
    let placed = ItemId::Placed(EntryId([7; 32])).text();
    for (key, value) in [
        ("alive", "1"),
        ("gone", "12345678901234567890"),
        ("order", "V"),
        ("order", "00V"),
        ("1", "x"),
        ("4294967295", "a\nb"),
    ] {
        for id in [&id, &placed] {
            let mut document = list();
            assert_eq!(document.apply([put(&format!("{id}/{key}"), value)]).outcomes, [Outcome::Applied], "{key}");
        }
    }
    let mut long = "V".repeat(ORDER_MAX);
    assert_eq!(list().apply([put(&format!("{id}/order"), &long)]).outcomes, [Outcome::Applied]);
    long.push('V');
    for (key, value) in [
        ("alive", ""),
        ("alive", "x"),
        ("alive", "123456789012345678901"),
        ("gone", "-1"),
        ("order", ""),
        ("order", "V0"),
        ("order", "ü"),
        ("order", "a b"),
        ("order", &long),
        ("1", ""),
        ("1", &"é".repeat(LIST_FIELD_MAX + 1)),
        ("0", "x"),
        ("01", "x"),
        ("+1", "x"),
        ("4294967296", "x"),
        ("", "x"),
        ("Alive", "1"),
        ("alive ", "1"),
        ("alive/1", "1"),
        ("1/2", "x"),
    ] {
        assert_eq!(refusal(put(&format!("{id}/{key}"), value)), Refusal::Schema, "{key} {value}");
    }
    for key in [
        "schema",
        "title",
        "text",
        "",
        "/alive",
        "AQ/alive",
        &format!("{id}=/alive"),
        &format!("{}B/alive", &id[..21]),
        &id,
    ] {
        if !key.is_empty() {
            assert_eq!(refusal(put(key, "1")), Refusal::Schema, "{key}");
        }
    }
}

#[test]
fn only_texts_are_written() {
    let field = format!("{}/1", item(1).text());
    let by = |write: &dyn Fn(&mut Transaction<'_>)| {
        refusal(forged(&mut list(), MALLORY, |writing| {
            write(writing);
            Ok(())
        }))
    };
    assert_eq!(by(&|writing| writing.put(ROOT, &field, 7).expect("puts")), Refusal::Schema);
    assert_eq!(by(&|writing| writing.put(ROOT, &field, true).expect("puts")), Refusal::Schema);
    assert_eq!(by(&|writing| writing.put(ROOT, &field, ()).expect("puts")), Refusal::Schema);
    assert_eq!(
        by(&|writing| writing.put(ROOT, &field, automerge::ScalarValue::counter(1)).expect("puts")),
        Refusal::Schema
    );
    for kind in [ObjType::Map, ObjType::List, ObjType::Text] {
        assert_eq!(by(&|writing| drop(writing.put_object(ROOT, &field, kind).expect("puts"))), Refusal::Schema);
    }
    // The list stays one.
    assert_eq!(by(&|writing| writing.put(ROOT, "schema", "note").expect("puts")), Refusal::Schema);
    assert_eq!(by(&|writing| writing.delete(ROOT, "schema").expect("deletes")), Refusal::Schema);
    // What is right beside what is wrong is refused with it.
    let mixed = by(&|writing| {
        writing.put(ROOT, &field, "fine").expect("puts");
        writing.put(ROOT, "other", "x").expect("puts");
    });
    assert_eq!(mixed, Refusal::Schema);
}

/// A value is replaced or taken away only at its own key, and only by who can know of it.
#[test]
fn an_operation_speaks_of_its_own_key_only() {
    let mut document = list();
    let first = forged(&mut document, MALLORY, |writing| writing.put(ROOT, format!("{}/1", item(1).text()), "one"));
    let good = forged(&mut document, MALLORY, |writing| writing.put(ROOT, format!("{}/1", item(1).text()), "two"));
    let mut honest = list();
    applied(&mut honest, [first.clone(), good.clone()]);
    // The same change over the value at another key of the same length: the predecessor is not there.
    let key = format!("{}/1", item(1).text());
    let other = format!("{}/2", item(1).text());
    let at = good.windows(key.len()).position(|part| part == key.as_bytes()).expect("the key is there");
    let mut moved = good.clone();
    moved[at..at + key.len()].copy_from_slice(other.as_bytes());
    let mut document = list();
    let outcome = document.apply([first.clone(), chunk(1, &moved[10..])]);
    assert_eq!(outcome.outcomes, [Outcome::Applied, Outcome::Refused(Refusal::Reference)]);
    // The schema's own value is nobody's to replace, also under a key of a list.
    let rooted = inspect_change(Schema::List.root()).expect("reads");
    let mut as_root = list();
    let change = forged(&mut as_root, rooted.actor, |writing| writing.put(ROOT, &key, "x"));
    assert_eq!(document.apply([change]).outcomes, [Outcome::Refused(Refusal::Sequence)]);
    assert_eq!(document.save().map(|_| ()), Ok(()));
}

/// Some honest history, change by change.
fn honest() -> Vec<Vec<u8>> {
    let (mut anna, mut ben) = (list(), list());
    let mut changes = vec![add(&mut anna, ANNA, 1, None, "Grüße, 東京"), add(&mut anna, ANNA, 2, Some(1), "money")];
    applied(&mut ben, changes.clone());
    changes.push(remove(&mut anna, ANNA, 1));
    changes.push(edit(&mut ben, BEN, 1, "Reise"));
    changes.push(ben.move_item(BEN, item(2), None).expect("moves").expect("a change").bytes);
    applied(&mut anna, [changes[3].clone(), changes[4].clone()]);
    changes.push(edit(&mut anna, ANNA, 1, ""));
    let placed = ItemId::Placed(EntryId([9; 32]));
    changes.push(anna.add_item(ANNA, placed, Some(item(2)), &titled("placed")).expect("adds").expect("a change").bytes);
    changes.push(anna.remove_item(ANNA, placed).expect("removes").bytes);
    changes
}

/// Whatever these bytes are, the list takes what is good, the same in any order, and never relies on its second line of defence.
fn survives(changes: Vec<Vec<u8>>) {
    let mut document = list();
    let mut all = document.apply(changes.iter().cloned()).outcomes;
    let save = document.save().expect("a list that took bad changes can be saved");
    let (loaded, _) = Document::load(Schema::List, &save, []).expect("loads");
    assert_eq!((loaded.heads(), loaded.items()), (document.heads(), document.items()));
    let mut backwards = list();
    for change in changes.iter().rev() {
        let outcome = backwards.apply([change.clone()]);
        all.extend(outcome.outcomes);
        all.extend(outcome.released.into_iter().map(|(_, outcome)| outcome));
    }
    assert!(!all.contains(&Outcome::Refused(Refusal::Inapplicable)), "{all:?}\n{changes:02x?}");
    if !all.contains(&Outcome::Refused(Refusal::SequenceTaken)) {
        assert_eq!((backwards.heads(), backwards.items()), (document.heads(), document.items()), "{changes:02x?}");
    }
}

#[test]
fn every_flipped_bit_with_a_mended_checksum_is_survived() {
    let changes = honest();
    survives(changes.clone());
    for at in 0..changes.len() {
        let good = changes[at].clone();
        for bit in 80..good.len() * 8 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let flipped = chunk(1, &flipped[10..]);
            // What cannot be read goes no further, whatever is around it.
            if inspect_change(&flipped).is_ok() {
                let mut changes = changes.clone();
                changes[at] = flipped;
                survives(changes);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    /// Several bytes of several changes at once, replaced, inserted or removed, with mended checksums.
    #[test]
    fn mutated_changes_are_survived(
        edits in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>(), any::<u8>(), 0..4), 1..6)
    ) {
        let mut changes = honest();
        for (which, at, byte, how) in edits {
            let which = which.index(changes.len());
            let mut content = changes[which][10..].to_vec();
            if content.is_empty() {
                continue;
            }
            let at = at.index(content.len());
            match how {
                0 => content[at] = byte,
                1 => content.insert(at, byte),
                2 => drop(content.remove(at)),
                _ => content[at] = content[at].wrapping_add(1),
            }
            changes[which] = chunk(1, &content);
        }
        survives(changes);
    }

    /// Well-formed changes that put and take away at random keys, by phones that know parts.
    #[test]
    fn random_operations_are_survived(
        steps in prop::collection::vec((0..3u8, 0..4u8, 0..5u8, any::<u8>(), any::<bool>()), 1..20)
    ) {
        let actors = [ANNA, BEN, MALLORY];
        let mut phones = [list(), list(), list()];
        let mut changes: Vec<Vec<u8>> = Vec::new();
        for (by, nth, part, value, hear) in steps {
            let phone = &mut phones[usize::from(by)];
            if hear {
                phone.apply(changes.clone());
            }
            let part = ["alive", "gone", "order", "1", "junk"][usize::from(part)];
            let key = format!("{}/{part}", item(nth).text());
            let change = forged(phone, actors[usize::from(by)], |writing| {
                if value & 1 == 1 && writing.get(ROOT, &key).is_ok_and(|found| found.is_some()) {
                    writing.delete(ROOT, &key)
                } else {
                    writing.put(ROOT, &key, format!("{}1", changes.len()))
                }
            });
            changes.push(change);
            // A phone whose change is refused elsewhere begins anew from what holds.
            if part == "junk" {
                phones[usize::from(by)] = list();
                changes.pop();
            }
        }
        survives(changes);
    }
}

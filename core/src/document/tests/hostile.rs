use super::forge::{Forged, chunk, made, run, signed, unsigned};
use super::*;
use automerge::transaction::{CommitOptions, Transactable};
use automerge::{ObjType, ROOT};
use proptest::prelude::*;

const MALLORY: Actor = Actor([0xc3; 16]);

fn forged() -> Forged {
    Forged::typing(MALLORY, 5)
}

#[test]
fn the_forge_makes_what_is_accepted() {
    let mut document = note();
    assert_eq!(document.apply([forged().bytes()]).outcomes, [Outcome::Applied]);
    assert_eq!(document.text().text, "xxxxx");
    let mut honest = note();
    assert_eq!(type_at(&mut honest, MALLORY, 0, 0, "xxxxx"), forged().bytes());
}

#[test]
fn chunks_that_are_no_plain_change_are_refused() {
    let good = forged().bytes();
    let content = &good[10..];
    let mut two = good.clone();
    two.extend(&good);
    let mut behind = good.clone();
    behind.push(0);
    let mut checksum = good.clone();
    checksum[5] ^= 1;
    let save = note().save().expect("saves");
    for (bytes, error) in [
        (chunk(2, content), GuardError::Compressed),
        (chunk(3, content), GuardError::OtherChunk),
        (chunk(0, content), GuardError::OtherChunk),
        (save, GuardError::OtherChunk),
        (two, GuardError::Malformed),
        (behind, GuardError::Malformed),
        (checksum, GuardError::Checksum),
        (Vec::new(), GuardError::OtherChunk),
        (vec![0; 300], GuardError::OtherChunk),
        (vec![0x85, 0x6f, 0x4a, 0x83], GuardError::Malformed),
        (vec![0; CHANGE_BYTES_MAX + 1], GuardError::TooLarge),
    ] {
        assert_eq!(inspect_change(&bytes), Err(error));
    }
}

#[test]
fn fields_that_no_honest_change_has_are_refused() {
    let with = |edit: &dyn Fn(&mut Forged)| {
        let mut change = forged();
        edit(&mut change);
        inspect_change(&change.bytes()).expect_err("refused")
    };
    assert_eq!(with(&|change| change.time = 1), GuardError::Remark);
    assert_eq!(with(&|change| change.message = "hello"), GuardError::Remark);
    assert_eq!(with(&|change| change.extra = vec![1, 1, 7]), GuardError::Unknown);
    assert_eq!(with(&|change| change.actor = vec![7; 32]), GuardError::Actors);
    assert_eq!(with(&|change| change.actor = vec![]), GuardError::Actors);
    assert_eq!(with(&|change| change.others.push(change.others[0].clone())), GuardError::Actors);
    assert_eq!(with(&|change| change.others.push(vec![0xff; 16])), GuardError::Actors);
    assert_eq!(with(&|change| change.others[0] = change.actor.clone()), GuardError::Actors);
    assert_eq!(with(&|change| change.others.clear()), GuardError::Actors);
    assert_eq!(with(&|change| change.seq = 0), GuardError::Counter);
    assert_eq!(with(&|change| change.seq = u64::MAX), GuardError::Counter);
    assert_eq!(with(&|change| change.start_op = 0), GuardError::Counter);
    for counter in [COUNTER_MAX - 4, 1 << 31, (1 << 32) - 3, i64::MAX.unsigned_abs(), u64::MAX - 4, u64::MAX] {
        assert_eq!(with(&|change| change.start_op = counter), GuardError::Counter);
    }
    assert_eq!(with(&|change| change.deps.push(change.deps[0])), GuardError::NotCanonical);
}

#[test]
fn columns_that_claim_too_much_cost_nothing_and_are_refused() {
    const HUGE: i64 = 1 << 60;
    for (specification, value) in
        [(0x01, 1), (0x02, 1), (0x11, 0), (0x13, 1), (0x42, 1), (0x56, 0x16), (0x70, 0), (0x71, 0), (0x73, 0)]
    {
        let change = forged().column(specification, run(HUGE, &[value]));
        assert_eq!(inspect_change(&change.bytes()), Err(GuardError::Operations), "{specification:x}");
        let nulls = [vec![0], unsigned(1 << 63)].concat();
        let change = forged().column(specification, nulls);
        assert_eq!(inspect_change(&change.bytes()), Err(GuardError::Operations), "{specification:x}");
        // A literal run that promises more values than there are bytes.
        let change = forged().column(specification, [signed(-HUGE), vec![value]].concat());
        assert!(inspect_change(&change.bytes()).is_err());
        let change = forged().column(specification, signed(i64::MIN));
        assert!(inspect_change(&change.bytes()).is_err());
    }
    let change = forged().column(0x34, [vec![0], unsigned(u64::MAX)].concat());
    assert_eq!(inspect_change(&change.bytes()), Err(GuardError::Operations));
    // All columns agree on the claim.
    let agreed = Forged::typing(MALLORY, HUGE);
    assert_eq!(inspect_change(&agreed.bytes()), Err(GuardError::Operations));
    // Every operation has many predecessors.
    let many = forged().column(0x70, run(5, &unsigned(1 << 59)));
    assert!(inspect_change(&many.bytes()).is_err());
    // A value that is longer than what is there; differences that overflow.
    let long = forged().column(0x56, run(5, &unsigned(u64::MAX)));
    assert_eq!(inspect_change(&long.bytes()), Err(GuardError::Malformed));
    let overflow = forged().column(0x13, run(5, &signed(i64::MAX)));
    assert!(inspect_change(&overflow.bytes()).is_err());
    // No operation at all.
    let mut empty = forged();
    empty.columns.clear();
    assert_eq!(inspect_change(&empty.bytes()), Err(GuardError::Operations));
}

#[test]
fn columns_in_any_other_form_are_refused() {
    let refused = |change: Forged| inspect_change(&change.bytes()).expect_err("refused");
    assert_eq!(refused(forged().column(0x42 | 8, run(5, &[1])).without(0x42)), GuardError::Compressed);
    assert_eq!(refused(forged().column(0x94, run(5, &[1]))), GuardError::Unknown);
    assert_eq!(refused(forged().column(0xa5, run(5, &[1, b'b']))), GuardError::Unknown);
    assert_eq!(refused(forged().column(0x42, vec![])), GuardError::NotCanonical);
    assert_eq!(refused(forged().column(0x42, run(4, &[1]))), GuardError::Malformed);
    for actions in [
        [run(4, &[1]), run(-1, &[1])].concat(),
        [run(2, &[1]), run(3, &[1])].concat(),
        [signed(-5), vec![1; 5]].concat(),
        [run(-1, &[1]), run(-1, &[3]), run(3, &[1])].concat(),
        [run(1, &[1]), run(4, &[3])].concat(),
        run(5, &[0x81, 0]),
    ] {
        assert_eq!(refused(forged().column(0x42, actions)), GuardError::NotCanonical);
    }
    assert_eq!(refused(forged().column(0x34, vec![0, 2, 0, 3])), GuardError::NotCanonical);
    assert_eq!(refused(forged().column(0x34, vec![0, 5, 0])), GuardError::NotCanonical);
    let mut order = forged();
    order.columns.swap(4, 5);
    assert_eq!(refused(order), GuardError::NotCanonical);
    let mut twice = forged();
    twice.columns.insert(5, twice.columns[5].clone());
    assert_eq!(refused(twice), GuardError::NotCanonical);
}

/// Applies a bad change between two good ones: it alone is refused, and the document is as sound as before.
fn refusal(bytes: Vec<u8>) -> Refusal {
    let mut document = note();
    let (before, after) = (type_at(&mut note(), ANNA, 0, 0, "before"), type_at(&mut note(), BEN, 0, 0, "after"));
    let outcome = document.apply([before, bytes, after]);
    assert_eq!((outcome.outcomes[0], outcome.outcomes[2]), (Outcome::Applied, Outcome::Applied));
    assert_eq!(document.text().text.len(), "beforeafter".len());
    assert!(document.save().is_ok());
    match outcome.outcomes[1] {
        Outcome::Refused(refusal) => refusal,
        other => panic!("not refused: {other:?}"),
    }
}

#[test]
fn changes_that_do_not_follow_from_their_past_are_refused() {
    let with = |edit: &dyn Fn(&mut Forged)| {
        let mut change = forged();
        edit(&mut change);
        refusal(change.bytes())
    };
    assert_eq!(with(&|change| change.start_op = 3), Refusal::Counter);
    assert_eq!(with(&|change| change.start_op = 900_000), Refusal::Counter);
    assert_eq!(with(&|change| change.deps.clear()), Refusal::Counter);
    assert_eq!(with(&|change| change.seq = 2), Refusal::Sequence);
    // The schema's own actor makes nothing else. Its columns name it as the author then.
    let root = inspect_change(Schema::Note.root()).expect("reads").actor;
    let mut as_root = Forged::typing(root, 5).column(0x01, run(5, &[0]));
    as_root.others.clear();
    assert_eq!(refusal(as_root.bytes()), Refusal::Sequence);
    as_root.seq = 2;
    assert_eq!(refusal(as_root.bytes()), Refusal::Sequence);
}

#[test]
fn operations_that_name_what_is_not_in_their_past_are_refused() {
    // Keys: an element that nobody made, one that this change makes later, one that is no element.
    for first in [50, 3, 1] {
        let key = if first == 1 { run(5, &[1]) } else { [run(-1, &signed(first)), run(4, &[1])].concat() };
        let change = forged().column(0x11, run(5, &[0])).column(0x13, key);
        assert_eq!(refusal(change.bytes()), Refusal::Reference, "{first}");
    }
    // Objects: an element is none.
    let change = forged().column(0x02, run(5, &[2]));
    assert_eq!(refusal(change.bytes()), Refusal::Reference);
    // An element of a change that is here, but was made at the same time.
    let mut theirs = note();
    let first = type_at(&mut theirs, BEN, 0, 0, "there");
    let mut document = note();
    applied(&mut document, [first]);
    let mut change = forged().column(0x11, [signed(-2), vec![2, 0], run(3, &[0])].concat());
    change.others = vec![change.others[0].clone(), BEN.0.to_vec()];
    for (number, expected) in [(1, Refusal::Guard(GuardError::Actors)), (2, Refusal::Reference)] {
        let key = [run(-1, &[number]), run(4, &[0])].concat();
        let change = change.clone().column(0x11, key).column(0x13, [run(2, &[2]), run(3, &[1])].concat());
        assert_eq!(document.apply([change.bytes()]).outcomes, [Outcome::Refused(expected)]);
    }
    assert_eq!(document.text().text, "there");
}

#[test]
fn only_what_the_schema_has_is_written() {
    let quiet = || CommitOptions::default().with_time(0);
    let by = |write: &dyn Fn(&mut automerge::transaction::Transaction<'_>, automerge::ObjId)| {
        refusal(made(&mut note(), MALLORY, quiet(), |writing, text| {
            write(writing, text);
            Ok(())
        }))
    };
    assert_eq!(by(&|writing, _| writing.put(ROOT, "text", "gone").expect("puts")), Refusal::Schema);
    assert_eq!(by(&|writing, _| writing.delete(ROOT, "text").expect("deletes")), Refusal::Schema);
    assert_eq!(by(&|writing, _| writing.put(ROOT, "other", "x").expect("puts")), Refusal::Schema);
    assert_eq!(by(&|writing, _| writing.put(ROOT, "title", 7).expect("puts")), Refusal::Schema);
    assert_eq!(by(&|writing, _| writing.put(ROOT, "title", "x".repeat(201)).expect("puts")), Refusal::Schema);
    let object = |kind: ObjType| {
        move |writing: &mut automerge::transaction::Transaction<'_>, _: automerge::ObjId| {
            writing.put_object(ROOT, "title", kind).map(|_| ()).expect("puts");
        }
    };
    for kind in [ObjType::Map, ObjType::List, ObjType::Text] {
        assert_eq!(by(&object(kind)), Refusal::Schema);
    }
    assert_eq!(by(&|writing, text| writing.insert(text, 0, "two").expect("inserts")), Refusal::Schema);
    assert_eq!(by(&|writing, text| writing.insert(text, 0, 7).expect("inserts")), Refusal::Schema);
    let map = |kind| by(&move |writing, text| drop(writing.insert_object(text, 0, kind).expect("inserts")));
    assert_eq!(map(ObjType::Map), Refusal::Schema);
    let marked = by(&|writing, text| {
        writing.splice_text(&text, 0, 0, "bold").expect("types");
        let mark = automerge::marks::Mark::new("bold".into(), true, 0, 4);
        writing.mark(text, mark, automerge::marks::ExpandMark::Both).expect("marks");
    });
    assert_eq!(marked, Refusal::Guard(GuardError::Unknown));
    let timed = made(&mut note(), MALLORY, CommitOptions::default().with_time(1_700_000_000), |writing, _| {
        writing.put(ROOT, "title", "x")
    });
    assert_eq!(refusal(timed), Refusal::Guard(GuardError::Remark));
}

#[test]
fn waiting_changes_are_bounded_and_can_be_given_again() {
    let mut next = Forged::typing(MALLORY, 4);
    let mut changes = Vec::new();
    for seq in 1..=4200 {
        next.seq = seq;
        changes.push(next.bytes());
        next.deps = vec![inspect_change(&next.bytes()).expect("reads").hash];
        next.start_op += 4;
    }
    let mut document = note();
    let outcomes = document.apply(changes.iter().skip(1).rev().cloned()).outcomes;
    let refused = Outcome::Refused(Refusal::TooManyWaiting);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == refused).count(), 4199 - 4096);
    document.apply(changes);
    assert_eq!(document.heads(), next.deps);
}

/// Some honest history, change by change.
fn honest() -> Vec<Vec<u8>> {
    let (mut anna, mut ben) = (note(), note());
    let mut changes = vec![type_at(&mut anna, ANNA, 0, 0, "Grüße, 東京 🎈")];
    applied(&mut ben, changes.clone());
    changes.push(type_at(&mut ben, BEN, 3, 4, "und mehr"));
    changes.push(anna.set(ANNA, Field::Title, "Reise").expect("sets").expect("a change").bytes);
    changes.push(ben.set(BEN, Field::Title, "Urlaub").expect("sets").expect("a change").bytes);
    applied(&mut anna, [changes[1].clone(), changes[3].clone()]);
    changes.push(type_at(&mut anna, ANNA, 2, 6, "x"));
    changes.push(anna.set(ANNA, Field::Title, "Beides").expect("sets").expect("a change").bytes);
    changes
}

/// Whatever these bytes are, the document takes what is good, the same in any order, and never relies on its second
/// line of defence.
fn survives(changes: Vec<Vec<u8>>) {
    let mut document = note();
    let outcomes = document.apply(changes.iter().cloned()).outcomes;
    let inapplicable = Outcome::Refused(Refusal::Inapplicable);
    assert!(!outcomes.contains(&inapplicable), "{outcomes:?}\n{changes:02x?}");
    let save = document.save().expect("a document that took bad changes can be saved");
    let (loaded, _) = Document::load(Schema::Note, &save, []).expect("loads");
    assert_eq!(loaded.heads(), document.heads());

    let mut backwards = note();
    for change in changes.iter().rev() {
        backwards.apply([change.clone()]);
    }
    assert_eq!(backwards.heads(), document.heads(), "{changes:02x?}");
}

#[test]
fn every_cut_and_every_flipped_bit_of_a_change_is_refused() {
    for good in honest() {
        for cut in 0..good.len() {
            assert!(inspect_change(&good[..cut]).is_err());
        }
        for bit in 0..good.len() * 8 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(inspect_change(&flipped).is_err());
        }
    }
}

#[test]
fn every_flipped_bit_with_a_mended_checksum_is_survived() {
    let changes = honest();
    for at in 0..changes.len() {
        let good = changes[at].clone();
        for bit in 80..good.len() * 8 {
            let mut flipped = good.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let mut changes = changes.clone();
            changes[at] = chunk(1, &flipped[10..]);
            survives(changes);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, ..ProptestConfig::default() })]

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

    /// Saves from elsewhere: flipped with and without a mended checksum, cut, mutated.
    #[test]
    fn mutated_saves_are_refused_or_harmless(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut in any::<prop::sample::Index>(), mend in prop::bool::weighted(0.8),
    ) {
        let mut document = note();
        document.apply(honest());
        let save = document.save().expect("saves");
        assert!(changes_in(Schema::Note, &save[..cut.index(save.len())]).is_err());
        let mut content = save[10..].to_vec();
        for (at, byte) in edits {
            let at = at.index(content.len());
            content[at] = byte;
        }
        let bytes = if mend { chunk(0, &content) } else { [&save[..10], &content].concat() };
        if let Ok(changes) = changes_in(Schema::Note, &bytes) {
            survives(changes);
        }
    }
}

#[test]
fn saves_that_are_deflated_or_claim_too_much_are_refused() {
    let mut document = note();
    type_at(&mut document, ANNA, 0, 0, &"words and words ".repeat(100));
    let deflated = document.automerge.save();
    let unreadable = |bytes: &[u8]| match changes_in(Schema::Note, bytes) {
        Err(DocumentError::Unreadable(Refusal::Guard(error))) => error,
        other => panic!("{other:?}"),
    };
    assert_eq!(unreadable(&deflated), GuardError::Compressed);
    assert_eq!(unreadable(&forged().bytes()), GuardError::OtherChunk);
    // No actors, no heads, no columns of changes, one column of operations that claims 2^60 of them.
    let claim = run(1 << 60, &[1]);
    for specification in [0x42_u64, 0x21, 0x23, 0x80, 0x56] {
        let columns = [unsigned(1), unsigned(specification), unsigned(claim.len() as u64)].concat();
        let bomb = [vec![0, 0, 0], columns, claim.clone()].concat();
        assert!(matches!(unreadable(&chunk(0, &bomb)), GuardError::Operations | GuardError::Counter));
    }
    // A document of another kind.
    let mut other = Automerge::new();
    let mut transaction = other.transaction();
    transaction.put(ROOT, "title", "no note").expect("puts");
    transaction.commit_with(CommitOptions::default().with_time(0));
    let save = other.save_nocompress();
    let loaded = Document::load(Schema::Note, &save, []).map(|_| ());
    assert_eq!(loaded, Err(DocumentError::Unreadable(Refusal::Schema)));
}

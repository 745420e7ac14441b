use super::*;

#[test]
fn text_is_typed_removed_and_replaced() {
    let mut note = note();
    type_at(&mut note, ANNA, 0, 0, "Grüße aus 東京");
    type_at(&mut note, ANNA, 10, 2, "Rom");
    assert_eq!(note.text(), Shown { text: "Grüße aus Rom".into(), stripped: false });
    assert_eq!(note.splice(ANNA, ScalarPosition(3), 0, ""), Ok(vec![]));
    assert_eq!(note.next_seq(&ANNA), 3);
    assert_eq!(note.next_seq(&BEN), 1);
}

#[test]
fn places_outside_and_inside_characters_are_refused() {
    let mut note = note();
    // A family of four, a flag, and an e with an accent that is its own scalar value.
    type_at(&mut note, ANNA, 0, 0, "👨‍👩‍👧‍👦🇩🇪e\u{301}");
    let before = note.heads();
    for (at, delete) in [(1, 0), (0, 3), (7, 1), (8, 0), (9, 1), (10, 0), (10, 1)] {
        let result = note.splice(BEN, ScalarPosition(at), delete, "x");
        assert_eq!(result, Err(DocumentError::SplitsGrapheme), "{at} {delete}");
    }
    for (at, delete) in [(12, 0), (0, 12), (11, 1), (usize::MAX, usize::MAX)] {
        let result = note.splice(BEN, ScalarPosition(at), delete, "x");
        assert_eq!(result, Err(DocumentError::OutOfRange { length: 11 }));
    }
    assert_eq!(note.heads(), before);
    type_at(&mut note, BEN, 7, 2, "");
    assert_eq!(note.text().text, "👨‍👩‍👧‍👦e\u{301}");
}

#[test]
fn what_is_never_shown_is_not_typed() {
    let mut note = note();
    type_at(&mut note, ANNA, 0, 0, "a\u{202e}b\u{feff}\r\n\tc\u{0}👩\u{200d}🚒");
    assert_eq!(note.text(), Shown { text: "ab\n c👩\u{200d}🚒".into(), stripped: false });
    assert_eq!(note.splice(ANNA, ScalarPosition(0), 0, "\u{2066}"), Ok(vec![]));
    note.set(ANNA, Field::Title, "Our\u{200b} week\nin Rome").expect("sets");
    assert_eq!(note.title()[0].text.text, "Our week in Rome");
}

#[test]
fn what_others_hid_in_a_text_is_left_out_and_places_count_without_it() {
    let mut theirs = note();
    let hidden = forge::typed(&mut theirs, BEN, "ab\u{202e}\u{202e}cd");
    let mut mine = note();
    applied(&mut mine, [hidden]);
    assert_eq!(mine.text(), Shown { text: "abcd".into(), stripped: true });
    type_at(&mut mine, ANNA, 3, 1, "D");
    assert_eq!(mine.text(), Shown { text: "abcD".into(), stripped: true });
    type_at(&mut mine, ANNA, 1, 2, "-");
    assert_eq!(mine.text(), Shown { text: "a-D".into(), stripped: false });
}

#[test]
fn units_are_converted_both_ways() {
    let text = "a😀e\u{301}b";
    for (scalars, units) in [(0, 0), (1, 1), (2, 3), (3, 4), (4, 5), (5, 6)] {
        assert_eq!(Utf16Position(units).to_scalar(text), Ok(ScalarPosition(scalars)));
        assert_eq!(ScalarPosition(scalars).to_utf16(text), Ok(Utf16Position(units)));
    }
    assert_eq!(Utf16Position(2).to_scalar(text), Err(DocumentError::SplitsGrapheme));
    assert_eq!(Utf16Position(7).to_scalar(text), Err(DocumentError::OutOfRange { length: 5 }));
    assert_eq!(ScalarPosition(6).to_utf16(text), Err(DocumentError::OutOfRange { length: 5 }));
}

#[test]
fn titles_written_at_the_same_time_are_all_kept_until_one_of_them_is_chosen() {
    let (mut mine, mut yours) = (note(), note());
    let first = mine.set(ANNA, Field::Title, "Rome").expect("sets").expect("a change");
    let second = yours.set(BEN, Field::Title, "Paris").expect("sets").expect("a change");
    applied(&mut mine, [second.bytes.clone()]);
    applied(&mut yours, [first.bytes.clone()]);
    assert_eq!(mine.title(), yours.title());
    let mut found: Vec<_> = mine.title().into_iter().map(|v| (v.text.text, v.actor, v.change)).collect();
    found.sort();
    assert_eq!(found, [("Paris".into(), BEN, second.hash), ("Rome".into(), ANNA, first.hash)]);
    let shown = mine.title()[0].text.text.clone();
    let chosen = mine.set(ANNA, Field::Title, &shown).expect("sets").expect("choosing is a change");
    applied(&mut yours, [chosen.bytes]);
    assert_eq!(yours.title().len(), 1);
    assert_eq!(yours.set(BEN, Field::Title, &shown), Ok(None));
    assert_eq!(yours.set(BEN, Field::Title, &"x".repeat(201)), Err(DocumentError::TooLong { most: 200 }));
}

#[test]
fn a_million_characters_are_too_many_for_a_note_and_a_long_text_is_cut_into_changes() {
    let mut note = note();
    let most = NOTE_TEXT_MAX;
    let million = "wörd ".repeat(200_000);
    assert_eq!(note.splice(ANNA, ScalarPosition(0), 0, &million), Err(DocumentError::TooLong { most }));
    let changes = note.splice(ANNA, ScalarPosition(0), 0, &"wörd ".repeat(most / 5)).expect("types");
    assert!(changes.len() > 5);
    assert!(changes.iter().all(|change| change.bytes.len() <= CHANGE_BYTES_MAX));
    let seqs: Vec<_> = changes.iter().map(|change| change.seq).collect();
    assert_eq!(seqs, (1..=changes.len() as u64).collect::<Vec<_>>());
    assert_eq!(note.splice(ANNA, ScalarPosition(0), 0, "x"), Err(DocumentError::TooLong { most }));
    let mut other = super::note();
    applied(&mut other, changes.into_iter().rev().map(|change| change.bytes));
    assert_eq!(other.text(), note.text());
    let replaced = note.splice(ANNA, ScalarPosition(0), most - 5, "s").expect("types");
    assert!(replaced.len() > 1);
    assert_eq!(note.text().text, "swörd ");
    applied(&mut other, replaced.into_iter().map(|change| change.bytes));
    assert_eq!(other.text(), note.text());
}

#[test]
fn a_document_that_had_all_its_edits_is_full_and_stays_readable() {
    let mut near = note();
    let mut typed = forge::Forged::typing(ANNA, 4);
    typed.start_op = COUNTER_MAX - 5;
    assert_eq!(near.apply([typed.bytes()]).outcomes, [Outcome::Refused(Refusal::Counter)]);
    let mut next = forge::Forged::typing(ANNA, 19_000);
    let mut changes = Vec::new();
    for seq in 1..=52 {
        next.seq = seq;
        changes.push(next.bytes());
        next.deps = vec![inspect_change(&next.bytes()).expect("reads").hash];
        next.start_op += 19_000;
    }
    applied(&mut near, changes);
    assert_eq!(near.splice(BEN, ScalarPosition(0), 50_000, ""), Err(DocumentError::Full));
    assert_eq!(near.splice(BEN, ScalarPosition(0), 10, "more than ten"), Err(DocumentError::TooLong { most: 200_000 }));
    assert_eq!(near.text().text.len(), 52 * 19_000);
    type_at(&mut near, BEN, 0, 10, "less");
    let save = near.save().expect("saves");
    assert_eq!(Document::load(Schema::Note, &save, []).expect("loads").0.heads(), near.heads());
}

#[test]
fn a_save_loads_again_and_takes_the_changes_after_it() {
    let mut note = note();
    type_at(&mut note, ANNA, 0, 0, "Hello");
    note.set(ANNA, Field::Title, "Title").expect("sets");
    let save = note.save().expect("saves");
    let later = type_at(&mut note, BEN, 5, 0, " there");
    let (loaded, outcome) = Document::load(Schema::Note, &save, [later]).expect("loads");
    assert_eq!(outcome.outcomes, [Outcome::Applied]);
    assert_eq!((loaded.text(), loaded.title(), loaded.heads()), (note.text(), note.title(), note.heads()));
    let facts = note.changes().expect("reads");
    assert_eq!(
        facts.iter().map(|facts| (facts.actor, facts.seq)).collect::<Vec<_>>(),
        [(ANNA, 1), (ANNA, 2), (BEN, 1)]
    );
    assert!(facts.iter().all(|facts| note.contains(&facts.hash)));
    // Taken apart, a save from elsewhere is nothing but changes.
    let mut other = super::note();
    applied(&mut other, changes_in(Schema::Note, &note.save().expect("saves")).expect("reads"));
    assert_eq!(other.heads(), note.heads());
}

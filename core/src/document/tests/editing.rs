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
    assert_eq!(note.text(), Shown { text: "ab\nc👩\u{200d}🚒".into(), stripped: false });
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
fn a_million_characters_are_too_many_for_one_note_but_not_for_one_edit() {
    let mut note = note();
    let changes = note.splice(ANNA, ScalarPosition(0), 0, &"wörd ".repeat(200_000)).expect("types");
    assert!(changes.len() > 10);
    assert!(changes.iter().all(|change| change.bytes.len() <= CHANGE_BYTES_MAX));
    let seqs: Vec<_> = changes.iter().map(|change| change.seq).collect();
    assert_eq!(seqs, (1..=changes.len() as u64).collect::<Vec<_>>());
    let most = NOTE_TEXT_MAX;
    assert_eq!(note.splice(ANNA, ScalarPosition(0), 0, "x"), Err(DocumentError::TooLong { most }));
    let mut other = super::note();
    applied(&mut other, changes.into_iter().rev().map(|change| change.bytes));
    assert_eq!(other.text(), note.text());
    // Replacing all of it takes as many operations again, and then the document is full.
    let replaced = note.splice(ANNA, ScalarPosition(0), most - 5, "s").expect("types");
    assert!(replaced.len() > 1);
    assert_eq!(note.text().text, "swörd ");
    applied(&mut other, replaced.into_iter().map(|change| change.bytes));
    assert_eq!(other.text(), note.text());
    assert_eq!(note.splice(BEN, ScalarPosition(0), 0, "longer"), Err(DocumentError::Full));
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
    assert_eq!(facts.iter().map(|facts| (facts.actor, facts.seq)).collect::<Vec<_>>(), [(ANNA, 1), (ANNA, 2), (BEN, 1)]);
    assert!(facts.iter().all(|facts| note.contains(&facts.hash)));
    // Taken apart, a save from elsewhere is nothing but changes.
    let mut other = super::note();
    applied(&mut other, changes_in(Schema::Note, &note.save().expect("saves")).expect("reads"));
    assert_eq!(other.heads(), note.heads());
}

//! The simulated world, and that it notices.

use amends_core::document::ScalarPosition;
use amends_core::home::{Answer, EntryView, Fields};
use amends_tests::world::World;
use amends_tests::world::phone::Side;

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

//! A device's key is used twice, and two changes of a note claim one place: every phone ends with the same text, and nobody's words
//! are lost from it.

use super::fields;
use amends_core::crypto::record::Item;
use amends_core::crypto::seal::open_record;
use amends_core::document::{Actor, ChangeFacts, Document, ScalarPosition, Schema, inspect_change};
use amends_core::home::EntryView;
use amends_core::id::EntryId;
use amends_tests::world::World;
use amends_tests::world::dice::Dice;
use amends_tests::world::phone::Side;

const ANA: usize = 0;
const BEN: usize = 1;

fn text(world: &mut World, at: usize, note: EntryId) -> String {
    let moment = world.phones[at].moment();
    match world.phones[at].home.as_mut().expect("runs").show(moment, note).expect("is there") {
        EntryView::CoText { text, .. } => text,
        other => panic!("no note: {other:?}"),
    }
}

fn type_at_end(world: &mut World, at: usize, note: EntryId, words: &str) {
    let end = text(world, at, note).chars().count();
    let moment = world.phones[at].moment();
    world.phones[at].home.as_mut().expect("runs").splice(moment, note, ScalarPosition(end), 0, words).expect("types");
    world.flush(at).expect("flushes");
    world.settle().expect("settles");
}

/// The changes of the note at the relay.
fn changes(world: &World, note: EntryId) -> Vec<(ChangeFacts, Vec<u8>)> {
    let space = world.space.as_ref().expect("paired");
    let records = world.relay.records(space.box_id()).filter_map(|sealed| open_record(space, sealed).ok());
    let mut found = Vec::new();
    for record in records {
        let items = record.items.into_iter().skip(record.core.headers.len());
        for (document, item) in record.core.documents.iter().zip(items) {
            if let (true, Item::Present(bytes)) = (*document == note, item) {
                found.push((inspect_change(&bytes).expect("sound"), bytes));
            }
        }
    }
    found
}

/// Another change by the same hand at the same place, of the lower or the higher hash.
fn twin(before: &[Vec<u8>], of: &ChangeFacts, lower: bool) -> Vec<u8> {
    let mut tries = (0..100).map(|n| {
        let (mut document, _) = Document::load(Schema::Note, &[], before.to_vec()).expect("loads");
        let made = document.splice(Actor(of.actor.0), ScalarPosition(0), 0, &format!("nutmeg {n} "));
        made.expect("types").remove(0)
    });
    let twin = tries.find(|twin| (twin.hash < of.hash) == lower).expect("one in two");
    assert_eq!((inspect_change(&twin.bytes).expect("sound").start_op, twin.seq), (of.start_op, of.seq));
    twin.bytes
}

#[test]
fn a_note_in_which_one_place_was_written_twice() {
    for lower in [true, false] {
        let mut world = World::new(41, &[Side::A], None).expect("pairs");
        let moment = world.phones[BEN].moment();
        let ben = world.phones[BEN].home.as_mut().expect("runs");
        let note = ben.new_entry(moment, "note", &fields(&[("title", "Sunday")]), false).expect("begins");
        world.flush(BEN).expect("flushes");
        world.settle().expect("settles");
        let before: Vec<Vec<u8>> = changes(&world, note).into_iter().map(|(_, bytes)| bytes).collect();
        type_at_end(&mut world, BEN, note, "walnut");
        let (of, _) = changes(&world, note).into_iter().last().expect("typed");
        type_at_end(&mut world, ANA, note, " cinnamon");
        type_at_end(&mut world, BEN, note, " ginger");

        let sealed = world.sign(Vec::new(), vec![(note, twin(&before, &of, lower))], &mut Dice::new(3)).expect("signs");
        let space = *world.space.as_ref().expect("paired").box_id();
        let mail = world.relay.inject(space, sealed);
        world.post(mail);
        world.settle().expect("settles");
        for at in 0..world.phones.len() {
            world.flush(at).expect("flushes");
        }
        world.settle().expect("settles");

        let shown = text(&mut world, ANA, note);
        for word in ["walnut", "cinnamon", "ginger"] {
            assert_eq!(shown.matches(word).count(), 1, "{word} in {shown:?}");
        }
        assert_eq!(shown.contains("nutmeg"), lower, "{shown:?}");
        for at in 0..world.phones.len() {
            assert_eq!(text(&mut world, at, note), shown, "phone {at}");
            let moment = world.phones[at].moment();
            let home = world.phones[at].home.as_mut().expect("runs");
            let items = home.quarantine(moment).expect("readable");
            let count = |reason: &str| items.iter().filter(|item| item.reason == reason).count();
            assert_eq!(
                (count("change_sequence_taken"), count("change_set_aside")),
                (1, if lower { 2 } else { 0 }),
                "{at}"
            );
            home.rebuild(moment).expect("rebuilds");
            assert_eq!(text(&mut world, at, note), shown, "phone {at}, made anew");
        }
        // Everybody goes on.
        type_at_end(&mut world, BEN, note, " saffron");
        type_at_end(&mut world, 2, note, " cumin");
        world.heal_and_check().expect("holds");
        assert!(text(&mut world, ANA, note).ends_with(" saffron cumin"));
    }
}

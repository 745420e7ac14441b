//! Words taken back leave the packs of both phones, and do not come back with an old one.

use super::life::{ANA, BEN, Life};
use amends_core::home::{EntryView, Home};
use amends_core::id::EntryId;
use amends_core::statement::Value;
use amends_core::storage::MemoryStore;

const WORDS: &str = "a word that nobody else uses";

/// Ana says something that later ends up in packs.
fn say(life: &mut Life) -> EntryId {
    let fields = [("text".to_owned(), WORDS.to_owned())];
    let home = &mut life.couple.phones[ANA].home;
    let entry = home.new_entry(life.now, "appreciation", &fields, false).expect("an entry");
    home.flush(life.now).expect("a flush");
    life.couple.pump(life.now);
    entry
}

/// Everybody writes enough to make packs of what they have.
fn fill(life: &mut Life) {
    for number in 0..40 {
        for phone in [ANA, BEN] {
            let fields = [("text".to_owned(), format!("thing {number}"))];
            let home = &mut life.couple.phones[phone].home;
            home.new_entry(life.now, "appreciation", &fields, false).expect("an entry");
            home.flush(life.now).expect("a flush");
        }
        life.couple.pump(life.now);
    }
    assert!(life.couple.is_settled());
}

fn take_back(life: &mut Life, entry: EntryId) {
    let home = &mut life.couple.phones[ANA].home;
    home.redact(life.now, entry).expect("a redaction");
    home.flush(life.now).expect("a flush");
    life.couple.pump(life.now);
    assert!(life.couple.is_settled());
}

/// What a home shows of an entry's words.
fn words(life: &Life, home: &mut Home<MemoryStore>, entry: EntryId) -> Option<Value> {
    let EntryView::OwnEntry { wordings, .. } = home.show(life.now, entry).expect("is there") else {
        panic!("an entry of one's own")
    };
    wordings.into_iter().find_map(|mut wording| wording.fields.as_mut()?.remove("text"))
}

#[test]
fn words_taken_back_leave_the_packs_and_nobody_gets_them_any_more() {
    let mut life = Life::new(12);
    let entry = say(&mut life);
    fill(&mut life);
    let (_, _, space) = life.space();
    let before: Vec<Vec<u8>> = life.couple.relay.held(&space).expect("a box").chunks.values().cloned().collect();
    // The control: whoever comes before gets them from the pack.
    let mut early = life.next_device();
    assert!(life.visit(&mut early).chunks() > 0);
    assert!(words(&life, &mut early, entry).is_some_and(|text| text == Value::Text(WORDS.to_owned())));
    life.leave(&mut early);
    take_back(&mut life, entry);
    let held = life.couple.relay.held(&space).expect("a box");
    assert!(held.chunks.values().any(|chunk| !before.contains(chunk)), "a segment was rewritten");
    assert!(before.iter().any(|chunk| !held.chunks.values().any(|kept| kept == chunk)), "and the old one is gone");
    let mut late = life.next_device();
    assert!(life.visit(&mut late).chunks() > 0);
    life.is_complete(&mut late);
    assert_eq!(words(&life, &mut late, entry), None);
}

#[test]
fn an_old_pack_does_not_bring_words_back_and_is_replaced() {
    let mut life = Life::new(12);
    let entry = say(&mut life);
    fill(&mut life);
    let (_, _, space) = life.space();
    let old = {
        let held = life.couple.relay.held(&space).expect("a box");
        (held.packs.clone(), held.chunks.clone())
    };
    take_back(&mut life, entry);
    // A relay that puts the old packs beside the new one, and the new one's chunks away.
    let held = life.couple.relay.held(&space).expect("a box");
    let new: Vec<_> = held.chunks.keys().filter(|hash| !old.1.contains_key(hash)).copied().collect();
    held.packs.splice(0..0, old.0.clone());
    held.chunks.extend(old.1.clone());
    new.iter().for_each(|hash| drop(held.chunks.remove(hash)));
    let mut late = life.next_device();
    let fetched = life.visit(&mut late).chunks();
    assert!(fetched > 0, "the old pack was loaded");
    assert_eq!(words(&life, &mut late, entry), None);
    life.is_complete(&mut late);
    // It has seen the words, and makes a pack without them in the place of the old ones.
    let held = life.couple.relay.held(&space).expect("a box");
    assert!(!held.packs.iter().any(|pack| old.0.contains(pack)), "the old packs are gone");
}

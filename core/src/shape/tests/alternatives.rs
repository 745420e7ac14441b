//! Alternatives: offers are a union, ratings each one's own, and only both together pick.

use super::phones::{Phones, TABLE, member, voices};
use super::*;
use crate::shape::acts::alternatives::{self, Alternatives, AlternativesView, Rating};
use crate::shape::acts::{self, Wish};
use crate::statement::Kind;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};

const OF: Alternatives = Alternatives { rate: "rate", rating: 1, slot: Some(1) };

fn offer(phones: &mut Phones, phone: usize, slot: &str) -> StatementId {
    phones.does(phone, &Wish::new("offer"), Some(slot)).expect("each may offer")
}

fn rate(phones: &mut Phones, phone: usize, offer: StatementId, rating: &str) {
    phones.does(phone, &Wish::new("rate").on(offer), Some(rating)).expect("each may rate");
}

fn pick(phones: &mut Phones, phone: usize, offer: StatementId) {
    phones.does(phone, &Wish::new("pick").on(offer), None).expect("each may pick");
}

fn shown(set: &StatementSet) -> AlternativesView {
    let voices = voices(set);
    alternatives::view(&acts::view(set, &voices, &TABLE), &voices, &OF)
}

/// Both counter offline: the union of the slots, the earliest that suits both is suggested, and nobody picked by rating.
#[test]
fn slots_unite_and_the_earliest_for_both_is_suggested() {
    let mut phones = Phones::new();
    let late = offer(&mut phones, 0, "2026-03-12T20:00");
    let early = offer(&mut phones, 2, "2026-03-11T20:00");
    let never = offer(&mut phones, 2, "2026-03-10T07:00");
    let view = phones.healed(shown);
    assert_eq!(
        (view.all.len(), view.suggested, view.picked),
        (3, None, None),
        "who offers can; the other said nothing"
    );
    rate(&mut phones, 0, early, "could");
    rate(&mut phones, 0, never, "cant");
    rate(&mut phones, 2, late, "works");
    let view = phones.healed(shown);
    assert_eq!((view.suggested, view.picked), (Some(early), None), "G7");
    pick(&mut phones, 0, early);
    pick(&mut phones, 2, late);
    assert_eq!(phones.healed(shown).picked, None, "each picked another");
    pick(&mut phones, 3, early);
    assert_eq!(phones.healed(shown).picked, Some(early), "a pick replaces the pick before, whatever it was of");
    // G8: one leaves it without asking.
    rate(&mut phones, 0, early, "cant");
    let view = phones.healed(shown);
    assert_eq!((view.picked, view.suggested), (None, Some(late)));
}

#[test]
fn of_two_phones_the_less_willing_counts() {
    let mut phones = Phones::new();
    let slot = offer(&mut phones, 0, "2026-03-12");
    phones.heal();
    rate(&mut phones, 2, slot, "works");
    rate(&mut phones, 3, slot, "cant");
    let view = phones.healed(shown);
    assert_eq!(view.all[0].ratings, BTreeMap::from([(ada(), Rating::Works), (ben(), Rating::Cant)]));
    rate(&mut phones, 3, slot, "could");
    assert!(phones.healed(shown).all[0].mutually_acceptable);
    // Two of one's own phones picked differently: neither is picked.
    let other = offer(&mut phones, 0, "2026-03-13");
    phones.heal();
    pick(&mut phones, 0, slot);
    pick(&mut phones, 2, slot);
    pick(&mut phones, 3, other);
    assert_eq!(phones.healed(shown).picked, None);
    pick(&mut phones, 2, slot);
    assert_eq!(phones.healed(shown).picked, Some(slot));
}

#[test]
fn an_offer_that_was_corrected_is_another() {
    let mut phones = Phones::new();
    let slot = offer(&mut phones, 0, "2026-03-12");
    phones.heal();
    pick(&mut phones, 2, slot);
    pick(&mut phones, 0, slot);
    let wish = Wish { instead_of: [slot].into(), ..Wish::new("offer") };
    let corrected = phones.does(0, &wish, Some("2026-03-14")).expect("hers");
    let view = phones.healed(shown);
    assert_eq!((view.all.iter().map(|one| one.id).collect::<Vec<_>>(), view.picked), (vec![corrected], None));
    assert!(
        view.all[0].picked_by.is_empty() && !view.all[0].mutually_acceptable,
        "nothing carries over to other words"
    );
    // A rating that is no rating says nothing.
    rate(&mut phones, 2, corrected, "definitely");
    assert_eq!(phones.healed(shown).all[0].ratings.len(), 1);
    for rating in [Rating::Cant, Rating::Could, Rating::Works] {
        assert_eq!(Rating::parse(rating.code()), Some(rating));
    }
}

/// What does not happen: nobody's rating speaks for the other.
#[test]
fn a_forged_rating_is_its_signers() {
    let mut phones = Phones::new();
    let slot = offer(&mut phones, 0, "2026-03-12");
    rate(&mut phones, 0, slot, "cant");
    phones.heal();
    let hers: Vec<StatementId> = phones.ids(0);
    for content in [
        Content::act("promise", 1, "pick"),
        Content { fields: Some([(1, Value::Text("works".into()))].into()), ..Content::act("promise", 1, "rate") },
    ] {
        phones.forge(Kind::ACT, &[(crate::statement::Role::SUBJECT, slot)], &hers, &content);
    }
    let view = phones.healed(shown);
    assert_eq!(view.all[0].ratings[&ada()], Rating::Cant);
    assert_eq!((view.all[0].mutually_acceptable, view.picked), (false, None));
    assert_eq!(view.all[0].picked_by, [ben()].into());
}

proptest! {
    #![proptest_config(cases(128))]

    /// In any order and partition: an alternative is picked only if both said so of it and nothing else, on every phone of theirs.
    #[test]
    fn nothing_is_picked_that_both_did_not_pick(
        history in vec((any::<Index>(), 0..5u8, any::<Index>(), any::<u64>()), 1..30)
    ) {
        let mut phones = Phones::new();
        let mut offers = vec![offer(&mut phones, 0, "2026-03-12")];
        for (phone, deed, which, mask) in history {
            let phone = phone.index(4);
            let known: Vec<StatementId> = offers.iter().copied().filter(|id| phones.sets[phone].get(id).is_some()).collect();
            match (deed, known.as_slice()) {
                (0, _) => offers.push(offer(&mut phones, phone, ["2026-03-11", "2026-03-13"][which.index(2)])),
                (1, known) if !known.is_empty() => rate(&mut phones, phone, known[which.index(known.len())], ["works", "could", "cant"][(mask % 3) as usize]),
                (2, known) if !known.is_empty() => pick(&mut phones, phone, known[which.index(known.len())]),
                _ => phones.deliver(which.index(4), phone, |at| mask >> (at % 64) & 1 == 1),
            }
        }
        let view = phones.healed(shown);
        let set = &phones.sets[0];
        prop_assert_eq!(view.all.len(), offers.len(), "a union");
        let chosen = |member| -> BTreeSet<StatementId> {
            let acts = acts::view(set, &voices(set), &TABLE);
            acts.standing_as("pick").filter(|said| said.member == member).flat_map(|said| said.subjects.clone()).collect()
        };
        let both = chosen(ada()) == chosen(ben()) && chosen(ada()).len() == 1;
        prop_assert!(view.picked.is_none() || (both && chosen(ada()).contains(&view.picked.expect("some"))));
        if let Some(suggested) = view.suggested {
            let one = view.all.iter().find(|one| one.id == suggested).expect("among them");
            prop_assert!(one.ratings.len() == 2 && one.ratings.values().all(|rating| *rating != Rating::Cant));
            prop_assert!(view.all.iter().filter(|other| other.mutually_acceptable).all(|other| other.fields[&1] >= one.fields[&1]));
        }
        prop_assert_eq!(member(0), ada());
    }
}

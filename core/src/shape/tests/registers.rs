//! Acts: each one's registers and logs, compared with a model that keeps who knew what.

use super::phones::{ACTS, Phones, TABLE, member, voices};
use super::*;
use crate::shape::acts::{self, On, Said, Table, Verdict, Wish};
use crate::shape::{RuleError, two_sides};
use crate::statement::{Kind, Role, Subject};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::BTreeSet;

fn codes<'a>(said: impl Iterator<Item = &'a Said>) -> Vec<String> {
    let mut codes: Vec<String> = said.filter_map(|said| said.code.clone()).collect();
    codes.sort();
    codes
}

#[test]
fn the_next_of_a_group_replaces_the_last_and_a_log_only_grows() {
    let mut phones = Phones::new();
    let does = |phones: &mut Phones, phone, act| phones.does(phone, &Wish::new(act), None).expect("theirs");
    does(&mut phones, 0, "kept");
    does(&mut phones, 1, "not_kept");
    does(&mut phones, 0, "told_early");
    does(&mut phones, 1, "told_early");
    let shown = phones.acts();
    assert_eq!(codes(shown.standing()), ["kept", "not_kept", "told_early", "told_early"], "two phones at once: both");
    does(&mut phones, 0, "kept");
    does(&mut phones, 2, "not_yet");
    let shown = phones.acts();
    assert_eq!(codes(shown.standing()), ["kept", "not_yet", "told_early", "told_early"]);
    assert_eq!(shown.said.len(), 6, "what was replaced is still there");
    // A log's entry is corrected by naming it.
    let log = shown.standing_as("told_early").next().expect("there").id;
    let wish = Wish { instead_of: [log].into(), ..Wish::new("told_early") };
    phones.does(1, &wish, None).expect("hers");
    assert_eq!(phones.acts().standing_as("told_early").count(), 2);
    assert_eq!(
        phones.does(2, &Wish { instead_of: [log].into(), ..Wish::new("not_yet") }, None),
        Err(RuleError::NotFound)
    );
}

#[test]
fn a_register_is_of_one_thing() {
    let mut phones = Phones::new();
    let (one, other) = (StatementId([1; 32]), StatementId([2; 32]));
    phones.does(0, &Wish::new("doing").on(one), None).expect("a step");
    phones.does(0, &Wish::new("done").on(other), None).expect("a step");
    phones.does(0, &Wish::new("done").on(one), None).expect("a step");
    phones.does(2, &Wish::new("doing").on(one), None).expect("a step");
    let shown = phones.acts();
    let of = |subject| codes(shown.standing().filter(|said| said.subjects.contains(&subject)));
    assert_eq!((of(one), of(other)), (vec!["doing".to_owned(), "done".to_owned()], vec!["done".to_owned()]));
}

#[test]
fn what_one_may_not_do_is_refused_when_drafted_and_says_nothing_when_signed() {
    let mut phones = Phones::new();
    let edit = phones.edit(0, "second").expect("hers");
    phones.heal();
    let offer = phones.does(0, &Wish::new("offer"), Some("sooner")).expect("each offers");
    phones.heal();
    let refusal = |phones: &mut Phones, phone, wish: Wish<'_>| phones.does(phone, &wish, None).expect_err("refused");
    assert_eq!(refusal(&mut phones, 2, Wish::new("kept")), RuleError::NotYours);
    assert_eq!(refusal(&mut phones, 0, Wish::new("not_yet")), RuleError::Yours);
    assert_eq!(refusal(&mut phones, 0, Wish::new("unheard_of")), RuleError::NoSuchAct);
    assert_eq!(refusal(&mut phones, 2, Wish::new("landed")), RuleError::NeedsSubject);
    assert_eq!(refusal(&mut phones, 2, Wish::new("landed").on(offer)), RuleError::NeedsSubject);
    assert_eq!(refusal(&mut phones, 2, Wish::new("landed").on(StatementId([9; 32]))), RuleError::NotFound);
    assert_eq!(refusal(&mut phones, 2, Wish::new("rate").on(edit)), RuleError::NeedsSubject);

    let before = phones.acts();
    let act = |code: &str| Content::act("promise", 1, code);
    let mut forged = vec![
        phones.forge(Kind::ACT, &[], &[], &act("kept")),
        phones.forge(Kind::ACT, &[], &[], &act("landed")),
        phones.forge(Kind::ACT, &[(Role::SUBJECT, offer)], &[], &act("landed")),
        phones.forge(Kind::ACT, &[(Role::SUBJECT, edit)], &[], &act("pick")),
        phones.forge(Kind::ACT, &[], &[], &Content::act("other_practice", 1, "not_yet")),
    ];
    let shown = phones.acts();
    assert_eq!(shown.standing().collect::<Vec<_>>(), before.standing().collect::<Vec<_>>());
    forged.sort_unstable();
    assert_eq!(acts::refused(&phones.sets[0], &voices(&phones.sets[0]), &TABLE), forged);
    // The positive control: the same acts by who may.
    phones.does(0, &Wish::new("kept"), None).expect("hers");
    phones.does(2, &Wish::new("landed").on(edit), None).expect("his");
    assert_eq!(phones.acts().standing().count(), before.standing().count() + 2);
}

/// G12: what a newer version does is kept and shown as newer, and changes nothing here.
#[test]
fn g12_an_unknown_act_is_newer() {
    let mut phones = Phones::new();
    phones.does(2, &Wish::new("not_yet"), None).expect("his");
    let before = phones.acts();
    assert!(!before.newer);
    phones.forge(Kind::ACT, &[], &[], &Content::act("promise", 7, "hummed_it"));
    let shown = phones.acts();
    assert!(shown.newer && shown.said.iter().any(|said| said.verdict == Verdict::Newer && said.act.is_none()));
    assert_eq!(codes(shown.standing()), codes(before.standing()));
    // A known act of a later version of the practice is still that act: codes never change their meaning.
    phones.forge(Kind::ACT, &[], &[], &Content::act("promise", 7, "seen_kept"));
    assert_eq!(phones.acts().standing_as("seen_kept").count(), 1);
    let mut phones = Phones::new();
    phones.forge(Kind(900), &[], &[], &Content::default());
    assert!(phones.acts().newer, "also a kind that is unknown");
}

/// G10: an act goes with its words; one without words stays.
#[test]
fn g10_acts_with_words_are_taken_back() {
    let mut phones = Phones::new();
    phones.does(2, &Wish::new("not_yet"), Some("you were late")).expect("his");
    phones.does(2, &Wish::new("im_in"), None).expect("his");
    phones.heal();
    let header = two_sides::redact(&phones.sets[2], ben(), phones.target, day(3)).expect("he has words");
    phones.say(2, header, &Content::default());
    let shown = phones.acts();
    assert_eq!(codes(shown.standing()), ["im_in"]);
    assert!(
        shown.said.iter().any(|said| said.redacted && said.fields.is_empty() && said.verdict == Verdict::Unreadable)
    );
    phones.does(3, &Wish::new("not_yet"), Some("it was late")).expect("new words");
    assert_eq!(phones.acts().standing_as("not_yet").count(), 1);
    // Nothing but an act without words: nothing to take back.
    let mut phones = Phones::new();
    phones.does(2, &Wish::new("im_in"), None).expect("his");
    assert_eq!(two_sides::redact(&phones.sets[2], ben(), phones.target, day(3)), Err(RuleError::NotFound));
}

#[test]
fn a_table_with_a_code_twice_or_a_common_one_has_flaws() {
    assert!(TABLE.flaws().is_empty());
    static TWICE: [acts::Act; 3] = [ACTS[0], ACTS[0], acts::Act { code: "scope_open", ..ACTS[1] }];
    assert_eq!(Table { practice: "promise", acts: &TWICE }.flaws(), ["kept", "scope_open"]);
}

#[derive(Debug, Clone)]
enum Deed {
    Does(Index, Index),
    /// Ben signs a code of anybody's, about and over anything.
    Forge(Index, Vec<Index>),
    Hear(Index, u64),
}

fn deeds() -> impl Strategy<Value = Vec<(Index, Deed)>> {
    let deed = prop_oneof![
        6 => (any::<Index>(), any::<Index>()).prop_map(|(act, on)| Deed::Does(act, on)),
        2 => (any::<Index>(), vec(any::<Index>(), 0..4)).prop_map(|(act, named)| Deed::Forge(act, named)),
        5 => (any::<Index>(), any::<u64>()).prop_map(|(from, mask)| Deed::Hear(from, mask)),
    ];
    vec((any::<Index>(), deed), 1..30)
}

/// What the model knows of an act.
struct Known {
    id: StatementId,
    member: MemberId,
    register: Option<(&'static str, BTreeSet<StatementId>)>,
}

proptest! {
    #![proptest_config(cases(128))]

    /// G1, G2, G5, I2, I3, I7. The model: whoever acts replaces those acts of their own in that register that their phone knew.
    #[test]
    fn histories_of_acts(history in deeds()) {
        let mut phones = Phones::new();
        let mut model: Vec<Known> = Vec::new();
        let mut replaced: BTreeSet<StatementId> = BTreeSet::new();
        for (phone, deed) in &history {
            let phone = phone.index(4);
            match deed {
                Deed::Does(act, on) => {
                    let act = ACTS[act.index(ACTS.len())];
                    let step = StatementId([u8::try_from(on.index(3)).expect("small"); 32]);
                    let subjects: BTreeSet<StatementId> = match act.on {
                        On::Step => [step].into(),
                        On::Wording => [phones.first].into(),
                        _ => BTreeSet::new(),
                    };
                    let knew: BTreeSet<StatementId> = phones.ids(phone).into_iter().collect();
                    let wish = Wish { subjects: subjects.clone(), ..Wish::new(act.code) };
                    if let Ok(id) = phones.does(phone, &wish, None) {
                        let register = act.group.filter(|group| *group != acts::OFFER).map(|group| (group, subjects));
                        for known in &model {
                            let same = known.member == member(phone) && register.is_some() && known.register == register;
                            if same && knew.contains(&known.id) {
                                replaced.insert(known.id);
                            }
                        }
                        model.push(Known { id, member: member(phone), register });
                    }
                }
                Deed::Forge(act, named) => {
                    let ids = phones.ids(2);
                    let named: Vec<StatementId> = named.iter().map(|index| ids[index.index(ids.len())]).collect();
                    let refs: Vec<(Role, StatementId)> = named.iter().map(|id| (Role::SUBJECT, *id)).collect();
                    let hers = |phones: &Phones| {
                        let set = &phones.sets[2];
                        acts::view(set, &voices(set), &TABLE).said.into_iter().filter(|said| said.member == ada()).collect::<Vec<_>>()
                    };
                    let before = hers(&phones);
                    let code = ACTS[act.index(ACTS.len())].code;
                    phones.forge(Kind::ACT, &refs, &named, &Content::act("promise", 1, code));
                    prop_assert_eq!(hers(&phones), before, "I3");
                }
                Deed::Hear(from, mask) => {
                    let from = from.index(4);
                    phones.deliver(from, phone, |at| mask >> (at % 64) & 1 == 1);
                }
            }
        }
        let shown = phones.acts();
        let hers: BTreeSet<StatementId> = shown.standing().filter(|said| said.member == ada()).map(|said| said.id).collect();
        let expected = model.iter().filter(|known| known.member == ada() && !replaced.contains(&known.id));
        prop_assert_eq!(hers, expected.map(|known| known.id).collect());
        if !history.iter().any(|(_, deed)| matches!(deed, Deed::Forge(..))) {
            let all: BTreeSet<StatementId> = shown.standing().map(|said| said.id).collect();
            prop_assert_eq!(all, model.iter().filter(|known| !replaced.contains(&known.id)).map(|known| known.id).collect());
        }
    }
}

/// An act on an occurrence is about the day's one occurrence, whichever phone makes it.
#[test]
fn acts_on_an_occurrence_are_each_ones() {
    let mut set = StatementSet::default();
    let voices = voices(&set);
    let subject = Subject::Occurrence { series: series(), day: day(9) };
    for (me, act) in [(ada(), "im_in"), (ben(), "im_in")] {
        let header = acts::act(&set, &voices, &TABLE, me, (subject, day(9)), &Wish::new(act)).expect("each");
        set.insert(author(me, header, &Content::act("promise", 1, act)));
    }
    assert_eq!(acts::view(&set, &voices, &TABLE).standing_as("im_in").count(), 2);
    assert!(set.iter().all(|said| said.target == EntryId::occurrence(&owner(), &series(), day(9))));
    assert_eq!(
        acts::act(&set, &voices, &TABLE, ada(), (subject, day(9)), &Wish::new("kept")),
        Err(RuleError::NotFound)
    );
}

//! States derived from what was said.

use super::phones::{Phones, TABLE, voices};
use super::*;
use crate::shape::acts::states::{self, Condition, Facts, State, Who};
use crate::shape::acts::{self, Wish};
use crate::shape::own_entry;
use crate::shape::{By, two_sides};
use crate::statement::Kind;

static STATES: [State; 9] = [
    State { id: "redacted", when: &[Condition::Redacted] },
    State { id: "lifted", when: &[Condition::Lifted] },
    State {
        id: "seen_differently",
        when: &[Condition::Act(Who::Author, "kept"), Condition::Act(Who::Other, "not_yet")],
    },
    State { id: "kept", when: &[Condition::Act(Who::Author, "kept")] },
    State { id: "landed_earlier", when: &[Condition::Earlier(Who::Other, "landed")] },
    State { id: "landed", when: &[Condition::Act(Who::Other, "landed")] },
    State { id: "both_told", when: &[Condition::Side(Who::Author), Condition::Side(Who::Other)] },
    State { id: "wanted", when: &[Condition::Acknowledged] },
    State { id: "offered", when: &[] },
];

fn state(phones: &mut Phones) -> Option<&'static str> {
    phones.healed(|set| {
        let voices = voices(set);
        let own = own_entry::view(set);
        let facts = Facts {
            acts: acts::view(set, &voices, &TABLE),
            sides: two_sides::view(set, &voices, By::Each),
            own: own.as_ref(),
            private: states::is_private(set),
            ..Facts::default()
        };
        states::derive(&STATES, &voices, &facts)
    })
}

/// One says "kept", the other "not yet": both are shown, nobody wins.
#[test]
fn seen_differently_has_no_winner() {
    let mut phones = Phones::new();
    assert_eq!(state(&mut phones), Some("offered"));
    phones.does(0, &Wish::new("kept"), None).expect("hers");
    phones.does(2, &Wish::new("not_yet"), None).expect("his");
    assert_eq!(state(&mut phones), Some("seen_differently"));
    phones.does(3, &Wish::new("seen_kept"), None).expect("his");
    assert_eq!(state(&mut phones), Some("kept"));
    // G7: a state that asks for nothing of the other never waits for it.
    phones.does(1, &Wish::new("not_kept"), None).expect("hers");
    assert_eq!(state(&mut phones), Some("offered"));
}

#[test]
fn an_act_about_a_wording_is_of_that_wording() {
    let mut phones = Phones::new();
    let first = phones.first;
    phones.does(2, &Wish::new("landed").on(first), None).expect("his");
    assert_eq!(state(&mut phones), Some("landed"));
    let second = phones.edit(0, "second").expect("hers");
    assert_eq!(state(&mut phones), Some("landed_earlier"));
    phones.does(2, &Wish::new("landed").on(second), None).expect("his");
    assert_eq!(state(&mut phones), Some("landed_earlier"), "what was said of the first words stays so");
    let header = own_entry::lift(&phones.sets[0], ada(), phones.target, day(2)).expect("hers");
    phones.say(0, header, &Content::default());
    assert_eq!(state(&mut phones), Some("lifted"));
    let header = own_entry::redact(&phones.sets[0], ada(), phones.target, day(2)).expect("hers");
    phones.say(0, header, &Content::default());
    assert_eq!(state(&mut phones), Some("redacted"));
}

#[test]
fn sides_and_acknowledgements_are_conditions() {
    let mut phones = Phones::new();
    let target = phones.target;
    for phone in [0, 2] {
        let set = &phones.sets[phone];
        let header = two_sides::write(set, &voices(set), By::Each, phones::member(phone), target, day(2)).expect("own");
        phones.say(phone, header, &phones::promise("my telling"));
        assert_eq!(state(&mut phones), Some(if phone == 0 { "offered" } else { "both_told" }));
    }
    let mut phones = Phones::new();
    let header = own_entry::acknowledge(&phones.sets[2], ben(), target, day(2), None).expect("his");
    phones.say(2, header, &Content::default());
    assert_eq!(state(&mut phones), Some("wanted"));
    phones.edit(0, "second").expect("hers");
    assert_eq!(state(&mut phones), Some("offered"));
}

#[test]
fn everybody_and_nobody() {
    let set = Phones::new().sets.remove(0);
    let said = |members: &[MemberId], condition| {
        let mut phones = Phones::new();
        for member in members {
            let phone = if *member == ada() { 0 } else { 2 };
            phones.does(phone, &Wish::new("im_in"), None).expect("each");
        }
        phones.heal();
        let set = &phones.sets[0];
        let facts = Facts { acts: acts::view(set, &voices(set), &TABLE), ..Facts::default() };
        facts.holds(condition, &voices(set))
    };
    for (who, none, hers, his, both) in [
        (Who::Author, false, true, false, true),
        (Who::Other, false, false, true, true),
        (Who::Any, false, true, true, true),
        (Who::Both, false, false, false, true),
        (Who::None, true, false, false, false),
    ] {
        let condition = Condition::Act(who, "im_in");
        let found = [&[][..], &[ada()], &[ben()], &[ada(), ben()]].map(|members| said(members, condition));
        assert_eq!(found, [none, hers, his, both], "{who:?}");
    }
    // Alone, nobody is both.
    let alone = crate::shape::Voices::new(&set, [ada()]);
    assert_eq!((alone.author(), alone.members().len()), (Some(ada()), 1));
    assert!(!Facts::default().holds(Condition::Act(Who::Both, "im_in"), &alone));
    // In a member box an entry is private.
    assert!(!states::is_private(&set));
    let header = Header::new(Kind::CREATE, crate::statement::Subject::Fresh([4; 16]), day(1));
    let mut vault = StatementSet::default();
    vault.insert(Statement::author(
        ada().into(),
        ada(),
        header,
        Body { nonce: nonce(), content: words("mine").encode() },
    ));
    assert!(states::is_private(&vault));
}

#[test]
fn conditions_are_written_one_way() {
    for text in [
        "author:kept",
        "other:not_yet",
        "any:x",
        "both:x",
        "none:x",
        "other:accepted@earlier",
        "side:author",
        "side:other",
        "acknowledged",
        "acknowledged_earlier",
        "private",
        "redacted",
        "lifted",
        "step:asked",
        "mutually_acceptable",
        "picked",
    ] {
        let condition = Condition::parse(text).unwrap_or_else(|| panic!("{text}"));
        assert_eq!(condition.to_string(), text);
    }
    for text in [
        "",
        "kept",
        "them:kept",
        "author:",
        "author:Kept",
        "side:me",
        "step:",
        "author:x@later",
        "side:author@earlier",
        "a:b:c",
    ] {
        assert_eq!(Condition::parse(text), None, "{text}");
    }
    static NO_LAST: [State; 1] = [State { id: "x", when: &[Condition::Private] }];
    let voices = crate::shape::Voices::new(&StatementSet::default(), []);
    assert_eq!(states::derive(&NO_LAST, &voices, &Facts::default()), None);
}

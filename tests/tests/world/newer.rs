//! A partner's phone has a newer version of the app: its words are kept, shown as such, and not agreed to here.

use amends_core::home::{EntryView, HomeError, Revision};
use amends_core::id::{Day, EntryId, StatementId};
use amends_core::shape::RuleError;
use amends_core::statement::{Content, Header, Kind, Role, Subject, Value};
use amends_tests::world::World;
use amends_tests::world::checks::contains;
use amends_tests::world::dice::Dice;
use std::collections::BTreeMap;

const A: usize = 0;

fn day() -> Day {
    Day::new(20_250).expect("in range")
}

/// B's phone says something that this version of the app would not.
fn say(world: &mut World, header: Header, content: Content) {
    let sealed = world.sign(vec![(header, content, true)], Vec::new(), &mut Dice::new(7)).expect("signs");
    let space = *world.space.as_ref().expect("paired").box_id();
    let mail = world.relay.inject(space, sealed);
    world.post(mail);
    world.settle().expect("settles");
}

fn content(practice: &str, version: u32) -> Content {
    Content::of(practice, version, BTreeMap::from([(1, Value::Text("in a newer form".to_owned()))]))
}

fn proposal(world: &mut World, practice: &str, version: u32) -> (EntryId, StatementId) {
    let fresh = [3; 16];
    say(world, Header::new(Kind::PROPOSE, Subject::Fresh(fresh), day()), content(practice, version));
    let member = world.phones[1].home.as_ref().expect("runs").identity().member;
    let entry = EntryId::derive(&world.owner(), &member, &fresh);
    let moment = world.phones[A].moment();
    let history = world.phones[A].home.as_mut().expect("runs").history(moment, entry).expect("kept");
    (entry, history[0].hash)
}

fn revisions(world: &mut World, entry: EntryId) -> (&'static str, Vec<Revision>) {
    let moment = world.phones[A].moment();
    match world.phones[A].home.as_mut().expect("runs").show(moment, entry).expect("is there") {
        EntryView::Revisions { state, revisions, .. } => (state, revisions),
        other => panic!("no agreement: {other:?}"),
    }
}

fn consent(world: &mut World, entry: EntryId, revision: Option<StatementId>) -> Result<StatementId, HomeError> {
    let moment = world.phones[A].moment();
    world.phones[A].home.as_mut().expect("runs").consent(moment, entry, revision)
}

fn action(world: &mut World, entry: EntryId) -> Option<String> {
    let moment = world.phones[A].moment();
    let today = world.phones[A].home.as_mut().expect("runs").today(moment, None).expect("shows");
    today.to_do.into_iter().find(|card| card.id == entry)?.action
}

#[test]
fn words_of_a_newer_version_are_shown_and_not_consented_to() {
    let mut world = World::new(21, &[], None).expect("pairs");
    let (entry, hash) = proposal(&mut world, "agreement", 2);
    let (state, shown) = revisions(&mut world, entry);
    assert_eq!((state, shown.len()), ("proposed", 1));
    assert!(shown[0].newer && shown[0].pending && shown[0].fields.is_some());
    assert_eq!(serde_json::to_value(&shown[0]).expect("serialises")["newer"], true);
    assert_eq!(action(&mut world, entry).as_deref(), Some("update"));
    for revision in [None, Some(hash)] {
        let refused = consent(&mut world, entry, revision).expect_err("nobody agrees to what they cannot read");
        assert!(matches!(refused, HomeError::Rule(RuleError::NewerVersion)));
        assert_eq!(refused.code(), "newer_version");
    }
    // Known words that build on them can be agreed to as ever.
    let known = Header::new(Kind::PROPOSE, Subject::Target(entry), day()).naming(Role::PARENT, hash);
    say(&mut world, known, content("agreement", 1));
    let (_, shown) = revisions(&mut world, entry);
    let known = shown.iter().find(|revision| !revision.newer).expect("both are shown").hash;
    assert_eq!(action(&mut world, entry).as_deref(), Some("consent"));
    consent(&mut world, entry, Some(known)).expect("known words");
    assert_eq!(revisions(&mut world, entry).0, "in_force");
}

/// I5: what an older phone cannot show, its person can still withdraw from.
#[test]
fn one_withdraws_from_what_this_version_does_not_know() {
    let mut world = World::new(22, &[], None).expect("pairs");
    let (entry, hash) = proposal(&mut world, "pledge", 1);
    let moment = world.phones[A].moment();
    let a = world.phones[A].home.as_mut().expect("runs");
    assert!(matches!(a.show(moment, entry), Ok(EntryView::Newer { statements: 1, .. })));
    assert!(matches!(a.consent(moment, entry, Some(hash)), Err(HomeError::Rule(RuleError::NewerVersion))));
    a.withdraw(moment, entry, None).expect("always");
    a.withdraw(moment, entry, Some(hash)).expect("always");
    a.retire(moment, entry).expect("always");
    assert_eq!(a.history(moment, entry).expect("kept").len(), 4);
}

/// A body that this version refuses is not shown and is set aside; that it was said stands, and what builds on it holds. Taken back,
/// it is gone from there as well.
#[test]
fn a_refused_body_keeps_its_statements_place() {
    let mut world = World::new(23, &[], None).expect("pairs");
    let header = Header::new(Kind::PROPOSE, Subject::Fresh([3; 16]), day());
    let hidden = Content::of("agreement", 1, BTreeMap::from([(1, Value::Text("cin\u{202E}namon".to_owned()))]));
    say(&mut world, header, hidden);
    let member = world.phones[1].home.as_ref().expect("runs").identity().member;
    let entry = EntryId::derive(&world.owner(), &member, &[3; 16]);
    let (state, shown) = revisions(&mut world, entry);
    assert_eq!((state, shown.len()), ("proposed", 1));
    assert!(shown[0].pending && shown[0].fields.is_none() && !shown[0].redacted);
    assert!(matches!(consent(&mut world, entry, None), Err(HomeError::Rule(RuleError::NotReadable))));
    let first = shown[0].hash;
    let reasons = |world: &mut World| -> Vec<String> {
        let moment = world.phones[A].moment();
        let items = world.phones[A].home.as_mut().expect("runs").quarantine(moment).expect("readable");
        items.into_iter().map(|item| item.reason).collect()
    };
    assert_eq!(reasons(&mut world), ["text_not_normal"]);

    let child = Header::new(Kind::PROPOSE, Subject::Target(entry), day()).naming(Role::PARENT, first);
    say(&mut world, child, content("agreement", 1));
    consent(&mut world, entry, None).expect("it is rooted");
    world.flush(A).expect("flushes");
    world.settle().expect("settles");
    assert_eq!(revisions(&mut world, entry).0, "in_force");
    let moment = world.phones[A].moment();
    world.phones[A].home.as_mut().expect("runs").rebuild(moment).expect("rebuilds");
    assert_eq!(revisions(&mut world, entry).0, "in_force", "made anew it is the same");

    let holding = |world: &mut World| {
        let rows = world.rows(A).expect("readable");
        rows.iter().filter(|(_, row)| contains(row, "cin\u{202E}namon")).count()
    };
    assert!(holding(&mut world) >= 2, "in its record and set aside");
    let moment = world.phones[1].moment();
    world.phones[1].home.as_mut().expect("runs").redact(moment, entry).expect("nobody agreed to the first");
    world.flush(1).expect("flushes");
    world.settle().expect("settles");
    assert_eq!((holding(&mut world), reasons(&mut world).len()), (0, 0));
    let (state, shown) = revisions(&mut world, entry);
    assert_eq!(state, "in_force");
    assert!(shown.iter().any(|revision| revision.hash == first && revision.redacted));
}

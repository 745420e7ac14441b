//! Words of check-ins that are taken back for good: gone from every phone of both, and nothing else changes.

use super::fields;
use amends_core::home::{Answer, AnswerEntry, EntryView, HomeError};
use amends_core::id::{Day, EntryId};
use amends_core::shape::RuleError;
use amends_tests::world::World;
use amends_tests::world::checks::contains;
use amends_tests::world::phone::Side;

/// Phones: Ana's, Ben's, Ana's tablet, Ben's tablet.
const ANA: usize = 0;
const BEN: usize = 1;

fn date() -> Day {
    Day::new(20_000).expect("in range")
}

fn couple(seed: u64) -> World {
    World::new(seed, &[Side::A, Side::B], None).expect("pairs")
}

/// A word long enough that the record which holds it is deflated in its row.
fn canary(word: &str) -> String {
    format!("{word} {}", "and we said so ".repeat(30))
}

fn answer(world: &mut World, at: usize, word: &str) -> Result<EntryId, HomeError> {
    let moment = world.phones[at].moment();
    let home = world.phones[at].home.as_mut().expect("runs");
    home.answer(moment, "check_in", date(), Answer::Fields(&fields(&[("mood", "tired"), ("need", word)])))
}

fn redact(world: &mut World, at: usize) -> Result<(), HomeError> {
    let (moment, occurrence) = (world.phones[at].moment(), world.occurrence(date()));
    world.phones[at].home.as_mut().expect("runs").redact(moment, occurrence)
}

fn share(world: &mut World, at: usize) -> Result<(), HomeError> {
    let moment = world.phones[at].moment();
    world.phones[at].home.as_mut().expect("runs").share_anyway(moment, "check_in", date())
}

fn meet(world: &mut World) {
    for at in 0..world.phones.len() {
        world.phones[at].reachable = true;
        world.flush(at).expect("flushes");
    }
    world.settle().expect("settles");
}

fn part(world: &mut World) {
    for at in 0..world.phones.len() {
        world.phones[at].reachable = false;
        world.cut(at).expect("cuts");
    }
}

/// One phone alone says and hears what there is.
fn only(world: &mut World, at: usize) {
    world.phones[at].reachable = true;
    world.connect(at).expect("connects");
    world.flush(at).expect("flushes");
    while let Some((connection, up)) = world.busy().first().copied() {
        if up { world.deliver_up(connection) } else { world.deliver_down(connection).expect("hears") }
    }
    world.phones[at].reachable = false;
    world.cut(at).expect("cuts");
}

struct Shown {
    state: &'static str,
    own: Vec<AnswerEntry>,
    theirs: Vec<AnswerEntry>,
    text: String,
    twice: usize,
}

fn shown(world: &mut World, at: usize) -> Shown {
    let (moment, occurrence) = (world.phones[at].moment(), world.occurrence(date()));
    let home = world.phones[at].home.as_mut().expect("runs");
    let me = home.identity().member;
    let view = home.show(moment, occurrence).expect("is there");
    let text = serde_json::to_string(&view).expect("serialises");
    let EntryView::SealedPair { state, answers, answered_twice, .. } = view else { panic!("a pair") };
    let (own, theirs) = answers.into_iter().partition(|answer| answer.member == me);
    Shown { state, own, theirs, text, twice: answered_twice.len() }
}

/// How many rows of a phone hold a word.
fn holding(world: &mut World, at: usize, word: &str) -> usize {
    world.rows(at).expect("readable").iter().filter(|(_, row)| contains(row, word)).count()
}

fn is_refused(done: Result<(), HomeError>, rule: RuleError) -> bool {
    matches!(done, Err(HomeError::Rule(refused)) if refused == rule)
}

#[test]
fn opened_words_go_from_every_phone_and_from_ones_own_vault() {
    let mut world = couple(11);
    let (hers, his) = (canary("cinnamon"), canary("walnut"));
    answer(&mut world, ANA, &hers).expect("answers");
    answer(&mut world, BEN, &his).expect("answers");
    meet(&mut world);
    for at in 0..4 {
        assert_eq!(shown(&mut world, at).state, "open");
        assert!(holding(&mut world, at, "cinnamon") > 0, "the search finds what is there");
    }
    // From whichever phone.
    redact(&mut world, 2).expect("open");
    meet(&mut world);
    for at in 0..4 {
        let view = shown(&mut world, at);
        assert_eq!((view.state, view.twice), ("open", 0), "phone {at}");
        let hers = if at % 2 == ANA { &view.own } else { &view.theirs };
        assert!(hers.iter().all(|answer| answer.redacted && answer.fields.is_none() && answer.open), "phone {at}");
        assert_eq!(hers.len(), 1);
        assert!(view.text.contains("walnut"));
        assert_eq!(holding(&mut world, at, "cinnamon"), 0, "phone {at}");
        assert!(holding(&mut world, at, "walnut") > 0);
        let moment = world.phones[at].moment();
        let home = world.phones[at].home.as_mut().expect("runs");
        let export = serde_json::to_string(&home.export(moment).expect("exports")).expect("serialises");
        assert!(!export.contains("cinnamon") && export.contains("walnut"), "phone {at}");
    }
    assert!(is_refused(redact(&mut world, ANA), RuleError::Redacted));
    assert!(matches!(answer(&mut world, ANA, "again"), Err(HomeError::Rule(RuleError::AlreadyOpen))));
    // Both may.
    redact(&mut world, BEN).expect("open");
    meet(&mut world);
    for at in 0..4 {
        assert_eq!((shown(&mut world, at).state, holding(&mut world, at, "walnut")), ("open", 0), "phone {at}");
    }
    world.heal_and_check().expect("holds");
}

#[test]
fn sealed_words_are_taken_back_instead() {
    let mut world = couple(12);
    assert!(matches!(redact(&mut world, ANA), Err(HomeError::NotFound(_))));
    let hers = canary("cinnamon");
    answer(&mut world, ANA, &hers).expect("answers");
    assert!(is_refused(redact(&mut world, ANA), RuleError::NotFound));
    meet(&mut world);
    assert!(is_refused(redact(&mut world, BEN), RuleError::NotFound));
    let moment = world.phones[ANA].moment();
    world.phones[ANA].home.as_mut().expect("runs").take_back(moment, "check_in", date()).expect("sealed");
    // What is sealed anew opens as if nothing had been.
    answer(&mut world, ANA, "nutmeg").expect("answers");
    meet(&mut world);
    answer(&mut world, BEN, "walnut").expect("answers");
    meet(&mut world);
    assert!(shown(&mut world, BEN).text.contains("nutmeg") && shown(&mut world, ANA).text.contains("walnut"));
    assert_eq!(holding(&mut world, BEN, "cinnamon"), 0, "it never left");
    // Everything she kept of that day goes, what she had taken back before included.
    redact(&mut world, ANA).expect("open");
    meet(&mut world);
    for (at, word) in
        [(ANA, "cinnamon"), (2, "cinnamon"), (ANA, "nutmeg"), (2, "nutmeg"), (BEN, "nutmeg"), (3, "nutmeg")]
    {
        assert_eq!(holding(&mut world, at, word), 0, "phone {at}");
    }
    world.heal_and_check().expect("holds");
}

/// He opens while she takes her words back: he has paid for an answer that was there, so his is open, and hers stays an answer.
#[test]
fn a_redaction_and_the_others_opening_at_the_same_time() {
    let mut world = couple(13);
    let (hers, his) = (canary("cinnamon"), canary("walnut"));
    answer(&mut world, ANA, &hers).expect("answers");
    meet(&mut world);
    // His phone answers, which opens for hers at once; hers hears of it, opens, and is cut off.
    part(&mut world);
    answer(&mut world, BEN, &his).expect("answers");
    only(&mut world, BEN);
    only(&mut world, ANA);
    assert!(shown(&mut world, ANA).text.contains("walnut"));
    redact(&mut world, ANA).expect("open");
    meet(&mut world);
    for at in 0..4 {
        let view = shown(&mut world, at);
        assert_eq!((view.state, view.twice), ("open", 0), "phone {at}");
        assert!(view.text.contains("walnut"), "phone {at}");
        assert_eq!(holding(&mut world, at, "cinnamon"), 0, "phone {at}");
    }
    world.heal_and_check().expect("holds");
}

/// She shares and takes back before anybody heard: nothing of his opens for it, whatever he sealed meanwhile.
#[test]
fn shared_words_that_nobody_could_read_open_nothing() {
    let mut world = couple(14);
    part(&mut world);
    answer(&mut world, ANA, &canary("cinnamon")).expect("answers");
    share(&mut world, ANA).expect("sealed");
    redact(&mut world, ANA).expect("open");
    answer(&mut world, BEN, &canary("walnut")).expect("answers");
    meet(&mut world);
    for at in 0..4 {
        let view = shown(&mut world, at);
        assert_eq!(view.twice, 0, "phone {at}");
        assert_eq!(holding(&mut world, at, "cinnamon"), 0, "phone {at}");
        if at % 2 == ANA {
            assert!(view.theirs.is_empty() && holding(&mut world, at, "walnut") == 0, "phone {at}");
        } else {
            assert_eq!((view.state, view.own.len()), ("unopened", 1), "phone {at}");
        }
    }
    share(&mut world, BEN).expect("still sealed");
    meet(&mut world);
    assert!(shown(&mut world, ANA).text.contains("walnut"));
    world.heal_and_check().expect("holds");
}

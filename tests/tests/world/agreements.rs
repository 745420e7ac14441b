//! What two people agreed, on phones that met in unlucky orders.

use super::fields;
use amends_core::home::EntryView;
use amends_core::id::EntryId;
use amends_tests::world::World;
use amends_tests::world::phone::Side;

/// Phones: A's, B's, A's tablet.
const PHONE: usize = 0;
const BEN: usize = 1;
const TABLET: usize = 2;

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
        if up {
            world.deliver_up(connection);
        } else {
            world.deliver_down(connection).expect("hears");
        }
    }
    world.phones[at].reachable = false;
    world.cut(at).expect("cuts");
}

/// What a phone shows of the agreement: its state, whether it is settled, and the same on its card.
fn settled(world: &mut World, at: usize, entry: EntryId) -> (&'static str, bool, Option<bool>) {
    let moment = world.phones[at].moment();
    let home = world.phones[at].home.as_mut().expect("runs");
    let EntryView::Revisions { state, settled, .. } = home.show(moment, entry).expect("is there") else {
        panic!("an agreement")
    };
    let today = home.today(moment, None).expect("shows");
    (state, settled, today.to_do.into_iter().find(|card| card.id == entry).and_then(|card| card.settled))
}

/// Two phones of one person consent, each on its own; the partner sees one of the two consents. That settles it, whichever it was.
#[test]
fn any_consent_that_the_partner_saw_settles_an_agreement() {
    for seen in [PHONE, TABLET] {
        let mut world = World::new(31, &[Side::A], None).expect("pairs");
        let moment = world.phones[BEN].moment();
        let ben = world.phones[BEN].home.as_mut().expect("runs");
        let words = fields(&[("text", "We say where we are")]);
        let entry = ben.new_entry(moment, "agreement", &words, false).expect("proposes");
        world.flush(BEN).expect("flushes");
        world.settle().expect("settles");
        part(&mut world);
        for at in [PHONE, TABLET] {
            let moment = world.phones[at].moment();
            world.phones[at].home.as_mut().expect("runs").consent(moment, entry, None).expect("consents");
        }
        only(&mut world, seen);
        assert_eq!(settled(&mut world, seen, entry), ("in_force", false, None), "agreed here");
        let moment = world.phones[BEN].moment();
        only(&mut world, BEN);
        let ben = world.phones[BEN].home.as_mut().expect("runs");
        ben.propose(moment, entry, &fields(&[("text", "We say when we are back")]), None, None).expect("amends");
        only(&mut world, BEN);
        for at in [PHONE, TABLET, PHONE, TABLET] {
            only(&mut world, at);
        }
        for at in [PHONE, TABLET] {
            assert_eq!(settled(&mut world, at, entry), ("amendment_pending", true, Some(true)), "{at} of {seen}");
        }
    }
}

/// B's proposal reaches the relay, whose answer is lost, so that B hands it over twice. B takes the words back while A consents to
/// them: they are half A's, and come back to B's phone, which had dropped them.
#[test]
fn words_that_are_owed_to_both_come_back_to_a_phone_that_sent_them_twice() {
    for lost_answer in [false, true] {
        let mut world = World::new(32, &[], None).expect("pairs");
        world.shadow.tried.insert("cinnamon".to_owned());
        let moment = world.phones[BEN].moment();
        let ben = world.phones[BEN].home.as_mut().expect("runs");
        let entry = ben.new_entry(moment, "agreement", &fields(&[("text", "cinnamon")]), false).expect("proposes");
        world.flush(BEN).expect("flushes");
        if lost_answer {
            while let Some((connection, true)) = world.busy().first().copied() {
                world.deliver_up(connection);
            }
            world.cut(BEN).expect("cuts");
        }
        world.settle().expect("settles");
        part(&mut world);
        let moment = world.phones[PHONE].moment();
        world.phones[PHONE].home.as_mut().expect("runs").consent(moment, entry, None).expect("consents");
        let moment = world.phones[BEN].moment();
        world.phones[BEN].home.as_mut().expect("runs").redact(moment, entry).expect("nobody agreed, as far as B knows");
        only(&mut world, BEN);
        if lost_answer {
            // B's phone reads everything again before anybody could answer, and asks another day.
            only(&mut world, PHONE);
            only(&mut world, BEN);
            only(&mut world, BEN);
        }
        world.heal_and_check().expect("holds");
        let moment = world.phones[BEN].moment();
        let EntryView::Revisions { revisions, .. } =
            world.phones[BEN].home.as_mut().expect("runs").show(moment, entry).expect("is there")
        else {
            panic!("an agreement")
        };
        assert!(revisions[0].fields.is_some() && !revisions[0].redacted);
    }
}

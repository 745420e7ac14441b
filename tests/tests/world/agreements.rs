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

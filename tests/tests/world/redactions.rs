//! Words taken back, and what the relay keeps of them.

use super::fields;
use amends_core::home::EntryView;
use amends_tests::world::World;

const ANA: usize = 0;

#[test]
fn words_taken_back_before_the_relay_answered_leave_their_record_there() {
    let mut world = World::new(404, &[], None).expect("pairs");
    let moment = world.phones[ANA].moment();
    let ana = world.phones[ANA].home.as_mut().expect("runs");
    let entry = ana.new_entry(moment, "journal_entry", &fields(&[("text", "too early")]), false).expect("writes");
    world.flush(ANA).expect("flushes");
    // The record is on its way when its words are dropped.
    let moment = world.phones[ANA].moment();
    world.phones[ANA].home.as_mut().expect("runs").redact(moment, entry).expect("takes back");
    world.flush(ANA).expect("flushes");
    world.settle().expect("settles");
    world.nothing_hidden_is_gone().expect("its shorter form can be read");
    let moment = world.phones[ANA].moment();
    let EntryView::Vault { wordings, .. } =
        world.phones[ANA].home.as_mut().expect("runs").show(moment, entry).expect("is there")
    else {
        panic!("an entry of the vault")
    };
    assert!(wordings.iter().all(|wording| wording.redacted && wording.fields.is_none()));
}

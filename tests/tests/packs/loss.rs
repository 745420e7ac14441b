//! Relays that lose packs, or go back behind them; and phones that were away while others trimmed.

use super::life::{ANA, ANAS_TABLET, BEN, Life};
use amends_core::sync::{Event, MEMBER_BOX};
use amends_protocol::Request;

/// The space's index in every home.
const SPACE: u8 = 1;

/// Ana writes and sends so many things.
fn write(life: &mut Life, things: usize) {
    for number in 0..things {
        let fields = [("text".to_owned(), format!("thing {number}"))];
        let home = &mut life.couple.phones[ANA].home;
        home.new_entry(life.now, "appreciation", &fields, false).expect("an entry");
        home.flush(life.now).expect("a flush");
        life.couple.pump(life.now);
    }
}

#[test]
fn lost_packs_are_missed_and_made_again() {
    let mut life = Life::new(20);
    let (_, _, space) = life.space();
    life.part();
    let held = life.couple.relay.held(&space).expect("the space's box");
    held.packs.clear();
    held.chunks.clear();
    let visit = life.connect(ANA);
    assert!(visit.events.contains(&Event::RelayWentBack { index: SPACE }), "{:?}", visit.events);
    assert!(visit.events.contains(&Event::ShorterHistory { index: SPACE }), "{:?}", visit.events);
    assert!(!visit.events.contains(&Event::RelayWentBack { index: MEMBER_BOX }), "only that box lost something");
    assert_eq!((visit.packs(), visit.appended()), (1, 0));
    let mut home = life.next_device();
    life.visit(&mut home);
    life.is_complete(&mut home);
}

#[test]
fn an_older_pack_than_one_that_was_there_is_missed_within_a_day() {
    let mut life = Life::new(20);
    let (_, _, space) = life.space();
    let held = life.couple.relay.held(&space).expect("the space's box");
    let older = (held.packs.clone(), held.chunks.clone());
    write(&mut life, 40);
    life.part();
    let held = life.couple.relay.held(&space).expect("the space's box");
    assert_ne!(held.packs, older.0, "another pack was made meanwhile");
    (held.packs, held.chunks) = older;
    life.sleep();
    let visit = life.connect(ANA);
    assert!(visit.events.contains(&Event::ShorterHistory { index: SPACE }), "{:?}", visit.events);
    assert!(visit.events.contains(&Event::RelayWentBack { index: SPACE }), "{:?}", visit.events);
    assert_eq!(visit.packs(), 1);
    let mut home = life.next_device();
    life.visit(&mut home);
    life.is_complete(&mut home);
}

#[test]
fn a_lost_box_is_filled_with_the_newest_records_and_a_pack() {
    let mut life = Life::new(40);
    let (_, _, space) = life.space();
    let all = life.couple.phones[ANA].home.verify(life.now).expect("a report").records;
    life.part();
    life.couple.relay.lose(&space);
    let visit = life.connect(BEN);
    assert!(visit.events.contains(&Event::RelayLostBox { index: SPACE }), "{:?}", visit.events);
    assert_eq!(visit.packs(), 1);
    assert!((visit.appended() as u64) < all / 2, "{} of {all} records went one by one", visit.appended());
    let mut home = life.next_device();
    life.visit(&mut home);
    life.connect(ANA);
    life.leave(&mut home);
    life.visit(&mut home);
    life.is_complete(&mut home);
}

#[test]
fn who_was_away_while_others_trimmed_starts_from_a_pack_without_alarm() {
    let mut life = Life::new(20);
    life.couple.hang_up(ANAS_TABLET, life.now);
    life.couple.hang_up(BEN, life.now);
    write(&mut life, 60);
    assert!(life.couple.is_settled());
    for phone in [ANAS_TABLET, BEN] {
        let visit = life.connect(phone);
        assert!(visit.chunks() > 0, "what was trimmed is in a pack");
        assert_eq!(visit.alarms(), Vec::<&Event>::new());
        assert_eq!(visit.appended(), 0, "nothing was lost, and nothing is handed on again");
        let refills = visit.said.iter().filter(|request| matches!(request, Request::Restore { .. })).count();
        assert_eq!(refills, 0);
    }
    life.couple.pump(life.now);
    let (ana, now) = (super::life::shown(&mut life.couple.phones[ANA].home, life.now), life.now);
    assert_eq!(super::life::shown(&mut life.couple.phones[ANAS_TABLET].home, now), ana);
    let report = life.couple.phones[BEN].home.verify(now).expect("a report");
    assert_eq!((report.broken, report.missing, report.forks), (0, 0, 0));
}

#[test]
fn a_phone_that_was_away_fetches_only_the_segments_that_bring_something() {
    // Enough for a full segment of Ana's chain.
    let mut life = Life::new(500);
    life.couple.hang_up(BEN, life.now);
    write(&mut life, 60);
    let (_, _, space) = life.space();
    let all = life.couple.relay.held(&space).expect("the space's box").chunks.len();
    let visit = life.connect(BEN);
    assert!(visit.chunks() > 0 && visit.chunks() < all, "{} of {all}", visit.chunks());
    let report = life.couple.phones[BEN].home.verify(life.now).expect("a report");
    assert_eq!((report.broken, report.missing, report.forks), (0, 0, 0));
}

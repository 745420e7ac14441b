//! A couple that packs early, and phones that come late.

use amends_core::home::{EntryView, Home, Moment, VerifyReport};
use amends_core::storage::MemoryStore;
use amends_core::sync::{Input, PackRule};
use amends_protocol::{BoxId, FromRelay, Response};
use amends_tests::workload::{Couple, PHONES, Plan, exchange, moment, pair_device};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// Few enough for a couple of weeks.
pub(crate) const RULE: PackRule = PackRule { after: 24, keep: 8 };
/// A number at the relay that belongs to no phone of the couple.
pub(crate) const VISITOR: usize = PHONES;
pub(crate) const ANA: usize = 0;
pub(crate) const ANAS_TABLET: usize = 1;
pub(crate) const BEN: usize = 2;

/// A couple that lived for some days, packed by [`RULE`], and a moment after.
pub(crate) fn couple(days: usize) -> (Couple, Moment) {
    let plan = Plan::new(3, days);
    let mut couple = Couple::found(3, Couple::memory_stores(), plan.first_day());
    couple.phones.iter_mut().for_each(|phone| phone.home.set_pack_rule(RULE));
    plan.sessions().iter().for_each(|session| couple.play(session));
    let last = plan.sessions().last().expect("something was done").day;
    let now = moment(last.plus(1), 60 * 8, 1 << 40);
    couple.meet(now);
    assert!(couple.is_settled());
    (couple, now)
}

/// Ana's next device, which her tablet admitted. It was never connected.
pub(crate) fn next_device(couple: &mut Couple, now: Moment) -> Home<MemoryStore> {
    let random = Box::new(ChaCha20Rng::seed_from_u64(77));
    let tablet = &mut couple.phones[ANAS_TABLET].home;
    let mut home = pair_device(now, &Couple::relay_address(), tablet, MemoryStore::new(), random);
    home.set_pack_rule(RULE);
    couple.pump(now);
    home
}

/// Connects a home and lets everything happen that will; gives what the relay sent.
pub(crate) fn visit(couple: &mut Couple, home: &mut Home<MemoryStore>, now: Moment) -> Vec<FromRelay> {
    let mut heard = Vec::new();
    home.handle_input(now, Input::Connected { exporter: [9; 32] }).expect("a connection");
    exchange(VISITOR, home, &mut couple.relay, now, &mut |message| heard.push(message.clone()));
    heard
}

/// Ends a visit.
pub(crate) fn leave(couple: &mut Couple, home: &mut Home<MemoryStore>, now: Moment) {
    couple.relay.hang_up(VISITOR);
    home.handle_input(now, Input::Disconnected).expect("a lost connection");
}

pub(crate) fn chunks(heard: &[FromRelay]) -> usize {
    heard.iter().filter(|message| matches!(message, FromRelay::Response(_, Response::Chunk { .. }))).count()
}

/// Everything a home shows, in one order.
pub(crate) fn shown<S: amends_core::storage::Store>(home: &mut Home<S>, now: Moment) -> Vec<EntryView> {
    let mut views = home.list(now, None).expect("a list");
    views.sort_by_key(EntryView::id);
    views
}

/// Asserts that a home has what Ana's phone has, signed and in place.
#[track_caller]
pub(crate) fn has_everything(couple: &mut Couple, home: &mut Home<MemoryStore>, now: Moment) -> VerifyReport {
    let ana = &mut couple.phones[ANA].home;
    assert!(home.is_settled(), "everything is read");
    assert_eq!(shown(home, now), shown(ana, now));
    let (report, anas) = (home.verify(now).expect("a report"), ana.verify(now).expect("a report"));
    assert_eq!((report.records, report.statements, report.broken), (anas.records, anas.statements, 0));
    assert_eq!((report.missing, report.forks), (0, 0));
    report
}

/// The space's box: of the three, the one that is not a member's is the fullest.
pub(crate) fn fullest(couple: &mut Couple) -> BoxId {
    let boxes: Vec<BoxId> = couple.relay.boxes().copied().collect();
    let size = |couple: &mut Couple, id: &BoxId| {
        couple.relay.held(id).map_or(0, |held| held.chunks.values().map(Vec::len).sum::<usize>())
    };
    boxes.into_iter().max_by_key(|id| size(couple, id)).expect("a box")
}

#[test]
fn a_new_device_has_everything_from_packs_and_the_newest_records() {
    let (mut couple, now) = couple(40);
    let space = fullest(&mut couple);
    let mut home = next_device(&mut couple, now);
    let heard = visit(&mut couple, &mut home, now);
    assert!(chunks(&heard) > 0);
    let report = has_everything(&mut couple, &mut home, now);
    let held = couple.relay.held(&space).expect("the space's box");
    assert!((held.readable() as u64) < report.records / 2, "{} of {report:?} were never trimmed", held.readable());
    // What both partners' phones packed is there once.
    assert!(held.packs.len() <= 2, "{} packs", held.packs.len());
    // Nothing is fetched again.
    leave(&mut couple, &mut home, now);
    let heard = visit(&mut couple, &mut home, now);
    assert_eq!(chunks(&heard), 0);
    has_everything(&mut couple, &mut home, now);
}

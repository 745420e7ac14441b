//! What lies on the phone, goes over the network, and lies at the relay.

use super::Bench;
use super::figure::{Mark, Quantity, Row};
use super::life::{ANA, BEN, Life, SEED, VISITOR, random};
use amends_core::home::{Answer, Home};
use amends_core::storage::MemoryStore;
use amends_core::sync::Input;
use amends_protocol::encode_frame;
use amends_tests::workload::{Couple, MemoryRelay, Plan, exchange, pair_device};

const MIB: f64 = 1_048_576.0;
/// Records in the space box before sizes are looked at.
const RECORDS: usize = 1000;

/// Everything in the folder of Ana's phone.
pub(crate) fn disk(bench: &mut Bench) -> Vec<Row> {
    let life = bench.life();
    let measured = Quantity::Bytes(life.disk as f64);
    let figure = "phone's disk after ten years, both boxes, log and caches";
    vec![Row { figure, measured, floor: None, mark: Mark::Bytes(10.0 * MIB) }]
}

/// What a third device of Ana's is sent until it has everything: packs, and the records that stay beside them.
pub(crate) fn new_device(bench: &mut Bench) -> Vec<Row> {
    let (_, fetched) = new_device_of_ana(bench.life());
    let figure = "bytes a new device fetches after ten years, both boxes";
    vec![Row { figure, measured: Quantity::Bytes(fetched as f64), floor: None, mark: Mark::Bytes(6.0 * MIB) }]
}

/// A third device of Ana's, which her tablet admits, once it has read everything, and how many bytes the relay sent it.
pub(crate) fn new_device_of_ana(life: &mut Life) -> (Home<MemoryStore>, usize) {
    let now = life.now();
    let couple = &mut life.couple;
    let tablet = &mut couple.phones[ANA + 1].home;
    let mut home = pair_device(now, &Couple::relay_address(), tablet, MemoryStore::new(), random());
    couple.connect(ANA + 1, now);
    couple.hang_up(ANA + 1, now);
    let mut fetched = 0;
    home.handle_input(now, Input::Connected { exporter: [9; 32] }).expect("a connection");
    exchange(VISITOR, &mut home, &mut couple.relay, now, &mut |message| {
        fetched += encode_frame(message).map_or(0, |frame| frame.len());
    });
    assert!(home.is_settled(), "everything is read");
    couple.relay.hang_up(VISITOR);
    (home, fetched)
}

/// The sealed records of a check-in after a thousand others, in the space box.
pub(crate) fn sizes(_: &mut Bench) -> Vec<Row> {
    let plan = Plan::new(SEED, 600);
    let mut couple = Couple::found(SEED, Couple::memory_stores(), plan.first_day());
    let mut sessions = plan.sessions().iter();
    let mut last = plan.first_day();
    while space_records(&couple.relay).len() < RECORDS {
        let session = sessions.next().expect("enough days for a thousand records");
        couple.play(session);
        last = session.day;
    }
    let day = last.plus(1);
    let at = couple.now(day);
    couple.meet(at);
    let answer = [("need".to_owned(), "a quiet evening and a walk by the river!".to_owned())];
    assert_eq!(answer[0].1.len(), 40);
    let before = space_records(&couple.relay).len();
    // Neither has heard of the other's answer when they answer: commitments first, openings once they meet.
    for phone in [ANA, BEN] {
        let home = &mut couple.phones[phone].home;
        home.answer(at, "check_in", day, Answer::Fields(&answer)).expect("an answer");
        home.flush(at).expect("a flush");
    }
    couple.pump(at);
    let records = space_records(&couple.relay).split_off(before);
    super::say(&format!("a check-in's records in the space box: {records:?}"));
    let largest = |sizes: &[usize]| Quantity::Bytes(sizes.iter().copied().max().unwrap_or(0) as f64);
    let (commitments, openings) = records.split_at(2);
    assert!(openings.len() >= 2, "both opened");
    let mark = Mark::Bytes(512.0);
    let row = |figure, measured| Row { figure, measured, floor: None, mark };
    vec![
        row("sealed record of a check-in's commitment", largest(commitments)),
        row("sealed record of an opening with a 40-character answer", largest(openings)),
    ]
}

/// Sizes of the records in the space box: of the three boxes, the one that is not a member's is the fullest.
fn space_records(relay: &MemoryRelay) -> Vec<usize> {
    relay.boxes().map(|box_id| relay.sizes(box_id)).max_by_key(Vec::len).unwrap_or_default()
}

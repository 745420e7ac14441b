use super::*;
use crate::crypto::pairing::{Input, Outcome, Pending, Purpose, Step, parse_link};
use crate::crypto::tests::pairing::{INVITER, JOINER, World, devices, partners};

const STEPS: [(Step, &str); 6] = [
    (Step::M0, "m0_cell"),
    (Step::M1, "m1"),
    (Step::M2, "m2"),
    (Step::M3, "m3"),
    (Step::M4, "m4"),
    (Step::Abort, "abort"),
];

fn vector(make: impl Fn(bool, u8) -> World<'static>) -> Vector {
    let mut world = make(true, 50);
    world.run();
    let [inviter, joiner] = &world.phones;
    let pending = joiner.pending.as_ref().unwrap();
    let mut vector = Vector::default()
        .hex("inviter_secret", device(1).to_secret())
        .hex("joiner_secret", device(2).to_secret())
        .hex("inviter_randomness", inviter.randomness.given.as_slice())
        .hex("joiner_randomness", joiner.randomness.given.as_slice())
        .value("link", world.link.as_str())
        .value("words", world.words.as_str())
        .hex("m0", parse_link(&world.link).unwrap().as_bytes())
        .hex("transcript", pending.outcome().transcript())
        .value("joiners_code", joiner.shown.clone())
        .value("inviters_code", inviter.shown.clone());
    if let Outcome::Partner(pairing) = pending.outcome() {
        vector = vector
            .hex("roster", pairing.roster.as_bytes())
            .hex("space", pairing.roster.space().0)
            .hex("epoch_key", pairing.epoch.key.as_bytes())
            .hex("signature_inviter", pairing.signatures[0])
            .hex("signature_joiner", pairing.signatures[1]);
    }
    for (step, name) in STEPS {
        if let Some(cell) = world.cells.get(&(step as u8)) {
            vector = vector.hex(name, cell);
        }
    }
    vector.hex("pending", pending.to_bytes())
}

/// Both machines take the kept messages, whatever they would have made themselves.
fn replay(mut world: World<'static>, kept: &Value) {
    for (step, name) in STEPS {
        if step != Step::Abort {
            world.cells.insert(step as u8, unhex(&kept[name]));
        }
    }
    world.run();
    assert!(world.phones[INVITER].paired.is_some() && world.phones[JOINER].pending.is_some());
    let pending = Pending::from_bytes(&unhex(&kept["pending"])).unwrap();
    assert_eq!(pending.outcome().transcript(), &fixed(&kept["transcript"]));
    assert_eq!(world.phones[JOINER].shown.as_deref(), kept["joiners_code"].as_str());
    assert_eq!(world.phones[INVITER].shown.as_deref(), kept["inviters_code"].as_str());
}

#[test]
fn pairings() {
    let mut cancelled = partners(true, 50);
    cancelled.input(INVITER, Input::Start);
    cancelled.input(JOINER, Input::Start);
    cancelled.settle_relay();
    cancelled.input(JOINER, Input::Cancel);
    let abort = Vector::default()
        .hex("m1", &cancelled.cells[&(Step::M1 as u8)])
        .hex("abort", &cancelled.cells[&(Step::Abort as u8)]);
    let kept = golden(
        "pairing.json",
        vec![("partner", vector(partners)), ("own_device", vector(devices)), ("cancelled_by_joiner", abort)],
    );
    replay(partners(true, 50), &kept["partner"]);
    replay(devices(true, 50), &kept["own_device"]);
    let link = kept["own_device"]["link"].as_str().unwrap();
    assert_eq!(parse_link(link).unwrap().purpose(), Purpose::OwnDevice);
}

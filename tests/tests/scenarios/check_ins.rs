//! Sealed check-ins: both answer, then both see.

use amends_tests::phones::{Canary, Couple, Phone, TODAY, exit};
use serde_json::Value;

fn answer(phone: &Phone, canary: &Canary) {
    let need = format!("need=A walk ({}).", canary.word());
    phone.ask(&["answer", "check_in", "--date", TODAY, "mood=calm", &need]);
}

/// Today's check-in as a phone shows it.
fn shown(phone: &Phone) -> Value {
    let list = phone.ask(&["list", "check_in"]);
    list["entries"]
        .as_array()
        .expect("entries")
        .iter()
        .find(|entry| entry["date"] == TODAY)
        .cloned()
        .unwrap_or_default()
}

/// Whether a phone's owner can read a word, by any screen or copy.
fn reads(phone: &Phone, canary: &Canary) -> bool {
    let today = phone.ask(&["today", "--date", TODAY]);
    let copy = phone.ask(&["export", "--format", "json"]);
    let people = phone.ask(&["export", "--format", "markdown"]);
    [today, copy, people].iter().any(|value| canary.is_in(value.to_string().as_bytes()))
}

/// S-4: both answer while apart; nothing can be read before both are in, and the second trip opens both.
#[test]
fn answers_sealed_apart_open_together_after_the_second_trip() {
    let mut couple = Couple::paired();
    couple.sync();
    couple.relay.tap().record();
    couple.relay.stop();
    let (anas, bens) = (Canary::new("meadow"), Canary::new("granite"));
    answer(&couple.ana, &anas);
    answer(&couple.ben, &bens);
    let sealed = |couple: &Couple| {
        let (ana, ben) = (&couple.ana, &couple.ben);
        assert!(reads(ana, &anas) && reads(ben, &bens), "each reads their own: the search can find it");
        assert!(!reads(ana, &bens) && !reads(ben, &anas), "neither reads the other's");
        for folder in [ana.folder(), ben.folder(), &couple.relay.data()] {
            anas.is_nowhere_in(folder);
            bens.is_nowhere_in(folder);
        }
        let wire = couple.relay.tap().recorded();
        assert!(!anas.is_in(&wire) && !bens.is_in(&wire), "nor whoever listens");
    };
    sealed(&couple);
    assert_eq!(shown(&couple.ana)["state"], "mine_sealed");

    couple.relay.start_again();
    couple.ana.sync();
    sealed(&couple);
    couple.ben.sync();
    sealed(&couple);
    assert_eq!(shown(&couple.ben)["state"], "both_sealed");
    // The second trip.
    couple.ana.sync();
    assert!(reads(&couple.ana, &bens), "Ana's phone has opened hers and reads Ben's");
    couple.ben.sync();
    assert!(reads(&couple.ben, &anas));
    for phone in [&couple.ana, &couple.ben] {
        assert_eq!(shown(phone)["state"], "open");
        assert_eq!(shown(phone)["answers"].as_array().map(Vec::len), Some(2));
    }
    for folder in [couple.ana.folder(), couple.ben.folder(), &couple.relay.data()] {
        anas.is_nowhere_in(folder);
        bens.is_nowhere_in(folder);
    }
    couple.agree();
}

#[test]
fn one_waiting_answer_is_all_that_shows_and_can_be_hidden() {
    let couple = Couple::paired();
    let canary = Canary::new("thistle");
    answer(&couple.ana, &canary);
    couple.sync();
    assert_eq!(shown(&couple.ben)["state"], "theirs_sealed");
    assert_eq!(shown(&couple.ben)["answers"], Value::Array(Vec::new()));
    couple.ana.ask(&["settings", "waiting_hint", "off"]);
    couple.sync();
    assert_ne!(shown(&couple.ben)["state"], "theirs_sealed", "either may switch the hint off");
    let today = couple.ben.ask(&["today", "--date", TODAY]).to_string();
    assert!(!today.contains("theirs_sealed"), "{today}");
    couple.ana.ask(&["settings", "waiting_hint", "on"]);
    couple.sync();
    assert_eq!(shown(&couple.ben)["state"], "theirs_sealed");
    // A day later it is still sealed: nothing lifts by itself.
    couple.ana.at("2026-03-20T12:00:00Z").sync();
    couple.ben.at("2026-03-20T12:00:00Z").sync();
    assert!(!reads(&couple.ben, &canary));
}

/// S-5, as far as an honest program lets itself be used for it: the other way, with records of one's own making, is tested
/// where statements are checked.
#[test]
fn an_answer_cannot_be_changed_for_one_that_was_read() {
    let couple = Couple::paired();
    let (first, second, bens) = (Canary::new("first"), Canary::new("second"), Canary::new("bens"));
    answer(&couple.ana, &first);
    couple.sync();
    answer(&couple.ben, &bens);
    // Ben's phone has seen Ana's commitment: its opening names that one.
    couple.ben.sync();
    // Ana, who has not heard of it, seals another answer in its place.
    answer(&couple.ana, &second);
    couple.sync();
    assert!(reads(&couple.ben, &first), "the answer that Ben's opening names is the one that opens");
    assert!(!reads(&couple.ben, &second), "and not the one made in its place");
    assert!(reads(&couple.ana, &bens));
    let open: Vec<Value> = shown(&couple.ben)["answers"].as_array().expect("answers").clone();
    assert_eq!(open.len(), 2, "one answer each: {open:?}");
    for phone in [&couple.ana, &couple.ben] {
        for act in
            [&["answer", "check_in", "--date", TODAY, "mood=angry"][..], &["take-back", "check_in", "--date", TODAY]]
        {
            phone.refuses(act, exit::REFUSED, "already_open");
        }
        phone.refuses(&["share-anyway", "check_in", "--date", TODAY], exit::REFUSED, "already_open");
    }
    couple.ana.verify();
    couple.ben.verify();
}

#[test]
fn before_anything_is_open_an_answer_may_be_replaced_or_taken_back() {
    let mut couple = Couple::paired();
    let (first, second, bens) = (Canary::new("first"), Canary::new("second"), Canary::new("bens"));
    answer(&couple.ana, &first);
    couple.ana.sync();
    couple.ana.ask(&["take-back", "check_in", "--date", TODAY]);
    couple.ana.refuses(&["take-back", "check_in", "--date", TODAY], exit::NOT_FOUND, "not_found");
    couple.ana.sync();
    couple.relay.stop();
    answer(&couple.ben, &bens);
    answer(&couple.ana, &first);
    answer(&couple.ana, &second);
    assert!(!reads(&couple.ana, &bens) && !reads(&couple.ben, &first), "apart, nothing opens");
    couple.relay.start_again();
    couple.sync();
    assert!(reads(&couple.ben, &second) && !reads(&couple.ben, &first), "the answer that stood is the one that opened");
    couple.agree();
}

#[test]
fn an_answer_taken_back_while_the_other_opened_is_open() {
    let mut couple = Couple::paired();
    let (anas, bens) = (Canary::new("anas"), Canary::new("bens"));
    answer(&couple.ana, &anas);
    couple.sync();
    couple.relay.stop();
    couple.ana.ask(&["take-back", "check_in", "--date", TODAY]);
    answer(&couple.ben, &bens);
    couple.relay.start_again();
    // Ben's phone, which knows of no taking back, opens to Ana's answer.
    couple.ben.sync();
    couple.sync();
    assert!(reads(&couple.ben, &anas) && reads(&couple.ana, &bens), "the opening wins");
    couple.agree();
}

#[test]
fn who_shared_anyway_is_read_and_a_later_answer_says_so() {
    let couple = Couple::paired();
    let (anas, bens) = (Canary::new("anas"), Canary::new("bens"));
    answer(&couple.ana, &anas);
    couple.sync();
    assert!(!reads(&couple.ben, &anas));
    couple.ana.ask(&["share-anyway", "check_in", "--date", TODAY]);
    couple.sync();
    assert!(reads(&couple.ben, &anas));
    answer(&couple.ben, &bens);
    couple.sync();
    assert!(reads(&couple.ana, &bens));
    for phone in [&couple.ana, &couple.ben] {
        let answers = shown(phone)["answers"].as_array().expect("answers").clone();
        let labelled: Vec<bool> = answers.iter().map(|answer| answer["answered_after_reading"] == true).collect();
        assert_eq!(labelled.iter().filter(|label| **label).count(), 1, "{answers:?}");
    }
    couple.agree();
}

#[test]
fn a_pass_looks_like_any_answer_until_both_are_in() {
    let couple = Couple::paired();
    couple.ana.ask(&["answer", "check_in", "--date", TODAY, "--pass"]);
    couple.sync();
    assert_eq!(shown(&couple.ben)["state"], "theirs_sealed");
    assert!(!couple.ben.ask(&["export", "--format", "json"]).to_string().contains("\"passed\":true"));
    answer(&couple.ben, &Canary::new("bens"));
    couple.sync();
    let answers = shown(&couple.ben)["answers"].as_array().expect("answers").clone();
    assert_eq!(answers.iter().filter(|answer| answer["passed"] == true).count(), 1, "{answers:?}");
    couple.agree();
}

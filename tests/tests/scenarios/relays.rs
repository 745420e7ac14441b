//! Relays that are away, lose everything, or are left for another.

use amends_tests::phones::{Couple, Phone, Relay, TODAY, exit, pair_own_device, shared};

/// A little of everything, agreed by both.
fn live_a_little(couple: &Couple) {
    let agreement = couple.ana.make(&["new", "agreement", "text=We say by noon."]);
    let note = couple.ana.make(&["new", "note", "title=Weekend"]);
    couple.ana.ask(&["note", &note, "--at", "0", "--insert", "A walk."]);
    couple.ana.make(&["new", "journal_entry", "text=For me alone."]);
    couple.ben.make(&["new", "boundary", "limit=No talks after ten."]);
    for phone in [&couple.ana, &couple.ben] {
        phone.ask(&["answer", "check_in", "--date", TODAY, "mood=calm"]);
    }
    couple.sync();
    couple.ben.ask(&["consent", &agreement]);
    couple.ben.ask(&["note", &note, "--at", "7", "--insert", " And cake."]);
    couple.sync();
}

/// All that Ana's boxes at the relay hold, as a phone sees it that has nothing else: her next one.
fn as_a_new_phone_sees_it(couple: &Couple, name: &str) -> Phone {
    let next = Phone::new("Ana", &couple.folder.path().join(name));
    pair_own_device(&couple.ana, &next);
    next.sync();
    next
}

#[test]
fn without_a_relay_edits_are_kept_and_leave_later() {
    let mut couple = Couple::paired();
    couple.sync();
    couple.relay.stop();
    let one = couple.ana.make(&["new", "appreciation", "text=You waited."]);
    let journal = couple.ana.make(&["new", "journal_entry", "text=Alone."]);
    couple.ana.refuses(&["sync", "--timeout", "0.5"], exit::UNREACHABLE, "relay_unreachable");
    couple.ana.refuses(&["sync", "--timeout", "0.5"], exit::UNREACHABLE, "relay_unreachable");
    assert!(couple.ana.ask(&["status"])["outbox"].as_u64() > Some(0));
    assert_eq!(couple.ana.show(&one)["fields"]["text"], "You waited.");
    assert_eq!(couple.ana.show(&journal)["fields"]["text"], "Alone.");
    couple.relay.start_again();
    couple.sync();
    assert_eq!(couple.ana.ask(&["status"])["outbox"], 0);
    assert_eq!(couple.both_show(&one)["fields"]["text"], "You waited.");
    couple.agree();
}

#[test]
fn a_relay_that_lost_every_box_is_refilled_without_a_word() {
    let mut couple = Couple::paired();
    live_a_little(&couple);
    let before = couple.agree();
    couple.relay.lose_boxes();
    couple.sync();
    assert_eq!(couple.agree(), before);
    let next = as_a_new_phone_sees_it(&couple, "tablet");
    assert_eq!(shared(&next), before, "the relay has everything again");
    assert_eq!(next.ask(&["list", "journal_entry"])["entries"].as_array().map(Vec::len), Some(1), "the vault, too");
    next.verify();
    // And life goes on.
    let later = couple.ben.make(&["new", "appreciation", "text=Thank you."]);
    couple.sync();
    couple.both_show(&later);
    couple.agree();
}

#[test]
fn one_phone_refills_what_both_had_sent() {
    let mut couple = Couple::paired();
    live_a_little(&couple);
    let before = couple.agree();
    couple.relay.lose_boxes();
    couple.ana.sync();
    let next = as_a_new_phone_sees_it(&couple, "tablet");
    assert_eq!(shared(&next), before, "Ben's words, too, from Ana's phone alone");
    couple.sync();
    assert_eq!(couple.agree(), before);
}

#[test]
fn each_sets_a_new_relay_and_they_meet_there() {
    let mut couple = Couple::paired();
    live_a_little(&couple);
    let only_here = couple.ana.make(&["new", "appreciation", "text=Not sent before the relay went."]);
    couple.relay.stop();
    couple.ana.run(&["sync", "--timeout", "0.5"]);
    couple.relay = Relay::start(&couple.folder.path().join("other-relay"));
    for phone in [&couple.ana, &couple.ben] {
        phone.ask(&["relay", "set", couple.relay.address()]);
        assert_eq!(phone.ask(&["status"])["relay"], couple.relay.address());
    }
    couple.sync();
    couple.both_show(&only_here);
    let all = couple.agree();
    let next = as_a_new_phone_sees_it(&couple, "tablet");
    assert_eq!(shared(&next), all, "the new relay was refilled");
}

#[test]
fn another_relay_at_the_old_address_is_not_taken_for_it() {
    let mut couple = Couple::paired();
    live_a_little(&couple);
    couple.relay.stop();
    // Whoever took the address has another identity: everything of the old one is gone.
    std::fs::remove_dir_all(couple.relay.data()).expect("it can be removed");
    let old = couple.relay.address().to_owned();
    couple.relay.start_again();
    assert_ne!(couple.relay.address(), old, "another pin");
    let kept = couple.ana.make(&["new", "appreciation", "text=Kept."]);
    couple.ana.refuses(&["sync"], exit::DAMAGED, "wrong_relay_pin");
    for phone in [&couple.ana, &couple.ben] {
        phone.ask(&["relay", "set", couple.relay.address()]);
    }
    couple.sync();
    couple.both_show(&kept);
    couple.agree();
}

#[test]
fn a_relay_that_went_back_to_an_older_copy_gets_the_rest_again() {
    let mut couple = Couple::paired();
    live_a_little(&couple);
    couple.relay.stop();
    let (data, old) = (couple.relay.data(), couple.folder.path().join("old-data"));
    copy(&data, &old);
    couple.relay.start_again();
    let later = couple.ana.make(&["new", "appreciation", "text=After the copy."]);
    let bens = couple.ben.make(&["new", "appreciation", "text=Mine, too."]);
    couple.sync();
    let before = couple.agree();
    couple.relay.stop();
    std::fs::remove_dir_all(&data).expect("it can be removed");
    copy(&old, &data);
    couple.relay.start_again();
    couple.sync();
    assert_eq!(couple.agree(), before);
    let next = as_a_new_phone_sees_it(&couple, "tablet");
    for id in [&later, &bens] {
        next.show(id);
    }
    assert_eq!(shared(&next), before);
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("a folder can be made");
    for entry in std::fs::read_dir(from).expect("the folder can be read") {
        let path = entry.expect("the folder can be read").path();
        std::fs::copy(&path, to.join(path.file_name().expect("a file has a name"))).expect("the file can be copied");
    }
}

#[test]
fn two_that_stay_connected_see_each_other_write() {
    let couple = Couple::paired();
    let (mut ana, mut ben) = (couple.ana.shell(), couple.ben.shell());
    for shell in [&mut ana, &mut ben] {
        shell.ask(&["sync", "--watch"]);
    }
    let id = ana.ask(&["new", "appreciation", "text=Live."])["id"].as_str().expect("an id").to_owned();
    ana.ask(&["sync"]);
    // However many events come, one of them is the arrival of what Ana wrote.
    loop {
        ben.event("arrived");
        ben.type_in(&["show", &id]);
        let answer = ben.answer().expect("the shell answers");
        if answer["error"].is_null() {
            assert_eq!(answer["fields"]["text"], "Live.");
            break;
        }
        assert_eq!(answer["error"]["code"], "not_found", "{answer}");
    }
    assert_eq!(ana.finish().code, Some(0));
    assert_eq!(ben.finish().code, Some(0));
    couple.sync();
    couple.agree();
}

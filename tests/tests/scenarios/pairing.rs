//! Pairing, when all goes well and when somebody errs or meddles.

use amends_tests::phones::{Conversation, Couple, Phone, Relay, exit, pair, pair_by_words, pair_own_device, text};

/// An invite by link that waits.
fn invited(inviter: &Phone, relay: &str) -> (Conversation, String) {
    let mut inviting = inviter.start(&["invite", "--relay", relay]);
    let link = text(&inviting.event("invite"), "link");
    (inviting, link)
}

/// Both are without a space, and can still pair.
fn both_can_start_again(couple: &Couple) {
    for phone in [&couple.ana, &couple.ben] {
        assert!(phone.ask(&["status"])["space"].is_null(), "{} is in no space", phone.name);
    }
    pair(&couple.ana, &couple.ben, couple.relay.address());
    let id = couple.ben.make(&["new", "appreciation", "text=We made it."]);
    couple.sync();
    couple.both_show(&id);
    couple.agree();
}

fn wrong(code: &str) -> String {
    let last = if code.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", &code[..code.len() - 1])
}

#[test]
fn two_phones_pair_by_link_or_by_words_and_share_zone_and_space() {
    for by_words in [false, true] {
        let couple = Couple::strangers();
        let how = if by_words { pair_by_words } else { pair };
        let space = how(&couple.ana, &couple.ben, couple.relay.address());
        for (phone, partner) in [(&couple.ana, "Ben"), (&couple.ben, "Ana")] {
            let status = phone.ask(&["status"]);
            assert_eq!((status["space"].as_str(), &status["pending"]), (Some(space.as_str()), &false.into()));
            assert_eq!(status["partner"]["name"], partner);
            assert_eq!(status["relay"], couple.relay.address());
        }
        let id = couple.ben.make(&["new", "appreciation", "text=We made it."]);
        couple.sync();
        couple.both_show(&id);
        couple.agree();
    }
}

#[test]
fn the_joiners_code_mistyped_ends_it_for_both() {
    let couple = Couple::strangers();
    let (mut inviting, link) = invited(&couple.ana, couple.relay.address());
    let mut joining = couple.ben.start(&["join", &link]);
    let code = text(&joining.event("check"), "code");
    assert!(code.len() == 6 && code.chars().all(|digit| digit.is_ascii_digit()), "{code:?}");
    inviting.event("type_code");
    inviting.say(&wrong(&code));
    inviting.finish().refused(exit::REFUSED, "code_mismatch");
    joining.finish().refused(exit::REFUSED, "aborted_code_mismatch");
    // The invite is burned, for whoever else has the link, too.
    let again = couple.ben.run(&["join", &link]);
    again.no_bug();
    assert_eq!(again.code, Some(exit::REFUSED), "{again}");
    both_can_start_again(&couple);
}

#[test]
fn the_inviters_code_mistyped_ends_it_for_both() {
    let couple = Couple::strangers();
    let (mut inviting, link) = invited(&couple.ana, couple.relay.address());
    let mut joining = couple.ben.start(&["join", &link]);
    inviting.event("type_code");
    let code = text(&joining.event("check"), "code");
    inviting.say(&code);
    let code = text(&inviting.event("check"), "code");
    joining.event("type_code");
    joining.say(&wrong(&code));
    joining.finish().refused(exit::REFUSED, "code_mismatch");
    inviting.finish().refused(exit::REFUSED, "aborted_code_mismatch");
    both_can_start_again(&couple);
}

#[test]
fn a_second_joiner_burns_the_invite_and_alarms_both() {
    let couple = Couple::strangers();
    let carla = Phone::new("Carla", &couple.folder.path().join("carla"));
    carla.init();
    let (mut inviting, link) = invited(&couple.ana, couple.relay.address());
    let mut joining = couple.ben.start(&["join", &link]);
    joining.event("check");
    inviting.event("type_code");
    let thief = carla.run(&["join", &link]);
    thief.refused(exit::REFUSED, "invite_burned");
    joining.wait().refused(exit::REFUSED, "invite_burned");
    inviting.wait().refused(exit::REFUSED, "invite_burned");
    assert!(carla.ask(&["status"])["space"].is_null());
    both_can_start_again(&couple);
}

#[test]
fn an_invite_that_was_used_is_over() {
    let couple = Couple::strangers();
    let mut inviting = couple.ana.start(&["invite", "--relay", couple.relay.address()]);
    let invite = inviting.event("invite");
    let mut joining = couple.ben.start(&["join", &text(&invite, "link")]);
    let code = text(&joining.event("check"), "code");
    inviting.event("type_code");
    inviting.say(&code);
    let code = text(&inviting.event("check"), "code");
    joining.event("type_code");
    joining.say(&code);
    inviting.finish().ok();
    joining.finish().ok();
    let carla = Phone::new("Carla", &couple.folder.path().join("carla"));
    carla.init();
    let words = text(&invite, "words");
    let by_link = carla.run(&["join", &text(&invite, "link")]);
    let by_words = carla.run(&["join", "--words", &words, "--relay", couple.relay.address()]);
    for late in [by_link, by_words] {
        late.no_bug();
        assert!([Some(exit::REFUSED), Some(exit::NOT_FOUND)].contains(&late.code), "{late}");
    }
    assert!(carla.ask(&["status"])["space"].is_null());
    couple.sync();
    couple.agree();
}

#[test]
fn links_and_words_with_an_error_in_them_are_refused() {
    let couple = Couple::strangers();
    let (inviting, link) = invited(&couple.ana, couple.relay.address());
    // Each character in turn would take long; these are in every part of it.
    for at in [0, 3, link.len() / 4, link.len() / 2, link.len() * 3 / 4, link.len() - 1] {
        let mut bytes = link.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let mistyped = String::from_utf8(bytes).expect("the link is ASCII");
        couple.ben.refuses(&["join", &mistyped], exit::USAGE, "invalid_link");
    }
    couple.ben.refuses(&["join", &link[..link.len() - 5]], exit::USAGE, "invalid_link");
    couple.ben.refuses(&["join", &link[1..]], exit::USAGE, "invalid_link");
    assert!(couple.ben.ask(&["status"])["space"].is_null());
    inviting.kill();

    let mut inviting = couple.ana.start(&["invite", "--relay", couple.relay.address()]);
    let words = text(&inviting.event("invite"), "words");
    let relay = couple.relay.address().to_owned();
    let join = |words: &str| couple.ben.run(&["join", "--words", words, "--relay", &relay]);
    join("eight words that are in no list at all").refused(exit::USAGE, "invalid_words");
    let seven: Vec<&str> = words.split_whitespace().take(7).collect();
    join(&seven.join(" ")).refused(exit::USAGE, "invalid_words");
    // Eight good words in another order are another invite's.
    let mut turned: Vec<&str> = words.split_whitespace().collect();
    turned.reverse();
    join(&turned.join(" ")).refused(exit::NOT_FOUND, "no_invite");
    // None of this touched the invite.
    let mut joining = couple.ben.start(&["join", "--words", &words.to_uppercase(), "--relay", &relay]);
    let code = text(&joining.event("check"), "code");
    inviting.event("type_code");
    inviting.say(&code);
    let code = text(&inviting.event("check"), "code");
    joining.event("type_code");
    joining.say(&code);
    inviting.finish().ok();
    joining.finish().ok();
    couple.sync();
    couple.agree();
}

#[test]
fn a_relay_with_another_pin_is_not_talked_to() {
    let couple = Couple::strangers();
    let (place, pin) = couple.relay.address().split_once('#').expect("an address has a pin");
    let first = if pin.starts_with('A') { "B" } else { "A" };
    let other = format!("{place}#{first}{}", &pin[1..]);
    couple.ana.run(&["invite", "--relay", &other]).refused(exit::DAMAGED, "wrong_relay_pin");
    let mut inviting = couple.ana.start(&["invite", "--relay", couple.relay.address()]);
    let words = text(&inviting.event("invite"), "words");
    couple.ben.refuses(&["join", "--words", &words, "--relay", &other], exit::DAMAGED, "wrong_relay_pin");
    inviting.kill();
    both_can_start_again(&couple);
}

#[test]
fn who_is_in_a_space_pairs_with_no_one_else() {
    let couple = Couple::paired();
    let carla = Phone::new("Carla", &couple.folder.path().join("carla"));
    carla.init();
    couple.ana.refuses(&["invite", "--relay", couple.relay.address()], exit::REFUSED, "already_paired");
    let (inviting, link) = invited(&carla, couple.relay.address());
    couple.ben.refuses(&["join", &link], exit::REFUSED, "already_paired");
    inviting.kill();
    couple.sync();
    couple.agree();
}

#[test]
fn an_own_phones_link_is_for_a_phone_without_a_home_and_a_partners_for_one_with() {
    let couple = Couple::paired();
    let mut inviting = couple.ana.start(&["invite", "--own-device"]);
    let own = text(&inviting.event("invite"), "link");
    let carla = Phone::new("Carla", &couple.folder.path().join("carla"));
    carla.init();
    carla.refuses(&["join", &own], exit::REFUSED, "home_exists");
    couple.ben.refuses(&["join", &own], exit::REFUSED, "home_exists");
    inviting.kill();

    let (inviting, partners) = invited(&carla, couple.relay.address());
    let nobody = Phone::new("Nobody", &couple.folder.path().join("nobody"));
    nobody.refuses(&["join", &partners], exit::NOT_FOUND, "no_home");
    assert!(!nobody.home().join("amends.db").exists(), "no home was made");
    inviting.kill();

    // None of this is in the way of the real one.
    let tablet = Phone::new("Ana", &couple.folder.path().join("tablet"));
    pair_own_device(&couple.ana, &tablet);
    assert_eq!(tablet.ask(&["status"])["member"], couple.ana.ask(&["status"])["member"]);
    couple.sync();
    couple.agree();
}

#[test]
fn nobody_pairs_with_themselves() {
    let couple = Couple::strangers();
    let (inviting, link) = invited(&couple.ana, couple.relay.address());
    // A copy of the home is the same member.
    let copy = couple.ana.copy_to(&couple.folder.path().join("copy"));
    let reply = copy.run(&["join", &link]);
    reply.no_bug();
    assert_eq!(reply.code, Some(exit::REFUSED), "{reply}");
    inviting.kill();
    both_can_start_again(&couple);
}

#[test]
fn who_gives_up_tells_the_other() {
    let couple = Couple::strangers();
    let (mut inviting, link) = invited(&couple.ana, couple.relay.address());
    let mut joining = couple.ben.start(&["join", &link]);
    joining.event("check");
    inviting.event("type_code");
    // Stdin ends: nobody will type the code.
    let gave_up = inviting.finish();
    gave_up.no_bug();
    assert_eq!(gave_up.code, Some(exit::REFUSED), "{gave_up}");
    joining.wait().refused(exit::REFUSED, "aborted_cancelled");
    both_can_start_again(&couple);
}

#[test]
fn an_invite_lives_as_long_as_the_relay_says_and_tells_both_that_it_is_over() {
    for joined in [false, true] {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let [ana, ben] = ["Ana", "Ben"].map(|name| Phone::new(name, &folder.path().join(name)));
        ana.init();
        ben.init();
        let config = "[limits]\nper_address = false\nrendezvous_lifetime_s = 3\n";
        let relay = Relay::start_with(&folder.path().join("relay"), config);
        let (mut inviting, link) = invited(&ana, relay.address());
        if joined {
            let mut joining = ben.start(&["join", &link]);
            joining.event("check");
            inviting.event("type_code");
            // Nobody types anything.
            joining.wait().refused(exit::REFUSED, "invite_expired");
        }
        inviting.wait().refused(exit::REFUSED, "invite_expired");
        ben.refuses(&["join", &link], exit::REFUSED, "invite_expired");
        for phone in [&ana, &ben] {
            assert!(phone.ask(&["status"])["space"].is_null(), "{} is in no space", phone.name);
        }
    }
}

/// The pairing is whole on the inviter's phone, and its word for the other finds no room at the relay.
#[test]
fn an_inviter_whose_first_record_cannot_leave_is_told() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let [ana, ben] = ["Ana", "Ben"].map(|name| Phone::new(name, &folder.path().join(name)));
    ana.init();
    ben.init();
    let config = "[limits]\nper_address = false\n";
    let mut relay = Relay::start_with(
        &folder.path().join("relay"),
        &format!("{config}box_bytes_max = 100\nbox_record_bytes_max = 100\n"),
    );
    let (mut inviting, link) = invited(&ana, relay.address());
    let mut joining = ben.start(&["join", &link]);
    let code = text(&joining.event("check"), "code");
    inviting.event("type_code");
    inviting.say(&code);
    let code = text(&inviting.event("check"), "code");
    joining.event("type_code");
    joining.say(&code);
    let told = inviting.wait();
    assert_eq!(told.code, Some(0), "{told}");
    let events: Vec<&str> = told.objects.iter().filter_map(|object| object["event"].as_str()).collect();
    assert_eq!(events, ["paired", "unsent"], "{told}");
    assert_eq!(told.ok()["code"], "box_full");
    joining.kill();
    // Once there is room, a sync says it.
    relay.stop();
    relay.configure(config);
    relay.start_again();
    ana.sync();
    ben.sync();
    assert_eq!(ben.ask(&["status"])["pending"], false);
    assert_eq!(ben.ask(&["status"])["space"], ana.ask(&["status"])["space"]);
}

//! A party, or the relay, that vanishes in the middle of a pairing: both can start again.

use amends_tests::phones::{Conversation, Couple, Phone, pair, pair_own_device, text};

/// Who vanishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Inviter,
    Joiner,
    Relay,
}

/// When: after this was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum When {
    /// The invite stands (m0).
    Invited,
    /// The joiner was there (m1).
    Joined,
    /// The inviter answered (m2).
    Answered,
    /// The joiner's code was typed, and the space handed over (m3).
    Granted,
    /// The inviter's code was typed; the joiner signs (m4).
    Signed,
}

/// Plays a pairing up to `when`, then takes `who` away at once. The other is given up by its owner, as after a long wait.
fn broken_off(couple: &mut Couple, who: Who, when: When) {
    let mut inviting = couple.ana.start(&["invite", "--relay", couple.relay.address()]);
    let link = text(&inviting.event("invite"), "link");
    let mut joining = None;
    if when != When::Invited {
        let joiner = joining.insert(couple.ben.start(&["join", &link]));
        inviting.event("type_code");
        if when != When::Joined {
            let code = text(&joiner.event("check"), "code");
            if when != When::Answered {
                inviting.say(&code);
                let code = text(&inviting.event("check"), "code");
                joiner.event("type_code");
                if when == When::Signed {
                    joiner.say(&code);
                }
            }
        }
    }
    match who {
        Who::Inviter => drop(inviting.kill()),
        Who::Joiner => {
            if let Some(joiner) = joining.take() {
                joiner.kill();
            }
            inviting.kill();
        }
        Who::Relay => {
            couple.relay.kill();
            couple.relay.start_again();
            inviting.kill();
        }
    }
    if let Some(joiner) = joining {
        joiner.kill();
    }
}

fn space(phone: &Phone) -> Option<String> {
    phone.ask(&["status"])["space"].as_str().map(str::to_owned)
}

/// Whatever was broken off: either it came to an end before, and a sync shows it, or both can start again.
fn whole_in_the_end(couple: &Couple, what: &str) {
    for phone in [&couple.ana, &couple.ben, &couple.ana] {
        // Without a relay there is nothing to sync with yet.
        phone.run(&["sync", "--timeout", "60"]).no_bug();
    }
    match (space(&couple.ana), space(&couple.ben)) {
        (Some(ana), Some(ben)) => assert_eq!(ana, ben, "{what}"),
        (None, None) => drop(pair(&couple.ana, &couple.ben, couple.relay.address())),
        halves => panic!("{what}: one is paired and the other is not: {halves:?}"),
    }
    let id = couple.ben.make(&["new", "appreciation", "text=We made it."]);
    couple.sync();
    couple.both_show(&id);
    couple.agree();
}

fn all(who: Who) {
    for when in [When::Invited, When::Joined, When::Answered, When::Granted, When::Signed] {
        let mut couple = Couple::strangers();
        broken_off(&mut couple, who, when);
        whole_in_the_end(&couple, &format!("{who:?} vanished when {when:?}"));
    }
}

#[test]
fn an_inviter_who_vanishes() {
    all(Who::Inviter);
}

#[test]
fn a_joiner_who_vanishes() {
    all(Who::Joiner);
}

#[test]
fn a_relay_that_vanishes() {
    all(Who::Relay);
}

#[test]
fn an_own_phone_that_vanishes_can_be_invited_again() {
    for signed in [false, true] {
        let couple = Couple::paired();
        let journal = couple.ana.make(&["new", "journal_entry", "text=Alone."]);
        let tablet = Phone::new("Ana", &couple.folder.path().join("tablet"));
        let mut inviting = couple.ana.start(&["invite", "--own-device"]);
        let link = text(&inviting.event("invite"), "link");
        let mut joining = tablet.start(&["join", &link]);
        inviting.event("type_code");
        let code = text(&joining.event("check"), "code");
        inviting.say(&code);
        let code = text(&inviting.event("check"), "code");
        joining.event("type_code");
        if signed {
            joining.say(&code);
        }
        end(joining, inviting);
        // A home made by a pairing that never was confirmed is thrown away by its owner; no other way is asked of anybody.
        let again =
            if tablet.home().exists() { Phone::new("Ana", &couple.folder.path().join("tablet-again")) } else { tablet };
        pair_own_device(&couple.ana, &again);
        assert_eq!(again.show(&journal)["fields"]["text"], "Alone.");
        couple.sync();
        couple.agree();
    }
}

fn end(joining: Conversation, inviting: Conversation) {
    joining.kill();
    inviting.kill();
}

//! A party, or the relay, that vanishes in the middle of a pairing: both can start again.

use amends_core::storage::SqliteStore;
use amends_tests::phones::{Conversation, Couple, Phone, exit, pair, pair_own_device, text};
use std::fs;

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
        let unconfirmed = tablet.home().join("amends.db").exists();
        if unconfirmed {
            assert_eq!(tablet.ask(&["status"])["pending"], true);
            let synced = tablet.run(&["sync"]);
            assert!(synced.code == Some(0) && synced.complaints.contains("another"), "it says what to do: {synced}");
        }
        // A home made by a pairing that never was confirmed gives way to the next one, and stays aside.
        pair_own_device(&couple.ana, &tablet);
        assert_eq!(tablet.home().join("amends.db.aside-1").exists(), unconfirmed);
        assert_eq!(tablet.show(&journal)["fields"]["text"], "Alone.");
        assert_eq!(tablet.ask(&["status"])["pending"], false);
        couple.sync();
        couple.agree();
        // Once confirmed, it is a home like any other.
        let mut inviting = couple.ana.start(&["invite", "--own-device"]);
        tablet.refuses(&["join", &text(&inviting.event("invite"), "link")], exit::REFUSED, "home_exists");
        inviting.kill();
    }
}

/// Whatever a process that died on the way left in the folder, the next one makes a home of it.
#[test]
fn a_phone_that_died_while_its_home_was_made_joins_again() {
    let couple = Couple::paired();
    let journal = couple.ana.make(&["new", "journal_entry", "text=Alone."]);
    let other = couple.ana.folder().join("home.key");
    // The key alone; a file that is no store yet; an empty store; half of the store that was to take its place.
    for (step, files) in
        [&[][..], &["amends.db"], &["store"], &["amends.db.new", "amends.db.new-wal"]].iter().enumerate()
    {
        let tablet = Phone::new("Ana", &couple.folder.path().join(format!("tablet-{step}")));
        fs::copy(&other, tablet.folder().join("home.key")).expect("a key");
        fs::create_dir(tablet.home()).expect("a folder");
        for file in *files {
            match *file {
                "store" => drop(SqliteStore::open(&tablet.home().join("amends.db")).expect("an empty store")),
                file => fs::write(tablet.home().join(file), b"").expect("a file"),
            }
        }
        tablet.refuses(&["status"], exit::NOT_FOUND, "no_home");
        pair_own_device(&couple.ana, &tablet);
        assert_eq!(tablet.show(&journal)["fields"]["text"], "Alone.", "step {step}");
        tablet.verify();
    }
    // The same for a first home.
    let carla = Phone::new("Carla", &couple.folder.path().join("carla"));
    fs::copy(&other, carla.folder().join("home.key")).expect("a key");
    fs::create_dir(carla.home()).expect("a folder");
    drop(SqliteStore::open(&carla.home().join("amends.db")).expect("an empty store"));
    carla.init();
    carla.verify();
}

fn end(joining: Conversation, inviting: Conversation) {
    joining.kill();
    inviting.kill();
}

//! A damaged home comes back: what is intact is carried over, the relay and the partner bring the rest, and what nobody can bring
//! back is said.

use std::fs;
use std::path::PathBuf;

use amends_tests::phones::{Couple, Phone, exit, pair_own_device, shared, text};
use serde_json::Value;

const PAGE: usize = 4096;

/// Words that no compression makes short.
fn words(at: u64) -> String {
    let drawn = |n: u64| (n.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (n << 7)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    (0..24).map(|n| format!("{:x} ", drawn(1000 * at + n))).collect()
}

/// Enough of everything to fill some dozen pages, on both phones and at the relay.
fn some_life(couple: &Couple) {
    let mut shell = couple.ana.shell();
    for at in 0..50 {
        shell.ask(&["new", "appreciation", &format!("text=Appreciation {at}: {}", words(at))]);
        shell.ask(&["new", "journal_entry", &format!("text=Journal {at}: {}", words(at + 500))]);
        if at % 3 == 0 {
            shell.ask(&["sync"]);
        }
    }
    let agreement = text(&shell.ask(&["new", "agreement", "text=We say by noon."]), "id");
    let note = text(&shell.ask(&["new", "note", "title=Weekend"]), "id");
    shell.ask(&["note", &note, "--at", "0", "--insert", "A walk."]);
    shell.ask(&["answer", "check_in", "--date", "2026-03-14", "mood=calm"]);
    shell.ask(&["sync"]);
    assert_eq!(shell.finish().code, Some(0));
    couple.ben.sync();
    couple.ben.ask(&["consent", &agreement]);
    couple.ben.ask(&["note", &note, "--at", "7", "--insert", " And cake."]);
    couple.ben.ask(&["answer", "check_in", "--date", "2026-03-14", "mood=tense"]);
    couple.sync();
}

fn database(phone: &Phone) -> PathBuf {
    phone.home().join("amends.db")
}

/// What a phone keeps for itself.
fn journal(phone: &Phone) -> Value {
    phone.ask(&["list", "journal_entry"])
}

/// Changes the bytes of a phone's database.
fn damage(phone: &Phone, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut bytes = fs::read(database(phone)).expect("the database is there");
    change(&mut bytes);
    fs::write(database(phone), &bytes).expect("it can be written");
    bytes
}

/// Recovers a phone, and looks whether the damaged store is kept as it was.
#[track_caller]
fn recover(phone: &Phone, damaged: &[u8]) -> Value {
    let reply = phone.ask(&["recover"])["recovered"].clone();
    let kept = reply["damaged"].as_str().unwrap_or_else(|| panic!("nothing was recovered: {reply}"));
    let kept = fs::read(kept).expect("it is kept");
    assert!(kept == damaged || damaged.is_empty(), "the damaged store is kept as it was");
    reply
}

fn overwrite(bytes: &mut [u8], from: usize, length: usize, with: u8) {
    bytes.iter_mut().skip(from).take(length).for_each(|byte| *byte = with);
}

#[test]
fn a_damaged_home_recovers_and_loses_nothing_that_was_sent() {
    let couple = Couple::paired();
    some_life(&couple);
    let (before, journals) = (couple.agree(), journal(&couple.ana));
    let length = fs::metadata(database(&couple.ana)).expect("the database is there").len();
    let pages = usize::try_from(length).expect("a length") / PAGE;
    assert!(pages > 24, "{pages} pages are too few to damage some of them");
    let mut refused = 0;
    for round in 0..17_usize {
        let damaged = damage(&couple.ana, |bytes| match round {
            // The header's page, the tree's root, the page of the keys, that of their spare.
            0..=2 => overwrite(bytes, round * PAGE, PAGE, 0x5a),
            3 => overwrite(bytes, (pages - 1) * PAGE, PAGE, 0),
            // Bytes in the middle of a page, as of a bad sector; then whole pages, torn or zeroed.
            4..=8 => overwrite(bytes, (round * 7919) % (pages - 1) * PAGE + 700, 512, 0xa5),
            9 => bytes.truncate(pages * 3 / 4 * PAGE),
            10 => bytes.truncate(pages / 2 * PAGE + 1000),
            11 => bytes.iter_mut().step_by(9 * PAGE + 1234).for_each(|byte| *byte ^= 0x40),
            12 => bytes.fill(0),
            13 => bytes.truncate(50),
            14 => bytes.clear(),
            _ => (3..pages).step_by(5).for_each(|page| overwrite(bytes, page * PAGE, PAGE, 0)),
        });
        let reply = couple.ana.run(&["list"]);
        reply.no_bug();
        refused += usize::from(reply.code == Some(exit::DAMAGED));
        let verified = couple.ana.run(&["verify"]);
        if verified.code == Some(0) && reply.code == Some(0) {
            // Nothing of worth was hit.
            couple.ana.ask(&["recover"]);
        } else {
            recover(&couple.ana, &damaged);
        }
        couple.sync();
        assert!(couple.agree() == before, "round {round}: not all came back");
        assert_eq!(journal(&couple.ana), journals, "round {round}");
        couple.ana.verify();
        // It goes on as if nothing had been.
        assert_eq!(couple.ana.ask(&["status"])["outbox"], 0, "round {round}");
    }
    assert!(refused > 6, "only {refused} damages were noticed: the test looks at nothing");
    let after = couple.ana.make(&["new", "appreciation", "text=And on we go."]);
    couple.sync();
    couple.both_show(&after);
    couple.agree();
}

#[test]
fn edits_that_were_not_sent_survive_damage_elsewhere() {
    let couple = Couple::paired();
    some_life(&couple);
    let note = couple.ana.make(&["new", "note", "title=Later"]);
    couple.ana.ask(&["note", &note, "--at", "0", "--insert", "Written offline."]);
    let journal = couple.ana.make(&["new", "journal_entry", "text=Also offline."]);
    let words = couple.ana.make(&["new", "appreciation", "text=You waited."]);
    // A record that was never sent: the relay is away, and the phone is told to send.
    let mut couple = couple;
    couple.relay.stop();
    couple.ana.refuses(&["sync", "--timeout", "1"], exit::UNREACHABLE, "relay_unreachable");
    let last = couple.ana.make(&["new", "appreciation", "text=And carried it up."]);
    let bytes = fs::read(database(&couple.ana)).expect("the database is there");
    // The page that holds the first record of all: sent long ago.
    let damaged = damage(&couple.ana, |bytes| overwrite(bytes, 0, PAGE, 0x11));
    assert_ne!(bytes, damaged);
    couple.ana.refuses(&["status"], exit::DAMAGED, "store_damaged");
    let recovered = recover(&couple.ana, &damaged);
    assert_eq!((&recovered["unsent_lost"], &recovered["records_missing"]), (&0.into(), &0.into()), "{recovered}");
    couple.relay.start_again();
    couple.sync();
    for id in [&note, &words, &last] {
        couple.both_show(id);
    }
    assert_eq!(couple.both_show(&note)["text"], "Written offline.");
    assert_eq!(couple.ana.show(&journal)["fields"]["text"], "Also offline.");
    couple.agree();
}

/// The relay has lost everything: the partner has what is shared, and one's own next phone has the vault.
#[test]
fn what_the_relay_lost_too_comes_back_from_the_other_phones() {
    let mut couple = Couple::paired();
    let tablet = Phone::new("Ana", &couple.folder.path().join("tablet"));
    pair_own_device(&couple.ana, &tablet);
    some_life(&couple);
    tablet.sync();
    let (before, journals) = (couple.agree(), journal(&tablet));
    couple.relay.lose_boxes();
    let damaged = damage(&couple.ana, |bytes| {
        let pages = bytes.len() / PAGE;
        (4..pages - 1).step_by(3).for_each(|page| overwrite(bytes, page * PAGE, PAGE, 0));
    });
    couple.ana.run(&["list"]).no_bug();
    let recovered = recover(&couple.ana, &damaged);
    assert!(recovered["records_missing"].as_u64().is_some_and(|missing| missing > 0), "{recovered}");
    for phone in [&couple.ana, &couple.ben, &tablet, &couple.ana, &tablet] {
        phone.sync();
    }
    couple.sync();
    assert!(couple.agree() == before, "not all came back");
    assert_eq!(journal(&couple.ana), journals);
    assert_eq!(shared(&tablet), before);
}

#[test]
fn a_home_that_lost_its_keys_says_so_and_stays_as_it_is() {
    let couple = Couple::paired();
    some_life(&couple);
    let tablet = Phone::new("Ana", &couple.folder.path().join("tablet"));
    pair_own_device(&couple.ana, &tablet);
    let spare = couple.ana.home().join("amends.db.spare");
    let changes: [fn(&mut Vec<u8>); 3] = [|bytes| bytes.fill(0), |bytes| bytes.truncate(50), Vec::clear];
    for change in changes {
        let damaged = damage(&couple.ana, change);
        fs::write(&spare, b"no spare").expect("it can be written");
        couple.ana.refuses(&["status"], exit::DAMAGED, "store_damaged");
        couple.ana.refuses(&["recover"], exit::DAMAGED, "keys_lost");
        couple.ana.refuses(&["init", "--name", "Ana"], exit::DAMAGED, "store_damaged");
        let left = fs::read(database(&couple.ana)).expect("it is there");
        assert!(damaged.is_empty() || left == damaged, "it stays where it is, as it is");
    }
    // What the message says: the other phone of the same owner makes it a phone again.
    let again = Phone::new("Ana", &couple.folder.path().join("again"));
    pair_own_device(&tablet, &again);
    couple.ben.sync();
    assert_eq!(shared(&again), shared(&couple.ben));
}

#[test]
fn another_homes_key_is_no_damage() {
    let couple = Couple::paired();
    let journal = couple.ana.make(&["new", "journal_entry", "text=Mine."]);
    let key = couple.ana.folder().join("home.key");
    let (kept, other) = (fs::read(&key), fs::read(couple.ben.folder().join("home.key")));
    let before = fs::read(database(&couple.ana)).expect("the database is there");
    fs::write(&key, other.expect("Ben has a key")).expect("it can be written");
    couple.ana.refuses(&["status"], exit::DAMAGED, "wrong_key");
    couple.ana.refuses(&["recover"], exit::DAMAGED, "wrong_key");
    assert!(fs::read(database(&couple.ana)).expect("it is there") == before, "nothing was changed");
    fs::write(&key, kept.expect("Ana has a key")).expect("it can be written");
    assert_eq!(couple.ana.show(&journal)["fields"]["text"], "Mine.");
    couple.agree();
}

#[test]
fn a_sound_home_is_left_as_it_is() {
    let couple = Couple::paired();
    some_life(&couple);
    let before = fs::read(database(&couple.ana)).expect("the database is there");
    let recovered = couple.ana.ask(&["recover"])["recovered"].clone();
    assert_eq!((&recovered["mended"], &recovered["damaged"]), (&false.into(), &Value::Null), "{recovered}");
    assert!(fs::read(database(&couple.ana)).expect("it is there") == before, "nothing was changed");
    Phone::new("Nobody", &couple.folder.path().join("nobody")).refuses(&["recover"], exit::NOT_FOUND, "no_home");
    couple.agree();
}

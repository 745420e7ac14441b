//! Damaged databases: detected and reported, never a panic, and what is intact stays readable.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use amends_tests::phones::{Couple, Phone, exit, shared};
use serde_json::Value;

/// A number that depends on `seed` alone.
fn drawn(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn some_entries(couple: &Couple) {
    let mut shell = couple.ana.shell();
    for at in 0..12 {
        shell.ask(&["new", "appreciation", &format!("text=Appreciation {at}: {}", "words ".repeat(60))]);
        shell.ask(&["new", "journal_entry", &format!("text=Journal {at}: {}", "words ".repeat(60))]);
    }
    shell.ask(&["new", "agreement", "text=We say by noon."]);
    let note = shell.ask(&["new", "note", "title=Weekend"])["id"].as_str().expect("an id").to_owned();
    shell.ask(&["note", &note, "--at", "0", "--insert", "A walk."]);
    shell.ask(&["sync"]);
    assert_eq!(shell.finish().code, Some(0));
    couple.sync();
}

/// Every entry by id.
fn entries(list: &Value) -> BTreeMap<String, Value> {
    let entries = list["entries"].as_array().expect("entries").iter();
    entries.map(|entry| (entry["id"].as_str().expect("an id").to_owned(), entry.clone())).collect()
}

/// What a phone with a damaged database may do: work, or say that it is damaged. What it shows is true.
fn withstands(phone: &Phone, truth: &BTreeMap<String, Value>, what: &str) -> bool {
    let mut whole = true;
    for command in
        [&["list"][..], &["status"], &["verify"], &["today"], &["new", "appreciation", "text=Later."], &["list"]]
    {
        let reply = phone.run(command);
        reply.no_bug();
        match reply.code {
            Some(0) if command == ["list"] => {
                let shown = entries(reply.ok());
                for (id, entry) in truth {
                    assert_eq!(shown.get(id), Some(entry), "{what}: this is not what was written, and nobody says so");
                }
            }
            Some(0) => {}
            Some(exit::DAMAGED) => whole = false,
            _ => panic!("{what}: {reply}"),
        }
    }
    whole
}

#[test]
fn flipped_bits_are_found_or_without_effect_and_never_a_panic() {
    let couple = Couple::paired();
    some_entries(&couple);
    let truth = entries(&couple.ana.ask(&["list"]));
    let untouched = couple.ana.copy_to(&couple.folder.path().join("untouched"));
    assert!(withstands(&untouched, &truth, "an untouched copy"));
    let length = fs::metadata(couple.ana.home().join("amends.db")).expect("the database is there").len();
    let mut found = 0;
    for round in 0..24 {
        let damaged = couple.ana.copy_to(&couple.folder.path().join(format!("damaged-{round}")));
        let file = damaged.home().join("amends.db");
        let mut bytes = fs::read(&file).expect("it can be read");
        // One bit in the first rounds, then as many as a bad sector has.
        let at = usize::try_from(drawn(round) % length).expect("an index");
        if round < 12 {
            bytes[at] ^= 1 << (round % 8);
        } else {
            bytes.iter_mut().skip(at).take(512).for_each(|byte| *byte ^= 0xa5);
        }
        fs::write(&file, bytes).expect("it can be written");
        found += u32::from(!withstands(&damaged, &truth, &format!("round {round}, byte {at} of {length}")));
        fs::remove_dir_all(damaged.folder()).expect("it can be removed");
    }
    assert!(found > 0, "no damage of 24 was noticed: the test looks at nothing");
    // The other phone and the relay have nothing to do with it.
    couple.agree();
}

#[test]
fn a_truncated_or_replaced_database_is_reported() {
    let couple = Couple::paired();
    some_entries(&couple);
    let truth = entries(&couple.ana.ask(&["list"]));
    let whole = fs::read(couple.ana.home().join("amends.db")).expect("it can be read");
    let half = whole[..whole.len() / 2].to_vec();
    let odd = whole[..whole.len() - 1000].to_vec();
    let tiny = whole[..50].to_vec();
    let other = b"This is no database at all, but somebody's shopping list.".repeat(100);
    let zeros = vec![0; whole.len()];
    // What was cut off here may have held nothing.
    let damaged = couple.ana.copy_to(&couple.folder.path().join("odd"));
    fs::write(damaged.home().join("amends.db"), odd).expect("it can be written");
    withstands(&damaged, &truth, "odd");
    for (name, bytes) in [("half", half), ("tiny", tiny), ("other", other), ("zeros", zeros)] {
        let damaged = couple.ana.copy_to(&couple.folder.path().join(name));
        fs::write(damaged.home().join("amends.db"), bytes).expect("it can be written");
        assert!(!withstands(&damaged, &truth, name), "{name} was not noticed");
    }
    couple.agree();
}

/// A home whose database is damaged beyond use is made again from a backup, and the relay has the rest.
#[test]
fn a_backup_and_the_relay_make_a_damaged_home_whole() {
    let couple = Couple::paired();
    let backup = couple.folder.path().join("backup");
    couple.ana.back_up(&backup);
    some_entries(&couple);
    let before = couple.agree();
    let journals = couple.ana.ask(&["list", "journal_entry"]);
    ruin(&couple.ana.home().join("amends.db"));
    assert_eq!(couple.ana.run(&["list"]).code, Some(exit::DAMAGED));
    couple.ana.restore(&backup);
    couple.sync();
    assert_eq!(couple.agree(), before);
    assert_eq!(entries(&couple.ana.ask(&["list", "journal_entry"])), entries(&journals));
}

fn ruin(path: &Path) {
    let length = fs::metadata(path).expect("it is there").len();
    fs::write(path, vec![0x5a; usize::try_from(length).expect("a length")]).expect("it can be written");
}

#[test]
fn a_damaged_relay_refuses_to_start_and_the_phones_lose_nothing() {
    let mut couple = Couple::paired();
    some_entries(&couple);
    let before = couple.agree();
    couple.relay.stop();
    ruin(&couple.relay.data().join("relay.sqlite"));
    assert_eq!(couple.relay.refuses_to_start(), Some(6));
    // Its operator takes the damaged file away and keeps the identity.
    couple.relay.start_without_boxes();
    couple.sync();
    assert_eq!(couple.agree(), before);
    let later = couple.ben.make(&["new", "appreciation", "text=Thank you."]);
    couple.sync();
    couple.both_show(&later);
    assert_eq!(shared(&couple.ana), shared(&couple.ben));
}

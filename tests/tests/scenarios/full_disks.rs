//! Disks without room: what was acknowledged stays, what has no room is refused by name, and with room again all goes on.

use std::fs;

use amends_tests::phones::{Couple, Phone, Relay, exit, pair, text};

fn words(at: usize) -> String {
    format!("Edit {at}: {}", "no room, no room, ".repeat(20))
}

/// Room for what is there and a little more.
fn nearly_full(phone: &Phone) -> Phone {
    let length = |name: &str| fs::metadata(phone.home().join(name)).map_or(0, |file| file.len());
    phone.with_room(length("amends.db").max(length("amends.db-wal")) + 48 * 1024)
}

#[test]
fn a_phone_on_a_full_disk_keeps_what_it_acknowledged_and_refuses_the_rest() {
    let couple = Couple::paired();
    let ana = nearly_full(&couple.ana);
    let mut shell = ana.shell();
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    for at in 0..600 {
        shell.type_in(&["new", "appreciation", &format!("text={}", words(at))]);
        let answer = shell.answer().expect("the shell goes on");
        if answer["error"].is_null() {
            kept.push((text(&answer, "id"), words(at)));
        } else {
            refused.push(text(&answer["error"], "code"));
        }
        if refused.len() == 5 {
            break;
        }
    }
    assert!(!kept.is_empty() && refused.len() == 5, "{} kept, refused {refused:?}", kept.len());
    for code in &refused {
        assert!(["disk_full", "storage_failed"].contains(&code.as_str()), "{code}");
    }
    // It still shows what it has.
    let shown = shell.ask(&["list", "appreciation"])["entries"].as_array().map_or(0, Vec::len);
    assert_eq!(shown, kept.len());
    shell.kill();
    let reply = ana.run(&["new", "appreciation", &format!("text={}", "x".repeat(3_500))]);
    reply.no_bug();
    assert!([Some(0), Some(exit::REFUSED)].contains(&reply.code), "{reply}");
    // Somebody makes room.
    for (id, words) in &kept {
        assert_eq!(couple.ana.show(id)["fields"]["text"], words.as_str());
    }
    couple.ana.verify();
    couple.sync();
    for (id, _) in &kept {
        couple.both_show(id);
    }
    couple.agree();
}

/// A recovery needs room for another copy: without it the damaged home stays as it was.
#[test]
fn a_recovery_without_room_changes_nothing() {
    let couple = Couple::paired();
    let mut shell = couple.ana.shell();
    for at in 0..40 {
        let drawn: Vec<String> =
            (0..30_u64).map(|n| format!("{:x}", (at * 31 + n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
        shell.ask(&["new", "appreciation", &format!("text={}", drawn.join(" "))]);
    }
    shell.ask(&["sync"]);
    assert_eq!(shell.finish().code, Some(0));
    couple.sync();
    let before = couple.agree();
    let database = couple.ana.home().join("amends.db");
    let mut bytes = fs::read(&database).expect("the database is there");
    bytes[4096..8192].fill(0);
    fs::write(&database, &bytes).expect("it can be written");
    let reply = couple.ana.with_room(20 * 1024).run(&["recover"]);
    reply.no_bug();
    assert_eq!(reply.code, Some(exit::REFUSED), "{reply}");
    assert!(fs::read(&database).expect("it is there") == bytes, "it stays as it was");
    couple.ana.ask(&["recover"]);
    couple.sync();
    assert!(couple.agree() == before);
}

#[test]
fn a_relay_without_room_refuses_by_name_and_nothing_is_lost() {
    let mut couple = Couple::strangers();
    let config = "[limits]\nper_address = false\n";
    couple.relay =
        Relay::start_with(&couple.folder.path().join("small"), &format!("{config}store_bytes_max = 200000\n"));
    pair(&couple.ana, &couple.ben, couple.relay.address());
    let mut kept = Vec::new();
    let full = (0..120).any(|at| {
        let drawn: Vec<String> =
            (0..200_u64).map(|n| format!("{:x}", (at * 201 + n + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15))).collect();
        kept.push(couple.ana.make(&["new", "appreciation", &format!("text={}", drawn.join(" "))]));
        let reply = couple.ana.run(&["sync", "--timeout", "5"]);
        reply.no_bug();
        let refused = reply.code != Some(0);
        if refused {
            reply.refused(exit::REFUSED, "store_full");
        }
        refused
    });
    assert!(full, "the relay was never full");
    assert!(couple.ana.ask(&["status"])["outbox"].as_u64().is_some_and(|outbox| outbox > 0));
    // What it has, it still hands out.
    couple.ben.sync();
    couple.both_show(&kept[0]);
    couple.relay.stop();
    couple.relay.configure(config);
    couple.relay.start_again();
    couple.sync();
    for id in &kept {
        couple.both_show(id);
    }
    couple.agree();
}

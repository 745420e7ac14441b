//! Long histories: what was packed and trimmed is on every phone that comes later.

use amends_tests::phones::{Couple, Phone, Shell, pair_own_device, shared};
use rusqlite::{Connection, OpenFlags};

/// Records until a phone packs, and those that stay beside the pack: 512 and 256 (core's SPEC 11), and some more.
const RECORDS: usize = 800;

/// Writes so many entries, each in a record of its own.
fn write(shell: &mut Shell, count: usize) {
    for number in 0..count {
        let words = format!("text=Thank you for thing {number}.");
        shell.ask(&["new", "appreciation", &words]);
        shell.ask(&["sync"]);
    }
}

/// How many of the relay's records can be read, and how many are hidden.
fn records(couple: &Couple) -> (i64, i64) {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
    let store =
        Connection::open_with_flags(couple.relay.data().join("relay.sqlite"), flags).expect("the relay's store");
    let count = |hidden| {
        let sql = format!("SELECT count(*) FROM entries WHERE hidden_s IS {hidden} NULL");
        store.query_row(&sql, [], |row| row.get(0)).expect("a count")
    };
    (count(""), count("NOT"))
}

#[test]
fn a_second_device_has_what_was_packed_and_trimmed_long_before() {
    let couple = Couple::paired();
    couple.sync();
    let note = couple.ana.make(&["new", "note", "title=Weekend"]);
    couple.ana.ask(&["note", &note, "--at", "0", "--insert", "A walk."]);
    let journal = couple.ana.make(&["new", "journal_entry", "text=For me alone."]);
    let secret = couple.ana.make(&["new", "appreciation", "text=Never mind."]);
    couple.sync();
    let mut shell = couple.ana.shell();
    shell.ask(&["sync", "--watch"]);
    write(&mut shell, RECORDS);
    shell.finish();
    couple.ana.ask(&["redact", &secret]);
    couple.sync();
    let before = couple.agree();
    assert!(before.len() > RECORDS);
    let tablet = Phone::new("Ana", &couple.folder.path().join("tablet"));
    pair_own_device(&couple.ana, &tablet);
    tablet.sync();
    assert_eq!(shared(&tablet), before, "packs and records together are everything");
    assert_eq!(tablet.show(&journal)["wordings"][0]["fields"]["text"], "For me alone.");
    assert_eq!(tablet.show(&secret)["state"], "redacted");
    tablet.verify();
    let (readable, hidden) = records(&couple);
    assert!(
        hidden >= 512 && readable < i64::try_from(RECORDS).expect("few"),
        "{readable} records can be read, {hidden} are hidden"
    );
}

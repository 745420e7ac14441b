//! Words taken back are gone: from both phones, from copies made later, and, when its time has come, from the relay.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use amends_tests::phones::{Canary, Couple, Phone, Relay, exit, pair, pair_own_device};
use rusqlite::{Connection, OpenFlags};

fn reads(phone: &Phone, canary: &Canary) -> bool {
    let copies = ["json", "markdown"].map(|format| phone.ask(&["export", "--format", format]));
    copies
        .iter()
        .chain([&phone.ask(&["list"]), &phone.ask(&["today"])])
        .any(|copy| canary.is_in(copy.to_string().as_bytes()))
}

/// A sealed text is at least as long; a hash or a key is not.
const BLOB_BYTES_MIN: usize = 96;

/// Every blob of a database that is long enough to hold words.
fn blobs(database: &Path) -> BTreeSet<Vec<u8>> {
    let db = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("the database opens");
    let mut tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").expect("it has tables");
    let names = tables.query_map([], |row| row.get::<_, String>(0)).expect("tables have names");
    let names: Vec<String> = names.map(|name| name.expect("a name is text")).collect();
    let mut found = BTreeSet::new();
    for name in names {
        let mut rows = db.prepare(&format!("SELECT * FROM \"{name}\"")).expect("the table can be read");
        let columns = rows.column_count();
        let mut rows = rows.query([]).expect("the table can be read");
        while let Some(row) = rows.next().expect("the row can be read") {
            for column in 0..columns {
                if let Ok(rusqlite::types::ValueRef::Blob(blob)) = row.get_ref(column)
                    && blob.len() >= BLOB_BYTES_MIN
                {
                    found.insert(blob.to_vec());
                }
            }
        }
    }
    found
}

/// A piece of a sealed blob that nothing else can contain, and that lies on one page if the blob does.
fn piece(blob: &[u8]) -> &[u8] {
    &blob[48..80]
}

/// Files in a folder that hold a piece of `blob`.
fn holding(folder: &Path, blob: &[u8]) -> Vec<PathBuf> {
    let files =
        fs::read_dir(folder).expect("the folder can be read").map(|entry| entry.expect("it can be read").path());
    let holds = |path: &PathBuf| {
        let bytes = fs::read(path).expect("the file can be read");
        bytes.windows(32).any(|window| window == piece(blob))
    };
    files.filter(holds).collect()
}

/// What was in a database before and is not any more must be nowhere in its folder's bytes; what is still there is found.
#[track_caller]
fn assert_erased(folder: &Path, database: &str, before: &BTreeSet<Vec<u8>>) {
    let after = blobs(&folder.join(database));
    let gone: Vec<&Vec<u8>> = before.difference(&after).collect();
    assert!(!gone.is_empty(), "something was taken out of {database}");
    for blob in gone {
        assert_eq!(holding(folder, blob), Vec::<PathBuf>::new(), "its bytes are gone, too");
    }
    let kept = before.intersection(&after).next().expect("not everything was taken out");
    assert!(!holding(folder, kept).is_empty(), "the search finds what is there");
}

#[test]
fn words_taken_back_are_gone_from_both_phones_and_from_copies() {
    let couple = Couple::paired();
    let (canary, edited, other) = (Canary::new("cinnamon"), Canary::new("ginger"), Canary::new("walnut"));
    let id = couple.ana.make(&["new", "appreciation", &format!("text=You {}", canary.word())]);
    let kept = couple.ana.make(&["new", "appreciation", &format!("text=You {}", other.word())]);
    couple.sync();
    couple.ana.ask(&["edit", &id, &format!("text=You {}", edited.word())]);
    couple.sync();
    for phone in [&couple.ana, &couple.ben] {
        assert!(
            [&canary, &edited, &other].iter().all(|canary| reads(phone, canary)),
            "both wordings are there to read"
        );
    }
    let homes = [couple.ana.home(), couple.ben.home()];
    let before = homes.clone().map(|home| blobs(&home.join("amends.db")));

    couple.ana.ask(&["redact", &id]);
    assert!(!reads(&couple.ana, &canary) && !reads(&couple.ana, &edited), "at once on one's own phone");
    couple.sync();
    for phone in [&couple.ana, &couple.ben] {
        assert!(!reads(phone, &canary) && !reads(phone, &edited) && reads(phone, &other));
        assert_eq!(phone.show(&id)["state"], "redacted", "that there was something stays");
    }
    for (home, before) in homes.iter().zip(&before) {
        assert_erased(home, "amends.db", before);
    }
    couple.ana.refuses(&["redact", &id], exit::REFUSED, "redacted");
    couple.both_show(&kept);
    couple.agree();

    // Who joins later never gets them.
    let next = Phone::new("Ana", &couple.folder.path().join("tablet"));
    pair_own_device(&couple.ana, &next);
    assert!(!reads(&next, &canary) && !reads(&next, &edited) && reads(&next, &other));
    next.verify();
}

#[test]
fn words_taken_back_before_they_were_sent_never_leave() {
    let couple = Couple::paired();
    let canary = Canary::new("cinnamon");
    let id = couple.ana.make(&["new", "appreciation", &format!("text=You {}", canary.word())]);
    assert!(reads(&couple.ana, &canary));
    couple.ana.ask(&["redact", &id]);
    couple.sync();
    for phone in [&couple.ana, &couple.ben] {
        assert!(!reads(phone, &canary));
        assert_eq!(phone.show(&id)["state"], "redacted", "that there was something is not hidden");
        phone.verify();
    }
}

#[test]
fn what_the_relay_had_of_words_taken_back_is_erased_when_its_time_has_come() {
    let mut couple = Couple::strangers();
    couple.relay = Relay::start_with(
        &couple.folder.path().join("forgetful"),
        "[limits]\nper_address = false\nhidden_lifetime_s = 0\n",
    );
    pair(&couple.ana, &couple.ben, couple.relay.address());
    let canary = Canary::new("cinnamon");
    let id = couple.ana.make(&["new", "appreciation", &format!("text=You {}", canary.word())]);
    couple.sync();
    couple.relay.stop();
    let before = blobs(&couple.relay.data().join("relay.sqlite"));
    couple.relay.start_again();
    couple.ana.ask(&["redact", &id]);
    couple.sync();
    // A relay sweeps when it starts, and then every hour.
    couple.relay.stop();
    couple.relay.start_again();
    couple.sync();
    couple.relay.stop();
    assert_erased(&couple.relay.data(), "relay.sqlite", &before);
    couple.relay.start_again();
    couple.sync();
    couple.agree();
}

#[test]
fn agreed_words_belong_to_both_and_typed_together_to_nobody() {
    let couple = Couple::paired();
    let agreement = couple.ana.make(&["new", "agreement", "text=We say by noon."]);
    let note = couple.ana.make(&["new", "note", "title=Weekend"]);
    couple.sync();
    couple.ben.ask(&["consent", &agreement]);
    couple.sync();
    couple.ana.refuses(&["redact", &agreement], exit::REFUSED, "not_redactable");
    couple.ana.refuses(&["redact", &note], exit::REFUSED, "not_redactable");
    assert_eq!(couple.both_show(&agreement)["state"], "in_force");
    couple.agree();
}

/// A redaction and a consent that crossed: the words were agreed to, so they stay, on the phone that had dropped them, too.
#[test]
fn a_redaction_that_crossed_a_consent_is_void() {
    let mut couple = Couple::paired();
    let agreement = couple.ana.make(&["new", "agreement", "text=We say by noon."]);
    couple.sync();
    couple.relay.stop();
    couple.ana.ask(&["redact", &agreement]);
    couple.ben.ask(&["consent", &agreement]);
    couple.relay.start_again();
    couple.sync();
    couple.sync();
    let view = couple.both_show(&agreement);
    assert_eq!(view["revisions"][0]["fields"]["text"], "We say by noon.", "{view}");
    assert_eq!(view["revisions"][0]["redacted"], false);
    couple.agree();
}

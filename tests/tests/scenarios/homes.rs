//! Homes: backups, passphrases, two processes, what lies beside them.

use amends_tests::phones::{Couple, Phone, exit, shared};

#[test]
fn a_phone_restored_from_an_older_copy_goes_on_without_loss() {
    let couple = Couple::paired();
    let (ana, backup) = (&couple.ana, couple.folder.path().join("backup"));
    let early = ana.make(&["new", "appreciation", "text=Before the backup."]);
    couple.sync();
    ana.back_up(&backup);
    let late = ana.make(&["new", "appreciation", "text=After the backup."]);
    let journal = ana.make(&["new", "journal_entry", "text=After the backup, too."]);
    let bens = couple.ben.make(&["new", "appreciation", "text=From Ben."]);
    couple.sync();
    let before = couple.agree();
    ana.restore(&backup);
    ana.refuses(&["show", &late], exit::NOT_FOUND, "not_found");
    // The first thing it does may be to write.
    let again = ana.make(&["new", "appreciation", "text=From the restored phone."]);
    couple.sync();
    for id in [&early, &late, &bens, &again] {
        couple.both_show(id);
    }
    assert_eq!(ana.show(&journal)["fields"]["text"], "After the backup, too.");
    assert_eq!(couple.agree().len(), before.len() + 1, "nothing lost, nothing twice");
    // And once more, without a word in between.
    ana.restore(&backup);
    ana.sync();
    couple.sync();
    assert_eq!(couple.agree().len(), before.len() + 1);
    let last = ana.make(&["new", "appreciation", "text=And on."]);
    couple.sync();
    couple.both_show(&last);
    couple.agree();
}

#[test]
fn edits_that_were_never_sent_are_lost_with_a_restore_and_nothing_else_is() {
    let couple = Couple::paired();
    let (ana, backup) = (&couple.ana, couple.folder.path().join("backup"));
    let note = ana.make(&["new", "note", "title=Weekend"]);
    ana.ask(&["note", &note, "--at", "0", "--insert", "A walk."]);
    couple.sync();
    ana.back_up(&backup);
    ana.ask(&["note", &note, "--at", "7", "--insert", " And cake."]);
    couple.sync();
    let unsent = ana.make(&["new", "appreciation", "text=Never sent."]);
    ana.restore(&backup);
    ana.ask(&["note", &note, "--at", "0", "--insert", "Saturday: "]);
    couple.sync();
    assert_eq!(couple.both_show(&note)["text"], "Saturday: A walk. And cake.");
    ana.refuses(&["show", &unsent], exit::NOT_FOUND, "not_found");
    couple.agree();
}

#[test]
fn a_passphrase_opens_the_home_and_nothing_else_does() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let bare = Phone::new("Ana", &folder.path().join("ana"));
    let ana = bare.with_passphrase("correct horse – battery staple");
    ana.init();
    let id = ana.make(&["new", "journal_entry", "text=Sealed under a passphrase."]);
    ana.with_passphrase("correct horse").refuses(&["show", &id], exit::DAMAGED, "wrong_passphrase");
    let shell = ana.with_passphrase("wrong").shell().finish();
    assert_eq!((shell.code, shell.error()), (Some(exit::DAMAGED), Some("wrong_passphrase")), "{shell}");
    ana.with_passphrase("").refuses(&["status"], exit::USAGE, "passphrase_empty");
    bare.run(&["status"]).no_bug();
    assert_eq!(bare.run(&["status"]).error(), Some("passphrase_needed"));
    assert_eq!(ana.show(&id)["fields"]["text"], "Sealed under a passphrase.");
    let unset = bare.run(&["--passphrase-env", "AMENDS_NO_SUCH_VARIABLE", "status"]);
    unset.refused(exit::USAGE, "usage");

    let keyed = Phone::new("Ben", &folder.path().join("ben"));
    keyed.init();
    assert_eq!(keyed.with_passphrase("any").run(&["status"]).error(), Some("no_passphrase"));
    keyed.verify();
}

#[test]
fn a_home_without_its_key_is_not_opened_and_not_harmed() {
    let couple = Couple::paired();
    let ana = &couple.ana;
    let id = ana.make(&["new", "appreciation", "text=You waited."]);
    let key = ana.folder().join("home.key");
    let kept = std::fs::read(&key).expect("the key lies beside the home");
    std::fs::remove_file(&key).expect("it can be deleted");
    ana.refuses(&["status"], exit::DAMAGED, "key_missing");
    ana.refuses(&["init", "--name", "Ana"], exit::DAMAGED, "key_missing");
    assert!(!key.exists(), "no other key was made");
    std::fs::write(&key, &kept[..31]).expect("it can be written");
    ana.refuses(&["status"], exit::DAMAGED, "vault_damaged");
    let mut other = kept.clone();
    other[7] ^= 1;
    std::fs::write(&key, other).expect("it can be written");
    let reply = ana.run(&["status"]);
    assert_eq!(reply.code, Some(exit::DAMAGED), "{reply}");
    std::fs::write(&key, kept).expect("it can be written");
    couple.sync();
    couple.both_show(&id);
    couple.agree();
}

#[test]
fn a_counter_that_is_gone_or_damaged_loses_nothing() {
    let couple = Couple::paired();
    let ana = &couple.ana;
    let counter = ana.folder().join("home.counter");
    for damage in [None, Some(vec![]), Some(vec![7; 8192])] {
        match damage {
            None => std::fs::remove_file(&counter).expect("it can be deleted"),
            Some(bytes) => std::fs::write(&counter, bytes).expect("it can be written"),
        }
        let id = ana.make(&["new", "appreciation", "text=You waited."]);
        couple.sync();
        couple.both_show(&id);
        couple.agree();
    }
}

#[test]
fn one_process_at_a_time_has_a_home_open() {
    let couple = Couple::paired();
    let mut shell = couple.ana.shell();
    let id = shell.ask(&["new", "appreciation", "text=From the shell."])["id"].as_str().expect("an id").to_owned();
    for arguments in
        [&["status"][..], &["list"], &["sync"], &["init", "--name", "Ana"], &["new", "journal_entry", "text=x"]]
    {
        couple.ana.refuses(arguments, exit::REFUSED, "home_in_use");
    }
    let second = couple.ana.shell().finish();
    assert_eq!((second.code, second.error()), (Some(exit::REFUSED), Some("home_in_use")), "{second}");
    shell.ask(&["sync"]);
    // A process that was killed holds nothing.
    shell.kill();
    couple.sync();
    couple.both_show(&id);
    couple.agree();
}

#[test]
fn a_clock_a_year_off_changes_nothing_but_the_days_it_claims() {
    let couple = Couple::paired();
    let (past, future) = (couple.ana.at("2019-01-01T00:00:00Z"), couple.ben.at("2031-12-31T23:59:59Z"));
    let id = past.make(&["new", "agreement", "text=We say by noon."]);
    past.sync();
    future.sync();
    future.ask(&["consent", &id]);
    future.sync();
    past.sync();
    let view = couple.both_show(&id);
    assert_eq!(view["state"], "in_force");
    assert_eq!(view["revisions"][0]["day"], "2018-12-31", "the day rolls over at four");
    couple.sync();
    assert_eq!(shared(&couple.ana), shared(&couple.ben));
    couple.agree();
}

#[test]
fn only_its_owner_can_read_what_lies_on_disk() {
    use std::os::unix::fs::PermissionsExt;
    let couple = Couple::paired();
    let mode = |path: &std::path::Path| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o777;
    let folder = couple.ana.folder();
    assert_eq!(mode(&couple.ana.home()), 0o700);
    for file in ["home.key", "home.counter", "home/amends.db"] {
        assert_eq!(mode(&folder.join(file)), 0o600, "{file}");
    }
    let to = folder.join("copy.json");
    let path = to.to_str().expect("a temporary path is text");
    couple.ana.ask(&["export", "--format", "json", "--to", path]);
    assert_eq!(mode(&to), 0o600);
    couple.ana.refuses(&["export", "--format", "json", "--to", path], exit::REFUSED, "file_exists");
}

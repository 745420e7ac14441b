//! The phone's interface: exit codes, error codes, one object per line.

use amends_tests::phones::{Couple, Phone, TODAY, exit};
use serde_json::Value;

#[test]
fn what_cannot_be_understood_is_a_usage_error() {
    let couple = Couple::paired();
    let ana = &couple.ana;
    let id = ana.make(&["new", "appreciation", "text=You waited."]);
    let note = ana.make(&["new", "note", "title=Weekend"]);
    for arguments in [
        &["frobnicate"][..],
        &[],
        &["show"],
        &["show", "not-an-id"],
        &["show", &id[1..]],
        &["new", "appreciation", "no equals sign"],
        &["new", "no_such_practice", "text=x"],
        &["new", "appreciation", "no_such_field=x"],
        &["new", "appreciation"],
        &["list", "no_such_practice"],
        &["edit", &id],
        &["note", &note, "--at", "-1"],
        &["note", &note, "--at", "1", "--insert", "beyond the end"],
        &["note", &note, "--at", "0", "--delete", "1"],
        &["answer", "check_in", "--date", "2026-02-30", "mood=calm"],
        &["answer", "check_in", "--date", TODAY],
        &["answer", "check_in", "--date", TODAY, "mood=calm", "--pass"],
        &["answer", "check_in", "mood=calm"],
        &["invite"],
        &["invite", "--relay", "https://example.org"],
        &["join"],
        &["join", "amends:nonsense"],
        &["relay", "set", "amends-relay://host"],
        &["sync", "--timeout", "0"],
        &["sync", "--timeout", "soon"],
        &["settings", "waiting_hint", "maybe"],
        &["export", "--format", "pdf"],
    ] {
        let reply = ana.run(arguments);
        reply.no_bug();
        assert_eq!(reply.code, Some(exit::USAGE), "{arguments:.60?}: {:?}", reply.error());
        assert!(reply.error().is_some(), "{arguments:.60?} has a code");
    }
    // Longer than a command line may be.
    let mut shell = ana.shell();
    shell.refuses(&["new", "appreciation", &format!("text={}", "x".repeat(1_000_000))], "too_long");
    shell.finish().no_bug();
    ana.verify();
    assert_eq!(ana.show(&id)["fields"]["text"], "You waited.");
}

#[test]
fn what_is_not_there_is_not_found() {
    let couple = Couple::paired();
    let unknown = "0".repeat(64);
    for arguments in [
        &["show", &unknown][..],
        &["history", &unknown],
        &["edit", &unknown, "text=x"],
        &["redact", &unknown],
        &["note", &unknown, "--at", "0", "--insert", "x"],
        &["propose", &unknown, "text=x"],
        &["consent", &unknown],
        &["decline", &unknown],
        &["comment", &unknown, "x"],
        &["withdraw", &unknown],
        &["retire", &unknown],
        &["acknowledge", &unknown],
        &["take-back", "check_in", "--date", TODAY],
        &["share-anyway", "check_in", "--date", TODAY],
        &["share", &unknown, "--as", "appreciation", "text=x"],
    ] {
        couple.ana.refuses(arguments, exit::NOT_FOUND, "not_found");
    }
    let nowhere = Phone::new("Carla", &couple.folder.path().join("carla"));
    for arguments in [&["status"][..], &["list"], &["sync"], &["verify"], &["show", &unknown]] {
        nowhere.refuses(arguments, exit::NOT_FOUND, "no_home");
    }
    assert!(!nowhere.home().exists(), "asking makes no home");
}

#[test]
fn what_a_rule_forbids_is_refused() {
    let couple = Couple::strangers();
    couple.ana.refuses(&["init", "--name", "Ana"], exit::REFUSED, "home_exists");
    couple.ana.refuses(&["sync"], exit::REFUSED, "no_relay");
    couple.ana.refuses(&["new", "boundary", "limit=None."], exit::REFUSED, "not_paired");
    couple.ana.refuses(&["invite", "--own-device"], exit::REFUSED, "no_relay");
    let entry = couple.ana.make(&["new", "journal_entry", "text=Mine."]);
    couple.ana.refuses(&["consent", &entry], exit::REFUSED, "wrong_shape");
    let nameless = Phone::new("", &couple.folder.path().join("carla"));
    nameless.refuses(&["init", "--name", ""], exit::USAGE, "bad_name");
    let practices = couple.ana.ask(&["practices"]);
    let ids: Vec<&str> =
        practices["practices"].as_array().expect("a list").iter().filter_map(|p| p["id"].as_str()).collect();
    for id in ["agreement", "boundary", "check_in", "appreciation", "note", "journal_entry"] {
        assert!(ids.contains(&id), "{id} in {ids:?}");
    }
}

#[test]
fn the_shell_takes_the_same_commands_and_goes_on_after_errors() {
    let couple = Couple::paired();
    let mut shell = couple.ana.shell();
    shell.refuses(&["frobnicate"], "usage");
    shell.refuses(&["show", "not-an-id"], "usage");
    shell.refuses(&["shell"], "usage");
    let words = r#"it's "quoted" \ and $HOME `x` «ü»"#;
    let id = shell.ask(&["new", "appreciation", &format!("text={words}")])["id"].as_str().expect("an id").to_owned();
    assert_eq!(shell.ask(&["show", &id])["fields"]["text"], words);
    shell.refuses(&["show", &"0".repeat(64)], "not_found");
    assert_eq!(shell.ask(&["sync"]), serde_json::json!({ "ok": true }));
    let end = shell.finish();
    assert_eq!((end.code, end.objects.len()), (Some(0), 0), "{end}");
    couple.sync();
    assert_eq!(couple.both_show(&id)["fields"]["text"], words);
}

#[test]
fn a_home_can_be_made_in_the_shell() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let ana = Phone::new("Ana", folder.path());
    let mut shell = ana.shell();
    shell.refuses(&["status"], "no_home");
    shell.ask(&["init", "--name", "Ana"]);
    let id = shell.ask(&["new", "journal_entry", "text=First."])["id"].clone();
    shell.kill();
    assert_eq!(ana.show(id.as_str().expect("an id"))["fields"]["text"], "First.", "acknowledged is durable");
}

#[test]
fn people_get_text_and_programs_get_objects() {
    let couple = Couple::paired();
    let id = couple.ana.make(&["new", "agreement", "text=We say by noon."]);
    couple.sync();
    let screen = couple.ben.screen(&["today"]);
    assert!(screen.contains("We say by noon.") && !screen.contains('{'), "{screen}");
    assert!(couple.ben.screen(&["show", &id]).contains("proposed"));
    assert!(couple.ben.screen(&["--help"]).contains("Exit codes"));
    let status = couple.ben.ask(&["status"]);
    for key in ["member", "device", "devices", "relay", "outbox", "quarantine"] {
        assert_ne!(status[key], Value::Null, "{key} in {status}");
    }
    let history = couple.ben.ask(&["history", &id]);
    assert_eq!(history["history"].as_array().map(Vec::len), Some(1), "{history}");
    assert_eq!(couple.ben.ask(&["quarantine"])["quarantine"], Value::Array(Vec::new()));
}

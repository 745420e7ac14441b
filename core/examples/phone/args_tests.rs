use super::*;
use clap::CommandFactory;
use clap::error::ErrorKind;

const ID: &str = "00000000000000000000000000000000000000000000000000000000000000ab";
const RELAY: &str = "amends-relay://127.0.0.1:4433/#AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE";

fn parse(words: &[&str]) -> Result<Args, ErrorKind> {
    Args::try_parse_from([&["phone"], words].concat()).map_err(|error| error.kind())
}

fn command(words: &[&str]) -> Command {
    parse(words).unwrap_or_else(|kind| panic!("{words:?}: {kind}")).command
}

#[test]
fn the_command_line_is_sound() {
    Args::command().debug_assert();
    Line::command().debug_assert();
}

/// The interface that other programs rely on, each command once in every form.
#[test]
fn every_documented_command_is_understood() {
    for words in [
        &["init", "--name", "Ana"][..],
        &["invite", "--relay", RELAY],
        &["invite", "--own-device"],
        &["invite", "--own-device", "--relay", RELAY],
        &["join", "amends://pair/1#x"],
        &["join", "--words", "one two three", "--relay", RELAY],
        &["status"],
        &["relay", "set", RELAY],
        &["settings", "waiting_hint", "on"],
        &["settings", "waiting_hint", "off"],
        &["practices"],
        &["new", "note"],
        &["new", "agreement", "text=x", "category=y", "--draft"],
        &["edit", ID, "limit=x"],
        &["redact", ID],
        &["note", ID, "--at", "0", "--insert", "- x"],
        &["note", ID, "--at", "3", "--delete", "2"],
        &["propose", ID, "text=x"],
        &["propose", ID, "--from-note", ID, "--parents", &format!("{ID},{ID}")],
        &["consent", ID],
        &["consent", ID, "--revision", ID],
        &["decline", ID, "--revision", ID, "--note", "--not now"],
        &["comment", ID, "-- well", "--revision", ID],
        &["withdraw", ID],
        &["withdraw", ID, "--revision", ID],
        &["retire", ID],
        &["acknowledge", ID, "--revision", ID],
        &["answer", "check_in", "--date", "2026-02-05", "mood=calm"],
        &["answer", "check_in", "--date", "2026-02-05", "--pass"],
        &["take-back", "check_in", "--date", "2026-02-05"],
        &["share-anyway", "check_in", "--date", "2026-02-05"],
        &["share", ID, "--as", "appreciation", "text=x"],
        &["show", ID],
        &["list"],
        &["list", "note"],
        &["today"],
        &["today", "--date", "2026-02-05"],
        &["history", ID],
        &["sync"],
        &["sync", "--watch"],
        &["sync", "--timeout", "1"],
        &["sync", "--timeout", "0.5"],
        &["shell"],
        &["quarantine"],
        &["quarantine", "--export", "file"],
        &["verify"],
        &["export", "--format", "json"],
        &["export", "--format", "markdown", "--to", "file"],
    ] {
        command(words);
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    for words in [
        &[][..],
        &["init"],
        &["invite"],
        &["invite", "--relay", "127.0.0.1:4433"],
        &["join"],
        &["join", "link", "--words", "one", "--relay", RELAY],
        &["join", "link", "--relay", RELAY],
        &["join", "--words", "one"],
        &["settings", "waiting_hint", "perhaps"],
        &["new"],
        &["new", "note", "title"],
        &["new", "note", "=x"],
        &["edit", ID],
        &["show", "ab"],
        &["note", ID, "--at", "-1"],
        &["note", ID, "--insert", "x"],
        &["answer", "check_in", "--date", "2026-02-05"],
        &["answer", "check_in", "--date", "2026-02-05", "mood=calm", "--pass"],
        &["answer", "check_in", "--date", "2026-02-30", "--pass"],
        &["answer", "check_in", "--date", "2200-01-01", "--pass"],
        &["share", ID, "--as", "appreciation"],
        &["sync", "--timeout", "0"],
        &["sync", "--timeout", "nan"],
        &["sync", "--timeout", "inf"],
        &["sync", "--watch", "--timeout", "3"],
        &["export"],
        &["export", "--format", "pdf"],
        &["--now", "yesterday", "status"],
        &["dance"],
    ] {
        assert!(parse(words).is_err(), "{words:?}");
    }
}

#[test]
fn a_value_may_hold_anything_behind_the_first_equals_sign() {
    let Command::New { fields, .. } = command(&["new", "note", "title=a=b=", "x==", "y= z\n\u{1f600}", "e="]) else {
        panic!("not new");
    };
    let expected = [("title", "a=b="), ("x", "="), ("y", " z\n\u{1f600}"), ("e", "")];
    assert_eq!(fields, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
}

#[test]
fn options_come_before_the_command() {
    let args = parse(&["--home", "h", "--json", "--now", "2026-02-05T10:00:00Z", "--passphrase-env", "P", "status"]);
    let args = args.unwrap();
    assert_eq!((args.home.to_str(), args.json, args.passphrase_env.as_deref()), (Some("h"), true, Some("P")));
    assert_eq!(args.now.map(|now| now.to_string()).as_deref(), Some("2026-02-05T10:00:00Z"));
    assert_eq!(parse(&["status"]).unwrap().home.to_str(), Some("amends-home"));
}

#[test]
fn lines_of_the_shell_are_the_same_commands() {
    let line = |words: &[&str]| Line::try_parse_from(words);
    assert!(matches!(line(&["show", ID]).map(|line| line.command), Ok(Command::Show { .. })));
    assert!(matches!(line(&["sync", "--watch"]).map(|line| line.command), Ok(Command::Sync { watch: true, .. })));
    assert!(line(&["phone", "status"]).is_err());
}

/// The help is the interface's documentation: nothing of it changes unseen.
#[test]
fn the_help_is_the_documented_interface() {
    let mut whole = String::new();
    let mut command = Args::command().term_width(100);
    command.build();
    whole += &command.render_long_help().to_string();
    for name in ["invite", "join", "propose", "answer", "sync", "shell", "export"] {
        let inner = command.find_subcommand_mut(name).unwrap();
        whole += &format!("\n\n=== {name}\n{}", inner.render_long_help());
    }
    insta::assert_snapshot!(whole);
}

use super::*;

/// What the build script compiles the catalogue with.
#[path = "../../../practices/parser.rs"]
mod parser;

/// A practice with a field of every type.
static EVERY: Practice = Practice {
    id: "every",
    version: 1,
    family: "tests",
    shape: Shape::OwnEntry,
    fields: &[
        Field { number: 1, name: "text", kind: FieldKind::Text { limit: 5 }, required: true },
        Field { number: 2, name: "number", kind: FieldKind::Uint { min: 1, max: 5 }, required: false },
        Field { number: 3, name: "yes", kind: FieldKind::Bool, required: false },
        Field { number: 4, name: "list", kind: FieldKind::List { items: 2, limit: 3 }, required: false },
        Field { number: 5, name: "choice", kind: FieldKind::Choice { choices: &["this", "that"] }, required: false },
        Field { number: 6, name: "day", kind: FieldKind::Date, required: false },
    ],
    writers: Writers::Author,
    private_first: false,
    acknowledged: false,
    schedule: None,
    guide: &[],
    safety: &[],
    rows: &[1],
};

fn text(text: &str) -> Value {
    Value::Text(text.into())
}

fn with(name: &str, value: &str) -> Result<Option<Value>, FieldError> {
    let mut fields = EVERY.parse_fields(&[("text", "x"), (name, value)])?;
    Ok(fields.remove(&EVERY.field(name).expect("a field").number))
}

#[test]
fn the_catalogue_is_as_people_sign_it() {
    insta::assert_snapshot!(serde_json::to_string_pretty(all()).expect("serialises"));
}

#[test]
fn practices_are_found_by_id() {
    assert_eq!(
        find("check_in").map(|practice| (practice.shape, practice.schedule)),
        Some((Shape::SealedPair, Some(Schedule::Daily)))
    );
    assert_eq!(find("gossip"), None);
}

#[test]
fn what_a_document_holds_is_limited_alike() {
    let title = find("note").and_then(|note| note.field("title")).expect("a field");
    assert_eq!(title.kind, FieldKind::Text { limit: crate::document::NOTE_TITLE_MAX });
}

#[test]
fn every_type_is_read_and_shown() {
    let given = [
        ("day", "2026-02-28"),
        ("list", "a\n\n b \n"),
        ("choice", " that "),
        ("number", "5"),
        ("yes", "true"),
        ("text", "wörd\u{202e}s"),
    ];
    let fields = EVERY.parse_fields(&given).expect("reads");
    let list = Value::List(vec!["a".into(), "b".into()]);
    let expected = [
        (1, text("wörds")),
        (2, Value::Uint(5)),
        (3, Value::Bool(true)),
        (4, list),
        (5, text("that")),
        (6, Value::Uint(20512)),
    ];
    assert!(fields == expected.into());
    let named = EVERY.named_fields(&fields);
    let names: Vec<_> = named.iter().map(|(name, _)| name.as_ref()).collect();
    assert_eq!(names, ["text", "number", "yes", "list", "choice", "day"]);
    assert!(*named[5].1 == text("2026-02-28"));
}

#[test]
fn fields_that_are_not_those_of_an_entry_are_refused() {
    let choices: &[&str] = &["this", "that"];
    let error = |name, value| with(name, value).map(|_| ()).expect_err("refused");
    for value in ["0", "6", "-1", "1.5", "five", "99999999999999999999"] {
        assert_eq!(error("number", value), FieldError::NotANumber { field: "number", min: 1, max: 5 });
    }
    assert_eq!(error("yes", "yes"), FieldError::NotABool { field: "yes" });
    assert_eq!(error("list", "a\nb\nc"), FieldError::TooMany { field: "list", most: 2 });
    assert_eq!(error("list", "abcd"), FieldError::TooLong { field: "list", most: 3 });
    assert_eq!(error("choice", "other"), FieldError::NotAChoice { field: "choice", choices });
    for value in ["2026-02-29", "1969-12-31", "2200-01-01", "tomorrow", "2026-2-1", "20512"] {
        assert_eq!(error("day", value), FieldError::NotADate { field: "day" }, "{value}");
    }
    assert_eq!(error("text", "y"), FieldError::Repeated { field: "text" });
    let all = |given: &[(&str, &str)]| EVERY.parse_fields(given).map(|_| ()).expect_err("refused");
    assert_eq!(all(&[("text", "x"), ("colour", "red")]), FieldError::Unknown { field: "colour".into() });
    assert_eq!(all(&[("text", "🎈🎈🎈🎈🎈🎈")]), FieldError::TooLong { field: "text", most: 5 });
    assert_eq!(all(&[("text", &"x".repeat(1_000_000))]), FieldError::TooLong { field: "text", most: 5 });
    assert_eq!(all(&[("number", "1")]), FieldError::Missing { field: "text" });
    assert_eq!(all(&[("text", " \u{200b}\n")]), FieldError::Missing { field: "text" });
    let check_in = find("check_in").expect("a practice");
    assert_eq!(check_in.parse_fields::<&str, &str>(&[]).map(|_| ()), Err(FieldError::Nothing));
    assert!(EVERY.parse_fields(&[("text", "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}")]).is_ok(), "counted as signed");
}

#[test]
fn changes_keep_what_is_not_given_and_what_is_not_known() {
    let base = || [(1, text("old")), (2, Value::Uint(1)), (9, text("from a newer version"))].into();
    let changed = EVERY.parse_onto(base(), &[("text", "new"), ("number", "")]).expect("reads");
    assert!(changed == [(1, text("new")), (9, text("from a newer version"))].into());
    assert_eq!(EVERY.parse_onto(base(), &[("text", "")]).map(|_| ()), Err(FieldError::Missing { field: "text" }));
    let named = EVERY.named_fields(&changed);
    assert_eq!(named.iter().map(|(name, _)| name.as_ref()).collect::<Vec<_>>(), ["text", "field_9"]);
    let note = find("note").expect("a practice");
    assert!(note.parse_fields::<&str, &str>(&[]).is_ok_and(|fields| fields.is_empty()));
}

#[test]
fn an_empty_choice_of_files_is_an_empty_catalogue() {
    assert_eq!(parser::compile(&[]), Ok("pub(super) static ALL: &[Practice] = &[\n];\n".into()));
}

#[test]
fn bad_files_are_refused_by_file_and_line() {
    const GOOD: &str = "[[practice]]\nid = \"one\"\nversion = 1\nshape = \"own_entry\"\nwriters = \"author\"\nrows = [1]\n\
                        [[practice.field]]\nnumber = 1\nname = \"text\"\ntype = \"text\"\nlimit = 10\n";
    let compile = |text: &str| parser::compile(&[("family".into(), text.into())]);
    assert!(compile(GOOD).is_ok_and(|out| out.contains("FieldKind::Text { limit: 10 }")));
    let second = "[[practice.field]]\nnumber = 1\nname = \"more\"\ntype = \"bool\"\n";
    let namesake = "[[practice.field]]\nnumber = 2\nname = \"text\"\ntype = \"bool\"\n";
    for (line, part, bad, message) in [
        (2, "id = \"one\"", "id = \"One\"", "a code"),
        (2, "id = \"one\"", "id = one", ""),
        (3, "version = 1", "version = 0", "versions"),
        (3, "version = 1", "version = \"1\"", "invalid type"),
        (4, "own_entry", "own_thing", "one of own_entry"),
        (5, "\"author\"", "\"both\"", "one writer"),
        (5, "\"author\"", "\"nobody\"", "one of author"),
        (6, "rows = [1]", "rows = []", "rows"),
        (6, "rows = [1]", "rows = [80]", "rows"),
        (6, "rows = [1]", "rows = [2, 1]", "rows"),
        (7, "rows = [1]\n", "rows = [1]\nschedule = \"daily\"\n", "sealed_pair"),
        (7, "rows = [1]\n", "rows = [1]\nsafety = [\"none\"]\n", "one of no_proof"),
        (7, "rows = [1]\n", "rows = [1]\nguide = [\"Say hello\"]\n", "a code"),
        (7, "rows = [1]\n", "rows = [1]\ncolour = 3\n", "unknown field"),
        (8, "number = 1", "number = 0", "number of its own"),
        (9, "name = \"text\"", "name = \"my text\"", "a code"),
        (10, "type = \"text\"", "type = \"prose\"", "a type is"),
        (10, "type = \"text\"", "type = \"bool\"", "has no `limit`"),
        (11, "limit = 10", "limit = 0", "more than 0"),
        (12, "limit = 10\n", "limit = 10\nmin = 1\n", "has no `min`"),
    ] {
        let error = compile(&GOOD.replacen(part, bad, 1)).expect_err(bad);
        let at = if bad.contains("\"bool\"") { 11 } else { line };
        assert!(error.starts_with(&format!("core/practices/family.toml:{at}: ")), "{bad}: {error}");
        assert!(error.contains(message), "{bad}: {error}");
    }
    for (text, message) in [
        (GOOD.replace("limit = 10\n", ""), ":7: `text` needs `limit`"),
        (GOOD.replace("limit = 10", "limit = 40000"), ":1: the fields may have"),
        (GOOD.replace("id = \"one\"\n", ""), ":1: missing field `id`"),
        (GOOD.split("[[practice.field]]").next().expect("a part").into(), ":1: a practice has fields"),
        (format!("{GOOD}{second}"), ":13: a field has a number of its own"),
        (format!("{GOOD}{namesake}"), ":14: a second field with this name"),
        (format!("{GOOD}{GOOD}"), ":13: a second practice with this id"),
        (GOOD.replace("\"text\"\nlimit = 10", "\"uint\"\nmin = 2\nmax = 1"), ":7: `min` is above `max`"),
        (GOOD.replace("\"text\"\nlimit = 10", "\"choice\"\nchoices = [\"a\"]"), ":11: choices are two or more"),
        (GOOD.replace("\"text\"\nlimit = 10", "\"choice\"\nchoices = [\"a\", \"a\"]"), ":11: choices are two"),
    ] {
        let error = compile(&text).expect_err(message);
        assert!(error.starts_with("core/practices/family.toml") && error.contains(message), "{error}");
    }
    let twice = parser::compile(&[("one".into(), GOOD.into()), ("two".into(), GOOD.into())]);
    assert!(twice.expect_err("refused").starts_with("core/practices/two.toml:2: "));
}

use super::*;
use crate::document::LIST_FIELD_MAX;
use crate::id::{Day, EntryId, StatementId};
use crate::shape::series::schedule;
use std::collections::BTreeSet;

mod files;

/// A practice with a field of every type.
static EVERY: Practice = Practice {
    id: "every",
    version: 1,
    family: "tests",
    shape: Shape::OwnEntry,
    fields: &[
        Field { number: 1, name: "text", kind: FieldKind::Text { limit: 5 }, required: true, hints: &[] },
        Field { number: 2, name: "number", kind: FieldKind::Uint { min: 1, max: 5 }, required: false, hints: &[] },
        Field { number: 3, name: "yes", kind: FieldKind::Bool, required: false, hints: &[] },
        Field { number: 4, name: "list", kind: FieldKind::List { items: 2, limit: 3 }, required: false, hints: &[] },
        Field {
            number: 5,
            name: "choice",
            kind: FieldKind::Choice { choices: &["this", "that"] },
            required: false,
            hints: &[],
        },
        Field { number: 6, name: "day", kind: FieldKind::Date, required: false, hints: &[] },
    ],
    side: None,
    acts: &[],
    table: Table { practice: "every", acts: &[] },
    initial: None,
    alternatives: None,
    series: None,
    states: &[],
    labels: &[],
    documents: &[],
    writers: Writers::Author,
    private_first: false,
    acknowledged: false,
    built_in: false,
    schedule: None,
    guide: None,
    safety: &[],
    rows: &[1],
    test: "life_of_every",
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
    let mut lines: Vec<String> = declared().practices.iter().flat_map(signed).collect();
    lines.extend(declared().common_acts.iter().flat_map(|act| signed_act("every practice", act)));
    insta::assert_snapshot!(lines.join("\n"));
}

/// A line for each thing that statements carry: ids, numbers, types and codes.
fn signed(practice: &Practice) -> Vec<String> {
    let of = practice.id;
    let mut lines = vec![format!("{of}: version {}, {:?}, {:?}", practice.version, practice.shape, practice.writers)];
    lines.extend(practice.fields.iter().map(|field| format!("{of}: {}", signed_field(field))));
    if let Some(side) = &practice.side {
        let line = |field| format!("{of}: side of {:?}: {}", side.by, signed_field(field));
        lines.extend(side.fields.iter().map(line));
    }
    lines.extend(practice.acts.iter().flat_map(|act| signed_act(of, act)));
    for document in practice.documents {
        lines.push(format!("{of}: document {} ({:?})", document.part, document.schema));
        let line = |field| format!("{of}: document {}: {}", document.part, signed_field(field));
        lines.extend(document.fields.iter().map(line));
    }
    lines
}

fn signed_field(field: &Field) -> String {
    let required = if field.required { ", required" } else { "" };
    format!("{} {} = {:?}{required}", field.number, field.name, field.kind)
}

fn signed_act(of: &str, act: &Act) -> Vec<String> {
    let rule = &act.rule;
    let group = rule.group.map(|group| format!(" in {group}")).unwrap_or_default();
    let mut lines = vec![format!("{of}: act {}{group} of {:?} on {:?}", rule.code, rule.by, rule.on)];
    lines.extend(act.fields.iter().map(|field| format!("{of}: act {}: {}", rule.code, signed_field(field))));
    lines
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

fn alone(kind: FieldKind, given: &str) -> Result<Option<Value>, FieldError> {
    Field { number: 1, name: "it", kind, required: false, hints: &[] }.parse(given)
}

#[test]
fn times_zones_and_rules_are_read_and_shown() {
    assert!(alone(FieldKind::Time, " 19:30 ") == Ok(Some(text("19:30"))));
    assert!(alone(FieldKind::Time, "09:05:00") == Ok(Some(text("09:05"))));
    for bad in ["24:00", "7pm", "19:30:01", "-1:00", "19:30:00.5"] {
        assert!(alone(FieldKind::Time, bad) == Err(FieldError::NotATime { field: "it" }), "{bad}");
    }
    assert!(alone(FieldKind::Moment, "1970-01-02 01:05") == Ok(Some(Value::Uint(1505))));
    assert!(alone(FieldKind::Moment, "1970-01-02T01:05") == Ok(Some(Value::Uint(1505))));
    for bad in ["1970-01-02", "19:30", "1970-01-32 10:00", "1970-01-02 25:00"] {
        assert!(alone(FieldKind::Moment, bad) == Err(FieldError::NotAMoment { field: "it" }), "{bad}");
    }
    let moment = Field { number: 1, name: "it", kind: FieldKind::Moment, required: false, hints: &[] };
    assert!(*moment.shown(&Value::Uint(1505)) == text("1970-01-02 01:05"));
    assert!(*moment.shown(&Value::Uint(u64::MAX)) == Value::Uint(u64::MAX));
    assert!(alone(FieldKind::Zone, "Europe/Berlin") == Ok(Some(text("Europe/Berlin"))));
    assert!(alone(FieldKind::Zone, "Europe/Nowhere") == Err(FieldError::NotAZone { field: "it" }));
    assert!(alone(FieldKind::Rule, "FREQ=WEEKLY;BYDAY=SU") == Ok(Some(text("FREQ=WEEKLY;BYDAY=SU"))));
    for bad in ["WEEKLY", "FREQ=WEEKLY BYDAY=SU", "FREQ=HOURLY", &format!("FREQ={}", "X".repeat(300))] {
        assert!(alone(FieldKind::Rule, bad) == Err(FieldError::NotARule { field: "it" }), "{bad}");
    }
}

#[test]
fn steps_keep_their_ids_and_wordings_are_exact() {
    let line = Steps::named("Tell me first", || [7; 32]);
    assert_eq!((Steps::id(&line), Steps::words(&line)), (Some([7; 32]), "Tell me first"));
    assert_eq!(Steps::named(&line, || [8; 32]), line);
    assert_eq!((Steps::id("Tell me first"), Steps::words("Tell me first")), (None, "Tell me first"));
    let steps = FieldKind::Steps { items: 2, limit: 13 };
    assert!(alone(steps.clone(), &line) == Ok(Some(Value::List(vec![line]))), "an id does not count");
    assert!(alone(steps.clone(), "Tell me first!") == Err(FieldError::TooLong { field: "it", most: 13 }));
    assert!(alone(steps, "a\nb\nc") == Err(FieldError::TooMany { field: "it", most: 2 }));
    let wording = format!("{}@{}", EntryId([1; 32]), StatementId([2; 32]));
    let wordings = FieldKind::Wordings { items: 1 };
    assert!(alone(wordings.clone(), &wording) == Ok(Some(Value::List(vec![wording.clone()]))));
    for bad in [&wording[1..], "x@y", &EntryId([1; 32]).to_string()] {
        assert!(alone(wordings.clone(), bad) == Err(FieldError::NotAWording { field: "it" }), "{bad}");
    }
}

/// What both type in a list must fit there.
#[test]
fn items_of_lists_fit_their_documents() {
    let documents = declared().practices.iter().flat_map(|practice| practice.documents);
    for field in documents.flat_map(|document| document.fields) {
        let fits = match field.kind {
            FieldKind::Text { limit } => limit <= LIST_FIELD_MAX,
            FieldKind::List { .. } | FieldKind::Steps { .. } | FieldKind::Wordings { .. } => false,
            _ => true,
        };
        assert!(fits, "{}", field.name);
    }
}

/// Numbers of the rows that something serves.
fn served(declared: Declared) -> BTreeSet<u8> {
    let practices = declared.practices.iter().flat_map(|practice| practice.rows);
    let guides = declared.guides.iter().flat_map(|guide| guide.rows);
    let duties = declared.operations.iter().chain(declared.guarantees).flat_map(|duty| duty.rows);
    practices.chain(guides).chain(duties).copied().collect()
}

#[test]
fn every_row_is_served_and_told_in_our_words() {
    assert_eq!(served(declared()), (1..=79).collect());
    assert_eq!(rows().iter().map(|row| row.number).collect::<Vec<_>>(), (1..=79).collect::<Vec<_>>());
    let cards = cards().iter().flat_map(|card| card.rows).chain(templates().iter().flat_map(|template| template.rows));
    assert!(cards.copied().all(|row| (1..=79).contains(&row)));
    let without = Declared { guarantees: &[], operations: &[], ..declared() };
    assert!(!served(without).contains(&78), "the count sees what is missing");
}

#[test]
fn what_waits_is_known() {
    let whole = declared();
    let ready = |id: &str| find(id).map(signed) == whole.practices.iter().find(|one| one.id == id).map(signed);
    let mut waits: Vec<String> =
        whole.practices.iter().map(|one| one.id).filter(|id| !ready(id)).map(String::from).collect();
    waits.extend(
        whole.common_acts.iter().filter(|act| !common_acts().contains(act)).map(|act| format!("act {}", act.rule.code)),
    );
    waits.extend(
        whole.guides.iter().filter(|guide| !guides().contains(guide)).map(|guide| format!("guide {}", guide.id)),
    );
    for (kind, all, ready) in
        [("operation", whole.operations, operations()), ("guarantee", whole.guarantees, guarantees())]
    {
        waits.extend(all.iter().filter(|duty| !ready.contains(duty)).map(|duty| format!("{kind} {}", duty.id)));
    }
    insta::assert_snapshot!(waits.join("\n"));
}

#[test]
fn nothing_offered_leads_to_what_is_not() {
    for practice in all() {
        assert!(practice.guide.is_none_or(|id| guides().iter().any(|guide| guide.id == id)), "{}", practice.id);
    }
    for guide in guides() {
        assert!(find(guide.practice).is_some(), "{}", guide.id);
    }
    let listing = serde_json::to_value(listing()).expect("serialises");
    assert_eq!(listing["practices"].as_array().map(Vec::len), Some(all().len()));
    let boundary = &listing["practices"][1];
    assert_eq!(
        boundary["states"],
        serde_json::json!(["redacted", "private", "acknowledged", "changed_since_acknowledged", "shared"])
    );
    let roles = |id: &str| {
        boundary["transitions"].as_array()?.iter().find(|one| one["id"] == id)?["role"].as_str().map(str::to_owned)
    };
    assert_eq!((roles("edit").as_deref(), roles("acknowledge").as_deref()), (Some("author"), Some("other")));
    assert_eq!(roles("lift"), None, "it waits");
}

/// Where screens must show the way to help, and where the other could be put under pressure.
#[test]
fn what_is_easily_turned_into_control_is_marked() {
    for id in ["information_request", "heads_up", "time_apart", "space_request", "my_recollection", "readiness_note"] {
        let practice = declared().practices.iter().find(|practice| practice.id == id).expect("a practice");
        assert!(practice.safety.contains(&Safety::SafetyLink), "{id}");
    }
    for template in
        templates().iter().filter(|template| ["no_contact", "open_money", "digital_life"].contains(&template.id))
    {
        assert_eq!(template.safety, [Safety::ReviewRequired, Safety::SafetyLink], "{}", template.id);
    }
    for id in ["apology", "reassurance", "forgiveness_note"] {
        let practice = declared().practices.iter().find(|practice| practice.id == id).expect("a practice");
        assert!(practice.safety.contains(&Safety::NeverPrompted), "{id}");
    }
}

#[test]
fn hints_see_words_that_stand_for_themselves() {
    let hint = hints().iter().find(|hint| hint.id == "absolutes").expect("a hint");
    assert!(hint.is_called_for("You NEVER listen", "en") && hint.is_called_for("never", "en"));
    assert!(!hint.is_called_for("Nevertheless, thank you", "en") && !hint.is_called_for("Du hörst nie zu", "en"));
    assert!(hint.is_called_for("Du hörst nie zu", "de") && !hint.is_called_for("Knie", "de"));
    assert!(!hint.is_called_for("never", "fr"));
}

#[test]
fn the_shapes_find_no_flaw_in_any_table() {
    let mut asks = 0;
    for practice in declared().practices {
        assert_eq!(practice.table.flaws(), Vec::<&str>::new(), "{}", practice.id);
        if let Some(ask) = practice.ask() {
            asks += 1;
            assert_eq!(ask.flaws(), [], "{}", practice.id);
            let shown = practice.state_codes();
            let missing: Vec<_> = ask.states().into_iter().filter(|state| !shown.contains(state)).collect();
            assert_eq!(missing, Vec::<&str>::new(), "{}", practice.id);
        }
        assert!(practice.states.last().is_none_or(|last| last.when.is_empty()), "{}", practice.id);
    }
    assert!(asks > 4);
    let meeting = declared().practices.iter().find(|practice| practice.id == "meeting").expect("a practice");
    let fields = meeting.parse_fields(&[("start", "2026-11-22"), ("rule", "FREQ=WEEKLY"), ("time", "19:30")]);
    let series = meeting.series.expect("a series");
    let schedule = schedule::Schedule::read(&series.schedule, &fields.expect("reads")).expect("a schedule");
    assert_eq!((schedule.time.map(|time| time.hour()), schedule.rotates), (Some(19), false));
    assert!(meeting.table.find(series.acts.move_to).is_some());
}

#[test]
fn every_entry_of_the_help_page_names_a_public_page_and_a_day() {
    assert!(!help().is_empty());
    for region in help() {
        assert!(!region.entries.is_empty(), "{}: a region without entries is left out", region.id);
        for entry in region.entries {
            assert!(entry.source.starts_with("https://") && !entry.contact.is_empty(), "{}", entry.name);
            let checked: Day = entry.checked.parse().expect("a day");
            assert!(checked >= "2026-11-22".parse().expect("a day"), "{}", entry.name);
        }
    }
}

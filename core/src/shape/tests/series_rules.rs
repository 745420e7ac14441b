//! Rules against what another program makes of them, and the bounds of what is read.

use crate::id::Day;
use crate::shape::series::rule::{OCCURRENCES_MAX, Rule, RuleTextError};
use proptest::prelude::*;
use serde_json::Value as Json;
use std::collections::BTreeSet;

fn day(text: &str) -> Day {
    text.parse().expect("a date")
}

fn rule(text: &str, start: &str) -> Rule {
    Rule::parse(text, day(start)).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn days(rule: &Rule, most: usize) -> Vec<String> {
    rule.days().take(most).map(|day| day.to_string()).collect()
}

#[test]
fn rules_occur_when_another_program_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/series/occurrences.json");
    let text = std::fs::read_to_string(path).expect("the vectors are part of the repository");
    let all: Json = serde_json::from_str(&text).expect("JSON");
    let rules = all["rules"].as_array().expect("a list");
    assert!(rules.len() >= 300);
    let mut empty = 0;
    for vector in rules {
        let name = format!("{} from {}", vector["rule"], vector["start"]);
        let parsed = Rule::parse(vector["rule"].as_str().expect("text"), day(vector["start"].as_str().expect("text")));
        let until = day("2049-12-31");
        let found: Vec<Day> = match &parsed {
            Ok(rule) => rule.days().take_while(|day| *day <= until).collect(),
            Err(error) => {
                assert_eq!(*error, RuleTextError::Never, "{name}");
                empty += 1;
                Vec::new()
            }
        };
        let sum: i64 = found.iter().map(|day| i64::from(i32::from(*day))).sum();
        let first: Vec<String> = found.iter().take(4).map(ToString::to_string).collect();
        let expected: Vec<&str> =
            vector["first"].as_array().expect("a list").iter().map(|day| day.as_str().expect("text")).collect();
        assert_eq!(
            (Some(found.len() as u64), first),
            (vector["count"].as_u64(), expected.iter().map(|day| (*day).to_owned()).collect()),
            "{name}"
        );
        assert_eq!(Some(sum), vector["sum"].as_i64(), "{name}");
    }
    assert!(empty < 40, "most rules occur: {empty} do not");
}

#[test]
fn what_people_plan_is_where_they_expect_it() {
    for (text, start, expected) in [
        ("FREQ=WEEKLY", "2026-03-06", ["2026-03-06", "2026-03-13", "2026-03-20"]),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=FR,SA", "2026-03-06", ["2026-03-06", "2026-03-07", "2026-03-20"]),
        // Weeks begin on Monday: the Sunday belongs to the week of the Friday before it.
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,FR", "2026-03-06", ["2026-03-06", "2026-03-08", "2026-03-20"]),
        ("FREQ=MONTHLY", "2026-01-31", ["2026-01-31", "2026-03-31", "2026-05-31"]),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", "2026-01-31", ["2026-01-31", "2026-02-28", "2026-03-31"]),
        ("FREQ=MONTHLY;BYDAY=-1FR", "2026-01-01", ["2026-01-30", "2026-02-27", "2026-03-27"]),
        ("FREQ=MONTHLY;BYDAY=1MO,TU", "2026-03-01", ["2026-03-02", "2026-03-03", "2026-03-10"]),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "2026-01-01", ["2026-02-13", "2026-03-13", "2026-11-13"]),
        ("FREQ=YEARLY", "2024-02-29", ["2024-02-29", "2028-02-29", "2032-02-29"]),
        ("FREQ=YEARLY;BYDAY=1SU,-1SU", "2026-01-01", ["2026-01-04", "2026-12-27", "2027-01-03"]),
        ("FREQ=DAILY;INTERVAL=10;UNTIL=20260121", "2026-01-01", ["2026-01-01", "2026-01-11", "2026-01-21"]),
        ("COUNT=3;FREQ=DAILY;BYDAY=MO", "2026-03-04", ["2026-03-09", "2026-03-16", "2026-03-23"]),
    ] {
        assert_eq!(days(&rule(text, start), 3), expected, "{text}");
    }
    assert_eq!(rule("COUNT=3;FREQ=DAILY;BYDAY=MO", "2026-03-04").days().count(), 3);
    assert_eq!(rule("FREQ=DAILY;INTERVAL=10;UNTIL=20260121", "2026-01-01").days().count(), 3);
}

#[test]
fn what_never_or_endlessly_occurs_is_no_rule() {
    let error = |text: &str, start: &str| Rule::parse(text, day(start)).expect_err(text);
    for text in ["FREQ=HOURLY", "FREQ=MINUTELY;COUNT=3", "FREQ=SECONDLY"] {
        assert_eq!(error(text, "2026-01-01"), RuleTextError::Endless, "{text}");
    }
    for (text, start) in [
        ("FREQ=DAILY;UNTIL=20251231", "2026-01-01"),
        ("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=30", "2026-02-01"),
        ("FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=20", "2026-02-01"),
        ("FREQ=WEEKLY;UNTIL=20260106;BYDAY=WE", "2026-01-01"),
        ("FREQ=YEARLY;INTERVAL=10000;BYMONTHDAY=31", "2199-12-31"),
    ] {
        let occurs = text.contains("INTERVAL=10000");
        assert_eq!(
            Rule::parse(text, day(start)).map(|_| ()),
            if occurs { Ok(()) } else { Err(RuleTextError::Never) },
            "{text}"
        );
    }
}

#[test]
fn a_text_that_is_no_rule_of_ours_is_refused() {
    for text in [
        "",
        "FREQ",
        "FREQ=",
        "FREQ=weekly",
        "FREQ=WEEKLY;",
        ";FREQ=WEEKLY",
        "FREQ=WEEKLY;FREQ=DAILY",
        "INTERVAL=2",
        "RRULE:FREQ=WEEKLY",
        "FREQ=WEEKLY;INTERVAL=0",
        "FREQ=WEEKLY;INTERVAL=-1",
        "FREQ=WEEKLY;INTERVAL=+1",
        "FREQ=WEEKLY;INTERVAL=10001",
        "FREQ=WEEKLY;INTERVAL=99999999999999999999",
        "FREQ=WEEKLY;COUNT=0",
        "FREQ=WEEKLY;COUNT=1;UNTIL=20270101",
        "FREQ=WEEKLY;UNTIL=2027-01-01",
        "FREQ=WEEKLY;UNTIL=20270230",
        "FREQ=WEEKLY;UNTIL=99991231",
        "FREQ=WEEKLY;UNTIL=２０２７0101",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=MO,MO",
        "FREQ=WEEKLY;BYDAY=MO;BYDAY=TU",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=YEARLY;BYDAY=54MO",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=--1",
        "FREQ=MONTHLY;BYDAY=é",
        "FREQ=WEEKLY;X-NEW=1",
        "FREQ=WEEKLY BYDAY=MO",
        "FREQ=WEEKLY;UNTIL=20270101T000000Z",
        &format!("FREQ=WEEKLY;BYDAY={}", "MO,".repeat(200)),
    ] {
        assert_eq!(Rule::parse(text, day("2026-01-01")), Err(RuleTextError::Malformed), "{text}");
    }
    for text in [
        "FREQ=WEEKLY;WKST=SU",
        "FREQ=MONTHLY;BYSETPOS=1;BYDAY=MO",
        "FREQ=YEARLY;BYMONTH=3",
        "FREQ=DAILY;BYHOUR=9",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=DAILY;BYDAY=1MO",
        "FREQ=WEEKLY;BYMONTHDAY=1",
    ] {
        assert_eq!(Rule::parse(text, day("2026-01-01")), Err(RuleTextError::Unsupported), "{text}");
    }
}

#[test]
fn so_many_occurrences_are_given_out_at_once_and_no_more() {
    let daily = rule("FREQ=DAILY", "1970-01-01");
    assert_eq!(daily.between(Day::MIN, Day::MAX).len(), OCCURRENCES_MAX);
    assert_eq!(daily.days().count(), 84_006);
    assert_eq!(daily.between(day("2026-01-02"), day("2026-01-01")), []);
    assert_eq!(daily.index(Day::MAX), Some(84_005));
}

proptest! {
    /// Whatever is given, it is read or refused; what is read ascends, is where it says it is, and is given out alike whole and in part.
    #[test]
    fn any_text_is_read_or_refused(
        parts in prop::collection::vec("(FREQ|INTERVAL|BYDAY|BYMONTHDAY|COUNT|UNTIL)=(DAILY|WEEKLY|MONTHLY|YEARLY|[0-9]{1,8}|-?[1-5]?(MO|SU|FR)(,(TU|SA))?|.{0,6})", 1..5),
        start in 0..60_000i64, from in 0..84_005i64, length in 0..800i64,
    ) {
        let start = Day::new(start).expect("in range");
        let Ok(rule) = Rule::parse(&parts.join(";"), start) else { return Ok(()) };
        let all: Vec<Day> = rule.days().collect();
        prop_assert!(!all.is_empty() && all.is_sorted_by(|a, b| a < b) && all[0] >= start);
        let (from, to) = (Day::new(from).expect("in range"), Day::MIN.plus(i32::try_from(from + length).expect("small")));
        let part: Vec<Day> = all.iter().copied().filter(|day| *day >= from && *day <= to).collect();
        prop_assert_eq!(rule.between(from, to), part);
        for at in [0, all.len() / 2, all.len() - 1] {
            prop_assert_eq!(rule.index(all[at]), Some(at));
        }
        let occurs: BTreeSet<Day> = all.into_iter().collect();
        let missed = (0..50).map(|more| start.plus(more)).find(|day| !occurs.contains(day));
        prop_assert_eq!(missed.and_then(|day| rule.index(day)), None);
    }
}

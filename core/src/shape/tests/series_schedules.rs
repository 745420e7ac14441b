//! When a thing is: times that the clock jumps over or shows twice, a partner elsewhere, whose turn it is to plan, and moving one
//! occurrence, which takes both.

use super::*;
use crate::shape::acts::{self, Act, On, Table, Wish};
use crate::shape::series::occurrence::{self, Acts, OccurrenceView};
use crate::shape::series::rule::RuleTextError;
use crate::shape::series::schedule::{Fields, Schedule, ScheduleError, series_of, shown_in};
use crate::shape::series::{ZoneError, home_day};
use crate::shape::{By, Voices};
use crate::statement::{Kind, Subject};
use jiff::Timestamp;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use std::collections::{BTreeMap, BTreeSet};

const FIELDS: Fields = Fields { start: 1, rule: 2, time: 3, zone: 4, duration: 5, protected: 6, rotates: 7 };

fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

fn date(text: &str) -> Value {
    let day: Day = text.parse().expect("a date");
    Value::Uint(u64::from(i32::from(day).unsigned_abs()))
}

fn at(text: &str) -> Day {
    text.parse().expect("a date")
}

fn fields(time: &str) -> BTreeMap<u32, Value> {
    [(1, date("2026-03-06")), (2, text("FREQ=WEEKLY")), (3, text(time)), (6, Value::Bool(true)), (7, Value::Bool(true))]
        .into()
}

fn schedule(time: &str) -> Schedule {
    Schedule::read(&FIELDS, &fields(time)).expect("sound")
}

fn begins(time: &str, day: &str, zone: &str) -> String {
    schedule(time).begins(at(day), zone, 4).expect("a zone").to_string()
}

#[test]
fn a_time_that_the_clock_skips_or_shows_twice_is_one_instant() {
    assert_eq!(begins("19:30", "2026-03-06", "Europe/Berlin"), "2026-03-06T18:30:00Z");
    assert_eq!(begins("19:30", "2026-07-03", "Europe/Berlin"), "2026-07-03T17:30:00Z", "half past seven all year");
    // Berlin skips 02:00 to 03:00 on 29 March and shows it twice on 25 October: an hour later, and the first.
    assert_eq!(begins("02:30", "2026-03-29", "Europe/Berlin"), "2026-03-29T01:30:00Z");
    assert_eq!(begins("02:30", "2026-10-25", "Europe/Berlin"), "2026-10-25T00:30:00Z");
    // Apia had no 30 December 2011: what was then is as much later.
    assert_eq!(begins("19:30", "2011-12-30", "Pacific/Apia"), "2011-12-31T05:30:00Z");
    // Without a time it begins when the day does.
    let all_day = Schedule::read(&FIELDS, &[(1, date("2026-03-29"))].into()).expect("sound");
    let begin = all_day.begins(at("2026-03-29"), "Europe/Berlin", 2).expect("a zone");
    assert_eq!(home_day(begin, "Europe/Berlin", 2), Ok(at("2026-03-29")));
    assert_eq!((all_day.rule.days().count(), all_day.protected), (1, false), "without a rule it is once");
}

/// A partner in another zone sees the same occurrence, at their own clock.
#[test]
fn a_partner_elsewhere_sees_the_same_occurrence() {
    let dinner = schedule("19:30");
    let instant = dinner.begins(at("2026-03-13"), "Europe/Berlin", 4).expect("a zone");
    assert_eq!(shown_in(instant, "Asia/Tokyo").expect("a zone").to_string(), "2026-03-14T03:30:00");
    assert_eq!(shown_in(instant, "America/New_York").expect("a zone").to_string(), "2026-03-13T14:30:00");
    // In Tokyo it is Saturday; the couple's day, and so the occurrence, is Friday's for both.
    assert_eq!(home_day(instant, "Europe/Berlin", 4), Ok(at("2026-03-13")));
    // A thing may have a zone of its own.
    let mut there = fields("19:30");
    there.insert(4, text("Asia/Tokyo"));
    let there = Schedule::read(&FIELDS, &there).expect("sound");
    assert_eq!(there.begins(at("2026-03-13"), "Europe/Berlin", 4).expect("a zone").to_string(), "2026-03-13T10:30:00Z");
    assert_eq!(
        there.begins(at("2026-03-13"), "Mars/Olympus", 4).map(|at| at.to_string()),
        Ok("2026-03-13T10:30:00Z".to_owned())
    );
    assert_eq!(dinner.begins(at("2026-03-13"), "Mars/Olympus", 4), Err(ZoneError));
    assert_eq!(dinner.begins(at("2026-03-13"), "Europe/Berlin", 24), Err(ZoneError));
}

#[test]
fn fields_that_are_no_schedule_say_why() {
    let with = |number, value| {
        let mut fields = fields("19:30");
        fields.insert(number, value);
        Schedule::read(&FIELDS, &fields).map(|_| ())
    };
    assert_eq!(with(1, date("2026-03-07")), Ok(()));
    for (number, value, error) in [
        (1, Value::Uint(84_006), ScheduleError::BadStart),
        (1, text("2026-03-06"), ScheduleError::BadStart),
        (2, text("FREQ=SOON"), ScheduleError::Rule(RuleTextError::Malformed)),
        (2, text("FREQ=HOURLY"), ScheduleError::Rule(RuleTextError::Endless)),
        (2, Value::Bool(true), ScheduleError::Rule(RuleTextError::Malformed)),
        (3, text("24:00"), ScheduleError::BadTime),
        (3, text("19:60"), ScheduleError::BadTime),
        (3, text("7:30"), ScheduleError::BadTime),
        (3, text("-1:30"), ScheduleError::BadTime),
        (3, text("+7:30"), ScheduleError::BadTime),
        (3, Value::Uint(7), ScheduleError::BadTime),
        (4, text("Europe/Atlantis"), ScheduleError::Zone(ZoneError)),
        (4, text("../../etc/passwd"), ScheduleError::Zone(ZoneError)),
        (4, Value::Uint(1), ScheduleError::Zone(ZoneError)),
        (5, Value::Uint(0), ScheduleError::BadDuration),
        (5, Value::Uint(u64::MAX), ScheduleError::BadDuration),
        (6, text("yes"), ScheduleError::BadMark),
        (7, Value::Uint(1), ScheduleError::BadMark),
    ] {
        assert_eq!(with(number, value.clone()), Err(error), "{number} {:?}", value.texts());
    }
    assert_eq!(Schedule::read(&FIELDS, &BTreeMap::new()), Err(ScheduleError::BadStart));
}

/// Turns follow from the place in the series alone.
#[test]
fn the_two_take_turns_in_planning() {
    let dinner = schedule("19:30");
    let turns = ["2026-03-06", "2026-03-13", "2026-03-20"].map(|day| dinner.planner(at(day), ada(), ben()));
    assert_eq!(turns, [Some(ada()), Some(ben()), Some(ada())]);
    assert_eq!(
        dinner.planner(at("2026-03-14"), ada(), ben()),
        None,
        "a day to which one was moved is nobody's turn by itself"
    );
    let mut alone = fields("19:30");
    alone.remove(&7);
    assert_eq!(Schedule::read(&FIELDS, &alone).expect("sound").planner(at("2026-03-06"), ada(), ben()), None);
}

const fn act(code: &'static str, group: &'static str) -> Act {
    Act { code, by: By::Each, group: Some(group), on: On::Occurrence, step: None }
}

static RITUAL: [Act; 3] = [act("move", "move"), act("skip", "outcome"), act("happened", "outcome")];
const TABLE: Table = Table { practice: "ritual", acts: &RITUAL };
const ACTS: Acts = Acts { move_to: "move", date: 1, skip: "skip", happened: "happened" };

struct Phones(Vec<StatementSet>);

fn member(phone: usize) -> MemberId {
    if phone < 2 { ada() } else { ben() }
}

fn friday() -> Subject {
    let entry = EntryId::derive(&owner(), &ada(), &[4; 16]);
    Subject::Occurrence { series: series_of(entry), day: at("2026-03-13") }
}

fn shown(set: &StatementSet) -> OccurrenceView {
    let voices = Voices::new(set, [ada(), ben()]);
    occurrence::view(&acts::view(set, &voices, &TABLE), &voices, &ACTS, at("2026-03-13"))
}

impl Phones {
    fn new() -> Self {
        rewind();
        Self(vec![StatementSet::default(); 4])
    }

    fn does(&mut self, phone: usize, act: &str, day: Option<&str>) {
        let set = &self.0[phone];
        let voices = Voices::new(set, [ada(), ben()]);
        let header = acts::act(set, &voices, &TABLE, member(phone), (friday(), at("2026-03-09")), &Wish::new(act))
            .expect("each");
        let fields = day.map(|day| [(1, date(day))].into());
        self.0[phone].insert(author(member(phone), header, &Content { fields, ..Content::act("ritual", 1, act) }));
    }

    fn deliver(&mut self, from: usize, to: usize, mut passes: impl FnMut(usize) -> bool) {
        let sent: Vec<Statement> = self.0[from].iter().cloned().collect();
        sent.into_iter().enumerate().filter(|(at, _)| passes(*at)).for_each(|(_, said)| self.0[to].insert(said));
    }

    fn healed(&mut self) -> OccurrenceView {
        for _ in 0..2 {
            for from in 0..4 {
                (0..4).for_each(|to| self.deliver(from, to, |_| true));
            }
        }
        let view = shown(&self.0[0]);
        self.0.iter().for_each(|set| assert_eq!(shown(set), view, "I2"));
        view
    }
}

/// Two date-night moves proposed offline: the original holds, both are listed, and one accepting the other's moves it.
#[test]
fn s7_two_moves_are_listed_and_the_original_holds_until_both_say_one_day() {
    let mut phones = Phones::new();
    phones.does(0, "move", Some("2026-03-14"));
    phones.does(2, "move", Some("2026-03-15"));
    let view = phones.healed();
    assert_eq!(view.day, view.original);
    let proposed: Vec<(Day, MemberId)> = view.proposed.iter().map(|one| (one.day, one.member)).collect();
    assert_eq!(proposed, [(at("2026-03-14"), ada()), (at("2026-03-15"), ben())]);
    phones.does(3, "move", Some("2026-03-14"));
    let view = phones.healed();
    assert_eq!((view.day, view.proposed.len()), (at("2026-03-14"), 0));
    // G8: one leaves it, and it is where the rule puts it.
    phones.does(1, "move", Some("2026-03-13"));
    let view = phones.healed();
    assert_eq!((view.day, view.proposed.len()), (view.original, 2));
    // Both say "where it was".
    phones.does(2, "move", Some("2026-03-13"));
    assert_eq!(phones.healed().day, at("2026-03-13"));
}

#[test]
fn ones_own_two_phones_must_say_one_day_too() {
    let mut phones = Phones::new();
    phones.does(0, "move", Some("2026-03-14"));
    phones.does(1, "move", Some("2026-03-15"));
    phones.does(2, "move", Some("2026-03-14"));
    let view = phones.healed();
    assert_eq!((view.day, view.proposed.len()), (view.original, 3));
    phones.does(1, "move", Some("2026-03-14"));
    assert_eq!(phones.healed().day, at("2026-03-14"));
    // A move without a day says nothing.
    phones.does(2, "move", None);
    assert_eq!(phones.healed().day, at("2026-03-13"));
}

#[test]
fn whether_it_happened_is_each_ones_to_say() {
    let mut phones = Phones::new();
    phones.does(0, "happened", None);
    phones.does(2, "skip", None);
    let view = phones.healed();
    assert_eq!((view.happened, view.skipped), (BTreeSet::from([ada()]), BTreeSet::from([ben()])));
    phones.does(3, "happened", None);
    let view = phones.healed();
    assert_eq!((view.happened.len(), view.skipped.len()), (2, 0));
}

/// Made twice offline it is one: both phones name it alike, and another series' Friday is another.
#[test]
fn s6_an_occurrence_is_one_wherever_it_is_made() {
    let target = friday().target(&owner(), &ada());
    assert_eq!(target, friday().target(&owner(), &ben()));
    let other = Subject::Occurrence { series: series(), day: at("2026-03-13") };
    assert_ne!(target, other.target(&owner(), &ada()));
}

proptest! {
    #![proptest_config(cases(128))]

    /// In any order and partition: it is moved only to a day that both said and nothing else of theirs stands against.
    #[test]
    fn nothing_moves_without_both(history in vec((any::<Index>(), 0..6u8, any::<Index>(), any::<u64>()), 1..24)) {
        let mut phones = Phones::new();
        for (phone, deed, other, mask) in history {
            let phone = phone.index(4);
            match deed {
                0..3 => phones.does(phone, "move", Some(["2026-03-13", "2026-03-14", "2026-03-15"][usize::from(deed)])),
                3 => phones.does(phone, ["skip", "happened"][(mask % 2) as usize], None),
                _ => phones.deliver(other.index(4), phone, |at| mask >> (at % 64) & 1 == 1),
            }
        }
        let view = phones.healed();
        let set = &phones.0[0];
        let standing = set.of_kind(Kind::ACT).filter(|said| set.is_current(said)).filter_map(|said| {
            let fields = said.content().ok()??.fields?;
            Some((said.member, fields.get(&1).cloned()?))
        });
        let standing: BTreeSet<(MemberId, Value)> = standing.collect();
        let days: BTreeSet<&Value> = standing.iter().map(|(_, day)| day).collect();
        let moved = standing.len() == 2 && days.len() == 1;
        let expected = if moved { days.first().copied().cloned() } else { Some(date("2026-03-13")) };
        prop_assert_eq!(Some(date(&view.day.to_string())), expected);
        prop_assert!(moved == view.proposed.is_empty() || standing.is_empty());
    }

    /// An instant is the same for both, whatever zone either is in: only what was agreed counts.
    #[test]
    fn an_occurrence_begins_at_one_instant_on_its_day(days in 0..84_005i64, hour in 4..24i8, minute in 0..60i8) {
        let day = Day::new(days).expect("in range");
        let schedule = schedule(&format!("{hour:02}:{minute:02}"));
        let begins: Timestamp = schedule.begins(day, "Europe/Berlin", 4).expect("a zone");
        prop_assert_eq!(home_day(begins, "Europe/Berlin", 4), Ok(day));
        let there = shown_in(begins, "Pacific/Auckland").expect("a zone");
        let back = there.to_zoned(jiff::tz::TimeZone::get("Pacific/Auckland").expect("a zone")).expect("exists");
        // A clock set back shows one time twice; else it leads back to the same instant.
        prop_assert!((back.timestamp() - begins).get_seconds().abs() <= 3_600);
    }
}

//! The waiting hint, and the couple's day.

use super::*;
use crate::shape::series::home_day;
use crate::shape::settings::{WAITING_HINT, current, waiting_hint};
use crate::statement::{Kind, Subject};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

fn setting(set: &StatementSet, member: MemberId, on: bool) -> Statement {
    let over: Vec<StatementId> = current(set, member).map(|said| said.id).collect();
    let header = Header::new(Kind::SETTING, Subject::Target(owner().into()), day(1)).over(over);
    let fields = [(WAITING_HINT, Value::Bool(on))].into();
    author(member, header, &Content { fields: Some(fields), ..Content::default() })
}

#[test]
fn either_may_switch_the_hint_off_and_only_they_themselves_on_again() {
    let mut set = StatementSet::default();
    assert!(waiting_hint(&set));
    set.insert(setting(&set, ada(), false));
    assert!(!waiting_hint(&set));
    set.insert(setting(&set, ben(), true));
    assert!(!waiting_hint(&set), "the other's choice is not overruled");
    set.insert(setting(&set, ada(), true));
    assert!(waiting_hint(&set));
}

#[test]
fn of_two_concurrent_settings_off_wins() {
    let mut set = StatementSet::default();
    let (phone, tablet) = (setting(&set, ada(), true), setting(&set, ada(), false));
    set.insert(phone);
    set.insert(tablet);
    assert!(!waiting_hint(&set));
    set.insert(setting(&set, ada(), true));
    assert!(waiting_hint(&set), "the next one names both");
}

#[test]
fn a_setting_of_the_other_cannot_be_replaced() {
    let mut set = StatementSet::default();
    let mine = setting(&set, ada(), false);
    set.insert(mine.clone());
    let header = Header::new(Kind::SETTING, Subject::Target(owner().into()), day(1)).over([mine.id]);
    let fields = [(WAITING_HINT, Value::Bool(true))].into();
    set.insert(author(ben(), header, &Content { fields: Some(fields), ..Content::default() }));
    assert!(!waiting_hint(&set));
}

/// Zones with half-hour and two-hour shifts, skipped days, midnight shifts, and a clock set back at one minute past midnight.
const ZONES: [&str; 9] = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "America/St_Johns",
    "Asia/Beirut",
    "Africa/Cairo",
    "Pacific/Apia",
    "America/Havana",
];

proptest! {
    /// G6: time never takes a day back: later instants are on the same day or a later one, in every zone, also where clocks are
    /// set back across the rollover hour. No day lasts less than 21 hours or more than 27, but where a zone skips one.
    #[test]
    fn days_follow_each_other(zone in prop::sample::select(&ZONES), hour in 0..24u8, start in 0..2_208_988_800i64) {
        let mut at = Timestamp::from_second(start).expect("in range");
        let day = |at: Timestamp| i32::from(home_day(at, zone, hour).expect("a zone"));
        let mut before = day(at);
        for _ in 0..(4 * 72) {
            at += SignedDuration::from_mins(15);
            let now = day(at);
            prop_assert!(now == before || now == before + 1 || now == before + 2, "{before} then {now} at {at} in {zone}");
            before = now;
        }
        let noon_to_noon = day(Timestamp::from_second(start).expect("in range") + SignedDuration::from_hours(24));
        prop_assert!((noon_to_noon - day(Timestamp::from_second(start).expect("in range"))).abs() <= 2);
    }

    /// At any instant both phones name the same occurrence, wherever they are: only the home zone counts.
    #[test]
    fn an_occurrence_is_the_same_on_every_phone(start in 0..4_102_444_800i64, hour in 0..24u8) {
        let at = Timestamp::from_second(start).expect("in range");
        let home = |_phone: &str| home_day(at, "Europe/Berlin", hour).expect("a zone");
        prop_assert_eq!(
            EntryId::occurrence(&owner(), &series(), home("in Berlin")),
            EntryId::occurrence(&owner(), &series(), home("in Tokyo"))
        );
    }
}

#[test]
fn a_clock_set_back_across_the_rollover_hour_does_not_bring_yesterday_back() {
    let day = |at: &str, zone, hour| home_day(at.parse().expect("an instant"), zone, hour).expect("a zone").to_string();
    // Troll goes from 03:00 back to 01:00 on 25 October 2026 at 01:00 UTC.
    let at = [
        "2026-10-24T23:59:00Z",
        "2026-10-25T00:00:00Z",
        "2026-10-25T00:59:00Z",
        "2026-10-25T01:00:00Z",
        "2026-10-25T01:59:00Z",
    ];
    let days = at.map(|at| day(at, "Antarctica/Troll", 2));
    assert_eq!(days, ["2026-10-24", "2026-10-25", "2026-10-25", "2026-10-25", "2026-10-25"]);
    // St. John's went from 00:01 back to 23:01 in 2006.
    assert_eq!(day("2006-10-29T02:30:30Z", "America/St_Johns", 0), "2006-10-29");
    assert_eq!(day("2006-10-29T03:00:00Z", "America/St_Johns", 0), "2006-10-29");
    // Apia skipped 30 December 2011 whole.
    assert_eq!(day("2011-12-30T09:59:59Z", "Pacific/Apia", 0), "2011-12-29");
    assert_eq!(day("2011-12-30T10:00:00Z", "Pacific/Apia", 0), "2011-12-31");
    // Cairo skips 00:00 to 01:00 on 24 April 2026: the day begins where the clock jumps.
    assert_eq!(day("2026-04-23T21:59:59Z", "Africa/Cairo", 0), "2026-04-23");
    assert_eq!(day("2026-04-23T22:00:00Z", "Africa/Cairo", 0), "2026-04-24");
}

//! When a thing repeats: the part of RFC 5545's recurrence rules that people need, on the days of one calendar.
//!
//! `FREQ` is `DAILY`, `WEEKLY`, `MONTHLY` or `YEARLY`; `INTERVAL`, `BYDAY` (with places such as `1MO` or `-1FR` in a month or a
//! year), `BYMONTHDAY`, and `COUNT` or `UNTIL` (a date) may follow, each once, in any order. Weeks begin on Monday. What a rule
//! does not say comes from the day it begins on. A day that a month does not have is passed over, and the day it begins on counts
//! only if the rule hits it.

use crate::id::Day;
use jiff::civil::{Date, Weekday};
use std::str::FromStr;

/// Longest rule, in bytes.
const RULE_BYTES_MAX: usize = 256;
/// Greatest `INTERVAL` and `COUNT`.
const NUMBER_MAX: u32 = 10_000;
/// Most days of one `BYDAY` or `BYMONTHDAY`.
const DAYS_MAX: usize = 31;
/// Most occurrences that are given out at once.
pub const OCCURRENCES_MAX: usize = 1_000;

/// Why a text is no rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleTextError {
    /// It cannot be read.
    #[error("not a recurrence rule")]
    Malformed,
    /// A part of RFC 5545 that is not understood here, or not beside the others.
    #[error("this part of the rule is not supported")]
    Unsupported,
    /// It would occur several times a day.
    #[error("the rule occurs more than once a day")]
    Endless,
    /// It never occurs.
    #[error("the rule never occurs")]
    Never,
}

impl RuleTextError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "rule_malformed",
            Self::Unsupported => "rule_unsupported",
            Self::Endless => "rule_endless",
            Self::Never => "rule_never",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Frequency {
    Daily,
    Weekly,
    Monthly,
    Yearly,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Open,
    Count(u32),
    Until(Day),
}

/// A weekday, and which of the month or year: from its beginning, or negative from its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Place {
    nth: Option<i16>,
    weekday: Weekday,
}

/// A rule and the day it begins on. There is a day on which it occurs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    start: Day,
    frequency: Frequency,
    interval: u32,
    by_day: Vec<Place>,
    by_month_day: Vec<i8>,
    end: End,
}

impl Rule {
    /// Reads a rule.
    ///
    /// # Errors
    /// [`RuleTextError`].
    pub fn parse(text: &str, start: Day) -> Result<Self, RuleTextError> {
        let rule = Self::read(text, start)?;
        if rule.days().next().is_none() {
            return Err(RuleTextError::Never);
        }
        Ok(rule)
    }

    fn read(text: &str, start: Day) -> Result<Self, RuleTextError> {
        if text.len() > RULE_BYTES_MAX {
            return Err(RuleTextError::Malformed);
        }
        let (mut frequency, mut interval, mut end) = (None, None, None);
        let (mut by_day, mut by_month_day) = (Vec::new(), Vec::new());
        for part in text.split(';') {
            let (name, value) = part.split_once('=').ok_or(RuleTextError::Malformed)?;
            match name {
                "FREQ" => once(&mut frequency, parse_frequency(value)?)?,
                "INTERVAL" => once(&mut interval, number(value)?)?,
                "COUNT" => once(&mut end, End::Count(number(value)?))?,
                "UNTIL" => once(&mut end, End::Until(date(value)?))?,
                "BYDAY" if by_day.is_empty() => by_day = list(value, place)?,
                "BYMONTHDAY" if by_month_day.is_empty() => by_month_day = list(value, month_day)?,
                "BYDAY" | "BYMONTHDAY" => return Err(RuleTextError::Malformed),
                "BYSECOND" | "BYMINUTE" | "BYHOUR" | "BYYEARDAY" | "BYWEEKNO" | "BYMONTH" | "BYSETPOS" | "WKST"
                | "RSCALE" | "SKIP" => return Err(RuleTextError::Unsupported),
                _ => return Err(RuleTextError::Malformed),
            }
        }
        let frequency = frequency.ok_or(RuleTextError::Malformed)?;
        let placed = by_day.iter().any(|place: &Place| place.nth.is_some());
        let in_month = |place: &Place| place.nth.is_none_or(|nth| (-5..=5).contains(&nth));
        match frequency {
            Frequency::Daily | Frequency::Weekly if placed => return Err(RuleTextError::Unsupported),
            Frequency::Weekly if !by_month_day.is_empty() => return Err(RuleTextError::Unsupported),
            Frequency::Monthly if !by_day.iter().all(in_month) => return Err(RuleTextError::Malformed),
            _ => {}
        }
        let end = end.unwrap_or(End::Open);
        Ok(Self { start, frequency, interval: interval.unwrap_or(1), by_day, by_month_day, end })
    }

    /// The day it begins on, whether it occurs then or not.
    pub fn start(&self) -> Day {
        self.start
    }

    /// Every day on which it occurs, ascending, until the end of 2199.
    pub fn days(&self) -> impl Iterator<Item = Day> + '_ {
        let (until, count) = match self.end {
            End::Open => (Day::MAX, usize::MAX),
            End::Count(count) => (Day::MAX, usize::try_from(count).unwrap_or(usize::MAX)),
            End::Until(until) => (until, usize::MAX),
        };
        let all = i32::from(self.start)..=i32::from(until);
        let days = all.filter_map(|day| Day::new(i64::from(day)).ok());
        days.filter(|day| self.hits(*day)).take(count)
    }

    /// The days from one day to another, both included, on which it occurs: the first [`OCCURRENCES_MAX`] of them.
    pub fn between(&self, from: Day, to: Day) -> Vec<Day> {
        let days = self.days().skip_while(|day| *day < from).take_while(|day| *day <= to);
        days.take(OCCURRENCES_MAX).collect()
    }

    /// Which occurrence is on a day, from 0; none when it does not occur then. Moving an occurrence does not change it.
    pub fn index(&self, day: Day) -> Option<usize> {
        let before = self.days().take_while(|other| *other <= day).enumerate().last();
        before.filter(|(_, last)| *last == day).map(|(index, _)| index)
    }

    /// Whether a day from the start on fits, the end aside. What needs no calendar is asked first: most days fail there.
    fn hits(&self, day: Day) -> bool {
        let since = match self.frequency {
            Frequency::Daily => i64::from(i32::from(day)) - i64::from(i32::from(self.start)),
            Frequency::Weekly => week(day) - week(self.start),
            Frequency::Monthly | Frequency::Yearly => 0,
        };
        let weekday = self.by_day.is_empty() || self.by_day.iter().any(|place| place.weekday == weekday(day));
        if since % i64::from(self.interval) != 0 || !weekday {
            return false;
        }
        let open = self.by_day.is_empty() && self.by_month_day.is_empty();
        match self.frequency {
            Frequency::Weekly => !open || self::weekday(day) == self::weekday(self.start),
            Frequency::Daily if self.by_month_day.is_empty() => true,
            _ => self.is_on(Date::from(day), open),
        }
    }

    /// Whether a date fits whose weekday does.
    fn is_on(&self, date: Date, open: bool) -> bool {
        let start = Date::from(self.start);
        let months = |date: Date| i64::from(date.year()) * 12 + i64::from(date.month());
        let (since, same_day) = match self.frequency {
            Frequency::Daily | Frequency::Weekly => (0, true),
            Frequency::Monthly => (months(date) - months(start), date.day() == start.day()),
            Frequency::Yearly => {
                let same_day = (date.month(), date.day()) == (start.month(), start.day());
                (i64::from(date.year()) - i64::from(start.year()), same_day)
            }
        };
        let by_day = self.by_day.is_empty() || self.by_day.iter().any(|place| self.is_at(*place, date));
        let by_month_day = self.by_month_day.is_empty() || self.by_month_day.iter().any(|day| is_month_day(*day, date));
        since % i64::from(self.interval) == 0 && by_day && by_month_day && (!open || same_day)
    }

    fn is_at(&self, place: Place, date: Date) -> bool {
        let Some(nth) = place.nth else { return date.weekday() == place.weekday };
        let (day, days) = match self.frequency {
            Frequency::Yearly => (date.day_of_year(), date.days_in_year()),
            _ => (i16::from(date.day()), i16::from(date.days_in_month())),
        };
        let (from_start, from_end) = ((day - 1) / 7 + 1, -((days - day) / 7 + 1));
        date.weekday() == place.weekday && (nth == from_start || nth == from_end)
    }
}

/// The week that a day is in, counted from the one of 1 January 1970, a Thursday.
fn week(day: Day) -> i64 {
    (i64::from(i32::from(day)) + 3).div_euclid(7)
}

fn weekday(day: Day) -> Weekday {
    let from_monday = (i32::from(day) + 3).rem_euclid(7);
    i8::try_from(from_monday)
        .ok()
        .and_then(|days| Weekday::from_monday_zero_offset(days).ok())
        .unwrap_or(Weekday::Monday)
}

fn is_month_day(wanted: i8, date: Date) -> bool {
    wanted == date.day() || wanted == date.day() - date.days_in_month() - 1
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), RuleTextError> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(RuleTextError::Malformed),
    }
}

fn parse_frequency(text: &str) -> Result<Frequency, RuleTextError> {
    match text {
        "DAILY" => Ok(Frequency::Daily),
        "WEEKLY" => Ok(Frequency::Weekly),
        "MONTHLY" => Ok(Frequency::Monthly),
        "YEARLY" => Ok(Frequency::Yearly),
        "HOURLY" | "MINUTELY" | "SECONDLY" => Err(RuleTextError::Endless),
        _ => Err(RuleTextError::Malformed),
    }
}

/// Digits only, at least 1.
fn number(text: &str) -> Result<u32, RuleTextError> {
    let number = digits::<u32>(text)?;
    if (1..=NUMBER_MAX).contains(&number) { Ok(number) } else { Err(RuleTextError::Malformed) }
}

fn digits<T: FromStr>(text: &str) -> Result<T, RuleTextError> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !plain {
        return Err(RuleTextError::Malformed);
    }
    text.parse().map_err(|_| RuleTextError::Malformed)
}

/// `20261231`.
fn date(text: &str) -> Result<Day, RuleTextError> {
    let part = |from, to| text.get(from..to).ok_or(RuleTextError::Malformed);
    if text.len() != 8 {
        return Err(RuleTextError::Malformed);
    }
    let date = Date::new(digits(part(0, 4)?)?, digits(part(4, 6)?)?, digits(part(6, 8)?)?);
    date.ok().and_then(|date| Day::try_from(date).ok()).ok_or(RuleTextError::Malformed)
}

fn list<T: PartialEq>(text: &str, one: impl Fn(&str) -> Result<T, RuleTextError>) -> Result<Vec<T>, RuleTextError> {
    let mut all = Vec::new();
    for text in text.split(',') {
        let value = one(text)?;
        if all.len() >= DAYS_MAX || all.contains(&value) {
            return Err(RuleTextError::Malformed);
        }
        all.push(value);
    }
    Ok(all)
}

fn place(text: &str) -> Result<Place, RuleTextError> {
    let at = text.len().checked_sub(2).ok_or(RuleTextError::Malformed)?;
    let (nth, weekday) = text.split_at_checked(at).ok_or(RuleTextError::Malformed)?;
    let weekday = match weekday {
        "MO" => Weekday::Monday,
        "TU" => Weekday::Tuesday,
        "WE" => Weekday::Wednesday,
        "TH" => Weekday::Thursday,
        "FR" => Weekday::Friday,
        "SA" => Weekday::Saturday,
        "SU" => Weekday::Sunday,
        _ => return Err(RuleTextError::Malformed),
    };
    let nth = if nth.is_empty() { None } else { Some(signed(nth, 53)?) };
    Ok(Place { nth, weekday })
}

fn month_day(text: &str) -> Result<i8, RuleTextError> {
    i8::try_from(signed(text, 31)?).map_err(|_| RuleTextError::Malformed)
}

/// A number with or without a minus, but for 0.
fn signed(text: &str, most: i16) -> Result<i16, RuleTextError> {
    let (sign, plain) = text.strip_prefix('-').map_or((1, text), |plain| (-1, plain));
    let number = digits::<i16>(plain)?;
    if (1..=most).contains(&number) { Ok(sign * number) } else { Err(RuleTextError::Malformed) }
}

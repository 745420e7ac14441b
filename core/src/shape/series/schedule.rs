//! What both agreed of a repeating thing: its rule, its time at home, how long it takes, who plans. Read from the fields of the
//! revision in force; nothing of it is stored elsewhere.

use super::rule::{Rule, RuleTextError};
use super::{ZoneError, check_zone};
use crate::id::{Day, EntryId, MemberId, SeriesId};
use crate::statement::Value;
use jiff::Timestamp;
use jiff::civil::{DateTime, Time};
use std::collections::BTreeMap;

/// Longest duration in minutes: a week.
pub const MINUTES_MAX: u64 = 7 * 24 * 60;

/// The numbers of a practice's fields that make its schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Fields {
    /// A date: the day it begins on.
    pub start: u32,
    /// Text: the rule. Without one it is once, on the day it begins.
    pub rule: u32,
    /// Text: the time at home as `19:30`; none for the whole day.
    pub time: u32,
    /// Text: an IANA zone; the couple's home zone when there is none.
    pub zone: u32,
    /// Minutes.
    pub duration: u32,
    /// Whether nothing else is planned then.
    pub protected: u32,
    /// Whether the two take turns in planning.
    pub rotates: u32,
}

/// Why fields are no schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ScheduleError {
    /// There is no day it begins on, or none that exists.
    #[error("not a date to begin on")]
    BadStart,
    /// The rule.
    #[error(transparent)]
    Rule(#[from] RuleTextError),
    /// Not a time of the day.
    #[error("not a time of the day")]
    BadTime,
    /// There is no such zone.
    #[error(transparent)]
    Zone(#[from] ZoneError),
    /// Not a number of minutes that it can take.
    #[error("not a duration")]
    BadDuration,
    /// A mark that is neither yes nor no.
    #[error("neither yes nor no")]
    BadMark,
}

impl ScheduleError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::BadStart => "bad_start",
            Self::Rule(error) => error.code(),
            Self::BadTime => "bad_time",
            Self::Zone(_) => "bad_zone",
            Self::BadDuration => "bad_duration",
            Self::BadMark => "bad_mark",
        }
    }
}

/// A repeating thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// When.
    pub rule: Rule,
    /// At what time; none for the whole day.
    pub time: Option<Time>,
    /// In which zone, when not in the couple's.
    pub zone: Option<String>,
    /// How long, in minutes.
    pub duration_minutes: Option<u64>,
    /// Whether nothing else is planned then.
    pub protected: bool,
    /// Whether the two take turns in planning.
    pub rotates: bool,
}

impl Schedule {
    /// Reads the fields of a revision.
    ///
    /// # Errors
    /// [`ScheduleError`].
    pub fn read(of: &Fields, fields: &BTreeMap<u32, Value>) -> Result<Self, ScheduleError> {
        let start = day(fields.get(&of.start)).ok_or(ScheduleError::BadStart)?;
        let rule = match fields.get(&of.rule) {
            None => "FREQ=DAILY;COUNT=1",
            Some(Value::Text(rule)) => rule,
            Some(_) => return Err(RuleTextError::Malformed.into()),
        };
        let time = match fields.get(&of.time) {
            None => None,
            Some(Value::Text(time)) => Some(parse_time(time).ok_or(ScheduleError::BadTime)?),
            Some(_) => return Err(ScheduleError::BadTime),
        };
        let zone = match fields.get(&of.zone) {
            None => None,
            Some(Value::Text(zone)) => check_zone(zone, 0).map(|_| Some(zone.clone()))?,
            Some(_) => return Err(ZoneError.into()),
        };
        let duration_minutes = match fields.get(&of.duration) {
            None => None,
            Some(Value::Uint(minutes)) if (1..=MINUTES_MAX).contains(minutes) => Some(*minutes),
            Some(_) => return Err(ScheduleError::BadDuration),
        };
        let mark = |number| match fields.get(&number) {
            None => Ok(false),
            Some(Value::Bool(mark)) => Ok(*mark),
            Some(_) => Err(ScheduleError::BadMark),
        };
        let (protected, rotates) = (mark(of.protected)?, mark(of.rotates)?);
        Ok(Self { rule: Rule::parse(rule, start)?, time, zone, duration_minutes, protected, rotates })
    }

    /// The instant at which the thing begins on a day: when the clock of its zone shows its time, without one when the day rolls
    /// over. A time that the clock jumps over is as much later as it jumps; of a time that comes twice it is the first. So both
    /// phones mean one instant, wherever they are.
    ///
    /// # Errors
    /// [`ZoneError`] for a home zone or rollover hour that does not exist.
    pub fn begins(&self, day: Day, home_zone: &str, rollover_hour: u8) -> Result<Timestamp, ZoneError> {
        let zone = check_zone(self.zone.as_deref().unwrap_or(home_zone), rollover_hour)?;
        let hour = i8::try_from(rollover_hour).map_err(|_| ZoneError)?;
        let time = self.time.unwrap_or(Time::constant(hour, 0, 0, 0));
        let date = jiff::civil::Date::from(day);
        let begins = zone.to_ambiguous_zoned(date.to_datetime(time)).compatible().map_err(|_| ZoneError)?;
        Ok(begins.timestamp())
    }

    /// Who plans on a day: the two in turn, by the place of the occurrence in its series, so that phones cannot differ about it, and
    /// moving or skipping one changes nobody's turn. `first` proposed the schedule and plans first. None where nobody's turn it is.
    pub fn planner(&self, day: Day, first: MemberId, second: MemberId) -> Option<MemberId> {
        let index = self.rule.index(day).filter(|_| self.rotates)?;
        Some(if index.is_multiple_of(2) { first } else { second })
    }
}

/// The series whose rule an entry holds.
pub fn series_of(entry: EntryId) -> SeriesId {
    SeriesId(entry.0)
}

/// What the clock shows at an instant where somebody is.
///
/// # Errors
/// [`ZoneError`].
pub fn shown_in(instant: Timestamp, zone: &str) -> Result<DateTime, ZoneError> {
    Ok(instant.to_zoned(check_zone(zone, 0)?).datetime())
}

/// A field that holds a date.
pub(super) fn day(value: Option<&Value>) -> Option<Day> {
    match value {
        Some(Value::Uint(days)) => i64::try_from(*days).ok().and_then(|days| Day::new(days).ok()),
        _ => None,
    }
}

/// `19:30`.
fn parse_time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    let two = |text: &str| {
        let plain = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        plain.then(|| text.parse::<i8>().ok()).flatten()
    };
    Time::new(two(hour)?, two(minute)?, 0, 0).ok()
}

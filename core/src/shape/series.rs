//! A repeating thing: ids that every phone computes alike, when it is, and the couple's day.
//!
//! # Merge rule
//! An occurrence's id is the hash of space, series and local date, so the same occurrence made twice offline is one. The date is
//! the day in the couple's home zone, wherever a phone is, and the day rolls over at a chosen hour of the night, so that who
//! writes late still writes about today.
//!
//! When it repeats is a [`rule`], part of the [`schedule`] that both agreed on as a revision like any other: so it never changes
//! under anybody. What people do about one [`occurrence`] is each one's own.

pub mod occurrence;
pub mod rule;
pub mod schedule;

use crate::id::Day;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Latest hour at which a day may roll over.
pub const ROLLOVER_HOUR_MAX: u8 = 23;

/// A zone or hour that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown time zone or rollover hour")]
pub struct ZoneError;

/// Whether the zone exists and the hour can be a rollover hour.
///
/// # Errors
/// [`ZoneError`].
pub fn check_zone(zone: &str, rollover_hour: u8) -> Result<TimeZone, ZoneError> {
    if rollover_hour > ROLLOVER_HOUR_MAX {
        return Err(ZoneError);
    }
    TimeZone::get(zone).map_err(|_| ZoneError)
}

/// The couple's day at an instant: the latest day that has begun. A day begins when the clock on the wall of their home first
/// reaches the rollover hour of its date, or, in a night that skips that hour, where the clock jumps over it. So before the hour it
/// is still yesterday, and no clock set back ever returns to a day that is over.
///
/// # Errors
/// [`ZoneError`]. Outside 1970–2199 the nearest day is taken.
pub fn home_day(instant: Timestamp, zone: &str, rollover_hour: u8) -> Result<Day, ZoneError> {
    let zone = check_zone(zone, rollover_hour)?;
    let hour = i8::try_from(rollover_hour).map_err(|_| ZoneError)?;
    let today = instant.to_zoned(zone.clone()).date();
    let has_begun = |date: &Date| {
        let begin = zone.to_ambiguous_zoned(date.at(hour, 0, 0, 0)).compatible();
        begin.is_ok_and(|begin| begin.timestamp() <= instant)
    };
    let candidates = [today.tomorrow().ok(), Some(today), today.yesterday().ok()];
    let date = candidates.into_iter().flatten().find(has_begun).unwrap_or(today);
    Ok(Day::try_from(date).unwrap_or(if date.year() < 1970 { Day::MIN } else { Day::MAX }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(instant: &str, zone: &str, hour: u8) -> String {
        let instant: Timestamp = instant.parse().expect("an instant");
        home_day(instant, zone, hour).expect("a zone").to_string()
    }

    #[test]
    fn before_the_rollover_hour_it_is_still_yesterday() {
        assert_eq!(day("2026-03-10T02:59:59Z", "Europe/Berlin", 4), "2026-03-09");
        assert_eq!(day("2026-03-10T03:00:00Z", "Europe/Berlin", 4), "2026-03-10");
        assert_eq!(day("2026-03-10T03:00:00Z", "Europe/Berlin", 0), "2026-03-10");
    }

    #[test]
    fn long_and_short_nights_follow_the_clock_on_the_wall() {
        // Berlin skips 02:00–03:00 on 29 March 2026 and repeats it on 25 October.
        assert_eq!(day("2026-03-29T00:59:59Z", "Europe/Berlin", 3), "2026-03-28");
        assert_eq!(day("2026-03-29T01:00:00Z", "Europe/Berlin", 3), "2026-03-29");
        assert_eq!(day("2026-10-25T00:30:00Z", "Europe/Berlin", 3), "2026-10-24");
        assert_eq!(day("2026-10-25T01:30:00Z", "Europe/Berlin", 3), "2026-10-24");
        assert_eq!(day("2026-10-25T02:00:00Z", "Europe/Berlin", 3), "2026-10-25");
    }

    #[test]
    fn a_clock_far_off_still_gives_a_day_and_a_wrong_zone_an_error() {
        assert_eq!(day("1950-01-01T00:00:00Z", "Asia/Tokyo", 4), "1970-01-01");
        assert_eq!(day("2500-01-01T00:00:00Z", "Asia/Tokyo", 4), "2199-12-31");
        assert_eq!(check_zone("Mars/Olympus", 4), Err(ZoneError));
        assert_eq!(check_zone("Europe/Berlin", 24), Err(ZoneError));
    }
}

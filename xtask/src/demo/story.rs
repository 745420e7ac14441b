//! What happens, in order. Every edit carries a word of its own, so that later nothing can be lost or leak unseen.

use std::fmt::Display;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::canary::{Canaries, Spot};
use super::interface::{self as names, Agreement};
use super::phone::Phone;
use super::relay::Relay;
use super::scratch::Scratch;
use super::table::Table;
use crate::failure::Failure;

/// Seconds that a sync may wait for a relay which is not there.
const UNREACHABLE_S: &str = "1";
/// Seconds that a sync may take with the relay there: a safety net.
const SYNC_S: &str = "15";
/// A day of check-ins begins at four in the morning, so that late writers stay on yesterday.
const ROLLOVER_S: u64 = 4 * 3600;
const DAY_S: u64 = 24 * 3600;
/// What the note says before both write in it.
const NOTE_BEGINNING: &str = "Weekend: ";

/// Everyone and everything that takes part.
pub(super) struct Stage {
    pub(super) ana: Phone,
    pub(super) ben: Phone,
    pub(super) relay: Relay,
    pub(super) canaries: Canaries,
}

/// What the story made.
pub(super) struct Told {
    pub(super) agreed: Agreed,
    pub(super) offline: Offline,
}

/// What was there before the partners parted.
pub(super) struct Agreed {
    pub(super) today: String,
    /// The day before, whose check-in only Ana answers.
    pub(super) eve: String,
    pub(super) agreement: String,
    /// The revision that both agreed on.
    pub(super) first: String,
    pub(super) note: String,
}

/// What each wrote while there was no relay.
pub(super) struct Offline {
    anas_revision: String,
    bens_revision: String,
    pub(super) boundary: String,
    pub(super) journal: String,
}

impl Stage {
    pub(super) fn set(phone: &Path, relay: &Path, scratch: &Scratch) -> Result<Self, Failure> {
        Ok(Self {
            ana: Phone::new("Ana", phone, scratch)?,
            ben: Phone::new("Ben", phone, scratch)?,
            relay: Relay::new(relay, scratch)?,
            canaries: Canaries::make(),
        })
    }

    fn word(&self, spot: Spot) -> &str {
        self.canaries.word(spot)
    }

    /// What both phones show of the agreement.
    pub(super) fn agreements(&self, agreement: &str) -> Result<(Agreement, Agreement), Failure> {
        let ana = names::agreement(&self.ana.ask(&["show", agreement])?)?;
        let ben = names::agreement(&self.ben.ask(&["show", agreement])?)?;
        Ok((ana, ben))
    }

    /// Both sync until neither has anything more to send: what one sends may let the other open something.
    fn sync(&self) -> Result<(), Failure> {
        for phone in [&self.ana, &self.ben, &self.ana, &self.ben] {
            phone.ask(&["sync", "--timeout", SYNC_S])?;
        }
        Ok(())
    }
}

/// Plays the whole story; rows that can only be seen on the way go into the table at once.
pub(super) fn tell(stage: &mut Stage, table: &mut Table) -> Result<Told, Failure> {
    scene("A relay starts; Ana and Ben pair their phones, each typing the other's code.");
    let link = stage.relay.start()?;
    pair(stage, &link, table)?;

    scene("They agree on something, and begin a note. Ana answers yesterday's check-in; Ben never will.");
    let agreed = agree(stage)?;
    let (ana, ben) = stage.agreements(&agreed.agreement)?;
    table.row("agreed while online", both(names::IN_FORCE, names::IN_FORCE), both(&ana.state, &ben.state));

    scene("The relay stops. Both amend the agreement, write in the note and answer today's check-in;");
    scene("Ana writes in her vault, Ben sets a boundary.");
    stop(stage, "first", table)?;
    let offline = edit(stage, &agreed)?;
    try_to_sync(stage, table)?;

    scene("The relay returns at another port. One sync.");
    stage.relay.start()?;
    stage.sync()?;
    let (ana, ben) = stage.agreements(&agreed.agreement)?;
    table.row("amended by both", both(names::COMPETING, names::COMPETING), both(&ana.state, &ben.state));
    table.row("in force meanwhile", "the first words", in_force(&agreed, &ana, &ben));

    scene("The relay stops again. Each accepts the other's wording. The relay returns. One sync.");
    stop(stage, "again", table)?;
    stage.ana.ask(&["consent", &agreed.agreement, "--revision", &offline.bens_revision])?;
    stage.ben.ask(&["consent", &agreed.agreement, "--revision", &offline.anas_revision])?;
    stage.relay.start()?;
    stage.sync()?;
    Ok(Told { agreed, offline })
}

/// Which words are in force on both phones, in words.
pub(super) fn in_force(agreed: &Agreed, ana: &Agreement, ben: &Agreement) -> String {
    let said = |agreement: &Agreement| match &agreement.in_force {
        Some(hash) if *hash == agreed.first => "the first words",
        Some(_) => "other words",
        None => "nothing",
    };
    if said(ana) == said(ben) { said(ana).into() } else { both(said(ana), said(ben)) }
}

pub(super) fn both(ana: impl Display, ben: impl Display) -> String {
    format!("{ana}, {ben}")
}

fn scene(text: &str) {
    println!("  {text}");
}

fn pair(stage: &Stage, relay: &str, table: &mut Table) -> Result<(), Failure> {
    stage.ana.ask(&["init", "--name", stage.ana.name])?;
    stage.ben.ask(&["init", "--name", stage.ben.name])?;
    let mut inviter = stage.ana.start(&["invite", "--relay", relay])?;
    let link = names::link(&inviter.event(names::INVITE)?)?;
    let mut joiner = stage.ben.start(&["join", &link])?;
    let joiners_code = names::code(&joiner.event(names::CHECK)?)?;
    inviter.event(names::TYPE_CODE)?;
    inviter.say(&joiners_code)?;
    let inviters_code = names::code(&inviter.event(names::CHECK)?)?;
    joiner.event(names::TYPE_CODE)?;
    joiner.say(&inviters_code)?;
    let inviters_space = names::space(&inviter.event(names::PAIRED)?)?;
    let joiners_space = names::space(&joiner.event(names::PAIRED)?)?;
    let codes = [inviter.finish()?.code, joiner.finish()?.code];
    let same = if inviters_space == joiners_space && codes == [0, 0] { "one space" } else { "two spaces" };
    table.row("paired", "one space", same);
    Ok(())
}

fn agree(stage: &Stage) -> Result<Agreed, Failure> {
    let Stage { ana, ben, .. } = stage;
    let (eve, today) = days(SystemTime::now());
    let text = format!("text=We say by noon when plans change ({}).", stage.word(Spot::AgreedText));
    let agreement = names::entry(&ana.ask(&["new", "agreement", &text, "category=communication"])?)?;
    let note = names::entry(&ana.ask(&["new", "note", "title=Weekend"])?)?;
    ana.ask(&["note", &note, "--at", "0", "--insert", NOTE_BEGINNING])?;
    let need = format!("need=An early night ({}).", stage.word(Spot::AnasSealedAnswer));
    ana.ask(&["answer", "check_in", "--date", &eve, "mood=tired", &need])?;
    stage.sync()?;
    ben.ask(&["consent", &agreement])?;
    stage.sync()?;
    let shown = names::agreement(&ana.ask(&["show", &agreement])?)?;
    let first = shown.revisions.into_keys().next().ok_or_else(|| Failure::new("the agreement has no revision"))?;
    Ok(Agreed { today, eve, agreement, first, note })
}

fn edit(stage: &Stage, agreed: &Agreed) -> Result<Offline, Failure> {
    let Stage { ana, ben, .. } = stage;
    let text = format!("text=We say by ten when plans change ({}).", stage.word(Spot::AnasAmendment));
    let anas_revision = names::revision(&ana.ask(&["propose", &agreed.agreement, &text])?)?;
    let text = format!("text=We call when plans change ({}).", stage.word(Spot::BensAmendment));
    let bens_revision = names::revision(&ben.ask(&["propose", &agreed.agreement, &text])?)?;

    ana.ask(&["note", &agreed.note, "--at", "0", "--insert", &format!("[Ana: {}] ", stage.word(Spot::AnasNote))])?;
    let end = NOTE_BEGINNING.chars().count().to_string();
    ben.ask(&["note", &agreed.note, "--at", &end, "--insert", &format!("[Ben: {}]", stage.word(Spot::BensNote))])?;

    for (phone, spot) in [(ana, Spot::AnasAnswer), (ben, Spot::BensAnswer)] {
        let need = format!("need=A walk together ({}).", stage.word(spot));
        phone.ask(&["answer", "check_in", "--date", &agreed.today, "mood=calm", &need])?;
    }

    let text = format!("text=I am afraid of the same again ({}).", stage.word(Spot::AnasJournal));
    let journal = names::entry(&ana.ask(&["new", "journal_entry", &text])?)?;
    let limit = format!("limit=No talks after ten at night ({}).", stage.word(Spot::BensBoundary));
    let boundary = names::entry(&ben.ask(&["new", "boundary", &limit, "helps=Asking in the morning."])?)?;
    Ok(Offline { anas_revision, bens_revision, boundary, journal })
}

/// Without the relay a sync says so, and every edit stays in the outbox.
fn try_to_sync(stage: &Stage, table: &mut Table) -> Result<(), Failure> {
    let sync = ["sync", "--timeout", UNREACHABLE_S];
    let (ana, ben) = (stage.ana.start(&sync)?, stage.ben.start(&sync)?);
    let (ana, ben) = (ana.finish()?, ben.finish()?);
    let expected = both(names::UNREACHABLE, names::UNREACHABLE);
    table.row("sync without a relay: exit", expected, both(ana.code, ben.code));
    let kept = |phone: &Phone| -> Result<&str, Failure> {
        let waiting = names::outbox(&phone.ask(&["status"])?)?;
        Ok(if waiting > 0 { "kept" } else { "lost" })
    };
    table.row("edits in the outbox", both("kept", "kept"), both(kept(&stage.ana)?, kept(&stage.ben)?));
    Ok(())
}

fn stop(stage: &mut Stage, time: &str, table: &mut Table) -> Result<(), Failure> {
    let seen = if stage.relay.stop()? { "by itself" } else { "by force" };
    table.row(format!("relay stopped when asked, {time}"), "by itself", seen);
    Ok(())
}

/// Yesterday and today, as days of check-ins are counted in UTC.
fn days(now: SystemTime) -> (String, String) {
    let seconds = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let today = seconds.saturating_sub(ROLLOVER_S) / DAY_S;
    (civil(today.saturating_sub(1)), civil(today))
}

/// The date so many days after 1970-01-01.
fn civil(mut days: u64) -> String {
    let mut year = 1970;
    let is_leap = |year: u64| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    while days >= 365 + u64::from(is_leap(year)) {
        days -= 365 + u64::from(is_leap(year));
        year += 1;
    }
    let february = 28 + u64::from(is_leap(year));
    let mut month = 1;
    for length in [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30] {
        if days < length {
            break;
        }
        days -= length;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}", days + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn days_are_counted_as_on_a_calendar() {
        for (days, date) in [
            (0, "1970-01-01"),
            (58, "1970-02-28"),
            (59, "1970-03-01"),
            (789, "1972-02-29"),
            (11_016, "2000-02-29"),
            (20_454, "2026-01-01"),
            (20_818, "2026-12-31"),
        ] {
            assert_eq!(civil(days), date);
        }
    }

    #[test]
    fn a_day_begins_at_four() {
        let at = |hour: u64| UNIX_EPOCH + Duration::from_secs(20_454 * DAY_S + hour * 3600);
        assert_eq!(days(at(3)), ("2025-12-30".into(), "2025-12-31".into()));
        assert_eq!(days(at(4)), ("2025-12-31".into(), "2026-01-01".into()));
    }
}

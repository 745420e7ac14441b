//! What must hold at the end of the story.
//!
//! Each check that something is absent has a control: the same search over the authors' own views, and over a
//! deliberately unsealed copy of the same bytes, must find all of it. An absence that no control backs proves nothing.

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use super::canary::{Canaries, Found, Spot, Writing, base64, words};
use super::interface::{self as names};
use super::phone::Phone;
use super::scratch::Scratch;
use super::story::{Stage, Told, both, in_force};
use super::table::Table;
use super::tap::{Recording, Tap};
use crate::failure::{Context, Failure};

/// Bytes of the unsealed copy in each datagram of the control, about as many as QUIC sends.
const CONTROL_DATAGRAM_BYTES: usize = 1200;

/// Adds a row for each check.
pub(super) fn check(stage: &Stage, told: &Told, scratch: &Scratch, table: &mut Table) -> Result<(), Failure> {
    let unsealed = Unsealed::take(stage, scratch)?;
    let views = Views::take(stage, told)?;
    agreement(stage, told, table)?;
    note(stage, told, table)?;
    check_ins(stage, &views, table);
    nothing_lost(stage, &unsealed, table)?;
    leaks(stage, &unsealed, &views, scratch, table)
}

/// Each phone's full copy in the clear.
struct Unsealed {
    ana: Vec<u8>,
    ben: Vec<u8>,
}

impl Unsealed {
    fn take(stage: &Stage, scratch: &Scratch) -> Result<Self, Failure> {
        let folder = scratch.folder("exports")?;
        let copy = |phone: &Phone| -> Result<Vec<u8>, Failure> {
            let file = folder.join(format!("{}.json", phone.name.to_lowercase()));
            phone.ask(&["export", "--format", "json", "--to", &file.to_string_lossy()])?;
            std::fs::read(&file).context(|| file.display().to_string())
        };
        Ok(Self { ana: copy(&stage.ana)?, ben: copy(&stage.ben)? })
    }

    fn together(&self) -> Vec<u8> {
        [self.ana.as_slice(), &self.ben].concat()
    }
}

/// All that each phone shows its owner.
struct Views {
    ana: String,
    ben: String,
    /// The check-ins alone: today's and the day's before.
    anas_today: String,
    bens_today: String,
}

impl Views {
    fn take(stage: &Stage, told: &Told) -> Result<Self, Failure> {
        let today = |phone: &Phone| -> Result<String, Failure> {
            let days = [&told.agreed.eve, &told.agreed.today];
            let shown = days.map(|day| phone.ask(&["today", "--date", day]).map(|reply| reply.raw));
            Ok(shown.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
        };
        let all = |phone: &Phone, ids: &[&str]| -> Result<String, Failure> {
            let mut shown = phone.ask(&["list"])?.raw;
            for id in ids {
                shown += &phone.ask(&["show", id])?.raw;
                shown += &phone.ask(&["history", id])?.raw;
            }
            Ok(shown)
        };
        let shared = [told.agreed.agreement.as_str(), &told.agreed.note, &told.offline.boundary];
        let anas = [&shared[..], &[&told.offline.journal]].concat();
        let (anas_today, bens_today) = (today(&stage.ana)?, today(&stage.ben)?);
        Ok(Self {
            ana: all(&stage.ana, &anas)? + &anas_today,
            ben: all(&stage.ben, &shared)? + &bens_today,
            anas_today,
            bens_today,
        })
    }
}

fn agreement(stage: &Stage, told: &Told, table: &mut Table) -> Result<(), Failure> {
    let (ana, ben) = stage.agreements(&told.agreed.agreement)?;
    let crossed = both(names::CROSSED_CONSENT, names::CROSSED_CONSENT);
    table.row("each accepted the other's", crossed, both(&ana.state, &ben.state));
    table.row("resolved by no machine: in force", "the first words", in_force(&told.agreed, &ana, &ben));
    let seen = if ana == ben { format!("equal, {} revisions", ana.revisions.len()) } else { "different".into() };
    table.row("agreement on both phones", "equal, 3 revisions", seen);
    Ok(())
}

fn note(stage: &Stage, told: &Told, table: &mut Table) -> Result<(), Failure> {
    let ana = names::note_text(&stage.ana.ask(&["show", &told.agreed.note])?)?;
    let ben = names::note_text(&stage.ben.ask(&["show", &told.agreed.note])?)?;
    let kept = [Spot::AnasNote, Spot::BensNote].iter().filter(|&&spot| ana.contains(stage.canaries.word(spot))).count();
    let equal = if ana == ben { "equal" } else { "different" };
    table.row("note on both phones", "equal, 2 of 2 insertions", format!("{equal}, {kept} of 2 insertions"));
    Ok(())
}

fn check_ins(stage: &Stage, views: &Views, table: &mut Table) {
    let answers = |shown: &str| {
        let spots = [Spot::AnasAnswer, Spot::BensAnswer];
        spots.iter().filter(|&&spot| shown.contains(stage.canaries.word(spot))).count()
    };
    let seen = both(answers(&views.anas_today), answers(&views.bens_today));
    table.row("check-in both answered: answers read", both(2, 2), seen);
    let sealed = stage.canaries.word(Spot::AnasSealedAnswer);
    let shown = |text: &str| if text.contains(sealed) { "open" } else { "sealed" };
    table.row("check-in only Ana answered, on Ben's", "sealed", shown(&views.bens_today));
}

fn nothing_lost(stage: &Stage, unsealed: &Unsealed, table: &mut Table) -> Result<(), Failure> {
    let shared = Spot::ALL.iter().filter(|spot| spot.is_shared()).count();
    let kept = |copy: &[u8]| words(&stage.canaries.in_bytes(copy), Spot::is_shared);
    let seen = both(kept(&unsealed.ana), kept(&unsealed.ben));
    table.row(format!("shared words kept, of {shared}"), both(shared, shared), seen);
    let left = |phone: &Phone| -> Result<u64, Failure> {
        let status = phone.ask(&["status"])?;
        Ok(names::outbox(&status)? + names::quarantine(&status)?)
    };
    table.row("left in outbox and quarantine", both(0, 0), both(left(&stage.ana)?, left(&stage.ben)?));
    let verified = both(stage.ana.attempt(&["verify"])?.code, stage.ben.attempt(&["verify"])?.code);
    table.row("signatures and chains verify: exit", both(0, 0), verified);
    Ok(())
}

/// Nothing readable where it does not belong; and the same searches, where it does belong, find everything.
fn leaks(
    stage: &Stage,
    unsealed: &Unsealed,
    views: &Views,
    scratch: &Scratch,
    table: &mut Table,
) -> Result<(), Failure> {
    let canaries = &stage.canaries;
    let folders = [
        ("in the relay's folder", stage.relay.folder()),
        ("on Ana's disk", stage.ana.folder()),
        ("on Ben's disk", stage.ben.folder()),
    ];
    for (place, folder) in folders {
        let swept = canaries.in_folder(folder)?;
        println!("  Searched {place}: {} files, {} KiB.", swept.files, swept.bytes / 1024);
        let seen = if swept.bytes == 0 { "nothing there".into() } else { count(&swept.found) };
        table.row(format!("words readable {place}"), count_of(0), seen);
    }
    let recording = stage.relay.tap().recording();
    keep(&recording, scratch)?;
    println!("  Searched on the wire: {}.", describe(&recording));
    table.row("words readable on the wire", count_of(0), on_the_wire(canaries, &recording));
    table.row("recording of the wire", "whole, both ways", wholeness(&recording));

    let bens = [unsealed.ben.as_slice(), views.ben.as_bytes()].concat();
    let mut found = canaries.in_bytes(&bens);
    found.extend(canaries.in_folder(stage.ben.folder())?.found);
    let alone = words(&found, |spot| !spot.is_shared());
    table.row("Ana's own words in anything of Ben's", "0 of 2", format!("{alone} of 2"));

    controls(canaries, unsealed, views, scratch, table)
}

/// For whoever asked to keep the demo's folder.
fn keep(recording: &Recording, scratch: &Scratch) -> Result<(), Failure> {
    let folder = scratch.folder("wire")?;
    for (name, direction) in [("to-relay.bin", &recording.to_relay), ("to-phones.bin", &recording.to_phones)] {
        let file = folder.join(name);
        std::fs::write(&file, &direction.bytes).context(|| file.display().to_string())?;
    }
    Ok(())
}

fn controls(
    canaries: &Canaries,
    unsealed: &Unsealed,
    views: &Views,
    scratch: &Scratch,
    table: &mut Table,
) -> Result<(), Failure> {
    let all = Spot::ALL.len();
    let ana = canaries.in_bytes(views.ana.as_bytes());
    let ben = canaries.in_bytes(views.ben.as_bytes());
    let own = words(&ana, Spot::by_ana) + words(&ben, |spot| !spot.by_ana());
    table.row("control: in the authors' own views", count_of(all), format!("{own} of {all}"));

    let copy = unsealed.together();
    let swept = canaries.in_folder(&scratch.folder("exports")?)?;
    table.row("control: in an unsealed copy on disk", count_of(all), count(&swept.found));
    let recording = send_unsealed(&copy)?;
    table.row("control: in an unsealed copy on the wire", count_of(all), on_the_wire(canaries, &recording));

    let each = all * Writing::ALL.len();
    let seen = every_writing(canaries, &copy).len();
    table.row("control: in every writing of that copy", format!("{each} of {each}"), format!("{seen} of {each}"));
    let own = canaries.in_bytes(&unsealed.ana);
    table.row(
        "control: Ana's own words in her copy",
        "2 of 2",
        format!("{} of 2", words(&own, |spot| !spot.is_shared())),
    );
    Ok(())
}

fn count(found: &Found) -> String {
    count_of(words(found, |_| true))
}

fn count_of(words: usize) -> String {
    format!("{words} of {}", Spot::ALL.len())
}

fn on_the_wire(canaries: &Canaries, recording: &Recording) -> String {
    let mut found = canaries.in_bytes(&recording.to_relay.bytes);
    found.extend(canaries.in_bytes(&recording.to_phones.bytes));
    count(&found)
}

fn wholeness(recording: &Recording) -> &'static str {
    let directions = [&recording.to_relay, &recording.to_phones];
    if directions.iter().any(|direction| direction.datagrams == 0) {
        "nothing passed"
    } else if directions.iter().any(|direction| direction.overflowed) {
        "cut off"
    } else {
        "whole, both ways"
    }
}

fn describe(recording: &Recording) -> String {
    let Recording { to_relay, to_phones, undelivered } = recording;
    format!(
        "{} datagrams ({} KiB) to the relay, {undelivered} of them while it was away, {} ({} KiB) back",
        to_relay.datagrams,
        to_relay.bytes.len() / 1024,
        to_phones.datagrams,
        to_phones.bytes.len() / 1024
    )
}

/// What a tap writes down of a copy that nobody sealed. Each datagram is answered, so both directions are recorded.
fn send_unsealed(copy: &[u8]) -> Result<Recording, Failure> {
    let sent = || -> std::io::Result<UdpSocket> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_read_timeout(Some(Duration::from_secs(5)))?;
        Ok(socket)
    };
    let doing = || "sending the unsealed copy through a tap".to_owned();
    let (phone, relay, tap) = (sent().context(doing)?, sent().context(doing)?, Tap::open()?);
    tap.point_at(Some(relay.local_addr().context(doing)?));
    let mut buffer = [0; CONTROL_DATAGRAM_BYTES];
    for datagram in copy.chunks(CONTROL_DATAGRAM_BYTES) {
        phone.send_to(datagram, tap.address()).context(doing)?;
        let (_, flow) = relay.recv_from(&mut buffer).context(doing)?;
        relay.send_to(b"thanks", flow).context(doing)?;
        phone.recv_from(&mut buffer).context(doing)?;
    }
    Ok(tap.recording())
}

/// The words found when the copy is written in each way that the search knows.
fn every_writing(canaries: &Canaries, copy: &[u8]) -> Found {
    let mut found = Found::new();
    for writing in Writing::ALL {
        let written = match writing {
            // As the whole file would be encoded, shifted so that every word begins at every place of a group once.
            Writing::Base64(begin) => base64(&[&vec![b' '; usize::from(begin)], copy].concat()),
            _ => writing.write(copy),
        };
        found.extend(canaries.in_bytes(&written));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planted(canaries: &Canaries) -> Vec<u8> {
        let line = |&spot: &Spot| format!("{{\"text\":\"some words ({}).\"}}\n", canaries.word(spot));
        Spot::ALL.iter().map(line).collect::<String>().into_bytes()
    }

    #[test]
    fn an_unsealed_copy_is_found_on_the_wire_though_datagrams_cut_it() {
        let canaries = Canaries::make();
        let copy = [vec![b'.'; CONTROL_DATAGRAM_BYTES - 60], planted(&canaries)].concat();
        let recording = send_unsealed(&copy).expect("loopback is there");
        assert_eq!(recording.to_relay.bytes, copy);
        assert_eq!(on_the_wire(&canaries, &recording), "10 of 10");
        assert_eq!(wholeness(&recording), "whole, both ways");
        assert_eq!(on_the_wire(&Canaries::make(), &recording), "0 of 10");
        assert_eq!(wholeness(&Recording::default()), "nothing passed");
    }

    #[test]
    fn an_unsealed_copy_is_found_however_it_is_written() {
        let canaries = Canaries::make();
        assert_eq!(every_writing(&canaries, &planted(&canaries)).len(), Spot::ALL.len() * Writing::ALL.len());
        assert_eq!(every_writing(&Canaries::make(), &planted(&canaries)).len(), 0);
    }

    #[test]
    fn words_are_counted_by_whose_they_are() {
        let canaries = Canaries::make();
        let found = canaries.in_bytes(&planted(&canaries));
        assert_eq!(count(&found), count_of(Spot::ALL.len()));
        assert_eq!(words(&found, |spot| !spot.is_shared()), 2);
        assert_eq!(words(&found, Spot::by_ana) + words(&found, |spot| !spot.by_ana()), Spot::ALL.len());
    }
}

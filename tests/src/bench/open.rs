//! Opening the app: to *Today*, with fresh records, and to the first edit.

use super::Bench;
use super::figure::{Mark, Quantity, Row, interleave, timed};
use super::life::{ANA, BEN, Life, VISITOR, random};
use super::raw::Raw;
use super::store::{Folder, bare, bare_commit, bare_for_writing, take_notes};
use amends_core::home::{Home, Moment, Today};
use amends_core::storage::{Table, Transaction};
use amends_core::sync::Input;
use amends_tests::workload::{Action, Session, exchange};
use rusqlite::params;
use std::hint::black_box;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

/// Opening reads so little that many rounds cost nothing.
const ROUNDS: usize = 60;
/// Against raw Automerge, half a second each.
const RAW_ROUNDS: usize = 9;
/// Records that arrive at once.
const FRESH: usize = 10;

/// To *Today*, against bare SQLite and against one raw document.
pub(crate) fn open(bench: &mut Bench) -> Vec<Row> {
    let (rounds, raw_rounds) = (bench.rounds(ROUNDS), bench.rounds(RAW_ROUNDS));
    let life = bench.life();
    let now = life.now();
    let closed = &life.closed;
    let rows = rows_read(closed, now);
    let scratch = TempDir::with_prefix("amends-bench-").expect("a temporary folder");
    let floor = bare_copy(closed, &scratch);
    let mut to_today = |_: usize| {
        let (time, home) = timed(|| {
            let home = Life::open(closed);
            black_box(home.today(now, None).expect("today"));
            home
        });
        drop(home);
        time
    };
    let mut read_bare = |_: usize| {
        let (time, connection) = timed(|| {
            let connection = bare(&floor);
            {
                let mut select = connection.prepare("SELECT v FROM rows WHERE t = ?1 AND k = ?2").expect("a statement");
                for (table, key) in &rows {
                    let read = |row: &rusqlite::Row<'_>| row.get::<_, Vec<u8>>(0);
                    black_box(select.query_row(params![*table as u8, key], read).expect("a row"));
                }
            }
            connection
        });
        drop(connection);
        time
    };
    let (measured, floor) = interleave(rounds, &mut to_today, &mut read_bare);
    let figure = "open to Today, ten years behind it / SQLite open and read";
    let first = Row { figure, measured, floor: Some(floor), mark: Mark::AtMost(4.0) };

    let saved = Raw::of(&life.plan).save();
    let day = life.tomorrow;
    let mut raw = |_: usize| timed(|| black_box(Raw::load(&saved).screen(day))).0;
    let (measured, floor) = interleave(raw_rounds, &mut to_today, &mut raw);
    let figure = "open to Today, ten years behind it / one raw Automerge document";
    vec![first, Row { figure, measured, floor: Some(floor), mark: Mark::AtMostOneOf(300.0) }]
}

/// The rows that opening to *Today* reads.
fn rows_read(folder: &Folder, now: Moment) -> Vec<(Table, Vec<u8>)> {
    let (store, notes) = folder.open_noting();
    let home = Home::open(store, random()).expect("the home opens");
    black_box(home.today(now, None).expect("today"));
    take_notes(&notes).read
}

/// The home's database as one file without a log, so that the floor pays for no recovery.
fn bare_copy(folder: &Folder, scratch: &TempDir) -> PathBuf {
    let path = scratch.path().join("bare.db");
    let to = path.to_str().expect("a path in UTF-8");
    bare(&folder.database()).execute("VACUUM INTO ?1", [to]).expect("a copy");
    path
}

/// With ten fresh records, and to the first edit, against one raw document that does the same.
pub(crate) fn fresh(bench: &mut Bench) -> Vec<Row> {
    let rounds = bench.rounds(RAW_ROUNDS);
    let life = bench.life();
    let sessions = fresh_sessions(life);
    let (mut raw, saved) = {
        let mut raw = Raw::of(&life.plan);
        let saved = raw.save();
        (raw, saved)
    };
    sessions.iter().for_each(|session| life.couple.play(session));
    sessions.iter().for_each(|session| raw.play(session));
    let changes = raw.save_incremental();
    let (now, day) = (life.now(), life.tomorrow);

    let mut seen: Vec<(Today, Today)> = Vec::new();
    let (measured, floor) = {
        let (folder, relay) = (&life.closed, &mut life.couple.relay);
        let mut ours = |_: usize| {
            let folder = folder.copy();
            let (time, (mut home, today)) = timed(|| {
                let mut home = Life::open(&folder);
                home.handle_input(now, Input::Connected { exporter: [9; 32] }).expect("a connection");
                exchange(VISITOR, &mut home, relay, now, &mut |_| {});
                let today = home.today(now, None).expect("today");
                (home, today)
            });
            relay.hang_up(VISITOR);
            if seen.is_empty() {
                home.rebuild(now).expect("everything is made anew");
                seen.push((today, home.today(now, None).expect("today")));
            }
            drop(home);
            time
        };
        let mut raw = |_: usize| {
            timed(|| {
                let mut raw = Raw::load(&saved);
                raw.load_incremental(&changes);
                black_box(raw.screen(day))
            })
            .0
        };
        interleave(rounds, &mut ours, &mut raw)
    };
    for (kept, anew) in &seen {
        assert_eq!(kept, anew, "the view is what making it anew gives");
    }
    let mark = Mark::AtMostOneOf(10.0);
    let figure = "the same, 10 fresh records applied / raw Automerge doing so";
    let applied = Row { figure, measured, floor: Some(floor), mark };

    let (measured, floor) = first_edit(life, rounds, &saved);
    let figure = "first edit after a cold open / raw Automerge doing so";
    vec![applied, Row { figure, measured, floor: Some(floor), mark }]
}

/// What Ben does while Ana's phone is away: ten records.
fn fresh_sessions(life: &Life) -> Vec<Session> {
    let text = |words: &str| vec![("text".to_owned(), words.to_owned())];
    let note = life.couple.notes().len() - 1;
    let of = |at: usize| match at % 3 {
        0 => Action::Appreciate(text("you let me sleep and took the kids out into the rain")),
        1 => Action::Type { note, position: 0, delete: 0, insert: format!("and {at} more ") },
        _ => Action::Propose(text("we talk about money on the first Sunday of the month, with the numbers before us")),
    };
    let session = |at: usize| Session { phone: BEN, day: life.tomorrow, minute: 300, actions: vec![of(at)] };
    (0..FRESH).map(session).collect()
}

fn first_edit(life: &Life, rounds: usize, saved: &[u8]) -> (Quantity, Quantity) {
    let (now, day) = (life.now(), life.tomorrow);
    let entry = *life.own.last().expect("Ana said thank you");
    let fields = [("text".to_owned(), "thank you for the coffee, and for asking twice".to_owned())];
    let scratch = TempDir::with_prefix("amends-bench-").expect("a temporary folder");
    let disk = bare_for_writing(&scratch.path().join("raw.db"));
    let mut ours = |_: usize| {
        let folder = life.closed.copy();
        let (time, home) = timed(|| {
            let mut home = Life::open(&folder);
            home.edit(now, entry, &fields).expect("an edit");
            home
        });
        drop(home);
        time
    };
    let mut raw = |round: usize| -> Duration {
        let session =
            Session { phone: ANA, day, minute: 0, actions: vec![Action::EditAppreciation(0, fields.to_vec())] };
        timed(|| {
            let mut raw = Raw::load(saved);
            raw.play(&session);
            let change = raw.save_incremental();
            let mut transaction = Transaction::new();
            transaction.put(Table::DocumentChanges, round.to_be_bytes(), change);
            bare_commit(&disk, &[transaction]);
        })
        .0
    };
    interleave(rounds, &mut ours, &mut raw)
}

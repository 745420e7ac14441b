//! Kill -9 at random instants: phones in the middle of edits and syncs, the relay in the middle of taking them. Whatever was
//! acknowledged is there afterwards: for an edit, its result line; for a sync, its own, which says that the relay has all.
//!
//! The instants are drawn from a seed that a failure names. `AMENDS_KILL_SEED` and `AMENDS_KILL_ROUNDS` choose others. What is
//! waited for is a line of the program that is going to die, until the drawn instant; nothing is synchronised by time.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use amends_tests::phones::{Couple, Phone, Shell, TODAY, shared, text};
use serde_json::Value;

/// Rounds in each test of the test command.
const ROUNDS: u64 = 20;
/// Edits typed ahead in a round: more than can be done before the longest life.
const EDITS: usize = 400;
/// The longest that a process lives in a round.
const LIFE_MS_MAX: u64 = 160;

/// Numbers that depend on a seed alone.
struct Drawn(u64);

impl Drawn {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn instant(&mut self) -> Instant {
        Instant::now() + Duration::from_micros(self.below(LIFE_MS_MAX * 1000))
    }
}

fn chosen(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).ok().map_or(otherwise, |value| value.parse().expect("a number"))
}

/// What a phone said is done.
#[derive(Default)]
struct Acknowledged {
    /// Entries, by id.
    words: BTreeMap<String, String>,
    /// Letters typed at the end of a note.
    typed: Vec<String>,
}

impl Acknowledged {
    /// Everything that was acknowledged is there; more may be, which was done and not yet said.
    #[track_caller]
    fn is_at(&self, phone: &Phone, note: &str, what: &str) {
        let list = phone.ask(&["list"]);
        let entries = list["entries"].as_array().expect("entries").iter();
        let entries: BTreeMap<&str, &Value> =
            entries.filter_map(|entry| Some((entry["id"].as_str()?, entry))).collect();
        for (id, words) in &self.words {
            let found = entries.get(id.as_str()).unwrap_or_else(|| panic!("{what}: {id} is not at {}", phone.name));
            assert_eq!(found["fields"]["text"], words.as_str(), "{what}");
        }
        let text = text(&phone.show(note), "text");
        for typed in &self.typed {
            assert_eq!(text.matches(typed.as_str()).count(), 1, "{what}: {typed:?} in {text:?}");
        }
    }
}

/// Something to do, and what is there once it is acknowledged.
enum Edit {
    Appreciate(String),
    Journal(String),
    Type(String),
    Answer,
    Sync,
}

fn drawn_edits(drawn: &mut Drawn, round: u64) -> Vec<Edit> {
    let edit = |at: usize, drawn: &mut Drawn| match drawn.below(10) {
        0..4 => Edit::Appreciate(format!("Round {round}, edit {at}.")),
        4..6 => Edit::Journal(format!("Round {round}, edit {at}, alone.")),
        6..8 => Edit::Type(format!("[{round}.{at}]")),
        8 => Edit::Answer,
        _ => Edit::Sync,
    };
    (0..EDITS).map(|at| edit(at, drawn)).collect()
}

fn type_in(shell: &mut Shell, edit: &Edit, note: &str) {
    match edit {
        Edit::Appreciate(words) => shell.type_in(&["new", "appreciation", &format!("text={words}")]),
        Edit::Journal(words) => shell.type_in(&["new", "journal_entry", &format!("text={words}")]),
        Edit::Type(words) => shell.type_in(&["note", note, "--at", "0", "--insert", words]),
        Edit::Answer => shell.type_in(&["answer", "check_in", "--date", TODAY, "mood=calm"]),
        Edit::Sync => shell.type_in(&["sync"]),
    }
}

/// Lets a phone edit as fast as it can and kills it at a drawn instant. What it acknowledged, and what of it the relay has.
fn a_short_life(phone: &Phone, note: &str, drawn: &mut Drawn, round: u64) -> (Acknowledged, usize) {
    let edits = drawn_edits(drawn, round);
    let mut shell = phone.shell();
    // It lives from here: the home is open.
    shell.ask(&["status"]);
    for edit in &edits {
        type_in(&mut shell, edit, note);
    }
    let end = drawn.instant();
    let mut answers = Vec::new();
    while let Some(answer) = shell.answer_before(end) {
        answers.push(answer);
    }
    answers.extend(shell.kill());
    let mut done = Acknowledged::default();
    for (edit, answer) in edits.iter().zip(&answers) {
        let refused = &answer["error"]["code"];
        match edit {
            // Both have answered, perhaps.
            Edit::Answer => assert!(refused.is_null() || refused == "already_open", "{answer}"),
            _ => assert!(refused.is_null(), "{answer}"),
        }
        match edit {
            Edit::Appreciate(words) | Edit::Journal(words) => {
                drop(done.words.insert(text(answer, "id"), words.clone()))
            }
            Edit::Type(words) => done.typed.push(words.clone()),
            Edit::Answer | Edit::Sync => {}
        }
    }
    (done, answers.len())
}

fn note_of(couple: &Couple) -> String {
    let note = couple.ana.make(&["new", "note", "title=Weekend"]);
    couple.sync();
    note
}

#[test]
fn what_a_killed_phone_acknowledged_is_there() {
    let seed = chosen("AMENDS_KILL_SEED", 1);
    let couple = Couple::paired();
    let note = note_of(&couple);
    let (mut drawn, mut answers) = (Drawn(seed), 0);
    for round in 0..chosen("AMENDS_KILL_ROUNDS", ROUNDS) {
        let what = format!("AMENDS_KILL_SEED={seed}, round {round}");
        let victim = if drawn.below(2) == 0 { &couple.ana } else { &couple.ben };
        let (done, answered) = a_short_life(victim, &note, &mut drawn, round);
        answers += answered;
        done.is_at(victim, &note, &what);
        victim.verify();
    }
    assert!(answers > 0, "no process lived long enough to say anything: the test looks at nothing");
    couple.sync();
    couple.agree();
}

#[test]
fn what_a_phone_synced_is_at_the_partners_whatever_dies_then() {
    let seed = chosen("AMENDS_KILL_SEED", 2);
    let mut couple = Couple::paired();
    let note = note_of(&couple);
    let mut drawn = Drawn(seed);
    for round in 0..chosen("AMENDS_KILL_ROUNDS", ROUNDS) {
        let what = format!("AMENDS_KILL_SEED={seed}, round {round}");
        let (one, other) = if drawn.below(2) == 0 { (&couple.ana, &couple.ben) } else { (&couple.ben, &couple.ana) };
        let mut shell = one.shell();
        let mut done = Acknowledged::default();
        for at in 0..drawn.below(4) {
            let words = format!("Round {round}, {at}.");
            let id = text(&shell.ask(&["new", "appreciation", &format!("text={words}")]), "id");
            done.words.insert(id, words);
        }
        let typed = format!("[{round}]");
        shell.ask(&["note", &note, "--at", "0", "--insert", &typed]);
        done.typed.push(typed);
        shell.ask(&["sync"]);
        // What the relay said it has, it has, whichever of them dies now.
        shell.kill();
        couple.relay.kill();
        couple.relay.start_again();
        other.sync();
        done.is_at(other, &note, &what);
    }
    couple.sync();
    couple.agree();
}

#[test]
fn a_relay_killed_while_phones_write_loses_nothing_they_have() {
    let seed = chosen("AMENDS_KILL_SEED", 3);
    let mut couple = Couple::paired();
    let note = note_of(&couple);
    let mut drawn = Drawn(seed);
    for round in 0..chosen("AMENDS_KILL_ROUNDS", ROUNDS) {
        let what = format!("AMENDS_KILL_SEED={seed}, round {round}");
        let mut done = Acknowledged::default();
        let mut shells = [couple.ana.shell(), couple.ben.shell()];
        for shell in &mut shells {
            shell.ask(&["sync", "--watch"]);
        }
        // Both write until the relay dies, and then a little.
        let end = drawn.instant();
        let mut at = 0;
        while Instant::now() < end || at < 4 {
            let words = format!("Round {round}, edit {at}.");
            let shell = &mut shells[at % 2];
            let id = text(&shell.ask(&["new", "appreciation", &format!("text={words}")]), "id");
            done.words.insert(id, words);
            let typed = format!("[{round}.{at}]");
            shell.ask(&["note", &note, "--at", "0", "--insert", &typed]);
            done.typed.push(typed);
            at += 1;
        }
        couple.relay.kill();
        couple.relay.start_again();
        // Some die with it.
        for shell in shells {
            if drawn.below(2) == 0 {
                shell.kill();
            } else {
                assert_eq!(shell.finish().code, Some(0), "{what}");
            }
        }
        couple.sync();
        for phone in [&couple.ana, &couple.ben] {
            done.is_at(phone, &note, &what);
            phone.verify();
        }
        assert_eq!(shared(&couple.ana), shared(&couple.ben), "{what}");
    }
    couple.agree();
}

/// A process that dies while it makes its home, or while it opens it, leaves a home, or a place where one can be made.
#[test]
fn a_phone_killed_at_its_birth_can_be_born_again() {
    let seed = chosen("AMENDS_KILL_SEED", 4);
    let mut drawn = Drawn(seed);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    for round in 0..chosen("AMENDS_KILL_ROUNDS", ROUNDS) {
        let what = format!("AMENDS_KILL_SEED={seed}, round {round}");
        let ana = Phone::new("Ana", &folder.path().join(round.to_string()));
        let birth = ana.start(&["init", "--name", "Ana"]);
        let told = birth.kill_at(Instant::now() + Duration::from_micros(drawn.below(30_000)));
        let again = ana.run(&["init", "--name", "Ana"]);
        again.no_bug();
        if !told.is_empty() {
            assert_eq!(again.error(), Some("home_exists"), "{what}: {again}");
            assert_eq!(ana.ask(&["status"])["member"], told[0]["member"], "{what}");
        } else if again.code != Some(0) {
            assert_eq!(again.error(), Some("home_exists"), "{what}: {again}");
        }
        let id = ana.make(&["new", "journal_entry", "text=Alive."]);
        assert_eq!(ana.show(&id)["fields"]["text"], "Alive.", "{what}");
        ana.verify();
    }
}

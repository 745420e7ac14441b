//! One edit, durable.

use super::Bench;
use super::figure::{Mark, Row, interleave, timed};
use super::life::{Life, random};
use super::store::{bare_commit, bare_for_writing, take_notes};
use amends_core::home::{Home, Moment};
use amends_core::storage::{Store, Transaction};

const ROUNDS: usize = 200;

/// An entry of ten years worded anew, against the same bytes committed to bare SQLite.
pub(crate) fn edit(bench: &mut Bench) -> Vec<Row> {
    let rounds = bench.rounds(ROUNDS);
    let life = bench.life();
    let now = life.now();

    // What is written is noted on one copy, and timed without notes on another.
    let noted = life.closed.copy();
    let (store, notes) = noted.open_noting();
    let mut home = Home::open(store, random()).expect("the home opens");
    let mut transactions: Vec<Vec<Transaction>> = Vec::with_capacity(rounds);
    for round in 0..rounds {
        take_notes(&notes);
        edit_once(&mut home, life, now, round);
        transactions.push(take_notes(&notes).committed);
    }
    let written: usize = transactions.iter().map(|of_one| bytes(of_one)).sum();
    super::say(&format!("an edit writes {} rows, {} bytes", rows(&transactions[rounds - 1]), written / rounds));

    let (folder, floor) = (life.closed.copy(), life.closed.copy());
    let mut home = Life::open(&folder);
    let bare = bare_for_writing(&floor.database());
    let mut ours = |round| timed(|| edit_once(&mut home, life, now, round)).0;
    let mut commit = |round: usize| timed(|| bare_commit(&bare, &transactions[round])).0;
    let (measured, floor) = interleave(rounds, &mut ours, &mut commit);
    let figure = "edit an entry until durable / SQLite FULL commit of the same bytes";
    vec![Row { figure, measured, floor: Some(floor), mark: Mark::AtMost(1.6) }]
}

fn edit_once<S: Store>(home: &mut Home<S>, life: &Life, now: Moment, round: usize) {
    let entry = life.own[life.own.len() - 1 - round % life.own.len()];
    let fields = [("text".to_owned(), format!("thank you for the coffee, and for asking {round} times"))];
    home.edit(now, entry, &fields).expect("an edit");
}

fn rows(transactions: &[Transaction]) -> usize {
    transactions.iter().map(|transaction| transaction.operations().len()).sum()
}

/// Bytes of keys and values in transactions.
pub(crate) fn bytes(transactions: &[Transaction]) -> usize {
    use amends_core::storage::Operation;
    let of = |operation: &Operation| match operation {
        Operation::Put { key, value, .. } => key.len() + value.len(),
        Operation::Delete { key, .. } => key.len(),
    };
    transactions.iter().flat_map(Transaction::operations).map(of).sum()
}

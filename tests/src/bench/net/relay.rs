//! The relay's writes, one after the other and many at once.

use super::wire::{Wire, endpoint, record};
use super::{Server, runtime};
use crate::bench::Bench;
use crate::bench::figure::{Mark, Quantity, Row, interleave, timed};
use std::cell::Cell;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

/// Bytes of a record.
const BYTES: usize = 1024;
const ROUNDS: usize = 400;
const CLIENTS: usize = 256;
/// How long all clients write in one round, and how many rounds there are.
const BURST: Duration = Duration::from_millis(1500);
const BURSTS: usize = 5;

/// One client's append until it is acknowledged.
pub(crate) fn append(bench: &mut Bench) -> Vec<Row> {
    let rounds = bench.rounds(ROUNDS);
    let (relay, floor) = (Server::start("relay"), Server::start("commit"));
    let runtime = runtime();
    let (mut ours, box_id, mut bare) = runtime.block_on(async {
        let endpoint = endpoint();
        let mut ours = Wire::connect(&endpoint, &relay.address).await;
        let box_id = ours.open_box().await;
        (ours, box_id, Wire::connect(&endpoint, &floor.address).await)
    });
    let mut number = 0;
    let mut append = |_: usize| {
        number += 1;
        let record = record(BYTES, number);
        timed(|| runtime.block_on(ours.append(box_id, record))).0
    };
    let mut echo = |round: usize| {
        let record = record(BYTES, round as u64);
        timed(|| runtime.block_on(bare.echo(&record))).0
    };
    let (measured, floor) = interleave(rounds, &mut append, &mut echo);
    let figure = "relay append acknowledged durable, 1 KiB / QUIC echo + SQLite commit";
    vec![Row { figure, measured, floor: Some(floor), mark: Mark::AtMost(1.3) }]
}

/// Many clients, each with one append outstanding, each in a box of its own.
pub(crate) fn throughput(bench: &mut Bench) -> Vec<Row> {
    let bursts = bench.rounds(BURSTS);
    let (relay, floor) = (Server::start("relay"), Server::start("group"));
    let runtime = runtime();
    let numbers = Cell::new(0_u64);
    let next = || {
        numbers.set(numbers.get() + 1);
        numbers.get()
    };
    let (mut ours, mut bare) = runtime.block_on(async {
        let endpoint = endpoint();
        let (mut ours, mut bare) = (Vec::new(), Vec::new());
        for _ in 0..CLIENTS {
            let mut wire = Wire::connect(&endpoint, &relay.address).await;
            let box_id = wire.open_box().await;
            wire.append(box_id, record(BYTES, next())).await;
            ours.push((wire, Some(box_id)));
            let mut wire = Wire::connect(&endpoint, &floor.address).await;
            wire.echo(&record(BYTES, next())).await;
            bare.push((wire, None));
        }
        (ours, bare)
    });
    let (mut rates, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..bursts {
        rates.push(runtime.block_on(burst(&mut ours, next() << 32)));
        floors.push(runtime.block_on(burst(&mut bare, next() << 32)));
    }
    let figure = "relay appends a second, 256 clients / QUIC + SQLite group commit";
    let (measured, floor) = (Quantity::Rate(middle(rates)), Quantity::Rate(middle(floors)));
    vec![Row { figure, measured, floor: Some(floor), mark: Mark::AtLeast(0.8) }]
}

type Writer = (Wire, Option<amends_protocol::BoxId>);

/// Lets all write for a while; gives how many a second were acknowledged.
async fn burst(writers: &mut Vec<Writer>, from: u64) -> f64 {
    let (start, mut tasks) = (Instant::now(), JoinSet::new());
    for (place, (mut wire, box_id)) in (0u64..).zip(writers.drain(..)) {
        tasks.spawn(async move {
            let mut written = 0_u64;
            while start.elapsed() < BURST {
                let record = record(BYTES, from + (place << 20) + written);
                match box_id {
                    Some(box_id) => wire.append(box_id, record).await,
                    None => wire.echo(&record).await,
                }
                written += 1;
            }
            (written, (wire, box_id))
        });
    }
    let mut written = 0;
    while let Some(done) = tasks.join_next().await {
        let (count, writer) = done.expect("a client ends well");
        written += count;
        writers.push(writer);
    }
    written as f64 / start.elapsed().as_secs_f64()
}

fn middle(mut rates: Vec<f64>) -> f64 {
    rates.sort_unstable_by(f64::total_cmp);
    rates[rates.len() / 2]
}

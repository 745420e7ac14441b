//! What an idle phone costs the relay.

use super::wire::{Wire, endpoint};
use super::{Server, runtime};
use crate::bench::Bench;
use crate::bench::figure::{Mark, Quantity, Row};
use amends_protocol::{Cursor, Request, Response};
use std::time::Duration;

const PHONES: usize = 2000;
const QUICK_PHONES: usize = 100;
/// How often memory is looked at, after the handshakes.
const LOOK: Duration = Duration::from_millis(200);
/// It has settled once so many looks in a row found the same; a handshake's keys are dropped within a few round trips.
const SAME_LOOKS: usize = 5;
/// It is measured as it is after so many.
const LOOKS_MAX: usize = 50;

/// Subscribed phones that say nothing, against connections that do nothing.
pub(crate) fn memory(bench: &mut Bench) -> Vec<Row> {
    let phones = if bench.quick { QUICK_PHONES } else { PHONES };
    let measured = idle("relay", phones);
    let floor = idle("echo", phones);
    let figure = "relay memory per idle subscribed phone / bare QUIC, lean windows";
    let mark = Mark::AtMost(1.25);
    vec![Row { figure, measured: Quantity::Bytes(measured), floor: Some(Quantity::Bytes(floor)), mark }]
}

/// Bytes that each of so many connections takes.
fn idle(kind: &str, phones: usize) -> f64 {
    let server = Server::start(kind);
    runtime().block_on(async {
        let endpoint = endpoint();
        // What the first connection makes once, for all of them.
        let _first = connect(&server, &endpoint, kind == "relay").await;
        let before = server.memory();
        let mut wires = Vec::with_capacity(phones);
        for _ in 0..phones {
            wires.push(connect(&server, &endpoint, kind == "relay").await);
        }
        (settled(&server).await - before) / phones as f64
    })
}

/// The server's memory once it gives back no more of what the handshakes needed.
async fn settled(server: &Server) -> f64 {
    let (mut last, mut same) = (server.memory(), 0);
    for _ in 0..LOOKS_MAX {
        tokio::time::sleep(LOOK).await;
        let now = server.memory();
        same = if now.to_bits() == last.to_bits() { same + 1 } else { 0 };
        last = now;
        if same == SAME_LOOKS {
            break;
        }
    }
    last
}

async fn connect(server: &Server, endpoint: &quinn::Endpoint, subscribe: bool) -> Wire {
    let mut wire = Wire::connect(endpoint, &server.address).await;
    if subscribe {
        let box_id = wire.open_box().await;
        match wire.ask(Request::Subscribe { box_id, after: Cursor(0) }).await {
            Response::Subscribed => {}
            other => panic!("not subscribed: {other:?}"),
        }
    } else {
        wire.echo(&[0; 64]).await;
    }
    wire
}

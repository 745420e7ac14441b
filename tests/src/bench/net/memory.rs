//! What an idle phone costs the relay.

use super::wire::{Wire, endpoint};
use super::{Server, runtime};
use crate::bench::Bench;
use crate::bench::figure::{Mark, Quantity, Row};
use amends_protocol::{Cursor, Request, Response};
use std::time::Duration;

const PHONES: usize = 2000;
const QUICK_PHONES: usize = 100;
/// Until what a handshake needed is given back.
const SETTLE: Duration = Duration::from_secs(3);

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
        tokio::time::sleep(SETTLE).await;
        (server.memory() - before) / phones as f64
    })
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

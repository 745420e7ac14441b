//! Staying connected, and telling what happens.

use super::failure::Failure;
use super::print::Printer;
use super::session::Session;
use amends_core::client::{Client, ClientError, ClientEvent};
use amends_core::sync::{Event, MEMBER_BOX};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Stays connected until stdin ends or the phone is interrupted.
pub(crate) async fn until_the_end(session: &mut Session, printer: &Printer) -> Result<(), Failure> {
    let client = session.client()?;
    let lines = session.lines();
    let end = async move {
        tokio::select! {
            () = async { while lines.recv().await.is_some() {} } => {}
            () = interrupted() => {}
        }
    };
    Ok(stay(&client, *printer, end).await?)
}

/// Asked to end, by a person or by the system.
async fn interrupted() {
    let terminated = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

/// Stays connected beside the shell.
pub(crate) struct Beside {
    alive: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Beside {
    pub(crate) fn start(client: &Arc<Client>, printer: Printer) -> Self {
        let (alive, ended) = oneshot::channel();
        let client = Arc::clone(client);
        let task = tokio::spawn(async move {
            // A home that can't be driven any more says so at the next command.
            let _ = stay(&client, printer, async { drop(ended.await) }).await;
        });
        Self { alive, task }
    }

    /// Ends the connection in good order.
    pub(crate) async fn end(self) {
        drop(self.alive);
        // A task that panicked has said so.
        let _ = self.task.await;
    }
}

async fn stay(client: &Client, printer: Printer, end: impl Future<Output = ()> + Send) -> Result<(), ClientError> {
    let mut events = client.events();
    let tell = async {
        while let Some(event) = events.next().await {
            printer.event(&value(&event));
        }
    };
    // What happened before the end is told first.
    tokio::select! {
        biased;
        () = tell => Ok(()),
        result = client.run(end) => result,
    }
}

/// An event as it is told: codes and which box, never ids.
fn value(event: &ClientEvent) -> Value {
    let of_box = |name: &str, index: u8| json!({ "event": name, "box": box_name(index) });
    match event {
        ClientEvent::Online => json!({ "event": "online" }),
        ClientEvent::Offline { code } => json!({ "event": "offline", "code": code }),
        ClientEvent::Arrived => json!({ "event": "arrived" }),
        ClientEvent::Settled => json!({ "event": "settled" }),
        ClientEvent::PairingPending => json!({ "event": "pairing_pending" }),
        ClientEvent::Home(event) => match event {
            Event::CaughtUp { index } => of_box("caught_up", *index),
            Event::RelayLostBox { index } => of_box("relay_lost_box", *index),
            Event::RelayWentBack { index } => of_box("relay_went_back", *index),
            Event::ShorterHistory { index } => of_box("shorter_history", *index),
            Event::Pack { index, reason } => {
                json!({ "event": "pack", "box": box_name(*index), "reason": reason })
            }
            Event::Refused { index, code } => {
                json!({ "event": "refused", "box": box_name(*index), "code": code.name() })
            }
            Event::Quarantined { index, reason } => {
                json!({ "event": "quarantined", "box": box_name(*index), "reason": reason })
            }
            Event::Forked { index } => of_box("forked", *index),
            Event::Missing { index } => of_box("missing", *index),
            Event::RelayGoingAway => json!({ "event": "relay_going_away" }),
            _ => json!({ "event": "other" }),
        },
        _ => json!({ "event": "other" }),
    }
}

fn box_name(index: u8) -> &'static str {
    if index == MEMBER_BOX { "member" } else { "space" }
}

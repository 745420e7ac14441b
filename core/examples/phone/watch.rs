//! Staying connected, and telling what happens.

use super::failure::Failure;
use super::print::Printer;
use super::session::Session;
use amends_core::client::{Client, ClientEvent, Events};
use amends_core::sync::Event;
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::watch;

/// Stays connected until stdin ends or the phone is interrupted.
pub(crate) async fn until_the_end(session: &mut Session, printer: &Printer) -> Result<(), Failure> {
    let client = session.client()?;
    let mut events = client.events();
    let lines = session.lines();
    let end = async move {
        tokio::select! {
            () = async { while lines.recv().await.is_some() {} } => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    let tell = async {
        while let Some(event) = events.next().await {
            printer.event(&value(&event));
        }
    };
    // What arrived with the last word is still told: telling is polled first.
    tokio::select! {
        biased;
        () = tell => Ok(()),
        result = client.run(end) => Ok(result?),
    }
}

/// Stays connected beside the shell, until that ends.
pub(crate) struct Beside(#[expect(dead_code, reason = "dropping it ends the connection")] watch::Sender<()>);

impl Beside {
    pub(crate) fn start(client: &Arc<Client>, printer: Printer) -> Self {
        let (alive, mut ended) = watch::channel(());
        let mut events: Events = client.events();
        let client = Arc::clone(client);
        tokio::spawn(async move {
            let end = async move { while ended.changed().await.is_ok() {} };
            let tell = async {
                while let Some(event) = events.next().await {
                    printer.event(&value(&event));
                }
            };
            tokio::select! {
                biased;
                () = tell => {}
                // A home that can't be driven any more says so at the next command.
                _ = client.run(end) => {}
            }
        });
        Self(alive)
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
        ClientEvent::Home(event) => match event {
            Event::CaughtUp { index } => of_box("caught_up", *index),
            Event::RelayLostBox { index } => of_box("relay_lost_box", *index),
            Event::RelayWentBack { index } => of_box("relay_went_back", *index),
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
    if index == amends_core::sync::MEMBER_BOX { "member" } else { "space" }
}

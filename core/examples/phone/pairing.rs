//! Pairing in the terminal: shows codes, and reads what is typed from stdin.

use super::failure::Failure;
use super::input::Line;
use super::print::{Printer, complain};
use super::session::Session;
use amends_core::client::{Client, Invited, PairingEvent, Person};
use amends_core::home::Invitee;
use amends_protocol::RelayAddress;
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Whoever sits at the terminal.
struct Terminal<'a> {
    printer: Printer,
    lines: &'a mut mpsc::Receiver<Line>,
}

impl Person for Terminal<'_> {
    fn tell(&mut self, event: PairingEvent) {
        self.printer.event(&value(&event));
    }

    async fn type_code(&mut self) -> Option<String> {
        // What is no text is no code either: the machine asks again.
        self.lines.recv().await.map(Result::unwrap_or_default)
    }
}

fn value(event: &PairingEvent) -> Value {
    match event {
        PairingEvent::Invite { link, words } => {
            json!({ "event": "invite", "link": link.as_str(), "words": words.as_ref().map(|words| words.as_str()) })
        }
        PairingEvent::Check { code } => json!({ "event": "check", "code": code.to_string() }),
        PairingEvent::TypeCode { name } => json!({ "event": "type_code", "name": name }),
        PairingEvent::Paired { space } => json!({ "event": "paired", "space": space }),
        PairingEvent::Unsent { code } => json!({ "event": "unsent", "code": code }),
    }
}

pub(crate) async fn invite(
    session: &mut Session,
    relay: Option<RelayAddress>,
    own_device: bool,
    printer: &Printer,
) -> Result<(), Failure> {
    let client = session.client()?;
    let invitee = if own_device { Invitee::OwnDevice } else { Invitee::Partner };
    let mut person = Terminal { printer: *printer, lines: session.lines() };
    Ok(client.invite(invitee, relay.as_ref(), &mut person).await?)
}

pub(crate) async fn join_by_link(session: &mut Session, link: &str, printer: &Printer) -> Result<(), Failure> {
    join(session, Invited::Link(link), printer).await
}

pub(crate) async fn join_by_words(
    session: &mut Session,
    words: &str,
    relay: RelayAddress,
    printer: &Printer,
) -> Result<(), Failure> {
    join(session, Invited::Words { words, relay: &relay }, printer).await
}

/// A home joins a partner; a folder without one, or with one that was never confirmed, becomes the home of a member's next device.
async fn join(session: &mut Session, invited: Invited<'_>, printer: &Printer) -> Result<(), Failure> {
    let mut vault = session.vault()?;
    if session.is_open() || !Client::is_newcomer(session.folder(), &mut vault)? {
        let client = session.client()?;
        let mut person = Terminal { printer: *printer, lines: session.lines() };
        return Ok(client.join(invited, &mut person).await?);
    }
    let warning = vault.warning();
    let (folder, clock) = (session.folder().to_owned(), session.clock);
    let mut person = Terminal { printer: *printer, lines: session.lines() };
    let client = Client::join_as_device(&folder, Box::new(vault), clock, invited, &mut person).await?;
    if let Some(warning) = warning {
        complain(&format!("warning: {warning}"));
    }
    session.hold(client);
    Ok(())
}

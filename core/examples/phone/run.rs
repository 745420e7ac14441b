//! Does what a command asks and prints its result.

use super::args::{Command, Of, On, RelayCommand, SettingsCommand, Switch};
use super::failure::Failure;
use super::print::{Printer, complain};
use super::session::Session;
use super::watch;
use super::{copies, pairing, screen};
use amends_core::client::{Client, ClientError, ErrorClass};
use amends_core::document::ScalarPosition;
use amends_core::home::Answer;
use amends_core::practice::catalogue;
use serde::Serialize;
use serde_json::json;

/// One command of a process that ends after it.
pub(crate) async fn run(command: Command, session: &mut Session, printer: &Printer) -> Result<(), Failure> {
    match command {
        Command::Sync { watch: true, .. } => watch::until_the_end(session, printer).await,
        command => run_common(command, session, printer).await,
    }
}

/// One command of the shell.
pub(crate) async fn run_in_shell(command: Command, session: &mut Session, printer: &Printer) -> Result<(), Failure> {
    match command {
        Command::Sync { watch: true, .. } => {
            session.watch(*printer)?;
            done(printer)
        }
        command => run_common(command, session, printer).await,
    }
}

async fn run_common(command: Command, session: &mut Session, printer: &Printer) -> Result<(), Failure> {
    match command {
        Command::Init { name } => init(session, &name, printer),
        Command::Invite { relay, own_device } => pairing::invite(session, relay, own_device, printer).await,
        Command::Join { link, words, relay } => match (link, words, relay) {
            (Some(link), ..) => pairing::join_by_link(session, &link, printer).await,
            (_, Some(words), Some(relay)) => pairing::join_by_words(session, &words, relay, printer).await,
            _ => Err(Failure::usage("a link, or words and a relay")),
        },
        Command::Sync { timeout, .. } => {
            session.client()?.sync(timeout).await?;
            if session.look(|home, _| Ok(home.is_pending()))? {
                complain(&ClientError::PairingPending.to_string());
            }
            done(printer)
        }
        Command::Shell => Err(Failure::usage("the shell is a command of its own")),
        command => at_once(command, session, printer),
    }
}

/// Commands that wait for nobody.
fn at_once(command: Command, session: &mut Session, printer: &Printer) -> Result<(), Failure> {
    match command {
        Command::Status => print(printer, &session.look(|home, at| home.status(at))?),
        Command::Relay(RelayCommand::Set { relay }) => {
            session.act(|home, at| home.set_relay(at, &relay))?;
            done(printer)
        }
        Command::Settings(SettingsCommand::WaitingHint { hint }) => {
            session.act(|home, at| home.set_waiting_hint(at, hint == Switch::On))?;
            done(printer)
        }
        Command::Practices => print(printer, &catalogue::listing()),
        Command::Show { id } => print(printer, &session.look(|home, at| home.show(at, id))?),
        Command::List { practice } => {
            let entries = session.look(|home, at| home.list(at, practice.as_deref()))?;
            print(printer, &json!({ "entries": entries }))
        }
        Command::Today { date } => {
            let today = serde_json::to_value(session.look(|home, at| home.today(at, date))?)?;
            printer.screen(&today, screen::today);
            Ok(())
        }
        Command::History { id } => {
            let history = session.look(|home, at| home.history(at, id))?;
            print(printer, &json!({ "history": history }))
        }
        Command::Quarantine { export } => copies::quarantine(session, export.as_deref(), printer),
        Command::Verify => verify(session, printer),
        Command::Recover => print(printer, &json!({ "recovered": session.recover()? })),
        Command::Export { format, to } => copies::export(session, format, to.as_deref(), printer),
        command => act(command, session, printer),
    }
}

/// Commands that change the home.
fn act(command: Command, session: &mut Session, printer: &Printer) -> Result<(), Failure> {
    match command {
        Command::New { practice, fields, draft } => {
            let id = session.act(|home, at| home.new_entry(at, &practice, &fields, draft))?;
            return print(printer, &json!({ "id": id }));
        }
        Command::Propose { id, fields, from_note, parents } => {
            let revision = session.act(|home, at| home.propose(at, id, &fields, from_note, parents.as_deref()))?;
            return print(printer, &json!({ "revision": revision }));
        }
        Command::Share { id, practice, fields } => {
            let id = session.act(|home, at| home.share(at, id, &practice, &fields))?;
            return print(printer, &json!({ "id": id }));
        }
        Command::Edit { id, fields } => session.act(|home, at| home.edit(at, id, &fields).map(drop))?,
        Command::Redact { id } => session.act(|home, at| home.redact(at, id))?,
        Command::Note { id, at: position, delete, insert } => {
            session.act(|home, at| home.splice(at, id, ScalarPosition(position), delete, &insert))?;
        }
        Command::Consent { of: Of { id, revision } } => {
            session.act(|home, at| home.consent(at, id, revision).map(drop))?
        }
        Command::Decline { of: Of { id, revision }, note } => {
            session.act(|home, at| home.decline(at, id, revision, note.as_deref()))?;
        }
        Command::Comment { id, text, revision } => {
            session.act(|home, at| home.comment(at, id, &text, revision).map(drop))?
        }
        Command::Withdraw { of: Of { id, revision } } => {
            session.act(|home, at| home.withdraw(at, id, revision).map(drop))?
        }
        Command::Retire { id } => session.act(|home, at| home.retire(at, id).map(drop))?,
        Command::Acknowledge { of: Of { id, revision } } => {
            session.act(|home, at| home.acknowledge(at, id, revision))?;
        }
        Command::Answer { practice, date, fields, pass } => {
            let answer = if pass { Answer::Pass } else { Answer::Fields(&fields) };
            let id = session.act(|home, at| home.answer(at, &practice, date, answer))?;
            return print(printer, &json!({ "id": id }));
        }
        Command::TakeBack { on: On { practice, date } } => {
            session.act(|home, at| home.take_back(at, &practice, date))?;
        }
        Command::ShareAnyway { on: On { practice, date } } => {
            session.act(|home, at| home.share_anyway(at, &practice, date))?;
        }
        _ => return Err(Failure::bug("a command that nothing does")),
    }
    done(printer)
}

fn init(session: &mut Session, name: &str, printer: &Printer) -> Result<(), Failure> {
    let vault = session.vault()?;
    let warning = vault.warning();
    let client = Client::create(session.folder(), Box::new(vault), session.clock, name)?;
    if let Some(warning) = warning {
        complain(&format!("warning: {warning}"));
    }
    session.hold(client);
    let identity = session.look(|home, _| Ok(home.identity()))?;
    print(printer, &json!({ "member": identity.member, "device": identity.device }))
}

/// # Errors
/// `not_authentic` after the report when what is kept does not verify.
fn verify(session: &mut Session, printer: &Printer) -> Result<(), Failure> {
    let report = session.look(|home, at| home.verify(at))?;
    print(printer, &report)?;
    if report.broken == 0 {
        return Ok(());
    }
    Err(Failure::new(ErrorClass::Damaged, "not_authentic", "some of what is kept here does not verify"))
}

fn print(printer: &Printer, value: &impl Serialize) -> Result<(), Failure> {
    printer.result(&serde_json::to_value(value)?);
    Ok(())
}

fn done(printer: &Printer) -> Result<(), Failure> {
    printer.result(&json!({ "ok": true }));
    Ok(())
}

//! Commands as lines on stdin, in one process. What a line does wrong does not end it.

use super::args::{Command, Line};
use super::failure::Failure;
use super::input::BadLine;
use super::print::Printer;
use super::session::Session;
use super::{run, words};
use amends_core::client::ClientError;
use amends_core::home::HomeError;
use clap::Parser;

/// Runs until stdin ends.
///
/// # Errors
/// When the home can't be opened. A folder without a home is fine: `init` or `join` may make one.
pub(crate) async fn run(session: &mut Session, printer: &Printer) -> Result<(), Failure> {
    match session.client() {
        Err(failure) if failure.code == Failure::from(ClientError::from(HomeError::NoHome)).code => {}
        opened => drop(opened?),
    }
    while let Some(line) = session.lines().recv().await {
        let done = match line {
            Ok(line) => one(&line, session, printer).await,
            Err(BadLine::TooLong) => Err(Failure::usage("the line is too long")),
            Err(BadLine::NotUnicode) => Err(Failure::usage("the line is not UTF-8")),
        };
        if let Err(failure) = done {
            printer.failure(&failure);
        }
    }
    session.end_watch().await;
    Ok(())
}

async fn one(line: &str, session: &mut Session, printer: &Printer) -> Result<(), Failure> {
    let words = words::split(line)?;
    if words.is_empty() {
        return Ok(());
    }
    match Line::try_parse_from(words) {
        Ok(Line { command: Command::Shell }) => Err(Failure::usage("this is the shell")),
        // Boxed: the shell's future must not hold every command's.
        Ok(Line { command }) => Box::pin(run::run_in_shell(command, session, printer)).await,
        Err(error) => words::explain(printer, &error),
    }
}

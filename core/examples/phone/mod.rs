//! The phone, from the outside in: [`args`] says what can be asked, [`session`] holds the home, [`run`] does it, [`print`] tells
//! the outcome; [`shell`] and [`input`] do the same for lines on stdin.

mod args;
mod copies;
mod failure;
mod files;
mod input;
mod pairing;
mod print;
mod run;
mod screen;
mod session;
mod shell;
mod text;
mod watch;
mod words;

use args::{Args, Command};
use clap::Parser;
use failure::Failure;
use print::Printer;
use session::Session;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// Runs the command line of this process.
pub(crate) fn main() -> ExitCode {
    // What a panic says may be made of what people wrote: only the place is told.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        print::complain(&format!("a bug, at {place}"));
    }));
    let parsed = Args::try_parse();
    let printer = Printer::new(match &parsed {
        Ok(args) => args.json,
        // What can't be parsed may still say how it wants to hear so.
        Err(_) => std::env::args_os().skip(1).any(|argument| argument == "--json"),
    });
    let result = match parsed {
        Err(error) => words::explain(&printer, &error),
        Ok(args) => catch_unwind(AssertUnwindSafe(|| command_line(args, &printer)))
            .unwrap_or_else(|_| Err(Failure::bug("the place of the bug is on stderr"))),
    };
    ExitCode::from(match result {
        Ok(()) => 0,
        Err(failure) => {
            printer.failure(&failure);
            failure.exit()
        }
    })
}

fn command_line(args: Args, printer: &Printer) -> Result<(), Failure> {
    // One thread: measurably quicker for round trips than several.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|_| Failure::bug("there is no runtime"))?;
    let result = runtime.block_on(async {
        let mut session = Session::new(&args)?;
        match args.command {
            Command::Shell => shell::run(&mut session, printer).await,
            command => run::run(command, &mut session, printer).await,
        }
    });
    // Nothing here waits for the thread that reads stdin.
    runtime.shutdown_background();
    result
}

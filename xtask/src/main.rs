//! `cargo xtask`: the commands that build, test and show Amends.
//!
//! It starts on a machine that has nothing but the Rust toolchain: every command first looks at what the machine
//! lacks (`preflight`) and says so in one go. Architecture invariant: this crate depends on no other crate of the
//! workspace; it sees Amends only as a user does, through its programs.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to the terminal")]

mod cargo;
mod cli;
mod demo;
mod failure;
mod preflight;
mod programs;
mod test_command;

use std::process::ExitCode;

use cargo::Workspace;
use cli::Command;
use failure::Failure;
use preflight::Need;

fn main() -> ExitCode {
    let command = match cli::parse(std::env::args_os().skip(1)) {
        Ok(command) => command,
        Err(wrong) => {
            eprintln!("error: {wrong}\n\n{}", cli::USAGE);
            return ExitCode::from(2);
        }
    };
    match run(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

fn run(command: Command) -> Result<(), Failure> {
    if let Command::Help(text) = command {
        println!("{text}");
        return Ok(());
    }
    let workspace = Workspace::find()?;
    match command {
        Command::Help(_) => Ok(()),
        Command::Preflight => preflight::check(&workspace, Need::Everything, preflight::Report::Full).map(drop),
        Command::Test { only: _ } => {
            let workspace = preflight::check(&workspace, Need::Test, preflight::Report::Brief)?;
            test_command::run(&workspace)
        }
        Command::Demo { keep } => {
            let workspace = preflight::check(&workspace, Need::Build, preflight::Report::Brief)?;
            demo::run(&workspace, keep)
        }
        Command::Bench { arguments } => {
            let workspace = preflight::check(&workspace, Need::Build, preflight::Report::Brief)?;
            programs::run(&workspace, "bench", &arguments)
        }
        Command::Simulate { seeds, from, bug } => {
            let workspace = preflight::check(&workspace, Need::Build, preflight::Report::Brief)?;
            programs::run(&workspace, "simulate", &programs::simulate_arguments(seeds, from, bug))
        }
    }
}

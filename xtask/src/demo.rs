//! `cargo xtask demo`: two phones and a relay play a story, then the story is checked.
//!
//! Read [`story`] for what happens and [`checks`] for what must hold. What the phones print is understood in
//! [`interface`] alone.

mod canary;
mod checks;
mod interface;
mod phone;
mod process;
mod relay;
mod scratch;
mod screens;
mod story;
mod table;
mod tap;

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::cargo::{self, Workspace};
use crate::failure::Failure;
use crate::test_command::BINARIES;
use scratch::Scratch;
use table::Table;

/// Builds, plays, checks; an error if any row of the table differs.
pub(crate) fn run(workspace: &Workspace, keep: Option<PathBuf>) -> Result<(), Failure> {
    println!("Building the relay and the phone (release) …");
    let built = workspace.build(BINARIES)?;
    let phone = cargo::path_of(&built, "phone")?;
    let relay = cargo::path_of(&built, "amends-relay")?;

    let begun = Instant::now();
    let scratch = Scratch::new(keep)?;
    let mut table = Table::default();
    let played = play(&phone, &relay, &scratch, &mut table);
    if let Err(failure) = played {
        println!("\n{table}");
        return Err(Failure::new(format!("the story stopped: {failure}{}", scratch.hint())));
    }
    println!("\n{table}");
    println!("Story and checks took {:.1} s.{}", begun.elapsed().as_secs_f64(), scratch.note());
    match table.differing() {
        0 => Ok(()),
        differing => Err(Failure::new(format!("{differing} rows differ from what is expected{}", scratch.hint()))),
    }
}

fn play(phone: &Path, relay: &Path, scratch: &Scratch, table: &mut Table) -> Result<(), Failure> {
    let mut stage = story::Stage::set(phone, relay, scratch)?;
    let told = story::tell(&mut stage, table)?;
    screens::show(&stage, &told)?;
    checks::check(&stage, &told, scratch, table)
}

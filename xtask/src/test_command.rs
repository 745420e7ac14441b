//! `cargo xtask test`: cheap checks first, the tests last, so that the output ends with the runner's own summary.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use crate::cargo::{self, Workspace};
use crate::failure::{Context, Failure};

/// What the scenario tests drive; one invocation, so that shared dependencies are built once.
pub(crate) const BINARIES: &[&str] = &[
    "--release",
    "--locked",
    "--package=amends-relay",
    "--bin=amends-relay",
    "--package=amends-core",
    "--example=phone",
];

const STEPS: u8 = 5;

/// Runs every step in order; the first that fails ends the run.
pub(crate) fn run(workspace: &Workspace) -> Result<(), Failure> {
    Step { number: 1, name: "formatting", environment: None, arguments: &["fmt", "--all", "--check"] }
        .run(workspace)?;
    let clippy = ["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"];
    Step { number: 2, name: "lints", environment: None, arguments: &clippy }.run(workspace)?;
    Step {
        number: 3,
        name: "documentation",
        environment: Some(("RUSTDOCFLAGS", "-D warnings")),
        arguments: &["doc", "--workspace", "--no-deps", "--locked"],
    }
    .run(workspace)?;
    heading(4, "relay and phone for the scenarios", &format!("cargo build {}", BINARIES.join(" ")));
    let built = workspace.build(BINARIES)?;
    let phone = cargo::path_of(&built, "phone")?;
    let relay = cargo::path_of(&built, "amends-relay")?;

    let step = Step {
        number: 5,
        name: "tests",
        environment: None,
        arguments: &["test", "--workspace", "--locked", "--no-fail-fast"],
    };
    step.announce();
    let mut tests = step.command(workspace);
    tests.env("AMENDS_PHONE", phone).env("AMENDS_RELAY", relay);
    let (total, passed) = run_tests(tests)?;
    let end = if passed { Ok(()) } else { Err(Failure::with_code("", 1)) };
    if !passed {
        println!("\n{}", step.failed());
    }
    println!("\n{}", total.line(passed));
    end
}

/// One invocation of cargo.
struct Step<'a> {
    number: u8,
    name: &'a str,
    environment: Option<(&'a str, &'a str)>,
    arguments: &'a [&'a str],
}

impl Step<'_> {
    fn announce(&self) {
        heading(self.number, self.name, &self.alone());
    }

    fn command(&self, workspace: &Workspace) -> Command {
        let mut command = workspace.cargo();
        command.args(self.arguments);
        command.envs(self.environment);
        command
    }

    fn run(&self, workspace: &Workspace) -> Result<(), Failure> {
        self.announce();
        let status = self.command(workspace).status().context(|| self.alone())?;
        if status.success() { Ok(()) } else { Err(Failure::new(self.failed())) }
    }

    fn failed(&self) -> String {
        format!("step {}/{STEPS}, {}, failed; to run it alone: {}", self.number, self.name, self.alone())
    }

    /// The line that a person types to run this step alone.
    fn alone(&self) -> String {
        let environment = self.environment.map_or(String::new(), |(name, value)| format!("{name}=\"{value}\" "));
        format!("{environment}cargo {}", self.arguments.join(" "))
    }
}

fn heading(number: u8, name: &str, command: &str) {
    println!("\n== {number}/{STEPS} {name}: {command}");
    // Cargo writes to stderr; without this the heading may come after it in a log file.
    let _ = std::io::stdout().flush();
}

/// What all test programs together said.
#[derive(Debug, Default, PartialEq, Eq)]
struct Total {
    passed: u64,
    failed: u64,
    skipped: u64,
}

impl Total {
    /// Adds a line of the test runner, if it is a summary: `test result: ok. 5 passed; 0 failed; 1 ignored; …`.
    fn add(&mut self, line: &str) {
        let Some(summary) = line.strip_prefix("test result: ") else {
            return;
        };
        for (count, word) in summary.split([';', '.']).filter_map(|part| part.trim().split_once(' ')) {
            let Ok(count) = count.parse::<u64>() else {
                continue;
            };
            match word {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.skipped += count,
                _ => {}
            }
        }
    }

    /// The last line of the run. A test program that died without a summary counts as one failure.
    fn line(&self, succeeded: bool) -> String {
        let failed = if succeeded { self.failed } else { self.failed.max(1) };
        format!("{} passed, {failed} failed, {} skipped", self.passed, self.skipped)
    }
}

/// Shows the tests' output as it comes and adds up their summaries.
fn run_tests(mut command: Command) -> Result<(Total, bool), Failure> {
    let mut child = command.stdout(Stdio::piped()).spawn().context(|| "cargo test".into())?;
    let mut total = Total::default();
    if let Some(output) = child.stdout.take() {
        for line in BufReader::new(output).split(b'\n') {
            let line = line.context(|| "reading the output of cargo test".into())?;
            let line = String::from_utf8_lossy(&line);
            println!("{line}");
            total.add(&line);
        }
    }
    let status = child.wait().context(|| "cargo test".into())?;
    Ok((total, status.success()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_add_up_and_nothing_else_does() {
        let mut total = Total::default();
        for line in [
            "running 3 tests",
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 7 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.50s",
            "  test result: ok. 100 passed; (printed by a test)",
            "5 passed; 0 failed",
        ] {
            total.add(line);
        }
        assert_eq!(total, Total { passed: 12, failed: 2, skipped: 1 });
        assert_eq!(total.line(false), "12 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn a_test_program_that_dies_is_a_failure() {
        assert_eq!(Total::default().line(false), "0 passed, 1 failed, 0 skipped");
        assert_eq!(Total::default().line(true), "0 passed, 0 failed, 0 skipped");
    }

    #[test]
    fn a_failed_step_says_how_to_run_it_alone() {
        let step = Step { number: 3, name: "docs", environment: Some(("A", "b c")), arguments: &["doc", "--x"] };
        assert_eq!(step.failed(), "step 3/5, docs, failed; to run it alone: A=\"b c\" cargo doc --x");
    }
}

//! The benchmark and the simulator: programs of the tests crate, run in release mode with their own exit codes.

use std::ffi::OsString;

use crate::cargo::Workspace;
use crate::failure::{Context, Failure};

/// Runs `program` of the tests crate with `arguments`.
pub(crate) fn run(workspace: &Workspace, program: &str, arguments: &[OsString]) -> Result<(), Failure> {
    let status = workspace
        .cargo()
        .args(["run", "--release", "--locked", "--package", "amends-tests", "--bin", program, "--"])
        .args(arguments)
        .status()
        .context(|| format!("running {program}"))?;
    if status.success() {
        return Ok(());
    }
    let code = status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(1);
    Err(Failure::with_code(format!("{program}: {status}"), code))
}

/// The simulator's own command line.
pub(crate) fn simulate_arguments(seeds: u64, from: u64, bug: Option<String>) -> Vec<OsString> {
    let mut arguments: Vec<OsString> =
        vec!["--seeds".into(), seeds.to_string().into(), "--from".into(), from.to_string().into()];
    if let Some(bug) = bug {
        arguments.extend(["--bug".into(), bug.into()]);
    }
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_simulator_gets_what_was_asked_for() {
        assert_eq!(simulate_arguments(5, 9, None), ["--seeds", "5", "--from", "9"]);
        assert_eq!(simulate_arguments(1, 0, Some("x".into())), ["--seeds", "1", "--from", "0", "--bug", "x"]);
    }
}

//! Where the programs are.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The phone: what `AMENDS_PHONE` names, else the example of this workspace, built if need be.
pub fn phone_program() -> PathBuf {
    named("AMENDS_PHONE").unwrap_or_else(|| built().0.clone())
}

/// The relay: what `AMENDS_RELAY` names, else the program of this workspace, built if need be.
pub fn relay_program() -> PathBuf {
    named("AMENDS_RELAY").unwrap_or_else(|| built().1.clone())
}

fn named(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

/// Phone and relay as cargo builds them now, once in this process.
fn built() -> &'static (PathBuf, PathBuf) {
    static BUILT: OnceLock<(PathBuf, PathBuf)> = OnceLock::new();
    BUILT.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.args(["build", "--locked", "--package=amends-relay", "--bin=amends-relay", "--package=amends-core"]);
        command.args(["--example=phone", "--message-format=json"]).current_dir(env!("CARGO_MANIFEST_DIR"));
        let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().expect("cargo runs");
        assert!(output.status.success(), "cargo could not build the phone and the relay");
        let messages = String::from_utf8_lossy(&output.stdout).into_owned();
        let find = |name: &str| executable(&messages, name).unwrap_or_else(|| panic!("cargo built no {name}"));
        (find("phone"), find("amends-relay"))
    })
}

fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    let objects = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let of_target = objects.filter(|object| object["target"]["name"] == name);
    of_target.filter_map(|object| object["executable"].as_str().map(PathBuf::from)).next_back()
}

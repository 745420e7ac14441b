//! The workspace on disk and the cargo that started us.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::failure::{Context, Failure};

/// Where things are, and which toolchain the commands run with.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
    /// A toolchain that replaces the one we were started with, after the preflight found that one wrong.
    toolchain: Option<String>,
}

impl Workspace {
    /// The workspace that this program was started in, or else was built from.
    pub(crate) fn find() -> Result<Self, Failure> {
        let crate_folder = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = crate_folder
            .parent()
            .filter(|root| root.join("rust-toolchain.toml").is_file())
            .ok_or_else(|| Failure::new(format!("{} is not in the workspace", crate_folder.display())))?;
        Ok(Self { root: root.to_owned(), toolchain: None })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn with_toolchain(&self, channel: &str) -> Self {
        Self { toolchain: Some(channel.to_owned()), ..self.clone() }
    }

    /// Cargo in the workspace root. It reads no terminal, and sees the environment that *our* caller gave.
    pub(crate) fn cargo(&self) -> Command {
        let started_by = std::env::var_os("CARGO").filter(|_| self.toolchain.is_none());
        self.program(&started_by.unwrap_or_else(|| "cargo".into()))
    }

    /// Another program in the workspace root, under the same terms.
    pub(crate) fn program(&self, name: &OsStr) -> Command {
        let mut command = Command::new(name);
        command.current_dir(&self.root).stdin(Stdio::null());
        for (variable, _) in std::env::vars_os().filter(|(variable, _)| describes_this_crate(variable)) {
            command.env_remove(variable);
        }
        if let Some(toolchain) = &self.toolchain {
            command.env("RUSTUP_TOOLCHAIN", toolchain);
        }
        command
    }

    /// The folder that cargo builds into, wherever the caller or a configuration file put it. While there is no cargo
    /// that works, where it would be without a configuration file.
    pub(crate) fn target_folder(&self) -> PathBuf {
        let asked = self
            .cargo()
            .args(["metadata", "--no-deps", "--format-version", "1", "--locked"])
            .output()
            .ok()
            .and_then(|output| serde_json::from_slice::<Value>(&output.stdout).ok())
            .and_then(|metadata| metadata["target_directory"].as_str().map(PathBuf::from));
        let named = || std::env::var_os("CARGO_TARGET_DIR").map(|folder| self.root.join(folder));
        asked.or_else(named).unwrap_or_else(|| self.root.join("target"))
    }

    /// Builds with `arguments`, showing cargo's progress, and returns the executables as cargo names them.
    pub(crate) fn build(&self, arguments: &[&str]) -> Result<Vec<Executable>, Failure> {
        let output = self
            .cargo()
            .arg("build")
            .args(arguments)
            .arg("--message-format=json-render-diagnostics")
            .stderr(Stdio::inherit())
            .output()
            .context(|| "cargo build".into())?;
        if !output.status.success() {
            return Err(Failure::new(format!("cargo build {} failed", arguments.join(" "))));
        }
        Ok(executables(&output.stdout))
    }
}

/// A program that cargo built.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Executable {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
}

/// The path of the program called `name`.
pub(crate) fn path_of(executables: &[Executable], name: &str) -> Result<PathBuf, Failure> {
    executables
        .iter()
        .find(|executable| executable.name == name)
        .map(|executable| executable.path.clone())
        .ok_or_else(|| Failure::new(format!("cargo built no program called {name}")))
}

fn executables(messages: &[u8]) -> Vec<Executable> {
    messages
        .split(|&byte| byte == b'\n')
        .filter_map(|line| serde_json::from_slice::<Value>(line).ok())
        .filter_map(|message| {
            let path = message["executable"].as_str()?;
            let name = message["target"]["name"].as_str()?;
            Some(Executable { name: name.to_owned(), path: path.into() })
        })
        .collect()
}

/// Variables that `cargo run` sets about this crate. Passed on, they would make build scripts which watch them
/// (ring's does) rebuild everything above them each time.
fn describes_this_crate(variable: &OsString) -> bool {
    variable.to_str().is_some_and(|name| {
        name.starts_with("CARGO_PKG_")
            || matches!(
                name,
                "CARGO_MANIFEST_DIR" | "CARGO_MANIFEST_PATH" | "CARGO_CRATE_NAME" | "CARGO_BIN_NAME" | "OUT_DIR"
            )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn executables_are_read_from_cargos_messages() {
        let messages = br#"{"reason":"compiler-artifact","target":{"name":"ring"},"executable":null}
not json
{"reason":"compiler-artifact","target":{"name":"phone"},"executable":"/t/release/examples/phone"}
{"reason":"build-finished","success":true}
"#;
        let found = executables(messages);
        assert_eq!(found, [Executable { name: "phone".into(), path: "/t/release/examples/phone".into() }]);
        assert!(path_of(&found, "phone").is_ok());
        assert!(path_of(&found, "amends-relay").is_err());
    }

    #[test]
    fn only_what_cargo_said_about_this_crate_is_forgotten() {
        for forgotten in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "OUT_DIR"] {
            assert!(describes_this_crate(&forgotten.into()), "{forgotten}");
        }
        for kept in ["CARGO", "CARGO_HOME", "CARGO_TARGET_DIR", "CARGO_NET_OFFLINE", "RUSTUP_TOOLCHAIN", "PATH"] {
            assert!(!describes_this_crate(&kept.into()), "{kept}");
        }
    }
}

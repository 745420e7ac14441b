//! The machine that the preflight looks at: platform, pinned toolchain, and ways to ask programs.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::cargo::Workspace;
use crate::failure::{Context, Failure};

/// How software gets onto this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Platform {
    /// Debian, Ubuntu and what derives from them.
    Debian,
    /// Fedora and what derives from it.
    Fedora,
    MacOs,
    Other,
}

pub(super) struct Machine {
    workspace: Workspace,
    platform: Platform,
    /// The toolchain that the repository pins, such as `1.95.0`.
    channel: String,
    rustup: bool,
    root: bool,
}

impl Machine {
    pub(super) fn look(workspace: &Workspace) -> Result<Self, Failure> {
        let pin = workspace.root().join("rust-toolchain.toml");
        let text = std::fs::read_to_string(&pin).context(|| pin.display().to_string())?;
        let channel = channel_in(&text).ok_or_else(|| Failure::new(format!("{} names no channel", pin.display())))?;
        let mut machine = Self {
            workspace: workspace.clone(),
            platform: platform(),
            channel: channel.to_owned(),
            rustup: false,
            root: effective_user_is_root(),
        };
        machine.rustup = machine.ask("rustup", &["--version"]).is_ok();
        Ok(machine)
    }

    pub(super) fn into_workspace(self) -> Workspace {
        self.workspace
    }

    pub(super) fn platform(&self) -> Platform {
        self.platform
    }

    pub(super) fn channel(&self) -> &str {
        &self.channel
    }

    pub(super) fn rustup(&self) -> bool {
        self.rustup
    }

    /// `command`, to be typed by someone who may have to become root for it.
    pub(super) fn as_root(&self, command: &str) -> String {
        if self.root { command.to_owned() } else { format!("sudo {command}") }
    }

    /// The folder that cargo builds into, or as near to it as exists.
    pub(super) fn target_folder(&self) -> Result<PathBuf, String> {
        let target = self.workspace.target_folder();
        nearest_existing(&target).ok_or_else(|| format!("{} is on no disk", target.display()))
    }

    /// What a program prints when it succeeds; otherwise why it did not.
    pub(super) fn ask(&self, program: impl AsRef<OsStr>, arguments: &[&str]) -> Result<String, String> {
        let mut command = self.workspace.program(program.as_ref());
        answer(command.args(arguments), "")
    }

    /// The same for cargo, whichever cargo we run.
    pub(super) fn ask_cargo(&self, arguments: &[&str]) -> Result<String, String> {
        answer(self.workspace.cargo().args(arguments), "")
    }

    /// The same, with something to read.
    pub(super) fn ask_with_input(
        &self,
        program: impl AsRef<OsStr>,
        arguments: &[OsString],
        input: &str,
    ) -> Result<String, String> {
        let mut command = self.workspace.program(program.as_ref());
        answer(command.args(arguments), input)
    }

    /// Whether it worked.
    pub(super) fn run_repair(&self, command: &[String]) -> bool {
        let Some((program, arguments)) = command.split_first() else {
            return false;
        };
        let status = self.workspace.program(program.as_ref()).args(arguments).status();
        status.is_ok_and(|status| status.success())
    }

    /// From now on everything runs with the pinned toolchain, even if we were started with another.
    pub(super) fn use_pinned_toolchain(&mut self) {
        self.workspace = self.workspace.with_toolchain(&self.channel);
    }

    #[cfg(test)]
    pub(super) fn planted(platform: Platform) -> Self {
        let workspace = Workspace::find().expect("the tests run in the workspace");
        Self { workspace, platform, channel: "1.0.0".into(), rustup: true, root: false }
    }
}

/// The programs we ask answer in a line or two, so their pipes never fill while we write.
fn answer(command: &mut Command, input: &str) -> Result<String, String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let stdin = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
    let spawned = command.env("LC_ALL", "C").stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = spawned.map_err(|error| format!("{program} cannot be started ({error})"))?;
    if let Some(mut stdin) = child.stdin.take() {
        // A program that does not read its input says so in its status.
        let _ = stdin.write_all(input.as_bytes());
    }
    let output = child.wait_with_output().map_err(|error| format!("{program}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    let first = complaint.lines().find(|line| !line.trim().is_empty()).unwrap_or("it gave no reason");
    Err(format!("{program} failed: {}", first.trim().trim_start_matches("error: ")))
}

fn platform() -> Platform {
    if cfg!(target_os = "macos") {
        return Platform::MacOs;
    }
    platform_in(&std::fs::read_to_string("/etc/os-release").unwrap_or_default())
}

fn platform_in(os_release: &str) -> Platform {
    let names: Vec<&str> = os_release
        .lines()
        .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
        .flat_map(|value| value.trim_matches('"').split_whitespace())
        .collect();
    if names.iter().any(|name| matches!(*name, "debian" | "ubuntu")) {
        Platform::Debian
    } else if names.iter().any(|name| matches!(*name, "fedora" | "rhel" | "centos")) {
        Platform::Fedora
    } else {
        Platform::Other
    }
}

fn channel_in(toolchain_file: &str) -> Option<&str> {
    toolchain_file.lines().find_map(|line| {
        let value = line.trim().strip_prefix("channel")?.trim_start().strip_prefix('=')?;
        Some(value.trim().trim_matches('"')).filter(|channel| !channel.is_empty())
    })
}

fn nearest_existing(folder: &Path) -> Option<PathBuf> {
    folder.ancestors().find(|ancestor| ancestor.is_dir()).map(Path::to_owned)
}

#[cfg(unix)]
fn effective_user_is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // Linux shows the effective user as the owner of a process's folder; elsewhere the answer is a cautious no.
    std::fs::metadata("/proc/self").is_ok_and(|folder| folder.uid() == 0)
}

#[cfg(not(unix))]
fn effective_user_is_root() -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platforms_are_told_apart() {
        assert_eq!(platform_in("NAME=x\nID=debian\n"), Platform::Debian);
        assert_eq!(platform_in("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), Platform::Debian);
        assert_eq!(platform_in("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), Platform::Fedora);
        assert_eq!(platform_in("ID=alpine\n"), Platform::Other);
        assert_eq!(platform_in(""), Platform::Other);
    }

    #[test]
    fn the_pinned_channel_is_read() {
        assert_eq!(channel_in("[toolchain]\nchannel = \"1.95.0\"\nprofile = \"minimal\"\n"), Some("1.95.0"));
        assert_eq!(channel_in("[toolchain]\nprofile = \"minimal\"\n"), None);
    }

    #[test]
    fn a_missing_and_a_failing_program_both_say_so() {
        let machine = Machine::planted(Platform::Other);
        let missing = machine.ask("no-such-program-here", &[]).expect_err("it does not exist");
        assert!(missing.contains("cannot be started"), "{missing}");
        let failing = machine.ask("sh", &["-c", "echo broken >&2; exit 3"]).expect_err("it fails");
        assert_eq!(failing, "sh failed: broken");
        let reading = machine.ask_with_input("cat", &[], "tea").expect("it works");
        assert_eq!(reading, "tea");
    }

    #[test]
    fn a_folder_to_come_is_judged_by_its_parent() {
        let temporary = std::env::temp_dir();
        assert_eq!(nearest_existing(&temporary.join("not-there-yet/target")), Some(temporary));
    }
}

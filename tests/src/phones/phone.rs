//! A phone: a home folder, and one process for each command.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use serde_json::Value;

use super::process::{Ended, Running};
use super::programs::phone_program;
use super::reply::{Reply, text};
use super::shell::Shell;

/// The day on which tests happen.
pub const TODAY: &str = "2026-03-14";
const NOW: &str = "2026-03-14T12:00:00Z";
/// Where a passphrase is told.
const PASSPHRASE: &str = "AMENDS_TEST_PASSPHRASE";
/// A second phone of the same owner has the same clock and its own folder.
const HOME: &str = "home";

/// See the module's documentation.
#[derive(Debug, Clone)]
pub struct Phone {
    /// What its owner is called.
    pub name: String,
    folder: PathBuf,
    passphrase: Option<String>,
    now: String,
    /// No file may grow beyond so many bytes.
    file_bytes_max: Option<u64>,
}

impl Phone {
    /// A phone whose home, and what lies beside it, are in `folder`. There is no home in it yet.
    pub fn new(name: &str, folder: &Path) -> Self {
        fs::create_dir_all(folder).expect("a folder can be made");
        Self {
            name: name.to_owned(),
            folder: folder.to_owned(),
            passphrase: None,
            now: NOW.to_owned(),
            file_bytes_max: None,
        }
    }

    /// The same phone asked with a passphrase.
    #[must_use]
    pub fn with_passphrase(&self, passphrase: &str) -> Self {
        Self { passphrase: Some(passphrase.to_owned()), ..self.clone() }
    }

    /// The same phone with another time on its clock.
    #[must_use]
    pub fn at(&self, now: &str) -> Self {
        Self { now: now.to_owned(), ..self.clone() }
    }

    /// The same phone, on a disk with room for files of so many bytes.
    #[must_use]
    pub fn with_room(&self, file_bytes_max: u64) -> Self {
        Self { file_bytes_max: Some(file_bytes_max), ..self.clone() }
    }

    /// Everything that this phone keeps on disk, key and counter included.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The home alone: what a backup holds.
    pub fn home(&self) -> PathBuf {
        self.folder.join(HOME)
    }

    /// Makes its member and device.
    #[track_caller]
    pub fn init(&self) -> Value {
        self.ask(&["init", "--name", &self.name])
    }

    /// Runs a command that must succeed, and takes its result.
    #[track_caller]
    pub fn ask(&self, arguments: &[&str]) -> Value {
        self.run(arguments).ok().clone()
    }

    /// Runs a command that makes something, and takes its id.
    #[track_caller]
    pub fn make(&self, arguments: &[&str]) -> String {
        text(&self.ask(arguments), "id")
    }

    /// Runs a command that must be refused with this exit code and error code.
    #[track_caller]
    pub fn refuses(&self, arguments: &[&str], exit: i32, code: &str) {
        self.run(arguments).refused(exit, code);
    }

    /// Sends and reads everything.
    #[track_caller]
    pub fn sync(&self) {
        self.ask(&["sync", "--timeout", "60"]);
    }

    /// What it shows of an entry.
    #[track_caller]
    pub fn show(&self, id: &str) -> Value {
        self.ask(&["show", id])
    }

    /// Asserts that every signature and chain holds and nothing was set aside.
    #[track_caller]
    pub fn verify(&self) {
        let report = self.ask(&["verify"]);
        for key in ["broken", "missing", "forks"] {
            assert_eq!(report[key], 0, "{}: {report}", self.name);
        }
        let status = self.ask(&["status"]);
        assert_eq!(status["quarantine"], 0, "{}: {status}", self.name);
    }

    /// Runs a command to its end.
    pub fn run(&self, arguments: &[&str]) -> Reply {
        self.start(arguments).finish()
    }

    /// Runs a command to its end as a person would see it.
    pub fn screen(&self, arguments: &[&str]) -> String {
        let mut command = Command::new(phone_program());
        command.env_clear().env("TZ", "UTC").arg("--home").arg(self.home()).args(["--now", &self.now]).args(arguments);
        Running::start(command).finish().lines.join("\n")
    }

    /// Starts a command that is talked with while it runs.
    pub fn start(&self, arguments: &[&str]) -> Conversation {
        let mut command = match self.file_bytes_max {
            None => Command::new(phone_program()),
            Some(bytes) => limited(bytes),
        };
        command.env_clear().env("TZ", "UTC").arg("--home").arg(self.home()).args(["--json", "--now", &self.now]);
        if let Some(passphrase) = &self.passphrase {
            command.env(PASSPHRASE, passphrase).args(["--passphrase-env", PASSPHRASE]);
        }
        command.args(arguments);
        Conversation { running: Running::start(command) }
    }

    /// Starts a process that takes many commands.
    pub fn shell(&self) -> Shell {
        Shell::new(self.start(&["shell"]))
    }

    /// A copy of the home as it is now, without key and counter: a backup.
    pub fn back_up(&self, to: &Path) {
        copy_folder(&self.home(), to);
    }

    /// Puts a backup in place of the home.
    pub fn restore(&self, from: &Path) {
        fs::remove_dir_all(self.home()).expect("the home can be removed");
        copy_folder(from, &self.home());
    }

    /// The same phone, whole, at another place.
    pub fn copy_to(&self, folder: &Path) -> Self {
        copy_folder(&self.folder, folder);
        Self { folder: folder.to_owned(), ..self.clone() }
    }
}

/// The phone under a shell's limit on the size of files, in units of 512 bytes: to write beyond it is an error.
fn limited(file_bytes_max: u64) -> Command {
    let mut command = Command::new("/bin/sh");
    let script = format!("trap '' XFSZ; ulimit -f {} && exec \"$0\" \"$@\"", file_bytes_max / 512);
    command.args(["-c", &script]).arg(phone_program());
    command
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder can be made");
    for entry in fs::read_dir(from).expect("the folder can be read") {
        let entry = entry.expect("the folder can be read");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("the file can be copied");
        }
    }
}

/// A command that prints events and reads lines.
pub struct Conversation {
    pub(super) running: Running,
}

impl Conversation {
    /// The next event called `name`, passing over others.
    #[track_caller]
    pub fn event(&mut self, name: &str) -> Value {
        loop {
            let Some(object) = self.object() else {
                panic!("{} ended before {name:?}: {}", self.running.what(), self.running.complaints())
            };
            assert!(object["error"].is_null(), "{}: {object} instead of {name:?}", self.running.what());
            if object["event"] == name {
                return object;
            }
        }
    }

    /// The next object; none at the end.
    pub(super) fn object(&mut self) -> Option<Value> {
        self.running.line().map(|line| parsed(&line))
    }

    /// Types a line.
    pub fn say(&mut self, line: &str) {
        self.running.say(line);
    }

    /// Ends its stdin, waits for its end and takes what was printed since the last event.
    pub fn finish(self) -> Reply {
        let what = self.running.what().to_owned();
        reply(what, self.running.finish())
    }

    /// Waits until it ends by itself, while its owner still sits at the keyboard.
    pub fn wait(self) -> Reply {
        let what = self.running.what().to_owned();
        reply(what, self.running.wait())
    }

    /// Ends it as a crash would at `instant`, unless it ended before, and takes what was printed since the last event.
    pub fn kill_at(mut self, instant: Instant) -> Vec<Value> {
        let printed: Vec<Value> =
            std::iter::from_fn(|| self.running.line_before(instant)).map(|line| parsed(&line)).collect();
        printed.into_iter().chain(self.kill()).collect()
    }

    /// Ends it as a crash would, and takes what was printed since the last event.
    pub fn kill(self) -> Vec<Value> {
        self.running.kill().lines.iter().map(|line| parsed(line)).collect()
    }
}

fn reply(what: String, ended: Ended) -> Reply {
    let objects = ended.lines.iter().map(|line| parsed(line)).collect();
    Reply { code: ended.code, objects, complaints: ended.complaints, what }
}

/// Every line is whole, even of a phone that was killed: it prints a line at once or not at all.
pub(super) fn parsed(line: &str) -> Value {
    serde_json::from_str(line).unwrap_or_else(|error| panic!("{line:?} is not JSON: {error}"))
}

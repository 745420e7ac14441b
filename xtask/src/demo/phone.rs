//! A phone: a home folder, and one process for each command.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use super::interface;
use super::process::Running;
use super::scratch::Scratch;
use crate::failure::{Context, Failure};

/// The longest that any one command may take: a safety net, far above what any needs.
const COMMAND_MAX: Duration = Duration::from_secs(20);

pub(super) struct Phone {
    pub(super) name: &'static str,
    program: PathBuf,
    folder: PathBuf,
}

/// What a command printed and how it ended.
pub(super) struct Reply {
    pub(super) code: i32,
    pub(super) raw: String,
    pub(super) objects: Vec<Value>,
}

impl Phone {
    /// A phone whose home, and what lies beside it, are in a folder of their own.
    pub(super) fn new(name: &'static str, program: &Path, scratch: &Scratch) -> Result<Self, Failure> {
        let folder = scratch.folder(&name.to_lowercase())?;
        Ok(Self { name, program: program.to_owned(), folder })
    }

    /// All that this phone keeps on disk.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Runs a command that must succeed.
    pub(super) fn ask(&self, arguments: &[&str]) -> Result<Reply, Failure> {
        let reply = self.attempt(arguments)?;
        if reply.code == 0 {
            return Ok(reply);
        }
        let line = arguments.join(" ");
        Err(Failure::new(format!("{}: phone {line} ended with {}:\n{}", self.name, reply.code, reply.raw)))
    }

    /// Runs a command that may be refused.
    pub(super) fn attempt(&self, arguments: &[&str]) -> Result<Reply, Failure> {
        self.start(arguments)?.finish()
    }

    /// What a command shows to people.
    pub(super) fn screen(&self, arguments: &[&str]) -> Result<String, Failure> {
        let ended = Running::start(self.command(&[], arguments), COMMAND_MAX)?.finish()?;
        if ended.code == 0 {
            return Ok(ended.lines.join("\n"));
        }
        let line = arguments.join(" ");
        Err(Failure::new(format!("{}: phone {line} ended with {}{}", self.name, ended.code, ended.complaints)))
    }

    /// Starts a command that is talked with while it runs.
    pub(super) fn start(&self, arguments: &[&str]) -> Result<Conversation, Failure> {
        let running = Running::start(self.command(&["--json"], arguments), COMMAND_MAX)?;
        Ok(Conversation { name: self.name, running })
    }

    fn command(&self, options: &[&str], arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.arg("--home").arg(self.folder.join("home")).args(options).args(arguments);
        // Days are named in the couple's home zone; with this the story's day is the same wherever it is told.
        command.env("TZ", "UTC");
        command
    }
}

/// A command that prints events and reads codes.
pub(super) struct Conversation {
    name: &'static str,
    running: Running,
}

impl Conversation {
    /// The next event called `event`, passing over others.
    pub(super) fn event(&mut self, event: &str) -> Result<Value, Failure> {
        let awaited = format!("the event {event:?}");
        loop {
            let line = self.running.line(&awaited)?;
            let object: Value =
                serde_json::from_str(&line).context(|| format!("{}: {line:?} is not JSON", self.name))?;
            if let Some(error) = object.get(interface::ERROR) {
                return Err(Failure::new(format!("{}: {error} instead of {awaited}", self.name)));
            }
            if interface::event_name(&object) == Some(event) {
                return Ok(object);
            }
        }
    }

    pub(super) fn say(&mut self, line: &str) -> Result<(), Failure> {
        self.running.say(line)
    }

    /// Waits for the end and takes what was printed since the last event.
    pub(super) fn finish(self) -> Result<Reply, Failure> {
        let ended = self.running.finish()?;
        let mut objects = Vec::new();
        for line in ended.lines.iter().filter(|line| !line.trim().is_empty()) {
            objects.push(serde_json::from_str(line).context(|| format!("{}: {line:?} is not JSON", self.name))?);
        }
        let raw = format!("{}{}", ended.lines.join("\n"), ended.complaints);
        Ok(Reply { code: ended.code, raw, objects })
    }
}

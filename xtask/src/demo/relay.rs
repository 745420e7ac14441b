//! The relay: a process that comes and goes, at a new port each time, behind the tap.

use std::fs::{File, OpenOptions};
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::process::Running;
use super::scratch::Scratch;
use super::tap::Tap;
use crate::failure::{Context, Failure};

/// How long the relay may run in all, which bounds the demo.
const RUN_MAX: Duration = Duration::from_secs(300);
/// How long it may take to end by itself.
const STOP_MAX: Duration = Duration::from_secs(5);
/// A port that was free a moment ago may be taken by someone else.
const STARTS_MAX: u32 = 3;

pub(super) struct Relay {
    program: PathBuf,
    /// What the relay keeps, and what it says.
    folder: PathBuf,
    tap: Tap,
    running: Option<Running>,
}

impl Relay {
    pub(super) fn new(program: &Path, scratch: &Scratch) -> Result<Self, Failure> {
        let (program, folder) = (program.to_owned(), scratch.folder("relay")?);
        Ok(Self { program, folder, tap: Tap::open()?, running: None })
    }

    /// All that the relay has on disk, its log included.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn tap(&self) -> &Tap {
        &self.tap
    }

    /// Starts it and returns the link under which phones find it, once it accepts.
    pub(super) fn start(&mut self) -> Result<String, Failure> {
        let mut last = Failure::new("the relay was not started");
        for _ in 0..STARTS_MAX {
            let address = free_address().context(|| "looking for a free port".into())?;
            match self.start_at(address) {
                Ok(link) => return Ok(link),
                Err(failure) => last = failure,
            }
        }
        Err(last)
    }

    fn start_at(&mut self, address: SocketAddr) -> Result<String, Failure> {
        let mut command = Command::new(&self.program);
        command.args(["serve", "--data"]).arg(self.folder.join("data"));
        command.args(["--listen", &address.to_string(), "--public", &self.tap.address().to_string()]);
        let mut running = Running::start_with_log(command, RUN_MAX, Some(self.log()?))?;
        let link = loop {
            let line = running.line("the line that says the relay is ready")?;
            if let Some(link) = line.trim().strip_prefix("relay ready: ") {
                break link.to_owned();
            }
        };
        running.ignore_output();
        self.tap.point_at(Some(address));
        self.running = Some(running);
        Ok(link)
    }

    /// Stops it; whether it went by itself when asked.
    pub(super) fn stop(&mut self) -> Result<bool, Failure> {
        self.tap.point_at(None);
        match self.running.take() {
            Some(running) => running.stop(STOP_MAX),
            None => Err(Failure::new("the relay is not running")),
        }
    }

    fn log(&self) -> Result<File, Failure> {
        let path = self.folder.join("log.txt");
        OpenOptions::new().create(true).append(true).open(&path).context(|| path.display().to_string())
    }
}

fn free_address() -> std::io::Result<SocketAddr> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}

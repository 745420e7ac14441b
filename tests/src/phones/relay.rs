//! A relay: a process that comes and goes under one address.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::process::Running;
use super::programs::relay_program;
use super::tap::Tap;

/// Tests come from one address and are many; a deleted record is gone at once.
const CONFIG: &str = "[limits]\nper_address = false\n";

/// See the module's documentation.
pub struct Relay {
    folder: PathBuf,
    tap: Tap,
    running: Option<Running>,
    address: String,
}

impl Relay {
    /// Starts a relay whose data lie in `folder`.
    pub fn start(folder: &Path) -> Self {
        Self::start_with(folder, CONFIG)
    }

    /// The same with a configuration of its own.
    pub fn start_with(folder: &Path, config: &str) -> Self {
        fs::create_dir_all(folder).expect("a folder can be made");
        let mut relay = Self { folder: folder.to_owned(), tap: Tap::open(), running: None, address: String::new() };
        relay.configure(config);
        relay.start_again();
        relay
    }

    /// Gives it another configuration for its next start.
    pub fn configure(&self, config: &str) {
        fs::write(self.folder.join("config.toml"), config).expect("a file can be written");
    }

    /// What phones are told: the tap's address, and the relay's pin.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What the relay keeps.
    pub fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The wire.
    pub fn tap(&self) -> &Tap {
        &self.tap
    }

    /// Starts it where it was, on a new port behind the same address.
    pub fn start_again(&mut self) {
        assert!(self.running.is_none(), "the relay runs");
        let mut running = Running::start(self.command());
        let link = loop {
            let Some(line) = running.line() else { panic!("the relay is not ready: {}", running.complaints()) };
            if let Some(link) = line.strip_prefix("relay ready: ") {
                break link.trim().to_owned();
            }
        };
        let rest = link.strip_prefix("amends-relay://").expect("it prints its link");
        let (place, pin) = rest.split_once("/#").expect("the link has a pin");
        let place: SocketAddr = place.parse().expect("it listens on a loopback address");
        self.address = format!("amends-relay://{}/#{pin}", self.tap.address());
        self.running = Some(running);
        self.tap.point_at(Some(place));
    }

    fn command(&self) -> Command {
        let mut command = Command::new(relay_program());
        command.env_clear().args(["serve", "--listen", "127.0.0.1:0", "--data"]).arg(self.data());
        command.arg("--config").arg(self.folder.join("config.toml"));
        command
    }

    /// Asks it to stop, and waits until it did.
    #[track_caller]
    pub fn stop(&mut self) {
        self.tap.point_at(None);
        let ended = self.running.take().expect("the relay runs").stop();
        assert_eq!(ended.code, Some(0), "the relay did not stop as asked: {}", ended.complaints);
    }

    /// Ends it as a crash would.
    pub fn kill(&mut self) {
        let ended = self.running.take().expect("the relay runs").kill();
        assert_eq!(ended.code, None, "the relay ended by itself: {}", ended.complaints);
        self.tap.point_at(None);
    }

    /// A relay that lost everything but its identity.
    pub fn lose_boxes(&mut self) {
        self.stop();
        self.start_without_boxes();
    }

    /// The exit code of a relay that can't start where it was.
    pub fn refuses_to_start(&mut self) -> Option<i32> {
        Running::start(self.command()).finish().code
    }

    /// Starts a stopped relay with nothing but its identity left.
    pub fn start_without_boxes(&mut self) {
        for entry in fs::read_dir(self.data()).expect("the relay has a folder") {
            let path = entry.expect("the folder can be read").path();
            if path.file_name().is_some_and(|name| name != "identity.pem") {
                fs::remove_file(path).expect("it can be deleted");
            }
        }
        self.start_again();
    }
}

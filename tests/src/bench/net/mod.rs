//! Figures over the network: relays and floors run in processes of their own, on the same kind of runtime.

mod floor;
mod memory;
mod relay;
mod visible;
mod wire;

pub(super) use floor::serve;
pub(super) use memory::memory;
pub(super) use relay::{append, throughput};
pub(super) use visible::visible;

use amends_protocol::RelayAddress;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use tempfile::TempDir;

/// The argument that makes this program a server; see [`floor::serve`].
pub(super) const SERVE: &str = "--serve";

/// A server in a process of its own, gone when this is dropped.
struct Server {
    child: Child,
    address: RelayAddress,
    _folder: TempDir,
}

impl Server {
    /// Starts this program as a server of that kind.
    fn start(kind: &str) -> Self {
        let folder = TempDir::with_prefix("amends-bench-").expect("a temporary folder");
        let program = std::env::current_exe().expect("this program");
        let mut command = Command::new(program);
        command.arg(SERVE).arg(kind).arg(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the server starts");
        let output = child.stdout.take().expect("the server's output");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("the server says where it is");
        let address = line.trim().parse().expect("an address");
        Self { child, address, _folder: folder }
    }

    /// Bytes of memory that the process has in use.
    fn memory(&self) -> f64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib: f64 = line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(f64::NAN);
        kib * 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It ends with its input; a server that does not is ended.
        drop(self.child.stdin.take());
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The runtime of a phone or a floor: one thread.
fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

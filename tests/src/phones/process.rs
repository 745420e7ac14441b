//! A program that runs beside the test, read line by line and never waited for without an end.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

/// The longest that any one program may run: a safety net, far above what any needs, with debug builds on a busy machine.
const RUN_MAX: Duration = Duration::from_secs(120);
/// Lines that may wait to be read before the program is held up.
const LINES_WAITING_MAX: usize = 16 * 1024;

/// A program that was started.
pub struct Running {
    what: String,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    complaints: Arc<Mutex<String>>,
    complaining: Option<JoinHandle<()>>,
    deadline: Instant,
}

/// How a program ended, and the lines that nobody had read before.
#[derive(Debug)]
pub(super) struct Ended {
    /// None when a signal ended it.
    pub(super) code: Option<i32>,
    pub(super) lines: Vec<String>,
    pub(super) complaints: String,
}

impl Running {
    /// Starts a program with nothing of this process's environment but what `command` sets.
    pub(super) fn start(mut command: Command) -> Self {
        let what = describe(&command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{what} can't be started: {error}"));
        let (sender, lines) = sync_channel(LINES_WAITING_MAX);
        let stdout = child.stdout.take().expect("stdout is a pipe");
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                // Nobody listens any more once the program was given up; it must not be held up even so.
                let _ = sender.send(String::from_utf8_lossy(&line).into_owned());
            }
        });
        let complaints = Arc::new(Mutex::new(String::new()));
        let kept = Arc::clone(&complaints);
        let mut stderr = child.stderr.take().expect("stderr is a pipe");
        let complaining = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length @ 1..) = stderr.read(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..length]);
                kept.lock().unwrap_or_else(PoisonError::into_inner).push_str(&text);
            }
        });
        let (stdin, complaining) = (child.stdin.take(), Some(complaining));
        Self { what, child, stdin, lines, complaints, complaining, deadline: Instant::now() + RUN_MAX }
    }

    /// The next line of its output, or none at its end.
    pub(super) fn line(&mut self) -> Option<String> {
        match self.lines.recv_timeout(self.left()) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => self.too_late("a line"),
        }
    }

    /// The next line before `instant`, if one comes.
    pub(super) fn line_before(&mut self, instant: Instant) -> Option<String> {
        self.lines.recv_timeout(instant.saturating_duration_since(Instant::now())).ok()
    }

    /// Types a line into its stdin. A program that no longer reads is no error here: it says itself why.
    pub(super) fn say(&mut self, line: &str) {
        if let Some(stdin) = &mut self.stdin {
            let _ = writeln!(stdin, "{line}").and_then(|()| stdin.flush());
        }
    }

    /// Closes its stdin and waits until it ends by itself.
    pub(super) fn finish(mut self) -> Ended {
        drop(self.stdin.take());
        self.ended()
    }

    /// Waits until it ends by itself, its stdin still open.
    pub(super) fn wait(mut self) -> Ended {
        self.ended()
    }

    /// Ends it as a crash would, at once, and takes what it had printed.
    pub(super) fn kill(mut self) -> Ended {
        // Gone already is as good.
        let _ = self.child.kill();
        self.ended()
    }

    /// Asks it to end and waits until it did.
    pub(super) fn stop(self) -> Ended {
        if let Some(pid) = Pid::from_raw(self.child.id().cast_signed()) {
            // Gone already is as good.
            let _ = kill_process(pid, Signal::TERM);
        }
        self.finish()
    }

    fn ended(&mut self) -> Ended {
        let lines = std::iter::from_fn(|| self.line()).collect();
        let status = self.child.wait().unwrap_or_else(|error| panic!("{}: {error}", self.what));
        if let Some(complaining) = self.complaining.take() {
            let _ = complaining.join();
        }
        Ended { code: status.code(), lines, complaints: self.complaints() }
    }

    /// What it said on stderr so far.
    pub(super) fn complaints(&self) -> String {
        self.complaints.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The command line, for people.
    pub(super) fn what(&self) -> &str {
        &self.what
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn too_late(&self, awaited: &str) -> ! {
        panic!("{}: {} s were not enough for {awaited}; it said:\n{}", self.what, RUN_MAX.as_secs(), self.complaints())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Whatever the test did, nothing stays behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program's own name and its arguments, without the path it lies at.
fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}

//! A program that runs beside us, read line by line and never waited for without an end.
//!
//! The deadline is a safety net: what is waited for is always a line or the end of the program.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::failure::{Context, Failure};

/// Lines that may wait to be read before the program is held up.
const LINES_WAITING_MAX: usize = 1024;
/// How much of a program's complaints is kept, the newest.
const COMPLAINT_BYTES_MAX: usize = 8 * 1024;

pub(super) struct Running {
    /// The command line, for people.
    what: String,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    complaints: Arc<Mutex<VecDeque<u8>>>,
    deadline: Instant,
    allowed: Duration,
}

/// How a program ended, and the lines that nobody had read before.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) code: i32,
    pub(super) lines: Vec<String>,
    pub(super) complaints: String,
}

impl Running {
    /// Starts `command`, which has `allowed` to come to its end.
    pub(super) fn start(command: Command, allowed: Duration) -> Result<Self, Failure> {
        Self::start_with_log(command, allowed, None)
    }

    /// The same; what it says on stderr is also written to `log`.
    pub(super) fn start_with_log(mut command: Command, allowed: Duration, log: Option<File>) -> Result<Self, Failure> {
        let what = describe(&command);
        let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().context(|| what.clone())?;
        let (sender, lines) = sync_channel(LINES_WAITING_MAX);
        let complaints = Arc::new(Mutex::new(VecDeque::new()));
        if let Some(stdout) = child.stdout.take() {
            std::thread::spawn(move || {
                for line in BufReader::new(stdout).split(b'\n').map_while(Result::ok) {
                    let line = String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned();
                    // Nobody listens any more once the program was given up.
                    let _ = sender.send(line);
                }
            });
        }
        if let Some(stderr) = child.stderr.take() {
            let complaints = Arc::clone(&complaints);
            std::thread::spawn(move || keep_newest(stderr, &complaints, log));
        }
        let stdin = child.stdin.take();
        Ok(Self { what, child, stdin, lines, complaints, deadline: Instant::now() + allowed, allowed })
    }

    /// The next line of its output.
    pub(super) fn line(&mut self, awaited: &str) -> Result<String, Failure> {
        match self.lines.recv_timeout(self.left()) {
            Ok(line) => Ok(line),
            Err(RecvTimeoutError::Timeout) => Err(self.too_late(awaited)),
            Err(RecvTimeoutError::Disconnected) => {
                let code = self.exit_code()?;
                let complaints = self.complaints();
                Err(Failure::new(format!("{} ended with {code} before {awaited}{complaints}", self.what)))
            }
        }
    }

    /// Types a line into its stdin.
    pub(super) fn say(&mut self, line: &str) -> Result<(), Failure> {
        let what = &self.what;
        let stdin = self.stdin.as_mut().ok_or_else(|| Failure::new(format!("{what} no longer reads")))?;
        writeln!(stdin, "{line}").and_then(|()| stdin.flush()).context(|| format!("typing into {what}"))
    }

    /// Closes its stdin and waits until it ends by itself.
    pub(super) fn finish(mut self) -> Result<Ended, Failure> {
        drop(self.stdin.take());
        let mut lines = Vec::new();
        loop {
            match self.lines.recv_timeout(self.left()) {
                Ok(line) => lines.push(line),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => return Err(self.too_late("its end")),
            }
        }
        let code = self.exit_code()?;
        let complaints = self.complaints();
        Ok(Ended { code, lines, complaints })
    }

    /// From now on its output is read and thrown away, so that it is never held up by it.
    pub(super) fn ignore_output(&mut self) {
        let (_, nothing) = sync_channel(1);
        let lines = std::mem::replace(&mut self.lines, nothing);
        std::thread::spawn(move || lines.into_iter().for_each(drop));
    }

    /// Asks it to end, and after `patience` ends it. Whether it went by itself.
    pub(super) fn stop(mut self, patience: Duration) -> Result<bool, Failure> {
        // The standard library sends no gentler signal than the last one; every shell has `kill` built in.
        let ask = format!("kill -TERM {}", self.child.id());
        let asked = Command::new("sh").args(["-c", &ask]).stdin(Stdio::null()).status();
        self.deadline = Instant::now() + patience;
        let went = asked.is_ok_and(|status| status.success()) && self.exit_code().is_ok();
        Ok(went)
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    fn exit_code(&mut self) -> Result<i32, Failure> {
        loop {
            if let Some(status) = self.child.try_wait().context(|| self.what.clone())? {
                // No code means that a signal ended it; -1 is no code of ours.
                return Ok(status.code().unwrap_or(-1));
            }
            if self.left().is_zero() {
                return Err(self.too_late("its end"));
            }
            pause();
        }
    }

    fn too_late(&self, awaited: &str) -> Failure {
        let seconds = self.allowed.as_secs_f64();
        let complaints = self.complaints();
        Failure::new(format!("{}: waited {seconds:.0} s for {awaited}{complaints}", self.what))
    }

    fn complaints(&self) -> String {
        let kept = self.complaints.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = kept.iter().copied().collect();
        match String::from_utf8_lossy(&bytes).trim() {
            "" => String::new(),
            text => format!("; it said:\n{text}"),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !matches!(self.child.try_wait(), Ok(Some(_))) {
            // It was given up, or the demo was: nothing may stay behind.
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// The end of a program has no event in the standard library.
#[expect(clippy::disallowed_methods, reason = "there is no waiting for a process with a deadline but by looking")]
fn pause() {
    std::thread::sleep(Duration::from_millis(2));
}

fn keep_newest(mut stderr: impl Read, kept: &Mutex<VecDeque<u8>>, mut log: Option<File>) {
    let mut buffer = [0; 1024];
    while let Ok(length @ 1..) = stderr.read(&mut buffer) {
        if let Some(log) = &mut log {
            // A log that cannot be written must not hold up the program.
            let _ = log.write_all(&buffer[..length]);
        }
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend(&buffer[..length]);
        let excess = kept.len().saturating_sub(COMPLAINT_BYTES_MAX);
        kept.drain(..excess);
    }
}

/// The program's own name and its arguments, without the path it lies at.
fn describe(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let name = program.file_name().unwrap_or(command.get_program()).to_string_lossy().into_owned();
    let arguments = command.get_args().map(|argument| argument.to_string_lossy().into_owned());
    std::iter::once(name).chain(arguments).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str, allowed: Duration) -> Running {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        Running::start(command, allowed).expect("sh is there")
    }

    const PLENTY: Duration = Duration::from_secs(20);

    #[test]
    fn lines_go_both_ways_and_the_rest_comes_with_the_end() {
        let mut running = shell("echo one; read answer; echo got $answer; echo last; exit 3", PLENTY);
        assert_eq!(running.line("the first line").expect("it speaks"), "one");
        running.say("two").expect("it reads");
        assert_eq!(running.line("the answer").expect("it speaks"), "got two");
        let ended = running.finish().expect("it ends");
        assert_eq!((ended.code, ended.lines), (3, vec!["last".to_owned()]));
    }

    #[test]
    fn a_program_that_hangs_is_given_up_with_a_reason() {
        let mut running = shell("exec cat", Duration::from_millis(200));
        let failure = running.line("a greeting").expect_err("it says nothing");
        assert!(failure.to_string().contains("for a greeting"), "{failure}");
    }

    #[test]
    fn a_program_that_ends_early_says_why() {
        let mut running = shell("echo broken >&2; exit 7", PLENTY);
        let failure = running.line("anything").expect_err("it says nothing").to_string();
        assert!(failure.contains("ended with 7 before anything"), "{failure}");
    }

    #[test]
    fn a_program_is_stopped_gently_or_not() {
        let mut gentle = shell("trap 'exit 0' TERM; echo up; while :; do read line || exit 1; done", PLENTY);
        gentle.line("its trap").expect("it speaks");
        assert!(gentle.stop(PLENTY).expect("it stops"));
        let mut stubborn = shell("trap '' TERM; echo up; exec cat", PLENTY);
        stubborn.line("its trap").expect("it speaks");
        assert!(!stubborn.stop(Duration::from_millis(100)).expect("it is stopped"));
    }

    #[test]
    fn much_output_that_nobody_wants_holds_nothing_up() {
        let mut running = shell("i=0; while [ $i -lt 5000 ]; do echo $i; i=$((i+1)); done; exit 0", PLENTY);
        running.ignore_output();
        assert_eq!(running.exit_code().expect("it ends"), 0);
    }
}

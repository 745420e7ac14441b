//! Tells outcomes: one JSON object per line, or text for people.

use super::failure::Failure;
use super::text;
use serde_json::{Value, json};
use std::io::Write;

/// Writes to stdout, one whole line or text at a time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Printer {
    json: bool,
}

impl Printer {
    pub(crate) fn new(json: bool) -> Self {
        Self { json }
    }

    pub(crate) fn is_json(self) -> bool {
        self.json
    }

    /// A command's result.
    pub(crate) fn result(self, value: &Value) {
        if self.json { line(value) } else { write(&text::result(value)) }
    }

    /// A result that people see as a screen of its own.
    pub(crate) fn screen(self, value: &Value, screen: impl FnOnce(&Value) -> String) {
        if self.json { line(value) } else { write(&screen(value)) }
    }

    /// Something that happens while a command runs.
    pub(crate) fn event(self, value: &Value) {
        if self.json { line(value) } else { write(&text::event(value)) }
    }

    /// A failure; for people on stderr.
    pub(crate) fn failure(self, failure: &Failure) {
        if self.json {
            line(&json!({ "error": { "code": failure.code, "detail": failure.detail } }));
        } else {
            complain(&format!("{} ({})", failure.detail, failure.code));
        }
    }

    /// A text that is a result as it stands.
    pub(crate) fn text(self, key: &str, whole: &str) {
        if self.json { line(&json!({ key: whole })) } else { write(whole) }
    }

    /// Help was asked for by a person, in whatever mode.
    pub(crate) fn help(self, whole: &str) {
        write(whole);
    }
}

fn line(value: &Value) {
    write(&format!("{value}\n"));
}

/// Whoever stopped reading does not get the rest; what was done stays done.
fn write(whole: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = stdout.write_all(whole.as_bytes()).and_then(|()| stdout.flush());
}

/// A line on stderr.
pub(crate) fn complain(line: &str) {
    let _ = writeln!(std::io::stderr().lock(), "phone: {}", text::shown(line));
}

//! One process of a phone that takes many commands.

use std::time::Instant;

use serde_json::Value;

use super::phone::{Conversation, parsed};
use super::reply::Reply;

/// See the module's documentation.
pub struct Shell {
    conversation: Conversation,
}

impl Shell {
    pub(super) fn new(conversation: Conversation) -> Self {
        Self { conversation }
    }

    /// Types a command without waiting for what comes of it.
    pub fn type_in(&mut self, arguments: &[&str]) {
        let line: Vec<String> = arguments.iter().map(|argument| quoted(argument)).collect();
        self.conversation.say(&line.join(" "));
    }

    /// The next result or error, passing over events; none when the shell ended.
    pub fn answer(&mut self) -> Option<Value> {
        std::iter::from_fn(|| self.conversation.object()).find(|object| object["event"].is_null())
    }

    /// The next result or error before `instant`.
    pub fn answer_before(&mut self, instant: Instant) -> Option<Value> {
        let lines = std::iter::from_fn(|| self.conversation.running.line_before(instant));
        lines.map(|line| parsed(&line)).find(|object| object["event"].is_null())
    }

    /// Runs a command that must succeed.
    #[track_caller]
    pub fn ask(&mut self, arguments: &[&str]) -> Value {
        self.type_in(arguments);
        let answer = self.answer().unwrap_or_else(|| panic!("the shell ended at {arguments:?}"));
        assert!(answer["error"].is_null(), "{arguments:?}: {answer}");
        answer
    }

    /// Runs a command that must be refused with this error code.
    #[track_caller]
    pub fn refuses(&mut self, arguments: &[&str], code: &str) {
        self.type_in(arguments);
        let answer = self.answer().unwrap_or_else(|| panic!("the shell ended at {arguments:?}"));
        assert_eq!(answer["error"]["code"], code, "{arguments:?}: {answer}");
    }

    /// The next event called `name`.
    #[track_caller]
    pub fn event(&mut self, name: &str) -> Value {
        self.conversation.event(name)
    }

    /// Ends its stdin and waits for its end.
    pub fn finish(self) -> Reply {
        self.conversation.finish()
    }

    /// Ends it as a crash would; what it had printed and nobody had read, results and errors only.
    pub fn kill(self) -> Vec<Value> {
        self.conversation.kill().into_iter().filter(|object| object["event"].is_null()).collect()
    }
}

fn quoted(argument: &str) -> String {
    assert!(!argument.contains('\n'), "a line of the shell is a line");
    format!("'{}'", argument.replace('\'', r"'\''"))
}

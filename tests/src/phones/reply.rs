//! What a command printed and how it ended.

use serde_json::Value;

/// The phone's exit codes.
pub mod exit {
    /// Asked for what there is not, or in the wrong way.
    pub const USAGE: i32 = 2;
    /// No such thing.
    pub const NOT_FOUND: i32 = 3;
    /// A rule refuses it.
    pub const REFUSED: i32 = 4;
    /// The relay is not reached; edits are kept.
    pub const UNREACHABLE: i32 = 5;
    /// Damaged, or not authentic.
    pub const DAMAGED: i32 = 6;
    /// A bug of the phone's.
    pub const BUG: i32 = 70;
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Reply {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// Every line of stdout, as JSON.
    pub objects: Vec<Value>,
    /// Stderr.
    pub complaints: String,
    pub(super) what: String,
}

impl Reply {
    /// The result of a command that must succeed.
    #[track_caller]
    pub fn ok(&self) -> &Value {
        assert_eq!(self.code, Some(0), "{self}");
        self.objects.last().unwrap_or_else(|| panic!("no result: {self}"))
    }

    /// The code of an error, if it ended with one.
    pub fn error(&self) -> Option<&str> {
        self.objects.last()?["error"]["code"].as_str()
    }

    /// Asserts that it was refused with this exit code and error code.
    #[track_caller]
    pub fn refused(&self, exit: i32, code: &str) {
        assert_eq!((self.code, self.error()), (Some(exit), Some(code)), "{self}");
    }

    /// Asserts that this is no bug: no panic, no exit code of one, no signal.
    #[track_caller]
    pub fn no_bug(&self) {
        assert!(self.code.is_some_and(|code| code != exit::BUG) && !self.complaints.contains("a bug"), "{self}");
    }
}

impl std::fmt::Display for Reply {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ended with {:?} and printed", self.what, self.code)?;
        for object in &self.objects {
            write!(f, "\n  {object}")?;
        }
        write!(f, "\n{}", self.complaints)
    }
}

/// The text at a key of an object.
#[track_caller]
pub fn text(object: &Value, key: &str) -> String {
    object[key].as_str().unwrap_or_else(|| panic!("no text {key:?} in {object}")).to_owned()
}

//! How a command fails: a code for programs, a detail for people, an exit code for scripts.

use amends_core::client::ClientError;
use amends_core::client::ErrorClass;
use std::borrow::Cow;

/// See the module's documentation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: Cow<'static, str>,
    pub(crate) detail: String,
    class: ErrorClass,
}

impl Failure {
    pub(crate) fn new(class: ErrorClass, code: impl Into<Cow<'static, str>>, detail: impl Into<String>) -> Self {
        Self { code: code.into(), detail: detail.into(), class }
    }

    pub(crate) fn usage(detail: impl Into<String>) -> Self {
        Self::new(ErrorClass::Usage, "usage", detail)
    }

    pub(crate) fn bug(detail: impl Into<String>) -> Self {
        Self::new(ErrorClass::Bug, "bug", detail)
    }

    pub(crate) fn exit(&self) -> u8 {
        match self.class {
            ErrorClass::Usage => 2,
            ErrorClass::NotFound => 3,
            ErrorClass::Refused | ErrorClass::Storage => 4,
            ErrorClass::Offline => 5,
            ErrorClass::Damaged => 6,
            _ => 70,
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let hint = if error.code() == "store_damaged" { ": `recover` makes the home sound again" } else { "" };
        Self::new(error.class(), error.code(), format!("{error}{hint}"))
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::bug(format!("a result can't be written as JSON: {error}"))
    }
}

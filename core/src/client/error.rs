//! Why the client could not do what it was asked.

use super::link::LinkError;
use super::vault::VaultError;
use crate::home::{ErrorClass, HomeError};
use crate::storage::StoreError;
use amends_protocol::ErrorCode;
use std::sync::Arc;

/// See the module's documentation. Never holds text a person wrote, an id or a key. Cheap to clone: one failure may be told to
/// several who wait.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The home refused, or its store failed.
    #[error(transparent)]
    Home(Arc<HomeError>),
    /// The key vault failed.
    #[error(transparent)]
    Vault(#[from] VaultError),
    /// The home's folder is there and its storage key is not.
    #[error("the home is there, but its storage key is not")]
    KeyMissing,
    /// The relay can't be reached, or no longer. Edits are kept.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The home knows no relay.
    #[error("this home knows no relay yet")]
    NoRelay,
    /// The relay will not take what this home has to send. Edits are kept.
    #[error("the relay will not take it: {0}")]
    Refused(ErrorCode),
    /// The relay was reached, but time was up before everything was sent and read. Edits are kept.
    #[error("time was up before everything was sent and read")]
    TimedOut,
    /// The client was stopped before it was done. Edits are kept.
    #[error("stopped before it was done")]
    Stopped,
    /// More wait for a sync than ever should.
    #[error("too many wait for a sync already")]
    TooManyWait,
    /// An earlier call panicked: what this process remembers of the home may be wrong. What is on disk is not.
    #[error("an earlier call failed badly: open the home again")]
    Poisoned,
}

impl ClientError {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Home(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::KeyMissing => "key_missing",
            Self::Link(error) => error.code(),
            Self::NoRelay => "no_relay",
            Self::Refused(code) => code.name(),
            Self::TimedOut => "timed_out",
            Self::Stopped => "stopped",
            Self::TooManyWait => "too_many_wait",
            Self::Poisoned => "bug",
        }
    }

    /// What a caller may do about it.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Home(error) => error.class(),
            Self::Vault(VaultError::Damaged) | Self::KeyMissing => ErrorClass::Damaged,
            Self::Vault(VaultError::PassphraseEmpty) => ErrorClass::Usage,
            Self::Vault(VaultError::Io(_) | VaultError::Key(_)) => ErrorClass::Storage,
            Self::Vault(_) | Self::NoRelay | Self::Refused(_) => ErrorClass::Refused,
            Self::Link(LinkError::WrongPin) => ErrorClass::Damaged,
            Self::Link(_) | Self::TimedOut | Self::Stopped => ErrorClass::Offline,
            Self::TooManyWait | Self::Poisoned => ErrorClass::Bug,
        }
    }
}

impl From<HomeError> for ClientError {
    fn from(error: HomeError) -> Self {
        Self::Home(Arc::new(error))
    }
}

impl From<StoreError> for ClientError {
    fn from(error: StoreError) -> Self {
        HomeError::from(error).into()
    }
}

//! Why the client could not do what it was asked.

use super::link::LinkError;
use super::vault::VaultError;
use crate::crypto::pairing::{self, AbortReason, PairingError};
use crate::crypto::words::WordsError;
use crate::home::BeginError;
use crate::home::{self, HomeError};
use crate::storage::StoreError;
use amends_protocol::ErrorCode;
use std::sync::Arc;

/// What a caller may do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// Ask differently.
    Usage,
    /// There is no such thing here.
    NotFound,
    /// A rule of the practice or of safety forbids it.
    Refused,
    /// The relay is not reached; what was done here is kept, and leaves later.
    Offline,
    /// Kept or received data are damaged or not authentic.
    Damaged,
    /// The phone's storage cannot take it now.
    Storage,
    /// Our bug.
    Bug,
}

impl From<home::ErrorClass> for ErrorClass {
    fn from(class: home::ErrorClass) -> Self {
        match class {
            home::ErrorClass::Usage => Self::Usage,
            home::ErrorClass::NotFound => Self::NotFound,
            home::ErrorClass::Refused => Self::Refused,
            home::ErrorClass::Damaged => Self::Damaged,
            home::ErrorClass::Storage => Self::Storage,
            home::ErrorClass::Bug => Self::Bug,
        }
    }
}

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
    /// The storage key opens nothing of the home: it is another home's.
    #[error("the storage key opens nothing of this home: it is another home's")]
    WrongKey,
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
    /// A text that is no invite's link.
    #[error(transparent)]
    InviteLink(#[from] pairing::LinkError),
    /// A text that is not an invite's words.
    #[error(transparent)]
    Words(#[from] WordsError),
    /// The relay has no invite of these words: they are wrong, or it is over.
    #[error("there is no invite of these words at this relay: they are wrong, or it is over")]
    NoInvite,
    /// The pairing ended without one; both can start again.
    #[error(transparent)]
    Pairing(#[from] PairingError),
    /// The other phone's confirmation has not arrived yet. It is waited for at every sync; another invite replaces the pairing.
    #[error(
        "the other phone's confirmation has not arrived yet: sync later to look again or, once the invite is over, join again \
         by another"
    )]
    PairingPending,
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
            Self::WrongKey => "wrong_key",
            Self::Link(error) => error.code(),
            Self::NoRelay => "no_relay",
            Self::Refused(code) => code.name(),
            Self::TimedOut => "timed_out",
            Self::InviteLink(_) => "invalid_link",
            Self::Words(_) => "invalid_words",
            Self::NoInvite => "no_invite",
            Self::Pairing(error) => pairing_code(error),
            Self::PairingPending => "pairing_pending",
            Self::Stopped => "stopped",
            Self::TooManyWait => "too_many_wait",
            Self::Poisoned => "bug",
        }
    }

    /// What the text of its code needs to know, by name.
    pub fn arguments(&self) -> Vec<(&'static str, u64)> {
        match self {
            Self::Home(error) => error.arguments(),
            _ => Vec::new(),
        }
    }

    /// What a caller may do about it.
    #[must_use]
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Home(error) => error.class().into(),
            Self::Vault(VaultError::Damaged | VaultError::WrongPassphrase) | Self::KeyMissing | Self::WrongKey => {
                ErrorClass::Damaged
            }
            Self::Vault(VaultError::PassphraseEmpty) => ErrorClass::Usage,
            Self::Vault(VaultError::Io(_) | VaultError::Key(_)) => ErrorClass::Storage,
            Self::Vault(_) | Self::NoRelay | Self::Refused(_) => ErrorClass::Refused,
            Self::Link(LinkError::WrongPin) => ErrorClass::Damaged,
            Self::Link(_) | Self::TimedOut | Self::Stopped | Self::PairingPending => ErrorClass::Offline,
            Self::InviteLink(_) | Self::Words(_) => ErrorClass::Usage,
            Self::NoInvite => ErrorClass::NotFound,
            Self::Pairing(error) => pairing_class(error),
            Self::TooManyWait | Self::Poisoned => ErrorClass::Bug,
        }
    }
}

fn pairing_code(error: &PairingError) -> &'static str {
    match error {
        PairingError::CodeMismatch => "code_mismatch",
        PairingError::Aborted(AbortReason::CodeMismatch) => "aborted_code_mismatch",
        PairingError::Aborted(AbortReason::Cancelled) => "aborted_cancelled",
        PairingError::Aborted(AbortReason::Expired) => "aborted_expired",
        PairingError::Aborted(_) => "aborted",
        PairingError::Expired => "invite_expired",
        PairingError::Cancelled => "cancelled",
        PairingError::Burned => "invite_burned",
        PairingError::NotAuthentic(_) => "pairing_not_authentic",
        PairingError::Malformed(_) => "pairing_malformed",
        PairingError::UnknownVersion => "invite_newer",
        PairingError::WrongPin => "wrong_relay_pin",
        PairingError::AlreadyInSpace => "already_paired",
        PairingError::NoMember => "no_home",
        PairingError::AlreadyMember => "home_exists",
        PairingError::SameMember => "same_member",
        PairingError::Certificate(_) => "pairing_certificate",
        PairingError::Name(_) => "bad_name",
        PairingError::TooLarge => "pairing_too_large",
        PairingError::NoRandomness(_) => "no_randomness",
        _ => "pairing_failed",
    }
}

fn pairing_class(error: &PairingError) -> ErrorClass {
    match error {
        PairingError::NotAuthentic(_)
        | PairingError::Malformed(_)
        | PairingError::Certificate(_)
        | PairingError::WrongPin => ErrorClass::Damaged,
        PairingError::NoMember => ErrorClass::NotFound,
        PairingError::NoRandomness(_) | PairingError::Primitive(_) => ErrorClass::Bug,
        _ => ErrorClass::Refused,
    }
}

impl From<BeginError> for ClientError {
    fn from(error: BeginError) -> Self {
        match error {
            BeginError::Pairing(PairingError::Link(error)) => error.into(),
            BeginError::Pairing(error) => error.into(),
            BeginError::Home(error) => error.into(),
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

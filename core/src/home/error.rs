//! Why a home could not do what it was asked: one code and one class for every reason.

use crate::crypto::PrimitiveError;
use crate::crypto::random::NoRandomness;
use crate::document::DocumentError;
use crate::practice::FieldError;
use crate::shape::RuleError;
use crate::statement::Refusal;
use crate::storage::StoreError;
use crate::sync::SyncError;

/// What a caller may do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorClass {
    /// Ask differently.
    Usage,
    /// There is no such thing here.
    NotFound,
    /// A rule of the practice or of safety forbids it.
    Refused,
    /// Kept data are damaged or not authentic.
    Damaged,
    /// The phone's storage cannot take it now.
    Storage,
    /// Our bug.
    Bug,
}

/// See the module's documentation. Never holds text a person wrote, an id or a key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HomeError {
    /// The store holds no home.
    #[error("there is no home here yet")]
    NoHome,
    /// The store holds a home already.
    #[error("there is a home here already")]
    HomeExists,
    /// The home was written by a newer version.
    #[error("this home was written by a newer version of the app")]
    NewerHome,
    /// What is left of a damaged home lacks its keys: nothing here can be read or sent without them.
    #[error("what is left of this home lacks its keys: pair this phone again from another one of yours, as a new home")]
    KeysLost,
    /// There is no partner yet.
    #[error("this home is not paired")]
    NotPaired,
    /// There is a partner already.
    #[error("this home is in a space already")]
    AlreadyPaired,
    /// No entry, revision or answer of that name.
    #[error("there is no such {0} here")]
    NotFound(&'static str),
    /// The practice is not in the catalogue.
    #[error("unknown practice")]
    UnknownPractice,
    /// The act does not fit the practice's shape.
    #[error("that cannot be done with this practice")]
    WrongShape,
    /// A name that is empty or too long.
    #[error("a name has 1 to 64 characters")]
    BadName,
    /// A time zone that does not exist, or an hour out of range.
    #[error("unknown time zone or rollover hour")]
    BadZone,
    /// A field is unknown, missing or beyond its limit.
    #[error(transparent)]
    Field(#[from] FieldError),
    /// A statement is not structurally sound.
    #[error(transparent)]
    Statement(#[from] Refusal),
    /// A rule of the shape forbids it.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// A shared or private document refused an edit.
    #[error(transparent)]
    Document(#[from] DocumentError),
    /// The engine or the store.
    #[error(transparent)]
    Sync(#[from] SyncError),
    /// No randomness.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
}

impl From<StoreError> for HomeError {
    fn from(error: StoreError) -> Self {
        Self::Sync(error.into())
    }
}

impl From<PrimitiveError> for HomeError {
    fn from(error: PrimitiveError) -> Self {
        Self::Sync(error.into())
    }
}

impl HomeError {
    /// A stable name for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoHome => "no_home",
            Self::HomeExists => "home_exists",
            Self::NewerHome => "home_newer",
            Self::KeysLost => "keys_lost",
            Self::NotPaired => "not_paired",
            Self::AlreadyPaired => "already_paired",
            Self::NotFound(_) => "not_found",
            Self::UnknownPractice => "unknown_practice",
            Self::WrongShape => "wrong_shape",
            Self::BadName => "bad_name",
            Self::BadZone => "bad_zone",
            Self::Field(error) => error.code(),
            Self::Statement(refusal) => refusal.code(),
            Self::Rule(error) => error.code(),
            Self::Document(error) => error.code(),
            Self::Sync(SyncError::Store(error)) => error.code(),
            Self::Sync(_) => "crypto_failed",
            Self::NoRandomness(_) => "no_randomness",
        }
    }

    /// Whether something that is kept cannot be read as it was written.
    pub fn is_damage(&self) -> bool {
        matches!(self, Self::Sync(SyncError::Store(StoreError::Damaged { .. })))
    }

    /// What the text of its code needs to know, by name.
    pub fn arguments(&self) -> Vec<(&'static str, u64)> {
        match self {
            Self::Field(error) => error.arguments(),
            Self::Document(DocumentError::TooLong { most }) => vec![("most", u64::try_from(*most).unwrap_or(u64::MAX))],
            _ => Vec::new(),
        }
    }

    /// What a caller may do about it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::NoHome | Self::NotFound(_) => ErrorClass::NotFound,
            Self::UnknownPractice | Self::BadName | Self::BadZone | Self::Field(_) | Self::Statement(_) => {
                ErrorClass::Usage
            }
            Self::Rule(RuleError::AmbiguousRevision) => ErrorClass::Usage,
            Self::Rule(RuleError::NotFound) => ErrorClass::NotFound,
            Self::Document(_) => ErrorClass::Usage,
            Self::HomeExists | Self::NotPaired | Self::AlreadyPaired | Self::WrongShape | Self::Rule(_) => {
                ErrorClass::Refused
            }
            Self::NewerHome | Self::KeysLost => ErrorClass::Damaged,
            Self::Sync(SyncError::Store(error)) => match error {
                StoreError::Damaged { .. } | StoreError::Newer { .. } => ErrorClass::Damaged,
                StoreError::InUse => ErrorClass::Refused,
                StoreError::Unsealed => ErrorClass::Bug,
                _ => ErrorClass::Storage,
            },
            Self::Sync(_) | Self::NoRandomness(_) => ErrorClass::Bug,
        }
    }
}

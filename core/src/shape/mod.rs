//! The merge shapes: pure functions from the statements about one target to what a person sees and may do.
//!
//! Nothing here is stored. The same statements, in any order, with any repeats, give the same views on every phone; whoever
//! may not say something has said nothing, as far as these functions are concerned.
//!
//! | shape | room |
//! |---|---|
//! | something I wrote | [`own_entry`], in a space or, as the vault, in one's own member box |
//! | what we agreed, exactly | [`revisions`] |
//! | both answer, then both see | [`sealed_pair`] |
//! | a repeating thing | [`series`]: ids and the couple's day |
//! | notes we type together | [`crate::document`] |

pub mod own_entry;
pub mod revisions;
pub mod sealed_pair;
pub mod series;
pub mod settings;

#[cfg(test)]
mod tests;

use crate::statement::{Header, NAMED_MAX};

/// Why a rule forbids an act.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RuleError {
    /// More than one revision could be meant: name one.
    #[error("more than one revision could be meant")]
    AmbiguousRevision,
    /// There is no such revision, wording or answer.
    #[error("there is nothing like that here")]
    NotFound,
    /// One stands on that revision already.
    #[error("that revision has your consent already")]
    AlreadyConsented,
    /// The words are not on this phone: nobody can agree to what they cannot read.
    #[error("these words cannot be read here yet")]
    NotReadable,
    /// The words were made with a newer version of the app: nobody can agree to what this one cannot show whole.
    #[error("these words were made with a newer version of the app")]
    NewerVersion,
    /// The revision does not build on the one in force.
    #[error("this wording does not build on the one in force; propose one that builds on both")]
    MustMerge,
    /// Somebody else's entry.
    #[error("only its author can do that")]
    NotYours,
    /// One's own entry: the other acknowledges it.
    #[error("only the other person can do that")]
    Yours,
    /// The words were taken back.
    #[error("the words were taken back")]
    Redacted,
    /// Both answers are open, or the other's phone has named one's answer: it stands.
    #[error("the answer is already open")]
    AlreadyOpen,
    /// More statements would have to be named than one header can name.
    #[error("there is more to answer here than one statement can name")]
    TooMany,
    /// The document is shared: words typed together cannot be taken back by one person.
    #[error("shared text cannot be redacted")]
    NotRedactable,
}

impl RuleError {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::AmbiguousRevision => "ambiguous_revision",
            Self::NotFound => "not_found",
            Self::AlreadyConsented => "already_consented",
            Self::NotReadable => "not_readable",
            Self::NewerVersion => "newer_version",
            Self::MustMerge => "must_merge",
            Self::NotYours => "not_yours",
            Self::Yours => "yours",
            Self::Redacted => "redacted",
            Self::AlreadyOpen => "already_open",
            Self::TooMany => "too_many",
            Self::NotRedactable => "not_redactable",
        }
    }
}

/// A header that another phone can read.
fn fitting(header: Header) -> Result<Header, RuleError> {
    if header.refs.len() <= NAMED_MAX && header.over.len() <= NAMED_MAX { Ok(header) } else { Err(RuleError::TooMany) }
}

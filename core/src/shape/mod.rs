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
//! | my side, your side | [`two_sides`], on any entry |
//! | a request with an answer | [`ask`] |
//! | an agenda, a parking lot | [`lists`], of what is in a [`crate::document`] |
//! | what one person does about a thing | [`acts`], on any target |
//! | how far a thing may go, and which two are one moment | [`scope`], [`moments`] |
//! | a repeating thing | [`series`]: rules, occurrences, and the couple's day |
//! | notes we type together | [`crate::document`] |

pub mod acts;
pub mod ask;
pub mod lists;
pub mod moments;
pub mod own_entry;
pub mod revisions;
pub mod scope;
pub mod sealed_pair;
pub mod series;
pub mod settings;
pub mod two_sides;

#[cfg(test)]
mod tests;

use crate::id::MemberId;
use crate::statement::{Header, NAMED_MAX, StatementSet};

/// Whose an act or a side is, seen from the entry's author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The author's.
    Author,
    /// The other member's.
    Other,
    /// Each member's.
    Each,
}

/// Whose voices count about one target: its members, and its author, if one of them made it alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voices {
    author: Option<MemberId>,
    members: Vec<MemberId>,
}

impl Voices {
    /// The voices of a box's `members`: one in a member box or before pairing, else two.
    pub fn new(set: &StatementSet, members: impl IntoIterator<Item = MemberId>) -> Self {
        let mut members: Vec<MemberId> = members.into_iter().collect();
        members.sort_unstable();
        members.dedup();
        Self { author: own_entry::author(set).filter(|author| members.contains(author)), members }
    }

    /// Who made the entry: nobody where both write, and where what made it is not here.
    pub fn author(&self) -> Option<MemberId> {
        self.author
    }

    /// Everybody whose voice counts, ascending.
    pub fn members(&self) -> &[MemberId] {
        &self.members
    }

    /// Whether `member` may say what is `by`'s to say. Of what nobody made alone, nothing is the author's or the other's.
    ///
    /// # Errors
    /// [`RuleError::NotYours`], [`RuleError::Yours`], and [`RuleError::NotFound`] for a stranger or without an author.
    pub fn may(&self, by: By, member: MemberId) -> Result<(), RuleError> {
        if !self.members.contains(&member) {
            return Err(RuleError::NotFound);
        }
        match (by, self.author) {
            (By::Each, _) => Ok(()),
            (_, None) => Err(RuleError::NotFound),
            (By::Author, Some(author)) if author != member => Err(RuleError::NotYours),
            (By::Other, Some(author)) if author == member => Err(RuleError::Yours),
            _ => Ok(()),
        }
    }
}

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
    /// The practice has no such act.
    #[error("there is no such act")]
    NoSuchAct,
    /// The act names nothing, or what it cannot be about.
    #[error("this can only be said of something in particular")]
    NeedsSubject,
    /// The state a request is in does not lead on from here in this way.
    #[error("not as things stand now")]
    NotNow,
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
            Self::NoSuchAct => "no_such_act",
            Self::NeedsSubject => "needs_subject",
            Self::NotNow => "not_now",
            Self::NotRedactable => "not_redactable",
        }
    }
}

/// A header that another phone can read.
fn fitting(header: Header) -> Result<Header, RuleError> {
    if header.refs.len() <= NAMED_MAX && header.over.len() <= NAMED_MAX { Ok(header) } else { Err(RuleError::TooMany) }
}

//! How far a thing may go beyond the two people: the share-scope mark (G11).
//!
//! # Merge rule
//! Each sets their own mark; it is an act of the group [`GROUP`], without words. Of an entry that one person made only the
//! author's mark counts. Of what belongs to both, the stricter of their two marks: the least upper bound of strictness, so that
//! marks merge in any order. Of two marks that one member set on two phones at once the stricter counts as well. Without a mark
//! it stays between the two.

use super::acts::{Act, ActsView, On};
use super::{By, Voices};

/// The register that marks belong to.
pub const GROUP: &str = "scope";

/// How far, strictest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// It stays between the two.
    #[default]
    JustUs,
    /// It may be in what is taken to a therapist.
    TherapistOk,
    /// It may be shown to others.
    Open,
}

const MARKS: [(Scope, &str); 3] =
    [(Scope::JustUs, "scope_just_us"), (Scope::TherapistOk, "scope_therapist_ok"), (Scope::Open, "scope_open")];

const fn mark(code: &'static str) -> Act {
    Act { code, by: By::Each, group: Some(GROUP), on: On::Entry, step: None }
}

/// The acts that set a mark. Everything has them.
pub const ACTS: [Act; 3] = [mark(MARKS[0].1), mark(MARKS[1].1), mark(MARKS[2].1)];

impl Scope {
    /// The act that sets this mark.
    pub fn act(self) -> &'static str {
        match self {
            Self::JustUs => MARKS[0].1,
            Self::TherapistOk => MARKS[1].1,
            Self::Open => MARKS[2].1,
        }
    }

    /// The stricter of two.
    #[must_use]
    pub fn meet(self, other: Self) -> Self {
        self.min(other)
    }
}

/// The mark that counts.
pub fn scope(acts: &ActsView, voices: &Voices) -> Scope {
    let of = |member| {
        let set = acts.standing().filter(move |said| said.member == member);
        let marks = set.filter_map(|said| MARKS.iter().find(|(_, code)| said.stands_as(code)));
        marks.map(|(scope, _)| *scope).min()
    };
    match voices.author() {
        Some(author) => of(author).unwrap_or_default(),
        // Who has set no mark has not said that it may leave.
        None => voices.members().iter().map(|member| of(*member).unwrap_or_default()).min().unwrap_or_default(),
    }
}

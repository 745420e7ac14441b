//! Signed statements (SPEC section 3): what one person says. A header is signed inside a record; a body travels beside it and
//! may be dropped later. Merging is set union; what a statement *means* is for the shapes to decide.
//!
//! **Invariant**: a statement is hashed as received, never re-encoded, and text is never mended on arrival: what is seen is
//! what was signed.

mod body;
mod check;
mod header;
mod set;
mod text;

#[cfg(test)]
mod tests;

pub use body::{Body, Content, ContentError, Value};
pub use check::{Refusal, check, check_header, read};
pub use header::{Header, HeaderError, Kind, NAMED_MAX, Ref, Role, Subject};
pub use set::StatementSet;
pub use text::{is_normal, normalise};

use crate::id::{BodyHash, EntryId, MemberId, OwnerId, StatementId, hash};

/// A body as a record carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// Its bytes.
    Present(Vec<u8>),
    /// Withheld or removed: what it hashed to.
    Absent(BodyHash),
}

/// What stands for the hash of what is no body.
const NO_BODY: BodyHash = BodyHash([0; 32]);

/// One statement by one member about one target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Its id.
    pub id: StatementId,
    /// The space or member whose box it is in.
    pub owner: OwnerId,
    /// Who says it.
    pub member: MemberId,
    /// What it speaks of.
    pub target: EntryId,
    /// The header, read.
    pub header: Header,
    /// The header as it was signed.
    pub header_bytes: Vec<u8>,
    /// Binds the body.
    pub body_hash: BodyHash,
    /// The body, unless it is withheld or was removed.
    pub body: Option<Body>,
}

impl Statement {
    /// A statement of one's own.
    pub fn author(owner: OwnerId, member: MemberId, header: Header, body: Body) -> Self {
        let target = header.subject.target(&owner, &member);
        let body_hash = body.hash(&owner, &member, header.kind, &target);
        let header_bytes = header.encode();
        let id = statement_id(&owner, &member, &body_hash, &header_bytes);
        Self { id, owner, member, target, header, header_bytes, body_hash, body: Some(body) }
    }

    /// A statement as a verified record carried it. What is no body at all, being shorter than a nonce, is left out.
    ///
    /// # Errors
    /// [`HeaderError`] when the header cannot be read.
    pub fn from_parts(
        owner: OwnerId,
        member: MemberId,
        header_bytes: Vec<u8>,
        item: Item,
    ) -> Result<Self, HeaderError> {
        let header = Header::decode(&header_bytes)?;
        let target = header.subject.target(&owner, &member);
        let (body_hash, body) = match item {
            Item::Absent(hash) => (hash, None),
            Item::Present(bytes) => match Body::from_bytes(&bytes) {
                Ok(body) => (body.hash(&owner, &member, header.kind, &target), Some(body)),
                Err(ContentError) => (NO_BODY, None),
            },
        };
        let id = statement_id(&owner, &member, &body_hash, &header_bytes);
        Ok(Self { id, owner, member, target, header, header_bytes, body_hash, body })
    }

    /// Whether it has words that could be taken back: not where its kind has none, nor in an act that is here and says no more
    /// than its code, numbers and marks.
    pub fn has_words(&self) -> bool {
        let speechless = |body: &Body| body.content().is_ok_and(|content| content.is_speechless(body));
        let silent = self.header.kind == Kind::ACT && self.body.as_ref().is_some_and(speechless);
        !self.header.kind.is_wordless() && !silent
    }

    /// What the body says, as far as this version can show it whole; `None` without one. What holds must not depend on it.
    ///
    /// # Errors
    /// [`Refusal`] when the body is not what its kind prescribes.
    pub fn content(&self) -> Result<Option<Content>, Refusal> {
        self.body.as_ref().map(|body| read(&self.owner, self.header.kind, body)).transpose()
    }

    /// Whether its words are here and this version can show them.
    pub fn is_readable(&self) -> bool {
        matches!(self.content(), Ok(Some(_)))
    }
}

fn statement_id(owner: &OwnerId, member: &MemberId, body: &BodyHash, header: &[u8]) -> StatementId {
    StatementId(hash(&[b"amends/statement/1", &owner.0, &member.0, &body.0, header]))
}

/// The body hash of raw parts, for verifying a record before its statements are read. `None` when the header cannot be read.
pub fn body_hash(owner: &OwnerId, member: &MemberId, header: &[u8], body: &[u8]) -> Option<BodyHash> {
    let header = Header::decode(header).ok()?;
    let target = header.subject.target(owner, member);
    Some(Body::from_bytes(body).map_or(NO_BODY, |body| body.hash(owner, member, header.kind, &target)))
}

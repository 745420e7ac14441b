//! What a statement must be like (SPEC 3.3): the parts its kind needs, nothing its kind has no place for, and text in signed form.
//!
//! A header that fails is quarantined alone with its body, and these rules never change for a kind. A body that fails is only not
//! shown: its statement stands, so that what holds is the same on a phone that knows more, or has no body at all.

use super::{Body, Content, ContentError, Kind, Role, Statement, Subject, is_normal};
use crate::id::{EntryId, OwnerId};

/// Longest body in bytes, its nonce included.
const BODY_BYTES_MAX: usize = 128 * 1024;
/// The content of a kind that has no words: the empty map.
const NO_WORDS: &[u8] = &[0xa0];
/// Longest text of a comment or note, in Unicode scalar values.
const NOTE_CHARS_MAX: usize = 4_000;
/// Longest text of one field, whatever the practice allows, in Unicode scalar values.
const FIELD_CHARS_MAX: usize = 20_000;
/// Longest practice id, and longest act, in Unicode scalar values.
const PRACTICE_CHARS_MAX: usize = 64;

/// Why a statement is not sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The body is not in the format.
    #[error("the body cannot be read")]
    Malformed,
    /// Text that is not in the form it is signed in.
    #[error("the text holds hidden or unnormalised characters")]
    TextNotNormal,
    /// More bytes than a body may have.
    #[error("the body is too large")]
    TooLarge,
    /// Text beyond any limit.
    #[error("the text is too long")]
    TextTooLong,
    /// A ref its kind needs is missing or there twice.
    #[error("a reference is missing or ambiguous")]
    BadRefs,
    /// Another kind of subject than its kind needs.
    #[error("the statement speaks of the wrong kind of thing")]
    BadSubject,
    /// Content its kind needs is missing.
    #[error("the content is incomplete")]
    Incomplete,
    /// Content its kind has no place for: it would be signed without being shown.
    #[error("the content says more than its kind can say")]
    Unexpected,
    /// A kind whose body is never withheld or removed came without it.
    #[error("the body is missing")]
    BodyMissing,
}

impl Refusal {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed_body",
            Self::TextNotNormal => "text_not_normal",
            Self::TooLarge => "body_too_large",
            Self::TextTooLong => "text_too_long",
            Self::BadRefs => "bad_refs",
            Self::BadSubject => "bad_subject",
            Self::Incomplete => "incomplete",
            Self::Unexpected => "unexpected_content",
            Self::BodyMissing => "body_missing",
        }
    }
}

/// Checks what one authors: header and body.
///
/// # Errors
/// [`Refusal`].
pub fn check(statement: &Statement) -> Result<(), Refusal> {
    check_header(statement)?;
    statement.content().map(drop)
}

/// Checks what decides whether a statement counts. Unknown kinds pass: they are kept for the version that knows them.
///
/// # Errors
/// [`Refusal`].
pub fn check_header(statement: &Statement) -> Result<(), Refusal> {
    if !statement.header.kind.is_known() {
        return Ok(());
    }
    if !subject_fits(statement) {
        return Err(Refusal::BadSubject);
    }
    if !refs_fit(statement) {
        return Err(Refusal::BadRefs);
    }
    if !statement.header.kind.is_wordless() {
        return Ok(());
    }
    // What such a kind says is all in its header, so a body that could differ from phone to phone must not decide whether it
    // counts: it counts with its body or not at all, and nothing can be signed in it unseen, by no version.
    match &statement.body {
        None => Err(Refusal::BodyMissing),
        Some(body) if body.content == NO_WORDS => Ok(()),
        Some(_) => Err(Refusal::Unexpected),
    }
}

/// Reads a body as its kind prescribes. Of unknown kinds only the texts are checked.
///
/// # Errors
/// [`Refusal`].
pub fn read(owner: &OwnerId, kind: Kind, body: &Body) -> Result<Content, Refusal> {
    if body.content.len() + body.nonce.len() > BODY_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    let content = body.content().map_err(|ContentError| Refusal::Malformed)?;
    if kind.is_known() {
        check_content(owner, kind, &content)?
    } else {
        check_texts(&content)?
    }
    Ok(content)
}

fn subject_fits(statement: &Statement) -> bool {
    let fresh = matches!(statement.header.subject, Subject::Fresh(_));
    let occurrence = matches!(statement.header.subject, Subject::Occurrence { .. });
    match statement.header.kind {
        Kind::CREATE => fresh,
        Kind::PROPOSE => !occurrence,
        Kind::ACT => !fresh,
        Kind::COMMIT | Kind::OPEN | Kind::TAKE_BACK | Kind::SHARE_ANYWAY => occurrence,
        Kind::SETTING | Kind::ROSTER | Kind::REFILL => {
            !fresh && !occurrence && statement.target == EntryId::from(statement.owner)
        }
        _ => !fresh && !occurrence,
    }
}

fn refs_fit(statement: &Statement) -> bool {
    let count = |role| statement.header.named(role).count();
    match statement.header.kind {
        // An exact wording is one of the entry it is about.
        Kind::CREATE | Kind::EDIT | Kind::PROPOSE => {
            count(Role::ABOUT) <= 1 && count(Role::SUBJECT) <= count(Role::ABOUT)
        }
        Kind::CONSENT | Kind::DECLINE | Kind::ACKNOWLEDGE => count(Role::SUBJECT) == 1,
        Kind::COMMENT => count(Role::SUBJECT) <= 1,
        Kind::OPEN => count(Role::OWN_COMMITMENT) == 1 && count(Role::PARTNER_COMMITMENT) == 1,
        Kind::TAKE_BACK | Kind::SHARE_ANYWAY | Kind::SEALED_ANSWER => count(Role::OWN_COMMITMENT) == 1,
        _ => true,
    }
}

const PRACTICE: u16 = 1 << 0 | 1 << 1;
const FIELDS: u16 = 1 << 2;
const TEXT: u16 = 1 << 3;
const COMMITMENT: u16 = 1 << 4;
const ROSTER: u16 = 1 << 5;
const MISSING: u16 = 1 << 6;
const SPACE: u16 = 1 << 7;
const TRANSCRIPT: u16 = 1 << 8;
const ACT: u16 = 1 << 9;

/// The keys that a kind's content must have, and those it may have besides.
fn keys_of(kind: Kind) -> (u16, u16) {
    match kind {
        Kind::CREATE | Kind::EDIT | Kind::PROPOSE | Kind::SIDE => (PRACTICE | FIELDS, 0),
        Kind::ACT => (PRACTICE | ACT, FIELDS),
        Kind::DECLINE => (0, TEXT),
        Kind::COMMENT => (TEXT, 0),
        // Without fields it is a pass.
        Kind::COMMIT | Kind::OPEN | Kind::SHARE_ANYWAY => (PRACTICE, FIELDS),
        Kind::SEALED_ANSWER => (COMMITMENT | SPACE, 0),
        Kind::SETTING => (FIELDS, 0),
        Kind::ROSTER => (ROSTER | TRANSCRIPT, 0),
        Kind::REFILL => (MISSING, 0),
        _ => (0, 0),
    }
}

fn check_content(owner: &OwnerId, kind: Kind, content: &Content) -> Result<(), Refusal> {
    check_texts(content)?;
    let (must, may) = keys_of(kind);
    let there = content.keys();
    if must & !there != 0 {
        return Err(Refusal::Incomplete);
    }
    if there & !(must | may) != 0 {
        return Err(Refusal::Unexpected);
    }
    let speechless = kind == Kind::COMMENT && content.text.as_ref().is_some_and(String::is_empty);
    if speechless || content.practice.as_ref().is_some_and(String::is_empty) {
        return Err(Refusal::Incomplete);
    }
    if content.act.as_ref().is_some_and(|act| !is_code(act)) {
        return Err(Refusal::Malformed);
    }
    if content.missing.iter().flatten().any(|(_, _, first, last)| *first == 0 || first > last) {
        return Err(Refusal::Malformed);
    }
    // A sealed answer's words stay in the member box.
    if content.space.is_some_and(|space| OwnerId::from(space) == *owner) {
        return Err(Refusal::BadSubject);
    }
    if let Some(kept) = &content.commitment {
        let kept = Body::from_bytes(kept).and_then(|body| body.content()).map_err(|_| Refusal::Malformed)?;
        return check_texts(&kept);
    }
    Ok(())
}

/// A code of the catalogue. It is compared, never shown.
fn is_code(act: &str) -> bool {
    let letters = |byte: &u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_');
    (1..=PRACTICE_CHARS_MAX).contains(&act.len()) && act.as_bytes().iter().all(letters)
}

fn check_texts(content: &Content) -> Result<(), Refusal> {
    let too_long = |text: &str, max: usize| text.len() > max && text.chars().count() > max;
    for text in content.texts() {
        if !is_normal(text) {
            return Err(Refusal::TextNotNormal);
        }
        if too_long(text, FIELD_CHARS_MAX) {
            return Err(Refusal::TextTooLong);
        }
    }
    if content.text.as_ref().is_some_and(|text| too_long(text, NOTE_CHARS_MAX))
        || content.practice.as_ref().is_some_and(|practice| too_long(practice, PRACTICE_CHARS_MAX))
    {
        return Err(Refusal::TextTooLong);
    }
    Ok(())
}

//! What a statement must be like before a shape looks at it (SPEC 3.3): the parts its kind needs, and text in signed form.
//! A statement that fails is quarantined alone.

use super::{Kind, Role, Statement, Subject, is_normal};

/// Longest text of a comment or note, in Unicode scalar values.
const NOTE_CHARS_MAX: usize = 4_000;
/// Longest text of one field, whatever the practice allows, in Unicode scalar values.
const FIELD_CHARS_MAX: usize = 20_000;

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
}

impl Refusal {
    /// A stable name for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed_body",
            Self::TextNotNormal => "text_not_normal",
            Self::TextTooLong => "text_too_long",
            Self::BadRefs => "bad_refs",
            Self::BadSubject => "bad_subject",
            Self::Incomplete => "incomplete",
        }
    }
}

/// Checks a statement's structure. Unknown kinds pass: they are kept for the version that knows them.
///
/// # Errors
/// [`Refusal`].
pub fn check(statement: &Statement) -> Result<(), Refusal> {
    let header = &statement.header;
    let kind = header.kind;
    if !kind.is_known() {
        return Ok(());
    }
    let fresh = matches!(header.subject, Subject::Fresh(_));
    let occurrence = matches!(header.subject, Subject::Occurrence { .. });
    let subject_fits = match kind {
        Kind::CREATE => fresh,
        Kind::PROPOSE => !occurrence,
        Kind::COMMIT | Kind::OPEN | Kind::TAKE_BACK | Kind::SHARE_ANYWAY => occurrence,
        _ => !fresh && !occurrence,
    };
    if !subject_fits {
        return Err(Refusal::BadSubject);
    }
    let count = |role| header.named(role).count();
    let refs_fit = match kind {
        Kind::CONSENT | Kind::DECLINE | Kind::ACKNOWLEDGE => count(Role::SUBJECT) == 1,
        Kind::COMMENT => count(Role::SUBJECT) <= 1,
        Kind::OPEN => count(Role::OWN_COMMITMENT) == 1 && count(Role::PARTNER_COMMITMENT) == 1,
        Kind::TAKE_BACK | Kind::SHARE_ANYWAY | Kind::SEALED_ANSWER => count(Role::OWN_COMMITMENT) == 1,
        _ => true,
    };
    if !refs_fit {
        return Err(Refusal::BadRefs);
    }
    let Some(content) = statement.content().map_err(|_| Refusal::Malformed)? else { return Ok(()) };
    for text in content.texts() {
        if !is_normal(text) {
            return Err(Refusal::TextNotNormal);
        }
        if text.chars().count() > FIELD_CHARS_MAX {
            return Err(Refusal::TextTooLong);
        }
    }
    if content.text.as_ref().is_some_and(|text| text.chars().count() > NOTE_CHARS_MAX) {
        return Err(Refusal::TextTooLong);
    }
    let practice = content.practice.is_some() && content.version.is_some();
    let complete = match kind {
        Kind::CREATE | Kind::EDIT | Kind::PROPOSE => practice && content.fields.is_some(),
        // Without fields it is a pass.
        Kind::COMMIT | Kind::OPEN | Kind::SHARE_ANYWAY => practice,
        Kind::COMMENT => content.text.as_ref().is_some_and(|text| !text.is_empty()),
        Kind::SEALED_ANSWER => content.commitment.is_some() && content.space.is_some(),
        Kind::SETTING => content.fields.is_some(),
        Kind::ROSTER => content.roster.is_some() && content.transcript.is_some(),
        Kind::REFILL => content.missing.is_some(),
        _ => true,
    };
    if complete { Ok(()) } else { Err(Refusal::Incomplete) }
}

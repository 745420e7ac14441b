//! Pairing with a partner, or with one's own next device (SPEC section 7): two sans-IO machines, [`Inviter`] and [`Joiner`],
//! that meet at a rendezvous of the relay and check each other by two six-digit codes that the people carry across.
//!
//! Each takes an [`Input`] at a time and gives [`Output`]s, which are carried out in order. They own no clock: every input
//! comes with the milliseconds since the machine was made. A [`Output::Put`] or [`Output::Get`] is repeated by whoever drives
//! the machine until the relay answered it; the relay takes the same bytes twice.
//!
//! What each step proves, and what an attacker at each place can do, is in the SPEC. The rules that this code must not lose:
//! the inviter commits to what it will say before it sees anything of the joiner; nothing of the space leaves the inviter
//! before the joiner's code was typed there; nothing received is opened or kept before the inviter's code was typed here; each
//! code is typed once; and every way to fail ends the rendezvous, so that a next try starts from fresh randomness.

mod bundle;
#[cfg(test)]
mod cheats;
mod code;
mod content;
mod grant;
mod invite;
mod inviter;
mod joiner;
mod message;
mod outcome;
mod roster;

pub use bundle::{Bundle, NAME_MAX, NameError, Party, normalise_name};
pub use code::Code;
pub use grant::{Grant, GrantedEpoch, GrantedSpace};
pub use invite::{Invite, LinkError, Purpose, RelayPlace, parse_link};
pub use inviter::{Invited, Inviter, Offer};
pub use joiner::{Joiner, JoinerHome};
pub use outcome::{DevicePairing, Outcome, PartnerPairing, Pending, PendingError};
pub use roster::{Roster, RosterError, RosterMember};

use super::cbor::CborError;
use super::certificate::{CertificateError, MemberChain};
use super::epoch::EpochError;
use super::hpke::SealToError;
use super::keys::DeviceKeys;
use super::primitive::PrimitiveError;
use super::random::{NoRandomness, Randomness};
use std::fmt;

/// How long an invite lives, on either phone and at the relay, in milliseconds of elapsed time.
pub const LIFETIME_MS: u64 = 600_000;

/// A cell of the rendezvous. The relay writes each once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The invite's body, when it goes by words.
    M0,
    /// The joiner's bundle.
    M1,
    /// The inviter's bundle, as committed to in the invite.
    M2,
    /// What the joiner receives: a space's keys, or a member's.
    M3,
    /// The joiner's signature.
    M4,
    /// Says why a pairing ended; ends it at the relay.
    Abort,
}

/// What happened.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Input<'a> {
    /// The relay can be reached.
    Start,
    /// The relay has this step.
    Got(Step, &'a [u8]),
    /// The relay has stored what was put.
    Stored(Step),
    /// The rendezvous was burned or has expired: this step never comes, or was not taken.
    Burned(Step),
    /// Time has passed.
    Tick,
    /// The person typed what the other phone shows.
    TypedCode(&'a str),
    /// The person gave up.
    Cancel,
}

/// What is to be done.
pub enum Output {
    /// Write a step at the rendezvous.
    Put(Step, Vec<u8>),
    /// Ask for a step, until it is there or never will be. [`Step::Abort`] is asked for at all times, beside another.
    Get(Step),
    /// Show this code, for the other person to type.
    ShowCode(Code),
    /// Let the person type what the other phone shows; once, or again if it was no six digits.
    AskCode {
        /// What the other person calls themself; none for one's own new device.
        name: Option<String>,
    },
    /// Keep this on disk, durably, before the outputs behind it are carried out.
    Pending(Box<Pending>),
    /// The inviter's end: keep all of it.
    Paired(Box<Outcome>),
    /// It ended without a pairing. Nothing of it is to be kept; both can start again.
    Failed(PairingError),
}

/// Names the step only: codes and names stay out of logs.
impl fmt::Debug for Input<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Start => f.write_str("Start"),
            Self::Got(step, _) => write!(f, "Got({step:?}, …)"),
            Self::Stored(step) => write!(f, "Stored({step:?})"),
            Self::Burned(step) => write!(f, "Burned({step:?})"),
            Self::Tick => f.write_str("Tick"),
            Self::TypedCode(_) => f.write_str("TypedCode(…)"),
            Self::Cancel => f.write_str("Cancel"),
        }
    }
}

/// Names the step only: codes and names stay out of logs.
impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Put(step, _) => write!(f, "Put({step:?}, …)"),
            Self::Get(step) => write!(f, "Get({step:?})"),
            Self::ShowCode(_) => f.write_str("ShowCode(…)"),
            Self::AskCode { .. } => f.write_str("AskCode(…)"),
            Self::Pending(_) => f.write_str("Pending(…)"),
            Self::Paired(_) => f.write_str("Paired(…)"),
            Self::Failed(error) => write!(f, "Failed({error:?})"),
        }
    }
}

/// Why the other side ended a pairing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum AbortReason {
    /// A code was typed there that is not this phone's.
    CodeMismatch,
    /// The person gave up.
    Cancelled,
    /// Time ran out there.
    Expired,
    /// What this phone sent was refused there.
    Refused,
    /// A reason that this version does not know.
    Unknown,
}

/// How a pairing ended without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PairingError {
    /// The link is none.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The typed code is not what the other phone shows: a mistake, or somebody between the phones.
    #[error("the typed code does not match")]
    CodeMismatch,
    /// The other phone ended it.
    #[error("the other phone ended the pairing")]
    Aborted(AbortReason),
    /// The invite is older than ten minutes.
    #[error("the invite has expired")]
    Expired,
    /// The person gave up.
    #[error("cancelled")]
    Cancelled,
    /// The invite was used twice, ended or lost at the relay. Somebody else may have it.
    #[error("the invite was burned")]
    Burned,
    /// This step was not made by who should have made it, or for this pairing.
    #[error("a pairing message is not authentic")]
    NotAuthentic(Step),
    /// This step is authentic and still not what it should be.
    #[error("a pairing message is malformed")]
    Malformed(Step),
    /// The invite was made with a newer version.
    #[error("the invite was made with a newer version")]
    UnknownVersion,
    /// The relay that was reached is not the one the invite was made at.
    #[error("another relay than the invite's")]
    WrongPin,
    /// A home that is in a space takes no partner's invite.
    #[error("already in a space")]
    AlreadyInSpace,
    /// A home without a member takes no partner's invite.
    #[error("no member in this home yet")]
    NoMember,
    /// A home with a member takes no invite for a new device.
    #[error("this home has a member already")]
    AlreadyMember,
    /// The invite is the member's own.
    #[error("the other phone is the same member's")]
    SameMember,
    /// The certificates of the other side do not hold.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The other side's name is not in the form that names have.
    #[error(transparent)]
    Name(#[from] NameError),
    /// What has to be said does not fit a rendezvous.
    #[error("too large for a rendezvous")]
    TooLarge,
    /// No randomness to go on with.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// See [`PrimitiveError`].
    #[error(transparent)]
    Primitive(#[from] PrimitiveError),
}

impl PairingError {
    /// What the other side is told.
    fn reason(self) -> AbortReason {
        match self {
            Self::CodeMismatch => AbortReason::CodeMismatch,
            Self::Cancelled => AbortReason::Cancelled,
            Self::Expired => AbortReason::Expired,
            _ => AbortReason::Refused,
        }
    }
}

impl From<SealToError> for PairingError {
    fn from(error: SealToError) -> Self {
        match error {
            // An ephemeral key that cannot be sealed to was made to be so.
            SealToError::PublicKey => Self::Malformed(Step::M1),
            SealToError::NoRandomness(error) => Self::NoRandomness(error),
            SealToError::Primitive(error) => Self::Primitive(error),
        }
    }
}

/// Something received does not have its form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum FormError {
    #[error(transparent)]
    Cbor(#[from] CborError),
    #[error(transparent)]
    Pairing(#[from] PairingError),
    #[error("a part does not fit the others")]
    Part,
    #[error("a signature does not hold")]
    Signature,
}

impl From<CertificateError> for FormError {
    fn from(error: CertificateError) -> Self {
        Self::Pairing(error.into())
    }
}

impl From<NameError> for FormError {
    fn from(error: NameError) -> Self {
        Self::Pairing(error.into())
    }
}

impl From<PrimitiveError> for FormError {
    fn from(error: PrimitiveError) -> Self {
        Self::Pairing(error.into())
    }
}

impl From<EpochError> for FormError {
    fn from(error: EpochError) -> Self {
        match error {
            EpochError::Malformed(error) => Self::Cbor(error),
            EpochError::Primitive(error) => Self::Pairing(error.into()),
            _ => Self::Part,
        }
    }
}

impl From<RosterError> for FormError {
    fn from(error: RosterError) -> Self {
        match error {
            RosterError::Malformed(error) => Self::Cbor(error),
            RosterError::Certificate(error) => error.into(),
            RosterError::Name(error) => error.into(),
            _ => Self::Part,
        }
    }
}

impl FormError {
    /// As the failure of a step.
    fn at(self, step: Step) -> PairingError {
        match self {
            Self::Pairing(error) => error,
            Self::Cbor(_) | Self::Part => PairingError::Malformed(step),
            Self::Signature => PairingError::NotAuthentic(step),
        }
    }
}

/// A home that has a member.
#[derive(Debug, Clone, Copy)]
pub struct MemberHome<'a> {
    /// The member's certificates.
    pub chain: &'a MemberChain,
    /// What they call themself; [`normalise_name`] is applied.
    pub name: &'a str,
    /// Whether the home is in a space: it takes part in no second one.
    pub in_space: bool,
}

/// What a machine is lent for one input.
pub struct Means<'a> {
    /// This phone's keys, the same at every input.
    pub device: &'a DeviceKeys,
    /// Milliseconds since the machine was made, by a clock that never stands still or goes back.
    pub elapsed_ms: u64,
    /// Randomness.
    pub randomness: &'a mut dyn Randomness,
}

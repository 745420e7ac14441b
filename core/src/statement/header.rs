//! Statement headers (SPEC 3.1).

use crate::cbor;
use crate::id::{Day, EntryId, MemberId, OwnerId, SeriesId, StatementId};
use minicbor::{Decoder, Encoder};
use std::fmt;

/// Longest header in bytes.
const HEADER_BYTES_MAX: usize = 8 * 1024;
/// Most refs, and most `over`.
pub const NAMED_MAX: usize = 64;

/// What a statement does. Numbers beyond those named here come from newer versions and are kept.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Kind(pub u16);

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $number:literal;)*) => {
        impl Kind {
            $($(#[$doc])* pub const $name: Kind = Kind($number);)*

            /// The kind's name, or that it comes from a newer version.
            pub fn name(self) -> &'static str {
                match self {
                    $(Kind::$name => stringify!($name),)*
                    _ => "NEWER",
                }
            }

            /// Whether this version knows what the kind does.
            pub fn is_known(self) -> bool {
                matches!(self, $(Kind::$name)|*)
            }
        }
    };
}

kinds! {
    /// Makes an entry.
    CREATE = 1;
    /// Words an entry anew.
    EDIT = 2;
    /// Takes one's words on an entry back for good.
    REDACT = 3;
    /// Proposes a revision, and consents to it.
    PROPOSE = 4;
    /// Consents to a revision.
    CONSENT = 5;
    /// Declines a revision.
    DECLINE = 6;
    /// Comments.
    COMMENT = 7;
    /// Withdraws consent.
    WITHDRAW = 8;
    /// Ends an agreement.
    RETIRE = 9;
    /// Acknowledges a wording.
    ACKNOWLEDGE = 10;
    /// Seals an answer.
    COMMIT = 11;
    /// Opens a sealed answer.
    OPEN = 12;
    /// Takes a sealed answer back.
    TAKE_BACK = 13;
    /// Opens a sealed answer without waiting for the other.
    SHARE_ANYWAY = 14;
    /// Keeps a sealed answer's words in the vault.
    SEALED_ANSWER = 15;
    /// A shared setting.
    SETTING = 16;
    /// The space's roster.
    ROSTER = 17;
    /// Asks for missing records.
    REFILL = 18;
    /// One's own side of an entry.
    SIDE = 19;
    /// An act of the practice's catalogue: a step of a request, a tick, a rating, a mark.
    ACT = 20;
}

impl Kind {
    /// Whether the kind says all it says in its header. Its body is the empty map, holds no words that could be taken back, and
    /// stays with it.
    pub fn is_wordless(self) -> bool {
        matches!(
            self,
            Self::REDACT | Self::CONSENT | Self::WITHDRAW | Self::RETIRE | Self::ACKNOWLEDGE | Self::TAKE_BACK
        )
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kind({} {})", self.0, self.name())
    }
}

/// Why a statement names an id. Numbers beyond those named here come from newer versions and are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(pub u16);

impl Role {
    /// A revision that this one amends.
    pub const PARENT: Role = Role(1);
    /// The revision or wording spoken of.
    pub const SUBJECT: Role = Role(2);
    /// A statement that was known.
    pub const SAW: Role = Role(3);
    /// One's own commitment.
    pub const OWN_COMMITMENT: Role = Role(4);
    /// The partner's commitment.
    pub const PARTNER_COMMITMENT: Role = Role(5);
    /// Any entry.
    pub const ABOUT: Role = Role(6);
    /// A document head that was seen.
    pub const HEAD: Role = Role(7);
}

/// One entry of `refs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ref {
    /// Why.
    pub role: Role,
    /// What.
    pub id: StatementId,
}

/// What a statement speaks of, as its header says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subject {
    /// Something that has an id already.
    Target(EntryId),
    /// A new entry made from these random bytes.
    Fresh([u8; 16]),
    /// The occurrence of a series on a day.
    Occurrence {
        /// The series.
        series: SeriesId,
        /// The day.
        day: Day,
    },
}

impl Subject {
    /// The target's id, when `member` says it in `owner`'s box.
    pub fn target(&self, owner: &OwnerId, member: &MemberId) -> EntryId {
        match self {
            Self::Target(target) => *target,
            Self::Fresh(fresh) => EntryId::derive(owner, member, fresh),
            Self::Occurrence { series, day } => EntryId::occurrence(owner, series, *day),
        }
    }
}

/// Bytes that are no header.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("malformed statement header")]
pub struct HeaderError;

impl From<minicbor::decode::Error> for HeaderError {
    fn from(_: minicbor::decode::Error) -> Self {
        Self
    }
}

/// What is signed of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// What it does.
    pub kind: Kind,
    /// What it speaks of.
    pub subject: Subject,
    /// Ids it names.
    pub refs: Vec<Ref>,
    /// Earlier statements of the same member and target that it replaces, or withdrawals that a stance answers.
    pub over: Vec<StatementId>,
    /// The day its author claims.
    pub day: Day,
}

impl Header {
    /// A header without refs and `over`.
    pub fn new(kind: Kind, subject: Subject, day: Day) -> Self {
        Self { kind, subject, refs: Vec::new(), over: Vec::new(), day }
    }

    /// With one more ref.
    #[must_use]
    pub fn naming(mut self, role: Role, id: StatementId) -> Self {
        self.refs.push(Ref { role, id });
        self
    }

    /// With `over`.
    #[must_use]
    pub fn over(mut self, over: impl IntoIterator<Item = StatementId>) -> Self {
        self.over.extend(over);
        self
    }

    /// The ids named with `role`.
    pub fn named(&self, role: Role) -> impl Iterator<Item = StatementId> + '_ {
        self.refs.iter().filter(move |named| named.role == role).map(|named| named.id)
    }

    /// The deterministic encoding.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(64 + 35 * (self.refs.len() + self.over.len()));
        // Writing to a growing buffer cannot fail.
        let _ = self.write(&mut Encoder::new(&mut bytes));
        bytes
    }

    fn write(&self, e: &mut Encoder<&mut Vec<u8>>) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
        e.map(3 + u64::from(!self.refs.is_empty()) + u64::from(!self.over.is_empty()))?;
        e.u8(0)?.u16(self.kind.0)?;
        match &self.subject {
            Subject::Target(target) => e.u8(1)?.bytes(&target.0)?,
            Subject::Fresh(fresh) => e.u8(2)?.bytes(fresh)?,
            Subject::Occurrence { series, day } => e.u8(3)?.array(2)?.bytes(&series.0)?.encode(day)?,
        };
        if !self.refs.is_empty() {
            e.u8(4)?.array(2 * self.refs.len() as u64)?;
            for named in &self.refs {
                e.u16(named.role.0)?.bytes(&named.id.0)?;
            }
        }
        if !self.over.is_empty() {
            e.u8(5)?.array(self.over.len() as u64)?;
            for id in &self.over {
                e.bytes(&id.0)?;
            }
        }
        e.u8(6)?.encode(self.day)?;
        Ok(())
    }

    /// Reads a header in the deterministic encoding. Unknown keys are passed over.
    ///
    /// # Errors
    /// [`HeaderError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, HeaderError> {
        if bytes.len() > HEADER_BYTES_MAX || cbor::check(bytes).is_err() {
            return Err(HeaderError);
        }
        let mut d = Decoder::new(bytes);
        let (mut kind, mut subject, mut day) = (None, None, None);
        let (mut refs, mut over) = (Vec::new(), Vec::new());
        for _ in 0..d.map()?.ok_or(HeaderError)? {
            let key = d.u64()?;
            if subject.is_some() && (2..=3).contains(&key) {
                return Err(HeaderError);
            }
            match key {
                0 => kind = Some(Kind(d.u16()?)),
                1 => subject = Some(Subject::Target(d.decode()?)),
                2 => subject = Some(Subject::Fresh(d.bytes()?.try_into().map_err(|_| HeaderError)?)),
                3 => {
                    if d.array()? != Some(2) {
                        return Err(HeaderError);
                    }
                    subject = Some(Subject::Occurrence { series: d.decode()?, day: d.decode()? });
                }
                4 => {
                    let length = d.array()?.filter(|length| length % 2 == 0 && length / 2 <= NAMED_MAX as u64);
                    for _ in 0..length.ok_or(HeaderError)? / 2 {
                        refs.push(Ref { role: Role(d.u16()?), id: d.decode()? });
                    }
                }
                5 => {
                    let length = d.array()?.filter(|length| *length <= NAMED_MAX as u64);
                    for _ in 0..length.ok_or(HeaderError)? {
                        over.push(d.decode()?);
                    }
                }
                6 => day = Some(d.decode()?),
                _ => d.skip()?,
            }
        }
        match (kind, subject, day) {
            (Some(kind), Some(subject), Some(day)) => Ok(Self { kind, subject, refs, over, day }),
            _ => Err(HeaderError),
        }
    }
}

//! Newtype ids (SPEC section 2) and the civil day. This room knows how ids are derived and nothing of what they name.

use ring::digest::{Context, SHA256};
use std::fmt;

/// SHA-256 over the joined parts. Callers pass a domain string first and keep every part but the last of fixed length.
pub fn hash(parts: &[&[u8]]) -> [u8; 32] {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// A text that is not the id it should be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id: expected {expected} hexadecimal digits")]
pub struct ParseIdError {
    expected: usize,
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident: $len:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub [u8; $len]);

        impl $name {
            /// Length in bytes.
            pub const LEN: usize = $len;

            /// The id's bytes.
            pub fn as_bytes(&self) -> &[u8] {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
            }
        }

        /// Names the type only: ids stay out of logs.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseIdError;

            fn from_str(text: &str) -> Result<Self, ParseIdError> {
                from_hex(text).map(Self).ok_or(ParseIdError { expected: 2 * $len })
            }
        }

        impl TryFrom<&[u8]> for $name {
            type Error = std::array::TryFromSliceError;

            fn try_from(bytes: &[u8]) -> Result<Self, Self::Error> {
                bytes.try_into().map(Self)
            }
        }

        impl<C> minicbor::Encode<C> for $name {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(&self.0)?.ok()
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $name {
            fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
                let position = d.position();
                Self::try_from(d.bytes()?)
                    .map_err(|_| minicbor::decode::Error::message(concat!("not a ", stringify!($name))).at(position))
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

ids! {
    /// One phone of a member: the hash of its two public keys.
    DeviceId: 32;
    /// One person, named by their first device.
    MemberId: 32;
    /// What two members share.
    SpaceId: 32;
    /// Whom a box belongs to: a space, or one member for the vault.
    OwnerId: 32;
    /// What a statement speaks of: an entry, an occurrence, a space or a member.
    EntryId: 32;
    /// What statements of one repeating thing derive their occurrences from.
    SeriesId: 32;
    /// One signed statement; a revision's hash is its proposal's.
    StatementId: 32;
    /// Binds a statement's body.
    BodyHash: 32;
    /// One signed record: the hash of its inner.
    RecordId: 32;
    /// One Automerge change.
    ChangeHash: 32;
    /// One generation of a box's key.
    EpochId: 32;
    /// One life of a device's database; a restored backup starts another.
    Incarnation: 8;
}

fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    if digits.len() != 2 * N {
        return None;
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(digits.chunks_exact(2)) {
        let high = char::from(*pair.first()?).to_digit(16)?;
        let low = char::from(*pair.get(1)?).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(out)
}

impl DeviceId {
    /// From a device's public signing and sealing keys.
    pub fn derive(signing: &[u8; 32], sealing: &[u8; 32]) -> Self {
        Self(hash(&[b"amends/device/1", signing, sealing]))
    }

    /// The eight bytes by which a record's core names its device.
    pub fn hint(&self) -> [u8; 8] {
        let mut hint = [0; 8];
        hint.copy_from_slice(&self.0[..8]);
        hint
    }
}

impl MemberId {
    /// From the member's first device.
    pub fn derive(first_device: &DeviceId) -> Self {
        Self(hash(&[b"amends/member/1", &first_device.0]))
    }
}

impl SpaceId {
    /// From the two members and the inviter's randomness.
    pub fn derive(inviter: &MemberId, joiner: &MemberId, random: &[u8; 32]) -> Self {
        Self(hash(&[b"amends/space/1", &inviter.0, &joiner.0, random]))
    }
}

impl From<SpaceId> for OwnerId {
    fn from(space: SpaceId) -> Self {
        Self(space.0)
    }
}

impl From<MemberId> for OwnerId {
    fn from(member: MemberId) -> Self {
        Self(member.0)
    }
}

impl From<OwnerId> for EntryId {
    /// The target of statements about the space or member as a whole.
    fn from(owner: OwnerId) -> Self {
        Self(owner.0)
    }
}

impl EntryId {
    /// An entry made by `member` with 16 fresh random bytes: ownership proves itself.
    pub fn derive(owner: &OwnerId, member: &MemberId, fresh: &[u8; 16]) -> Self {
        Self(hash(&[b"amends/entry/1", &owner.0, &member.0, fresh]))
    }

    /// The occurrence of `series` on `day`: the same id on every phone.
    pub fn occurrence(owner: &OwnerId, series: &SeriesId, day: Day) -> Self {
        Self(hash(&[b"amends/occurrence/1", &owner.0, &series.0, &i32::from(day).to_be_bytes()]))
    }
}

impl SeriesId {
    /// A series that every space has without anybody's consent, such as the daily check-in.
    pub fn built_in(owner: &OwnerId, practice: &str) -> Self {
        Self(hash(&[b"amends/series/1", &owner.0, practice.as_bytes()]))
    }
}

/// A civil day, as days since 1970-01-01; 1970 to 2199. Days are claims of their author, never used to order causally.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Day(i32);

/// A day outside 1970–2199, or a text that is no date.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a date between 1970-01-01 and 2199-12-31")]
pub struct DayError;

impl Day {
    /// 1970-01-01.
    pub const MIN: Day = Day(0);
    /// 2199-12-31.
    pub const MAX: Day = Day(84_005);

    /// From days since 1970-01-01.
    ///
    /// # Errors
    /// [`DayError`] outside 1970–2199.
    pub fn new(days: i64) -> Result<Self, DayError> {
        match i32::try_from(days) {
            Ok(days) if (0..=Self::MAX.0).contains(&days) => Ok(Self(days)),
            _ => Err(DayError),
        }
    }

    /// This day moved by `days`, held within 1970–2199.
    #[must_use]
    pub fn plus(self, days: i32) -> Self {
        Self(self.0.saturating_add(days).clamp(0, Self::MAX.0))
    }
}

impl From<Day> for i32 {
    fn from(day: Day) -> i32 {
        day.0
    }
}

impl From<Day> for jiff::civil::Date {
    fn from(day: Day) -> Self {
        let epoch = jiff::civil::date(1970, 1, 1);
        epoch.saturating_add(jiff::Span::new().days(day.0))
    }
}

impl TryFrom<jiff::civil::Date> for Day {
    type Error = DayError;

    fn try_from(date: jiff::civil::Date) -> Result<Self, DayError> {
        let span = jiff::civil::date(1970, 1, 1).until(date).map_err(|_| DayError)?;
        Self::new(i64::from(span.get_days()))
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&jiff::civil::Date::from(*self), f)
    }
}

impl std::str::FromStr for Day {
    type Err = DayError;

    fn from_str(text: &str) -> Result<Self, DayError> {
        text.parse::<jiff::civil::Date>().map_err(|_| DayError)?.try_into()
    }
}

impl<C> minicbor::Encode<C> for Day {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.i32(self.0)?.ok()
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Day {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let position = d.position();
        Self::new(d.i64()?).map_err(|_| minicbor::decode::Error::message("not a day").at(position))
    }
}

impl serde::Serialize for Day {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_day_is_the_end_of_2199() {
        assert_eq!(Day::MAX.to_string(), "2199-12-31");
        assert_eq!("2199-12-31".parse(), Ok(Day::MAX));
        assert_eq!("2200-01-01".parse::<Day>(), Err(DayError));
        assert_eq!("1969-12-31".parse::<Day>(), Err(DayError));
        assert_eq!("1970-01-01".parse(), Day::new(0));
    }

    #[test]
    fn ids_print_and_parse_as_hexadecimal_and_stay_out_of_debug() {
        let id = EntryId(hash(&[b"x"]));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(format!("{id:?}"), "EntryId(…)");
        assert!("ab".parse::<EntryId>().is_err());
        assert!("zz".repeat(32).parse::<EntryId>().is_err());
    }
}

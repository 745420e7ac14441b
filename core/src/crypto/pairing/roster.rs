//! The roster (SPEC section 7.6): what a space is, signed by both at pairing and kept in the space's first statement.

use super::bundle::check_name;
use super::{Bundle, NAME_MAX, NameError};
use crate::crypto::cbor::{CborError, Reader, Writer};
use crate::crypto::certificate::{CERTIFICATE_MAX, CERTIFICATES_MAX, CertificateError, MemberChain};
use crate::id::{EpochId, MemberId, SpaceId};
use std::fmt;

/// Longest roster in bytes.
const ROSTER_MAX: usize = 64 * 1024;
/// Longest name of a time zone in bytes.
const ZONE_MAX: usize = 64;

/// A roster that cannot be read or does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RosterError {
    /// Not in the format.
    #[error("malformed roster")]
    Malformed(#[from] CborError),
    /// A member's certificates do not hold.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// A name that no member can have.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The same member twice.
    #[error("a space has two members")]
    SameMember,
    /// No hour of a day.
    #[error("the rollover hour is no hour")]
    Rollover,
}

/// One of the two, as the roster has them.
#[derive(Clone)]
pub struct RosterMember {
    /// The member.
    pub member: MemberId,
    /// What they called themself.
    pub name: String,
    /// Their certificates when the space was made; later ones come with records.
    pub chain: MemberChain,
}

impl fmt::Debug for RosterMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RosterMember(…)")
    }
}

/// What a space is.
#[derive(Clone)]
pub struct Roster {
    bytes: Vec<u8>,
    random: [u8; 32],
    /// Who invited.
    pub inviter: RosterMember,
    /// Who joined.
    pub joiner: RosterMember,
    /// The couple's home zone, an IANA name; whether it is one, whoever computes with it finds out.
    pub zone: String,
    /// The hour at which their day ends, 0 to 23.
    pub rollover_hour: u8,
    /// The space's first epoch.
    pub epoch: EpochId,
}

impl Roster {
    /// The roster of two bundles; none when one has no member.
    pub(super) fn new(
        random: &[u8; 32],
        bundles: [&Bundle; 2],
        zone: &str,
        rollover_hour: u8,
        epoch: &EpochId,
    ) -> Option<Result<Self, RosterError>> {
        let mut writer = Writer::default();
        writer.map(6).uint(0).bytes(random);
        for (key, bundle) in (1..).zip(bundles) {
            let party = bundle.party()?;
            let certificates: Vec<&[u8]> = party.chain.certificates().collect();
            writer.uint(key).array(3).bytes(&party.member.0).text(&party.name);
            writer.byte_strings(certificates.into_iter());
        }
        writer.uint(3).text(zone).uint(4).uint(rollover_hour.into()).uint(5).bytes(&epoch.0);
        Some(Self::decode(&writer.finish()))
    }

    /// Reads a roster and checks its certificates.
    ///
    /// # Errors
    /// All of [`RosterError`].
    pub fn decode(bytes: &[u8]) -> Result<Self, RosterError> {
        if bytes.len() > ROSTER_MAX {
            return Err(CborError::TooLong.into());
        }
        let mut reader = Reader::open(bytes)?;
        let (mut random, mut inviter, mut joiner) = (None, None, None);
        let (mut zone, mut rollover, mut epoch) = (None, None, None);
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 => random = Some(reader.fixed()?),
                1 => inviter = Some(RosterMember::decode(&mut reader)?),
                2 => joiner = Some(RosterMember::decode(&mut reader)?),
                3 => zone = Some(reader.text(ZONE_MAX)?.to_owned()),
                4 => rollover = Some(reader.uint()?),
                5 => epoch = Some(EpochId(reader.fixed()?)),
                _ => reader.skip()?,
            }
        }
        let inviter = inviter.ok_or(CborError::Missing(1))?;
        let joiner = joiner.ok_or(CborError::Missing(2))?;
        if inviter.member == joiner.member {
            return Err(RosterError::SameMember);
        }
        let rollover = rollover.ok_or(CborError::Missing(4))?;
        let rollover_hour = u8::try_from(rollover).ok().filter(|hour| *hour < 24).ok_or(RosterError::Rollover)?;
        Ok(Self {
            bytes: bytes.to_vec(),
            random: random.ok_or(CborError::Missing(0))?,
            inviter,
            joiner,
            zone: zone.ok_or(CborError::Missing(3))?,
            rollover_hour,
            epoch: epoch.ok_or(CborError::Missing(5))?,
        })
    }

    /// As it was signed: the `roster` of a kind 17 statement's body.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The space's id.
    pub fn space(&self) -> SpaceId {
        SpaceId::derive(&self.inviter.member, &self.joiner.member, &self.random)
    }

    /// Whether the roster is about these two, in these roles, with just these certificates and names.
    pub(super) fn is_of(&self, bundles: [&Bundle; 2]) -> bool {
        [&self.inviter, &self.joiner].into_iter().zip(bundles).all(|(member, bundle)| {
            bundle.party().is_some_and(|party| {
                party.member == member.member
                    && party.name == member.name
                    && party.chain.certificates().eq(member.chain.certificates())
            })
        })
    }
}

impl RosterMember {
    fn decode(reader: &mut Reader<'_>) -> Result<Self, RosterError> {
        reader.tuple(3)?;
        let member = MemberId(reader.fixed()?);
        let name = reader.text(4 * NAME_MAX)?.to_owned();
        check_name(&name)?;
        let certificates = reader.byte_strings(CERTIFICATES_MAX, CERTIFICATE_MAX)?;
        Ok(Self { member, name, chain: MemberChain::verify(member, &certificates)? })
    }
}

impl fmt::Debug for Roster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Roster(…)")
    }
}

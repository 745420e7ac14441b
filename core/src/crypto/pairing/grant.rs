//! What a member's new device receives (SPEC section 7.7): its certificate, and the keys of every box of the member.

use super::FormError;
use super::roster::Roster;
use crate::crypto::cbor::{CborError, Reader, Writer};
use crate::crypto::certificate::{CERTIFICATE_MAX, UnsignedAdd};
use crate::crypto::epoch::{EPOCH_PARTS_MAX, Epoch, EpochError, EpochKey, EpochParts};
use crate::id::{MemberId, OwnerId};
use std::fmt;
use zeroize::Zeroizing;

/// Most epochs of one box, and most spaces, that one grant hands over.
const GRANTED_MAX: usize = 64;

/// An epoch as it is handed over: its parts and its key.
#[derive(Clone)]
pub struct GrantedEpoch {
    /// What its id is the hash of.
    pub parts: EpochParts,
    /// Its key.
    pub key: EpochKey,
}

impl GrantedEpoch {
    /// The epoch, if the key is its key.
    ///
    /// # Errors
    /// [`EpochError::WrongKey`].
    pub fn enter(&self, owner: &OwnerId) -> Result<Epoch, EpochError> {
        self.parts.with_key(owner, self.key.clone())
    }

    fn encode(&self, writer: &mut Writer) {
        writer.array(2).bytes(self.parts.as_bytes()).bytes(self.key.as_bytes());
    }

    fn decode(reader: &mut Reader<'_>, owner: &OwnerId) -> Result<Self, FormError> {
        reader.tuple(2)?;
        let parts = EpochParts::decode(reader.bytes(EPOCH_PARTS_MAX)?)?;
        let key = EpochKey::from_bytes(&Zeroizing::new(reader.fixed()?));
        let granted = Self { parts, key };
        granted.enter(owner)?;
        Ok(granted)
    }
}

impl fmt::Debug for GrantedEpoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GrantedEpoch(…)")
    }
}

/// A space as it is handed over.
#[derive(Debug, Clone)]
pub struct GrantedSpace {
    /// Its roster.
    pub roster: Roster,
    /// Its epochs, oldest first.
    pub epochs: Vec<GrantedEpoch>,
}

/// All that a member's new device receives.
#[derive(Debug, Clone, Default)]
pub struct Grant {
    /// The epochs of the member box, oldest first.
    pub member_epochs: Vec<GrantedEpoch>,
    /// The member's spaces.
    pub spaces: Vec<GrantedSpace>,
}

impl Grant {
    /// The bytes that both sign, with the certificate that waits for the new device's signature.
    pub(super) fn encode(&self, add: &UnsignedAdd) -> Result<Zeroizing<Vec<u8>>, FormError> {
        let mut writer = Writer::for_secrets();
        writer.map(3).uint(0).bytes(&add.encode()?);
        writer.uint(1);
        encode_epochs(&mut writer, &self.member_epochs);
        writer.uint(2).array(self.spaces.len());
        for space in &self.spaces {
            writer.array(2).bytes(space.roster.as_bytes());
            encode_epochs(&mut writer, &space.epochs);
        }
        Ok(Zeroizing::new(writer.finish()))
    }

    /// Reads a grant to a device of `member`; every key is checked against its epoch, and every space to be the member's.
    pub(super) fn decode(bytes: &[u8], member: &MemberId) -> Result<(Self, UnsignedAdd), FormError> {
        let mut reader = Reader::open(bytes)?;
        let (mut add, mut member_epochs, mut spaces) = (None, None, Vec::new());
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 => add = Some(UnsignedAdd::decode(reader.bytes(CERTIFICATE_MAX)?)?),
                1 => member_epochs = Some(decode_epochs(&mut reader, &OwnerId::from(*member))?),
                2 => {
                    for _ in 0..reader.array(GRANTED_MAX)? {
                        spaces.push(GrantedSpace::decode(&mut reader, member)?);
                    }
                }
                _ => reader.skip()?,
            }
        }
        let member_epochs = member_epochs.ok_or(CborError::Missing(1))?;
        Ok((Self { member_epochs, spaces }, add.ok_or(CborError::Missing(0))?))
    }
}

impl GrantedSpace {
    fn decode(reader: &mut Reader<'_>, member: &MemberId) -> Result<Self, FormError> {
        reader.tuple(2)?;
        let roster = Roster::decode(reader.bytes(usize::MAX)?)?;
        if ![roster.inviter.member, roster.joiner.member].contains(member) {
            return Err(FormError::Part);
        }
        let owner = OwnerId::from(roster.space());
        let epochs = decode_epochs(reader, &owner)?;
        if epochs.is_empty() { Err(FormError::Part) } else { Ok(Self { roster, epochs }) }
    }
}

fn encode_epochs(writer: &mut Writer, epochs: &[GrantedEpoch]) {
    writer.array(epochs.len());
    for epoch in epochs {
        epoch.encode(writer);
    }
}

fn decode_epochs(reader: &mut Reader<'_>, owner: &OwnerId) -> Result<Vec<GrantedEpoch>, FormError> {
    (0..reader.array(GRANTED_MAX)?).map(|_| GrantedEpoch::decode(reader, owner)).collect()
}

//! Who somebody says they are (SPEC section 7.3): bound by the transcript, believed once both codes matched.

use super::FormError;
use crate::crypto::cbor::{CborError, Reader, Writer};
use crate::crypto::certificate::{CERTIFICATE_MAX, CERTIFICATES_MAX, CertificateError, MemberChain};
use crate::crypto::keys::DevicePublic;
use crate::id::MemberId;
use crate::text::is_hidden;
use std::fmt;
use unicode_normalization::{UnicodeNormalization, is_nfc};

/// Longest name, in Unicode scalar values.
pub const NAME_MAX: usize = 64;

/// A name that no member can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// Nothing to be seen in it.
    #[error("the name is empty")]
    Empty,
    /// More than [`NAME_MAX`] characters.
    #[error("the name is longer than 64 characters")]
    TooLong,
    /// A name from the other side that is not as [`normalise_name`] makes it.
    #[error("the name is not in its normal form")]
    NotNormal,
}

/// A name as it is shown and sent: in NFC, one space between words and none around, no character that is invisible or turns
/// the direction of writing.
///
/// # Errors
/// [`NameError::Empty`] and [`NameError::TooLong`].
pub fn normalise_name(name: &str) -> Result<String, NameError> {
    // Anything so long is too long in any form, and is not worth the work.
    if name.len() > 64 * NAME_MAX {
        return Err(NameError::TooLong);
    }
    let visible: String = name.nfc().filter(|letter| letter.is_whitespace() || !is_hidden(*letter)).collect();
    let words: Vec<&str> = visible.split_whitespace().collect();
    let name: String = words.join(" ").nfc().collect();
    match name.chars().count() {
        0 => Err(NameError::Empty),
        1..=NAME_MAX => Ok(name),
        _ => Err(NameError::TooLong),
    }
}

pub(super) fn check_name(name: &str) -> Result<(), NameError> {
    if is_nfc(name) && normalise_name(name)? == name { Ok(()) } else { Err(NameError::NotNormal) }
}

/// A member as the other side gets to know them.
#[derive(Clone)]
pub struct Party {
    /// Whose device it is.
    pub member: MemberId,
    /// The member's certificates, which hold.
    pub chain: MemberChain,
    /// What they call themself.
    pub name: String,
}

impl fmt::Debug for Party {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Party(…)")
    }
}

/// A device, and the member it is live in; a device that is still to be added has none.
#[derive(Debug, Clone)]
pub struct Bundle {
    bytes: Vec<u8>,
    device: DevicePublic,
    party: Option<Party>,
}

impl Bundle {
    /// What a member's device says of itself.
    pub(super) fn of_member(device: DevicePublic, chain: &MemberChain, name: &str) -> Result<Self, FormError> {
        let name = normalise_name(name)?;
        let certificates: Vec<&[u8]> = chain.certificates().collect();
        let mut writer = Writer::default();
        writer.map(5).uint(0).bytes(&chain.member().0).uint(1).byte_strings(certificates.into_iter());
        writer.uint(2).bytes(&device.signing).uint(3).bytes(&device.sealing).uint(4).text(&name);
        Self::decode(&writer.finish())
    }

    /// What a device says that has no member yet.
    pub(super) fn of_new_device(device: DevicePublic) -> Result<Self, FormError> {
        let mut writer = Writer::default();
        writer.map(2).uint(2).bytes(&device.signing).uint(3).bytes(&device.sealing);
        Self::decode(&writer.finish())
    }

    /// Reads a bundle and checks that its certificates hold and its device is live in them.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, FormError> {
        let mut reader = Reader::open(bytes)?;
        let (mut member, mut certificates, mut name) = (None, Vec::new(), None);
        let (mut signing, mut sealing) = (None, None);
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 => member = Some(MemberId(reader.fixed()?)),
                1 => certificates = reader.byte_strings(CERTIFICATES_MAX, CERTIFICATE_MAX)?,
                2 => signing = Some(reader.fixed()?),
                3 => sealing = Some(reader.fixed()?),
                4 => name = Some(reader.text(4 * NAME_MAX)?),
                _ => reader.skip()?,
            }
        }
        let device = DevicePublic {
            signing: signing.ok_or(CborError::Missing(2))?,
            sealing: sealing.ok_or(CborError::Missing(3))?,
        };
        let party = match member {
            None => None,
            Some(member) => {
                let name = name.ok_or(CborError::Missing(4))?;
                check_name(name)?;
                let chain = MemberChain::verify(member, &certificates)?;
                if !chain.is_live(&device.id()) {
                    return Err(CertificateError::NotLive.into());
                }
                Some(Party { member, chain, name: name.to_owned() })
            }
        };
        Ok(Self { bytes: bytes.to_vec(), device, party })
    }

    /// As it was sent, which is what the transcript binds.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The device that speaks.
    pub fn device(&self) -> DevicePublic {
        self.device
    }

    /// The member it speaks for, if it has one.
    pub fn party(&self) -> Option<&Party> {
        self.party.as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_as_they_are_written_and_no_other_way() {
        let normal = |name: &str| normalise_name(name).unwrap();
        assert_eq!(normal("  Ana\t María \n"), "Ana María");
        assert_eq!(normal("Zoe\u{308}"), "Zoë");
        assert_eq!(normal("Jan\u{202e}ed\u{200b}"), "Janed");
        assert_eq!(normal("👩\u{200d}🚀"), "👩\u{200d}🚀");
        assert_eq!(normalise_name(" \u{200b}\n"), Err(NameError::Empty));
        assert_eq!(normal(&"é".repeat(64)), "é".repeat(64));
        assert_eq!(normalise_name(&"e".repeat(65)), Err(NameError::TooLong));
        assert_eq!(normalise_name(&" ".repeat(10_000)), Err(NameError::TooLong));
        assert_eq!(check_name("Ana"), Ok(()));
        for name in ["Ana ", "Zoe\u{308}", "A\u{202e}na", "Ana\nMaría"] {
            assert_eq!(check_name(name), Err(NameError::NotNormal), "{name:?}");
        }
    }
}

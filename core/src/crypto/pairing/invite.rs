//! The invite's body m0, and the two ways it travels: in a link, or sealed at the rendezvous for who has the words (SPEC
//! sections 7.1 and 7.2).

use super::message::Secrets;
use super::{FormError, LIFETIME_MS};
use crate::crypto::cbor::{CborError, Reader, Writer};
use crate::crypto::primitive::{self, PrimitiveError};
use crate::crypto::words::WordKeys;
use crate::id::hash;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use std::fmt;
use zeroize::Zeroizing;

const SCHEME: &str = "amends://pair/1#";
const VERSION: u64 = 1;
/// Longest relay address in bytes: a DNS name, a port, and what is around them.
const RELAY_MAX: usize = 320;
const M0_MAX: usize = 1024;
/// Far longer than any link.
const LINK_MAX: usize = 4096;
/// Bytes of a link's checksum: a mistyped link passes once in 2^32.
const CHECKSUM: usize = 4;
/// Every M0 cell has this length, whatever the relay is called.
const CELL: usize = 2048;

/// A text that is no invite.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// It does not start with `amends://pair/`.
    #[error("not a link of this app")]
    NotALink,
    /// A link of a newer version.
    #[error("the link was made with a newer version")]
    UnknownVersion,
    /// Cut short, or changed on the way.
    #[error("there is a mistake in the link, or a piece of it is missing: copy it again as a whole")]
    Damaged,
    /// Too long to be an invite.
    #[error("too long to be an invite")]
    TooLong,
}

/// With whom an invite pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Another member: makes a space.
    Partner,
    /// The member's own next device.
    OwnDevice,
}

impl Purpose {
    pub(super) fn number(self) -> u64 {
        match self {
            Self::Partner => 1,
            Self::OwnDevice => 2,
        }
    }

    pub(super) fn from_number(number: u64) -> Option<Self> {
        [Self::Partner, Self::OwnDevice].into_iter().find(|purpose| purpose.number() == number)
    }
}

/// Which relay an invite was made at.
#[derive(Clone, PartialEq, Eq)]
pub struct RelayPlace {
    /// How to reach it, as the relay's protocol writes it; at most 320 bytes. This room does not look into it.
    pub address: String,
    /// What its certificate must hash to.
    pub pin: [u8; 32],
}

impl fmt::Debug for RelayPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RelayPlace(…)")
    }
}

/// An invite's body: public, as far as who has the link or the words is concerned.
#[derive(Clone, PartialEq, Eq)]
pub struct Invite {
    bytes: Vec<u8>,
    pub(super) purpose: Purpose,
    pub(super) relay: RelayPlace,
    pub(super) rendezvous: [u8; 16],
    pub(super) key: [u8; 32],
    pub(super) commitment: [u8; 32],
}

impl Invite {
    pub(super) fn new(
        purpose: Purpose,
        relay: RelayPlace,
        rendezvous: &[u8; 16],
        key: &[u8; 32],
        commitment: &[u8; 32],
    ) -> Result<Self, FormError> {
        let mut writer = Writer::default();
        writer.map(8).uint(0).uint(VERSION).uint(1).uint(purpose.number());
        writer.uint(2).text(&relay.address).uint(3).bytes(&relay.pin).uint(4).bytes(rendezvous);
        writer.uint(5).bytes(key).uint(6).bytes(commitment).uint(7).uint(LIFETIME_MS / 1000);
        Self::decode(&writer.finish())?.ok_or(FormError::Part)
    }

    /// Reads m0; none when it is of a newer version.
    pub(super) fn decode(bytes: &[u8]) -> Result<Option<Self>, FormError> {
        if bytes.len() > M0_MAX {
            return Err(CborError::TooLong.into());
        }
        let mut reader = Reader::open(bytes)?;
        let (mut purpose, mut address, mut pin) = (None, None, None);
        let (mut rendezvous, mut key, mut commitment) = (None, None, None);
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 if reader.uint()? != VERSION => return Ok(None),
                0 => {}
                1 => purpose = Some(reader.uint()?),
                2 => address = Some(reader.text(RELAY_MAX)?.to_owned()),
                3 => pin = Some(reader.fixed()?),
                4 => rendezvous = Some(reader.fixed()?),
                5 => key = Some(reader.fixed()?),
                6 => commitment = Some(reader.fixed()?),
                _ => reader.skip()?,
            }
        }
        let purpose = Purpose::from_number(purpose.ok_or(CborError::Missing(1))?).ok_or(FormError::Part)?;
        let relay =
            RelayPlace { address: address.ok_or(CborError::Missing(2))?, pin: pin.ok_or(CborError::Missing(3))? };
        Ok(Some(Self {
            bytes: bytes.to_vec(),
            purpose,
            relay,
            rendezvous: rendezvous.ok_or(CborError::Missing(4))?,
            key: key.ok_or(CborError::Missing(5))?,
            commitment: commitment.ok_or(CborError::Missing(6))?,
        }))
    }

    /// With whom it pairs.
    pub fn purpose(&self) -> Purpose {
        self.purpose
    }

    /// Where the two meet.
    pub fn relay(&self) -> &RelayPlace {
        &self.relay
    }

    /// The name of the rendezvous at the relay.
    pub fn rendezvous(&self) -> [u8; 16] {
        self.rendezvous
    }

    /// m0.
    #[cfg(test)]
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// h0.
    pub(super) fn hash(&self) -> [u8; 32] {
        hash(&[&self.bytes])
    }

    /// The link, which is a secret.
    pub(super) fn to_link(&self, secrets: &Secrets) -> Zeroizing<String> {
        let mut writer = Writer::for_secrets();
        writer.map(2).uint(0).bytes(&self.bytes).uint(1).bytes(secrets.secret.as_slice());
        let mut body = Zeroizing::new(Vec::with_capacity(LINK_MAX));
        body.extend_from_slice(&Zeroizing::new(writer.finish()));
        let sum = checksum(&body);
        body.extend_from_slice(&sum);
        let mut link = Zeroizing::new(String::with_capacity(LINK_MAX));
        link.push_str(SCHEME);
        URL_SAFE_NO_PAD.encode_string(body.as_slice(), &mut link);
        link
    }

    /// The M0 cell: m0 sealed for who has the words. The key is used this once.
    pub(super) fn seal_cell(&self, words: &WordKeys) -> Result<Vec<u8>, PrimitiveError> {
        let length = u32::try_from(self.bytes.len()).map_err(|_| PrimitiveError)?;
        let mut cell = length.to_be_bytes().to_vec();
        cell.extend_from_slice(&self.bytes);
        cell.resize(CELL - primitive::TAG, 0);
        primitive::aead_seal(&primitive::aead_key(&words.key)?, [0; 12], CELL_DOMAIN, &mut cell)?;
        Ok(cell)
    }

    /// m0 out of its cell; none when it is not authentic.
    pub(super) fn open_cell(cell: &[u8], words: &WordKeys) -> Option<Vec<u8>> {
        if cell.len() != CELL {
            return None;
        }
        let key = primitive::aead_key(&words.key).ok()?;
        let plain = primitive::aead_open(&key, [0; 12], CELL_DOMAIN, cell)?;
        let (length, rest) = plain.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        rest.get(..length).map(<[u8]>::to_vec)
    }
}

const CELL_DOMAIN: &[u8] = b"amends/m0/1";

impl fmt::Debug for Invite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Invite(…)")
    }
}

/// What tells a mistyped link: it would meet nobody, or burn somebody else's invite. It proves nothing.
fn checksum(map: &[u8]) -> [u8; CHECKSUM] {
    let [a, b, c, d, ..] = hash(&[b"amends/link/1", map]);
    [a, b, c, d]
}

/// What a link says, without using it: with whom it pairs and where.
///
/// # Errors
/// All of [`LinkError`].
pub fn parse_link(link: &str) -> Result<Invite, LinkError> {
    open_link(link).map(|(invite, _)| invite)
}

/// A link's m0 and S.
pub(super) fn open_link(link: &str) -> Result<(Invite, Zeroizing<[u8; 32]>), LinkError> {
    if link.len() > LINK_MAX {
        return Err(LinkError::TooLong);
    }
    let link = link.trim();
    let body = link.strip_prefix(SCHEME).ok_or(if link.starts_with("amends://pair/") {
        LinkError::UnknownVersion
    } else {
        LinkError::NotALink
    })?;
    let mut bytes = Zeroizing::new(Vec::with_capacity(LINK_MAX));
    URL_SAFE_NO_PAD.decode_vec(body, &mut bytes).map_err(|_| LinkError::Damaged)?;
    let (map, sum) = bytes.split_last_chunk::<CHECKSUM>().ok_or(LinkError::Damaged)?;
    if checksum(map) != *sum {
        return Err(LinkError::Damaged);
    }
    let read = || {
        let mut reader = Reader::open(map)?;
        let (mut m0, mut secret) = (None, None);
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 => m0 = Some(reader.bytes(M0_MAX)?),
                1 => secret = Some(Zeroizing::new(reader.fixed()?)),
                _ => reader.skip()?,
            }
        }
        let secret = secret.ok_or(CborError::Missing(1))?;
        Ok::<_, FormError>((Invite::decode(m0.ok_or(CborError::Missing(0))?)?, secret))
    };
    match read() {
        Ok((Some(invite), secret)) => Ok((invite, secret)),
        Ok((None, _)) => Err(LinkError::UnknownVersion),
        Err(_) => Err(LinkError::Damaged),
    }
}

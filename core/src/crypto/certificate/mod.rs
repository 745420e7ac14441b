//! Certificates (SPEC section 5.2): which devices are a member's, said by the member's own devices.

mod chain;
mod content;

pub use chain::{MemberChain, Standing};
use content::{Content, Revocation};

use super::cbor::{CborError, Reader, Writer};
use super::keys::{DeviceKeys, DevicePublic};
use super::primitive::PrimitiveError;
use crate::id::{DeviceId, Incarnation, MemberId, hash};
use std::fmt;

/// Most certificates of one member.
pub const CERTIFICATES_MAX: usize = 256;
/// Longest certificate in bytes.
pub const CERTIFICATE_MAX: usize = 16 * 1024;
/// Most chains and most certificates that one revocation names.
const NAMED_MAX: usize = 256;

const SIGN: &[u8] = b"amends/certificate/1";
const COUNTERSIGN: &[u8] = b"amends/countersign/1";
const IDENTIFY: &[u8] = b"amends/certificate-id/1";

/// A certificate that does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Not in the format.
    #[error("malformed certificate")]
    Malformed(#[from] CborError),
    /// A kind that this version does not know.
    #[error("certificate made with a newer version")]
    UnknownKind,
    /// Longer than [`CERTIFICATE_MAX`].
    #[error("certificate too long")]
    TooLong,
    /// A certificate about another member.
    #[error("certificate of another member")]
    OtherMember,
    /// Its issuer is no device of the member, as far as the certificates given tell.
    #[error("certificate issued by a device that is not the member's")]
    UnknownIssuer,
    /// Not signed by the device that it says issued it.
    #[error("certificate not signed by its issuer")]
    NotSigned,
    /// Not signed by the device that it adds.
    #[error("certificate not signed by the device it adds")]
    NotCountersigned,
    /// More than [`CERTIFICATES_MAX`] certificates of one member.
    #[error("too many certificates")]
    TooMany,
    /// A device that had to be live is revoked, dropped or unknown.
    #[error("the device is not live")]
    NotLive,
    /// It brings in a device with keys that no honest device has: with which everything would seem signed, or to which nothing
    /// can be sealed.
    #[error("certificate for unusable keys")]
    WeakKey,
    /// See [`PrimitiveError`].
    #[error(transparent)]
    Primitive(#[from] PrimitiveError),
}

/// The id of a certificate: what a revocation names those by that it keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateId(pub [u8; 32]);

/// A revoked device's last record that still counts, in one of its chains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastAccepted {
    /// The chain's incarnation.
    pub incarnation: Incarnation,
    /// Records up to this one count.
    pub seq: u64,
}

/// One signed certificate: well-formed, its signatures not yet checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Certificate {
    bytes: Vec<u8>,
    body: Vec<u8>,
    content: Content,
    signature: [u8; 64],
    countersignature: Option<[u8; 64]>,
}

/// A certificate that adds a device and waits for that device's own signature (SPEC section 5.2).
#[derive(Clone, PartialEq, Eq)]
pub struct UnsignedAdd {
    body: Vec<u8>,
    signature: [u8; 64],
}

impl Certificate {
    /// The certificate that starts a member: its first device, signed by itself.
    ///
    /// # Errors
    /// [`CertificateError::Primitive`] only.
    pub fn first(device: &DeviceKeys) -> Result<Self, CertificateError> {
        let content = Content::First(device.public());
        let body = content.encode();
        let signature = device.sign(&[SIGN, &body])?;
        Self::from_parts(&body, &signature, None)
    }

    /// A certificate by which `issuer`, a device of `member`, adds `device`. It counts once that device has signed it too,
    /// see [`UnsignedAdd::countersign`].
    ///
    /// # Errors
    /// [`CertificateError::Primitive`] only.
    pub fn add(issuer: &DeviceKeys, member: MemberId, device: DevicePublic) -> Result<UnsignedAdd, CertificateError> {
        let body = Content::Add { member, device, issuer: issuer.id() }.encode();
        let signature = issuer.sign(&[SIGN, &body])?;
        Ok(UnsignedAdd { body, signature })
    }

    /// A certificate by which `issuer` revokes `device` for good. `accepted` names the last record that counts of each of
    /// its chains; what `chain` says the device added itself goes on standing. [`MemberChain`] says what revoking means.
    ///
    /// # Errors
    /// [`CertificateError::NotLive`] when the issuer is not live in `chain`, [`CertificateError::TooMany`] when more than 256
    /// chains are named.
    pub fn revoke(
        issuer: &DeviceKeys,
        chain: &MemberChain,
        device: DeviceId,
        accepted: &[LastAccepted],
    ) -> Result<Self, CertificateError> {
        if !chain.is_live(&issuer.id()) {
            return Err(CertificateError::NotLive);
        }
        let keeps = chain.added_by(&device);
        if accepted.len() > NAMED_MAX || keeps.len() > NAMED_MAX {
            return Err(CertificateError::TooMany);
        }
        let revocation = Revocation { device, accepted: accepted.to_vec(), keeps };
        let body = Content::Revoke { member: chain.member(), issuer: issuer.id(), revocation }.encode();
        let signature = issuer.sign(&[SIGN, &body])?;
        Self::from_parts(&body, &signature, None)
    }

    fn from_parts(
        body: &[u8],
        signature: &[u8; 64],
        countersignature: Option<&[u8; 64]>,
    ) -> Result<Self, CertificateError> {
        let mut writer = Writer::default();
        writer.map(2 + usize::from(countersignature.is_some()));
        writer.uint(0).bytes(body).uint(1).bytes(signature);
        if let Some(countersignature) = countersignature {
            writer.uint(2).bytes(countersignature);
        }
        Self::decode(&writer.finish())
    }

    /// Reads a certificate; [`MemberChain`] checks its signatures.
    ///
    /// # Errors
    /// [`CertificateError::Malformed`], [`CertificateError::TooLong`] and [`CertificateError::UnknownKind`].
    pub fn decode(bytes: &[u8]) -> Result<Self, CertificateError> {
        if bytes.len() > CERTIFICATE_MAX {
            return Err(CertificateError::TooLong);
        }
        let mut reader = Reader::open(bytes)?;
        let (mut body, mut signature, mut countersignature) = (None, None, None);
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 => body = Some(reader.bytes(CERTIFICATE_MAX)?.to_vec()),
                1 => signature = Some(reader.fixed()?),
                2 => countersignature = Some(reader.fixed()?),
                _ => reader.skip()?,
            }
        }
        let body = body.ok_or(CborError::Missing(0))?;
        Ok(Self {
            bytes: bytes.to_vec(),
            content: Content::decode(&body)?,
            body,
            signature: signature.ok_or(CborError::Missing(1))?,
            countersignature,
        })
    }

    /// The certificate as it is stored and sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Depends on what is signed, not on the signatures.
    pub fn id(&self) -> CertificateId {
        CertificateId(hash(&[IDENTIFY, &self.body]))
    }

    /// Whom it is about.
    pub fn member(&self) -> MemberId {
        match &self.content {
            Content::First(device) => MemberId::derive(&device.id()),
            Content::Add { member, .. } | Content::Revoke { member, .. } => *member,
        }
    }

    /// The issuing device; a first device issues its own.
    pub fn issuer(&self) -> DeviceId {
        match &self.content {
            Content::First(device) => device.id(),
            Content::Add { issuer, .. } | Content::Revoke { issuer, .. } => *issuer,
        }
    }

    /// The device that this certificate brings in, if it brings one.
    pub fn device(&self) -> Option<DevicePublic> {
        match &self.content {
            Content::First(device) | Content::Add { device, .. } => Some(*device),
            Content::Revoke { .. } => None,
        }
    }

    /// Whether both signatures hold, `issuer` being the issuer's keys.
    fn check(&self, issuer: &DevicePublic) -> Result<(), CertificateError> {
        if !issuer.signed(&[SIGN, &self.body], &self.signature) {
            return Err(CertificateError::NotSigned);
        }
        if let Content::Add { device, .. } = &self.content {
            let by_device = |signature| device.signed(&[COUNTERSIGN, &self.body], signature);
            if !self.countersignature.as_ref().is_some_and(by_device) {
                return Err(CertificateError::NotCountersigned);
            }
        }
        match self.device() {
            Some(device) if !device.is_usable() => Err(CertificateError::WeakKey),
            _ => Ok(()),
        }
    }
}

impl UnsignedAdd {
    /// Reads what [`UnsignedAdd::encode`] wrote: a certificate without its counter-signature.
    ///
    /// # Errors
    /// As [`Certificate::decode`]; [`CertificateError::UnknownKind`] also when it adds no device.
    pub fn decode(bytes: &[u8]) -> Result<Self, CertificateError> {
        let Certificate { content: Content::Add { .. }, body, signature, .. } = Certificate::decode(bytes)? else {
            return Err(CertificateError::UnknownKind);
        };
        Ok(Self { body, signature })
    }

    /// As a certificate without its counter-signature.
    ///
    /// # Errors
    /// None that is known.
    pub fn encode(&self) -> Result<Vec<u8>, CertificateError> {
        Ok(Certificate::from_parts(&self.body, &self.signature, None)?.bytes)
    }

    /// The device that it adds.
    ///
    /// # Errors
    /// None that is known.
    pub fn device(&self) -> Result<DevicePublic, CertificateError> {
        match Content::decode(&self.body)? {
            Content::Add { device, .. } => Ok(device),
            _ => Err(CertificateError::UnknownKind),
        }
    }

    /// The added device's signature under it.
    ///
    /// # Errors
    /// [`CertificateError::NotCountersigned`] when `device` is another than the one it adds.
    pub fn countersignature(&self, device: &DeviceKeys) -> Result<[u8; 64], CertificateError> {
        if self.device()? != device.public() {
            return Err(CertificateError::NotCountersigned);
        }
        Ok(device.sign(&[COUNTERSIGN, &self.body])?)
    }

    /// The certificate, signed by the device that it adds too.
    ///
    /// # Errors
    /// As [`UnsignedAdd::countersignature`].
    pub fn countersign(&self, device: &DeviceKeys) -> Result<Certificate, CertificateError> {
        self.complete(&self.countersignature(device)?)
    }

    /// The certificate with a counter-signature made elsewhere, which is checked.
    ///
    /// # Errors
    /// [`CertificateError::NotCountersigned`] when it is not the added device's.
    pub fn complete(&self, countersignature: &[u8; 64]) -> Result<Certificate, CertificateError> {
        if !self.device()?.signed(&[COUNTERSIGN, &self.body], countersignature) {
            return Err(CertificateError::NotCountersigned);
        }
        Certificate::from_parts(&self.body, &self.signature, Some(countersignature))
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Certificate(…)")
    }
}

impl fmt::Debug for UnsignedAdd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("UnsignedAdd(…)")
    }
}

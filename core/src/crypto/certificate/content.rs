//! What a certificate says, in bytes: the part that is signed.

use super::{CertificateError, CertificateId, LastAccepted, NAMED_MAX};
use crate::crypto::cbor::{CborError, Reader, Writer};
use crate::crypto::keys::DevicePublic;
use crate::id::{DeviceId, Incarnation, MemberId};

const FIRST: u64 = 1;
const ADD: u64 = 2;
const REVOKE: u64 = 3;

#[derive(Clone, PartialEq, Eq)]
pub(super) enum Content {
    First(DevicePublic),
    Add { member: MemberId, device: DevicePublic, issuer: DeviceId },
    Revoke { member: MemberId, issuer: DeviceId, revocation: Revocation },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Revocation {
    pub(super) device: DeviceId,
    pub(super) accepted: Vec<LastAccepted>,
    pub(super) keeps: Vec<CertificateId>,
}

impl Content {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut writer = Writer::default();
        match self {
            Self::First(device) => {
                writer.map(3).uint(0).uint(FIRST);
                writer.uint(2).bytes(&device.signing).uint(3).bytes(&device.sealing);
            }
            Self::Add { member, device, issuer } => {
                writer.map(5).uint(0).uint(ADD).uint(1).bytes(&member.0);
                writer.uint(2).bytes(&device.signing).uint(3).bytes(&device.sealing);
                writer.uint(4).bytes(&issuer.0);
            }
            Self::Revoke { member, issuer, revocation } => {
                writer.map(6).uint(0).uint(REVOKE).uint(1).bytes(&member.0);
                writer.uint(4).bytes(&issuer.0).uint(5).bytes(&revocation.device.0);
                writer.uint(6).array(revocation.accepted.len());
                for last in &revocation.accepted {
                    writer.array(2).bytes(&last.incarnation.0).uint(last.seq);
                }
                writer.uint(7).byte_strings(revocation.keeps.iter().map(|id| id.0.as_slice()));
            }
        }
        writer.finish()
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, CertificateError> {
        let mut reader = Reader::open(bytes)?;
        let mut kind = None;
        let mut parts: [Option<[u8; 32]>; 5] = [None; 5];
        let (mut accepted, mut keeps) = (Vec::new(), Vec::new());
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 => kind = Some(reader.uint()?),
                key @ 1..=5 => {
                    let part = reader.fixed()?;
                    if let Some(slot) = usize::try_from(key).ok().and_then(|key| parts.get_mut(key - 1)) {
                        *slot = Some(part);
                    }
                }
                6 => {
                    for _ in 0..reader.array(NAMED_MAX)? {
                        reader.tuple(2)?;
                        accepted.push(LastAccepted { incarnation: Incarnation(reader.fixed()?), seq: reader.uint()? });
                    }
                }
                7 => {
                    for _ in 0..reader.array(NAMED_MAX)? {
                        keeps.push(CertificateId(reader.fixed()?));
                    }
                }
                _ => reader.skip()?,
            }
        }
        let [member, signing, sealing, issuer, revoked] = parts;
        let device = || {
            Ok::<_, CborError>(DevicePublic {
                signing: signing.ok_or(CborError::Missing(2))?,
                sealing: sealing.ok_or(CborError::Missing(3))?,
            })
        };
        let member = || member.map(MemberId).ok_or(CborError::Missing(1));
        let issuer = || issuer.map(DeviceId).ok_or(CborError::Missing(4));
        match kind.ok_or(CborError::Missing(0))? {
            FIRST => Ok(Self::First(device()?)),
            ADD => Ok(Self::Add { member: member()?, device: device()?, issuer: issuer()? }),
            REVOKE => Ok(Self::Revoke {
                member: member()?,
                issuer: issuer()?,
                revocation: Revocation { device: revoked.map(DeviceId).ok_or(CborError::Missing(5))?, accepted, keeps },
            }),
            _ => Err(CertificateError::UnknownKind),
        }
    }
}

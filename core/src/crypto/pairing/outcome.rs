//! What a pairing ends in (SPEC section 7.8), the same on both sides: and the one place where all of it is checked.

use super::grant::{Grant, GrantedEpoch};
use super::invite::{Purpose, RelayPlace};
use super::message::{signed_by_inviter, signed_by_joiner};
use super::roster::Roster;
use super::{Bundle, FormError, Output, Step};
use crate::crypto::cbor::{CborError, Reader, Writer};
use crate::crypto::certificate::{Certificate, CertificateError, MemberChain, Standing};
use crate::crypto::epoch::{Epoch, EpochError, EpochKey, EpochParts};
use crate::id::{EpochId, OwnerId};
use std::fmt;
use zeroize::Zeroizing;

const PENDING_MAX: usize = 128 * 1024;

/// A new space.
#[derive(Debug, Clone)]
pub struct PartnerPairing {
    /// T: names this pairing; the inviter's first record in the space carries it.
    pub transcript: [u8; 32],
    /// The relay they met at, which the space starts with.
    pub relay: RelayPlace,
    /// Who invited; always of a member.
    pub inviter: Bundle,
    /// Who joined; always of a member.
    pub joiner: Bundle,
    /// What the space is.
    pub roster: Roster,
    /// The space's first epoch.
    pub epoch: GrantedEpoch,
    /// The inviter's and the joiner's signatures over T and the roster.
    pub signatures: [[u8; 64]; 2],
}

/// A member's new device.
#[derive(Debug, Clone)]
pub struct DevicePairing {
    /// T: names this pairing.
    pub transcript: [u8; 32],
    /// The relay they met at.
    pub relay: RelayPlace,
    /// The device that invited; always of a member.
    pub inviter: Bundle,
    /// The new device.
    pub joiner: Bundle,
    /// The member's certificates, the new device's among them.
    pub chain: MemberChain,
    /// The new device's certificate, with both signatures.
    pub certificate: Certificate,
    /// What the new device received.
    pub grant: Grant,
}

/// What a pairing ended in.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// A space with a partner.
    Partner(Box<PartnerPairing>),
    /// One's own next device.
    OwnDevice(Box<DevicePairing>),
}

impl Outcome {
    /// T: names this pairing.
    pub fn transcript(&self) -> &[u8; 32] {
        match self {
            Self::Partner(pairing) => &pairing.transcript,
            Self::OwnDevice(pairing) => &pairing.transcript,
        }
    }
}

impl PartnerPairing {
    /// The space's first epoch, entered.
    ///
    /// # Errors
    /// None that is known: the key was checked when the pairing ended.
    pub fn enter(&self) -> Result<Epoch, EpochError> {
        self.epoch.enter(&OwnerId::from(self.roster.space()))
    }
}

/// Everything that both sides agreed on, as it was sent and signed.
#[derive(Clone)]
pub(super) struct Terms {
    pub(super) purpose: Purpose,
    pub(super) relay: RelayPlace,
    pub(super) transcript: [u8; 32],
    pub(super) inviter: Bundle,
    pub(super) joiner: Bundle,
    /// The roster, or the grant.
    pub(super) paper: Zeroizing<Vec<u8>>,
    /// With a partner: the space's first epoch.
    pub(super) epoch: Option<GrantedEpoch>,
    pub(super) by_inviter: [u8; 64],
    pub(super) by_joiner: [u8; 64],
    /// With an own device: its signature under its certificate.
    pub(super) countersignature: Option<[u8; 64]>,
}

impl Terms {
    /// Checks every signature and that all parts fit together.
    pub(super) fn conclude(&self) -> Result<Outcome, FormError> {
        let by_inviter = signed_by_inviter(&self.transcript, &self.paper);
        let by_joiner = signed_by_joiner(&self.transcript, &self.paper);
        if !self.inviter.device().signed(&by_inviter, &self.by_inviter)
            || !self.joiner.device().signed(&by_joiner, &self.by_joiner)
        {
            return Err(FormError::Signature);
        }
        match self.purpose {
            Purpose::Partner => self.conclude_space().map(|pairing| Outcome::Partner(Box::new(pairing))),
            Purpose::OwnDevice => self.conclude_device().map(|pairing| Outcome::OwnDevice(Box::new(pairing))),
        }
    }

    /// The roster, if it is of these two and of this epoch; what the joiner checks before it signs.
    pub(super) fn roster(&self) -> Result<(Roster, GrantedEpoch), FormError> {
        let roster = Roster::decode(&self.paper)?;
        let epoch = self.epoch.clone().ok_or(FormError::Part)?;
        let id: EpochId = epoch.enter(&OwnerId::from(roster.space()))?.id();
        if id == roster.epoch && roster.is_of([&self.inviter, &self.joiner]) {
            Ok((roster, epoch))
        } else {
            Err(FormError::Part)
        }
    }

    fn conclude_space(&self) -> Result<PartnerPairing, FormError> {
        let (roster, epoch) = self.roster()?;
        Ok(PartnerPairing {
            transcript: self.transcript,
            relay: self.relay.clone(),
            inviter: self.inviter.clone(),
            joiner: self.joiner.clone(),
            roster,
            epoch,
            signatures: [self.by_inviter, self.by_joiner],
        })
    }

    fn conclude_device(&self) -> Result<DevicePairing, FormError> {
        let party = self.inviter.party().ok_or(FormError::Part)?;
        let (grant, add) = Grant::decode(&self.paper, &party.member)?;
        let certificate = add.complete(&self.countersignature.ok_or(FormError::Part)?)?;
        let device = self.joiner.device();
        if certificate.device() != Some(device) || certificate.issuer() != self.inviter.device().id() {
            return Err(FormError::Part);
        }
        let mut chain = party.chain.clone();
        if let Some((_, error)) = chain.extend(&[certificate.as_bytes()]).into_iter().next() {
            return Err(error.into());
        }
        if chain.standing(&device.id()) != Some(Standing::Live) {
            return Err(CertificateError::NotLive.into());
        }
        Ok(DevicePairing {
            transcript: self.transcript,
            relay: self.relay.clone(),
            inviter: self.inviter.clone(),
            joiner: self.joiner.clone(),
            chain,
            certificate,
            grant,
        })
    }

    fn encode(&self, m4: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::for_secrets();
        let optional = if self.epoch.is_some() { 2 } else { 0 } + usize::from(self.countersignature.is_some());
        writer.map(10 + optional).uint(0).uint(self.purpose.number());
        writer.uint(1).text(&self.relay.address).uint(2).bytes(&self.relay.pin).uint(3).bytes(&self.transcript);
        writer.uint(4).bytes(self.inviter.as_bytes()).uint(5).bytes(self.joiner.as_bytes());
        writer.uint(6).bytes(&self.paper).uint(7).bytes(&self.by_inviter).uint(8).bytes(&self.by_joiner);
        if let Some(epoch) = &self.epoch {
            writer.uint(9).bytes(epoch.parts.as_bytes()).uint(10).bytes(epoch.key.as_bytes());
        }
        if let Some(countersignature) = &self.countersignature {
            writer.uint(11).bytes(countersignature);
        }
        writer.uint(12).bytes(m4);
        Zeroizing::new(writer.finish())
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<(Self, Vec<u8>), FormError> {
        if bytes.len() > PENDING_MAX {
            return Err(CborError::TooLong.into());
        }
        let mut reader = Reader::open(bytes)?;
        let mut parts: [Option<&[u8]>; 13] = [None; 13];
        let (mut purpose, mut address) = (None, None);
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 => purpose = Purpose::from_number(reader.uint()?),
                1 => address = Some(reader.text(PENDING_MAX)?.to_owned()),
                key => match usize::try_from(key).ok().and_then(|key| parts.get_mut(key)) {
                    Some(part) => *part = Some(reader.bytes(PENDING_MAX)?),
                    None => reader.skip()?,
                },
            }
        }
        let [_, _, pin, transcript, inviter, joiner, paper, by_inviter, by_joiner, epoch, key, countersignature, m4] =
            parts;
        let epoch = match (epoch, key) {
            (Some(parts), Some(key)) => Some(GrantedEpoch {
                parts: EpochParts::decode(parts)?,
                key: EpochKey::from_bytes(key.try_into().map_err(|_| CborError::Type)?),
            }),
            _ => None,
        };
        let terms = Self {
            purpose: purpose.ok_or(CborError::Missing(0))?,
            relay: RelayPlace { address: address.ok_or(CborError::Missing(1))?, pin: fixed(pin)? },
            transcript: fixed(transcript)?,
            inviter: Bundle::decode(inviter.ok_or(CborError::Missing(4))?)?,
            joiner: Bundle::decode(joiner.ok_or(CborError::Missing(5))?)?,
            paper: Zeroizing::new(paper.ok_or(CborError::Missing(6))?.to_vec()),
            epoch,
            by_inviter: fixed(by_inviter)?,
            by_joiner: fixed(by_joiner)?,
            countersignature: countersignature.map(|bytes| fixed(Some(bytes))).transpose()?,
        };
        Ok((terms, m4.ok_or(CborError::Missing(12))?.to_vec()))
    }
}

fn fixed<const N: usize>(bytes: Option<&[u8]>) -> Result<[u8; N], CborError> {
    bytes.and_then(|bytes| bytes.try_into().ok()).ok_or(CborError::Type)
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Terms(…)")
    }
}

/// A state of [`Pending`] that cannot be read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the pending pairing cannot be read back")]
pub struct PendingError;

/// The joiner's end: everything is agreed and signed, and only the inviter's first word in the box is missing. It counts
/// once [`Pending::is_confirmed_by_roster`] or [`Pending::is_confirmed_by_certificate`] says so; if that never comes, it is
/// discarded and both start again.
#[derive(Clone)]
pub struct Pending {
    outcome: Outcome,
    m4: Vec<u8>,
    bytes: Zeroizing<Vec<u8>>,
}

impl Pending {
    pub(super) fn new(terms: &Terms, m4: Vec<u8>) -> Result<Self, FormError> {
        Ok(Self { outcome: terms.conclude()?, bytes: terms.encode(&m4), m4 })
    }

    /// For storage, sealed.
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        self.bytes.clone()
    }

    /// Reads back what [`Pending::to_bytes`] gave; everything is checked again.
    ///
    /// # Errors
    /// [`PendingError`] when it was changed or cut.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, PendingError> {
        let read = || {
            let (terms, m4) = Terms::decode(bytes)?;
            Self::new(&terms, m4)
        };
        read().map_err(|_: FormError| PendingError)
    }

    /// What it will be once it is confirmed.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// As [`Pending::outcome`].
    pub fn into_outcome(self) -> Outcome {
        self.outcome
    }

    /// The joiner's last message, for a phone that was stopped before the relay had it: worth another try while the invite
    /// lives.
    pub fn put_again(&self) -> Output {
        Output::Put(Step::M4, self.m4.clone())
    }

    /// Whether a kind 17 statement with this transcript and roster, in a record of the inviter's device, confirms the space.
    pub fn is_confirmed_by_roster(&self, transcript: &[u8; 32], roster: &[u8]) -> bool {
        match &self.outcome {
            Outcome::Partner(pairing) => pairing.transcript == *transcript && pairing.roster.as_bytes() == roster,
            Outcome::OwnDevice(_) => false,
        }
    }

    /// Whether this certificate, in a record of the inviting device in the member box, confirms the new device.
    pub fn is_confirmed_by_certificate(&self, certificate: &[u8]) -> bool {
        match &self.outcome {
            Outcome::OwnDevice(pairing) => pairing.certificate.as_bytes() == certificate,
            Outcome::Partner(_) => false,
        }
    }
}

impl fmt::Debug for Pending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pending(…)")
    }
}

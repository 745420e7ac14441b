//! What a set of certificates says: the member's devices, and from when on a revoked one no longer counts.
//!
//! Certificates come in any order and any number of times; the same set says the same on every phone. Nothing tells which of
//! two certificates was made first, so a thief of a device can date back. Therefore **everything about revoking only takes
//! away**: a revocation stands whichever of the member's devices signed it, a revoked one too; where two revoke one device,
//! the fewer records and the fewer added devices stand. A thief can lock the member out of their own chain, and never get in.

use super::{
    CERTIFICATES_MAX, Certificate, CertificateError, CertificateId,
    content::{Content, Revocation},
};
use crate::crypto::keys::DevicePublic;
use crate::id::{DeviceId, Incarnation, MemberId};
use std::collections::{BTreeMap, BTreeSet};

/// What a member's certificates say of one device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It writes, adds and revokes.
    Live,
    /// It is revoked: only records up to [`MemberChain::last_accepted`] count.
    Revoked,
    /// It was added by a revoked device, and a revocation of that one does not keep it: nothing of it counts.
    Dropped,
}

/// All certificates of one member that hold, and what they say together (SPEC section 5.2).
#[derive(Debug, Clone)]
pub struct MemberChain {
    member: MemberId,
    certificates: BTreeMap<CertificateId, Certificate>,
    devices: BTreeMap<DeviceId, Device>,
    /// By revoked device.
    revocations: BTreeMap<DeviceId, Vec<Revocation>>,
}

#[derive(Debug, Clone)]
struct Device {
    public: DevicePublic,
    standing: Standing,
    /// The certificates that bring it in, with their issuer; none for the first device.
    added: Vec<(CertificateId, DeviceId)>,
}

impl MemberChain {
    /// The chain that `certificates` make, all of which must hold.
    ///
    /// # Errors
    /// Of the first certificate that does not hold.
    pub fn verify<T: AsRef<[u8]>>(member: MemberId, certificates: &[T]) -> Result<Self, CertificateError> {
        let mut chain = Self::new(member);
        match chain.extend(certificates).into_iter().next() {
            Some((_, error)) => Err(error),
            None if chain.devices.is_empty() => Err(CertificateError::UnknownIssuer),
            None => Ok(chain),
        }
    }

    /// A chain that knows no certificate yet.
    pub fn new(member: MemberId) -> Self {
        Self { member, certificates: BTreeMap::new(), devices: BTreeMap::new(), revocations: BTreeMap::new() }
    }

    /// Takes in whatever holds of `certificates`, in whatever order they stand; known ones change nothing. Says which were
    /// refused, by their index, and why. One whose issuer is unknown may hold later, together with others.
    pub fn extend<T: AsRef<[u8]>>(&mut self, certificates: &[T]) -> Vec<(usize, CertificateError)> {
        let mut refused = Vec::new();
        let mut waiting = Vec::new();
        for (index, bytes) in certificates.iter().enumerate() {
            match Certificate::decode(bytes.as_ref()) {
                Ok(certificate) if certificate.member() != self.member => {
                    refused.push((index, CertificateError::OtherMember));
                }
                Ok(certificate) => waiting.push((index, certificate)),
                Err(error) => refused.push((index, error)),
            }
        }
        // A certificate holds once its issuer is known; each round can only make more of them known.
        loop {
            let before = waiting.len();
            waiting.retain(|(index, certificate)| match self.take(certificate) {
                Ok(()) => false,
                Err(CertificateError::UnknownIssuer) => true,
                Err(error) => {
                    refused.push((*index, error));
                    false
                }
            });
            if waiting.is_empty() || waiting.len() == before {
                break;
            }
        }
        refused.extend(waiting.into_iter().map(|(index, _)| (index, CertificateError::UnknownIssuer)));
        refused.sort_unstable_by_key(|(index, _)| *index);
        self.judge();
        refused
    }

    fn take(&mut self, certificate: &Certificate) -> Result<(), CertificateError> {
        let id = certificate.id();
        if self.certificates.contains_key(&id) {
            return Ok(());
        }
        if self.certificates.len() >= CERTIFICATES_MAX {
            return Err(CertificateError::TooMany);
        }
        let issuer = match &certificate.content {
            Content::First(device) => *device,
            Content::Add { issuer, .. } | Content::Revoke { issuer, .. } => {
                self.devices.get(issuer).ok_or(CertificateError::UnknownIssuer)?.public
            }
        };
        certificate.check(&issuer)?;
        match &certificate.content {
            Content::First(public) => {
                self.device_entry(*public);
            }
            Content::Add { device, issuer, .. } => self.device_entry(*device).added.push((id, *issuer)),
            Content::Revoke { revocation, .. } => {
                self.revocations.entry(revocation.device).or_default().push(revocation.clone());
            }
        }
        self.certificates.insert(id, certificate.clone());
        Ok(())
    }

    fn device_entry(&mut self, public: DevicePublic) -> &mut Device {
        let new = Device { public, standing: Standing::Dropped, added: Vec::new() };
        self.devices.entry(public.id()).or_insert(new)
    }

    /// Works out every device's standing anew: who is reached from the first device over additions that stand.
    fn judge(&mut self) {
        let mut reached: BTreeSet<DeviceId> =
            self.devices.keys().copied().filter(|id| MemberId::derive(id) == self.member).collect();
        loop {
            let more: Vec<DeviceId> = self
                .devices
                .iter()
                .filter(|(id, device)| {
                    !reached.contains(id)
                        && device.added.iter().any(|(add, issuer)| reached.contains(issuer) && self.keeps(issuer, add))
                })
                .map(|(id, _)| *id)
                .collect();
            if more.is_empty() {
                break;
            }
            reached.extend(more);
        }
        for (id, device) in &mut self.devices {
            device.standing = match (reached.contains(id), self.revocations.contains_key(id)) {
                (false, _) => Standing::Dropped,
                (true, true) => Standing::Revoked,
                (true, false) => Standing::Live,
            };
        }
    }

    /// Whether what `issuer` added by certificate `add` stands in spite of every revocation of the issuer.
    fn keeps(&self, issuer: &DeviceId, add: &CertificateId) -> bool {
        self.revocations_of(issuer).iter().all(|revocation| revocation.keeps.contains(add))
    }

    fn revocations_of(&self, device: &DeviceId) -> &[Revocation] {
        self.revocations.get(device).map_or(&[], Vec::as_slice)
    }

    /// The certificates by which `device` added others that stand.
    pub(super) fn added_by(&self, device: &DeviceId) -> Vec<CertificateId> {
        let standing = self.devices.values().filter(|added| added.standing != Standing::Dropped);
        let mut ids: Vec<_> = standing
            .flat_map(|added| &added.added)
            .filter(|(id, issuer)| issuer == device && self.keeps(issuer, id))
            .map(|(id, _)| *id)
            .collect();
        ids.sort_unstable();
        ids
    }

    /// Whose chain it is.
    pub fn member(&self) -> MemberId {
        self.member
    }

    /// The keys of a device that is or was the member's; none for one that was dropped.
    pub fn device(&self, id: &DeviceId) -> Option<DevicePublic> {
        self.devices.get(id).filter(|device| device.standing != Standing::Dropped).map(|device| device.public)
    }

    /// What the certificates say of a device; none when they don't know it.
    pub fn standing(&self, id: &DeviceId) -> Option<Standing> {
        self.devices.get(id).map(|device| device.standing)
    }

    /// The devices that a record's eight-byte hint may mean, dropped ones left out.
    pub fn devices_by_hint(&self, hint: [u8; 8]) -> impl Iterator<Item = (DeviceId, DevicePublic)> + '_ {
        let first = DeviceId({
            let mut id = [0; 32];
            id.iter_mut().zip(hint).for_each(|(to, from)| *to = from);
            id
        });
        self.devices
            .range(first..)
            .take_while(move |(id, _)| id.hint() == hint)
            .filter(|(_, device)| device.standing != Standing::Dropped)
            .map(|(id, device)| (*id, device.public))
    }

    /// Whether the device may write, add and revoke.
    pub fn is_live(&self, id: &DeviceId) -> bool {
        self.standing(id) == Some(Standing::Live)
    }

    /// All devices that may write, add and revoke.
    pub fn live_devices(&self) -> impl Iterator<Item = (DeviceId, DevicePublic)> + '_ {
        let live = self.devices.iter().filter(|(_, device)| device.standing == Standing::Live);
        live.map(|(id, device)| (*id, device.public))
    }

    /// Up to which seq records of a chain count: any for a live device, none (0) for one dropped or unknown, and for a revoked
    /// one what every revocation of it accepts.
    pub fn last_accepted(&self, id: &DeviceId, incarnation: &Incarnation) -> u64 {
        match self.standing(id) {
            Some(Standing::Live) => u64::MAX,
            Some(Standing::Revoked) => {
                let accepted = self.revocations_of(id).iter().map(|revocation| {
                    let chains = revocation.accepted.iter().filter(|last| last.incarnation == *incarnation);
                    chains.map(|last| last.seq).min().unwrap_or(0)
                });
                accepted.min().unwrap_or(0)
            }
            Some(Standing::Dropped) | None => 0,
        }
    }

    /// Every certificate that holds, in a fixed order: what a new incarnation's first record and a pack carry.
    pub fn certificates(&self) -> impl Iterator<Item = &[u8]> {
        self.certificates.values().map(Certificate::as_bytes)
    }
}

//! Keys of the boxes as they are used: derived once from box states, never kept on disk in this form.

use super::SyncError;
use super::rows::BoxIndex;
use super::state::BoxState;
use crate::crypto::certificate::MemberChain;
use crate::crypto::epoch::{Epoch, EpochKey};
use crate::crypto::keys::DevicePublic;
use crate::crypto::record::SignedRecord;
use crate::id::{Incarnation, MemberId};

/// What one box is sealed under and who may sign in it.
#[derive(Debug)]
pub struct BoxRing {
    epochs: Vec<Epoch>,
    members: Vec<MemberChain>,
}

/// The rings of a home's boxes, by index.
#[derive(Debug, Default)]
pub struct Keyring(Vec<BoxRing>);

impl BoxRing {
    /// Derives a box's keys and verifies its members' certificates.
    ///
    /// # Errors
    /// [`SyncError`] when a kept key or certificate cannot be read.
    pub fn derive(state: &BoxState) -> Result<Self, SyncError> {
        let mut epochs = Vec::with_capacity(state.epochs.len());
        for epoch in &state.epochs {
            epochs.push(Epoch::new(epoch.id, EpochKey::from_bytes(&epoch.key))?);
        }
        let mut members = Vec::with_capacity(state.roster.len());
        for member in &state.roster {
            let mut chain = MemberChain::new(member.member);
            chain.extend(&member.certificates.iter().map(|bytes| bytes.as_slice()).collect::<Vec<_>>());
            members.push(chain);
        }
        Ok(Self { epochs, members })
    }

    /// The epoch that is written under.
    ///
    /// # Errors
    /// [`SyncError::NoEpoch`] for a box without any.
    pub fn epoch(&self) -> Result<&Epoch, SyncError> {
        self.epochs.last().ok_or(SyncError::NoEpoch)
    }

    /// Every epoch, oldest first.
    pub fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// The members' certificate chains.
    pub fn members(&self) -> &[MemberChain] {
        &self.members
    }

    /// The devices whose id begins with `hint`, each with the last record accepted of this incarnation.
    pub(crate) fn signers(&self, hint: [u8; 8], incarnation: &Incarnation) -> Vec<(MemberId, DevicePublic, u64)> {
        let of = |chain: &MemberChain| -> Vec<_> {
            let devices = chain.devices_by_hint(hint);
            devices.map(|(id, public)| (chain.member(), public, chain.last_accepted(&id, incarnation))).collect()
        };
        self.members.iter().flat_map(of).collect()
    }

    /// The certificates that travel with the first record of a chain: all known of its member.
    pub(crate) fn certificates(&self, record: &SignedRecord) -> Vec<Vec<u8>> {
        let hint = record.core.device_hint;
        let chain = self.members.iter().find(|chain| chain.devices_by_hint(hint).next().is_some());
        chain.map(|chain| chain.certificates().map(<[u8]>::to_vec).collect()).unwrap_or_default()
    }

    /// Adds certificates that verify against a member of the box, to the ring and to the box's state.
    pub(crate) fn learn(&mut self, state: &mut BoxState, certificates: &[Vec<u8>]) {
        for (chain, member) in self.members.iter_mut().zip(&mut state.roster) {
            chain.extend(certificates);
            if chain.certificates().count() > member.certificates.len() {
                member.certificates = chain.certificates().map(|bytes| bytes.to_vec().into()).collect();
            }
        }
    }
}

impl Keyring {
    /// Derives what boxes came since the last time.
    ///
    /// # Errors
    /// As [`BoxRing::derive`].
    pub fn refresh(&mut self, boxes: &[BoxState]) -> Result<(), SyncError> {
        for state in boxes.iter().skip(self.0.len()) {
            self.0.push(BoxRing::derive(state)?);
        }
        Ok(())
    }

    /// The ring of a box.
    ///
    /// # Errors
    /// [`SyncError::NoEpoch`] for a box that [`Keyring::refresh`] has not seen.
    pub fn ring(&self, index: BoxIndex) -> Result<&BoxRing, SyncError> {
        self.0.get(usize::from(index)).ok_or(SyncError::NoEpoch)
    }

    /// The ring of a box, to change.
    ///
    /// # Errors
    /// As [`Keyring::ring`].
    pub fn ring_mut(&mut self, index: BoxIndex) -> Result<&mut BoxRing, SyncError> {
        self.0.get_mut(usize::from(index)).ok_or(SyncError::NoEpoch)
    }

    /// The box with this id at the relay.
    pub fn index_of(&self, box_id: &[u8; 32]) -> Option<BoxIndex> {
        let at = self.0.iter().position(|ring| ring.epochs.last().is_some_and(|epoch| epoch.box_id() == box_id))?;
        BoxIndex::try_from(at).ok()
    }
}

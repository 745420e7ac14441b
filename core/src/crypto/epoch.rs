//! Epochs and boxes (SPEC section 6): one generation of a box's key, and what derives from it.

use super::cbor::{CborError, Reader, Writer};
use super::hpke::{SealToError, open_from, seal_to};
use super::keys::{DeviceKeys, DevicePublic};
use super::primitive::{self, PrimitiveError};
use super::random::{NoRandomness, Randomness, make_secret};
use crate::id::{DeviceId, EpochId, OwnerId, hash};
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Most parents of an epoch.
const PARENTS_MAX: usize = 16;
/// Most devices that an epoch key is sealed to.
const SEALED_MAX: usize = 256;
/// `enc 32 ‖ key 32 ‖ tag 16`.
const SEALED_KEY: usize = 80;
/// Longest encoded [`EpochParts`] in bytes.
pub const EPOCH_PARTS_MAX: usize = 40 * 1024;

/// An epoch that cannot be made, read or entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EpochError {
    /// Not in the format.
    #[error("malformed epoch")]
    Malformed(#[from] CborError),
    /// The key is not the one that the epoch was made with.
    #[error("not this epoch's key")]
    WrongKey,
    /// No key in it is sealed to this device.
    #[error("the epoch's key is not sealed to this device")]
    NotSealedToUs,
    /// A device with a public key that cannot be sealed to.
    #[error("a device's sealing key is unusable")]
    PublicKey,
    /// No randomness to make it from.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// See [`PrimitiveError`].
    #[error(transparent)]
    Primitive(#[from] PrimitiveError),
}

impl From<SealToError> for EpochError {
    fn from(error: SealToError) -> Self {
        match error {
            SealToError::PublicKey => Self::PublicKey,
            SealToError::NoRandomness(error) => Self::NoRandomness(error),
            SealToError::Primitive(error) => Self::Primitive(error),
        }
    }
}

/// The secret of one epoch. Erased when dropped, never printed.
#[derive(Clone)]
pub struct EpochKey(Zeroizing<[u8; 32]>);

impl EpochKey {
    /// A new epoch's key.
    ///
    /// # Errors
    /// [`NoRandomness`] when the source fails.
    pub fn make(randomness: &mut dyn Randomness) -> Result<Self, NoRandomness> {
        make_secret(randomness).map(Self)
    }

    /// A key out of storage or out of a pairing.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        Self(Zeroizing::new(*bytes))
    }

    /// To be kept sealed in storage.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// What tells this key from others without giving it away (SPEC section 6.1).
    fn derive_check(&self) -> Result<[u8; 32], PrimitiveError> {
        Ok(*primitive::derive(self.as_bytes(), b"", &[b"amends/epoch-check/1"])?)
    }
}

impl fmt::Debug for EpochKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EpochKey(…)")
    }
}

/// What an epoch's id is the hash of (SPEC section 6.1), as received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EpochParts {
    bytes: Vec<u8>,
    parents: Vec<EpochId>,
    roster_head: Option<[u8; 32]>,
    sealed: Vec<(DeviceId, [u8; SEALED_KEY])>,
    check: [u8; 32],
}

impl EpochParts {
    /// The parts of a box's first epoch: no parents, no roster before it, and nobody it is sealed to, since pairing hands its
    /// key over.
    ///
    /// # Errors
    /// [`EpochError::Primitive`] only.
    pub fn first(key: &EpochKey) -> Result<Self, EpochError> {
        Self::encode(&[], None, &[], &key.derive_check()?)
    }

    /// The parts of a later epoch, its key sealed to each of `devices`. `roster_head` is the newest roster statement's id.
    ///
    /// # Errors
    /// [`EpochError::PublicKey`] when a device cannot be sealed to, [`EpochError::NoRandomness`], and
    /// [`EpochError::Malformed`] beyond 16 parents or 256 devices.
    pub fn turn(
        owner: &OwnerId,
        key: &EpochKey,
        parents: &[EpochId],
        roster_head: Option<[u8; 32]>,
        devices: &[DevicePublic],
        randomness: &mut dyn Randomness,
    ) -> Result<Self, EpochError> {
        let mut sealed = Vec::with_capacity(devices.len());
        for device in devices {
            let bytes = seal_to(&device.sealing, None, &info(owner), b"", key.as_bytes(), randomness)?;
            let bytes: [u8; SEALED_KEY] = bytes.try_into().map_err(|_| PrimitiveError)?;
            sealed.push((device.id(), bytes));
        }
        Self::encode(parents, roster_head, &sealed, &key.derive_check()?)
    }

    fn encode(
        parents: &[EpochId],
        roster_head: Option<[u8; 32]>,
        sealed: &[(DeviceId, [u8; SEALED_KEY])],
        check: &[u8; 32],
    ) -> Result<Self, EpochError> {
        let mut writer = Writer::default();
        let pairs =
            1 + [!parents.is_empty(), roster_head.is_some(), !sealed.is_empty()].map(usize::from).iter().sum::<usize>();
        writer.map(pairs);
        if !parents.is_empty() {
            writer.uint(0).byte_strings(parents.iter().map(|parent| parent.as_bytes()));
        }
        if let Some(head) = &roster_head {
            writer.uint(1).bytes(head);
        }
        if !sealed.is_empty() {
            writer.uint(2).array(sealed.len());
            for (device, key) in sealed {
                writer.array(2).bytes(&device.0).bytes(key);
            }
        }
        writer.uint(3).bytes(check);
        Self::decode(&writer.finish())
    }

    /// Reads an epoch's parts.
    ///
    /// # Errors
    /// [`EpochError::Malformed`].
    pub fn decode(bytes: &[u8]) -> Result<Self, EpochError> {
        if bytes.len() > EPOCH_PARTS_MAX {
            return Err(CborError::TooLong.into());
        }
        let mut reader = Reader::open(bytes)?;
        let (mut parents, mut roster_head, mut sealed, mut check) = (Vec::new(), None, Vec::new(), None);
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 => {
                    for _ in 0..reader.array(PARENTS_MAX)? {
                        parents.push(EpochId(reader.fixed()?));
                    }
                }
                1 => roster_head = Some(reader.fixed()?),
                2 => {
                    for _ in 0..reader.array(SEALED_MAX)? {
                        reader.tuple(2)?;
                        sealed.push((DeviceId(reader.fixed()?), reader.fixed()?));
                    }
                }
                3 => check = Some(reader.fixed()?),
                _ => reader.skip()?,
            }
        }
        let check = check.ok_or(CborError::Missing(3))?;
        Ok(Self { bytes: bytes.to_vec(), parents, roster_head, sealed, check })
    }

    /// As they are stored and sent.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The epoch's id in `owner`'s box.
    pub fn id(&self, owner: &OwnerId) -> EpochId {
        EpochId(hash(&[b"amends/epoch/1", &owner.0, &self.bytes]))
    }

    /// The epochs that this one follows.
    pub fn parents(&self) -> &[EpochId] {
        &self.parents
    }

    /// The roster statement that was newest when the epoch turned.
    pub fn roster_head(&self) -> Option<[u8; 32]> {
        self.roster_head
    }

    /// The devices that the key is sealed to.
    pub fn devices(&self) -> impl Iterator<Item = DeviceId> + '_ {
        self.sealed.iter().map(|(device, _)| *device)
    }

    /// The epoch with a key learnt elsewhere, which is checked.
    ///
    /// # Errors
    /// [`EpochError::WrongKey`].
    pub fn with_key(&self, owner: &OwnerId, key: EpochKey) -> Result<Epoch, EpochError> {
        if !bool::from(key.derive_check()?.ct_eq(&self.check)) {
            return Err(EpochError::WrongKey);
        }
        Ok(Epoch::new(self.id(owner), key)?)
    }

    /// The epoch with the key that is sealed to `device` in it.
    ///
    /// # Errors
    /// [`EpochError::NotSealedToUs`]; [`EpochError::WrongKey`] when what is sealed is not this epoch's key.
    pub fn open(&self, owner: &OwnerId, device: &DeviceKeys) -> Result<Epoch, EpochError> {
        let id = device.id();
        let (_, sealed) = self.sealed.iter().find(|(to, _)| *to == id).ok_or(EpochError::NotSealedToUs)?;
        let key = open_from(device.sealing(), None, &info(owner), b"", sealed).ok_or(EpochError::WrongKey)?;
        let key: &[u8; 32] = key.as_slice().try_into().map_err(|_| EpochError::WrongKey)?;
        self.with_key(owner, EpochKey::from_bytes(key))
    }
}

fn info(owner: &OwnerId) -> Vec<u8> {
    [b"amends/epoch-key/1".as_slice(), &owner.0].concat()
}

/// One epoch of one box, ready to seal and open: its id, its key, and the box that derives from the key.
#[derive(Debug, Clone)]
pub struct Epoch {
    id: EpochId,
    key: EpochKey,
    box_keys: BoxKeys,
}

impl Epoch {
    /// An epoch whose key is known to be the right one; [`EpochParts::with_key`] checks that.
    ///
    /// # Errors
    /// [`PrimitiveError`] only.
    pub fn new(id: EpochId, key: EpochKey) -> Result<Self, PrimitiveError> {
        let box_keys = BoxKeys::derive(&key)?;
        Ok(Self { id, key, box_keys })
    }

    /// The epoch's id.
    pub fn id(&self) -> EpochId {
        self.id
    }

    /// The epoch's key, for storage and pairing.
    pub fn key(&self) -> &EpochKey {
        &self.key
    }

    /// The box that the epoch's records lie in.
    pub fn box_keys(&self) -> &BoxKeys {
        &self.box_keys
    }

    /// The box's id at the relay.
    pub fn box_id(&self) -> &[u8; 32] {
        &self.box_keys.box_id
    }
}

/// What the relay knows a box by (SPEC section 6.2): an Ed25519 key that derives from the epoch key.
#[derive(Clone)]
pub struct BoxKeys {
    /// The public key, which is the box's id.
    pub box_id: [u8; 32],
    seed: Zeroizing<[u8; 32]>,
}

impl BoxKeys {
    /// The box of an epoch key.
    ///
    /// # Errors
    /// [`PrimitiveError`] only.
    pub fn derive(key: &EpochKey) -> Result<Self, PrimitiveError> {
        let seed = primitive::derive(key.as_bytes(), b"", &[b"amends/access/1"])?;
        let box_id = primitive::signing_public(&primitive::signing_pair(&seed)?)?;
        Ok(Self { box_id, seed })
    }

    /// Proves access: an Ed25519 signature over `message`, which the relay's protocol prescribes.
    ///
    /// # Errors
    /// [`PrimitiveError`] only.
    pub fn sign_access(&self, message: &[u8]) -> Result<[u8; 64], PrimitiveError> {
        primitive::sign(&self.seed, &[message])
    }
}

impl fmt::Debug for BoxKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BoxKeys(…)")
    }
}

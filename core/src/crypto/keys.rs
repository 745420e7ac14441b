//! Device keys (SPEC section 5.1): what a phone signs with and what is sealed to it.

use super::hpke::{PrivateKey, is_usable_public_key};
use super::primitive::{self, PrimitiveError};
use super::random::{NoRandomness, Randomness, make_secret};
use crate::id::DeviceId;
use std::fmt;
use zeroize::{Zeroize, Zeroizing};

/// Keys could not be made or read back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The stored secret has another length.
    #[error("a device's secret has {} bytes", DeviceKeys::SECRET)]
    Length,
    /// No randomness to make keys from.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// See [`PrimitiveError`].
    #[error(transparent)]
    Primitive(#[from] PrimitiveError),
}

/// A device's two public keys.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DevicePublic {
    /// Ed25519: what it signs is checked with this.
    pub signing: [u8; 32],
    /// X25519: what only it shall read is sealed to this.
    pub sealing: [u8; 32],
}

impl DevicePublic {
    /// The device's id (SPEC section 2).
    pub fn id(&self) -> DeviceId {
        DeviceId::derive(&self.signing, &self.sealing)
    }

    /// Whether an honest device could have these keys. With a point of small order as signing key, one signature fits many
    /// texts, and whose words they are could be denied; to a sealing key of small order nothing can be sealed.
    pub(super) fn is_usable(&self) -> bool {
        !primitive::is_weak_signing_key(&self.signing) && is_usable_public_key(&self.sealing)
    }

    /// Whether this device signed the joined parts.
    pub(super) fn signed(&self, parts: &[&[u8]], signature: &[u8; 64]) -> bool {
        primitive::verify(&self.signing, parts, signature)
    }
}

/// Names the type only: keys are as good as ids in a log.
impl fmt::Debug for DevicePublic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DevicePublic(…)")
    }
}

/// A device's secret keys. Erased when dropped, never printed.
pub struct DeviceKeys {
    seed: Zeroizing<[u8; 32]>,
    sealing: PrivateKey,
    public: DevicePublic,
    id: DeviceId,
}

/// The keys of a new device (SPEC section 5.1).
///
/// # Errors
/// [`KeyError::NoRandomness`] when the source fails.
pub fn make_device_keys(randomness: &mut dyn Randomness) -> Result<DeviceKeys, KeyError> {
    let seed = make_secret(randomness)?;
    let sealing = make_secret(randomness)?;
    DeviceKeys::from_parts(seed, &sealing)
}

impl DeviceKeys {
    /// Length in bytes of the secret for storage.
    pub const SECRET: usize = 64;

    fn from_parts(seed: Zeroizing<[u8; 32]>, sealing: &[u8; 32]) -> Result<Self, KeyError> {
        let sealing = PrivateKey::from_bytes(sealing)?;
        let signing = primitive::signing_public(&primitive::signing_pair(&seed)?)?;
        let public = DevicePublic { signing, sealing: sealing.public() };
        Ok(Self { seed, sealing, id: public.id(), public })
    }

    /// Reads back what [`DeviceKeys::to_secret`] gave.
    ///
    /// # Errors
    /// [`KeyError::Length`] when it is not 64 bytes.
    pub fn from_secret(secret: &[u8]) -> Result<Self, KeyError> {
        let (seed, sealing) = secret.split_first_chunk::<32>().ok_or(KeyError::Length)?;
        let sealing: &[u8; 32] = sealing.try_into().map_err(|_| KeyError::Length)?;
        Self::from_parts(Zeroizing::new(*seed), sealing)
    }

    /// `signing seed 32 ‖ sealing key 32`, to be kept sealed in storage.
    pub fn to_secret(&self) -> Zeroizing<[u8; Self::SECRET]> {
        let mut secret = Zeroizing::new([0; Self::SECRET]);
        let parts = self.seed.iter().copied();
        let mut sealing = self.sealing.to_bytes();
        for (out, byte) in secret.iter_mut().zip(parts.chain(sealing.iter().copied())) {
            *out = byte;
        }
        sealing.zeroize();
        secret
    }

    /// The public halves.
    pub fn public(&self) -> DevicePublic {
        self.public
    }

    /// The device's id.
    pub fn id(&self) -> DeviceId {
        self.id
    }

    /// An Ed25519 signature over the joined parts; the first is a domain string.
    pub(super) fn sign(&self, parts: &[&[u8]]) -> Result<[u8; 64], PrimitiveError> {
        primitive::sign(&self.seed, parts)
    }

    /// The key to open what was sealed to this device.
    pub(super) fn sealing(&self) -> &PrivateKey {
        &self.sealing
    }
}

impl fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKeys(…)")
    }
}

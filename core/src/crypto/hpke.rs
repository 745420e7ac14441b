//! RFC 9180 as this room calls it: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305, in base and PSK mode, one message
//! per context.

use super::primitive::PrimitiveError;
use super::random::{Lent, NoRandomness, Randomness};
use hpke::aead::ChaCha20Poly1305;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable, Kem, OpModeR, OpModeS, PskBundle, Serializable};
use std::fmt;
use zeroize::Zeroizing;

/// Bytes of an encapsulated key, before the ciphertext.
const ENC: usize = 32;
/// The library panics near 2^16; nothing of ours comes near.
const INFO_MAX: usize = 4096;

/// An X25519 private key; erased when dropped.
#[derive(Clone)]
pub(super) struct PrivateKey(<X25519HkdfSha256 as Kem>::PrivateKey);

impl PrivateKey {
    /// Any 32 bytes are a key.
    pub(super) fn from_bytes(bytes: &[u8; 32]) -> Result<Self, PrimitiveError> {
        <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(bytes).map(Self).map_err(|_| PrimitiveError)
    }

    pub(super) fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        let mut bytes = Zeroizing::new([0; 32]);
        self.0.write_exact(bytes.as_mut());
        bytes
    }

    pub(super) fn public(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        X25519HkdfSha256::sk_to_pk(&self.0).write_exact(&mut bytes);
        bytes
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PrivateKey(…)")
    }
}

/// What both sides must know beside the keys.
#[derive(Clone, Copy)]
pub(super) struct Psk<'a> {
    pub(super) psk: &'a [u8; 32],
    pub(super) id: &'a [u8],
}

impl<'a> Psk<'a> {
    fn bundle(self) -> Result<PskBundle<'a>, PrimitiveError> {
        if self.id.len() > INFO_MAX {
            return Err(PrimitiveError);
        }
        PskBundle::new(self.psk, self.id).map_err(|_| PrimitiveError)
    }
}

/// A message could not be sealed to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum SealToError {
    /// The public key is one that no honest device has.
    #[error("not a usable public key")]
    PublicKey,
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    #[error(transparent)]
    Primitive(#[from] PrimitiveError),
}

/// `enc 32 ‖ ciphertext` of `text` for the holder of `public`.
pub(super) fn seal_to(
    public: &[u8; 32],
    psk: Option<Psk<'_>>,
    info: &[u8],
    aad: &[u8],
    text: &[u8],
    randomness: &mut dyn Randomness,
) -> Result<Vec<u8>, SealToError> {
    if info.len() > INFO_MAX {
        return Err(PrimitiveError.into());
    }
    let public = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(public).map_err(|_| SealToError::PublicKey)?;
    let mode = match psk {
        Some(psk) => OpModeS::Psk(psk.bundle()?),
        None => OpModeS::Base,
    };
    let mut lent = Lent::new(randomness);
    let sealed = hpke::single_shot_seal_with_rng::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &mode, &public, info, text, aad, &mut lent,
    );
    if lent.failed() {
        return Err(NoRandomness.into());
    }
    let (enc, ciphertext) = sealed.map_err(|_| SealToError::PublicKey)?;
    Ok([&enc.to_bytes()[..], &ciphertext].concat())
}

/// Whether anything can be sealed to this key: tries it, with an ephemeral key that is used for nothing else.
pub(super) fn is_usable_public_key(public: &[u8; 32]) -> bool {
    struct Zeros;
    impl Randomness for Zeros {
        fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
            bytes.fill(0);
            Ok(())
        }
    }
    seal_to(public, None, b"", b"", b"", &mut Zeros).is_ok()
}

/// The text of `enc ‖ ciphertext`; none when it was not sealed to this key under these conditions.
pub(super) fn open_from(
    private: &PrivateKey,
    psk: Option<Psk<'_>>,
    info: &[u8],
    aad: &[u8],
    sealed: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    if info.len() > INFO_MAX {
        return None;
    }
    let (enc, ciphertext) = sealed.split_at_checked(ENC)?;
    let enc = <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(enc).ok()?;
    let mode = match psk {
        Some(psk) => OpModeR::Psk(psk.bundle().ok()?),
        None => OpModeR::Base,
    };
    hpke::single_shot_open::<ChaCha20Poly1305, HkdfSha256, X25519HkdfSha256>(
        &mode, &private.0, &enc, info, ciphertext, aad,
    )
    .ok()
    .map(Zeroizing::new)
}

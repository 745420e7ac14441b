//! The primitives as this room calls them: HKDF-SHA256, ChaCha20-Poly1305 and Ed25519, all of `ring`. Nothing here is ours but
//! the shape of the calls.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Salt};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use zeroize::Zeroizing;

/// Length of the authentication tag that the AEAD adds.
pub(super) const TAG: usize = 16;

/// A primitive refused lengths that it takes in every version known; our bug, never anybody's input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cryptographic primitive refused to work")]
pub struct PrimitiveError;

impl From<ring::error::Unspecified> for PrimitiveError {
    fn from(_: ring::error::Unspecified) -> Self {
        Self
    }
}

struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

/// HKDF-SHA256 (RFC 5869); `info` is joined.
pub(super) fn derive<const N: usize>(
    ikm: &[u8],
    salt: &[u8],
    info: &[&[u8]],
) -> Result<Zeroizing<[u8; N]>, PrimitiveError> {
    let mut out = Zeroizing::new([0; N]);
    Salt::new(HKDF_SHA256, salt).extract(ikm).expand(info, Length(N))?.fill(out.as_mut())?;
    Ok(out)
}

/// A ChaCha20-Poly1305 key (RFC 8439).
pub(super) fn aead_key(key: &[u8; 32]) -> Result<LessSafeKey, PrimitiveError> {
    Ok(LessSafeKey::new(UnboundKey::new(&CHACHA20_POLY1305, key)?))
}

/// Encrypts `text` where it stands and appends the tag.
pub(super) fn aead_seal(
    key: &LessSafeKey,
    nonce: [u8; 12],
    aad: &[u8],
    text: &mut Vec<u8>,
) -> Result<(), PrimitiveError> {
    Ok(key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(aad), text)?)
}

/// Encrypts `text` where it stands and gives the tag.
pub(super) fn aead_seal_separate(
    key: &LessSafeKey,
    nonce: [u8; 12],
    aad: &[u8],
    text: &mut [u8],
) -> Result<[u8; TAG], PrimitiveError> {
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = key.seal_in_place_separate_tag(nonce, Aad::from(aad), text)?;
    tag.as_ref().try_into().map_err(|_| PrimitiveError)
}

/// Decrypts `text ‖ tag`; none when it is not authentic.
pub(super) fn aead_open(key: &LessSafeKey, nonce: [u8; 12], aad: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
    let nonce = Nonce::assume_unique_for_key(nonce);
    let mut text = sealed.to_vec();
    let length = key.open_in_place(nonce, Aad::from(aad), &mut text).ok()?.len();
    text.truncate(length);
    Some(text)
}

/// The Ed25519 key pair of a seed.
pub(super) fn signing_pair(seed: &[u8; 32]) -> Result<Ed25519KeyPair, PrimitiveError> {
    Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| PrimitiveError)
}

/// The public half of a pair.
pub(super) fn signing_public(pair: &Ed25519KeyPair) -> Result<[u8; 32], PrimitiveError> {
    pair.public_key().as_ref().try_into().map_err(|_| PrimitiveError)
}

/// An Ed25519 signature over the joined parts.
pub(super) fn sign(seed: &[u8; 32], parts: &[&[u8]]) -> Result<[u8; 64], PrimitiveError> {
    let signature = signing_pair(seed)?.sign(&parts.concat());
    signature.as_ref().try_into().map_err(|_| PrimitiveError)
}

/// Whether `signature` is `public`'s over the joined parts.
pub(super) fn verify(public: &[u8; 32], parts: &[&[u8]], signature: &[u8; 64]) -> bool {
    UnparsedPublicKey::new(&ED25519, public).verify(&parts.concat(), signature).is_ok()
}

/// Whether an Ed25519 public key is one of the few points of small order, in any encoding: the sign bit, the last, aside.
pub(super) fn is_weak_signing_key(public: &[u8; 32]) -> bool {
    const ORDER_8: [[u8; 32]; 2] = [
        [
            0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf,
            0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
        ],
        [
            0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20,
            0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
        ],
    ];
    let mut point = *public;
    if let Some(last) = point.last_mut() {
        *last &= 0x7f;
    }
    // y of 0 and 1, and p - 1, p, p + 1 for p = 2^255 - 19.
    let [first, middle @ .., last] = point;
    let is_small = first <= 1 && middle == [0; 30] && last == 0;
    let is_near_p = (0xec..=0xee).contains(&first) && middle == [0xff; 30] && last == 0x7f;
    is_small || is_near_p || ORDER_8.contains(&point)
}

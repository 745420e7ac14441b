//! How m1 to m4 and an abort are sealed (SPEC section 7.4): HPKE with what only inviter and joiner know, padded so that the
//! relay cannot tell a partner from a device.

use super::{AbortReason, PairingError, Step};
use crate::crypto::cbor::{Reader, Writer};
use crate::crypto::hpke::{PrivateKey, Psk, open_from, seal_to};
use crate::crypto::primitive::{self, PrimitiveError, TAG};
use crate::crypto::random::Randomness;
use std::fmt;
use zeroize::Zeroizing;

/// Smallest message in bytes.
const MIN: usize = 2 * 1024;
/// Largest message in bytes: what a rendezvous takes.
const MAX: usize = 16 * 1024;
const ENC: usize = 32;

/// What both sides know from the link or the words.
#[derive(Clone)]
pub(super) struct Secrets {
    /// R.
    rendezvous: [u8; 16],
    /// S.
    pub(super) secret: Zeroizing<[u8; 32]>,
    psk: Zeroizing<[u8; 32]>,
}

impl Secrets {
    pub(super) fn new(rendezvous: [u8; 16], secret: Zeroizing<[u8; 32]>) -> Result<Self, PrimitiveError> {
        let psk = primitive::derive(secret.as_slice(), b"", &[b"amends/psk/1"])?;
        Ok(Self { rendezvous, secret, psk })
    }

    pub(super) fn rendezvous(&self) -> [u8; 16] {
        self.rendezvous
    }

    fn psk(&self) -> Psk<'_> {
        Psk { psk: &self.psk, id: &self.rendezvous }
    }

    /// `content` for the holder of `to`. `info` says which message it is and what it answers.
    pub(super) fn seal(
        &self,
        to: &[u8; 32],
        info: &[&[u8]],
        content: &[u8],
        randomness: &mut dyn Randomness,
    ) -> Result<Vec<u8>, PairingError> {
        let size = (content.len() + 4 + ENC + TAG).next_power_of_two().max(MIN);
        if size > MAX {
            return Err(PairingError::TooLarge);
        }
        let length = u32::try_from(content.len()).map_err(|_| PairingError::TooLarge)?;
        let mut plain = Zeroizing::new(Vec::with_capacity(size));
        plain.extend_from_slice(&length.to_be_bytes());
        plain.extend_from_slice(content);
        plain.resize(size - ENC - TAG, 0);
        Ok(seal_to(to, Some(self.psk()), &info.concat(), b"", &plain, randomness)?)
    }

    /// The content of what [`Secrets::seal`] sealed; none when it is not authentic.
    pub(super) fn open(&self, key: &PrivateKey, info: &[&[u8]], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        if sealed.len() > MAX {
            return None;
        }
        let plain = open_from(key, Some(self.psk()), &info.concat(), b"", sealed)?;
        let (length, rest) = plain.split_first_chunk::<4>()?;
        let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
        rest.get(..length).map(|content| Zeroizing::new(content.to_vec()))
    }

    /// A sealed "stop".
    pub(super) fn seal_abort(
        &self,
        to: &[u8; 32],
        h0: &[u8; 32],
        reason: AbortReason,
        randomness: &mut dyn Randomness,
    ) -> Result<Vec<u8>, PairingError> {
        let mut writer = Writer::default();
        writer.map(1).uint(0).uint(reason.number());
        self.seal(to, &[b"abort", h0], &writer.finish(), randomness)
    }

    /// Why the other side stopped, or that the rendezvous was burned by whom we cannot know.
    pub(super) fn open_abort(&self, key: &PrivateKey, h0: &[u8; 32], sealed: &[u8]) -> PairingError {
        let read = || {
            let content = self.open(key, &[b"abort", h0], sealed)?;
            let mut reader = Reader::open(&content).ok()?;
            let mut reason = None;
            for _ in 0..reader.map().ok()? {
                match reader.uint().ok()? {
                    0 => reason = Some(reader.uint().ok()?),
                    _ => reader.skip().ok()?,
                }
            }
            reason
        };
        read().map_or(PairingError::Burned, |number| PairingError::Aborted(AbortReason::from_number(number)))
    }
}

impl AbortReason {
    fn number(self) -> u64 {
        match self {
            Self::Unknown => 0,
            Self::CodeMismatch => 1,
            Self::Cancelled => 2,
            Self::Expired => 3,
            Self::Refused => 4,
        }
    }

    fn from_number(number: u64) -> Self {
        let known = [Self::CodeMismatch, Self::Cancelled, Self::Expired, Self::Refused];
        known.into_iter().find(|reason| reason.number() == number).unwrap_or(Self::Unknown)
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

/// h0 and h1, which every later message builds on.
#[derive(Debug)]
pub(super) struct Hashes {
    pub(super) h0: [u8; 32],
    pub(super) h1: [u8; 32],
}

impl Hashes {
    /// T: all that was said before the codes. A bundle delimits itself, being one CBOR item.
    pub(super) fn transcript(&self, inviter: (&[u8; 32], &[u8]), joiner: (&[u8; 32], &[u8])) -> [u8; 32] {
        let (nonce_i, bundle_i) = inviter;
        let (nonce_j, bundle_j) = joiner;
        crate::id::hash(&[b"amends/T", &self.h0, &self.h1, nonce_i, bundle_i, nonce_j, bundle_j])
    }
}

/// C: what the inviter commits to before it has seen anything of the joiner.
pub(super) fn commitment(nonce: &[u8; 32], bundle: &[u8]) -> [u8; 32] {
    crate::id::hash(&[b"amends/commit", nonce, bundle])
}

/// What m3 and m4 sign: T and the roster, or the grant.
pub(super) fn signed_by_inviter<'a>(transcript: &'a [u8; 32], paper: &'a [u8]) -> [&'a [u8]; 3] {
    [b"amends/pairing-inviter/1", transcript, paper]
}

/// As [`signed_by_inviter`], for the joiner.
pub(super) fn signed_by_joiner<'a>(transcript: &'a [u8; 32], paper: &'a [u8]) -> [&'a [u8]; 3] {
    [b"amends/pairing-joiner/1", transcript, paper]
}

impl Step {
    /// An authentic message's content, or the failure of this step.
    pub(super) fn authentic<T>(self, content: Option<T>) -> Result<T, PairingError> {
        content.ok_or(PairingError::NotAuthentic(self))
    }
}

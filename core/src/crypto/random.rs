//! Randomness is lent to this room: by the system in an app, by a seed in a test or a simulated world.

use rand_core::{CryptoRng, TryCryptoRng, TryRng};
use ring::rand::{SecureRandom, SystemRandom};
use std::convert::Infallible;
use zeroize::Zeroizing;

/// The source of randomness failed; nothing was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed")]
pub struct NoRandomness;

/// Fills bytes that nobody can guess. Whoever lends it decides whether that is true.
pub trait Randomness {
    /// Fills all of `bytes`.
    ///
    /// # Errors
    /// [`NoRandomness`] when the source fails; `bytes` must not be used then.
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness>;
}

/// The operating system's randomness.
#[derive(Debug, Clone)]
pub struct SystemRandomness(SystemRandom);

impl SystemRandomness {
    /// Needs no seeding.
    pub fn new() -> Self {
        Self(SystemRandom::new())
    }
}

impl Default for SystemRandomness {
    fn default() -> Self {
        Self::new()
    }
}

impl Randomness for SystemRandomness {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        self.0.fill(bytes).map_err(|_| NoRandomness)
    }
}

/// Any infallible generator of `rand_core`, such as a seeded ChaCha20 in a simulated world.
impl<R: CryptoRng> Randomness for R {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        self.fill_bytes(bytes);
        Ok(())
    }
}

/// `N` fresh bytes, such as the 16 of a new entry or the 32 of a body's nonce.
///
/// # Errors
/// [`NoRandomness`] when the source fails.
pub fn make_bytes<const N: usize>(randomness: &mut dyn Randomness) -> Result<[u8; N], NoRandomness> {
    let mut bytes = [0; N];
    randomness.fill(&mut bytes)?;
    Ok(bytes)
}

/// `N` fresh bytes that are erased when dropped.
///
/// # Errors
/// [`NoRandomness`] when the source fails.
pub fn make_secret<const N: usize>(randomness: &mut dyn Randomness) -> Result<Zeroizing<[u8; N]>, NoRandomness> {
    let mut bytes = Zeroizing::new([0; N]);
    randomness.fill(bytes.as_mut())?;
    Ok(bytes)
}

/// Lends a fallible source to a library that takes only infallible ones: the failure is noted, and whoever called must
/// discard the result if [`Lent::failed`].
pub(super) struct Lent<'a> {
    source: &'a mut dyn Randomness,
    failed: bool,
}

impl<'a> Lent<'a> {
    pub(super) fn new(source: &'a mut dyn Randomness) -> Self {
        Self { source, failed: false }
    }

    pub(super) fn failed(&self) -> bool {
        self.failed
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.failed |= self.source.fill(&mut bytes).is_err();
        bytes
    }
}

impl TryRng for Lent<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(self.array()))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(self.array()))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.failed |= self.source.fill(bytes).is_err();
        Ok(())
    }
}

impl TryCryptoRng for Lent<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    struct Broken;

    impl Randomness for Broken {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), NoRandomness> {
            Err(NoRandomness)
        }
    }

    #[test]
    fn a_failing_source_is_noticed_behind_the_infallible_trait() {
        let mut broken = Broken;
        let mut lent = Lent::new(&mut broken);
        lent.fill_bytes_for_test();
        assert!(lent.failed());
        assert_eq!(make_bytes::<16>(&mut broken), Err(NoRandomness));
    }

    impl Lent<'_> {
        fn fill_bytes_for_test(&mut self) {
            rand_core::Rng::fill_bytes(self, &mut [0; 4]);
        }
    }

    #[test]
    fn the_system_never_repeats_itself() {
        let mut system = SystemRandomness::new();
        assert_ne!(make_bytes::<32>(&mut system).unwrap(), make_bytes::<32>(&mut system).unwrap());
    }
}

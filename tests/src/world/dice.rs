//! The one source of chance in a world.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// Dice that fall the same way for the same seed. They are the world's randomness, and each phone's.
#[derive(Debug, Clone)]
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The dice of a seed.
    pub fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    /// Dice of their own, so that what one part throws does not change what another part gets.
    pub fn fork(&mut self) -> Self {
        Self::new(self.0.next_u64())
    }

    /// The generator underneath, as a phone's randomness.
    pub fn into_randomness(self) -> ChaCha8Rng {
        self.0
    }

    /// A number below `end`, 0 when there is none.
    pub fn below(&mut self, end: usize) -> usize {
        let end = end.max(1) as u64;
        usize::try_from(self.0.next_u64() % end).unwrap_or(0)
    }

    /// Whether something happens that does so `chances` times in `of`.
    pub fn hits(&mut self, chances: usize, of: usize) -> bool {
        self.below(of) < chances
    }

    /// One of `choices`.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> Option<&'a T> {
        choices.get(self.below(choices.len()))
    }

    /// Fresh bytes.
    pub fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.0.fill_bytes(&mut bytes);
        bytes
    }
}

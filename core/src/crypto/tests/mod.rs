//! Hostile, property and vector tests of the whole room.

mod cbor;
mod certificates;
mod epochs;
mod packs;
pub(super) mod pairing;
mod records;
mod sizes;
mod storage;
mod vectors;

use super::keys::{DeviceKeys, make_device_keys};
use super::random::{NoRandomness, Randomness};
use crate::id::hash;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

/// The same randomness on every run.
pub(super) fn seeded(seed: u8) -> ChaCha20Rng {
    ChaCha20Rng::from_seed([seed; 32])
}

pub(super) fn device(seed: u8) -> DeviceKeys {
    make_device_keys(&mut seeded(seed)).unwrap()
}

/// Stands in for body and change hashes, which other rooms know.
fn item_hash(index: usize, bytes: &[u8]) -> Option<[u8; 32]> {
    Some(hash(&[b"test item", &(index as u64).to_be_bytes(), bytes]))
}

/// Every way to flip one bit.
fn flipped(bytes: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    (0..bytes.len() * 8).map(|bit| {
        let mut flipped = bytes.to_vec();
        flipped[bit / 8] ^= 1 << (bit % 8);
        flipped
    })
}

/// Every proper prefix.
fn cut(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    (0..bytes.len()).map(|length| &bytes[..length])
}

/// Seeded randomness that remembers what it gave, so that a vector can say it.
struct Noted {
    source: ChaCha20Rng,
    given: Vec<u8>,
}

impl Noted {
    fn new(seed: u8) -> Self {
        Self { source: seeded(seed), given: Vec::new() }
    }
}

impl Randomness for Noted {
    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), NoRandomness> {
        self.source.fill(bytes)?;
        self.given.extend_from_slice(bytes);
        Ok(())
    }
}

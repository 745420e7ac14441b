//! How long to wait before the next attempt to reach the relay.

use crate::crypto::random::{Randomness, make_bytes};
use std::time::Duration;

const WAIT_MIN: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_secs(5 * 60);

/// Waits that double from one second to five minutes, each between half of that and all of it, so that the phones of a relay
/// that was away do not all come back at once.
#[derive(Debug, Clone, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// An attempt succeeded: the next failure waits shortly again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// An attempt failed: how long to wait now.
    pub fn next(&mut self, randomness: &mut dyn Randomness) -> Duration {
        let doubled = WAIT_MIN.checked_mul(1 << self.failures.min(16)).unwrap_or(WAIT_MAX);
        self.failures = self.failures.saturating_add(1);
        let longest = doubled.min(WAIT_MAX);
        // Without randomness there is no jitter, and nothing else is lost.
        let share = make_bytes(randomness).map_or(u32::MAX, u32::from_be_bytes);
        let half = longest / 2;
        half + half.mul_f64(f64::from(share) / f64::from(u32::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::random::NoRandomness;
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng;

    struct Broken;

    impl Randomness for Broken {
        fn fill(&mut self, _: &mut [u8]) -> Result<(), NoRandomness> {
            Err(NoRandomness)
        }
    }

    #[test]
    fn waits_double_from_a_second_to_five_minutes_and_start_anew_after_success() {
        let mut backoff = Backoff::default();
        let waits: Vec<u64> = (0..12).map(|_| backoff.next(&mut Broken).as_secs()).collect();
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
        backoff.reset();
        assert_eq!(backoff.next(&mut Broken), WAIT_MIN);
    }

    #[test]
    fn the_jitter_takes_at_most_half_and_differs() {
        let mut random = ChaCha20Rng::seed_from_u64(7);
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let wait = Backoff::default().next(&mut random);
            assert!((WAIT_MIN / 2..=WAIT_MIN).contains(&wait), "{wait:?}");
            seen.insert(wait);
        }
        assert!(seen.len() > 90);
        let mut backoff = Backoff { failures: u32::MAX };
        assert!(backoff.next(&mut random) >= WAIT_MAX / 2);
    }
}

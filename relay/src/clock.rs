//! Where time enters: expiry, rates and lifetimes all ask a [`Clock`], so that tests move time instead of waiting.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A source of time.
pub trait Clock: Send + Sync + 'static {
    /// Time since the process started. Never goes back; every lifetime is measured with it.
    fn elapsed(&self) -> Duration;

    /// Seconds since 1970 by the wall clock, which may be wrong. Only used to guess how long a relay was switched off.
    fn wall_s(&self) -> u64;
}

/// The machine's clocks.
#[derive(Debug)]
pub struct SystemClock {
    started: Instant,
}

impl SystemClock {
    /// Starts counting now.
    #[must_use]
    pub fn new() -> Self {
        Self { started: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn wall_s(&self) -> u64 {
        // A clock before 1970 counts as 1970: the guess of how long the relay was off becomes zero, the safe side.
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }
}

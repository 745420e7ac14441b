//! Argon2id (RFC 9106): makes guessing words and passphrases expensive. The cost is the caller's, so that tests and simulated
//! worlds are quick.

use super::primitive::PrimitiveError;
use argon2::{Algorithm, Argon2, Params, Version};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

/// What one guess costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over that memory.
    pub passes: u32,
    /// Lanes that could run side by side.
    pub lanes: u32,
}

impl Cost {
    /// What phones use: 64 MiB, three passes, one lane; about a quarter of a second.
    pub const FULL: Self = Self { memory_kib: 64 * 1024, passes: 3, lanes: 1 };
    /// As good as none: for tests and simulated worlds.
    pub const NONE: Self = Self { memory_kib: 8, passes: 1, lanes: 1 };

    /// Whether this is a cost that a phone can be asked to pay, and not one that would hang it.
    pub(super) fn is_bearable(&self) -> bool {
        self.memory_kib <= 1024 * 1024 && self.passes <= 64 && self.lanes <= 16
    }

    /// 32 bytes out of `text`, taken in Unicode NFKD.
    pub(super) fn stretch(&self, text: &str, salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, PrimitiveError> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, Some(32)).map_err(|_| PrimitiveError)?;
        // Room for what NFKD can grow to, so that no half-grown copy is left behind unerased.
        let mut normal = Zeroizing::new(String::with_capacity(text.len().saturating_mul(18)));
        normal.extend(text.nfkd());
        let mut out = Zeroizing::new([0; 32]);
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(normal.as_bytes(), salt, out.as_mut())
            .map_err(|_| PrimitiveError)?;
        Ok(out)
    }
}

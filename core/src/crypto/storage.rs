//! Storage sealing (SPEC section 9): every row that a phone keeps is sealed under a key that its platform's vault holds, or
//! that derives from a passphrase.

use super::cbor::{CborError, Reader, Writer};
use super::primitive::{self, PrimitiveError, TAG};
use super::random::{NoRandomness, Randomness, make_bytes, make_secret};
use super::stretch::Cost;
use ring::aead::LessSafeKey;
use std::fmt;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const NONCE: usize = 12;
/// Bytes that sealing adds to a row.
pub const ROW_OVERHEAD: usize = NONCE + TAG;
const PASSPHRASE_SLOT_MAX: usize = 1024;

/// A row or a key that cannot be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// Too short to be a sealed row.
    #[error("the stored row is damaged")]
    Damaged,
    /// Changed, moved to another place, or sealed under another key.
    #[error("the stored row is not authentic")]
    NotAuthentic,
    /// The passphrase is not the one that the home was made with.
    #[error("wrong passphrase")]
    WrongPassphrase,
    /// The passphrase's salt and costs cannot be read.
    #[error("malformed passphrase slot")]
    Slot(#[from] CborError),
    /// The passphrase's costs are beyond what a phone can be asked to pay.
    #[error("the passphrase's cost is out of bounds")]
    Cost,
    /// No randomness for a nonce or a key.
    #[error(transparent)]
    NoRandomness(#[from] NoRandomness),
    /// See [`PrimitiveError`].
    #[error(transparent)]
    Primitive(#[from] PrimitiveError),
}

/// The key of everything that a phone keeps. The key schedule is kept, so that a row costs about a microsecond.
pub struct StorageKey {
    secret: Zeroizing<[u8; 32]>,
    rows: LessSafeKey,
}

impl StorageKey {
    /// A new key for the platform's vault.
    ///
    /// # Errors
    /// [`StorageError::NoRandomness`].
    pub fn make(randomness: &mut dyn Randomness) -> Result<Self, StorageError> {
        let secret: Zeroizing<[u8; 32]> = make_secret(randomness)?;
        Ok(Self::from_bytes(&secret)?)
    }

    /// The key out of the platform's vault.
    ///
    /// # Errors
    /// [`PrimitiveError`] only.
    pub fn from_bytes(secret: &[u8; 32]) -> Result<Self, PrimitiveError> {
        let rows = primitive::derive(secret, b"", &[b"amends/storage/1"])?;
        Ok(Self { rows: primitive::aead_key(&rows)?, secret: Zeroizing::new(*secret) })
    }

    /// For the platform's vault alone.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.secret
    }

    /// A key out of a passphrase, with the slot that gives it back: salt, cost and a check, to be kept beside the home as it
    /// is.
    ///
    /// # Errors
    /// [`StorageError::NoRandomness`]; [`StorageError::Cost`] for a cost that [`StorageKey::from_passphrase`] would refuse.
    pub fn make_from_passphrase(
        passphrase: &str,
        cost: Cost,
        randomness: &mut dyn Randomness,
    ) -> Result<(Self, Vec<u8>), StorageError> {
        let salt: [u8; 16] = make_bytes(randomness)?;
        let key = Self::derive_from_passphrase(passphrase, cost, &salt)?;
        let mut slot = Writer::default();
        slot.map(5).uint(0).bytes(&salt);
        slot.uint(1).uint(cost.memory_kib.into());
        slot.uint(2).uint(cost.passes.into());
        slot.uint(3).uint(cost.lanes.into());
        slot.uint(4).bytes(&key.derive_check()?);
        Ok((key, slot.finish()))
    }

    /// The key that [`StorageKey::make_from_passphrase`] made.
    ///
    /// # Errors
    /// [`StorageError::WrongPassphrase`], also when the slot's salt or check is damaged; [`StorageError::Slot`] and
    /// [`StorageError::Cost`] when the slot is none.
    pub fn from_passphrase(passphrase: &str, slot: &[u8]) -> Result<Self, StorageError> {
        if slot.len() > PASSPHRASE_SLOT_MAX {
            return Err(CborError::TooLong.into());
        }
        let mut reader = Reader::open(slot)?;
        let (mut salt, mut check) = (None, None);
        let (mut memory_kib, mut passes, mut lanes) = (None, None, None);
        for _ in 0..reader.map()? {
            match reader.uint()? {
                0 => salt = Some(reader.fixed::<16>()?),
                1 => memory_kib = Some(reader.uint()?),
                2 => passes = Some(reader.uint()?),
                3 => lanes = Some(reader.uint()?),
                4 => check = Some(reader.fixed::<32>()?),
                _ => reader.skip()?,
            }
        }
        let number = |value: Option<u64>, key| {
            let value = value.ok_or(CborError::Missing(key))?;
            u32::try_from(value).map_err(|_| StorageError::Cost)
        };
        let cost = Cost { memory_kib: number(memory_kib, 1)?, passes: number(passes, 2)?, lanes: number(lanes, 3)? };
        let salt = salt.ok_or(CborError::Missing(0))?;
        let check = check.ok_or(CborError::Missing(4))?;
        let key = Self::derive_from_passphrase(passphrase, cost, &salt)?;
        if bool::from(key.derive_check()?.ct_eq(&check)) { Ok(key) } else { Err(StorageError::WrongPassphrase) }
    }

    fn derive_from_passphrase(passphrase: &str, cost: Cost, salt: &[u8; 16]) -> Result<Self, StorageError> {
        if !cost.is_bearable() {
            return Err(StorageError::Cost);
        }
        let secret = cost.stretch(passphrase, salt).map_err(|_| StorageError::Cost)?;
        Ok(Self::from_bytes(&secret)?)
    }

    fn derive_check(&self) -> Result<[u8; 32], PrimitiveError> {
        Ok(*primitive::derive(self.secret.as_slice(), b"", &[b"amends/storage-check/1"])?)
    }

    /// Seals a row so that it opens at this place only: in `table`, under `row`. The same text never looks the same twice.
    ///
    /// # Errors
    /// [`StorageError::NoRandomness`] and [`StorageError::Primitive`].
    pub fn seal_row(
        &self,
        table: u8,
        row: &[u8],
        text: &[u8],
        randomness: &mut dyn Randomness,
    ) -> Result<Vec<u8>, StorageError> {
        let nonce: [u8; NONCE] = make_bytes(randomness)?;
        let mut sealed = Vec::with_capacity(text.len() + ROW_OVERHEAD);
        sealed.extend_from_slice(&nonce);
        sealed.extend_from_slice(text);
        let tag = primitive::aead_seal_separate(
            &self.rows,
            nonce,
            &aad(table, row),
            sealed.get_mut(NONCE..).ok_or(PrimitiveError)?,
        )?;
        sealed.extend_from_slice(&tag);
        Ok(sealed)
    }

    /// Opens what [`StorageKey::seal_row`] sealed at the same place.
    ///
    /// # Errors
    /// [`StorageError::Damaged`] and [`StorageError::NotAuthentic`].
    pub fn open_row(&self, table: u8, row: &[u8], sealed: &[u8]) -> Result<Vec<u8>, StorageError> {
        let (nonce, ciphertext) = sealed
            .split_first_chunk::<NONCE>()
            .filter(|(_, ciphertext)| ciphertext.len() >= TAG)
            .ok_or(StorageError::Damaged)?;
        primitive::aead_open(&self.rows, *nonce, &aad(table, row), ciphertext).ok_or(StorageError::NotAuthentic)
    }
}

fn aad(table: u8, row: &[u8]) -> Vec<u8> {
    [b"amends/row/1".as_slice(), &[table], row].concat()
}

impl fmt::Debug for StorageKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StorageKey(…)")
    }
}

//! A key vault of files beside the home, for terminals and tests.

use super::counter::{CounterFile, replace};
use super::{KeyVault, VaultError};
use crate::crypto::random::Randomness;
use crate::crypto::storage::StorageKey;
use crate::crypto::stretch::Cost;
use crate::home::Counter;
use std::fs::{File, Permissions};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Bytes of a key file or passphrase slot at most.
const FILE_BYTES_MAX: u64 = 4096;

/// Keeps the storage key and the counter in files named after the home's folder and beside it, each readable by its owner
/// only: `HOME.key`, or `HOME.passphrase` when the key comes from a passphrase, and `HOME.counter`.
///
/// They are beside the home and not in it so that a copy of the folder is no copy of the key, and a restored folder is
/// recognised by its counter.
pub struct FileKeyVault {
    key: PathBuf,
    slot: PathBuf,
    counter: CounterFile,
    passphrase: Option<(Zeroizing<String>, Cost)>,
}

impl FileKeyVault {
    /// The vault of the home in `folder`, with its key in a file.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        let beside = |suffix: &str| {
            // A trailing slash would put the files into the home.
            let mut name = folder.components().as_path().as_os_str().to_owned();
            name.push(suffix);
            PathBuf::from(name)
        };
        Self {
            key: beside(".key"),
            slot: beside(".passphrase"),
            counter: CounterFile::new(beside(".counter")),
            passphrase: None,
        }
    }

    /// The same with its key from a passphrase, stretched by Argon2id. `cost` counts when the key is made; later the cost
    /// kept beside the home does.
    ///
    /// # Errors
    /// [`VaultError::PassphraseEmpty`].
    pub fn with_passphrase(folder: &Path, passphrase: Zeroizing<String>, cost: Cost) -> Result<Self, VaultError> {
        if passphrase.is_empty() {
            return Err(VaultError::PassphraseEmpty);
        }
        Ok(Self { passphrase: Some((passphrase, cost)), ..Self::new(folder) })
    }

    /// What an honest terminal says before it uses this vault; nothing when a passphrase guards the key.
    #[must_use]
    pub fn warning(&self) -> Option<&'static str> {
        self.passphrase.is_none().then_some(
            "the storage key lies in a file beside the home: whoever can read your files can read this home. \
             A real phone keeps it in hardware; here a passphrase protects better",
        )
    }
}

impl KeyVault for FileKeyVault {
    fn storage_key(&mut self) -> Result<Option<StorageKey>, VaultError> {
        match (&self.passphrase, read(&self.key)?, read(&self.slot)?) {
            (_, None, None) => Ok(None),
            (None, Some(key), _) => {
                let key: &[u8; 32] = key.as_slice().try_into().map_err(|_| VaultError::Damaged)?;
                Ok(Some(StorageKey::from_bytes(key).map_err(|_| VaultError::Damaged)?))
            }
            (None, None, Some(_)) => Err(VaultError::PassphraseNeeded),
            (Some(_), Some(_), _) => Err(VaultError::NoPassphrase),
            (Some((passphrase, _)), None, Some(slot)) => Ok(Some(StorageKey::from_passphrase(passphrase, &slot)?)),
        }
    }

    fn make_storage_key(&mut self, randomness: &mut dyn Randomness) -> Result<StorageKey, VaultError> {
        if self.key.exists() || self.slot.exists() {
            return Err(VaultError::KeyExists);
        }
        match &self.passphrase {
            None => {
                let key = StorageKey::make(randomness)?;
                replace(&self.key, key.as_bytes())?;
                Ok(key)
            }
            Some((passphrase, cost)) => {
                let (key, slot) = StorageKey::make_from_passphrase(passphrase, *cost, randomness)?;
                replace(&self.slot, &slot)?;
                Ok(key)
            }
        }
    }

    fn counter(&mut self) -> Result<Option<Counter>, VaultError> {
        self.counter.read()
    }

    fn keep_counter(&mut self, counter: &Counter) -> Result<(), VaultError> {
        self.counter.write(counter)
    }
}

fn read(path: &Path) -> Result<Option<Zeroizing<Vec<u8>>>, VaultError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    if file.metadata()?.permissions().mode() & 0o077 != 0 {
        file.set_permissions(Permissions::from_mode(0o600))?;
    }
    // Room for all of it at once, so that no half-grown copy is left behind unerased.
    let mut bytes = Zeroizing::new(Vec::with_capacity(FILE_BYTES_MAX as usize + 1));
    file.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

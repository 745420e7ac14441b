//! Recovering a damaged home: the damaged store is kept aside, and a sound one of its intact rows takes its place.

use super::cipher::RowSeal;
use super::clock::Clock;
use super::error::ClientError;
use super::vault::{KeyVault, VaultError};
use super::{Client, PhoneHome, PhoneStore};
use crate::crypto::random::SystemRandomness;
use crate::home::{Counter, Home, HomeError, Recovered};
use crate::storage::{self, Rows, Sealed, StoreError};
use serde::Serialize;
use std::path::{Path, PathBuf};

/// What a recovery did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Recovery {
    /// What the home has now.
    #[serde(flatten)]
    pub home: Recovered,
    /// Rows of the damaged store that could be read.
    pub rows: u64,
    /// Rows of it that were there and could not be read; of what was destroyed with its page nobody can say how many they were.
    pub rows_unreadable: u64,
    /// Where the damaged store is kept; none when nothing was wrong and nothing was changed. It is sealed as the home is, and
    /// words that are taken back later stay in it.
    #[serde(serialize_with = "shown")]
    pub damaged: Option<PathBuf>,
}

fn shown<S: serde::Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    path.as_ref().map(|path| path.to_string_lossy()).serialize(serializer)
}

impl Client {
    /// Makes the damaged home in `folder` sound again: keeps the damaged store beside the new one, carries over what is intact,
    /// and lets the next sync read the rest from the relay. A home that is sound stays as it is.
    ///
    /// # Errors
    /// [`HomeError::KeysLost`] when too much is gone, [`ClientError::WrongKey`] when the storage key opens nothing, and what
    /// the store and the key vault say. Then the home is as it was.
    pub fn recover(folder: &Path, mut vault: Box<dyn KeyVault>, clock: Clock) -> Result<Recovery, ClientError> {
        if !Self::is_in(folder) {
            return Err(HomeError::NoHome.into());
        }
        let folder = storage::Home::open(folder)?;
        let key = vault.storage_key()?.ok_or(ClientError::KeyMissing)?;
        let salvage = folder.begin_salvage()?;
        let mut store = Sealed::new(salvage.store()?, RowSeal::new(key));
        let rows = store.count_rows()?;
        if rows.kept == 0 && rows.unreadable > 0 {
            return Err(ClientError::WrongKey);
        }
        store.drop_unreadable()?;
        let counter = counted(&mut *vault)?;
        let (home, recovered) = Home::recover(store, Box::new(SystemRandomness::new()), clock.now(), counter.as_ref())?;
        let counter = home.counter().clone();
        home.into_store().into_parts().0.close()?;
        let (rows, rows_unreadable) = (rows.kept, rows.unreadable);
        if salvage.is_complete() && rows_unreadable == 0 && !recovered.mended {
            return Ok(Recovery { home: recovered, rows, rows_unreadable, damaged: None });
        }
        let report = salvage.finish()?;
        vault.keep_counter(&counter)?;
        Ok(Recovery { home: recovered, rows, rows_unreadable, damaged: Some(report.kept) })
    }
}

impl Client {
    /// Whether a phone with this folder is still to join its member: there is no home in it, or one that was made by a pairing
    /// which was never confirmed.
    ///
    /// # Errors
    /// What the store and the key vault say.
    pub fn is_newcomer(folder: &Path, vault: &mut dyn KeyVault) -> Result<bool, ClientError> {
        Ok(Self::glimpse(folder, vault)?.unwrap_or(true))
    }

    /// Whether the home in `folder`, if there is one, was made by a pairing that was never confirmed.
    pub(super) fn glimpse(folder: &Path, vault: &mut dyn KeyVault) -> Result<Option<bool>, ClientError> {
        if !Self::is_in(folder) {
            return Ok(None);
        }
        let folder = storage::Home::open(folder)?;
        let key = vault.storage_key()?.ok_or(ClientError::KeyMissing)?;
        let store = Sealed::new(folder.store()?, RowSeal::new(key));
        if !PhoneHome::is_in(&store)? {
            return lost(vault).map(|()| None);
        }
        let home = Home::open(store, Box::new(SystemRandomness::new()))?;
        Ok(Some(home.is_unconfirmed_device()))
    }
}

/// Lets another home be made where `store` is: there is none in it, or one that may be put aside.
pub(super) fn make_place(
    store: PhoneStore,
    folder: &storage::Home,
    vault: &mut dyn KeyVault,
    again: bool,
) -> Result<RowSeal, ClientError> {
    let is_home = PhoneHome::is_in(&store)?;
    let is_empty = store.count_rows()? == Rows::default();
    let store = if is_home {
        let home = Home::open(store, Box::new(SystemRandomness::new()))?;
        if !again || !home.is_unconfirmed_device() {
            return Err(HomeError::HomeExists.into());
        }
        home.into_store()
    } else {
        lost(vault)?;
        store
    };
    let (store, cipher) = store.into_parts();
    store.close()?;
    if is_empty {
        folder.remove_store()?;
    }
    Ok(cipher)
}

/// There is a store and no home in it. A counter is kept only for a home that was whole: one stood there.
fn lost(vault: &mut dyn KeyVault) -> Result<(), ClientError> {
    if counted(vault)?.is_some() { Err(StoreError::Damaged { table: None }.into()) } else { Ok(()) }
}

/// What the key vault counted; a damaged counter vouches for nothing.
pub(super) fn counted(vault: &mut dyn KeyVault) -> Result<Option<Counter>, VaultError> {
    match vault.counter() {
        Err(VaultError::Damaged) => Ok(None),
        counter => counter,
    }
}

/// Why a home did not open: damage of some rows leaves others that open, another key none.
pub(super) fn diagnosed(error: HomeError, folder: &storage::Home, vault: &mut dyn KeyVault) -> ClientError {
    let key = vault.storage_key().ok().flatten();
    let rows = key.and_then(|key| Sealed::new(folder.store().ok()?, RowSeal::new(key)).count_rows().ok());
    if rows.is_some_and(|rows| rows.kept == 0 && rows.unreadable > 0) { ClientError::WrongKey } else { error.into() }
}

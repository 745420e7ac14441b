//! The driver: lends a home a clock, randomness, a key vault and a connection to its relay.
//!
//! **Invariant**: the only room with a socket, a clock or a runtime. No rule of the domain is here: what may be done and what
//! it means is the home's to say. The home is never locked across an await, so an edit never waits for the network.

mod backoff;
mod cipher;
mod clock;
mod driver;
mod error;
mod event;
mod link;
mod pairing;
mod pin;
mod recover;
mod shared;
mod vault;

pub use backoff::Backoff;
pub use cipher::RowSeal;
pub use clock::Clock;
pub use error::{ClientError, ErrorClass};
pub use event::{ClientEvent, Events};
pub use link::{Link, LinkError, connect};
pub use pairing::{Invited, PairingEvent, Person};
pub use recover::Recovery;
pub use shared::PhoneHome;
pub use vault::{FileKeyVault, KeyVault, VaultError};

use crate::crypto::random::SystemRandomness;
use crate::home::{Home, HomeError, Moment};
use crate::storage::{self, Sealed, StoreError};
use crate::sync::Event;
use amends_protocol::ErrorCode;
use driver::{Ended, Until};
use shared::Shared;
use std::future::Future;
use std::path::Path;
use std::pin::pin;
use std::time::Duration;
use tokio::sync::broadcast::error::TryRecvError;

/// One open home and its way to the relay. One process at a time has a home open.
///
/// Acts are synchronous and durable when they return. [`Client::run`] keeps the home connected; [`Client::sync`] is one round.
pub struct Client {
    shared: Shared,
    /// Held as long as the home is open.
    _folder: storage::Home,
}

impl Client {
    /// Makes a member and their first device in `folder`, which is made if need be.
    ///
    /// # Errors
    /// [`HomeError::HomeExists`], [`HomeError::BadName`], and what the store and the key vault say.
    pub fn create(folder: &Path, vault: Box<dyn KeyVault>, clock: Clock, name: &str) -> Result<Self, ClientError> {
        Self::found(folder, vault, clock, false, |store| {
            Home::create(store, Box::new(SystemRandomness::new()), name, clock::home_zone())
        })
    }

    /// Makes a home of what `found` puts into its empty store. The store gets its name when the home in it is whole: a process
    /// that dies before leaves a place for the next. With `again`, a home that was never confirmed is put aside for it.
    fn found(
        folder: &Path,
        mut vault: Box<dyn KeyVault>,
        clock: Clock,
        again: bool,
        found: impl FnOnce(PhoneStore) -> Result<PhoneHome, HomeError>,
    ) -> Result<Self, ClientError> {
        let is_there = Self::is_in(folder);
        let folder = storage::Home::open(folder)?;
        // A process that died between the key and the home left a key to use.
        let key = match vault.storage_key()? {
            Some(key) => key,
            // The key is made first: whoever has a store had one, and another would only hide that it is gone.
            None if is_there => return Err(ClientError::KeyMissing),
            None => vault.make_storage_key(&mut SystemRandomness::new())?,
        };
        let mut cipher = RowSeal::new(key);
        if is_there {
            let store = Sealed::new(folder.store()?, cipher);
            cipher = recover::make_place(store, &folder, &mut *vault, again)?;
        }
        let fresh = folder.begin_fresh()?;
        let home = found(Sealed::new(fresh.store()?, cipher))?;
        let counter = home.counter().clone();
        let (store, cipher) = home.into_store().into_parts();
        store.close()?;
        fresh.finish()?;
        vault.keep_counter(&counter)?;
        let home = Home::open(Sealed::new(folder.store()?, cipher), Box::new(SystemRandomness::new()))?;
        Ok(Self { shared: Shared::new(home, vault, clock), _folder: folder })
    }

    /// Opens the home in `folder`.
    ///
    /// # Errors
    /// [`HomeError::NoHome`], [`ClientError::KeyMissing`], [`storage::StoreError::InUse`] when another process has it open, and
    /// what the store and the key vault say.
    pub fn open(folder: &Path, mut vault: Box<dyn KeyVault>, clock: Clock) -> Result<Self, ClientError> {
        // Opening makes a folder and a store where there are none.
        if !Self::is_in(folder) {
            return Err(HomeError::NoHome.into());
        }
        let folder = storage::Home::open(folder)?;
        let key = vault.storage_key()?.ok_or(ClientError::KeyMissing)?;
        let counter = recover::counted(&mut *vault)?;
        let store = Sealed::new(folder.store()?, RowSeal::new(key));
        let mut home = match Home::open(store, Box::new(SystemRandomness::new())) {
            // A counter was kept for a home that stood here: its store was cut to nothing.
            Err(HomeError::NoHome) if counter.is_some() => return Err(StoreError::Damaged { table: None }.into()),
            Err(error) if error.is_damage() => return Err(recover::diagnosed(error, &folder, &mut *vault)),
            opened => opened?,
        };
        home.level_with(clock.now(), counter.as_ref())?;
        if counter.as_ref() != Some(home.counter()) {
            vault.keep_counter(home.counter())?;
        }
        Ok(Self { shared: Shared::new(home, vault, clock), _folder: folder })
    }

    /// Whether there is a store of a home in `folder`.
    #[must_use]
    pub fn is_in(folder: &Path) -> bool {
        folder.join(storage::Home::STORE).exists()
    }

    /// Looks at the home.
    ///
    /// # Errors
    /// What the home says.
    pub fn look<T>(&self, look: impl FnOnce(&mut PhoneHome, Moment) -> Result<T, HomeError>) -> Result<T, ClientError> {
        self.shared.with(look)
    }

    /// Acts on the home: durable when this returns, and on its way to the relay if [`Client::run`] runs.
    ///
    /// # Errors
    /// What the home says; then nothing was changed.
    pub fn act<T>(&self, act: impl FnOnce(&mut PhoneHome, Moment) -> Result<T, HomeError>) -> Result<T, ClientError> {
        let value = self.shared.with(act)?;
        self.shared.wake.notify_one();
        Ok(value)
    }

    /// Makes records of what was edited, at once: for an app that goes to the background.
    ///
    /// # Errors
    /// What the store says; edits stay as they were.
    pub fn flush(&self) -> Result<(), ClientError> {
        self.act(|home, now| home.flush(now))
    }

    /// Listens from now on.
    #[must_use]
    pub fn events(&self) -> Events {
        Events(self.shared.events.subscribe())
    }

    /// Sends and reads everything: ends when nothing more is to be sent and what arrived caused nothing more to send. Beside
    /// [`Client::run`] it lets that connect anew.
    ///
    /// # Errors
    /// [`ClientError::Link`], [`ClientError::Refused`], [`ClientError::NoRelay`], and [`ClientError::TimedOut`] after
    /// `patience`. Edits are kept.
    pub async fn sync(&self, patience: Duration) -> Result<(), ClientError> {
        let mut answer = self.shared.ask()?;
        let mut heard = self.shared.events.subscribe();
        let mut time_up = pin!(tokio::time::sleep(patience));
        let turn = tokio::select! {
            turn = self.shared.turn.lock() => turn,
            answered = &mut answer => return answered.unwrap_or(Err(ClientError::Stopped)),
            () = &mut time_up => return Err(ClientError::TimedOut),
        };
        // Whoever had the turn before may have answered with their last word.
        if let Ok(answered) = answer.try_recv() {
            return answered;
        }
        loop {
            match self.shared.round(Until::Answered, time_up.as_mut()).await? {
                Ended::Again => {}
                // A relay that asks for patience says why.
                Ended::Stopped => return Err(refusal(&mut heard).map_or(ClientError::TimedOut, ClientError::Refused)),
                Ended::Done => break,
            }
        }
        drop(turn);
        answer.try_recv().unwrap_or(Err(ClientError::Stopped))
    }

    /// Keeps the home connected until `shutdown` resolves: comes back by itself whenever the relay was lost. To be offline is
    /// no error.
    ///
    /// # Errors
    /// [`ClientError::Poisoned`] only.
    pub async fn run(&self, shutdown: impl Future<Output = ()> + Send) -> Result<(), ClientError> {
        let mut shutdown = pin!(shutdown);
        let _turn = tokio::select! {
            turn = self.shared.turn.lock() => turn,
            () = &mut shutdown => return Ok(()),
        };
        self.shared.stay(shutdown.as_mut()).await?;
        self.flush()
    }
}

/// Why the relay last refused something, among the events that are waiting.
fn refusal(heard: &mut tokio::sync::broadcast::Receiver<ClientEvent>) -> Option<ErrorCode> {
    let mut last = None;
    loop {
        match heard.try_recv() {
            Ok(ClientEvent::Home(Event::Refused { code, .. })) => last = Some(code),
            Ok(_) | Err(TryRecvError::Lagged(_)) => {}
            Err(TryRecvError::Empty | TryRecvError::Closed) => return last,
        }
    }
}

type PhoneStore = Sealed<storage::SqliteStore, RowSeal>;

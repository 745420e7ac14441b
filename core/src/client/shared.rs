//! What edits and the connection share: the home, its key vault, and how they wake each other.

use super::cipher::RowSeal;
use super::clock::Clock;
use super::error::ClientError;
use super::event::{ClientEvent, EVENTS_WAITING_MAX};
use super::link::Link;
use super::vault::KeyVault;
use crate::home::{Home, HomeError, Moment};
use crate::storage::{Sealed, SqliteStore};
use crate::sync::{Event, Input, Output};
use amends_protocol::{ErrorCode, RelayAddress, ToRelay};
use std::sync::{Mutex, MutexGuard};
use tokio::sync::{Notify, broadcast, oneshot};

/// A home as phones keep it: in SQLite, sealed.
pub type PhoneHome = Home<Sealed<SqliteStore, RowSeal>>;

/// Outputs taken from the home at once: as many as the engine has appends under way.
const OUTPUTS_MAX: usize = 64;

/// Callers that may wait for a sync at once.
const ASKS_MAX: usize = 64;

/// Somebody who waits until everything is sent and read.
pub(super) type Ask = oneshot::Sender<Result<(), ClientError>>;

pub(super) struct Shared {
    home: Mutex<PhoneHome>,
    vault: Mutex<Vault>,
    pub(super) clock: Clock,
    /// Held by whoever holds the connection: a home has one at most.
    pub(super) turn: tokio::sync::Mutex<()>,
    /// Something was edited, or asked for.
    pub(super) wake: Notify,
    asks: Mutex<Vec<Ask>>,
    pub(super) events: broadcast::Sender<ClientEvent>,
}

struct Vault {
    keys: Box<dyn KeyVault>,
    /// A counter could not be kept: nothing may be sent before one is.
    behind: bool,
}

impl Shared {
    pub(super) fn new(home: PhoneHome, keys: Box<dyn KeyVault>, clock: Clock) -> Self {
        Self {
            home: Mutex::new(home),
            vault: Mutex::new(Vault { keys, behind: false }),
            clock,
            turn: tokio::sync::Mutex::new(()),
            wake: Notify::new(),
            asks: Mutex::new(Vec::new()),
            events: broadcast::Sender::new(EVENTS_WAITING_MAX),
        }
    }

    /// The key vault, once the home is no longer used.
    pub(super) fn into_keys(self) -> Result<Box<dyn KeyVault>, ClientError> {
        Ok(self.vault.into_inner().map_err(|_| ClientError::Poisoned)?.keys)
    }

    /// The home, never across an await.
    pub(super) fn home(&self) -> Result<MutexGuard<'_, PhoneHome>, ClientError> {
        self.home.lock().map_err(|_| ClientError::Poisoned)
    }

    pub(super) fn with<T>(
        &self,
        act: impl FnOnce(&mut PhoneHome, Moment) -> Result<T, HomeError>,
    ) -> Result<T, ClientError> {
        Ok(act(&mut *self.home()?, self.clock.now())?)
    }

    pub(super) fn input(&self, input: Input) -> Result<(), ClientError> {
        self.inputs(vec![input])
    }

    /// Takes what happened together in one step.
    pub(super) fn inputs(&self, inputs: Vec<Input>) -> Result<(), ClientError> {
        self.with(|home, now| home.handle_inputs(now, inputs))
    }

    pub(super) fn relay(&self) -> Result<RelayAddress, ClientError> {
        self.home()?.relay().ok_or(ClientError::NoRelay)
    }

    /// When the home wants [`Input::Tick`].
    pub(super) fn tick_at(&self) -> Result<Option<tokio::time::Instant>, ClientError> {
        let due = self.home()?.poll_timeout_ms();
        Ok(due.map(|elapsed_ms| self.clock.instant(elapsed_ms).into()))
    }

    /// Whether everything is sent and read; what the relay refuses, if it does.
    pub(super) fn settled(&self) -> Result<Option<Option<ErrorCode>>, ClientError> {
        let home = self.home()?;
        Ok(home.is_settled().then(|| home.refusal()))
    }

    pub(super) fn tell(&self, event: ClientEvent) {
        // Nobody may be listening.
        let _ = self.events.send(event);
    }

    fn tell_of_home(&self, event: Event) {
        self.tell(match event {
            Event::Arrived => ClientEvent::Arrived,
            event => ClientEvent::Home(event),
        });
    }

    /// Joins those who wait for a sync, and wakes whoever holds the connection.
    pub(super) fn ask(&self) -> Result<oneshot::Receiver<Result<(), ClientError>>, ClientError> {
        let (ask, answer) = oneshot::channel();
        let mut asks = self.asks.lock().map_err(|_| ClientError::Poisoned)?;
        asks.retain(|waiting| !waiting.is_closed());
        if asks.len() >= ASKS_MAX {
            return Err(ClientError::TooManyWait);
        }
        asks.push(ask);
        drop(asks);
        self.wake.notify_one();
        Ok(answer)
    }

    pub(super) fn take_asks(&self) -> Vec<Ask> {
        self.asks.lock().map(|mut asks| std::mem::take(&mut *asks)).unwrap_or_default()
    }

    /// For the next round.
    pub(super) fn put_back(&self, asks: Vec<Ask>) {
        if let Ok(mut waiting) = self.asks.lock() {
            waiting.extend(asks);
        }
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asks.lock().is_ok_and(|asks| !asks.is_empty())
    }

    /// Carries out what the home wants done, as far as the link has room for it. The key vault has the counter before anything
    /// that it counts is queued.
    pub(super) fn deliver(&self, link: &mut Link) -> Result<(), ClientError> {
        while link.has_room() {
            let mut home = self.home()?;
            let outputs: Vec<Output> = std::iter::from_fn(|| home.poll_output()).take(OUTPUTS_MAX).collect();
            let counter = home.counter().clone();
            drop(home);
            if outputs.is_empty() {
                break;
            }
            let mut vault = self.vault.lock().map_err(|_| ClientError::Poisoned)?;
            if vault.behind || outputs.iter().any(|output| matches!(output, Output::Count { .. })) {
                vault.behind = true;
                vault.keys.keep_counter(&counter)?;
                vault.behind = false;
            }
            drop(vault);
            for output in outputs {
                match output {
                    Output::Send(message) => self.send(link, &message)?,
                    Output::Event(event) => self.tell_of_home(event),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    fn send(&self, link: &mut Link, message: &ToRelay) -> Result<(), ClientError> {
        link.queue(message).map_err(|_| ClientError::Refused(ErrorCode::FrameTooLarge))
    }

    /// A connection has ended, however it did. The home must know even if the caller was dropped.
    pub(super) fn disconnected(&self) -> Result<(), ClientError> {
        self.with(|home, now| {
            home.handle_input(now, Input::Disconnected)?;
            // Without a link there is nobody to carry them out for; events are told all the same.
            while let Some(output) = home.poll_output() {
                if let Output::Event(event) = output {
                    self.tell_of_home(event);
                }
            }
            home.persist()
        })
    }
}

//! Rounds: from connecting to the relay to the end of that connection.

use super::backoff::Backoff;
use super::error::ClientError;
use super::event::ClientEvent;
use super::link::{Link, LinkError, connect};
use super::shared::{Ask, PhoneHome, Shared};
use crate::crypto::random::SystemRandomness;
use crate::sync::Input;
use amends_protocol::RelayAddress;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

/// How long connecting may take, name and handshake included.
pub(super) const CONNECT_MAX: Duration = Duration::from_secs(10);

/// What a round is for.
pub(super) enum Until<'a> {
    /// Stay as long as the relay does.
    Lost,
    /// Leave when nobody who asked waits any more.
    Answered,
    /// Leave when the home has come so far.
    Reached(&'a (dyn Fn(&PhoneHome) -> bool + Sync)),
}

/// How a round ended that did not fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ended {
    /// What it was for is done.
    Done,
    /// The caller stopped it.
    Stopped,
    /// Another round is wanted at once: the home uses another relay now; or somebody asked for a sync after this round had
    /// settled. On a link where nothing happens, nobody can say whether it is still one, or what is on its way on it.
    Again,
}

/// Ends a round when it resolves.
pub(super) type Stop<'a> = Pin<&'a mut (dyn Future<Output = ()> + Send)>;

/// Whatever becomes of the round, the home learns that its connection is gone.
struct Attached<'a>(&'a Shared);

impl Drop for Attached<'_> {
    fn drop(&mut self) {
        // A store that fails now fails again, and is heard, at the next act.
        let _ = self.0.disconnected();
    }
}

/// Those who wait in this round. They are told when it fails.
#[derive(Default)]
struct Waiting {
    asks: Vec<Ask>,
    /// Everything was sent and read once in this round.
    settled: bool,
}

impl Waiting {
    fn answer(&mut self, result: &Result<(), ClientError>) {
        for ask in self.asks.drain(..) {
            // Whoever asked may have given up.
            let _ = ask.send(result.clone());
        }
    }
}

impl Shared {
    /// Connects, and talks with the relay until what the round is for is done.
    pub(super) async fn round(&self, until: Until<'_>, mut stop: Stop<'_>) -> Result<Ended, ClientError> {
        let mut waiting = Waiting::default();
        let ended = self.connected_round(&until, &mut stop, &mut waiting).await;
        waiting.asks.extend(self.take_asks());
        match &ended {
            Ok(Ended::Again) => self.put_back(waiting.asks),
            Err(error) => waiting.answer(&Err(error.clone())),
            Ok(_) => waiting.answer(&Err(ClientError::Stopped)),
        }
        ended
    }

    async fn connected_round(
        &self,
        until: &Until<'_>,
        stop: &mut Stop<'_>,
        waiting: &mut Waiting,
    ) -> Result<Ended, ClientError> {
        let relay = self.relay()?;
        // Asked for or not: what waits for a record becomes one before others see the relay's side.
        self.with(|home, now| home.flush(now))?;
        let mut link = tokio::select! {
            link = connect(&relay, CONNECT_MAX) => link?,
            () = stop.as_mut() => return Err(LinkError::NoAnswer.into()),
        };
        let attached = Attached(self);
        let ended = self.talk(&mut link, &relay, until, stop, waiting).await;
        drop(attached);
        link.close().await;
        ended
    }

    async fn talk(
        &self,
        link: &mut Link,
        relay: &RelayAddress,
        until: &Until<'_>,
        stop: &mut Stop<'_>,
        waiting: &mut Waiting,
    ) -> Result<Ended, ClientError> {
        self.input(Input::Connected { exporter: link.exporter() })?;
        self.tell(ClientEvent::Online);
        let mut told = false;
        loop {
            if waiting.settled && self.is_asked() {
                return Ok(Ended::Again);
            }
            waiting.asks.extend(self.take_asks());
            if !waiting.asks.is_empty() {
                self.with(|home, now| home.flush(now))?;
            }
            self.deliver(link)?;
            match self.settled()? {
                None => told = false,
                Some(refusal) => {
                    waiting.answer(&refusal.map_or(Ok(()), |code| Err(ClientError::Refused(code))));
                    if !told {
                        self.tell(ClientEvent::Settled);
                        if self.home()?.is_pending() {
                            self.tell(ClientEvent::PairingPending);
                        }
                    }
                    (told, waiting.settled) = (true, true);
                }
            }
            let done = match until {
                Until::Lost => false,
                Until::Answered => waiting.asks.is_empty() && !self.is_asked(),
                Until::Reached(far) => far(&*self.home()?),
            };
            if done {
                return Ok(Ended::Done);
            }
            if self.relay()? != *relay {
                return Ok(Ended::Again);
            }
            let tick = self.tick_at()?;
            tokio::select! {
                biased;
                () = stop.as_mut() => return Ok(Ended::Stopped),
                () = until_instant(tick) => self.input(Input::Tick)?,
                messages = link.receive() => {
                    let messages = messages?;
                    // What came together is kept together: a link bounds how much that is.
                    self.inputs(messages.into_iter().map(Input::Received).collect())?;
                }
                () = self.wake.notified() => {}
            }
        }
    }

    /// Stays connected until `stop`, coming back whenever the relay was lost.
    pub(super) async fn stay(&self, mut stop: Stop<'_>) -> Result<(), ClientError> {
        let mut backoff = Backoff::default();
        let mut randomness = SystemRandomness::new();
        let mut heard = self.events.subscribe();
        loop {
            match self.round(Until::Lost, stop.as_mut()).await {
                Ok(Ended::Again) => continue,
                Ok(_) => return Ok(()),
                Err(ClientError::Poisoned) => return Err(ClientError::Poisoned),
                Err(error) => self.tell(ClientEvent::Offline { code: error.code() }),
            }
            // A round that got through to the relay starts the waits anew.
            while let Ok(event) = heard.try_recv() {
                if event == ClientEvent::Settled {
                    backoff.reset();
                }
            }
            let again = tokio::time::Instant::now() + backoff.next(&mut randomness);
            if self.offline(again, stop.as_mut()).await? == Ended::Stopped {
                return Ok(());
            }
        }
    }

    /// Edits become records as ever while there is no connection. Whoever asks for a sync ends the wait.
    async fn offline(&self, again: tokio::time::Instant, mut stop: Stop<'_>) -> Result<Ended, ClientError> {
        let relay = self.home()?.relay();
        loop {
            if self.is_asked() || self.home()?.relay() != relay {
                return Ok(Ended::Done);
            }
            let tick = self.tick_at()?;
            tokio::select! {
                biased;
                () = stop.as_mut() => return Ok(Ended::Stopped),
                () = tokio::time::sleep_until(again) => return Ok(Ended::Done),
                () = self.wake.notified() => {}
                () = until_instant(tick) => self.input(Input::Tick)?,
            }
        }
    }
}

async fn until_instant(instant: Option<tokio::time::Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

//! Rounds: from connecting to the relay to the end of that connection.

use super::backoff::Backoff;
use super::error::ClientError;
use super::event::ClientEvent;
use super::link::{Link, LinkError, connect};
use super::shared::{Ask, PhoneHome, Shared};
use crate::crypto::random::SystemRandomness;
use crate::sync::Input;
use amends_protocol::{FromRelay, Push, RelayAddress, Request, RequestId, Response, ToRelay};
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
    /// The home uses another relay now.
    RelayChanged,
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
    /// Everything was sent and read once in this round: whoever asked later asked over a link that had been good.
    settled: bool,
    /// What such an ask waits for, too: without it a link long dead would pass for one on which nothing happens.
    ping: Option<RequestId>,
    pings: u64,
}

impl Waiting {
    /// Takes new asks up. Those that need a ping wait while another is under way.
    fn take(&mut self, shared: &Shared, link: &mut Link) -> Result<(), ClientError> {
        if self.ping.is_some() || !shared.is_asked() {
            return Ok(());
        }
        self.asks.extend(shared.take_asks());
        if self.settled {
            self.pings += 1;
            // The home counts its requests from below.
            let id = RequestId(u64::MAX - self.pings);
            link.queue(&ToRelay::Request(id, Request::Ping)).map_err(|_| LinkError::Malformed)?;
            self.ping = Some(id);
        }
        Ok(())
    }

    /// Whether a message is the answer to a ping of ours.
    fn is_pong(&mut self, message: &FromRelay) -> bool {
        match message {
            FromRelay::Response(id, _) if Some(*id) == self.ping => {
                self.ping = None;
                true
            }
            _ => false,
        }
    }

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
            // A link that had been good says nothing about the relay now: the next round is theirs.
            Err(ClientError::Link(_)) if waiting.settled && matches!(until, Until::Lost) => self.put_back(waiting.asks),
            Ok(Ended::RelayChanged) => self.put_back(waiting.asks),
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
            waiting.take(self, link)?;
            if !waiting.asks.is_empty() {
                self.with(|home, now| home.flush(now))?;
            }
            self.deliver(link)?;
            match self.settled()? {
                None => told = false,
                Some(refusal) => {
                    if waiting.ping.is_none() {
                        waiting.answer(&refusal.map_or(Ok(()), |code| Err(ClientError::Refused(code))));
                    }
                    if !told {
                        self.tell(ClientEvent::Settled);
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
                return Ok(Ended::RelayChanged);
            }
            let tick = self.tick_at()?;
            tokio::select! {
                biased;
                () = stop.as_mut() => return Ok(Ended::Stopped),
                () = until_instant(tick) => self.input(Input::Tick)?,
                messages = link.receive() => {
                    let messages = messages?;
                    let arrived = messages.iter().any(brings_records);
                    for message in messages.into_iter().filter(|message| !waiting.is_pong(message)) {
                        self.input(Input::Received(message))?;
                    }
                    if arrived {
                        self.tell(ClientEvent::Arrived);
                    }
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
                Ok(Ended::RelayChanged) => continue,
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

fn brings_records(message: &FromRelay) -> bool {
    match message {
        FromRelay::Push(Push::Records { records, .. }) => !records.is_empty(),
        FromRelay::Response(_, Response::Records { records, .. }) => !records.is_empty(),
        _ => false,
    }
}

async fn until_instant(instant: Option<tokio::time::Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

//! Connections between phones and the relay, and the driver's part: what a phone wants done is done here.

use super::relay::{ConnectionId, Mail};
use super::{Bug, World};
use amends_core::home::{Counter, HomeError};
use amends_core::storage::StoreError;
use amends_core::sync::{Input, Output, SyncError};
use amends_protocol::{Cursor, FromRelay, PackId, Request, Response, ToRelay};
use std::collections::VecDeque;

/// Rounds in which a world that is left alone must come to rest.
const ROUNDS_MAX: usize = 20_000;
/// Messages that a phone reads at once.
const TOGETHER_MAX: usize = 4;

/// One connection. In each direction bytes keep their order; between connections there is none.
pub struct Line {
    /// Whose.
    pub phone: usize,
    /// On the way to the relay.
    pub up: VecDeque<ToRelay>,
    /// On the way to the phone.
    pub down: VecDeque<FromRelay>,
}

/// Whether an error is a disk's, which people can live with.
pub fn is_disk_trouble(error: &HomeError) -> bool {
    matches!(error, HomeError::Sync(SyncError::Store(StoreError::Full | StoreError::Io(_))))
}

impl World {
    /// Connects a phone, if it runs, can, and is not.
    ///
    /// # Errors
    /// What the home says, its disk's trouble excepted.
    pub fn connect(&mut self, at: usize) -> Result<(), String> {
        let phone = &mut self.phones[at];
        if phone.home.is_none() || phone.line.is_some() || !phone.reachable {
            return Ok(());
        }
        let (connection, exporter) = self.relay.connect();
        phone.line = Some(connection);
        self.lines.insert(connection, Line { phone: at, up: VecDeque::new(), down: VecDeque::new() });
        self.input(at, Input::Connected { exporter })
    }

    /// Cuts a phone's connection. What it sent may still arrive; what the relay sent is lost.
    ///
    /// # Errors
    /// What the home says, its disk's trouble excepted.
    pub fn cut(&mut self, at: usize) -> Result<(), String> {
        self.abandon(at);
        self.input(at, Input::Disconnected)?;
        let phone = &mut self.phones[at];
        let persisted = phone.home.as_mut().map_or(Ok(()), |home| home.persist());
        self.outcome(at, persisted).map(drop)
    }

    /// The phone's end of its connection is gone.
    pub fn abandon(&mut self, at: usize) {
        let left = self.phones[at].line.take();
        let line = left.and_then(|connection| self.lines.get_mut(&connection));
        line.into_iter().for_each(|line| line.down.clear());
    }

    /// Gives a home one input and does what it wants.
    ///
    /// # Errors
    /// What the home says, its disk's trouble excepted.
    pub fn input(&mut self, at: usize, input: Input) -> Result<(), String> {
        self.inputs(at, vec![input])
    }

    fn inputs(&mut self, at: usize, inputs: Vec<Input>) -> Result<(), String> {
        let phone = &mut self.phones[at];
        phone.now_ms = self.now_ms;
        let moment = phone.moment();
        let Some(home) = &mut phone.home else { return Ok(()) };
        let done = home.handle_inputs(moment, inputs);
        self.outcome(at, done).map(drop)
    }

    /// What follows from a call of a home: its outputs, or its death. `Ok(None)` when the disk refused.
    ///
    /// # Errors
    /// Anything but the disk's trouble.
    pub fn outcome<T>(&mut self, at: usize, done: Result<T, HomeError>) -> Result<Option<T>, String> {
        if self.phones[at].disk.with(|store| store.is_crashed()) {
            let name = self.phones[at].name;
            self.note(|| format!("{name}: the process died in a commit"));
            self.kill(at);
            return Ok(None);
        }
        match done {
            Ok(value) => {
                self.drive(at)?;
                Ok(Some(value))
            }
            Err(error) if is_disk_trouble(&error) => {
                let name = self.phones[at].name;
                self.note(|| format!("{name}: {error}"));
                self.drive(at)?;
                Ok(None)
            }
            Err(error) => Err(format!("{}: {error} ({})", self.phones[at].name, error.code())),
        }
    }

    /// The phone's process ends at once.
    pub fn kill(&mut self, at: usize) {
        self.abandon(at);
        self.phones[at].die();
    }

    /// Does what a home wants done, in order.
    ///
    /// # Errors
    /// What the home says, its disk's trouble excepted.
    pub fn drive(&mut self, at: usize) -> Result<(), String> {
        loop {
            let phone = &mut self.phones[at];
            let Some(home) = &mut phone.home else { return Ok(()) };
            let wanted = home.poll_output();
            if let (Some(left), true) = (&mut phone.dies_after, wanted.is_some()) {
                if *left == 0 {
                    let name = phone.name;
                    self.note(|| format!("{name}: the process died between two outputs"));
                    self.kill(at);
                    return Ok(());
                }
                *left -= 1;
            }
            match wanted {
                None => return Ok(()),
                Some(Output::Send(message)) => {
                    let name = phone.name;
                    if self.tracing {
                        self.trace.push(format!("    {name} > {message:?}"));
                    }
                    if let Some(connection) = phone.line {
                        self.send(at, connection, message);
                    }
                }
                Some(Output::Count { .. }) => {
                    let counter: Counter = home.counter().clone();
                    phone.counter = Some(counter);
                }
                Some(Output::Reconnect) => self.abandon(at),
                Some(Output::Event(event)) => {
                    let name = phone.name;
                    self.note(|| format!("    {name} ! {event:?}"));
                }
                Some(_) => {}
            }
        }
    }

    /// Hands a message to the transport.
    fn send(&mut self, at: usize, connection: ConnectionId, message: ToRelay) {
        let message = self.spoil(at, message);
        let vault = self.vaults.get(&self.phones[at].side).map(|vault| *vault.box_id());
        let Some(line) = self.lines.get_mut(&connection) else { return };
        if let (Some(Bug::IgnoresWaits), ToRelay::Request(id, Request::Append { box_id, .. })) = (self.bug, &message)
            && Some(box_id.0) == vault
        {
            let acknowledged = Response::Appended { cursor: Cursor(1), duplicate: false };
            line.down.push_back(FromRelay::Response(*id, acknowledged));
            return;
        }
        if let (Some(Bug::TrimsEarly), ToRelay::Request(id, Request::PutPack { manifest, .. })) = (self.bug, &message) {
            let pack = PackId(amends_core::id::hash(&[manifest]));
            line.down.push_back(FromRelay::Response(*id, Response::PackStored { pack }));
            return;
        }
        line.up.push_back(message);
    }

    /// What reaches a phone instead of a message, where a bug of packs is planted.
    fn spoil_answer(&mut self, at: usize, message: &mut FromRelay) -> Result<(), String> {
        match message {
            FromRelay::Response(_, Response::PackStored { pack }) => {
                *pack = self.renamed.get(pack).copied().unwrap_or(*pack);
            }
            FromRelay::Response(_, Response::Chunk { .. }) if self.bug == Some(Bug::PackReplaces) && !self.gave_up => {
                self.gave_up = true;
                let name = self.phones[at].name;
                self.note(|| format!("{name} gives up what no pack has"));
                self.kill(at);
                self.phones[at].forget_newest().map_err(|error| error.to_string())?;
                self.start(at)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// The relay reads one message of a connection.
    pub fn deliver_up(&mut self, connection: ConnectionId) {
        let Some(message) = self.lines.get_mut(&connection).and_then(|line| line.up.pop_front()) else { return };
        let mail = self.relay.handle(connection, message);
        self.post(mail);
    }

    /// Puts what the relay says on its way.
    pub fn post(&mut self, mail: Vec<Mail>) {
        for (connection, message) in mail {
            let Some(line) = self.lines.get_mut(&connection) else { continue };
            if self.phones[line.phone].line == Some(connection) {
                line.down.push_back(message);
            }
        }
    }

    /// A phone reads what lies before it: one message or a few at once.
    ///
    /// # Errors
    /// What the home says, its disk's trouble excepted.
    pub fn deliver_down(&mut self, connection: ConnectionId) -> Result<(), String> {
        let Some(line) = self.lines.get_mut(&connection) else { return Ok(()) };
        let at = line.phone;
        let together = line.down.len().min(1 + self.delivered % TOGETHER_MAX);
        let messages: Vec<FromRelay> = line.down.drain(..together).collect();
        let mut inputs = Vec::with_capacity(together);
        for mut message in messages {
            self.delivered += 1;
            self.spoil_answer(at, &mut message)?;
            if let (Some(Bug::LosesPushes), FromRelay::Push(_), 0) = (self.bug, &message, self.delivered % 3) {
                continue;
            }
            let name = self.phones[at].name;
            self.note(|| format!("    {name} < {message:?}"));
            inputs.push(Input::Received(message));
        }
        self.inputs(at, inputs)
    }

    /// Connections that have something on the way: up, then down.
    pub fn busy(&self) -> Vec<(ConnectionId, bool)> {
        let up = self.lines.iter().filter(|(_, line)| !line.up.is_empty()).map(|(id, _)| (*id, true));
        let down = self.lines.iter().filter(|(_, line)| !line.down.is_empty()).map(|(id, _)| (*id, false));
        up.chain(down).collect()
    }

    /// Connects everybody and lets everything happen that will.
    ///
    /// # Errors
    /// What a home says; or that the world never comes to rest.
    pub fn settle(&mut self) -> Result<(), String> {
        for at in 0..self.phones.len() {
            self.drive(at)?;
        }
        for _ in 0..ROUNDS_MAX {
            for at in 0..self.phones.len() {
                self.connect(at)?;
            }
            let busy = self.busy();
            for (connection, up) in &busy {
                if *up {
                    self.deliver_up(*connection);
                } else {
                    self.deliver_down(*connection)?;
                }
            }
            if busy.is_empty() && !self.wake_next()? {
                let unsettled = |phone: &&super::Phone| phone.home.as_ref().is_some_and(|home| !home.is_settled());
                return match self.phones.iter().find(unsettled) {
                    Some(phone) => Err(format!("{} never settles", phone.name)),
                    None => Ok(()),
                };
            }
        }
        Err("the world never comes to rest".to_owned())
    }

    /// Lets time pass until the next phone wants to be woken. False when none does.
    fn wake_next(&mut self) -> Result<bool, String> {
        let due = |(at, phone): (usize, &super::Phone)| {
            let home = phone.home.as_ref()?;
            let in_ms = home.poll_timeout_ms()?.saturating_sub(self.now_ms - phone.started_ms());
            Some((in_ms, at))
        };
        let Some((in_ms, at)) = self.phones.iter().enumerate().filter_map(due).min() else { return Ok(false) };
        self.now_ms += in_ms;
        self.input(at, Input::Tick)?;
        Ok(true)
    }
}

//! The home that the commands of one process work on.

use super::args::Args;
use super::failure::Failure;
use super::input::{self, Line};
use super::print::Printer;
use super::watch::Beside;
use amends_core::client::{Client, ClientError, Clock, ErrorClass, FileKeyVault, PhoneHome, Recovery};
use amends_core::crypto::stretch::Cost;
use amends_core::home::{HomeError, Moment};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::mpsc;
use zeroize::Zeroizing;

/// See the module's documentation.
pub(crate) struct Session {
    folder: PathBuf,
    passphrase: Option<Zeroizing<String>>,
    pub(crate) clock: Clock,
    client: Option<Arc<Client>>,
    lines: Option<mpsc::Receiver<Line>>,
    beside: Option<Beside>,
}

impl Session {
    pub(crate) fn new(args: &Args) -> Result<Self, Failure> {
        let passphrase = args.passphrase_env.as_deref().map(|name| {
            std::env::var(name)
                .map(Zeroizing::new)
                .map_err(|_| Failure::usage("the variable of --passphrase-env is not set, or not Unicode"))
        });
        Ok(Self {
            folder: args.home.clone(),
            passphrase: passphrase.transpose()?,
            clock: args.now.map_or_else(Clock::system, Clock::fixed),
            client: None,
            lines: None,
            beside: None,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn vault(&self) -> Result<FileKeyVault, Failure> {
        Ok(match &self.passphrase {
            None => FileKeyVault::new(&self.folder),
            Some(passphrase) => FileKeyVault::with_passphrase(&self.folder, passphrase.clone(), Cost::FULL)
                .map_err(ClientError::from)?,
        })
    }

    /// Whether the home is open already.
    pub(crate) fn is_open(&self) -> bool {
        self.client.is_some()
    }

    /// The home, opened at its first use and then until the process ends.
    pub(crate) fn client(&mut self) -> Result<Arc<Client>, Failure> {
        if let Some(client) = &self.client {
            return Ok(Arc::clone(client));
        }
        let client = Client::open(&self.folder, Box::new(self.vault()?), self.clock)?;
        Ok(self.hold(client))
    }

    /// Makes a damaged home sound again.
    ///
    /// # Errors
    /// `home_in_use` while this process has it open.
    pub(crate) fn recover(&self) -> Result<Recovery, Failure> {
        Ok(Client::recover(&self.folder, Box::new(self.vault()?), self.clock)?)
    }

    /// Stays connected beside the commands that follow.
    pub(crate) fn watch(&mut self, printer: Printer) -> Result<(), Failure> {
        if self.beside.is_some() {
            return Err(Failure::new(ErrorClass::Refused, "watching", "this shell stays connected already"));
        }
        let client = self.client()?;
        self.beside = Some(Beside::start(&client, printer));
        Ok(())
    }

    /// Ends what [`Session::watch`] began, in good order.
    pub(crate) async fn end_watch(&mut self) {
        if let Some(beside) = self.beside.take() {
            beside.end().await;
        }
    }

    /// Looks at the home.
    pub(crate) fn look<T>(
        &mut self,
        look: impl FnOnce(&mut PhoneHome, Moment) -> Result<T, HomeError>,
    ) -> Result<T, Failure> {
        Ok(self.client()?.look(look)?)
    }

    /// Holds a home that was just made.
    pub(crate) fn hold(&mut self, client: Client) -> Arc<Client> {
        Arc::clone(self.client.insert(Arc::new(client)))
    }

    /// Acts on the home.
    pub(crate) fn act<T>(
        &mut self,
        act: impl FnOnce(&mut PhoneHome, Moment) -> Result<T, HomeError>,
    ) -> Result<T, Failure> {
        Ok(self.client()?.act(act)?)
    }

    /// What is typed: the shell's commands, the codes of a pairing.
    pub(crate) fn lines(&mut self) -> &mut mpsc::Receiver<Line> {
        self.lines.get_or_insert_with(input::lines)
    }
}

//! One phone of a world: a home over a disk, the little that its platform keeps outside, and its own idea of the time.

use super::Bug;
use super::dice::Dice;
use super::disk::{Cipher, Disk, SealedDisk};
use super::relay::ConnectionId;
use amends_core::crypto::random::Randomness;
use amends_core::home::{Counter, Home, HomeError, HomeZone, Moment};
use amends_core::storage::{Sealed, Snapshot, Store, Table, Transaction};
use amends_core::sync::{BoxState, PackRule, SheafRule};

/// A home in a world.
pub type PhoneHome = Home<SealedDisk>;

/// When every world begins.
const BEGINNING_S: i64 = 1_750_000_000;

/// Whose phone it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// The one who invites.
    A,
    /// The one who joins.
    B,
}

impl Side {
    /// The other person.
    pub fn other(self) -> Self {
        if self == Self::A { Self::B } else { Self::A }
    }
}

/// A copy of the disk that may come back.
pub struct Backup {
    rows: Snapshot,
    /// How many acts the person had done by then.
    pub acts: usize,
    /// How many mishaps the relay had had by then.
    pub mishaps: usize,
}

/// See the module's documentation.
pub struct Phone {
    /// For traces.
    pub name: &'static str,
    /// Whose.
    pub side: Side,
    /// What it keeps.
    pub disk: Disk,
    secret: [u8; 32],
    dice: Dice,
    /// Its process, while one runs.
    pub home: Option<PhoneHome>,
    /// What the key vault keeps.
    pub counter: Option<Counter>,
    /// Its connection.
    pub line: Option<ConnectionId>,
    /// Whether the relay can be reached.
    pub reachable: bool,
    /// How wrong its clock is.
    pub clock_off_s: i64,
    /// The world's time.
    pub now_ms: u64,
    started_ms: u64,
    /// Its process ends after that many more things it wants done.
    pub dies_after: Option<usize>,
    /// How many acts its disk went back to, until it has pulled the rest from the relay.
    pub went_back_to: Option<usize>,
    /// Its newest backup.
    pub backup: Option<Backup>,
    /// When records become packs on it.
    pub rule: PackRule,
}

impl Phone {
    /// A phone fresh from the shop.
    pub fn new(name: &'static str, side: Side, mut dice: Dice, bug: Option<Bug>) -> Self {
        Self {
            name,
            side,
            disk: Disk::new(bug),
            secret: dice.bytes(),
            dice,
            home: None,
            counter: None,
            line: None,
            reachable: true,
            clock_off_s: 0,
            now_ms: 0,
            started_ms: 0,
            dies_after: None,
            went_back_to: None,
            backup: None,
            rule: PackRule::default(),
        }
    }

    /// Randomness for its next process.
    pub fn randomness(&mut self) -> Box<dyn Randomness + Send> {
        Box::new(self.dice.fork().into_randomness())
    }

    /// Its disk, as its processes use it.
    pub fn sealed_disk(&mut self) -> SealedDisk {
        let random = self.dice.fork().into_randomness();
        Sealed::new(self.disk.clone(), Cipher::new(&self.secret, random))
    }

    /// What its clocks say.
    pub fn moment(&self) -> Moment {
        let wall_s = BEGINNING_S + i64::try_from(self.now_ms / 1000).unwrap_or(0) + self.clock_off_s;
        let wall = jiff::Timestamp::from_second(wall_s).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
        Moment { wall, elapsed_ms: self.now_ms - self.started_ms }
    }

    /// When its process started, by the world's time.
    pub fn started_ms(&self) -> u64 {
        self.started_ms
    }

    /// Begins a member on it.
    ///
    /// # Errors
    /// What the home says.
    pub fn create(&mut self, name: &str) -> Result<(), HomeError> {
        let (disk, random) = (self.sealed_disk(), self.randomness());
        self.runs(Home::create(disk, random, name, HomeZone::default())?);
        Ok(())
    }

    /// The process ends at once.
    pub fn die(&mut self) {
        self.disk.crash();
        self.home = None;
    }

    /// The next process opens the home, and compares it with what the key vault counted, unless that is planted.
    ///
    /// # Errors
    /// What the home says.
    pub fn start(&mut self, bug: Option<Bug>) -> Result<(), HomeError> {
        self.disk.with(|store| store.restart());
        if bug == Some(Bug::DropsOutbox) {
            self.empty_outbox()?;
        }
        self.begin_again();
        let (disk, random) = (self.sealed_disk(), self.randomness());
        let mut home = Home::open(disk, random)?;
        if bug != Some(Bug::ForgetsCounter) {
            home.level_with(self.moment(), self.counter.as_ref())?;
        }
        self.runs(home);
        Ok(())
    }

    /// Its process runs a home, which binds records early: nobody here lives for years.
    pub fn runs(&mut self, mut home: PhoneHome) {
        home.set_sheaf_rule(SheafRule { every: 2, keep: 1 });
        home.set_pack_rule(self.rule);
        self.home = Some(home);
    }

    /// A process starts now.
    pub(super) fn begin_again(&mut self) {
        self.started_ms = self.now_ms;
    }

    /// The boxes as the disk has them.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn boxes(&mut self) -> Result<Vec<BoxState>, String> {
        let row = self.sealed_disk().read(Table::Meta, b"boxes").map_err(|error| error.to_string())?;
        minicbor::decode(&row.ok_or("no boxes on the disk")?).map_err(|error| error.to_string())
    }

    fn empty_outbox(&mut self) -> Result<(), HomeError> {
        let mut transaction = Transaction::new();
        for (key, _) in self.disk.range(Table::Unflushed, &[], &[], usize::MAX)? {
            transaction.delete(Table::Unflushed, key);
        }
        Ok(self.disk.commit(&transaction)?)
    }

    /// Loses the last record row there is. No process may run.
    ///
    /// # Errors
    /// What the store says.
    pub fn forget_newest(&mut self) -> Result<(), HomeError> {
        self.disk.with(|store| store.restart());
        let mut transaction = Transaction::new();
        if let Some((key, _)) = self.disk.range(Table::Records, &[], &[], usize::MAX)?.pop() {
            transaction.delete(Table::Records, key);
        }
        Ok(self.disk.commit(&transaction)?)
    }

    /// Copies the disk.
    pub fn back_up(&mut self, acts: usize, mishaps: usize) {
        let rows = self.disk.with(|store| store.snapshot());
        self.backup = Some(Backup { rows, acts, mishaps });
    }

    /// Puts the backup in the disk's place. No process may run.
    pub fn restore(&mut self) {
        if let Some(backup) = &self.backup {
            self.disk.with(|store| store.restore(&backup.rows));
        }
    }
}

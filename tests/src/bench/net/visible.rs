//! From one phone to the other.

use super::wire::{Wire, endpoint, record};
use super::{Server, runtime};
use crate::bench::Bench;
use crate::bench::figure::{Mark, Row, interleave, timed};
use amends_core::client::{Client, ClientEvent, Clock, Events, FileKeyVault};
use amends_core::home::{EntryView, HomeError};
use amends_core::id::EntryId;
use amends_core::statement::Value;
use amends_protocol::RelayAddress;
use amends_tests::workload::pair_partners;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tokio::sync::oneshot;

const ROUNDS: usize = 150;
/// Bytes of a floor's message and commit: a record's.
const BYTES: usize = 512;
/// Commits on the way: the author's, the relay's, the reader's.
const COMMITS: usize = 3;
const PATIENCE: Duration = Duration::from_secs(20);

/// An edit with a flush asked for, until the other phone shows it.
pub(crate) fn visible(bench: &mut Bench) -> Vec<Row> {
    let rounds = bench.rounds(ROUNDS);
    let (relay, echo) = (Server::start("relay"), Server::start("echo"));
    let folder = TempDir::with_prefix("amends-bench-").expect("a temporary folder");
    let (ana, ben) = couple(&folder, &relay.address);
    let (ana_online, ben_online) = (Online::new(&ana), Online::new(&ben));
    let runtime = runtime();
    let mut events = ben.events();
    let entry = runtime.block_on(first_entry(&ana, &ben, &mut events));

    let mut ours = |round: usize| {
        let words = format!("thank you for asking {round} times");
        let fields = [("text".to_owned(), words.clone())];
        let start = Instant::now();
        let edited = ana.act(|home, now| {
            home.flush_with_next();
            home.edit(now, entry, &fields)
        });
        edited.expect("an edit");
        runtime.block_on(shown(&ben, &mut events, entry, &words));
        start.elapsed()
    };
    let mut wire = runtime.block_on(async { Wire::connect(&endpoint(), &echo.address).await });
    let databases: Vec<_> =
        (0..COMMITS).map(|at| super::floor::open(&folder.path().join(format!("floor-{at}.db")))).collect();
    let mut floor = |round: usize| {
        let message = record(BYTES, round as u64);
        timed(|| {
            for database in &databases {
                let insert = database.prepare_cached("INSERT INTO floor(v) VALUES(?1)");
                insert.and_then(|mut insert| insert.execute([&message])).expect("SQLite commits");
            }
            runtime.block_on(async {
                wire.echo(&message).await;
                wire.echo(&message).await;
            });
        })
        .0
    };
    let (measured, floor) = interleave(rounds, &mut ours, &mut floor);
    drop((ana_online, ben_online));
    let figure = "edit visible on the other phone / 2 QUIC echoes + 3 SQLite commits";
    vec![Row { figure, measured, floor: Some(floor), mark: Mark::AtMost(1.6) }]
}

/// Two paired phones that know the relay.
fn couple(folder: &TempDir, relay: &RelayAddress) -> (Arc<Client>, Arc<Client>) {
    let create = |name: &str| {
        let home = folder.path().join(name);
        let vault = Box::new(FileKeyVault::new(&home));
        Arc::new(Client::create(&home, vault, Clock::system(), name).expect("a home"))
    };
    let (ana, ben) = (create("ana"), create("ben"));
    let paired = ana.act(|inviter, now| {
        let joined = ben.act(|joiner, _| {
            pair_partners(now, relay, inviter, joiner);
            Ok(())
        });
        joined.map_err(|_| HomeError::NotPaired)
    });
    paired.expect("they pair");
    (ana, ben)
}

/// A phone that stays online, on a thread and a runtime of its own, until this is dropped.
struct Online {
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Online {
    fn new(client: &Arc<Client>) -> Self {
        let (stop, stopped) = oneshot::channel::<()>();
        let client = Arc::clone(client);
        let run = move || {
            let shutdown = async {
                // Dropped is as good as told.
                let _ = stopped.await;
            };
            runtime().block_on(client.run(shutdown)).expect("the phone stays online");
        };
        Self { stop: Some(stop), thread: Some(std::thread::spawn(run)) }
    }
}

impl Drop for Online {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed.
            let _ = thread.join();
        }
    }
}

/// Waits until both are in the space, and writes what is edited later.
async fn first_entry(ana: &Client, ben: &Client, events: &mut Events) -> EntryId {
    let words = "thank you";
    let fields = [("text".to_owned(), words.to_owned())];
    let made = ana.act(|home, now| {
        let entry = home.new_entry(now, "appreciation", &fields, false)?;
        home.flush(now)?;
        Ok(entry)
    });
    let entry = made.expect("an entry");
    shown(ben, events, entry, words).await;
    entry
}

/// Waits until the phone shows the entry with these words.
async fn shown(client: &Client, events: &mut Events, entry: EntryId, words: &str) {
    let waiting = async {
        loop {
            let view = client.act(|home, now| match home.show(now, entry) {
                Ok(view) => Ok(Some(view)),
                Err(HomeError::NotFound(_)) => Ok(None),
                Err(error) => Err(error),
            });
            if let Ok(Some(EntryView::OwnEntry { fields: Some(fields), .. })) = view
                && fields.values().any(|value| matches!(value, Value::Text(text) if text == words))
            {
                return;
            }
            while !matches!(events.next().await, Some(ClientEvent::Arrived) | None) {}
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.expect("the edit arrives");
}

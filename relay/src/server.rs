//! Start, accept, stop.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use amends_protocol::{ErrorCode, RelayAddress, RelayAddressError};
use quinn::{Endpoint, Incoming, VarInt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::answers::Answers;
use crate::clock::Clock;
use crate::config::Config;
use crate::core::Core;
use crate::endpoint::{self, BindError};
use crate::folder::{DataFolder, FolderError};
use crate::health;
use crate::rates::{AddressKey, ConnectionCount};
use crate::session;
use crate::store::StoreError;
use crate::store::sqlite::{OpenError, SqliteOptions, SqliteStore};

/// How often rendezvous are looked through.
const RENDEZVOUS_SWEEP_EVERY: Duration = Duration::from_secs(1);

/// How often the store is swept, counted in rendezvous sweeps: hourly, for lifetimes of days.
const STORE_SWEEP_EVERY: u32 = 3600;

/// How long connections get to say good-bye.
const FAREWELL_MAX: Duration = Duration::from_secs(8);

/// Share of the connections from which on an address must prove itself before it costs a handshake.
const RETRY_SHARE: usize = 4;

/// How a relay is started.
pub struct Options {
    /// The data folder, made if need be.
    pub data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// `HOST:PORT` as phones reach it, if that is another address.
    pub public: Option<String>,
    /// Limits and the like.
    pub config: Config,
    /// The relay's time.
    pub clock: Arc<dyn Clock>,
}

/// Why a relay didn't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The data folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The database in it.
    #[error(transparent)]
    Store(#[from] OpenError),
    /// The public address.
    #[error("--public: {0}")]
    Public(#[from] RelayAddressError),
    /// The UDP socket, or the health listener.
    #[error("{address}: {source}")]
    Bind {
        /// The address.
        address: SocketAddr,
        /// Why.
        #[source]
        source: BindError,
    },
}

/// A relay that listens, and accepts once [`Relay::serve`] runs.
pub struct Relay {
    core: Arc<Core>,
    answers: Arc<Answers>,
    endpoint: Endpoint,
    local: SocketAddr,
    address: RelayAddress,
    health: Option<TcpListener>,
    /// Released last.
    _folder: DataFolder,
}

/// Makes a running relay do now what it does with time.
#[derive(Clone)]
pub struct Control {
    core: Arc<Core>,
}

impl Relay {
    /// Takes the data folder, opens the store and binds the sockets.
    ///
    /// # Errors
    /// When any of that fails; nothing is left running.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options { data, listen, public, config, clock } = options;
        let folder = DataFolder::open(&data)?;
        let identity = folder.identity()?;
        let pin = identity.pin();
        let limits = config.limits;
        let answers = Arc::new(Answers::default());
        let delivered = Arc::clone(&answers);
        let store_options = SqliteOptions {
            limits: limits.clone(),
            clock: Arc::clone(&clock),
            check: config.check_at_start,
            deliver: Box::new(move |committed| delivered.deliver(committed)),
        };
        let store = SqliteStore::open(&folder.database(), store_options)?;
        let endpoint =
            endpoint::bind(listen, identity, &limits).map_err(|source| StartError::Bind { address: listen, source })?;
        let local = endpoint
            .local_addr()
            .map_err(|source| StartError::Bind { address: listen, source: BindError::Socket(source) })?;
        let host_port = public.unwrap_or_else(|| reachable(local).to_string());
        let address = RelayAddress::from_host_port(&host_port, pin)?;
        let health = match config.health {
            Some(address) => Some(
                TcpListener::bind(address)
                    .await
                    .map_err(|source| StartError::Bind { address, source: BindError::Socket(source) })?,
            ),
            None => None,
        };
        let core = Arc::new(Core::new(Arc::new(store), limits, clock));
        Ok(Self { core, answers, endpoint, local, address, health, _folder: folder })
    }

    /// The address that phones are given.
    #[must_use]
    pub fn address(&self) -> &RelayAddress {
        &self.address
    }

    /// The UDP address that is listened on.
    #[must_use]
    pub fn local_address(&self) -> SocketAddr {
        self.local
    }

    /// The address of `/health` and `/metrics`, if there is one.
    #[must_use]
    pub fn health_address(&self) -> Option<SocketAddr> {
        self.health.as_ref().and_then(|listener| listener.local_addr().ok())
    }

    /// A handle that stays useful while the relay serves.
    #[must_use]
    pub fn control(&self) -> Control {
        Control { core: Arc::clone(&self.core) }
    }

    /// Serves until `shutdown` completes, then stops accepting, says good-bye, makes what is queued durable and closes
    /// the store.
    pub async fn serve(self, shutdown: impl Future<Output = ()>) {
        let Self { core, answers, endpoint, health, _folder, .. } = self;
        let (stop, stopping) = watch::channel(false);
        let mut sessions = JoinSet::new();
        let answering = Arc::clone(&answers);
        let answering = tokio::spawn(async move { answering.run().await });
        let housekeeping = tokio::spawn(keep_house(Arc::clone(&core)));
        let probes = health.map(|listener| tokio::spawn(health::serve(listener, Arc::clone(&core))));
        tokio::pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                Some(ended) = sessions.join_next() => report_panic(ended),
                incoming = endpoint.accept() => match incoming {
                    Some(incoming) => greet(&core, &endpoint, incoming, &mut sessions, &stopping),
                    None => break,
                },
            }
        }
        tracing::info!("stopping");
        core.stopping.store(true, Ordering::Relaxed);
        // New handshakes are refused by the endpoint from here on.
        endpoint.set_server_config(None);
        // Fails only without receivers, and then there is nobody to tell.
        let _told = stop.send(true);
        let farewell = async {
            while let Some(ended) = sessions.join_next().await {
                report_panic(ended)
            }
        };
        if timeout(FAREWELL_MAX, farewell).await.is_err() {
            sessions.abort_all();
        }
        endpoint.close(VarInt::from(ErrorCode::ShuttingDown.number()), b"");
        let _idle_or_gone = timeout(Duration::from_secs(1), endpoint.wait_idle()).await;
        housekeeping.abort();
        if let Some(probes) = probes {
            probes.abort();
        }
        let store = Arc::clone(&core.store);
        // Closing waits for a sync; the runtime has nothing else to do, but must not be blocked in principle.
        if tokio::task::spawn_blocking(move || store.close()).await.is_err() {
            tracing::error!("closing the store panicked");
        }
        answering.abort();
        answers.answer_pending();
        tracing::info!("stopped");
    }
}

impl Control {
    /// Does away with what has expired by now, and waits until that is done. A serving relay does it by itself, every
    /// second for rendezvous and hourly for boxes.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sweep(&self) -> Result<(), StoreError> {
        self.core.rendezvous.sweep();
        let (done, swept) = tokio::sync::oneshot::channel();
        self.core.store.sweep(Box::new(move |outcome| {
            // Nobody waits any more: fine.
            let _unheard = done.send(outcome);
        }));
        swept.await.unwrap_or(Err(StoreError::Closing))
    }

    /// The metrics, as `/metrics` shows them.
    #[must_use]
    pub fn metrics(&self) -> String {
        self.core.metrics.text(self.core.store.queued_writes(), self.core.rendezvous.len())
    }
}

/// Accepts, refuses or tests one handshake.
fn greet(
    core: &Arc<Core>,
    endpoint: &Endpoint,
    incoming: Incoming,
    sessions: &mut JoinSet<()>,
    stopping: &watch::Receiver<bool>,
) {
    let open = endpoint.open_connections();
    // A relay that has much to do first lets strangers show that they own their address; a forged one never does.
    if open >= core.limits.connections_max / RETRY_SHARE && !incoming.remote_address_validated() {
        // Says no only where no retry is possible, and then the packet was of no use anyway.
        let _retried = incoming.retry();
        return;
    }
    let address = AddressKey::of(incoming.remote_address().ip());
    let counted = if open < core.limits.connections_max { core.rates.connect(address) } else { None };
    let Some(counted) = counted else {
        core.metrics.connections_refused.add(1);
        core.metrics.error(ErrorCode::TooManyConnections);
        incoming.refuse();
        return;
    };
    let Ok(connecting) = incoming.accept() else {
        return;
    };
    let core = Arc::clone(core);
    let stopping = stopping.clone();
    sessions.spawn(async move {
        let _counted: ConnectionCount = counted;
        session::run(core, connecting, address, stopping).await;
    });
}

async fn keep_house(core: Arc<Core>) {
    let mut ticks = interval(RENDEZVOUS_SWEEP_EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut until_store = 0;
    loop {
        ticks.tick().await;
        core.rendezvous.sweep();
        if until_store == 0 {
            until_store = STORE_SWEEP_EVERY;
            core.store.sweep(Box::new(|outcome| {
                if let Err(error) = outcome {
                    tracing::warn!(%error, "a sweep did not finish");
                }
            }));
        }
        until_store -= 1;
    }
}

fn report_panic(ended: Result<(), tokio::task::JoinError>) {
    if ended.is_err_and(|error| error.is_panic()) {
        tracing::error!("a session panicked");
    }
}

/// What to print for a socket that listens everywhere: at least this machine reaches it.
fn reachable(local: SocketAddr) -> SocketAddr {
    match local.ip() {
        IpAddr::V4(address) if address.is_unspecified() => (Ipv4Addr::LOCALHOST, local.port()).into(),
        IpAddr::V6(address) if address.is_unspecified() => (Ipv6Addr::LOCALHOST, local.port()).into(),
        _ => local,
    }
}

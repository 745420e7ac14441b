//! Servers: the relay as it is shipped, and the barest thing that could stand in its place.

use crate::bench::store::bare;
use amends_protocol::{ALPN, Pin, RelayAddress};
use amends_relay::{Config, Options, Relay, SystemClock};
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Connection, Endpoint, RecvStream, SendStream, ServerConfig, TransportConfig, VarInt};
use rustls::pki_types::PrivateKeyDer;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Duration;
use tokio::sync::oneshot;

/// Bytes of a bare server's answer: about as many as the relay's.
pub(super) const ANSWER: usize = 16;
/// The windows of the relay.
const RECEIVE_WINDOW: u32 = 64 * 1024;
const SEND_WINDOW: u64 = 256 * 1024;

/// What a bare server does with a message before it answers.
#[derive(Clone)]
enum Duty {
    /// Nothing.
    Echo,
    /// Commits it alone, at once.
    Commit(PathBuf),
    /// Commits it together with what else came in meanwhile.
    Group(mpsc::SyncSender<(Vec<u8>, oneshot::Sender<()>)>),
}

/// Runs a server until its input ends: `relay`, or bare QUIC that answers a message (`echo`), commits it first (`commit`), or
/// commits it with others (`group`).
pub(crate) fn serve(kind: &str, folder: &Path) {
    std::thread::spawn(|| {
        // The parent is gone or done when this ends.
        let _ = std::io::stdin().read(&mut [0]);
        std::process::exit(0);
    });
    let runtime = super::runtime();
    match kind {
        "relay" => runtime.block_on(serve_relay(folder)),
        "commit" => runtime.block_on(serve_bare(Duty::Commit(folder.join("floor.db")))),
        "group" => {
            let (queue, waiting) = mpsc::sync_channel(1024);
            let path = folder.join("floor.db");
            std::thread::spawn(move || commit_groups(&path, &waiting));
            runtime.block_on(serve_bare(Duty::Group(queue)));
        }
        _ => runtime.block_on(serve_bare(Duty::Echo)),
    }
}

fn announce(address: &RelayAddress) {
    let mut out = std::io::stdout();
    writeln!(out, "{address}").and_then(|()| out.flush()).expect("somebody listens");
}

/// The relay with its defaults, but for limits of an address: here all phones have one.
async fn serve_relay(folder: &Path) {
    let mut config = Config::default();
    config.limits.per_address = false;
    let options = Options {
        data: folder.join("data"),
        listen: ([127, 0, 0, 1], 0).into(),
        public: None,
        config,
        clock: Arc::new(SystemClock::new()),
    };
    let relay = Relay::start(options).await.expect("the relay starts");
    announce(relay.address());
    relay.serve(std::future::pending()).await;
}

async fn serve_bare(duty: Duty) {
    let certified = rcgen::generate_simple_self_signed(vec!["relay".to_owned()]).expect("a certificate");
    let certificate = certified.cert.der().clone();
    let key = PrivateKeyDer::Pkcs8(certified.signing_key.serialize_der().into());
    let pin = Pin(amends_core::id::hash(&[certificate.as_ref()]));
    let mut tls = rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13])
        .expect("TLS 1.3")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .expect("a certificate with its key");
    tls.alpn_protocols = vec![ALPN.to_vec()];
    tls.send_tls13_tickets = 0;
    let crypto = QuicServerConfig::try_from(tls).expect("a QUIC configuration");
    let mut config = ServerConfig::with_crypto(Arc::new(crypto));
    config.transport_config(Arc::new(lean()));
    let endpoint = Endpoint::server(config, ([127, 0, 0, 1], 0).into()).expect("a socket");
    let place = endpoint.local_addr().expect("an address").to_string();
    announce(&RelayAddress::from_host_port(&place, pin).expect("an address"));
    while let Some(incoming) = endpoint.accept().await {
        let duty = duty.clone();
        tokio::spawn(async move {
            if let Ok(connection) = incoming.await {
                answer(connection, duty).await;
            }
        });
    }
}

/// Lean windows, one stream.
fn lean() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(1))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(VarInt::from_u32(RECEIVE_WINDOW))
        .receive_window(VarInt::from_u32(RECEIVE_WINDOW))
        .send_window(SEND_WINDOW)
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(Duration::from_secs(90).try_into().ok());
    transport
}

/// Answers messages, each a length and as many bytes, until the other side goes.
async fn answer(connection: Connection, duty: Duty) {
    let Ok((mut sending, mut receiving)) = connection.accept_bi().await else { return };
    let database = match &duty {
        Duty::Commit(path) => Some(open(path)),
        _ => None,
    };
    while let Some(message) = message(&mut receiving).await {
        match &duty {
            Duty::Echo => {}
            Duty::Commit(_) => {
                if let Some(database) = &database {
                    let insert = database.prepare_cached("INSERT INTO floor(v) VALUES(?1)");
                    insert.and_then(|mut insert| insert.execute([message])).expect("SQLite commits");
                }
            }
            Duty::Group(queue) => {
                let (done, durable) = oneshot::channel();
                queue.send((message, done)).expect("the writer lives");
                durable.await.expect("the writer answers");
            }
        }
        if reply(&mut sending).await.is_none() {
            return;
        }
    }
}

async fn message(receiving: &mut RecvStream) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    receiving.read_exact(&mut length).await.ok()?;
    let mut message = vec![0; usize::try_from(u32::from_be_bytes(length)).ok()?];
    receiving.read_exact(&mut message).await.ok()?;
    Some(message)
}

async fn reply(sending: &mut SendStream) -> Option<()> {
    sending.write_all(&[0; ANSWER]).await.ok()
}

/// A database with one table, whose commits are durable when they return.
pub(super) fn open(path: &Path) -> rusqlite::Connection {
    let database = bare(path);
    let sql = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
               CREATE TABLE IF NOT EXISTS floor(id INTEGER PRIMARY KEY, v BLOB)";
    database.execute_batch(sql).expect("SQLite is set up");
    database
}

/// Takes whatever is queued, commits it at once, and says so.
fn commit_groups(path: &Path, waiting: &mpsc::Receiver<(Vec<u8>, oneshot::Sender<()>)>) {
    let database = open(path);
    while let Ok(first) = waiting.recv() {
        let batch: Vec<_> = std::iter::once(first).chain(waiting.try_iter()).collect();
        database.execute_batch("BEGIN IMMEDIATE").expect("SQLite begins");
        {
            let mut insert = database.prepare_cached("INSERT INTO floor(v) VALUES(?1)").expect("SQLite prepares");
            for (message, _) in &batch {
                insert.execute([message]).expect("SQLite writes");
            }
        }
        database.execute_batch("COMMIT").expect("SQLite commits");
        for (_, done) in batch {
            // Whoever asked may be gone.
            let _ = done.send(());
        }
    }
}

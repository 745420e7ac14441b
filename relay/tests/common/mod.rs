//! A relay in the test's own process, and a phone's side of the protocol that is as small as it can be. Nothing here
//! sleeps: every wait is for an event, and bounded.

#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::VecDeque;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use amends_protocol::*;
use amends_relay::{Clock, Config, Control, Options, Relay, StartError};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, ConnectionError, Endpoint, RecvStream, SendStream};
use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, SignatureScheme};
use tempfile::TempDir;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Longer than anything takes, shorter than anybody's patience.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Waits, but not for ever.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future).await.expect("nothing happened for too long")
}

pub fn sha256(bytes: &[u8]) -> [u8; 32] {
    digest(&SHA256, bytes).as_ref().try_into().unwrap()
}

/// Time that moves when told to.
#[derive(Default)]
pub struct HandClock {
    elapsed_s: AtomicU64,
    wall_s: AtomicU64,
}

impl HandClock {
    pub fn new() -> Arc<Self> {
        let clock = Self::default();
        clock.wall_s.store(1_800_000_000, Ordering::Relaxed);
        Arc::new(clock)
    }

    pub fn advance(&self, seconds: u64) {
        self.elapsed_s.fetch_add(seconds, Ordering::Relaxed);
        self.wall_s.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Only the wall clock jumps, as when the relay was off or its clock was set.
    pub fn jump(&self, seconds: u64) {
        self.wall_s.fetch_add(seconds, Ordering::Relaxed);
    }
}

impl Clock for HandClock {
    fn elapsed(&self) -> Duration {
        Duration::from_secs(self.elapsed_s.load(Ordering::Relaxed))
    }

    fn wall_s(&self) -> u64 {
        self.wall_s.load(Ordering::Relaxed)
    }
}

/// A relay that runs until it is stopped.
pub struct TestRelay {
    pub folder: TempDir,
    pub clock: Arc<HandClock>,
    pub config: Config,
    pub address: RelayAddress,
    pub health: Option<SocketAddr>,
    pub control: Control,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

impl TestRelay {
    pub async fn start() -> Self {
        Self::with(|_| {}).await
    }

    pub async fn with(configure: impl FnOnce(&mut Config)) -> Self {
        let mut config = Config::default();
        configure(&mut config);
        let folder = tempfile::tempdir().unwrap();
        Self::in_folder(folder, config, HandClock::new()).await.unwrap()
    }

    pub async fn in_folder(folder: TempDir, config: Config, clock: Arc<HandClock>) -> Result<Self, StartError> {
        let options = Options {
            data: folder.path().join("data"),
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            public: None,
            config: config.clone(),
            clock: clock.clone(),
        };
        let relay = Relay::start(options).await?;
        let (stop, stopped) = oneshot::channel();
        Ok(Self {
            folder,
            clock,
            config,
            address: relay.address().clone(),
            health: relay.health_address(),
            control: relay.control(),
            stop,
            serving: tokio::spawn(relay.serve(async move {
                let _stop_or_dropped = stopped.await;
            })),
        })
    }

    /// Stops gracefully; what is left is the folder, its configuration and the clock.
    pub async fn stop(self) -> (TempDir, Config, Arc<HandClock>) {
        let _still_serving = self.stop.send(());
        soon(self.serving).await.unwrap();
        (self.folder, self.config, self.clock)
    }

    pub async fn restart(self) -> Self {
        let (folder, config, clock) = self.stop().await;
        Self::in_folder(folder, config, clock).await.unwrap()
    }

    pub fn database(&self) -> std::path::PathBuf {
        self.folder.path().join("data/relay.sqlite")
    }

    pub async fn client(&self) -> Client {
        Client::connect(&self.address).await.unwrap()
    }

    /// A client that has opened the box.
    pub async fn client_of(&self, key: &BoxKey) -> Client {
        let mut client = self.client().await;
        client.open(key).await;
        client
    }

    /// The value of a metric.
    pub fn metric(&self, name: &str) -> u64 {
        let line = format!("amends_relay_{name} ");
        self.control.metrics().lines().find_map(|text| text.strip_prefix(&line)).unwrap().parse().unwrap()
    }
}

/// A box's access key.
pub struct BoxKey(Ed25519KeyPair);

impl BoxKey {
    pub fn new(seed: u8) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap())
    }

    /// For tests that need many.
    pub fn numbered(number: u32) -> Self {
        Self(Ed25519KeyPair::from_seed_unchecked(&sha256(&number.to_be_bytes())).unwrap())
    }

    pub fn id(&self) -> BoxId {
        BoxId(self.0.public_key().as_ref().try_into().unwrap())
    }

    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message).as_ref().try_into().unwrap()
    }
}

/// Accepts exactly the pinned certificate.
#[derive(Debug)]
struct PinVerifier {
    pin: Pin,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for PinVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if sha256(certificate) == self.pin.0 {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::General("another certificate than the pinned one".into()))
        }
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Err(rustls::Error::General("only TLS 1.3 is spoken".into()))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signature, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

pub fn client_config(pin: Pin, alpn: &[u8]) -> ClientConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ClientConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(PinVerifier { pin, provider }))
        .with_no_client_auth();
    tls.alpn_protocols = vec![alpn.to_vec()];
    ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()))
}

/// Why a client couldn't connect.
pub type ConnectError = ConnectionError;

/// One connection with its stream. Requests may be pipelined; whatever arrives while something else is awaited is kept.
pub struct Client {
    pub connection: Connection,
    pub send: SendStream,
    recv: RecvStream,
    decoder: FrameDecoder,
    inbox: VecDeque<FromRelay>,
    next_request: u64,
    _endpoint: Endpoint,
}

impl Client {
    pub async fn connect(address: &RelayAddress) -> Result<Self, ConnectError> {
        let mut config = client_config(address.pin, ALPN);
        let mut transport = quinn::TransportConfig::default();
        // Small, so that a client that doesn't read is noticed.
        transport.stream_receive_window(quinn::VarInt::from_u32(64 * 1024));
        config.transport_config(Arc::new(transport));
        let endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let server: SocketAddr = address.host_port().parse().unwrap();
        let connection = soon(endpoint.connect_with(config, server, "amends-relay").unwrap()).await?;
        let (send, recv) = soon(connection.open_bi()).await?;
        Ok(Self {
            connection,
            send,
            recv,
            decoder: FrameDecoder::new(),
            inbox: VecDeque::new(),
            next_request: 1,
            _endpoint: endpoint,
        })
    }

    pub fn exporter(&self) -> [u8; EXPORTER_BYTES] {
        let mut exporter = [0; EXPORTER_BYTES];
        self.connection.export_keying_material(&mut exporter, EXPORTER_LABEL, EXPORTER_CONTEXT).unwrap();
        exporter
    }

    pub fn open_request(&self, key: &BoxKey) -> Request {
        let box_id = key.id();
        Request::OpenBox { box_id, signature: key.sign(&box_access_message(&self.exporter(), &box_id)) }
    }

    pub async fn open(&mut self, key: &BoxKey) -> Response {
        let request = self.open_request(key);
        let response = self.ask(request).await;
        assert!(matches!(response, Response::BoxOpened { .. }), "{response:?}");
        response
    }

    /// Sends without waiting.
    pub async fn say(&mut self, request: Request) -> RequestId {
        let id = RequestId(self.next_request);
        self.next_request += 1;
        let frame = encode_frame(&ToRelay::Request(id, request)).unwrap();
        self.say_bytes(&frame).await;
        id
    }

    pub async fn say_bytes(&mut self, bytes: &[u8]) {
        soon(self.send.write_all(bytes)).await.unwrap();
    }

    /// Sets the next request id, after raw bytes used some.
    pub fn next_free(&mut self, id: u64) {
        self.next_request = id;
    }

    /// The answer to a request.
    pub async fn answer(&mut self, id: RequestId) -> Response {
        let matches = |message: &FromRelay| matches!(message, FromRelay::Response(answered, _) if *answered == id);
        match self.await_that(matches).await {
            FromRelay::Response(_, response) => response,
            FromRelay::Push(push) => panic!("{push:?} is no answer"),
        }
    }

    pub async fn ask(&mut self, request: Request) -> Response {
        let id = self.say(request).await;
        self.answer(id).await
    }

    /// The next push.
    pub async fn push(&mut self) -> Push {
        match self.await_that(|message| matches!(message, FromRelay::Push(_))).await {
            FromRelay::Push(push) => push,
            FromRelay::Response(..) => unreachable!(),
        }
    }

    /// Pushed records of one box, until `count` have come.
    pub async fn pushed(&mut self, box_id: BoxId, count: usize) -> Vec<StoredRecord> {
        let mut all = Vec::new();
        while all.len() < count {
            match self.push().await {
                Push::Records { box_id: pushed, records } if pushed == box_id => all.extend(records),
                other => panic!("{other:?} instead of records"),
            }
        }
        all
    }

    async fn await_that(&mut self, matches: impl Fn(&FromRelay) -> bool) -> FromRelay {
        loop {
            if let Some(at) = self.inbox.iter().position(&matches) {
                return self.inbox.remove(at).unwrap();
            }
            assert!(self.fill().await, "the relay closed the connection");
        }
    }

    /// The next message of any kind; `None` once the stream or connection has ended.
    pub async fn receive(&mut self) -> Option<FromRelay> {
        while self.inbox.is_empty() && self.fill().await {}
        self.inbox.pop_front()
    }

    /// Takes what has arrived into the inbox. One frame may span chunks, and one chunk hold many frames.
    async fn fill(&mut self) -> bool {
        let Ok(Some(chunk)) = soon(self.recv.read_chunk(64 * 1024, true)).await else {
            return false;
        };
        let mut input = chunk.bytes.as_ref();
        while let Some(item) = self.decoder.next_frame(&mut input).unwrap() {
            self.inbox.push_back(decode_item(&item).unwrap());
        }
        true
    }

    /// Reads to the end: the messages on the way, and the code with which the relay closed.
    pub async fn closing(&mut self) -> (Vec<FromRelay>, Option<u16>) {
        let mut messages = Vec::new();
        while let Some(message) = self.receive().await {
            messages.push(message);
        }
        let code = match soon(self.connection.closed()).await {
            ConnectionError::ApplicationClosed(close) => u16::try_from(close.error_code.into_inner()).ok(),
            _ => None,
        };
        (messages, code)
    }

    pub async fn append(&mut self, box_id: BoxId, record: &[u8]) -> Response {
        self.ask(Request::Append { box_id, record: record.to_vec() }).await
    }

    /// Appends what must be accepted as new.
    pub async fn appended(&mut self, box_id: BoxId, record: &[u8]) -> Cursor {
        match self.append(box_id, record).await {
            Response::Appended { cursor, duplicate: false } => cursor,
            other => panic!("{other:?}"),
        }
    }

    /// All readable records after a cursor.
    pub async fn read_all(&mut self, box_id: BoxId, mut after: Cursor) -> Vec<StoredRecord> {
        let mut all = Vec::new();
        loop {
            match self.ask(Request::Read { box_id, after, limit: 100 }).await {
                Response::Records { records, more } => {
                    after = records.last().map_or(after, |last| last.cursor);
                    all.extend(records);
                    if !more {
                        return all;
                    }
                }
                other => panic!("{other:?}"),
            }
        }
    }
}

/// A record: the version byte, then something that tells it from others.
pub fn record(number: u32, length: usize) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend(number.to_be_bytes());
    bytes.resize(length.max(5), 0xaa);
    bytes
}

pub fn record_hash(record: &[u8]) -> RecordHash {
    RecordHash(sha256(record))
}

/// The code of an error answer.
pub fn code(response: &Response) -> ErrorCode {
    match response {
        Response::Error(error) => error.code,
        other => panic!("{other:?} is no error"),
    }
}

//! A client as bare as a client can be: one stream, and bytes on it. The same for relays and floors.

use amends_core::crypto::epoch::{BoxKeys, EpochKey};
use amends_protocol::{
    ALPN, BoxId, EXPORTER_BYTES, EXPORTER_CONTEXT, EXPORTER_LABEL, FrameDecoder, FromRelay, RelayAddress, Request,
    RequestId, Response, ToRelay, box_access_message, decode_item, encode_frame,
};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, Endpoint, RecvStream, SendStream, TransportConfig};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

/// Believes everybody: who answers is known here.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}

/// A socket from which connections are made.
pub(super) fn endpoint() -> Endpoint {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(Arc::clone(&provider));
    let builder = builder.with_protocol_versions(&[&rustls::version::TLS13]).expect("TLS 1.3");
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(Anybody(provider)));
    let mut tls = builder.with_no_client_auth();
    tls.alpn_protocols = vec![ALPN.to_vec()];
    let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).expect("a QUIC configuration")));
    let mut transport = TransportConfig::default();
    transport.max_idle_timeout(Duration::from_secs(90).try_into().ok());
    config.transport_config(Arc::new(transport));
    let mut endpoint = Endpoint::client((Ipv4Addr::LOCALHOST, 0).into()).expect("a socket");
    endpoint.set_default_client_config(config);
    endpoint
}

/// One connection with its stream.
pub(super) struct Wire {
    connection: Connection,
    sending: SendStream,
    receiving: RecvStream,
    decoder: FrameDecoder,
    requests: u64,
}

impl Wire {
    pub(super) async fn connect(endpoint: &Endpoint, address: &RelayAddress) -> Self {
        let to: SocketAddr = address.host_port().parse().expect("a numeric address");
        let connection = endpoint.connect(to, "relay").expect("a connection begins").await.expect("a connection");
        let (sending, receiving) = connection.open_bi().await.expect("a stream");
        Self { connection, sending, receiving, decoder: FrameDecoder::new(), requests: 0 }
    }

    /// Sends a message to a bare server and waits for its answer.
    pub(super) async fn echo(&mut self, message: &[u8]) {
        let length = u32::try_from(message.len()).expect("a short message");
        let framed = [&length.to_be_bytes(), message].concat();
        self.sending.write_all(&framed).await.expect("it is sent");
        self.receiving.read_exact(&mut [0; super::floor::ANSWER]).await.expect("an answer");
    }

    /// Asks the relay and waits for its answer.
    pub(super) async fn ask(&mut self, request: Request) -> Response {
        self.requests += 1;
        let frame = encode_frame(&ToRelay::Request(RequestId(self.requests), request)).expect("a frame");
        self.sending.write_all(&frame).await.expect("it is sent");
        loop {
            let chunk = self.receiving.read_chunk(usize::MAX, true).await.expect("the relay answers");
            let chunk = chunk.expect("the relay stays");
            let mut bytes: &[u8] = &chunk.bytes;
            while let Some(item) = self.decoder.next_frame(&mut bytes).expect("a frame") {
                if let FromRelay::Response(_, response) = decode_item(&item).expect("a message") {
                    return response;
                }
            }
        }
    }

    /// Opens a new box and gives its id.
    pub(super) async fn open_box(&mut self) -> BoxId {
        let key = EpochKey::make(&mut *crate::bench::life::random()).expect("a key");
        let keys = BoxKeys::derive(&key).expect("box keys");
        let mut exporter = [0; EXPORTER_BYTES];
        let exported = self.connection.export_keying_material(&mut exporter, EXPORTER_LABEL, EXPORTER_CONTEXT);
        exported.expect("an exporter");
        let box_id = BoxId(keys.box_id);
        let signature = keys.sign_access(&box_access_message(&exporter, &box_id)).expect("a signature");
        match self.ask(Request::OpenBox { box_id, signature }).await {
            Response::BoxOpened { .. } => box_id,
            other => panic!("the box was not opened: {other:?}"),
        }
    }

    /// Appends a record and waits until it is durable.
    pub(super) async fn append(&mut self, box_id: BoxId, record: Vec<u8>) {
        match self.ask(Request::Append { box_id, record }).await {
            Response::Appended { .. } => {}
            other => panic!("the record was not taken: {other:?}"),
        }
    }
}

/// A record of so many bytes as the relay takes it; `number` makes it another.
pub(super) fn record(bytes: usize, number: u64) -> Vec<u8> {
    let mut record = vec![0x55; bytes];
    record[0] = amends_protocol::limits::RECORD_VERSION;
    record[1..9].copy_from_slice(&number.to_be_bytes());
    record
}

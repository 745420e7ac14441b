//! QUIC as the relay wants it: TLS 1.3 with ring, one stream, lean windows.

use std::io;
use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::time::Duration;

use amends_protocol::ALPN;
use amends_protocol::limits::IDLE_TIMEOUT_S;
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Endpoint, EndpointConfig, ServerConfig, TokioRuntime, TransportConfig, VarInt};

use crate::folder::Identity;
use crate::limits::Limits;

/// Bytes that a phone may send before the relay has taken them: about 1.3 MB/s at 50 ms.
const RECEIVE_WINDOW_BYTES: u32 = 64 * 1024;

/// Bytes sent and not acknowledged, for one connection: what a phone's download is fast with.
const SEND_WINDOW_BYTES: u64 = 256 * 1024;

/// Bytes of the UDP socket's buffers, if the system allows: a burst of many phones isn't lost.
const SOCKET_BUFFER_BYTES: usize = 4 * 1024 * 1024;

/// Handshakes not yet taken, and their bytes: taken within a millisecond, so more is a flood.
const INCOMING_MAX: usize = 1024;
const INCOMING_BYTES_EACH: u64 = 16 * 1024;
const INCOMING_BYTES_ALL: u64 = 4 * 1024 * 1024;

/// Binds the socket and makes the endpoint.
pub(crate) fn bind(listen: SocketAddr, identity: Identity, limits: &Limits) -> Result<Endpoint, BindError> {
    let socket = UdpSocket::bind(listen).map_err(BindError::Socket)?;
    enlarge_buffers(&socket);
    let mut config = server_config(identity)?;
    config.transport_config(Arc::new(transport()));
    config.max_incoming(INCOMING_MAX.min(limits.connections_max));
    config.incoming_buffer_size(INCOMING_BYTES_EACH);
    config.incoming_buffer_size_total(INCOMING_BYTES_ALL);
    Endpoint::new(EndpointConfig::default(), Some(config), socket, Arc::new(TokioRuntime)).map_err(BindError::Socket)
}

/// Why the relay cannot listen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BindError {
    /// The address is taken, or not ours.
    #[error("cannot listen there")]
    Socket(#[source] io::Error),
    /// The certificate and key don't belong together, or TLS refuses them.
    #[error("the certificate and key cannot be used")]
    Tls(#[source] rustls::Error),
}

fn server_config(identity: Identity) -> Result<ServerConfig, BindError> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut tls = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(BindError::Tls)?
        .with_no_client_auth()
        .with_single_cert(vec![identity.certificate], identity.key)
        .map_err(BindError::Tls)?;
    tls.alpn_protocols = vec![ALPN.to_vec()];
    // No tickets: a resumed handshake saves a phone little, and there is no early data to win.
    tls.send_tls13_tickets = 0;
    tls.max_early_data_size = 0;
    let quic = QuicServerConfig::try_from(tls)
        .map_err(|_| BindError::Tls(rustls::Error::General("no initial cipher suite".into())))?;
    Ok(ServerConfig::with_crypto(Arc::new(quic)))
}

fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    transport
        .max_concurrent_bidi_streams(VarInt::from_u32(1))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .stream_receive_window(VarInt::from_u32(RECEIVE_WINDOW_BYTES))
        .receive_window(VarInt::from_u32(RECEIVE_WINDOW_BYTES))
        .send_window(SEND_WINDOW_BYTES)
        .datagram_receive_buffer_size(None)
        .max_idle_timeout(Duration::from_secs(IDLE_TIMEOUT_S).try_into().ok());
    transport
}

fn enlarge_buffers(socket: &UdpSocket) {
    use rustix::net::sockopt::{set_socket_recv_buffer_size, set_socket_send_buffer_size};
    // The system gives what it allows; a smaller buffer only costs packets under load.
    let receive = set_socket_recv_buffer_size(socket, SOCKET_BUFFER_BYTES);
    let send = set_socket_send_buffer_size(socket, SOCKET_BUFFER_BYTES);
    if receive.or(send).is_err() {
        tracing::debug!("the system does not allow larger UDP buffers");
    }
}

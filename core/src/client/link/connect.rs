//! Finds a relay's addresses and shakes hands with the first that answers.

use super::{Link, LinkError};
use crate::client::pin::PinnedRelay;
use amends_protocol::limits::IDLE_TIMEOUT_S;
use amends_protocol::{ALPN, EXPORTER_BYTES, EXPORTER_CONTEXT, EXPORTER_LABEL, Pin, RelayAddress};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Endpoint, TransportConfig, VarInt};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

/// Addresses of one relay that are tried.
const ADDRESSES_MAX: usize = 4;

/// Head start of each address before the next is tried beside it: a name may have an address of a kind that does not work
/// from here (RFC 8305 recommends 250 ms).
const HEAD_START: Duration = Duration::from_millis(250);

/// TLS wants a name. It is not sent, and the pin alone decides.
const SERVER_NAME: &str = "relay";

/// Connects to the relay at `address`; gives up after `patience`, name resolution and handshake included.
///
/// # Errors
/// [`LinkError`]; [`LinkError::WrongPin`] when somebody answered that is not the relay named.
pub async fn connect(address: &RelayAddress, patience: Duration) -> Result<Link, LinkError> {
    let deadline = Instant::now() + patience;
    let addresses = timeout_at(deadline, tokio::net::lookup_host(address.host_port()));
    let addresses = addresses.await.map_err(|_| LinkError::Unresolved)?.map_err(|_| LinkError::Unresolved)?;
    let mut attempts = JoinSet::new();
    for (place, socket) in (0..).zip(addresses.take(ADDRESSES_MAX)) {
        let pin = address.pin;
        attempts.spawn(async move {
            sleep(HEAD_START * place).await;
            shake_hands(socket, pin).await
        });
    }
    let race = async {
        let mut failure = LinkError::Unresolved;
        while let Some(attempt) = attempts.join_next().await {
            match attempt {
                Ok(Ok(link)) => return Ok(link),
                Ok(Err(error)) => failure = graver(failure, error),
                Err(_) => {}
            }
        }
        Err(failure)
    };
    timeout_at(deadline, race).await.unwrap_or(Err(LinkError::NoAnswer))
}

/// A wrong pin is worth more attention than an address that does not answer.
fn graver(before: LinkError, now: LinkError) -> LinkError {
    if before == LinkError::WrongPin { before } else { now }
}

async fn shake_hands(address: SocketAddr, pin: Pin) -> Result<Link, LinkError> {
    let local: IpAddr = match address {
        SocketAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        SocketAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let endpoint = Endpoint::client((local, 0).into()).map_err(|_| LinkError::NoNetwork)?;
    let (config, pinned) = config(pin).ok_or(LinkError::OtherProtocol)?;
    let connecting = endpoint.connect_with(config, address, SERVER_NAME).map_err(|_| LinkError::NoNetwork)?;
    let explain = |error: quinn::ConnectionError| {
        if pinned.has_refused() { LinkError::WrongPin } else { error.into() }
    };
    let connection = connecting.await.map_err(explain)?;
    let streams = connection.open_bi().await.map_err(explain)?;
    let mut exporter = [0; EXPORTER_BYTES];
    let exported = connection.export_keying_material(&mut exporter, EXPORTER_LABEL, EXPORTER_CONTEXT);
    exported.map_err(|_| LinkError::OtherProtocol)?;
    Ok(Link::new(endpoint, connection, streams, exporter))
}

/// TLS 1.3 with ring and nothing but the pin; no name sent, no session kept, no early data.
fn config(pin: Pin) -> Option<(ClientConfig, Arc<PinnedRelay>)> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let pinned = PinnedRelay::new(pin, &provider);
    let builder = rustls::ClientConfig::builder_with_provider(provider);
    let builder = builder.with_protocol_versions(&[&rustls::version::TLS13]).ok()?;
    let builder = builder.dangerous().with_custom_certificate_verifier(Arc::clone(&pinned) as _);
    let mut tls = builder.with_no_client_auth();
    tls.alpn_protocols = vec![ALPN.to_vec()];
    tls.enable_sni = false;
    tls.resumption = rustls::client::Resumption::disabled();
    let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).ok()?));
    config.transport_config(Arc::new(transport()));
    Some((config, pinned))
}

/// One stream, opened by us; kept alive while it stands.
fn transport() -> TransportConfig {
    let mut transport = TransportConfig::default();
    let idle = Duration::from_secs(IDLE_TIMEOUT_S);
    transport.max_idle_timeout(idle.try_into().ok());
    transport.keep_alive_interval(Some(idle / 3));
    transport.max_concurrent_bidi_streams(VarInt::from_u32(0));
    transport.max_concurrent_uni_streams(VarInt::from_u32(0));
    transport.datagram_receive_buffer_size(None);
    transport
}

use super::*;
use amends_protocol::{ALPN, EXPORTER_CONTEXT, EXPORTER_LABEL, Pin, Push, RelayAddress, RequestId};
use quinn::crypto::rustls::QuicServerConfig;
use quinn::{Incoming, ServerConfig};
use std::net::Ipv4Addr;
use std::sync::Arc;

const PATIENCE: Duration = Duration::from_secs(10);

/// A relay that does what a test says.
struct Peer {
    endpoint: Endpoint,
    address: RelayAddress,
}

impl Peer {
    fn new(alpn: &[u8]) -> Self {
        let made = rcgen::generate_simple_self_signed(vec!["relay".into()]).unwrap();
        let certificate = made.cert.der().clone();
        let pin = Pin(crate::id::hash(&[&certificate]));
        let key = rustls::pki_types::PrivateKeyDer::try_from(made.signing_key.serialize_der()).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = rustls::ServerConfig::builder_with_provider(provider);
        let builder = builder.with_protocol_versions(&[&rustls::version::TLS13]).unwrap().with_no_client_auth();
        let mut tls = builder.with_single_cert(vec![certificate], key).unwrap();
        tls.alpn_protocols = vec![alpn.to_vec()];
        let config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(tls).unwrap()));
        let endpoint = Endpoint::server(config, (Ipv4Addr::LOCALHOST, 0).into()).unwrap();
        let port = endpoint.local_addr().unwrap().port();
        let address = RelayAddress::from_host_port(&format!("127.0.0.1:{port}"), pin).unwrap();
        Self { endpoint, address }
    }

    async fn accept(&self) -> Connection {
        let incoming: Incoming = self.endpoint.accept().await.unwrap();
        incoming.await.unwrap()
    }

    /// A link and the other end of it.
    async fn linked(&self) -> (Link, Connection) {
        let (link, connection) = tokio::join!(connect(&self.address, PATIENCE), self.accept());
        (link.unwrap(), connection)
    }
}

fn ping(id: u64) -> ToRelay {
    ToRelay::Request(RequestId(id), Request::Ping)
}

fn pong(id: u64) -> FromRelay {
    FromRelay::Response(RequestId(id), Response::Pong)
}

async fn answer(connection: &Connection, bytes: &[u8]) -> (SendStream, RecvStream) {
    let (mut sending, receiving) = connection.accept_bi().await.unwrap();
    sending.write_all(bytes).await.unwrap();
    (sending, receiving)
}

/// What the link says to an answer of these bytes.
async fn after(bytes: Vec<u8>) -> Result<Vec<FromRelay>, LinkError> {
    let peer = Peer::new(ALPN);
    let (mut link, connection) = peer.linked().await;
    link.queue(&ping(1)).unwrap();
    let (received, _streams) = tokio::join!(link.receive(), answer(&connection, &bytes));
    received
}

#[tokio::test]
async fn both_ends_export_the_same_and_messages_pass() {
    let peer = Peer::new(ALPN);
    let (mut link, connection) = peer.linked().await;
    let mut exporter = [0; EXPORTER_BYTES];
    connection.export_keying_material(&mut exporter, EXPORTER_LABEL, EXPORTER_CONTEXT).unwrap();
    assert_eq!(link.exporter(), exporter);

    link.queue(&ping(1)).unwrap();
    link.queue(&ping(2)).unwrap();
    let bytes = [encode_frame(&pong(1)).unwrap(), encode_frame(&pong(2)).unwrap()].concat();
    let (received, (_sending, mut receiving)) = tokio::join!(link.receive(), answer(&connection, &bytes));
    assert_eq!(received.unwrap(), [pong(1), pong(2)]);
    assert!(link.awaited.is_empty());
    let asked = [encode_frame(&ping(1)).unwrap(), encode_frame(&ping(2)).unwrap()].concat();
    let mut heard = vec![0; asked.len()];
    receiving.read_exact(&mut heard).await.unwrap();
    assert_eq!(heard, asked);

    link.close().await;
    let closed = connection.closed().await;
    assert!(matches!(&closed, quinn::ConnectionError::ApplicationClosed(close) if u64::from(close.error_code) == 0));
}

#[tokio::test]
async fn another_certificate_is_refused() {
    let (peer, other) = (Peer::new(ALPN), Peer::new(ALPN));
    let address = RelayAddress { pin: other.address.pin, ..peer.address.clone() };
    let accept = async {
        let incoming = peer.endpoint.accept().await.unwrap();
        assert!(incoming.await.is_err(), "the relay sees the handshake fail too");
    };
    let (link, ()) = tokio::join!(connect(&address, PATIENCE), accept);
    let error = link.err().unwrap();
    assert_eq!((error, error.code()), (LinkError::WrongPin, "wrong_relay_pin"));
}

#[tokio::test]
async fn a_relay_that_is_not_there_is_unreachable() {
    let closed = std::net::UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = closed.local_addr().unwrap().port();
    let silent = RelayAddress::from_host_port(&format!("127.0.0.1:{port}"), Pin([1; 32])).unwrap();
    let unnamed = RelayAddress::from_host_port("nowhere.invalid:4433", Pin([1; 32])).unwrap();
    for address in [silent, unnamed] {
        let error = connect(&address, Duration::from_millis(100)).await.err().unwrap();
        assert_eq!(error.code(), "relay_unreachable", "{error}");
    }
}

#[tokio::test]
async fn a_name_with_an_address_of_each_kind_is_reached_by_the_one_that_answers() {
    let peer = Peer::new(ALPN);
    let name = format!("localhost:{}", peer.address.port);
    let address = RelayAddress::from_host_port(&name, peer.address.pin).unwrap();
    let (link, _connection) = tokio::join!(connect(&address, PATIENCE), peer.accept());
    assert!(link.is_ok());
}

#[tokio::test]
async fn another_protocol_is_not_taken_for_a_relay() {
    let peer = Peer::new(b"h3");
    let accept = async { peer.endpoint.accept().await.unwrap().await.err() };
    let (link, _) = tokio::join!(connect(&peer.address, PATIENCE), accept);
    assert_eq!(link.err().map(|error| error.code()), Some("relay_protocol"));
}

#[tokio::test]
async fn the_reason_for_which_a_relay_closes_is_told() {
    for (number, error) in [
        (17, LinkError::Closed(ErrorCode::TooManyConnections)),
        (27, LinkError::Closed(ErrorCode::ShuttingDown)),
        (0, LinkError::Lost),
        (70_000, LinkError::OtherProtocol),
    ] {
        let peer = Peer::new(ALPN);
        let (mut link, connection) = peer.linked().await;
        link.queue(&ping(1)).unwrap();
        connection.close(VarInt::from_u32(number), b"");
        assert_eq!(link.receive().await.err(), Some(error));
    }
    assert_eq!(LinkError::Closed(ErrorCode::TooManyConnections).code(), "too_many_connections");
}

#[tokio::test]
async fn what_is_no_message_ends_the_link() {
    assert_eq!(after(vec![0, 0, 0, 0]).await, Err(LinkError::Frame(amends_protocol::FrameError::Empty)));
    assert_eq!(after(vec![0, 0, 0, 2, 9, 0]).await.err().map(|error| error.code()), Some("relay_protocol"));
    assert_eq!(after(vec![0, 0, 0, 2, 1, 0xff]).await, Err(LinkError::Malformed));
    assert_eq!(after(vec![0xff; 8]).await.err().map(|error| error.code()), Some("relay_protocol"));
}

/// A newer relay may say what this version does not know.
#[tokio::test]
async fn unknown_pushes_are_passed_over_and_unknown_answers_are_errors() {
    let unknown_push = [0, 0, 0, 5, 1, 0xa1, 0x00, 0x18, 0xc8];
    let known_push = encode_frame(&FromRelay::Push(Push::GoingAway)).unwrap();
    let bytes = [unknown_push.as_slice(), &known_push].concat();
    assert_eq!(after(bytes).await, Ok(vec![FromRelay::Push(Push::GoingAway)]));
    let unknown_answer = vec![0, 0, 0, 7, 1, 0xa2, 0x00, 0x18, 0x70, 0x01, 0x01];
    let error = Response::Error(RelayError::new(ErrorCode::UnknownMessage));
    assert_eq!(after(unknown_answer).await, Ok(vec![FromRelay::Response(RequestId(1), error)]));
}

#[tokio::test]
async fn a_relay_that_owes_an_answer_and_is_silent_is_given_up() {
    let peer = Peer::new(ALPN);
    let (mut link, _connection) = peer.linked().await;
    link.silence_max = Duration::from_millis(50);
    link.queue(&ping(1)).unwrap();
    assert_eq!(link.receive().await.err(), Some(LinkError::Silent));
}

/// Neither side reads before it has written more than any buffer between them holds.
#[tokio::test]
async fn both_sides_may_talk_at_once() {
    let peer = Peer::new(ALPN);
    let (mut link, connection) = peer.linked().await;
    let body = vec![7; 200_000];
    let put = |id| {
        let request = Request::PutChunk { box_id: [1; 32].into(), chunk: body.clone() };
        ToRelay::Request(RequestId(id), request)
    };
    let chunk = |id| FromRelay::Response(RequestId(id), Response::Chunk { chunk: body.clone() });
    let mut queued = 0;
    while link.has_room() {
        queued += 1;
        link.queue(&put(queued)).unwrap();
    }
    assert!(link.outgoing.len() < OUTGOING_BYTES_MAX + FRAME_BYTES_MAX);
    let talk = async {
        let (mut sending, mut receiving) = connection.accept_bi().await.unwrap();
        for id in 1..=40 {
            sending.write_all(&encode_frame(&chunk(id)).unwrap()).await.unwrap();
        }
        let mut heard = 0;
        while heard < 40 * body.len() {
            heard += receiving.read_chunk(usize::MAX, true).await.unwrap().unwrap().bytes.len();
        }
        sending.write_all(&encode_frame(&pong(99)).unwrap()).await.unwrap();
        std::future::pending::<()>().await;
    };
    let listen = async {
        let mut answers = 0;
        loop {
            while queued < 45 && link.has_room() {
                queued += 1;
                link.queue(&put(queued)).unwrap();
            }
            for message in link.receive().await.unwrap() {
                if message == pong(99) {
                    return answers;
                }
                answers += 1;
            }
        }
    };
    tokio::select! {
        answers = listen => assert_eq!(answers, 40),
        () = talk => unreachable!(),
    }
}

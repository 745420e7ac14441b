//! Too much of anything is refused with its code, and others don't notice.

use amends_protocol::*;
use quinn::ConnectionError;

use crate::common::*;

fn is_refused(outcome: Result<Client, ConnectError>) -> bool {
    match outcome {
        // 0x02 is QUIC's CONNECTION_REFUSED.
        Err(ConnectionError::ConnectionClosed(close)) => {
            close.error_code == quinn::TransportErrorCode::CONNECTION_REFUSED
        }
        _ => false,
    }
}

#[tokio::test]
async fn an_address_has_so_many_connections() {
    let relay = TestRelay::with(|config| config.limits.connections_per_address_max = 3).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        held.push(relay.client().await);
    }
    relay.clock.advance(60);
    assert!(is_refused(Client::connect(&relay.address).await));
    assert_eq!(held[0].ask(Request::Ping).await, Response::Pong);
    // One leaves, one may come.
    let mut leaving = held.pop().unwrap();
    leaving.ask(Request::Ping).await;
    leaving.send.finish().unwrap();
    leaving.closing().await;
    let mut attempts = 0;
    while is_refused(Client::connect(&relay.address).await) {
        // The relay has closed, and counts down as soon as its task ends.
        relay.clock.advance(60);
        attempts += 1;
        assert!(attempts < 100);
    }
    assert!(relay.metric("connections_refused_total") >= 1);
}

#[tokio::test]
async fn an_address_connects_so_often() {
    let relay = TestRelay::with(|config| {
        config.limits.connections_per_address_max = 2;
        config.limits.connects_per_address_per_minute = 1;
    })
    .await;
    drop((relay.client().await, relay.client().await));
    assert!(is_refused(Client::connect(&relay.address).await));
}

#[tokio::test]
async fn the_relay_has_so_many_connections_and_tests_addresses_before() {
    let relay = TestRelay::with(|config| config.limits.connections_max = 8).await;
    let mut held = Vec::new();
    // From the third on, an address has to prove itself, which a real client does unnoticed.
    for _ in 0..8 {
        held.push(relay.client().await);
    }
    assert!(is_refused(Client::connect(&relay.address).await));
    for client in &mut held {
        assert_eq!(client.ask(Request::Ping).await, Response::Pong);
    }
}

#[tokio::test]
async fn an_address_makes_so_many_boxes_and_uses_those_it_has() {
    let relay = TestRelay::with(|config| config.limits.boxes_per_address_per_hour = 3).await;
    let mut client = relay.client().await;
    for number in 0..4 {
        client.open(&BoxKey::numbered(number)).await;
    }
    for number in 0..2 {
        client.appended(BoxKey::numbered(number).id(), &record(0, 10)).await;
    }
    let chunk = Request::PutChunk { box_id: BoxKey::numbered(2).id(), chunk: vec![1] };
    assert!(matches!(client.ask(chunk.clone()).await, Response::ChunkStored { .. }));
    let fourth = BoxKey::numbered(3).id();
    let refused = Response::Error(RelayError::with_retry(ErrorCode::TooManyBoxes, 1200));
    assert_eq!(client.append(fourth, &record(0, 10)).await, refused);
    let chunk = Request::PutChunk { box_id: fourth, chunk: vec![1] };
    assert_eq!(client.ask(chunk).await, refused);
    client.appended(BoxKey::numbered(0).id(), &record(1, 10)).await;
    relay.clock.advance(1200);
    client.appended(fourth, &record(0, 10)).await;
}

#[tokio::test]
async fn an_address_asks_so_much_and_is_thrown_out_if_it_goes_on() {
    let relay = TestRelay::with(|config| config.limits.requests_per_address_per_second = 1).await;
    let mut client = relay.client().await;
    for _ in 0..10 {
        assert_eq!(client.ask(Request::Ping).await, Response::Pong);
    }
    let refused = Response::Error(RelayError::with_retry(ErrorCode::RateLimited, 1));
    assert_eq!(client.ask(Request::Ping).await, refused);
    relay.clock.advance(2);
    assert_eq!(client.ask(Request::Ping).await, Response::Pong);
    assert_eq!(client.ask(Request::Ping).await, Response::Pong);
    for _ in 0..300 {
        client.say(Request::Ping).await;
    }
    let (messages, closed_with) = client.closing().await;
    assert!(messages.iter().all(|message| matches!(message, FromRelay::Response(_, answer) if *answer == refused)));
    assert_eq!(closed_with, Some(ErrorCode::RateLimited.number()));
}

#[tokio::test]
async fn an_address_sends_so_many_bytes() {
    let relay = TestRelay::with(|config| config.limits.bytes_per_address_per_second = 1_000).await;
    let key = BoxKey::new(1);
    let mut client = relay.client_of(&key).await;
    client.appended(key.id(), &record(1, 60_000)).await;
    let refused = client.append(key.id(), &record(2, 60_000)).await;
    assert_eq!(code(&refused), ErrorCode::RateLimited);
    relay.clock.advance(60);
    client.appended(key.id(), &record(2, 60_000)).await;
}

#[tokio::test]
async fn an_address_opens_so_many_rendezvous() {
    let relay = TestRelay::with(|config| config.limits.rendezvous_per_address_per_hour = 2).await;
    let mut client = relay.client().await;
    let step = RendezvousStep::M1;
    let put = |number: u8| Request::RendezvousPut { rendezvous: RendezvousId([number; 16]), step, body: vec![1] };
    client.ask(put(1)).await;
    client.say(Request::RendezvousGet { rendezvous: RendezvousId([2; 16]), step }).await;
    let refused = Response::Error(RelayError::with_retry(ErrorCode::RendezvousFull, 1800));
    assert_eq!(client.ask(put(3)).await, refused);
    assert_eq!(client.ask(put(2)).await, Response::RendezvousStored, "those that are open go on");
}

#[tokio::test]
async fn whoever_keeps_the_relay_waiting_is_let_go() {
    let relay = TestRelay::with(|config| config.limits.patience_s = 1).await;
    let too_slow = Some(ErrorCode::TooSlow.number());
    // One that says nothing at all.
    let mut silent = relay.client().await;
    assert_eq!(silent.closing().await, (vec![], too_slow));
    // One that begins a frame and never ends it.
    let mut halting = relay.client().await;
    halting.say_bytes(&[0, 0, 0, 100, 1, 2]).await;
    assert_eq!(halting.closing().await, (vec![], too_slow));
    // One that sends a frame in drops, each well in time, and would be done after twenty minutes. The pauses are what it does; what
    // is waited for is that the relay stops listening.
    let mut dripping = relay.client().await;
    dripping.say_bytes(&[0, 0, 100, 0, 1]).await;
    let drip = async {
        while dripping.send.write_all(&[2]).await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    };
    soon(drip).await;
    assert_eq!(dripping.closing().await, (vec![], too_slow));
    // One that asks for much and reads nothing of it: only QUIC is still answered.
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut deaf = relay.client_of(&key).await;
    for number in 0..4 {
        deaf.appended(box_id, &record(number, 250_000)).await;
    }
    for _ in 0..8 {
        deaf.say(Request::Read { box_id, after: Cursor::START, limit: 1 }).await;
    }
    let closed = soon(deaf.connection.closed()).await;
    let ConnectionError::ApplicationClosed(close) = closed else { panic!("{closed:?}") };
    assert_eq!(close.error_code, quinn::VarInt::from(ErrorCode::TooSlow.number()));
    assert_eq!(relay.metric("outgoing_bytes"), 0, "what it left unread is gone");
}

#[tokio::test]
async fn large_frames_share_what_the_relay_receives_at_once() {
    // Room for one full frame.
    let relay = TestRelay::with(|config| config.limits.inbound_bytes_max = 0).await;
    let (first, second) = (BoxKey::new(1), BoxKey::new(2));
    let mut half = relay.client_of(&first).await;
    let mut whole = relay.client_of(&second).await;
    let append = |key: &BoxKey| Request::Append { box_id: key.id(), record: record(1, 200_000) };
    let frame = encode_frame(&ToRelay::Request(RequestId(50), append(&first))).unwrap();
    half.say_bytes(&frame[..150_000]).await;
    // Others pass beside it; large ones as long as there is room.
    assert!(matches!(whole.ask(append(&second)).await, Response::Appended { .. }));
    half.say_bytes(&frame[150_000..]).await;
    assert!(matches!(half.answer(RequestId(50)).await, Response::Appended { .. }));
}

//! Nothing on a box without its key, on this very connection.

use amends_protocol::limits::BOXES_PER_CONNECTION_MAX;
use amends_protocol::*;

use crate::common::*;

#[tokio::test]
async fn every_operation_needs_the_box_opened_here() {
    let relay = TestRelay::start().await;
    let (mine, other) = (BoxKey::new(1), BoxKey::new(2));
    let box_id = other.id();
    let mut owner = relay.client_of(&other).await;
    owner.appended(box_id, &record(1, 10)).await;
    let mut client = relay.client_of(&mine).await;
    let hash = RecordHash([0; 32]);
    for request in [
        Request::Append { box_id, record: record(2, 10) },
        Request::Read { box_id, after: Cursor::START, limit: 1 },
        Request::Subscribe { box_id, after: Cursor::START },
        Request::Unsubscribe { box_id },
        Request::PutChunk { box_id, chunk: vec![1] },
        Request::GetChunk { box_id, hash: ChunkHash([0; 32]) },
        Request::PutPack { box_id, manifest: vec![], chunks: vec![], replaces: vec![] },
        Request::Packs { box_id },
        Request::Trim { box_id, records: vec![hash] },
        Request::Restore { box_id, records: vec![hash] },
        Request::DeleteBox { box_id },
    ] {
        assert_eq!(code(&client.ask(request).await), ErrorCode::NotOpened);
    }
    assert_eq!(owner.read_all(box_id, Cursor::START).await.len(), 1);
}

#[tokio::test]
async fn a_wrong_signature_opens_nothing() {
    let relay = TestRelay::start().await;
    let (key, other) = (BoxKey::new(1), BoxKey::new(2));
    let box_id = key.id();
    let mut client = relay.client().await;
    let mut elsewhere = relay.client().await;
    let message = box_access_message(&client.exporter(), &box_id);
    let mut flipped = key.sign(&message);
    flipped[10] ^= 1;
    let replayed = key.sign(&box_access_message(&elsewhere.exporter(), &box_id));
    for signature in [
        other.sign(&message),
        flipped,
        [0; 64],
        key.sign(&message[1..]),
        key.sign(&box_access_message(&client.exporter(), &other.id())),
        // One that is good on another connection.
        replayed,
    ] {
        let answer = client.ask(Request::OpenBox { box_id, signature }).await;
        assert_eq!(code(&answer), ErrorCode::BadSignature);
    }
    assert_eq!(code(&client.append(box_id, &record(1, 10)).await), ErrorCode::NotOpened);
    let opened = elsewhere.ask(Request::OpenBox { box_id, signature: replayed }).await;
    assert!(matches!(opened, Response::BoxOpened { .. }), "there it is good");
    // A box id that is no curve point.
    let nowhere = Request::OpenBox { box_id: BoxId([0xff; 32]), signature: [1; 64] };
    assert_eq!(code(&client.ask(nowhere).await), ErrorCode::BadSignature);
    client.open(&key).await;
}

#[tokio::test]
async fn a_connection_opens_so_many_boxes() {
    let relay = TestRelay::start().await;
    let mut client = relay.client().await;
    for number in 0..BOXES_PER_CONNECTION_MAX as u32 {
        client.open(&BoxKey::numbered(number)).await;
    }
    let one_more = client.open_request(&BoxKey::numbered(1_000));
    let answer = client.ask(one_more).await;
    assert_eq!(code(&answer), ErrorCode::TooManyOpenBoxes);
    client.open(&BoxKey::numbered(0)).await;
}

#[tokio::test]
async fn another_pin_or_protocol_does_not_connect() {
    let relay = TestRelay::start().await;
    let wrong_pin = RelayAddress { pin: Pin([7; 32]), ..relay.address.clone() };
    assert!(Client::connect(&wrong_pin).await.is_err());
    let endpoint = quinn::Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
    let config = client_config(relay.address.pin, b"amends/0");
    let server = relay.address.host_port().parse().unwrap();
    let connecting = endpoint.connect_with(config, server, "amends-relay").unwrap();
    assert!(soon(connecting).await.is_err());
}

#[test]
fn the_golden_signature_is_what_a_box_key_makes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/protocol/access.json");
    let vector: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    // The vector's seed is 01 thirty-two times, its exporter e0 thirty-two times.
    let key = BoxKey::new(1);
    assert_eq!(vector["seed"], hex(&[1; 32]));
    assert_eq!(vector["box_id"], hex(&key.id().0));
    let message = box_access_message(&[0xe0; 32], &key.id());
    assert_eq!(vector["message"], hex(&message));
    assert_eq!(vector["signature"], hex(&key.sign(&message)));
}

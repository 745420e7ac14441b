//! Bytes that are no protocol: a typed error, and the connection closed where nothing else makes sense.

use amends_protocol::limits::{FRAME_BYTES_MAX, STRANGER_FRAME_BYTES_MAX};
use amends_protocol::*;

use crate::common::*;

async fn refused(client: &mut Client, bytes: &[u8]) -> (RelayError, Option<u16>) {
    client.say_bytes(bytes).await;
    let (messages, closed_with) = client.closing().await;
    match messages.as_slice() {
        [FromRelay::Response(RequestId::UNREADABLE, Response::Error(error))] => (*error, closed_with),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn broken_frames_are_answered_and_closed() {
    let relay = TestRelay::start().await;
    let stranger_max = STRANGER_FRAME_BYTES_MAX as u64;
    let cases: [(&[u8], RelayError); 6] = [
        (&[0, 0, 0, 0], ErrorCode::Malformed.into()),
        (&[0, 0, 0, 3, 9, 1, 1], ErrorCode::UnknownVersion.into()),
        (&[0xff, 0xff, 0xff, 0xff, 1], RelayError::with_limit(ErrorCode::FrameTooLarge, stranger_max)),
        (&[0, 0, 0, 2, 1, 0xa0], ErrorCode::Malformed.into()),
        (&[0, 0, 0, 2, 1, 0xff], ErrorCode::Malformed.into()),
        (&[0, 0, 0, 1, 1], ErrorCode::Malformed.into()),
    ];
    for (bytes, error) in cases {
        let mut client = relay.client().await;
        assert_eq!(refused(&mut client, bytes).await, (error, Some(error.code.number())), "{bytes:?}");
    }
    let mut client = relay.client().await;
    assert_eq!(client.ask(Request::Ping).await, Response::Pong, "others go on");
}

#[tokio::test]
async fn a_stranger_may_send_little_and_an_opener_a_frame() {
    let relay = TestRelay::start().await;
    let length = |bytes: usize| (bytes as u32).to_be_bytes();
    let mut stranger = relay.client().await;
    let (error, _) = refused(&mut stranger, &length(STRANGER_FRAME_BYTES_MAX + 1)).await;
    assert_eq!(error.limit, Some(STRANGER_FRAME_BYTES_MAX as u64));
    let mut opener = relay.client_of(&BoxKey::new(1)).await;
    let (error, _) = refused(&mut opener, &length(FRAME_BYTES_MAX + 1)).await;
    assert_eq!(error.limit, Some(FRAME_BYTES_MAX as u64));
}

#[tokio::test]
async fn a_request_with_an_id_is_answered_and_the_connection_goes_on() {
    let relay = TestRelay::start().await;
    let mut client = relay.client().await;
    // An unknown type, a missing field, an unknown rendezvous step.
    client.say_bytes(&[0, 0, 0, 7, 1, 0xa2, 0, 24, 63, 1, 9]).await;
    assert_eq!(code(&client.answer(RequestId(9)).await), ErrorCode::UnknownMessage);
    client.say_bytes(&[0, 0, 0, 6, 1, 0xa2, 0, 2, 1, 10]).await;
    assert_eq!(code(&client.answer(RequestId(10)).await), ErrorCode::Malformed);
    client.next_free(20);
    assert_eq!(client.ask(Request::Ping).await, Response::Pong);
}

#[tokio::test]
async fn a_frame_cut_off_by_the_end_of_the_stream_does_nothing() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let mut client = relay.client_of(&key).await;
    let append = Request::Append { box_id: key.id(), record: record(1, 1_000) };
    let frame = encode_frame(&ToRelay::Request(RequestId(50), append)).unwrap();
    client.say_bytes(&frame[..500]).await;
    client.send.finish().unwrap();
    assert_eq!(client.closing().await, (vec![], Some(0)));
    let mut client = relay.client_of(&key).await;
    assert!(client.read_all(key.id(), Cursor::START).await.is_empty());
}

#[tokio::test]
async fn the_end_of_the_asking_cuts_off_no_answer() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    client.appended(box_id, &record(1, 250_000)).await;
    // A megabyte of answers through windows of 64 KiB: the stream ends while an answer is half sent.
    for _ in 0..4 {
        client.say(Request::Read { box_id, after: Cursor::START, limit: 1 }).await;
    }
    client.say(Request::Append { box_id, record: record(2, 100) }).await;
    client.send.finish().unwrap();
    let (messages, closed_with) = client.closing().await;
    let whole = |message: &&FromRelay| match message {
        FromRelay::Response(_, Response::Records { records, .. }) => records[0].record.len() == 250_000,
        FromRelay::Response(_, Response::Appended { .. }) => true,
        _ => false,
    };
    assert_eq!(messages.iter().filter(whole).count(), 5);
    assert_eq!(closed_with, Some(0));
}

#[tokio::test]
async fn frames_in_single_bytes_are_the_same_frames() {
    let relay = TestRelay::start().await;
    let mut client = relay.client().await;
    let frame = encode_frame(&ToRelay::Request(RequestId(77), Request::Ping)).unwrap();
    for byte in frame {
        client.say_bytes(&[byte]).await;
        // Lets the byte leave alone.
        tokio::task::yield_now().await;
    }
    assert_eq!(client.answer(RequestId(77)).await, Response::Pong);
}

#[tokio::test]
async fn golden_frames_cut_and_flipped_never_hurt_the_relay() {
    let relay = TestRelay::with(|config| config.limits.per_address = false).await;
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors/protocol/frames.json");
    let vectors: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut requests = 0;
    for vector in vectors.as_array().unwrap().iter().filter(|vector| vector["direction"] == "to_relay") {
        requests += 1;
        let hex = vector["hex"].as_str().unwrap();
        let frame: Vec<u8> =
            (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect();
        for at in (0..frame.len()).step_by(7) {
            let mut flipped = frame.clone();
            flipped[at] ^= 0x41;
            let mut client = relay.client().await;
            client.say_bytes(&flipped).await;
            client.say_bytes(&frame[..at]).await;
            let _finished_or_closed = client.send.finish();
            // Any answer and any close will do; the relay must go on.
            client.closing().await;
        }
    }
    assert_eq!(requests, 15);
    assert_eq!(relay.client().await.ask(Request::Ping).await, Response::Pong);
}

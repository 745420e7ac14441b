//! Where two phones meet: write-once steps, waiting gets, burning and expiry.

use amends_protocol::limits::{
    RENDEZVOUS_BODY_BYTES_MAX, RENDEZVOUS_LIFETIME_S, RENDEZVOUS_REMEMBERED_S, RENDEZVOUS_WAITS_PER_CONNECTION_MAX,
};
use amends_protocol::*;

use crate::common::*;

use RendezvousStep::{Abort, M0, M1, M2, M3, M4};

const ID: RendezvousId = RendezvousId([7; 16]);

fn put(step: RendezvousStep, body: &[u8]) -> Request {
    Request::RendezvousPut { rendezvous: ID, step, body: body.to_vec() }
}

fn get(step: RendezvousStep) -> Request {
    Request::RendezvousGet { rendezvous: ID, step }
}

fn body(bytes: &[u8]) -> Response {
    Response::RendezvousBody { body: bytes.to_vec() }
}

#[tokio::test]
async fn a_whole_pairing_passes_with_waiting_gets() {
    let relay = TestRelay::start().await;
    let (mut inviter, mut joiner) = (relay.client().await, relay.client().await);
    assert_eq!(inviter.ask(put(M0, b"0")).await, Response::RendezvousStored);
    let m1 = inviter.say(get(M1)).await;
    assert_eq!(joiner.ask(get(M0)).await, body(b"0"), "what is there is answered at once");
    let m2 = joiner.say(get(M2)).await;
    assert_eq!(joiner.ask(put(M1, b"1")).await, Response::RendezvousStored);
    assert_eq!(inviter.answer(m1).await, body(b"1"));
    inviter.ask(put(M2, b"2")).await;
    assert_eq!(joiner.answer(m2).await, body(b"2"));
    inviter.ask(put(M3, b"3")).await;
    assert_eq!(joiner.ask(get(M3)).await, body(b"3"));
    joiner.ask(put(M4, b"4")).await;
    assert_eq!(inviter.ask(get(M4)).await, body(b"4"));
    assert_eq!(inviter.ask(get(M1)).await, body(b"1"), "reading changes nothing");
}

#[tokio::test]
async fn wrong_words_are_known_at_once_and_a_link_needs_no_m0() {
    let relay = TestRelay::start().await;
    let mut joiner = relay.client().await;
    assert_eq!(code(&joiner.ask(get(M0)).await), ErrorCode::RendezvousUnknown);
    let waiting = joiner.say(get(M2)).await;
    assert_eq!(relay.client().await.ask(put(M2, b"2")).await, Response::RendezvousStored);
    assert_eq!(joiner.answer(waiting).await, body(b"2"));
}

#[tokio::test]
async fn the_same_bytes_again_are_fine_and_others_burn_the_slot_for_all() {
    let relay = TestRelay::start().await;
    let (mut inviter, mut joiner, mut thief) = (relay.client().await, relay.client().await, relay.client().await);
    let waiting = inviter.say(get(M4)).await;
    joiner.ask(put(M1, b"1")).await;
    assert_eq!(joiner.ask(put(M1, b"1")).await, Response::RendezvousStored, "sent again after a lost answer");
    assert_eq!(code(&thief.ask(put(M1, b"x")).await), ErrorCode::RendezvousBurned);
    assert_eq!(code(&inviter.answer(waiting).await), ErrorCode::RendezvousBurned);
    assert_eq!(inviter.push().await, Push::RendezvousBurned { rendezvous: ID });
    assert_eq!(joiner.push().await, Push::RendezvousBurned { rendezvous: ID });
    for request in [get(M1), get(Abort), put(M2, b"2"), put(M1, b"1")] {
        assert_eq!(code(&joiner.ask(request).await), ErrorCode::RendezvousBurned);
    }
}

#[tokio::test]
async fn an_abort_reaches_who_waits_for_it_and_ends_everything_else() {
    let relay = TestRelay::start().await;
    let (mut inviter, mut joiner) = (relay.client().await, relay.client().await);
    joiner.ask(put(M1, b"1")).await;
    let step = joiner.say(get(M3)).await;
    let abort = joiner.say(get(Abort)).await;
    assert_eq!(inviter.ask(put(Abort, b"stop")).await, Response::RendezvousStored);
    assert_eq!(joiner.answer(abort).await, body(b"stop"));
    assert_eq!(code(&joiner.answer(step).await), ErrorCode::RendezvousBurned);
    assert_eq!(joiner.push().await, Push::RendezvousBurned { rendezvous: ID });
    assert_eq!(relay.client().await.ask(get(Abort)).await, body(b"stop"), "later, too");
    assert_eq!(code(&joiner.ask(put(M2, b"2")).await), ErrorCode::RendezvousBurned);
}

#[tokio::test]
async fn time_ends_a_rendezvous_and_then_its_memory() {
    let relay = TestRelay::start().await;
    let mut client = relay.client().await;
    client.ask(put(M1, b"1")).await;
    let waiting = client.say(get(M2)).await;
    relay.clock.advance(RENDEZVOUS_LIFETIME_S - 1);
    relay.control.sweep().await.unwrap();
    assert_eq!(client.ask(get(M1)).await, body(b"1"));
    relay.clock.advance(1);
    relay.control.sweep().await.unwrap();
    assert_eq!(code(&client.answer(waiting).await), ErrorCode::RendezvousExpired);
    assert_eq!(code(&client.ask(put(M2, b"2")).await), ErrorCode::RendezvousExpired);
    assert_eq!(code(&client.ask(get(M1)).await), ErrorCode::RendezvousExpired);
    relay.clock.advance(RENDEZVOUS_REMEMBERED_S);
    relay.control.sweep().await.unwrap();
    assert_eq!(relay.metric("rendezvous"), 0);
    assert_eq!(client.ask(put(M1, b"new")).await, Response::RendezvousStored);
}

#[tokio::test]
async fn sizes_counts_and_waits_are_bounded() {
    let relay = TestRelay::with(|config| {
        config.limits.rendezvous_max = 3;
        config.limits.rendezvous_bytes_max = 40_000;
    })
    .await;
    let mut client = relay.client().await;
    let too_large = client.ask(put(M1, &vec![0; RENDEZVOUS_BODY_BYTES_MAX + 1])).await;
    let limit = RENDEZVOUS_BODY_BYTES_MAX as u64;
    assert_eq!(too_large, Response::Error(RelayError::with_limit(ErrorCode::RendezvousTooLarge, limit)));
    assert_eq!(client.ask(put(M1, &vec![0; RENDEZVOUS_BODY_BYTES_MAX])).await, Response::RendezvousStored);
    for _ in 0..RENDEZVOUS_WAITS_PER_CONNECTION_MAX {
        client.say(get(M2)).await;
    }
    assert_eq!(code(&client.ask(get(M2)).await), ErrorCode::RendezvousFull);
    assert_eq!(client.ask(get(M1)).await, body(&vec![0; RENDEZVOUS_BODY_BYTES_MAX]));
    // In all: three rendezvous, and 40,000 bytes.
    let other = |number: u8, bytes: usize| Request::RendezvousPut {
        rendezvous: RendezvousId([number; 16]),
        step: M1,
        body: vec![0; bytes],
    };
    assert_eq!(client.ask(other(1, 16_000)).await, Response::RendezvousStored);
    assert_eq!(code(&client.ask(other(2, 16_000)).await), ErrorCode::RendezvousFull);
    assert_eq!(client.ask(other(2, 10)).await, Response::RendezvousStored);
    assert_eq!(code(&client.ask(other(3, 10)).await), ErrorCode::RendezvousFull);
    // Burning frees the bytes, time the places.
    assert_eq!(code(&client.ask(other(1, 5)).await), ErrorCode::RendezvousBurned);
    assert_eq!(client.ask(put(M3, &[0; 16_000])).await, Response::RendezvousStored);
}

#[tokio::test]
async fn who_leaves_is_forgotten_and_what_was_put_stays() {
    let relay = TestRelay::start().await;
    let mut gone = relay.client().await;
    gone.ask(put(M1, b"1")).await;
    gone.say(get(M2)).await;
    gone.send.finish().unwrap();
    gone.closing().await;
    let mut back = relay.client().await;
    assert_eq!(back.ask(get(M1)).await, body(b"1"));
    assert_eq!(back.ask(put(M2, b"2")).await, Response::RendezvousStored);
}

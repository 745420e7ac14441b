//! What time does to boxes: nothing early, nothing for ever.

use amends_protocol::limits::{BOX_LIFETIME_S, HIDDEN_LIFETIME_S, LOOSE_CHUNK_LIFETIME_S};
use amends_protocol::*;

use crate::common::*;

const DAY_S: u64 = 24 * 3600;

#[tokio::test]
async fn hidden_records_and_chunks_are_gone_after_thirty_days() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    client.appended(box_id, &record(1, 300)).await;
    client.appended(box_id, &record(2, 300)).await;
    client.ask(Request::PutChunk { box_id, chunk: b"canary".to_vec() }).await;
    let chunks = vec![ChunkHash(sha256(b"canary"))];
    let pack = |manifest: &[u8], chunks: &[ChunkHash], replaces: &[PackId]| Request::PutPack {
        box_id,
        manifest: manifest.to_vec(),
        chunks: chunks.to_vec(),
        replaces: replaces.to_vec(),
    };
    client.ask(pack(b"old", &chunks, &[])).await;
    client.ask(pack(b"new", &[], &[PackId(sha256(b"old"))])).await;
    let hash = record_hash(&record(1, 300));
    client.ask(Request::Trim { box_id, records: vec![hash] }).await;

    relay.clock.advance(HIDDEN_LIFETIME_S - 1);
    relay.control.sweep().await.unwrap();
    assert_eq!(client.ask(Request::Restore { box_id, records: vec![hash] }).await, Response::Restored { records: 1 });
    client.ask(Request::Trim { box_id, records: vec![hash] }).await;
    relay.clock.advance(HIDDEN_LIFETIME_S);
    relay.control.sweep().await.unwrap();
    assert_eq!(client.ask(Request::Restore { box_id, records: vec![hash] }).await, Response::Restored { records: 0 });
    let missing = client.ask(pack(b"old", &chunks, &[])).await;
    assert_eq!(code(&missing), ErrorCode::ChunkMissing);
    assert_eq!(client.read_all(box_id, Cursor::START).await.len(), 1, "readable records stay");
    assert_eq!(client.appended(box_id, &record(1, 300)).await, Cursor(3), "what is gone is new again");
    // Nothing readable is left of it in the file.
    let database = relay.database();
    let (_folder, ..) = relay.stop().await;
    assert!(!std::fs::read(&database).unwrap().windows(6).any(|bytes| bytes == b"canary"));
}

#[tokio::test]
async fn cursors_go_up_also_when_the_newest_record_is_gone() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    for number in 0..3 {
        client.appended(box_id, &record(number, 300)).await;
        let records = vec![record_hash(&record(number, 300))];
        client.ask(Request::Trim { box_id, records }).await;
    }
    relay.clock.advance(HIDDEN_LIFETIME_S);
    relay.control.sweep().await.unwrap();
    let bounds = |response| match response {
        Response::BoxOpened { first, last, .. } => (first.0, last.0),
        _ => unreachable!(),
    };
    assert_eq!(bounds(client.open(&key).await), (3, 3));
    let relay = relay.restart().await;
    let mut client = relay.client_of(&key).await;
    assert_eq!(bounds(client.open(&key).await), (3, 3));
    assert_eq!(client.appended(box_id, &record(9, 300)).await, Cursor(4));
    assert_eq!(client.read_all(box_id, Cursor(3)).await.len(), 1);
}

#[tokio::test]
async fn a_chunk_without_a_pack_lasts_a_day() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    let put = Request::PutChunk { box_id, chunk: vec![1, 2, 3] };
    let Response::ChunkStored { hash } = client.ask(put.clone()).await else { panic!() };
    let get = Request::GetChunk { box_id, hash };
    relay.clock.advance(LOOSE_CHUNK_LIFETIME_S - 1);
    relay.control.sweep().await.unwrap();
    assert!(matches!(client.ask(get.clone()).await, Response::Chunk { .. }));
    client.ask(put).await;
    relay.clock.advance(LOOSE_CHUNK_LIFETIME_S - 1);
    relay.control.sweep().await.unwrap();
    assert!(matches!(client.ask(get.clone()).await, Response::Chunk { .. }), "putting it again counts anew");
    relay.clock.advance(1);
    relay.control.sweep().await.unwrap();
    assert_eq!(code(&client.ask(get).await), ErrorCode::ChunkNotFound);
}

#[tokio::test]
async fn a_box_that_nobody_opens_goes_and_one_that_is_opened_stays() {
    let relay = TestRelay::start().await;
    let (kept, lost) = (BoxKey::new(1), BoxKey::new(2));
    let mut client = relay.client_of(&kept).await;
    client.open(&lost).await;
    client.appended(kept.id(), &record(1, 300)).await;
    client.appended(lost.id(), &record(1, 300)).await;
    relay.clock.advance(BOX_LIFETIME_S - DAY_S);
    client.open(&kept).await;
    relay.control.sweep().await.unwrap();
    relay.clock.advance(2 * DAY_S);
    relay.control.sweep().await.unwrap();
    let opened =
        |response| matches!(response, Response::BoxOpened { generation, .. } if generation != Generation::NONE);
    assert!(opened(client.open(&kept).await));
    assert!(!opened(client.open(&lost).await));
    assert_eq!(client.appended(lost.id(), &record(2, 300)).await, Cursor(1), "it begins anew");
}

#[tokio::test]
async fn time_goes_on_over_restarts_and_no_clock_jump_deletes_anything() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    client.appended(box_id, &record(1, 300)).await;
    let records = vec![record_hash(&record(1, 300))];
    client.ask(Request::Trim { box_id, records: records.clone() }).await;
    // The relay runs for 20 days, is restarted while its wall clock jumps ten years, and runs for 8 more.
    relay.clock.advance(20 * DAY_S);
    relay.control.sweep().await.unwrap();
    relay.clock.jump(3650 * DAY_S);
    let relay = relay.restart().await;
    relay.clock.advance(8 * DAY_S);
    relay.control.sweep().await.unwrap();
    let mut client = relay.client_of(&key).await;
    let restore = Request::Restore { box_id, records: records.clone() };
    assert_eq!(client.ask(restore.clone()).await, Response::Restored { records: 1 });
    client.ask(Request::Trim { box_id, records }).await;
    // Being off counts for a day at most; what it runs counts.
    let relay = relay.restart().await;
    relay.clock.advance(30 * DAY_S);
    relay.control.sweep().await.unwrap();
    let mut client = relay.client_of(&key).await;
    assert_eq!(client.ask(restore).await, Response::Restored { records: 0 });
}

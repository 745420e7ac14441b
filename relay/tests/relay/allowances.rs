//! Trim, restore, and what a box may hold.

use amends_protocol::*;

use crate::common::*;

#[tokio::test]
async fn trim_hides_and_restore_brings_back_at_the_old_place() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    let hashes: Vec<_> = (0..6).map(|number| record_hash(&record(number, 60))).collect();
    for number in 0..6 {
        client.appended(box_id, &record(number, 60)).await;
    }
    let trimmed = hashes[..3].iter().copied().chain([hashes[4], RecordHash([9; 32]), hashes[0]]).collect();
    assert_eq!(client.ask(Request::Trim { box_id, records: trimmed }).await, Response::Trimmed { records: 4 });
    let cursors = async |client: &mut Client| {
        client.read_all(box_id, Cursor::START).await.iter().map(|stored| stored.cursor.0).collect::<Vec<_>>()
    };
    assert_eq!(cursors(&mut client).await, [4, 6]);
    let bounds = async |client: &mut Client| match client.open(&key).await {
        Response::BoxOpened { first, last, .. } => (first.0, last.0),
        _ => unreachable!(),
    };
    assert_eq!(bounds(&mut client).await, (3, 6), "nothing is readable before 4");
    let restore = Request::Restore { box_id, records: vec![hashes[1], hashes[5], RecordHash([9; 32])] };
    assert_eq!(client.ask(restore).await, Response::Restored { records: 1 });
    assert_eq!(cursors(&mut client).await, [2, 4, 6]);
    assert_eq!(bounds(&mut client).await, (1, 6));
    let rest = Request::Trim { box_id, records: hashes.clone() };
    assert_eq!(client.ask(rest).await, Response::Trimmed { records: 3 });
    assert_eq!(bounds(&mut client).await, (6, 6), "nothing is readable");
    assert_eq!(client.appended(box_id, &record(7, 60)).await, Cursor(7));
    assert_eq!(cursors(&mut client).await, [7]);
    let too_many = Request::Trim { box_id, records: vec![RecordHash([0; 32]); 1025] };
    assert_eq!(client.ask(too_many).await, Response::Error(RelayError::with_limit(ErrorCode::TooManyItems, 1024)));
}

#[tokio::test]
async fn a_full_box_refuses_until_trimmed_and_its_neighbour_never() {
    let relay = TestRelay::with(|config| {
        config.limits.box_bytes_max = 5_000;
        config.limits.box_record_bytes_max = 3_000;
        config.limits.box_hidden_bytes_max = 2_000;
    })
    .await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    for number in 0..3 {
        client.appended(box_id, &record(number, 1_000)).await;
    }
    let full = Response::Error(RelayError::with_limit(ErrorCode::BoxFull, 3_000));
    assert_eq!(client.append(box_id, &record(3, 1_000)).await, full);
    let neighbour = BoxKey::new(2);
    client.open(&neighbour).await;
    client.appended(neighbour.id(), &record(3, 1_000)).await;
    // Hidden data have an allowance of their own; when it is full the oldest go.
    let hash = |number| record_hash(&record(number, 1_000));
    for number in 0..3 {
        let trim = Request::Trim { box_id, records: vec![hash(number)] };
        assert_eq!(client.ask(trim).await, Response::Trimmed { records: 1 });
    }
    let restore = Request::Restore { box_id, records: vec![hash(0), hash(1), hash(2)] };
    assert_eq!(client.ask(restore).await, Response::Restored { records: 2 }, "record 0 is gone for good");
    assert_eq!(client.appended(box_id, &record(0, 1_000)).await, Cursor(4), "and may be appended anew");
    // A restore that doesn't fit restores nothing.
    let trim = Request::Trim { box_id, records: vec![hash(0)] };
    assert_eq!(client.ask(trim).await, Response::Trimmed { records: 1 });
    client.appended(box_id, &record(8, 1_000)).await;
    assert_eq!(client.ask(Request::Restore { box_id, records: vec![hash(0)] }).await, full);
    assert_eq!(client.read_all(box_id, Cursor::START).await.len(), 3);
}

#[tokio::test]
async fn tiny_records_count_what_they_cost() {
    let relay = TestRelay::with(|config| config.limits.box_record_bytes_max = 2_000).await;
    let key = BoxKey::new(1);
    let mut client = relay.client_of(&key).await;
    for number in 0..3 {
        client.appended(key.id(), &record(number, 5)).await;
    }
    assert_eq!(code(&client.append(key.id(), &record(3, 5)).await), ErrorCode::BoxFull);
    assert_eq!(code(&client.append(key.id(), &record(4, 500)).await), ErrorCode::BoxFull);
}

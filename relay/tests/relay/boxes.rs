//! Append, read, delete.

use amends_protocol::limits::RECORD_BYTES_MAX;
use amends_protocol::*;

use crate::common::*;

#[tokio::test]
async fn records_come_back_in_order_and_only_after_the_cursor() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let mut client = relay.client_of(&key).await;
    let records: Vec<_> = (0..5).map(|number| record(number, 100)).collect();
    let mut cursors = Vec::new();
    for record in &records {
        cursors.push(client.appended(key.id(), record).await);
    }
    assert!(cursors.windows(2).all(|pair| pair[0] < pair[1]), "{cursors:?}");
    let stored = client.read_all(key.id(), Cursor::START).await;
    assert_eq!(stored.iter().map(|stored| stored.record.clone()).collect::<Vec<_>>(), records);
    assert_eq!(stored.iter().map(|stored| stored.cursor).collect::<Vec<_>>(), cursors);
    let later = client.read_all(key.id(), cursors[2]).await;
    assert_eq!(later, stored[3..]);
    assert!(client.read_all(key.id(), cursors[4]).await.is_empty());
    assert!(client.read_all(key.id(), Cursor(u64::MAX)).await.is_empty());
}

#[tokio::test]
async fn a_page_says_whether_there_is_more() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    for number in 0..4 {
        client.appended(box_id, &record(number, 100 * 1024)).await;
    }
    let mut page = async |after, limit| match client.ask(Request::Read { box_id, after, limit }).await {
        Response::Records { records, more } => (records.iter().map(|stored| stored.cursor.0).collect::<Vec<_>>(), more),
        other => panic!("{other:?}"),
    };
    assert_eq!(page(Cursor(0), 1).await, (vec![1], true));
    assert_eq!(page(Cursor(0), 2).await, (vec![1, 2], true));
    assert_eq!(page(Cursor(2), 2).await, (vec![3, 4], false), "exactly to the end");
    assert_eq!(page(Cursor(0), 0).await, (vec![1], true), "a limit of nothing is one");
    assert_eq!(page(Cursor(0), u32::MAX).await, (vec![1, 2], true), "a page has bytes, too");
}

#[tokio::test]
async fn a_box_is_made_by_its_first_append_and_not_by_looking() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let none = Response::BoxOpened { generation: Generation::NONE, first: Cursor(0), last: Cursor(0), packs: 0 };
    let mut client = relay.client().await;
    assert_eq!(client.open(&key).await, none);
    assert!(client.read_all(key.id(), Cursor::START).await.is_empty());
    assert_eq!(client.ask(Request::Packs { box_id: key.id() }).await, Response::PackList { packs: vec![] });
    assert_eq!(
        client.ask(Request::Trim { box_id: key.id(), records: vec![RecordHash([1; 32])] }).await,
        Response::Trimmed { records: 0 }
    );
    assert_eq!(client.open(&key).await, none, "opening again is allowed, and still makes nothing");
    client.appended(key.id(), &record(1, 10)).await;
    let Response::BoxOpened { generation, first, last, packs } = client.open(&key).await else { unreachable!() };
    assert_ne!(generation, Generation::NONE);
    assert_eq!((first, last, packs), (Cursor(0), Cursor(1), 0));
}

#[tokio::test]
async fn the_same_bytes_again_are_a_duplicate_even_when_hidden() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    let first = client.appended(box_id, &record(1, 50)).await;
    client.appended(box_id, &record(2, 50)).await;
    let duplicate = Response::Appended { cursor: first, duplicate: true };
    assert_eq!(client.append(box_id, &record(1, 50)).await, duplicate);
    let trim = Request::Trim { box_id, records: vec![record_hash(&record(1, 50))] };
    assert_eq!(client.ask(trim).await, Response::Trimmed { records: 1 });
    assert_eq!(client.append(box_id, &record(1, 50)).await, duplicate, "trimmed records are not made new");
    assert_eq!(client.read_all(box_id, Cursor::START).await.len(), 1);
    let other = BoxKey::new(2);
    client.open(&other).await;
    assert_eq!(client.appended(other.id(), &record(1, 50)).await, Cursor(1), "another box has its own");
}

#[tokio::test]
async fn records_are_checked() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    assert_eq!(code(&client.append(box_id, &[]).await), ErrorCode::RecordEmpty);
    assert_eq!(code(&client.append(box_id, &[2, 0]).await), ErrorCode::RecordVersion);
    let too_large = client.append(box_id, &record(1, RECORD_BYTES_MAX + 1)).await;
    let limit = RECORD_BYTES_MAX as u64;
    assert_eq!(too_large, Response::Error(RelayError::with_limit(ErrorCode::RecordTooLarge, limit)));
    client.appended(box_id, &record(1, RECORD_BYTES_MAX)).await;
    assert_eq!(client.read_all(box_id, Cursor::START).await[0].record.len(), RECORD_BYTES_MAX);
}

#[tokio::test]
async fn thousands_of_records_in_several_boxes_stay_in_their_boxes_and_order() {
    const RECORDS: u32 = 3_000;
    let relay = TestRelay::with(|config| config.limits.per_address = false).await;
    let keys = [BoxKey::new(1), BoxKey::new(2), BoxKey::new(3)];
    let mut writer = relay.client().await;
    let mut subscribers = Vec::new();
    for key in &keys {
        writer.open(key).await;
        let mut subscriber = relay.client_of(key).await;
        subscriber.ask(Request::Subscribe { box_id: key.id(), after: Cursor::START }).await;
        subscribers.push(subscriber);
    }
    let mut sent = Vec::new();
    for number in 0..RECORDS {
        let box_id = keys[number as usize % keys.len()].id();
        sent.push(writer.say(Request::Append { box_id, record: record(number, 20) }).await);
        if number == RECORDS / 2 {
            // Looks at what is on disk in the middle of it.
            assert!(!writer.read_all(keys[0].id(), Cursor::START).await.is_empty());
        }
    }
    for (number, id) in (0u64..).zip(sent) {
        let cursor = Cursor(number / keys.len() as u64 + 1);
        assert_eq!(writer.answer(id).await, Response::Appended { cursor, duplicate: false });
    }
    let mut views = Vec::new();
    for (at, (key, subscriber)) in keys.iter().zip(&mut subscribers).enumerate() {
        let pushed = subscriber.pushed(key.id(), RECORDS as usize / keys.len()).await;
        let numbers = (at as u32..RECORDS).step_by(keys.len());
        assert!(pushed.iter().map(|stored| stored.record.clone()).eq(numbers.map(|number| record(number, 20))));
        assert_eq!(writer.read_all(key.id(), Cursor::START).await, pushed);
        views.push(pushed);
    }
    let relay = relay.restart().await;
    let mut reader = relay.client().await;
    for (key, view) in keys.iter().zip(views) {
        reader.open(key).await;
        assert_eq!(reader.read_all(key.id(), Cursor::START).await, view);
        let again = reader.append(key.id(), &view[7].record).await;
        assert_eq!(again, Response::Appended { cursor: view[7].cursor, duplicate: true });
    }
}

#[tokio::test]
async fn a_deleted_box_is_gone_and_its_next_generation_is_another() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    for number in 0..600 {
        client.say(Request::Append { box_id, record: record(number, 30) }).await;
    }
    client.appended(box_id, &record(1_000, 10)).await;
    client.ask(Request::PutChunk { box_id, chunk: vec![1] }).await;
    let Response::BoxOpened { generation: before, .. } = client.open(&key).await else { unreachable!() };
    assert_eq!(client.ask(Request::DeleteBox { box_id }).await, Response::BoxDeleted);
    assert_eq!(client.ask(Request::DeleteBox { box_id }).await, Response::BoxDeleted, "again is as good");
    assert!(client.read_all(box_id, Cursor::START).await.is_empty());
    assert_eq!(client.appended(box_id, &record(1, 10)).await, Cursor(1));
    let Response::BoxOpened { generation: after, .. } = client.open(&key).await else { unreachable!() };
    assert_ne!(before, after);
    relay.control.sweep().await.unwrap();
    let database = relay.database();
    let (_folder, ..) = relay.stop().await;
    let db = rusqlite::Connection::open(database).unwrap();
    let count =
        |table: &str| -> i64 { db.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap() };
    assert_eq!((count("records"), count("chunks"), count("dead_boxes")), (1, 0, 0), "nothing of it is left on disk");
}

#[tokio::test]
async fn a_restart_keeps_pin_records_and_generation() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let mut client = relay.client_of(&key).await;
    client.appended(key.id(), &record(1, 10)).await;
    let opened = client.open(&key).await;
    let pin = relay.address.pin;
    let relay = relay.restart().await;
    assert_eq!(relay.address.pin, pin);
    let mut client = relay.client().await;
    assert_eq!(client.open(&key).await, opened);
    assert_eq!(client.read_all(key.id(), Cursor::START).await.len(), 1);
}

#[tokio::test]
async fn pipelined_requests_are_all_answered() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client().await;
    // Not even the answer to OpenBox is waited for.
    let open = client.open_request(&key);
    let mut ids = vec![client.say(open).await];
    for number in 0..300 {
        ids.push(client.say(Request::Append { box_id, record: record(number, 200) }).await);
        ids.push(client.say(Request::Read { box_id, after: Cursor::START, limit: 10 }).await);
    }
    for id in ids {
        let answer = client.answer(id).await;
        assert!(!matches!(answer, Response::Error(_)), "{answer:?}");
    }
    assert_eq!(client.read_all(box_id, Cursor::START).await.len(), 300);
}

//! Backlog, then everything new: each record once, in order, or the subscription says that it has ended.

use amends_protocol::*;

use crate::common::*;

#[tokio::test]
async fn backlog_then_new_records_each_once_and_in_order() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut writer = relay.client_of(&key).await;
    for number in 0..3 {
        writer.appended(box_id, &record(number, 100)).await;
    }
    let mut reader = relay.client_of(&key).await;
    let subscribed = reader.ask(Request::Subscribe { box_id, after: Cursor(1) }).await;
    assert_eq!(subscribed, Response::Subscribed);
    let backlog = reader.pushed(box_id, 2).await;
    assert_eq!(backlog.iter().map(|stored| stored.cursor.0).collect::<Vec<_>>(), [2, 3]);
    writer.appended(box_id, &record(3, 100)).await;
    writer.append(box_id, &record(3, 100)).await;
    writer.appended(box_id, &record(4, 100)).await;
    let new = reader.pushed(box_id, 2).await;
    assert_eq!(new.iter().map(|stored| stored.cursor.0).collect::<Vec<_>>(), [4, 5], "a duplicate is not pushed");
    assert_eq!(new[0].record, record(3, 100));
    // One's own appends come, too, after their answers.
    let own = reader.appended(box_id, &record(5, 100)).await;
    assert_eq!(reader.pushed(box_id, 1).await[0].cursor, own);
}

#[tokio::test]
async fn a_subscription_to_a_box_that_is_not_there_yet_sees_it_begin() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut reader = relay.client_of(&key).await;
    // A cursor from an older life of the box is brought down to what there is.
    reader.ask(Request::Subscribe { box_id, after: Cursor(1_000) }).await;
    let mut writer = relay.client_of(&key).await;
    writer.appended(box_id, &record(1, 100)).await;
    writer.appended(box_id, &record(2, 100)).await;
    let new = reader.pushed(box_id, 2).await;
    assert_eq!(new.iter().map(|stored| stored.cursor.0).collect::<Vec<_>>(), [1, 2]);
}

#[tokio::test]
async fn unsubscribed_means_nothing_more() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut reader = relay.client_of(&key).await;
    assert_eq!(reader.ask(Request::Unsubscribe { box_id }).await, Response::Unsubscribed, "without one, too");
    reader.ask(Request::Subscribe { box_id, after: Cursor::START }).await;
    assert_eq!(relay.metric("subscriptions"), 1);
    reader.ask(Request::Unsubscribe { box_id }).await;
    assert_eq!(relay.metric("subscriptions"), 0);
    let mut writer = relay.client_of(&key).await;
    writer.appended(box_id, &record(1, 100)).await;
    assert_eq!(reader.ask(Request::Ping).await, Response::Pong);
    reader.send.finish().unwrap();
    assert_eq!(reader.closing().await, (vec![], Some(0)), "no push was sent");
}

#[tokio::test]
async fn subscribing_again_takes_the_first_one_s_place() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut client = relay.client_of(&key).await;
    client.appended(box_id, &record(1, 100)).await;
    for _ in 0..3 {
        client.ask(Request::Subscribe { box_id, after: Cursor::START }).await;
        client.pushed(box_id, 1).await;
    }
    assert_eq!(relay.metric("subscriptions"), 1);
    client.appended(box_id, &record(2, 100)).await;
    assert_eq!(client.pushed(box_id, 1).await.len(), 1);
    client.send.finish().unwrap();
    assert_eq!(client.closing().await.0, vec![]);
}

#[tokio::test]
async fn a_large_backlog_waits_for_its_reader_while_the_box_grows() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut writer = relay.client_of(&key).await;
    for number in 0..60 {
        writer.appended(box_id, &record(number, 100_000)).await;
    }
    let mut reader = relay.client_of(&key).await;
    reader.ask(Request::Subscribe { box_id, after: Cursor::START }).await;
    let mut seen = reader.pushed(box_id, 1).await;
    // The reader pauses; six megabytes don't fit its queue, and wait in the store.
    for number in 60..80 {
        writer.appended(box_id, &record(number, 100_000)).await;
    }
    assert!(relay.metric("outgoing_bytes") < 2 * 1024 * 1024, "what waits is bounded");
    seen.extend(reader.pushed(box_id, 80 - seen.len()).await);
    assert_eq!(seen.iter().map(|stored| stored.cursor.0).collect::<Vec<_>>(), (1..=80).collect::<Vec<_>>());
    assert_eq!(relay.metric("lagged_total"), 0);
}

#[tokio::test]
async fn a_reader_that_does_not_read_lags_and_costs_nobody_else() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut slow = relay.client_of(&key).await;
    slow.ask(Request::Subscribe { box_id, after: Cursor::START }).await;
    let mut writer = relay.client_of(&key).await;
    for number in 0..30 {
        writer.appended(box_id, &record(number, 200_000)).await;
    }
    assert_eq!(relay.metric("lagged_total"), 1);
    assert_eq!(relay.metric("subscriptions"), 0);
    assert!(relay.metric("outgoing_bytes") < 2 * 1024 * 1024);
    let mut last = Cursor::START;
    loop {
        match slow.push().await {
            Push::Records { records, .. } => {
                assert!(records.iter().all(|stored| stored.cursor > last));
                last = records.last().unwrap().cursor;
            }
            Push::Lagged { box_id: lagged } => break assert_eq!(lagged, box_id),
            other => panic!("{other:?}"),
        }
    }
    assert!(last < Cursor(30));
    // It reads on from its own cursor, as told.
    slow.ask(Request::Subscribe { box_id, after: last }).await;
    let rest = slow.pushed(box_id, 30 - last.0 as usize).await;
    assert_eq!(rest.last().unwrap().cursor, Cursor(30));
}

#[tokio::test]
async fn deleting_a_box_ends_its_subscriptions() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut reader = relay.client_of(&key).await;
    let mut writer = relay.client_of(&key).await;
    writer.appended(box_id, &record(1, 100)).await;
    reader.ask(Request::Subscribe { box_id, after: Cursor(1) }).await;
    writer.ask(Request::DeleteBox { box_id }).await;
    assert_eq!(reader.push().await, Push::Lagged { box_id });
}

#[tokio::test]
async fn a_connection_that_ends_leaves_nothing_behind() {
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut reader = relay.client_of(&key).await;
    reader.ask(Request::Subscribe { box_id, after: Cursor::START }).await;
    reader.send.finish().unwrap();
    reader.closing().await;
    assert_eq!(relay.metric("subscriptions"), 0);
    assert_eq!(relay.metric("outgoing_bytes"), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
async fn many_phones_at_once_see_everything_once_and_in_order() {
    const PHONES: u32 = 8;
    const RECORDS: u32 = 40;
    let relay = TestRelay::start().await;
    let key = BoxKey::new(1);
    let box_id = key.id();
    let mut phones = Vec::new();
    for phone in 0..PHONES {
        let mut client = relay.client_of(&key).await;
        phones.push(tokio::spawn(async move {
            // Some subscribe before, some in the middle, some after their own records.
            let subscribes_at = phone * RECORDS / PHONES;
            for number in 0..RECORDS {
                if number == subscribes_at {
                    client.say(Request::Subscribe { box_id, after: Cursor::START }).await;
                }
                client.say(Request::Append { box_id, record: record(phone * 1_000 + number, 600) }).await;
            }
            client.pushed(box_id, (PHONES * RECORDS) as usize).await
        }));
    }
    let mut views = Vec::new();
    for phone in phones {
        views.push(soon(phone).await.unwrap());
    }
    assert!(views[0].windows(2).all(|pair| pair[0].cursor < pair[1].cursor));
    assert!(views.windows(2).all(|pair| pair[0] == pair[1]), "all see the same");
    assert_eq!(relay.metric("lagged_total"), 0);
}

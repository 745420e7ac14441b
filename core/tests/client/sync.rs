//! Syncing, staying connected, being offline.

use crate::world::{PATIENCE, World, outbox, thank, thanks};
use amends_core::client::{Client, ClientError, ClientEvent, Clock, ErrorClass, Events, FileKeyVault};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// Waits for an event, and gives it; the patience is a safety net.
async fn until(events: &mut Events, awaited: impl Fn(&ClientEvent) -> bool) -> ClientEvent {
    let found = timeout(PATIENCE, async {
        loop {
            let event = events.next().await.expect("the client lives");
            if awaited(&event) {
                return event;
            }
        }
    });
    found.await.expect("it never came")
}

fn settled(event: &ClientEvent) -> bool {
    *event == ClientEvent::Settled
}

fn arrived(event: &ClientEvent) -> bool {
    *event == ClientEvent::Arrived
}

/// Runs both clients while `act` does, then ends both in good order.
async fn both_run(ana: &Client, ben: &Client, act: impl AsyncFnOnce()) {
    let (end_anas, anas) = oneshot::channel::<()>();
    let (end_bens, bens) = oneshot::channel::<()>();
    let acting = async {
        act().await;
        drop((end_anas, end_bens));
    };
    let end = |ended: oneshot::Receiver<()>| async { drop(ended.await) };
    let (ran, also, ()) = tokio::join!(ana.run(end(anas)), ben.run(end(bens)), acting);
    ran.unwrap();
    also.unwrap();
}

#[tokio::test]
async fn without_a_relay_edits_are_kept_and_leave_later() {
    let mut world = World::new().await;
    let (ana, ben) = world.couple().await;
    world.stop_relay().await;
    thank(&ana, "while nobody was there");
    let offline = ana.sync(Duration::from_millis(300)).await.unwrap_err();
    assert_eq!((offline.code(), offline.class()), ("relay_unreachable", ErrorClass::Offline));
    assert_eq!(outbox(&ana), 1);
    world.start_relay().await;
    ana.sync(PATIENCE).await.unwrap();
    assert_eq!(outbox(&ana), 0);
    ben.sync(PATIENCE).await.unwrap();
    assert_eq!(thanks(&ben), thanks(&ana));
}

#[tokio::test]
async fn a_home_without_a_relay_says_so() {
    let world = World::new().await;
    let ana = world.phone("ana");
    let error = ana.sync(PATIENCE).await.unwrap_err();
    assert!(matches!(error, ClientError::NoRelay));
    // The turn is free again: the next error is the same, not a wait.
    assert_eq!(ana.sync(PATIENCE).await.unwrap_err().code(), "no_relay");
}

/// Nobody syncs by hand: what one edits, the other has when the flush rule's two seconds are over.
#[tokio::test]
async fn phones_that_run_see_each_others_edits() {
    let world = World::new().await;
    let (ana, ben) = world.couple().await;
    both_run(&ana, &ben, async || {
        let mut events = ben.events();
        until(&mut events, settled).await;
        thank(&ana, "for today");
        until(&mut events, arrived).await;
        assert_eq!(thanks(&ben).len(), 1);
        // Asked for, it does not wait for the rule.
        thank(&ana, "for now");
        ana.sync(PATIENCE).await.unwrap();
        assert_eq!(outbox(&ana), 0);
        ben.sync(PATIENCE).await.unwrap();
        assert_eq!(thanks(&ben), thanks(&ana));
    })
    .await;
}

#[tokio::test]
async fn a_phone_that_runs_comes_back_by_itself() {
    let mut world = World::new().await;
    let (ana, ben) = world.couple().await;
    let relay = &mut world;
    both_run(&ana, &ben, async || {
        let (mut anas, mut bens) = (ana.events(), ben.events());
        until(&mut anas, settled).await;
        until(&mut bens, settled).await;
        relay.stop_relay().await;
        let offline = until(&mut bens, |event| matches!(event, ClientEvent::Offline { .. })).await;
        assert_eq!(offline, ClientEvent::Offline { code: "relay_unreachable" });
        relay.start_relay().await;
        // Coming back, a phone reads the newest record that it knows again. That is nothing new.
        let back = until(&mut bens, |event| settled(event) || arrived(event)).await;
        assert_eq!(back, ClientEvent::Settled);
        relay.stop_relay().await;
        until(&mut bens, |event| matches!(event, ClientEvent::Offline { .. })).await;
        thank(&ana, "while nobody was there");
        relay.start_relay().await;
        until(&mut bens, arrived).await;
        assert_eq!(thanks(&ben).len(), 1);
    })
    .await;
}

/// Many may ask at once: they share a connection, and each is answered.
#[tokio::test]
async fn syncs_at_the_same_time_are_all_answered() {
    let world = World::new().await;
    let (ana, _ben) = world.couple().await;
    thank(&ana, "once");
    let (one, two, three) = tokio::join!(ana.sync(PATIENCE), ana.sync(PATIENCE), ana.sync(PATIENCE));
    for answer in [one, two, three] {
        answer.unwrap();
    }
    assert_eq!(outbox(&ana), 0);
}

/// A sync whose caller loses interest leaves a home that syncs at the next try.
#[tokio::test]
async fn a_dropped_sync_leaves_no_trace() {
    let world = World::new().await;
    let (ana, ben) = world.couple().await;
    for round in 0..20 {
        thank(&ana, &format!("round {round}"));
        // Dropped at a different place each time.
        let _ = timeout(Duration::from_micros(500 * round), ana.sync(PATIENCE)).await;
    }
    ana.sync(PATIENCE).await.unwrap();
    ben.sync(PATIENCE).await.unwrap();
    assert_eq!(thanks(&ben).len(), 20);
    assert_eq!(thanks(&ben), thanks(&ana));
}

#[tokio::test]
async fn one_process_has_a_home_open() {
    let world = World::new().await;
    let ana = world.phone("ana");
    let second = world.reopen("ana").err().unwrap();
    assert_eq!((second.code(), second.class()), ("home_in_use", ErrorClass::Refused));
    drop(ana);
    world.reopen("ana").unwrap();
    assert_eq!(world.reopen("nobody").err().map(|error| error.code()), Some("no_home"));
    assert!(!world.path("nobody").exists(), "looking for a home makes none");
}

/// Neither opened nor given another key, which would end what the old one sealed.
#[tokio::test]
async fn a_home_whose_key_is_gone_is_left_as_it_is() {
    let world = World::new().await;
    drop(world.phone("ana"));
    let path = world.path("ana");
    let key = path.with_extension("key");
    let kept = std::fs::read(&key).unwrap();
    std::fs::remove_file(&key).unwrap();
    let create = Client::create(&path, Box::new(FileKeyVault::new(&path)), Clock::system(), "ana");
    for refused in [world.reopen("ana"), create] {
        let error = refused.err().unwrap();
        assert_eq!((error.code(), error.class()), ("key_missing", ErrorClass::Damaged));
    }
    assert!(!key.exists());
    std::fs::write(&key, kept).unwrap();
    world.reopen("ana").unwrap();
}

/// The counter beside the home tells a restored database: it goes on in a new incarnation, and neither phone sees a fork.
#[tokio::test]
async fn a_restored_backup_pulls_before_it_pushes_and_forks_nothing() {
    let world = World::new().await;
    let (ana, ben) = world.couple().await;
    thank(&ana, "before");
    ana.sync(PATIENCE).await.unwrap();
    drop(ana);
    let (home, backup) = (world.path("ana"), world.path("backup"));
    copy(&home, &backup);
    let ana = world.reopen("ana").unwrap();
    thank(&ana, "lost with the phone, but for the relay");
    ana.sync(PATIENCE).await.unwrap();
    drop(ana);
    std::fs::remove_dir_all(&home).unwrap();
    copy(&backup, &home);
    let ana = world.reopen("ana").unwrap();
    thank(&ana, "after");
    ana.sync(PATIENCE).await.unwrap();
    ben.sync(PATIENCE).await.unwrap();
    assert_eq!(thanks(&ana).len(), 3);
    assert_eq!(thanks(&ben), thanks(&ana));
    for client in [&ana, &ben] {
        let report = client.look(|home, at| home.verify(at)).unwrap();
        assert_eq!((report.forks, report.broken), (0, 0));
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir(to).unwrap();
    for file in std::fs::read_dir(from).unwrap() {
        let file = file.unwrap();
        std::fs::copy(file.path(), to.join(file.file_name())).unwrap();
    }
}
